"""updateCells, repeatCell, appendCells, setDataValidation: what lands in a cell."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sheets_schema.emulator.client import Client, Json, grid, text_rows, write

_TEXT_LIKE = [
    "0012",
    "=1+1",
    "1-2",
    "TRUE",
    "2020-01-01",
    "1234567890123456",
    "'quoted",
    "+1",
    "12%",
    " ",
    "🔑",
    "a\nb",
    "#REF!",
]


@pytest.mark.parametrize("text", _TEXT_LIKE)
def test_a_string_value_is_read_back_letter_for_letter_whatever_it_looks_like(client: Client, text: str) -> None:
    client.batch(write(0, 0, [text]))
    for option in ("UNFORMATTED_VALUE", "FORMATTED_VALUE", "FORMULA"):
        assert client.values("A1", option) == [[text]]
    cell = client.get(ranges="A1", includeGridData="true")["sheets"][0]["data"][0]["rowData"][0]["values"][0]
    assert cell["userEnteredValue"] == cell["effectiveValue"] == {"stringValue": text}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), max_size=4), max_size=5))
def test_any_text_survives_a_round_trip(client: Client, rows: list[list[str]]) -> None:
    client.batch({"updateCells": {"range": {"sheetId": 0}, "fields": "*"}})
    client.batch(write(0, 0, *rows), {"appendDimension": {"dimension": "ROWS", "length": 1}})
    read = client.values("A1:D5")
    padded = [[*row, *[""] * (4 - len(row))] for row in read] + [[""] * 4] * (5 - len(read))
    assert padded == [[*row, *[""] * (4 - len(row))] for row in rows] + [[""] * 4] * (5 - len(rows))


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ({"numberValue": 3}, 3),
        ({"numberValue": 3.0}, 3),
        ({"numberValue": -0.25}, -0.25),
        ({"numberValue": 9007199254740993}, 9007199254740992),
        ({"boolValue": True}, True),
        ({"boolValue": False}, False),
        ({"formulaValue": "=(1+2)*3/2"}, 4.5),
        ({"stringValue": ""}, None),
        ({}, None),
    ],
)
def test_typed_values_keep_their_type(client: Client, value: Json, read: Any) -> None:
    rows = [{"values": [{"userEnteredValue": value}]}]
    client.batch({"updateCells": {"start": {}, "rows": rows, "fields": "userEnteredValue"}})
    assert client.values("A1") == ([] if read is None else [[read]])
    if read is not None:
        assert type(client.values("A1")[0][0]) is type(read)


def test_a_cell_with_two_kinds_of_value_is_refused(client: Client) -> None:
    rows = [{"values": [{"userEnteredValue": {"numberValue": 1, "stringValue": "1"}}]}]
    error = client.refused({"updateCells": {"start": {}, "rows": rows, "fields": "*"}})
    assert "exactly one of" in error["message"]


def test_a_formula_that_is_not_known_is_refused_by_name(client: Client) -> None:
    rows = [{"values": [{"userEnteredValue": {"formulaValue": "=VLOOKUP(1,A1:B9,2)"}}]}]
    error = client.refused({"updateCells": {"start": {}, "rows": rows, "fields": "*"}})
    assert "=VLOOKUP(1,A1:B9,2)" in error["message"]


def test_with_start_cells_that_are_not_given_stay(client: Client) -> None:
    client.put("A1:C2", [["a", "b", "c"], ["d", "e", "f"]])
    client.batch(write(0, 0, ["A"], ["D", "E"]))
    assert client.values("A1:C2") == [["A", "b", "c"], ["D", "E", "f"]]


def test_with_range_cells_that_rows_do_not_reach_are_cleared(client: Client) -> None:
    client.put("A1:C3", [["a", "b", "c"], ["d", "e", "f"], ["g", "h", "i"]])
    client.batch({"updateCells": {"range": grid(0, 0, 3, 2), "rows": text_rows(["A"]), "fields": "userEnteredValue"}})
    assert client.values("A1:C3") == [["A", "", "c"], ["", "", "f"], ["", "", "i"]]


def test_a_range_without_rows_clears_the_masked_fields_only(client: Client) -> None:
    note = {"note": "stays", "userEnteredValue": {"stringValue": "goes"}}
    client.batch({"updateCells": {"start": {}, "rows": [{"values": [note]}], "fields": "*"}})
    client.batch({"updateCells": {"range": grid(0, 0, 9, 9), "fields": "userEnteredValue"}})
    assert client.get(ranges="A1", fields="sheets.data.rowData.values(note,userEnteredValue)") == {
        "sheets": [{"data": [{"rowData": [{"values": [{"note": "stays"}]}]}]}]
    }


@pytest.mark.parametrize(
    ("where", "rows", "text"),
    [
        ({"range": grid(0, 0, 1, 1)}, [["a"], ["b"]], "Attempting to write row: 1, beyond the last requested row of: 0"),
        ({"range": grid(0, 0, 1, 1)}, [["a", "b"]], "Attempting to write column: 1, beyond the last requested column of: 0"),
        ({"range": grid(999, 0, 1001, 1)}, [["a"]], "Range (Sheet1!A1000:A1001) exceeds grid limits. Max rows: 1000, max columns: 26"),
        ({"start": {"rowIndex": 999}}, [["a"], ["b"]], "Range (Sheet1!A1000:A1001) exceeds grid limits. Max rows: 1000, max columns: 26"),
        ({"start": {"columnIndex": 25}}, [["a", "b"]], "Range (Sheet1!Z1:AA1) exceeds grid limits. Max rows: 1000, max columns: 26"),
        ({"start": {"sheetId": 9}}, [["a"]], "No sheet with id: 9"),
        ({}, [["a"]], "Exactly one of start and range must be set."),
    ],
)  # fmt: skip
def test_a_write_outside_of_what_exists_is_refused(
    client: Client, where: Json, rows: list[list[str]], text: str
) -> None:
    error = client.refused({"updateCells": {**where, "rows": text_rows(*rows), "fields": "userEnteredValue"}})
    assert error["message"] == f"Invalid requests[0].updateCells: {text}"
    assert error["status"] == "INVALID_ARGUMENT"


@pytest.mark.parametrize("kind", ["updateCells", "repeatCell", "updateSheetProperties", "updateNamedRange"])
def test_an_update_needs_a_field_mask(client: Client, kind: str) -> None:
    bodies: dict[str, Json] = {
        "updateCells": {"range": grid(0, 0, 1, 1)},
        "repeatCell": {"range": grid(0, 0, 1, 1), "cell": {"note": "n"}},
        "updateSheetProperties": {"properties": {"title": "T"}},
        "updateNamedRange": {"namedRange": {"namedRangeId": "x"}},
    }
    if kind == "updateNamedRange":
        client.batch({"addNamedRange": {"namedRange": {"namedRangeId": "x", "name": "X", "range": grid(0, 0, 1, 1)}}})
    error = client.refused({kind: bodies[kind]})
    assert "At least one field must be listed in 'fields'." in error["message"]


def test_fifty_thousand_characters_fit_into_a_cell_and_one_more_does_not(client: Client) -> None:
    client.batch(write(0, 0, ["x" * 50_000]))
    error = client.refused(write(0, 0, ["y" * 50_001]))
    assert error["message"].startswith(
        "Invalid requests[0].updateCells: Your input contains more than the maximum of 50000"
    )
    assert client.values("A1") == [["x" * 50_000]]


def test_formats_are_set_by_field_and_colours_come_back_in_both_notations(client: Client) -> None:
    area = grid(0, 0, 2, 2)
    bold = {"userEnteredFormat": {"textFormat": {"bold": True}, "backgroundColor": {"red": 0.5}}}
    client.batch({"repeatCell": {"range": area, "cell": bold, "fields": "userEnteredFormat"}})
    client.batch(
        {
            "repeatCell": {
                "range": grid(0, 0, 1, 1),
                "cell": {"userEnteredFormat": {"textFormat": {"italic": True}}},
                "fields": "userEnteredFormat.textFormat.italic",
            }
        }
    )
    rows = client.get(ranges="A1:B1", fields="sheets.data.rowData.values.userEnteredFormat")["sheets"][0]["data"][0][
        "rowData"
    ]
    half = {"red": 0.49803922}
    plain = {"textFormat": {"bold": True}, "backgroundColor": half, "backgroundColorStyle": {"rgbColor": half}}
    assert rows[0]["values"][1]["userEnteredFormat"] == plain
    assert rows[0]["values"][0]["userEnteredFormat"] == {**plain, "textFormat": {"bold": True, "italic": True}}


def test_a_later_plain_colour_replaces_an_older_style(client: Client) -> None:
    def paint(colour: Json, field: str) -> Json:
        return {"repeatCell": {"range": grid(0, 0, 1, 1), "cell": {"userEnteredFormat": colour}, "fields": field}}

    client.batch(paint({"backgroundColorStyle": {"rgbColor": {"blue": 1}}}, "userEnteredFormat.backgroundColorStyle"))
    client.batch(paint({"backgroundColor": {"green": 1}}, "userEnteredFormat.backgroundColor"))
    found = client.get(ranges="A1", fields="sheets.data.rowData.values.userEnteredFormat")
    assert found["sheets"][0]["data"][0]["rowData"][0]["values"][0]["userEnteredFormat"] == {
        "backgroundColor": {"green": 1},
        "backgroundColorStyle": {"rgbColor": {"green": 1}},
    }


def test_writing_a_value_keeps_format_note_and_validation(client: Client) -> None:
    rule = {"condition": {"type": "BOOLEAN"}, "strict": True}
    client.batch(
        {"setDataValidation": {"range": grid(0, 0, 5, 1), "rule": rule}},
        {"updateCells": {"start": {}, "rows": [{"values": [{"note": "n"}]}], "fields": "note"}},
        write(0, 0, ["v"]),
    )
    client.put("A1", [["w"]])
    cell = client.get(ranges="A1", includeGridData="true")["sheets"][0]["data"][0]["rowData"][0]["values"][0]
    assert (cell["note"], cell["dataValidation"], cell["formattedValue"]) == ("n", rule, "w")


def test_validation_is_cleared_by_a_request_without_a_rule(client: Client) -> None:
    rule = {"condition": {"type": "ONE_OF_LIST", "values": [{"userEnteredValue": "a"}]}}
    client.batch({"setDataValidation": {"range": grid(0, 0, 3, 1), "rule": rule}})
    client.batch({"setDataValidation": {"range": grid(1, 0, 2, 1)}})
    found = client.get(ranges="A1:A9", fields="sheets.data.rowData.values.dataValidation")["sheets"][0]["data"][0]
    assert found["rowData"] == [{"values": [{"dataValidation": rule}]}, {}, {"values": [{"dataValidation": rule}]}]


def test_append_cells_goes_below_the_last_value_and_grows_the_grid(client: Client) -> None:
    client.put("B999", [["last"]])
    client.batch({"repeatCell": {"range": grid(0, 5, 1000, 6), "cell": {"note": "no data"}, "fields": "note"}})
    client.batch({"appendCells": {"sheetId": 0, "rows": text_rows(["a"], ["b"]), "fields": "*"}})
    assert client.values("A999:B1001") == [["", "last"], ["a"], ["b"]]
    assert client.get()["sheets"][0]["properties"]["gridProperties"]["rowCount"] == 1001


@pytest.mark.parametrize(
    ("area", "text"),
    [
        (grid(999, 0, 1003, 2), ""),
        (grid(0, 25, 2, 28), ""),
        (grid(3, 0, 3, 2), ""),
        (grid(1000, 0, 1001, 2), "A1001:B1001"),
        ({"startRowIndex": 1000, "startColumnIndex": 0, "endColumnIndex": 2}, "A1001:B"),
        ({"startRowIndex": 0, "endRowIndex": 2, "startColumnIndex": 26}, "AA1:2"),
        (grid(0, 26, 2, 27), "AA1:AA2"),
    ],
)
def test_a_repeated_cell_ends_with_the_grid_and_starts_inside_of_it(client: Client, area: Json, text: str) -> None:
    """Measured: a public log of live answers to repeatCell, 2026-09-29."""
    request_ = {"repeatCell": {"range": area, "cell": {"note": "n"}, "fields": "note"}}
    if text:
        message = f"Range (Sheet1!{text}) exceeds grid limits. Max rows: 1000, max columns: 26"
        assert client.refused(request_)["message"] == f"Invalid requests[0].repeatCell: {message}"
    else:
        client.batch(request_)
    assert client.get()["sheets"][0]["properties"]["gridProperties"] == {"rowCount": 1000, "columnCount": 26}


@pytest.mark.parametrize("step", range(0, 256, 17))
def test_a_colour_that_is_read_and_written_back_stays_as_it_is(client: Client, step: int) -> None:
    """Reported by gspread-formatting's own tests; recorded: 0.5 is 127/255."""
    request_: Json = {"range": grid(0, 0, 1, 1), "fields": "userEnteredFormat"}
    written: Json = {"red": step / 255, "green": 1}
    for _ in range(3):
        client.batch({"repeatCell": {**request_, "cell": {"userEnteredFormat": {"backgroundColor": written}}}})
        read = client.get(ranges="A1", fields="sheets.data.rowData.values.userEnteredFormat.backgroundColor")
        written = read["sheets"][0]["data"][0]["rowData"][0]["values"][0]["userEnteredFormat"]["backgroundColor"]
    assert written.get("red", 0) == pytest.approx(step / 255, abs=1e-6)
