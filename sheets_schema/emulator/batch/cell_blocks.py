"""Read and write blocks of whole cells: values, formulas, notes, formats and validation."""

from __future__ import annotations

from sheets_schema.emulator.model.a1 import Area
from sheets_schema.emulator.model.rows import NO_EXTRA, Extra, Value, make_row
from sheets_schema.emulator.model.workbook import Sheet

Cell = tuple[Value, Extra]
Block = list[list[Cell]]

BLANK: Cell = ("", NO_EXTRA)


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
