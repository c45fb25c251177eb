"""What the ledgers say, folded: keys and pools, orders and holdings, the catalogue.

This is the whole truth the service works from; it is made from the ledgers alone, so losing it loses nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, cast

from npta.domain.state.archive_index import ArchiveIndexProjection
from npta.domain.state.archived_order import UNREADABLE, read_carried_order, unreadable_opening
from npta.domain.state.counters_and_queues import OrderQueue
from npta.domain.state.entitlements import Pool, parse_entitlements
from npta.domain.state.normalized_text import canonical
from npta.domain.state.order_changes import record_after
from npta.domain.state.order_ids import order_id_key, order_name_key
from npta.domain.state.order_positions import NO_ORDER, REMINDED, OrderPositionsProjection
from npta.domain.state.order_record import MAIL_DUE, NO_REFUNDS, TAKEN_BACK, Event, OrderRecord, Status
from npta.domain.state.outbox_messages import OutboxProjection
from npta.domain.state.outbox_opening import outbox_opening
from npta.domain.state.refunds import Refunds
from npta.domain.state.seats import SeatsProjection
from npta.domain.state.stock import Holding, Product
from npta.errors import DamagedError
from npta.tables import (
    ArchiveIndex,
    Fulfillment,
    ImportHistory,
    KeyLedger,
    LiveCatalogue,
    OrderEvent,
    Orders,
    Outbox,
    ShopSnapshot,
)
from sheets_schema import Ledger, Overlay, overlay


@dataclass
class State(OutboxProjection, ArchiveIndexProjection, OrderPositionsProjection, SeatsProjection):
    """Everything the service knows, by what it is looked up with."""

    orders: Overlay[str, OrderRecord] = overlay()
    order_names: Overlay[str, tuple[str, ...]] = overlay()
    padded_ids: Overlay[str, str] = overlay()
    unseen: Overlay[str, OrderRecord] = overlay()
    """Orders of which only a refund or a cancellation has come: they count as never seen."""
    waiting: OrderQueue = field(default_factory=OrderQueue)
    by_hand: OrderQueue = field(default_factory=OrderQueue)
    to_give_back: OrderQueue = field(default_factory=OrderQueue)
    debts: Overlay[Pool, int] = overlay()
    products: Overlay[str, Product | None] = overlay()
    sold_through: Overlay[Pool, tuple[str, ...]] = overlay()
    """By pool, without its region, the SKUs of published products that take seats of it."""

    def __repr__(self) -> str:
        return f"State({len(self.keys)} keys, {len(self.orders)} orders, {len(self.products)} products)"

    def apply(self, row: Ledger) -> None:
        """Fold one row of a ledger."""
        if take := _TAKE.get(type(row)):
            take(self, row)

    def opening(self, ledger: type[Ledger], rows: Sequence[Ledger]) -> Iterable[Ledger]:
        """Return what stands for the first rows of a ledger once they have left the sheet."""
        if ledger is Outbox:
            return outbox_opening(self, cast("Sequence[Outbox]", rows))
        if ledger is ShopSnapshot:
            return ()  # nothing hangs on it
        return super().opening(ledger, rows)

    def order_id(self, wanted: str) -> str:
        """Return the id an order is kept under: old rows may have zeros in front of it.

        Raises `ArchiveReadRequired` if the order stands in an archive, `DamagedError` if nobody can know that.
        """
        known = self.kept_id(wanted)
        self.require([self.archived(known)])
        return known

    def kept_id(self, wanted: str) -> str:
        """Return the id an order is kept under, wherever it stands."""
        return wanted if wanted in self.orders else self.padded_ids.get(wanted, wanted)

    def orders_here(self) -> Iterator[OrderRecord]:
        """Yield the orders of the sheet, the first seen first."""
        return (record for order_id, record in self.orders.items() if not self.has_left(order_id))

    def back_from(self, order_id: str) -> int:
        """Return the last portion that had left when an order was known to be here.

        The portions of before this process began have left before anything was read: what is known is in the sheet.
        """
        here = order_id in self.orders or order_id in self.unseen
        return max(super().back_from(order_id), (self.portions_named.value or 0) if here else 0)

    def has_arrived(self, order_id: str, before: int | None = None) -> bool:
        """Whether an order has a receipt or is closed; `before`: by when so many had `arrived`."""
        known = self.kept_id(order_id)
        if at := self.archived_if_known(known):
            return at.order.seen
        number = self.arrivals.get(known)
        return number is not None and (before is None or number < before)

    def retired_keys(self, order_id: str) -> tuple[str, ...]:
        """Ids of the retired keys that an order still holds."""
        held = dict.fromkeys(holding.key_id for holding in self.holdings.get(order_id, ()))
        return tuple(key_id for key_id in held if self.keys[key_id].retired)

    def bearers(self, name: str) -> tuple[str, ...]:
        """Return the ids of the orders that have this name now, those in archives last."""
        here = (order_id for order_id in self.order_names.get(order_name_key(name), ()) if not self.has_left(order_id))
        return (*here, *(at.order.order_id for at in self.archived_called(name)))

    def holders_of(self, key_id: str) -> list[tuple[str, Holding]]:
        """Return who holds seats of a key, the order that was seen first coming first.

        Raises `ArchiveReadRequired` for holders that stand in archives.
        """
        self.require([*self.archived_holders(key_id)])
        found = [
            (order_id, held)
            for order_id, holdings in self.holdings.items()
            for held in holdings
            if held.key_id == key_id
        ]
        return sorted(found, key=lambda holder: self._seen_at(holder[0]))

    def _seen_at(self, order_id: str) -> str:
        record = self.orders.get(order_id)
        return record.events[0].at if record else ""

    def waiting_orders(self) -> Iterator[OrderRecord]:
        """Failed orders, in the order in which they failed."""
        return (self.orders[order_id] for order_id in self.waiting.ids())

    def by_hand_orders(self) -> Iterator[OrderRecord]:
        """Orders that came in while the mode was OFF, oldest first."""
        return (self.orders[order_id] for order_id in self.by_hand.ids())

    def undelivered(self, position: int = REMINDED) -> Iterator[tuple[int, OrderRecord]]:
        """Yield orders whose mail is unconfirmed, oldest first, from a position on.

        An order gets a position, counted from the first one ever, whenever a mail of it becomes due. Those that have left
        for an archive are none of them.
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

    def index(self, row: ArchiveIndex) -> None:
        """Take a portion in; nobody waits any more for the mails of its orders."""
        super().index(row)
        portion = self.portions[self.portion_count.value]
        if not self.mails.size or portion.number <= (self.portions_named.value or 0):
            return  # that had left before anything was read
        with suppress(DamagedError):  # reported where one of its orders is asked for
            for order in portion.entries:
                if self.back_from(order.order_id) < portion.number:
                    self.mails.put(order.order_id, there=False)

    def _order(self, row: Orders) -> None:
        before = self.orders.get(row.order_id)
        if row.event is _CARRIED:
            self._carry_order(row, before)
            return
        known = before or self.unseen.get(row.order_id) or OrderRecord(row.order_id)
        after = record_after(known, row)
        if before is None and row.event in TAKEN_BACK:
            self.unseen[row.order_id] = after
            return
        arrives = row.lines and row.event is not OrderEvent.MALFORMED
        if (arrives or row.event is OrderEvent.CLOSED) and row.order_id not in self.arrivals:
            self.arrivals[row.order_id] = self.arrived.add()
        if row.event in _FAILURES and not (after.refusal or after.withheld):
            self.failures_in_a_row.add()
        elif row.event is OrderEvent.FULFILLED and self.failures_in_a_row.value:
            self.failures_in_a_row.reset()
        if row.event in MAIL_DUE:
            self.renew_mail(row.order_id)
        self._know(before, after)

    def _carry_order(self, row: Orders, before: OrderRecord | None) -> None:
        """Take in an order that came back, or go on from what rows that have left come to."""
        if row.order_id == NO_ORDER:
            try:
                self.portions_named.value = self.carry(row)
            except UNREADABLE:
                raise unreadable_opening(Orders) from None
            return
        try:
            portion, rows = read_carried_order(row)
        except UNREADABLE:  # nothing is decided for it, wherever it stood before
            self.revived[row.order_id] = _HERE
            events = (Event(row.at, row.event, row.status, row.reason),)
            self._know(before, OrderRecord(row.order_id, row.order_name, lines=row.lines or "?", events=events))
            return
        self.revived[row.order_id] = portion
        after = reduce(record_after, rows, OrderRecord(row.order_id))
        if all(event_row.event in TAKEN_BACK for event_row in rows):
            self.unseen[row.order_id] = after
            return
        # Before all whose number anybody has noted.
        self.arrivals[row.order_id] = -1
        self.note_mail_again(after)
        self._know(before, after)

    def _know(self, before: OrderRecord | None, after: OrderRecord) -> None:
        """Put an order's newest record in place, and wherever it is looked up."""
        order_id = after.order_id
        self.orders[order_id] = after
        if after.order_name != (before.order_name if before else ""):
            self._rename(order_id, before.order_name if before else "", after.order_name)
        if order_id[:1] == "0":
            self.padded_ids.setdefault(order_id_key(order_id), order_id)
        self.waiting.put(order_id, there=after.waits)
        self.by_hand.put(order_id, there=after.status is _OFF and not after.refusal)
        self.to_give_back.put(order_id, there=after.status is not _CLOSED and bool(after.to_give_back))
        self.list_order(after)
        self.note_mail(after)
        self._owe(after, 1)
        if before:
            self._owe(before, -1)

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

    def _published(self, row: LiveCatalogue) -> None:
        sku, product = canonical(row.sku), None
        if row.fulfillment:
            product = Product(sku, parse_entitlements(row.entitlements), Fulfillment(row.fulfillment))
        before, after = _pools_of(self.products.get(sku)), _pools_of(product)
        for pool in before - after:
            self.sold_through[pool] = tuple(other for other in self.sold_through[pool] if other != sku)
        for pool in after - before:
            self.sold_through[pool] = (*self.sold_through.get(pool, ()), sku)
        self.products[sku] = product


def _pools_of(product: Product | None) -> set[Pool]:
    """Return the pools that a product takes seats of, without their region."""
    if not product or product.fulfillment is _EXTERNAL:
        return set()
    return {entitlement.pool("") for entitlement in product.entitlements}


_TAKE: dict[type[Ledger], Callable[[State, Any], None]] = {
    ImportHistory: State.take_import,
    KeyLedger: State.take_seats,
    Orders: State._order,  # noqa: SLF001 — State's own, below it
    LiveCatalogue: State._published,  # noqa: SLF001
    Outbox: State.record,
    ArchiveIndex: State.index,
}

# Named here, since looking a member up in its enumeration is dear when it is done for every row of a long past.
_OFF, _CLOSED, _FAILED = Status.OFF, Status.CLOSED, Status.FAILED
_EXTERNAL = Fulfillment.EXTERNAL
_CARRIED = OrderEvent.CARRIED
_HERE = 10**9
"""In place of a portion: more than there are."""
_FAILURES = (OrderEvent.FAILED, OrderEvent.REFUSED)
