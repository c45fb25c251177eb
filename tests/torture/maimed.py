"""The protocol with one of its defences taken out, to show what that defence is there for.

From outside: the product has no switch for it.
"""

from __future__ import annotations

import json
from typing import Any

from sheets_schema import commit as commits
from sheets_schema.committer import Committer, Ending
from sheets_schema.lock import Lock
from sheets_schema.lock_cell import LockCell


def take_out(defence: str) -> None:
    """Take one defence out of this process, for good."""
    if defence:
        for target, name, replacement in DEFENCES[defence]:
            setattr(target, name, replacement)


def no_fence(_old: LockCell, _new: LockCell, cell: dict[str, Any]) -> list[dict[str, Any]]:
    """As many requests as the fence has, that refuse nobody."""
    return [{"updateCells": {"range": cell, "fields": "note"}}] * 3


_verdict = Committer._verdict


def no_question_to_the_log(self: Committer[Any], commit: Any, deadline: Any, *, accepted: bool, **more: Any) -> Any:
    """An error answer is taken for a failure: the work runs again."""
    return _verdict(self, commit, deadline, accepted=accepted, **more) if accepted else Ending.SUPERSEDED


_send = Committer.send


def no_confirmation(self: Committer[Any], commit: Any, learnt: Any, *, deadline: Any, **_: Any) -> Ending:
    """Every clean 200 is believed."""
    return _send(self, commit, learnt, trusted=lambda: True, deadline=deadline)


_go_on = Committer._go_on


def resend_under_another_id(self: Committer[Any], commit: Any, course: Any, *rest: Any) -> None:
    """Each sending is a commit of its own, and the last one is the one that is asked for."""
    _go_on(self, commit, course, *rest)
    if course.sent is commit:
        new = LockCell(commit.new.version, self._clock.new_id(), commit.new.holder, commit.new.lease)
        commit.requests[:] = json.loads(json.dumps(commit.requests).replace(commit.id, new.commit))
        object.__setattr__(commit, "new", new)


_patience = Lock.patience


def no_waiting_for_a_holder(self: Lock, cell: LockCell) -> float:
    """Whoever holds the lock, it is taken over at once."""
    return 0.0 if cell.holder else _patience(self, cell)


def no_waiting_for_a_free_lock_to_settle(self: Lock, cell: LockCell) -> float:
    """What another has just left free is built upon at once."""
    return _patience(self, cell) if cell.holder else 0.0


DEFENCES: dict[str, list[tuple[Any, str, Any]]] = {
    "fence": [(commits, "fence_swap", no_fence)],
    "settling": [(Committer, "_verdict", no_question_to_the_log)],
    "confirmation": [(Committer, "send", no_confirmation)],
    "identical-resend": [(Committer, "_go_on", resend_under_another_id)],
    "own-clock-wait": [(Lock, "patience", no_waiting_for_a_holder)],
    "settled-base": [(Lock, "patience", no_waiting_for_a_free_lock_to_settle)],
}
