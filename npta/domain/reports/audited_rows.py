"""Everything that the ledgers say, as the audit goes through it: commit by commit. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from typing import Any, NamedTuple, TypeVar

from npta.domain.reports.findings import FIRST_ROW, RowLocation
from npta.tables import ArchiveIndex, ImportHistory, KeyLedger, LiveCatalogue, Orders, Outbox
from sheets_schema import Ledger

COMMIT_LOG = "Commit Log"
Ledgers = Mapping[type[Ledger], Sequence[Ledger]]
F = TypeVar("F", bound=Ledger)


class Log(NamedTuple):
    """One row of the commit log, as far as the audit needs it."""

    version: int
    commit: str
    previous: str
    counts: Mapping[str, int]


class Departed(NamedTuple):
    """Rows that have left the top of a ledger.

    `gone` of them, of which `blank` are still there as blank rows; `opening` stands for them.
    """

    gone: int = 0
    blank: int = 0
    opening: tuple[Ledger, ...] = ()


NOTHING_LEFT = Departed()


class SpreadsheetRows(NamedTuple):
    """Everything that the ledgers say, in the order in which it stands there."""

    imports: Sequence[ImportHistory]
    publications: Sequence[LiveCatalogue]
    seats: Sequence[KeyLedger]
    orders: Sequence[Orders]
    log: Sequence[Log]
    messages: Sequence[Outbox] | None = None
    """None: nobody has kept them."""
    departed: Mapping[str, Departed] = {}
    """By tab."""
    portions: Sequence[ArchiveIndex] = ()
    locations: Mapping[type[Ledger], Sequence[RowLocation]] = {}
    """Where rows stand that come from several tabs."""

    @property
    def is_whole(self) -> bool:
        """Whether rows that have left were put back among the others."""
        return bool(self.locations)

    def left(self, tab: type[Ledger]) -> Departed:
        """Return what has left a ledger."""
        return self.departed.get(tab.__table__.title, NOTHING_LEFT)

    def gone(self, tab: str) -> int:
        """How many rows have left a ledger."""
        return self.departed.get(tab, NOTHING_LEFT).gone

    def row(self, tab: str, position: int) -> int:
        """Return where in the sheet the row at a position, counted from 0, stands."""
        return self.departed.get(tab, NOTHING_LEFT).blank + position + FIRST_ROW

    def location(self, tab: type[Ledger], position: int) -> RowLocation:
        """Return where the row at a position stands; behind the last one, where it would."""
        locations = self.locations.get(tab, ())
        title = tab.__table__.title
        return locations[position] if position < len(locations) else RowLocation(title, self.row(title, position))

    def located(self, tab: type[Ledger], rows: Sequence[F], positions: range) -> list[tuple[RowLocation, F]]:
        """Return rows of a ledger with where they stand."""
        return [(self.location(tab, at), rows[at]) for at in positions]

    def all_located(self, tab: type[Ledger], rows: Sequence[F], first: int = 0) -> Iterator[tuple[RowLocation, F]]:
        """Yield all rows of a ledger, from a position on, with where they stand."""
        return ((self.location(tab, at), rows[at]) for at in range(first, len(rows)))


def commit_parts(
    log: Sequence[Log], ledgers: Ledgers, facts: SpreadsheetRows, before: Log | None = None
) -> Iterator[dict[type[Ledger], range]]:
    """Yield the positions of the rows that each commit wrote.

    They begin with those after the commit `before`; last come rows that no commit names.
    """
    gone = {tab: facts.gone(tab.__table__.title) for tab in ledgers}
    done = {
        tab: min(len(rows), max(0, before.counts.get(tab.__table__.title, 0) - gone[tab])) if before else 0
        for tab, rows in ledgers.items()
    }
    ends = [{tab: max(0, row.counts.get(tab.__table__.title, 0) - gone[tab]) for tab in ledgers} for row in log]
    for end in [*ends, {tab: len(rows) for tab, rows in ledgers.items()}]:
        part = {tab: range(done[tab], max(done[tab], min(end[tab], len(rows)))) for tab, rows in ledgers.items()}
        done = {tab: positions.stop for tab, positions in part.items()}
        yield part


def earlier_parts(first: Log, ledgers: Ledgers, facts: SpreadsheetRows) -> Iterator[dict[type[Ledger], range]]:
    """Yield the positions of rows whose commits have left the log.

    The last are those of the first commit that is there.
    Each row of orders and seats names its commit; keys, publications and archives come before all of these.
    """
    ends = {
        tab: min(max(0, first.counts.get(tab.__table__.title, 0) - facts.gone(tab.__table__.title)), len(rows))
        for tab, rows in ledgers.items()
    }
    empty = dict.fromkeys(ledgers, range(0))
    yield {**empty, **{tab: range(ends[tab]) for tab in ledgers if tab not in (KeyLedger, Orders)}}
    seats, orders = (deque(_runs(islice(ledgers[tab], ends[tab]))) for tab in (KeyLedger, Orders))
    of_orders = {commit for commit, _ in orders}
    while seats or orders:
        # A commit that wrote to one of the two alone comes at once, one that wrote to both when it is the next of both.
        if seats and (not orders or seats[0][0] not in of_orders):
            yield {**empty, KeyLedger: seats.popleft()[1]}
        elif seats and seats[0][0] == orders[0][0]:
            yield {**empty, KeyLedger: seats.popleft()[1], Orders: orders.popleft()[1]}
        else:
            yield {**empty, Orders: orders.popleft()[1]}


def _runs(rows: Iterable[Any]) -> Iterator[tuple[str, range]]:
    """Yield the commits of rows, in order, each with the positions of its rows."""
    start = 0
    for commit, run in groupby(rows, key=lambda row: str(row.commit)):
        end = start + sum(1 for _ in run)
        yield commit, range(start, end)
        start = end
