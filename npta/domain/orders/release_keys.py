"""Release Keys: what an order gives back — all of it, a line, or some units of a line. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from npta.domain.orders.ledger_rows import order_event, seats_event
from npta.domain.state.normalized_text import canonical
from npta.domain.state.order_record import OrderRecord, Status
from npta.domain.state.receipts import OrderLine, Receipt, write_receipt
from npta.domain.state.state import State
from npta.domain.state.stock import Holding
from npta.domain.state.times import Stamp
from npta.domain.state.wording import count, names, short
from npta.errors import BadRequestError, ConflictError
from npta.settings import ReleasePolicy
from npta.tables import KeyEvent, OrderEvent
from sheets_schema import Ledger


class Release(NamedTuple):
    """What an order gives back, and the facts that make it so."""

    keys: tuple[Holding, ...] = ()
    facts: tuple[Ledger, ...] = ()

    @property
    def seats(self) -> int:
        """Seats given back."""
        return sum(key.seats for key in self.keys)


def release(
    state: State,
    record: OrderRecord,
    *,
    line_item_id: str = "",
    units: int | None = None,
    policy: ReleasePolicy,
    stamp: Stamp,
) -> Release:
    """Give back the seats of an order, of a line, or of some units of it (those assigned last).

    The whole order is closed with that: a late repeat is refused until it is cleared, and a failed one owes nothing any
    more. One that loses a line or units stays fulfilled with the rest; one that loses its last ones is closed, unless
    it waits for the keys of others. A line given back whole is owed nothing more, also if it has grown since; of one
    that loses units, only these. Raises `BadRequestError` for a line or units that it does not have, `ConflictError`
    for a line that still waits for its keys beside others, and as `_with_growth`.
    """
    if units is not None and not line_item_id:
        raise BadRequestError("quantity", "needs a line_item_id: of which line? Nothing was released")
    filled = record.filled_receipt
    if filled is None and units is None and _waited_for(record, filled) == {line_item_id}:
        line_item_id = ""  # all that the order waits for
    left, waits = None, record.waits
    if line_item_id:
        left = _left(record, filled, line_item_id, units)
        if left is None:
            return Release()
        if waits:
            left, waits = _with_growth(record, left, line_item_id, whole=units is None)
    keys = tuple(_seats_back(state, record, filled, left, line_item_id))
    facts: list[Ledger] = [seats_event(KeyEvent.RELEASED, record.order_id, held, stamp=stamp) for held in keys]
    if policy is ReleasePolicy.QUARANTINE:
        facts += [seats_event(KeyEvent.RETIRED, record.order_id, held, stamp=stamp) for held in keys]
    if left and (left.owed or waits):
        reason = f"line {line_item_id}" + (f", {count(units, 'unit')}" if units else "")
        lines = write_receipt(left)
        facts.append(order_event(record, OrderEvent.RELEASED, stamp=stamp, reason=reason, lines=lines))
        if record.waits and not waits:
            reason, status = f"without {reason}, which it waited for", Status.FULFILLED
            facts.append(
                order_event(record, OrderEvent.FULFILLED, stamp=stamp, reason=reason, lines=lines, status=status)
            )
    elif record.status is not Status.RELEASED or record.open:
        facts.append(order_event(record, OrderEvent.RELEASED, stamp=stamp, status=Status.RELEASED))
    return Release(keys, tuple(facts))


def quarantined_seats(state: State, held: Iterable[Holding], policy: ReleasePolicy) -> int:
    """Count the seats that do not become free: of retired keys, or all by the setting."""
    return sum(
        holding.seats for holding in held if policy is ReleasePolicy.QUARANTINE or state.keys[holding.key_id].retired
    )


def _left(record: OrderRecord, filled: Receipt | None, line_item_id: str, units: int | None) -> Receipt | None:
    """Return what is owed without these units; None if given back. Raises like `release`."""
    order = f"the order {record.order_id}"
    lines = _lines(record, filled)
    skus = {line.sku for line in lines if line.line_item_id == line_item_id}
    if not skus:
        known_lines = names(f"{line.line_item_id} ({line.sku or 'no SKU'} × {line.quantity})" for line in lines)
        has = f"its lines are: {known_lines}" if known_lines else "nothing is known of its lines"
        raise BadRequestError("line_item_id", f"{order} has no line {short(line_item_id)}; {has}. Nothing was released")
    if len(skus) > 1:  # as earlier versions noted lines without an id
        raise BadRequestError(
            "line_item_id",
            f"several lines of {order} are called {line_item_id} ({names(sorted(skus))}), and all would be given back. "
            "Nothing was released; leave it out to give back the whole order",
        )
    held = filled.units(line_item_id) if filled else 0
    if not held:
        if line_item_id in _waited_for(record, filled):
            raise ConflictError(
                f"The line {line_item_id} of {order} holds no keys yet, and the order may still get them. Nothing was "
                "released; without a line, Release Keys ends all that the order waits for."
            )
        return None
    if units is not None and units > held:
        raise BadRequestError(
            "quantity", f"the line {line_item_id} of {order} holds keys for {count(held, 'unit')}; nothing was released"
        )
    assert filled
    return filled.with_units(line_item_id, held - (held if units is None else units))


def _with_growth(record: OrderRecord, left: Receipt, line_item_id: str, *, whole: bool) -> tuple[Receipt, bool]:
    """Return what is left of an order that waits, and whether it waits on.

    Raises `ConflictError` for the last units held of a line which has grown: it would be as if never filled, and get
    these again.
    """
    lacking = {line.line_item_id: line.quantity for line in record.lacking()}
    grown = lacking.pop(line_item_id, 0)
    if not (grown and (whole or not left.owed)):
        return left, True
    if not whole:
        raise ConflictError(
            f"The line {line_item_id} of the order {record.order_id} waits for {count(grown, 'more unit')}, and these are "
            "the last keys that the order holds. Nothing was released; without a quantity, Release Keys gives them back "
            "and ends what the line waits for."
        )
    lines = (
        line._replace(quantity=line.quantity + grown) if line.line_item_id == line_item_id else line
        for line in left.lines
    )
    return left._replace(lines=tuple(lines)), bool(lacking)


def _waited_for(record: OrderRecord, filled: Receipt | None) -> set[str]:
    """Return the lines that hold no keys, and that the next call may give some."""
    if not (record.open or record.status is Status.FAILED):
        return set()
    settled = {entry.line_item_id for entry in filled.owed} if filled else set()
    settled |= {line.line_item_id for line in (filled.lines if filled else ())}
    skipped = {skip.sku for skip in record.receipt.skipped}
    served = {line.line_item_id for line in record.receipt.lines if line.sku not in skipped}
    return served - settled


def _lines(record: OrderRecord, filled: Receipt | None) -> list[OrderLine]:
    lines = [*(filled.lines if filled else ()), *record.receipt.lines]
    # A line whose keys are held may have left the order since.
    lines += [
        OrderLine(entry.line_item_id, canonical(entry.sku), entry.end) for entry in (filled.owed if filled else ())
    ]
    return list({(line.line_item_id, line.sku): line for line in reversed(lines)}.values())[::-1]


def _seats_back(
    state: State, record: OrderRecord, filled: Receipt | None, left: Receipt | None, line_item_id: str
) -> Iterator[Holding]:
    """Yield the seats that go back, in the order of assignment; those assigned last go first."""
    held = state.holdings.get(record.order_id, ())
    if not line_item_id:
        yield from held
        return
    assert filled
    assert left is not None
    due = filled.seats_by_line() - left.seats_by_line()
    back = []
    for holding in reversed(held):
        given = min(holding.seats, due[holding.line_item_id, holding.entitlement])
        if given:
            due[holding.line_item_id, holding.entitlement] -= given
            back.append(holding._replace(seats=given))
    yield from reversed(back)
