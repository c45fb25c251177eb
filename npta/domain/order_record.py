"""One order as the Orders ledger tells it: its record, and what each row changes in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from npta.domain.entitlements import Pool
from npta.domain.receipts import Line, Receipt, fingerprint, quantities, read_receipt
from npta.errors import DamagedError
from npta.tabs import OrderEvent, Orders


class Status(StrEnum):
    """How an order stands."""

    FULFILLED = "fulfilled"
    FAILED = "failed"
    SKIPPED = "skipped"
    OFF = "off"
    RELEASED = "released"
    CLOSED = "closed"


class Event(NamedTuple):
    """One line of an order's history."""

    at: str
    event: OrderEvent
    status: str
    reason: str


class OrderRecord(NamedTuple):
    """What the Orders ledger says of an order.

    `lines` is the receipt of the newest decision, `filled` that of the newest one that was fulfilled (what is owed
    freezes there); both stay text until somebody asks. `open` means that the next call decides afresh.
    """

    order_id: str
    order_name: str = ""
    customer_name: str = ""
    email: str = ""
    status: Status = Status.FAILED
    open: bool = False
    fingerprint: str = ""
    lines: str = ""
    filled: str = ""
    filled_fingerprint: str = ""
    refused_fingerprint: str = ""
    delivered: bool = False
    events: tuple[Event, ...] = ()

    @property
    def receipt(self) -> Receipt:
        """What was found out when the order was last decided. Raises `DamagedError`."""
        return self._read(self.lines)

    @property
    def filled_receipt(self) -> Receipt | None:
        """What the order is owed and holds; None if it holds nothing. Raises `DamagedError`."""
        return self._read(self.filled) if self.filled else None

    @property
    def damage(self) -> str:
        """Why nothing can be decided for this order; empty if all that is told of it can be read."""
        try:
            for text in filter(None, (self.lines, self.filled)):
                self._read(text)
        except DamagedError as error:
            return str(error)
        return ""

    @property
    def paid_at(self) -> str:
        """When the order was paid, as far as that is known: if it was never told, when the order was first seen."""
        told = self.receipt.paid_at if self.lines and not self.damage else ""
        return told or (self.events[0].at if self.events else "")

    def _read(self, text: str) -> Receipt:
        try:
            return read_receipt(text)
        except DamagedError as error:
            raise DamagedError(
                f"Order {self.order_id}: {error}. Nothing is decided for it; restore its rows in the tab Orders with "
                "File > Version history, or close it."
            ) from error

    def was_filled_with(self, lines: Sequence[Line]) -> bool:
        """Whether the order holds the keys of just these lines."""
        return bool(self.filled) and self._is_about(self.filled_fingerprint, self.filled, lines)

    def was_decided_with(self, lines: Sequence[Line]) -> bool:
        """Whether the newest decision was about just these lines."""
        return bool(self.lines) and not self.is_malformed and self._is_about(self.fingerprint, self.lines, lines)

    @property
    def is_malformed(self) -> bool:
        """Whether all that is known is a call that could not be read or recorded, so that nothing was decided."""
        return self.status is Status.FAILED and bool(self.lines) and not self.damage and not self.receipt.lines

    def _is_about(self, told: str, receipt: str, lines: Sequence[Line]) -> bool:
        # The fingerprints of older rows counted more than is compared today.
        return told == fingerprint(lines) or quantities(self._read(receipt).lines) == quantities(lines)

    @property
    def mail_is_due(self) -> bool:
        """Whether it holds keys whose mail nobody has confirmed."""
        return bool(self.filled) and not self.delivered

    def debt(self) -> Mapping[Pool, int]:
        """Seats by pool that a paid, failed order still waits for."""
        if self.status is not Status.FAILED or not self.lines or self.damage:
            return {}
        filled = self.filled_receipt
        return self.receipt.needs() - (filled.needs() if filled else Counter())


def _owes_the_same(before: str, after: str) -> bool:
    """Whether no key is owed by the newer receipt that was not owed, and delivered, by the older one."""
    try:
        return bool(before) and read_receipt(before).seats_by_line() == read_receipt(after).seats_by_line()
    except DamagedError:
        return False


_DECIDED = {
    OrderEvent.FULFILLED: Status.FULFILLED,
    OrderEvent.FAILED: Status.FAILED,
    OrderEvent.SKIPPED: Status.SKIPPED,
    OrderEvent.OFF: Status.OFF,
    OrderEvent.MALFORMED: Status.FAILED,
}


def record_after(record: OrderRecord, row: Orders) -> OrderRecord:
    """The record once one more row of the Orders ledger is known."""
    events = (*record.events, Event(row.at, row.event, row.status, row.reason))
    if row.event in _DECIDED:
        return _decided(record, row, events)
    return record._replace(
        order_name=row.order_name or record.order_name,
        customer_name=row.customer_name or record.customer_name,
        email=row.email or record.email,
        events=events,
        **_changes(row),
    )


def _decided(record: OrderRecord, row: Orders, events: tuple[Event, ...]) -> OrderRecord:
    """The record after a decision: what it holds and owes is replaced only where keys were assigned."""
    # Written out, since most rows of a long past are decisions and `_replace` takes twice the time.
    filled, filled_fingerprint, delivered = record.filled, record.filled_fingerprint, record.delivered
    if row.event is OrderEvent.FULFILLED:
        delivered = delivered and _owes_the_same(filled, row.lines)
        filled, filled_fingerprint = row.lines, row.fingerprint
    return OrderRecord(
        record.order_id,
        row.order_name or record.order_name,
        row.customer_name or record.customer_name,
        row.email or record.email,
        status=_DECIDED[row.event],
        open=False,
        fingerprint=row.fingerprint,
        lines=row.lines,
        filled=filled,
        filled_fingerprint=filled_fingerprint,
        refused_fingerprint="",
        delivered=delivered,
        events=events,
    )


def _changes(row: Orders) -> dict[str, Any]:
    """What any other event changes besides."""
    match row.event:
        case OrderEvent.REOPENED | OrderEvent.CLEARED:
            return {"open": True, "refused_fingerprint": ""}
        case OrderEvent.RELEASED if row.lines:  # one line of it; the others are held as before
            return {"filled": row.lines}
        case OrderEvent.RELEASED:
            nothing = {"filled": "", "filled_fingerprint": "", "delivered": False}
            return {"status": Status.RELEASED, "open": False, **nothing}
        case OrderEvent.CLOSED:
            return {"status": Status.CLOSED, "open": False}
        case OrderEvent.REFUSED:
            return {"refused_fingerprint": row.fingerprint}
        case OrderEvent.DELIVERED:
            return {"delivered": True}
        case OrderEvent.RESEND:
            return {"delivered": False}
    return {}
