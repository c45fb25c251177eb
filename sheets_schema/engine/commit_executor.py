"""Send a commit, and find out what became of it.

A commit is *committed*, in *conflict* with another one, or *rejected*; whoever's deadline comes before that is known gets
`CommitUnknownError`. A clean 200 is believed while the lease is valid. Anything else is resolved from the log: a
refusal may be the echo of a copy that was applied, a time-out may have been applied or may be yet, and a 200 after a
free lock may have met another batch at the very same moment.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from itertools import count
from typing import Generic

from sheets_schema.clock import Deadline
from sheets_schema.engine.fence_repair import FenceRepair
from sheets_schema.engine.lease import Lease
from sheets_schema.engine.replica import Replica
from sheets_schema.engine.response_classification import Applied, NotApplied, Rejected, Unknown
from sheets_schema.engine.unknown_outcome import CommitOutcome, OutcomeResolver
from sheets_schema.errors import CommitUnknownError, RequestRejectedError, SheetsError
from sheets_schema.protocol.changes import Changes
from sheets_schema.protocol.commit_batch import Commit, advance, build
from sheets_schema.protocol.lock_record import FENCE_REQUESTS, LockRecord
from sheets_schema.protocol.snapshot import CommitInfo
from sheets_schema.schema.declaration import S

_log = logging.getLogger(__name__)

MAX_UNKNOWN = 3
"""Sendings of unknown outcome, with the fence unmoved, after which an empty commit takes the batch's place."""


@dataclass(frozen=True)
class CommitResult:
    """What became of a commit; `error` says why it was rejected."""

    outcome: CommitOutcome
    error: SheetsError | None = None


@dataclass
class _Attempt:
    """What is known of a commit, and the batch sent for it: itself, or an empty one."""

    sent: Commit
    in_doubt: bool = False
    unknown: int = 0
    rejections: int = 0
    fault: RequestRejectedError | None = None
    """Why Google will not have this very batch."""


class CommitExecutor(Generic[S]):
    """Sends the commits of one replica. Used by one thread at a time."""

    def __init__(self, replica: Replica[S], lease: Lease) -> None:
        self._replica = replica
        self._lease = lease
        self._clock = replica.clock
        self._fence = FenceRepair(replica)
        self._resolver = OutcomeResolver(replica)

    def execute(
        self, commit: Commit, layer: S, *, deadline: Deadline, spare: float = 0.0, again: bool = False
    ) -> CommitResult:
        """Send until the outcome is known, and bring the replica up to date with it.

        `layer` is the layer of state that the commit would add. Nothing is sent if waiting for the quota would leave
        less than `spare` seconds. `again` says that it was sent before and its outcome is not known.

        Raises `CommitUnknownError` if the deadline comes first, `LogDivergedError` if log and fence contradict each other.
        """
        sent = self._noop_commit(commit) if again and commit.once else commit
        attempt = _Attempt(sent, in_doubt=again, unknown=int(again))
        for number in count():
            answer = self._replica.client.write(attempt.sent.requests, deadline, spare=spare)
            if isinstance(answer, Applied):
                return self._accepted(commit, layer, attempt, deadline)
            attempt.in_doubt = attempt.in_doubt or _may_have_been_applied(answer)
            problem = _problem(answer)
            if attempt.in_doubt:
                _log.warning("commit %s: %s Asking the log.", commit.id, problem)
                unconfirmed = not self._may_believe(commit)
                if outcome := self._resolver.resolve(commit, deadline, accepted=False, unconfirmed=unconfirmed):
                    return CommitResult(outcome)
            if isinstance(answer, Rejected) and attempt.rejections and self._replica.detect_lost_update(deadline):
                return CommitResult(CommitOutcome.CONFLICT)
            if error := self._next_step(commit, attempt, answer, deadline):
                return CommitResult(CommitOutcome.REJECTED, error)
            pause = self._clock.jitter(number)
            if not isinstance(answer, Rejected):
                pause = max(pause, answer.wait)
            if pause >= deadline.left():
                if attempt.in_doubt:
                    raise CommitUnknownError(f"The deadline came before the outcome of the commit. {problem}")
                return CommitResult(CommitOutcome.REJECTED, problem)
            self._clock.sleep(pause)
        raise AssertionError("unreachable: the loop ends by its deadline")

    def _accepted(self, commit: Commit, layer: S, attempt: _Attempt, deadline: Deadline) -> CommitResult:
        if attempt.sent is commit and not attempt.in_doubt and self._may_believe(commit):
            advance(self._replica.snapshot, commit, layer)
            return CommitResult(CommitOutcome.COMMITTED)
        outcome = self._resolver.resolve(commit, deadline, accepted=True)
        if attempt.fault and outcome is not CommitOutcome.COMMITTED:
            return CommitResult(CommitOutcome.REJECTED, attempt.fault)
        return CommitResult(outcome or CommitOutcome.CONFLICT)

    def _may_believe(self, commit: Commit) -> bool:
        """Return whether a clean 200 needs no reading back.

        Nobody can have taken the lock over within the renew deadline, counted from the sending of the batch before: a
        waiter would have had to see the lock cell unchanged for the longer lease.
        """
        return self._lease.is_valid(commit.old)

    def _next_step(
        self, commit: Commit, attempt: _Attempt, answer: NotApplied | Rejected | Unknown, deadline: Deadline
    ) -> SheetsError | None:
        """Decide what is sent next, the identical batch or an empty one.

        Return the error if it is certain by now.
        """
        match answer:
            case Rejected(error):
                attempt.rejections += 1
                if _is_past_the_fence(error) or self._diagnose_rejection(commit, error, attempt.rejections, deadline):
                    attempt.fault = error
                if attempt.fault and _is_past_the_fence(error) and not attempt.unknown:
                    return error
            case Unknown():
                attempt.unknown += 1
            case NotApplied(error, again=False) if not attempt.in_doubt:
                return error
        # A copy is perhaps on its way, or was applied unseen: it must be kept out before the transactions run again.
        gives_up = attempt.fault or attempt.unknown >= MAX_UNKNOWN or (commit.once and attempt.in_doubt)
        if attempt.sent is commit and gives_up:
            attempt.sent = self._noop_commit(commit)
        return None

    def _diagnose_rejection(
        self, commit: Commit, error: RequestRejectedError, rejections: int, deadline: Deadline
    ) -> bool:
        """Return whether a rejection with no new row in the log is the batch's own fault.

        Otherwise the read was stale, or a person has moved the fence, which is put back.
        """
        if rejections == 1:
            self._resolver.wait(self._replica.timing.confirmation_delay, deadline)
            return False
        if not self._fence.stands(commit.old, rejections, deadline):
            return False
        # The fence let it pass, if this read is not stale; a rejection that names the fence's own requests says it is.
        return error.request_index is None

    def _noop_commit(self, commit: Commit) -> Commit:
        """Return a commit that only moves the fence, from the same old id.

        Once it is applied, the other cannot be.
        """
        snapshot = self._replica.snapshot
        new = LockRecord(commit.new.version, self._clock.new_id())
        info = CommitInfo(commit.info.at, commit.info.actor, f"gave up on commit {commit.id}")
        return build(snapshot, snapshot.state, Changes(), new, info)


def _is_past_the_fence(error: RequestRejectedError) -> bool:
    return error.request_index is not None and error.request_index >= FENCE_REQUESTS


def _may_have_been_applied(answer: NotApplied | Rejected | Unknown) -> bool:
    """Return whether the batch may stand in the sheet.

    The fence rejects the echo of a copy that was applied.
    """
    return isinstance(answer, Unknown) or (isinstance(answer, Rejected) and not _is_past_the_fence(answer.error))


def _problem(answer: NotApplied | Rejected | Unknown) -> SheetsError:
    """Return what the caller gets if this was the last answer before the deadline."""
    if isinstance(answer, Unknown):
        return CommitUnknownError(f"The commit was sent, and its outcome is not known yet ({answer.reason}).")
    return answer.error
