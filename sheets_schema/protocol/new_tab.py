"""Make and format a tab: sheet, header, formats, drop-downs, notes, protection. Pure."""

from __future__ import annotations

import zlib
from typing import Any

from sheets_schema.protocol.batch_requests import Request, grid, write_cells
from sheets_schema.protocol.charts import add_chart
from sheets_schema.protocol.looks import (
    HEADER_FIELDS,
    HEADER_HEIGHT,
    banding,
    filter_view,
    frozen_columns,
    header_format,
    highlight,
    shared_filter,
    style_fields,
    style_of,
    tab_colour,
)
from sheets_schema.protocol.sheet_layout import SheetLayout
from sheets_schema.schema.columns import Column
from sheets_schema.schema.tables import Binding, InputTable, Tab

PROTECTION = "Written by the service only"
"""The description by which our protections are found again."""
ROWS = 1000
"""Grid rows of a new tab."""
DEFAULT_WIDTH = 100
"""Pixels of a column that nobody has made wider or narrower."""


def free_id(seed: str, taken: set[int]) -> int:
    """Return a sheet id from the seed alone, so that a repeated batch asks for the same one."""
    sheet_id = zlib.crc32(seed.encode()) & 0x7FFFFFFF
    while sheet_id in taken or sheet_id == 0:
        sheet_id = (sheet_id + 1) & 0x7FFFFFFF
    return sheet_id


def new_tab(tab: type[Tab], sheet: SheetLayout, index: int | None = None) -> list[Request]:
    """Return the requests that make a declared tab with its header and formatting.

    It is protected unless it is an input table.
    """
    properties: dict[str, Any] = {
        "sheetId": sheet.sheet_id,
        "title": tab.__table__.title,
        "hidden": tab.__table__.hidden,
        "gridProperties": {"rowCount": sheet.rows, "columnCount": sheet.columns, "frozenRowCount": 1},
    }
    if shown := tab_colour(tab):
        properties["tabColorStyle"] = shown
    if index is not None:
        properties["index"] = index
    columns = tab.columns()
    binding = Binding(tab, {column.field: position for position, column in enumerate(columns)})
    if frozen := frozen_columns(tab, binding):
        properties["gridProperties"]["frozenColumnCount"] = frozen
    requests: list[Request] = [
        {"addSheet": {"properties": properties}},
        write_cells(sheet.sheet_id, 1, 0, [[column.header for column in columns]]),
        *_format_header(tab, sheet.sheet_id, binding),
        *format_rows(tab, sheet.sheet_id, binding, sheet.rows),
        *(filter_view(view, sheet.sheet_id, binding) for view in tab.__table__.filter_views),
        *(highlight(rule, sheet, binding, index) for index, rule in enumerate(tab.__table__.highlights)),
    ]
    requests += [add_chart(chart, sheet, binding) for chart in tab.__table__.charts]
    if bands := banding(tab, sheet.sheet_id, sheet.columns):
        requests.append(bands)
    if tab.__table__.filtered:
        requests.append(shared_filter(sheet.sheet_id, len(columns)))
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
    """Return the number format, style, drop-down or checkbox of one column's cells."""
    requests: list[Request] = []
    if shown := number_format(column):
        cell = {"userEnteredFormat": {"numberFormat": shown}}
        requests.append({"repeatCell": {"range": below, "cell": cell, "fields": "userEnteredFormat.numberFormat"}})
    if style := style_of(column):
        fields = f"userEnteredFormat({','.join(style_fields(style))})"
        requests.append({"repeatCell": {"range": below, "cell": {"userEnteredFormat": style}, "fields": fields}})
    if allowed := condition(column):
        rule = {"condition": allowed, "showCustomUi": True, "strict": False}
        requests.append({"setDataValidation": {"range": below, "rule": rule}})
    return requests


def number_format(column: Column) -> dict[str, str] | None:
    """Return how a column's cells show what they hold, as Google says it; None for as it comes."""
    if column.moment:
        return {"type": "DATE_TIME", "pattern": "mmm d, hh:mm"}
    if column.number:
        return {"type": "NUMBER", "pattern": "0"}
    return {"type": "TEXT", "pattern": "@"} if column.text else None


def condition(column: Column) -> dict[str, Any] | None:
    """Return what a column's cells may hold, as Google says it; None for anything."""
    if column.checkbox:
        return {"type": "BOOLEAN"}
    if column.choices:
        return {"type": "ONE_OF_LIST", "values": [{"userEnteredValue": choice} for choice in column.choices]}
    return None


def _format_header(tab: type[Tab], sheet_id: int, binding: Binding) -> list[Request]:
    requests: list[Request] = [_sized(sheet_id, "ROWS", 0, HEADER_HEIGHT)] if not tab.__table__.hidden else []
    for column in tab.columns():
        index = binding.index[column.field]
        requests.append(format_header(tab, column, grid(sheet_id, 1, 1, index, 1)))
        if column.width:
            requests.append(widened(sheet_id, index, column.width))
    return requests


def widened(sheet_id: int, index: int, pixels: int) -> Request:
    """Return the request that sets a column's width."""
    return _sized(sheet_id, "COLUMNS", index, pixels)


def _sized(sheet_id: int, dimension: str, index: int, pixels: int) -> Request:
    one = {"sheetId": sheet_id, "dimension": dimension, "startIndex": index, "endIndex": index + 1}
    return {"updateDimensionProperties": {"range": one, "properties": {"pixelSize": pixels}, "fields": "pixelSize"}}


def format_header(tab: type[Tab], column: Column, where: dict[str, int]) -> Request:
    """Return the request that writes a header's note and colours."""
    cell = {"note": column.note, "userEnteredFormat": header_format(tab, column)}
    return {"repeatCell": {"range": where, "cell": cell, "fields": f"note,userEnteredFormat({HEADER_FIELDS})"}}


def protect(sheet_id: int) -> Request:
    """Return a tab's protection against everybody but the owner and the calling account.

    Google adds that account by itself. Without `editors` Google may let every editor of the document in: reported,
    and documented for a close relative.
    """
    editors = {"users": [], "groups": [], "domainUsersCanEdit": False}
    protected = {"range": {"sheetId": sheet_id}, "description": PROTECTION, "editors": editors}
    return {"addProtectedRange": {"protectedRange": protected}}
