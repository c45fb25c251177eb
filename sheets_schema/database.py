"""The spreadsheet as a transactional database.

    spreadsheet = Spreadsheet(schema, client)
    spreadsheet.run(work, operation="fulfill order", who="zapier", deadline=deadline)

Works of several threads that wait for a commit leave in one batch: `commit_queue.py` says who waits and who leads, `coordinator.py`
what the leader does.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Generic, TypeVar

from sheets_schema.clock import Clock, Deadline, Timing
from sheets_schema.engine.client import Client
from sheets_schema.engine.commit_group import PendingTransaction, TransactionFunction
from sheets_schema.engine.commit_queue import CommitQueue
from sheets_schema.engine.coordinator import Coordinator
from sheets_schema.engine.replica import Replica
from sheets_schema.provisioning.migrate import migrate, planned
from sheets_schema.provisioning.plan import PROVISION, Plan
from sheets_schema.provisioning.plan import apply as apply_plan
from sheets_schema.provisioning.plan import plan as make_plan
from sheets_schema.schema.declaration import S, Schema
from sheets_schema.schema.tables import Tab

R = TypeVar("R")


class Spreadsheet(Generic[S]):
    """One spreadsheet, for all threads of this process."""

    def __init__(
        self,
        schema: Schema[S],
        client: Client,
        *,
        timing: Timing | None = None,
        clock: Clock | None = None,
        name: str = "",
    ) -> None:
        self.schema = schema
        self.client = client
        self._clock = clock or Clock()
        self._timing = timing or Timing()
        self._replica = Replica(schema, client, self._clock, self._timing)
        self._queue: CommitQueue[S] = CommitQueue()
        self.name = name or f"process-{self._clock.new_id()[:8]}"
        """What this process is called in the lock cell."""
        self._coordinator = Coordinator(self._replica, self._queue, self.name)

    @property
    def timing(self) -> Timing:
        """The durations of the commit protocol that this process keeps to."""
        return self._timing

    def plan(self, deadline: Deadline) -> Plan:
        """The differences between declaration and spreadsheet. Changes nothing.

        Where migrations are due it tells what they would do; the rest is compared once they are through.
        """
        if steps := planned(self.schema, self.client, deadline):
            return Plan(steps)
        return make_plan(self.schema, self.client, self._clock, deadline)

    def provision(self, deadline: Deadline, *, keep_foreign: bool = False) -> Plan:
        """Set the spreadsheet up, or migrate it and mend what is missing of it. Safe to repeat.

        `keep_foreign` consents to keep tabs with somebody else's rows, whose titles are needed, under other titles. Raises
        `ForeignRowsError` without it.
        """
        steps: list[str] = []
        while True:
            migrated = migrate(self.schema, self.client, self._run_as, deadline)
            if migrated:
                self._replica.reset()
                self._replica.snapshot.sheets = {}
            made = apply_plan(self.schema, self.client, self._clock, deadline, keep_foreign=keep_foreign)
            steps += [*migrated, *made.steps]
            if not made.partly:
                made.steps = steps
                return made

    def _run_as(
        self, schema: Schema[Any], work: TransactionFunction[Any, None], operation: str, deadline: Deadline
    ) -> None:
        """Run a work under another declaration, in a commit like any other."""
        other = Spreadsheet(schema, self.client, timing=self._timing, clock=self._clock)
        other.run(work, operation=operation, who=PROVISION, deadline=deadline)

    def run(
        self,
        work: TransactionFunction[S, R],
        *,
        operation: str,
        who: str,
        deadline: Deadline,
        reads: Iterable[type[Tab]] = (),
        hold_lease: bool = False,
    ) -> R:
        """Run `work` on fresh state and commit what it stages; its result is returned once the commit has landed.

        `reads` names the forms and system tabs that it needs, which are read anew. `hold_lease` says that the same
        operation will commit again at once. Work that stages nothing costs no write.

        Raises what `work` raises (then nothing of it is written), `UnavailableError` (nothing was written), `CommitUnknownError`
        (unknown at the deadline), `SchemaMismatchError`, `PermissionDeniedError`, `RequestRejectedError`, `LogDivergedError`.
        """
        pending = PendingTransaction(work, operation, who, tuple(reads), deadline, hold_lease=hold_lease)
        return self._coordinator.submit(pending)  # type: ignore[no-any-return]  # the queue holds jobs of every result type

    def refresh(self, work: TransactionFunction[S, R], *, reads: Iterable[type[Tab]], deadline: Deadline) -> R | None:
        """Rewrite computed columns of forms: one read, one write, no row in the log, since no fact changes.

        The write is guarded by the fence: if anybody commits in between, it is refused and None is returned, since what
        was to be written is out of date anyway; likewise if nobody knows whether it was written. Raises like `run`.
        """
        pending = PendingTransaction(work, "refresh", "", tuple(reads), deadline, guarded=True)
        return self._coordinator.submit(pending)  # type: ignore[no-any-return]  # see run
