"""The handler of paid orders (`POST /orders`), and alerts for those that are refused."""

from __future__ import annotations

from typing import Final

from werkzeug import Response

from npta.domain.alerts.system_alerts import malformed_alert, system_error_alert
from npta.domain.state.receipts import Code, Order, TooLargeError
from npta.errors import BadRequestError, DamagedError
from npta.log import note_halt
from npta.operations.fulfillment import fulfill_order, note_malformed_order
from npta.operations.outbox.deliver import SLACK_SECONDS, send_alert
from npta.web.auth import Role
from npta.web.context import Call, Route, RouteTable
from npta.web.error_statuses import retry_after
from npta.web.problems import ProblemError
from npta.web.schemas.order_request import OrderRequest, parse_order, readable_order, shown_order_id
from npta.web.schemas.responses import (
    OrderResponse,
    RetryResponse,
)
from npta.web.schemas.serializers import (
    STATUS_CODES,
    order_answer,
)
from sheets_schema import Deadline, NotProvisionedError, SheetsError

_ORDER_SHAPES = {
    "application/json": (OrderRequest,),
    "application/x-www-form-urlencoded": (OrderRequest,),
}


def post_order(call: Call) -> Response:
    """Assign the keys of a paid order, or give the same answer again."""
    body, services = call.body(empty_ok=False), call.services
    try:
        order = parse_order(body, services.settings.region)
    except ProblemError as problem:
        refused = readable_order(body, services.settings.region)
        if refused.order_id:
            _note_malformed(call, refused, problem.detail)
        elif named := shown_order_id(body):
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


def _note_malformed(call: Call, order: Order, reason: str, code: Code = Code.MALFORMED) -> None:
    note_malformed_order(
        call.services,
        order,
        reason,
        code=code,
        who=call.caller.name,
        deadline=call.deadline,
        request_id=call.request_id,
    )


def _tell_system_error(call: Call, order: Order, reason: str) -> None:
    alert = system_error_alert(
        order.order_id,
        reason,
        customer=order.customer_name,
        order_name=order.order_name,
        support_contact=call.services.settings.support_contact,
        request_id=call.request_id,
    )
    send_alert(call.services, alert, deadline=call.deadline)


ROUTES: Final[RouteTable] = {
    ("POST", "/orders"): Route(
        post_order,
        Role.ORDERS,
        {200: OrderResponse, 409: OrderResponse, 422: OrderResponse, 503: RetryResponse},
        shapes=_ORDER_SHAPES,
        raises=(BadRequestError, DamagedError),
    ),
}
