"""Filters and bandings: kept, given back, and moved with the grid."""

from __future__ import annotations

from tests.sheets_schema.emulator.client import Client, Json, grid


def _rows(kind: str, start: int, end: int) -> Json:
    return {kind: {"range": {"dimension": "ROWS", "startIndex": start, "endIndex": end}}}


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


def test_a_filter_view_that_is_changed_keeps_its_place_among_the_others(client: Client) -> None:
    for key in (1, 2):
        client.batch({"addFilterView": {"filter": {"filterViewId": key, "title": str(key), "range": grid(0, 0, 5, 2)}}})
    client.batch({"updateFilterView": {"filter": {"filterViewId": 1, "title": "new"}, "fields": "title"}})
    assert [view["title"] for view in client.get()["sheets"][0]["filterViews"]] == ["new", "2"]
    client.batch({"addSheet": {"properties": {"sheetId": 7}}})
    moved = {"filterViewId": 1, "range": grid(0, 0, 2, 2, sheet=7)}
    client.batch({"updateFilterView": {"filter": moved, "fields": "range"}})
    assert [len(sheet.get("filterViews", [])) for sheet in client.get()["sheets"]] == [1, 1]
