"""Alerts about stock and imports. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from npta.domain.state.alert import (
    OUT_OF_STOCK_TITLE,
    Alert,
    AlertKind,
    ask_for_help,
    backorder_lines,
    by_lines,
    make_alert,
    small_print,
)
from npta.domain.state.entitlements import Pool
from npta.domain.state.wording import count, listed, names, sku_name


def imported_alert(
    *,
    imported: int,
    duplicates: int,
    rejected: int,
    is_off: bool,
    pools: Iterable[tuple[Pool | str, int]] = (),
    served_orders: Sequence[str] = (),
    reopened_orders: Sequence[str] = (),
    who: str = "",
    request_id: str = "",
) -> Alert:
    """Make the alert of an import; `pools` are those that rose, with the seats they gained."""
    refused = duplicates + rejected
    lines = [
        f"Imported: {count(imported, 'key')}",
        *listed(f"{pool}: {'+' * (seats > 0)}{count(seats, 'seat')}" for pool, seats in pools),
        *backorder_lines(served_orders, reopened_orders, is_off=is_off),
    ]
    if refused:
        lines += [
            f"Refused: {count(refused, 'row')} ({count(duplicates, 'duplicate')}, {rejected} rejected)",
            "Refused rows stand in Import Keys again, each with its reason in the column “problem”.",
        ]
    message = f"{count(imported, 'key')} imported, {count(refused, 'row')} refused"
    title = "📥 Keys Imported" if imported else "📥 No Key Imported"
    return make_alert(AlertKind.IMPORTED, "import", title, message, [*lines, *by_lines(who)], small_print(request_id))


def low_stock_alert(
    pool: Pool | str, available: int, threshold: int, days_left: int | None, *, request_id: str = ""
) -> Alert:
    """Make the alert of a pool below its threshold, or empty, which is a kind of its own.

    `days_left`: how long the rest lasts; None if nothing was used lately.
    """
    kind, title = AlertKind.LOW_STOCK, "⚠️ Low Stock"
    if available <= 0:
        kind, title = AlertKind.OUT_OF_STOCK, OUT_OF_STOCK_TITLE
        lasts = "Orders that need it fail until keys are imported."
    elif days_left is None:
        lasts = "None was used in the last 30 days."
    else:
        lasts = f"By the use of the last 30 days the rest lasts {count(days_left, 'day', none='less than a day')}."
    lines = [
        f"Pool: {pool}",
        f"Free: {count(available, 'seat')} (alert below {threshold})",
        lasts,
        "Next step: obtain keys from the provider, paste them into Import Keys, press Import Keys.",
    ]
    message = f"{pool}, {count(available, 'seat')} free. {lasts}"
    return make_alert(kind, str(pool), title, message, lines, small_print(request_id))


def stock_trouble_alert(failed: Sequence[tuple[str, str]], *, support_contact: str = "", request_id: str = "") -> Alert:
    """Make the alert of products whose stock Shopify does not take: (SKU, what Shopify says)."""
    skus = names(sku_name(sku) for sku, _ in failed) or "any product"
    lines = [
        "Shopify shows another stock than the sheet, for:",
        *listed(f"• {sku_name(sku)}: {why}" for sku, why in failed),
        "Next step: fix the cause that Shopify gives, then press Refresh Inventory. Orders are served all the same.",
    ]
    message = f"Shopify did not take the stock of {skus}"
    footer = ask_for_help(support_contact, request_id)
    return make_alert(AlertKind.STOCK_TROUBLE, "stock", "🚨 Stock Not Pushed to Shopify", message, lines, footer)
