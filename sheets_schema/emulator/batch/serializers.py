"""What reads answer: a spreadsheet, its sheets, and grid data.

Recorded: zero values are left out inside ranges and properties, but a sheet's own id and index are printed; empty lists
are left out. The default format and theme are those of a new spreadsheet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sheets_schema.emulator.batch.cell_printer import DEFAULT_FORMAT, CellPrinter
from sheets_schema.emulator.batch.grid_ranges import grid_json
from sheets_schema.emulator.messages.field_masks import Mask
from sheets_schema.emulator.messages.streams import LongList
from sheets_schema.emulator.model.a1 import Area
from sheets_schema.emulator.model.permissions import Account
from sheets_schema.emulator.model.workbook import JsonDict, Sheet, Workbook

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
_MANY_CELLS = 200_000
"""More cells than these are sent while they are made; fewer are made at once, which is faster."""


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
    streams: bool = False,
) -> JsonDict:
    """`Spreadsheet` as answered, before the mask is applied.

    With `streams`, many rows are long lists. `areas` limits the sheets and the grid data. Documented: `grid_data`
    counts only when no field mask is set; a mask that names `sheets.data` asks for the cells by itself.
    """
    wants_data = grid_data if mask.takes_all else mask.wants("sheets", "data")
    sheets_mask = mask.below("sheets")
    answer: JsonDict = {"spreadsheetId": book.spreadsheet_id, "properties": book.properties}
    if sheets_mask is not None:
        chosen = book.sheets if areas is None else [sheet for sheet in book.sheets if any(s is sheet for s, _ in areas)]
        data_mask = sheets_mask.below("data") if wants_data else None
        answer["sheets"] = [_sheet(book, sheet, person, areas, data_mask, streams=streams) for sheet in chosen]
    if book.named_ranges:
        answer["namedRanges"] = list(book.named_ranges.values())
    whole = [item for item in book.metadata.values() if item["location"]["locationType"] == "SPREADSHEET"]
    if whole:
        answer["developerMetadata"] = whole
    answer["spreadsheetUrl"] = f"https://docs.google.com/spreadsheets/d/{book.spreadsheet_id}/edit"
    return answer


def _sheet(
    book: Workbook,
    sheet: Sheet,
    person: Account,
    areas: list[tuple[Sheet, Area]] | None,
    data_mask: Mask | None,
    *,
    streams: bool,
) -> JsonDict:
    answer: JsonDict = {"properties": sheet_properties(book, sheet)}
    if data_mask is not None and sheet.is_grid:
        wanted = [sheet.area] if areas is None else [area for other, area in areas if other is sheet]
        answer["data"] = [grid_data(book, sheet, area, data_mask, streams=streams) for area in wanted]
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


def grid_data(book: Workbook, sheet: Sheet, area: Area, mask: Mask, *, streams: bool = False) -> JsonDict:
    """`GridData` of one area.

    Rows and cells after the last that holds anything are left out (recorded).
    """
    answer: JsonDict = {}
    if area.top:
        answer["startRow"] = area.top
    if area.left:
        answer["startColumn"] = area.left
    height = min(area.bottom, len(sheet.rows)) - area.top
    many = streams and max(height * area.width, area.height) > _MANY_CELLS
    row_mask = mask.below("rowData")
    if row_mask is not None:
        cell_mask = row_mask.below("values")
        rows = LongList(lambda: _until_empty(CellPrinter(book, sheet, area, cell_mask).rows()))
        if next(iter(rows), None) is not None:
            answer["rowData"] = rows if many else list(rows)
    if mask.wants("rowMetadata"):
        heights = LongList(lambda: _dimensions(book, sheet, "ROWS", range(area.top, area.bottom)))
        answer["rowMetadata"] = heights if many else list(heights)
    if mask.wants("columnMetadata"):
        answer["columnMetadata"] = list(_dimensions(book, sheet, "COLUMNS", range(area.left, area.right)))
    return answer


def _until_empty(rows: Iterable[JsonDict]) -> Iterator[JsonDict]:
    """Yield rows up to the last that holds anything."""
    empty = 0
    for row in rows:
        if not row:
            empty += 1
            continue
        for _ in range(empty):
            yield {}
        empty = 0
        yield row


def _dimensions(book: Workbook, sheet: Sheet, dimension: str, indexes: Iterable[int]) -> Iterator[JsonDict]:
    own, pixels = (
        (sheet.row_dimensions, _ROW_PIXELS) if dimension == "ROWS" else (sheet.column_dimensions, _COLUMN_PIXELS)
    )
    noted: dict[int, list[JsonDict]] = {}
    for item in book.metadata.values():
        where = item["location"].get("dimensionRange")
        if where and where.get("sheetId", 0) == sheet.sheet_id and where["dimension"] == dimension:
            noted.setdefault(where["startIndex"], []).append(item)
    for index in indexes:
        properties = {"pixelSize": pixels, **own.get(index, {})}
        if index in noted:
            properties["developerMetadata"] = noted[index]
        yield properties
