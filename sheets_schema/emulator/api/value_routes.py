"""What each route of `spreadsheets.values` does, by A1 range and by data filter."""

from __future__ import annotations

from sheets_schema.emulator.api import values
from sheets_schema.emulator.api.call import ApiCall, RouteHandler, input_option, major_dimension, rendering
from sheets_schema.emulator.api.values import Rendering, Writer
from sheets_schema.emulator.errors import invalid_argument
from sheets_schema.emulator.messages.request_validation import validate, validate_enum
from sheets_schema.emulator.model.a1 import Area
from sheets_schema.emulator.model.workbook import JsonDict, Sheet, Workbook


def values_get(call: ApiCall, book: Workbook) -> JsonDict:
    """`spreadsheets.values.get`."""
    return values.read(book, call.found.range, major_dimension(call.query), rendering(call.query))


def values_batch_get(call: ApiCall, book: Workbook) -> JsonDict:
    """`spreadsheets.values.batchGet`."""
    major, shape = major_dimension(call.query), rendering(call.query)
    found = [values.read(book, text, major, shape) for text in call.query.texts("ranges")]
    return {"spreadsheetId": book.spreadsheet_id, **({"valueRanges": found} if found else {})}


def values_update(call: ApiCall, book: Workbook) -> JsonDict:
    """`spreadsheets.values.update`."""
    body = _value_range(call)
    writer = Writer(call.person, call.quirks, input_option(call.query.text("valueInputOption")), call.now)
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
    """`spreadsheets.values.batchUpdate`.

    Documented: totals are sums; columns and rows count once (recorded).
    """
    body = validate("BatchUpdateValuesRequest", call.body)
    batch = BatchWriter(call, book, body)
    for item in body.get("data", []):
        answer, sheet, area = values.update(book, item.get("range", ""), item, batch.writer)
        batch.note(item, answer, sheet, area)
    return batch.answer()


class BatchWriter:
    """Counts what the writes of one call touch, and builds its answer."""

    def __init__(self, call: ApiCall, book: Workbook, body: JsonDict) -> None:
        option = input_option(body.get("valueInputOption", ""))
        self.writer = Writer(call.person, call.quirks, option, call.now)
        self._book = book
        self._echo = body.get("includeValuesInResponse", False)
        self._shape = rendering_of(body, "response")
        self._responses: list[JsonDict] = []
        self._rows: set[tuple[int, int]] = set()
        self._columns: set[tuple[int, int]] = set()

    def note(self, item: JsonDict, answer: JsonDict, sheet: Sheet, area: Area) -> None:
        """Count one write."""
        for index, line in enumerate(values.by_rows(item)):
            filled = [at for at, value in enumerate(line) if value is not None]
            self._rows.update({(sheet.sheet_id, area.top + index)} if filled else ())
            self._columns.update((sheet.sheet_id, area.left + at) for at in filled)
        if self._echo:
            answer["updatedData"] = _written(self._book, sheet, area, item, self._shape)
        self._responses.append(answer)

    def answer(self, *, with_id: bool = True) -> JsonDict:
        """Return the answer of the whole call.

        `with_id` puts the spreadsheet's id into each response, too.
        """
        named: JsonDict = {"spreadsheetId": self._book.spreadsheet_id}
        totals = {
            "totalUpdatedRows": len(self._rows),
            "totalUpdatedColumns": len(self._columns),
            "totalUpdatedCells": sum(answer.get("updatedCells", 0) for answer in self._responses),
            "totalUpdatedSheets": len({sheet_id for sheet_id, _ in self._rows}),
        }
        answer = {**named, **{name: total for name, total in totals.items() if total}}
        responses = [{**named, **item} if with_id else item for item in self._responses]
        return {**answer, "responses": responses} if responses else answer


def rendering_of(body: JsonDict, prefix: str = "") -> Rendering:
    """Return the render options of a body, or those of the values in a write's answer."""
    value, date = "valueRenderOption", "dateTimeRenderOption"
    if prefix:
        value, date = (prefix + name[0].upper() + name[1:] for name in (value, date))
    return Rendering(body.get(value, "FORMATTED_VALUE"), body.get(date, "SERIAL_NUMBER"))


def values_append(call: ApiCall, book: Workbook) -> JsonDict:
    """`spreadsheets.values.append`."""
    body = _value_range(call)
    insert = validate_enum("InsertDataOption", call.query.text("insertDataOption", "OVERWRITE"), "insert_data_option")
    option = input_option(call.query.text("valueInputOption"))
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
        "clearedRange": values.clear(book, call.found.range, call.person, call.now),
    }


def values_batch_clear(call: ApiCall, book: Workbook) -> JsonDict:
    """`spreadsheets.values.batchClear`."""
    body = validate("BatchClearValuesRequest", call.body)
    cleared = [values.clear(book, text, call.person, call.now) for text in body.get("ranges", [])]
    return {"spreadsheetId": book.spreadsheet_id, **({"clearedRanges": cleared} if cleared else {})}


READS: dict[str, RouteHandler] = {
    "spreadsheets.values.get": values_get,
    "spreadsheets.values.batchGet": values_batch_get,
}
WRITES: dict[str, RouteHandler] = {
    "spreadsheets.values.update": values_update,
    "spreadsheets.values.batchUpdate": values_batch_update,
    "spreadsheets.values.append": values_append,
    "spreadsheets.values.clear": values_clear,
    "spreadsheets.values.batchClear": values_batch_clear,
}
