"""The part of the audit that reads archives. Pure.

Each portion must be as it was written, and each row of both ledgers stand somewhere, once. All together they must be what
an ordinary audit accepts, as if none had left.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, islice, starmap
from typing import Any, NamedTuple

from npta.domain.reports.audit import audit, folded
from npta.domain.reports.audit_openings import RESTORE_OPENING, OpeningRows, kept, read_opening
from npta.domain.reports.audited_rows import COMMIT_LOG, SpreadsheetRows
from npta.domain.reports.findings import OPENING, AuditFinding, RowLocation
from npta.domain.state.archive_index import Portion
from npta.domain.state.archived_order import StoredOrder, digest_of_all, read_rows, read_stored
from npta.domain.state.entitlements import Pool
from npta.domain.state.order_openings import read_balances, seats_opening
from npta.domain.state.order_positions import NO_ORDER
from npta.domain.state.state import State
from npta.domain.state.wording import count
from npta.errors import DamagedError
from npta.tables import ArchivedOrder, KeyLedger, Orders, Outbox
from sheets_schema import Ledger

_UNTIL = "until the tab is put back as it was (File > Version history of the archive)"
_TOGETHER = 1_000
"""Rows that are taken in at a time."""


class LocatedOrder(NamedTuple):
    """What a row of an archive holds, packed; `order_id` is “-” of one that tells of keys alone.

    `orders` and `seats` are the numbers of its rows.
    """

    location: RowLocation
    portion: int
    order_id: str
    packed: bytes
    orders: tuple[int, ...]
    seats: tuple[int, ...]

    @property
    def stored(self) -> StoredOrder:
        """Its rows, and what it holds."""
        return _unpacked(self.packed)


@lru_cache(maxsize=2_000)  # an order's rows stand near each other
def _unpacked(packed: bytes) -> StoredOrder:
    return read_rows(zlib.decompress(packed).decode())


class _Source(NamedTuple):
    """A row that stands in the sheet."""

    location: RowLocation
    row: Any


class _Rows(Sequence[Any]):
    """A ledger's rows by their numbers; those of archives, very many, stay packed."""

    def __init__(self, tab: type[Ledger], sources: Sequence[_Source | LocatedOrder], codes: Mapping[str, str]) -> None:
        self._tab, self._sources, self._codes = tab, sources, codes

    def __len__(self) -> int:
        return len(self._sources)

    def __getitem__(self, position: Any) -> Any:
        source = self._sources[position]
        if isinstance(source, _Source):
            return source.row
        if self._tab is Orders:
            return source.stored.orders[position + 1]
        row = source.stored.seats[position + 1]  # without its code, which stays in Import History
        return row.model_copy(update={"keycode": self._codes.get(row.key_id, "")})


class _Locations(Sequence[RowLocation]):
    """Where the rows of a ledger stand."""

    def __init__(self, tab: type[Ledger], sources: Sequence[_Source | LocatedOrder]) -> None:
        self._title, self._sources = tab.__table__.title, sources

    def __len__(self) -> int:
        return len(self._sources)

    def __getitem__(self, position: Any) -> Any:
        location = self._sources[position].location
        return _about(location, position + 1, self._title) if "archive" in location.tab else location


def _about(location: RowLocation, number: int, title: str) -> RowLocation:
    return location._replace(about=f"row {number} of {title}")


def portion_location(portion: Portion, row: int = 0) -> RowLocation:
    """Return where a row of a portion stands; 0 is the tab."""
    return RowLocation(f"archive {portion.archive}, tab “{portion.tab}”", row)


def lost_portion(portion: Portion, why: str) -> AuditFinding:
    """Return what is wrong with a portion that cannot be read at all."""
    orders = count(portion.orders, "order is", "orders are")
    return portion_location(portion).fault(f"{why} {orders} answered with 503 {_UNTIL}")


def audit_portion(portion: Portion, rows: Sequence[object]) -> tuple[list[AuditFinding], list[LocatedOrder]]:
    """Check a portion's rows, as they were read; return what is wrong, and what they hold."""
    try:
        entries = portion.entries
    except DamagedError:  # reported where the index is audited
        return [], []
    found: list[AuditFinding] = []
    orders: list[LocatedOrder] = []
    for index, row in enumerate(rows):
        location = portion_location(portion, index + 2)
        entry = entries[index] if index < len(entries) else None
        wanted = entry.order_id if entry else NO_ORDER
        stored = _stored(row)
        if stored is None or not isinstance(row, ArchivedOrder):
            found.append(location.fault(f"{_named(wanted)} is not as it was written. {_meaning(wanted)}"))
            continue
        if row.order_id != wanted:
            found.append(location.fault(f"{_named(wanted)} should stand here, not {row.order_id}. {_meaning(wanted)}"))
            continue
        keys = tuple(dict.fromkeys(key_id for _, _, _, key_id, _ in stored.held))
        if entry and (row.order_name, keys) != (entry.order_name, entry.key_ids):
            found.append(location.fault(f"{_named(wanted)} has another name or other keys than Archive Index says"))
        packed = zlib.compress(row.rows.encode())
        orders.append(LocatedOrder(location, portion.number, wanted, packed, (*stored.orders,), (*stored.seats,)))
    if not found and digest_of_all(row for row in rows if isinstance(row, ArchivedOrder)) != portion.digest:
        found.append(
            portion_location(portion).fault(f"these are not the rows that left. The tab is not to be trusted {_UNTIL}")
        )
    return found, orders


def _stored(row: object) -> StoredOrder | None:
    try:
        return read_stored(row) if isinstance(row, ArchivedOrder) else None
    except (ValueError, KeyError, TypeError):
        return None


def _named(order_id: str) -> str:
    return "what happened to keys apart from orders" if order_id == NO_ORDER else f"order {order_id}"


def _meaning(order_id: str) -> str:
    if order_id == NO_ORDER:
        return "No order is answered otherwise; put the tab back as it was (File > Version history of the archive)"
    return f"It is answered with 503 {_UNTIL}"


def audit_whole(facts: SpreadsheetRows, archived: Sequence[LocatedOrder]) -> list[AuditFinding]:
    """Put both ledgers together again by the numbers of their rows, and audit the whole."""
    opening = read_opening(facts)
    if isinstance(opening, AuditFinding):
        return [opening]
    orders, seats = _Numbered(), _Numbered()
    found = [
        *_collect(Orders, facts, opening.orders, ((one, one.orders) for one in archived), orders),
        *_collect(KeyLedger, facts, opening.seats, ((one, one.seats) for one in archived), seats),
    ]
    if found:
        return found
    codes = {fact.key_id: fact.keycode for fact in facts.imports}
    all_orders, all_seats = (_in_order(orders), _in_order(seats))
    whole = facts._replace(
        orders=_Rows(Orders, all_orders, codes),
        seats=_Rows(KeyLedger, all_seats, codes),
        departed={title: left for title, left in facts.departed.items() if title in _KEPT_APART},
        locations={Orders: _Locations(Orders, all_orders), KeyLedger: _Locations(KeyLedger, all_seats)},
    )
    return audit(whole) or [*_opening(facts, whole, opening), *_holdings(whole, archived)]


def _in_order(numbered: _Numbered) -> list[_Source | LocatedOrder]:
    return [numbered[number] for number in sorted(numbered)]


_KEPT_APART = (COMMIT_LOG, Outbox.__table__.title)
_Numbered = dict[int, _Source | LocatedOrder]


def _collect(
    tab: type[Ledger],
    facts: SpreadsheetRows,
    staying: Mapping[int, Ledger],
    archived: Iterable[tuple[LocatedOrder, Iterable[int]]],
    into: _Numbered,
) -> Iterator[AuditFinding]:
    """Collect a ledger's rows by number; each stands somewhere, once."""
    title = tab.__table__.title
    rows: Sequence[Ledger] = facts.seats if tab is KeyLedger else facts.orders
    gone = facts.gone(title)
    into.update(enumerate(starmap(_Source, facts.all_located(tab, rows)), gone + 1))
    opened: Iterable[tuple[int, _Source]] = zip(staying, starmap(_Source, kept(tab, staying)), strict=True)
    away = ((number, one) for one, numbers in archived for number in numbers)
    sources: Iterable[tuple[int, _Source | LocatedOrder]] = chain(opened, away)
    for number, source in sources:
        location = source.location._replace(about="")
        if first := into.get(number):
            also = (
                f"{first.location} of the sheet"
                if first.location.tab == title
                else _about(first.location, number, title)
            )
            yield location.fault(f"row {number} of {title} stands here and elsewhere: {also}")
        elif number > gone + len(rows):
            yield location.fault(
                f"row {number} of {title} stands here, but that has only {gone + len(rows)}. The spreadsheet was put back to an earlier version, "
                "which lacks what came after it"
            )
        else:
            into[number] = source
    for start, end in _runs(sorted(set(range(1, gone + 1)).difference(into))):
        numbers = f"row {start} is" if start == end else f"rows {start} to {end} are"
        yield RowLocation(title).fault(f"{numbers} neither in the sheet nor in an archive")


def _runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = runs[-1][0], number
        else:
            runs.append((number, number))
    return runs


def _opening(facts: SpreadsheetRows, whole: SpreadsheetRows, opening: OpeningRows) -> Iterator[AuditFinding]:
    """Check that what stands for the rows that have left is what they come to."""
    pools = {key.key_id: Pool(key.region, key.provider, key.product_code, key.component) for key in whole.imports}
    gone = range(1, facts.gone(KeyLedger.__table__.title) + 1)
    departed = [number for number in gone if number not in opening.seats]
    balance: KeyLedger | None = None
    for start in range(0, len(departed), _TOGETHER):
        some = {number: whole.seats[number - 1] for number in departed[start : start + _TOGETHER]}
        balance, *_ = seats_opening(some, {row.order_id for row in some.values()}, balance, pools.__getitem__)
    for (name, now), (_, wanted) in zip(_balances(opening.balance), _balances(balance), strict=True):
        for key_id in sorted(now.keys() | wanted.keys()):
            if now.get(key_id) != wanted.get(key_id):
                message = (
                    f"{name} {key_id}: it says {now.get(key_id)}, the rows that have left come to {wanted.get(key_id)}"
                )
                yield OPENING.fault(f"{message}. {RESTORE_OPENING}")
    if opening.counts:
        state = State()
        for fact in islice(whole.orders, facts.gone(Orders.__table__.title)):
            state.apply(fact)
        now = json.loads(opening.counts.lines)
        staying = dict.fromkeys(row.order_id for row in opening.orders.values())
        wanted = json.loads(state.positions_text(staying, now["portions"], [*opening.orders]))
        for name in now:
            if now[name] != wanted.get(name):
                message = f"“{name}” of the orders that have left is not what their rows come to"
                yield OPENING.fault(f"{message}. {RESTORE_OPENING}")


def _balances(row: KeyLedger | None) -> tuple[tuple[str, dict[str, Any]], ...]:
    keys, days = read_balances(row) if row else ((), ())
    return (
        ("seats of key", {key_id: numbers for key_id, *numbers in keys}),
        ("seats of pool and day", {f"{pool} {day}": seats for pool, day, seats in days}),
    )


def _holdings(whole: SpreadsheetRows, archived: Iterable[LocatedOrder]) -> Iterator[AuditFinding]:
    """Check that an order in an archive holds what its rows come to."""
    state = folded(whole)
    for order in archived:
        back_from = state.revived.get(order.order_id, 0)
        newest = state.archived(order.order_id)
        if order.portion <= back_from or (newest and newest.portion.number != order.portion):
            continue
        there = sorted((*held[:4], held.seats) for held in state.holdings.get(order.order_id, ()))
        if there != sorted(order.stored.held):
            yield order.location.fault(f"order {order.order_id} holds something else than its rows come to")
