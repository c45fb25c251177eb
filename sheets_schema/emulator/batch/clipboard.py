"""Requests that move cells: cut, copy, sort, insert and delete ranges, find and replace."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sheets_schema.emulator.batch.context import Context, check_inside, grid_area, grid_json, required
from sheets_schema.emulator.batch.dimensions import dimension_of
from sheets_schema.emulator.batch.formula_moves import moved_extra, note_formulas, refuse_referred
from sheets_schema.emulator.errors import InvalidRequestError, unsupported
from sheets_schema.emulator.model.a1 import Area
from sheets_schema.emulator.model.rows import NO_EXTRA, Extra, Value, make_row
from sheets_schema.emulator.model.workbook import JsonDict, Sheet

Cell = tuple[Value, Extra]
Block = list[list[Cell]]

_BLANK: Cell = ("", NO_EXTRA)


def read_block(sheet: Sheet, area: Area) -> Block:
    """Return the cells of an area, line by line."""
    lines: Block = []
    for index in range(area.top, area.bottom):
        row = sheet.rows[index]
        lines.append([(row.value_at(column), row.extra_at(column)) for column in range(area.left, area.right)])
    return lines


def write_block(sheet: Sheet, top: int, left: int, block: Block) -> None:
    """Put cells where they go, replacing what is there."""
    for index, line in enumerate(block, top):
        row = sheet.rows[index]
        right = left + len(line)
        values = [*row.values, *([""] * (right - len(row.values)))]
        extras = [*row.extras, *([NO_EXTRA] * (right - len(row.extras)))]
        values[left:right] = [cell[0] for cell in line]
        extras[left:right] = [cell[1] for cell in line]
        sheet.rows[index] = make_row(values, extras)


_Paste = Callable[[Cell, Cell], Cell]


def _paste_no_borders(old: Cell, new: Cell) -> Cell:
    style = {name: item for name, item in (new[1].format or {}).items() if name != "borders"}
    borders = (old[1].format or {}).get("borders")
    if borders:
        style["borders"] = borders
    return new[0], Extra(new[1].formula, new[1].note, style or None, new[1].validation)


_PASTES: dict[str, _Paste] = {
    "PASTE_NORMAL": lambda _old, new: new,
    "PASTE_VALUES": lambda old, new: (new[0], Extra("", old[1].note, old[1].format, old[1].validation)),
    "PASTE_FORMAT": lambda old, new: (old[0], Extra(old[1].formula, old[1].note, new[1].format, old[1].validation)),
    "PASTE_NO_BORDERS": _paste_no_borders,
    "PASTE_FORMULA": lambda old, new: (new[0], Extra(new[1].formula, old[1].note, old[1].format, old[1].validation)),
    "PASTE_DATA_VALIDATION": lambda old, new: (
        old[0],
        Extra(old[1].formula, old[1].note, old[1].format, new[1].validation),
    ),
}


def _paste_of(request: JsonDict) -> _Paste:
    kind = request.get("pasteType", "PASTE_NORMAL")
    if kind not in _PASTES:
        raise unsupported(f"pasteType {kind}")
    return _PASTES[kind]


def _pasted(sheet: Sheet, top: int, left: int, block: Block, paste: _Paste) -> None:
    area = Area(top, left, top + len(block), left + len(block[0]))
    old = read_block(sheet, area)
    fresh = [[paste(a, b) for a, b in zip(x, y, strict=True)] for x, y in zip(old, block, strict=True)]
    note_formulas(sheet, [cell[1] for line in fresh for cell in line if cell[1].formula])
    write_block(sheet, top, left, fresh)


def cut_paste(context: Context, request: JsonDict) -> None:
    """Documented: all the source is cut, whatever is pasted; recorded: the source ends empty."""
    grid, corner = required(request, "source"), required(request, "destination")
    source, target = context.sheet(grid.get("sheetId", 0)), context.sheet(corner.get("sheetId", 0))
    area = grid_area(source, grid)
    top, left = corner.get("rowIndex", 0), corner.get("columnIndex", 0)
    goal = Area(top, left, top + area.height, left + area.width)
    check_inside(target, goal)
    if area.is_empty:
        return
    refuse_referred(context.book, source, area, "cutPaste")
    refuse_referred(context.book, target, goal, "cutPaste")
    context.guard(source, area)
    context.guard(target, goal)
    paste = _paste_of(request)
    block = read_block(source, area)
    left_behind: Block = [[_BLANK] * area.width for _ in range(area.height)]
    if context.quirks.cut_moves_validation == "no":
        left_behind = [[("", Extra(validation=extra.validation)) for _, extra in line] for line in block]
        block = [[(value, Extra(e.formula, e.note, e.format)) for value, e in line] for line in block]
    write_block(source, area.top, area.left, left_behind)
    _pasted(target, top, left, block, paste)
    if request.get("pasteType", "PASTE_NORMAL") == "PASTE_NORMAL":
        moved = [merge for merge in source.merges if area.holds(merge)]
        source.merges = [merge for merge in source.merges if not area.meets(merge)]
        target.merges = [merge for merge in target.merges if not goal.meets(merge)]
        target.merges += [_moved(merge, area, goal) for merge in moved]
    if context.quirks.cut_moves_named_ranges == "yes":
        _move_named_ranges(context, source, area, target, goal)


def _moved(inner: Area, area: Area, goal: Area) -> Area:
    down, across = goal.top - area.top, goal.left - area.left
    return Area(inner.top + down, inner.left + across, inner.bottom + down, inner.right + across)


def _move_named_ranges(context: Context, source: Sheet, area: Area, target: Sheet, goal: Area) -> None:
    """Named ranges that lie wholly in the cut cells go with them (unknown: a switch)."""
    for named_id, named in context.book.named_ranges.items():
        grid = named["range"]
        if grid.get("sheetId", 0) != source.sheet_id or not {"endRowIndex", "endColumnIndex"} <= grid.keys():
            continue
        inner = grid_area(source, grid)
        if area.holds(inner):
            moved = grid_json(target.sheet_id, _moved(inner, area, goal))
            context.book.named_ranges[named_id] = {**named, "range": moved}


def copy_paste(context: Context, request: JsonDict) -> None:
    """Documented: a destination that is a multiple of the source is filled with repetitions.

    A smaller one gets all the source.
    """
    grid, target_grid = required(request, "source"), required(request, "destination")
    if request.get("pasteOrientation", "NORMAL") != "NORMAL":
        raise unsupported("pasteOrientation TRANSPOSE")
    source, area = context.located(grid, guarded=False)
    target, wanted = context.located(target_grid, guarded=False)
    if area.is_empty:
        return
    down = wanted.height // area.height if wanted.height % area.height == 0 and wanted.height else 1
    across = wanted.width // area.width if wanted.width % area.width == 0 and wanted.width else 1
    goal = Area(wanted.top, wanted.left, wanted.top + down * area.height, wanted.left + across * area.width)
    check_inside(target, goal)
    context.guard(target, goal)
    paste = _paste_of(request)
    block = read_block(source, area)
    block = [
        [
            _copied(block[row % area.height][column % area.width], goal, area, row, column)
            for column in range(across * area.width)
        ]
        for row in range(down * area.height)
    ]
    _pasted(target, goal.top, goal.left, block, paste)


def _copied(cell: Cell, goal: Area, area: Area, row: int, column: int) -> Cell:
    """Return a cell as it arrives: the references of its formula move along."""
    value, extra = cell
    if not extra.formula:
        return cell
    down = goal.top + row - area.top - row % area.height
    across = goal.left + column - area.left - column % area.width
    return value, moved_extra(extra, down, across)


def insert_range(context: Context, request: JsonDict) -> None:
    """Documented: empty cells come in, the old ones move down or right.

    What is pushed over the edge widens the grid (inferred).
    """
    sheet, area, rows = _shifted_area(context, request)
    if rows:
        band = Area(area.top, area.left, max(len(sheet.rows), area.top), area.right)
        block = read_block(sheet, band)
        while block and all(cell == _BLANK for cell in block[-1]):
            block.pop()
        sheet.row_count = max(sheet.row_count, area.bottom + len(block))
        write_block(sheet, area.top, area.left, [[_BLANK] * area.width] * area.height)
        write_block(sheet, area.bottom, area.left, block)
    else:
        widest = max((sheet.rows[index].width for index in range(area.top, area.bottom)), default=0)
        block = read_block(sheet, Area(area.top, area.left, area.bottom, max(widest, area.left)))
        sheet.column_count = max(sheet.column_count, widest + area.width if widest > area.left else 0)
        write_block(sheet, area.top, area.left, [[_BLANK] * area.width] * area.height)
        write_block(sheet, area.top, area.right, block)
    context.book.check_size()


def delete_range(context: Context, request: JsonDict) -> None:
    """Documented: the cells go, others move up or left into their place."""
    sheet, area, rows = _shifted_area(context, request)
    if rows:
        last = max(len(sheet.rows), area.bottom)
        block = read_block(sheet, Area(area.bottom, area.left, last, area.right))
        write_block(sheet, area.top, area.left, block + [[_BLANK] * area.width] * area.height)
    else:
        widest = max([area.right, *(sheet.rows[index].width for index in range(area.top, area.bottom))])
        block = read_block(sheet, Area(area.top, area.right, area.bottom, widest))
        write_block(sheet, area.top, area.left, [line + [_BLANK] * area.width for line in block])


def _shifted_area(context: Context, request: JsonDict) -> tuple[Sheet, Area, bool]:
    """Return the sheet, the area, and whether rows move (or columns).

    Merges in the way are not served.
    """
    sheet, area = context.located(required(request, "range"), guarded=False)
    rows = dimension_of({"dimension": request.get("shiftDimension", "")}) == "ROWS"
    affected = (
        Area(area.top, area.left, sheet.row_count, area.right)
        if rows
        else Area(area.top, area.left, area.bottom, sheet.column_count)
    )
    context.guard(sheet, affected)
    refuse_referred(context.book, sheet, affected, "insertRange and deleteRange")
    if any(merge.meets(affected) for merge in sheet.merges):
        raise unsupported("insertRange and deleteRange across merged cells")
    return sheet, area, rows


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


HANDLERS = {
    "cutPaste": cut_paste,
    "copyPaste": copy_paste,
    "insertRange": insert_range,
    "deleteRange": delete_range,
    "sortRange": sort_range,
}
