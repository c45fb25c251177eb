"""What every request of a batch works with, and how it reads ranges."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sheets_schema.emulator.errors import InvalidRequestError
from sheets_schema.emulator.messages.masks import Mask
from sheets_schema.emulator.messages.masks import parse as parse_mask
from sheets_schema.emulator.messages.messages import read_mask, snake
from sheets_schema.emulator.model import a1
from sheets_schema.emulator.model import permissions as people
from sheets_schema.emulator.model.a1 import Area
from sheets_schema.emulator.model.permissions import Account
from sheets_schema.emulator.model.quirks import Quirks
from sheets_schema.emulator.model.workbook import JsonDict, Sheet, Workbook


@dataclass(slots=True)
class Context:
    """The private copy a batch works on, and for whom."""

    book: Workbook
    person: Account
    quirks: Quirks
    number: Callable[[], int]
    """A random positive int32, for ids that the caller did not choose."""
    now: float = 0.0
    """Seconds since the epoch."""
    appended: list[int] = field(default_factory=list)
    """Where each appendCells began to write; merge mode needs it."""

    def sheet(self, sheet_id: int) -> Sheet:
        """Return a sheet to write on."""
        return self.book.writable(sheet_id)

    def grid(self, sheet_id: int) -> Sheet:
        """Return a sheet with cells to write on."""
        sheet = self.sheet(sheet_id)
        check_grid(sheet)
        return sheet

    def located(self, grid: Mapping[str, Any], *, guarded: bool = True) -> tuple[Sheet, Area]:
        """Return the sheet, to write on, and the cells of a GridRange.

        Refused where they are protected.
        """
        sheet = self.sheet(grid.get("sheetId", 0))
        area = grid_area(sheet, grid)
        if guarded:
            self.guard(sheet, area)
        return sheet, area

    def holder(self, items: str, key: int, name: str) -> Sheet:
        """Return the sheet that holds the item of this id, to write on."""
        for sheet in self.book.sheets:
            if key in getattr(sheet, items):
                return self.sheet(sheet.sheet_id)
        raise InvalidRequestError(f"No {name} with id: {key}")

    def guard(self, sheet: Sheet, *areas: Area) -> None:
        """Refuse the change when cells are protected from the caller."""
        people.check(self.book, sheet, areas, self.person)

    def fresh_id(self, taken: Iterable[int]) -> int:
        """Return an id that is not taken."""
        used = set(taken)
        while True:
            candidate = self.number()
            if candidate not in used:
                return candidate


def required(request: Mapping[str, Any], name: str) -> Any:
    """Return a field that must be there."""
    if name not in request:
        raise InvalidRequestError(f"{name} must be set.")
    return request[name]


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


def update_mask(request: Mapping[str, Any], message: str, *, root: str | None = None) -> Mask:
    """Read the `fields` of an update, checked against the message it updates."""
    text = request.get("fields", "").strip()
    if not text:
        raise InvalidRequestError("At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)")
    return _parsed_mask(text, message, root)


@lru_cache(maxsize=1024)
def _parsed_mask(text: str, message: str, root: str | None) -> Mask:
    """Return the mask of a text; the same few come with every commit."""
    mask = parse_mask(text)
    if mask is None:
        raise InvalidRequestError(f"Invalid field mask: {text}")
    if root is not None and mask.names() in ([root], [snake(root)]):
        # Documented: "The root … is implied and should not be specified"; clients that do are understood.
        mask = mask.below(root) or mask.below(snake(root)) or mask
    mask, wrong = read_mask(message, mask)
    if wrong:
        raise InvalidRequestError(f"Invalid field: {wrong[0]}")
    return mask
