"""Build the requests of a batch: cells, rows and grids. Pure.

Everything is written at explicit coordinates with absolute values, so that a batch which arrives twice does the same
as one that arrives once. `appendCells` and `values.append` are never used: they look for the end of the data
themselves, and two of them at once overwrite each other (reported: googlesheets4#313).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from sheets_schema.protocol.sheet_layout import SheetLayout
from sheets_schema.schema.cells import extended_value
from sheets_schema.schema.tables import Binding, Ledger

Request = dict[str, Any]

GROW_BY = 1000
"""Rows added at once to a grid that is full."""


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
