"""Read from the shop which paid orders have not arrived here yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple

from npta.clients.shopify.client import Shopify
from npta.clients.shopify.models import ShopOrderLine
from npta.domain.state.shop_status import OrderHead
from npta.domain.state.times import utc_text
from npta.domain.stock.sold_not_arrived import PATIENCE, Sale
from npta.operations.commit import read
from npta.operations.outbox.new_messages import awaited
from npta.services import Services
from sheets_schema import Deadline


class OnTheWay(NamedTuple):
    """Paid orders that have not arrived here. `complete`: there are no others of the last hours."""

    sales: tuple[Sale, ...]
    complete: bool


def sale(order: OrderHead, lines: Iterable[ShopOrderLine] = ()) -> Sale:
    """Return an order of the shop, with what of its lines is not refunded or fulfilled."""
    units = tuple((line.sku, min(line.current_quantity, line.unfulfilled)) for line in lines if line.sku)
    return Sale(order.order_id, order.name, order.created_at, order.paid, order.test, units)


def coming_orders(services: Services, shop: Shopify, deadline: Deadline) -> tuple[Sale, ...]:
    """Read which paid orders of the last hours have not arrived here. Raises `ShopError`."""
    awaits = read(services, awaited, deadline)
    return on_the_way(shop, awaits, services.clock.now(), deadline).sales


def on_the_way(shop: Shopify, awaits: Callable[[Sale], bool], now: datetime, deadline: Deadline) -> OnTheWay:
    """Read which paid orders of the last hours are still to come here. Raises `ShopError`."""
    changed = shop.changed_since(utc_text(now - PATIENCE), deadline)
    coming = [order for order in changed.orders if awaits(sale(order))]
    lines = shop.lines_of([order.order_id for order in coming], deadline)
    return OnTheWay(tuple(sale(order, lines.get(order.order_id, ())) for order in coming), changed.complete)
