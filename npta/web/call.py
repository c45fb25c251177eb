"""One call on its way through a handler: what came in, and how an answer is put together."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from werkzeug import Request, Response

from npta.services import Services
from npta.web.auth import Caller, Role
from npta.web.bodies import read_body
from npta.web.problems import FieldError, bad_request
from sheets_schema import Deadline


class Call(NamedTuple):
    """One request on its way through a handler."""

    request: Request
    caller: Caller
    request_id: str
    deadline: Deadline
    services: Services

    def body(self, *, empty_ok: bool = True) -> dict[str, Any]:
        """The body as names and values, from JSON or a form. Raises `Problem` 400, 408, 413 or 415."""
        return read_body(self.request, empty_ok=empty_ok)

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
