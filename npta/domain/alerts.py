"""Alerts: what people are told in Slack. Pure, and without a key code in any of them.

Here is the value itself, with the alerts about stock and about the system; those about orders are in `order_alerts`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from npta.domain.entitlements import Pool
from npta.domain.wording import count, listed, names, short

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


class Alert(NamedTuple):
    """One message. `about` is the order id or the pool; `text` can be searched and says it all in one line.

    `title` opens it with its sign, `lines` are the details, one a line, `footer` is small print (whom to ask, the
    request's id).
    """

    kind: AlertKind
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
    return Alert(AlertKind(kind), about, title, text, tuple(lines), footer)


def make_alert(kind: AlertKind, about: str, title: str, told: str, lines: Iterable[str], footer: str) -> Alert:
    """An alert whose `text` is the title and what is told; each part is cut so that all of it fits into its row."""
    text = f"{title}: {told}" if told else title
    cut = tuple(listed((short(line, MAX_LINE) for line in lines), MAX_LINES))
    return Alert(kind, about, title, short(text, MAX_TEXT), cut, short(footer, MAX_LINE))


def small_print(request_id: str) -> str:
    """The footer of what needs no help."""
    return f"request {request_id}" if request_id else ""


def ask_for_help(support_contact: str, request_id: str) -> str:
    """The footer of what people should escalate: whom to ask, and what they need to know."""
    contact = f"Ask {support_contact}" if support_contact else "Ask whoever looks after the system"
    return f"{contact} and name the request {request_id}" if request_id else contact


def reopened_lines(orders: Sequence[str], *, is_off: bool) -> list[str]:
    """That orders which waited can be filled: now, or once the mode is another than OFF."""
    if not orders:
        return []
    when = "once the mode is LIVE or TEST" if is_off else "now, re-run the Zap"
    return [f"{count(len(orders), 'waiting order')} can be filled {when}: {names(orders)}"]


def by_lines(who: str) -> list[str]:
    """Who pressed the button."""
    return [f"By: {short(who)}"] if who else []


def imported_alert(
    *,
    imported: int,
    duplicates: int,
    rejected: int,
    is_off: bool,
    pools: Iterable[tuple[Pool | str, int]] = (),
    reopened_orders: Sequence[str] = (),
    who: str = "",
    request_id: str = "",
) -> Alert:
    """Import Keys took in `imported` rows. `pools` are the pools that rose and by how many seats."""
    refused = duplicates + rejected
    lines = [
        f"Imported: {count(imported, 'key')}",
        *listed(f"{pool}: {seats:+d} {'seat' if seats == 1 else 'seats'}" for pool, seats in pools),
        *reopened_lines(reopened_orders, is_off=is_off),
    ]
    if refused:
        lines.append(
            f"Refused: {count(refused, 'row')} ({count(duplicates, 'duplicate')}, {rejected} rejected). "
            "They stand in Import Keys again, each with its reason in the column “problem”."
        )
    told = f"{count(imported, 'key')} imported, {count(refused, 'row')} refused"
    title = "📥 Keys Imported" if imported else "📥 No Key Imported"
    return make_alert(AlertKind.IMPORTED, "import", title, told, [*lines, *by_lines(who)], small_print(request_id))


def low_stock_alert(
    pool: Pool | str, available: int, threshold: int, days_left: int | None, *, request_id: str = ""
) -> Alert:
    """A pool has fallen below its threshold, or is empty, which is an alert of its own kind.

    `days_left`: how long the rest lasts; None if nothing was used lately.
    """
    kind, title = AlertKind.LOW_STOCK, "⚠️ Low Stock"
    if available <= 0:
        kind, title = AlertKind.OUT_OF_STOCK, OUT_OF_STOCK_TITLE
        lasts = "Orders that need it fail until keys are imported."
    elif days_left is None:
        lasts = "None was used in the last 30 days."
    else:
        lasts = f"By the use of the last 30 days the rest lasts {count(days_left, 'day')}."
    lines = [
        f"Pool: {pool}",
        f"Free: {count(available, 'seat')} (alert below {threshold})",
        lasts,
        "Next step: obtain keys from the provider, paste them into Import Keys, press Import Keys.",
    ]
    told = f"{pool}, {count(available, 'seat')} free. {lasts}"
    return make_alert(kind, str(pool), title, told, lines, small_print(request_id))


def stock_trouble_alert(failed: Sequence[tuple[str, str]], *, support_contact: str = "", request_id: str = "") -> Alert:
    """Shopify does not take the stock of some products: (SKU, what Shopify says). The sheet is right, the shop not."""
    skus = names(sku for sku, _ in failed)
    lines = [
        "Shopify shows another stock than the sheet, for:",
        *listed(f"• {short(sku)}: {why}" for sku, why in failed),
        "Next step: mend what Shopify says, then press Refresh Inventory. Orders are served all the same.",
    ]
    told = f"Shopify did not take the stock of {skus}"
    footer = ask_for_help(support_contact, request_id)
    return make_alert(AlertKind.STOCK_TROUBLE, "stock", "🚨 Stock Not Pushed to Shopify", told, lines, footer)


def reconciled_alert(findings: Sequence[tuple[str, str, str]], *, request_id: str = "") -> Alert:
    """The nightly report. A finding is what was found, on which order, SKU or pool, and the details."""
    footer = small_print(request_id)
    if not findings:
        return make_alert(
            AlertKind.RECONCILED, "reconciliation", "🌙 Reconciliation: Everything Agrees", "", (), footer
        )
    title = f"🌙 Reconciliation: {count(len(findings), 'Finding')}"
    sorts = Counter(what for what, _, _ in findings)
    lines: list[str] = []
    for sort, number in sorts.items():
        found = [(which, detail) for what, which, detail in findings if what == sort]
        lines.append(f"{sort} ({number}):")
        lines += listed(f"• {': '.join(filter(None, parts))}" for parts in found)
    told = "; ".join(f"{number} × {sort}" for sort, number in sorts.items())
    return make_alert(AlertKind.RECONCILED, "reconciliation", title, told, lines, footer)
