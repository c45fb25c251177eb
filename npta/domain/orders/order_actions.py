"""What people do to an order: forget its answer, close it, confirm or repeat its mail.

Each is a pure decision, from the record of the order to facts. Doing it a second time changes nothing.
"""

from __future__ import annotations

from npta.domain.orders.ledger_rows import order_event
from npta.domain.state.order_record import OrderRecord, Status
from npta.domain.state.times import Stamp
from npta.errors import ConflictError
from npta.tables import OrderEvent
from sheets_schema import Ledger


def clear(record: OrderRecord, *, again: bool = False, noted: bool = False, stamp: Stamp) -> list[Ledger]:
    """Forget the answer, never the keys: the next call decides afresh.

    `again` opens the mail of its keys as well, see `resend`.
    """
    facts: list[Ledger] = [] if record.open else [order_event(record, OrderEvent.CLEARED, stamp=stamp)]
    return [*facts, *resend(record, noted=noted, stamp=stamp)] if again and record.filled else facts


def close(record: OrderRecord, *, stamp: Stamp) -> list[Ledger]:
    """End what is still owed to an order: it was served by hand.

    The keys that it holds stay with it.

    Raises `ConflictError` for an order that holds its keys and is owed nothing.
    """
    if record.status is Status.FULFILLED:
        raise ConflictError(
            f"The order {record.order_id} holds its keys and waits for nothing, so nothing was closed. "
            "If its keys are to be given back, press Release Keys."
        )
    if record.status is Status.CLOSED and not record.open:
        return []
    return [order_event(record, OrderEvent.CLOSED, stamp=stamp, status=Status.CLOSED, reason="served by hand")]


def mark_delivered(record: OrderRecord, message_id: str, *, stamp: Stamp) -> list[Ledger]:
    """Confirm the mail with the keys. Raises `ConflictError` for an order without keys."""
    _holds_keys(record)
    if record.delivered:
        return []
    reason = f"message {message_id}" if message_id else ""
    return [order_event(record, OrderEvent.DELIVERED, stamp=stamp, reason=reason)]


def resend(record: OrderRecord, *, noted: bool = False, email: str = "", stamp: Stamp) -> list[Ledger]:
    """Let the next repeat be mailed again, with the same keys.

    Raises `ConflictError` for an order without keys. `email` is the address that a person has corrected. `noted`:
    it is noted also where a mail is due already. By the keys hook, since it lets repeats mail before the hook has had
    its time; of an order that came back from an archive, since people are to be reminded of it again.
    """
    _holds_keys(record)
    corrected = email and email != record.email
    if not (record.delivered or noted or corrected):
        return []
    reason = "to a corrected address" if corrected else ""
    return [order_event(record, OrderEvent.RESEND, reason=reason, email=email if corrected else "", stamp=stamp)]


def _holds_keys(record: OrderRecord) -> None:
    if not record.filled:
        raise ConflictError(f"The order {record.order_id} holds no keys that could be mailed; it is {record.status}.")
