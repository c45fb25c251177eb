"""What the shop has sold and is on its way here through Zapier. Pure.

Their seats are still free here, and Shopify shows their products as sold. Who would set the shop's stock to what is
free here would sell them again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

from npta.domain.catalogue.availability import Supply
from npta.domain.orders.eligibility import Mode
from npta.domain.state.entitlements import Pool
from npta.domain.state.times import normal_time

PATIENCE = timedelta(hours=12)
"""How long a paid order may be on its way: Zapier tries a failed step again for 10 h 35 min (documented)."""


class Sale(NamedTuple):
    """An order of the shop. `units` are by SKU what it still asks for, after refunds."""

    order_id: str
    name: str
    created_at: str
    paid: bool
    test: bool = False
    units: tuple[tuple[str, int], ...] = ()


def will_be_served(sale: Sale, mode: Mode, go_live_at: str) -> bool:
    """Whether an order will take keys here once it arrives."""
    if mode is Mode.OFF or not sale.paid or (sale.test and mode is not Mode.TEST):
        return False
    return not go_live_at or normal_time(sale.created_at) >= go_live_at


def promised(sales: Iterable[Sale], supply: Supply) -> Counter[Pool]:
    """Return the seats that these orders will take."""
    seats: Counter[Pool] = Counter()
    for sale in sales:
        for sku, units in sale.units:
            seats.update(supply.takes(sku, units))
    return seats
