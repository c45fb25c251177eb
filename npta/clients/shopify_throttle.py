"""Staying inside Shopify's cost limits: a bucket of points that refills, told of with every answer.

Documented: a query needs room for its requested cost, then pays its actual cost; a refused one says what it would
have needed and what was there.
"""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import Any

from sheets_schema import Clock

_UNKNOWN = 1.0
"""Seconds to wait after a refusal that does not say how long."""


class Throttle:
    """What is known of the bucket. Shared by all threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._costs: dict[str, float] = {}
        self._maximum = self._there = self._rate = 0.0
        self._at = 0.0

    def wait_before(self, operation: str) -> float:
        """Seconds until the bucket holds what the operation was last asked for; takes it out of what is known."""
        with self._lock:
            cost = min(self._costs.get(operation, 0.0), self._maximum)
            if not self._rate or not cost:
                return 0.0
            now = self._clock.monotonic()
            self._there = min(self._maximum, self._there + (now - self._at) * self._rate)
            self._at = now
            wait = max(0.0, (cost - self._there) / self._rate)
            self._there -= cost
            return wait

    def learn(self, operation: str, cost: Mapping[str, Any]) -> None:
        """Take note of `extensions.cost`."""
        status = cost.get("throttleStatus") or {}
        with self._lock:
            if cost.get("requestedQueryCost"):
                self._costs[operation] = float(cost["requestedQueryCost"])
            if status.get("restoreRate"):
                self._maximum = float(status["maximumAvailable"])
                self._there = float(status["currentlyAvailable"])
                self._rate = float(status["restoreRate"])
                self._at = self._clock.monotonic()


def wait_after(cost: Mapping[str, Any], retry_after: str | None) -> float:
    """Seconds to wait after a refusal: what is missing at the rate at which it comes, or what the header says."""
    status = cost.get("throttleStatus") or {}
    if cost.get("requestedQueryCost") and status.get("restoreRate"):
        missing = float(cost["requestedQueryCost"]) - float(status["currentlyAvailable"])
        return max(0.05, missing / float(status["restoreRate"]))
    try:
        return min(60.0, max(0.05, float(retry_after or _UNKNOWN)))
    except ValueError:
        return _UNKNOWN
