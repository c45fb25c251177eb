"""Requests about rows and columns as such."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sheets_schema.emulator.batch.context import Context, required
from sheets_schema.emulator.batch.reference_shifts import Dimension, deleting, inserting, shift_everything
from sheets_schema.emulator.errors import InvalidRequestError
from sheets_schema.emulator.messages.field_masks import merged, update_mask
from sheets_schema.emulator.model import permissions
from sheets_schema.emulator.model.a1 import Area
from sheets_schema.emulator.model.rows import EMPTY, NO_EXTRA, Extra, Row, make_row
from sheets_schema.emulator.model.workbook import JsonDict, Sheet


def dimension_of(request: Mapping[str, Any]) -> Dimension:
    """ROWS or COLUMNS, which must be said."""
    dimension = request.get("dimension", "DIMENSION_UNSPECIFIED")
    if dimension == "ROWS":
        return "ROWS"
    if dimension == "COLUMNS":
        return "COLUMNS"
    raise InvalidRequestError("dimension must be ROWS or COLUMNS.")


def span_of(sheet: Sheet, where: Mapping[str, Any], dimension: Dimension, *, open_end: bool = True) -> tuple[int, int]:
    """Return a DimensionRange as start and end. Documented: absent bounds are open."""
    size = sheet.size(dimension)
    start, end = where.get("startIndex", 0), where.get("endIndex", size if open_end else None)
    if end is None:
        raise InvalidRequestError("range.endIndex must be set.")
    if start < 0:
        raise InvalidRequestError(f"range.startIndex[{start}] must be at least zero.")
    if end <= start:
        raise InvalidRequestError(f"range.endIndex[{end}] must be after range.startIndex[{start}].")
    return start, end


def existing_span(sheet: Sheet, where: Mapping[str, Any], dimension: Dimension) -> tuple[int, int]:
    """Return a DimensionRange that must lie in the grid."""
    size = sheet.size(dimension)
    start, end = span_of(sheet, where, dimension)
    if end > size:
        raise InvalidRequestError(f"range.endIndex[{end}] is beyond the last {_word(dimension)} of the sheet ({size}).")
    return start, end


def located_span(context: Context, where: Mapping[str, Any]) -> tuple[Sheet, Dimension, int, int]:
    """Return the sheet, to write on, and what a DimensionRange names of its grid."""
    dimension = dimension_of(where)
    sheet = context.sheet(where.get("sheetId", 0))
    return sheet, dimension, *existing_span(sheet, where, dimension)


def _word(dimension: Dimension) -> str:
    return "row" if dimension == "ROWS" else "column"


def _band(sheet: Sheet, dimension: Dimension, start: int, end: int) -> Area:
    """All the cells of some rows or columns."""
    if dimension == "ROWS":
        return Area(start, 0, end, sheet.column_count)
    return Area(0, start, sheet.row_count, end)


def resize(context: Context, sheet: Sheet, rows: int, columns: int) -> None:
    """Give the grid other counts; what lies beyond is lost, as with a deletion."""
    wanted: tuple[tuple[Dimension, int], ...] = (("ROWS", rows), ("COLUMNS", columns))
    for dimension, count in wanted:
        if 0 < count < (size := sheet.size(dimension)):
            context.guard(sheet, _band(sheet, dimension, count, size))
            remove(context, sheet, dimension, count, size)
    sheet.row_count, sheet.column_count = rows, columns


def remove(context: Context, sheet: Sheet, dimension: Dimension, start: int, end: int) -> None:
    """Take rows or columns out, with everything tied to them."""
    if dimension == "ROWS":
        sheet.rows.splice(start, end, ())
        sheet.row_count -= end - start
    else:
        for index in range(len(sheet.rows)):
            row = sheet.rows[index]
            if row.width > start:
                sheet.rows[index] = _without(row, start, end)
        sheet.column_count -= end - start
    shift_everything(context, sheet, dimension, deleting(start, end))


def _without(row: Row, start: int, end: int) -> Row:
    return make_row((*row.values[:start], *row.values[end:]), (*row.extras[:start], *row.extras[end:]))


def put_in(context: Context, sheet: Sheet, dimension: Dimension, at: int, count: int) -> None:
    """Insert empty rows or columns before index `at`."""
    # Before anything is built: a count may be absurd.
    context.book.check_size(sheet, *((count, 0) if dimension == "ROWS" else (0, count)))
    if dimension == "ROWS":
        sheet.rows.splice(at, at, [EMPTY] * count)
        sheet.row_count += count
    else:
        for index in range(len(sheet.rows)):
            row = sheet.rows[index]
            if row.width > at:
                sheet.rows[index] = widened(row, at, count)
        sheet.column_count += count
    shift_everything(context, sheet, dimension, inserting(at, count))


def widened(row: Row, at: int, count: int) -> Row:
    """Return a row with empty cells put in before column `at`."""
    values, extras = row.values, row.extras
    if len(values) > at:
        values = (*values[:at], *([""] * count), *values[at:])
    if len(extras) > at:
        blank = EMPTY.extra_at(0)
        extras = (*extras[:at], *([blank] * count), *extras[at:])
    return make_row(values, extras)


def append_dimension(context: Context, request: JsonDict) -> None:
    """Documented: adds rows or columns at the end; nothing moves."""
    sheet = context.grid(request.get("sheetId", 0))
    length = request.get("length", 0)
    if length < 1:
        raise InvalidRequestError(f"length[{length}] must be greater than zero.")
    permissions.check_sheet(context.book, sheet, context.person)
    if dimension_of(request) == "ROWS":
        sheet.row_count += length
    else:
        sheet.column_count += length
    context.book.check_size()


def insert_dimension(context: Context, request: JsonDict) -> None:
    """Documented: inserts before `startIndex`.

    Formats are inherited from before or after, values are not.
    """
    where = required(request, "range")
    dimension = dimension_of(where)
    sheet = context.sheet(where.get("sheetId", 0))
    start, end = span_of(sheet, where, dimension, open_end=False)
    before = request.get("inheritFromBefore", False)
    size = sheet.size(dimension)
    if before and start == 0:
        raise InvalidRequestError("Cannot inherit from before when inserting at index 0.")
    if start > size or (start == size and not before):
        raise InvalidRequestError(
            f"range.startIndex[{start}] is beyond the last {_word(dimension)} of the sheet ({size})."
        )
    permissions.check_sheet(context.book, sheet, context.person)
    if 0 < start < size:
        # Strictly inside a protected range: both neighbours belong to it.
        sheet_edges = (_band(sheet, dimension, start - 1, start), _band(sheet, dimension, start, start + 1))
        _guard_between(context, sheet, *sheet_edges)
    put_in(context, sheet, dimension, start, end - start)
    _inherit(sheet, dimension, range(start, end), start - 1 if before else end)


def _inherit(sheet: Sheet, dimension: Dimension, fresh: range, model: int) -> None:
    """Give new rows or columns the formats and rules of their neighbour.

    Inferred from the interface.
    """
    if dimension == "ROWS":
        extras = [_heritage(extra) for extra in sheet.rows[model].extras]
        if any(extras):
            row = make_row((), extras)
            for index in fresh:
                sheet.rows[index] = row
        return
    for index in range(len(sheet.rows)):
        row = sheet.rows[index]
        extra = _heritage(row.extra_at(model))
        if extra:
            extras = [*row.extras, *([NO_EXTRA] * (fresh.stop - len(row.extras)))]
            extras[fresh.start : fresh.stop] = [extra] * len(fresh)
            sheet.rows[index] = make_row(row.values, extras)


def _heritage(extra: Extra) -> Extra:
    return Extra(format=extra.format, validation=extra.validation)


def _guard_between(context: Context, sheet: Sheet, before: Area, after: Area) -> None:
    """Refuse an insert only when the rows on both sides belong to a protected range."""
    try:
        context.guard(sheet, before)
    except InvalidRequestError:
        context.guard(sheet, after)


def delete_dimension(context: Context, request: JsonDict) -> None:
    """Documented: deletes rows or columns; the rest moves up or left.

    The last one of a sheet stays (observed in the interface), and so does the last one that is not frozen (reported:
    jlolling/talendcomp_tGoogleSheet#19 for rows).
    """
    sheet, dimension, start, end = located_span(context, required(request, "range"))
    size = sheet.size(dimension)
    if end - start >= size:
        raise InvalidRequestError(f"You can't delete all the {_word(dimension)}s on the sheet.")
    grid = sheet.properties.get("gridProperties", {})
    frozen = grid.get("frozenRowCount" if dimension == "ROWS" else "frozenColumnCount", 0)
    if start <= frozen < size <= end:
        raise InvalidRequestError(f"Sorry, it is not possible to delete all non-frozen {_word(dimension)}s.")
    context.guard(sheet, _band(sheet, dimension, start, end))
    remove(context, sheet, dimension, start, end)


def move_dimension(context: Context, request: JsonDict) -> None:
    """Documented: the destination counts as it was before the move (observed: fact 20)."""
    sheet, dimension, start, end = located_span(context, required(request, "source"))
    to = request.get("destinationIndex", 0)
    size = sheet.size(dimension)
    if not 0 <= to <= size or start < to < end:
        raise InvalidRequestError(f"destinationIndex[{to}] must be outside the moved range and inside the sheet.")
    context.guard(sheet, _band(sheet, dimension, min(start, to), max(end, to)))
    order = [*range(start), *range(end, size)]
    target = to if to <= start else to - (end - start)
    order[target:target] = range(start, end)
    low, high = min(start, to), max(end, to)
    if dimension == "ROWS":
        sheet.rows.splice(low, high, [sheet.rows[index] for index in order[low:high]])
    else:
        for index in range(len(sheet.rows)):
            row = sheet.rows[index]
            if row.width > low:
                picked = order[: max(row.width, high)]
                sheet.rows[index] = make_row([row.value_at(c) for c in picked], [row.extra_at(c) for c in picked])

    def shift(first: int, last: int | None) -> tuple[int, int | None]:
        # A single row or column follows the move; a longer range stays where it is (inferred).
        if last is not None and last - first == 1:
            return order.index(first), order.index(first) + 1
        return first, last

    shift_everything(context, sheet, dimension, shift)


def update_dimension_properties(context: Context, request: JsonDict) -> None:
    """Documented: size and visibility of rows or columns."""
    where = required(request, "range")
    mask = update_mask(request, "DimensionProperties", root="properties")
    sheet, dimension, start, end = located_span(context, where)
    new = {name: value for name, value in request.get("properties", {}).items() if value}
    dimensions = sheet.row_dimensions if dimension == "ROWS" else sheet.column_dimensions
    for index in range(start, end):
        changed = merged(dimensions.get(index, {}), new, mask)
        if changed:
            dimensions[index] = changed
        else:
            dimensions.pop(index, None)


HANDLERS = {
    "appendDimension": append_dimension,
    "insertDimension": insert_dimension,
    "deleteDimension": delete_dimension,
    "moveDimension": move_dimension,
    "updateDimensionProperties": update_dimension_properties,
}
