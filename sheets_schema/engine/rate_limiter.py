"""Stay inside Google's quota: so many reads and so many writes in any sixty seconds.

Documented: 60 reads and 60 writes a minute per user and project, refilled each minute; a batch counts once whatever
it holds. Where in the minute Google refills is not documented, so no sixty seconds may hold more than that.
"""

from __future__ import annotations

from collections import deque
from threading import Lock

from sheets_schema.clock import Clock, Deadline
from sheets_schema.errors import UnavailableError

WINDOW = 60.0
GOOGLES_QUOTA = 60
"""Reads, and writes, that Google grants an account a minute (documented)."""


class RateLimiter:
    """At most `calls` in any minute; without a number all that come.

    Shared by all threads of a process.
    """

    def __init__(self, name: str, calls: int | None, clock: Clock) -> None:
        self.calls = calls or 0
        """How many a minute; 0: all."""
        self._name = name
        self._clock = clock
        self._taken: deque[float] = deque()
        self._lock = Lock()

    def acquire(self, deadline: Deadline, *, spare: float = 0.0) -> None:
        """Wait for a call's turn.

        Raises `UnavailableError` at once if that would be after the deadline, or with less than `spare` seconds left after waiting.
        """
        if not self.calls:
            return
        with self._lock:
            now = self._clock.monotonic()
            while self._taken and now - self._taken[0] >= WINDOW:
                self._taken.popleft()
            turn = now if len(self._taken) < self.calls else self._taken[-self.calls] + WINDOW
            if turn - now >= deadline.left() - (spare if turn > now else 0.0):
                raise UnavailableError(
                    f"This minute's {self._name} of Google Sheets are used up ({self.calls} a minute).",
                    retry_after=turn - now,
                )
            self._taken.append(turn)
        if turn > now:
            self._clock.sleep(turn - now)
