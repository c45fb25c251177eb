"""JSON is read as leniently as Google reads it, and no more so.

Google's front ends run the converter of protobuf's C++ library (`ProtoStreamObjectWriter`, public) over the message's
fields; proto3's documentation says the same of names, numbers, enums and masks.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from sheets_schema.emulator.errors import ApiError
from sheets_schema.emulator.messages.http_messages import Request
from sheets_schema.emulator.messages.request_validation import validate
from tests.sheets_schema.emulator.client import Client, Json, grid

_CELL: Json = {"userEnteredValue": {"stringValue": "x"}}


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        pytest.param({"requests": {"addSheet": {}}}, {"requests": [{"addSheet": {}}]}, id="converter: one object is a list of one"),
        pytest.param({"requests": [[{"addSheet": {}}], [[{"addSheet": {}}]]]}, {"requests": [{"addSheet": {}}, {"addSheet": {}}]}, id="converter: lists within lists are one list"),
        pytest.param({"requests": [None, {"addSheet": {}}, None]}, {"requests": [{"addSheet": {}}]}, id="converter: nulls in a list are left out"),
        pytest.param({"requests": None}, {}, id="documented: null is absent"),
        pytest.param({"response_ranges": "A1"}, {"responseRanges": ["A1"]}, id="converter: one text is a list of one"),
        pytest.param({"includeSpreadsheetInResponse": "true"}, {"includeSpreadsheetInResponse": True}, id="converter: true as text"),
        pytest.param({"includeSpreadsheetInResponse": "False"}, {"includeSpreadsheetInResponse": False}, id="converter: false as text, in any case"),
        pytest.param({"include_spreadsheet_in_response": True}, {"includeSpreadsheetInResponse": True}, id="documented: names with underscores"),
        pytest.param({"requests": [{"append_dimension": {"sheet_id": "5", "dimension": 1, "length": 2.0}}]}, {"requests": [{"appendDimension": {"sheetId": 5, "dimension": "ROWS", "length": 2}}]}, id="documented: numbers as text, enums as numbers"),
        pytest.param({"requests": [{"appendDimension": {"dimension": "columns"}}]}, {"requests": [{"appendDimension": {"dimension": "COLUMNS"}}]}, id="converter: enums in small letters"),
        pytest.param({"requests": [{"mergeCells": {"mergeType": "merge-rows"}}]}, {"requests": [{"mergeCells": {"mergeType": "MERGE_ROWS"}}]}, id="converter: enums with dashes"),
        pytest.param({"requests": [{"mergeCells": {"mergeType": "2"}}]}, {"requests": [{"mergeCells": {"mergeType": "MERGE_ROWS"}}]}, id="converter: the number of an enum as text"),
        pytest.param({"requests": [{"repeatCell": {"fields": {"paths": ["note", "user_entered_format.padding"]}}}]}, {"requests": [{"repeatCell": {"fields": "note,user_entered_format.padding"}}]}, id="converter: a mask as its message"),
        pytest.param({"requests": [{"repeatCell": {"cell": {"userEnteredValue": {"numberValue": "1.5e3"}}}}]}, {"requests": [{"repeatCell": {"cell": {"userEnteredValue": {"numberValue": 1500}}}}]}, id="documented: exponents as text"),
        pytest.param({"requests": [{"setBasicFilter": {"filter": {"criteria": {"0": {"hidden_values": "x"}, "1": None}}}}]}, {"requests": [{"setBasicFilter": {"filter": {"criteria": {"0": {"hiddenValues": ["x"]}}}}}]}, id="converter: the same inside of maps"),
    ],
)  # fmt: skip
def test_what_google_understands_is_understood(sent: Json, read: Json) -> None:
    assert validate("BatchUpdateSpreadsheetRequest", sent) == read


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        pytest.param({"requests": [{"addSheet": {"properties": [{"title": "x"}]}}]}, "Invalid JSON payload received. Unknown name \"properties\" at 'requests[0].add_sheet': Proto field is not repeating, cannot start list.", id="reported: a list where none is"),
        pytest.param({"requests": [{"addSheet": {"properties": {"title": {}}}}]}, "Invalid value at 'requests[0].add_sheet.properties' (title), Starting an object on a scalar field", id="reported: an object on a scalar"),
        pytest.param({"includeSpreadsheetInResponse": {}}, "Invalid value (include_spreadsheet_in_response), Starting an object on a scalar field", id="reported: at the root"),
        pytest.param({"includeSpreadsheetInResponse": 1}, "Invalid value at 'include_spreadsheet_in_response' (TYPE_BOOL), 1", id="converter: a number is no bool"),
        pytest.param({"includeSpreadsheetInResponse": "maybe"}, "Invalid value at 'include_spreadsheet_in_response' (TYPE_BOOL), \"maybe\"", id="converter: nor is any text"),
        pytest.param({"requests": [{"deleteSheet": {"sheetId": "1_0"}}]}, "Invalid value at 'requests[0].delete_sheet.sheet_id' (TYPE_INT32), \"1_0\"", id="no number of Python's"),
        pytest.param({"requests": [{"deleteSheet": {"sheetId": " 1"}}]}, "Invalid value at 'requests[0].delete_sheet.sheet_id' (TYPE_INT32), \" 1\"", id="converter: blanks around a number"),
        pytest.param({"requests": [{"deleteSheet": {"sheetId": ""}}]}, "Invalid value at 'requests[0].delete_sheet.sheet_id' (TYPE_INT32), \"\"", id="converter: an empty text is no number"),
        pytest.param({"requests": [{"appendDimension": {"dimension": 9}}]}, "Invalid value at 'requests[0].append_dimension.dimension' (type.googleapis.com/google.apps.sheets.v4.Dimension), 9", id="a number that the enum does not have"),
        pytest.param({"requests": [{"Append_Dimension": {}}]}, "Invalid JSON payload received. Unknown name \"Append_Dimension\" at 'requests[0]': Cannot find field.", id="recorded: another case is another name"),
        pytest.param({"requests": [{"repeatCell": {"fields": {"path": "x"}}}]}, "Invalid value at 'requests[0].repeat_cell.fields' (TYPE_STRING), {\"path\": \"x\"}", id="a mask that is neither"),
        pytest.param({"requests": "x"}, "Invalid value at 'requests[0]' (type.googleapis.com/google.apps.sheets.v4.Request), \"x\"", id="text where a message is"),
    ],
)  # fmt: skip
def test_what_google_refuses_is_refused_with_its_text(sent: Json, text: str) -> None:
    with pytest.raises(ApiError) as caught:
        validate("BatchUpdateSpreadsheetRequest", sent)
    assert (caught.value.code, caught.value.message) == (400, text)


def _send(client: Client, method: str, path: str, body: Any = None, **query: str) -> Json:
    """Send a request past the witness, which would find that its shape is not the documented one."""
    request = Request(method, f"/v4/spreadsheets/{client.id}{path}", list(query.items()), {}, json.dumps(body).encode())
    answer = client.emulator.carry_out(request)
    assert answer.status == 200, answer.body
    read: Json = json.loads(answer.body)
    return read


@pytest.mark.parametrize(
    "fields",
    [
        "gridProperties.frozenRowCount",
        "grid_properties.frozen_row_count",
        "gridProperties(frozenRowCount)",
        "grid_properties(frozen_row_count)",
        {"paths": ["grid_properties.frozen_row_count"]},
        "properties.gridProperties.frozenRowCount",
    ],
    ids=str,
)
def test_a_mask_may_be_written_in_all_of_googles_ways(client: Client, fields: Any) -> None:
    properties = {"sheet_id": "0", "grid_properties": {"frozen_row_count": "2", "rowCount": 7}}
    update = {"update_sheet_properties": {"properties": properties, "fields": fields}}
    _send(client, "POST", ":batchUpdate", {"requests": update})
    assert client.get()["sheets"][0]["properties"]["gridProperties"] == {
        "rowCount": 1000,
        "columnCount": 26,
        "frozenRowCount": 2,
    }


def test_the_query_is_read_in_the_same_way(client: Client) -> None:
    client.put("A1:B2", [["a", 1], ["b", 2]])
    query = {"major_dimension": "columns", "value_render_option": "unformatted_value"}
    assert _send(client, "GET", "/values/A1:B2", **query)["values"] == [["a", "b"], [1, 2]]
    query = {"include_grid_data": "1", "fields": "sheets(data(row_data.values.effective_value))"}
    assert _send(client, "GET", "", **query)["sheets"][0]["data"]


def test_rows_of_values_keep_their_nulls_and_refuse_what_is_no_row(client: Client) -> None:
    """Recorded: a null leaves the cell alone; a row must be a list."""
    client.put("A1", [["a", "b"]])
    client.put("A1", [[None, "c"]])
    assert client.values("A1:B1") == [["a", "c"]]
    path = f"/v4/spreadsheets/{client.id}/values/A1"
    for wrong in (["x"], "x", {"x": 1}, [{"x": 1}]):
        answer = client.call(
            "spreadsheets.values.update", path, {"values": wrong}, lawful=False, valueInputOption="RAW"
        )
        assert "(type.googleapis.com/google.protobuf.ListValue)" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "request_",
    [
        {"repeatCell": {"range": grid(1, 0, 1, 3), "cell": _CELL, "fields": "*"}},
        {"updateCells": {"range": grid(1, 2, 4, 2), "rows": [], "fields": "*"}},
        {"setDataValidation": {"range": grid(0, 0, 0, 0)}},
        {"copyPaste": {"source": grid(1, 0, 1, 3), "destination": grid(5, 0, 6, 3)}},
        {"cutPaste": {"source": grid(1, 0, 1, 3), "destination": {"rowIndex": 9}}},
        {"sortRange": {"range": grid(1, 0, 1, 3), "sortSpecs": [{"dimensionIndex": 0}]}},
        {"deleteRange": {"range": grid(1, 0, 1, 3), "shiftDimension": "ROWS"}},
        {"insertRange": {"range": grid(1, 1, 3, 1), "shiftDimension": "COLUMNS"}},
        {"deleteDuplicates": {"range": grid(0, 1, 2, 1)}},
        {"trimWhitespace": {"range": grid(1, 0, 1, 3)}},
        {"updateBorders": {"range": grid(1, 0, 1, 3), "top": {"style": "SOLID"}}},
        {"mergeCells": {"range": grid(1, 0, 1, 3)}},
        {"findReplace": {"range": grid(1, 0, 1, 3), "find": "a", "replacement": "b"}},
    ],
    ids=lambda request_: next(iter(request_)),
)
def test_an_empty_range_is_no_error_and_changes_nothing(client: Client, request_: Json) -> None:
    """Documented: "If the start index equals the end index, then the range is empty."."""
    client.put("A1:C2", [["a", "a", "x"], ["a", "a", " y"]])
    before = client.get(includeGridData="true", ranges="A1:J20")
    client.batch(request_)
    assert client.get(includeGridData="true", ranges="A1:J20") == before


def test_a_copy_to_an_empty_range_is_a_copy_to_its_corner(client: Client) -> None:
    client.put("A1", [["a"]])
    client.batch({"copyPaste": {"source": grid(0, 0, 1, 1), "destination": grid(4, 1, 4, 1)}})
    assert client.values("B5") == [["a"]]


def test_an_empty_range_protects_nothing(client: Client) -> None:
    client.batch({"addProtectedRange": {"protectedRange": {"range": grid(1, 0, 1, 3), "editors": {"users": []}}}})
    client.person("ada@example.com").put("A1:B3", [["a", "b"]] * 3)
