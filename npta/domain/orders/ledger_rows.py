"""Rows of the Orders ledger and the Key Ledger: each is made here and nowhere else. Pure."""

from __future__ import annotations

from npta.domain.state.order_record import OrderRecord, Status
from npta.domain.state.receipts import Code, Order, Problem, Receipt, write_receipt
from npta.domain.state.stock import Holding, StockKey
from npta.domain.state.times import Stamp
from npta.domain.state.wording import short
from npta.tables import KeyEvent, KeyLedger, OrderEvent, Orders

MAX_NOTED = 10
"""Reasons that are noted of one order, so that no caller can fill the sheet with one order."""
_MAX_REASON = 500
"""Characters of why a call was malformed."""


def order_decided(
    order: Order,
    event: OrderEvent,
    status: Status,
    *,
    lines: str,
    reason: str = "",
    fingerprint: str = "",
    stamp: Stamp,
) -> Orders:
    """Return the row of a decision: it says whose order it is, and `lines` is its receipt."""
    return Orders(
        at=stamp.at,
        event=event,
        order_id=order.order_id,
        order_name=order.order_name,
        status=status,
        customer_name=order.customer_name,
        email=order.email,
        lines=lines,
        reason=reason,
        fingerprint=fingerprint,
        commit=stamp.commit,
    )


def order_event(
    record: OrderRecord,
    event: OrderEvent,
    *,
    reason: str = "",
    lines: str = "",
    status: str = "",
    fingerprint: str = "",
    email: str = "",
    stamp: Stamp,
) -> Orders:
    """Return the row of another event; the order's status and fingerprint stay unless given."""
    return Orders(
        at=stamp.at,
        event=event,
        order_id=record.order_id,
        order_name=record.order_name,
        status=status or record.status,
        email=email,
        lines=lines,
        reason=reason,
        fingerprint=fingerprint or record.fingerprint,
        commit=stamp.commit,
    )


def filled_again(record: OrderRecord, order: Order, *, stamp: Stamp) -> Orders:
    """Return the row that ends a growth: the order is what it was filled as."""
    return order_decided(
        order._replace(order_id=record.order_id),
        OrderEvent.FULFILLED,
        Status.FULFILLED,
        lines=record.filled,
        reason="as it was filled before",
        fingerprint=record.filled_fingerprint,
        stamp=stamp,
    )


def order_malformed(
    record: OrderRecord | None, order: Order, why: str, *, code: Code = Code.MALFORMED, stamp: Stamp
) -> Orders | None:
    """Return the row that puts a refused order before people; None if it stands there already.

    An order that was decided is left as it is: what could not be read says nothing about it.
    """
    reason = short(why, _MAX_REASON)
    if record and not _is_news(record, reason):
        return None
    lines = write_receipt(Receipt((), order.region, problems=(Problem(code, "", reason),)))
    return order_decided(order, OrderEvent.MALFORMED, Status.FAILED, lines=lines, reason=reason, stamp=stamp)


def _is_news(record: OrderRecord, reason: str) -> bool:
    if not record.is_malformed:
        return False
    noted = [event.reason for event in record.events if event.event is OrderEvent.MALFORMED]
    return record.open or (reason not in noted and len(noted) < MAX_NOTED)


def seats_event(event: KeyEvent, order_id: str, held: Holding, *, stamp: Stamp) -> KeyLedger:
    """Return the row of seats that an order takes or gives back, maybe (RETIRED) to quarantine."""
    return KeyLedger(
        at=stamp.at,
        event=event,
        order_id=order_id,
        line_item_id=held.line_item_id,
        sku=held.sku,
        entitlement=held.entitlement,
        key_id=held.key_id,
        keycode=held.keycode,
        seats=held.seats,
        commit=stamp.commit,
    )


def key_event(event: KeyEvent, key: StockKey, seats: int, *, stamp: Stamp) -> KeyLedger:
    """Return the row of a key retired with so many free seats, or adjusted to so many."""
    return KeyLedger(at=stamp.at, event=event, key_id=key.key_id, keycode=key.keycode, seats=seats, commit=stamp.commit)
