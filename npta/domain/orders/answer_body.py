"""An order's answer as plain data: what Zapier reads, as the answer to its call or from the keys hook. Pure."""

from __future__ import annotations

from html import escape
from typing import Any

from npta.domain.orders.answers import Answer, KeyEntry


def answer_body(answer: Answer) -> dict[str, Any]:
    """Return the fields of an order's answer, ready for JSON; without the request's id."""
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
        "keys": [key._asdict() for key in answer.keys],
        "keys_text": keys_text(answer.keys),
        "keys_html": keys_html(answer.keys),
        "skipped": [each._asdict() for each in answer.skipped],
        "problems": [problem._asdict() for problem in answer.problems],
        "message": answer.message,
        "code": answer.problems[0].code if answer.problems else None,
        "next_step": answer.next_step or None,
    }


def keys_text(keys: tuple[KeyEntry, ...]) -> str:
    """Return the keys as plain text, ready to drop into a mail."""
    return "\n".join(f"{_course(key)}: {key.keycode}{_for_people(key)}" for key in keys)


def keys_html(keys: tuple[KeyEntry, ...]) -> str:
    """Return the keys as an HTML list, escaped."""
    if not keys:
        return ""
    items = "".join(
        f"<li>{escape(_course(key))}: <strong>{escape(key.keycode)}</strong>{escape(_for_people(key))}</li>"
        for key in keys
    )
    return f"<ul>{items}</ul>"


def _course(key: KeyEntry) -> str:
    what = {"FULL": "course and exam", "CONTENT": "course", "EXAM": "exam"}[key.level]
    return f"{key.provider} {key.product_code} ({what})"


def _for_people(key: KeyEntry) -> str:
    return f" (for {key.seats} people)" if key.seats > 1 else ""
