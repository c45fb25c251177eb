"""Let rows leave the top of a ledger, in one commit.

The opening that stands for them is written, and their cells are cleared. Nothing is renumbered: row n of a ledger is row n for
ever (see `Base`). Cells are cleared rather than deleted, since a deletion that comes twice deletes twice; blank rows
are deleted later, by half, in a commit of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import Any

from sheets_schema.clock import Deadline
from sheets_schema.engine.client import Client
from sheets_schema.engine.response_classification import Applied, NotApplied, Rejected
from sheets_schema.errors import CommitUnknownError, RowsMovedError, SchemaMismatchError
from sheets_schema.protocol.a1 import column_letters, header_range, quoted
from sheets_schema.protocol.batch_requests import grown
from sheets_schema.protocol.new_tab import free_id, new_tab
from sheets_schema.protocol.openings import LedgerOpening, opening_bytes, opening_rows, read_openings
from sheets_schema.protocol.sheet_layout import SheetLayout, sheets_of
from sheets_schema.protocol.sheet_read import CONTROL_RANGE, named_values
from sheets_schema.protocol.table_read import InputRow, TableRead, missing_tab, read_table
from sheets_schema.schema.cells import Cell, as_read
from sheets_schema.schema.declaration import Schema
from sheets_schema.schema.internal_tables import (
    COMMIT_LOG,
    NO_BASE,
    OPENING,
    Base,
    CommitLog,
    OpeningTable,
    has_opening,
    read_bases,
)
from sheets_schema.schema.tables import Binding, Ledger, header_places, read_row
from sheets_schema.transaction import Transaction


@dataclass(frozen=True)
class ReadOpening:
    """The tab *Opening* as it was read, or as it is once rows have left.

    Only commits with which rows leave write it. `gone` says, by title, how many rows had left each ledger then.
    """

    table: TableRead
    gone: Mapping[str, int]

    def after(self, openings: Mapping[str, LedgerOpening]) -> ReadOpening:
        """Return it with these ledgers' openings written."""
        rows = _rows_of_tab(self.table.rows, openings)
        cells = [{name: as_read(cell) for name, cell in row.items()} for row in rows]
        table = replace(
            self.table,
            rows=tuple(InputRow(number, row) for number, row in enumerate(cells, 2)),
            last_row=len(rows) + 1,
            grid_rows=grown(self.table.grid_rows, len(rows) + 1),
        )
        return ReadOpening(table, {**self.gone, **{title: opening.gone for title, opening in openings.items()}})


@dataclass(frozen=True)
class FirstRows:
    """The first rows of a ledger in the sheet, and those that stand for earlier ones."""

    ledger: type[Ledger]
    base: Base
    opening: Sequence[Any]
    rows: Sequence[Any]
    tab: ReadOpening | None = field(default=None, repr=False)
    """The tab *Opening*; None where there is none by now."""
    bytes_beside: int = 0
    """About how many bytes of a batch the openings of the ledgers take that were not read."""


@dataclass(frozen=True)
class Departure:
    """The first `rows` of `first` leave; `opening` stands for all that have ever left."""

    first: FirstRows
    rows: int
    opening: Sequence[Ledger] = ()

    @property
    def opening_bytes(self) -> int:
        """About how many bytes of a batch the opening takes, of the 2 MB that it may have."""
        return opening_bytes(self.openings)

    @property
    def openings(self) -> dict[str, LedgerOpening]:
        """What is written into the tab *Opening*; nothing of the log."""
        ledger = self.first.ledger
        if ledger is CommitLog:
            return {}
        return {ledger.__table__.title: LedgerOpening.of(ledger, self.first.base.gone + self.rows, self.opening)}


def rest_of(departures: Sequence[Departure]) -> dict[type[Ledger], FirstRows]:
    """Return the first rows as they are once these departures have left in one commit."""
    openings = {title: opening for each in departures for title, opening in each.openings.items()}
    rest = {}
    for each in departures:
        first = each.first
        base = Base(first.base.gone + each.rows, first.base.blank + each.rows)
        tab = first.tab.after(openings) if first.tab else None
        rest[first.ledger] = replace(first, base=base, opening=each.opening, rows=first.rows[each.rows :], tab=tab)
    return rest


def read_first_rows(
    client: Client, ledgers: Sequence[type[Ledger]], most: int, deadline: Deadline, known: Mapping[str, Base] | None
) -> dict[type[Ledger], FirstRows]:
    """Read up to `most` of each ledger: two calls, and one more if no bases are `known`.

    Raises `SchemaMismatchError` for a damaged row or a tab that is missing, `UnavailableError`, `PermissionDeniedError`.
    """
    sheets = sheets_of(client.metadata(deadline), (*ledgers, OpeningTable))
    for ledger in ledgers:
        if ledger.__table__.title not in sheets:
            raise missing_tab(ledger)
    before = known if known is not None else read_bases(named_values(client.values([CONTROL_RANGE], deadline)[0]))
    # From the top on, as far as the grid goes: blank rows may have been deleted twice, or since the base was read.
    ranges = [_first_range(sheets[title], title, before, most) for title in (each.__table__.title for each in ledgers)]
    beside = [quoted(OPENING)] if OPENING in sheets else []
    message, *parts = client.values([CONTROL_RANGE, *ranges, *beside], deadline)
    bases = read_bases(named_values(message))
    tab, openings = None, dict[str, LedgerOpening]()
    if beside and has_opening(bases):
        openings = read_openings(parts[-1].get("values", []))
        table = read_table(OpeningTable, parts[-1])
        if isinstance(table, TableRead):
            tab = ReadOpening(table, _gone(bases))
    titles = {ledger.__table__.title for ledger in ledgers}
    beside_bytes = opening_bytes({title: opening for title, opening in openings.items() if title not in titles})
    found = {
        ledger: _first_rows(ledger, part.get("values") or [[]], bases, openings, tab)
        for ledger, part in zip(ledgers, parts, strict=False)
    }
    return {ledger: replace(first, bytes_beside=beside_bytes) for ledger, first in found.items()}


def _first_range(sheet: SheetLayout, title: str, bases: Mapping[str, Base], most: int) -> str:
    last = min(bases.get(title, NO_BASE).blank + 1 + most, sheet.rows)
    return f"{quoted(title)}!A1:{column_letters(sheet.columns - 1)}{last}"


def _first_rows(
    ledger: type[Ledger],
    values: Sequence[Sequence[Cell]],
    bases: Mapping[str, Base],
    openings: Mapping[str, LedgerOpening],
    tab: ReadOpening | None,
) -> FirstRows:
    title = ledger.__table__.title
    base = bases.get(title, NO_BASE)
    header, *cells = values
    binding = Binding.of(ledger, [*header])
    numbered = [
        (number, [*row]) for number, row in enumerate(cells, 2) if number > base.blank + 1 or binding.pick([*row])
    ]
    read = [
        read_row(ledger, binding, row, number)
        for number, row in takewhile(lambda numbered: binding.pick(numbered[1]), numbered)
    ]
    opening = openings.get(title, LedgerOpening(0))
    if opening.gone != base.gone and ledger is not CommitLog:
        raise SchemaMismatchError(
            f"Tab “{OPENING}” does not stand for the {base.gone} rows that have left tab “{title}”. Put it back as it was "
            "(File > Version history).",
            tab=OPENING,
        )
    return FirstRows(ledger, base, [*opening.models(ledger)], read, tab)


def opening_after(
    schema: Schema[Any], first: FirstRows, leaving: int, keep: Callable[[Any], bool] | None
) -> list[Ledger]:
    """Return the rows that stand for a ledger's rows once `leaving` more have left.

    Those are the first in the sheet.
    """
    gone = [*first.opening, *first.rows[:leaving]]
    if keep is not None:
        return [row for row in gone if keep(row)]
    state = schema.state()
    for row in gone:
        state.apply(row)
    return [*state.opening(first.ledger, gone)]


def leave(tx: Transaction[Any], departures: Sequence[Departure], opening: ReadOpening | None) -> None:
    """Stage that first rows leave.

    `opening` is the tab *Opening* as it was read with them; without it the transaction must have read the tab.
    Raises `RowsMovedError` if the rows are not there any more.
    """
    openings: dict[str, LedgerOpening] = {}
    for each in departures:
        first, title = each.first, each.first.ledger.__table__.title
        if tx.bases.get(title, NO_BASE).gone != first.base.gone or tx.in_sheet(first.ledger) < len(first.rows):
            # Or what the transaction sees was read before the first rows were.
            raise RowsMovedError(f"Rows have left tab “{title}” meanwhile. Nothing was changed: run it again.")
        tx.drop_rows(first.ledger, first.base.gone + each.rows)
        openings |= each.openings
    if not openings:
        return
    if opening and opening.gone != _gone(tx.bases):
        raise RowsMovedError("Rows have left another tab meanwhile. Nothing was changed: run it again.")
    tab = tx.table_as_read(opening.table) if opening else tx.table(OpeningTable)
    tab.replace(_rows_of_tab(tab.rows, openings))


def _gone(bases: Mapping[str, Base]) -> dict[str, int]:
    """Return how many rows have left each ledger. The log does not count: nothing of it is kept."""
    return {title: base.gone for title, base in bases.items() if title != COMMIT_LOG}


def _rows_of_tab(there: Iterable[InputRow], openings: Mapping[str, LedgerOpening]) -> list[Mapping[str, Any]]:
    """Return what stands in the tab *Opening* once these openings do, by field."""
    fields = [column.field for column in OpeningTable.columns()]
    others = [row.cells for row in there if row.cells and row.cells.get("ledger") not in openings]
    return [
        *({name: row.get(name) for name in fields} for row in others),
        *(row.cells() for row in opening_rows(openings)),
    ]


def make_opening_tab(client: Client, deadline: Deadline) -> None:
    """Make the tab that holds what stands for rows that have left, where it is missing.

    Raises `SchemaMismatchError` if a tab of that name is somebody else's, `CommitUnknownError`, `UnavailableError`, `RequestRejectedError`.
    """
    sheets = sheets_of(client.metadata(deadline), (OpeningTable,))
    if OPENING in sheets:
        header = (client.values([header_range(OPENING)], deadline)[0].get("values") or [[]])[0]
        if not all(header_places(OpeningTable, header).values()):
            raise SchemaMismatchError(
                f"There is a tab “{OPENING}” that this program did not make, and it needs one of that name. Give yours another "
                "name, and run it again. Nothing was written.",
                tab=OPENING,
            )
        return
    taken = {sheet.sheet_id for sheet in sheets.values()}
    sheet = SheetLayout(free_id(OPENING, taken), OpeningTable.grid_columns(), 100)
    match client.write_until_known(new_tab(OpeningTable, sheet), deadline):
        case Applied():
            return
        case Rejected(error) | NotApplied(error):
            if OPENING not in sheets_of(client.metadata(deadline), (OpeningTable,)):
                raise error
        case _:
            raise CommitUnknownError(f"Whether the tab “{OPENING}” was made is not known: run it again.")
