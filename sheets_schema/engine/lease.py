"""Lease: how long one process may believe that the lock is its own, by its own clock.

Google does not document that two batches of the very same moment are serialised; the fence stops a stale writer, the
lock keeps simultaneous ones apart. Clocks of different machines are never compared: a waiter measures how long the
lock cell has stood still on its own monotonic clock.
"""

from __future__ import annotations

from sheets_schema.clock import Clock, Timing
from sheets_schema.protocol.lock_record import LockRecord


class Lease:
    """One process's side of the lock cell.

    `name` must differ from every other process, earlier ones included.
    """

    def __init__(self, name: str, clock: Clock, timing: Timing) -> None:
        self.name = "-".join(name.split())  # a blank would end the name in the lock cell
        self._clock = clock
        self._timing = timing
        self._held_since: float | None = None
        self._last_sent = float("-inf")
        self._seen: LockRecord | None = None
        self._seen_since = 0.0
        self._own: LockRecord | None = None

    def observe(self, cell: LockRecord) -> None:
        """Note what a read showed."""
        if cell != self._seen:
            self._seen, self._seen_since = cell, self._clock.monotonic()

    def is_valid(self, cell: LockRecord) -> bool:
        """Whether the lock is ours, and nobody can have taken it over since our last accepted batch."""
        age = self._clock.monotonic() - self._last_sent
        return cell.holder == self.name and self._held_since is not None and age < self._timing.renew_deadline

    def is_confirmed(self, cell: LockRecord, at: float) -> bool:
        """Whether the commit that left the cell is ours, or was seen long enough by `at`."""
        since = self._seen_since if cell == self._seen else at
        return cell.holder == self.name or cell == self._own or at - since >= self._timing.confirmation_delay

    def takeover_delay(self, cell: LockRecord) -> float:
        """How long the lock cell must remain unchanged before we may take over; 0 if it is ours.

        A free one must stand for the confirmation delay, since another batch of the same moment may still overwrite the commit that
        freed it; one that is held, for its holder's whole lease.
        """
        if cell.holder == self.name or cell == self._own:
            return 0.0
        now = self._clock.monotonic()
        since = self._seen_since if cell == self._seen else now
        return max(0.0, since + (cell.lease_duration if cell.holder else self._timing.confirmation_delay) - now)

    def next_record(self, cell: LockRecord, commit: str, *, more: bool) -> LockRecord:
        """Return what the lock cell says after the next commit.

        It is ours if there is more to commit and our longest hold is not over.
        """
        keep = more and not self.hold_limit_reached()
        return LockRecord(
            cell.version + 1, commit, self.name if keep else "", self._timing.lease_duration if keep else 0.0
        )

    def hold_limit_reached(self) -> bool:
        """Whether we have held the lock long enough and must let others in."""
        return self._held_since is not None and self._clock.monotonic() - self._held_since >= self._timing.max_hold

    def committed(self, cell: LockRecord, sent_at: float) -> None:
        """Note that a commit of ours, sent at `sent_at`, was applied."""
        self._own = cell
        if cell.holder == self.name:
            self._held_since = sent_at if self._held_since is None else self._held_since
            self._last_sent = sent_at
        else:
            self.invalidate()

    def invalidate(self) -> None:
        """Note that we have freed the lock, or no longer know who holds it."""
        self._held_since = None
        self._last_sent = float("-inf")
