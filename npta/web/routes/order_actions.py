"""Handlers of what is done to orders: each calls an operation and words its result."""

from __future__ import annotations

from typing import Final

from werkzeug import Response

from npta.domain.orders.assign_key import Target
from npta.errors import BadRequestError, ConflictError, DamagedError, NotFoundError
from npta.operations.assign_key import assign_key
from npta.operations.backorders import serve_waiting
from npta.operations.find_order import find_orders, look_up_order, order_ref
from npta.operations.fulfillment import fill_order
from npta.operations.order_actions import clear_order_cache, close_order, mark_delivered, release_keys, resend_keys
from npta.web.auth import Role
from npta.web.context import Call, Route, RouteTable, with_body
from npta.web.routes.keys import key_name
from npta.web.schemas.requests import (
    AssignKeyRequest,
    ClearOrderCacheRequest,
    ConfirmDeliveryRequest,
    DryRunRequest,
    EmptyRequest,
    ReleaseKeysRequest,
    ResendKeysRequest,
    SearchOrdersRequest,
)
from npta.web.schemas.responses import (
    AssignedResponse,
    ClearedResponse,
    ClosedResponse,
    DeliveredResponse,
    OrderLookup,
    OrderMatch,
    OrderMatchesResponse,
    OrderProblem,
    OrderResponse,
    ReleasedResponse,
    ResentResponse,
    ServedWaitingResponse,
    WaitingOrder,
)
from npta.web.schemas.serializers import (
    STATUS_CODES,
    order_answer,
    order_lookup,
    release_answer,
)

_BY_ORDER = (NotFoundError, BadRequestError, ConflictError, DamagedError)
"""What finding an order raises, and doing something to it."""


def get_order(call: Call, id: str) -> Response:  # noqa: A002 — the path's own word, here and below
    """How an order stands, with its history; key codes in full for operators only."""
    answer = look_up_order(call.services, _order(id), deadline=call.deadline)
    return call.answer(order_lookup(answer, masked=call.caller.role < Role.OPERATOR))


def delivered(call: Call, asked: ConfirmDeliveryRequest, id: str) -> Response:  # noqa: A002
    """Note that the mail with the keys is out."""
    order_id = mark_delivered(
        call.services,
        _order(id),
        who=call.caller.name,
        deadline=call.deadline,
        message_id=asked.message_id,
        request_id=call.request_id,
    )
    return call.answer(DeliveredResponse(order_id=order_id, delivered=True))


def release(call: Call, asked: ReleaseKeysRequest, id: str) -> Response:  # noqa: A002
    """Release Keys: give an order's keys back, one line's, or those of some units of a line."""
    released = release_keys(
        call.services,
        _order(id),
        who=call.caller.name,
        deadline=call.deadline,
        line_item_id=asked.line_item_id,
        units=asked.quantity,
        intent=call.intent(asked),
        request_id=call.request_id,
    )
    return call.carried(release_answer(released), released.carried)


def clear_cache(call: Call, asked: ClearOrderCacheRequest, id: str) -> Response:  # noqa: A002
    """Clear Order Cache: forget the answer, never the keys."""
    cleared = clear_order_cache(
        call.services,
        _order(id),
        who=call.caller.name,
        deadline=call.deadline,
        resend=asked.resend,
        intent=call.intent(asked),
    )
    return call.carried(
        ClearedResponse(
            order_id=cleared.order_id,
            cleared=not cleared.carried.dry_run,
            keys_kept=cleared.keys_kept,
            delivered=cleared.delivered,
            next_step=cleared.next_step,
        ),
        cleared.carried,
    )


def resend(call: Call, asked: ResendKeysRequest, id: str) -> Response:  # noqa: A002
    """Open delivery again: the next repeat may be mailed, with the same keys.

    It goes to a corrected address if one is given.
    """
    resent = resend_keys(
        call.services,
        _order(id),
        who=call.caller.name,
        deadline=call.deadline,
        email=asked.email,
        intent=call.intent(asked),
    )
    return call.carried(ResentResponse(order_id=resent.order_id, email=resent.email), resent.carried)


def close(call: Call, asked: DryRunRequest, id: str) -> Response:  # noqa: A002
    """Close an order that was served by hand: it is owed nothing more."""
    closed = close_order(
        call.services, _order(id), who=call.caller.name, deadline=call.deadline, intent=call.intent(asked)
    )
    return call.carried(
        ClosedResponse(
            order_id=closed.order_id,
            keys_kept=closed.keys_kept,
            served_orders=closed.served_orders,
            reopened_orders=closed.reopened_orders,
        ),
        closed.carried,
    )


def assign(call: Call, asked: AssignKeyRequest, id: str) -> Response:  # noqa: A002
    """Assign Key: give a certain key to a line of an order, and fill the rest of the order."""
    assigned = assign_key(
        call.services,
        _order(id),
        key_name(asked),
        Target(asked.line_item_id, asked.sku, asked.entitlement.upper()),
        who=call.caller.name,
        deadline=call.deadline,
        seats=asked.seats or 1,
        any_pool=asked.any_pool,
        intent=call.intent(asked),
        request_id=call.request_id,
    )
    answer = order_answer(assigned.answer).model_dump(exclude={"request_id"})
    message = AssignedResponse(**answer, served_orders=assigned.served_orders, reopened_orders=assigned.reopened_orders)
    return call.carried(message, assigned.carried, 200 if assigned.done else 422)


def search(call: Call, asked: SearchOrdersRequest) -> Response:
    """Find orders by what is known of them; what is looked for stands in no address and no log."""
    hits = find_orders(call.services, asked.q, deadline=call.deadline)
    orders = tuple(OrderMatch.model_validate(hit) for hit in hits.orders)
    return call.answer(OrderMatchesResponse(orders=orders, more=hits.more))


def fill(call: Call, _: EmptyRequest, id: str) -> Response:  # noqa: A002
    """Decide an order anew that waits, in spite of the go-live time."""
    answer = fill_order(
        call.services, _order(id), who=call.caller.name, deadline=call.deadline, request_id=call.request_id
    )
    return call.answer(order_answer(answer), STATUS_CODES[answer.status])


def serve_waiting_orders(call: Call, asked: DryRunRequest) -> Response:
    """Serve Waiting Orders: fill every order that lacks nothing, and say what others lack."""
    done = serve_waiting(
        call.services,
        who=call.caller.name,
        deadline=call.deadline,
        intent=call.intent(asked),
        request_id=call.request_id,
    )
    waiting = tuple(
        WaitingOrder(
            order_id=order.order_id,
            problems=tuple(OrderProblem.model_validate(problem) for problem in order.problems),
            damage=order.damage,
        )
        for order in done.waiting
    )
    return call.carried(
        ServedWaitingResponse(
            served=done.served,
            reopened_orders=done.reopened,
            waiting=waiting,
            left=done.left,
        ),
        done.carried,
    )


def _order(text: str) -> str:
    """Check how a path names an order before the spreadsheet is asked. Raises `BadRequestError`."""
    order_ref(text)
    return text


ROUTES: Final[RouteTable] = {
    ("GET", "/orders/{id}"): Route(get_order, Role.ORDERS, {200: OrderLookup}, raises=_BY_ORDER),
    ("POST", "/orders/{id}/delivered"): with_body(
        delivered, Role.ORDERS, {200: DeliveredResponse}, ConfirmDeliveryRequest, raises=_BY_ORDER
    ),
    ("POST", "/orders/{id}/release"): with_body(
        release, Role.OPERATOR, {200: ReleasedResponse}, ReleaseKeysRequest, raises=_BY_ORDER
    ),
    ("POST", "/orders/{id}/clear-cache"): with_body(
        clear_cache, Role.OPERATOR, {200: ClearedResponse}, ClearOrderCacheRequest, raises=_BY_ORDER
    ),
    ("POST", "/orders/{id}/resend"): with_body(
        resend, Role.OPERATOR, {200: ResentResponse}, ResendKeysRequest, raises=_BY_ORDER
    ),
    ("POST", "/orders/{id}/close"): with_body(
        close, Role.OPERATOR, {200: ClosedResponse}, DryRunRequest, raises=_BY_ORDER
    ),
    ("POST", "/orders/{id}/assign"): with_body(
        assign, Role.OPERATOR, {200: AssignedResponse, 422: AssignedResponse}, AssignKeyRequest, raises=_BY_ORDER
    ),
    ("POST", "/orders/search"): with_body(
        search, Role.OPERATOR, {200: OrderMatchesResponse}, SearchOrdersRequest, raises=(BadRequestError,)
    ),
    ("POST", "/orders/{id}/fill"): with_body(
        fill, Role.OPERATOR, {200: OrderResponse, 422: OrderResponse}, EmptyRequest, raises=_BY_ORDER
    ),
    ("POST", "/orders/serve-waiting"): with_body(
        serve_waiting_orders, Role.OPERATOR, {200: ServedWaitingResponse}, DryRunRequest
    ),
}
