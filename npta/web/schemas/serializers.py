"""Answers on the wire: results of operations as JSON for Zapier and the sidebar."""

from __future__ import annotations

from npta.domain.orders.answer_body import answer_body
from npta.domain.orders.answers import Answer
from npta.domain.orders.next_steps import replace_step
from npta.domain.state.order_record import Status
from npta.operations.import_keys import Imported
from npta.operations.order_actions import Released
from npta.operations.sync_catalogue import Synced
from npta.web.schemas.key_responses import ImportedPool, ImportedRow, ImportResponse, RowWarningItem
from npta.web.schemas.responses import (
    CatalogueChangeItem,
    CatalogueProblemItem,
    Delivery,
    OrderHistory,
    OrderLookup,
    OrderResponse,
    ProductStockItem,
    ReleasedKey,
    ReleasedResponse,
    SyncResponse,
)

STATUS_CODES = {
    Status.FULFILLED: 200,
    Status.SKIPPED: 200,
    Status.OFF: 200,
    Status.FAILED: 422,
    Status.RELEASED: 409,
    Status.CLOSED: 409,
}


def order_answer(answer: Answer) -> OrderResponse:
    """Return the answer to `POST /orders`."""
    return OrderResponse(**answer_body(answer))


def order_lookup(answer: Answer, *, masked: bool) -> OrderLookup:
    """Answer `GET /orders/{id}`; order keys see the last four characters of a key code only."""
    keys = tuple(key._replace(keycode=mask(key.keycode)) for key in answer.keys) if masked else answer.keys
    whole = answer_body(answer._replace(keys=keys))
    steps = (answer.next_step, replace_step(answer.retired_keys))
    return OrderLookup(
        **{**whole, "next_step": " ".join(filter(None, steps)) or None},
        retired_keys=answer.retired_keys,
        events=tuple(OrderHistory.model_validate(event) for event in answer.events),
        delivery=Delivery(delivered=answer.delivered),
    )


def import_answer(imported: Imported) -> ImportResponse:
    """Return the answer to `POST /keys/import`."""
    return ImportResponse(
        imported=imported.count("imported"),
        duplicates=imported.count("duplicate"),
        rejected=imported.count("rejected"),
        rows=tuple(ImportedRow.model_validate(row) for row in imported.rows),
        warnings=tuple(RowWarningItem.model_validate(warning) for warning in imported.warnings),
        pools=tuple(ImportedPool.model_validate(gain) for gain in imported.pools),
        served_orders=imported.served_orders,
        reopened_orders=imported.reopened_orders,
    )


def sync_answer(synced: Synced) -> SyncResponse:
    """Return the answer to `POST /catalogue/sync`."""
    return SyncResponse(
        published=synced.published,
        changed=tuple(
            CatalogueChangeItem(SKU=change.sku, before=change.before, after=change.after) for change in synced.changed
        ),
        problems=tuple(
            CatalogueProblemItem(row=problem.row, SKU=problem.sku, message=problem.message)
            for problem in synced.problems
        ),
        served_orders=synced.served_orders,
        reopened_orders=synced.reopened_orders,
    )


def release_answer(released: Released) -> ReleasedResponse:
    """Answer a release; key codes are masked, since they may be stock again."""
    return ReleasedResponse(
        order_id=released.order_id,
        released=released.seats,
        quarantined=released.quarantined,
        keys=tuple(
            ReleasedKey(sku=key.sku, entitlement=key.entitlement, keycode=mask(key.keycode), seats=key.seats)
            for key in released.keys
        ),
        products=tuple(
            ProductStockItem(SKU=product.sku, before=product.before, after=product.after)
            for product in released.products
        ),
        served_orders=released.served_orders,
        reopened_orders=released.reopened_orders,
    )


def mask(keycode: str) -> str:
    """Mask a key code but for its last four characters, and never show more than a third."""
    shown = min(4, len(keycode) // 3)
    return "…" + (keycode[-shown:] if shown else "")
