"""One call on its way through a handler: what came in, and how an answer is put together."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Concatenate, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError
from werkzeug import Request, Response

from npta.errors import NptaError
from npta.log import note
from npta.operations.dry_run_token import Carried, Intent, make_intent
from npta.services import Services
from npta.web.auth import Caller, Role
from npta.web.problems import ProblemError, bad_request, field_errors
from npta.web.request_body import read_body
from npta.web.schemas.requests import DryRunRequest, RequestModel
from npta.web.schemas.responses import ConfirmableResponse, MessageResponse
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
        """Read the body as names and values. Raises `ProblemError` 400, 413 or 415."""
        return read_body(self.request, empty_ok=empty_ok)

    def asked(self, model: type[A]) -> A:
        """Read the body as what the call asks for. Raises `ProblemError` 400, 413 or 415."""
        body = self.body()
        if wrong := model.misfits(body, self.request.args):
            raise bad_request(*wrong[:MAX_NAMED])
        try:
            return model.model_validate(body)
        except ValidationError as error:
            raise bad_request(*field_errors(error)) from None

    def intent(self, asked: DryRunRequest) -> Intent:
        """Whether the call is carried out, and what its token is bound to."""
        body = asked.model_dump(mode="json", exclude={"dry_run", "confirm"})
        settings = self.services.settings
        return make_intent(settings, self.caller.name, body, dry_run=asked.dry_run, confirm=asked.confirm)

    def carried(self, message: ConfirmableResponse, carried: Carried, status: int = 200) -> Response:
        """Answer a call that may be confirmed.

        Raises `ProblemError` 409 if it would do another thing.
        """
        message = message.model_copy(update={"dry_run": carried.dry_run, "confirm": carried.confirm})
        if carried.changed:
            raise ProblemError(409, "Changed", _CHANGED, code="changed", more=message.as_json(self.request_id))
        return self.answer(message, status)

    def answer(self, message: MessageResponse, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        """Answer in JSON, with the request's id in it."""
        body = message.as_json(self.request_id)
        note(outcome=body.get("status", "done"))
        note(**{name: body[name] for name in ("order_id", "key_id") if name in body})
        return json_response(body, status, headers)


_CHANGED = (
    "This would do something else by now than what was confirmed, so nothing was done. Look at what it would do, and "
    "confirm that."
)


class HtmlPage(str):
    """A page for people, as a route's answer."""

    __slots__ = ()


class Route(NamedTuple):
    """A handler, and all that is known of it from outside.

    The first line of its docstring says what it does. It is called with the `Call` (with the request alone if anybody
    may call), with what is asked if `asks` says what that may be, and with the parts of the path by name.
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


RouteTable = dict[tuple[str, str], Route]
"""Routes by verb and path."""


def with_body(
    handle: Callable[Concatenate[Call, A, ...], Response],
    role: Role,
    answers: Mapping[int, type[MessageResponse | str | dict[str, Any]]],
    asks: type[A],
    *,
    raises: tuple[type[NptaError], ...] = (),
) -> Route:
    """Make the route of a handler that takes what its body's model has read."""
    return Route(handle, role, answers, asks, raises=raises)


def json_response(body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return a JSON answer."""
    text = json.dumps(body, ensure_ascii=False)
    return Response(text, status, headers, content_type="application/json; charset=utf-8")
