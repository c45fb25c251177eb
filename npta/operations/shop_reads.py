"""What Shopify shows, as pushes of stock and the reports need it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple

from npta.clients.shopify.client import OrderHead, Shopify, ShopOrderLine, ShopVariant
from npta.domain.reports.reconciliation import Cancelled, Shelf
from npta.domain.state.times import utc_text
from npta.domain.stock.sales import PATIENCE, Sale
from npta.operations.commit import commit
from npta.operations.outbox.outbox import awaited
from npta.services import Services
from sheets_schema import Deadline


class OnTheWay(NamedTuple):
    """Paid orders that have not arrived here. `complete`: there are no others of the last hours."""

    sales: tuple[Sale, ...]
    complete: bool


def shelves(variants: Iterable[ShopVariant]) -> list[Shelf]:
    """The variants with their stock."""
    return [Shelf(each.sku, each.sellable, each.tracked, each.available) for each in variants]


def sale(order: OrderHead, lines: Iterable[ShopOrderLine] = ()) -> Sale:
    """An order of the shop; what of its lines is refunded or fulfilled is not to be served any more."""
    units = tuple((line.sku, min(line.current_quantity, line.unfulfilled)) for line in lines if line.sku)
    return Sale(order.order_id, order.name, order.created_at, order.paid, order.test, units)


def cancelled_order(order: OrderHead) -> Cancelled:
    """An order that was cancelled."""
    return Cancelled(order.order_id, order.name, order.cancelled_at)


def coming_orders(services: Services, shop: Shopify, deadline: Deadline) -> tuple[Sale, ...]:
    """Read which paid orders of the last hours have not arrived here. Raises `ShopError`, and what `Spreadsheet.run` raises."""
    awaits = commit(services, awaited, operation="look", who="", deadline=deadline)
    return on_the_way(shop, awaits, services.clock.now(), deadline).sales


def on_the_way(shop: Shopify, awaits: Callable[[Sale], bool], now: datetime, deadline: Deadline) -> OnTheWay:
    """Read which paid orders of the last hours are still to come here. Raises `ShopError`."""
    changed = shop.changed_since(utc_text(now - PATIENCE), deadline)
    coming = [each for each in changed.orders if awaits(sale(each))]
    lines = shop.lines_of([each.order_id for each in coming], deadline)
    return OnTheWay(tuple(sale(each, lines.get(each.order_id, ())) for each in coming), changed.complete)
