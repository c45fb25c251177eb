"""What an import gives every pool: keys, seats, and products to sell them with. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from npta.domain.state.entitlements import Pool
from npta.domain.state.state import State
from npta.domain.stock.import_keys import AcceptedKey


class PoolGain(NamedTuple):
    """What one pool gains.

    `before` are its free seats without the import, before waiting orders take of them. `skus` are the published
    products that need the pool: without one, no order can get these keys.
    """

    pool: Pool
    keys: int
    seats: int
    before: int
    skus: tuple[str, ...]

    @property
    def after(self) -> int:
        """Free seats with the import."""
        return self.before + self.seats


def pool_gains(keys: Iterable[AcceptedKey], state: State) -> tuple[PoolGain, ...]:
    """Return what each pool gains by the keys that are new, in the order of the paste."""
    gains: dict[Pool, PoolGain] = {}
    for key in keys:
        pool = Pool(key.region, key.provider, key.product_code, key.component)
        gain = gains.get(pool) or PoolGain(pool, 0, 0, state.available(pool), products_of(pool, state))
        gains[pool] = gain._replace(keys=gain.keys + 1, seats=gain.seats + key.seats)
    return tuple(gains.values())


def together(first: Iterable[PoolGain], then: Iterable[PoolGain]) -> tuple[PoolGain, ...]:
    """Return the gains of two portions of one import as one."""
    gains = {gain.pool: gain for gain in first}
    for gain in then:
        known = gains.get(gain.pool)
        gains[gain.pool] = (
            known._replace(keys=known.keys + gain.keys, seats=known.seats + gain.seats) if known else gain
        )
    return tuple(gains.values())


def products_of(pool: Pool, state: State) -> tuple[str, ...]:
    """Return the SKUs of the published products that take seats of a pool."""
    return state.sold_through.get(pool._replace(region=""), ())
