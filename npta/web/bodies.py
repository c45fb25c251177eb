"""What came in: the body of a request, as bytes and as names and values. Never more, and never longer, than allowed."""

from __future__ import annotations

import io
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Timer
from typing import Any, NoReturn

from werkzeug import Request
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge

from npta.web.problems import FieldError, Problem, bad_request

LARGEST_BODY = 1024 * 1024
LONGEST_WAIT = 10.0
"""Seconds that a client may take to send its body; Zapier and Shopify take milliseconds."""
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def raw_body(request: Request) -> bytes:
    """The bytes as they came; read once, then remembered. Raises `Problem` 400, 408 or 413."""
    request.max_content_length = LARGEST_BODY + 1  # a body of unknown length is cut there, and nobody is told
    request.max_form_memory_size = LARGEST_BODY
    with _patience(request) as lost:
        try:
            data = request.get_data()
        except RequestEntityTooLarge:
            raise _too_large() from None
        except (BadRequest, OSError):  # werkzeug's and gunicorn's words for a body that ended early
            data = None
    if lost.is_set():
        raise Problem(408, "Request timeout", f"The body took longer than {LONGEST_WAIT:g} s.")
    # Under gunicorn, werkzeug takes what came for the whole; half a form is a form as well.
    if data is None or len(data) < (request.content_length or 0):
        raise bad_request(FieldError("body", "ended before its length"))
    if len(data) > LARGEST_BODY:
        raise _too_large()
    return data


def drop_body(request: Request) -> None:
    """Leave unread what has not been read.

    functions-framework reads the rest of every request before it answers, however long that takes (read in its
    source, 3.10.2); gunicorn drains a refused one for 5 s at most, after the answer (read in its source, 27).
    """
    request.stream = io.BytesIO()


def read_body(request: Request, *, empty_ok: bool) -> dict[str, Any]:
    """The body as names and values, from JSON or a form. Raises `Problem` 400, 408, 413 or 415."""
    data = raw_body(request)
    if not data and empty_ok:
        return {}
    if request.mimetype in FORMS:
        try:
            form = list(request.form.lists())
        except RequestEntityTooLarge:
            raise _too_large() from None
        return {name: values[0] if len(values) == 1 else values for name, values in form}
    if request.mimetype and request.mimetype != "application/json":
        raise Problem(415, "Unsupported media type", "Send JSON or a form.")
    try:
        body = json.loads(data, parse_constant=_no_constant, object_pairs_hook=_once_each)
    except _Twice as twice:
        raise bad_request(FieldError("body", str(twice))) from None
    except (ValueError, RecursionError):
        raise bad_request(FieldError("body", "is not JSON")) from None
    if not isinstance(body, dict):
        raise bad_request(FieldError("body", "is not a JSON object"))
    return body


@contextmanager
def _patience(request: Request) -> Iterator[Event]:
    """Stop reading a body that drips in; the event tells that it was stopped.

    A worker thread of gunicorn waits for a body without limit. Ending the reading side of its socket ends the wait,
    and the answer can still be written.
    """
    lost = Event()
    wire = request.environ.get("gunicorn.socket")
    if wire is None or not (request.content_length or request.environ.get("wsgi.input_terminated")):
        yield lost
        return

    def stop() -> None:
        lost.set()
        try:
            wire.shutdown(socket.SHUT_RD)
        except OSError:
            return  # the client has gone, which ends the wait as well

    timer = Timer(LONGEST_WAIT, stop)
    timer.daemon = True
    timer.start()
    try:
        yield lost
    finally:
        timer.cancel()


class _Twice(ValueError):
    """One name twice in one object: which of them counts is anybody's guess."""


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for name, value in pairs:
        if name in body:
            raise _Twice(f"holds “{name[:40]}” twice")
        body[name] = value
    return body


def _too_large() -> Problem:
    return Problem(413, "Too large", "A body has 1 MiB at most, a form 1,000 fields.")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
