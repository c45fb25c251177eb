"""One order as the Orders ledger tells it: its record, and what each row changes in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from npta.domain.state.entitlements import Pool
from npta.domain.state.order_lines import named, settled
from npta.domain.state.receipts import Code, OrderLine, Problem, Receipt, fingerprint, quantities, read_receipt
from npta.domain.state.refunds import Refunds, read_refund
from npta.errors import DamagedError
from npta.tables import OrderEvent, Orders


class Status(StrEnum):
    """How an order stands."""

    FULFILLED = "fulfilled"
    FAILED = "failed"
    SKIPPED = "skipped"
    OFF = "off"
    RELEASED = "released"
    CLOSED = "closed"


RESTORE = "restore its rows in the tab Orders with File > Version history, or close it"
NO_REFUNDS = Refunds()
TAKEN_BACK = (OrderEvent.REFUNDED, OrderEvent.CANCELLED)
_NOTHING = Receipt((), "")


class Event(NamedTuple):
    """One line of an order's history."""

    at: str
    event: OrderEvent
    status: str
    reason: str


class OrderRecord(NamedTuple):
    """What the Orders ledger says of an order.

    `lines` is the receipt of the newest decision, `filled` that of the newest one that was fulfilled (what is owed
    freezes there), `kept` is `filled` as it was at the newest decision; they stay text until somebody asks. `open`: the
    next call decides afresh. `refunds` is what the shop took back and a person has not waived.
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
    kept: str = ""
    refunds: Refunds = NO_REFUNDS
    wrong_emails: tuple[str, ...] = ()
    """Addresses that a person has corrected; calls go on to bring them."""

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
            for text in filter(None, (self.lines, self.filled, self.kept)):
                self._read(text)
        except DamagedError as error:
            return str(error)
        return self.refunds.damage

    def address(self, sent: str) -> str:
        """Return where a mail goes whose call brought an address: a corrected one stays corrected."""
        return sent if sent and sent not in self.wrong_emails else self.email

    @property
    def paid_at(self) -> str:
        """When the order was paid, or, if nobody knows, when it was first seen."""
        known = self.receipt.paid_at if self.lines and not self.damage else ""
        return known or next((event.at for event in self.events if event.event not in TAKEN_BACK), "")

    def _read(self, text: str) -> Receipt:
        try:
            return read_receipt(text)
        except DamagedError as error:
            raise DamagedError(f"Order {self.order_id}: {error}. Nothing is decided for it; {RESTORE}.") from error

    def was_filled_with(self, lines: Sequence[OrderLine]) -> bool:
        """Whether the order holds the keys of just these lines."""
        return bool(self.filled) and self._is_about(self.filled_fingerprint, self.filled, lines)

    def was_decided_with(self, lines: Sequence[OrderLine]) -> bool:
        """Whether the newest decision was about just these lines."""
        return bool(self.lines) and not self.is_malformed and self._is_about(self.fingerprint, self.lines, lines)

    @property
    def is_malformed(self) -> bool:
        """Whether all that is known is a call that could not be read, so that nothing was decided."""
        return self.status is Status.FAILED and bool(self.lines) and not self.damage and not self.receipt.lines

    def _is_about(self, stored: str, receipt: str, lines: Sequence[OrderLine]) -> bool:
        """Whether a receipt is about these lines, or differs only in what was refunded meanwhile."""
        # The fingerprints of older rows counted more than is compared today.
        if stored == fingerprint(lines):
            return True
        before = self._read(receipt).lines
        if self.refunds.any and lines:
            return quantities(self.refunds.left(before)) == quantities(self.refunds.left(named(lines, before)))
        return quantities(before) == quantities(lines)

    @property
    def _has_refunds(self) -> bool:
        return self.refunds.any and not self.damage

    @property
    def refusal(self) -> Problem | None:
        """Why the order is owed nothing at all, whatever it holds; None if something is left of it."""
        if not self._has_refunds:
            return None
        return self.refunds.refusal(self.receipt.lines if self.lines else ())

    @property
    def keeps_keys(self) -> bool:
        """Whether something that it holds keys for was not taken back in the shop."""
        filled = self.filled_receipt if self._has_refunds else None
        if filled is None:
            return bool(self.filled)
        return not self.refusal and self.seats_of(self.to_give_back).total() < filled.seats

    @property
    def nothing_left(self) -> bool:
        """Whether nothing is owed, or all the keys it holds are of what was taken back in the shop."""
        return bool(self.refusal) or (self.status is Status.FULFILLED and not self.keeps_keys)

    @property
    def withheld(self) -> Problem | None:
        """Why the newest call was not served for what Shopify called the order; None if that was not the reason."""
        failed = self.status is Status.FAILED and self.lines and not self.damage
        return self.receipt.withheld if failed else None

    @property
    def waits(self) -> bool:
        """Whether it failed and something that it lacks is left, be it the payment."""
        if self.status is not Status.FAILED or ((problem := self.withheld) and problem.code is not Code.NOT_PAID):
            return False
        if not self._has_refunds:
            return True
        if self.is_malformed:
            return not self.refusal
        return bool(self.lacking())

    @property
    def to_give_back(self) -> tuple[OrderLine, ...]:
        """The units that it holds keys for although they were taken back in the shop, by line."""
        filled = self.filled_receipt if self._has_refunds else None
        if filled is None:
            return ()
        held = {entry.line_item_id: entry.sku for entry in filled.owed}
        units = tuple(OrderLine(name, sku, filled.units(name)) for name, sku in held.items())
        # A line whose keys are held may have left the order since; earlier versions noted new ids in place of the old ones.
        names = {line.line_item_id for line in filled.lines}
        limits = self.refunds.limits((*filled.lines, *(line for line in units if line.line_item_id not in names)))
        more = (line._replace(quantity=line.quantity - limits.get(line.line_item_id, line.quantity)) for line in units)
        return tuple(line for line in more if line.quantity > 0)

    def seats_of(self, lines: Iterable[OrderLine]) -> Counter[tuple[str, str]]:
        """Return the seats of some units that it holds, by line and entitlement, the last assigned."""
        filled = self.filled_receipt or _NOTHING
        rest = filled
        for line in lines:
            rest = rest.with_units(line.line_item_id, rest.units(line.line_item_id) - line.quantity)
        return filled.seats_by_line() - rest.seats_by_line()

    def lacking(self) -> tuple[OrderLine, ...]:
        """Return the units that the newest decision did not serve and that are left of it."""
        left = self.refunds.left(self.receipt.lines if self.lines else ())
        old = settled(left, self.refunds.left(self._kept_receipt.lines))
        missing = (
            line._replace(quantity=line.quantity - count) for line, count in zip(left, old, strict=True) if line.sku
        )
        return tuple(line for line in missing if line.quantity > 0)

    @property
    def owed_receipt(self) -> Receipt:
        """The newest receipt, without what was refunded since. Raises `DamagedError`."""
        receipt = self.receipt
        if not self.refunds.any:
            return receipt
        kept, lacking = self._kept_receipt, {line.line_item_id: line.quantity for line in self.lacking()}
        for name in {entry.line_item_id for entry in receipt.owed}:
            receipt = receipt.with_units(name, lacking.get(name, 0) + kept.units(name))
        return receipt

    @property
    def _kept_receipt(self) -> Receipt:
        return self._read(self.kept) if self.kept else _NOTHING

    @property
    def mail_is_due(self) -> bool:
        """Whether it holds keys whose mail nobody has confirmed."""
        return not self.delivered and self.keeps_keys

    def debt(self) -> Mapping[Pool, int]:
        """Seats by pool that a paid, failed order still waits for."""
        if self.status is not Status.FAILED or not self.lines or self.damage:
            return {}
        receipt = self.receipt
        if not self.refunds.any:
            return receipt.needs() - self._kept_receipt.needs()
        # Line by line: units of one SKU may have moved to another line, which then waits for those that were taken back.
        return receipt.needs_of(self.lacking())


def _owes_the_same(before: str, after: str) -> bool:
    """Whether the newer receipt owes just what the older one owed, and was delivered."""
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


_HOLDS_NOTHING = {"filled": "", "filled_fingerprint": "", "delivered": False}


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
    except DamagedError:  # as it stands, so that whoever asks is told
        return {"filled": left}
    if receipt.owed:
        before = {line.line_item_id: line.quantity for line in read_receipt(record.filled).lines}
        ended = [line for line in receipt.lines if line.quantity > before.get(line.line_item_id, line.quantity)]
        return {"filled": left, "refunds": record.refunds.given_back(ended)}
    ordered = record.receipt.lines if record.lines and not record.damage else ()
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
    if not refunds.lines or not lines:
        return refunds
    try:
        return refunds.knowing(read_receipt(lines).lines)
    except DamagedError:
        return refunds
