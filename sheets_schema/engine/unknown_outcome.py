"""Resolve the outcome of a commit from the log, after a time-out for example.

The log says which commit took a version. A read may be stale, or show only one of two batches that Google applies at
the same moment, so a read that contradicts what we know is repeated before it counts as a divergence.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from sheets_schema.clock import Deadline
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
from sheets_schema.protocol.commit_batch import Commit, changed_by_hand, shows
from sheets_schema.protocol.sheet_read import DroppedRowsError, InconsistentReadError
from sheets_schema.schema.internal_tables import COMMIT_LOG


class CommitOutcome(Enum):
    """What became of a commit."""

    COMMITTED = "committed"
    CONFLICT = "conflict"
    """Another commit came first, and nothing of this one was applied."""
    REJECTED = "rejected"
    """Nothing of it was applied, and sending it again would not help, or not in time."""


class OutcomeResolver:
    """Reads the log to find out what became of a commit. Used by one thread at a time."""

    def __init__(self, replica: Replica[Any]) -> None:
        self._replica = replica

    def resolve(
        self, commit: Commit, deadline: Deadline, *, accepted: bool, unconfirmed: bool = False
    ) -> CommitOutcome | None:
        """Return what the log says; None if it has no row for the commit's version.

        After a clean 200 (`accepted`) there must be one. Then, and whenever another batch may have been sent at the
        same moment (`unconfirmed`), the read waits for the confirmation delay, until both would show.

        Raises `CommitUnknownError` if the log cannot be read in time, `LogDivergedError` if it contradicts what was written.
        """
        contradiction = InconsistentReadError("")
        delay = self._replica.timing.confirmation_delay
        for read in range(MAX_READS):
            if accepted or unconfirmed or read:
                self.wait(max(delay, 0.1) if read else delay, deadline)
            try:
                new, mismatch = self._read_log(commit, deadline, twice=unconfirmed, reload=read > 0)
            except InconsistentReadError as reason:
                contradiction = reason
                continue
            except (UnavailableError, PermissionDeniedError, RequestRejectedError, SchemaMismatchError) as error:
                raise _unread(error) from error
            if mismatch:
                self._replica.reset()
                raise LogDivergedError(
                    f"Writing has stopped: {mismatch}. Ledgers were changed while a commit was written, by hand or by another writer; the "
                    "commit stands in the log, and its rows may cover others. Compare the rows named here with File > Version history, and put back what is missing. "
                    "Step by step: docs/operations/writes-halted.md."
                )
            if found := new.get(commit.new.version):
                return CommitOutcome.COMMITTED if found == commit.id else CommitOutcome.CONFLICT
            if (lock := self._replica.snapshot.lock) and lock.version >= commit.new.version:
                self._replica.reset()
                raise CommitUnknownError(
                    f"The commit was sent so long ago that tab “{COMMIT_LOG}” does not hold its version any more."
                )
            if not accepted:
                return None
            contradiction = InconsistentReadError(
                f"version {commit.new.version} was accepted (commit {commit.id}), but tab “{COMMIT_LOG}” does "
                "not show it"
            )
        final = final_error(contradiction)
        raise _unread(final) if isinstance(final, RequestRejectedError) else final

    def _read_log(self, commit: Commit, deadline: Deadline, *, twice: bool, reload: bool) -> tuple[dict[int, str], str]:
        """Return the commits that are new in the log, and which of our rows is not as written.

        Raises `InconsistentReadError` if what is read does not continue what we know; with `reload`, only if reading everything
        again does not help.
        """
        delay = self._replica.timing.confirmation_delay
        try:
            reading = self._replica.fetch(deadline)
            if twice and delay and shows(reading, commit):
                # It may have been applied just now, and a batch of the same moment may yet overwrite it.
                self.wait(delay, deadline)
                reading = self._replica.fetch(deadline)
            mismatch = changed_by_hand(reading, commit) if shows(reading, commit) else ""
            return self._replica.apply(reading, deadline), mismatch
        except DroppedRowsError:
            self._replica.reset()
            raise
        except InconsistentReadError:
            if reload and (found := self._replica.reload(deadline)):
                return found, ""
            raise

    def wait(self, seconds: float, deadline: Deadline) -> None:
        """Wait before a read. Raises `CommitUnknownError` if there is too little time."""
        if seconds >= deadline.left():
            raise CommitUnknownError("The commit was sent, and there was no time left to see whether it stands.")
        self._replica.clock.sleep(seconds)


def _unread(error: SheetsError) -> CommitUnknownError:
    """Return what the caller gets if the log cannot be read."""
    return CommitUnknownError(f"The commit was sent, and the log could not be read. {error}")
