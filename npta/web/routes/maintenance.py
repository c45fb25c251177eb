"""Handlers of what keeps sheet, shop and Slack together: syncs, refreshes, reports."""

from __future__ import annotations

from werkzeug import Response

from npta.operations.catalogue import sync_from_shopify
from npta.operations.inventory import refresh_inventory
from npta.operations.outbox.flush import flush_outbox
from npta.operations.reconcile import reconcile
from npta.operations.recovery import recover_orders
from npta.operations.status import get_status
from npta.web.context import Call
from npta.web.schemas.maintenance_responses import (
    FlushResponse,
    RecoveredResponse,
    RefreshResponse,
    ReportFinding,
    ReportResponse,
    ShopSyncResponse,
    StatusResponse,
)
from npta.web.schemas.requests import RecoverOrdersRequest, WhatToFlush


def sync_shop(call: Call) -> Response:
    """Sync from Shopify: bring NPTA Catalogue up to the shop's products."""
    done = sync_from_shopify(call.services, who=call.caller.name, deadline=call.deadline)
    return call.answer(ShopSyncResponse.of(done))


def refresh(call: Call) -> Response:
    """Refresh Inventory: compute everything anew, and push the stock to Shopify."""
    done = refresh_inventory(call.services, who=call.caller.name, deadline=call.deadline)
    return call.answer(RefreshResponse.of(done))


def recover(call: Call, asked: RecoverOrdersRequest) -> Response:
    """Find paid orders of the shop that never arrived; in LIVE, with a keys hook, serve them."""
    done = recover_orders(
        call.services,
        who=call.caller.name,
        deadline=call.deadline,
        since=asked.since,
        intent=call.intent(asked),
        request_id=call.request_id,
    )
    return call.carried(RecoveredResponse.model_validate(done), done.carried)


def status(call: Call) -> Response:
    """How the service stands: mode, what waits, what is low, what is due."""
    return call.answer(StatusResponse.of(get_status(call.services, deadline=call.deadline)))


def report(call: Call) -> Response:
    """The nightly reconciliation: compare everything with everything, and tell Slack."""
    done = reconcile(call.services, who=call.caller.name, deadline=call.deadline, request_id=call.request_id)
    findings = tuple(ReportFinding.model_validate(each) for each in done.findings)
    return call.answer(ReportResponse(findings=findings, checked=done.checked._asdict()))


def flush(call: Call, asked: WhatToFlush) -> Response:
    """Send what is pending: alerts, stock, fulfillments, the catalogue's `available`."""
    done = flush_outbox(call.services, who=call.caller.name, deadline=call.deadline, refused=asked.refused)
    return call.answer(FlushResponse.model_validate(done))
