"""One call on its way through a handler: what came in, and how an answer is put together."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

from werkzeug import Request, Response
from werkzeug.exceptions import RequestEntityTooLarge

from npta.services import Services
from npta.web.auth import Caller, Role
from npta.web.problems import FieldError, Problem, bad_request
from sheets_schema import Deadline

LARGEST_BODY = 1024 * 1024


class Call(NamedTuple):
    """One request on its way through a handler."""

    request: Request
    caller: Caller
    request_id: str
    deadline: Deadline
    services: Services

    def body(self, *, empty_ok: bool = True) -> dict[str, Any]:
        """The body as names and values, from JSON or a form. Raises `Problem` 400, 413 or 415."""
        return _body(self.request, empty_ok=empty_ok)

    def flag(self, name: str) -> bool:
        """A value of the body that is true or false; false if it is not given."""
        value = str(self.body().get(name, False)).lower()
        if value not in ("true", "false"):
            raise bad_request(FieldError(name, "is true or false"))
        return value == "true"

    def text(self, name: str) -> str:
        """A short text of the body; empty if it is not given."""
        value = self.body().get(name, "")
        if not isinstance(value, str | int) or isinstance(value, bool) or len(str(value)) > LONGEST_TEXT:
            raise bad_request(FieldError(name, f"is a text of {LONGEST_TEXT} characters at most"))
        return str(value).strip()

    def answer(self, body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
        """The JSON answer, with the request's id in it."""
        return json_response({**body, "request_id": self.request_id}, status, headers)


LONGEST_TEXT = 500


class Route(NamedTuple):
    """A handler, and who may call it."""

    handle: Callable[..., Response]
    role: Role


def json_response(body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer."""
    text = json.dumps(body, ensure_ascii=False)
    return Response(text, status, headers, content_type="application/json; charset=utf-8")


def _body(request: Request, *, empty_ok: bool) -> dict[str, Any]:
    request.max_content_length = LARGEST_BODY + 1  # a body of unknown length is cut there, and nobody is told
    request.max_form_memory_size = LARGEST_BODY
    try:
        data, form = request.get_data(), list(request.form.lists())
    except RequestEntityTooLarge:
        raise _too_large() from None
    if len(data) > LARGEST_BODY:
        raise _too_large()
    if not data and empty_ok:
        return {}
    if request.mimetype in ("application/x-www-form-urlencoded", "multipart/form-data"):
        return {name: values[0] if len(values) == 1 else values for name, values in form}
    if request.mimetype and request.mimetype != "application/json":
        raise Problem(415, "Unsupported media type", "Send JSON or a form.")
    try:
        body = json.loads(data, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise bad_request(FieldError("body", "is not JSON")) from None
    if not isinstance(body, dict):
        raise bad_request(FieldError("body", "is not a JSON object"))
    return body


def _too_large() -> Problem:
    return Problem(413, "Too large", "A body has 1 MiB at most, a form 1,000 fields.")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
