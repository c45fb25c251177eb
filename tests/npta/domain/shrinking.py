"""A spreadsheet from which settled orders leave for an archive, and to which they come back, beside one that keeps all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import reduce
from itertools import count
from typing import Any, Self

from npta.domain.reports.audit import audit
from npta.domain.reports.audit_archives import LocatedOrder, audit_portion, audit_whole
from npta.domain.reports.audited_rows import Departed, SpreadsheetRows
from npta.domain.reports.findings import AuditFinding
from npta.domain.state.archivable_orders import ArchivingPolicy, FirstOrders, FirstSeats, choose_portion
from npta.domain.state.archived_order import carried_rows, digest_of_all, read_archived
from npta.domain.state.order_changes import record_after
from npta.domain.state.order_record import OrderRecord
from npta.domain.state.packed_orders import pack
from npta.domain.state.state import State
from npta.domain.state.times import Stamp
from npta.tables import ArchivedOrder, ArchiveIndex, ImportHistory, KeyLedger, LiveCatalogue, OrderEvent, Orders, Outbox
from sheets_schema import Ledger
from tests.npta.domain.book import Book
from tests.npta.domain.world import World

LEAVING = (Orders, KeyLedger)


@dataclass
class ShrinkingBook(Book):
    """What is decided is decided as if no order had ever left; the ledgers are those of the sheet."""

    gone: dict[type[Ledger], int] = field(default_factory=lambda: dict.fromkeys(LEAVING, 0))
    openings: dict[type[Ledger], list[Any]] = field(default_factory=lambda: {tab: [] for tab in LEAVING})
    archive: dict[str, list[Any]] = field(default_factory=dict)
    skews: list[int] = field(default_factory=lambda: [0])
    """By how many minutes the clocks are wrong of the processes that take turns to commit."""

    def __post_init__(self) -> None:
        self.ledgers[ArchiveIndex] = []

    def commit(self, *facts: Ledger, told: bool = True) -> Self:
        """One commit a minute; orders of which something is told come back with it."""
        number = len(self.log)
        minute = number + 9 + self.skews[number % len(self.skews)]
        at = f"2026-11-{1 + minute // 1440:02}T{minute // 60 % 24:02}:{minute % 60:02}:00Z"
        timed = [fact.model_copy(update={"at": at}) if isinstance(fact, Orders | KeyLedger) else fact for fact in facts]
        back = [*self._back(timed, Stamp(at, f"c{number}"))]
        super().commit(*back, *timed, told=told)
        for tab, gone in self.gone.items():
            self.log[-1].counts[tab.__table__.title] += gone  # type: ignore[index]  # a plain dict here
        return self

    def state(self) -> State:
        """What a process knows that starts with the sheet."""
        state = State()
        for row in (
            *self.ledgers[ImportHistory],
            *self.openings[KeyLedger],
            *self.ledgers[KeyLedger],
            *self.openings[Orders],
            *self.ledgers[Orders],
            *self.ledgers[LiveCatalogue],
            *self.ledgers[ArchiveIndex],
        ):
            state.apply(row)
        return state

    def _back(self, facts: Iterable[Ledger], stamp: Stamp) -> Iterable[Ledger]:
        if not self.archive:
            return
        state = self.state()
        touched = dict.fromkeys(fact.order_id for fact in facts if isinstance(fact, Orders | KeyLedger))
        for at in filter(None, map(state.archived, touched)):
            stored = read_archived(self.archive[at.portion.tab][at.row - 1], at)
            record = reduce(record_after, stored.plain_rows, OrderRecord(at.order.order_id))
            yield from carried_rows(stored, at, record, stamp=stamp)

    def settle(self, *others: str) -> Self:
        """The mails of all orders but these are confirmed."""
        for order_id, record in list(self.world.state.orders.items()):
            if record.mail_is_due and order_id not in others:
                self.does(lambda world, order_id=order_id: world.event(order_id, OrderEvent.DELIVERED))  # type: ignore[misc]
        return self

    def leave(self, most: int = 1_000, rows: int = 1_000, *, unconfirmed: bool = False) -> int:
        """Let settled orders leave, of the first rows; how many have."""
        first = {tab: self.ledgers[tab][:rows] for tab in LEAVING}
        chosen = choose_portion(
            self.state(),
            FirstOrders(self.openings[Orders], self.gone[Orders], first[Orders]),
            FirstSeats(self.openings[KeyLedger], self.gone[KeyLedger], first[KeyLedger]),
            ArchivingPolicy("2027", unconfirmed=unconfirmed),
            most,
        )
        if chosen is None:
            return 0
        number = len(self.ledgers[ArchiveIndex]) + 1
        title = f"{number:05} abcdef12"
        self.archive[title] = chosen.rows
        ids = sorted(int(order.row.order_id) for order in chosen.orders)
        for tab, leaving, opening in (
            (Orders, chosen.order_rows, chosen.orders_opening),
            (KeyLedger, chosen.seat_rows, chosen.seats_opening),
        ):
            self.gone[tab] += leaving
            self.openings[tab] = [*opening]
            del self.ledgers[tab][:leaving]
        self.commit(
            ArchiveIndex(
                at="2027",
                archive="one",
                tab=title,
                orders=len(ids),
                rows=len(chosen.rows),
                lowest=str(ids[0]),
                highest=str(ids[-1]),
                packed=pack([order.entry for order in chosen.orders]),
                digest=digest_of_all(chosen.rows),
                commit="",
            )
        )
        return len(ids)

    def rows(self, log_gone: int = 0) -> SpreadsheetRows:
        """Everything that stands in the sheet; the first commits may have left the log."""
        departed = {
            tab.__table__.title: Departed(gone, 3, tuple(self.openings[tab])) for tab, gone in self.gone.items() if gone
        }
        if log_gone:
            departed["Commit Log"] = Departed(log_gone, 0)
        ledgers = self.ledgers
        return SpreadsheetRows(
            ledgers[ImportHistory],
            ledgers[LiveCatalogue],
            ledgers[KeyLedger],
            ledgers[Orders],
            self.log[log_gone:],
            ledgers[Outbox],
            departed,
            ledgers[ArchiveIndex],
        )

    def plain(self, log_gone: int = 0) -> list[AuditFinding]:
        """What the audit finds without the archives."""
        return audit(self.rows(log_gone))

    def whole(self, log_gone: int = 0) -> list[AuditFinding]:
        """What it finds with them."""
        state, found, stored = self.state(), list[AuditFinding](), list[LocatedOrder]()
        for number in count(1):
            if number > state.portion_count.value:
                return found or audit_whole(self.rows(log_gone), stored)
            portion = state.portions[number]
            wrong, orders = audit_portion(portion, self.archive[portion.tab])
            found += wrong
            stored += orders
        raise AssertionError

    def edit_archived(self, tab: int, row: int, **cells: Any) -> None:
        """Write over cells of a row of an archive, as its owner can."""
        title = sorted(self.archive)[tab - 1]
        there: ArchivedOrder = self.archive[title][row - 2]
        self.archive[title][row - 2] = there.model_copy(update=cells)

    def over_opening(self, tab: type[Ledger], change: Callable[[Any], Any]) -> None:
        """Write over what stands for rows that have left."""
        self.openings[tab] = [change(row) for row in self.openings[tab]]


def started() -> ShrinkingBook:
    """A small shop."""
    book = ShrinkingBook()
    book.does(lambda world: world.product("A", "NASM-CPT-FULL").product("a", "NASM-CPT-EXAM"))
    book.does(lambda world: world.keys("NASM CPT combined", 2, 2, 2, 2).keys("NASM CPT exam", 9))
    return book


def with_orders(*orders: tuple[str, int]) -> ShrinkingBook:
    """A small shop with delivered orders of SKU A."""
    book = started()
    for order_id, quantity in orders:
        book.does(lambda world, order_id=order_id, quantity=quantity: world.order(order_id, ("A", quantity)))  # type: ignore[misc]
    book.settle()
    return book.does(lambda world: world.order("9", ("a", 1)))  # after all that may leave


__all__ = ["ShrinkingBook", "World", "started", "with_orders"]
