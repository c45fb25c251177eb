"""How many of each product can be sold: free seats, and what each product takes. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from npta.domain.state.entitlements import Pool
from npta.domain.state.state import State
from npta.domain.state.stock import Product, Stock
from npta.tables import Fulfillment


def keyless_entitlements(product: Product | None, state: State, region: str) -> list[str]:
    """Entitlements for whose pool no key was ever imported."""
    if not product or product.fulfillment is Fulfillment.EXTERNAL:
        return []
    return [
        str(entitlement)
        for entitlement in dict.fromkeys(product.entitlements)
        if entitlement.pool(region) not in state.pools
    ]


def available(product: Product | None, state: State, region: str) -> int | None:
    """Return how many can be sold, without seats owed to unfilled orders; None for EXTERNAL."""
    if product is None:
        return 0
    if product.fulfillment is Fulfillment.EXTERNAL:
        return None
    needs = _needs(product, region)
    return _sellable(needs, {pool: _free(state, pool) for pool in needs})


class Supply(NamedTuple):
    """What there is to sell: seats by pool, neither taken nor owed, and what each product takes."""

    free: Mapping[Pool, int]
    needs: Mapping[str, Mapping[Pool, int]]

    def takes(self, sku: str, units: int) -> dict[Pool, int]:
        """Return the seats that so many of a product take; none unless the system serves it."""
        return {pool: count * units for pool, count in self.needs.get(sku, {}).items()}

    def levels(self, promised: Mapping[Pool, int] = MappingProxyType({})) -> dict[str, int]:
        """How many of each product can be sold, if these seats are sold already."""
        free = {pool: seats - promised.get(pool, 0) for pool, seats in self.free.items()} if promised else self.free
        return {sku: _sellable(needs, free) for sku, needs in self.needs.items()}


def supply(state: State, region: str) -> Supply:
    """Return what there is to sell of every published AUTO product."""
    products = [found for found in state.products.values() if found and found.fulfillment is not Fulfillment.EXTERNAL]
    needs = {product.sku: _needs(product, region) for product in products}
    pools = {pool for taken in needs.values() for pool in taken}
    return Supply({pool: _free(state, pool) for pool in pools}, needs)


def _needs(product: Product, region: str) -> Counter[Pool]:
    return Counter(entitlement.pool(region) for entitlement in product.entitlements)


def _free(state: State, pool: Pool) -> int:
    return state.pools.get(pool, Stock()).available - state.debts.get(pool, 0)


def _sellable(needs: Mapping[Pool, int], free: Mapping[Pool, int]) -> int:
    return max(0, min((free[pool] // count for pool, count in needs.items()), default=0))


def sellable(state: State, region: str) -> dict[str, int]:
    """How many of each published AUTO product can be sold, by SKU."""
    return supply(state, region).levels()
