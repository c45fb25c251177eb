"""One order as the Orders ledger tells it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from npta.domain.state.entitlements import Pool
from npta.domain.state.fingerprint import fingerprint, quantities
from npta.domain.state.order_lines import named, settled
from npta.domain.state.receipts import Code, OrderLine, Problem, Receipt, read_receipt
from npta.domain.state.refunds import Refunds
from npta.errors import DamagedError
from npta.tables import OrderEvent


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
MAIL_DUE = (OrderEvent.FULFILLED, OrderEvent.RESEND, OrderEvent.BY_HAND)
"""After these a mail of the order is to go out."""
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
        """What was found out when it was last decided; empty if it never was. Raises `DamagedError`."""
        return self._read(self.lines)

    @property
    def filled_receipt(self) -> Receipt | None:
        """What the order is owed and holds; None if it holds nothing. Raises `DamagedError`."""
        return self._read(self.filled) if self.filled else None

    @property
    def damage(self) -> str:
        """Why nothing can be decided for this order; empty if all its rows can be read."""
        try:
            for text in (self.lines, self.filled, self.kept):
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
        known = "" if self.damage else self.receipt.paid_at
        return known or next((event.at for event in self.events if event.event not in TAKEN_BACK), "")

    def _read(self, text: str) -> Receipt:
        try:
            return read_receipt(text) if text else _NOTHING
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
        return self.refunds.refusal(self.receipt.lines)

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
        """Why the newest call was not served for what Shopify called the order.

        None if that was not the reason.
        """
        failed = self.status is Status.FAILED and not self.damage
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
        left = self.refunds.left(self.receipt.lines)
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
        return self._read(self.kept)

    @property
    def mail_is_due(self) -> bool:
        """Whether it holds keys whose mail nobody has confirmed."""
        return not self.delivered and self.keeps_keys

    def debt(self) -> Mapping[Pool, int]:
        """Seats by pool that a paid, failed order still waits for."""
        if self.status is not Status.FAILED or self.damage:
            return {}
        receipt = self.receipt
        if not self.refunds.any:
            return receipt.needs() - self._kept_receipt.needs()
        # Line by line: units of one SKU may have moved to another line, which then waits for those that were taken back.
        return receipt.needs_of(self.lacking())
