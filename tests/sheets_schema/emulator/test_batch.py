"""A batch: all or nothing, in order, one reply for each request, the spreadsheet in the answer."""

from __future__ import annotations

import threading

import pytest

from sheets_schema.emulator import Emulator
from tests.sheets_schema.emulator.client import Client, Json, grid, text_rows, write


def _everything(client: Client) -> Json:
    return client.get(includeGridData="true")


def test_a_batch_that_fails_at_its_end_changes_nothing_at_all(client: Client) -> None:
    client.put("A1:B2", [["a", "b"], ["c", "d"]])
    client.batch({"addNamedRange": {"namedRange": {"namedRangeId": "n1", "name": "one", "range": grid(0, 0, 1, 1)}}})
    before = _everything(client)
    error = client.refused(
        write(0, 0, ["x", "y"]),
        {"addSheet": {"properties": {"title": "New", "sheetId": 7}}},
        write(0, 0, ["z"], sheet=7),
        {"deleteNamedRange": {"namedRangeId": "n1"}},
        {"insertDimension": {"range": {"sheetId": 0, "dimension": "ROWS", "startIndex": 0, "endIndex": 3}}},
        {"addProtectedRange": {"protectedRange": {"range": {"sheetId": 0}}}},
        {"updateSpreadsheetProperties": {"properties": {"title": "other"}, "fields": "title"}},
        {"repeatCell": {"range": {"sheetId": 0}, "cell": {"note": "n"}, "fields": "note"}},
        {"deleteSheet": {"sheetId": 99}},
    )
    assert error["message"] == "Invalid requests[8].deleteSheet: No sheet with id: 99"
    assert _everything(client) == before


def test_a_request_sees_what_earlier_ones_did(client: Client) -> None:
    answer = client.batch(
        {
            "addSheet": {
                "properties": {"title": "New", "sheetId": 7, "gridProperties": {"rowCount": 1, "columnCount": 1}}
            }
        },
        {"appendDimension": {"sheetId": 7, "dimension": "ROWS", "length": 1}},
        write(1, 0, ["second row"], sheet=7),
        {"addNamedRange": {"namedRange": {"namedRangeId": "a", "name": "fixed", "range": grid(1, 0, 2, 1, 7)}}},
        {"deleteNamedRange": {"namedRangeId": "a"}},
        {"addNamedRange": {"namedRange": {"namedRangeId": "b", "name": "fixed", "range": grid(1, 0, 2, 1, 7)}}},
    )
    assert [list(reply) for reply in answer["replies"]] == [
        ["addSheet"],
        [],
        [],
        ["addNamedRange"],
        [],
        ["addNamedRange"],
    ]
    assert client.values("New!A1:A2") == [[], ["second row"]]
    assert [item["namedRangeId"] for item in client.get()["namedRanges"]] == ["b"]


def test_the_answer_holds_the_spreadsheet_after_the_updates_cut_by_the_mask(client: Client) -> None:
    fields = "spreadsheetId,updatedSpreadsheet(namedRanges.name,sheets(properties.title,data.rowData.values.userEnteredValue))"
    answer = client.batch(
        write(1, 1, ["new"]),
        {"addNamedRange": {"namedRange": {"name": "here", "range": grid(1, 1, 2, 2)}}},
        includeSpreadsheetInResponse=True,
        responseRanges=["Sheet1!B2", "B1:C1"],
        fields=fields,
    )
    assert answer == {
        "spreadsheetId": client.id,
        "updatedSpreadsheet": {
            "namedRanges": [{"name": "here"}],
            "sheets": [
                {
                    "properties": {"title": "Sheet1"},
                    "data": [{"rowData": [{"values": [{"userEnteredValue": {"stringValue": "new"}}]}]}, {}],
                }
            ],
        },
    }


def test_without_a_mask_the_answer_has_grid_data_only_when_asked(client: Client) -> None:
    bare = client.batch(write(0, 0, ["a"]), includeSpreadsheetInResponse=True)
    assert "data" not in bare["updatedSpreadsheet"]["sheets"][0]
    full = client.batch(write(0, 0, ["b"]), includeSpreadsheetInResponse=True, responseIncludeGridData=True)
    assert full["updatedSpreadsheet"]["sheets"][0]["data"][0]["rowData"][0]["values"][0]["formattedValue"] == "b"


def test_a_wrong_url_mask_is_refused_before_anything_is_done(client: Client) -> None:
    path = f"/v4/spreadsheets/{client.id}:batchUpdate"
    response = client.call("spreadsheets.batchUpdate", path, {"requests": [write(0, 0, ["a"])]}, fields="replies,joe")
    assert response.status_code == 400
    assert response.json()["error"]["message"] == "Request contains an invalid argument."
    violation = response.json()["error"]["details"][0]["fieldViolations"][0]
    assert violation["description"] == "Error expanding 'fields' parameter. Cannot find matching fields for path 'joe'."
    assert client.values("A1") == []


def test_a_response_range_that_does_not_exist_undoes_the_batch(client: Client) -> None:
    path = f"/v4/spreadsheets/{client.id}:batchUpdate"
    body = {"requests": [write(0, 0, ["a"])], "includeSpreadsheetInResponse": True, "responseRanges": ["Nowhere!A1"]}
    response = client.call("spreadsheets.batchUpdate", path, body)
    assert response.json()["error"]["message"] == "Unable to parse range: Nowhere!A1"
    assert client.values("A1") == []


def test_an_empty_list_of_requests_is_refused(client: Client) -> None:
    assert client.refused()["status"] == "INVALID_ARGUMENT"


def test_a_request_without_or_with_two_kinds_is_refused(client: Client) -> None:
    assert "requests[1]" in client.refused(write(0, 0, ["a"]), {})["message"]
    both = {**write(0, 0, ["a"]), "deleteSheet": {"sheetId": 0}}
    assert "Exactly one kind" in client.refused(both)["message"]


def test_a_hundred_thousand_requests_are_accepted_and_one_more_is_not(client: Client) -> None:
    one = {"findReplace": {"find": "x", "sheetId": 0}}
    path = f"/v4/spreadsheets/{client.id}:batchUpdate"
    full = client.session.post(f"https://sheets.googleapis.com{path}", json={"requests": [one] * 100_000})
    assert full.status_code == 200
    assert len(full.json()["replies"]) == 100_000
    more = client.session.post(f"https://sheets.googleapis.com{path}", json={"requests": [one] * 100_001})
    assert more.json()["error"]["message"] == "Cannot exceed 100000 requests in a single batch."


def test_an_unknown_spreadsheet_is_not_found(emulator: Emulator) -> None:
    error = Client(emulator, "nobody").refused(write(0, 0, ["a"]), status=404)
    assert (error["message"], error["status"]) == ("Requested entity was not found.", "NOT_FOUND")


def test_one_of_many_simultaneous_batches_behind_one_fence_wins(emulator: Emulator) -> None:
    client = Client(emulator).create()
    cell = grid(0, 0, 1, 1)
    client.batch({"addNamedRange": {"namedRange": {"namedRangeId": "v0", "name": "fence", "range": cell}}})
    winners: list[int] = []
    barrier = threading.Barrier(8)

    def commit(number: int) -> None:
        own = Client(emulator, client.id)
        body = {
            "requests": [
                {"updateNamedRange": {"namedRange": {"namedRangeId": "v0", "range": cell}, "fields": "range"}},
                {"deleteNamedRange": {"namedRangeId": "v0"}},
                {"addNamedRange": {"namedRange": {"namedRangeId": f"v1_{number}", "name": "fence", "range": cell}}},
                write(0, 0, [str(number)]),
            ]
        }
        barrier.wait()
        response = own.call("spreadsheets.batchUpdate", f"/v4/spreadsheets/{client.id}:batchUpdate", body)
        if response.status_code == 200:
            winners.append(number)

    threads = [threading.Thread(target=commit, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(winners) == 1
    assert client.values("A1") == [[str(winners[0])]]


def test_the_workbook_has_room_for_ten_million_cells_and_no_more(client: Client) -> None:
    client.batch(
        {"addSheet": {"properties": {"sheetId": 5, "gridProperties": {"rowCount": 9_974, "columnCount": 1000}}}}
    )
    error = client.refused({"appendDimension": {"sheetId": 5, "dimension": "ROWS", "length": 1}})
    assert error["message"] == (
        "Invalid requests[0].appendDimension: This action would increase the number of cells in the workbook "
        "above the limit of 10000000 cells."
    )


def test_a_sheet_has_at_most_18278_columns(client: Client) -> None:
    error = client.refused({"appendDimension": {"sheetId": 0, "dimension": "COLUMNS", "length": 18_253}})
    assert "above the limit of 18278 columns" in error["message"]


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_rows_that_say_nothing_change_nothing(client: Client, rows: int) -> None:
    client.put("A1", [["a"]])
    client.batch({"updateCells": {"start": {}, "rows": [{}] * rows, "fields": "userEnteredValue"}})
    assert client.values("A1") == [["a"]]
    assert text_rows() == []
