"""What the function logs: JSON lines for Cloud Logging, and one line for every request.

No key code and no secret gets in; e-mail addresses are shortened (`a…@example.com`), also in what libraries say.
Cloud Logging takes `severity`, `time` and `message` out of a line, Error Reporting looks at `stack_trace` (documented).
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TextIO

from sheets_schema.advanced import RequestStats
from sheets_schema.errors import LogDivergedError

_log = logging.getLogger("npta")
_MAILBOX = r"[^\s@\"'<>()\[\]{},;:\\/=]"
_EMAIL = re.compile(rf"(?<!{_MAILBOX})({_MAILBOX}){_MAILBOX}*@([\w-]+(?:\.[\w-]+)*)")
"""Begins only where a word begins: tried at each letter of a long one, it would take the square of its length."""
MAX_FIELD = 500
MAX_MESSAGE = 4_000
MAX_TRACE = 16_000
"""Characters of a line's parts. What strangers send may be long; a line is read by people."""
_MIN_SECRET = 6
"""Shorter ones are no secrets, and taking them out would garble every other word."""


@dataclass
class RequestLine:
    """What is known of one request; becomes one line when it is answered."""

    request_id: str
    fields: dict[str, Any] = field(default_factory=dict)
    sheets_calls: int = 0
    phases: dict[str, float] = field(default_factory=dict)
    """Seconds by what they were spent on."""
    silent: bool = False
    """Whether there is nothing to be written of it: another call tells."""

    def spent(self, phase: str, seconds: float) -> None:
        """Add to a phase."""
        self.phases[phase] = self.phases.get(phase, 0.0) + seconds


_current: ContextVar[RequestLine | None] = ContextVar("npta_request", default=None)


@contextmanager
def request_line(request_id: str, monotonic: Callable[[], float] = time.monotonic) -> Iterator[RequestLine]:
    """Whatever is logged inside carries the request's id.

    At its end, the request's own line is written. Who answers notes `status`, and `severity` if it is not INFO.
    """
    line = RequestLine(request_id)
    token = _current.set(line)
    began = monotonic()
    try:
        yield line
    finally:
        _write(line, monotonic() - began)
        _current.reset(token)


def note(**fields: Any) -> None:
    """Add to the line of the request that this thread answers; nothing outside of one."""
    if line := _current.get():
        line.fields.update(fields)


def note_halt(error: Exception) -> None:
    """Mark the request's line if writing has halted.

    An alert looks for that (deploy/schedules_and_alarms.py).
    """
    if isinstance(error, LogDivergedError):
        note(halted=True)


@contextmanager
def phase(name: str, monotonic: Callable[[], float] = time.monotonic) -> Iterator[None]:
    """Count the time of this block as a phase of the request that this thread answers."""
    began = monotonic()
    try:
        yield
    finally:
        if line := _current.get():
            line.spent(name, monotonic() - began)


def count_sheets_call(call: RequestStats) -> None:
    """Count a call to Google for the request whose thread made it.

    The library's hook; the call may carry other requests, too.
    """
    if line := _current.get():
        line.sheets_calls += 1
        line.spent("sheets", call.seconds)


def _write(line: RequestLine, seconds: float) -> None:
    if line.silent:
        return
    fields = dict(line.fields)
    severity = fields.pop("severity", logging.INFO)
    known = {name: value for name, value in fields.items() if value not in (None, "")}
    words = [str(known[name]) for name in ("method", "route", "status", "outcome") if name in known]
    order = f", order {known['order_id']}" if "order_id" in known else ""
    milliseconds = {name: _milliseconds(spent) for name, spent in sorted(line.phases.items())}
    extra = {**known, "sheets_calls": line.sheets_calls, "phases_ms": milliseconds, "total_ms": _milliseconds(seconds)}
    _log.log(severity, "%s%s, %d ms", " ".join(words), order, _milliseconds(seconds), extra={"npta": extra})


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


class JsonLines(logging.Formatter):
    """One JSON object a line. `secrets` are taken out wherever they turn up."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self._secrets = [json.dumps(secret)[1:-1] for secret in secrets if len(secret) >= _MIN_SECRET]

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as a line. Never raises: a line that cannot be written whole says so."""
        line = _current.get()
        said: dict[str, Any] = {
            "severity": record.levelname,
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "message": self._cut(_message(record), MAX_MESSAGE),
            "logger": record.name,
        }
        if line:
            said["request_id"] = line.request_id
        fields: dict[str, Any] = getattr(record, "npta", {})
        said |= {
            name: self._cut(value, MAX_FIELD) if isinstance(value, str) else value for name, value in fields.items()
        }
        if record.exc_info:
            said["stack_trace"] = self._cut(self.formatException(record.exc_info), MAX_TRACE)
        return self._clean(json.dumps(said, ensure_ascii=False, default=str))

    def _cut(self, text: str, longest: int) -> str:
        """Begin and end of a text that is too long.

        Cleaned before, since half a secret is not found.
        """
        if len(text) <= longest:
            return text
        text = self._clean(text)
        return f"{text[: longest // 2]} … {text[-longest // 2 :]}"

    def _clean(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "[secret]")
        return shorten_addresses(text)


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):
        return f"{record.msg} (its arguments do not fit)"


def shorten_addresses(text: str) -> str:
    """Return the text with every e-mail address cut down to its first letter and its domain."""
    return _EMAIL.sub(r"\1…@\2", text)


def configure(secrets: Iterable[str] = (), *, out: TextIO | None = None, err: TextIO | None = None) -> None:
    """Write everything that this process logs as JSON lines.

    They go to `err` from WARNING on, else to `out`. Called with every request, since that is when the worker runs;
    done once. The framework and gunicorn have set up handlers of their own before.
    """
    root = logging.getLogger()
    if any(isinstance(handler.formatter, JsonLines) for handler in root.handlers):
        return
    formatter = JsonLines(secrets)
    quiet, loud = logging.StreamHandler(out or sys.stdout), logging.StreamHandler(err or sys.stderr)
    quiet.addFilter(lambda record: record.levelno < logging.WARNING)
    loud.setLevel(logging.WARNING)
    for handler in (quiet, loud):
        handler.setFormatter(formatter)
    root.handlers[:] = [quiet, loud]
    root.setLevel(logging.INFO)
    server = logging.getLogger("gunicorn.error")
    server.handlers.clear()
    server.propagate = True
    logging.captureWarnings(capture=True)
