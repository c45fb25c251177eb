"""Keys, sums of pools, seats that orders hold, and published products, as values. Pure."""

from __future__ import annotations

from typing import NamedTuple

from npta.domain.state.entitlements import Entitlement, Pool
from npta.tables import Fulfillment


class StockKey(NamedTuple):
    """One imported key. `position` is where it stands in its pool's queue, first imported first.

    `retired` is for good: its seats that no order holds are quarantined, whatever is released or adjusted.
    """

    key_id: str
    pool: Pool
    keycode: str
    seats: int
    position: int
    used: int = 0
    quarantined: int = 0
    retired: bool = False

    @property
    def free(self) -> int:
        """Seats that can still be assigned."""
        return 0 if self.retired else self.seats - self.used - self.quarantined

    @property
    def taken(self) -> int:
        """The fewest seats that it can be adjusted to."""
        return self.used if self.retired else self.used + self.quarantined

    def __repr__(self) -> str:
        return f"Key({self.key_id}, {self.pool}, free={self.free} of {self.seats})"


class Stock(NamedTuple):
    """One pool's sums; no key before position `first_open` has a free seat."""

    total: int = 0
    used: int = 0
    quarantined: int = 0
    keys: int = 0
    first_open: int = 0

    @property
    def available(self) -> int:
        """Free seats."""
        return self.total - self.used - self.quarantined


class Holding(NamedTuple):
    """Seats of one key that an order holds for one entitlement of one line."""

    line_item_id: str
    sku: str
    entitlement: str
    key_id: str
    keycode: str
    seats: int

    def __repr__(self) -> str:
        return f"Holding({self.sku}, {self.entitlement}, {self.key_id}, seats={self.seats})"


class Product(NamedTuple):
    """A published product."""

    sku: str
    entitlements: tuple[Entitlement, ...]
    fulfillment: Fulfillment
