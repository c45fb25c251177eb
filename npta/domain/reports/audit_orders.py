"""The part of the audit that looks at orders: each holds what it is owed, and changes only by a person's hand. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from npta.domain.reports.audit_finding import AuditFinding
from npta.domain.state.receipts import Receipt, read_receipt
from npta.domain.state.refunds import is_refund, read_refund
from npta.domain.state.state import State
from npta.domain.state.wording import count, names
from npta.errors import DamagedError
from npta.tables import KeyEvent, KeyLedger, OrderEvent, Orders

_GIVES_BACK = (OrderEvent.RELEASED, OrderEvent.RESEND)
"""What people do when an order gives seats back: Release Keys; Retire Key, which gives another key and mails it."""
_Seats = Counter[tuple[str, str, str]]
"""Seats by line, SKU and entitlement."""


def audit_orders(
    orders: Sequence[tuple[int, Orders]], seats: Sequence[tuple[int, KeyLedger]], state: State
) -> Iterator[AuditFinding]:
    """Take in what one commit tells of orders, after what it tells of seats; both with their sheet rows."""
    rows: dict[str, int] = {}
    for row, fact in orders:
        rows[fact.order_id] = row
        try:
            wrong = _wrong_answer(fact, state)
        except DamagedError as error:
            wrong = f"order {fact.order_id}: {error}"
        if wrong:
            yield AuditFinding(Orders.title, row, wrong)
        state.apply(fact)
    given_back = {fact.order_id for _, fact in orders if fact.event in _GIVES_BACK}
    for row, moved in seats:
        if moved.event is KeyEvent.RELEASED and moved.order_id not in given_back:
            lost = count(moved.seats, "seat")
            yield AuditFinding(KeyLedger.title, row, f"order {moved.order_id} lost {lost} without a Release")
    moves = {moved.order_id: row for row, moved in seats if moved.order_id}
    for order_id in sorted({*rows, *moves}):
        tab, row = (Orders.title, rows[order_id]) if order_id in rows else (KeyLedger.title, moves[order_id])
        if wrong := _wrong_holdings(order_id, state):
            yield AuditFinding(tab, row, wrong)


def _wrong_answer(fact: Orders, state: State) -> str:
    """Why a fact about an order contradicts what it was answered before; empty if it does not. Raises `DamagedError`."""
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
    """Why an order holds something else than it is owed; empty if it does not."""
    record = state.orders.get(order_id)
    if record and record.damage:
        return ""  # told where its receipt stands
    held: _Seats = Counter()
    for each in state.holdings.get(order_id, ()):
        held[each.line_item_id, each.sku, each.entitlement] += each.seats
    owed = _owed(record.filled_receipt if record else None)
    if owed == held:
        return ""
    if record is None:
        return f"order {order_id} holds keys ({count(held.total(), 'seat')}), but has no row in {Orders.title}"
    told = names(
        f"line {line} ({sku}), {entitlement}: {owed[line, sku, entitlement]} owed, {held[line, sku, entitlement]} held"
        for line, sku, entitlement in sorted((owed - held) | (held - owed))
    )
    return f"order {order_id} is owed {count(owed.total(), 'seat')} and holds {held.total()}: {told}"


def _owed(receipt: Receipt | None) -> _Seats:
    owed: _Seats = Counter()
    for each in receipt.owed if receipt else ():
        owed[each.line_item_id, each.sku, str(each.entitlement)] += each.seats
    return owed
