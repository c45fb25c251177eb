"""First in, first out: which keys serve what is owed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from npta.domain.state.entitlements import Pool
from npta.domain.state.receipts import Owed
from npta.domain.state.stock import Holding, StockKey


class AssignedSeats(NamedTuple):
    """Seats of one key for one thing owed."""

    owed: Owed
    key: StockKey
    seats: int

    @property
    def holding(self) -> Holding:
        """Return the holding of an order that these seats are assigned to."""
        owed, key = self.owed, self.key
        return Holding(owed.line_item_id, owed.sku, str(owed.entitlement), key.key_id, key.keycode, self.seats)


class Shortage(NamedTuple):
    """A pool that cannot serve all that is needed of it."""

    pool: Pool
    needed: int
    available: int


def assign(
    missing: Sequence[Owed],
    region: str,
    queue: Callable[[Pool], Iterable[StockKey]],
    chosen: Sequence[AssignedSeats] = (),
) -> tuple[list[AssignedSeats], list[Shortage]]:
    """Serve everything that is missing, or name every pool that falls short and take nothing.

    `queue` gives a pool's keys, first imported first. A key is used up to its last seat before the next is begun.
    `chosen` seats are taken besides, out of turn.
    """
    taken = list(chosen)
    used: Counter[str] = Counter()
    for seats_chosen in chosen:
        used[seats_chosen.key.key_id] += seats_chosen.seats
    needed: Counter[Pool] = Counter()
    found: Counter[Pool] = Counter()
    for owed in missing:
        pool = owed.entitlement.pool(region)
        needed[pool] += owed.seats
        left = owed.seats
        for key in queue(pool):
            seats = min(left, key.free - used[key.key_id])
            if seats > 0:
                taken.append(AssignedSeats(owed, key, seats))
                used[key.key_id] += seats
                found[pool] += seats
                left -= seats
            if not left:
                break
    short = [Shortage(pool, count, found[pool]) for pool, count in needed.items() if found[pool] < count]
    return ([], short) if short else (taken, [])
