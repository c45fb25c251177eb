"""Things that go wrong on purpose, by name.

A fault waits for requests that match it. It fires once unless told otherwise, and at most one fault fires per request:
the first that matches, in the order they were added.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from typing import Any

from sheets_schema.emulator.errors import EmulatorError

BEFORE = frozenset({"delay", "hang", "refuse_429", "reset_before", "late_commit"})
"""Kinds that act before the request is carried out, or instead of it."""
AFTER = frozenset({"delay_answer", "lost_answer", "reset_after", "duplicate_delivery"})
"""Kinds that act once the request has been carried out."""
ERRORS = frozenset(
    f"error_{status}{html}{after}" for status in (500, 502, 503) for html in ("", "_html") for after in ("", "_after")
)
"""An error answer, as JSON or HTML, instead of the request or although it was carried out."""
ELSE = frozenset({"something_else", "something_else_after"})
"""An answer that is not the one asked for, instead of the request or although it was carried out."""
OTHER = frozenset({"stale_read", "person_edits"})
KINDS = BEFORE | AFTER | ERRORS | ELSE | OTHER


@dataclass(slots=True)
class InjectedFault:
    """One fault.

    `kind`: one of `KINDS`. `delay` waits `seconds` and then carries the request out; `delay_answer` carries it out and
    holds the answer back; `lost_answer` carries it out and never answers (a client sees a time-out through the adapter,
    a closed connection through the server); `reset_before` and `reset_after` close the connection; `hang` does nothing
    and never answers; `late_commit` gives no answer and carries the request out `seconds` later, on whatever state is
    there by then; `duplicate_delivery` carries it out twice and answers with the second outcome; `stale_read` answers a
    read from the state of `seconds` ago; `something_else` answers with `status`, `headers` and `body` (200 and `{}`), as a
    proxy may, and `something_else_after` does so although it carried the request out; `refuse_429` is the quota's refusal; `person_edits` lets a person do `edits`
    (requests of a batch, on the same spreadsheet) or `action` (any callable, in process) before the request is carried out.

    `method`, `path` (a part of it) and `request` (a kind inside a batch) say which requests it waits for. It lets
    `after` of them pass, then fires `count` times (None: for ever), each time with `probability`.
    """

    kind: str
    method: str = ""
    path: str = ""
    request: str = ""
    count: int | None = 1
    after: int = 0
    probability: float = 1.0
    seconds: float = 0.0
    edits: list[dict[str, Any]] = field(default_factory=list)
    action: Callable[[], object] | None = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = field(default_factory=dict)
    fired: int = field(default=0, init=False)
    passed: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise EmulatorError(f"no fault {self.kind!r}; there is {', '.join(sorted(KINDS))}")
        if not all(isinstance(text, str) for text in (self.method, self.path, self.request)):
            raise EmulatorError("method, path and request of a fault are texts")
        never = self.count is not None and self.count < 1
        if not 0 <= self.probability <= 1 or self.seconds < 0 or self.after < 0 or never:
            raise EmulatorError("a fault needs 0 <= probability <= 1, seconds >= 0, after >= 0 and count >= 1")

    def matches(self, method: str, path: str, kinds: Collection[str]) -> bool:
        """Whether a request is one this fault waits for."""
        if self.method and self.method.upper() != method:
            return False
        return self.path in path and (not self.request or self.request in kinds)

    def to_json(self) -> dict[str, Any]:
        """Return the fields, as far as JSON can say them."""
        return {entry.name: getattr(self, entry.name) for entry in fields(self) if entry.name != "action"}

    @property
    def spent(self) -> bool:
        """Whether it has fired as often as it may."""
        return self.count is not None and self.fired >= self.count


class FaultQueue:
    """The faults that wait. Safe to use from several threads."""

    def __init__(self, seed: int = 0) -> None:
        self._lock = threading.Lock()
        self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self._waiting: list[InjectedFault] = []

    def add(self, kind: str, **settings: Any) -> InjectedFault:
        """Add a fault; the settings are the fields of `InjectedFault`.

        Raises `EmulatorError` for a kind that does not exist.
        """
        fault = InjectedFault(kind, **settings)
        with self._lock:
            self._waiting.append(fault)
        return fault

    def add_json(self, body: Any) -> list[InjectedFault]:
        """Add faults as they are posted: one object or a list.

        `match` may hold method, path and request.
        """
        made = [_from_json(item) for item in (body if isinstance(body, list) else [body])]
        with self._lock:
            self._waiting += made
        return made

    def clear(self) -> None:
        """Forget every fault."""
        with self._lock:
            self._waiting.clear()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Let requests pass as if no fault waited, for as long as the block runs."""
        waiting, self._waiting = self._waiting, []
        try:
            yield
        finally:
            self._waiting = waiting

    def waiting(self) -> list[dict[str, Any]]:
        """Return the faults that may still fire, as JSON."""
        with self._lock:
            return [fault.to_json() for fault in self._waiting if not fault.spent]

    def pick(self, method: str, path: str, kinds: Collection[str]) -> InjectedFault | None:
        """Return the fault that fires for a request, if any; counts it."""
        with self._lock:
            for fault in self._waiting:
                if fault.spent or not fault.matches(method, path, kinds):
                    continue
                if fault.passed < fault.after:
                    fault.passed += 1
                    continue
                if self._random.random() >= fault.probability:
                    continue
                fault.fired += 1
                self._waiting = [other for other in self._waiting if not other.spent]
                return fault
        return None


def _from_json(item: Any) -> InjectedFault:
    """Return a fault as it is posted."""
    if not isinstance(item, Mapping) or "action" in item or not isinstance(item.get("match", {}), Mapping):
        raise EmulatorError("a fault is a JSON object with a kind")
    settings = {**item, **item.get("match", {})}
    settings.pop("match", None)
    try:
        return InjectedFault(**settings)
    except TypeError as error:
        raise EmulatorError(f"not a fault: {error}") from error
