"""Alerts: what people are told in Slack. Pure, and without a key code in any of them."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What an alert is about; the value stands in the tab Outbox."""

    FULFILLED = "fulfilled"
    DELIVERED = "delivered"
    FAILED = "failed"
    SKIPPED = "skipped"
    BY_HAND = "by hand"
    RELEASED = "released"
    IMPORTED = "imported"
    LOW_STOCK = "low stock"
    UNDELIVERED = "undelivered"
    REFUND = "refund"
    RECONCILED = "reconciled"
    SYSTEM_ERROR = "system error"


class Alert(NamedTuple):
    """One message. `about` is the order id or the pool; `text` can be searched and says it all in one line.

    `title` opens it with its sign, `lines` are the details, one a line, `footer` is small print (whom to ask, the
    request's id).
    """

    kind: Kind
    about: str
    title: str
    text: str
    lines: tuple[str, ...] = ()
    footer: str = ""


def write_alert(alert: Alert) -> str:
    """The alert as it stands in the column `body` of the Outbox."""
    return json.dumps([alert.title, alert.text, list(alert.lines), alert.footer], ensure_ascii=False)


def read_alert(kind: str, about: str, body: str) -> Alert:
    """The alert back from its row."""
    title, text, lines, footer = json.loads(body)
    return Alert(Kind(kind), about, title, text, tuple(lines), footer)
