"""What reads answer: a spreadsheet, its sheets, and grid data.

Recorded: zero values are left out inside ranges and properties, but a sheet's own id and index are printed; empty lists
are left out. The default format and theme are those of a new spreadsheet.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sheets_schema.emulator.batch.context import grid_json
from sheets_schema.emulator.messages.masks import Mask
from sheets_schema.emulator.model.a1 import Area
from sheets_schema.emulator.model.formats import shown
from sheets_schema.emulator.model.permissions import Account
from sheets_schema.emulator.model.rows import Extra, Row, Value
from sheets_schema.emulator.model.workbook import JsonDict, Sheet, Workbook

_WHITE: JsonDict = {"red": 1, "green": 1, "blue": 1}
DEFAULT_FORMAT: JsonDict = {
    "backgroundColor": _WHITE,
    "padding": {"top": 2, "right": 3, "bottom": 2, "left": 3},
    "verticalAlignment": "BOTTOM",
    "wrapStrategy": "OVERFLOW_CELL",
    "textFormat": {
        "foregroundColor": {},
        "fontFamily": "arial,sans,sans-serif",
        "fontSize": 10,
        "bold": False,
        "italic": False,
        "strikethrough": False,
        "underline": False,
        "foregroundColorStyle": {"rgbColor": {}},
    },
    "backgroundColorStyle": {"rgbColor": _WHITE},
}
_THEME_COLORS: dict[str, tuple[float, float, float]] = {
    "TEXT": (0, 0, 0),
    "BACKGROUND": (1, 1, 1),
    "ACCENT1": (0.25882354, 0.52156866, 0.95686275),
    "ACCENT2": (0.91764706, 0.2627451, 0.20784314),
    "ACCENT3": (0.9843137, 0.7372549, 0.015686275),
    "ACCENT4": (0.20392157, 0.65882355, 0.3254902),
    "ACCENT5": (1, 0.42745098, 0.003921569),
    "ACCENT6": (0.27450982, 0.7411765, 0.7764706),
    "LINK": (0.06666667, 0.33333334, 0.8),
}
DEFAULT_THEME: JsonDict = {
    "primaryFontFamily": "Arial",
    "themeColors": [
        {
            "colorType": name,
            "color": {"rgbColor": {part: x for part, x in zip(("red", "green", "blue"), rgb, strict=True) if x}},
        }
        for name, rgb in _THEME_COLORS.items()
    ],
}
_ROW_PIXELS, _COLUMN_PIXELS = 21, 100


def new_properties(title: str) -> JsonDict:
    """Return the properties of a new spreadsheet (recorded)."""
    return {
        "title": title,
        "locale": "en_US",
        "autoRecalc": "ON_CHANGE",
        "timeZone": "Etc/GMT",
        "defaultFormat": DEFAULT_FORMAT,
        "spreadsheetTheme": DEFAULT_THEME,
    }


def sheet_properties(book: Workbook, sheet: Sheet) -> JsonDict:
    """`SheetProperties` as answered."""
    rest = {name: value for name, value in sheet.properties.items() if name != "gridProperties"}
    counts = {"rowCount": sheet.row_count, "columnCount": sheet.column_count}
    grid = {**counts, **sheet.properties.get("gridProperties", {})}
    return {
        "sheetId": sheet.sheet_id,
        "title": sheet.title,
        "index": book.sheets.index(sheet),
        "sheetType": "GRID",
        **({"gridProperties": grid} if sheet.is_grid else {}),
        **rest,
    }


def spreadsheet(
    book: Workbook,
    person: Account,
    mask: Mask,
    *,
    areas: list[tuple[Sheet, Area]] | None = None,
    grid_data: bool = False,
) -> JsonDict:
    """`Spreadsheet` as answered, before the mask is applied.

    `areas` limits the sheets and the grid data. Documented: `grid_data` counts only when no field mask is set; a mask
    that names `sheets.data` asks for the cells by itself.
    """
    wants_data = grid_data if mask.takes_all else mask.wants("sheets", "data")
    sheets_mask = mask.below("sheets")
    answer: JsonDict = {"spreadsheetId": book.spreadsheet_id, "properties": book.properties}
    if sheets_mask is not None:
        chosen = book.sheets if areas is None else [sheet for sheet in book.sheets if any(s is sheet for s, _ in areas)]
        data_mask = sheets_mask.below("data") if wants_data else None
        answer["sheets"] = [_sheet(book, sheet, person, areas, data_mask) for sheet in chosen]
    if book.named_ranges:
        answer["namedRanges"] = list(book.named_ranges.values())
    whole = [item for item in book.metadata.values() if item["location"]["locationType"] == "SPREADSHEET"]
    if whole:
        answer["developerMetadata"] = whole
    answer["spreadsheetUrl"] = f"https://docs.google.com/spreadsheets/d/{book.spreadsheet_id}/edit"
    return answer


def _sheet(
    book: Workbook, sheet: Sheet, person: Account, areas: list[tuple[Sheet, Area]] | None, data_mask: Mask | None
) -> JsonDict:
    answer: JsonDict = {"properties": sheet_properties(book, sheet)}
    if data_mask is not None and sheet.is_grid:
        wanted = [sheet.area] if areas is None else [area for other, area in areas if other is sheet]
        answer["data"] = [grid_data(book, sheet, area, data_mask) for area in wanted]
    lists: dict[str, list[Any]] = {
        "merges": [grid_json(sheet.sheet_id, area) for area in sheet.merges],
        "conditionalFormats": sheet.conditional_formats,
        "filterViews": list(sheet.filter_views.values()),
        "protectedRanges": [_protected(book, item, person) for item in sheet.protected.values()],
        "bandedRanges": list(sheet.banded_ranges.values()),
        "developerMetadata": [
            item
            for item in book.metadata.values()
            if item["location"]["locationType"] == "SHEET" and item["location"].get("sheetId", 0) == sheet.sheet_id
        ],
        "charts": list(sheet.charts.values()),
        "slicers": list(sheet.slicers.values()),
        "rowGroups": sheet.row_groups,
        "columnGroups": sheet.column_groups,
    }
    answer |= {name: items for name, items in lists.items() if items}
    if sheet.basic_filter is not None:
        answer["basicFilter"] = sheet.basic_filter
    return answer


def _protected(book: Workbook, protected: JsonDict, person: Account) -> JsonDict:
    answer = {name: value for name, value in protected.items() if name != "editors"}
    if person.may_edit(book, {**protected, "warningOnly": False}) or protected.get("warningOnly"):
        # Documented: editors are visible only to users with edit access to the protected range.
        answer["requestingUserCanEdit"] = True
        answer["editors"] = protected["editors"]
    return answer


def grid_data(book: Workbook, sheet: Sheet, area: Area, mask: Mask) -> JsonDict:
    """`GridData` of one area; rows and cells after the last that holds anything are left out (recorded)."""
    answer: JsonDict = {}
    if area.top:
        answer["startRow"] = area.top
    if area.left:
        answer["startColumn"] = area.left
    row_mask = mask.below("rowData")
    if row_mask is not None:
        cell_mask = row_mask.below("values")
        rows = [_row(book, row, area, cell_mask) for row in sheet.rows.between(area.top, area.bottom)]
        while rows and not rows[-1]:
            rows.pop()
        if rows:
            answer["rowData"] = rows
    if mask.wants("rowMetadata"):
        answer["rowMetadata"] = _dimensions(book, sheet, "ROWS", range(area.top, area.bottom))
    if mask.wants("columnMetadata"):
        answer["columnMetadata"] = _dimensions(book, sheet, "COLUMNS", range(area.left, area.right))
    return answer


def _dimensions(book: Workbook, sheet: Sheet, dimension: str, indexes: Iterable[int]) -> list[JsonDict]:
    own, pixels = (
        (sheet.row_dimensions, _ROW_PIXELS) if dimension == "ROWS" else (sheet.column_dimensions, _COLUMN_PIXELS)
    )
    noted: dict[int, list[JsonDict]] = {}
    for item in book.metadata.values():
        where = item["location"].get("dimensionRange")
        if where and where.get("sheetId", 0) == sheet.sheet_id and where["dimension"] == dimension:
            noted.setdefault(where["startIndex"], []).append(item)
    answer: list[JsonDict] = []
    for index in indexes:
        properties = {"pixelSize": pixels, **own.get(index, {})}
        if index in noted:
            properties["developerMetadata"] = noted[index]
        answer.append(properties)
    return answer


def _row(book: Workbook, row: Row, area: Area, mask: Mask | None) -> JsonDict:
    if mask is None:
        return {}
    cells = [
        _cell(book, row.value_at(column), row.extra_at(column), mask)
        for column in range(area.left, min(area.right, row.width))
    ]
    while cells and not cells[-1]:
        cells.pop()
    return {"values": cells} if cells else {}


def extended(value: Value) -> JsonDict:
    """Return a value as an `ExtendedValue`."""
    if isinstance(value, bool):
        return {"boolValue": value}
    return {"stringValue": value} if isinstance(value, str) else {"numberValue": value}


def _cell(book: Workbook, value: Value, extra: Extra, mask: Mask) -> JsonDict:
    """`CellData`, as far as the mask reaches; an unmasked cell that holds nothing is `{}`."""
    cell: JsonDict = {}
    filled = value != "" or extra.formula
    if filled and mask.wants("userEnteredValue"):
        cell["userEnteredValue"] = {"formulaValue": extra.formula} if extra.formula else extended(value)
    if filled and mask.wants("effectiveValue"):
        cell["effectiveValue"] = extended(value)
    if filled and mask.wants("formattedValue"):
        cell["formattedValue"] = shown(value, (extra.format or {}).get("numberFormat"), book.locale)
    if extra.format is not None and mask.wants("userEnteredFormat"):
        cell["userEnteredFormat"] = extra.format
    if (filled or extra.format is not None) and mask.wants("effectiveFormat"):
        base = book.properties.get("defaultFormat", DEFAULT_FORMAT)
        cell["effectiveFormat"] = _overlaid(base, extra.format or {})
    if extra.note and mask.wants("note"):
        cell["note"] = extra.note
    if extra.validation is not None and mask.wants("dataValidation"):
        cell["dataValidation"] = extra.validation
    return cell


def _overlaid(base: JsonDict, top: JsonDict) -> JsonDict:
    """Return a format over the default one. Colours are replaced whole."""
    result = dict(base)
    for name, value in top.items():
        inner = base.get(name)
        deep = isinstance(value, dict) and isinstance(inner, dict) and "olor" not in name
        result[name] = _overlaid(inner, value) if deep and isinstance(inner, dict) else value
    return result
