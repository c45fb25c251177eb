"""What people do to an order afterwards: give its keys back, forget its answer, close it, confirm or repeat its mail.

Each is a pure decision, from the record of the order to facts. Doing it a second time changes nothing.
"""

from __future__ import annotations

from npta.domain.order_record import OrderRecord, Status
from npta.domain.receipts import Receipt, write_receipt
from npta.domain.state import Holding, State
from npta.errors import BadRequest, ConflictError
from npta.settings import ReleasePolicy
from npta.tabs import KeyEvent, KeyLedger, OrderEvent, Orders
from sheets_schema import Ledger


def event(
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


def released_seats(state: State, record: OrderRecord, line_item_id: str) -> tuple[Holding, ...]:
    """What a release would give back: all that the order holds, or what one line of it holds."""
    held = state.holdings.get(record.order_id, ())
    return tuple(each for each in held if not line_item_id or each.line_item_id == line_item_id)


def release(
    state: State, record: OrderRecord, *, line_item_id: str, policy: ReleasePolicy, at: str, commit: str
) -> list[Ledger]:
    """Give back the seats of an order, or of one line of it.

    The whole order is closed with that: a late repeat is refused until it is cleared, and a failed one owes nothing any
    more. An order that loses a line stays fulfilled with the others. Raises `BadRequest` for a line that it does not
    have.
    """
    back = released_seats(state, record, line_item_id)
    facts: list[Ledger] = [_seats(KeyEvent.RELEASED, held, record, at, commit) for held in back]
    if policy is ReleasePolicy.QUARANTINE:
        facts += [_seats(KeyEvent.RETIRED, held, record, at, commit) for held in back]
    filled = record.filled_receipt
    if line_item_id and filled:
        left = without_line(filled, line_item_id)
        if left == filled:
            raise BadRequest("line_item_id", f"the order {record.order_id} owes nothing to a line {line_item_id}")
        if left.owed:
            told = f"line {line_item_id}"
            return [
                *facts,
                event(record, OrderEvent.RELEASED, at=at, commit=commit, reason=told, lines=write_receipt(left)),
            ]
    elif line_item_id:
        raise BadRequest("line_item_id", f"the order {record.order_id} holds no keys")
    if record.status is not Status.RELEASED or record.open:
        facts.append(event(record, OrderEvent.RELEASED, at=at, commit=commit, status=Status.RELEASED))
    return facts


def without_line(receipt: Receipt, line_item_id: str) -> Receipt:
    """A receipt of which one line owes nothing any more; the line itself stays, so that a repeat is known again."""
    return receipt._replace(owed=tuple(each for each in receipt.owed if each.line_item_id != line_item_id))


def clear(record: OrderRecord, *, again: bool = False, at: str, commit: str) -> list[Ledger]:
    """Forget the answer, never the keys: the next call decides afresh. `again` opens the mail of its keys as well."""
    facts: list[Ledger] = [] if record.open else [event(record, OrderEvent.CLEARED, at=at, commit=commit)]
    return [*facts, *resend(record, at=at, commit=commit)] if again and record.filled else facts


def close(record: OrderRecord, *, at: str, commit: str) -> list[Ledger]:
    """End what an order still owes: it was served by hand. The keys that it holds stay with it.

    Raises `ConflictError` for an order that holds its keys and owes nothing.
    """
    if record.status is Status.FULFILLED:
        raise ConflictError(
            f"The order {record.order_id} holds its keys and waits for nothing, so nothing was closed. "
            "If its keys are to be given back, press Release Keys."
        )
    if record.status is Status.CLOSED and not record.open:
        return []
    return [event(record, OrderEvent.CLOSED, at=at, commit=commit, status=Status.CLOSED, reason="served by hand")]


def mark_delivered(record: OrderRecord, message_id: str, *, at: str, commit: str) -> list[Ledger]:
    """The mail with the keys is out. Raises `ConflictError` for an order without keys."""
    _holds_keys(record)
    if record.delivered:
        return []
    reason = f"message {message_id}" if message_id else ""
    return [event(record, OrderEvent.DELIVERED, at=at, commit=commit, reason=reason)]


def resend(record: OrderRecord, *, at: str, commit: str) -> list[Ledger]:
    """The next repeat may be mailed again, with the same keys. Raises `ConflictError` for an order without keys."""
    _holds_keys(record)
    return [event(record, OrderEvent.RESEND, at=at, commit=commit)] if record.delivered else []


def _holds_keys(record: OrderRecord) -> None:
    if not record.filled:
        raise ConflictError(f"The order {record.order_id} holds no keys that could be mailed; it is {record.status}.")


def _seats(kind: KeyEvent, held: Holding, record: OrderRecord, at: str, commit: str) -> KeyLedger:
    return KeyLedger(
        at=at,
        event=kind,
        order_id=record.order_id,
        line_item_id=held.line_item_id,
        sku=held.sku,
        entitlement=held.entitlement,
        key_id=held.key_id,
        keycode=held.keycode,
        seats=held.seats,
        commit=commit,
    )
