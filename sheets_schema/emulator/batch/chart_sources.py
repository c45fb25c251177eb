"""Check the cells that charts and slicers draw from, and let them follow the grid."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sheets_schema.emulator.batch.context import Context
from sheets_schema.emulator.batch.grid_ranges import grid_area
from sheets_schema.emulator.errors import InvalidRequestError
from sheets_schema.emulator.model.workbook import JsonDict

ShiftGrid = Callable[[JsonDict], JsonDict | None]
"""Where a GridRange goes; None when nothing of it is left."""


def check_sources(context: Context, spec: JsonDict) -> None:
    """Refuse sources that do not exist. Documented: each is one row or one column."""
    for grid in _sources(spec):
        sheet = context.book.sheet(grid.get("sheetId", 0))
        area = grid_area(sheet, grid)
        if area.height != 1 and area.width != 1:
            raise InvalidRequestError("Each source range of a chart must be a single row or column.")


def _sources(value: Any) -> Iterator[JsonDict]:
    if isinstance(value, list):
        for item in value:
            yield from _sources(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from item.get("sources", ()) if name == "sourceRange" else _sources(item)


def shifted(value: Any, shift: ShiftGrid) -> Any:
    """Return a specification after a shift; None for what has lost every source.

    Observed: a chart stays when a column that it draws is deleted, only that series is gone; rows shorten a source.
    """
    if isinstance(value, list):
        return [after for item in value if (after := shifted(item, shift)) is not None and not _lost(item, after)]
    if not isinstance(value, dict):
        return value
    result: JsonDict = {}
    for name, item in value.items():
        after = item
        if name == "sourceRange":
            sources = [grid for grid in map(shift, item.get("sources", ())) if grid is not None]
            if not sources:
                return None
            after = {**item, "sources": sources}
        else:
            after = shift(item) if name == "dataRange" else shifted(item, shift)
        if after is not None:
            result[name] = after
    return result


def _lost(before: Any, after: Any) -> bool:
    """Whether an entry of a list has lost the cells that it draws."""
    return isinstance(before, dict) and any(
        name in before and name not in after for name in ("series", "domain", "data")
    )
