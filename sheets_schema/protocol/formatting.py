"""How a tab is made and dressed: the requests for sheets, headers, formats, drop-downs, notes and protection. Pure."""

from __future__ import annotations

import zlib
from typing import Any

from sheets_schema.protocol.changes import Request, grid, write_cells
from sheets_schema.protocol.charts import add_chart
from sheets_schema.protocol.looks import HEADER_FIELDS, banding, header_format, highlight, tab_colour, wraps
from sheets_schema.protocol.sheet_read import SheetLayout
from sheets_schema.schema.internal_tables import LOCK_ROW
from sheets_schema.schema.looks import FilterView
from sheets_schema.schema.tables import Binding, Column, InputTable, Tab

PROTECTION = "Written by the service only"
"""The description by which our protections are found again."""
ROWS = 1000
"""Grid rows of a new tab."""


def lock_range(control: SheetLayout) -> dict[str, int]:
    """Return the lock cell as a GridRange."""
    return grid(control.sheet_id, LOCK_ROW, 1, 1, 1)


def free_id(seed: str, taken: set[int]) -> int:
    """Return a sheet id that depends on the seed alone, so that a repeated batch asks for the same one."""
    sheet_id = zlib.crc32(seed.encode()) & 0x7FFFFFFF
    while sheet_id in taken or sheet_id == 0:
        sheet_id = (sheet_id + 1) & 0x7FFFFFFF
    return sheet_id


def new_tab(tab: type[Tab], sheet: SheetLayout, index: int | None = None) -> list[Request]:
    """Return the requests that make a declared tab with its header and dressing, protected unless it is a form."""
    properties: dict[str, Any] = {
        "sheetId": sheet.sheet_id,
        "title": tab.__table__.title,
        "hidden": tab.__table__.hidden,
        "gridProperties": {"rowCount": sheet.rows, "columnCount": sheet.columns, "frozenRowCount": 1},
    }
    if tab.__table__.frozen_columns:
        properties["gridProperties"]["frozenColumnCount"] = tab.__table__.frozen_columns
    if shown := tab_colour(tab):
        properties["tabColorStyle"] = shown
    if index is not None:
        properties["index"] = index
    columns = tab.columns()
    binding = Binding(tab, {column.field: place for place, column in enumerate(columns)})
    requests: list[Request] = [
        {"addSheet": {"properties": properties}},
        write_cells(sheet.sheet_id, 1, 0, [[column.header for column in columns]]),
        *_format_header(tab, sheet.sheet_id, binding),
        *format_rows(tab, sheet.sheet_id, binding, sheet.rows),
        *(filter_view(tab, view, sheet.sheet_id, binding) for view in tab.__table__.filter_views),
        *(
            highlight(rule, sheet.sheet_id, sheet.rows, binding.index[rule.field], index)
            for index, rule in enumerate(tab.__table__.highlights)
        ),
    ]
    requests += [add_chart(tab, chart, sheet) for chart in tab.__table__.charts]
    if bands := banding(tab, sheet.sheet_id, sheet.columns):
        requests.append(bands)
    if not issubclass(tab, InputTable):
        requests.append(protect(sheet.sheet_id))
    return requests


def format_rows(tab: type[Tab], sheet_id: int, binding: Binding, rows: int) -> list[Request]:
    """Text format, drop-downs and checkboxes of everything below the header.

    Drop-downs warn rather than refuse: whether a strict one refuses writes of the API is not documented.
    """
    return [
        request
        for column in tab.columns()
        for request in format_column(column, grid(sheet_id, 2, rows - 1, binding.index[column.field], 1))
    ]


def format_column(column: Column, below: dict[str, int]) -> list[Request]:
    """Text format, drop-down or checkbox of one column's cells."""
    requests: list[Request] = []
    if shown := number_format(column):
        cell = {"userEnteredFormat": {"numberFormat": shown}}
        requests.append({"repeatCell": {"range": below, "cell": cell, "fields": "userEnteredFormat.numberFormat"}})
    if wraps(column):
        wrapped = {"userEnteredFormat": {"wrapStrategy": "WRAP"}}
        requests.append({"repeatCell": {"range": below, "cell": wrapped, "fields": "userEnteredFormat.wrapStrategy"}})
    if allowed := condition(column):
        rule = {"condition": allowed, "showCustomUi": True, "strict": False}
        requests.append({"setDataValidation": {"range": below, "rule": rule}})
    return requests


def number_format(column: Column) -> dict[str, str] | None:
    """Return how a column's cells show what they hold, as Google says it; None for as it comes."""
    if column.moment:
        return {"type": "DATE_TIME", "pattern": "mmm d, hh:mm"}
    return {"type": "TEXT", "pattern": "@"} if column.text else None


def filter_view(tab: type[Tab], view: FilterView, sheet_id: int, binding: Binding) -> Request:
    """Return the request that saves a filter view over a whole tab."""
    value = {"relativeDate": view.value} if view.condition.startswith("DATE_") else {"userEnteredValue": view.value}
    criteria = {"condition": {"type": view.condition, "values": [value]}}
    shown: dict[str, Any] = {
        "title": view.title,
        "range": {"sheetId": sheet_id, "startRowIndex": 0, "startColumnIndex": 0, "endColumnIndex": len(tab.columns())},
        "filterSpecs": [{"columnIndex": binding.index[view.field], "filterCriteria": criteria}],
    }
    if view.newest_first:
        shown["sortSpecs"] = [{"dimensionIndex": binding.index[view.newest_first], "sortOrder": "DESCENDING"}]
    return {"addFilterView": {"filter": shown}}


def condition(column: Column) -> dict[str, Any] | None:
    """Return what a column's cells may hold, as Google says it; None for anything."""
    if column.checkbox:
        return {"type": "BOOLEAN"}
    if column.choices:
        return {"type": "ONE_OF_LIST", "values": [{"userEnteredValue": choice} for choice in column.choices]}
    return None


def _format_header(tab: type[Tab], sheet_id: int, binding: Binding) -> list[Request]:
    requests: list[Request] = []
    for column in tab.columns():
        place = binding.index[column.field]
        requests.append(format_header(tab, column, grid(sheet_id, 1, 1, place, 1)))
        if column.width:
            columns = {"sheetId": sheet_id, "dimension": "COLUMNS", "startIndex": place, "endIndex": place + 1}
            size = {"range": columns, "properties": {"pixelSize": column.width}, "fields": "pixelSize"}
            requests.append({"updateDimensionProperties": size})
    return requests


def format_header(tab: type[Tab], column: Column, where: dict[str, int]) -> Request:
    """Return the request that writes a header's note and colours."""
    cell = {"note": column.note, "userEnteredFormat": header_format(tab, column)}
    return {"repeatCell": {"range": where, "cell": cell, "fields": f"note,userEnteredFormat({HEADER_FIELDS})"}}


def protect(sheet_id: int) -> Request:
    """Protection of a whole tab against everybody but the owner and the account that asks, whom Google adds by itself.

    Without `editors` Google may let every editor of the document in: reported, and documented for a close relative.
    """
    editors = {"users": [], "groups": [], "domainUsersCanEdit": False}
    protected = {"range": {"sheetId": sheet_id}, "description": PROTECTION, "editors": editors}
    return {"addProtectedRange": {"protectedRange": protected}}
