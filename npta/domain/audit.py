"""The audit: every fact read again from the first on, and every invariant checked. Pure.

It trusts nothing that the service keeps in memory or shows in views, and names what it finds by tab and row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from npta.domain.audit_keys import audit_codes
from npta.domain.audit_notices import audit_notices
from npta.domain.entitlements import Malformed, parse_entitlement
from npta.domain.fault import FIRST_ROW, Fault
from npta.domain.receipts import read_receipt
from npta.domain.state import Key, State
from npta.domain.wording import count as counted
from npta.errors import DamagedError
from npta.tabs import ImportHistory, KeyEvent, KeyLedger, LiveCatalogue, Orders, Outbox
from sheets_schema import Ledger


class Log(NamedTuple):
    """One row of the commit log, as far as the audit needs it."""

    version: int
    commit: str
    previous: str
    counts: Mapping[str, int]


class Facts(NamedTuple):
    """Everything that the ledgers say, each row at the place where it stands below the header."""

    imports: Sequence[ImportHistory]
    publications: Sequence[LiveCatalogue]
    seats: Sequence[KeyLedger]
    orders: Sequence[Orders]
    log: Sequence[Log]
    notices: Sequence[Outbox] | None = None
    """None: nobody has kept them."""


def audit(facts: Facts) -> list[Fault]:
    """Everything that is wrong, in the order of the tabs; an empty list if nothing is."""
    state = State()
    return [
        *_log(facts),
        *_imports(facts, state),
        *_publications(facts, state),
        *_seats(facts, state),
        *audit_codes(facts.imports, state),
        *_orders(facts, state),
        *(audit_notices(facts.notices, facts.orders, facts.seats) if facts.notices is not None else ()),
    ]


def _log(facts: Facts) -> Iterator[Fault]:
    for place, row in enumerate(facts.log):
        before = facts.log[place - 1] if place else None
        if before and (row.version, row.previous) != (before.version + 1, before.commit):
            message = (
                f"version {row.version} does not follow version {before.version}: {row.previous} is not its commit"
            )
            yield Fault("Commit Log", place + FIRST_ROW, message)
        for title, count in row.counts.items():
            if before and count < before.counts.get(title, 0):
                yield Fault("Commit Log", place + FIRST_ROW, f"{title} has fewer rows than before")
    held: dict[type[Ledger], Sequence[Ledger]] = {
        ImportHistory: facts.imports,
        LiveCatalogue: facts.publications,
        KeyLedger: facts.seats,
        Orders: facts.orders,
    }
    if facts.notices is not None:
        held[Outbox] = facts.notices
    last = facts.log[-1].counts if facts.log else {}
    for tab, rows in held.items():
        if len(rows) != last.get(tab.title, 0):
            message = (
                f"holds {counted(len(rows), 'row')}, but by the commit log it should hold {last.get(tab.title, 0)}"
            )
            yield Fault(tab.title, 0, message)
    for tab in held.keys() & {KeyLedger, Orders, Outbox}:
        yield from _owners(tab, held[tab], facts.log)


def _owners(tab: type[Ledger], rows: Sequence[Ledger], log: Sequence[Log]) -> Iterator[Fault]:
    """A row must name the commit that its place belongs to."""
    done = 0
    for commit in log:
        until = min(commit.counts.get(tab.title, 0), len(rows))
        for place in range(done, until):
            named = getattr(rows[place], "commit", "")
            if named != commit.commit:
                message = f"names commit {named}, but stands where commit {commit.commit} wrote"
                yield Fault(tab.title, place + FIRST_ROW, message)
        done = max(done, until)


def _imports(facts: Facts, state: State) -> Iterator[Fault]:
    codes: set[tuple[str, str]] = set()
    for row, fact in enumerate(facts.imports, FIRST_ROW):
        code = (fact.provider, fact.keycode)
        if fact.key_id in state.keys:
            yield Fault(ImportHistory.title, row, f"the key id {fact.key_id} stands there twice")
        elif code in codes:
            yield Fault(ImportHistory.title, row, "the same key of this provider was imported before")
        elif fact.seats < 1:
            yield Fault(ImportHistory.title, row, f"{counted(fact.seats, 'seat')}")
        else:
            codes.add(code)
            state.apply(fact)


def _publications(facts: Facts, state: State) -> Iterator[Fault]:
    for row, fact in enumerate(facts.publications, FIRST_ROW):
        try:
            state.apply(fact)
        except ValueError as error:
            yield Fault(LiveCatalogue.title, row, f"cannot be understood: {error}")


def _seats(facts: Facts, state: State) -> Iterator[Fault]:
    for row, fact in enumerate(facts.seats, FIRST_ROW):
        wrong = _wrong_seats(fact, state)
        if wrong:
            yield Fault(KeyLedger.title, row, wrong)
        if fact.key_id in state.keys:
            state.apply(fact)


def _wrong_seats(fact: KeyLedger, state: State) -> str:
    """Why a fact about seats cannot be true at its place; empty if it can."""
    key = state.keys.get(fact.key_id)
    if key is None:
        return f"the key {fact.key_id} was never imported"
    if fact.keycode != key.keycode:
        return f"another keycode than the key {fact.key_id} has"
    match fact.event:
        case KeyEvent.ASSIGNED:
            return _wrong_assignment(fact, key, state)
        case KeyEvent.RELEASED:
            held = sum(
                each.seats
                for each in state.holdings.get(fact.order_id, ())
                if (each.key_id, each.line_item_id) == (fact.key_id, fact.line_item_id)
            )
            return (
                "" if 0 < fact.seats <= held else f"releases {counted(fact.seats, 'seat')}, but the order holds {held}"
            )
        case KeyEvent.RETIRED:
            return _wrong_retirement(fact, key)
        case KeyEvent.ADJUSTED:
            return (
                ""
                if fact.seats >= key.taken
                else f"adjusts the key to {counted(fact.seats, 'seat')}, but {key.taken} are taken"
            )


def _wrong_retirement(fact: KeyLedger, key: Key) -> str:
    """A key is retired with its free seats, also if it has none; what an order gives back into quarantine is some."""
    rest = key.quarantined if key.retired else key.free
    fewest = 1 if fact.order_id else 0
    return (
        "" if fewest <= fact.seats <= rest else f"retires {counted(fact.seats, 'seat')} of {rest} that no order holds"
    )


def _wrong_assignment(fact: KeyLedger, key: Key, state: State) -> str:
    if key.retired:
        return f"order {fact.order_id} was assigned {counted(fact.seats, 'seat')} of the key {fact.key_id}, which was retired before"
    if not 0 < fact.seats <= key.free:
        return f"assigns {counted(fact.seats, 'seat')} of key {fact.key_id}, but {key.free} are free"
    try:
        pool = parse_entitlement(fact.entitlement).pool(key.pool.region)
    except Malformed as error:
        return str(error)
    if pool != key.pool:
        return f"{fact.entitlement} is served by a key of pool {key.pool}"
    oldest = next(each for each in state.queue(key.pool) if each.free > 0)
    if oldest.key_id != key.key_id:
        return f"first in, first out: the older key {oldest.key_id} still had {counted(oldest.free, 'free seat')}"
    return ""


def _orders(facts: Facts, state: State) -> Iterator[Fault]:
    newest: dict[str, int] = {}
    for row, fact in enumerate(facts.orders, FIRST_ROW):
        try:
            if fact.lines:
                read_receipt(fact.lines)
        except DamagedError as error:
            yield Fault(Orders.title, row, f"order {fact.order_id}: {error}")
        state.apply(fact)
        newest[fact.order_id] = row
    for order_id, holdings in state.holdings.items():
        if order_id not in newest and holdings:
            yield Fault(Orders.title, 0, f"order {order_id} holds keys, but has no row here")
    for order_id, row in newest.items():
        record = state.orders.get(order_id)
        if record is None or record.damage:
            continue  # told above, by row
        receipt = record.filled_receipt
        owed = receipt.seats_by_line() if receipt else Counter()
        held: Counter[tuple[str, str]] = Counter()
        for each in state.holdings.get(order_id, ()):
            held[each.line_item_id, each.entitlement] += each.seats
        if owed != held:
            message = f"order {order_id} is owed {counted(owed.total(), 'seat')} and holds {held.total()}, or others"
            yield Fault(Orders.title, row, message)
