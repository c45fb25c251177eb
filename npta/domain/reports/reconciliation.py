"""What does not agree between Shopify, the sheet and the ledgers. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from npta.domain.catalogue.availability import available, supply
from npta.domain.catalogue.catalogue import CatalogueRow, read_catalogue
from npta.domain.catalogue.sync_from_shopify import ShopVariant
from npta.domain.orders.eligibility import Mode, Rules
from npta.domain.orders.recover_orders import GRACE, Opening, is_missing
from npta.domain.reports.findings import ReconciliationFinding
from npta.domain.reports.status import (
    OpenOrders,
    by_hand_orders,
    failed_orders,
    low_pools,
    orders_to_give_back,
    undelivered_orders,
)
from npta.domain.state.normalized_text import cell_text
from npta.domain.state.order_record import Status
from npta.domain.state.shop_status import OrderHead
from npta.domain.state.state import State
from npta.domain.state.times import normal_time, utc_text
from npta.domain.state.wording import count
from npta.domain.stock.sold_not_arrived import Sale, promised, will_be_served
from npta.tables import Catalogue
from sheets_schema import InputRow

RECOVER = "POST /orders/recover, which lists all such orders and, in LIVE with a keys hook, serves them"
NAMED_DAYS = 14
"""How long a cancelled order is named that keeps its keys: people may want that."""


def without_receipt(
    state: State, orders: Iterable[Sale], opening: Opening, now: datetime
) -> Iterator[ReconciliationFinding]:
    """Yield orders paid since go-live that never arrived.

    Before it and outside LIVE orders are served by hand.
    """
    until = utc_text(now - GRACE)
    for order in orders:
        created = normal_time(order.created_at)
        lost = created < until and will_be_served(order, opening.mode, opening.go_live_at)
        if opening.mode is Mode.LIVE and lost and not opening.refuses(created) and is_missing(state, order.order_id):
            detail = f"{order.name}, paid {created}: no receipt here. Replay its Zap run, or call {RECOVER}."
            yield ReconciliationFinding("paid order without a receipt", order.order_id, detail)


def cancelled_orders(state: State, orders: Iterable[OrderHead], now: datetime) -> Iterator[ReconciliationFinding]:
    """Find orders cancelled in Shopify lately that hold keys or wait for some."""
    since = utc_text(now - timedelta(days=NAMED_DAYS))
    for order in orders:
        if normal_time(order.cancelled_at) < since:
            continue
        order_id = state.order_id(order.order_id)
        record = state.orders.get(order_id)
        if record is None or record.status in (Status.RELEASED, Status.CLOSED):
            continue
        seats = sum(holding.seats for holding in state.holdings.get(order_id, ()))
        order_text = f"{order.name}, cancelled in Shopify {normal_time(order.cancelled_at)}"
        if seats:
            step = f"Release Keys gives them back; if the customer keeps them, leave it: it is named for {NAMED_DAYS} days."
            yield ReconciliationFinding(
                "cancelled order that holds keys", order_id, f"{order_text}: holds {count(seats, 'seat')}. {step}"
            )
        elif record.status is Status.FAILED:
            yield ReconciliationFinding(
                "cancelled order that waits", order_id, f"{order_text}: still waits for keys. Close it."
            )


def stock_differences(
    state: State, region: str, shelves: Sequence[ShopVariant], coming: Iterable[Sale] = ()
) -> Iterator[ReconciliationFinding]:
    """Find active AUTO variants of which Shopify shows another stock than can be sold.

    `coming` are orders of the shop that are on their way here: what they will take is sold already.
    """
    there = supply(state, region)
    sold = promised([order for order in coming if not state.has_arrived(order.order_id)], there)
    wanted = there.levels(sold)
    for shelf in shelves:
        if not shelf.sellable or shelf.sku not in wanted:
            continue
        if not shelf.tracked:
            shown = "Shopify does not count its stock"
        elif shelf.available is None:
            shown = "Shopify keeps no stock of it at the location"
        elif shelf.available != wanted[shelf.sku]:
            shown = f"Shopify shows {shelf.available}"
        else:
            continue
        less = ", orders on their way taken off" if sold else ""
        detail = f"{shown}, the sheet says {wanted[shelf.sku]}{less}. Press Refresh Inventory."
        yield ReconciliationFinding("stock differs", shelf.sku, detail)


def unfit_skus(shelves: Sequence[ShopVariant], rows: Sequence[InputRow]) -> Iterator[ReconciliationFinding]:
    """Active variants without a SKU of their own, and those that the catalogue does not know."""
    times = Counter(shelf.sku for shelf in shelves if shelf.sellable)
    known = {cell_text(row.cells.get("sku")) for row in rows}
    for sku in dict.fromkeys(shelf.sku for shelf in shelves if shelf.sellable):
        if not sku:
            number = sum(1 for shelf in shelves if shelf.sellable and not shelf.sku)
            which = count(number, "active variant")
            yield ReconciliationFinding(
                "SKU missing in Shopify", which, "Without a SKU no order gets keys for it. Set one in Shopify."
            )
        elif times[sku] > 1:
            yield ReconciliationFinding(
                "doubled SKU", sku, f"{count(times[sku], 'variant')} in Shopify have it; only one may."
            )
        elif sku not in known:
            yield ReconciliationFinding("not in the catalogue", sku, "Shopify sells it. Press Sync from Shopify.")


def catalogue_cells(rows: Sequence[InputRow], state: State, region: str) -> Iterator[ReconciliationFinding]:
    """Find rows whose `available` is not what the ledgers say, and SKUs in several rows."""
    read = read_catalogue(rows)
    times = Counter(row.sku for row in read if row.sku)
    yield from (
        ReconciliationFinding(
            "doubled SKU", sku, f"it stands in {count(number, 'row')} of {Catalogue.__table__.title}; one must go."
        )
        for sku, number in times.items()
        if number > 1
    )
    for form_row, row in zip(rows, read, strict=True):
        if row.sku and times[row.sku] == 1:
            yield from _cell(form_row, row, state, region)


def _cell(form_row: InputRow, row: CatalogueRow, state: State, region: str) -> Iterator[ReconciliationFinding]:
    wanted = available(state.products.get(row.sku), state, region)
    shown = cell_number(form_row)
    if shown != wanted:
        right = "empty" if wanted is None else wanted
        detail = f"{Catalogue.__table__.title}, row {row.number} shows {form_row.text('available') or 'nothing'}, the ledgers say {right}. Press Refresh Inventory."
        yield ReconciliationFinding("catalogue shows another number", row.sku, detail)


def cell_number(row: InputRow) -> float | None:
    """Return the number in `available`: None if empty, NaN if it is text."""
    cell = row.cells.get("available")
    if cell is None or cell == "":
        return None
    return float(cell) if isinstance(cell, int | float) and not isinstance(cell, bool) else float("nan")


def open_orders(state: State, rules: Rules, now: datetime, minutes: int) -> Iterator[ReconciliationFinding]:
    """Find orders that failed, are by hand, hold refunded keys, or miss a confirmation."""
    before = utc_text(now - timedelta(minutes=minutes))
    yield from _listed_orders("failed order", failed_orders(state, rules))
    yield from _listed_orders("order to be served by hand", by_hand_orders(state))
    yield from _listed_orders("refunded, keys not released", orders_to_give_back(state))
    yield from _listed_orders("mail not confirmed", undelivered_orders(state, before))


def _listed_orders(kind: str, orders: OpenOrders) -> Iterator[ReconciliationFinding]:
    for order in orders.first:
        parts = (order.order_name, order.customer_name, f"since {order.since}", order.reason)
        yield ReconciliationFinding(kind, order.order_id, " · ".join(part for part in parts if part))
    if more := orders.total - len(orders.first):
        yield ReconciliationFinding(kind, f"and {more} more", "see Attention")


def short_pools(state: State, threshold: int, at: str) -> Iterator[ReconciliationFinding]:
    """Pools below the threshold."""
    for low in low_pools(state, threshold, at):
        days = count(low.days_left or 0, "day", none="less than a day")
        about = f", for about {days}" if low.days_left else f", for {days}"
        lasts = about if low.days_left is not None and low.available > 0 else ""
        yield ReconciliationFinding("low stock", low.pool, f"{low.available} free{lasts} (threshold {low.threshold})")
