"""What each row of the Orders ledger changes in the record of its order. Pure."""

from __future__ import annotations

from typing import Any

from npta.domain.state.order_record import RESTORE, Event, OrderRecord, Status
from npta.domain.state.receipts import read_receipt
from npta.domain.state.refunds import Refunds, read_refund
from npta.errors import DamagedError
from npta.tables import OrderEvent, Orders

_DECIDED = {
    OrderEvent.FULFILLED: Status.FULFILLED,
    OrderEvent.FAILED: Status.FAILED,
    OrderEvent.SKIPPED: Status.SKIPPED,
    OrderEvent.OFF: Status.OFF,
    OrderEvent.MALFORMED: Status.FAILED,
}
_HOLDS_NOTHING = {"filled": "", "filled_fingerprint": "", "delivered": False}


def record_after(record: OrderRecord, row: Orders) -> OrderRecord:
    """Return the record once one more row of the Orders ledger is known."""
    events = (*record.events, Event(row.at, row.event, row.status, row.reason))
    if row.event in _DECIDED:
        return _decided(record, row, events)
    return record._replace(
        order_name=row.order_name or record.order_name,
        customer_name=row.customer_name or record.customer_name,
        email=row.email or record.email,
        events=events,
        **_changes(record, row),
    )


def _decided(record: OrderRecord, row: Orders, events: tuple[Event, ...]) -> OrderRecord:
    """Apply a decision: what is held and owed is replaced only where keys were assigned."""
    # Written out, since most rows of a long past are decisions and `_replace` takes twice the time.
    filled, filled_fingerprint, delivered = record.filled, record.filled_fingerprint, record.delivered
    if row.event is OrderEvent.FULFILLED:
        delivered = delivered and _owes_the_same(filled, row.lines)
        filled, filled_fingerprint = row.lines, row.fingerprint
    return OrderRecord(
        record.order_id,
        row.order_name or record.order_name,
        row.customer_name or record.customer_name,
        row.email if row.email and row.email not in record.wrong_emails else record.email,
        status=_DECIDED[row.event],
        open=False,
        fingerprint=row.fingerprint,
        lines=row.lines,
        filled=filled,
        filled_fingerprint=filled_fingerprint,
        refused_fingerprint="",
        delivered=delivered,
        events=events,
        kept=record.filled,
        refunds=_knowing(record.refunds, row.lines),
        wrong_emails=record.wrong_emails,
    )


def _owes_the_same(before: str, after: str) -> bool:
    """Whether the newer receipt owes just what the older one owed, and was delivered."""
    try:
        return bool(before) and read_receipt(before).seats_by_line() == read_receipt(after).seats_by_line()
    except DamagedError:
        return False


def _changes(record: OrderRecord, row: Orders) -> dict[str, Any]:
    match row.event:
        case OrderEvent.REOPENED:
            return {"open": True, "refused_fingerprint": ""}
        case OrderEvent.CLEARED:
            return {"open": True, "refused_fingerprint": "", "refunds": _after_clear(record)}
        case OrderEvent.RELEASED if row.lines:  # one line of it; the others are held as before
            return _after_line(record, row.lines)
        case OrderEvent.RELEASED:
            return {"status": Status.RELEASED, "open": False, **_HOLDS_NOTHING}
        case OrderEvent.CLOSED:
            return {"status": Status.CLOSED, "open": False}
        case OrderEvent.REFUSED:
            return {"refused_fingerprint": row.fingerprint}
        case OrderEvent.DELIVERED:
            return {"delivered": True}
        case OrderEvent.RESEND | OrderEvent.BY_HAND:
            return {"delivered": False, "wrong_emails": _wrong_emails(record, row.email)}
        case OrderEvent.REFUNDED | OrderEvent.CANCELLED:
            return _after_refund(record, row)
    return {}


def _wrong_emails(record: OrderRecord, corrected: str) -> tuple[str, ...]:
    wrong = (*record.wrong_emails, record.email) if corrected and record.email else record.wrong_emails
    return tuple(email for email in wrong if email != corrected)


def _after_clear(record: OrderRecord) -> Refunds:
    """Return the refunds that still count. An order with nothing left is served all the same.

    Where a release or a close stands in the way besides, that alone is cleared: it takes a second look.
    """
    if record.nothing_left and record.status not in (Status.RELEASED, Status.CLOSED):
        return record.refunds.waived()
    return record.refunds


def _after_line(record: OrderRecord, left: str) -> dict[str, Any]:
    """Return what is left; of an order that still waits for other lines, nothing."""
    try:
        receipt = read_receipt(left)
    except DamagedError:  # kept as it stands, so that a look-up shows it
        return {"filled": left}
    if receipt.owed:
        before = {line.line_item_id: line.quantity for line in read_receipt(record.filled).lines}
        ended = [line for line in receipt.lines if line.quantity > before.get(line.line_item_id, line.quantity)]
        return {"filled": left, "refunds": record.refunds.given_back(ended)}
    ordered = () if record.damage else record.receipt.lines
    return {**_HOLDS_NOTHING, "refunds": record.refunds.given_back(receipt.lines, ordered)}


def _after_refund(record: OrderRecord, row: Orders) -> dict[str, Any]:
    try:
        refunds = record.refunds.after(read_refund(row))
    except DamagedError as error:
        damage = f"Order {row.order_id}: {error}. Nothing is decided for it; {RESTORE}."
        return {"refunds": record.refunds._replace(damage=damage)}
    after = record._replace(refunds=_knowing(refunds, record.lines))
    return {"refunds": after.refunds, "open": record.open and not after.refusal}


def _knowing(refunds: Refunds, lines: str) -> Refunds:
    """Add to the refunds what the shop did not say, as far as a receipt shows it."""
    if not refunds.lines:
        return refunds
    try:
        return refunds.knowing(read_receipt(lines).lines)
    except DamagedError:
        return refunds
