"""Sending a commit and finding out how it ended.

A commit *landed* or was *superseded*; there is a third ending only for a caller whose deadline comes first
(`CommitUnknownError`). A clean 200 is believed while the lock is warm; anything else is settled by the log: a refusal may be the
echo of a copy that landed, a time-out may have landed or may land yet, and a 200 after a free lock may have met
another batch at the very same moment.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from itertools import count
from typing import Generic

from sheets_schema.clock import Deadline
from sheets_schema.engine.client import Applied, NotApplied, Rejected, Unknown
from sheets_schema.engine.replica import MAX_READS, Replica, final_error
from sheets_schema.errors import (
    CommitUnknownError,
    LogDivergedError,
    PermissionDeniedError,
    RequestRejectedError,
    SchemaMismatchError,
    SheetsError,
    UnavailableError,
)
from sheets_schema.protocol.changes import Changes
from sheets_schema.protocol.commit import Commit, CommitInfo, advance, build
from sheets_schema.protocol.formatting import lock_range
from sheets_schema.protocol.lock_record import FENCE_ID, FENCE_NAME, FENCE_REQUESTS, LockRecord, fence_added, is_older
from sheets_schema.protocol.sheet_read import InconsistentReadError
from sheets_schema.schema.declaration import S
from sheets_schema.schema.internal_tables import CommitLog, Control

_log = logging.getLogger(__name__)

MAX_UNKNOWN = 3
"""Sendings without a verdict and with the fence unmoved, after which an empty commit ends the doubt."""


class CommitOutcome(Enum):
    """How a commit ended."""

    COMMITTED = "landed"
    CONFLICT = "superseded"


@dataclass
class _Attempt:
    """What has come of a commit so far, and which batch is sent for it: itself, or an empty one in its place."""

    sent: Commit
    in_doubt: bool = False
    unclear: int = 0
    refusals: int = 0
    guilt: RequestRejectedError | None = None


class CommitExecutor(Generic[S]):
    """Sends commits of one replica. Used by one thread at a time."""

    def __init__(self, replica: Replica[S]) -> None:
        self._replica = replica
        self._clock = replica.clock

    def execute(
        self,
        commit: Commit,
        learnt: S,
        *,
        trusted: Callable[[], bool],
        deadline: Deadline,
        spare: float = 0.0,
        again: bool = False,
    ) -> CommitOutcome:
        """Send until the ending is known, and bring the replica up to date with it.

        `learnt` is the layer of state that the commit would add; `trusted` tells, when a clean 200 arrives, whether
        it may be believed without reading back. Nothing is sent if waiting for the quota would leave less than `spare`
        seconds. `again` says that it was sent before, to an ending that is not known.

        Raises `CommitUnknownError` (the deadline came first), `UnavailableError` or `PermissionDeniedError` (nothing was executed), `RequestRejectedError`
        (Google will not have this batch), `LogDivergedError`.
        """
        course = _Attempt(commit, in_doubt=again, unclear=int(again))
        for attempt in count():
            answer = self._replica.client.write(course.sent.requests, deadline, spare=spare)
            if isinstance(answer, Applied):
                if course.sent is commit and not course.in_doubt and trusted():
                    advance(self._replica.snapshot, commit, learnt)
                    return CommitOutcome.COMMITTED
                ending = self._resolve_from_log(commit, deadline, accepted=True)
                if course.guilt and ending is not CommitOutcome.COMMITTED:
                    raise course.guilt
                return ending or CommitOutcome.CONFLICT
            course.in_doubt = course.in_doubt or _may_have_been_applied(answer)
            problem = _problem(answer)
            if course.in_doubt:
                _log.warning("commit %s: %s Asking the log.", commit.id, problem)
                if ending := self._resolve_from_log(commit, deadline, accepted=False, unsettled=not trusted()):
                    return ending
            if isinstance(answer, Rejected) and course.refusals and self._replica.detect_lost_update(deadline):
                return CommitOutcome.CONFLICT
            self._next_step(commit, course, answer, deadline)
            pause = self._clock.jitter(attempt)
            if not isinstance(answer, Rejected):
                pause = max(pause, answer.wait)
            if pause >= deadline.left():
                told = f"The deadline came before the ending of the commit. {problem}"
                raise CommitUnknownError(told) if course.in_doubt else problem
            self._clock.sleep(pause)
        raise AssertionError("unreachable: the loop ends by its deadline")

    def _next_step(
        self, commit: Commit, course: _Attempt, answer: NotApplied | Rejected | Unknown, deadline: Deadline
    ) -> None:
        """Decide what is sent next: the identical batch, or an empty one that ends the doubt. Raises what is certain."""
        match answer:
            case Rejected(error):
                course.refusals += 1
                if self._diagnose_rejection(commit, error, course.refusals, deadline):
                    course.guilt = error
                if course.guilt and _is_past_the_fence(error) and not course.unclear:
                    raise error
            case Unknown():
                course.unclear += 1
            case NotApplied(error, again=False) if not course.in_doubt:
                raise error
        # A copy is perhaps on its way, or stands there unseen: it must be kept out before the work runs again.
        if course.sent is commit and (course.guilt or course.unclear >= MAX_UNKNOWN):
            course.sent = self._noop_commit(commit)

    def _resolve_from_log(
        self, commit: Commit, deadline: Deadline, *, accepted: bool, unsettled: bool = False
    ) -> CommitOutcome | None:
        """What the log says; None if it shows no row for the version that we tried.

        After a clean 200 (`accepted`) there must be one. Then, and whenever another batch may have been under way at the same moment
        (`unsettled`), the look waits `settle` first, until the two have merged.
        """
        contradiction = InconsistentReadError("")
        settle = self._replica.timing.confirmation_delay
        for look in range(MAX_READS):
            if accepted or unsettled or look:
                self._wait(max(settle, 0.1) if look else settle, deadline)
            try:
                reading = self._replica.fetch(deadline)
                new = self._replica.apply(reading, deadline)
            except InconsistentReadError as reason:
                contradiction = reason
                continue
            except (UnavailableError, PermissionDeniedError, RequestRejectedError, SchemaMismatchError) as error:
                raise _unread(error) from error
            if tried := new.get(commit.new.version):
                return CommitOutcome.COMMITTED if tried == commit.id else CommitOutcome.CONFLICT
            if not accepted:
                return None
            contradiction = InconsistentReadError(
                f"version {commit.new.version} was accepted (commit {commit.id}), but tab “{CommitLog.title}” does "
                "not show it"
            )
        verdict = final_error(contradiction)
        raise _unread(verdict) if isinstance(verdict, RequestRejectedError) else verdict

    def _diagnose_rejection(
        self, commit: Commit, error: RequestRejectedError, refusals: int, deadline: Deadline
    ) -> bool:
        """Whether a refusal without a new row in the log may be the batch's own fault.

        Otherwise the read was stale, or a person has taken the fence away, which is mended here. Raises `LogDivergedError` if
        neither explains it.
        """
        if _is_past_the_fence(error):
            return True
        if refusals == 1:
            self._wait(self._replica.timing.confirmation_delay, deadline)
            return False
        fence = self._replica.fence(deadline)
        if fence is None:
            _log.warning("the named range %s is gone; putting it back as the log says", FENCE_NAME)
            cell = lock_range(self._replica.snapshot.sheets[Control.title])
            self._replica.client.write([fence_added(commit.old, cell)], deadline)
        elif not fence.startswith(FENCE_ID):
            _log.warning("a person has made a named range %s; taking it away", FENCE_NAME)
            self._replica.client.write([{"deleteNamedRange": {"namedRangeId": fence}}], deadline)
        elif fence == commit.old.fence:
            # The fence let it pass, if this is not stale; a refusal that names the fence's own requests says it is.
            return error.request_index is None
        elif is_older(fence, commit.old) and self._replica.is_still_at(commit.old.version, deadline):
            # A commit moves the fence and the log together, so an older fence is somebody's repair that came late.
            _log.warning(
                "the named range %s is older than the log's last commit; setting it as the log says", FENCE_NAME
            )
            cell = lock_range(self._replica.snapshot.sheets[Control.title])
            late = {"deleteNamedRange": {"namedRangeId": fence}}
            self._replica.client.write([late, fence_added(commit.old, cell)], deadline)
        elif refusals >= MAX_READS and self._replica.is_still_at(commit.old.version, deadline):
            raise LogDivergedError(
                f"Writing has stopped: the named range {FENCE_NAME} says {fence}, but the last commit in tab "
                f"“{CommitLog.title}” is version {commit.old.version} ({commit.old.commit}). Look at File > Version "
                "history for a restored version, and at Data > Named ranges."
            )
        return False

    def _noop_commit(self, commit: Commit) -> Commit:
        """A commit that only moves the fence, under the same old id: once it has landed, the other one cannot."""
        snapshot = self._replica.snapshot
        new = LockRecord(commit.new.version, self._clock.new_id())
        label = CommitInfo(commit.info.at, commit.info.actor, f"gave up on commit {commit.id}")
        return build(snapshot, snapshot.state, Changes(), new, label)

    def _wait(self, seconds: float, deadline: Deadline) -> None:
        if seconds >= deadline.left():
            raise CommitUnknownError("The commit was sent, and there was no time left to see whether it stands.")
        self._clock.sleep(seconds)


def _is_past_the_fence(error: RequestRejectedError) -> bool:
    return error.request_index is not None and error.request_index >= FENCE_REQUESTS


def _may_have_been_applied(answer: NotApplied | Rejected | Unknown) -> bool:
    """Whether the batch may stand in the sheet after this answer; the fence refuses the echo of a copy that landed."""
    return isinstance(answer, Unknown) or (isinstance(answer, Rejected) and not _is_past_the_fence(answer.error))


def _problem(answer: NotApplied | Rejected | Unknown) -> SheetsError:
    """What to tell if this was the last answer before the deadline."""
    if isinstance(answer, Unknown):
        return CommitUnknownError(f"The commit was sent, and how it ended is not known yet ({answer.reason}).")
    return answer.error


def _unread(error: SheetsError) -> CommitUnknownError:
    """What is told if the log cannot be asked."""
    return CommitUnknownError(f"The commit was sent, and the log could not be read. {error}")
