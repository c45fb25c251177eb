"""What moves along when rows and columns are inserted or deleted, and when a sheet goes.

Ranges shift with the grid: inferred for the API, universal in spreadsheets. An insert at a range's first row moves it
down; an insert right after its last row leaves it alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from sheets_schema.emulator.batch import chart_sources
from sheets_schema.emulator.batch.context import Context
from sheets_schema.emulator.batch.formula_moves import follow_shift
from sheets_schema.emulator.model.a1 import Area
from sheets_schema.emulator.model.workbook import JsonDict, Sheet

Dimension = Literal["ROWS", "COLUMNS"]
Span = tuple[int, int | None]
Shift = Callable[[int, int | None], Span | None]
"""Where a span goes; None when nothing of it is left."""


def inserting(at: int, count: int) -> Shift:
    """Return the shift for `count` new rows or columns before index `at`."""

    def shift(start: int, end: int | None) -> Span:
        # An open start of zero stays open: a whole column grows with the sheet.
        moved = start + count if start >= at and (start or end is not None) else start
        return moved, None if end is None else end + count if end > at else end

    return shift


def deleting(first: int, last: int) -> Shift:
    """Return the shift for the loss of `first` to before `last`."""

    def fallen(index: int) -> int:
        return index - max(0, min(index, last) - first) if index > first else index

    def shift(start: int, end: int | None) -> Span | None:
        if end is None:
            return fallen(start), None
        moved = (fallen(start), fallen(end))
        return moved if moved[0] < moved[1] else None

    return shift


def shift_grid(grid: JsonDict, dimension: Dimension, shift: Shift) -> JsonDict | None:
    """Return a GridRange after the shift."""
    word = "Row" if dimension == "ROWS" else "Column"
    start_name, end_name = f"start{word}Index", f"end{word}Index"
    if start_name not in grid and end_name not in grid:
        return grid
    span = shift(grid.get(start_name, 0), grid.get(end_name))
    if span is None:
        return None
    result = dict(grid)
    if start_name in grid or span[0]:
        result[start_name] = span[0]
    if span[1] is not None:
        result[end_name] = span[1]
    return result


def shift_everything(context: Context, sheet: Sheet, dimension: Dimension, shift: Shift) -> None:
    """Move all that is tied to cells of this sheet, except the cells."""
    sheet.merges = _shift_merges(sheet.merges, dimension, shift)
    sheet.protected = _shift_items(sheet.protected, dimension, shift)
    sheet.banded_ranges = _shift_items(sheet.banded_ranges, dimension, shift)
    sheet.filter_views = _shift_items(sheet.filter_views, dimension, shift)
    if sheet.basic_filter is not None:
        sheet.basic_filter = _shift_item(sheet.basic_filter, dimension, shift)
    sheet.conditional_formats = _shift_rules(sheet.conditional_formats, dimension, shift)
    if dimension == "ROWS":
        sheet.row_dimensions = _shift_keys(sheet.row_dimensions, shift)
        sheet.row_groups = _shift_groups(sheet.row_groups, shift)
    else:
        sheet.column_dimensions = _shift_keys(sheet.column_dimensions, shift)
        sheet.column_groups = _shift_groups(sheet.column_groups, shift)
    follow_shift(context.book, sheet, dimension, shift)
    _shift_objects(context, sheet.sheet_id, dimension, shift)
    _shift_named_ranges(context, sheet.sheet_id, dimension, shift)
    _shift_metadata(context, sheet.sheet_id, dimension, shift)


def _shift_merges(merges: list[Area], dimension: Dimension, shift: Shift) -> list[Area]:
    moved: list[Area] = []
    for area in merges:
        rows = shift(area.top, area.bottom) if dimension == "ROWS" else (area.top, area.bottom)
        columns = shift(area.left, area.right) if dimension == "COLUMNS" else (area.left, area.right)
        if rows is None or columns is None or rows[1] is None or columns[1] is None:
            continue
        after = Area(rows[0], columns[0], rows[1], columns[1])
        if after.height * after.width > 1:
            moved.append(after)
    return moved


def _shift_item(item: JsonDict, dimension: Dimension, shift: Shift) -> JsonDict | None:
    if "range" not in item:
        return item
    grid = shift_grid(item["range"], dimension, shift)
    if grid is None:
        return None
    result = {**item, "range": grid}
    if "unprotectedRanges" in item:
        holes = [shift_grid(hole, dimension, shift) for hole in item["unprotectedRanges"]]
        result["unprotectedRanges"] = [hole for hole in holes if hole is not None]
    if dimension == "COLUMNS":
        result |= _shift_columns_named(item, shift)
    return result


def _shift_columns_named(item: JsonDict, shift: Shift) -> JsonDict:
    """Columns that filters and their sort orders name by index."""

    def moved_index(index: int) -> int | None:
        span = shift(index, index + 1)
        return None if span is None else span[0]

    changed: JsonDict = {}
    if "criteria" in item:
        indexes = {key: moved_index(int(key)) for key in item["criteria"]}
        changed["criteria"] = {str(new): item["criteria"][key] for key, new in indexes.items() if new is not None}
    for name, field in (("sortSpecs", "dimensionIndex"), ("filterSpecs", "columnIndex")):
        if name in item:
            moved = [(spec, moved_index(spec.get(field, 0))) for spec in item[name]]
            changed[name] = [{**spec, field: new} for spec, new in moved if new is not None]
    return changed


def _shift_items(items: dict[int, JsonDict], dimension: Dimension, shift: Shift) -> dict[int, JsonDict]:
    moved = {key: _shift_item(item, dimension, shift) for key, item in items.items()}
    return {key: item for key, item in moved.items() if item is not None}


def _shift_rules(rules: list[JsonDict], dimension: Dimension, shift: Shift) -> list[JsonDict]:
    moved: list[JsonDict] = []
    for rule in rules:
        grids = [shift_grid(grid, dimension, shift) for grid in rule.get("ranges", ())]
        left = [grid for grid in grids if grid is not None]
        if left:
            moved.append({**rule, "ranges": left})
    return moved


def _shift_keys(items: dict[int, JsonDict], shift: Shift) -> dict[int, JsonDict]:
    moved = ((shift(index, index + 1), item) for index, item in items.items())
    return {span[0]: item for span, item in moved if span is not None}


def _shift_groups(groups: list[JsonDict], shift: Shift) -> list[JsonDict]:
    moved: list[JsonDict] = []
    for group in groups:
        span = shift(group["range"]["startIndex"], group["range"]["endIndex"])
        if span is not None:
            moved.append({**group, "range": {**group["range"], "startIndex": span[0], "endIndex": span[1]}})
    return moved


def _shift_objects(context: Context, sheet_id: int, dimension: Dimension, shift: Shift) -> None:
    """Move charts and slicers on the sheet, and the sources of those that draw from it."""
    axis = "rowIndex" if dimension == "ROWS" else "columnIndex"

    def moved_source(grid: JsonDict) -> JsonDict | None:
        return shift_grid(grid, dimension, shift) if grid.get("sheetId", 0) == sheet_id else grid

    def moved_anchor(cell: JsonDict) -> JsonDict:
        if cell.get("sheetId", 0) != sheet_id:
            return cell
        index = cell.get(axis, 0)
        span = shift(index, index + 1) or shift(index, None) or (index, None)
        others = {name: number for name, number in cell.items() if name != axis}
        return {**others, axis: span[0]} if span[0] else others

    _change_objects(context, moved_source, moved_anchor)


def _change_objects(
    context: Context, source: chart_sources.ShiftGrid, anchor: Callable[[JsonDict], JsonDict] | None = None
) -> None:
    for sheet in list(context.book.sheets):
        for name in ("charts", "slicers"):
            for key, item in list(getattr(sheet, name).items()):
                changed = {**item, "spec": chart_sources.shifted(item["spec"], source)}
                overlay = item["position"].get("overlayPosition")
                if overlay is not None and anchor is not None:
                    moved = {**overlay, "anchorCell": anchor(overlay["anchorCell"])}
                    changed["position"] = {"overlayPosition": moved}
                if changed != item:
                    getattr(context.sheet(sheet.sheet_id), name)[key] = changed


def _shift_named_ranges(context: Context, sheet_id: int, dimension: Dimension, shift: Shift) -> None:
    for named_id, named in list(context.book.named_ranges.items()):
        if named["range"].get("sheetId", 0) != sheet_id:
            continue
        grid = shift_grid(named["range"], dimension, shift)
        if grid is None:
            lose_named_range(context, named_id)
        else:
            context.book.named_ranges[named_id] = {**named, "range": grid}


def _shift_metadata(context: Context, sheet_id: int, dimension: Dimension, shift: Shift) -> None:
    for key, item in list(context.book.metadata.items()):
        where: Any = item["location"].get("dimensionRange")
        if where is None or where.get("sheetId", 0) != sheet_id or where["dimension"] != dimension:
            continue
        span = shift(where["startIndex"], where["endIndex"])
        if span is None:
            # Observed: deleting a row silently takes its developer metadata (fact 19).
            del context.book.metadata[key]
            continue
        moved = {**where, "startIndex": span[0], "endIndex": span[1]}
        context.book.metadata[key] = {**item, "location": {**item["location"], "dimensionRange": moved}}


def lose_named_range(context: Context, named_id: str) -> None:
    """Forget a named range whose cells are gone; under a quirk its name stays taken."""
    named = context.book.named_ranges.pop(named_id)
    if context.quirks.ghost_named_ranges == "on":
        context.book.ghosts[named_id] = named["name"]


def drop_sheet(context: Context, sheet_id: int) -> None:
    """Forget what pointed to a deleted sheet."""
    _change_objects(context, lambda grid: None if grid.get("sheetId", 0) == sheet_id else grid)
    for named_id, named in list(context.book.named_ranges.items()):
        if named["range"].get("sheetId", 0) == sheet_id:
            lose_named_range(context, named_id)
    for key, item in list(context.book.metadata.items()):
        location = item["location"]
        if location.get("dimensionRange", location).get("sheetId", 0) == sheet_id and not location.get("spreadsheet"):
            del context.book.metadata[key]
