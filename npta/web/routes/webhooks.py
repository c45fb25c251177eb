"""What Shopify tells by itself: refunds and cancellations, each signed, each about what its path says.

The signature covers the body alone, so a signed body of another kind must not do here what it does elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from werkzeug import Request, Response

from npta.domain.state.order_ids import read_order_id
from npta.domain.state.refunds import Refund, RefundedLine
from npta.domain.state.times import normal_time
from npta.errors import BadRequestError, DamagedError
from npta.operations.order_actions import (
    announce_refund,
)
from npta.web.auth import Role
from npta.web.context import Call, Route, RouteTable
from npta.web.problems import FieldError, bad_request
from npta.web.schemas.fields import cosmetic_text, line_id, shown, whole_number
from npta.web.schemas.maintenance_responses import (
    RefundResponse,
)
from npta.web.schemas.requests import (
    ShopifyCancelledOrder,
    ShopifyRefund,
)

WEBHOOK_SECONDS = 4.5
"""Shopify waits 5 s for the answer to a webhook (documented) and tells again later."""
MAX_LINES = 500


class _Kind(NamedTuple):
    """One sort of webhook: Shopify's name for it, what its body is, and fields that only other bodies have."""

    topic: str
    body: str
    foreign: tuple[str, ...]


_REFUND = _Kind("refunds/create", "Refund", ("line_items", "cancelled_at", "financial_status"))
_CANCELLATION = _Kind("orders/cancelled", "Order", ("order_id", "refund_line_items"))


def refund(call: Call) -> Response:
    """Shopify's webhook refunds/create: note what was refunded, and propose a release in Slack."""
    return _announce(call, _REFUND, parse_refund)


def cancelled(call: Call) -> Response:
    """Shopify's webhook orders/cancelled: note that the order is owed nothing, and propose a release in Slack."""
    return _announce(call, _CANCELLATION, parse_cancellation)


def _announce(call: Call, kind: _Kind, parse: Callable[[Mapping[str, Any]], Refund]) -> Response:
    _check_topic(call.request, kind)
    body = call.body(empty_ok=False)
    _check_body(body, kind)
    deadline = call.services.clock.deadline(min(WEBHOOK_SECONDS, call.deadline.left()))
    done = announce_refund(call.services, parse(body), deadline=deadline, request_id=call.request_id)
    return call.answer(RefundResponse.model_validate(done))


def _check_topic(request: Request, kind: _Kind) -> None:
    topic = request.headers.get("X-Shopify-Topic", "").strip()
    if topic and topic.lower() != kind.topic:
        raise bad_request(FieldError("X-Shopify-Topic", f"is {shown(topic)}; this path takes {kind.topic}"))


def _check_body(body: Mapping[str, Any], kind: _Kind) -> None:
    gid = body.get("admin_graphql_api_id")
    if foreign := next((name for name in kind.foreign if body.get(name) is not None), ""):
        raise bad_request(FieldError(foreign, f"is no field of what {kind.topic} sends"))
    if isinstance(gid, str) and f"/{kind.body}/" not in gid:
        raise bad_request(FieldError("admin_graphql_api_id", f"is not that of what {kind.topic} sends ({kind.body})"))


def parse_refund(body: Mapping[str, Any]) -> Refund:
    """Read a refund in Shopify's own JSON. Raises `ProblemError` 400."""
    items = body.get("refund_line_items")
    if items is not None and not (isinstance(items, list) and all(isinstance(item, dict) for item in items)):
        raise bad_request(FieldError("refund_line_items", "is a list of objects"))
    if len(items or ()) > MAX_LINES:
        raise bad_request(FieldError("refund_line_items", f"are {MAX_LINES} at most"))
    lines = tuple(line for place, item in enumerate(items or (), 1) if (line := _refunded(item, place)).units)
    return Refund(_id(body, "id"), _id(body, "order_id"), lines)


def parse_cancellation(body: Mapping[str, Any]) -> Refund:
    """Read a cancelled order in Shopify's own JSON. Raises `ProblemError` 400."""
    try:
        at = normal_time(str(body.get("cancelled_at") or ""))
    except ValueError:
        raise bad_request(FieldError("cancelled_at", "is not the time of a cancellation")) from None
    return Refund(f"cancelled {at}", _id(body, "id"), tuple(_cancelled(body.get("line_items"))), cancelled=True)


def _id(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    try:
        return read_order_id("" if value is None or isinstance(value, bool) else str(value))
    except ValueError as wrong:
        raise bad_request(FieldError(name, str(wrong))) from None


def _refunded(item: Mapping[str, Any], place: int) -> RefundedLine:
    told = item.get("line_item")
    line: Mapping[str, Any] = told if isinstance(told, dict) else {}
    try:
        named = line_id(item["line_item_id"] if item.get("line_item_id") is not None else line.get("id"))
        units = whole_number(item.get("quantity"))
    except ValueError as wrong:
        message = f"{place}: line_item_id and quantity are needed ({wrong})"
        raise bad_request(FieldError("refund_line_items", message)) from None
    return RefundedLine(named, cosmetic_text(line.get("sku")), units, _whole(line.get("quantity")))


def _cancelled(items: object) -> Iterator[RefundedLine]:
    """Read the lines of a cancelled order as far as they go: it is owed nothing whatever they are."""
    for item in items[:MAX_LINES] if isinstance(items, list) else ():
        if isinstance(item, dict) and isinstance(item.get("id"), int | str) and (units := _whole(item.get("quantity"))):
            yield RefundedLine(cosmetic_text(item["id"]), cosmetic_text(item.get("sku")), units, units)


def _whole(value: object) -> int:
    """Read a number of units; 0 if it is none."""
    try:
        return whole_number(value)
    except ValueError:
        return 0


ROUTES: Final[RouteTable] = {
    ("POST", "/shopify/webhooks/refunds-create"): Route(
        refund,
        Role.SHOPIFY,
        {200: RefundResponse},
        shapes={"application/json": (ShopifyRefund,)},
        raises=(BadRequestError, DamagedError),
    ),
    ("POST", "/shopify/webhooks/orders-cancelled"): Route(
        cancelled,
        Role.SHOPIFY,
        {200: RefundResponse},
        shapes={"application/json": (ShopifyCancelledOrder,)},
        raises=(BadRequestError, DamagedError),
    ),
}
