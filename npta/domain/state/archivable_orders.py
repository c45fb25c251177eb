"""Which orders may leave the sheet for an archive, and what stands for them then. Pure.

An order may leave when it is over: nothing is owed to it or by it, its mail is confirmed (or nobody confirms mails in
this shop), no message about it is recent, and no list shows it. It leaves whole: all that is known of it stands in the
rows that leave.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from enum import StrEnum
from functools import partial
from typing import NamedTuple

from npta.domain.state.archived_order import UNREADABLE, archived_row, indexed, key_events_rows, read_carried_seats
from npta.domain.state.order_openings import is_balance, kept_orders, kept_seats, orders_opening, seats_opening
from npta.domain.state.order_record import OrderRecord, Status
from npta.domain.state.outbox_messages import Channel
from npta.domain.state.packed_orders import IndexedOrder
from npta.domain.state.state import State
from npta.domain.state.stock import Holding
from npta.tables import ArchivedOrder, KeyEvent, KeyLedger, OrderEvent, Orders

_ENDED = (Status.FULFILLED, Status.SKIPPED, Status.RELEASED, Status.CLOSED)
_TEST = "TEST"
_ALL = 10**9
ALL_CHANNELS = tuple(Channel)
Rule = Callable[[OrderRecord], bool]


class ArchivingPolicy(NamedTuple):
    """What an order must be like to leave.

    Nothing of it is of `before` or later; `channels` are those that somebody reads; `unconfirmed`: it may leave although
    nobody has confirmed its mail.
    """

    before: str
    channels: Collection[Channel] = ALL_CHANNELS
    unconfirmed: bool = False


class FirstOrders(NamedTuple):
    """The first rows of Orders in the sheet, and what stands for the `gone` ones before."""

    opening: Sequence[Orders]
    gone: int
    rows: Sequence[Orders]


class FirstSeats(NamedTuple):
    """The first rows of Key Ledger in the sheet, and what stands for the `gone` ones before."""

    opening: Sequence[KeyLedger]
    gone: int
    rows: Sequence[KeyLedger]


class ArchivableOrder(NamedTuple):
    """An order as it was when it was chosen: it leaves only if it is still so."""

    row: ArchivedOrder
    entry: IndexedOrder
    record: OrderRecord
    last_at: str
    """When its last row was written."""


class ArchivablePortion(NamedTuple):
    """Orders that leave together, how many rows of both ledgers do, and what stands for these.

    `key_events` go with them: what happened to keys apart from orders.
    """

    orders: tuple[ArchivableOrder, ...]
    key_events: tuple[ArchivedOrder, ...]
    order_rows: int
    seat_rows: int
    orders_opening: tuple[Orders, ...]
    seats_opening: tuple[KeyLedger, ...]

    @property
    def rows(self) -> list[ArchivedOrder]:
        """The portion's rows in the archive."""
        return [*(order.row for order in self.orders), *self.key_events]

    def still_may(self, state: State, policy: ArchivingPolicy) -> bool:
        """Whether none of them has changed meanwhile, so that all may still leave."""
        busy = about_pending(state, policy.channels)
        return all(
            known(state, order.row.order_id) == order.record and is_archivable(state, order.record, policy, busy)
            for order in self.orders
        )


def known(state: State, order_id: str) -> OrderRecord | None:
    """Return what is known of an order of the sheet, be it only a refund."""
    return state.orders.get(order_id) or state.unseen.get(order_id)


def about_pending(state: State, channels: Collection[Channel] = ALL_CHANNELS) -> frozenset[str]:
    """Return what pending messages, and alerts that are not over, are about.

    `channels` are those that somebody reads.
    """
    pending = {message.about for channel in channels for message in state.pending(channel)}
    aside = {message.about for message, _ in state.set_aside() if message.channel in channels}
    return frozenset(pending | aside | {about for (about, _), openers in state.open_alerts.items() if openers})


class ArchivingBlocker(StrEnum):
    """What keeps an order in the sheet."""

    UNREADABLE = "unreadable"
    """Damaged, or of an id that no order has today."""
    RECENT = "recent"
    """Something of it is young, Order List shows it, or a message about it is still to be sent."""
    OFF = "off"
    FAILED = "failed"
    REFUNDED = "refunded"
    """It holds keys that are to be given back."""
    TEST = "test"
    RETIRED = "retired"
    """It holds a retired key."""
    UNCONFIRMED = "unconfirmed"


def archiving_blocker(
    state: State, record: OrderRecord, policy: ArchivingPolicy, busy: frozenset[str]
) -> ArchivingBlocker | None:
    """Return why an order may not leave; None if it is over.

    `busy` is what `about_pending` returns.
    """
    order_id = record.order_id
    if not order_id.isdecimal() or order_id[0] == "0" or record.damage or not record.events:
        return ArchivingBlocker.UNREADABLE
    if order_id in state.orders and (reason := _waits_for(state, record, policy)):  # else only a refund of it has come
        return reason
    is_recent = record.events[-1].at >= policy.before or state.list_positions.get(order_id) is not None
    return ArchivingBlocker.RECENT if is_recent or order_id in busy else None


def _waits_for(state: State, record: OrderRecord, policy: ArchivingPolicy) -> ArchivingBlocker | None:
    if record.status not in _ENDED:
        return ArchivingBlocker.OFF if record.status is Status.OFF else ArchivingBlocker.FAILED
    if record.to_give_back:
        return ArchivingBlocker.REFUNDED
    filled = record.filled_receipt
    if filled and filled.mode == _TEST and state.holdings.get(record.order_id):
        return ArchivingBlocker.TEST
    if state.retired_keys(record.order_id):
        return ArchivingBlocker.RETIRED
    return ArchivingBlocker.UNCONFIRMED if record.mail_is_due and not policy.unconfirmed else None


def is_archivable(state: State, record: OrderRecord, policy: ArchivingPolicy, busy: frozenset[str]) -> bool:
    """Whether an order is over: nothing keeps it from leaving (see `archiving_blocker`)."""
    return archiving_blocker(state, record, policy, busy) is None


def count_blockers(state: State, orders: FirstOrders, policy: ArchivingPolicy) -> Counter[ArchivingBlocker]:
    """Count, by reason, the orders that stay although their first rows are old or have left."""
    busy = about_pending(state, policy.channels)
    old = (
        *kept_orders(orders.opening).values(),
        *orders.rows[: _leading([row.at for row in orders.rows], policy.before)],
    )
    records = filter(None, (known(state, order_id) for order_id in dict.fromkeys(row.order_id for row in old)))
    reasons = Counter(archiving_blocker(state, record, policy, busy) for record in records)
    return Counter({reason: number for reason, number in reasons.items() if reason})


def choose_portion(
    state: State,
    orders: FirstOrders,
    seats: FirstSeats,
    policy: ArchivingPolicy,
    most: int,
    number: int | None = None,
) -> ArchivablePortion | None:
    """Return the orders that may leave, with all that goes with them; None if there is none.

    They are portion `number`, the next one if it is left out. `most` at most, and no more rows than these need, since
    what stays of rows that leave is carried along. Of the first rows of both ledgers those of before `policy.before`
    leave. Both end at the same moment, so that no commit is torn apart.
    """
    before = policy.before
    cut = min(_reach([row.at for row in orders.rows], before), _reach([row.at for row in seats.rows], before))
    may = partial(is_archivable, state, policy=policy, busy=about_pending(state, policy.channels))
    number = number or state.portion_count.value + 1
    found = _choose_until(cut, state, orders, seats, may, number)
    if found is None or len(found.orders) <= most:
        return found
    enough = sorted(order.last_at for order in found.orders)[most]
    # Or they are of rows that have left before, with which a few new ones must leave; or very many end in the same second.
    few = orders.rows[min(most, len(orders.rows)) - 1].at
    for until in (enough, few):
        shorter = _choose_until(min(until, cut), state, orders, seats, may, number, most)
        if shorter and 2 * len(shorter.orders) >= most:
            return shorter
    return _choose_until(cut, state, orders, seats, may, number, most)


def _choose_until(
    cut: str, state: State, orders: FirstOrders, seats: FirstSeats, may: Rule, number: int, most: int = _ALL
) -> ArchivablePortion | None:
    order_rows = _leading([row.at for row in orders.rows], cut)
    seat_rows = _leading([row.at for row in seats.rows], cut)
    gone_orders = {**kept_orders(orders.opening), **dict(enumerate(orders.rows[:order_rows], orders.gone + 1))}
    gone_seats = {**kept_seats(seats.opening), **dict(enumerate(seats.rows[:seat_rows], seats.gone + 1))}
    if not order_rows or not seats.gone + seat_rows:
        return None
    folded = State()
    for row in (*orders.opening, *orders.rows[:order_rows]):
        folded.apply(row)
    staying_seats = {row.order_id for row in seats.rows[seat_rows:]}  # of a commit that is torn: clocks differ
    chosen = _chosen(
        state,
        folded,
        gone_orders,
        gone_seats,
        lambda record: record.order_id not in staying_seats and may(record),
        most,
    )
    if not chosen:
        return None
    ids = {order.row.order_id for order in chosen}
    balance = next((row for row in seats.opening if is_balance(row)), None)
    return ArchivablePortion(
        tuple(chosen),
        tuple(key_events_rows({number: row for number, row in gone_seats.items() if not row.order_id})),
        order_rows,
        seat_rows,
        tuple(orders_opening(gone_orders, ids, folded, number)),
        tuple(seats_opening(gone_seats, ids, balance, lambda key_id: state.keys[key_id].pool)),
    )


def _chosen(
    state: State,
    folded: State,
    orders: Mapping[int, Orders],
    seats: Mapping[int, KeyLedger],
    may: Rule,
    most: int,
) -> list[ArchivableOrder]:
    orders_of: dict[str, dict[int, Orders]] = {}
    for number, row in orders.items():
        orders_of.setdefault(row.order_id, {})[number] = row
    seats_of: dict[str, dict[int, KeyLedger]] = {}
    for number, seat in seats.items():
        seats_of.setdefault(seat.order_id, {})[number] = seat
    chosen: list[ArchivableOrder] = []
    for order_id, rows in orders_of.items():
        record, held = known(state, order_id), state.holdings.get(order_id, ())
        if record is None or not may(record):
            continue
        if known(folded, order_id) != record or not _is_whole(record, seats_of.get(order_id, {}).values(), held):
            continue  # not all of it stands in the rows that leave
        if row_there := archived_row(record, rows, seats_of.get(order_id, {}), held):
            seen = record if order_id in state.orders else None
            times = [row.at for row in rows.values()] + [seat.at for seat in seats_of.get(order_id, {}).values()]
            last_at = max(times)
            chosen.append(ArchivableOrder(row_there, indexed(seen, row_there, held), record, last_at))
        if len(chosen) == most:
            break
    return chosen


def _is_whole(record: OrderRecord, seats: Collection[KeyLedger], held: Collection[Holding]) -> bool:
    """Whether all that an order was given and gave back stands in these rows.

    Clocks of two processes differ, so that a row of an earlier time may stand below those that were read.
    """
    if not seats and any(entry.event is OrderEvent.FULFILLED for entry in record.events):
        return False
    balance, holds = Counter[str](), Counter[str]()
    for row in seats:
        match row.event:
            case KeyEvent.ASSIGNED:
                balance[row.key_id] += row.seats
            case KeyEvent.RELEASED:
                balance[row.key_id] -= row.seats
            case KeyEvent.CARRIED:
                try:
                    carried = read_carried_seats(row)
                except UNREADABLE:  # a person has changed it since we read the state
                    return False
                balance = Counter()
                for _, _, _, key_id, number in carried:
                    balance[key_id] += number
    for holding in held:
        holds[holding.key_id] += holding.seats
    return balance == holds


def _reach(times: Sequence[str], before: str) -> str:
    """Return up to which time rows may leave, of those that were read; the last one stays."""
    return min(before, times[-1]) if times else before


def _leading(times: Sequence[str], cut: str) -> int:
    return next((number for number, at in enumerate(times) if at >= cut), len(times))
