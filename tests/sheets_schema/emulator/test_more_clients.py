"""pygsheets, gspread-formatting and gspread-dataframe do what their users do most, unmodified but for the endpoint."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import gspread
import gspread_dataframe
import gspread_formatting as looks
import httplib2
import pandas as pd
import pygsheets
import pytest
import requests
from google.auth.credentials import AnonymousCredentials

from sheets_schema.emulator import Emulator, EmulatorAdapter, Server, serve

_ORIGINS = ("https://sheets.googleapis.com", "https://www.googleapis.com")
# google-auth ships no type for it, and gspread's own type asks for credentials that a session of one's own does not need.
_anonymous: Any = AnonymousCredentials
_client: Any = gspread.Client


class _Elsewhere(httplib2.Http):  # type: ignore[misc] # httplib2 has no types
    """httplib2 with another origin; everything else is as it comes."""

    def __init__(self, origin: str) -> None:
        super().__init__(timeout=10)
        self._origin = origin

    def request(self, uri: str, *args: Any, **kwargs: Any) -> Any:
        for origin in _ORIGINS:
            uri = uri.replace(origin, self._origin)
        return super().request(uri, *args, **kwargs)


@pytest.fixture
def server() -> Iterator[Server[Emulator]]:
    with Emulator(owner="boss@example.com") as emulator, serve(emulator) as running:
        yield running


@pytest.fixture
def pyg(server: Server[Emulator]) -> Iterator[Any]:
    """A client of pygsheets."""
    http = _Elsewhere(server.url)
    yield pygsheets.authorize(custom_credentials=_anonymous(), http=http, check=False)
    http.close()


def test_pygsheets_makes_finds_shares_and_deletes(pyg: Any) -> None:
    book = pyg.create("First")
    assert pyg.open("First").id == book.id
    assert pyg.open_by_key(book.id).title == "First"
    assert pyg.spreadsheet_titles() == ["First"]
    book.share("ada@example.com", role="writer")
    assert [item["emailAddress"] for item in book.permissions] == ["boss@example.com", "ada@example.com"]
    book.remove_permission("ada@example.com")
    folder = pyg.drive.create_folder("Folder")
    inside = pyg.create("Inside")
    pyg.drive.move_file(inside.id, "root", folder)
    assert [item["name"] for item in pyg.drive.spreadsheet_metadata(f"'{folder}' in parents")] == ["Inside"]
    assert pyg.drive.get_folder_id("Folder") == folder
    inside.delete()
    assert pyg.spreadsheet_titles() == ["First"]


def test_pygsheets_reads_and_writes_cells(pyg: Any) -> None:
    sheet = pyg.create("T").sheet1
    sheet.update_value("A1", "name")
    sheet.update_values("A2", [["a", 1], ["b", 2]])
    assert sheet.get_values("A1", "B3") == [["name", ""], ["a", "1"], ["b", "2"]]
    assert sheet.cell("B2").value == "1"
    assert sheet.get_col(1, include_tailing_empty=False) == ["name", "a", "b"]
    sheet.append_table([["c", 3]], start="A1")
    assert sheet.get_row(4, include_tailing_empty=False) == ["c", "3"]
    sheet.insert_rows(1, values=[["new", 0]])
    sheet.delete_rows(5)
    assert sheet.get_all_values(include_tailing_empty=False, include_tailing_empty_rows=False) == [
        ["name"], ["new", "0"], ["a", "1"], ["b", "2"],
    ]  # fmt: skip
    assert [cell.label for cell in sheet.find("a$", searchByRegex=True)] == ["A3"]
    sheet.replace("new", "old")
    assert sheet.get_value("A2") == "old"
    sheet.sort_range("A2", "B4", basecolumnindex=0, sortorder="DESCENDING")
    assert sheet.get_col(1, include_tailing_empty=False) == ["name", "old", "b", "a"]
    sheet.clear("A2", "B4")
    assert sheet.get_all_values(include_tailing_empty=False, include_tailing_empty_rows=False) == [["name"]]


def test_pygsheets_formats_names_protects_and_filters(pyg: Any) -> None:
    book = pyg.create("T")
    sheet = book.add_worksheet("Other", rows=20, cols=5)
    cell = sheet.cell("A1")
    cell.set_text_format("bold", True).set_number_format(pygsheets.FormatType.CURRENCY, "$#,##0.00").value = 12.5
    cell.color = (1.0, 0.5, 0.0, 1.0)
    cell.note = "n"
    again = pyg.open_by_key(book.id).worksheet_by_title("Other").cell("A1")
    again.fetch()
    assert (again.value, again.note, again.text_format["bold"]) == ("$12.50", "n", True)
    named = sheet.create_named_range("first", "A1", "B2", returnas="json")
    assert [item.name for item in pyg.open_by_key(book.id).named_ranges] == ["first"]
    assert sheet.get_named_range("first").name == named["name"]
    sheet.delete_named_range("first")
    protected = sheet.create_protected_range("A1", "B2")
    sheet.remove_protected_range(protected.protect_id)
    sheet.set_data_validation("A2", "A5", condition_type="ONE_OF_LIST", condition_values=["a", "b"])
    sheet.set_basic_filter("A1", "B5")
    sheet.clear_basic_filter()
    sheet.merge_cells("C2", "D3")
    sheet.adjust_column_width(1, 2, 150)
    sheet.frozen_rows = 1
    sheet.title = "Renamed"
    sheet.resize(30, 6)
    assert (sheet.rows, sheet.cols, sheet.frozen_rows) == (30, 6, 1)
    chart = sheet.add_chart(("A1", "A5"), [("B1", "B5")], "Chart", anchor_cell="D4")
    assert [item.title for item in sheet.get_charts()] == ["Chart"]
    chart.title = "New"
    chart.delete()
    assert sheet.get_charts() == []
    sheet.create_developer_metadata("key", "value")
    assert [item.key for item in sheet.get_developer_metadata("key")] == ["key"]
    sheet.copy_to(pyg.create("Elsewhere").id)
    book.del_worksheet(sheet)


def test_pygsheets_carries_data_frames(pyg: Any) -> None:
    sheet = pyg.create("T").sheet1
    frame = pd.DataFrame({"name": ["a", "b"], "seats": [1, 2]})
    sheet.set_dataframe(frame, "A1")
    assert sheet.get_as_df().equals(frame)
    assert sheet.get_all_records() == [{"name": "a", "seats": 1}, {"name": "b", "seats": 2}]


@pytest.fixture
def sheet(server: Server[Emulator]) -> Iterator[gspread.Worksheet]:
    """A worksheet of gspread."""
    with requests.Session() as session:
        for origin in _ORIGINS:
            session.mount(f"{origin}/", EmulatorAdapter(server.handler))
        yield _client(auth=None, session=session).create("T").sheet1


def test_gspread_formatting_sets_and_reads_looks(sheet: gspread.Worksheet) -> None:
    sheet.update([["name", "seats"], ["a", 1], ["b", 20]], "A1")
    bold = looks.cellFormat(
        backgroundColor=looks.color(1, 0.9, 0.9),
        textFormat=looks.textFormat(bold=True, foregroundColor=looks.color(1, 0, 1)),
        horizontalAlignment="CENTER",
    )
    looks.format_cell_range(sheet, "A1:B1", bold)
    looks.format_cell_ranges(
        sheet, [("A2:A3", looks.cellFormat(numberFormat=looks.numberFormat("DATE", "yyyy-mm-dd")))]
    )
    found = looks.get_user_entered_format(sheet, "A1")
    assert found.textFormat.bold is True
    assert found.horizontalAlignment == "CENTER"
    assert looks.get_effective_format(sheet, "A1").textFormat.foregroundColor == looks.color(1, 0, 1)
    assert looks.get_user_entered_format(sheet, "C1") is None
    assert looks.get_default_format(sheet.spreadsheet).wrapStrategy == "OVERFLOW_CELL"
    looks.set_frozen(sheet, rows=1, cols=1)
    assert (looks.get_frozen_row_count(sheet), looks.get_frozen_column_count(sheet)) == (1, 1)
    looks.set_row_height(sheet, "1:2", 42)
    looks.set_column_widths(sheet, [("A", 200), ("B:C", 50)])
    looks.set_right_to_left(sheet, True)
    assert looks.get_right_to_left(sheet) is True
    looks.set_text_format_runs(sheet, "A2", [looks.TextFormatRun(startIndex=0, format=looks.textFormat(italic=True))])
    (run,) = looks.get_text_format_runs(sheet, "A2")
    assert run.format.italic is True


def test_gspread_formatting_validates_and_sets_rules(sheet: gspread.Worksheet) -> None:
    rule = looks.DataValidationRule(looks.BooleanCondition("ONE_OF_LIST", ["1", "2"]), showCustomUi=True)
    looks.set_data_validation_for_cell_range(sheet, "A2:A5", rule)
    assert looks.get_data_validation_rule(sheet, "A2") == rule
    looks.set_data_validation_for_cell_range(sheet, "A2", None)
    assert looks.get_data_validation_rule(sheet, "A2") is None
    rules = looks.get_conditional_format_rules(sheet)
    condition = looks.BooleanRule(
        condition=looks.BooleanCondition("NUMBER_GREATER", ["10"]),
        format=looks.cellFormat(textFormat=looks.textFormat(bold=True), backgroundColor=looks.Color(1, 0, 0)),
    )
    rules.append(
        looks.ConditionalFormatRule(ranges=[looks.GridRange.from_a1_range("A1:A9", sheet)], booleanRule=condition)
    )
    rules.save()
    assert len(looks.get_conditional_format_rules(sheet)) == 1
    sheet.update([[11]], "A1")
    assert looks.get_effective_format(sheet, "A1").textFormat.bold is True
    rules.clear()
    rules.save()
    assert list(looks.get_conditional_format_rules(sheet)) == []
    with looks.batch_updater(sheet.spreadsheet) as batch:
        batch.format_cell_range(sheet, "A1", looks.cellFormat(padding=looks.padding(top=9)))
        batch.set_frozen(sheet, rows=2)
    assert looks.get_frozen_row_count(sheet) == 2


def test_gspread_dataframe_carries_frames_there_and_back(sheet: gspread.Worksheet) -> None:
    frame = pd.DataFrame(
        {
            "name": ["a", "b", "0012"],
            "seats": [1, 2, 3],
            "price": [1.5, None, -3.25],
            "day": pd.to_datetime(["2019-03-01", "2020-01-02", "2021-12-31"]),
            "open": [True, False, True],
        }
    )
    gspread_dataframe.set_with_dataframe(sheet, frame, resize=True)
    assert (sheet.row_count, sheet.col_count) == (4, 5)
    assert sheet.acell("D2").value == "2019-03-01 0:00:00"
    found = gspread_dataframe.get_as_dataframe(sheet, evaluate_formulas=True, parse_dates=["day"])
    assert list(found.columns) == list(frame.columns)
    assert found["seats"].tolist() == [1, 2, 3]
    assert found["open"].tolist() == [True, False, True]
    assert found["day"].dt.date.tolist()[0] == dt.date(2019, 3, 1)
    assert found["price"].isna().tolist() == [False, True, False]
    with_index = frame.set_index("name")[["seats"]]
    gspread_dataframe.set_with_dataframe(
        sheet, with_index, row=6, col=1, include_index=True, resize=False, allow_formulas=False
    )
    assert sheet.get("A6:B7") == [["name", "seats"], ["a", "1"]]
