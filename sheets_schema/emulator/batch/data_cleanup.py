"""deleteDuplicates and trimWhitespace."""

from __future__ import annotations

import re

from sheets_schema.emulator.batch.cell_blocks import Line, read_block, write_block
from sheets_schema.emulator.batch.context import Context, required
from sheets_schema.emulator.errors import InvalidRequestError
from sheets_schema.emulator.model.a1 import Area
from sheets_schema.emulator.model.rows import NO_EXTRA, Value
from sheets_schema.emulator.model.workbook import JsonDict, Sheet

_BLANKS = re.compile(r"\s+")


def _used(context: Context, request: JsonDict) -> tuple[Sheet, Area]:
    sheet, area = context.located(required(request, "range"))
    return sheet, Area(area.top, area.left, max(area.top, min(area.bottom, len(sheet.rows))), area.right)


def delete_duplicates(context: Context, request: JsonDict) -> JsonDict:
    """Documented: the first of equal rows stays.

    Letter case, formats and formulas do not count; what is below moves up.
    """
    sheet, area = _used(context, request)
    if area.is_empty:
        return {}
    columns: set[int] = set()
    for where in request.get("comparisonColumns", []):
        start, end = where.get("startIndex", 0), where.get("endIndex", area.right)
        if where.get("dimension") != "COLUMNS" or start < area.left or end > area.right:
            raise InvalidRequestError("comparisonColumns must be columns inside the range.")
        columns.update(range(start - area.left, end - area.left))
    block = read_block(sheet, area)
    seen: set[tuple[Value, ...]] = set()
    kept: list[Line] = []
    for line in block:
        picked = [cell[0] for at, cell in enumerate(line) if not columns or at in columns]
        key = tuple(value.casefold() if isinstance(value, str) else value for value in picked)
        if key not in seen or all(value == "" for value in key):
            kept.append(line)
        seen.add(key)
    removed = len(block) - len(kept)
    kept += [[("", NO_EXTRA)] * area.width for _ in range(removed)]
    write_block(sheet, area.top, area.left, kept)
    return {"duplicatesRemovedCount": removed} if removed else {}


def trim_whitespace(context: Context, request: JsonDict) -> JsonDict:
    """Documented: blanks at the ends go, runs of blanks inside become one.

    Formulas are left alone.
    """
    sheet, area = _used(context, request)
    block = [[*line] for line in read_block(sheet, area)]
    changed = 0
    for line in block:
        for at, (value, extra) in enumerate(line):
            if not isinstance(value, str) or extra.formula:
                continue
            trimmed = _BLANKS.sub(" ", value).strip()
            if trimmed != value:
                line[at] = (trimmed, extra)
                changed += 1
    write_block(sheet, area.top, area.left, block)
    return {"cellsChangedCount": changed} if changed else {}


HANDLERS = {
    "deleteDuplicates": delete_duplicates,
    "trimWhitespace": trim_whitespace,
}
