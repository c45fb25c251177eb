"""The part of the audit that looks at orders and their alerts. Pure.

An order holds what it is owed, and changes only by a person's hand; no alert of a committed fact is missing.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

from npta.domain.reports.audit_brought_back_orders import rows_back
from npta.domain.reports.findings import FIRST_ROW, AuditFinding, RowLocation, fault
from npta.domain.state.alert import AlertKind
from npta.domain.state.receipts import Receipt, read_receipt
from npta.domain.state.refunds import is_refund, read_refund
from npta.domain.state.state import State
from npta.domain.state.wording import count, names, short
from npta.errors import DamagedError
from npta.tables import KeyEvent, KeyLedger, OrderEvent, OrderList, Orders, Outbox, OutboxEvent
from sheets_schema import Ledger

_GIVES_BACK = (OrderEvent.RELEASED, OrderEvent.RESEND, OrderEvent.BY_HAND)
"""What people do when an order gives seats back: Release Keys; Retire Key, which gives another key and mails it; Assign Key."""


_Seats = Counter[tuple[str, str, str]]
"""Seats by line, SKU and entitlement."""


LocatedOrders = Sequence[tuple[RowLocation, Orders]]
LocatedSeats = Sequence[tuple[RowLocation, KeyLedger]]


def audit_orders(orders: LocatedOrders, seats: LocatedSeats, state: State) -> Iterator[AuditFinding]:
    """Take in what one commit says of orders, after its seats; both with where they stand."""
    rows: dict[str, RowLocation] = {}
    for location, fact in orders:
        rows[fact.order_id] = location
        if fact.event is OrderEvent.CARRIED:
            state.apply(fact)
            continue
        try:
            wrong = _wrong_answer(fact, state)
        except DamagedError as error:
            wrong = f"order {fact.order_id}: {error}"
        if wrong:
            yield location.fault(wrong)
        state.apply(fact)
    given_back = {fact.order_id for _, fact in orders if fact.event in _GIVES_BACK}
    for location, moved in seats:
        if moved.event is KeyEvent.RELEASED and moved.order_id not in given_back:
            yield location.fault(f"order {moved.order_id} lost {count(moved.seats, 'seat')} without a Release")
    moves = {moved.order_id: location for location, moved in seats if moved.order_id}
    for order_id in sorted({*rows, *moves}):
        if wrong := _wrong_holdings(order_id, state):
            yield (rows.get(order_id) or moves[order_id]).fault(wrong)


def _wrong_answer(fact: Orders, state: State) -> str:
    """Return why a row contradicts what was answered before, if it does. Raises `DamagedError`."""
    if is_refund(fact):
        known = read_refund(fact).refund_id in state.refunds_of(fact.order_id).ids
        return f"order {fact.order_id}: the same refund stands there twice" if known else ""
    receipt = read_receipt(fact.lines) if fact.lines else None
    record = state.orders.get(fact.order_id)
    if receipt is None or record is None or fact.event is not OrderEvent.FULFILLED or record.damage:
        return ""
    before = record.filled_receipt
    if before is None:
        return ""
    now, then = receipt.seats_by_line(), before.seats_by_line()
    if then - now:
        return f"order {fact.order_id} is owed less than it was filled with, without a Release"
    if now != then and fact.fingerprint == record.filled_fingerprint:
        return f"order {fact.order_id} is owed more than it was filled with, for the same lines"
    return ""


def _wrong_holdings(order_id: str, state: State) -> str:
    record = state.orders.get(order_id)
    if record and record.damage:
        return ""  # reported where its receipt stands
    held: _Seats = Counter()
    for holding in state.holdings.get(order_id, ()):
        held[holding.line_item_id, holding.sku, holding.entitlement] += holding.seats
    owed = _owed(record.filled_receipt if record else None)
    if owed == held:
        return ""
    if record is None:
        return (
            f"order {order_id} holds keys ({count(held.total(), 'seat')}), but has no row in {Orders.__table__.title}"
        )
    differences = names(
        f"line {line} ({sku}), {entitlement}: {owed[line, sku, entitlement]} owed, {held[line, sku, entitlement]} held"
        for line, sku, entitlement in sorted((owed - held) | (held - owed))
    )
    return f"order {order_id} is owed {count(owed.total(), 'seat')} and holds {held.total()}: {differences}"


def _owed(receipt: Receipt | None) -> _Seats:
    owed: _Seats = Counter()
    for entry in receipt.owed if receipt else ():
        owed[entry.line_item_id, entry.sku, str(entry.entitlement)] += entry.seats
    return owed


def audit_messages(
    messages: Sequence[Outbox],
    orders: Iterable[tuple[RowLocation, Orders]],
    seats: Iterable[KeyLedger],
    *,
    opening: Sequence[Ledger] = (),
    first_row: int = FIRST_ROW,
    commits: Collection[str] | None = None,
) -> Iterator[AuditFinding]:
    """Check that each outcome has its alert in the same commit, and that what was sent was due.

    `opening` stands for rows that have left; `commits` are then those of which the Outbox still tells all.
    """
    yield from _unknown_messages(messages, opening, first_row)
    reported = {
        (message.about, message.commit, message.kind) for message in messages if message.event is OutboxEvent.DUE
    }
    moved = {(fact.order_id, fact.commit, fact.event) for fact in seats if commits is None or fact.commit in commits}
    seen: set[str] = set()
    in_summaries: set[str] = set()
    for location, order in orders:
        for known in rows_back(order):
            if ("", known.commit, AlertKind.SERVED) in reported:
                in_summaries.add(order.order_id)
        kind = _news(order, moved, seen)
        if kind and ("", order.commit, AlertKind.SERVED) in reported:
            in_summaries.add(order.order_id)
        # An order that was served together with others has no alert that its delivery would change.
        needs_none = kind is AlertKind.DELIVERED and order.order_id in in_summaries
        if (
            kind
            and not needs_none
            and (commits is None or order.commit in commits)
            and not reported & {(order.order_id, order.commit, kind), ("", order.commit, AlertKind.SERVED)}
        ):
            yield location.fault(f"order {order.order_id}: {order.event} has no message in the Outbox")
        if not is_refund(order):
            seen.add(order.order_id)


def _unknown_messages(messages: Sequence[Outbox], opening: Sequence[Ledger], first_row: int) -> Iterator[AuditFinding]:
    """Check that what was claimed and sent was due, once."""
    due = {row.message_id for row in opening if isinstance(row, Outbox) and row.event is OutboxEvent.DUE}
    for row, message in enumerate(messages, first_row):
        if message.event is OutboxEvent.DUE:
            if message.message_id in due:
                yield fault(Outbox, row, f"the message {message.message_id} stands there twice")
            due.add(message.message_id)
        elif message.event is OutboxEvent.CLAIMED:
            for unknown in sorted(set(json.loads(message.body)) - due):
                yield fault(Outbox, row, f"the message {unknown} was claimed, but was never due")
        elif message.event is OutboxEvent.SENT and message.message_id not in due:
            yield fault(Outbox, row, f"the message {message.message_id} was sent, but was never due")


def _news(order: Orders, moved: set[tuple[str, str, KeyEvent]], seen: set[str]) -> AlertKind | None:
    """Return the alert that this needs; None if nobody needs to know."""
    kind = _ALERTS.get(order.event)
    match order.event:
        case OrderEvent.FULFILLED:
            return kind if (order.order_id, order.commit, KeyEvent.ASSIGNED) in moved else None
        case OrderEvent.RELEASED:
            return kind if (order.order_id, order.commit, KeyEvent.RELEASED) in moved else None
        case OrderEvent.SKIPPED | OrderEvent.OFF:
            return None if order.order_id in seen else kind
    return kind


_ALERTS = {
    OrderEvent.FULFILLED: AlertKind.FULFILLED,
    OrderEvent.FAILED: AlertKind.FAILED,
    OrderEvent.REFUSED: AlertKind.FAILED,
    OrderEvent.MALFORMED: AlertKind.FAILED,
    OrderEvent.SKIPPED: AlertKind.SKIPPED,
    OrderEvent.OFF: AlertKind.BY_HAND,
    OrderEvent.RELEASED: AlertKind.RELEASED,
    OrderEvent.DELIVERED: AlertKind.DELIVERED,
}
"""A push of stock, which may be about the same order, tells people nothing."""


def audit_order_list(state: State, shown: Sequence[OrderList]) -> Iterator[AuditFinding]:
    """Check that Order List shows every order that it should, as the ledgers have it."""
    for index in range(max(len(shown), state.list_length.value)):
        there = _row_text(shown[index]) if index < len(shown) else "nothing"
        wanted = _expected_text(state, state.listed[index]) if index < state.list_length.value else "nothing"
        if there != wanted:
            message = f"shows {there}; by the ledgers it is {wanted}. Refresh Inventory writes it anew"
            yield fault(OrderList, index + FIRST_ROW, message)


def _row_text(row: OrderList) -> str:
    return f"order {row.order}, {row.state}, {count(row.keys, 'key')}{row.mail and f', mail {row.mail}'}"


def _expected_text(state: State, order_id: str) -> str:
    record, held = state.orders[order_id], sum(holding.seats for holding in state.holdings.get(order_id, ()))
    mail = f", mail {'sent' if record.delivered else 'not confirmed'}" if held else ""
    return f"order {short(order_id)}, {record.status}, {count(held, 'key')}{mail}"
