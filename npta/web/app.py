"""The web edge: routes, who may call them, and what comes back. It never sees a repository."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from secrets import token_hex
from typing import Any, NamedTuple, NoReturn

from werkzeug import Request, Response
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge
from werkzeug.routing import Map, Rule

from npta.errors import BadRequest, NotKnown, NptaError, SettingError
from npta.operations.fulfill_order import fulfill_order
from npta.operations.import_keys import import_keys
from npta.operations.look_up_order import look_up_order
from npta.operations.refresh_catalogue import refresh_catalogue
from npta.operations.sync_catalogue import sync_catalogue
from npta.services import Services
from npta.web.answers import STATUS_CODES, import_answer, order_answer, order_lookup, retry_answer, sync_answer
from npta.web.auth import Caller, Doorkeeper, Role
from npta.web.order_requests import normal_order_id, parse_order
from npta.web.problems import FieldError, Problem, bad_request
from sheets_schema import Deadline, InDoubt, NotProvisioned, SchemaError, SheetsError, Unavailable

_log = logging.getLogger(__name__)

SECONDS = 25.0
"""Every call ends within this time; Zapier gives up after 30."""
LARGEST_BODY = 1024 * 1024


class Call(NamedTuple):
    """One request on its way through a handler."""

    request: Request
    caller: Caller
    request_id: str
    deadline: Deadline
    services: Services


class Route(NamedTuple):
    """A handler, and who may call it."""

    handle: Callable[..., Response]
    role: Role


class Web:
    """Answers requests. `services` is asked for at the first request that needs it: nothing happens at import."""

    def __init__(self, services: Callable[[], Services], doorkeeper: Doorkeeper) -> None:
        self._services = services
        self._doorkeeper = doorkeeper
        self._map = Map(
            [  # a part may hold slashes: the gid of an order does
                Rule(re.sub(r"\{(\w+)\}", r"<path:\1>", path), methods=[method], endpoint=route)
                for (method, path), route in ROUTES.items()
            ],
            strict_slashes=False,
        )

    def handle(self, request: Request) -> Response:
        """Answer one request. Never raises."""
        request_id = _request_id(request)
        try:
            response = self._answer(request, request_id)
        except Problem as problem:
            response = problem.response(request_id)
        except Exception:  # noqa: BLE001 — the last door: whatever it is, the caller gets an answer without a traceback
            _log.exception("request %s failed", request_id)
            response = Problem(500, "Internal error", "Something broke; see the log for this request id.").response(
                request_id
            )
        response.headers["X-Request-Id"] = request_id
        return response

    def _answer(self, request: Request, request_id: str) -> Response:
        try:
            route, arguments = self._map.bind_to_environ(request.environ).match()
        except MethodNotAllowed as error:
            allowed = ", ".join(sorted(set(error.valid_methods or ()) - {"HEAD"}))
            raise Problem(405, "Method not allowed", f"Allowed: {allowed}.", headers={"Allow": allowed}) from None
        except HTTPException:
            raise Problem(404, "Not found", "There is nothing at this path.") from None
        caller = self._doorkeeper.admit(request, route.role)
        if route.role is Role.ANYBODY:
            response: Response = route.handle(request)
            return response
        try:
            services = self._services()
            call = Call(request, caller, request_id, services.clock.deadline(SECONDS), services)
            return route.handle(call, **arguments)  # type: ignore[no-any-return]  # werkzeug's endpoints are Any
        except (NptaError, SheetsError) as error:
            _raise_problem(error)


def _health(_request: Request) -> Response:
    return Response("ok", content_type="text/plain; charset=utf-8")


def _post_order(call: Call) -> Response:
    order = parse_order(_body(call.request), call.services.settings.region)
    try:
        answer = fulfill_order(call.services, order, who=call.caller.name, deadline=call.deadline)
    except NotProvisioned:
        raise
    except SheetsError as error:
        _log.warning("order %s, request %s: %s", order.order_id, call.request_id, error)
        told = retry_answer(order.order_id, str(error), call.request_id)
        return _json(told, 503, {"Retry-After": _retry_after(error)})
    return _json(order_answer(answer, call.request_id), STATUS_CODES[answer.status])


def _get_order(call: Call, id: str) -> Response:  # noqa: A002 — the path's own word
    name = id.strip()
    if not name.startswith("#"):
        try:
            name = normal_order_id(name)
        except ValueError as wrong:
            raise bad_request(FieldError("order_id", str(wrong))) from None
    answer = look_up_order(call.services, name, deadline=call.deadline)
    return _json(order_lookup(answer, call.request_id, masked=call.caller.role < Role.OPERATOR))


def _import_keys(call: Call) -> Response:
    done = import_keys(call.services, who=call.caller.name, deadline=call.deadline, dry_run=_dry_run(call))
    return _json({**import_answer(done), "request_id": call.request_id})


def _sync_catalogue(call: Call) -> Response:
    done = sync_catalogue(call.services, who=call.caller.name, deadline=call.deadline, dry_run=_dry_run(call))
    return _json({**sync_answer(done), "request_id": call.request_id})


def _flush(call: Call) -> Response:
    done = refresh_catalogue(call.services, call.deadline, changed=True, at_once=True)
    return _json({"catalogue_refreshed": done, "request_id": call.request_id})


def _dry_run(call: Call) -> bool:
    value = _body(call.request, empty_ok=True).get("dry_run", False)
    if str(value).lower() not in ("true", "false"):
        raise bad_request(FieldError("dry_run", "is true or false"))
    return str(value).lower() == "true"


def _body(request: Request, *, empty_ok: bool = False) -> dict[str, Any]:
    """The body as names and values, from JSON or a form. Raises `Problem` 400, 413 or 415."""
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


def _json(body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    text = json.dumps(body, ensure_ascii=False)
    return Response(text, status, headers, content_type="application/json; charset=utf-8")


def _request_id(request: Request) -> str:
    given = request.headers.get("X-Request-Id", "")
    return given if re.fullmatch(r"[A-Za-z0-9._:-]{1,100}", given) else _new_request_id()


def _new_request_id() -> str:
    return token_hex(8)


def _retry_after(error: SheetsError) -> str:
    seconds = error.retry_after if isinstance(error, Unavailable | InDoubt) else 60.0
    return str(max(1, round(seconds)))


def _raise_problem(error: Exception) -> NoReturn:
    """Map what operations raise to answers, in one place."""
    if isinstance(error, NotKnown):
        raise Problem(404, "Not found", str(error)) from None
    if isinstance(error, BadRequest):
        raise bad_request(FieldError(error.field, error.message)) from None
    if isinstance(error, SettingError):
        raise Problem(503, "Not configured", str(error), code="not_configured", headers={"Retry-After": "60"}) from None
    if isinstance(error, NotProvisioned):
        detail = f"{error} (python -m npta provision)"
        raise Problem(503, "Not provisioned", detail, code="not_provisioned", headers={"Retry-After": "60"}) from None
    if isinstance(error, SchemaError):
        raise Problem(409, "Sheet differs", str(error), code="sheet_differs") from None
    if isinstance(error, SheetsError):
        headers = {"Retry-After": _retry_after(error)}
        raise Problem(503, "Try again", str(error), code="unavailable", headers=headers) from error
    raise error


ROUTES = {
    ("GET", "/health"): Route(_health, Role.ANYBODY),
    ("POST", "/orders"): Route(_post_order, Role.ORDERS),
    ("GET", "/orders/{id}"): Route(_get_order, Role.ORDERS),
    ("POST", "/keys/import"): Route(_import_keys, Role.OPERATOR),
    ("POST", "/catalogue/sync"): Route(_sync_catalogue, Role.OPERATOR),
    ("POST", "/outbox/flush"): Route(_flush, Role.OPERATOR),
}
"""Every call: who may make it, and what answers it."""
