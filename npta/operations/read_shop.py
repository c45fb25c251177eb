"""What Shopify shows, as the reports need it."""

from __future__ import annotations

from collections.abc import Iterable

from npta.clients.shopify import OrderHead, ShopVariant
from npta.domain.reconciliation import PaidOrder, Shelf


def shelves(variants: Iterable[ShopVariant]) -> list[Shelf]:
    """The variants with their stock."""
    return [Shelf(each.sku, each.sellable, each.tracked, each.available) for each in variants]


def paid_orders(orders: Iterable[OrderHead]) -> list[PaidOrder]:
    """Paid orders of which nothing is fulfilled."""
    return [PaidOrder(*each) for each in orders]
