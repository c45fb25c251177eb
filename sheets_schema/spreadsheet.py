"""The spreadsheet as a transactional database.

    spreadsheet = Spreadsheet(schema, client)
    spreadsheet.run(work, operation="fulfill order", who="zapier", deadline=deadline)

Works of several threads that wait for a commit leave in one batch. There is no background thread: the first caller
that finds nobody at it leads, takes everybody's work along, and the others wait for their outcome.
"""

from __future__ import annotations

import logging
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from threading import Condition
from typing import Any, Generic, TypeVar

from sheets_schema.cells import iso_utc
from sheets_schema.client import Client, Executed, NotExecuted, Rejected
from sheets_schema.commit import Commit, Label, build
from sheets_schema.committer import Committer, Ending
from sheets_schema.dressing import lock_range
from sheets_schema.errors import Busy, DeclarationError, Forked, InDoubt, Refused, SchemaError, TooLarge, Unavailable
from sheets_schema.group import Job, Staged, Work, stage
from sheets_schema.limits import check_batch, check_growth
from sheets_schema.lock import Lock
from sheets_schema.lock_cell import LockCell, fence_guard
from sheets_schema.migrate import migrate, planned
from sheets_schema.provision import Plan
from sheets_schema.provision import apply as apply_plan
from sheets_schema.provision import plan as make_plan
from sheets_schema.reading import TableRead
from sheets_schema.replica import Replica
from sheets_schema.schema import S, Schema
from sheets_schema.system_tabs import Control
from sheets_schema.tab import Tab
from sheets_schema.timing import Clock, Deadline, Timing

R = TypeVar("R")

MOST_WORKS = 200
"""Works that leave in one batch at most; the rest follows in the next one."""
LEAST_SECONDS = 0.5
"""No commit is begun with less time left: better nothing written than an ending that nobody learns."""

_log = logging.getLogger(__name__)


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
        self._committer = Committer(self._replica)
        self._lock = Lock(name or f"process-{self._clock.new_id()[:8]}", self._clock, self._timing)
        self._queue: deque[Job[S]] = deque()
        self._turn = Condition()
        self._led = False
        self._promised = False

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

    def provision(self, deadline: Deadline) -> Plan:
        """Set the spreadsheet up, or migrate it and mend what is missing of it. Safe to repeat."""
        migrated = migrate(self.schema, self.client, self._run_as, deadline)
        if migrated:
            self._replica.forget()
            self._replica.snapshot.sheets = {}
        made = apply_plan(self.schema, self.client, self._clock, deadline)
        made.steps[:0] = migrated
        return made

    def _run_as(self, schema: Schema[Any], work: Work[Any, None], operation: str, deadline: Deadline) -> None:
        """Run a work under another declaration, in a commit like any other."""
        other = Spreadsheet(schema, self.client, timing=self._timing, clock=self._clock)
        other.run(work, operation=operation, who="provision", deadline=deadline)

    def run(
        self,
        work: Work[S, R],
        *,
        operation: str,
        who: str,
        deadline: Deadline,
        reads: Iterable[type[Tab]] = (),
        keep_lock: bool = False,
    ) -> R:
        """Run `work` on fresh state and commit what it stages; its result is returned once the commit has landed.

        `reads` names the forms and system tabs that it needs, which are read anew. `keep_lock` says that the same
        operation will commit again at once. Work that stages nothing costs no write.

        Raises what `work` raises (then nothing of it is written), `Unavailable` (nothing was written), `InDoubt`
        (unknown at the deadline), `SchemaError`, `Denied`, `Refused`, `Forked`.
        """
        job = Job(work, operation, who, tuple(reads), deadline, keep_lock=keep_lock)
        return self._submit(job)  # type: ignore[no-any-return]  # the queue holds jobs of every result type

    def refresh(self, work: Work[S, R], *, reads: Iterable[type[Tab]], deadline: Deadline) -> R | None:
        """Rewrite computed columns of forms: one read, one write, no row in the log, since no fact changes.

        The write is guarded by the fence: if anybody commits in between, it is refused and None is returned, since what
        was to be written is out of date anyway; likewise if nobody knows whether it was written. Raises like `run`.
        """
        job = Job(work, "refresh", "", tuple(reads), deadline, guarded=True)
        return self._submit(job)  # type: ignore[no-any-return]  # see run

    def _submit(self, job: Job[S]) -> Any:
        with self._turn:
            self._queue.append(job)
            while not job.done and self._led and self._turn.wait(job.deadline.left()):
                pass
            if not job.done and self._led:
                self._give_up(job)
            leads = not job.done
            self._led = self._led or leads
        if leads:
            try:
                while not job.done:
                    self._lead(job)
            finally:
                with self._turn:
                    self._led = False
                    self._turn.notify_all()
        if job.error is not None:
            raise job.error
        return job.result

    def _give_up(self, job: Job[S]) -> None:
        """The caller's deadline has come, and its work has not been done yet."""
        if job in self._queue:
            self._queue.remove(job)
            job.finish(error=Busy(_BUSY))
        else:
            job.finish(error=InDoubt("The deadline came while the commit was under way."))

    def _lead(self, leader: Job[S]) -> None:
        """Take a group from the queue and see it through, as long as the leader has time.

        Afterwards every job of it is done, or is back in the queue with time of its own left.
        """
        group = self._next_group()
        if not group:
            return
        try:
            if group[0].guarded:
                self._refresh(group[0], leader.deadline)
            else:
                self._commit(group, leader.deadline)
        except Unavailable as error:
            self._lock.lost()
            self._not_written(group, leader, error)
        except BaseException as error:
            self._lock.lost()
            for job in group:
                if not job.done:
                    job.finish(error=error)
            if not isinstance(error, Exception):
                raise
        finally:
            with self._turn:
                self._turn.notify_all()

    def _next_group(self) -> list[Job[S]]:
        """Works from the queue that may leave together; a refresh goes alone."""
        group: list[Job[S]] = []
        with self._turn:
            while self._queue and len(group) < MOST_WORKS and not (group and self._queue[0].guarded):
                job = self._queue.popleft()
                if job.done:
                    continue
                if job.deadline.passed():
                    job.finish(error=Busy(_BUSY))
                    continue
                group.append(job)
                if job.guarded:
                    break
        return group

    def _not_written(self, group: list[Job[S]], leader: Job[S], error: Unavailable) -> None:
        """Nothing of the group was written: whoever has more time than the leader had leads next."""
        with self._turn:
            late = [job for job in group if not job.done and job is not leader and not job.deadline.passed()]
            self._queue.extendleft(reversed(late))
            if leader in self._queue:
                self._queue.remove(leader)
        for job in {*group, leader} - {*late}:
            if not job.done:
                job.finish(error=error)

    def _commit(self, group: list[Job[S]], deadline: Deadline, *, relearnt: bool = False) -> None:
        """See a group of works through to its commit. Raises what concerns all of them."""
        while True:
            tables = self._bring_up_to_date(group, deadline)
            commit_id = self._clock.new_id()
            staged = self._stage(group, commit_id, tables)
            if not staged.changes and not self._must_free():
                break
            try:
                commit = self._build(staged, commit_id)
            except TooLarge as error:
                self._refused(staged.jobs, error, deadline, relearnt=relearnt)
                return
            except Exception:
                # A view that cannot show what one of them stages, say.
                if len(staged.jobs) <= 1:
                    raise
                self._one_by_one(staged.jobs, deadline, relearnt=relearnt)
                return
            if self._lock.patience(self._current()):
                self._wait_for_lock(deadline)
                continue
            settle = 0.0 if self._lock.warm(self._current()) else self._timing.settle
            if deadline.left() < LEAST_SECONDS + settle:
                raise Busy("Too little time was left to begin a commit; nothing was written.")
            try:
                ending = self._send(commit, staged, deadline)
            except Refused as refusal:
                self._refused(staged.jobs, refusal, deadline, relearnt=relearnt)
                return
            if ending is Ending.LANDED:
                break
        staged.answer()

    def _refused(self, jobs: list[Job[S]], refusal: Refused | TooLarge, deadline: Deadline, *, relearnt: bool) -> None:
        """Google will not have the batch, or would not. Raises `refusal` if that is the fault of its only work."""
        self._lock.lost()
        if not relearnt:
            # A tab may have been replaced under its name, or its grid cut short: look where things are now.
            self._replica.load_metadata(deadline)
            self._commit(jobs, deadline, relearnt=True)
        elif len(jobs) <= 1:
            raise refusal
        else:
            self._one_by_one(jobs, deadline, relearnt=relearnt)

    def _one_by_one(self, jobs: Sequence[Job[S]], deadline: Deadline, *, relearnt: bool) -> None:
        """A group that cannot be committed as a whole: only the guilty one shall fail."""
        for job in jobs:
            try:
                self._commit([job], deadline, relearnt=relearnt)
            except Unavailable:
                raise
            except Exception as error:  # noqa: BLE001 — whatever it is, it is raised again in its caller's thread
                self._lock.lost()
                job.finish(error=error)

    def _bring_up_to_date(
        self, group: Sequence[Job[S]], deadline: Deadline
    ) -> dict[type[Tab], TableRead | SchemaError]:
        wanted = dict.fromkeys(tab for job in group if not job.done for tab in job.reads)
        snapshot = self._replica.snapshot
        age = self._clock.monotonic() - snapshot.read_at
        if snapshot.lock and self._lock.warm(snapshot.lock) and age < self._timing.fresh and not wanted:
            return {}
        try:
            reading = self._replica.load(deadline, wanted)
        except Forked:
            if not snapshot.lock or self._lock.settled(snapshot.lock, snapshot.read_at):
                raise
            # The last commit that we saw had not settled yet, and another was merged over it. Nothing was built on it.
            self._replica.forget()
            reading = self._replica.load(deadline, wanted)
            if reading.lock.version < snapshot.lock.version:
                raise  # no merge: an older version
        self._lock.see(reading.lock)
        return reading.tables

    def _current(self) -> LockCell:
        assert self._replica.snapshot.lock is not None
        return self._replica.snapshot.lock

    def _stage(self, group: list[Job[S]], commit: str, tables: dict[type[Tab], TableRead | SchemaError]) -> Staged[S]:
        """Run the works of a group; those that must wait for the next batch go back into the queue."""
        staged = stage(self._replica.snapshot, [job for job in group if not job.done], commit, tables)
        for job in (*staged.outdated, *staged.too_much):
            group.remove(job)
        with self._turn:
            self._queue.extend(staged.outdated)
            self._queue.extendleft(reversed(staged.too_much))
        return staged

    def _must_free(self) -> bool:
        """Whether we hold the lock, nothing is left to do with it, and nobody has promised to commit again at once."""
        current = self._current()
        promised = self._promised and self._lock.warm(current)
        return current.holder == self._lock.name and not promised and not self._more_to_commit()

    def _more_to_commit(self) -> bool:
        with self._turn:
            return any(not job.guarded for job in self._queue)

    def _build(self, staged: Staged[S], commit_id: str) -> Commit:
        keep = any(job.keep_lock for job in staged.writers)
        new = self._lock.next_cell(self._current(), commit_id, more=keep or self._more_to_commit())
        who, operation = _told(job.who for job in staged.writers), _told(job.operation for job in staged.writers)
        label = Label(iso_utc(self._clock.now()), who, operation or "free the lock")
        snapshot = self._replica.snapshot
        commit = build(snapshot, staged.state, staged.changes, new, label)
        check_batch(commit.requests)
        check_growth(snapshot.sheets, snapshot.grid_rows, commit.requests)
        return commit

    def _send(self, commit: Commit, staged: Staged[S], deadline: Deadline) -> Ending:
        current = self._current()
        warm_before = self._lock.warm(current)
        sent_at = self._clock.monotonic()
        # Nobody can have taken the lock over if the answer comes within our tenure, counted from the sending of the
        # batch before: a waiter would have had to see the cell stand still for the longer lease.
        ending = self._committer.send(
            commit, staged.state, trusted=lambda: warm_before and self._lock.warm(current), deadline=deadline
        )
        if ending is Ending.LANDED:
            self._lock.landed(commit.new, sent_at)
            self._lock.see(self._current())
            self._promised = any(job.keep_lock for job in staged.writers)
            if not commit.new.holder and self._more_to_commit():
                # Our tenure is over and work is left: let somebody else have the lock first.
                pause = self._timing.settle + self._timing.poll * (1 + self._clock.random())
                self._clock.sleep(min(pause, deadline.left()))
        else:
            self._lock.lost()
            _log.info("commit %s was superseded; the work runs again", commit.id)
        return ending

    def _wait_for_lock(self, deadline: Deadline) -> None:
        pause = self._lock.patience(self._current()) + 0.01
        if self._current().holder:
            pause = min(pause, self._timing.poll * (0.5 + self._clock.random()))
        if pause >= deadline.left():
            raise Busy(_BUSY)
        self._clock.sleep(pause)

    def _refresh(self, job: Job[S], deadline: Deadline) -> None:
        tables = self._bring_up_to_date([job], deadline)
        staged = self._stage([job], "", tables)
        if staged.changes.appended or staged.changes.values:
            raise DeclarationError("a refresh may write computed columns only; facts need a commit")
        if staged.changes.requests:
            check_batch(staged.changes.requests)
            guard = fence_guard(self._current(), lock_range(self._replica.snapshot.sheets[Control.title]))
            match self.client.write([guard, *staged.changes.requests], deadline):
                case Executed():
                    pass
                case NotExecuted(error):
                    raise error
                case Rejected(error) if error.request_index:
                    # Behind the guard: a tab was replaced under its name, say. The next refresh looks where things are.
                    self._replica.load_metadata(deadline)
                    raise error
                case _:
                    job.finish()
                    return
        staged.answer()


_BUSY = "Another process holds the lock, or the queue is too long; nothing was written."


def _told(names: Iterable[str]) -> str:
    """Who or what, for the log: each once, with how many times."""
    return ", ".join(f"{name} ×{times}" if times > 1 else name for name, times in Counter(names).items())
