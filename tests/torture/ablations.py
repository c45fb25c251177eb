"""The protocol with one of its defences taken out, to show what that defence is there for.

From outside: the product has no switch for it.
"""

from __future__ import annotations

import json
from typing import Any

from sheets_schema.engine.commit_executor import CommitExecutor
from sheets_schema.engine.lease import Lease
from sheets_schema.engine.unknown_outcome import CommitOutcome, OutcomeResolver
from sheets_schema.protocol import commit_batch as commits
from sheets_schema.protocol.lock_record import LockRecord


def disable(defence: str) -> None:
    """Take one defence out of this process, for good."""
    if defence:
        for target, name, replacement in DEFENCES[defence]:
            setattr(target, name, replacement)


def no_fence(_old: LockRecord, _new: LockRecord, cell: dict[str, Any]) -> list[dict[str, Any]]:
    """As many requests as the fence has, that refuse nobody."""
    return [{"updateCells": {"range": cell, "fields": "note"}}] * 3


_resolve = OutcomeResolver.resolve


def no_question_to_the_log(self: OutcomeResolver, commit: Any, deadline: Any, *, accepted: bool, **more: Any) -> Any:
    """An error answer is taken for a failure: the transaction function runs again."""
    return _resolve(self, commit, deadline, accepted=accepted, **more) if accepted else CommitOutcome.CONFLICT


def no_confirmation(_self: CommitExecutor[Any], _commit: Any) -> bool:
    """Every clean 200 is believed."""
    return True


_next_step = CommitExecutor._next_step


def resend_under_another_id(self: CommitExecutor[Any], commit: Any, attempt: Any, *rest: Any) -> Any:
    """Each sending is a commit of its own, and the last one is the one that is asked for."""
    error = _next_step(self, commit, attempt, *rest)
    if attempt.sent is commit and not error:
        new = LockRecord(commit.new.version, self._clock.new_id(), commit.new.holder, commit.new.lease_duration)
        commit.requests[:] = json.loads(json.dumps(commit.requests).replace(commit.id, new.commit))
        object.__setattr__(commit, "new", new)
    return error


_patience = Lease.takeover_delay


def no_waiting_for_a_holder(self: Lease, cell: LockRecord) -> float:
    """Whoever holds the lock, it is taken over at once."""
    return 0.0 if cell.holder else _patience(self, cell)


def no_waiting_for_a_free_lock_to_settle(self: Lease, cell: LockRecord) -> float:
    """What another has just left free is built upon at once."""
    return _patience(self, cell) if cell.holder else 0.0


DEFENCES: dict[str, list[tuple[Any, str, Any]]] = {
    "fence": [(commits, "fence_swap", no_fence)],
    "settling": [(OutcomeResolver, "resolve", no_question_to_the_log)],
    "confirmation": [(CommitExecutor, "_may_believe", no_confirmation)],
    "identical-resend": [(CommitExecutor, "_next_step", resend_under_another_id)],
    "own-clock-wait": [(Lease, "takeover_delay", no_waiting_for_a_holder)],
    "settled-base": [(Lease, "takeover_delay", no_waiting_for_a_free_lock_to_settle)],
}
