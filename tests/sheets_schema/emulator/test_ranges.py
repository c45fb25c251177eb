"""Range texts name what they name at Google: documented in "A1 notation", recorded by gspread, reported by clients."""

from __future__ import annotations

import pytest

from sheets_schema.emulator.model.rows import RowList
from tests.sheets_schema.emulator.client import Client, grid

_TABS = ["Data", "B2", "It's", "Mixed Case", "a!b", "Total", "R1C1", "A"]


@pytest.fixture
def tabs(client: Client) -> Client:
    """`Sheet1` and tabs whose titles look like something else; `Total` is a named range, too, and so is `Here`."""
    client.batch(
        *({"addSheet": {"properties": {"title": title, "sheetId": at}}} for at, title in enumerate(_TABS, 1)),
        {"addNamedRange": {"namedRange": {"name": "Total", "range": grid(2, 1, 4, 2, sheet=1)}}},
        {"addNamedRange": {"namedRange": {"name": "Here", "range": grid(0, 0, 2, 2, sheet=4)}}},
    )
    return client


def _echo(client: Client, text: str) -> str:
    read = client.call("spreadsheets.values.batchGet", f"/v4/spreadsheets/{client.id}/values:batchGet", ranges=text)
    assert read.status_code == 200, read.text
    echo: str = read.json()["valueRanges"][0]["range"]
    return echo


@pytest.mark.parametrize(
    ("text", "echo"),
    [
        pytest.param("B2", "Sheet1!B2", id="reported: a cell before a title"),
        pytest.param("b2:C3", "Sheet1!B2:C3", id="documented: cells of the first tab"),
        pytest.param("'B2'", "'B2'!A1:Z1000", id="documented: quotes mean a tab"),
        pytest.param("'B2'!B2", "'B2'!B2", id="documented: a tab that looks like a cell, and a cell"),
        pytest.param("B2!B2", "'B2'!B2", id="reported: without quotes, too"),
        pytest.param("R1C1", "Sheet1!A1", id="documented: R1C1 notation, before a title"),
        pytest.param("R2C3:R4C5", "Sheet1!C2:E4", id="documented: a range in R1C1 notation"),
        pytest.param("Data!r2c3", "Data!C2", id="R1C1 notation in small letters"),
        pytest.param("'R1C1'!R1C1:R1C1", "'R1C1'!A1", id="a tab called R1C1"),
        pytest.param("R1:R2", "Sheet1!R1:R2", id="column R is no row"),
        pytest.param("Total", "Data!B3:B4", id="documented: a named range before a title"),
        pytest.param("total", "Data!B3:B4", id="a named range in any case"),
        pytest.param("'Total'", "Total!A1:Z1000", id="quotes mean a tab, not a named range"),
        pytest.param("Total!A1", "Total!A1", id="before an exclamation mark stands a tab"),
        pytest.param("Data!Total", "Data!B3:B4", id="reported: a named range behind its tab"),
        pytest.param("'Mixed Case'!here", "'Mixed Case'!A1:B2", id="reported: and in quotes"),
        pytest.param("It's!A1", "'It''s'!A1", id="an apostrophe without quotes"),
        pytest.param("'It''s'!A1", "'It''s'!A1", id="documented: doubled in quotes"),
        pytest.param("'It's'!A1", "'It''s'!A1", id="reported: written once in quotes (pygsheets)"),
        pytest.param("'It''s'", "'It''s'!A1:Z1000", id="doubled, the whole tab"),
        pytest.param("mixed case!a1", "'Mixed Case'!A1", id="titles in any case"),
        pytest.param("'MIXED CASE'", "'Mixed Case'!A1:Z1000", id="titles in any case, in quotes"),
        pytest.param("a!b", "'a!b'!A1:Z1000", id="a title with an exclamation mark"),
        pytest.param("a!b!C3", "'a!b'!C3", id="and a cell of it"),
        pytest.param("A", "A!A1:Z1000", id="a letter alone is no range"),
        pytest.param("A:A", "Sheet1!A1:A1000", id="a column of the first tab"),
        pytest.param("Data", "Data!A1:Z1000", id="documented: all cells of a tab"),
    ],
)  # fmt: skip
def test_a_text_names_what_google_says(tabs: Client, text: str, echo: str) -> None:
    assert _echo(tabs, text) == echo


@pytest.mark.parametrize(
    "text",
    ["", "!", "Nowhere!A1", "'Nowhere'", "Data!", "Data!Nothing", "Data!Here", "'Data", "Data!A1:", "Data!R[1]C[1]", "R0C1", "A0", "Data!A1!B2"],
)  # fmt: skip
def test_what_names_nothing_is_refused_with_the_text(tabs: Client, text: str) -> None:
    read = tabs.call("spreadsheets.values.batchGet", f"/v4/spreadsheets/{tabs.id}/values:batchGet", ranges=text)
    assert read.status_code == 400
    assert read.json()["error"]["message"] == f"Unable to parse range: {text}"


def test_a_tab_called_like_a_cell_swallows_no_write(tabs: Client) -> None:
    tabs.put("B2", [["x"]])
    assert tabs.values("Sheet1!B2") == [["x"]]
    assert tabs.values("'B2'") == []


def test_without_a_tab_the_first_visible_one_is_meant(tabs: Client) -> None:
    """Documented: "the first visible sheet"."""
    hide = {"properties": {"sheetId": 0, "hidden": True}, "fields": "hidden"}
    tabs.batch({"updateSheetProperties": hide})
    answer = tabs.put("A1", [["x"]])
    assert answer["updatedRange"] == "Data!A1"
    assert tabs.values("Sheet1!A1") == []
    assert tabs.append("A1", [["y"]])["updates"]["updatedRange"] == "Data!A2"
    chart = {"spec": {"pieChart": {}}, "position": {"newSheet": True}}
    tabs.batch({"addChart": {"chart": chart}})
    first = {"properties": {"sheetId": tabs.get()["sheets"][-1]["properties"]["sheetId"], "index": 0}}
    tabs.batch({"updateSheetProperties": {**first, "fields": "index"}})
    assert _echo(tabs, "C3") == "Data!C3"


def test_a_cell_beyond_the_first_tab_is_refused_whatever_tabs_are_called(client: Client) -> None:
    """Reported: a tab called like a far cell needs quotes."""
    client.batch({"addSheet": {"properties": {"title": "ABC123"}}})
    read = client.call("spreadsheets.values.get", f"/v4/spreadsheets/{client.id}/values/ABC123")
    text = "Range (Sheet1!ABC123) exceeds grid limits. Max rows: 1000, max columns: 26"
    assert read.json()["error"]["message"] == text


def test_the_same_holds_wherever_a_range_is_read(tabs: Client) -> None:
    tabs.put("Data!B3:B4", [[1], [2]])
    assert tabs.values("total") == [[1], [2]]
    shown = tabs.get(ranges="Total", fields="sheets(properties.title,data(startRow,startColumn))")["sheets"]
    assert shown == [{"properties": {"title": "Data"}, "data": [{"startRow": 2, "startColumn": 1}]}]
    path = f"/v4/spreadsheets/{tabs.id}"
    body = {"dataFilters": [{"a1Range": "R3C2"}]}
    found = tabs.call("spreadsheets.getByDataFilter", f"{path}:getByDataFilter", body).json()
    assert found["sheets"][0]["properties"]["title"] == "Sheet1"
    batch = tabs.batch(
        {"addSheet": {}}, includeSpreadsheetInResponse=True, responseRanges=["Total"], responseIncludeGridData=True
    )
    assert [sheet["properties"]["title"] for sheet in batch["updatedSpreadsheet"]["sheets"]] == ["Data"]
    cleared = tabs.call("spreadsheets.values.clear", f"{path}/values/Total:clear", {}).json()
    assert cleared["clearedRange"] == "Data!B3:B4"


def test_an_append_inserts_rows_on_an_empty_tab_too(client: Client) -> None:
    """Documented: "Rows are inserted for the new data", whether there is a table or not."""
    client.append("A1", [["x"], ["y"]], insertDataOption="INSERT_ROWS")
    assert client.get()["sheets"][0]["properties"]["gridProperties"]["rowCount"] == 1002
    assert client.values("A1:A2") == [["x"], ["y"]]


@pytest.mark.parametrize("insert", ["OVERWRITE", "INSERT_ROWS"])
def test_an_append_that_is_wider_than_the_grid_widens_it(client: Client, insert: str) -> None:
    """Reported: rows of 30 cells come whole into a tab of 26 columns."""
    line = list(range(30))
    client.append("A1", [line], insertDataOption=insert)
    client.append("A1", [line], insertDataOption=insert)
    assert client.get()["sheets"][0]["properties"]["gridProperties"]["columnCount"] == 30
    assert client.values("A1:AD2") == [line, line]


def test_an_append_does_not_walk_through_the_table(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    height = 6400
    client.batch({"appendDimension": {"dimension": "ROWS", "length": height}})
    client.put("A1", [["a", "b", "c"]] * height)
    client.append("A1", [["d"]])
    looked_at: list[int] = []
    filled = RowList.filled

    def watched(rows: RowList, index: int) -> int:
        looked_at.append(index)
        return filled(rows, index)

    monkeypatch.setattr(RowList, "filled", watched)
    assert client.append("A1", [["e"]])["tableRange"] == f"Sheet1!A1:C{height + 1}"
    assert len(looked_at) < 200


@pytest.mark.parametrize(
    ("rows", "text", "table"),
    [
        ([["a", "b"], ["", "c", "d"], ["", "", "", "e"]], "A1", "Sheet1!A1:D3"),
        ([["a"], [""], ["b"]], "A1", "Sheet1!A1"),
        ([["a"], [""], ["b"]], "A1:A3", "Sheet1!A3"),
        ([["a", "", "b"]], "A1:C1", "Sheet1!C1"),
        ([["a"] * 3] * 150, "B70", "Sheet1!A1:C150"),
        ([["", "", "x"], ["", "x"], ["x"], ["", "x"]], "B2", "Sheet1!A1:C4"),
        ([["a"]] * 64 + [[""]] + [["b"]] * 64, "A1", "Sheet1!A1:A64"),
        ([["a"]] * 64 + [["", "b"]] * 64, "A1", "Sheet1!A1:B128"),
    ],
)
def test_the_table_of_an_append_is_a_block_that_touches(
    client: Client, rows: list[list[str]], text: str, table: str
) -> None:
    client.put("A1", rows)
    assert client.append(text, [["z"]])["tableRange"] == table
