"""Read and write blocks of whole cells: values, formulas, notes, formats and validation.

Most rows of a sheet are one object, since they are empty or alike. What is made of them is made once.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, islice, repeat

from sheets_schema.emulator.model.a1 import Area
from sheets_schema.emulator.model.rows import EMPTY, NO_EXTRA, Extra, Row, Value, make_row
from sheets_schema.emulator.model.workbook import Sheet

Cell = tuple[Value, Extra]
Line = Sequence[Cell]
"""Cells side by side. Equal lines may be one object: make another one instead of changing it."""
Block = Sequence[Line]

BLANK: Cell = ("", NO_EXTRA)


def read_block(sheet: Sheet, area: Area) -> list[Line]:
    """Return the cells of an area, line by line."""
    stored = list(sheet.rows.between(area.top, area.bottom))
    lines = {id(row): _line(row, area) for row in {id(row): row for row in [*stored, EMPTY]}.values()}
    missing = area.bottom - area.top - len(stored)
    return [*(lines[id(row)] for row in stored), *repeat(lines[id(EMPTY)], missing)]


def _line(row: Row, area: Area) -> Line:
    values, extras = row.values[area.left : area.right], row.extras[area.left : area.right]
    cells = zip(chain(values, repeat("")), chain(extras, repeat(NO_EXTRA)), strict=False)  # both without an end
    return tuple(islice(cells, area.width))


def write_block(sheet: Sheet, top: int, left: int, block: Block) -> None:
    """Put cells where they go, replacing what is there."""
    written: dict[tuple[int, int], tuple[Row, Row]] = {}
    for index, line in enumerate(block, top):
        row = sheet.rows[index]
        key = id(row), id(line)
        if key not in written:
            written[key] = row, _replaced(row, left, line)
        sheet.rows[index] = written[key][1]


def _replaced(row: Row, left: int, line: Line) -> Row:
    right = left + len(line)
    values = [*row.values, *repeat("", right - len(row.values))]
    extras = [*row.extras, *repeat(NO_EXTRA, right - len(row.extras))]
    values[left:right] = [cell[0] for cell in line]
    extras[left:right] = [cell[1] for cell in line]
    return make_row(values, extras)
