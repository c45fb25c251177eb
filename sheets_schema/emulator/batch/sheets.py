"""Requests about whole sheets and the spreadsheet itself."""

from __future__ import annotations

import re
from typing import Any

from sheets_schema.emulator.batch.context import Context, required
from sheets_schema.emulator.batch.dimensions import resize
from sheets_schema.emulator.batch.formula_moves import follow_title
from sheets_schema.emulator.batch.reference_shifts import drop_sheet
from sheets_schema.emulator.batch.serializers import sheet_properties
from sheets_schema.emulator.errors import InvalidRequestError, unsupported
from sheets_schema.emulator.messages.field_masks import Mask, merged, update_mask
from sheets_schema.emulator.model import permissions
from sheets_schema.emulator.model.colors import merge_colored, mirror_styles
from sheets_schema.emulator.model.locales import check_locale
from sheets_schema.emulator.model.rows import RowList
from sheets_schema.emulator.model.workbook import DEFAULT_COLUMNS, DEFAULT_ROWS, JsonDict, Sheet, Workbook

_MAX_TITLE = 100
_CHANGEABLE = ("hidden", "rightToLeft", "tabColor", "tabColorStyle")
_PLACED = {"sheetId", "title", "index", "sheetType", "gridProperties"}


def new_sheet(context: Context, properties: JsonDict) -> Sheet:
    """Make a sheet from `SheetProperties`; the caller puts it in."""
    book = context.book
    if properties.get("sheetType", "GRID") != "GRID":
        raise unsupported(f"sheets of type {properties['sheetType']}")
    sheet_id = properties.get("sheetId")
    if sheet_id is None:
        sheet_id = context.fresh_id(sheet.sheet_id for sheet in book.sheets)
    elif sheet_id < 0:
        raise InvalidRequestError(f"Invalid sheet id: {sheet_id}. It must be non-negative.")
    elif book.find(sheet_id):
        raise InvalidRequestError(f"Sheet with id {sheet_id} already exists")
    title = properties.get("title") or _next_title(book)
    _check_title(book, title, None)
    grid = dict(properties.get("gridProperties", {}))
    sheet = Sheet(sheet_id, title, grid.pop("rowCount", DEFAULT_ROWS), grid.pop("columnCount", DEFAULT_COLUMNS))
    _check_counts(sheet)
    sheet.properties = {name: value for name, value in properties.items() if name not in _PLACED and value}
    if any(grid.values()):
        sheet.properties["gridProperties"] = {name: value for name, value in grid.items() if value}
    sheet.properties = mirror_styles(sheet.properties)
    _check_frozen(sheet)
    return sheet


def new_object_sheet(context: Context, sheet_id: int | None) -> Sheet:
    """Add a sheet that only holds a chart.

    Its type is OBJECT, and it has no cells (observed: `Chart1`, no grid properties).
    """
    title = _next_title(context.book, "Chart")
    sheet = new_sheet(context, {"title": title} if sheet_id is None else {"title": title, "sheetId": sheet_id})
    sheet.row_count = sheet.column_count = 0
    sheet.properties["sheetType"] = "OBJECT"
    context.book.add(sheet)
    return sheet


def _next_title(book: Workbook, word: str = "Sheet") -> str:
    pattern = re.compile(f"{word}([0-9]+)")
    numbers = [int(match.group(1)) for sheet in book.sheets if (match := pattern.fullmatch(sheet.title))]
    return f"{word}{max([0, *numbers]) + 1}"


def _check_title(book: Workbook, title: str, own: Sheet | None) -> None:
    if not title:
        raise InvalidRequestError("Sheet title cannot be empty.")
    if len(title) > _MAX_TITLE:
        raise InvalidRequestError(f"Sheet title cannot be longer than {_MAX_TITLE} characters.")
    other = book.titled(title)
    if other is not None and (own is None or other.sheet_id != own.sheet_id):
        raise InvalidRequestError(f'A sheet with the name "{title}" already exists. Please enter another name.')


def _check_counts(sheet: Sheet) -> None:
    if sheet.row_count < 1 or sheet.column_count < 1:
        raise InvalidRequestError("You can't have a sheet without rows or without columns.")


def _check_frozen(sheet: Sheet) -> None:
    grid = sheet.properties.get("gridProperties", {})
    for word, count in (("row", sheet.row_count), ("column", sheet.column_count)):
        frozen = grid.get(f"frozen{word.title()}Count", 0)
        if frozen < 0:
            raise InvalidRequestError(f"frozen{word.title()}Count[{frozen}] must be at least zero.")
        if frozen >= count > 0:
            raise InvalidRequestError(f"You can't freeze all visible {word}s on the sheet.")
        spans = [(area.top, area.bottom) if word == "row" else (area.left, area.right) for area in sheet.merges]
        if any(start < frozen < end for start, end in spans):
            # Reported, in these words, for Apps Script and the interface.
            raise InvalidRequestError(f"You can't freeze {word}s which contain only part of a merged cell.")


def add_sheet(context: Context, request: JsonDict) -> JsonDict:
    """Documented: id, title and index may be chosen.

    A duplicate of the first two is refused (observed texts).
    """
    properties = request.get("properties", {})
    sheet = new_sheet(context, properties)
    index = properties.get("index")
    if index is not None and not 0 <= index <= len(context.book.sheets):
        raise InvalidRequestError(f"Invalid sheet index: {index}")
    context.book.add(sheet, index)
    context.book.check_size()
    return {"properties": sheet_properties(context.book, sheet)}


def delete_sheet(context: Context, request: JsonDict) -> None:
    """Take the sheet with everything on it.

    Named ranges on it vanish, or stay dangling under a quirk.
    """
    book = context.book
    sheet = book.sheet(required(request, "sheetId"))
    permissions.check_sheet(book, sheet, context.person)
    context.guard(sheet, sheet.area)
    others = [other for other in book.sheets if other is not sheet]
    if not any(not other.properties.get("hidden") for other in others):
        raise InvalidRequestError(
            "You can't remove all the sheets in a document."
            if not others
            else "You can't remove all the visible sheets in a document."
        )
    book.sheets = others
    follow_title(book, sheet.title, None)
    book.touched.discard(sheet.sheet_id)
    drop_sheet(context, sheet.sheet_id)


def duplicate_sheet(context: Context, request: JsonDict) -> JsonDict:
    """Documented: values, formats, protections and the like are copied.

    Id, name and place may be chosen.
    """
    book = context.book
    source = book.sheet(request.get("sourceSheetId", 0))
    name = request.get("newSheetName") or copy_title(book, source.title)
    properties: JsonDict = {"title": name}
    if request.get("newSheetId"):
        properties["sheetId"] = request["newSheetId"]
    blank = new_sheet(context, properties)
    copy = copy_of(context, source, blank.sheet_id, name)
    index = request.get("insertSheetIndex", 0)
    if not 0 <= index <= len(book.sheets):
        raise InvalidRequestError(f"Invalid sheet index: {index}")
    book.add(copy, index)
    book.check_size()
    return {"properties": sheet_properties(book, copy)}


def copy_of(context: Context, source: Sheet, sheet_id: int, title: str) -> Sheet:
    """Return a sheet's copy under another id and title, with fresh ids in it."""
    copy = source.fork()
    copy.sheet_id, copy.title = sheet_id, title
    copy.rows = RowList()
    copy.rows.extend(source.rows.between(0, len(source.rows)))

    def moved(item: Any, role: str = "") -> Any:
        if isinstance(item, list):
            return [moved(inner, role) for inner in item]
        if not isinstance(item, dict):
            return item
        changed = {name: moved(value, name) for name, value in item.items()}
        points = role in _POINTERS or (role == "position" and "sheetId" in item)
        if points and item.get("sheetId", 0) == source.sheet_id:
            changed["sheetId"] = sheet_id
        return changed

    copy.protected = {}
    for protected in source.protected.values():
        key = context.fresh_id([*source.protected, *copy.protected])
        copy.protected[key] = {**moved(protected), "protectedRangeId": key}
    for name in ("row_groups", "column_groups", "conditional_formats"):
        setattr(copy, name, moved(getattr(source, name)))
    for name, key_name in _WITH_IDS:
        fresh: dict[int, JsonDict] = {}
        for item in getattr(source, name).values():
            taken = (key for sheet in context.book.sheets for items, _ in _WITH_IDS for key in getattr(sheet, items))
            key = context.fresh_id([*taken, *fresh])
            fresh[key] = {**moved(item), key_name: key}
        setattr(copy, name, fresh)
    copy.basic_filter = moved(source.basic_filter)
    return copy


_POINTERS = frozenset({"range", "ranges", "unprotectedRanges", "anchorCell", "sources", "dataRange"})
"""Fields that hold a GridRange or a GridCoordinate, or a list of them."""
_WITH_IDS = (
    ("banded_ranges", "bandedRangeId"),
    ("filter_views", "filterViewId"),
    ("charts", "chartId"),
    ("slicers", "slicerId"),
)


def copy_title(book: Workbook, title: str) -> str:
    """Return the title of a copy: the first that is free."""
    candidate, number = f"Copy of {title}", 2
    while book.titled(candidate):
        candidate, number = f"Copy of {title} {number}", number + 1
    return candidate


def update_sheet_properties(context: Context, request: JsonDict) -> None:
    """Documented: the fields of the mask are set; the index counts as it was before the move."""
    new = required(request, "properties")
    mask = update_mask(request, "SheetProperties", root="properties")
    book = context.book
    sheet = context.sheet(new.get("sheetId", 0))
    permissions.check_sheet(book, sheet, context.person)
    if mask.wants("title"):
        title = new.get("title", "")
        _check_title(book, title, sheet)
        follow_title(book, sheet.title, title)
        sheet.title = title
    if mask.wants("sheetType") and new.get("sheetType", "GRID") != "GRID":
        raise InvalidRequestError("The type of a sheet cannot be changed.")
    kept = {name: below for name in _CHANGEABLE if (below := mask.below(name)) is not None}
    changed = merge_colored(sheet.properties, new, Mask(kept)) if kept else sheet.properties
    sheet.properties = {name: value for name, value in changed.items() if value}
    if sheet.properties.get("hidden") and all(other.properties.get("hidden") for other in book.sheets):
        raise InvalidRequestError("You can't hide all the sheets in a document.")
    grid_mask = mask.below("gridProperties")
    if grid_mask is not None and sheet.is_grid:
        _update_grid(context, sheet, merged(_grid(sheet), new.get("gridProperties", {}), grid_mask))
    if mask.wants("index") and "index" in new:
        _move(book, sheet, new["index"])


def _grid(sheet: Sheet) -> JsonDict:
    return {
        "rowCount": sheet.row_count,
        "columnCount": sheet.column_count,
        **sheet.properties.get("gridProperties", {}),
    }


def _update_grid(context: Context, sheet: Sheet, grid: JsonDict) -> None:
    rows, columns = grid.pop("rowCount", 0), grid.pop("columnCount", 0)
    resize(context, sheet, rows, columns)
    _check_counts(sheet)
    grid = {name: value for name, value in grid.items() if value}
    properties = {name: value for name, value in sheet.properties.items() if name != "gridProperties"}
    sheet.properties = {**properties, "gridProperties": grid} if grid else properties
    _check_frozen(sheet)
    context.book.check_size()


def _move(book: Workbook, sheet: Sheet, index: int) -> None:
    if not 0 <= index <= len(book.sheets):
        raise InvalidRequestError(f"Invalid sheet index: {index}")
    before = book.sheets.index(sheet)
    book.sheets.remove(sheet)
    book.sheets.insert(index - 1 if index > before else index, sheet)


def update_spreadsheet_properties(context: Context, request: JsonDict) -> None:
    """Set the fields of the mask on the spreadsheet's properties."""
    mask = update_mask(request, "SpreadsheetProperties", root="properties")
    old, new = context.book.properties, request.get("properties", {})
    changed = merged(old, new, mask)
    form_mask = mask.below("defaultFormat")
    if form_mask is not None and "defaultFormat" in changed:
        changed["defaultFormat"] = merge_colored(old.get("defaultFormat", {}), new.get("defaultFormat", {}), form_mask)
    if not changed.get("title"):
        raise InvalidRequestError("The title of a spreadsheet cannot be empty.")
    for name in ("locale", "timeZone", "autoRecalc"):
        if not changed.get(name):
            raise InvalidRequestError(f"{name} must be set.")
    check_locale(changed["locale"])
    context.book.properties = changed


HANDLERS = {
    "addSheet": add_sheet,
    "deleteSheet": delete_sheet,
    "duplicateSheet": duplicate_sheet,
    "updateSheetProperties": update_sheet_properties,
    "updateSpreadsheetProperties": update_spreadsheet_properties,
}
