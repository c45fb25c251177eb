"""What each route of Sheets v4 does with a checked request: reads on a snapshot, writes on a fork."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sheets_schema.emulator import batch
from sheets_schema.emulator.api import values
from sheets_schema.emulator.api.routes import Found, Query
from sheets_schema.emulator.api.values import Rendering, Writer
from sheets_schema.emulator.batch import developer_metadata, serializers
from sheets_schema.emulator.batch.context import Context, grid_area
from sheets_schema.emulator.batch.sheets import copy_of, copy_title, new_sheet
from sheets_schema.emulator.errors import InvalidRequestError, invalid_argument, not_found, unsupported
from sheets_schema.emulator.messages.masks import Mask
from sheets_schema.emulator.messages.masks import parse as parse_mask
from sheets_schema.emulator.messages.messages import read_mask
from sheets_schema.emulator.messages.reader import validate, validate_enum
from sheets_schema.emulator.model.a1 import Area
from sheets_schema.emulator.model.a1_resolver import locate
from sheets_schema.emulator.model.locales import check_locale
from sheets_schema.emulator.model.permissions import Account
from sheets_schema.emulator.model.quirks import Quirks
from sheets_schema.emulator.model.workbook import JsonDict, Sheet, Workbook


@dataclass(frozen=True, slots=True)
class ApiCall:
    """A request that has been read as far as all routes have in common."""

    found: Found
    query: Query
    body: Any
    mask: Mask
    person: Account
    quirks: Quirks
    number: Callable[[], int]
    now: float

    def context(self, book: Workbook) -> Context:
        """Return what requests of a batch work with."""
        return Context(book, self.person, self.quirks, self.number, self.now)


Work = Callable[[ApiCall, Workbook], JsonDict]


def rendering(query: Query, prefix: str = "") -> Rendering:
    """Return the render options of a read, or with the prefix `response` those of the values in a write's answer."""
    shown, dates = (f"response{name}" if prefix else name[0].lower() + name[1:] for name in _RENDER_NAMES)
    return Rendering(
        validate_enum("ValueRenderOption", query.text(shown, "FORMATTED_VALUE"), shown),
        validate_enum("DateTimeRenderOption", query.text(dates, "SERIAL_NUMBER"), dates),
    )


_RENDER_NAMES = ("ValueRenderOption", "DateTimeRenderOption")


def _major(query: Query) -> str:
    major = validate_enum("Dimension", query.text("majorDimension", "ROWS"), "major_dimension")
    return "ROWS" if major == "DIMENSION_UNSPECIFIED" else major


def _input_option(option: str) -> str:
    if option in {"", "INPUT_VALUE_OPTION_UNSPECIFIED"}:
        raise invalid_argument("'valueInputOption' is required but not specified")
    return validate_enum("ValueInputOption", option, "value_input_option")


def located(book: Workbook, ranges: list[str]) -> list[tuple[Sheet, Area]] | None:
    """Return the areas of `ranges`; None when none are given."""
    return [locate(book, text)[:2] for text in ranges] or None


def get(call: ApiCall, book: Workbook) -> JsonDict:
    """`spreadsheets.get`."""
    areas = located(book, call.query.texts("ranges"))
    return serializers.spreadsheet(
        book, call.person, call.mask, areas=areas, grid_data=call.query.flag("includeGridData")
    )


def get_by_data_filter(call: ApiCall, book: Workbook) -> JsonDict:
    """`spreadsheets.getByDataFilter`. Filters by A1 range and by grid range are served."""
    body = validate("GetSpreadsheetByDataFilterRequest", call.body)
    areas: list[tuple[Sheet, Area]] = []
    for item in body.get("dataFilters", []):
        if list(item) == ["a1Range"]:
            areas.append(locate(book, item["a1Range"])[:2])
        elif list(item) == ["gridRange"]:
            sheet = book.sheet(item["gridRange"].get("sheetId", 0))
            areas.append((sheet, grid_area(sheet, item["gridRange"])))
        else:
            raise unsupported("a data filter other than a1Range or gridRange")
    data = body.get("includeGridData", False)
    return serializers.spreadsheet(book, call.person, call.mask, areas=areas or None, grid_data=data)


def metadata_get(call: ApiCall, book: Workbook) -> JsonDict:
    """`spreadsheets.developerMetadata.get`."""
    item = book.metadata.get(int(call.found.number)) if call.found.number.isdigit() else None
    if item is None:
        raise not_found()
    return item


def metadata_search(call: ApiCall, book: Workbook) -> JsonDict:
    """`spreadsheets.developerMetadata.search`, by the filters that deleteDeveloperMetadata takes."""
    body = validate("SearchDeveloperMetadataRequest", call.body)
    matched = [
        {"developerMetadata": book.metadata[key], "dataFilters": [data_filter]}
        for data_filter in body.get("dataFilters", [])
        for key in developer_metadata.found(book, data_filter)
    ]
    return {"matchedDeveloperMetadata": matched} if matched else {}


def batch_update(call: ApiCall, book: Workbook) -> JsonDict:
    """`spreadsheets.batchUpdate`."""
    return apply_batch(call, call.context(book))[0]


def apply_batch(call: ApiCall, context: Context) -> tuple[JsonDict, list[JsonDict]]:
    """Run a batch; its answer and its checked requests. Documented: the spreadsheet in the answer is as it is afterwards."""
    book = context.book
    body = validate("BatchUpdateSpreadsheetRequest", call.body)
    requests: list[JsonDict] = body.get("requests", [])
    replies = batch.run(context, requests)
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


def values_get(call: ApiCall, book: Workbook) -> JsonDict:
    """`spreadsheets.values.get`."""
    return values.read(book, call.found.range, _major(call.query), rendering(call.query))


def values_batch_get(call: ApiCall, book: Workbook) -> JsonDict:
    """`spreadsheets.values.batchGet`."""
    major, shape = _major(call.query), rendering(call.query)
    found = [values.read(book, text, major, shape) for text in call.query.texts("ranges")]
    return {"spreadsheetId": book.spreadsheet_id, **({"valueRanges": found} if found else {})}


def values_update(call: ApiCall, book: Workbook) -> JsonDict:
    """`spreadsheets.values.update`."""
    body = _value_range(call)
    writer = Writer(call.person, call.quirks, _input_option(call.query.text("valueInputOption")), call.now)
    answer, sheet, area = values.update(book, call.found.range, body, writer)
    if call.query.flag("includeValuesInResponse"):
        answer["updatedData"] = _written(book, sheet, area, body, rendering(call.query, "response"))
    return {"spreadsheetId": book.spreadsheet_id, **answer}


def _value_range(call: ApiCall) -> JsonDict:
    body = validate("ValueRange", call.body, prefix="data")
    named = body.get("range")
    if named and call.found.range and named != call.found.range:
        raise invalid_argument(
            f"Requested range in path [{call.found.range}] does not match the range in the body [{named}]."
        )
    return body


def _written(book: Workbook, sheet: Sheet, area: Area, body: JsonDict, shape: Rendering) -> JsonDict:
    return values.value_range(book, book.sheet(sheet.sheet_id), area, body.get("majorDimension", "ROWS"), shape)


def values_batch_update(call: ApiCall, book: Workbook) -> JsonDict:
    """`spreadsheets.values.batchUpdate`. Documented: totals are sums; columns and rows count once (recorded)."""
    body = validate("BatchUpdateValuesRequest", call.body)
    writer = Writer(call.person, call.quirks, _input_option(body.get("valueInputOption", "")), call.now)
    shape = Rendering(
        body.get("responseValueRenderOption", "FORMATTED_VALUE"),
        body.get("responseDateTimeRenderOption", "SERIAL_NUMBER"),
    )
    responses: list[JsonDict] = []
    rows: set[tuple[int, int]] = set()
    columns: set[tuple[int, int]] = set()
    for item in body.get("data", []):
        answer, sheet, area = values.update(book, item.get("range", ""), item, writer)
        for index, line in enumerate(values.by_rows(item)):
            filled = [at for at, value in enumerate(line) if value is not None]
            rows.update({(sheet.sheet_id, area.top + index)} if filled else ())
            columns.update((sheet.sheet_id, area.left + at) for at in filled)
        if body.get("includeValuesInResponse"):
            answer["updatedData"] = _written(book, sheet, area, item, shape)
        responses.append({"spreadsheetId": book.spreadsheet_id, **answer})
    totals = {
        "totalUpdatedRows": len(rows),
        "totalUpdatedColumns": len(columns),
        "totalUpdatedCells": sum(answer.get("updatedCells", 0) for answer in responses),
        "totalUpdatedSheets": len({sheet_id for sheet_id, _ in rows}),
    }
    answer = {"spreadsheetId": book.spreadsheet_id, **{name: total for name, total in totals.items() if total}}
    return {**answer, "responses": responses} if responses else answer


def values_append(call: ApiCall, book: Workbook) -> JsonDict:
    """`spreadsheets.values.append`."""
    body = _value_range(call)
    insert = validate_enum("InsertDataOption", call.query.text("insertDataOption", "OVERWRITE"), "insert_data_option")
    option = _input_option(call.query.text("valueInputOption"))
    answer, sheet, area = values.append(call.context(book), call.found.range, body, option, insert)
    if call.query.flag("includeValuesInResponse"):
        answer["updates"]["updatedData"] = _written(book, sheet, area, body, rendering(call.query, "response"))
    answer["updates"] = {"spreadsheetId": book.spreadsheet_id, **answer["updates"]}
    return {"spreadsheetId": book.spreadsheet_id, **answer}


def values_clear(call: ApiCall, book: Workbook) -> JsonDict:
    """`spreadsheets.values.clear`."""
    validate("ClearValuesRequest", call.body)
    return {
        "spreadsheetId": book.spreadsheet_id,
        "clearedRange": values.clear(book, call.found.range, call.person),
    }


def values_batch_clear(call: ApiCall, book: Workbook) -> JsonDict:
    """`spreadsheets.values.batchClear`."""
    body = validate("BatchClearValuesRequest", call.body)
    cleared = [values.clear(book, text, call.person) for text in body.get("ranges", [])]
    return {"spreadsheetId": book.spreadsheet_id, **({"clearedRanges": cleared} if cleared else {})}


def create(call: ApiCall, book: Workbook) -> JsonDict:
    """`spreadsheets.create`: fill a new workbook. Without sheets it gets one, `Sheet1`, id 0, 1000 by 26."""
    body = validate("Spreadsheet", call.body, prefix="spreadsheet")
    for name in body:
        if name not in {"properties", "sheets", "namedRanges", "spreadsheetId", "spreadsheetUrl"}:
            raise invalid_argument(f"spreadsheets.create with '{name}' is not served.")
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
            raise invalid_argument(f"spreadsheets.create with 'sheets.{name}' is not served.")
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


def answer_mask(query: Query, route: str) -> Mask:
    """Return the `fields` of the URL, checked against the answer's message (recorded: the texts of a wrong one)."""
    text = query.text("fields")
    if not text:
        return Mask.everything()
    mask = parse_mask(text)
    message = ANSWERS.get(route)
    wrong: list[str] = []
    if mask is not None and message is not None:
        mask, wrong = read_mask(message, mask)
    if mask is None or wrong:
        path = wrong[0] if wrong else text
        text = f"Error expanding 'fields' parameter. Cannot find matching fields for path '{path}'."
        raise invalid_argument("Request contains an invalid argument.", violations=[(path, text)])
    return mask


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
        target.check_size()
    except InvalidRequestError as error:
        raise invalid_argument(str(error)) from error
    return serializers.sheet_properties(target, copy)


READS: dict[str, Work] = {
    "spreadsheets.get": get,
    "spreadsheets.getByDataFilter": get_by_data_filter,
    "spreadsheets.developerMetadata.get": metadata_get,
    "spreadsheets.developerMetadata.search": metadata_search,
    "spreadsheets.values.get": values_get,
    "spreadsheets.values.batchGet": values_batch_get,
}
WRITES: dict[str, Work] = {
    "spreadsheets.batchUpdate": batch_update,
    "spreadsheets.values.update": values_update,
    "spreadsheets.values.batchUpdate": values_batch_update,
    "spreadsheets.values.append": values_append,
    "spreadsheets.values.clear": values_clear,
    "spreadsheets.values.batchClear": values_batch_clear,
}
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
    "spreadsheets.sheets.copyTo": "SheetProperties",
}
"""The message each route answers with; field masks are checked against it."""
