"""Keys and their seats, folded. Pure.

Pools with their queues, who holds what, and how quickly seats go.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from npta.domain.state.archived_order import UNREADABLE, read_carried_seats, unreadable, unreadable_opening
from npta.domain.state.entitlements import Pool
from npta.domain.state.normalized_text import canonical
from npta.domain.state.order_openings import read_balances
from npta.domain.state.stock import Holding, Stock, StockKey
from npta.domain.state.times import DAY, moment, utc_text
from npta.tables import ImportHistory, KeyEvent, KeyLedger
from sheets_schema import Overlay, Projection, overlay

_NO_STOCK = Stock()
_CARRIED = KeyEvent.CARRIED


@dataclass
class SeatsProjection(Projection):
    """What Import History and Key Ledger say."""

    keys: Overlay[str, StockKey] = overlay()
    positions: Overlay[tuple[Pool, int], str] = overlay()
    codes: Overlay[tuple[str, str], str] = overlay()
    pools: Overlay[Pool, Stock] = overlay()
    holdings: Overlay[str, tuple[Holding, ...]] = overlay()
    assigned_on: Overlay[tuple[Pool, str], int] = overlay()
    last_assigned: Overlay[Pool, str] = overlay()
    """By pool, the last day on which seats of it were assigned."""

    def queue(self, pool: Pool) -> Iterator[StockKey]:
        """Yield the pool's keys from the first that may have a free seat, in import order."""
        stock = self.pools.get(pool, _NO_STOCK)
        return (self.keys[self.positions[pool, position]] for position in range(stock.first_open, stock.keys))

    def available(self, pool: Pool) -> int:
        """Free seats of a pool."""
        return self.pools.get(pool, _NO_STOCK).available

    def take_import(self, row: ImportHistory) -> None:
        """Take in a new key, the last of its pool's queue."""
        pool = Pool(row.region, row.provider, row.product_code, row.component)
        stock = self.pools.get(pool, _NO_STOCK)
        self.keys[row.key_id] = StockKey(row.key_id, pool, row.keycode, row.seats, stock.keys)
        self.positions[pool, stock.keys] = row.key_id
        self.codes[row.provider, canonical(row.keycode)] = row.key_id
        self.pools[pool] = Stock(
            stock.total + row.seats, stock.used, stock.quarantined, stock.keys + 1, stock.first_open
        )

    def take_seats(self, row: KeyLedger) -> None:
        """Take in what happened to seats of a key.

        Raises `SchemaMismatchError` if what stands for rows that have left cannot be read.
        """
        if row.event is _CARRIED:
            try:
                if row.order_id:
                    self._carry_held(row)
                else:
                    self._carry_balances(row)
            except UNREADABLE:
                raise (unreadable(row) if row.order_id else unreadable_opening(KeyLedger)) from None
            return
        key = self.keys[row.key_id]
        seats, used, quarantined, retired = key.seats, key.used, key.quarantined, key.retired
        match row.event:
            case KeyEvent.ASSIGNED:
                used += row.seats
                day = (key.pool, row.at[:DAY])
                self.assigned_on[day] = self.assigned_on.get(day, 0) + row.seats
                if day[1] > self.last_assigned.get(key.pool, "") and (at := moment(row.at)):
                    self.last_assigned[key.pool] = utc_text(at)[:DAY]
                held = Holding(row.line_item_id, row.sku, row.entitlement, key.key_id, row.keycode, row.seats)
                self.holdings[row.order_id] = (*self.holdings.get(row.order_id, ()), held)
            case KeyEvent.RELEASED:
                used -= row.seats
                self._give_back(row)
            case KeyEvent.RETIRED:
                quarantined += row.seats
                # With an order: the seats that it gave back, into quarantine. Without one: the key itself.
                retired = retired or not row.order_id
            case KeyEvent.ADJUSTED:
                seats = row.seats
        self._set_seats(key, seats, used, quarantined, retired=retired)

    def _set_seats(self, key: StockKey, seats: int, used: int, quarantined: int, *, retired: bool) -> None:
        if retired:
            quarantined = max(0, seats - used)
        self.keys[key.key_id] = StockKey(
            key.key_id, key.pool, key.keycode, seats, key.position, used, quarantined, retired
        )
        stock = self.pools[key.pool]
        first = min(stock.first_open, key.position)
        while first < stock.keys and self.keys[self.positions[key.pool, first]].free <= 0:
            first += 1
        self.pools[key.pool] = Stock(
            stock.total + seats - key.seats,
            stock.used + used - key.used,
            stock.quarantined + quarantined - key.quarantined,
            stock.keys,
            first,
        )

    def _carry_held(self, row: KeyLedger) -> None:
        """Take in what an order holds that came back from an archive."""
        self.holdings[row.order_id] = tuple(
            Holding(line, sku, entitlement, key_id, self.keys[key_id].keycode, seats)
            for line, sku, entitlement, key_id, seats in read_carried_seats(row)
        )

    def _carry_balances(self, row: KeyLedger) -> None:
        """Go on from how the seats of each key stood when rows left."""
        balances, days = read_balances(row)
        for key_id, used, quarantined, retired, corrected in balances:
            key = self.keys[key_id]
            seats = key.seats if corrected is None else corrected
            self._set_seats(key, seats, used, quarantined, retired=retired)
        for pool, day, seats in days:
            self.assigned_on[pool, day] = self.assigned_on.get((pool, day), 0) + seats
            if day > self.last_assigned.get(pool, ""):
                self.last_assigned[pool] = day

    def _give_back(self, row: KeyLedger) -> None:
        """Take released seats from what the order holds, newest first."""
        left, kept = row.seats, []
        for held in reversed(self.holdings.get(row.order_id, ())):
            same = (held.key_id, held.line_item_id, held.entitlement) == (row.key_id, row.line_item_id, row.entitlement)
            given = min(left, held.seats) if same else 0
            left -= given
            if held.seats > given:
                kept.append(held._replace(seats=held.seats - given))
        self.holdings[row.order_id] = tuple(reversed(kept))
