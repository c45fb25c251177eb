"""What `Client(…, on_call=hook)` is given about every call to Google.

    def hook(call: RequestStats) -> None:
        histogram(f"sheets_{call.kind}_seconds", call.seconds, outcome=call.outcome)

The hook is called in the thread that made the call, after its answer and before anything is done with it, so it should
be quick; what it raises is logged and otherwise ignored. It sees numbers only: no cell and no credential.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class RequestStats:
    """One call as it went. A read that is repeated is several."""

    kind: str
    """`read` or `write`: each counts against a quota of its own."""
    outcome: str
    """`executed`, `not executed` (429, no connection, no permission), `refused` (400), or `unclear` (no answer, 5xx)."""
    seconds: float
    """From sending to the end of the answer; waiting for the quota's turn is not in it."""
    sent: int
    """Bytes of the body that was sent."""
    received: int
    """Bytes of the answer's body; 0 if none came."""


RequestHook = Callable[[RequestStats], None]
