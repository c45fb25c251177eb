"""Answers on the wire: what the operations return, as the JSON that Zapier and the sidebar read."""

from __future__ import annotations

from html import escape
from typing import Any

from npta.domain.orders.answers import Answer, KeyEntry, replace_step
from npta.domain.state.order_record import Status
from npta.operations.catalogue import Synced
from npta.operations.import_keys import Imported
from npta.operations.order_actions import Released
from npta.web.schemas.responses import (
    CatalogueChange,
    CatalogueProblem,
    Delivery,
    ImportedRow,
    ImportResponse,
    KeyResponse,
    OrderHistory,
    OrderLookup,
    OrderProblem,
    OrderResponse,
    ProductStock,
    ReleasedKey,
    ReleasedResponse,
    RowWarning,
    SkippedLine,
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
    """The answer to `POST /orders`."""
    return OrderResponse(**_order(answer, answer.keys))


def order_lookup(answer: Answer, *, masked: bool) -> OrderLookup:
    """The answer to `GET /orders/{id}`; callers who may only post orders see the last four characters of a key."""
    keys = tuple(key._replace(keycode=mask(key.keycode)) for key in answer.keys) if masked else answer.keys
    whole = _order(answer, keys)
    steps = (answer.next_step, replace_step(answer.retired_keys))
    return OrderLookup(
        **{**whole, "next_step": " ".join(filter(None, steps)) or None},
        retired_keys=answer.retired_keys,
        events=tuple(OrderHistory.model_validate(event) for event in answer.events),
        delivery=Delivery(delivered=answer.delivered),
    )


def _order(answer: Answer, keys: tuple[KeyEntry, ...]) -> dict[str, Any]:
    return {
        "order_id": answer.order_id,
        "order_name": answer.order_name,
        "status": answer.status,
        "success": answer.success,
        "email_ready": answer.email_ready,
        "replayed": answer.replayed,
        "delivered": answer.delivered,
        "mode": answer.mode,
        "deliver_to": answer.deliver_to,
        "customer_name": answer.customer_name,
        "keys_expected": answer.keys_expected,
        "keys_count": answer.keys_count,
        "keys": tuple(KeyResponse.model_validate(key) for key in keys),
        "keys_text": keys_text(keys),
        "keys_html": keys_html(keys),
        "skipped": tuple(SkippedLine.model_validate(each) for each in answer.skipped),
        "problems": tuple(OrderProblem.model_validate(problem) for problem in answer.problems),
        "message": answer.message,
        "code": answer.problems[0].code if answer.problems else None,
        "next_step": answer.next_step or None,
    }


def import_answer(imported: Imported) -> ImportResponse:
    """The answer to `POST /keys/import`."""
    return ImportResponse(
        imported=imported.count("imported"),
        duplicates=imported.count("duplicate"),
        rejected=imported.count("rejected"),
        rows=tuple(ImportedRow.model_validate(row) for row in imported.rows),
        warnings=tuple(RowWarning.model_validate(each) for each in imported.warnings),
        reopened_orders=imported.reopened_orders,
        dry_run=imported.dry_run,
    )


def sync_answer(synced: Synced) -> SyncResponse:
    """The answer to `POST /catalogue/sync`."""
    return SyncResponse(
        published=synced.published,
        changed=tuple(CatalogueChange(SKU=each.sku, before=each.before, after=each.after) for each in synced.changed),
        problems=tuple(CatalogueProblem(row=each.row, SKU=each.sku, message=each.message) for each in synced.problems),
        reopened_orders=synced.reopened_orders,
        dry_run=synced.dry_run,
    )


def release_answer(released: Released) -> ReleasedResponse:
    """The answer to `POST /orders/{id}/release`; key codes masked, since they may be stock again."""
    return ReleasedResponse(
        order_id=released.order_id,
        released=released.seats,
        quarantined=released.quarantined,
        keys=tuple(
            ReleasedKey(sku=key.sku, entitlement=key.entitlement, keycode=mask(key.keycode), seats=key.seats)
            for key in released.keys
        ),
        products=tuple(ProductStock(SKU=each.sku, before=each.before, after=each.after) for each in released.products),
        reopened_orders=released.reopened_orders,
        dry_run=released.dry_run,
    )


def keys_text(keys: tuple[KeyEntry, ...]) -> str:
    """The keys as plain text, ready to drop into a mail."""
    return "\n".join(f"{_course(key)}: {key.keycode}{_for_people(key)}" for key in keys)


def keys_html(keys: tuple[KeyEntry, ...]) -> str:
    """The keys as an HTML list, escaped."""
    if not keys:
        return ""
    items = "".join(
        f"<li>{escape(_course(key))}: <strong>{escape(key.keycode)}</strong>{escape(_for_people(key))}</li>"
        for key in keys
    )
    return f"<ul>{items}</ul>"


def mask(keycode: str) -> str:
    """A key code of which at most the last four characters, and never more than a third, can be read."""
    shown = min(4, len(keycode) // 3)
    return "…" + (keycode[-shown:] if shown else "")


def _course(key: KeyEntry) -> str:
    what = {"FULL": "course and exam", "CONTENT": "course", "EXAM": "exam"}[key.level]
    return f"{key.provider} {key.product_code} ({what})"


def _for_people(key: KeyEntry) -> str:
    return f" (for {key.seats} people)" if key.seats > 1 else ""
