"""Decide whether a transaction may run on the replica as it is, or must read first.

While the lock is ours nobody else commits, so the replica may be as old as `max_staleness`. After a free lock a commit
that only adds rows may be built unread, too: the fence rejects it if anybody has committed since, and its confirmation
compares the rows beside ours. What was changed by hand meanwhile is noticed then and no earlier, so the replica must not
be older than a holder may go without reading.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sheets_schema.clock import Deadline
from sheets_schema.engine.lease import Lease
from sheets_schema.engine.replica import Replica
from sheets_schema.errors import LogDivergedError, SchemaMismatchError
from sheets_schema.protocol.table_read import TableRead
from sheets_schema.schema.tables import Tab

CONTENTION_PERIOD = 60.0
"""Seconds for which every commit reads first once others commit, too.

After a conflict, since a rejected batch costs more than a read. After a commit for which other threads of this process
have waited, since they come together while it reads, and then the lock is kept for them.
"""
_UNTIL_READ = float("inf")


class BoundedStaleness:
    """How old the replica of one process may be. Used by one thread at a time."""

    def __init__(self, replica: Replica[Any], lease: Lease) -> None:
        self._replica, self._lease = replica, lease
        self._clock, self._timing = replica.clock, replica.timing
        self._reads_until = _UNTIL_READ

    def may_append_unread(self) -> bool:
        """Return whether a commit that only adds rows may be built without reading.

        The lock must be free since a commit that is confirmed, and the last read young.
        """
        lock, read_at = self._replica.snapshot.lock, self._replica.snapshot.read_at
        return (
            self._clock.monotonic() >= self._reads_until
            and self._age() < self._timing.renew_deadline
            and lock is not None
            and not lock.holder
            and self._lease.is_confirmed(lock, read_at)
        )

    def read_if_stale(
        self, tables: Collection[type[Tab]], deadline: Deadline
    ) -> dict[type[Tab], TableRead | SchemaMismatchError]:
        """Bring the replica up to date, and return the given input and internal tables.

        Nothing is read while the lock is ours, the replica is not too old, and no table is wanted. Raises like `Replica.load`.
        """
        lock, read_at = self._replica.snapshot.lock, self._replica.snapshot.read_at
        if lock and self._lease.is_valid(lock) and self._age() < self._timing.max_staleness and not tables:
            return {}
        try:
            reading = self._replica.load(deadline, tables)
        except LogDivergedError:
            if not lock or self._lease.is_confirmed(lock, read_at):
                raise
            # The last commit that we saw was not confirmed yet, and another has overwritten it. Nothing was built on it.
            self._replica.reset()
            reading = self._replica.load(deadline, tables)
            if reading.lock.version < lock.version:
                raise  # it was not overwritten: this is an older version
        self._lease.observe(reading.lock)
        if self._reads_until == _UNTIL_READ:
            self._reads_until = float("-inf")
        return reading.tables

    def require_read(self) -> None:
        """Note that something went wrong: the replica is read before anything is built on it."""
        self._reads_until = _UNTIL_READ

    def note_contention(self) -> None:
        """Note that others commit, too: after a conflict, or while other threads wait here."""
        self._reads_until = self._clock.monotonic() + CONTENTION_PERIOD

    def _age(self) -> float:
        return self._clock.monotonic() - self._replica.snapshot.read_at
