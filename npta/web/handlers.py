"""The handlers: one a route, each hands a checked request to an operation and puts its result into words."""

from __future__ import annotations

import logging

from werkzeug import Request, Response

from npta.domain.fulfillment import Mode
from npta.operations.adjust_key import adjust_key
from npta.operations.change_mode import change_mode
from npta.operations.clear_order_cache import clear_order_cache
from npta.operations.close_order import close_order
from npta.operations.fulfill_order import fulfill_order
from npta.operations.import_keys import import_keys
from npta.operations.look_up_order import look_up_order
from npta.operations.mark_delivered import mark_delivered
from npta.operations.refresh_catalogue import refresh_catalogue
from npta.operations.release_keys import release_keys
from npta.operations.resend_keys import resend_keys
from npta.operations.retire_key import retire_key
from npta.operations.sync_catalogue import sync_catalogue
from npta.web.answers import (
    STATUS_CODES,
    import_answer,
    order_answer,
    order_lookup,
    release_answer,
    retry_answer,
    sync_answer,
)
from npta.web.auth import Role
from npta.web.call import Call, Route
from npta.web.order_requests import normal_order_id, parse_order
from npta.web.problems import FieldError, bad_request
from sheets_schema import InDoubt, NotProvisioned, SheetsError, Unavailable

_log = logging.getLogger(__name__)
LONGEST_NUMBER = 8


def _health(_request: Request) -> Response:
    return Response("ok", content_type="text/plain; charset=utf-8")


def _post_order(call: Call) -> Response:
    order = parse_order(call.body(empty_ok=False), call.services.settings.region)
    try:
        answer = fulfill_order(call.services, order, who=call.caller.name, deadline=call.deadline)
    except NotProvisioned:
        raise
    except SheetsError as error:
        _log.warning("order %s, request %s: %s", order.order_id, call.request_id, error)
        return call.answer(retry_answer(order.order_id, str(error)), 503, {"Retry-After": retry_after(error)})
    return call.answer(order_answer(answer), STATUS_CODES[answer.status])


def _get_order(call: Call, id: str) -> Response:  # noqa: A002 — the path's own word, here and below
    answer = look_up_order(call.services, _order(id), deadline=call.deadline)
    return call.answer(order_lookup(answer, masked=call.caller.role < Role.OPERATOR))


def _delivered(call: Call, id: str) -> Response:  # noqa: A002
    order_id = mark_delivered(
        call.services, _order(id), who=call.caller.name, deadline=call.deadline, message_id=call.text("message_id")
    )
    return call.answer({"order_id": order_id, "delivered": True})


def _release(call: Call, id: str) -> Response:  # noqa: A002
    released = release_keys(
        call.services,
        _order(id),
        who=call.caller.name,
        deadline=call.deadline,
        line_item_id=call.text("line_item_id"),
        dry_run=call.flag("dry_run"),
    )
    return call.answer(release_answer(released))


def _clear_cache(call: Call, id: str) -> Response:  # noqa: A002
    cleared = clear_order_cache(call.services, _order(id), who=call.caller.name, deadline=call.deadline)
    return call.answer({"order_id": cleared.order_id, "cleared": True, "keys_kept": cleared.keys_kept})


def _resend(call: Call, id: str) -> Response:  # noqa: A002
    order_id = resend_keys(call.services, _order(id), who=call.caller.name, deadline=call.deadline)
    return call.answer({"order_id": order_id, "delivered": False})


def _close(call: Call, id: str) -> Response:  # noqa: A002
    order_id = close_order(call.services, _order(id), who=call.caller.name, deadline=call.deadline)
    return call.answer({"order_id": order_id, "status": "closed"})


def _retire(call: Call, key_id: str) -> Response:
    retired = retire_key(
        call.services, key_id, who=call.caller.name, deadline=call.deadline, with_others=call.flag("replace")
    )
    return call.answer({**retired._asdict(), "orders": list(retired.orders)})


def _adjust(call: Call, key_id: str) -> Response:
    seats = call.text("seats")
    if not (seats.isascii() and seats.isdigit() and len(seats) < LONGEST_NUMBER):
        raise bad_request(FieldError("seats", "is a whole number"))
    adjusted = adjust_key(
        call.services, key_id, int(seats), who=call.caller.name, deadline=call.deadline, reason=call.text("reason")
    )
    return call.answer({**adjusted._asdict(), "reopened_orders": list(adjusted.reopened_orders)})


def _import_keys(call: Call) -> Response:
    dry_run = call.flag("dry_run")
    done = import_keys(call.services, who=call.caller.name, deadline=call.deadline, dry_run=dry_run)
    return call.answer(import_answer(done))


def _sync_catalogue(call: Call) -> Response:
    dry_run = call.flag("dry_run")
    done = sync_catalogue(call.services, who=call.caller.name, deadline=call.deadline, dry_run=dry_run)
    return call.answer(sync_answer(done))


def _mode(call: Call) -> Response:
    wanted = call.text("mode").upper()
    if wanted not in set(Mode):
        raise bad_request(FieldError("mode", "is OFF, TEST or LIVE"))
    changed = change_mode(
        call.services,
        Mode(wanted),
        who=call.caller.name,
        deadline=call.deadline,
        go_live_at=call.text("go_live_at"),
    )
    return call.answer({**changed._asdict(), "test_orders": list(changed.test_orders)})


def _flush(call: Call) -> Response:
    done = refresh_catalogue(call.services, call.deadline, changed=True, at_once=True)
    return call.answer({"catalogue_refreshed": done})


def _order(text: str) -> str:
    """An order as a path names it: `#name`, or an id in any of its shapes. Raises `Problem` 400."""
    name = text.strip()
    if name.startswith("#"):
        return name
    try:
        return normal_order_id(name)
    except ValueError as wrong:
        raise bad_request(FieldError("order_id", str(wrong))) from None


def retry_after(error: SheetsError) -> str:
    """Seconds after which to try again, for the header."""
    seconds = error.retry_after if isinstance(error, Unavailable | InDoubt) else 60.0
    return str(max(1, round(seconds)))


ROUTES = {
    ("GET", "/health"): Route(_health, Role.ANYBODY),
    ("POST", "/orders"): Route(_post_order, Role.ORDERS),
    ("GET", "/orders/{id}"): Route(_get_order, Role.ORDERS),
    ("POST", "/orders/{id}/delivered"): Route(_delivered, Role.ORDERS),
    ("POST", "/orders/{id}/release"): Route(_release, Role.OPERATOR),
    ("POST", "/orders/{id}/clear-cache"): Route(_clear_cache, Role.OPERATOR),
    ("POST", "/orders/{id}/resend"): Route(_resend, Role.OPERATOR),
    ("POST", "/orders/{id}/close"): Route(_close, Role.OPERATOR),
    ("POST", "/keys/import"): Route(_import_keys, Role.OPERATOR),
    ("POST", "/keys/{key_id}/retire"): Route(_retire, Role.OPERATOR),
    ("POST", "/keys/{key_id}/adjust"): Route(_adjust, Role.OPERATOR),
    ("POST", "/catalogue/sync"): Route(_sync_catalogue, Role.OPERATOR),
    ("POST", "/mode"): Route(_mode, Role.OPERATOR),
    ("POST", "/outbox/flush"): Route(_flush, Role.OPERATOR),
}
"""Every call: who may make it, and what answers it."""
