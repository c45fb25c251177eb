"""Requests that write cells: updateCells, appendCells, repeatCell, setDataValidation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import repeat
from typing import Any

from sheets_schema.emulator.batch.context import Context, required
from sheets_schema.emulator.batch.formula_moves import spread_formulas
from sheets_schema.emulator.batch.grid_ranges import check_inside, clipped_grid
from sheets_schema.emulator.errors import InvalidRequestError
from sheets_schema.emulator.messages.field_masks import Mask, update_mask
from sheets_schema.emulator.model.a1 import Area
from sheets_schema.emulator.model.cell_writer import CellWriter
from sheets_schema.emulator.model.data_validation import check_strict
from sheets_schema.emulator.model.rows import NO_EXTRA, Row, make_row
from sheets_schema.emulator.model.workbook import JsonDict, Sheet

_NOTHING: Mapping[str, Any] = {}
_VALIDATION_ONLY = Mask({"dataValidation": Mask.everything()})


def write_row(row: Row, left: int, cells: list[Any], writer: CellWriter) -> Row:
    """Return a row with `CellData` applied from column `left` on."""
    right = left + len(cells)
    values = [*row.values, *repeat("", right - len(row.values))]
    extras = [*row.extras, *repeat(NO_EXTRA, right - len(row.extras))] if row.extras or writer.sets_extras else []
    write = writer.write
    for column, cell in enumerate(cells, left):
        old = extras[column] if extras else NO_EXTRA
        values[column], extra = write(values[column], old, cell)
        if extra is not old:
            if not extras:
                extras = [NO_EXTRA] * right
            extras[column] = extra
    return make_row(values, extras)


def _place(context: Context, sheet: Sheet, area: Area, lines: list[list[Any]], writer: CellWriter) -> None:
    context.guard(sheet, area)
    strict = context.quirks.strict_validation == "enforced"
    for index, cells in enumerate(lines, area.top):
        row = write_row(sheet.rows[index], area.left, cells, writer)
        if strict:
            check_strict(sheet, index, row, range(area.left, area.left + len(cells)))
        sheet.rows[index] = row
    sheet.calculates = sheet.calculates or writer.calculates


def update_cells(context: Context, request: JsonDict) -> None:
    """Write cells.

    Documented: with `range`, cells that `rows` does not reach are cleared in the fields of the mask; with `start`,
    not.
    """
    writer = CellWriter(update_mask(request, "CellData"), context.book.locale)
    lines = [row.get("values", []) for row in request.get("rows", [])]
    if ("range" in request) == ("start" in request):
        raise InvalidRequestError("Exactly one of start and range must be set.")
    if "range" in request:
        sheet, area = context.located(request["range"], guarded=False)
        if len(lines) > area.height:
            raise InvalidRequestError(
                f"Attempting to write row: {area.bottom}, beyond the last requested row of: {area.bottom - 1}"
            )
        widest = max(map(len, lines), default=0)
        if widest > area.width:
            raise InvalidRequestError(
                f"Attempting to write column: {area.right}, beyond the last requested column of: {area.right - 1}"
            )
        _fill(context, sheet, area, lines, writer)
        return
    start = request["start"]
    sheet = context.sheet(start.get("sheetId", 0))
    top, left = start.get("rowIndex", 0), start.get("columnIndex", 0)
    area = Area(top, left, top + max(len(lines), 1), left + max(1, *map(len, lines), 1))
    check_inside(sheet, area)
    _place(context, sheet, area, lines, writer)


def _fill(context: Context, sheet: Sheet, area: Area, lines: list[list[Any]], writer: CellWriter) -> None:
    """Write the lines, and empty cells in what they leave of the area.

    Rows beyond the stored ones are empty already.
    """
    full = [line + [_NOTHING] * (area.width - len(line)) for line in lines]
    _place(context, sheet, area, full, writer)

    def cleared(row: Row) -> Row:
        reach = min(area.right, row.width) - area.left
        return write_row(row, area.left, [_NOTHING] * reach, writer) if reach > 0 else row

    sheet.rows.replace(area.top + len(lines), min(area.bottom, len(sheet.rows)), cleared)


def repeat_cell(context: Context, request: JsonDict) -> None:
    """Documented: every cell of the range gets the same data in the fields of the mask."""
    grid = required(request, "range")
    writer = CellWriter(update_mask(request, "CellData", root="cell"), context.book.locale)
    sheet, area = context.located(clipped_grid(context.grid(grid.get("sheetId", 0)), grid))
    _repeat(sheet, area, request.get("cell", {}), writer)
    if context.quirks.strict_validation == "enforced":
        for index in range(area.top, area.bottom):
            check_strict(sheet, index, sheet.rows[index], range(area.left, area.right))
    if writer.calculates:
        # Documented for copies, observed here: references move along with the cells that the formula is repeated in.
        sheet.calculates = True
        spread_formulas(sheet, area)


def _repeat(sheet: Sheet, area: Area, cell: JsonDict, writer: CellWriter) -> None:
    """Write `cell` in every column of the area's rows."""
    cells = [cell] * area.width
    sheet.rows.replace(area.top, area.bottom, lambda row: write_row(row, area.left, cells, writer))


def set_data_validation(context: Context, request: JsonDict) -> None:
    """Documented: sets the rule on every cell of the range; without a rule, clears it."""
    grid = required(request, "range")
    rule = request.get("rule")
    if rule is not None and "type" not in rule.get("condition", {}):
        raise InvalidRequestError("rule.condition.type must be set.")
    cell = {} if rule is None else {"dataValidation": rule}
    sheet, area = context.located(grid)
    bottom = area.bottom if rule is not None else min(area.bottom, len(sheet.rows))
    _repeat(sheet, replace(area, bottom=bottom), cell, CellWriter(_VALIDATION_ONLY, context.book.locale))


def append_cells(context: Context, request: JsonDict) -> None:
    """Documented: after the last row with data, with new rows where the grid ends.

    A row that only has formats is no data (observed).
    """
    writer = CellWriter(update_mask(request, "CellData"), context.book.locale)
    sheet = context.grid(request.get("sheetId", 0))
    lines = [row.get("values", []) for row in request.get("rows", [])]
    top = last_used_row(sheet) + 1
    context.appended.append(top)
    if not lines:
        return
    right = max(1, *map(len, lines), 1)
    if right > sheet.column_count:
        check_inside(sheet, Area(0, 0, 1, right))
    if top + len(lines) > sheet.row_count:
        sheet.row_count = top + len(lines)
        context.book.check_size()
    _place(context, sheet, Area(top, 0, top + len(lines), right), lines, writer)


def last_used_row(sheet: Sheet) -> int:
    """Index of the last row that holds a value or a formula; -1 when there is none."""
    return sheet.rows.last_filled(0, len(sheet.rows))


HANDLERS = {
    "updateCells": update_cells,
    "repeatCell": repeat_cell,
    "setDataValidation": set_data_validation,
    "appendCells": append_cells,
}
