"""`values.append`: finding the table, then writing below it.

Documented with examples, and observed (sheets-api §5): the given range is searched for data; the last table in it
counts, wherever it began. A table is a block of filled cells that touch, corners included. No data in the range: the
values go where the range starts.
"""

from __future__ import annotations

from sheets_schema.emulator.api.values import Writer, by_rows, write_lines
from sheets_schema.emulator.batch.context import Context
from sheets_schema.emulator.batch.dimensions import put_in
from sheets_schema.emulator.model import a1
from sheets_schema.emulator.model.a1 import Area
from sheets_schema.emulator.model.a1_resolver import beyond, locate
from sheets_schema.emulator.model.rows import Row
from sheets_schema.emulator.model.workbook import JsonDict, Sheet


def append(context: Context, text: str, body: JsonDict, option: str, insert: str) -> tuple[JsonDict, Sheet, Area]:
    """Append on a forked book; the answer without spreadsheet ids, and what was written.

    `insert` is OVERWRITE (cells below the table are written over) or INSERT_ROWS (rows are put in for them).
    """
    sheet, area, _ = locate(context.book, text)
    lines = by_rows(body)
    table = find_table(sheet, area)
    answer: JsonDict = {}
    top, left = (area.top, area.left) if table is None else (table.bottom, table.left)
    if table is not None:
        answer["tableRange"] = a1.text_of(sheet.title, table)
    height, width = max(len(lines), 1), max(1, *map(len, lines), 1)
    target = Area(top, left, top + height, left + width)
    own = context.sheet(sheet.sheet_id)
    if target.right > own.column_count:
        raise beyond(own, target)
    if insert == "INSERT_ROWS" and table is not None and top < own.row_count:
        put_in(context, own, "ROWS", top, height)
    elif target.bottom > own.row_count:
        own.row_count = target.bottom
    context.book.check_size()
    writer = Writer(context.person, context.quirks, option)
    updates = write_lines(context.book, own, target, lines, writer)
    return {**answer, "updates": updates}, own, target


def find_table(sheet: Sheet, area: Area) -> Area | None:
    """The last table that has a filled cell in the area; "last" is the lowest such cell, and in its row the rightmost."""
    for index in range(min(area.bottom, len(sheet.rows)) - 1, area.top - 1, -1):
        row = sheet.rows[index]
        for column in range(min(area.right, row.width) - 1, area.left - 1, -1):
            if _filled(row, column):
                return _grown(sheet, Area(index, column, index + 1, column + 1))
    return None


def _filled(row: Row, column: int) -> bool:
    return row.value_at(column) != "" or bool(row.extra_at(column).formula)


def _any_filled(row: Row, left: int, right: int) -> bool:
    return any(_filled(row, column) for column in range(max(left, 0), min(right, row.width)))


def _grown(sheet: Sheet, table: Area) -> Area:
    """Grow a block in all directions until its border is empty."""
    rows = sheet.rows
    top, left, bottom, right = table.top, table.left, table.bottom, table.right
    while True:
        before = (top, left, bottom, right)
        while top > 0 and _any_filled(rows[top - 1], left - 1, right + 1):
            top -= 1
        while bottom < len(rows) and _any_filled(rows[bottom], left - 1, right + 1):
            bottom += 1
        span = range(max(top - 1, 0), min(bottom + 1, len(rows)))
        while left > 0 and any(_filled(rows[index], left - 1) for index in span):
            left -= 1
        while any(_filled(rows[index], right) for index in span):
            right += 1
        if before == (top, left, bottom, right):
            return Area(top, left, bottom, right)
