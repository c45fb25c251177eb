"""The part of the audit that looks at what stands for rows that have left. Pure.

Rows of orders that stay are in the tab Opening as they were, by their numbers; of the others there is what they come to.
Between rows that stay others are missing, so that only what hangs on a single order can be checked there.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple, TypeVar

from npta.domain.orders.assign_key import keys_by_hand
from npta.domain.reports.audit_brought_back_orders import audit_brought_back
from npta.domain.reports.audit_keys import SeatsAudit
from npta.domain.reports.audit_orders import audit_orders
from npta.domain.reports.audited_rows import SpreadsheetRows
from npta.domain.reports.findings import OPENING, AuditFinding, RowLocation
from npta.domain.state.archived_order import UNREADABLE
from npta.domain.state.order_openings import is_balance, kept_orders, kept_seats, read_balances
from npta.domain.state.order_positions import NO_ORDER
from npta.domain.state.state import State
from npta.tables import ImportHistory, KeyLedger, Orders
from sheets_schema import Ledger, SchemaMismatchError

RESTORE_OPENING = "Put the tab back as it was (File > Version history)"
_UNREADABLE = (*UNREADABLE, SchemaMismatchError)

F = TypeVar("F", bound=Ledger)


class OpeningRows(NamedTuple):
    """Rows of orders that stay, by number, and what the others that have left come to."""

    orders: dict[int, Orders]
    seats: dict[int, KeyLedger]
    counts: Orders | None = None
    balance: KeyLedger | None = None


def read_opening(facts: SpreadsheetRows) -> OpeningRows | AuditFinding:
    """Take apart what stands for rows that have left, or say that it cannot be read."""
    orders = [row for row in facts.left(Orders).opening if isinstance(row, Orders)]
    seats = [row for row in facts.left(KeyLedger).opening if isinstance(row, KeyLedger)]
    try:
        return OpeningRows(
            kept_orders(orders),
            kept_seats(seats),
            next((row for row in orders if row.order_id == NO_ORDER), None),
            next((row for row in seats if is_balance(row)), None),
        )
    except _UNREADABLE:
        return OPENING.fault(f"what it says of Orders and Key Ledger cannot be read. {RESTORE_OPENING}")


def kept(tab: type[Ledger], rows: Mapping[int, F]) -> list[tuple[RowLocation, F]]:
    """Return rows that an opening keeps, with where they stand."""
    title = tab.__table__.title
    return [(OPENING._replace(about=f"row {number} of {title}"), row) for number, row in rows.items()]


class Moves(NamedTuple):
    """Rows of both ledgers, with where they stand."""

    seats: list[tuple[RowLocation, KeyLedger]]
    orders: list[tuple[RowLocation, Orders]]


def rows_that_stay(opening: OpeningRows, commits_here: Collection[str]) -> tuple[Moves, dict[str, Moves]]:
    """Return the rows that an opening keeps; those of `commits_here` apart, by commit.

    Of these commits there are rows in the sheet, too: the clocks of processes differ, so that rows left of one ledger
    and not yet of the other.
    """
    whole, torn = Moves([], []), dict[str, Moves]()
    for seat in kept(KeyLedger, opening.seats):
        commit = seat[1].commit
        (torn.setdefault(commit, Moves([], [])) if commit in commits_here else whole).seats.append(seat)
    for order in kept(Orders, opening.orders):
        commit = order[1].commit
        (torn.setdefault(commit, Moves([], [])) if commit in commits_here else whole).orders.append(order)
    return whole, torn


def imports_needed(opening: OpeningRows, imports: Sequence[ImportHistory]) -> int:
    """Return how many of the oldest keys were imported before the last row left."""
    named = {row.key_id for row in opening.seats.values()}
    with suppress(*_UNREADABLE):  # reported when it is folded
        named |= {str(key_id) for key_id, *_ in read_balances(opening.balance)[0]} if opening.balance else set()
    return max((number for number, fact in enumerate(imports, 1) if fact.key_id in named), default=0)


def audit_opening(opening: OpeningRows, staying: Moves, state: State, keys: SeatsAudit) -> Iterator[AuditFinding]:
    """Take in what stands for rows that have left; `staying` are kept as they are."""
    if wrong := _wrong_balance(opening.balance, state):
        yield OPENING.fault(wrong)
        return
    if opening.balance:
        for key_id, *_ in read_balances(opening.balance)[0]:
            keys.note_retired(key_id, OPENING._replace(about="a row that has left"))
    found, passed_over = audit_brought_back(*staying, state, whole=False)
    yield from found
    seats = [(location, row) for location, row in staying.seats if location not in passed_over]
    orders = [(location, row) for location, row in staying.orders if location not in passed_over]
    by_hand = {(row.order_id, key) for _, row in orders for key in keys_by_hand(row)}
    yield from keys.seats(seats, by_hand)
    yield from audit_orders(orders, seats, state)
    yield from _counts(opening.counts, state)


def _wrong_balance(balance: KeyLedger | None, state: State) -> str:
    """Take in how the seats of keys stood; return why that cannot be."""
    if balance is None:
        return ""
    try:
        balances, _ = read_balances(balance)
        for key_id, *_ in balances:
            if key_id not in state.keys:
                return f"seats of the key {key_id} were used, which was never imported"
        state.apply(balance)
    except _UNREADABLE:
        return f"how the seats of keys stood cannot be read. {RESTORE_OPENING}"
    return ""


def _counts(counts: Orders | None, state: State) -> Iterator[AuditFinding]:
    """Take in the counts and positions of orders."""
    if counts is None:
        return
    try:
        content = json.loads(counts.lines)
        readable = all(isinstance(content[name], int) for name in ("portions", "arrived", "failures", "mail_count"))
        if readable:
            state.apply(counts)
    except _UNREADABLE:
        readable = False
    if not readable:
        yield OPENING.fault(f"the counts of orders cannot be read. {RESTORE_OPENING}")
    state.portions_named.value = 0  # the portions come with their commits


def portions_named(opening: OpeningRows) -> int:
    """How many portions have left, as what stands for their rows says."""
    with suppress(*_UNREADABLE):
        if opening.counts:
            return State().carry(opening.counts)
    return 0
