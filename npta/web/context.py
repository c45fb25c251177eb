"""One call on its way through a handler: what came in, and how an answer is put together."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from werkzeug import Request, Response

from npta.errors import NptaError
from npta.log import note
from npta.services import Services
from npta.web.auth import Caller, Role
from npta.web.problems import FieldError, bad_request
from npta.web.request_body import read_body
from npta.web.schemas.requests import RequestModel
from npta.web.schemas.responses import MessageResponse
from sheets_schema import Deadline

A = TypeVar("A", bound=RequestModel)
MAX_NAMED = 10
"""Fields that one answer names."""


class Call(NamedTuple):
    """One request on its way through a handler."""

    request: Request
    caller: Caller
    request_id: str
    deadline: Deadline
    services: Services

    def body(self, *, empty_ok: bool = True) -> dict[str, Any]:
        """The body as names and values, from JSON or a form. Raises `Problem` 400, 413 or 415."""
        return read_body(self.request, empty_ok=empty_ok)

    def asked(self, model: type[A]) -> A:
        """The body as what the call asks for. Raises `Problem` 400, 413 or 415."""
        body = self.body()
        if wrong := model.misfits(body, self.request.args):
            raise bad_request(*wrong[:MAX_NAMED])
        try:
            return model.model_validate(body)
        except ValidationError as error:
            raise bad_request(*map(_field_error, error.errors(include_input=False, include_url=False))) from None

    def answer(self, message: MessageResponse, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        """The JSON answer, with the request's id in it."""
        body = message.told(self.request_id)
        note(outcome=body.get("status", "done"))
        note(**{name: body[name] for name in ("order_id", "key_id") if name in body})
        return json_response(body, status, headers)


class Route(NamedTuple):
    """A handler, and all that is known of it from outside; the first line of its docstring says what it does.

    It is called with the `Call` (with the request alone if anybody may call), with what is asked if that has fields,
    and with the parts of the path.
    """

    handle: Callable[..., Response]
    role: Role
    answers: Mapping[int, type[MessageResponse | str | dict[str, Any]]]
    """What comes back, by status; anything else is a problem."""
    asks: type[RequestModel] | None = None
    """The body's model; None if the handler reads the body by itself, or there is none."""
    shapes: Mapping[str, tuple[type[BaseModel], ...]] = {}
    """What the handler reads by itself, by media type."""
    raises: tuple[type[NptaError], ...] = ()
    """What its operation raises, beside what every call that needs the spreadsheet may."""


def _field_error(error: ErrorDetails) -> FieldError:
    """One thing that is wrong, in our words."""
    field = ".".join(str(part) for part in error["loc"]) or "body"
    return FieldError(field, "is missing" if error["type"] == "missing" else error["msg"].removeprefix("Value error, "))


def json_response(body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer."""
    text = json.dumps(body, ensure_ascii=False)
    return Response(text, status, headers, content_type="application/json; charset=utf-8")
