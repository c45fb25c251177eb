"""From A1 text to a sheet and cells of one workbook."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sheets_schema.emulator.errors import ApiError, invalid_argument
from sheets_schema.emulator.model import a1
from sheets_schema.emulator.model.a1 import Area, Box
from sheets_schema.emulator.model.workbook import Sheet, Workbook

_SHOWN = 300


class Located(NamedTuple):
    """What a range text names: the sheet, the cells of it that exist, and what was asked for.

    `box` is None for a whole sheet. `one_cell` tells `A1` from `A1:A1`: a write to a single cell may spread.
    """

    sheet: Sheet
    area: Area
    box: Box | None = None
    one_cell: bool = False


def locate(book: Workbook, text: str) -> Located:
    """Return the sheet and the closed area a range text names.

    Documented: without a sheet the first visible one is meant. Reported and documented: a bare word is a cell first
    (`B2`, whatever tabs are called), then a named range, then a sheet's title; in quotes it is a title only. Ends
    beyond the grid are clipped, a start beyond it is refused. Raises `ApiError` 400 with Google's texts.
    """
    titles, rest = a1.split(text)
    if titles:
        sheet = _titled(book, titles)
        found = None if sheet is None else _within(book, sheet, rest)
    else:
        found = _bare(book, text)
    found = found or _whole(_titled(book, (text,)))
    if found is None or not text:
        raise invalid_argument(f"Unable to parse range: {text[:_SHOWN]}")
    return found


def _titled(book: Workbook, titles: Iterable[str]) -> Sheet | None:
    found = (book.titled(title) for title in titles)
    return next((sheet for sheet in found if sheet is not None and sheet.is_grid), None)


def _whole(sheet: Sheet | None) -> Located | None:
    return None if sheet is None else Located(sheet, sheet.area)


def _within(book: Workbook, sheet: Sheet, rest: str | None) -> Located | None:
    """Return what comes after a sheet's title: cells, or a named range that lies on this sheet."""
    if rest is None:
        return _whole(sheet)
    cells = a1.parse_cells(rest)
    if cells is not None:
        return Located(sheet, clipped(sheet, cells[0]), *cells)
    named = _named(book, rest)
    return named if named is not None and named.sheet is sheet else None


def _bare(book: Workbook, text: str) -> Located | None:
    cells = a1.parse_cells(text)
    if cells is None:
        return _named(book, text)
    sheet = _first_visible(book)
    return Located(sheet, clipped(sheet, cells[0]), *cells)


def _first_visible(book: Workbook) -> Sheet:
    grids = [sheet for sheet in book.sheets if sheet.is_grid]
    return next((sheet for sheet in grids if not sheet.properties.get("hidden")), grids[0])


def _named(book: Workbook, name: str) -> Located | None:
    wanted = name.casefold()
    named = next((item for item in book.named_ranges.values() if item["name"].casefold() == wanted), None)
    if named is None:
        return None
    grid = named["range"]
    sheet = book.sheet(grid.get("sheetId", 0))
    top, left = grid.get("startRowIndex", 0), grid.get("startColumnIndex", 0)
    box = Box(top, left, grid.get("endRowIndex"), grid.get("endColumnIndex"))
    if box.closed(sheet.row_count, sheet.column_count).is_empty:
        return None  # documented: an empty range is a #REF!
    return Located(sheet, clipped(sheet, box), box)


def clipped(sheet: Sheet, box: Box) -> Area:
    """Return the part of a box in the grid; refused when it starts beyond (observed text)."""
    area = box.closed(sheet.row_count, sheet.column_count)
    if box.top >= sheet.row_count or box.left >= sheet.column_count:
        asked = Area(
            box.top,
            box.left,
            max(box.top + 1, box.bottom or sheet.row_count),
            max(box.left + 1, box.right or sheet.column_count),
        )
        raise beyond(sheet, asked)
    return area


def beyond(sheet: Sheet, area: Area) -> ApiError:
    """Return the refusal of cells that do not exist (observed text)."""
    return invalid_argument(
        f"Range ({a1.text_of(sheet.title, area)}) exceeds grid limits. "
        f"Max rows: {sheet.row_count}, max columns: {sheet.column_count}"
    )
