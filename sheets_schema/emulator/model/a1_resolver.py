"""From A1 text to a sheet and cells of one workbook."""

from __future__ import annotations

from sheets_schema.emulator.errors import ApiError, invalid_argument
from sheets_schema.emulator.model import a1
from sheets_schema.emulator.model.a1 import Area, Box, Reference
from sheets_schema.emulator.model.workbook import Sheet, Workbook

_SHOWN = 300


def locate(book: Workbook, text: str) -> tuple[Sheet, Area, Reference]:
    """Return the sheet and the closed area a range text names.

    Observed: without a sheet the first one is meant; a bare word is a sheet's title first, then a named range, then a
    cell. Ends beyond the grid are clipped, a start beyond it is refused. Raises `ApiError` 400 with Google's texts.
    """
    reference = a1.parse(text)
    bare = book.titled(text)
    if bare is not None and bare.is_grid:
        return bare, bare.area, Reference(text, None)
    named = next((item for item in book.named_ranges.values() if item["name"].casefold() == text.casefold()), None)
    if named is not None:
        grid = named["range"]
        sheet = book.sheet(grid.get("sheetId", 0))
        box = Box(
            grid.get("startRowIndex", 0),
            grid.get("startColumnIndex", 0),
            grid.get("endRowIndex"),
            grid.get("endColumnIndex"),
        )
        return sheet, clipped(sheet, box), Reference(None, box)
    if reference is None or not text:
        raise _unreadable(text)
    found = book.sheets[0] if reference.title is None else book.titled(reference.title)
    if found is None or not found.is_grid:
        raise _unreadable(text)
    if reference.box is None:
        return found, found.area, reference
    return found, clipped(found, reference.box), reference


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


def _unreadable(text: str) -> ApiError:
    return invalid_argument(f"Unable to parse range: {text[:_SHOWN]}")
