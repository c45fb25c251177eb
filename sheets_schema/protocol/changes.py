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
from sheets_schema.protocol.sheet_read import SheetLayout
from sheets_schema.schema.cells import Cell, as_read, extended_value, serial_number
from sheets_schema.schema.tables import Binding, Column, Ledger, View

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
    renamed: dict[str, str] = field(default_factory=dict)
    """Ledgers that get another title: old → new."""
    rewrites_views: bool = False
    """Whether rows of incremental views are written that nothing has changed, too."""

    def check_writable(self) -> None:
        """Raise `InvalidDeclarationError` where nothing may be staged."""
        if self.read_only:
            raise InvalidDeclarationError(
                "db.read() only shows: stage changes in a transaction, with db.transaction or db.run"
            )

    def append(self, row: Ledger) -> None:
        """Stage one new row."""
        self.appended.setdefault(type(row), []).append(row)

    def extend(self, other: Changes) -> None:
        """Take in another work's changes, after ours."""
        for ledger, rows in other.appended.items():
            self.appended.setdefault(ledger, []).extend(rows)
        self.values.update(other.values)
        self.requests.extend(other.requests)
        self.renamed.update(other.renamed)
        self.rewrites_views |= other.rewrites_views

    def __bool__(self) -> bool:
        return bool(self.appended or self.values or self.requests or self.rewrites_views)


def grid(sheet_id: int, row: int, rows: int, column: int, columns: int) -> dict[str, int]:
    """Return a GridRange: `rows` rows from `row` (counted from 1), `columns` columns from `column` (counted from 0)."""
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
            "rows": [{"values": [extended_value(value) for value in each]} for each in rows],
            "fields": "userEnteredValue",
        }
    }


def clear_cells(sheet_id: int, row: int, rows: int, columns: int) -> Request:
    """Empty a block of whole rows; formats, notes and drop-downs stay."""
    return {"updateCells": {"range": grid(sheet_id, row, rows, 0, columns), "fields": "userEnteredValue"}}


def copy_cells(source: Mapping[str, int], target: Mapping[str, int], kind: str) -> Request:
    """Copy a block of cells: with formulas and formats (`PASTE_NORMAL`), or what they show (`PASTE_VALUES`)."""
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
    """Write the columns `fields` of consecutive rows, wherever those columns stand; what stands between stays."""
    places = sorted((binding.index[name], name) for name in fields)
    requests = []
    for _, run in groupby(enumerate(places), lambda pair: pair[1][0] - pair[0]):
        block = [place for _, place in run]
        values = [[each.get(name) for _, name in block] for each in rows]
        requests.append(write_cells(sheet_id, row, block[0][0], values))
    return requests


def grown(grid_rows: int, needed: int) -> int:
    """How far a grid reaches once row `needed` has been made room for."""
    return grid_rows if needed <= grid_rows else grid_rows + max(GROW_BY, needed - grid_rows)


def grow(sheet: SheetLayout, grid_rows: int, needed: int) -> list[Request]:
    """Add rows to a grid that ends before row `needed`; writing past the edge is refused (observed live)."""
    length = grown(grid_rows, needed) - grid_rows
    return [{"appendDimension": {"sheetId": sheet.sheet_id, "dimension": "ROWS", "length": length}}] if length else []


def widen(sheet_id: int, columns: int) -> Request:
    """Add columns at the right of a grid."""
    return {"appendDimension": {"sheetId": sheet_id, "dimension": "COLUMNS", "length": columns}}


def insert_rows(sheet_id: int, row: int, rows: int) -> Request:
    """Push everything from `row` (counted from 1) down by `rows` rows, dressed like the row above, or below the header."""
    place = {"sheetId": sheet_id, "dimension": "ROWS", "startIndex": row - 1, "endIndex": row - 1 + rows}
    return {"insertDimension": {"range": place, "inheritFromBefore": row > 2}}  # noqa: PLR2004 — the first below the header


def append_rows(
    sheet: SheetLayout, binding: Binding, grid_rows: int, count: int, rows: Sequence[Ledger]
) -> list[Request]:
    """Return the requests that put `rows` below the `count` rows a ledger has."""
    first = count + 2
    cells: list[dict[str, object]] = [row.cells() for row in rows]
    return [
        *grow(sheet, grid_rows, first + len(rows) - 1),
        *write_rows(sheet.sheet_id, binding, first, cells, binding.index),
    ]


def view_table(view: type[View], rows: Iterable[View], zone: tzinfo) -> list[list[Cell]]:
    """Return a view's whole content as cells, header first, trailing empty cells left out as a read leaves them out."""
    return [headers(view), *(view_cells(view, row, zone) for row in rows)]


def headers(view: type[View]) -> list[Cell]:
    """Return a view's first row."""
    return [column.header for column in view.columns()]


def view_cells(view: type[View], row: View, zone: tzinfo) -> list[Cell]:
    """Return a view's row as cells, trailing empty ones left out; times as dates of the spreadsheet's zone."""
    cells = [_shown(view, column, getattr(row, column.field), zone) for column in view.columns()]
    while cells and cells[-1] == "":
        cells.pop()
    return cells


def write_view(view: type[View], sheet_id: int, row: int, rows: Sequence[Sequence[Cell]]) -> Request:
    """Write whole rows of a view, the first at `row` (from 1); addresses in columns of links lead there."""
    request = write_cells(sheet_id, row, 0, rows)
    links = [place for place, column in enumerate(view.columns()) if column.link]
    if links and row > 1:
        for cells in request["updateCells"]["rows"]:
            for place in links:
                if place < len(cells["values"]) and (address := cells["values"][place].get("userEnteredValue")):
                    link = {"textFormat": {"link": {"uri": address["stringValue"]}}}
                    cells["values"][place]["userEnteredFormat"] = link
        request["updateCells"]["fields"] += ",userEnteredFormat.textFormat.link"
    return request


def _shown(view: type[View], column: Column, value: object, zone: tzinfo) -> Cell:
    try:
        return serial_number(value, zone) if isinstance(value, datetime) else as_read(value)
    except InvalidValueError as error:
        raise InvalidValueError(f"Tab “{view.__table__.title}”, column “{column.header}”: {error}") from None
