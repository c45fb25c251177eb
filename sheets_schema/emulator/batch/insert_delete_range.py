"""insertRange and deleteRange: cells make room, or close the gap."""

from __future__ import annotations

from sheets_schema.emulator.batch.cell_blocks import BLANK, read_block, write_block
from sheets_schema.emulator.batch.context import Context, required
from sheets_schema.emulator.batch.dimensions import dimension_of
from sheets_schema.emulator.batch.formula_moves import refuse_referred
from sheets_schema.emulator.errors import unsupported
from sheets_schema.emulator.model.a1 import Area
from sheets_schema.emulator.model.workbook import JsonDict, Sheet


def insert_range(context: Context, request: JsonDict) -> None:
    """Documented: empty cells come in, the old ones move down or right.

    What is pushed over the edge widens the grid (inferred).
    """
    sheet, area, rows = _shifted_area(context, request)
    if rows:
        band = Area(area.top, area.left, max(len(sheet.rows), area.top), area.right)
        block = read_block(sheet, band)
        while block and all(cell == BLANK for cell in block[-1]):
            block.pop()
        sheet.row_count = max(sheet.row_count, area.bottom + len(block))
        write_block(sheet, area.top, area.left, [[BLANK] * area.width] * area.height)
        write_block(sheet, area.bottom, area.left, block)
    else:
        widest = max((sheet.rows[index].width for index in range(area.top, area.bottom)), default=0)
        block = read_block(sheet, Area(area.top, area.left, area.bottom, max(widest, area.left)))
        sheet.column_count = max(sheet.column_count, widest + area.width if widest > area.left else 0)
        write_block(sheet, area.top, area.left, [[BLANK] * area.width] * area.height)
        write_block(sheet, area.top, area.right, block)
    context.book.check_size()


def delete_range(context: Context, request: JsonDict) -> None:
    """Documented: the cells go, others move up or left into their place."""
    sheet, area, rows = _shifted_area(context, request)
    if rows:
        last = max(len(sheet.rows), area.bottom)
        block = read_block(sheet, Area(area.bottom, area.left, last, area.right))
        write_block(sheet, area.top, area.left, block + [[BLANK] * area.width] * area.height)
    else:
        widest = max([area.right, *(sheet.rows[index].width for index in range(area.top, area.bottom))])
        block = read_block(sheet, Area(area.top, area.right, area.bottom, widest))
        write_block(sheet, area.top, area.left, [[*line, *[BLANK] * area.width] for line in block])


def _shifted_area(context: Context, request: JsonDict) -> tuple[Sheet, Area, bool]:
    """Return the sheet, the area, and whether rows move (or columns).

    Merges in the way are not supported.
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


HANDLERS = {"insertRange": insert_range, "deleteRange": delete_range}
