"""Answers on the wire: what the operations return, as the JSON that Zapier and the sidebar read."""

from __future__ import annotations

from html import escape
from typing import Any

from npta.domain.answers import Answer, KeyEntry
from npta.domain.state import Status
from npta.operations.import_keys import Imported
from npta.operations.release_keys import Released
from npta.operations.sync_catalogue import Synced

STATUS_CODES = {
    Status.FULFILLED: 200,
    Status.SKIPPED: 200,
    Status.OFF: 200,
    Status.FAILED: 422,
    Status.RELEASED: 409,
    Status.CLOSED: 409,
}


def order_answer(answer: Answer) -> dict[str, Any]:
    """The answer to `POST /orders`."""
    body: dict[str, Any] = {
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
        "keys": [_key(key) for key in answer.keys],
        "keys_text": keys_text(answer.keys),
        "keys_html": keys_html(answer.keys),
        "skipped": [each._asdict() for each in answer.skipped],
        "problems": [problem._asdict() for problem in answer.problems],
        "message": answer.message,
    }
    if answer.problems:
        body["code"] = answer.problems[0].code
    if answer.next_step:
        body["next_step"] = answer.next_step
    return body


def retry_answer(order_id: str, message: str) -> dict[str, Any]:
    """The answer to an order that could not be decided in time: the caller asks again."""
    return {
        "order_id": order_id,
        "status": "retry",
        "success": False,
        "email_ready": False,
        "replayed": False,
        "delivered": False,
        "keys": [],
        "keys_expected": 0,
        "keys_count": 0,
        "problems": [],
        "message": message,
        "next_step": "Send the same order again after the time in Retry-After; nothing is taken twice.",
    }


def order_lookup(answer: Answer, *, masked: bool) -> dict[str, Any]:
    """The answer to `GET /orders/{id}`; callers who may only post orders see the last four characters of a key."""
    body = order_answer(answer)
    if masked:
        body["keys"] = [{**_key(key), "keycode": mask(key.keycode)} for key in answer.keys]
        shown = tuple(key._replace(keycode=mask(key.keycode)) for key in answer.keys)
        body["keys_text"], body["keys_html"] = keys_text(shown), keys_html(shown)
    body["events"] = [event._asdict() for event in answer.events]
    body["delivery"] = {"delivered": answer.delivered}
    return body


def import_answer(imported: Imported) -> dict[str, Any]:
    """The answer to `POST /keys/import`."""
    return {
        "imported": imported.count("imported"),
        "duplicates": imported.count("duplicate"),
        "rejected": imported.count("rejected"),
        "rows": [row._asdict() for row in imported.rows],
        "reopened_orders": list(imported.reopened_orders),
        "dry_run": imported.dry_run,
    }


def sync_answer(synced: Synced) -> dict[str, Any]:
    """The answer to `POST /catalogue/sync`."""
    return {
        "published": synced.published,
        "changed": [{"SKU": each.sku, "before": each.before, "after": each.after} for each in synced.changed],
        "problems": [{"row": each.row, "SKU": each.sku, "message": each.message} for each in synced.problems],
        "reopened_orders": list(synced.reopened_orders),
        "dry_run": synced.dry_run,
    }


def release_answer(released: Released) -> dict[str, Any]:
    """The answer to `POST /orders/{id}/release`; key codes masked, since they may be stock again."""
    return {
        "order_id": released.order_id,
        "released": released.seats,
        "keys": [
            {"sku": key.sku, "entitlement": key.entitlement, "keycode": mask(key.keycode), "seats": key.seats}
            for key in released.keys
        ],
        "products": [{"SKU": each.sku, "before": each.before, "after": each.after} for each in released.products],
        "reopened_orders": list(released.reopened_orders),
        "dry_run": released.dry_run,
    }


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


def _key(key: KeyEntry) -> dict[str, Any]:
    return key._asdict()
