"""Key Inventory: stock by pool."""

from __future__ import annotations

from npta.domain.state.state import State
from npta.tables import KeyInventory


def key_inventory(state: State) -> list[KeyInventory]:
    """One row a pool, sorted. available = total - used - quarantined."""
    return [
        KeyInventory(
            region=pool.region,
            provider=pool.provider,
            product_code=pool.product_code,
            component=pool.component,
            total=stock.total,
            used=stock.used,
            quarantined=stock.quarantined,
            available=stock.available,
        )
        for pool, stock in sorted(state.pools.items())
    ]
