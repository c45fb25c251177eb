"""Google Sheets as a transactional database.

    db = Database("sqlite:///build/bank.db", tables=[Payment])
    db.run(pay, "p1", "ada", 500, actor="teller")

Transactions of several threads that wait for a commit leave in one batch: `commit_queue.py` says who waits and who leads,
`coordinator.py` what the leader does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, TypeVarTuple, overload

from google.auth.credentials import Credentials

from sheets_schema.clock import Clock, Deadline, Timing
from sheets_schema.engine.client import Client
from sheets_schema.engine.commit_group import PendingTransaction
from sheets_schema.engine.commit_queue import CommitQueue
from sheets_schema.engine.coordinator import Coordinator
from sheets_schema.engine.database_url import connect
from sheets_schema.engine.full_scan import ScannedRows, full_scan
from sheets_schema.engine.replica import Replica
from sheets_schema.engine.request_stats import RequestHook
from sheets_schema.engine.truncation import (
    Departure,
    FirstRows,
    leave,
    make_opening_tab,
    opening_after,
    read_first_rows,
)
from sheets_schema.errors import RowsMovedError
from sheets_schema.protocol.limits import MAX_CELLS, cells_of
from sheets_schema.provisioning.control_tab import PROVISION
from sheets_schema.provisioning.plan import Plan
from sheets_schema.provisioning.plan import apply as apply_plan
from sheets_schema.provisioning.plan import plan as make_plan
from sheets_schema.provisioning.restore_looks import restore_looks
from sheets_schema.provisioning.run_migrations import migrate, planned
from sheets_schema.schema.declaration import S, Schema
from sheets_schema.schema.internal_tables import NO_BASE, OPENING, CommitLog, OpeningTable
from sheets_schema.schema.tables import InternalTable, Ledger, Tab, View
from sheets_schema.transaction import Transaction

P = ParamSpec("P")
R = TypeVar("R")
Args = TypeVarTuple("Args")

TIMEOUT = 30.0
"""Seconds after which a call gives up by default."""


class Database(Generic[S]):
    """One spreadsheet, for all threads of this process.

    `url` says where it is: `sqlite:///path` is a file of the embedded spreadsheet, `sqlite://` one in memory; anything else is a
    spreadsheet of Google's, by its URL or its id. `http://127.0.0.1:8085/spreadsheets/d/ID` is one on a server of the emulator.
    `tables` are the tables, in the order in which people see the tabs, or a `Schema` where there is more to declare.

    `credentials` are google-auth's, or those of the environment if none are given. For advanced users: a `Client` of your own
    as `url`, `timing`, `clock`, and `on_call`, which is called after every call to Google.

    Raises `InvalidDeclarationError` for a URL or tables that cannot work, `PermissionDeniedError` if there are no credentials.
    """

    def __init__(
        self,
        url: str | Client,
        tables: Iterable[type[Tab]] | Schema[S],
        *,
        credentials: Credentials | None = None,
        on_call: RequestHook | None = None,
        timing: Timing | None = None,
        clock: Clock | None = None,
        name: str = "",
    ) -> None:
        self.schema: Schema[S] = tables if isinstance(tables, Schema) else Schema(tuple(tables))
        self._clock = clock or Clock()
        self.client, usual = (
            (url, Timing())
            if isinstance(url, Client)
            else connect(url.strip(), credentials=credentials, on_call=on_call, clock=self._clock)
        )
        self.timing = timing or usual
        """The durations of the commit protocol that this process keeps to."""
        self._replica = Replica(self.schema, self.client, self._clock, self.timing)
        self._queue: CommitQueue[Any] = CommitQueue()
        self.name = name or f"process-{self._clock.new_id()[:8]}"
        """What this process is called in the lock cell."""
        self._coordinator = Coordinator(self._replica, self._queue, self.name)

    def diff(self, timeout: float | Deadline = TIMEOUT) -> Plan:
        """Say what `provision` would do. Changes nothing.

        Where migrations are due, it says what they would do; the rest is compared once they are done.
        """
        deadline = self._clock.deadline(timeout)
        if steps := planned(self.schema, self.client, deadline):
            return Plan(steps)
        return make_plan(self.schema, self.client, self._clock, deadline)

    def provision(self, timeout: float | Deadline = TIMEOUT, *, keep_foreign: bool = False) -> Plan:
        """Set the spreadsheet up, or migrate it and repair what is missing of it. Safe to repeat.

        `keep_foreign` consents to keep tabs with somebody else's rows, whose titles are needed, under other titles. Raises
        `ForeignRowsError` without it.
        """
        deadline = self._clock.deadline(timeout)
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

    def restore_looks(self, timeout: float | Deadline = TIMEOUT) -> list[str]:
        """Put charts and colours of views back, and return what was done.

        One read, and one write if any is missing.
        """
        shown = dict(self._replica.snapshot.views)
        return restore_looks(self.schema, self.client, shown, self._clock.deadline(timeout))

    def _run_as(
        self, schema: Schema[Any], function: Callable[[Transaction[Any]], None], operation: str, deadline: Deadline
    ) -> None:
        """Run a transaction under another declaration, in a commit like any other."""
        other = Database(self.client, schema, timing=self.timing, clock=self._clock)
        other.run(function, operation=operation, actor=PROVISION, timeout=deadline)

    @property
    def sheet_ids(self) -> Mapping[str, int]:
        """The ids of the tabs by their titles, as last read, for addresses that end with `#gid=`.

        Nothing is read for it.
        """
        return {title: sheet.sheet_id for title, sheet in dict(self._replica.snapshot.sheets).items()}

    @property
    def cells(self) -> int:
        """How many cells all grids had when last seen, blank ones included, of at most `MAX_CELLS`.

        Nothing is read for it. Tabs that people write count as they were when this process last read their sizes. 0
        before the first transaction.
        """
        snapshot = self._replica.snapshot
        return cells_of(dict(snapshot.sheets), dict(snapshot.grid_rows))

    @property
    def last_known(self) -> S:
        """The state as this process last knew it.

        Nothing is read, and others may have committed since. For guesses that a transaction then checks. Look single things up in it and do not iterate, as it may grow meanwhile.
        """
        return self._replica.snapshot.state

    MAX_CELLS = MAX_CELLS
    """What Google allows a spreadsheet."""

    @property
    def waiting(self) -> int:
        """How many transactions of this process wait to be committed."""
        return len(self._queue.queue)

    def run(
        self,
        function: Callable[[Transaction[S], *Args], R],
        *args: *Args,
        operation: str = "",
        actor: str = "",
        timeout: float | Deadline = TIMEOUT,
        reads: Iterable[type[Tab]] = (),
        hold_lease: bool = False,
    ) -> R:
        """Run `function(tx, *args)` on fresh state and commit what it stages.

        Its result is returned once the commit stands. It may be retried, so it has no side effects other than through
        `tx`. `timeout` is in seconds. `operation` (the function's name, if it is left out) and `actor` are what the
        log calls it. `reads` names the input and internal tables that it needs, which are read anew. `hold_lease`
        says that the same operation will commit again at once. A transaction that stages nothing costs no write.

        Raises what `function` raises (then nothing of it is written), `UnavailableError` (nothing was written), `CommitUnknownError`
        (unknown at the deadline), `SchemaMismatchError`, `PermissionDeniedError`, `RequestRejectedError`, `LogDivergedError`.
        """
        bound: Any = (lambda tx: function(tx, *args)) if args else function
        called, deadline = operation or _name_of(function), self._clock.deadline(timeout)
        pending = PendingTransaction(bound, called, actor, tuple(reads), deadline, hold_lease=hold_lease)
        return self._coordinator.submit(pending)  # type: ignore[no-any-return]  # the queue holds transactions of every result type

    @overload
    def transaction(self, function: Callable[Concatenate[Transaction[S], P], R], /) -> Callable[P, R]: ...
    @overload
    def transaction(
        self,
        function: None = None,
        /,
        *,
        operation: str = "",
        actor: str = "",
        timeout: float = TIMEOUT,
        reads: Iterable[type[Tab]] = (),
    ) -> Callable[[Callable[Concatenate[Transaction[S], P], R]], Callable[P, R]]: ...
    def transaction(self, function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
        """Turn a function of `tx` into one whose every call is a transaction (see `run`).

        As `@db.transaction`, or with options as `@db.transaction(timeout=5, reads=[Wishes])`.
        """
        if function is None:
            return lambda function: self.transaction(function, **options)
        given = {"operation": _name_of(function), **options}

        @wraps(function)
        def call(*args: Any, **named: Any) -> Any:
            return self.run(lambda tx: function(tx, *args, **named), **given)

        return call

    @contextmanager
    def read(self, *, timeout: float | Deadline = TIMEOUT, reads: Iterable[type[Tab]] = ()) -> Iterator[Transaction[S]]:
        """Show the spreadsheet at one version, whoever commits meanwhile.

        It is as fresh as what a transaction sees, and costs no write; staging anything raises `InvalidDeclarationError`. Raises like `run`.
        """
        deadline = self._clock.deadline(timeout)
        yield self._coordinator.submit(PendingTransaction(None, "", "", tuple(reads), deadline))

    def refresh(
        self,
        function: Callable[[Transaction[S]], R],
        *,
        reads: Iterable[type[Tab]],
        timeout: float | Deadline = TIMEOUT,
    ) -> R | None:
        """Rewrite generated columns of input tables.

        One read, one write, no row in the log, since no fact changes. The write is guarded by the fence: if anybody
        commits in between, it is refused and None is returned, since what was to be written is out of date anyway;
        likewise if nobody knows whether it was written. Raises like `run`.
        """
        pending = PendingTransaction(function, "refresh", "", tuple(reads), self._clock.deadline(timeout), guarded=True)
        return self._coordinator.submit(pending)  # type: ignore[no-any-return]  # see run

    def scan(
        self, tables: Sequence[type[Ledger | View | InternalTable]] = (), timeout: float | Deadline = TIMEOUT
    ) -> dict[type[Tab], ScannedRows]:
        """Read tables whole and row by row, trusting nothing that is remembered.

        For audits, exports and other programs. Every ledger if none is named. A row is the checked model, or the
        `SchemaMismatchError` that names it; `ScannedRows` tells where the first one stands, and of a ledger whose
        first rows have left the sheet what stands for them. Raises `SchemaMismatchError` for a tab or a header that
        is not there, `UnavailableError`, `PermissionDeniedError`.
        """
        return full_scan(self.client, tables or self.schema.ledgers, self._clock.deadline(timeout))

    def truncate(
        self,
        ledger: type[Ledger],
        leaving: Callable[[Sequence[Any]], int],
        *,
        keep: Callable[[Any], bool] | None = None,
        most: int = 5_000,
        dry_run: bool = False,
        operation: str = "",
        actor: str = "",
        timeout: float | Deadline = TIMEOUT,
    ) -> int:
        """Let the first rows of a ledger leave the sheet, and return how many have.

        `leaving(rows)` is shown the first rows that are there, `most` of them at most, and says how many of them
        leave; the last row of a ledger always stays. With `dry_run` the number is only returned. What stands for the
        rows from now on is what the projection's `opening` says, or, with `keep`, those for which `keep(row)` holds.
        Nothing is renumbered, and whoever follows the ledger goes on. The rows are gone for good: keep them elsewhere
        first if anybody will want them.

        The cells are cleared; `delete_blank_rows` makes the grid smaller. From the first time on, programs that know
        nothing of it refuse the spreadsheet. Raises like `run`, and `InvalidDeclarationError` for a ledger with unique
        keys.
        """
        deadline = self._clock.deadline(timeout)
        while True:
            first = self.first_rows((ledger,), most=most, timeout=deadline)[ledger]
            number = leaving(first.rows)
            if number <= 0 or dry_run:
                return max(0, number)
            try:
                self.leave(
                    (self.departure(first, number, keep=keep),),
                    operation=operation or f"truncate {ledger.__table__.title}",
                    actor=actor,
                    timeout=deadline,
                )
            except RowsMovedError:
                continue
            return number

    def first_rows(
        self, ledgers: Sequence[type[Ledger]], *, most: int = 5_000, timeout: float | Deadline = TIMEOUT
    ) -> dict[type[Ledger], FirstRows]:
        """Read the first rows of ledgers, and what stands for earlier ones.

        Two calls, three before the first transaction. `most` of each at most. For `leave`. Raises `SchemaMismatchError` for a damaged row or a tab that is missing, `UnavailableError`,
        `PermissionDeniedError`.
        """
        known = self._replica.snapshot.bases if self._replica.snapshot.lock else None
        return read_first_rows(self.client, ledgers, most, self._clock.deadline(timeout), known)

    def departure(self, first: FirstRows, rows: int, *, keep: Callable[[Any], bool] | None = None) -> Departure:
        """Return that the first `rows` leave, with what stands for them as `truncate` has it.

        Reads nothing.
        """
        is_log = first.ledger is CommitLog
        return Departure(first, rows, () if is_log else opening_after(self.schema, first, rows, keep))

    def leave(
        self,
        departures: Sequence[Departure],
        function: Callable[[Transaction[S]], Any] = lambda _: None,
        *,
        operation: str,
        actor: str = "",
        timeout: float | Deadline = TIMEOUT,
        hold_lease: bool = False,
    ) -> None:
        """Let first rows of several ledgers leave in one commit, with what `function(tx)` stages.

        What `truncate` does, for callers who say themselves what stands for the rows. `hold_lease` says that blank
        rows will be deleted at once, which then costs one call. Raises like `run`, and `RowsMovedError`, with nothing
        changed, if the rows were read before others have left.
        """
        deadline = self._clock.deadline(timeout)
        with_opening = [each.first for each in departures if each.first.ledger is not CommitLog]
        opening = next((first.tab for first in with_opening), None)
        if with_opening and opening is None:
            make_opening_tab(self.client, deadline)
        if OPENING not in self._replica.snapshot.sheets:
            opening = None

        def leave_rows(tx: Transaction[S]) -> None:
            function(tx)
            leave(tx, departures, opening)

        reads = (OpeningTable,) if with_opening and not opening else ()
        self._coordinator.submit(
            PendingTransaction(leave_rows, operation, actor, reads, deadline, hold_lease=hold_lease, moves_rows=True)
        )

    def blank_rows(self, departures: Sequence[Departure] = ()) -> int:
        """Return how many blank rows the ledger with most of them has, once these have left.

        As this process last knew; nothing is read.
        """
        leaving = {each.first.ledger.__table__.title: each.rows for each in departures}
        bases = self._replica.snapshot.bases
        return max((bases.get(title, NO_BASE).blank + leaving.get(title, 0) for title in {*bases, *leaving}), default=0)

    def delete_blank_rows(self, *, least: int = 100, actor: str = "", timeout: float | Deadline = TIMEOUT) -> int:
        """Delete half of the blank rows that `truncate` has left, and return how many.

        Nothing is done, and nothing read, where this process knows of fewer than `least`. Raises like `run`.
        """
        snapshot, deadline = self._replica.snapshot, self._clock.deadline(timeout)
        if snapshot.lock and self.blank_rows() < least:
            return 0
        pending = PendingTransaction[S](
            lambda tx: tx.delete_blank_rows(least), "delete blank rows", actor, (), deadline, moves_rows=True
        )
        return int(self._coordinator.submit(pending))

    log = CommitLog
    """The commit log as a ledger: to `scan` it, say."""


def _name_of(function: Callable[..., Any]) -> str:
    return getattr(function, "__name__", "transaction").strip("<>").replace("_", " ")
