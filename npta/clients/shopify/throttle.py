"""Stay inside Shopify's cost limits: a bucket of points, reported with every answer.

Documented: a query needs room for its requested cost, then pays its actual cost; a refused one says what it would
have needed and what was there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from math import isfinite
from threading import Lock
from typing import Any

from npta.clients.shopify.answers import as_object
from sheets_schema import Clock

_MARGIN = 0.05
"""Seconds that are waited longer than reckoned: Shopify's clock is another, and rounds."""
_UNKNOWN = 1.0
"""Seconds to wait after a refusal that does not say how long."""


class Throttle:
    """What is known of the bucket. Shared by all threads.

    Points are set aside for a call until its end; nothing but Shopify's own numbers takes any out for good. So a call
    that was not sent, or that failed, costs nothing.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._costs: dict[str, float] = {}
        self._maximum = self._there = self._rate = self._aside = 0.0
        self._at = 0.0

    @contextmanager
    def room(self, operation: str) -> Iterator[float]:
        """Set aside what the operation last cost; gives the seconds until the bucket holds it."""
        with self._lock:
            cost = min(self._costs.get(operation, 0.0), self._maximum)
            missing = cost - (self._refilled() - self._aside) if cost else 0.0
            self._aside += cost
        try:
            yield missing / self._rate + _MARGIN if missing > 0 else 0.0
        finally:
            with self._lock:
                self._aside -= cost

    def learn(self, operation: str, cost: Mapping[str, Any]) -> None:
        """Take note of `extensions.cost`."""
        status = as_object(cost.get("throttleStatus"))
        requested = _number(cost.get("requestedQueryCost"))
        there, maximum, rate = (
            _number(status.get(name)) for name in ("currentlyAvailable", "maximumAvailable", "restoreRate")
        )
        with self._lock:
            if requested:
                self._costs[operation] = requested
            if maximum and rate and there is not None:
                self._maximum, self._there, self._rate = maximum, there, rate
                self._at = self._clock.monotonic()

    def _refilled(self) -> float:
        return min(self._maximum, self._there + (self._clock.monotonic() - self._at) * self._rate)


def wait_after(cost: Mapping[str, Any], retry_after: str | None) -> float:
    """Return the seconds to wait after a refusal, by what is missing or as the header says."""
    status = as_object(cost.get("throttleStatus"))
    requested, there = _number(cost.get("requestedQueryCost")), _number(status.get("currentlyAvailable"))
    rate = _number(status.get("restoreRate"))
    if requested and rate and there is not None:
        return max(0.05, (requested - there) / rate)
    return min(60.0, max(0.05, _number(retry_after) or _UNKNOWN))


def _number(value: object) -> float | None:
    try:
        number = float(value)  # type: ignore[arg-type]  # whatever it is, that is what is found out
    except (TypeError, ValueError):
        return None
    return number if isfinite(number) else None
