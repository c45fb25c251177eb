"""`spreadsheets.values`: ranges, trimming, render options, what is typed in, append."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sheets_schema.emulator.client import Client, grid


def _echo(client: Client, text: str) -> str:
    path = f"/v4/spreadsheets/{client.id}/values:batchGet"
    found: str = client.call("spreadsheets.values.batchGet", path, ranges=[text]).json()["valueRanges"][0]["range"]
    return found


@pytest.mark.parametrize(
    ("text", "echo"),
    [
        ("Sheet1", "Sheet1!A1:Z1000"),
        ("'Sheet1'", "Sheet1!A1:Z1000"),
        ("sheet1!a1", "Sheet1!A1"),
        ("A1", "Sheet1!A1"),
        ("$A$1:$B$2", "Sheet1!A1:B2"),
        ("B2:A1", "Sheet1!A1:B2"),
        ("Sheet1!A5:J", "Sheet1!A5:J1000"),
        ("Sheet1!A:C", "Sheet1!A1:C1000"),
        ("Sheet1!2:3", "Sheet1!A2:Z3"),
        ("Sheet1!A2:2", "Sheet1!A2:Z2"),
        ("Sheet1!C3:5", "Sheet1!C3:Z5"),
        ("Sheet1!A1:ZZ9999", "Sheet1!A1:Z1000"),
        ("'it''s ! here'!A1", "'it''s ! here'!A1"),
        ("it's ! here!A1", "'it''s ! here'!A1"),
        ("D3!A1", "'D3'!A1"),
        ("D3", "Sheet1!D3"),
        ("'D3'", "'D3'!A1:Z1000"),
        ("'🌵 x'!A1", "'🌵 x'!A1"),
        ("R1C1!A1", "'R1C1'!A1"),
        ("7up!A1", "'7up'!A1"),
    ],
)
def test_a_range_is_echoed_normalised_and_clipped(client: Client, text: str, echo: str) -> None:
    titles = ["it's ! here", "D3", "🌵 x", "R1C1", "7up"]
    client.batch(*({"addSheet": {"properties": {"title": title}}} for title in titles))
    assert _echo(client, text) == echo


@pytest.mark.parametrize(
    "text",
    [
        "Nowhere",
        "Nowhere!A1",
        "'Sheet1'!",
        "Sheet1!A0",
        "Sheet1!1A",
        "Sheet1!A1:B2:C3",
        "",
        "!A1",
        "Sheet1!A",
        "'Sheet1",
    ],
)
def test_a_range_that_is_none_is_named(client: Client, text: str) -> None:
    response = client.call(
        "spreadsheets.values.batchGet", f"/v4/spreadsheets/{client.id}/values:batchGet", ranges=[text]
    )
    assert response.status_code == 400
    assert response.json()["error"]["message"] == f"Unable to parse range: {text}"


def test_a_range_that_starts_beyond_the_grid_is_refused(client: Client) -> None:
    response = client.call("spreadsheets.values.get", f"/v4/spreadsheets/{client.id}/values/A5000:B5001")
    text = "Range (Sheet1!A5000:B5001) exceeds grid limits. Max rows: 1000, max columns: 26"
    assert response.json()["error"] == {"code": 400, "message": text, "status": "INVALID_ARGUMENT"}


def test_an_empty_range_has_no_values(client: Client) -> None:
    answer = client.call("spreadsheets.values.get", f"/v4/spreadsheets/{client.id}/values/A1:B2").json()
    assert answer == {"range": "Sheet1!A1:B2", "majorDimension": "ROWS"}


def test_ends_are_trimmed_and_gaps_are_kept(client: Client) -> None:
    client.put("B2", [["x", "", "y", ""], ["", "", "", ""], ["", "z"]])
    assert client.values("A1:F9") == [[], ["", "x", "", "y"], [], ["", "", "z"]]
    assert client.values("A1:F9", majorDimension="COLUMNS") == [[], ["", "x"], ["", "", "", "z"], ["", "y"]]


def test_null_leaves_a_cell_alone_and_is_not_counted(client: Client) -> None:
    client.put("A1:D2", [["a", "b", "c", "d"], ["e", "f", "g", "h"]])
    answer = client.put("A1:D6", [["A", None, None, None], [], [], [], [], [None, None, None, "D"]])
    counts = {name: answer[name] for name in ("updatedRange", "updatedRows", "updatedColumns", "updatedCells")}
    assert counts == {"updatedRange": "Sheet1!A1:D6", "updatedRows": 2, "updatedColumns": 2, "updatedCells": 2}
    assert client.values("A1:D6") == [["A", "b", "c", "d"], ["e", "f", "g", "h"], [], [], [], ["", "", "", "D"]]


def test_empty_text_empties_a_cell_and_is_counted(client: Client) -> None:
    client.put("A1:B1", [["a", "b"]])
    assert client.put("A1:B1", [["", ""]])["updatedCells"] == 2
    assert client.values("A1:B1") == []


def test_a_write_of_nothing_counts_nothing(client: Client) -> None:
    assert client.put("A1", [[None]]) == {"spreadsheetId": client.id, "updatedRange": "Sheet1!A1"}


@pytest.mark.parametrize(
    ("text", "values", "message"),
    [
        ("A1:B2", [["a"], ["b"], ["c"]], "Requested writing within range [Sheet1!A1:B2], but tried writing to row [3]"),
        ("A1:B2", [["a", "b", "c"]], "Requested writing within range [Sheet1!A1:B2], but tried writing to column [C]"),
        ("Y1", [["a", "b", "c"]], "Range (Sheet1!Y1:AA1) exceeds grid limits. Max rows: 1000, max columns: 26"),
    ],
)
def test_a_write_does_not_leave_its_range(client: Client, text: str, values: list[list[str]], message: str) -> None:
    path = f"/v4/spreadsheets/{client.id}/values/{text}"
    response = client.call("spreadsheets.values.update", path, {"values": values}, valueInputOption="RAW")
    assert (response.status_code, response.json()["error"]["message"]) == (400, message)


@pytest.mark.parametrize("option", ["", "INPUT_VALUE_OPTION_UNSPECIFIED"])
def test_an_input_option_is_required(client: Client, option: str) -> None:
    path = f"/v4/spreadsheets/{client.id}/values/A1"
    response = client.call("spreadsheets.values.update", path, {"values": [["a"]]}, valueInputOption=option)
    assert response.json()["error"]["message"] == "'valueInputOption' is required but not specified"


@pytest.mark.parametrize("text", ["007", "TRUE", "=1+2", "'0123", "$100.15", "2026-09-05", "1-2"])
def test_raw_keeps_every_text_as_it_is(client: Client, text: str) -> None:
    client.put("A1", [[text]])
    for option in ("UNFORMATTED_VALUE", "FORMATTED_VALUE", "FORMULA"):
        assert client.values("A1", option) == [[text]]


@pytest.mark.parametrize(
    ("text", "unformatted", "formatted", "formula"),
    [
        ("007", 7, "7", 7),
        ("1.50", 1.5, "1.5", 1.5),
        ("-3", -3, "-3", -3),
        ("TRUE", True, "TRUE", True),
        ("false", False, "FALSE", False),
        ("=1+2", 3, "3", "=1+2"),
        ("= 1 / 1024", 1 / 1024, "0.0009765625", "= 1 / 1024"),
        ("=1/3", 1 / 3, "0.3333333333", "=1/3"),
        ("'0123", "0123", "0123", "0123"),
        ("$100.15", 100.15, "$100.15", 100.15),
        ("$1,234", 1234, "$1,234", 1234),
        ("2,000,000.01", 2000000.01, "2,000,000.01", 2000000.01),
        ("12%", 0.12, "12%", 0.12),
        ("2026-09-05", 46270, "2026-09-05", 46270),
        ("1999-01-02", 36162, "1999-01-02", 36162),
        ("3_1_0", "3_1_0", "3_1_0", "3_1_0"),
        ("2020-13-45", None, None, None),
        ("hello world 5", "hello world 5", "hello world 5", "hello world 5"),
        ("", None, None, None),
    ],
)
def test_typed_text_becomes_what_the_records_say(
    client: Client, text: str, unformatted: Any, formatted: Any, formula: Any
) -> None:
    if text == "2020-13-45":
        path = f"/v4/spreadsheets/{client.id}/values/A1"
        response = client.call(
            "spreadsheets.values.update", path, {"values": [[text]]}, valueInputOption="USER_ENTERED"
        )
        assert response.status_code == 400
        return
    client.put("A1", [[text]], "USER_ENTERED")
    for option, expected in (("UNFORMATTED_VALUE", unformatted), ("FORMATTED_VALUE", formatted), ("FORMULA", formula)):
        assert client.values("A1", option) == ([] if expected is None else [[expected]])


@pytest.mark.parametrize(
    "text",
    [
        "13/14",
        "25:30",
        "24:00:00",
        "Jan 32",
        "31/12/2020",
        "+1 555 0100",
        "€5",
        "1.2.3",
        "(5)",
        "5/2020",
        "2020-01-01T10:00:00Z",
        "1,23",
    ],
)
def test_typed_text_that_nobody_has_recorded_is_refused_by_name(client: Client, text: str) -> None:
    path = f"/v4/spreadsheets/{client.id}/values/A1"
    response = client.call("spreadsheets.values.update", path, {"values": [[text]]}, valueInputOption="USER_ENTERED")
    assert response.status_code == 400
    assert repr(text) in response.json()["error"]["message"]
    assert client.values("A1") == []


def test_numbers_and_booleans_are_never_parsed(client: Client) -> None:
    client.put("A1", [[1, 2.5, True, 1e21]], "USER_ENTERED")
    assert client.values("A1:D1") == [[1, 2.5, True, 1e21]]
    assert client.values("A1:D1", "FORMATTED_VALUE") == [["1", "2.5", "TRUE", "1E+21"]]


def test_a_plain_text_cell_keeps_what_is_typed(client: Client) -> None:
    style = {"userEnteredFormat": {"numberFormat": {"type": "TEXT"}}}
    client.batch({"repeatCell": {"range": grid(0, 0, 1, 1), "cell": style, "fields": "userEnteredFormat.numberFormat"}})
    client.put("A1", [["007"]], "USER_ENTERED")
    assert client.values("A1") == [["007"]]


def test_dates_may_be_rendered_as_text_in_an_unformatted_read(client: Client) -> None:
    client.put("A1", [["2020-01-01", 5]], "USER_ENTERED")
    assert client.values("A1:B1", dateTimeRenderOption="FORMATTED_STRING") == [["2020-01-01", 5]]


def test_clearing_takes_values_and_leaves_the_rest(client: Client) -> None:
    client.put("A1:B2", [["a", "b"], ["c", "d"]])
    client.batch({"repeatCell": {"range": grid(0, 0, 1, 2), "cell": {"note": "n"}, "fields": "note"}})
    path = f"/v4/spreadsheets/{client.id}/values:batchClear"
    answer = client.call("spreadsheets.values.batchClear", path, {"ranges": ["A1", "Sheet1!B2:B"]}).json()
    assert answer["clearedRanges"] == ["Sheet1!A1", "Sheet1!B2:B1000"]
    assert client.values("Sheet1") == [["", "b"], ["c"]]
    whole = client.call("spreadsheets.values.clear", f"/v4/spreadsheets/{client.id}/values/Sheet1:clear", {}).json()
    assert whole["clearedRange"] == "Sheet1!A1:Z1000"
    assert client.values("Sheet1") == []
    notes = client.get(ranges="A1:B1", fields="sheets.data.rowData.values.note")
    assert notes["sheets"][0]["data"][0]["rowData"][0]["values"] == [{"note": "n"}] * 2


def test_the_answer_of_a_write_can_hold_the_values(client: Client) -> None:
    answer = client.put(
        "A1",
        [["2020-01-01", 5]],
        "USER_ENTERED",
        includeValuesInResponse="true",
        responseValueRenderOption="UNFORMATTED_VALUE",
    )
    assert answer["updatedData"] == {"range": "Sheet1!A1:B1", "majorDimension": "ROWS", "values": [[43831, 5]]}


def test_several_ranges_are_written_at_once_or_not_at_all(client: Client) -> None:
    path = f"/v4/spreadsheets/{client.id}/values:batchUpdate"
    data = [
        {"range": "A1:B1", "values": [["a", "b"]]},
        {"range": "D1", "majorDimension": "COLUMNS", "values": [["x", "y"]]},
    ]
    body = {"valueInputOption": "RAW", "data": data}
    answer = client.call("spreadsheets.values.batchUpdate", path, body).json()
    assert {name: answer[name] for name in answer if name.startswith("total")} == {
        "totalUpdatedRows": 2,
        "totalUpdatedColumns": 3,
        "totalUpdatedCells": 4,
        "totalUpdatedSheets": 1,
    }
    bad = {
        "valueInputOption": "RAW",
        "data": [{"range": "A1", "values": [["z"]]}, {"range": "Nowhere!A1", "values": [["z"]]}],
    }
    assert client.call("spreadsheets.values.batchUpdate", path, bad).status_code == 400
    assert client.values("Sheet1") == [["a", "b", "", "x"], ["", "", "", "y"]]


_TWO_TABLES = [["a", "b", "c"], ["a", "b", "c"], [], ["", "x", "y", "z"], ["", "x", "y", "z"], ["", "x", "y", "z"]]


@pytest.mark.parametrize(
    ("text", "table", "written"),
    [
        ("Sheet1", "Sheet1!B4:D6", "Sheet1!B7"),
        ("B4", "Sheet1!B4:D6", "Sheet1!B7"),
        ("C5:D5", "Sheet1!B4:D6", "Sheet1!B7"),
        ("B2:D4", "Sheet1!B4:D6", "Sheet1!B7"),
        ("A3:G10", "Sheet1!B4:D6", "Sheet1!B7"),
        ("A1", "Sheet1!A1:C2", "Sheet1!A3"),
        ("E4", None, "Sheet1!E4"),
        ("A4", None, "Sheet1!A4"),
    ],
)
def test_append_finds_the_table_as_documented(client: Client, text: str, table: str | None, written: str) -> None:
    client.put("A1", _TWO_TABLES)
    answer = client.append(text, [["new"]])
    assert answer.get("tableRange") == table
    assert answer["updates"]["updatedRange"] == written


def test_append_overwrites_a_gap_or_inserts_rows(client: Client) -> None:
    client.put("A1", [["a"], ["b"], [""], ["c"]])
    client.append("A1", [["x"], ["y"]])
    assert client.values("Sheet1") == [["a"], ["b"], ["x"], ["y"]]
    client.put("A5", [[""], ["c"]])
    client.append("A1", [["z"], ["w"]], insertDataOption="INSERT_ROWS")
    assert client.values("Sheet1") == [["a"], ["b"], ["x"], ["y"], ["z"], ["w"], [], ["c"]]


def test_append_grows_the_grid(client: Client) -> None:
    client.put("A999", [["a"], ["b"]])
    client.append("Sheet1", [["c"], ["d"]])
    assert client.get()["sheets"][0]["properties"]["gridProperties"]["rowCount"] == 1002


def test_an_unknown_query_parameter_is_refused_by_name(client: Client) -> None:
    response = client.call(
        "spreadsheets.values.get", f"/v4/spreadsheets/{client.id}/values/A1", lawful=False, nonsense="1"
    )
    assert "Cannot bind query parameter. Field 'nonsense'" in response.json()["error"]["message"]


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ("X", "Invalid value at 'data.values' (type.googleapis.com/google.protobuf.ListValue), \"X\""),
        (["X"], "Invalid value at 'data.values[0]' (type.googleapis.com/google.protobuf.ListValue), \"X\""),
        ([[["X"]]], "Invalid values[0][0]: list_value {...}"),
    ],
)
def test_values_that_are_no_rows_are_refused(client: Client, values: Any, text: str) -> None:
    path = f"/v4/spreadsheets/{client.id}/values/A1"
    response = client.call("spreadsheets.values.update", path, {"values": values}, lawful=False, valueInputOption="RAW")
    assert response.json()["error"]["message"] == text


def test_no_ranges_give_no_list(client: Client) -> None:
    path = f"/v4/spreadsheets/{client.id}/values"
    assert client.call("spreadsheets.values.batchGet", f"{path}:batchGet").json() == {"spreadsheetId": client.id}
    cleared = client.call("spreadsheets.values.batchClear", f"{path}:batchClear", {"ranges": []})
    assert cleared.json() == {"spreadsheetId": client.id}
