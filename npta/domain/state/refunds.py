"""What the shop took back from an order, folded from the Orders ledger. Pure.

A line is owed at most its quantity in Shopify less the units that were refunded, whatever quantity it comes with: Zapier
sends that of the purchase or that of today, before the refund comes or after it. So nothing is subtracted twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from npta.domain.state.order_lines import has_no_id
from npta.domain.state.receipts import Code, OrderLine, Problem
from npta.domain.state.rows_in_cell import by_column, read_rows
from npta.domain.state.wording import in_brackets, names, short, sku_name
from npta.errors import BadRequestError, DamagedError
from npta.tables import OrderEvent, Orders
from sheets_schema.advanced import MAX_TEXT


class RefundedLine(NamedTuple):
    """Units of a line that were refunded; `ordered` is its quantity in the refund, 0 if unknown."""

    line_item_id: str
    sku: str
    units: int
    ordered: int = 0


class Refund(NamedTuple):
    """A refund as Shopify sends it, or a cancellation, which ends what all lines are owed.

    `refund_id` is the same however often it comes. `lines` are those of which units were refunded, none for money only;
    of a cancellation they are those of the order.
    """

    refund_id: str
    order_id: str
    lines: tuple[RefundedLine, ...] = ()
    cancelled: bool = False

    @property
    def reason(self) -> str:
        """The same for people, as it stands in the order's history."""
        if self.cancelled:
            return "cancelled in Shopify"
        units = names(
            f"{sku_name(line.sku)} × {line.units}{in_brackets(line_name(line.line_item_id))}" for line in self.lines
        )
        return f"refunded in Shopify: {units}"


class Refunds(NamedTuple):
    """All that was taken back from one order: ids of refunds, sums by line, whether cancelled.

    `damage` says why nobody can tell; it is empty if all of its rows can be read.
    """

    ids: tuple[str, ...] = ()
    lines: tuple[RefundedLine, ...] = ()
    cancelled: bool = False
    damage: str = ""

    @property
    def any(self) -> bool:
        """Whether anything counts."""
        return self.cancelled or bool(self.lines)

    def after(self, refund: Refund) -> Refunds:
        """Return the same with one more refund; one that is known changes nothing."""
        if refund.refund_id in self.ids:
            return self
        ids = (*self.ids, refund.refund_id)
        if refund.cancelled:
            return self._replace(ids=ids, cancelled=True)
        return self._replace(ids=ids, lines=_summed((*self.lines, *refund.lines)))

    def given_back(self, lines: Iterable[OrderLine], ordered: Sequence[OrderLine] = ()) -> Refunds:
        """Return the same after a person gave back units of some lines: they are owed no more.

        `ordered` are the lines as they last came: what one of them has grown by since is owed as before.
        """
        most = {line.line_item_id: line.quantity for line in ordered}
        back = (
            RefundedLine(name, sku, quantity, max(quantity, most.get(name, quantity))) for name, sku, quantity in lines
        )
        return self._replace(lines=_summed((*self.lines, *back)))

    def waived(self) -> Refunds:
        """Return the same after a person decided to serve the order: none of these counts."""
        return self._replace(lines=(), cancelled=False)

    def knowing(self, lines: Sequence[OrderLine]) -> Refunds:
        """Fill in what was ordered of refunded lines, where the shop did not say it."""
        if all(refunded.ordered for refunded in self.lines):
            return self
        known = {refunded.line_item_id: lines[position].quantity for refunded, position in self._matches(lines)}
        return self._replace(
            lines=tuple(
                refunded if refunded.ordered else refunded._replace(ordered=known.get(refunded.line_item_id, 0))
                for refunded in self.lines
            )
        )

    def left(self, lines: Sequence[OrderLine]) -> tuple[OrderLine, ...]:
        """Return the lines with what each may be owed at most, 0 if nothing is left of it."""
        limits = self.limits(lines)
        return tuple(
            line._replace(quantity=min(line.quantity, limits.get(line.line_item_id, line.quantity))) for line in lines
        )

    def limits(self, lines: Sequence[OrderLine]) -> Mapping[str, int]:
        """Return how many units may be owed at most of each line that was refunded in part."""
        if self.cancelled:
            return {line.line_item_id: 0 for line in lines}
        return {
            lines[position].line_item_id: max(0, (refunded.ordered or lines[position].quantity) - refunded.units)
            for refunded, position in self._matches(lines)
        }

    def strangers(self, lines: Sequence[OrderLine]) -> tuple[RefundedLine, ...]:
        """Refunded lines that are none of these."""
        known = {refunded.line_item_id for refunded, _ in self._matches(lines)}
        return tuple(refunded for refunded in self.lines if refunded.line_item_id not in known)

    def refusal(self, lines: Sequence[OrderLine]) -> Problem | None:
        """Why an order of these lines is owed nothing at all; None if something is left of it."""
        if self.cancelled:
            return Problem(Code.CANCELLED, "", "the order was cancelled in Shopify, so nothing is owed")
        if self.lines and lines and not any(line.quantity for line in self.left(lines)):
            return Problem(Code.REFUNDED, "", "the order was refunded in Shopify, so nothing is owed")
        return None

    def _matches(self, lines: Sequence[OrderLine]) -> Iterator[tuple[RefundedLine, int]]:
        """Yield each refunded line with the position of the line that it is about."""
        by_id = {line.line_item_id: position for position, line in enumerate(lines)}
        free = [
            position
            for name, position in by_id.items()
            if name not in {refunded.line_item_id for refunded in self.lines}
        ]
        for refunded in self.lines:
            position = by_id.get(refunded.line_item_id)
            if position is None and (position := _meant(refunded, lines, free)) is not None:
                free.remove(position)
            if position is not None:
                yield refunded, position


def _meant(refunded: RefundedLine, lines: Sequence[OrderLine], free: Iterable[int]) -> int | None:
    """Return which line a refund of an unknown id is about: one of its SKU without an id.

    Of several it is one of the quantity that was ordered, or else that is left, or else the last.
    """
    same = [
        position
        for position in free
        if refunded.sku
        and lines[position].sku == refunded.sku
        and has_no_id(lines[position], position + 1, refunded.line_item_id)
    ]
    likely = (refunded.ordered, refunded.ordered - refunded.units)
    found = (position for quantity in likely for position in same if lines[position].quantity == quantity)
    return next(found, same[-1] if same else None)


def _summed(lines: Iterable[RefundedLine]) -> tuple[RefundedLine, ...]:
    """Add up several refunds of a line; what was ordered never becomes less."""
    sums: dict[str, RefundedLine] = {}
    for line in lines:
        before = sums.get(line.line_item_id, RefundedLine(line.line_item_id, line.sku, 0))
        units, ordered = before.units + line.units, max(before.ordered, line.ordered)
        sums[line.line_item_id] = RefundedLine(line.line_item_id, line.sku or before.sku, units, ordered)
    return tuple(sums.values())


def to_press(line: OrderLine) -> str:
    """Return what to type into Release Keys for some units of a line."""
    return ", ".join(filter(None, (line_name(line.line_item_id), f"quantity {line.quantity}")))


def line_name(line_item_id: str) -> str:
    """Return `line 77`.

    Nothing for one without an id, as a refund of an older version may have noted it.
    """
    return f"line {short(line_item_id)}" if line_item_id else ""


def write_refund(refund: Refund) -> str:
    """Return the refund as a cell. Raises `BadRequestError` if none can hold it."""
    text = _written(refund)
    if len(text) > MAX_TEXT:  # the ids decide; the SKUs are for people, and for lines without an id
        text = _written(refund._replace(lines=tuple(line._replace(sku="") for line in refund.lines)))
    if len(text) > MAX_TEXT:
        raise BadRequestError("refund_line_items", "the refund is too large to be recorded; give its keys back by hand")
    return text


def _written(refund: Refund) -> str:
    lines = by_column(RefundedLine._fields, refund.lines)
    return json.dumps({"refund": refund.refund_id, "lines": lines}, ensure_ascii=False, separators=(",", ":"))


def read_refund(row: Orders) -> Refund:
    """Return the refund back from its row. Raises `DamagedError` for a row that holds none."""
    try:
        content = json.loads(row.lines)
        lines = tuple(map(_line, read_rows(RefundedLine._fields, content["lines"])))
        return Refund(str(content["refund"]), row.order_id, lines, row.event is OrderEvent.CANCELLED)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DamagedError(f"the refund cannot be read ({type(error).__name__})") from error


def _line(cells: Sequence[Any]) -> RefundedLine:
    line_item_id, sku, units, ordered = cells
    return RefundedLine(str(line_item_id), str(sku), int(units), int(ordered))


def is_refund(row: Orders) -> bool:
    """Whether a row of the Orders ledger tells of a refund or a cancellation."""
    return row.event in (OrderEvent.REFUNDED, OrderEvent.CANCELLED)
