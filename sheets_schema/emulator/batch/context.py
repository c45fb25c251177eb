"""What every request of a batch works with: the copy it changes, the caller, the quirks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sheets_schema.emulator.batch.grid_ranges import check_grid, grid_area
from sheets_schema.emulator.errors import InvalidRequestError
from sheets_schema.emulator.model import permissions as people
from sheets_schema.emulator.model.a1 import Area
from sheets_schema.emulator.model.permissions import Account
from sheets_schema.emulator.model.quirks import Quirks
from sheets_schema.emulator.model.workbook import Sheet, Workbook


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
    """Where each appendCells began to write; lost-update mode needs it."""

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
