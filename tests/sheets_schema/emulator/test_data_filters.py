"""Data filters: cells and metadata by range, by grid range, and by where metadata is (documented with examples)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sheets_schema.emulator.client import Client, Json, grid


def _mark(key: str, location: Json, value: str = "") -> Json:
    item = {"metadataKey": key, "location": location, "visibility": "DOCUMENT", "metadataValue": value}
    return {"createDeveloperMetadata": {"developerMetadata": item}}


def _row(at: int) -> Json:
    return {"dimensionRange": {"dimension": "ROWS", "startIndex": at, "endIndex": at + 1}}


def _column(at: int) -> Json:
    return {"dimensionRange": {"dimension": "COLUMNS", "startIndex": at, "endIndex": at + 1}}


@pytest.fixture
def marked(client: Client) -> Client:
    """Three by three cells; marks on row 3, column B, the sheet, the spreadsheet, and on another sheet."""
    client.put("A1", [["a1", "b1", "c1"], ["a2", "b2", "c2"], ["a3", "b3", "c3"]])
    client.batch(
        {"addSheet": {"properties": {"sheetId": 5, "title": "Other"}}},
        _mark("row", _row(2)),
        _mark("column", _column(1)),
        _mark("sheet", {"sheetId": 0}),
        _mark("book", {"spreadsheet": True}),
        _mark("other", {"sheetId": 5}, "v"),
    )
    return client


def _by(**lookup: Any) -> Json:
    return {"developerMetadataLookup": lookup}


def _call(client: Client, method: str, **body: Any) -> Json:
    name = f"spreadsheets.values.{method}"
    answer = client.call(name, f"/v4/spreadsheets/{client.id}/values:{method}", body)
    assert answer.status_code == 200, answer.text
    read: Json = answer.json()
    return read


@pytest.mark.parametrize(
    ("data_filter", "keys"),
    [
        pytest.param(_by(metadataKey="row"), ["row"], id="documented: by key"),
        pytest.param(_by(locationType="SHEET"), ["sheet", "other"], id="documented: by the type of the location"),
        pytest.param(_by(metadataLocation=_row(2)), ["row", "column", "sheet"], id="documented: what meets row three, the default"),
        pytest.param(_by(metadataLocation=_row(2), locationMatchingStrategy="EXACT_LOCATION"), ["row"], id="documented: row three exactly"),
        pytest.param(_by(metadataLocation=_row(1), locationMatchingStrategy="INTERSECTING_LOCATION"), ["column", "sheet"], id="documented: column B meets row two"),
        pytest.param(_by(metadataLocation={"sheetId": 0}, locationMatchingStrategy="EXACT_LOCATION"), ["sheet"], id="a sheet exactly"),
        pytest.param(_by(metadataLocation={"sheetId": 0}), ["row", "column", "sheet"], id="all on a sheet"),
        pytest.param(_by(metadataLocation={"spreadsheet": True}), ["book"], id="documented: the spreadsheet meets nothing else"),
        pytest.param({"a1Range": "B1:B2"}, ["column", "sheet"], id="a range in A1 notation"),
        pytest.param({"a1Range": "Other"}, ["other"], id="a sheet in A1 notation"),
        pytest.param({"gridRange": grid(2, 0, 3, 1)}, ["row", "sheet"], id="a grid range"),
        pytest.param(_by(metadataKey="row", metadataLocation=_row(1)), [], id="all that is said must hold"),
    ],
)  # fmt: skip
def test_metadata_is_found_by_filter(marked: Client, data_filter: Json, keys: list[str]) -> None:
    path = f"/v4/spreadsheets/{marked.id}/developerMetadata:search"
    found = marked.call("spreadsheets.developerMetadata.search", path, {"dataFilters": [data_filter]}).json()
    assert [item["developerMetadata"]["metadataKey"] for item in found.get("matchedDeveloperMetadata", [])] == keys


@pytest.mark.parametrize(
    ("data_filter", "ranges"),
    [
        (_by(metadataKey="row"), {"Sheet1!A3:Z3": [["a3", "b3", "c3"]]}),
        (_by(metadataKey="column"), {"Sheet1!B1:B1000": [["b1"], ["b2"], ["b3"]]}),
        ({"gridRange": grid(1, 1, 3, 2)}, {"Sheet1!B2:B3": [["b2"], ["b3"]]}),
        ({"a1Range": "A1"}, {"Sheet1!A1": [["a1"]]}),
        (_by(metadataKey="other"), {"Other!A1:Z1000": None}),
        (_by(metadataKey="nobody"), {}),
    ],
)
def test_values_are_read_by_filter(marked: Client, data_filter: Json, ranges: Json) -> None:
    found = _call(marked, "batchGetByDataFilter", dataFilters=[data_filter]).get("valueRanges", [])
    assert {item["valueRange"]["range"]: item["valueRange"].get("values") for item in found} == ranges
    assert all(item["dataFilters"] == [data_filter] for item in found)


def test_a_range_that_two_filters_find_comes_once_with_both(marked: Client) -> None:
    filters = [_by(metadataKey="row"), {"a1Range": "A3:Z3"}]
    (found,) = _call(marked, "batchGetByDataFilter", dataFilters=filters, majorDimension="COLUMNS")["valueRanges"]
    assert found["dataFilters"] == filters
    assert found["valueRange"]["values"] == [["a3"], ["b3"], ["c3"]]


def test_values_are_written_and_cleared_by_filter(marked: Client) -> None:
    data = [{"dataFilter": _by(metadataKey="row"), "values": [["x", None, "=1+1"]], "majorDimension": "ROWS"}]
    written = _call(
        marked, "batchUpdateByDataFilter", data=data, valueInputOption="USER_ENTERED", includeValuesInResponse=True
    )
    assert (written["totalUpdatedCells"], written["totalUpdatedRows"]) == (2, 1)
    (response,) = written["responses"]
    assert response["dataFilter"] == data[0]["dataFilter"]
    assert response["updatedRange"] == "Sheet1!A3:C3"
    assert response["updatedData"]["values"] == [["x", "b3", "2"]]
    cleared = _call(marked, "batchClearByDataFilter", dataFilters=[_by(metadataKey="column"), {"a1Range": "A1"}])
    assert cleared["clearedRanges"] == ["Sheet1!B1:B1000", "Sheet1!A1"]
    assert marked.values("A1:C3") == [["", "", "c1"], ["a2", "", "c2"], ["x", "", 2]]


def test_what_exceeds_the_matched_range_is_refused(marked: Client) -> None:
    """Documented: "If the provided values exceed any of the ranges matched by the data filter then the request fails."."""
    data = [{"dataFilter": {"gridRange": grid(0, 0, 1, 1)}, "values": [["x", "y"]], "majorDimension": "ROWS"}]
    path = f"/v4/spreadsheets/{marked.id}/values:batchUpdateByDataFilter"
    body = {"data": data, "valueInputOption": "RAW"}
    answer = marked.call("spreadsheets.values.batchUpdateByDataFilter", path, body)
    assert "tried writing to column [B]" in answer.json()["error"]["message"]
    assert marked.values("A1") == [["a1"]]


@pytest.mark.parametrize(
    "data_filter",
    [{}, {"a1Range": "A1", "gridRange": {}}, _by(), _by(locationMatchingStrategy="EXACT_LOCATION"), _by(metadataLocation={}), {"a1Range": "Nowhere!A1"}, {"gridRange": {"sheetId": 9}}],
)  # fmt: skip
def test_a_filter_that_says_nothing_or_too_much_is_refused(marked: Client, data_filter: Json) -> None:
    for name, path in (
        ("spreadsheets.getByDataFilter", ":getByDataFilter"),
        ("spreadsheets.values.batchGetByDataFilter", "/values:batchGetByDataFilter"),
        ("spreadsheets.developerMetadata.search", "/developerMetadata:search"),
    ):
        answer = marked.call(name, f"/v4/spreadsheets/{marked.id}{path}", {"dataFilters": [data_filter]})
        assert answer.status_code == 400, name


def test_metadata_is_changed_and_deleted_by_place(marked: Client) -> None:
    change = {
        "dataFilters": [{"a1Range": "B3"}],
        "developerMetadata": {"metadataValue": "new"},
        "fields": "metadataValue",
    }
    reply = marked.batch({"updateDeveloperMetadata": change})["replies"][0]["updateDeveloperMetadata"]
    assert {item["metadataKey"] for item in reply["developerMetadata"]} == {"row", "column", "sheet"}
    marked.batch({"deleteDeveloperMetadata": {"dataFilter": _by(metadataLocation=_column(1))}})
    assert [item["metadataKey"] for item in marked.get()["developerMetadata"]] == ["book"]
