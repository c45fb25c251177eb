"""Put the fence back where a person has moved it.

It is the named range that lets a commit pass only after the last one. It is written outside a commit, so nothing
guards these batches; docs/internals/failure-model.md says what that costs.
"""

from __future__ import annotations

import logging
from typing import Any

from sheets_schema.clock import Deadline
from sheets_schema.engine.replica import MAX_READS, Replica
from sheets_schema.errors import LogDivergedError
from sheets_schema.protocol.batch_requests import Request
from sheets_schema.protocol.lock_record import FENCE_ID, FENCE_NAME, LockRecord, fence_added, is_older, lock_range
from sheets_schema.schema.internal_tables import COMMIT_LOG, CONTROL

_log = logging.getLogger(__name__)


class FenceRepair:
    """Looks after the fence of one replica."""

    def __init__(self, replica: Replica[Any]) -> None:
        self._replica = replica

    def stands(self, last: LockRecord, rejections: int, deadline: Deadline) -> bool:
        """Return whether the fence is that of the commit `last`.

        It is put back if a person has taken or changed it.

        Raises `LogDivergedError` if after so many `rejections` neither a person nor a stale read explains it.
        """
        fence = self._replica.fence(deadline)
        if fence is None:
            _log.warning("the named range %s is gone; putting it back as the log says", FENCE_NAME)
            self._write([self._fence_of(last)], deadline)
        elif not fence.startswith(FENCE_ID):
            _log.warning("a person has made a named range %s; taking it away", FENCE_NAME)
            self._write([_deleted(fence)], deadline)
        elif fence == last.fence:
            return True
        elif is_older(fence, last) and self._replica.is_still_at(last.version, deadline):
            # A commit moves the fence and the log together, so an older fence is somebody's repair that came late.
            _log.warning("the named range %s is older than the last commit; setting it as the log says", FENCE_NAME)
            self._write([_deleted(fence), self._fence_of(last)], deadline)
        elif rejections >= MAX_READS and self._replica.is_still_at(last.version, deadline):
            raise LogDivergedError(
                f"Writing has stopped: the named range {FENCE_NAME} says {fence}, but the last commit in tab "
                f"“{COMMIT_LOG}” is version {last.version} ({last.commit}). Look at File > Version history for a "
                "restored version, and at Data > Named ranges."
            )
        return False

    def _fence_of(self, last: LockRecord) -> Request:
        return fence_added(last, lock_range(self._replica.snapshot.sheets[CONTROL]))

    def _write(self, requests: list[Request], deadline: Deadline) -> None:
        self._replica.client.write(requests, deadline)


def _deleted(fence: str) -> Request:
    return {"deleteNamedRange": {"namedRangeId": fence}}
