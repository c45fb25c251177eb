"""An order's answer as plain data, for its call or for the keys hook. Pure."""

from __future__ import annotations

from typing import Any

from npta.domain.orders.answers import Answer
from npta.domain.orders.keys_in_mail import keys_html, keys_text


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
        "keys_text": keys_text(answer.keys, answer.texts),
        "keys_html": keys_html(answer.keys, answer.texts),
        "skipped": [line._asdict() for line in answer.skipped],
        "problems": [problem._asdict() for problem in answer.problems],
        "message": answer.message,
        "code": answer.problems[0].code if answer.problems else None,
        "next_step": answer.next_step or None,
    }
