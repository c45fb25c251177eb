"""Handlers of what keeps sheet, shop and Slack together: syncs, refreshes, reports, and what Shopify tells."""

from __future__ import annotations

from typing import Any

from werkzeug import Response

from npta.domain.order_ids import read_order_id
from npta.domain.receipts import Line
from npta.operations.announce_refund import Refund, announce_refund
from npta.operations.flush_outbox import flush_outbox
from npta.operations.reconcile import reconcile
from npta.operations.refresh_inventory import refresh_inventory
from npta.operations.sync_from_shopify import sync_from_shopify
from npta.operations.tell_status import tell_status
from npta.web.call import Call
from npta.web.problems import FieldError, bad_request
from npta.web.request_models import WhatToFlush
from npta.web.upkeep_models import (
    FlushAnswer,
    RefreshAnswer,
    RefundAnswer,
    ReportAnswer,
    ReportFinding,
    ShopSyncAnswer,
    StatusAnswer,
)

WEBHOOK_SECONDS = 4.5
"""Shopify waits 5 s for the answer to a webhook (documented) and tells again later."""


def sync_shop(call: Call) -> Response:
    """Sync from Shopify: bring NPTA Catalogue up to the shop's products."""
    done = sync_from_shopify(call.services, who=call.caller.name, deadline=call.deadline)
    return call.answer(ShopSyncAnswer.of(done))


def refresh(call: Call) -> Response:
    """Refresh Inventory: compute everything anew, and push the stock to Shopify."""
    done = refresh_inventory(call.services, who=call.caller.name, deadline=call.deadline)
    return call.answer(RefreshAnswer.of(done))


def status(call: Call) -> Response:
    """How the service stands: mode, what waits, what is low, what is due."""
    return call.answer(StatusAnswer.of(tell_status(call.services, deadline=call.deadline)))


def report(call: Call) -> Response:
    """The nightly reconciliation: compare everything with everything, and tell Slack."""
    done = reconcile(call.services, who=call.caller.name, deadline=call.deadline, request_id=call.request_id)
    findings = tuple(ReportFinding.model_validate(each) for each in done.findings)
    return call.answer(ReportAnswer(findings=findings, checked=done.checked._asdict()))


def flush(call: Call, asked: WhatToFlush) -> Response:
    """Send what is pending: alerts, stock, fulfillments, the catalogue's `available`."""
    done = flush_outbox(call.services, who=call.caller.name, deadline=call.deadline, refused=asked.refused)
    return call.answer(FlushAnswer.model_validate(done))


def refund(call: Call) -> Response:
    """Shopify's webhook refunds/create: propose a release in Slack."""
    body = call.body(empty_ok=False)
    deadline = call.services.clock.deadline(min(WEBHOOK_SECONDS, call.deadline.left()))
    done = announce_refund(call.services, parse_refund(body), deadline=deadline, request_id=call.request_id)
    return call.answer(RefundAnswer.model_validate(done))


def parse_refund(body: dict[str, Any]) -> Refund:
    """A refund in Shopify's own JSON. Raises `Problem` 400."""
    try:
        refund_id, order_id = read_order_id(str(body.get("id"))), read_order_id(str(body.get("order_id")))
    except ValueError as wrong:
        raise bad_request(FieldError("order_id", str(wrong))) from None
    items = body.get("refund_line_items") or []
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise bad_request(FieldError("refund_line_items", "is a list of objects"))
    return Refund(refund_id, order_id, tuple(_line(item) for item in items))


def _line(item: dict[str, Any]) -> Line:
    line = item.get("line_item")
    sku = str(line.get("sku") or "") if isinstance(line, dict) else ""
    quantity = item.get("quantity")
    return Line(str(item.get("line_item_id", "")), sku, quantity if isinstance(quantity, int) else 1)
