"""What becomes of waiting transactions when their leader can lead no longer. No I/O.

Its deadline has come, or something unexpected has ended it. What was certainly not sent waits for the next leader; what
was perhaps sent is in doubt.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sheets_schema.engine.commit_group import PendingTransaction
from sheets_schema.engine.commit_queue import TIMED_OUT, CommitQueue
from sheets_schema.errors import CommitUnknownError, LockTimeoutError, UnavailableError

_ABANDONED = "The commit was sent, and what was to find out how it ended was broken off."
_Transactions = Collection[PendingTransaction[Any]]


def hand_over(
    queue: CommitQueue[Any],
    leader: PendingTransaction[Any],
    taken: _Transactions,
    sent: _Transactions,
    error: UnavailableError | CommitUnknownError,
    *,
    min_more_time: float,
) -> None:
    """End the leader, and leave to the next one what it may still do for the others.

    `taken` are those that the leader took out of the queue, `sent` those whose commit is in doubt. The next leader resolves the doubt
    for those who have at least `min_more_time` seconds more than this one.
    """
    for pending in sent:
        # With a little more time the next leader could only ask again, and so could the one after it.
        if pending is leader or pending.deadline.at < leader.deadline.at + min_more_time:
            pending.reject(error)
    unsent = [pending for pending in taken if not pending.done and pending not in sent]
    in_time = [pending for pending in unsent if pending is not leader and not pending.deadline.passed()]
    queue.requeue(first=in_time)
    queue.withdraw(leader)
    for pending in {*unsent, leader} - {*in_time}:
        if not pending.done:
            pending.reject(error if isinstance(error, UnavailableError) else LockTimeoutError(TIMED_OUT))


def abandon(
    queue: CommitQueue[Any], leader: PendingTransaction[Any], sent: _Transactions, error: BaseException
) -> None:
    """End the leader with its own exception, which no other thread gets.

    `sent` are those whose commit was perhaps sent; the others are done by the next leader.
    """
    for pending in sent:
        if not pending.done:
            pending.reject(CommitUnknownError(_ABANDONED))
    queue.withdraw(leader)
    if not leader.done:
        leader.reject(error)
    queue.requeue(first=[pending for pending in queue.group if not pending.done])
