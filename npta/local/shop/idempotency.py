"""Idempotency keys, remembered: what was asked under a key is done once.

Documented: the same key with the same parameters gives the first answer again, for 24 hours; with others it is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Payload = Mapping[str, Any]

CONCURRENT = ("IDEMPOTENCY_CONCURRENT_REQUEST", "This request is currently in progress, please try again.")
MISMATCH = (
    "IDEMPOTENCY_KEY_PARAMETER_MISMATCH",
    "The same idempotency key cannot be used with different operation parameters.",
)
FAILED = (
    "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED",
    "A previous request with this idempotency key failed. Retry with a new idempotency key.",
)


class IdempotencyKeys:
    """What was done under which key. `busy`: how many calls are told that the same one is still going on."""

    def __init__(self) -> None:
        self._done: dict[str, tuple[str, Any, Payload]] = {}
        self.busy = 0

    def refusal(self, key: str, operation: str, asked: Any) -> tuple[str, str] | None:
        """Why a call under this key is refused: code and sentence."""
        if self.busy:
            self.busy -= 1
            return CONCURRENT
        known = self._done.get(key)
        if known is None:
            return None
        if known[:2] != (operation, asked):
            return MISMATCH
        return FAILED if known[2]["userErrors"] else None

    def once(self, key: str, operation: str, asked: Any, change: Callable[[], Payload]) -> Payload:
        """Do it, or give the answer of the time when it was done."""
        if key not in self._done:
            self._done[key] = (operation, asked, change())
        return self._done[key][2]
