"""sortRange: the order of values, and what moves with a row."""

from __future__ import annotations

from typing import Any

from sheets_schema.emulator.batch.cell_blocks import read_block, write_block
from sheets_schema.emulator.batch.context import Context, required
from sheets_schema.emulator.batch.formula_moves import moved_extra
from sheets_schema.emulator.errors import InvalidRequestError, unsupported
from sheets_schema.emulator.model.a1 import Area
from sheets_schema.emulator.model.rows import Value
from sheets_schema.emulator.model.workbook import JsonDict, Sheet


def sort_range(context: Context, request: JsonDict) -> None:
    """Observed: `dimensionIndex` is an absolute column; numbers, then text, then FALSE, TRUE.

    Blanks last both ways.
    """
    sheet, area = context.located(required(request, "range"))
    used = Area(area.top, area.left, max(area.top, min(area.bottom, len(sheet.rows))), area.right)
    block = list(enumerate(read_block(sheet, used), used.top))
    for spec in reversed(request.get("sortSpecs", [])):
        if set(spec) - {"dimensionIndex", "sortOrder"}:
            raise unsupported("sorting by colour")
        column = spec.get("dimensionIndex", 0)
        if not area.left <= column < area.right:
            raise InvalidRequestError(f"dimensionIndex[{column}] is outside the range that is sorted.")
        offset = column - area.left
        filled = [item for item in block if item[1][offset][0] != ""]
        blank = [item for item in block if item[1][offset][0] == ""]
        filled.sort(key=lambda item, at=offset: _rank(item[1][at][0]), reverse=spec.get("sortOrder") == "DESCENDING")  # type: ignore[misc] # mypy cannot infer a lambda with a default
        block = filled + blank
    moved = [
        [(value, moved_extra(extra, after - before, 0)) for value, extra in line]
        for after, (before, line) in enumerate(block, used.top)
    ]
    write_block(sheet, area.top, area.left, moved)
    _carry_metadata(context, sheet, {before: after for after, (before, _) in enumerate(block, used.top)})


def _carry_metadata(context: Context, sheet: Sheet, rows: dict[int, int]) -> None:
    """Move developer metadata of rows with what stands in them.

    Measured: mmedum/google-sheets-mcp, spike K.
    """
    metadata = context.book.metadata
    for key, item in metadata.items():
        where = item["location"].get("dimensionRange", {})
        if where.get("dimension") == "ROWS" and where.get("sheetId", 0) == sheet.sheet_id:
            after = rows.get(where["startIndex"], where["startIndex"])
            moved = {**where, "startIndex": after, "endIndex": after + 1}
            metadata[key] = {**item, "location": {**item["location"], "dimensionRange": moved}}


def _rank(value: Value) -> tuple[int, Any]:
    if isinstance(value, bool):
        return 2, value
    if isinstance(value, str):
        return 1, value.casefold()
    return 0, value


HANDLERS = {"sortRange": sort_range}
