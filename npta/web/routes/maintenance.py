"""Handlers of what keeps sheet, shop and Slack together: syncs, refreshes, reports."""

from __future__ import annotations

from typing import Final

from werkzeug import Response

from npta.errors import BadRequestError, ConflictError, ShopError
from npta.operations.maintenance import maintain
from npta.operations.mode import change_mode
from npta.operations.outbox.flush import flush_outbox
from npta.operations.reconcile import reconcile
from npta.operations.recover_orders import recover_orders
from npta.operations.refresh_and_rebuild import refresh_inventory
from npta.operations.status import get_status
from npta.operations.sync_catalogue import sync_catalogue
from npta.operations.sync_from_shopify import sync_from_shopify
from npta.web.auth import Role
from npta.web.context import Call, Route, RouteTable, with_body
from npta.web.schemas.maintenance_responses import (
    FlushResponse,
    MaintenanceResponse,
    RecoveredResponse,
    RefreshResponse,
    ReportResponse,
    ShopSyncResponse,
    StatusResponse,
)
from npta.web.schemas.requests import (
    DryRunRequest,
    EmptyRequest,
    FlushOutboxRequest,
    RecoverOrdersRequest,
    SetModeRequest,
)
from npta.web.schemas.responses import (
    ModeResponse,
    SyncResponse,
)
from npta.web.schemas.serializers import (
    sync_answer,
)


def sync_shop(call: Call, _: EmptyRequest) -> Response:
    """Sync from Shopify: bring NPTA Catalogue up to the shop's products."""
    done = sync_from_shopify(call.services, who=call.caller.name, deadline=call.deadline)
    return call.answer(ShopSyncResponse.of(done))


def refresh(call: Call, _: EmptyRequest) -> Response:
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


def report(call: Call, _: EmptyRequest) -> Response:
    """Compare the spreadsheet, Shopify and the ledgers, as every night, and report to Slack."""
    done = reconcile(call.services, who=call.caller.name, deadline=call.deadline, request_id=call.request_id)
    return call.answer(ReportResponse.of(done))


def maintenance(call: Call, _: EmptyRequest) -> Response:
    """Let old rows leave the sheet, then compare and report: every night."""
    done = maintain(call.services, who=call.caller.name, deadline=call.deadline, request_id=call.request_id)
    return call.answer(MaintenanceResponse.of_night(done))


def flush(call: Call, asked: FlushOutboxRequest) -> Response:
    """Send what is pending: alerts, stock, fulfillments, the catalogue's `available`."""
    done = flush_outbox(call.services, who=call.caller.name, deadline=call.deadline, refused=asked.refused)
    return call.answer(FlushResponse.model_validate(done))


def publish_catalogue(call: Call, asked: DryRunRequest) -> Response:
    """Sync Catalogue: publish what stands in NPTA Catalogue."""
    done = sync_catalogue(call.services, who=call.caller.name, deadline=call.deadline, intent=call.intent(asked))
    return call.carried(sync_answer(done), done.carried)


def mode(call: Call, asked: SetModeRequest) -> Response:
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


ROUTES: Final[RouteTable] = {
    ("POST", "/orders/recover"): with_body(
        recover, Role.OPERATOR, {200: RecoveredResponse}, RecoverOrdersRequest, raises=(BadRequestError, ShopError)
    ),
    ("POST", "/catalogue/sync"): with_body(
        publish_catalogue, Role.OPERATOR, {200: SyncResponse}, DryRunRequest, raises=(ConflictError,)
    ),
    ("POST", "/mode"): with_body(
        mode, Role.OPERATOR, {200: ModeResponse}, SetModeRequest, raises=(BadRequestError, ConflictError)
    ),
    ("POST", "/shopify/sync"): with_body(
        sync_shop, Role.OPERATOR, {200: ShopSyncResponse}, EmptyRequest, raises=(ShopError,)
    ),
    ("POST", "/inventory/refresh"): with_body(refresh, Role.OPERATOR, {200: RefreshResponse}, EmptyRequest),
    ("GET", "/status"): Route(status, Role.OPERATOR, {200: StatusResponse}),
    ("POST", "/reconcile"): with_body(report, Role.OPERATOR, {200: ReportResponse}, EmptyRequest),
    ("POST", "/maintenance"): with_body(maintenance, Role.OPERATOR, {200: MaintenanceResponse}, EmptyRequest),
    ("POST", "/outbox/flush"): with_body(flush, Role.OPERATOR, {200: FlushResponse}, FlushOutboxRequest),
}
