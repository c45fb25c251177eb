"""cutPaste and copyPaste: what each type of paste brings."""

from __future__ import annotations

from collections.abc import Callable

from sheets_schema.emulator.batch.cell_blocks import BLANK, Block, Cell, Line, read_block, write_block
from sheets_schema.emulator.batch.context import Context, required
from sheets_schema.emulator.batch.formula_moves import moved_extra, note_formulas, refuse_referred
from sheets_schema.emulator.batch.grid_ranges import check_inside, grid_area, grid_json
from sheets_schema.emulator.errors import unsupported
from sheets_schema.emulator.model.a1 import Area
from sheets_schema.emulator.model.rows import Extra
from sheets_schema.emulator.model.workbook import JsonDict, Sheet

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
    made: dict[tuple[int, int], Line] = {}
    pairs = list(zip(read_block(sheet, area), block, strict=True))
    for old, new in pairs:
        if (id(old), id(new)) not in made:
            line = made[id(old), id(new)] = [paste(before, after) for before, after in zip(old, new, strict=True)]
            note_formulas(sheet, [extra for _, extra in line if extra.formula])
    write_block(sheet, top, left, [made[id(old), id(new)] for old, new in pairs])


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
    left_behind: Block = [[BLANK] * area.width for _ in range(area.height)]
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
    """Named ranges that lie wholly in the cut cells go with them (unknown: a quirk)."""
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
    if any(extra.formula for line in block for _, extra in line):
        block = [
            [
                _copied(block[row % area.height][column % area.width], goal, area, row, column)
                for column in range(across * area.width)
            ]
            for row in range(down * area.height)
        ]
    else:
        block = [line if across == 1 else [*line] * across for line in block] * down
    _pasted(target, goal.top, goal.left, block, paste)


def _copied(cell: Cell, goal: Area, area: Area, row: int, column: int) -> Cell:
    """Return a cell as it arrives: the references of its formula move along."""
    value, extra = cell
    if not extra.formula:
        return cell
    down = goal.top + row - area.top - row % area.height
    across = goal.left + column - area.left - column % area.width
    return value, moved_extra(extra, down, across)


HANDLERS = {
    "cutPaste": cut_paste,
    "copyPaste": copy_paste,
}
