"""How long calls take: a model after the gaps between recorded answers.

See docs/internals/sheets-api-facts.md, fact 29. Small sheets: values reads 0.3 s, values writes and batches 0.4 s,
whole spreadsheets 0.45 s; 99 of 100 under 2 s.
"""

from __future__ import annotations

import math
import random
import threading

_MEDIANS = {
    "spreadsheets.get": 0.45,
    "spreadsheets.values.get": 0.3,
    "spreadsheets.values.batchGet": 0.3,
}
_OTHER = 0.4
_SPREAD = 0.6
"""Of the logarithm; puts the 99th percentile of a 0.45 s call below 2 s."""


class Latency:
    """Seconds that a call takes. `scale` multiplies all of them, `seed` makes them repeatable."""

    def __init__(self, *, scale: float = 1.0, seed: int = 0) -> None:
        self.scale = scale
        self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self._lock = threading.Lock()

    def seconds(self, route: str) -> float:
        """Draw for one call."""
        with self._lock:
            stretch = math.exp(self._random.gauss(0.0, _SPREAD))
        return self.scale * _MEDIANS.get(route, _OTHER) * stretch
