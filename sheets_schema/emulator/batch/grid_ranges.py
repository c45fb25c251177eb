"""Read a GridRange as a rectangle, check it against the grid, and write it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sheets_schema.emulator.errors import InvalidRequestError
from sheets_schema.emulator.model import a1
from sheets_schema.emulator.model.a1 import Area
from sheets_schema.emulator.model.workbook import JsonDict, Sheet, Workbook


def grid_area(sheet: Sheet, grid: Mapping[str, Any]) -> Area:
    """Return a GridRange as a closed rectangle.

    Documented: absent bounds are open, and start = end is an empty range; ends beyond the grid are refused
    (observed).
    """
    check_grid(sheet)
    top, left = grid.get("startRowIndex", 0), grid.get("startColumnIndex", 0)
    bottom, right = grid.get("endRowIndex", sheet.row_count), grid.get("endColumnIndex", sheet.column_count)
    for name, value in grid.items():
        if name.endswith("Index") and value < 0:
            raise InvalidRequestError(f"GridRange.{name}[{value}] must be at least zero.")
    if top > bottom:
        raise InvalidRequestError(f"GridRange.endRowIndex[{bottom}] must be after GridRange.startRowIndex[{top}].")
    if left > right:
        raise InvalidRequestError(
            f"GridRange.endColumnIndex[{right}] must be after GridRange.startColumnIndex[{left}]."
        )
    area = Area(top, left, bottom, right)
    check_inside(sheet, area)
    return area


def clipped_grid(sheet: Sheet, grid: Mapping[str, Any]) -> JsonDict:
    """Return a GridRange that ends where the grid ends.

    Measured for repeatCell (a public log of live answers, 2026-09-29): a range that starts inside is taken and what lies
    beyond left out; one that starts beyond is refused, in these words.
    """
    sizes = {"Row": sheet.row_count, "Column": sheet.column_count}
    if sheet.is_grid and any(grid.get(f"start{word}Index", 0) >= size for word, size in sizes.items()):
        raise InvalidRequestError(
            f"Range ({_open_text(sheet, grid)}) exceeds grid limits. "
            f"Max rows: {sheet.row_count}, max columns: {sheet.column_count}"
        )
    ends = {f"end{word}Index": min(grid.get(f"end{word}Index", size), size) for word, size in sizes.items()}
    return {**grid, **ends}


def _open_text(sheet: Sheet, grid: Mapping[str, Any]) -> str:
    """Return a range as it was asked for; an end that is open is left out: `T!A1001:B`."""
    first = f"{a1.column_name(grid.get('startColumnIndex', 0))}{grid.get('startRowIndex', 0) + 1}"
    column, row = grid.get("endColumnIndex"), grid.get("endRowIndex")
    last = f"{'' if column is None else a1.column_name(column - 1)}{'' if row is None else row}"
    return f"{a1.quoted(sheet.title)}!{first}" + (f":{last}" if last else "")


def check_grid(sheet: Sheet) -> None:
    """Refuse the sheet of a chart, which has no cells."""
    if not sheet.is_grid:
        raise InvalidRequestError(f"Sheet {sheet.sheet_id} is not a grid: it only holds a chart.")


def check_inside(sheet: Sheet, area: Area) -> None:
    """Refuse cells beyond the grid (observed text)."""
    if area.top < 0 or area.left < 0:
        raise InvalidRequestError("Row and column indexes must be at least zero.")
    if area.bottom > sheet.row_count or area.right > sheet.column_count:
        raise InvalidRequestError(
            f"Range ({a1.text_of(sheet.title, area)}) exceeds grid limits. "
            f"Max rows: {sheet.row_count}, max columns: {sheet.column_count}"
        )


def grid_json(sheet_id: int, area: Area) -> JsonDict:
    """Return a closed rectangle as a GridRange.

    A zero sheet id is left out as in every answer, the zero bounds are printed (recorded).
    """
    grid: JsonDict = {"sheetId": sheet_id} if sheet_id else {}
    grid |= {
        "startRowIndex": area.top,
        "endRowIndex": area.bottom,
        "startColumnIndex": area.left,
        "endColumnIndex": area.right,
    }
    return grid


def kept_grid(book: Workbook, grid: JsonDict) -> JsonDict:
    """Return a GridRange as it is kept and answered.

    The bounds are as given, a zero sheet id is left out (recorded).
    """
    grid_area(book.sheet(grid.get("sheetId", 0)), grid)
    return {name: value for name, value in grid.items() if name != "sheetId" or value}
