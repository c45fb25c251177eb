"""Key Inventory: the stock by pool, and how long it will last. Pure."""

from __future__ import annotations

from npta.domain.state.state import State
from npta.domain.state.times import DAY, moment, utc_text
from npta.domain.state.wording import listed, short
from npta.domain.stock.low_stock import days_left, is_low
from npta.domain.stock.pool_gains import products_of
from npta.tables import KeyInventory

ENOUGH, LOW, OUT = "enough", "low", "out of stock"
"""What Key Inventory says of a pool's stock."""
MAX_NAMED = 20
"""SKUs of one pool that are named."""


def key_inventory(state: State, low_stock: int = 0, refreshed_at: str = "") -> list[KeyInventory]:
    """One row a pool, sorted. available = total - used - quarantined.

    How long it lasts is as of the last refresh or, if that is later, of the last order that took of it.
    """
    rows, at = [], moment(refreshed_at)
    refreshed = utc_text(at)[:DAY] if at else ""
    for pool, stock in sorted(state.pools.items()):
        last = max(refreshed, state.last_assigned.get(pool, ""))
        row = KeyInventory(
            **pool._asdict(),
            total=stock.total,
            used=stock.used,
            quarantined=stock.quarantined,
            available=stock.available,
            stock=OUT if stock.available <= 0 else LOW if is_low(stock.available, low_stock) else ENOUGH,
            days_left=days_left(state, pool, last) if last else None,
            sold_through=", ".join(listed(map(short, products_of(pool, state)), MAX_NAMED)),
        )
        rows.append(row)
    return rows
