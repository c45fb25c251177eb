"""Developer metadata, filters, bandings, conditional formats: kept, given back, and moved with the grid."""

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


def test_the_basic_filter_has_all_its_bounds_and_moves(client: Client) -> None:
    client.batch({"setBasicFilter": {"filter": {"range": {"sheetId": 0}}}})
    bounds = {"startRowIndex": 0, "endRowIndex": 1000, "startColumnIndex": 0, "endColumnIndex": 26}
    assert client.get()["sheets"][0]["basicFilter"]["range"] == bounds
    specs = [{"dimensionIndex": 2, "sortOrder": "ASCENDING"}]
    client.batch({"setBasicFilter": {"filter": {"range": grid(0, 1, 2, 3), "sortSpecs": specs}}})
    client.batch({"insertDimension": {"range": {"dimension": "COLUMNS", "startIndex": 0, "endIndex": 1}}})
    found = client.get()["sheets"][0]["basicFilter"]
    assert (found["range"]["startColumnIndex"], found["sortSpecs"][0]["dimensionIndex"]) == (2, 3)
    client.batch({"clearBasicFilter": {"sheetId": 0}})
    assert "basicFilter" not in client.get()["sheets"][0]


def test_filter_views_and_bandings_come_change_and_go(client: Client) -> None:
    view = {"filterViewId": 7, "title": "mine", "range": grid(0, 0, 5, 5)}
    band = {"bandedRangeId": 8, "range": grid(0, 0, 5, 5), "rowProperties": {"firstBandColor": {"red": 1}}}
    client.batch({"addFilterView": {"filter": view}}, {"addBanding": {"bandedRange": band}})
    assert "already exists" in client.refused({"addFilterView": {"filter": view}})["message"]
    assert "already exists" in client.refused({"addBanding": {"bandedRange": band}})["message"]
    copy = client.batch({"duplicateFilterView": {"filterId": 7}})["replies"][0]["duplicateFilterView"]["filter"]
    client.batch(
        {"updateFilterView": {"filter": {"filterViewId": 7, "title": "yours"}, "fields": "title"}},
        {"updateBanding": {"bandedRange": {"bandedRangeId": 8, "range": grid(0, 0, 9, 5)}, "fields": "range"}},
        {"deleteFilterView": {"filterId": copy["filterViewId"]}},
    )
    sheet = client.get()["sheets"][0]
    assert [item["title"] for item in sheet["filterViews"]] == ["yours"]
    assert sheet["bandedRanges"][0]["range"]["endRowIndex"] == 9
    assert sheet["bandedRanges"][0]["rowProperties"]["firstBandColorStyle"] == {"rgbColor": {"red": 1}}
    client.batch({"deleteBanding": {"bandedRangeId": 8}}, {"deleteFilterView": {"filterId": 7}})
    assert "filterViews" not in client.get()["sheets"][0]
    assert "No BandedRange with id: 8" in client.refused({"deleteBanding": {"bandedRangeId": 8}})["message"]


def _rule(text: str) -> Json:
    condition = {"type": "TEXT_EQ", "values": [{"userEnteredValue": text}]}
    return {
        "ranges": [grid(0, 0, 3, 3)],
        "booleanRule": {"condition": condition, "format": {"textFormat": {"bold": True}}},
    }


def _rules(client: Client) -> list[str]:
    rules = client.get()["sheets"][0].get("conditionalFormats", [])
    return [rule["booleanRule"]["condition"]["values"][0]["userEnteredValue"] for rule in rules]


def test_conditional_formats_have_an_order(client: Client) -> None:
    client.batch(*({"addConditionalFormatRule": {"rule": _rule(text), "index": 0}} for text in "abc"))
    assert _rules(client) == ["c", "b", "a"]
    client.batch({"updateConditionalFormatRule": {"sheetId": 0, "index": 0, "newIndex": 2}})
    assert _rules(client) == ["b", "a", "c"]
    client.batch({"updateConditionalFormatRule": {"index": 1, "rule": _rule("x")}})
    client.batch({"deleteConditionalFormatRule": {"sheetId": 0, "index": 0}})
    assert _rules(client) == ["x", "c"]
    assert "at index: 9" in client.refused({"deleteConditionalFormatRule": {"sheetId": 0, "index": 9}})["message"]
    client.batch(_rows("deleteDimension", 0, 3))
    assert _rules(client) == []


def test_strict_validation_is_enforced_only_under_its_switch(emulator: Emulator, client: Client) -> None:
    rule = {"condition": {"type": "ONE_OF_LIST", "values": [{"userEnteredValue": "a"}]}, "strict": True}
    client.batch({"setDataValidation": {"range": grid(0, 0, 3, 1), "rule": rule}})
    client.put("A1", [["free"]])
    emulator.set_quirks(strict_validation="enforced")
    rows = [{"values": [{"userEnteredValue": {"stringValue": "bad"}}]}]
    error = client.refused({"updateCells": {"start": {"rowIndex": 1}, "rows": rows, "fields": "userEnteredValue"}})
    assert error["message"].endswith(
        "The data you entered in cell A2 violates the data validation rules set on this cell."
    )
    client.put("A2", [["a"], [""]])
    path = f"/v4/spreadsheets/{client.id}/values/A3"
    assert (
        client.call("spreadsheets.values.update", path, {"values": [["bad"]]}, valueInputOption="RAW").status_code
        == 400
    )


@pytest.mark.parametrize(
    ("condition", "good", "bad"),
    [
        ({"type": "BOOLEAN"}, True, "yes"),
        ({"type": "BOOLEAN", "values": [{"userEnteredValue": "yes"}]}, "yes", "no"),
        ({"type": "ONE_OF_LIST", "values": [{"userEnteredValue": "5"}]}, 5, 6),
    ],
)
def test_strict_lists_and_check_boxes_are_judged(
    emulator: Emulator, client: Client, condition: Json, good: object, bad: object
) -> None:
    emulator.set_quirks(strict_validation="enforced")
    client.batch({"setDataValidation": {"range": grid(0, 0, 1, 1), "rule": {"condition": condition, "strict": True}}})
    client.put("A1", [[good]])
    path = f"/v4/spreadsheets/{client.id}/values/A1"
    assert (
        client.call("spreadsheets.values.update", path, {"values": [[bad]]}, valueInputOption="RAW").status_code == 400
    )
    assert client.values("A1") == [[good]]


def test_a_filter_view_that_is_changed_keeps_its_place_among_the_others(client: Client) -> None:
    for key in (1, 2):
        client.batch({"addFilterView": {"filter": {"filterViewId": key, "title": str(key), "range": grid(0, 0, 5, 2)}}})
    client.batch({"updateFilterView": {"filter": {"filterViewId": 1, "title": "new"}, "fields": "title"}})
    assert [view["title"] for view in client.get()["sheets"][0]["filterViews"]] == ["new", "2"]
    client.batch({"addSheet": {"properties": {"sheetId": 7}}})
    moved = {"filterViewId": 1, "range": grid(0, 0, 2, 2, sheet=7)}
    client.batch({"updateFilterView": {"filter": moved, "fields": "range"}})
    assert [len(sheet.get("filterViews", [])) for sheet in client.get()["sheets"]] == [1, 1]
