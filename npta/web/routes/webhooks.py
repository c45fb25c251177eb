"""Shopify's webhooks: refunds and cancellations, each signed, each about what its path says."""

from __future__ import annotations

from typing import Final

from werkzeug import Request, Response

from npta.errors import BadRequestError, DamagedError
from npta.operations.refunds import announce_refund
from npta.web.auth import Role
from npta.web.context import Call, Route, RouteTable
from npta.web.problems import FieldError, bad_request
from npta.web.schemas.fields import shown
from npta.web.schemas.maintenance_responses import RefundResponse
from npta.web.schemas.webhooks import ShopifyCancelledOrder, ShopifyRefund, ShopifyWebhook, parse_webhook

WEBHOOK_SECONDS = 4.5
"""Shopify waits 5 s for the answer to a webhook (documented) and sends it again later."""


def refund(call: Call) -> Response:
    """Shopify's webhook refunds/create: note what was refunded, and propose a release in Slack."""
    return _announce(call, ShopifyRefund)


def cancelled(call: Call) -> Response:
    """Shopify's webhook orders/cancelled: nothing is owed; propose a release in Slack."""
    return _announce(call, ShopifyCancelledOrder)


def _announce(call: Call, model: type[ShopifyWebhook]) -> Response:
    _check_topic(call.request, model.topic)
    webhook = parse_webhook(model, call.body(empty_ok=False))
    deadline = call.services.clock.deadline(min(WEBHOOK_SECONDS, call.deadline.left()))
    done = announce_refund(call.services, webhook.refund(), deadline=deadline, request_id=call.request_id)
    return call.answer(RefundResponse.model_validate(done))


def _check_topic(request: Request, wanted: str) -> None:
    topic = request.headers.get("X-Shopify-Topic", "").strip()
    if topic and topic.lower() != wanted:
        raise bad_request(FieldError("X-Shopify-Topic", f"is {shown(topic)}; this path takes {wanted}"))


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
