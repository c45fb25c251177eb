"""The transactions that wait in one process, and which caller's thread commits them.

There is no background thread. The first waiting caller becomes leader and commits for everyone until its own transaction is done; then
the next waiter takes over.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from threading import Condition
from typing import Generic

from sheets_schema.engine.commit_group import PendingTransaction
from sheets_schema.errors import CommitUnknownError, LockTimeoutError
from sheets_schema.schema.declaration import S

MAX_GROUP_SIZE = 200
"""Maximum number of transactions in one batch; the rest follows in the next one."""
TIMED_OUT = "Another process holds the lock, or the queue is too long; nothing was written."


class CommitQueue(Generic[S]):
    """The queue of one process."""

    def __init__(self) -> None:
        self.queue: deque[PendingTransaction[S]] = deque()
        self.leader: PendingTransaction[S] | None = None
        """The one whose caller leads."""
        self.group: list[PendingTransaction[S]] = []
        """Those that were taken out of the queue last, less those that were put back."""
        self._changed = Condition()

    def lead_or_wait(self, pending: PendingTransaction[S]) -> bool:
        """Queue up, and wait until the transaction is done or this thread becomes leader.

        Return whether it leads.
        """
        with self._changed:
            self.queue.append(pending)
            while not pending.done and self.leader and self._changed.wait(pending.deadline.left()):
                pass
            if not pending.done and self.leader:
                self._give_up(pending)
            if not pending.done:
                self.leader = pending
            return self.leader is pending

    def _give_up(self, pending: PendingTransaction[S]) -> None:
        """Give up a caller whose deadline has come before its transaction was done."""
        if pending in self.queue:
            self.queue.remove(pending)
            pending.reject(LockTimeoutError(TIMED_OUT))
        else:
            pending.reject(CommitUnknownError("The deadline came while the commit was under way."))

    def release_leadership(self, pending: PendingTransaction[S]) -> None:
        """Let another one lead, if this one does."""
        with self._changed:
            if self.leader is pending:
                self.leader = None
                self._changed.notify_all()

    def notify_waiters(self) -> None:
        """Wake the callers of transactions that are done."""
        with self._changed:
            self._changed.notify_all()

    def next_group(self) -> list[PendingTransaction[S]]:
        """Take transactions out of the queue that may be committed together; a refresh goes alone."""
        with self._changed:
            group = self.group = []
            while self.queue and len(group) < MAX_GROUP_SIZE and not (group and self.queue[0].guarded):
                pending = self.queue.popleft()
                if pending.done:
                    continue
                if pending.deadline.passed():
                    pending.reject(LockTimeoutError(TIMED_OUT))
                    continue
                group.append(pending)
                if pending.guarded:
                    break
        return group

    def requeue(self, first: Iterable[PendingTransaction[S]] = (), last: Iterable[PendingTransaction[S]] = ()) -> None:
        """Leave transactions for a later batch.

        `first` ones go into the next, in their order, `last` ones behind all others.
        """
        with self._changed:
            self.queue.extendleft(reversed(tuple(first)))
            self.queue.extend(last)

    def withdraw(self, pending: PendingTransaction[S]) -> None:
        """Take a transaction out of the queue, if it is there."""
        with self._changed:
            if pending in self.queue:
                self.queue.remove(pending)

    def more_to_commit(self) -> bool:
        """Whether transactions wait that will need a commit."""
        with self._changed:
            return any(not pending.guarded for pending in self.queue)
