"""Make rows and columns as large as what they show, by the model of `text_width`."""

from __future__ import annotations

from sheets_schema.emulator.batch.context import Context, required
from sheets_schema.emulator.batch.dimensions import located_span
from sheets_schema.emulator.model.locales import Locale
from sheets_schema.emulator.model.number_formats import shown
from sheets_schema.emulator.model.rows import Row
from sheets_schema.emulator.model.text_width import column_pixels, row_pixels
from sheets_schema.emulator.model.workbook import JsonDict, Sheet

_COLUMN = 100
"""The default width, which a column without content keeps (observed in the interface)."""


def auto_resize_dimensions(context: Context, request: JsonDict) -> None:
    """Documented: sizes rows or columns to what is in their cells."""
    sheet, dimension, start, end = located_span(context, required(request, "dimensions"))
    if dimension == "COLUMNS":
        sizes = _column_sizes(sheet, range(start, end), context.book.locale)
    else:
        sizes = _row_sizes(sheet, range(start, end), context.book.locale)
    dimensions = sheet.row_dimensions if dimension == "ROWS" else sheet.column_dimensions
    for index in range(start, end):
        kept = {name: value for name, value in dimensions.get(index, {}).items() if name != "pixelSize"}
        if index in sizes:
            kept["pixelSize"] = sizes[index]
        if kept:
            dimensions[index] = kept
        else:
            dimensions.pop(index, None)


def _shown(row: Row, column: int, locale: Locale) -> tuple[str, JsonDict]:
    form: JsonDict = row.extra_at(column).format or {}
    return shown(row.value_at(column), form.get("numberFormat"), locale), form


def _column_sizes(sheet: Sheet, columns: range, locale: Locale) -> dict[int, int]:
    sizes: dict[int, int] = {}
    for row in sheet.rows.between(0, len(sheet.rows)):
        for column in range(columns.start, min(columns.stop, len(row.values))):
            text, form = _shown(row, column, locale)
            if text:
                sizes[column] = max(sizes.get(column, 0), column_pixels(text, form))
    return sizes


def _row_sizes(sheet: Sheet, rows: range, locale: Locale) -> dict[int, int]:
    sizes: dict[int, int] = {}
    for index, row in enumerate(sheet.rows.between(rows.start, rows.stop), rows.start):
        for column in range(len(row.values)):
            text, form = _shown(row, column, locale)
            if text:
                width = sheet.column_dimensions.get(column, {}).get("pixelSize", _COLUMN)
                sizes[index] = max(sizes.get(index, 0), row_pixels(text, form, width))
    return sizes


HANDLERS = {"autoResizeDimensions": auto_resize_dimensions}
