"""What the ledgers say, folded: keys and pools, orders and holdings, the catalogue.

This is the whole truth the service works from; it is made from the ledgers alone, so losing it loses nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from npta.domain.state.entitlements import Entitlement, Pool, parse_entitlements
from npta.domain.state.layered_values import Count, OrderQueue
from npta.domain.state.order_ids import order_id_key, order_name_key
from npta.domain.state.order_record import NO_REFUNDS, TAKEN_BACK, OrderRecord, Status, record_after
from npta.domain.state.outbox_messages import OutboxProjection
from npta.domain.state.refunds import Refunds
from npta.domain.state.text import canonical
from npta.tables import Fulfillment, ImportHistory, KeyEvent, KeyLedger, LiveCatalogue, OrderEvent, Orders, Outbox
from sheets_schema import Ledger, Overlay, overlay

LISTED = 1_000
"""Settled orders in Order List, besides those that wait."""


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


_NO_STOCK = Stock()


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


@dataclass
class State(OutboxProjection):
    """Everything the service knows, by what it is looked up with."""

    keys: Overlay[str, StockKey] = overlay()
    positions: Overlay[tuple[Pool, int], str] = overlay()
    codes: Overlay[tuple[str, str], str] = overlay()
    pools: Overlay[Pool, Stock] = overlay()
    holdings: Overlay[str, tuple[Holding, ...]] = overlay()
    orders: Overlay[str, OrderRecord] = overlay()
    order_names: Overlay[str, tuple[str, ...]] = overlay()
    padded_ids: Overlay[str, str] = overlay()
    arrivals: Overlay[str, int] = overlay()
    """By order id, how many orders had arrived (have a receipt, or are closed) before this one did."""
    arrived: Count = field(default_factory=Count)
    """How many orders have arrived."""
    unseen: Overlay[str, OrderRecord] = overlay()
    """Orders of which only a refund or a cancellation was heard: they count as never seen."""
    waiting: OrderQueue = field(default_factory=OrderQueue)
    by_hand: OrderQueue = field(default_factory=OrderQueue)
    to_give_back: OrderQueue = field(default_factory=OrderQueue)
    debts: Overlay[Pool, int] = overlay()
    products: Overlay[str, Product | None] = overlay()
    assigned_on: Overlay[tuple[Pool, str], int] = overlay()
    failures_in_a_row: Count = field(default_factory=Count)
    """Orders that have failed since the last one that was fulfilled."""
    list_places: Overlay[str, int | None] = overlay()
    """By order id, its place in Order List; None if it had one."""
    listed: Overlay[int, str] = overlay()
    """By place in Order List, the order that stands there."""
    list_length: Count = field(default_factory=Count)
    settled: OrderQueue = field(default_factory=OrderQueue)
    """Listed orders that wait for nothing, the one that was longest left alone first."""
    mails: OrderQueue = field(default_factory=OrderQueue)
    mail_positions: Overlay[str, int] = overlay()
    mail_count: Count = field(default_factory=Count)

    def __repr__(self) -> str:
        return f"State({len(self.keys)} keys, {len(self.orders)} orders, {len(self.products)} products)"

    def apply(self, row: Ledger) -> None:
        """Take one fact in."""
        if take := _TAKE.get(type(row)):
            take(self, row)

    def queue(self, pool: Pool) -> Iterator[StockKey]:
        """Yield the pool's keys from the first that may have a free seat, in import order."""
        stock = self.pools.get(pool, _NO_STOCK)
        return (self.keys[self.positions[pool, position]] for position in range(stock.first_open, stock.keys))

    def available(self, pool: Pool) -> int:
        """Free seats of a pool."""
        return self.pools.get(pool, _NO_STOCK).available

    def order_id(self, wanted: str) -> str:
        """Return the id an order is kept under: old rows may have zeros in front of it."""
        return wanted if wanted in self.orders else self.padded_ids.get(wanted, wanted)

    def has_arrived(self, order_id: str, before: int | None = None) -> bool:
        """Whether an order has a receipt or is closed; `before`: by when so many had `arrived`."""
        number = self.arrivals.get(self.order_id(order_id))
        return number is not None and (before is None or number < before)

    def retired_keys(self, order_id: str) -> tuple[str, ...]:
        """Ids of the retired keys that an order still holds."""
        held = dict.fromkeys(holding.key_id for holding in self.holdings.get(order_id, ()))
        return tuple(key_id for key_id in held if self.keys[key_id].retired)

    def bearers(self, name: str) -> tuple[str, ...]:
        """Return the ids of the orders that have this name now, the first seen first."""
        return self.order_names.get(order_name_key(name), ())

    def waiting_orders(self) -> Iterator[OrderRecord]:
        """Failed orders, in the order in which they failed."""
        return (self.orders[order_id] for order_id in self.waiting.ids())

    def by_hand_orders(self) -> Iterator[OrderRecord]:
        """Orders that came in while the mode was OFF, oldest first."""
        return (self.orders[order_id] for order_id in self.by_hand.ids())

    def undelivered(self, position: int = 0) -> Iterator[tuple[int, OrderRecord]]:
        """Yield orders whose mail is unconfirmed, oldest first, from a position on.

        An order gets a position, counted from the first one ever, whenever a mail of it becomes due.
        """
        for order_id in self.mails.ids():
            if (here := self.mail_positions[order_id]) >= position:
                yield here, self.orders[order_id]

    def orders_to_give_back(self) -> Iterator[OrderRecord]:
        """Orders that hold keys of what was refunded, oldest refund first."""
        return (self.orders[order_id] for order_id in self.to_give_back.ids())

    def refunds_of(self, order_id: str) -> Refunds:
        """Return what the shop took back from an order, seen or not."""
        record = self.orders.get(order_id) or self.unseen.get(order_id)
        return record.refunds if record else NO_REFUNDS

    def _imported(self, row: ImportHistory) -> None:
        pool = Pool(row.region, row.provider, row.product_code, row.component)
        stock = self.pools.get(pool, _NO_STOCK)
        self.keys[row.key_id] = StockKey(row.key_id, pool, row.keycode, row.seats, stock.keys)
        self.positions[pool, stock.keys] = row.key_id
        self.codes[row.provider, canonical(row.keycode)] = row.key_id
        self.pools[pool] = Stock(
            stock.total + row.seats, stock.used, stock.quarantined, stock.keys + 1, stock.first_open
        )

    def _seats(self, row: KeyLedger) -> None:
        key = self.keys[row.key_id]
        seats, used, quarantined, retired = key.seats, key.used, key.quarantined, key.retired
        match row.event:
            case KeyEvent.ASSIGNED:
                used += row.seats
                day = (key.pool, row.at[:DAY])
                self.assigned_on[day] = self.assigned_on.get(day, 0) + row.seats
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

    def _order(self, row: Orders) -> None:
        before = self.orders.get(row.order_id)
        known = before or self.unseen.get(row.order_id) or OrderRecord(row.order_id)
        after = record_after(known, row)
        if before is None and row.event in TAKEN_BACK:
            self.unseen[row.order_id] = after
            return
        self.orders[row.order_id] = after
        if after.order_name != (before.order_name if before else ""):
            self._rename(row.order_id, before.order_name if before else "", after.order_name)
        if not before and row.order_id[:1] == "0":
            self.padded_ids.setdefault(order_id_key(row.order_id), row.order_id)
        arrives = row.lines and row.event is not OrderEvent.MALFORMED
        if (arrives or row.event is OrderEvent.CLOSED) and row.order_id not in self.arrivals:
            self.arrivals[row.order_id] = self.arrived.add()
        self.waiting.put(row.order_id, there=after.waits)
        self.by_hand.put(row.order_id, there=after.status is _OFF and not after.refusal)
        self.to_give_back.put(row.order_id, there=after.status is not _CLOSED and bool(after.to_give_back))
        if row.event in _FAILURES and not (after.refusal or after.withheld):
            self.failures_in_a_row.add()
        elif row.event is OrderEvent.FULFILLED and self.failures_in_a_row.value:
            self.failures_in_a_row.reset()
        self._list(after)
        self._mail(after, was_due=before is not None and before.mail_is_due)
        self._owe(after, 1)
        if before:
            self._owe(before, -1)

    def _list(self, record: OrderRecord) -> None:
        """Give an order its place in Order List, if it has none: that of the settled one which was longest left alone."""
        order_id = record.order_id
        if self.list_places.get(order_id) is None:
            place = None
            if self.settled.size >= LISTED:
                oldest = next(self.settled.ids())
                place = self.list_places[oldest]
                self.list_places[oldest] = None
                self.settled.put(oldest, there=False)
            if place is None:
                place = self.list_length.add()
            self.list_places[order_id], self.listed[place] = place, order_id
        self.settled.put(order_id, there=False)
        if record.status is not _FAILED and record.status is not _OFF:
            self.settled.put(order_id, there=True)

    def _rename(self, order_id: str, before: str, after: str) -> None:
        """Keep the newest name of an order only: who types the old one may mean another."""
        old, new = order_name_key(before), order_name_key(after)
        if old in self.order_names:
            self.order_names[old] = tuple(known for known in self.order_names[old] if known != order_id)
        if new:
            self.order_names[new] = (*self.order_names.get(new, ()), order_id)

    def _owe(self, record: OrderRecord, sign: int) -> None:
        """Add what a failed order waits for to the sums by pool, or take it away."""
        for pool, seats in record.debt().items():
            self.debts[pool] = self.debts.get(pool, 0) + sign * seats

    def _mail(self, record: OrderRecord, *, was_due: bool) -> None:
        due = record.mail_is_due
        if due == was_due:
            return
        self.mails.put(record.order_id, there=due)
        if due:
            self.mail_positions[record.order_id] = self.mail_count.add()

    def _published(self, row: LiveCatalogue) -> None:
        sku, product = canonical(row.sku), None
        if row.fulfillment:
            product = Product(sku, parse_entitlements(row.entitlements), Fulfillment(row.fulfillment))
        self.products[sku] = product


_TAKE: dict[type[Ledger], Callable[[State, Any], None]] = {
    ImportHistory: State._imported,  # noqa: SLF001 — State's own, below it
    KeyLedger: State._seats,  # noqa: SLF001
    Orders: State._order,  # noqa: SLF001
    LiveCatalogue: State._published,  # noqa: SLF001
    Outbox: State.record,
}

# Named here, since looking a member up in its enumeration is dear when it is done for every row of a long past.
_OFF, _CLOSED, _FAILED = Status.OFF, Status.CLOSED, Status.FAILED
_FAILURES = (OrderEvent.FAILED, OrderEvent.REFUSED)
DAY = len("2026-11-23")
