"""Clients that know nothing of the emulator work against the server: gspread and google-api-python-client."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gspread
import gspread.utils
import pytest
import requests
from google.auth.credentials import AnonymousCredentials
from googleapiclient import discovery, errors
from gspread.http_client import HTTPClient

from sheets_schema.emulator import Emulator, EmulatorAdapter, Server, serve

_ORIGINS = ("https://sheets.googleapis.com", "https://www.googleapis.com")


class _Elsewhere(HTTPClient):
    """gspread's own client with another origin; everything else is as it comes."""

    origin = ""

    def request(self, method: str, endpoint: str, *args: Any, **kwargs: Any) -> requests.Response:
        for origin in _ORIGINS:
            endpoint = endpoint.replace(origin, self.origin)
        return super().request(method, endpoint, *args, **kwargs)


@pytest.fixture
def server() -> Iterator[Server[Emulator]]:
    with Emulator() as emulator, serve(emulator) as running:
        yield running


# gspread's own type asks for credentials although a session of one's own needs none.
_client: Any = gspread.Client
# google-auth ships no type for it.
_anonymous: Any = AnonymousCredentials


@pytest.fixture(params=["server", "adapter"])
def client(
    request: pytest.FixtureRequest, server: Server[Emulator], monkeypatch: pytest.MonkeyPatch
) -> Iterator[gspread.Client]:
    """gspread through either door."""
    with requests.Session() as session:
        if request.param == "adapter":
            for origin in _ORIGINS:
                session.mount(f"{origin}/", EmulatorAdapter(server.handler))
            yield _client(auth=None, session=session)
        else:
            monkeypatch.setattr(_Elsewhere, "origin", server.url)
            yield _client(auth=None, session=session, http_client=_Elsewhere)


def test_gspread_creates_opens_lists_copies_and_deletes(client: gspread.Client) -> None:
    made = client.create("First")
    client.create("Second")
    assert client.open("First").id == made.id
    assert client.open_by_key(made.id).title == "First"
    assert [sheet.title for sheet in made.worksheets()] == ["Sheet1"]
    assert {file["name"] for file in client.list_spreadsheet_files()} == {"First", "Second"}
    assert [file["name"] for file in client.list_spreadsheet_files(title="Second")] == ["Second"]
    made.sheet1.update([["x"]], "A1")
    copy = client.copy(made.id, title="Third", copy_comments=False)
    assert copy.sheet1.acell("A1").value == "x"
    made.sheet1.update([["a,b", 1.5], [], ['"q"']], "A1")
    assert made.export(gspread.utils.ExportFormat.CSV) == b'"a,b",1.5\r\n,\r\n"""q""",'
    client.del_spreadsheet(made.id)
    with pytest.raises(gspread.SpreadsheetNotFound):
        client.open_by_key(made.id)
    with pytest.raises(gspread.SpreadsheetNotFound):
        client.open("First")


def test_gspread_reads_and_writes(client: gspread.Client) -> None:
    sheet = client.create("T").sheet1
    sheet.update([["name", "seats"], ["a", 1], ["b", 2]], "A1")
    assert sheet.get_all_records() == [{"name": "a", "seats": 1}, {"name": "b", "seats": 2}]
    sheet.append_row(["c", 3])
    sheet.append_rows([["d", 4], ["e", 5]], value_input_option=gspread.utils.ValueInputOption.user_entered)
    assert sheet.col_values(1) == ["name", "a", "b", "c", "d", "e"]
    sheet.batch_update([{"range": "A2", "values": [["A"]]}, {"range": "B3:B4", "values": [["20"], ["30"]]}])
    assert sheet.get("A1:B4") == [["name", "seats"], ["A", "1"], ["b", "20"], ["c", "30"]]
    assert sheet.batch_get(["A1:A2", "B2"]) == [[["name"], ["A"]], [["1"]]]
    sheet.update_acell("C1", "=1+1")
    assert sheet.acell("C1").value == "2"
    assert sheet.acell("C1", value_render_option=gspread.utils.ValueRenderOption.formula).value == "=1+1"
    cells = sheet.range("A1:B2")
    for cell in cells:
        cell.value = cell.address
    sheet.update_cells(cells)
    assert sheet.get("A1:B2") == [["A1", "B1"], ["A2", "B2"]]
    found = sheet.find("b")
    assert found is not None
    assert found.address == "A3"
    sheet.batch_clear(["A1:B1"])
    # gspread counts appended rows as new ones, even those that went into empty rows; a fresh look sets it right.
    sheet = sheet.spreadsheet.sheet1
    sheet.sort((1, "des"))
    sheet.clear()
    assert sheet.get_all_values() == [[]]


def test_gspread_changes_the_grid(client: gspread.Client) -> None:
    book = client.create("T")
    sheet = book.add_worksheet("New", rows=5, cols=3, index=0)
    assert [item.title for item in book.worksheets()] == ["New", "Sheet1"]
    sheet.update([["a"], ["b"], ["c"]], "A1")
    sheet.insert_row(["new"], index=2)
    sheet.delete_rows(1)
    assert sheet.col_values(1) == ["new", "b", "c"]
    sheet.insert_cols([["x", "y"]], col=1)
    assert sheet.get("A1:B2") == [["x", "new"], ["y", "b"]]
    sheet.delete_columns(1)
    sheet.resize(rows=10, cols=2)
    assert (sheet.row_count, sheet.col_count) == (10, 2)
    sheet.add_rows(5)
    sheet.freeze(rows=1)
    assert sheet.frozen_row_count == 1
    sheet.update_title("Renamed")
    sheet.hide()
    assert book.worksheet("Renamed").isSheetHidden
    sheet.show()
    sheet.merge_cells("A2:B3")
    assert book.fetch_sheet_metadata()["sheets"][0]["merges"]
    sheet.unmerge_cells("A2:B3")
    copy = sheet.duplicate(new_sheet_name="Copy")
    book.reorder_worksheets([copy, sheet, book.worksheet("Sheet1")])
    assert [item.title for item in book.worksheets()] == ["Copy", "Renamed", "Sheet1"]
    book.del_worksheet(copy)
    book.update_title("Other")
    assert book.title == "Other"
    sheet.copy_to(client.create("Elsewhere").id)


def test_gspread_formats_names_protects_validates_and_notes(client: gspread.Client) -> None:
    book = client.create("T")
    sheet = book.sheet1
    sheet.format("A1:B1", {"textFormat": {"bold": True}, "backgroundColor": {"red": 1, "green": 0.5}})
    sheet.format(["A2", "A3"], {"horizontalAlignment": "CENTER"})
    named = sheet.define_named_range("A1:B2", "first")["replies"][0]["addNamedRange"]["namedRange"]
    assert book.list_named_ranges() == [named]
    sheet.delete_named_range(named["namedRangeId"])
    assert book.list_named_ranges() == []
    made = sheet.add_protected_range("A1:B2", editor_users_emails=["ada@example.com"])
    number = made["replies"][0]["addProtectedRange"]["protectedRange"]["protectedRangeId"]
    assert book.list_protected_ranges(sheet.id)[0]["protectedRangeId"] == number
    sheet.delete_protected_range(number)
    sheet.add_validation(
        "A1", gspread.utils.ValidationConditionType.one_of_list, ["a", "b"], strict=True, showCustomUi=True
    )
    sheet.insert_note("A1", "careful")
    assert sheet.get_note("A1") == "careful"
    sheet.update_tab_color("#ff00ff")
    sheet.set_basic_filter("A1:B5")
    sheet.clear_basic_filter()
    sheet.add_dimension_group_rows(0, 3)
    assert sheet.list_dimension_group_rows()
    sheet.columns_auto_resize(0, 2)
    sheet.copy_range("A1:B2", "D4")
    sheet.cut_range("A1:B2", "F6")


def test_gspread_sees_googles_errors(client: gspread.Client, server: Server[Emulator]) -> None:
    book = client.create("T")
    with pytest.raises(gspread.WorksheetNotFound):
        book.worksheet("nowhere")
    with pytest.raises(gspread.exceptions.APIError) as caught:
        book.add_worksheet("Sheet1", 1, 1)
    assert caught.value.code == 400
    assert "already exists" in caught.value.error["message"]
    server.handler.faults.add("refuse_429")
    with pytest.raises(gspread.exceptions.APIError) as limited:
        book.sheet1.get("A1")
    assert limited.value.error["status"] == "RESOURCE_EXHAUSTED"
    server.handler.faults.add("error_502_html", count=2)
    with pytest.raises(gspread.exceptions.APIError) as page:
        book.values_get("A1")
    assert page.value.code == -1


@pytest.fixture
def service(server: Server[Emulator]) -> Iterator[Any]:
    """googleapiclient with its own discovery document."""
    options = {"api_endpoint": server.url}
    with discovery.build(
        "sheets", "v4", credentials=_anonymous(), client_options=options, static_discovery=True
    ) as made:
        yield made


def test_googleapiclient_does_the_same(service: Any) -> None:
    sheets = service.spreadsheets()
    made = sheets.create(body={"properties": {"title": "T"}}).execute()["spreadsheetId"]
    rows = [{"values": [{"userEnteredValue": {"stringValue": "0012"}}, {"userEnteredValue": {"numberValue": 3}}]}]
    write = {"updateCells": {"start": {"sheetId": 0}, "rows": rows, "fields": "userEnteredValue"}}
    answer = sheets.batchUpdate(spreadsheetId=made, body={"requests": [write]}).execute()
    assert answer == {"spreadsheetId": made, "replies": [{}]}
    values = sheets.values()
    values.append(spreadsheetId=made, range="Sheet1!A1", valueInputOption="RAW", body={"values": [["x"]]}).execute()
    values.update(
        spreadsheetId=made, range="Sheet1!A3", valueInputOption="USER_ENTERED", body={"values": [["7"]]}
    ).execute()
    got = values.batchGet(spreadsheetId=made, ranges=["A1:B2", "A3"], valueRenderOption="UNFORMATTED_VALUE").execute()
    assert [item["values"] for item in got["valueRanges"]] == [[["0012", 3], ["x"]], [[7]]]
    data = {"valueInputOption": "RAW", "data": [{"range": "C1", "values": [["y"]]}]}
    values.batchUpdate(spreadsheetId=made, body=data).execute()
    # A query this long is sent as a POST that says it is a GET.
    many = values.batchGet(spreadsheetId=made, ranges=[f"Sheet1!A{row}:B{row}" for row in range(1, 300)]).execute()
    assert [item["values"] for item in many["valueRanges"][:3]] == [[["0012", "3"]], [["x"]], [["7"]]]
    values.clear(spreadsheetId=made, range="A1").execute()
    values.batchClear(spreadsheetId=made, body={"ranges": ["A2"]}).execute()
    assert values.get(spreadsheetId=made, range="Sheet1").execute()["values"] == [["", "3", "y"], [], ["7"]]
    seen = sheets.get(spreadsheetId=made, ranges="A1:C1", fields="sheets.data.rowData.values.formattedValue").execute()
    assert seen["sheets"][0]["data"][0]["rowData"][0]["values"] == [
        {},
        {"formattedValue": "3"},
        {"formattedValue": "y"},
    ]
    other = sheets.create(body={}).execute()["spreadsheetId"]
    copied = sheets.sheets().copyTo(spreadsheetId=made, sheetId=0, body={"destinationSpreadsheetId": other}).execute()
    assert copied["title"] == "Copy of Sheet1"
    with pytest.raises(errors.HttpError) as caught:
        sheets.get(spreadsheetId="nobody").execute()
    assert caught.value.status_code == 404
    assert caught.value.reason == "Requested entity was not found."
