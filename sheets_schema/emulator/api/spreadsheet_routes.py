"""What each route of Sheets v4 does: reads on a snapshot, writes on a fork."""

from __future__ import annotations

from sheets_schema.emulator import batch
from sheets_schema.emulator.api import data_filter_routes, value_routes
from sheets_schema.emulator.api.call import ApiCall, RouteHandler, located
from sheets_schema.emulator.batch import data_filters, serializers
from sheets_schema.emulator.batch.context import Context
from sheets_schema.emulator.batch.sheets import copy_of, copy_title, new_sheet
from sheets_schema.emulator.errors import InvalidRequestError, invalid_argument, not_found
from sheets_schema.emulator.messages.request_validation import validate
from sheets_schema.emulator.model.locales import check_locale
from sheets_schema.emulator.model.recalculation import recalculate
from sheets_schema.emulator.model.workbook import JsonDict, Workbook


def get(call: ApiCall, book: Workbook) -> JsonDict:
    """`spreadsheets.get`."""
    areas = located(book, call.query.texts("ranges"))
    return serializers.spreadsheet(
        book, call.person, call.mask, areas=areas, grid_data=call.query.flag("includeGridData"), streams=True
    )


def metadata_get(call: ApiCall, book: Workbook) -> JsonDict:
    """`spreadsheets.developerMetadata.get`."""
    item = book.metadata.get(int(call.found.number)) if call.found.number.isdigit() else None
    if item is None:
        raise not_found()
    return item


def metadata_search(call: ApiCall, book: Workbook) -> JsonDict:
    """Serve `spreadsheets.developerMetadata.search`.

    It takes the filters that deleteDeveloperMetadata takes.
    """
    body = validate("SearchDeveloperMetadataRequest", call.body)
    matched = [
        {"developerMetadata": book.metadata[key], "dataFilters": [data_filter]}
        for data_filter in body.get("dataFilters", [])
        for key in data_filters.metadata(book, data_filter)
    ]
    return {"matchedDeveloperMetadata": matched} if matched else {}


def batch_update(call: ApiCall, book: Workbook) -> JsonDict:
    """`spreadsheets.batchUpdate`."""
    return apply_batch(call, call.context(book))[0]


def apply_batch(call: ApiCall, context: Context) -> tuple[JsonDict, list[JsonDict]]:
    """Run a batch; its answer and its checked requests.

    Documented: the spreadsheet in the answer is as it is afterwards.
    """
    book = context.book
    body = validate("BatchUpdateSpreadsheetRequest", call.body)
    requests: list[JsonDict] = body.get("requests", [])
    replies = batch.run(context, requests)
    recalculate(book, call.now)
    answer: JsonDict = {"spreadsheetId": book.spreadsheet_id, "replies": replies}
    if body.get("includeSpreadsheetInResponse"):
        below = call.mask.below("updatedSpreadsheet")
        if below is not None:
            areas = located(book, body.get("responseRanges", []))
            data = body.get("responseIncludeGridData", False)
            answer["updatedSpreadsheet"] = serializers.spreadsheet(
                book, call.person, below, areas=areas, grid_data=data
            )
    return answer, requests


def create(call: ApiCall, book: Workbook) -> JsonDict:
    """`spreadsheets.create`: fill a new workbook.

    Without sheets it gets one, `Sheet1`, id 0, 1000 by 26.
    """
    body = validate("Spreadsheet", call.body, prefix="spreadsheet")
    for name in body:
        if name not in {"properties", "sheets", "namedRanges", "spreadsheetId", "spreadsheetUrl"}:
            raise invalid_argument(f"spreadsheets.create with '{name}' is not supported.")
    given = {name: value for name, value in body.get("properties", {}).items() if value}
    check_locale(given.get("locale", "en_US"))
    book.properties = {**book.properties, **given}
    context = call.context(book)
    try:
        for position, sheet in enumerate(body.get("sheets") or [{"properties": {"title": "Sheet1"}}]):
            _create_sheet(context, position, sheet)
        book.check_size()
        for named in body.get("namedRanges", []):
            batch.HANDLERS["addNamedRange"](context, {"namedRange": named})
    except InvalidRequestError as error:
        raise invalid_argument(str(error)) from error
    return serializers.spreadsheet(book, call.person, call.mask)


def _create_sheet(context: Context, position: int, sheet: JsonDict) -> None:
    properties = dict(sheet.get("properties", {}))
    properties.setdefault("title", f"Sheet{position + 1}")
    if position == 0:
        properties.setdefault("sheetId", 0)
    made = new_sheet(context, properties)
    context.book.add(made)
    for name in sheet:
        if name not in {"properties", "data"}:
            raise invalid_argument(f"spreadsheets.create with 'sheets.{name}' is not supported.")
    for grid in sheet.get("data", []):
        start = {
            "sheetId": made.sheet_id,
            "rowIndex": grid.get("startRow", 0),
            "columnIndex": grid.get("startColumn", 0),
        }
        rows = grid.get("rowData", [])
        batch.HANDLERS["updateCells"](context, {"start": start, "rows": rows, "fields": "*"})


def copy_target(call: ApiCall) -> str:
    """Return the spreadsheet that `copyTo` copies to."""
    body = validate("CopySheetToAnotherSpreadsheetRequest", call.body)
    target: str = body.get("destinationSpreadsheetId", "")
    if not target:
        raise invalid_argument("destinationSpreadsheetId must be set.")
    return target


def copy_to(call: ApiCall, source: Workbook, target: Workbook) -> JsonDict:
    """`spreadsheets.sheets.copyTo`: the copy is last, and called `Copy of …`."""
    context = call.context(target)
    if not call.found.number.isdigit():
        raise invalid_argument(f"Invalid value at 'sheet_id' (TYPE_INT32), \"{call.found.number[:50]}\"")
    try:
        sheet = source.sheet(int(call.found.number))
        title = copy_title(target, sheet.title)
        copy = copy_of(context, sheet, new_sheet(context, {"title": title}).sheet_id, title)
        target.add(copy)
        recalculate(target, call.now)
        target.check_size()
    except InvalidRequestError as error:
        raise invalid_argument(str(error)) from error
    return serializers.sheet_properties(target, copy)


READS: dict[str, RouteHandler] = {
    "spreadsheets.get": get,
    "spreadsheets.developerMetadata.get": metadata_get,
    "spreadsheets.developerMetadata.search": metadata_search,
    **data_filter_routes.READS,
    **value_routes.READS,
}
WRITES: dict[str, RouteHandler] = {
    "spreadsheets.batchUpdate": batch_update,
    **data_filter_routes.WRITES,
    **value_routes.WRITES,
}
MAY_BE_LONG = frozenset({"spreadsheets.get", "spreadsheets.getByDataFilter"})
"""The routes whose answers may be too long to be held."""
ANSWERS = {
    "spreadsheets.create": "Spreadsheet",
    "spreadsheets.get": "Spreadsheet",
    "spreadsheets.getByDataFilter": "Spreadsheet",
    "spreadsheets.developerMetadata.get": "DeveloperMetadata",
    "spreadsheets.developerMetadata.search": "SearchDeveloperMetadataResponse",
    "spreadsheets.batchUpdate": "BatchUpdateSpreadsheetResponse",
    "spreadsheets.values.get": "ValueRange",
    "spreadsheets.values.batchGet": "BatchGetValuesResponse",
    "spreadsheets.values.update": "UpdateValuesResponse",
    "spreadsheets.values.batchUpdate": "BatchUpdateValuesResponse",
    "spreadsheets.values.append": "AppendValuesResponse",
    "spreadsheets.values.clear": "ClearValuesResponse",
    "spreadsheets.values.batchClear": "BatchClearValuesResponse",
    "spreadsheets.values.batchGetByDataFilter": "BatchGetValuesByDataFilterResponse",
    "spreadsheets.values.batchUpdateByDataFilter": "BatchUpdateValuesByDataFilterResponse",
    "spreadsheets.values.batchClearByDataFilter": "BatchClearValuesByDataFilterResponse",
    "spreadsheets.sheets.copyTo": "SheetProperties",
}
"""The message each route answers with; field masks are checked against it."""
