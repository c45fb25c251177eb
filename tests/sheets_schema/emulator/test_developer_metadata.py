"""Developer metadata: found where it was put, and moved with the grid."""

from __future__ import annotations

import pytest

from sheets_schema.emulator import Emulator
from tests.sheets_schema.emulator.client import Client, Json, grid


def _rows(kind: str, start: int, end: int) -> Json:
    return {kind: {"range": {"dimension": "ROWS", "startIndex": start, "endIndex": end}}}


def _metadata(location: Json, **more: object) -> Json:
    return {
        "createDeveloperMetadata": {
            "developerMetadata": {"metadataKey": "k", "visibility": "DOCUMENT", "location": location, **more}
        }
    }


def _row(start: int) -> Json:
    return {"dimensionRange": {"dimension": "ROWS", "startIndex": start, "endIndex": start + 1}}


def _by_key(key: str) -> Json:
    return {"developerMetadataLookup": {"metadataKey": key}}


def test_metadata_is_found_where_it_was_put(client: Client) -> None:
    made = client.batch(
        _metadata({"spreadsheet": True}, metadataId=1),
        _metadata({"sheetId": 0}, metadataId=2),
        _metadata(_row(4), metadataId=3, metadataValue="v"),
    )["replies"]
    assert made[2]["createDeveloperMetadata"]["developerMetadata"] == {
        "metadataId": 3,
        "metadataKey": "k",
        "metadataValue": "v",
        "location": {"locationType": "ROW", **_row(4)},
        "visibility": "DOCUMENT",
    }
    seen = client.get(ranges="A5", includeGridData="true")
    assert [item["metadataId"] for item in seen["developerMetadata"]] == [1]
    assert [item["metadataId"] for item in seen["sheets"][0]["developerMetadata"]] == [2]
    assert [item["metadataId"] for item in seen["sheets"][0]["data"][0]["rowMetadata"][0]["developerMetadata"]] == [3]


def test_metadata_on_a_row_moves_and_goes_with_it(client: Client) -> None:
    client.batch(_metadata(_row(4), metadataId=3), _rows("insertDimension", 0, 2))
    moved = client.batch(
        {
            "updateDeveloperMetadata": {
                "dataFilters": [_by_key("k")],
                "developerMetadata": {"metadataKey": "j"},
                "fields": "metadataKey",
            }
        }
    )
    assert (
        moved["replies"][0]["updateDeveloperMetadata"]["developerMetadata"][0]["location"]["dimensionRange"][
            "startIndex"
        ]
        == 6
    )
    client.batch(_rows("deleteDimension", 6, 7))
    assert client.batch({"deleteDeveloperMetadata": {"dataFilter": _by_key("j")}})["replies"] == [
        {"deleteDeveloperMetadata": {}}
    ]


def test_metadata_is_deleted_by_key_or_id(client: Client) -> None:
    client.batch(
        _metadata({"spreadsheet": True}, metadataId=1),
        _metadata({"spreadsheet": True}, metadataId=2, metadataKey="other"),
    )
    gone = client.batch({"deleteDeveloperMetadata": {"dataFilter": {"developerMetadataLookup": {"metadataId": 1}}}})
    assert [
        item["metadataId"] for item in gone["replies"][0]["deleteDeveloperMetadata"]["deletedDeveloperMetadata"]
    ] == [1]
    assert [item["metadataKey"] for item in client.get()["developerMetadata"]] == ["other"]


def test_metadata_is_read_by_id_and_searched_by_key(client: Client) -> None:
    client.batch(
        _metadata({"spreadsheet": True}, metadataId=1), _metadata({"sheetId": 0}, metadataId=2, metadataKey="j")
    )
    path = f"/v4/spreadsheets/{client.id}/developerMetadata"
    assert client.call("spreadsheets.developerMetadata.get", f"{path}/2").json()["metadataKey"] == "j"
    assert client.call("spreadsheets.developerMetadata.get", f"{path}/3").status_code == 404
    body = {"dataFilters": [_by_key("k")]}
    found = client.call("spreadsheets.developerMetadata.search", f"{path}:search", body).json()
    assert [item["developerMetadata"]["metadataId"] for item in found["matchedDeveloperMetadata"]] == [1]


def test_a_spreadsheet_is_read_by_data_filters(client: Client) -> None:
    client.put("A1", [["a", "b"]])
    path = f"/v4/spreadsheets/{client.id}:getByDataFilter"
    filters = [{"a1Range": "Sheet1!B1"}, {"gridRange": grid(0, 0, 1, 1)}]
    name = "spreadsheets.getByDataFilter"
    found = client.call(name, path, {"dataFilters": filters, "includeGridData": True}).json()
    cells = [data["rowData"][0]["values"][0]["formattedValue"] for data in found["sheets"][0]["data"]]
    assert cells == ["b", "a"]
    assert client.call(name, path, {"dataFilters": [_by_key("k")]}).json().get("sheets", []) == []


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (_metadata({"spreadsheet": True}, metadataId=9), "Developer metadata with id 9 already exists."),
        (_metadata({"spreadsheet": True}, metadataId=-1), "metadataId[-1] must be positive."),
        (_metadata({"spreadsheet": True}, metadataKey=""), "metadataKey must have 1 to 128 characters."),
        (_metadata({}), "location must have exactly one of spreadsheet, sheetId and dimensionRange."),
        (_metadata({"sheetId": 5}), "No sheet with id: 5"),
        (_metadata({"dimensionRange": {"dimension": "ROWS", "startIndex": 0, "endIndex": 2}}), "Developer metadata can only be on a single row or column."),
    ],
)  # fmt: skip
def test_metadata_that_cannot_be_is_refused(client: Client, request_: Json, text: str) -> None:
    client.batch(_metadata({"spreadsheet": True}, metadataId=9))
    assert client.refused(request_)["message"] == f"Invalid requests[0].createDeveloperMetadata: {text}"


def test_switches_of_metadata(emulator: Emulator, client: Client) -> None:
    emulator.set_quirks(duplicate_metadata_id="accept", delete_missing_metadata="error")
    client.batch(
        _metadata({"spreadsheet": True}, metadataId=9),
        _metadata({"spreadsheet": True}, metadataId=9, metadataKey="new"),
    )
    assert [item["metadataKey"] for item in client.get()["developerMetadata"]] == ["new"]
    client.refused({"deleteDeveloperMetadata": {"dataFilter": _by_key("none")}})
