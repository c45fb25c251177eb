"""updateBorders: which sides of each cell of a range get a border."""

from __future__ import annotations

import re

from sheets_schema.emulator.batch.cell_blocks import read_block, write_block
from sheets_schema.emulator.batch.context import Context, required
from sheets_schema.emulator.model.colors import mirror_styles
from sheets_schema.emulator.model.rows import Extra
from sheets_schema.emulator.model.workbook import JsonDict

_BLANKS = re.compile(r"\s+")


def update_borders(context: Context, request: JsonDict) -> None:
    """Documented: sets the borders that are given; style NONE removes one.

    A border is kept on the cell it is drawn at.
    """
    sheet, area = context.located(required(request, "range"))
    block = [[*line] for line in read_block(sheet, area)]
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


HANDLERS = {"updateBorders": update_borders}
