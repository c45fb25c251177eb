"""Finds the table that `values.append` goes on with.

It is a block of filled cells that touch, corners included. A row is looked at as a number whose bits are its filled
cells. Each chunk of rows remembers what all of its rows have in common and what any of them has, so a table of a
million cells is crossed chunk by chunk.
"""

from __future__ import annotations

from sheets_schema.emulator.model.a1 import Area
from sheets_schema.emulator.model.rows import RowList
from sheets_schema.emulator.model.workbook import Sheet


def find_table(sheet: Sheet, area: Area) -> Area | None:
    """Return the last table that has a filled cell in the area.

    "last" is the lowest such cell, and in its row the rightmost.
    """
    window = _bits(area.left, area.right)
    rows = sheet.rows
    index = min(area.bottom, len(rows))
    while index > area.top:
        start, _, _, union = rows.summary(index - 1)
        if not union & window:
            index = start
            continue
        index -= 1
        filled = rows.filled(index) & window
        if filled:
            column = filled.bit_length() - 1
            return _grown(rows, Area(index, column, index + 1, column + 1))
    return None


def _bits(left: int, right: int) -> int:
    """Return the bits of the columns from `left` to before `right`."""
    return (1 << right) - (1 << max(left, 0))


def _grown(rows: RowList, table: Area) -> Area:
    """Grow a block in all directions until its border is empty."""
    top, left, bottom, right = table.top, table.left, table.bottom, table.right
    while True:
        before = (top, left, bottom, right)
        reach = _bits(left - 1, right + 1)
        top, bottom = _upwards(rows, top, reach), _downwards(rows, bottom, reach)
        union = _union(rows, max(top - 1, 0), min(bottom + 1, len(rows)))
        while left and union >> (left - 1) & 1:
            left -= 1
        while union >> right & 1:
            right += 1
        if before == (top, left, bottom, right):
            return Area(top, left, bottom, right)


def _upwards(rows: RowList, top: int, reach: int) -> int:
    """Return the first of the rows above that have a cell in `reach` without a gap."""
    while top > 0:
        start, end, common, _ = rows.summary(top - 1)
        if end == top and common & reach:
            top = start
        elif rows.filled(top - 1) & reach:
            top -= 1
        else:
            break
    return top


def _downwards(rows: RowList, bottom: int, reach: int) -> int:
    while bottom < len(rows):
        start, end, common, _ = rows.summary(bottom)
        if start == bottom and common & reach:
            bottom = end
        elif rows.filled(bottom) & reach:
            bottom += 1
        else:
            break
    return bottom


def _union(rows: RowList, first: int, last: int) -> int:
    """Return the columns that any of these rows fills."""
    union = 0
    while first < last:
        start, end, _, whole = rows.summary(first)
        if start == first and end <= last:
            union |= whole
            first = end
        else:
            union |= rows.filled(first)
            first += 1
    return union
