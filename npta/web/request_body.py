"""What came in: the body of a request, as bytes and as names and values.

Never more, and never longer, than allowed.
"""

from __future__ import annotations

import io
import json
from typing import Any, NoReturn

from werkzeug import Request
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge

from npta.web.problems import FieldError, ProblemError, bad_request

MAX_BODY = 1024 * 1024
HEAD_ONLY = "npta.head_only"
"""In a request's environment, from our server: it calls with the head first, and with all of it once the caller is let in."""
WAITED = "npta.waited"
"""As above: the seconds since the request's head had come in."""
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class WholeRequestRequired(Exception):
    """Nobody is refused by the head alone: the server shall call again with all of the request.

    Nothing has been done.
    """


def put_off(request: Request) -> None:
    """Raise `WholeRequestRequired` if only the head is here, and 413 if the body is too large."""
    if (request.content_length or 0) > MAX_BODY:
        raise _too_large()
    if request.environ.get(HEAD_ONLY):
        raise WholeRequestRequired


def raw_body(request: Request) -> bytes:
    """Read the bytes once, then remember them.

    Raises `ProblemError` 400 or 413, and `WholeRequestRequired`.
    """
    request.max_content_length = MAX_BODY + 1  # a body of unknown length is cut there without an error
    request.max_form_memory_size = MAX_BODY
    put_off(request)
    try:
        data = request.get_data()
    except RequestEntityTooLarge:
        raise _too_large() from None
    except (BadRequest, OSError):  # werkzeug's words for a body that ended early
        data = None
    # Under some servers, werkzeug takes what came for the whole; half a form is a form as well.
    if data is None or len(data) < (request.content_length or 0):
        raise bad_request(FieldError("body", "ended before its length"))
    if len(data) > MAX_BODY:
        raise _too_large()
    return data


def drop_body(request: Request) -> None:
    """Leave unread what has not been read.

    functions-framework reads the rest of every request before it answers, however long that takes (read in its
    source, 3.10.2).
    """
    request.stream = io.BytesIO()


def read_body(request: Request, *, empty_ok: bool) -> dict[str, Any]:
    """Read the body as names and values, from JSON or a form.

    Raises `ProblemError` 400, 413 or 415, and `WholeRequestRequired`.
    """
    data = raw_body(request)
    if not data and empty_ok:
        return {}
    if request.mimetype in FORMS:
        try:
            form = list(request.form.lists())
        except RequestEntityTooLarge:
            raise _too_large() from None
        # werkzeug takes a form that it cannot read for an empty one, which asks for everything.
        if data and not form and not request.files:
            raise bad_request(FieldError("body", "is not the form that its Content-Type says"))
        files: dict[str, Any] = {name: {} for name in request.files}
        return files | {name: values[0] if len(values) == 1 else values for name, values in form}
    if request.mimetype and request.mimetype != "application/json":
        raise ProblemError(415, "Unsupported media type", "Send JSON or a form.")
    try:
        body = json.loads(data, parse_constant=_no_constant, object_pairs_hook=_once_each)
    except _DoubledNameError as twice:
        raise bad_request(FieldError("body", str(twice))) from None
    except (ValueError, RecursionError):
        raise bad_request(FieldError("body", "is not JSON")) from None
    if not isinstance(body, dict):
        raise bad_request(FieldError("body", "is not a JSON object"))
    return body


class _DoubledNameError(ValueError):
    """One name twice in one object: which of them counts is anybody's guess."""


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for name, value in pairs:
        if name in body:
            raise _DoubledNameError(f"holds “{name[:40]}” twice")
        body[name] = value
    return body


def _too_large() -> ProblemError:
    return ProblemError(413, "Too large", "A body has 1 MiB at most, a form 1,000 fields.")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
