"""Staged changes, and the requests that make them: pure, no wire in sight.

Everything is written at explicit coordinates with absolute values, so that a batch which arrives twice does the same
as one that arrives once. `appendCells` and `values.append` are never used: they look for the end of the data
themselves, and two of them at once overwrite each other (reported: googlesheets4#313).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from itertools import groupby
from typing import Any

from sheets_schema.errors import InvalidDeclarationError, InvalidValueError
from sheets_schema.protocol.sheet_layout import SheetLayout
from sheets_schema.schema.cells import Cell, as_read, extended_value, serial_number
from sheets_schema.schema.columns import Column
from sheets_schema.schema.tables import Binding, Ledger, View, view_binding

Request = dict[str, Any]

GROW_BY = 1000
"""Rows added at once to a grid that is full."""


@dataclass
class Changes:
    """What one or several transactions want to write."""

    read_only: bool = False
    appended: dict[type[Ledger], list[Ledger]] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    assumed: list[Ledger] = field(default_factory=list)
    """Rows that are written before the others, if there are any."""
    renamed: dict[str, str] = field(default_factory=dict)
    """Ledgers that get another title: old → new."""
    dropped: dict[str, int] = field(default_factory=dict)
    """By ledger, up to which row (counted from its first one ever) the rows leave the sheet: their cells are cleared."""
    shrunk: dict[str, int] = field(default_factory=dict)
    """By ledger, how many of the blank rows at its top are deleted."""
    rewrites_views: bool = False
    """Whether rows of incremental views are written that nothing has changed, too."""

    @property
    def moves_rows(self) -> bool:
        """Whether rows leave or blank ones are deleted, which goes with nothing else."""
        return bool(self.dropped or self.shrunk)

    @property
    def only_adds_rows(self) -> bool:
        """Whether rows are added, and nothing else is written."""
        return bool(self.appended) and self == Changes(self.read_only, self.appended, assumed=self.assumed)

    def check_writable(self) -> None:
        """Raise `InvalidDeclarationError` where nothing may be staged."""
        if self.read_only:
            raise InvalidDeclarationError(
                "db.read() only shows: stage changes in a transaction, with db.transaction or db.run"
            )

    def append(self, row: Ledger) -> None:
        """Stage one new row."""
        self.appended.setdefault(type(row), []).append(row)

    def stage_assumed(self) -> None:
        """Put what was assumed before the rows that were added."""
        first: dict[type[Ledger], list[Ledger]] = {}
        for row in self.assumed:
            first.setdefault(type(row), []).append(row)
        for ledger, rows in first.items():
            self.appended[ledger] = rows + self.appended.get(ledger, [])
        self.assumed = []

    def extend(self, other: Changes) -> None:
        """Take in another work's changes, after ours."""
        for ledger, rows in other.appended.items():
            self.appended.setdefault(ledger, []).extend(rows)
        self.values.update(other.values)
        self.requests.extend(other.requests)
        self.renamed.update(other.renamed)
        self.dropped.update(other.dropped)
        self.shrunk.update(other.shrunk)
        self.rewrites_views |= other.rewrites_views

    def __bool__(self) -> bool:
        return bool(self.appended or self.values or self.requests or self.dropped or self.shrunk or self.rewrites_views)


def grid(sheet_id: int, row: int, rows: int, column: int, columns: int) -> dict[str, int]:
    """Return a GridRange of `rows` rows and `columns` columns.

    `row` is counted from 1, `column` from 0.
    """
    return {
        "sheetId": sheet_id,
        "startRowIndex": row - 1,
        "endRowIndex": row - 1 + rows,
        "startColumnIndex": column,
        "endColumnIndex": column + columns,
    }


def write_cells(sheet_id: int, row: int, column: int, rows: Sequence[Sequence[object]]) -> Request:
    """Write a block whose top left cell is `row` (from 1) and `column` (from 0)."""
    return {
        "updateCells": {
            "start": {"sheetId": sheet_id, "rowIndex": row - 1, "columnIndex": column},
            "rows": [{"values": [extended_value(value) for value in cells]} for cells in rows],
            "fields": "userEnteredValue",
        }
    }


def clear_cells(sheet_id: int, row: int, rows: int, columns: int) -> Request:
    """Empty a block of whole rows; formats, notes and drop-downs stay."""
    return {"updateCells": {"range": grid(sheet_id, row, rows, 0, columns), "fields": "userEnteredValue"}}


def copy_cells(source: Mapping[str, int], target: Mapping[str, int], kind: str) -> Request:
    """Copy a block of cells.

    With formulas and formats (`PASTE_NORMAL`), or what they show (`PASTE_VALUES`).
    """
    return {
        "copyPaste": {
            "source": dict(source),
            "destination": dict(target),
            "pasteType": kind,
            "pasteOrientation": "NORMAL",
        }
    }


def write_rows(
    sheet_id: int, binding: Binding, row: int, rows: Sequence[dict[str, object]], fields: Iterable[str]
) -> list[Request]:
    """Write the columns `fields` of consecutive rows, wherever those columns stand.

    What stands between stays.
    """
    places = sorted((binding.index[name], name) for name in fields)
    requests = []
    for _, run in groupby(enumerate(places), lambda pair: pair[1][0] - pair[0]):
        block = [index for _, index in run]
        values = [[values_by_field.get(name) for _, name in block] for values_by_field in rows]
        requests.append(write_cells(sheet_id, row, block[0][0], values))
    return requests


def grown(grid_rows: int, needed: int) -> int:
    """How far a grid reaches once row `needed` has been made room for."""
    return grid_rows if needed <= grid_rows else grid_rows + max(GROW_BY, needed - grid_rows)


def grow(sheet: SheetLayout, grid_rows: int, needed: int) -> list[Request]:
    """Add rows to a grid that ends before row `needed`.

    Writing past the edge is refused (observed live).
    """
    length = grown(grid_rows, needed) - grid_rows
    return [{"appendDimension": {"sheetId": sheet.sheet_id, "dimension": "ROWS", "length": length}}] if length else []


def widen(sheet_id: int, columns: int) -> Request:
    """Add columns at the right of a grid."""
    return {"appendDimension": {"sheetId": sheet_id, "dimension": "COLUMNS", "length": columns}}


def insert_rows(sheet_id: int, row: int, rows: int) -> Request:
    """Push everything from `row` (counted from 1) down by `rows` rows.

    They are formatted like the row above, or below the header.
    """
    span = {"sheetId": sheet_id, "dimension": "ROWS", "startIndex": row - 1, "endIndex": row - 1 + rows}
    return {"insertDimension": {"range": span, "inheritFromBefore": row > 2}}  # noqa: PLR2004 — the first below the header


def delete_rows(sheet_id: int, row: int, rows: int) -> Request:
    """Delete whole rows from `row` (counted from 1) on.

    Unlike everything else it does more when it comes twice.
    """
    span = {"sheetId": sheet_id, "dimension": "ROWS", "startIndex": row - 1, "endIndex": row - 1 + rows}
    return {"deleteDimension": {"range": span}}


def append_rows(
    sheet: SheetLayout, binding: Binding, grid_rows: int, first: int, rows: Sequence[Ledger]
) -> list[Request]:
    """Return the requests that put `rows` into a ledger, the first at sheet row `first`."""
    cells: list[dict[str, object]] = [row.cells() for row in rows]
    return [
        *grow(sheet, grid_rows, first + len(rows) - 1),
        *write_rows(sheet.sheet_id, binding, first, cells, binding.index),
    ]


def view_table(
    view: type[View], rows: Iterable[View], zone: tzinfo, there: Sequence[Sequence[Cell]] = ()
) -> list[list[Cell]]:
    """Return a view's whole content as cells, header first.

    Trailing empty cells are left out as a read leaves them out. Its columns stay in the order in which they stand
    `there`.
    """
    table = [headers(view), *(view_cells(view, row, zone) for row in rows)]
    index = [*view_binding(view, there[0] if there else ()).index.values()]
    return table if index == sorted(index) else [_reordered(cells, index) for cells in table]


def _reordered(cells: Sequence[Cell], index: Sequence[int]) -> list[Cell]:
    """Put cells, as declared, where their columns stand."""
    row: list[Cell] = [""] * len(index)
    for position, cell in zip(index, cells, strict=False):
        row[position] = cell
    while row and row[-1] == "":
        row.pop()
    return row


def headers(view: type[View]) -> list[Cell]:
    """Return a view's first row."""
    return [column.header for column in view.columns()]


def view_cells(view: type[View], row: View, zone: tzinfo) -> list[Cell]:
    """Return a view's row as cells, trailing empty ones left out.

    Times as dates of the spreadsheet's zone.
    """
    cells = [_shown(view, column, getattr(row, column.field), zone) for column in view.columns()]
    while cells and cells[-1] == "":
        cells.pop()
    return cells


def write_view(view: type[View], sheet_id: int, row: int, rows: Sequence[Sequence[Cell]]) -> Request:
    """Write whole rows of a view, the first at `row` (from 1).

    Addresses in columns of links lead there.
    """
    request = write_cells(sheet_id, row, 0, rows)
    links = [index for index, column in enumerate(view.columns()) if column.link]
    if links and row > 1:
        for cells in request["updateCells"]["rows"]:
            for index in links:
                if index < len(cells["values"]) and (address := cells["values"][index].get("userEnteredValue")):
                    link = {"textFormat": {"link": {"uri": address["stringValue"]}}}
                    cells["values"][index]["userEnteredFormat"] = link
        request["updateCells"]["fields"] += ",userEnteredFormat.textFormat.link"
    return request


def _shown(view: type[View], column: Column, value: object, zone: tzinfo) -> Cell:
    try:
        return serial_number(value, zone) if isinstance(value, datetime) else as_read(value)
    except InvalidValueError as error:
        raise InvalidValueError(f"Tab “{view.__table__.title}”, column “{column.header}”: {error}") from None
