"""Commit groups of transactions, and resolve all of them.

Only the leader's thread is in here (see `commit_queue.py`).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from threading import get_ident
from typing import Any, Generic

from sheets_schema.clock import Deadline
from sheets_schema.engine.commit_executor import CommitExecutor
from sheets_schema.engine.commit_group import CommitGroup, PendingTransaction, build_appending_group, build_group
from sheets_schema.engine.commit_queue import TIMED_OUT, CommitQueue
from sheets_schema.engine.guarded_refresh import write_if_unchanged
from sheets_schema.engine.leader_handover import abandon, hand_over
from sheets_schema.engine.lease import Lease
from sheets_schema.engine.replica import Replica
from sheets_schema.engine.staleness import BoundedStaleness
from sheets_schema.engine.unknown_outcome import CommitOutcome
from sheets_schema.errors import (
    CommitUnknownError,
    InvalidDeclarationError,
    LockTimeoutError,
    RequestRejectedError,
    SheetsError,
    UnavailableError,
)
from sheets_schema.protocol.changes import Changes
from sheets_schema.protocol.commit_batch import Commit, build
from sheets_schema.protocol.limits import check_batch, check_growth
from sheets_schema.protocol.lock_record import LockRecord
from sheets_schema.protocol.snapshot import CommitInfo
from sheets_schema.schema.cells import iso_utc
from sheets_schema.schema.declaration import S

MIN_TIME_BUDGET = 0.5
"""Minimum time budget to start a commit. Below it, fail fast rather than risk an unknown outcome."""

_log = logging.getLogger(__name__)
_Tabs = dict[str, tuple[int, int]]
"""Titles with the ids and columns under which they were last known."""


@dataclass(frozen=True)
class _InDoubtCommit(Generic[S]):
    """A commit that was sent, and the transactions in it.

    It is kept when its leader's deadline comes before its outcome is known.
    """

    commit: Commit
    group: CommitGroup[S]
    sent_at: float

    @property
    def waiting(self) -> list[PendingTransaction[S]]:
        return [pending for pending in self.group.transactions if not pending.done]


class Coordinator(Generic[S]):
    """What one process knows of a spreadsheet, and how it commits to it."""

    def __init__(self, replica: Replica[S], queue: CommitQueue[S], name: str) -> None:
        self._replica = replica
        self._queue = queue
        self._clock, self._timing = replica.clock, replica.timing
        self._lease = Lease(name, self._clock, self._timing)
        self._staleness = BoundedStaleness(replica, self._lease)
        self._executor = CommitExecutor(replica, self._lease)
        self._in_doubt: _InDoubtCommit[S] | None = None
        self._under_way: Sequence[PendingTransaction[S]] = ()
        """Those whose batch was perhaps sent, until they are resolved or it certainly was not applied."""
        self._promised = False
        """Whether the last commit's caller has said that it will commit again at once."""
        self._leads: int | None = None
        """The thread of the leader."""
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
            self._leads = None if self._leads == get_ident() else self._leads
            self._queue.release_leadership(pending)
        if pending.error is not None:
            raise pending.error
        return pending.result

    def lead(self, leader: PendingTransaction[S]) -> None:
        """Take a group from the queue and commit it, as long as the leader has time.

        Afterwards each transaction of it is done, back in the queue, or in doubt while somebody else has time to
        resolve it.
        """
        doubt, self._in_doubt = self._in_doubt, None
        waiting = doubt.waiting if doubt else []
        try:
            if doubt and waiting:
                self._under_way = waiting
                self._resolve_in_doubt(doubt, waiting, leader.deadline)
            else:
                self._yield_lock(leader.deadline)
                waiting = self._queue.next_group()
                if waiting and waiting[0].guarded:
                    self._refresh(waiting[0], leader.deadline)
                elif waiting:
                    self._commit(waiting, leader.deadline)
        except (UnavailableError, CommitUnknownError) as error:
            self._distrust()
            min_more_time = MIN_TIME_BUDGET + self._timing.confirmation_delay
            hand_over(self._queue, leader, waiting, self._waiting_in_doubt(), error, min_more_time=min_more_time)
        except SheetsError as error:
            self._distrust()
            for pending in waiting:
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
        """Something unexpected ended the leader: no memory is left, say, or its thread is to end.

        It may have come while the replica was changed, so everything is read anew.
        """
        self._distrust()
        self._replica.reset()
        abandon(self._queue, leader, {*self._under_way, *self._waiting_in_doubt()}, error)
        self._in_doubt = None
        _log.error("committing was broken off", exc_info=error)

    def _waiting_in_doubt(self) -> list[PendingTransaction[S]]:
        return self._in_doubt.waiting if self._in_doubt else []

    def _resolve_in_doubt(
        self, doubt: _InDoubtCommit[S], waiting: list[PendingTransaction[S]], deadline: Deadline
    ) -> None:
        """Resume where a leader left off: resend the identical batch, and learn its outcome."""
        try:
            outcome = self._send(doubt, deadline, again=True)
        except RequestRejectedError:
            outcome = CommitOutcome.CONFLICT  # it is kept out for good; whose fault it was shows when it is made again
        if outcome is CommitOutcome.COMMITTED:
            doubt.group.resolve_all(self._replica.snapshot)
        else:
            self._commit(waiting, deadline)

    def _commit(
        self, waiting: list[PendingTransaction[S]], deadline: Deadline, rejected_on: _Tabs | None = None
    ) -> None:
        """Run transactions and commit them until it is done. Raises what concerns all of them.

        `rejected_on` are the tabs for which the batch before was made, if it was rejected.
        """
        while True:
            commit_id = self._clock.new_id()
            group = self._appending_group(waiting, commit_id) or self._up_to_date_group(waiting, commit_id, deadline)
            if not group.changes and not self._must_release():
                break
            tabs = self._tabs()
            try:
                commit = self._build(group, commit_id)
            except Exception as error:  # noqa: BLE001 — too large, or a view that cannot show what one of them adds
                problem = error
            else:
                try:
                    if self._may_begin(group.changes, deadline):
                        attempt = _InDoubtCommit(commit, group, self._clock.monotonic())
                        if self._send(attempt, deadline) is CommitOutcome.COMMITTED:
                            break
                    continue
                except RequestRejectedError as rejection:
                    problem = rejection
            self._distrust()
            if tabs != rejected_on:
                # A tab may have been replaced under its name, or its grid cut short: learn where things are now.
                # Only what is rejected twice upon the same tabs is at fault itself.
                self._replica.load_metadata(deadline)
                rejected_on = tabs
            elif len(group.transactions) <= 1:
                self._reject(group.transactions, problem)
                return
            else:
                self._isolate_failure(group.transactions, deadline, rejected_on)
                return
        group.resolve_all(self._replica.snapshot)

    @staticmethod
    def _reject(transactions: Sequence[PendingTransaction[S]], problem: Exception) -> None:
        """Reject the only transaction of a group. Raise if it has none and only frees the lock."""
        if not transactions:
            raise problem
        for pending in transactions:
            pending.reject(problem)

    def _isolate_failure(
        self, transactions: Sequence[PendingTransaction[S]], deadline: Deadline, rejected_on: _Tabs | None
    ) -> None:
        """Commit a rejected group one by one, so that only the transaction at fault fails."""
        for pending in transactions:
            try:
                self._commit([pending], deadline, rejected_on)
            except (UnavailableError, CommitUnknownError):
                raise
            except SheetsError as error:
                self._distrust()
                pending.reject(error)

    def _tabs(self) -> _Tabs:
        return {title: (sheet.sheet_id, sheet.columns) for title, sheet in self._replica.snapshot.sheets.items()}

    def _distrust(self) -> None:
        """Note that something went wrong.

        The lease is lost, and the replica is read before anything is built on it.
        """
        self._lease.invalidate()
        self._staleness.require_read()

    def _appending_group(self, waiting: list[PendingTransaction[S]], commit_id: str) -> CommitGroup[S] | None:
        """Run transactions on the replica as it is; None if it must be read first.

        They must add rows and nothing else: a result that no commit confirms would be as old as the replica. Where
        nothing has to be confirmed, a read costs nothing.
        """
        if not self._timing.confirmation_delay or not self._staleness.may_append_unread():
            return None
        transactions = [pending for pending in waiting if not pending.done]
        group = build_appending_group(self._replica.snapshot, transactions, commit_id)
        if group:
            self._requeue(waiting, group)
        return group

    def _up_to_date_group(
        self, waiting: list[PendingTransaction[S]], commit_id: str, deadline: Deadline
    ) -> CommitGroup[S]:
        """Bring the replica up to date, and run transactions on it.

        Some must wait for the next batch. For those that move rows the lock is taken first, if that needs no read.
        """
        moves_rows = any(pending.moves_rows for pending in waiting)
        if moves_rows and self._staleness.may_append_unread() and self._is_time_left(deadline):
            self._take_lease(deadline)
        wanted = dict.fromkeys(tab for pending in waiting if not pending.done for tab in pending.reads)
        tables = self._staleness.read_if_stale(wanted, deadline)
        transactions = [pending for pending in waiting if not pending.done]
        group = build_group(self._replica.snapshot, transactions, commit_id, tables)
        self._requeue(waiting, group)
        return group

    def _requeue(self, waiting: list[PendingTransaction[S]], group: CommitGroup[S]) -> None:
        """Put back into the queue what must wait for the next batch."""
        for pending in (*group.stale, *group.overflow):
            waiting.remove(pending)
        self._queue.requeue(first=group.overflow, last=group.stale)

    def _build(self, group: CommitGroup[S], commit_id: str, *, keep: bool = False) -> Commit:
        keep = keep or any(pending.hold_lease for pending in group.writers)
        new = self._lease.next_record(self._current(), commit_id, more=keep or self._queue.more_to_commit())
        operation = group.operations or ("take the lock" if keep else "free the lock")
        info = CommitInfo(iso_utc(self._clock.now()), group.actors, operation)
        snapshot = self._replica.snapshot
        commit = build(snapshot, group.state, group.changes, new, info)
        check_batch(commit.requests)
        check_growth(snapshot.sheets, snapshot.grid_rows, commit.requests)
        return commit

    def _send(self, doubt: _InDoubtCommit[S], deadline: Deadline, *, again: bool = False) -> CommitOutcome:
        commit, group, sent_at = doubt.commit, doubt.group, doubt.sent_at
        self._under_way = doubt.waiting
        try:
            result = self._executor.execute(
                commit,
                group.state,
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
            self._promised = any(pending.hold_lease for pending in group.writers)
            if self._queue.more_to_commit():
                self._staleness.note_contention()
            if not commit.new.holder and self._queue.more_to_commit():
                # We have held the lock for long enough, and transactions wait: let another process have it first.
                pause = self._timing.confirmation_delay + self._timing.retry_period * (1 + self._clock.random())
                self._yields_until = self._clock.monotonic() + pause
        else:
            self._under_way = ()
            self._lease.invalidate()
            self._staleness.note_contention()
            _log.info("commit %s: another one came first; its transactions run again", commit.id)
        return result.outcome

    def _refresh(self, pending: PendingTransaction[S], deadline: Deadline) -> None:
        group = self._up_to_date_group([pending], "", deadline)
        if group.changes.appended or group.changes.values:
            raise InvalidDeclarationError("a refresh may write generated columns only; facts need a commit")
        if group.changes.requests:
            check_batch(group.changes.requests)
            self._under_way = group.transactions
            if not write_if_unchanged(self._replica, group.changes.requests, deadline):
                pending.resolve()
                return
        group.resolve_all(self._replica.snapshot)

    # The lock

    def _current(self) -> LockRecord:
        assert self._replica.snapshot.lock is not None
        return self._replica.snapshot.lock

    def _may_begin(self, changes: Changes, deadline: Deadline) -> bool:
        """Return whether the lock is ours to take now; wait a while if it is not.

        Where rows leave or blank ones are deleted it must be ours already: no other batch can be merged with that.

        Raises `LockTimeoutError` if too little time is left to learn the outcome of a commit.
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
        """Return whether there is time to learn the outcome of a commit."""
        delay = 0.0 if self._lease.is_valid(self._current()) else self._timing.confirmation_delay
        return deadline.left() >= MIN_TIME_BUDGET + delay

    def _wait_for_lock(self, deadline: Deadline) -> None:
        pause = self._lease.takeover_delay(self._current()) + 0.01
        if self._current().holder:
            pause = min(pause, self._timing.retry_period * (0.5 + self._clock.random()))
        if pause >= deadline.left():
            raise LockTimeoutError(TIMED_OUT)
        self._clock.sleep(pause)

    def _take_lease(self, deadline: Deadline) -> None:
        """Commit nothing but that the lock is ours."""
        snapshot = self._replica.snapshot
        empty = CommitGroup(snapshot.state.fork(), snapshot.keys.fork())
        commit = self._build(empty, self._clock.new_id(), keep=True)
        self._send(_InDoubtCommit(commit, empty, self._clock.monotonic()), deadline)

    def _must_release(self) -> bool:
        """Return whether we hold the lock needlessly: nothing to do, and no promise to commit again."""
        current = self._current()
        promised = self._promised and self._lease.is_valid(current)
        return current.holder == self._lease.name and not promised and not self._queue.more_to_commit()

    def _yield_lock(self, deadline: Deadline) -> None:
        """Let other processes go first after our longest hold, unless the leader has no time for it."""
        pause = self._yields_until - self._clock.monotonic()
        if 0 < pause < deadline.left() - self._timing.confirmation_delay - MIN_TIME_BUDGET:
            self._clock.sleep(pause)
