"""Things that go wrong on purpose, by name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from threading import Condition
from typing import Any, Final

FAULTS: Final = {
    "down": "answers 503",
    "bad_gateway": "answers 502 with a page of HTML",
    "rate_limited": "answers 429, again after `retry_after` seconds",
    "invalid_auth": "does not accept the token",
    "refused": "refuses the message with `error`",
    "slow": "posts at once and holds its answer back for `seconds`",
    "drip": "posts at once and sends its answer byte by byte, for `seconds` in all",
    "drop": "posts and closes the connection without an answer",
}


@dataclass(frozen=True)
class SlackFault:
    """One fault: it meets the next `calls` calls, or all of them until it is cleared."""

    fault: str
    calls: int | None = None
    seconds: float = 10.0
    retry_after: int = 30
    error: str = "msg_too_long"

    def __post_init__(self) -> None:
        if self.fault not in FAULTS:
            raise ValueError(f"there is no fault {self.fault!r}; there is {', '.join(FAULTS)}")


class SlackFaults:
    """The faults that wait for a call, the first one first. Thread-safe."""

    def __init__(self) -> None:
        self._waiting: list[SlackFault] = []
        self._changed = Condition()
        self._cleared = 0

    def add(self, fault: str, **settings: Any) -> None:
        """Make calls fail; the settings are the fields of `SlackFault`.

        Raises `ValueError` for a fault that there is not.
        """
        with self._changed:
            self._waiting.append(SlackFault(fault, **settings))

    def clear(self) -> None:
        """End every fault; answers that are held back are sent now."""
        with self._changed:
            self._waiting.clear()
            self._cleared += 1
            self._changed.notify_all()

    def take(self) -> SlackFault | None:
        """Return the fault that the call at hand meets."""
        with self._changed:
            if not self._waiting:
                return None
            fault = self._waiting[0]
            if fault.calls is not None:
                self._waiting[:1] = [replace(fault, calls=fault.calls - 1)] if fault.calls > 1 else []
            return fault

    def waiting(self) -> list[SlackFault]:
        """Those that are still to come."""
        with self._changed:
            return list(self._waiting)

    def hold(self, seconds: float) -> None:
        """Wait so long, or until the faults are cleared."""
        with self._changed:
            before = self._cleared
            self._changed.wait_for(lambda: self._cleared != before, timeout=seconds)
