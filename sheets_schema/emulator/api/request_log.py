"""Counts the requests that came in, so that tests can hold a budget."""

from __future__ import annotations

import threading
from collections import Counter, deque
from typing import Any

_KEPT = 1000


class RequestLog:
    """What was asked. Google counts a batch as one request whatever it holds, and so does this.

    `reads` and `writes` are calls of the Sheets API, `drive` those of Drive; refused and failed ones count too.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kinds: Counter[str] = Counter()
        self._routes: Counter[str] = Counter()
        self._last: deque[dict[str, Any]] = deque(maxlen=_KEPT)

    def record(self, kind: str, route: str, call: dict[str, Any]) -> None:
        """Count a call; `call` is kept among the last ones."""
        with self._lock:
            self._kinds[kind] += 1
            self._routes[route] += 1
            self._last.append(call)

    def reset(self) -> None:
        """Start counting at zero."""
        with self._lock:
            self._kinds.clear()
            self._routes.clear()
            self._last.clear()

    @property
    def total(self) -> int:
        """All calls."""
        with self._lock:
            return self._kinds.total()

    @property
    def reads(self) -> int:
        """Calls that count against the read quota."""
        return self._kinds["read"]

    @property
    def writes(self) -> int:
        """Calls that count against the write quota."""
        return self._kinds["write"]

    @property
    def last(self) -> list[dict[str, Any]]:
        """The last thousand calls, oldest first: method, path, route, status, request kinds."""
        with self._lock:
            return list(self._last)

    def to_json(self) -> dict[str, Any]:
        """All of it, as `GET /emulator/calls` answers."""
        with self._lock:
            return {
                "total": self._kinds.total(),
                "reads": self._kinds["read"],
                "writes": self._kinds["write"],
                "drive": self._kinds["drive"],
                "unknown": self._kinds["unknown"],
                "routes": dict(self._routes),
                "last": list(self._last),
            }
