"""Whether a commit may be decided on what one process knows, without reading first.

The commit that comes of it shows whether that was up to date: the fence keeps out a commit upon an older version, and
the confirmation compares the rows beside ours. What was changed by hand meanwhile is found then, no earlier, so what is
known must not be older than it may be for a holder of the lock, who does not read for as long, either.
"""

from __future__ import annotations

from typing import Any

from sheets_schema.clock import Clock, Timing
from sheets_schema.engine.lease import Lease
from sheets_schema.protocol.snapshot import Snapshot

IN_COMPANY = 60.0
"""Seconds for which everything is read first after a conflict, since a refusal costs more, and after a commit that others
of this process have waited for: while it reads they come together, and then the lock is kept for them."""
_UNTIL_READ = float("inf")


class CopyTrust:
    """Whether our copy of the spreadsheet may be decided on as it is."""

    def __init__(self, lease: Lease, clock: Clock, timing: Timing) -> None:
        self._lease, self._clock, self._timing = lease, clock, timing
        self._reads_until = _UNTIL_READ

    def holds(self, snapshot: Snapshot[Any]) -> bool:
        """Whether the copy is young, and the lock free since a commit that is confirmed."""
        now = self._clock.monotonic()
        return (
            now >= self._reads_until
            and now - snapshot.read_at < self._timing.renew_deadline
            and snapshot.lock is not None
            and not snapshot.lock.holder
            and self._lease.is_confirmed(snapshot.lock, snapshot.read_at)
        )

    def lose(self) -> None:
        """Note that something went wrong: the copy is read before anything is decided on it."""
        self._reads_until = _UNTIL_READ

    def note_read(self) -> None:
        """Note that the copy was read."""
        if self._reads_until == _UNTIL_READ:
            self._reads_until = float("-inf")

    def note_company(self) -> None:
        """Note that somebody else commits, too: after a conflict, or while others wait here."""
        self._reads_until = self._clock.monotonic() + IN_COMPANY
