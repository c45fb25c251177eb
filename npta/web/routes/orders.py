"""The handlers: one a route, each hands a checked request to an operation and puts its result into words."""

from __future__ import annotations

import json
import logging
from functools import cache
from typing import Any

from werkzeug import Request, Response

from npta.domain.alerts.order_alerts import malformed_alert, system_error_alert
from npta.domain.orders.by_hand import Target
from npta.domain.state.receipts import Code, Order, TooLargeError
from npta.errors import BadRequestError, ConflictError, DamagedError, NotFoundError, ShopError
from npta.log import note_halt
from npta.operations.backorders import serve_waiting
from npta.operations.by_hand import assign_key
from npta.operations.catalogue import sync_catalogue
from npta.operations.fulfillment import fill_order, fulfill_order, note_malformed_order
from npta.operations.import_keys import import_keys
from npta.operations.keys import adjust_key, retire_key
from npta.operations.look_up import KeyName, find_orders, look_up_order, order_ref
from npta.operations.mode import change_mode
from npta.operations.order_actions import clear_order_cache, close_order, mark_delivered, release_keys, resend_keys
from npta.operations.outbox.deliver import SLACK_SECONDS, send_alert
from npta.web.auth import Role
from npta.web.context import Call, HtmlPage, Route
from npta.web.failures import retry_after
from npta.web.openapi import openapi
from npta.web.problems import Problem
from npta.web.routes import maintenance, webhooks
from npta.web.routes.manual import manual
from npta.web.schemas.maintenance_responses import (
    FlushResponse,
    RecoveredResponse,
    RefreshResponse,
    RefundResponse,
    ReportResponse,
    ShopSyncResponse,
    StatusResponse,
)
from npta.web.schemas.order_request import OrderRequest, parse_order, readable_order, told_id
from npta.web.schemas.requests import (
    AdjustSeatsByIdRequest,
    AdjustSeatsRequest,
    AssignKeyRequest,
    ClearOrderCacheRequest,
    ConfirmDeliveryRequest,
    DryRunRequest,
    EmptyRequest,
    KeyReference,
    RecoverOrdersRequest,
    ReleaseKeysRequest,
    RequestModel,
    ResendKeysRequest,
    RetireKeyByIdRequest,
    RetireKeyRequest,
    SearchOrdersRequest,
    SetModeRequest,
    ShopifyCancelledOrder,
    ShopifyRefund,
    WhatToFlush,
)
from npta.web.schemas.responses import (
    AdjustedResponse,
    AssignedResponse,
    ClearedResponse,
    ClosedResponse,
    DeliveredResponse,
    ImportResponse,
    ModeResponse,
    OrderLookup,
    OrderMatch,
    OrderMatchesResponse,
    OrderProblem,
    OrderResponse,
    ReleasedResponse,
    ResentResponse,
    RetiredResponse,
    RetryResponse,
    ServedWaitingResponse,
    SyncResponse,
    WaitingOrder,
)
from npta.web.schemas.serializers import (
    STATUS_CODES,
    import_answer,
    order_answer,
    order_lookup,
    release_answer,
    sync_answer,
)
from sheets_schema import Deadline, NotProvisionedError, SheetsError

_log = logging.getLogger(__name__)


def _health(_request: Request) -> Response:
    """Whether the function runs; touches nothing."""
    return Response("ok", content_type="text/plain; charset=utf-8")


def _openapi(_request: Request) -> Response:
    """This description."""
    return Response(_description_text(), content_type="application/json; charset=utf-8")


@cache
def _description_text() -> bytes:
    return json.dumps(description(), ensure_ascii=False).encode()


@cache
def description() -> dict[str, Any]:
    """All of the service as OpenAPI 3.1, made once."""
    return openapi(ROUTES)


def _post_order(call: Call) -> Response:
    """Assign the keys of a paid order, or give the same answer again."""
    body, services = call.body(empty_ok=False), call.services
    try:
        order = parse_order(body, services.settings.region)
    except Problem as problem:
        refused = readable_order(body, services.settings.region)
        if refused.order_id:
            _note_malformed(call, refused, problem.detail)
        elif named := told_id(body):
            alert = malformed_alert(
                refused._replace(order_id=named), problem.detail, listed_too=False, request_id=call.request_id
            )
            send_alert(services, alert, deadline=call.deadline)
        raise
    # If the spreadsheet takes all the time there is, some is left to say so.
    until = Deadline(call.deadline.at - SLACK_SECONDS, call.deadline.monotonic) if services.slack else call.deadline
    try:
        answer = fulfill_order(services, order, who=call.caller.name, deadline=until, request_id=call.request_id)
    except (SheetsError, DamagedError) as error:
        note_halt(error)
        _tell_system_error(call, order, str(error))
        if isinstance(error, NotProvisionedError):
            raise
        return call.answer(
            RetryResponse(order_id=order.order_id, message=str(error)), 503, {"Retry-After": retry_after(error)}
        )
    except TooLargeError as wrong:
        _note_malformed(call, order, str(wrong), Code.TOO_LARGE)
        raise
    except Exception as error:  # an order that breaks the service is a failure that people must hear of
        _tell_system_error(call, order, f"the service broke ({type(error).__name__}); its log says where")
        raise
    return call.answer(order_answer(answer), STATUS_CODES[answer.status])


def _note_malformed(call: Call, order: Order, what: str, code: Code = Code.MALFORMED) -> None:
    note_malformed_order(
        call.services,
        order,
        what,
        code=code,
        who=call.caller.name,
        deadline=call.deadline,
        request_id=call.request_id,
    )


def _tell_system_error(call: Call, order: Order, what: str) -> None:
    alert = system_error_alert(
        order.order_id,
        what,
        customer=order.customer_name,
        order_name=order.order_name,
        support_contact=call.services.settings.support_contact,
        request_id=call.request_id,
    )
    send_alert(call.services, alert, deadline=call.deadline)


def _get_order(call: Call, id: str) -> Response:  # noqa: A002 — the path's own word, here and below
    """How an order stands, with its history; key codes in full for operators only."""
    answer = look_up_order(call.services, _order(id), deadline=call.deadline)
    return call.answer(order_lookup(answer, masked=call.caller.role < Role.OPERATOR))


def _delivered(call: Call, asked: ConfirmDeliveryRequest, id: str) -> Response:  # noqa: A002
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


def _release(call: Call, asked: ReleaseKeysRequest, id: str) -> Response:  # noqa: A002
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


def _clear_cache(call: Call, asked: ClearOrderCacheRequest, id: str) -> Response:  # noqa: A002
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


def _resend(call: Call, asked: ResendKeysRequest, id: str) -> Response:  # noqa: A002
    """Open delivery again: the next repeat may be mailed, with the same keys, to a corrected address if one is given."""
    resent = resend_keys(
        call.services,
        _order(id),
        who=call.caller.name,
        deadline=call.deadline,
        email=asked.email,
        intent=call.intent(asked),
    )
    return call.carried(ResentResponse(order_id=resent.order_id, email=resent.email), resent.carried)


def _close(call: Call, asked: DryRunRequest, id: str) -> Response:  # noqa: A002
    """Served by hand: the order owes nothing more."""
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


def _assign(call: Call, asked: AssignKeyRequest, id: str) -> Response:  # noqa: A002
    """Assign Key: give a certain key to a line of an order, and the rest of the order what is due."""
    assigned = assign_key(
        call.services,
        _order(id),
        _key(asked, ""),
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


def _search(call: Call, asked: SearchOrdersRequest) -> Response:
    """Find orders by what is known of them; what is looked for stands in no address and no log."""
    hits = find_orders(call.services, asked.q, deadline=call.deadline)
    orders = tuple(OrderMatch.model_validate(hit) for hit in hits.orders)
    return call.answer(OrderMatchesResponse(orders=orders, more=hits.more))


def _fill(call: Call, id: str) -> Response:  # noqa: A002
    """Decide an order anew that waits, in spite of the go-live time."""
    answer = fill_order(
        call.services, _order(id), who=call.caller.name, deadline=call.deadline, request_id=call.request_id
    )
    return call.answer(order_answer(answer), STATUS_CODES[answer.status])


def _serve_waiting(call: Call, asked: DryRunRequest) -> Response:
    """Serve Waiting Orders: fill every order that waits and lacks nothing any more, and say what the others lack."""
    done = serve_waiting(
        call.services,
        who=call.caller.name,
        deadline=call.deadline,
        intent=call.intent(asked),
        request_id=call.request_id,
    )
    waiting = tuple(
        WaitingOrder(
            order_id=each.order_id,
            problems=tuple(OrderProblem.model_validate(problem) for problem in each.problems),
            damage=each.damage,
        )
        for each in done.waiting
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


def _retire(call: Call, asked: RetireKeyByIdRequest, key_id: str = "") -> Response:
    """A dead key takes no further order."""
    retired = retire_key(
        call.services,
        _key(asked, key_id),
        who=call.caller.name,
        deadline=call.deadline,
        with_others=asked.replace,
        intent=call.intent(asked),
    )
    return call.carried(RetiredResponse.model_validate(retired), retired.carried)


def _adjust(call: Call, asked: AdjustSeatsByIdRequest, key_id: str = "") -> Response:
    """Correct a key's number of seats."""
    adjusted = adjust_key(
        call.services,
        _key(asked, key_id),
        asked.seats,
        who=call.caller.name,
        deadline=call.deadline,
        reason=asked.reason,
        intent=call.intent(asked),
    )
    return call.carried(AdjustedResponse.model_validate(adjusted), adjusted.carried)


def _key(asked: RequestModel, key_id: str) -> KeyName:
    """The key that the body names, or else the path."""
    return KeyName(asked.key_id, asked.keycode, asked.provider) if isinstance(asked, KeyReference) else KeyName(key_id)


def _import_keys(call: Call, asked: DryRunRequest) -> Response:
    """Import Keys: take in what stands in the paste zone."""
    done = import_keys(
        call.services,
        who=call.caller.name,
        deadline=call.deadline,
        intent=call.intent(asked),
        request_id=call.request_id,
    )
    return call.carried(import_answer(done), done.carried)


def _sync_catalogue(call: Call, asked: DryRunRequest) -> Response:
    """Sync Catalogue: publish what stands in NPTA Catalogue."""
    done = sync_catalogue(call.services, who=call.caller.name, deadline=call.deadline, intent=call.intent(asked))
    return call.carried(sync_answer(done), done.carried)


def _mode(call: Call, asked: SetModeRequest) -> Response:
    """Switch to OFF, TEST or LIVE."""
    changed = change_mode(
        call.services,
        asked.mode,
        who=call.caller.name,
        deadline=call.deadline,
        go_live_at=asked.go_live_at,
        intent=call.intent(asked),
    )
    return call.carried(ModeResponse.model_validate(changed), changed.carried)


def _order(text: str) -> str:
    """An order as a path names it, before the spreadsheet is asked for it. Raises `BadRequestError`."""
    order_ref(text)
    return text


_BY_ORDER = (NotFoundError, BadRequestError, ConflictError, DamagedError)
_BY_KEY = (NotFoundError, ConflictError)
"""What finding an order raises, and doing something to it."""
_ORDER_SHAPES = {
    "application/json": (OrderRequest,),
    "application/x-www-form-urlencoded": (OrderRequest,),
}

ROUTES: dict[tuple[str, str], Route] = {
    ("GET", "/health"): Route(_health, Role.ANYBODY, {200: str}),
    ("GET", "/openapi.json"): Route(_openapi, Role.ANYBODY, {200: dict}),
    ("GET", "/manual"): Route(manual, Role.ANYBODY, {200: HtmlPage}),
    ("POST", "/orders"): Route(
        _post_order,
        Role.ORDERS,
        {200: OrderResponse, 409: OrderResponse, 422: OrderResponse, 503: RetryResponse},
        shapes=_ORDER_SHAPES,
        raises=(BadRequestError, DamagedError),
    ),
    ("GET", "/orders/{id}"): Route(_get_order, Role.ORDERS, {200: OrderLookup}, raises=_BY_ORDER),
    ("POST", "/orders/{id}/delivered"): Route(
        _delivered, Role.ORDERS, {200: DeliveredResponse}, ConfirmDeliveryRequest, raises=_BY_ORDER
    ),
    ("POST", "/orders/{id}/release"): Route(
        _release, Role.OPERATOR, {200: ReleasedResponse}, ReleaseKeysRequest, raises=_BY_ORDER
    ),
    ("POST", "/orders/{id}/clear-cache"): Route(
        _clear_cache, Role.OPERATOR, {200: ClearedResponse}, ClearOrderCacheRequest, raises=_BY_ORDER
    ),
    ("POST", "/orders/{id}/resend"): Route(
        _resend, Role.OPERATOR, {200: ResentResponse}, ResendKeysRequest, raises=_BY_ORDER
    ),
    ("POST", "/orders/{id}/close"): Route(
        _close, Role.OPERATOR, {200: ClosedResponse}, DryRunRequest, raises=_BY_ORDER
    ),
    ("POST", "/orders/{id}/assign"): Route(
        _assign, Role.OPERATOR, {200: AssignedResponse, 422: AssignedResponse}, AssignKeyRequest, raises=_BY_ORDER
    ),
    ("POST", "/orders/search"): Route(
        _search, Role.OPERATOR, {200: OrderMatchesResponse}, SearchOrdersRequest, raises=(BadRequestError,)
    ),
    ("POST", "/orders/{id}/fill"): Route(
        _fill, Role.OPERATOR, {200: OrderResponse, 422: OrderResponse}, EmptyRequest, raises=_BY_ORDER
    ),
    ("POST", "/orders/serve-waiting"): Route(
        _serve_waiting, Role.OPERATOR, {200: ServedWaitingResponse}, DryRunRequest
    ),
    ("POST", "/orders/recover"): Route(
        maintenance.recover,
        Role.OPERATOR,
        {200: RecoveredResponse},
        RecoverOrdersRequest,
        raises=(BadRequestError, ShopError),
    ),
    ("POST", "/keys/import"): Route(_import_keys, Role.OPERATOR, {200: ImportResponse}, DryRunRequest),
    ("POST", "/keys/retire"): Route(_retire, Role.OPERATOR, {200: RetiredResponse}, RetireKeyRequest, raises=_BY_KEY),
    ("POST", "/keys/adjust"): Route(
        _adjust, Role.OPERATOR, {200: AdjustedResponse}, AdjustSeatsRequest, raises=_BY_KEY
    ),
    ("POST", "/keys/{key_id}/retire"): Route(
        _retire, Role.OPERATOR, {200: RetiredResponse}, RetireKeyByIdRequest, raises=_BY_KEY
    ),
    ("POST", "/keys/{key_id}/adjust"): Route(
        _adjust, Role.OPERATOR, {200: AdjustedResponse}, AdjustSeatsByIdRequest, raises=_BY_KEY
    ),
    ("POST", "/catalogue/sync"): Route(
        _sync_catalogue, Role.OPERATOR, {200: SyncResponse}, DryRunRequest, raises=(ConflictError,)
    ),
    ("POST", "/mode"): Route(
        _mode, Role.OPERATOR, {200: ModeResponse}, SetModeRequest, raises=(BadRequestError, ConflictError)
    ),
    ("POST", "/shopify/sync"): Route(
        maintenance.sync_shop, Role.OPERATOR, {200: ShopSyncResponse}, EmptyRequest, raises=(ShopError,)
    ),
    ("POST", "/inventory/refresh"): Route(maintenance.refresh, Role.OPERATOR, {200: RefreshResponse}, EmptyRequest),
    ("GET", "/status"): Route(maintenance.status, Role.OPERATOR, {200: StatusResponse}),
    ("POST", "/reconcile"): Route(maintenance.report, Role.OPERATOR, {200: ReportResponse}, EmptyRequest),
    ("POST", "/outbox/flush"): Route(maintenance.flush, Role.OPERATOR, {200: FlushResponse}, WhatToFlush),
    ("POST", "/shopify/webhooks/refunds-create"): Route(
        webhooks.refund,
        Role.SHOPIFY,
        {200: RefundResponse},
        shapes={"application/json": (ShopifyRefund,)},
        raises=(BadRequestError, DamagedError),
    ),
    ("POST", "/shopify/webhooks/orders-cancelled"): Route(
        webhooks.cancelled,
        Role.SHOPIFY,
        {200: RefundResponse},
        shapes={"application/json": (ShopifyCancelledOrder,)},
        raises=(BadRequestError, DamagedError),
    ),
}
"""Every call: who may make it, what answers it, what goes in and what comes out. `GET /openapi.json` is made from it."""
