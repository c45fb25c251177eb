"""Rows of the Orders ledger: one constructor for each event. Pure."""

from __future__ import annotations

from npta.domain.state.order_record import OrderRecord, Status
from npta.domain.state.receipts import (
    Code,
    Order,
    Problem,
    Receipt,
    write_receipt,
)
from npta.domain.state.text import short
from npta.tables import OrderEvent, Orders


def order_event(
    record: OrderRecord, kind: OrderEvent, *, at: str, commit: str, reason: str = "", lines: str = "", status: str = ""
) -> Orders:
    """One more line of an order's history."""
    return Orders(
        at=at,
        event=kind,
        order_id=record.order_id,
        order_name=record.order_name,
        status=status or record.status,
        reason=reason,
        lines=lines,
        fingerprint=record.fingerprint,
        commit=commit,
    )


def filled_again(record: OrderRecord, order: Order, *, at: str, commit: str) -> Orders:
    """Return the fact that a filled order is what it was filled as: a growth that came to nothing is owed no more."""
    return Orders(
        at=at,
        event=OrderEvent.FULFILLED,
        order_id=record.order_id,
        order_name=order.order_name,
        status=Status.FULFILLED,
        customer_name=order.customer_name,
        email=order.email,
        lines=record.filled,
        reason="as it was filled before",
        fingerprint=record.filled_fingerprint,
        commit=commit,
    )


MAX_NOTED = 10
"""Reasons that are noted of one order: whoever has a key cannot fill the sheet with one."""


MAX_REASON = 500
"""Characters of a reason."""


def malformed_fact(
    record: OrderRecord | None, order: Order, why: str, *, at: str, commit: str, code: Code = Code.MALFORMED
) -> Orders | None:
    """Return the row that puts a refused order before people; None if it stands there already.

    An order that was decided is left as it is: what could not be read says nothing about it.
    """
    reason = short(why, MAX_REASON)
    if record and not _is_news(record, reason):
        return None
    receipt = Receipt((), order.region, problems=(Problem(code, "", reason),))
    return Orders(
        at=at,
        event=OrderEvent.MALFORMED,
        order_id=order.order_id,
        order_name=order.order_name,
        status=Status.FAILED,
        customer_name=order.customer_name,
        email=order.email,
        lines=write_receipt(receipt),
        reason=reason,
        commit=commit,
    )


def _is_news(record: OrderRecord, reason: str) -> bool:
    if not record.is_malformed:
        return False
    noted = [event.reason for event in record.events if event.event is OrderEvent.MALFORMED]
    return record.open or (reason not in noted and len(noted) < MAX_NOTED)
