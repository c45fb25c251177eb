"""One alert as a value: what people read in Slack, without a key code."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from npta.domain.state.wording import count, listed, names, short

MAX_LINES = 80
MAX_LINE = 400
MAX_TEXT = 1_000
OUT_OF_STOCK_TITLE = "⚠️ Out of Stock"


class AlertKind(StrEnum):
    """What an alert is about; the value stands in the tab Outbox."""

    FULFILLED = "fulfilled"
    DELIVERED = "delivered"
    FAILED = "failed"
    SKIPPED = "skipped"
    BY_HAND = "by hand"
    RELEASED = "released"
    IMPORTED = "imported"
    LOW_STOCK = "low stock"
    OUT_OF_STOCK = "out of stock"
    UNDELIVERED = "undelivered"
    REFUND = "refund"
    RECONCILED = "reconciled"
    STOCK_TROUBLE = "stock trouble"
    UNMARKED = "not marked"
    SYSTEM_ERROR = "system error"
    SERVED = "served"
    ENDED = "ended"
    """The matter of another alert is over: its message is changed."""
    HOOK_TROUBLE = "hook trouble"


COLUMNS = ("Order", "Customer", "Products", "Keys", "Mail", "Short of", "Pool", "Free", "Imported", "Refused", "By")
"""Lines that begin with one of these and a colon are facts of a few words, shown in columns where there is room."""


class Link(NamedTuple):
    """An address, and what people read in its place."""

    text: str
    url: str


class Alert(NamedTuple):
    """One message. `text` says it all in one line; `about` is an order or a pool.

    `title` opens it with its sign, `lines` are the details, `footer` is small print (whom to ask, the request's id).
    """

    kind: AlertKind
    about: str
    title: str
    text: str
    lines: tuple[str, ...] = ()
    footer: str = ""
    links: tuple[Link, ...] = ()
    """Where it leads; made when it is sent, and not stored."""


_STORED = ("title", "text", "lines", "footer")
"""What stands in the body of its row; kind and order have columns of their own."""


def write_alert(alert: Alert) -> str:
    """Return the alert as it stands in the column `body` of the Outbox."""
    return json.dumps({name: getattr(alert, name) for name in _STORED}, ensure_ascii=False)


def read_alert(kind: str, about: str, body: str) -> Alert:
    """Return the alert back from its row, also of earlier versions, which wrote a list.

    Raises `ValueError`, `TypeError` or `KeyError`.
    """
    content = json.loads(body)
    title, text, lines, footer = [content[name] for name in _STORED] if isinstance(content, dict) else content
    return Alert(AlertKind(kind), about, title, text, tuple(lines), footer)


def make_alert(
    kind: AlertKind,
    about: str,
    title: str,
    message: str,
    lines: Iterable[str],
    footer: str,
    *,
    max_text: int = MAX_TEXT,
) -> Alert:
    """Return an alert whose `text` is the title and the message.

    Each part is cut so that all of it fits into its row.
    """
    text = f"{title}: {message}" if message else title
    cut = tuple(listed((short(line, MAX_LINE) for line in lines), MAX_LINES))
    return Alert(kind, about, title, short(text, max_text), cut, short(footer, MAX_LINE))


def small_print(request_id: str) -> str:
    """Return the footer of what needs no help."""
    return f"request {request_id}" if request_id else ""


def ask_for_help(support_contact: str, request_id: str) -> str:
    """Return the footer of what people should escalate: whom to ask, and the request's id."""
    contact = f"Ask {support_contact}" if support_contact else "Ask whoever looks after the system"
    return f"{contact} and name the request {request_id}" if request_id else contact


def backorder_lines(served: Sequence[str], reopened: Sequence[str], *, is_off: bool) -> list[str]:
    """Report that orders which waited were filled, or can be.

    They can be now, or once the mode is another than OFF.
    """
    lines = []
    if served:
        lines.append(f"{count(len(served), 'waiting order')} filled, mailed by the keys hook: {names(served)}")
    if reopened:
        when = "once the mode is LIVE or TEST" if is_off else "now, re-run the Zap"
        lines.append(f"{count(len(reopened), 'waiting order')} can be filled {when}: {names(reopened)}")
    return lines


def by_lines(who: str) -> list[str]:
    """Who pressed the button."""
    return [f"By: {short(who)}"] if who else []
