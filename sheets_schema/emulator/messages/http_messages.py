"""Requests and answers as the emulator sees them, whichever transport they come through."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol
from urllib.parse import parse_qsl

from sheets_schema.emulator.errors import ApiError, invalid_argument
from sheets_schema.emulator.messages.streams import encoded

MAX_BODY = 64 * 1024 * 1024
"""Bytes of a body. Google documents no limit for Sheets, only 2 MB as a recommendation."""

_JSON_TYPE = {"Content-Type": "application/json; charset=UTF-8"}
_ENCODER = json.JSONEncoder(ensure_ascii=False)
_HTML_TYPE = {"Content-Type": "text/html; charset=UTF-8"}


class HttpAnswer(NamedTuple):
    """What goes back."""

    status: int
    headers: dict[str, str]
    body: bytes
    pieces: Iterable[bytes] = ()
    """The body, if it comes piece by piece: again, where it comes slowly, or alone, where it is too long to be held."""


class Handler(Protocol):
    """What the adapter and the server stand before."""

    def handle(
        self,
        method: str,
        path: str,
        query: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        *,
        timeout: float | None = None,
    ) -> HttpAnswer:
        """Answer one request; raises `NoAnswerError` to give none."""


@dataclass(slots=True)
class Request:
    """What came in. `path` is still percent-encoded; `query` keeps repeated names.

    Not changed once made.
    """

    method: str
    path: str
    query: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    _json: Any = None

    def json(self) -> Any:
        """Return the body as JSON, `{}` when there is none. Raises `ApiError` 400 for anything else."""
        if self._json is None:
            self._json = self._parsed()
        return self._json

    def _parsed(self) -> Any:
        if len(self.body) > MAX_BODY:
            raise invalid_argument(f"Request payload size exceeds the limit: {MAX_BODY} bytes.")
        if not self.body:
            return {}
        try:
            text = self.body.decode("utf-8")
            value = json.loads(text, parse_constant=_no_constant)
            if "\\u" in text:
                # A lone surrogate is no character; it could not be written back.
                json.dumps(value, ensure_ascii=False).encode("utf-8")
        except RecursionError:
            raise invalid_argument("Invalid JSON payload received. Message too deep.") from None
        except ValueError as error:
            raise invalid_argument(f"Invalid JSON payload received. {_first_line(error)}") from None
        return value


def incoming(
    method: str, path: str, query: Sequence[tuple[str, str]], headers: Mapping[str, str], body: bytes
) -> Request:
    """Return the request as it is meant.

    Documented: a GET may come as a POST that says so in a header.
    """
    method = method.upper()
    if method == "POST":
        for name, value in headers.items():
            if name.lower() == "x-http-method-override":
                pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
                return Request(value.upper(), path, [*query, *pairs], headers)
    return Request(method, path, query, headers, body)


def _no_constant(name: str) -> None:
    raise ValueError(f"Unexpected token. {name}")


def _first_line(error: ValueError) -> str:
    return str(error).splitlines()[0][:200]


def json_answer(value: Any, status: int = 200) -> HttpAnswer:
    """Return an answer with a JSON body."""
    return HttpAnswer(status, dict(_JSON_TYPE), _ENCODER.encode(value).encode("utf-8"))


def stream_answer(value: Any) -> HttpAnswer:
    """Return an answer whose JSON body is made while it is sent."""
    return HttpAnswer(200, dict(_JSON_TYPE), b"", encoded(value))


def error_answer(error: ApiError) -> HttpAnswer:
    """Return an error in Google's shape."""
    return json_answer(error.body(), error.code)


def html_answer(status: int, reason: str) -> HttpAnswer:
    """Return an error page as a front end in between sends it: no JSON at all."""
    page = f"<!DOCTYPE html>\n<html lang=en>\n<title>Error {status} ({reason})!!1</title>\n<p>That’s an error.</p>\n</html>\n"
    return HttpAnswer(status, dict(_HTML_TYPE), page.encode("utf-8"))
