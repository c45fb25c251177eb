"""deleteDuplicates, trimWhitespace, updateBorders."""

from __future__ import annotations

import re

from sheets_schema.emulator.batch.clipboard import Block, read_block, write_block
from sheets_schema.emulator.batch.context import Context, required
from sheets_schema.emulator.errors import InvalidRequestError
from sheets_schema.emulator.model.a1 import Area
from sheets_schema.emulator.model.colors import mirror_styles
from sheets_schema.emulator.model.rows import NO_EXTRA, Extra, Value
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
    kept: Block = []
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
    block = read_block(sheet, area)
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


def update_borders(context: Context, request: JsonDict) -> None:
    """Documented: sets the borders that are given; style NONE removes one.

    A border is kept on the cell it is drawn at.
    """
    sheet, area = context.located(required(request, "range"))
    block = read_block(sheet, area)
    # Few kinds of cell occur: corners, edges, the inside, each with what it has already. The key objects are kept alive.
    known: dict[tuple[int, bool, bool, bool, bool], tuple[Extra, Extra]] = {}
    for row, line in enumerate(block):
        for column, (value, extra) in enumerate(line):
            edges = (row == 0, row == area.height - 1, column == 0, column == area.width - 1)
            key = (id(extra), *edges)
            if key not in known:
                known[key] = (extra, _bordered(extra, _sides(request, *edges)))
            line[column] = (value, known[key][1])
    write_block(sheet, area.top, area.left, block)


def _sides(request: JsonDict, top: bool, bottom: bool, left: bool, right: bool) -> JsonDict:
    """Return the borders of a cell that lies at these edges of the range."""
    sides = {
        "top": request.get("top" if top else "innerHorizontal"),
        "bottom": request.get("bottom" if bottom else "innerHorizontal"),
        "left": request.get("left" if left else "innerVertical"),
        "right": request.get("right" if right else "innerVertical"),
    }
    return {name: border for name, border in sides.items() if border is not None}


def _bordered(extra: Extra, given: JsonDict) -> Extra:
    style = dict(extra.format or {})
    borders = {**style.pop("borders", {}), **mirror_styles(given)}
    borders = {name: border for name, border in borders.items() if border.get("style", "NONE") != "NONE"}
    if borders:
        style["borders"] = borders
    return Extra(extra.formula, extra.note, style or None, extra.validation)


HANDLERS = {
    "deleteDuplicates": delete_duplicates,
    "trimWhitespace": trim_whitespace,
    "updateBorders": update_borders,
}
