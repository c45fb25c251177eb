"""Sending a commit and finding out how it ended.

A commit *landed* or was *superseded*; there is a third ending only for a caller whose deadline comes first
(`InDoubt`). A clean 200 is believed while the lock is warm; anything else is settled by the log: a refusal may be the
echo of a copy that landed, a time-out may have landed or may land yet, and a 200 after a free lock may have met
another batch at the very same moment.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from enum import Enum
from itertools import count
from typing import Generic

from sheets_schema.changes import Changes
from sheets_schema.client import Executed, NotExecuted, Rejected, Unclear
from sheets_schema.commit import Commit, Label, advance, build
from sheets_schema.dressing import lock_range
from sheets_schema.errors import Forked, InDoubt, Refused, SheetsError, Unavailable
from sheets_schema.lock_cell import FENCE_NAME, FENCE_REQUESTS, LockCell
from sheets_schema.replica import LOOKS, Replica, forked
from sheets_schema.schema import S
from sheets_schema.snapshot import Inconsistent
from sheets_schema.system_tabs import CommitLog, Control
from sheets_schema.timing import Deadline

_log = logging.getLogger(__name__)

STUBBORN = 3
"""Sendings without a verdict and with the fence unmoved, after which an empty commit ends the doubt."""


class Ending(Enum):
    """How a commit ended."""

    LANDED = "landed"
    SUPERSEDED = "superseded"


class Committer(Generic[S]):
    """Sends commits of one replica. Used by one thread at a time."""

    def __init__(self, replica: Replica[S]) -> None:
        self._replica = replica
        self._clock = replica.clock

    def send(self, commit: Commit, learnt: S, *, trusted: Callable[[], bool], deadline: Deadline) -> Ending:
        """Send until the ending is known, and bring the replica up to date with it.

        `learnt` is the layer of state that the commit would add; `trusted` tells, when a clean 200 arrives, whether
        it may be believed without reading back.

        Raises `InDoubt` (the deadline came first), `Unavailable` or `Denied` (nothing was executed), `Refused`
        (Google will not have this batch), `Forked`.
        """
        sent, in_doubt, unclear, refusals = commit, False, 0, 0
        for attempt in count():
            answer = self._replica.client.write(sent.requests, deadline)
            if isinstance(answer, Executed):
                if sent is commit and not in_doubt and trusted():
                    advance(self._replica.snapshot, commit, learnt)
                    return Ending.LANDED
                return self._verdict(commit, deadline, accepted=True) or Ending.SUPERSEDED
            in_doubt = in_doubt or isinstance(answer, Unclear)
            problem = _problem(answer)
            if in_doubt or isinstance(answer, Rejected):
                _log.warning("commit %s: %s Asking the log.", commit.id, problem)
                if ending := self._verdict(commit, deadline, accepted=False):
                    return ending
            if isinstance(answer, Rejected):
                refusals += 1
                self._explain(commit, answer.error, refusals, deadline)
            elif isinstance(answer, Unclear):
                unclear += 1
                sent = self._empty(commit) if unclear == STUBBORN else sent
            elif not (answer.again or in_doubt):
                raise answer.error
            pause = self._clock.jitter(attempt)
            if pause >= deadline.left():
                raise (
                    InDoubt(f"The deadline came before the ending of the commit. {problem}") if in_doubt else problem
                )
            self._clock.sleep(pause)
        raise AssertionError("unreachable: the loop ends by its deadline")

    def _verdict(self, commit: Commit, deadline: Deadline, *, accepted: bool) -> Ending | None:
        """What the log says; None if it shows no row for the version that we tried.

        After a clean 200 (`accepted`) there must be one, and the look waits `settle` first, until a batch that was
        under way at the same moment has merged.
        """
        contradiction = Inconsistent("")
        settle = self._replica.timing.settle
        for look in range(LOOKS):
            if accepted or look:
                self._wait(max(settle, 0.1) if look else settle, deadline)
            try:
                reading = self._replica.look(deadline)
                new = self._replica.snapshot.integrate(reading, self._clock.monotonic())
            except Inconsistent as reason:
                contradiction = reason
                continue
            except Unavailable as error:
                raise InDoubt(f"The commit was sent, and the log could not be read in time. {error}") from error
            tried = next((row for row in new if row.version == commit.new.version), None)
            if tried:
                return Ending.LANDED if tried.commit == commit.id else Ending.SUPERSEDED
            if not accepted:
                return None
            contradiction = Inconsistent(
                f"version {commit.new.version} was accepted (commit {commit.id}), but tab “{CommitLog.title}” does "
                "not show it"
            )
        raise forked(contradiction)

    def _explain(self, commit: Commit, error: Refused, refusals: int, deadline: Deadline) -> None:
        """A refusal without a new row in the log: a stale read, a fence taken away by a person, or our own fault."""
        if error.request_index is not None and error.request_index >= FENCE_REQUESTS:
            raise error
        if refusals == 1:
            self._wait(self._replica.timing.settle, deadline)
            return
        fence = self._replica.fence(deadline)
        if fence is None:
            _log.warning("the named range %s is gone; putting it back as the log says", FENCE_NAME)
            cell = lock_range(self._replica.snapshot.sheets[Control.title])
            named = {"namedRangeId": commit.old.fence, "name": FENCE_NAME, "range": cell}
            self._replica.client.write([{"addNamedRange": {"namedRange": named}}], deadline)
        elif fence == commit.old.fence:
            raise error
        elif refusals >= LOOKS:
            raise Forked(
                f"Writing has stopped: the named range {FENCE_NAME} says {fence}, but the last commit in tab "
                f"“{CommitLog.title}” is version {commit.old.version} ({commit.old.commit}). Look at File > Version "
                "history for a restored version, and at Data > Named ranges."
            )

    def _empty(self, commit: Commit) -> Commit:
        """A commit that only moves the fence, under the same old id: once it has landed, the other one cannot."""
        snapshot = self._replica.snapshot
        new = LockCell(commit.new.version, self._clock.new_id())
        label = Label(commit.label.at, commit.label.who, f"gave up on commit {commit.id}")
        return build(snapshot, snapshot.state, Changes(), new, label)

    def _wait(self, seconds: float, deadline: Deadline) -> None:
        if seconds >= deadline.left():
            raise InDoubt("The commit was sent, and there was no time left to see whether it stands.")
        self._clock.sleep(seconds)


def _problem(answer: NotExecuted | Rejected | Unclear) -> SheetsError:
    """What to tell if this was the last answer before the deadline."""
    if isinstance(answer, Unclear):
        return InDoubt(f"The commit was sent, and how it ended is not known yet ({answer.reason}).")
    return answer.error
