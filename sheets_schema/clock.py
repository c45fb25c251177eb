"""Time, as arguments: clocks, deadlines and the few durations of the commit protocol."""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass(frozen=True)
class Clock:
    """Everything that is not the same twice, so that tests can hand in their own."""

    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    random: Callable[[], float] = field(default_factory=lambda: random.SystemRandom().random)
    new_id: Callable[[], str] = lambda: secrets.token_hex(12)

    def deadline(self, timeout: float | Deadline) -> Deadline:
        """Return the moment `timeout` seconds from now; a deadline stays as it is."""
        return timeout if isinstance(timeout, Deadline) else Deadline(self.monotonic() + timeout, self.monotonic)

    def jitter(self, attempt: int, *, first: float = 0.2, most: float = 8.0) -> float:
        """Seconds to wait before try number `attempt` (from 0): exponential with full jitter."""
        return self.random() * min(most, first * 2.0 ** min(attempt, 60))


@dataclass(frozen=True)
class Deadline:
    """A moment on the monotonic clock after which nobody waits for the result any more."""

    at: float
    monotonic: Callable[[], float]

    def left(self) -> float:
        """Seconds left, never below zero."""
        return max(0.0, self.at - self.monotonic())

    def passed(self) -> bool:
        """Whether it is too late."""
        return self.left() <= 0.0


@dataclass(frozen=True)
class Timing:
    """The durations of the commit protocol, in seconds."""

    confirmation_delay: float = 1.0
    """How long two batches of the same moment may take to show: the first commit after a free lock is read back after it."""
    max_hold: float = 5.0
    """How long one process keeps the lock before it lets others in."""
    renew_deadline: float = 5.0
    """How long after its last accepted batch a holder may believe a 200: well below the lease, so nobody took over."""
    lease_duration: float = 10.0
    """How long a lock cell must stand still, on the waiter's own clock, before the waiter takes over."""
    retry_period: float = 0.5
    """How long to wait between two reads of a lock that somebody else holds."""
    max_staleness: float = 60.0
    """How old a snapshot may become before it is read again even while the lock is ours."""


EMBEDDED = Timing(confirmation_delay=0.0, max_hold=1.0, renew_deadline=1.0, lease_duration=2.0, retry_period=0.05)
"""For the embedded spreadsheet, which serialises batches and answers at once: nothing to confirm, little to wait for."""
