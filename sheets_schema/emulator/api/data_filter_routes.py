"""What is read and written by data filter.

By A1 range, by grid range, or where developer metadata is.
"""

from __future__ import annotations

from sheets_schema.emulator.api import values
from sheets_schema.emulator.api.call import ApiCall, RouteHandler
from sheets_schema.emulator.api.value_routes import BatchWriter, rendering_of
from sheets_schema.emulator.batch import data_filters, serializers
from sheets_schema.emulator.messages.request_validation import validate
from sheets_schema.emulator.model import a1
from sheets_schema.emulator.model.workbook import JsonDict, Workbook


def get_by_data_filter(call: ApiCall, book: Workbook) -> JsonDict:
    """`spreadsheets.getByDataFilter`."""
    body = validate("GetSpreadsheetByDataFilterRequest", call.body)
    filters = body.get("dataFilters", [])
    areas = [found for item in filters for found in data_filters.areas(book, item)] if filters else None
    data = body.get("includeGridData", False)
    return serializers.spreadsheet(book, call.person, call.mask, areas=areas, grid_data=data, streams=True)


def values_batch_get(call: ApiCall, book: Workbook) -> JsonDict:
    """`spreadsheets.values.batchGetByDataFilter`.

    Documented: each range comes with the filters that found it.
    """
    body = validate("BatchGetValuesByDataFilterRequest", call.body)
    shape = rendering_of(body)
    ranges: dict[str, JsonDict] = {}
    for item in body.get("dataFilters", []):
        for sheet, area in data_filters.areas(book, item):
            found = values.value_range(book, sheet, area, body.get("majorDimension", "ROWS"), shape)
            matched = ranges.setdefault(found["range"], {"valueRange": found, "dataFilters": []})
            matched["dataFilters"].append(item)
    answer: JsonDict = {"spreadsheetId": book.spreadsheet_id}
    return {**answer, "valueRanges": list(ranges.values())} if ranges else answer


def values_batch_update(call: ApiCall, book: Workbook) -> JsonDict:
    """`spreadsheets.values.batchUpdateByDataFilter`.

    Documented: values that exceed what is matched are refused.
    """
    body = validate("BatchUpdateValuesByDataFilterRequest", call.body)
    batch = BatchWriter(call, book, body)
    for item in body.get("data", []):
        chosen = item.get("dataFilter", {})
        for sheet, area in data_filters.areas(book, chosen):
            answer, sheet_after, target = values.update(
                book, a1.text_of(sheet.title, area, closed=True), item, batch.writer
            )
            batch.note(item, {"dataFilter": chosen, **answer}, sheet_after, target)
    return batch.answer(with_id=False)


def values_batch_clear(call: ApiCall, book: Workbook) -> JsonDict:
    """`spreadsheets.values.batchClearByDataFilter`."""
    body = validate("BatchClearValuesByDataFilterRequest", call.body)
    found = [area for item in body.get("dataFilters", []) for area in data_filters.areas(book, item)]
    cleared = [values.clear(book, a1.text_of(sheet.title, area), call.person, call.now) for sheet, area in found]
    return {"spreadsheetId": book.spreadsheet_id, **({"clearedRanges": cleared} if cleared else {})}


READS: dict[str, RouteHandler] = {
    "spreadsheets.getByDataFilter": get_by_data_filter,
    "spreadsheets.values.batchGetByDataFilter": values_batch_get,
}
WRITES: dict[str, RouteHandler] = {
    "spreadsheets.values.batchUpdateByDataFilter": values_batch_update,
    "spreadsheets.values.batchClearByDataFilter": values_batch_clear,
}
