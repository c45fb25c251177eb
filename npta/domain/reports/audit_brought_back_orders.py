"""The part of the audit that looks at orders which came back from an archive. Pure.

They say what an order was and held. Without the archive, that agrees with the index: it stood in that portion, was not
here, and held seats of those keys. With all its rows at hand, it is what these come to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from functools import reduce

from npta.domain.reports.findings import AuditFinding, RowLocation
from npta.domain.state.archive_index import ArchivedAt
from npta.domain.state.archived_order import read_carried_order, read_carried_seats
from npta.domain.state.order_changes import record_after
from npta.domain.state.order_record import OrderRecord
from npta.domain.state.state import State
from npta.domain.state.wording import count
from npta.errors import DamagedError
from npta.tables import KeyEvent, KeyLedger, OrderEvent, Orders

LocatedSeats = Iterable[tuple[RowLocation, KeyLedger]]
LocatedOrders = Iterable[tuple[RowLocation, Orders]]


def audit_brought_back(
    seats: LocatedSeats, orders: LocatedOrders, state: State, *, whole: bool
) -> tuple[list[AuditFinding], Collection[RowLocation]]:
    """Check rows with which orders came back, before any row of their commit is taken in.

    With `whole` all rows of the orders were taken in before. Return what is wrong, and which rows are not to be taken
    in.
    """
    found: list[AuditFinding] = []
    passed_over: set[RowLocation] = set()
    back_seats = [(location, row) for location, row in seats if row.event is KeyEvent.CARRIED]
    back_orders = [(location, row) for location, row in orders if row.event is OrderEvent.CARRIED]
    for location, row in back_orders:
        unreadable = _unreadable_order(row)
        wrong = unreadable or _untrue_order(row, state, whole=whole)
        found += [location.fault(wrong)] * bool(wrong)
        passed_over |= {location} if unreadable or whole else set()
    for location, moved in back_seats:
        unreadable = _unreadable_seats(moved, state)
        wrong = unreadable or _untrue_seats(moved, state, whole=whole)
        found += [location.fault(wrong)] * bool(wrong)
        passed_over |= {location} if unreadable or whole else set()
    if whole:
        found += audit_pairs(back_seats, back_orders)
    return found, passed_over


def rows_back(row: Orders) -> tuple[Orders, ...]:
    """Return the rows of an order that came back with this one; none if they cannot be read."""
    try:
        return read_carried_order(row)[1] if row.event is OrderEvent.CARRIED else ()
    except (ValueError, KeyError, TypeError):
        return ()


def audit_pairs(seats: LocatedSeats, orders: LocatedOrders) -> Iterator[AuditFinding]:
    """Check that every order came back with one row in each of both ledgers."""
    back_seats = {(row.order_id, row.commit): location for location, row in seats if row.event is KeyEvent.CARRIED}
    back_orders = {(row.order_id, row.commit): location for location, row in orders if row.event is OrderEvent.CARRIED}
    for order_id, commit in back_seats.keys() - back_orders.keys():
        yield back_seats[order_id, commit].fault(f"order {order_id} came back without a row in Orders")
    for order_id, commit in back_orders.keys() - back_seats.keys():
        yield back_orders[order_id, commit].fault(f"order {order_id} came back without a row in Key Ledger")


def _unreadable_order(row: Orders) -> str:
    """Say that a row cannot be taken in at all."""
    try:
        _, rows = read_carried_order(row)
    except (ValueError, KeyError, TypeError):
        return f"order {row.order_id} came back, but what it was cannot be read"
    if any(earlier.order_id != row.order_id for earlier in rows):
        return f"order {row.order_id} came back with rows of another order"
    return ""


def _untrue_order(row: Orders, state: State, *, whole: bool) -> str:
    """Return why a row that can be read cannot be true."""
    portion, rows = read_carried_order(row)
    if whole:
        before = state.orders.get(row.order_id) or state.unseen.get(row.order_id)
        same = reduce(record_after, rows, OrderRecord(row.order_id)) == before
        return "" if same else f"order {row.order_id} came back with other rows than it had"
    at = _archived(row.order_id, state)
    if isinstance(at, DamagedError):
        return ""
    if at is None:
        return f"order {row.order_id} came back from portion {portion}, but by Archive Index it was in no archive"
    if at.portion.number != portion:
        return f"order {row.order_id} came back from portion {portion}, but stood in portion {at.portion.number}"
    return ""


def _unreadable_seats(row: KeyLedger, state: State) -> str:
    """Say that a row cannot be taken in at all."""
    try:
        held = read_carried_seats(row)
    except (ValueError, KeyError, TypeError):
        return f"order {row.order_id} came back, but what it held cannot be read"
    if unknown := next((key_id for _, _, _, key_id, _ in held if key_id not in state.keys), ""):
        return f"order {row.order_id} came back with the key {unknown}, which was never imported"
    return ""


def _untrue_seats(row: KeyLedger, state: State, *, whole: bool) -> str:
    """Return why a row that can be read cannot be true."""
    held = read_carried_seats(row)
    if whole:
        there = [(*holding[:4], holding.seats) for holding in state.holdings.get(row.order_id, ())]
        if Counter(held) != Counter(there):
            now, then = (_described(holdings) for holdings in (held, there))
            return f"order {row.order_id} came back with {now}, but held {then}"
        return ""
    at = _archived(row.order_id, state)
    if isinstance(at, ArchivedAt) and {key_id for _, _, _, key_id, _ in held} != set(at.order.key_ids):
        keys = ", ".join(at.order.key_ids) or "none"
        return (
            f"order {row.order_id} came back with {_described(held)}, but by Archive Index the keys it held were {keys}"
        )
    return ""


def _archived(order_id: str, state: State) -> ArchivedAt | DamagedError | None:
    try:
        return state.archived(order_id)
    except DamagedError as error:  # reported where the index is audited
        return error


def _described(held: Collection[tuple[str, str, str, str, int]]) -> str:
    return ", ".join(f"{count(seats, 'seat')} of {key_id}" for _, _, _, key_id, seats in held) or "nothing"
