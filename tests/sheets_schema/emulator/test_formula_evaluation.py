"""Formulas: a dozen functions, references that follow their cells, error values; everything else is refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from sheets_schema.emulator import ApiError, Emulator
from sheets_schema.emulator.model.formula_evaluation import evaluate
from sheets_schema.testing.sheets_user import SheetsUser
from tests.sheets_schema.emulator.client import Client, Json, grid
from tests.sheets_schema.emulator.conftest import FakeTime


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("=3/2", 1.5),
        ("=4/2", 2),
        ("= 1 + 2 * 3", 7),
        ("=(1+2)*3", 9),
        ("=-2^2", 4),
        ("=2^-1", 0.5),
        ("=2^3^2", 64),
        ("=+5", 5),
        ("=--5", 5),
        ("=50%", 0.5),
        ("=200%%", 0.02),
        ("=1.5E3", 1500),
        ("=.5", 0.5),
        ('="a"&"b"', "ab"),
        ('="say ""hi"""', 'say "hi"'),
        ("=1&2", "12"),
        ("=TRUE&1", "TRUE1"),
        ("=false", False),
        ('=""', ""),
        ('="5"+1', 6),
        ("=TRUE+1", 2),
        ("=1=1", True),
        ('="a"<>"A"', False),
        ("=2>=3", False),
        ('=1<"a"', True),
        ("=SUM(1,2;3)", 6),
        ("=AVERAGE(1,2)", 1.5),
        ('=COUNT(1,"x",TRUE)', 1),
        ('=COUNTA(1,"x","")', 3),
        ("=MIN(3,1,2)", 1),
        ("=max(3,1,2)", 3),
        ('=IF(1>2,"a","b")', "b"),
        ("=IF(FALSE,1)", False),
        ('=IF(TRUE,"ok",1/0)', "ok"),
        ("=ROUND(2.5)", 3),
        ("=ROUND(-1.255,2)", -1.26),
        ("=ROUND(1234,-2)", 1200),
        ('=HYPERLINK("https://example.com","shown")', "shown"),
        ('=HYPERLINK("https://example.com")', "https://example.com"),
        ('=IFERROR(1/0,"none")', "none"),
        ("=IFERROR(1/0)", ""),
        ("=IFERROR(5,1)", 5),
        ('=CONCATENATE("a",1,TRUE)', "a1TRUE"),
        ("=1/0", "#DIV/0!"),
        ('=AVERAGE("")', 0),
        ('="a"+1', "#VALUE!"),
        ("=#REF!+1", "#REF!"),
        ("=NOSUCH(1)", "#NAME?"),
        ("=nosuch", "#NAME?"),
        ("=9^9^9^9", "#NUM!"),
        ("=(-8)^0.5", "#NUM!"),
        ("=0^-1", "#NUM!"),
        ("=ROUND()", "#N/A"),
        ("=IF(1)", "#N/A"),
        ("=SUM(1/0)", "#DIV/0!"),
    ],
)
def test_constants_are_computed_with_the_precedence_of_spreadsheets(formula: str, value: Any) -> None:
    result = evaluate(formula)
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(
    "formula",
    ["=1+", "=(1", "=1)", "=", "= ", '="a', "=1 2", "=*2", "=1,5", "=SUM(1", "={1,2}", "=A1 B2", "=VLOOKUP(1,A1:B2,2)", "=QUERY(A1:B2)", '=IMPORTRANGE("x","y")', "=ARRAYFORMULA(A1:A3)", "=NOW()", "=" + "(" * 500 + "1", "=" + "-" * 500 + "1"],
)  # fmt: skip
def test_anything_else_is_refused_with_the_formula_in_the_text(formula: str) -> None:
    with pytest.raises(ApiError) as caught:
        evaluate(formula)
    assert caught.value.code == 400
    assert formula[:20] in caught.value.message


def _type(client: Client, where: str, *rows: list[Any]) -> None:
    client.put(where, [*rows], "USER_ENTERED")


def _formula(client: Client, where: str) -> Any:
    return client.values(where, "FORMULA")[0][0]


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("=A1", 1),
        ("=$B$2", 20),
        ("=A1+B1*2", 21),
        ("=SUM(A1:B3)", 36),
        ("=SUM(A:A)", 6),
        ("=SUM(A2:B)", 25),
        ("=AVERAGE(B1:B3)", 15),
        ("=COUNT(A1:C3)", 5),
        ("=COUNTA(A1:C3)", 7),
        ("=MAX(A1:C3)-MIN(A1:C3)", 19),
        ("=C1", "text"),
        ('=C3&"x"', "x"),
        ('=IF(C1="TEXT",A1,B1)', 1),
        ("=Other!A1", "over there"),
        ("='It''s'!A1", 7),
        ("=Numbers", "#VALUE!"),
        ("=SUM(Numbers)", 6),
        ("=SUM(A1:A2, B1)", 13),
        ("=C1+1", "#VALUE!"),
        ("=Nowhere!A1", "#REF!"),
        ("=ZZ999", "#REF!"),
        ("=A1:A3", "#VALUE!"),
    ],
)
def test_references_are_read(client: Client, formula: str, value: Any) -> None:
    client.batch(
        {"addSheet": {"properties": {"title": "Other"}}},
        {"addSheet": {"properties": {"title": "It's"}}},
        {"addNamedRange": {"namedRange": {"name": "Numbers", "range": grid(0, 0, 3, 1)}}},
    )
    client.put("Other!A1", [["over there"]])
    client.put("'It''s'!A1", [[7]])
    client.put("A1", [[1, 10, "text"], [2, 20, True], [3]])
    _type(client, "E1", [formula])
    assert client.values("E1") == [[value]]
    assert _formula(client, "E1") == formula


def test_a_formula_follows_what_it_depends_on(client: Client) -> None:
    """Documented: a spreadsheet is computed on change."""
    _type(client, "B1", ["=A1*2", "=B1+1"])
    assert client.values("B1:C1") == [[0, 1]]
    client.put("A1", [[5]])
    assert client.values("B1:C1") == [[10, 11]]
    client.batch({"findReplace": {"find": "x", "replacement": "y", "allSheets": True}})
    client.call("spreadsheets.values.clear", f"/v4/spreadsheets/{client.id}/values/A1:clear", {}).raise_for_status()
    assert client.values("B1:C1") == [[0, 1]]
    start = {
        "start": {},
        "rows": [{"values": [{"userEnteredValue": {"numberValue": 3}}]}],
        "fields": "userEnteredValue",
    }
    answer = client.batch(
        {"updateCells": start},
        includeSpreadsheetInResponse=True,
        responseRanges=["B1:C1"],
        responseIncludeGridData=True,
    )
    cells = answer["updatedSpreadsheet"]["sheets"][0]["data"][0]["rowData"][0]["values"]
    assert [cell["effectiveValue"]["numberValue"] for cell in cells] == [6, 7]
    written = client.put("D1", [["=C1+1"]], "USER_ENTERED", includeValuesInResponse="true")
    assert written["updatedData"]["values"] == [["8"]]


def test_a_circle_is_an_error_and_not_the_end(client: Client) -> None:
    _type(client, "A1", ["=B1", "=A1", "=IFERROR(A1,5)"])
    assert client.values("A1:C1") == [["#REF!", "#REF!", 5]]


def test_an_error_is_an_error_value(client: Client) -> None:
    """Documented: `ExtendedValue.errorValue` in `effectiveValue`."""
    _type(client, "A1", ["=1/0", '=HYPERLINK("https://example.com", "site")', "=A1+1"])
    fields = "sheets.data.rowData.values(userEnteredValue,effectiveValue,formattedValue,hyperlink)"
    first, link, after = client.get(ranges="A1:C1", fields=fields)["sheets"][0]["data"][0]["rowData"][0]["values"]
    assert first["effectiveValue"] == {"errorValue": {"type": "DIVIDE_BY_ZERO"}} == after["effectiveValue"]
    assert first["formattedValue"] == "#DIV/0!"
    assert first["userEnteredValue"] == {"formulaValue": "=1/0"}
    assert (link["hyperlink"], link["formattedValue"]) == ("https://example.com", "site")


def test_today_and_dates_show_as_dates(client: Client, time: FakeTime) -> None:
    time.now = 1_600_000_000.0  # 13 September 2020
    _type(client, "A1", ["2020-09-10", "=TODAY()", "=A1+1", "=TODAY()-A1", "=IF(TRUE,A1,0)"])
    assert client.values("B1:E1", "FORMATTED_VALUE") == [["9/13/2020", "2020-09-11", "3", "2020-09-10"]]
    time.now += 86400
    client.put("H9", [["any change"]])
    assert client.values("B1", "FORMATTED_VALUE") == [["9/14/2020"]]


@pytest.mark.parametrize(
    ("request_", "where", "formula", "value"),
    [
        ({"insertDimension": {"range": {"dimension": "ROWS", "startIndex": 1, "endIndex": 2}}}, "D1", "=SUM(A1:A4)+B$4", 36),
        ({"insertDimension": {"range": {"dimension": "COLUMNS", "startIndex": 0, "endIndex": 2}}}, "F1", "=SUM(C1:C3)+D$3", 36),
        ({"deleteDimension": {"range": {"dimension": "ROWS", "startIndex": 1, "endIndex": 2}}}, "D1", "=SUM(A1:A2)+B$2", 34),
        ({"deleteDimension": {"range": {"dimension": "COLUMNS", "startIndex": 1, "endIndex": 2}}}, "C1", "=SUM(A1:A3)+#REF!", "#REF!"),
        ({"updateSheetProperties": {"properties": {"title": "New"}, "fields": "title"}}, "D1", "=SUM(A1:A3)+B$3", 36),
        ({"copyPaste": {"source": grid(0, 3, 1, 4), "destination": grid(1, 4, 2, 5)}}, "E2", "=SUM(B2:B4)+C$3", 50),
        ({"copyPaste": {"source": grid(0, 3, 1, 4), "destination": grid(0, 4, 1, 5), "pasteType": "PASTE_VALUES"}}, "E1", 36, 36),
        ({"repeatCell": {"range": grid(0, 4, 3, 5), "cell": {"userEnteredValue": {"formulaValue": "=A1*$A$2"}}, "fields": "userEnteredValue"}}, "E3", "=A3*$A$2", 6),
    ],
)  # fmt: skip
def test_references_follow_their_cells(client: Client, request_: Json, where: str, formula: Any, value: Any) -> None:
    """Universal in spreadsheets; documented for copies."""
    client.put("A1", [[1, 10], [2, 20], [3, 30]])
    _type(client, "D1", ["=SUM(A1:A3)+B$3"])
    client.batch(request_)
    assert (_formula(client, where), client.values(where)) == (formula, [[value]])


def test_a_deleted_or_renamed_sheet_is_followed_from_others(client: Client) -> None:
    client.batch({"addSheet": {"properties": {"title": "Other", "sheetId": 5}}})
    client.put("Other!A1", [[4]])
    _type(client, "A1", ["=Other!A1", '="Other!A1"'])
    client.batch({"updateSheetProperties": {"properties": {"sheetId": 5, "title": "A new one"}, "fields": "title"}})
    assert client.values("A1:B1", "FORMULA") == [["='A new one'!A1", '="Other!A1"']]
    assert client.values("A1") == [[4]]
    client.batch({"deleteSheet": {"sheetId": 5}})
    assert (_formula(client, "A1"), client.values("A1")) == ("=#REF!", [["#REF!"]])


def test_a_sort_takes_formulas_along(client: Client) -> None:
    client.put("A1", [[3], [1], [2]])
    _type(client, "B1", ["=A1*10"], ["=A2*10"], ["=A3*10"])
    client.batch({"sortRange": {"range": grid(0, 0, 3, 2), "sortSpecs": [{"dimensionIndex": 0}]}})
    assert client.values("A1:B3") == [[1, 10], [2, 20], [3, 30]]


@pytest.mark.parametrize(
    "request_",
    [
        {"cutPaste": {"source": grid(0, 0, 1, 1), "destination": {"rowIndex": 8}}},
        {"insertRange": {"range": grid(0, 0, 1, 1), "shiftDimension": "ROWS"}},
        {"deleteRange": {"range": grid(1, 0, 2, 1), "shiftDimension": "ROWS"}},
    ],
    ids=lambda request_: next(iter(request_)),
)
def test_a_move_that_formulas_would_have_to_follow_is_refused(client: Client, request_: Json) -> None:
    client.put("A1", [[1], [2]])
    _type(client, "C1", ["=SUM(A1:A2)"])
    assert "that a formula refers to" in client.refused(request_)["message"]
    assert client.values("A1:C2") == [[1, "", 3], [2]]


def test_formulas_survive_a_restart_and_go_on(tmp_path: Any) -> None:
    path = tmp_path / "data.db"
    with Emulator(path) as emulator:
        client = Client(emulator).create()
        _type(client, "A1", [1, "=A1+1"])
    with Emulator(path) as emulator:
        again = Client(emulator, client.id)
        again.put("A1", [[5]])
        assert again.values("A1:B1") == [[5, 6]]


def test_a_copied_sheet_computes_on_its_own(client: Client) -> None:
    _type(client, "A1", [1, "=A1+1"])
    client.batch({"duplicateSheet": {"sourceSheetId": 0, "newSheetId": 5, "newSheetName": "Copy"}})
    client.put("Copy!A1", [[10]])
    assert (client.values("Sheet1!B1"), client.values("Copy!B1")) == ([[2]], [[11]])


def test_a_person_sees_what_a_formula_shows(emulator: Emulator, client: Client) -> None:
    ada = SheetsUser(emulator, client.id, email="ada@example.com")
    ada.type("A1", [['=B1&" "&C1', "Ada", "Lovelace"]])
    assert ada.read("A1") == [["Ada Lovelace"]]
