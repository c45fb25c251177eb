"""Commit groups of transactions, and resolve all of them.

Whoever leads (see `commit_queue.py`) is the only one in here.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from threading import get_ident
from typing import Any, Generic

from sheets_schema.clock import Deadline
from sheets_schema.engine.commit_executor import CommitExecutor
from sheets_schema.engine.commit_group import CommitGroup, PendingTransaction, build_appending_group, build_group
from sheets_schema.engine.commit_queue import TIMED_OUT, CommitQueue
from sheets_schema.engine.copy_trust import CopyTrust
from sheets_schema.engine.lease import Lease
from sheets_schema.engine.replica import Replica
from sheets_schema.engine.response_classification import Applied, NotApplied, Rejected
from sheets_schema.engine.unknown_outcome import CommitOutcome
from sheets_schema.errors import (
    CommitUnknownError,
    InvalidDeclarationError,
    LimitExceededError,
    LockTimeoutError,
    LogDivergedError,
    RequestRejectedError,
    SchemaMismatchError,
    SheetsError,
    UnavailableError,
)
from sheets_schema.protocol.batch_requests import Request
from sheets_schema.protocol.changes import Changes
from sheets_schema.protocol.commit import Commit, build
from sheets_schema.protocol.limits import check_batch, check_growth
from sheets_schema.protocol.lock_record import LockRecord, fence_guard, lock_range
from sheets_schema.protocol.snapshot import CommitInfo
from sheets_schema.protocol.table_read import TableRead
from sheets_schema.schema.cells import iso_utc
from sheets_schema.schema.declaration import S
from sheets_schema.schema.internal_tables import CONTROL
from sheets_schema.schema.tables import Tab

MIN_TIME_BUDGET = 0.5
"""No commit is begun with less time left: better nothing written than an ending that nobody learns."""

_ABANDONED = "The commit was sent, and what was to find out how it ended was broken off."

_log = logging.getLogger(__name__)
_Tabs = dict[str, tuple[int, int]]
"""Titles with the ids and columns under which they were last known."""


@dataclass(frozen=True)
class _InDoubtCommit(Generic[S]):
    """A batch on its way, and who waits for it.

    It is kept when its leader's deadline comes before its outcome is known.
    """

    commit: Commit
    staged: CommitGroup[S]
    sent_at: float

    @property
    def waiting(self) -> list[PendingTransaction[S]]:
        return [pending for pending in self.staged.transactions if not pending.done]


class Coordinator(Generic[S]):
    """What one process knows of a spreadsheet, and how it commits to it."""

    def __init__(self, replica: Replica[S], turns: CommitQueue[S], name: str) -> None:
        self._replica = replica
        self._queue = turns
        self._clock, self._timing = replica.clock, replica.timing
        self._lease = Lease(name, self._clock, self._timing)
        self._trust = CopyTrust(self._lease, self._clock, self._timing)
        self._executor = CommitExecutor(replica, self._lease)
        self._in_doubt: _InDoubtCommit[S] | None = None
        self._under_way: Sequence[PendingTransaction[S]] = ()
        """Whose batch has perhaps been sent, until they have their outcome or it is certain that it was not applied."""
        self._promised = False
        self._leads = 0
        """The thread that commits for everybody; 0 if none does."""
        self._yields_until = float("-inf")

    def submit(self, pending: PendingTransaction[S]) -> Any:
        """Commit it, alone or in a group, in this thread or in another one's.

        Return its result or raise its error.
        """
        if self._leads == get_ident():
            raise InvalidDeclarationError(
                "a transaction function has begun another transaction: hand its tx on instead"
            )
        try:
            if self._queue.lead_or_wait(pending):
                self._leads = get_ident()
                while not pending.done:
                    self.lead(pending)
        finally:
            self._leads = 0 if self._leads == get_ident() else self._leads
            self._queue.release_leadership(pending)
        if pending.error is not None:
            raise pending.error
        return pending.result

    def lead(self, leader: PendingTransaction[S]) -> None:
        """Take a group from the queue and see it through, as long as the leader has time.

        Afterwards every pending of it is done, is back in the queue, or is in a doubt that another one has time to resolve.
        """
        doubt, self._in_doubt = self._in_doubt, None
        group = doubt.waiting if doubt else []
        try:
            if doubt and group:
                self._under_way = group
                self._resolve_in_doubt(doubt, group, leader.deadline)
            else:
                self._yield_lock(leader.deadline)
                group = self._queue.next_group()
                if group and group[0].guarded:
                    self._refresh(group[0], leader.deadline)
                elif group:
                    self._commit(group, leader.deadline)
        except (UnavailableError, CommitUnknownError) as error:
            self._distrust()
            self._hand_over(group, leader, error)
        except SheetsError as error:
            self._distrust()
            for pending in group:
                if not pending.done:
                    pending.reject(error)
        except BaseException as error:
            self._abandon(leader, error)
            if not isinstance(error, Exception):
                raise
        finally:
            self._under_way, self._queue.group = (), []
            self._queue.notify_waiters()

    def _abandon(self, leader: PendingTransaction[S], error: BaseException) -> None:
        """Something unexpected ended the leader's work.

        No memory is left, say, or its thread is to end. It may have come in the middle of taking a commit in, so what
        is remembered is read anew. Nobody else's thread gets the leader's exception: what was perhaps sent is in
        doubt, and what certainly was not is done by the next leader.
        """
        self._distrust()
        self._replica.reset()
        for pending in {*self._under_way, *(self._in_doubt.waiting if self._in_doubt else ())}:
            if not pending.done:
                pending.reject(CommitUnknownError(_ABANDONED))
        self._in_doubt = None
        self._queue.withdraw(leader)
        if not leader.done:
            leader.reject(error)
        self._queue.requeue(first=[pending for pending in self._queue.group if not pending.done])
        _log.error("committing was broken off", exc_info=error)

    def _hand_over(
        self,
        group: list[PendingTransaction[S]],
        leader: PendingTransaction[S],
        error: UnavailableError | CommitUnknownError,
    ) -> None:
        """Hand over when the leader's time is over: the next leader first resolves what is in doubt."""
        sent = self._in_doubt.waiting if self._in_doubt else []
        for pending in sent:
            # A little more time is none: the lead would go from one to the next, and each would only ask again.
            if (
                pending is leader
                or pending.deadline.at < leader.deadline.at + MIN_TIME_BUDGET + self._timing.confirmation_delay
            ):
                pending.reject(error)
        unsent = [pending for pending in group if not pending.done and pending not in sent]
        late = [pending for pending in unsent if pending is not leader and not pending.deadline.passed()]
        self._queue.requeue(first=late)
        self._queue.withdraw(leader)
        for pending in {*unsent, leader} - {*late}:
            if not pending.done:
                pending.reject(error if isinstance(error, UnavailableError) else LockTimeoutError(TIMED_OUT))

    def _resolve_in_doubt(
        self, doubt: _InDoubtCommit[S], group: list[PendingTransaction[S]], deadline: Deadline
    ) -> None:
        """Resume where a leader left off: resend the identical batch, and learn its outcome."""
        try:
            outcome = self._send(doubt, deadline, again=True)
        except RequestRejectedError:
            outcome = CommitOutcome.CONFLICT  # it is kept out for good; whose fault it was shows when it is made again
        if outcome is CommitOutcome.COMMITTED:
            doubt.staged.resolve_all(self._replica.snapshot)
        else:
            self._commit(group, deadline)

    def _yield_lock(self, deadline: Deadline) -> None:
        """After our longest hold others have their turn, unless the leader cannot wait for it."""
        pause = self._yields_until - self._clock.monotonic()
        if 0 < pause < deadline.left() - self._timing.confirmation_delay - MIN_TIME_BUDGET:
            self._clock.sleep(pause)

    def _commit(self, group: list[PendingTransaction[S]], deadline: Deadline, refused_on: _Tabs | None = None) -> None:
        """See works through to their commit. Raises what concerns all of them.

        `refused_on` are the tabs for which the batch before was made, if it was refused.
        """
        while True:
            commit_id = self._clock.new_id()
            staged = self._staged_on_copy(group, commit_id) or self._stage(group, commit_id, deadline)
            if not staged.changes and not self._must_release():
                break
            tabs = self._tabs()
            try:
                commit = self._build(staged, commit_id)
            except Exception as error:  # noqa: BLE001 — too large, or a view that cannot show what one of them stages
                problem = error
            else:
                try:
                    if self._may_begin(staged.changes, deadline):
                        attempt = _InDoubtCommit(commit, staged, self._clock.monotonic())
                        if self._send(attempt, deadline) is CommitOutcome.COMMITTED:
                            break
                    continue
                except RequestRejectedError as refusal:
                    problem = refusal
            self._distrust()
            if tabs != refused_on:
                # A tab may have been replaced under its name, or its grid cut short: look where things are now.
                # Only what cannot be done twice upon the same tabs is at fault itself.
                self._replica.load_metadata(deadline)
                refused_on = tabs
            elif len(staged.transactions) <= 1:
                self._reject(staged.transactions, problem)
                return
            else:
                self._isolate_failure(staged.transactions, deadline, refused_on)
                return
        staged.resolve_all(self._replica.snapshot)

    @staticmethod
    def _reject(waiting: Sequence[PendingTransaction[S]], problem: Exception) -> None:
        """Tell the only work of a batch why it cannot be done; it alone has to do with it."""
        if not waiting:
            raise problem
        for pending in waiting:
            pending.reject(problem)

    def _tabs(self) -> _Tabs:
        return {title: (sheet.sheet_id, sheet.columns) for title, sheet in self._replica.snapshot.sheets.items()}

    def _may_begin(self, changes: Changes, deadline: Deadline) -> bool:
        """Return whether the lock is ours to take now; wait a while if it is not.

        It must be ours already where rows leave or blank ones are deleted: no other batch can be merged with that.

        Raises `LockTimeoutError` if too little time is left to learn what becomes of a commit.
        """
        if self._lease.takeover_delay(self._current()):
            self._wait_for_lock(deadline)
            return False
        if not self._is_time_left(deadline):
            raise LockTimeoutError("Too little time was left to begin a commit; nothing was written.")
        if changes.moves_rows and not self._lease.is_valid(self._current()):
            self._take_lease(deadline)
            return False
        return True

    def _is_time_left(self, deadline: Deadline) -> bool:
        """Whether time is left to learn what becomes of a commit."""
        delay = 0.0 if self._lease.is_valid(self._current()) else self._timing.confirmation_delay
        return deadline.left() >= MIN_TIME_BUDGET + delay

    def _isolate_failure(
        self, waiting: Sequence[PendingTransaction[S]], deadline: Deadline, refused_on: _Tabs | None
    ) -> None:
        """Commit a rejected group one by one, so that only the transaction at fault fails."""
        for pending in waiting:
            try:
                self._commit([pending], deadline, refused_on)
            except (UnavailableError, CommitUnknownError):
                raise
            except SheetsError as error:
                self._distrust()
                pending.reject(error)

    def _distrust(self) -> None:
        """Note that something has gone wrong.

        The lock is not ours any more, and our copy is read before anything is decided on it.
        """
        self._lease.invalidate()
        self._trust.lose()

    def _staged_on_copy(self, group: list[PendingTransaction[S]], commit_id: str) -> CommitGroup[S] | None:
        """Stage a group on our copy as it is; None if it must be read before.

        The group must add rows and nothing else: an answer that no commit bears would be as old as the copy. Where
        nothing has to be confirmed a read costs nothing.
        """
        snapshot = self._replica.snapshot
        if not self._timing.confirmation_delay or not self._trust.holds(snapshot):
            return None
        staged = build_appending_group(snapshot, [pending for pending in group if not pending.done], commit_id)
        if staged:
            self._requeue(group, staged)
        return staged

    def _bring_up_to_date(
        self, group: Sequence[PendingTransaction[S]], deadline: Deadline
    ) -> dict[type[Tab], TableRead | SchemaMismatchError]:
        wanted = dict.fromkeys(tab for pending in group if not pending.done for tab in pending.reads)
        snapshot = self._replica.snapshot
        age = self._clock.monotonic() - snapshot.read_at
        if snapshot.lock and self._lease.is_valid(snapshot.lock) and age < self._timing.max_staleness and not wanted:
            return {}
        try:
            reading = self._replica.load(deadline, wanted)
        except LogDivergedError:
            if not snapshot.lock or self._lease.is_confirmed(snapshot.lock, snapshot.read_at):
                raise
            # The last commit that we saw had not settled yet, and another was merged over it. Nothing was built on it.
            self._replica.reset()
            reading = self._replica.load(deadline, wanted)
            if reading.lock.version < snapshot.lock.version:
                raise  # no merge: an older version
        self._lease.observe(reading.lock)
        self._trust.note_read()
        return reading.tables

    def _current(self) -> LockRecord:
        assert self._replica.snapshot.lock is not None
        return self._replica.snapshot.lock

    def _stage(self, group: list[PendingTransaction[S]], commit: str, deadline: Deadline) -> CommitGroup[S]:
        """Bring our copy up to date, and run the works of a group.

        Some must wait for the next batch. The lock is taken first for those that move rows, if that needs no reading, either.
        """
        moves_rows = any(pending.moves_rows for pending in group)
        if moves_rows and self._trust.holds(self._replica.snapshot) and self._is_time_left(deadline):
            self._take_lease(deadline)
        tables = self._bring_up_to_date(group, deadline)
        waiting = [pending for pending in group if not pending.done]
        staged = build_group(self._replica.snapshot, waiting, commit, tables)
        self._requeue(group, staged)
        return staged

    def _requeue(self, group: list[PendingTransaction[S]], staged: CommitGroup[S]) -> None:
        """Put back into the queue what must wait for the next batch."""
        for pending in (*staged.stale, *staged.overflow):
            group.remove(pending)
        self._queue.requeue(first=staged.overflow, last=staged.stale)

    def _must_release(self) -> bool:
        """Whether we hold the lock needlessly: nothing to do, and no promise to commit again."""
        current = self._current()
        promised = self._promised and self._lease.is_valid(current)
        return current.holder == self._lease.name and not promised and not self._queue.more_to_commit()

    def _take_lease(self, deadline: Deadline) -> None:
        """Commit nothing but that the lock is ours."""
        snapshot = self._replica.snapshot
        empty = CommitGroup(snapshot.state.fork(), snapshot.keys.fork())
        commit = self._build(empty, self._clock.new_id(), keep=True)
        self._send(_InDoubtCommit(commit, empty, self._clock.monotonic()), deadline)

    def _build(self, staged: CommitGroup[S], commit_id: str, *, keep: bool = False) -> Commit:
        keep = keep or any(pending.hold_lease for pending in staged.writers)
        new = self._lease.next_record(self._current(), commit_id, more=keep or self._queue.more_to_commit())
        who, operation = (
            _told(pending.actor for pending in staged.writers),
            _told(pending.operation for pending in staged.writers),
        )
        label = CommitInfo(iso_utc(self._clock.now()), who, operation or ("take the lock" if keep else "free the lock"))
        snapshot = self._replica.snapshot
        commit = build(snapshot, staged.state, staged.changes, new, label)
        check_batch(commit.requests)
        check_growth(snapshot.sheets, snapshot.grid_rows, commit.requests)
        return commit

    def _send(self, doubt: _InDoubtCommit[S], deadline: Deadline, *, again: bool = False) -> CommitOutcome:
        commit, staged, sent_at = doubt.commit, doubt.staged, doubt.sent_at
        self._under_way = doubt.waiting
        try:
            result = self._executor.execute(
                commit,
                staged.state,
                deadline=deadline,
                spare=MIN_TIME_BUDGET + self._timing.confirmation_delay,
                again=again,
            )
        except CommitUnknownError:
            self._in_doubt = doubt
            raise
        except SheetsError:
            self._under_way = ()
            raise
        if result.error:
            self._under_way = ()
            raise result.error
        if result.outcome is CommitOutcome.COMMITTED:
            self._lease.committed(commit.new, sent_at)
            self._promised = any(pending.hold_lease for pending in staged.writers)
            if self._queue.more_to_commit():
                self._trust.note_company()
            if not commit.new.holder and self._queue.more_to_commit():
                # We have held the lock for long enough, and transactions wait: let another process have it first.
                pause = self._timing.confirmation_delay + self._timing.retry_period * (1 + self._clock.random())
                self._yields_until = self._clock.monotonic() + pause
        else:
            self._under_way = ()
            self._lease.invalidate()
            self._trust.note_company()
            _log.info("commit %s: another one came first; its transactions run again", commit.id)
        return result.outcome

    def _wait_for_lock(self, deadline: Deadline) -> None:
        pause = self._lease.takeover_delay(self._current()) + 0.01
        if self._current().holder:
            pause = min(pause, self._timing.retry_period * (0.5 + self._clock.random()))
        if pause >= deadline.left():
            raise LockTimeoutError(TIMED_OUT)
        self._clock.sleep(pause)

    def _refresh(self, pending: PendingTransaction[S], deadline: Deadline) -> None:
        staged = self._stage([pending], "", deadline)
        if staged.changes.appended or staged.changes.values:
            raise InvalidDeclarationError("a refresh may write computed columns only; facts need a commit")
        if staged.changes.requests:
            check_batch(staged.changes.requests)
            self._under_way = staged.transactions
            self._check_room(staged.changes.requests, deadline)
            guard = fence_guard(self._current(), lock_range(self._replica.snapshot.sheets[CONTROL]))
            match self._replica.client.write_until_known([guard, *staged.changes.requests], deadline):
                case Applied():
                    pass
                case NotApplied(error):
                    raise error
                case Rejected(error) if error.request_index:
                    # Behind the guard: a tab was replaced under its name, say. The next refresh looks where things are.
                    self._replica.load_metadata(deadline)
                    raise error
                case _:
                    pending.resolve()
                    return
        staged.resolve_all(self._replica.snapshot)

    def _check_room(self, requests: list[Request], deadline: Deadline) -> None:
        """Raise `LimitExceededError` for a refresh that makes the spreadsheet overflow.

        A fresh look at its sizes must say so, too.
        """
        snapshot = self._replica.snapshot
        try:
            check_growth(snapshot.sheets, snapshot.grid_rows, requests)
        except LimitExceededError:
            self._replica.load_metadata(deadline)
            check_growth(snapshot.sheets, {}, requests)


def _told(names: Iterable[str]) -> str:
    """Who or what, for the log: each once, with how many times."""
    return ", ".join(f"{name} ×{times}" if times > 1 else name for name, times in Counter(names).items())
