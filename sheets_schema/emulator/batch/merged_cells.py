"""mergeCells and unmergeCells."""

from __future__ import annotations

from sheets_schema.emulator.batch.context import Context, required
from sheets_schema.emulator.errors import InvalidRequestError
from sheets_schema.emulator.model.a1 import Area
from sheets_schema.emulator.model.rows import NO_EXTRA, make_row
from sheets_schema.emulator.model.workbook import JsonDict, Sheet


def merge_cells(context: Context, request: JsonDict) -> None:
    """Merge cells.

    Recorded: a merge swallows older ones that lie inside; values other than the top left one are dropped (documented
    in the interface).
    """
    sheet, area = context.located(required(request, "range"))
    kind = request.get("mergeType", "MERGE_ALL")
    pieces = [area]
    if kind == "MERGE_ROWS":
        pieces = [Area(row, area.left, row + 1, area.right) for row in range(area.top, area.bottom)]
    elif kind == "MERGE_COLUMNS":
        pieces = [Area(area.top, column, area.bottom, column + 1) for column in range(area.left, area.right)]
    for old in sheet.merges:
        if old.meets(area) and not area.holds(old):
            raise InvalidRequestError("You must select all cells in a merged range to merge or unmerge them.")
    _check_frozen_edge(sheet, pieces)
    kept = [old for old in sheet.merges if not old.meets(area)]
    sheet.merges = kept + [piece for piece in pieces if piece.height * piece.width > 1]
    for piece in pieces:
        _keep_corner(sheet, piece)


def _check_frozen_edge(sheet: Sheet, pieces: list[Area]) -> None:
    """Refuse a merge over the edge of the frozen rows or columns (reported, in these words)."""
    grid = sheet.properties.get("gridProperties", {})
    rows, columns = grid.get("frozenRowCount", 0), grid.get("frozenColumnCount", 0)
    if any(piece.top < rows < piece.bottom for piece in pieces):
        raise InvalidRequestError("You can't merge frozen and non-frozen rows.")
    if any(piece.left < columns < piece.right for piece in pieces):
        raise InvalidRequestError("You can't merge frozen and non-frozen columns.")


def _keep_corner(sheet: Sheet, piece: Area) -> None:
    """Empty all cells of a merge but the first."""
    for index in range(piece.top, min(piece.bottom, len(sheet.rows))):
        row = sheet.rows[index]
        first = piece.left + 1 if index == piece.top else piece.left
        columns = range(first, min(piece.right, row.width))
        if not any(row.value_at(column) != "" for column in columns):
            continue
        values = list(row.values)
        extras = list(row.extras)
        for column in columns:
            if column < len(values):
                values[column] = ""
            if column < len(extras) and extras[column].formula:
                extras[column] = NO_EXTRA
        sheet.rows[index] = make_row(values, extras)


def unmerge_cells(context: Context, request: JsonDict) -> None:
    """Documented: every merge in the range is undone.

    One that only partly lies in it is an error.
    """
    sheet, area = context.located(required(request, "range"))
    if any(old.meets(area) and not area.holds(old) for old in sheet.merges):
        raise InvalidRequestError("You must select all cells in a merged range to merge or unmerge them.")
    sheet.merges = [old for old in sheet.merges if not old.meets(area)]


HANDLERS = {"mergeCells": merge_cells, "unmergeCells": unmerge_cells}
