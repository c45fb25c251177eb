"""Sheets, rows and columns: adding, deleting, moving, sizes, groups, merges."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sheets_schema.emulator.client import Client, Json, grid, write


def _titles(client: Client) -> list[str]:
    return [sheet["properties"]["title"] for sheet in client.get(fields="sheets.properties.title")["sheets"]]


def _add(title: str, **more: Any) -> Json:
    return {"addSheet": {"properties": {"title": title, **more}}}


def _rows(kind: str, start: int, end: int, dimension: str = "ROWS", **more: Any) -> Json:
    return {kind: {"range": {"dimension": dimension, "startIndex": start, "endIndex": end}, **more}}


def test_a_new_spreadsheet_has_one_sheet_of_a_thousand_rows(client: Client) -> None:
    assert client.get(fields="sheets.properties") == {
        "sheets": [
            {
                "properties": {
                    "sheetId": 0,
                    "title": "Sheet1",
                    "index": 0,
                    "sheetType": "GRID",
                    "gridProperties": {"rowCount": 1000, "columnCount": 26},
                }
            }
        ]
    }


def test_a_spreadsheet_is_created_with_the_sheets_and_cells_given(client: Client) -> None:
    data = [{"startRow": 1, "rowData": [{"values": [{"userEnteredValue": {"stringValue": "x"}}]}]}]
    sheets = [
        {"properties": {"title": "A", "sheetId": 3, "gridProperties": {"rowCount": 5, "columnCount": 2}}, "data": data},
        {"properties": {"title": "B", "hidden": True}},
    ]
    client.create({"properties": {"title": "T"}, "sheets": sheets})
    assert _titles(client) == ["A", "B"]
    assert client.values("A!A1:A2") == [[], ["x"]]
    assert client.get(fields="properties.title") == {"properties": {"title": "T"}}


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (_add("Sheet1"), 'A sheet with the name "Sheet1" already exists. Please enter another name.'),
        (_add("SHEET1"), 'A sheet with the name "SHEET1" already exists. Please enter another name.'),
        (_add("x", sheetId=0), "Sheet with id 0 already exists"),
        (_add("x", sheetId=-1), "Invalid sheet id: -1. It must be non-negative."),
        (_add("x", gridProperties={"rowCount": -1}), "You can't have a sheet without rows or without columns."),
        (_add("x", index=5), "Invalid sheet index: 5"),
        ({"deleteSheet": {"sheetId": 0}}, "You can't remove all the sheets in a document."),
        ({"deleteSheet": {"sheetId": 8}}, "No sheet with id: 8"),
        ({"duplicateSheet": {"sourceSheetId": 8}}, "No sheet with id: 8"),
        ({"updateSheetProperties": {"properties": {"title": ""}, "fields": "title"}}, "Sheet title cannot be empty."),
        ({"updateSheetProperties": {"properties": {"hidden": True}, "fields": "hidden"}}, "You can't hide all the sheets in a document."),
        ({"updateSheetProperties": {"properties": {"gridProperties": {"frozenRowCount": 1000}}, "fields": "gridProperties"}}, "You can't have a sheet without rows or without columns."),
        ({"updateSheetProperties": {"properties": {"gridProperties": {"frozenRowCount": 1000}}, "fields": "gridProperties.frozenRowCount"}}, "You can't freeze all visible rows on the sheet."),
        ({"updateSheetProperties": {"properties": {}, "fields": "nonsense"}}, "Invalid field: nonsense"),
        (_rows("deleteDimension", 0, 1000), "You can't delete all the rows on the sheet."),
        (_rows("deleteDimension", 5, 5), "range.endIndex[5] must be after range.startIndex[5]."),
        (_rows("deleteDimension", 0, 2000), "range.endIndex[2000] is beyond the last row of the sheet (1000)."),
        (_rows("insertDimension", 0, 1, inheritFromBefore=True), "Cannot inherit from before when inserting at index 0."),
        (_rows("insertDimension", 1001, 1002), "range.startIndex[1001] is beyond the last row of the sheet (1000)."),
        ({"appendDimension": {"dimension": "ROWS", "length": 0}}, "length[0] must be greater than zero."),
        ({"appendDimension": {"length": 1}}, "dimension must be ROWS or COLUMNS."),
        ({"mergeCells": {"range": grid(0, 0, 1001, 1)}}, "Range (Sheet1!A1:A1001) exceeds grid limits. Max rows: 1000, max columns: 26"),
        ({"mergeCells": {"range": grid(3, 0, 2, 1)}}, "GridRange.endRowIndex[2] must be after GridRange.startRowIndex[3]."),
        ({"mergeCells": {"range": grid(-1, 0, 2, 1)}}, "GridRange.startRowIndex[-1] must be at least zero."),
        ({"mergeCells": {}}, "range must be set."),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(client: Client, request_: Json, text: str) -> None:
    before = client.get()
    assert client.refused(request_)["message"] == f"Invalid requests[0].{next(iter(request_))}: {text}"
    assert client.get() == before


@pytest.mark.parametrize(("frozen", "start", "refused"), [(1, 1, True), (3, 3, True), (3, 2, True), (3, 4, False)])
def test_the_last_row_that_is_not_frozen_stays(client: Client, frozen: int, start: int, *, refused: bool) -> None:
    grid_properties = {
        "properties": {"gridProperties": {"frozenRowCount": frozen}},
        "fields": "gridProperties.frozenRowCount",
    }
    client.batch({"updateSheetProperties": grid_properties})
    request = _rows("deleteDimension", start, 1000)
    if refused:
        text = "Invalid requests[0].deleteDimension: Sorry, it is not possible to delete all non-frozen rows."
        assert client.refused(request)["message"] == text
    else:
        client.batch(request)


@pytest.mark.parametrize(
    ("moved", "index", "order"),
    [
        ("S1", 0, ["S1", "S2", "S3"]),
        ("S1", 1, ["S1", "S2", "S3"]),
        ("S1", 2, ["S2", "S1", "S3"]),
        ("S1", 3, ["S2", "S3", "S1"]),
        ("S3", 0, ["S3", "S1", "S2"]),
    ],
)
def test_an_index_counts_as_it_was_before_the_move(client: Client, moved: str, index: int, order: list[str]) -> None:
    sheets = [{"properties": {"title": f"S{number}", "sheetId": number}} for number in (1, 2, 3)]
    client.create({"sheets": sheets})
    client.batch(
        {"updateSheetProperties": {"properties": {"sheetId": int(moved[1]), "index": index}, "fields": "index"}}
    )
    assert _titles(client) == order


def test_untitled_sheets_get_the_next_number(client: Client) -> None:
    client.batch({"addSheet": {}}, {"addSheet": {"properties": {"index": 0}}})
    assert _titles(client) == ["Sheet3", "Sheet1", "Sheet2"]


def test_a_duplicate_has_the_content_and_ids_of_its_own(client: Client) -> None:
    client.put("A1", [["x"]])
    client.batch({"addProtectedRange": {"protectedRange": {"range": grid(0, 0, 1, 1)}}})
    client.batch(
        {"duplicateSheet": {"sourceSheetId": 0, "newSheetId": 9, "newSheetName": "Twin", "insertSheetIndex": 1}}
    )
    client.batch(write(0, 0, ["changed"]))
    assert client.values("Twin!A1") == [["x"]]
    sheets = client.get(fields="sheets(properties.sheetId,protectedRanges(protectedRangeId,range.sheetId))")["sheets"]
    numbers = [sheet["protectedRanges"][0]["protectedRangeId"] for sheet in sheets]
    assert numbers[0] != numbers[1]
    assert sheets[1]["protectedRanges"][0]["range"] == {"sheetId": 9}


def test_rows_and_columns_come_in_and_go_out_with_their_cells(client: Client) -> None:
    client.put("A1:C3", [["a", "b", "c"], ["d", "e", "f"], ["g", "h", "i"]])
    client.batch(_rows("insertDimension", 1, 3), _rows("insertDimension", 1, 2, "COLUMNS"))
    assert client.values("Sheet1") == [["a", "", "b", "c"], [], [], ["d", "", "e", "f"], ["g", "", "h", "i"]]
    client.batch(_rows("deleteDimension", 0, 2), _rows("deleteDimension", 0, 3, "COLUMNS"))
    assert client.values("Sheet1") == [[], ["f"], ["i"]]
    counts = client.get()["sheets"][0]["properties"]["gridProperties"]
    assert counts == {"rowCount": 1000, "columnCount": 24}


@pytest.mark.parametrize(("to", "order"), [(0, "cdabe"), (5, "abecd"), (1, "acdbe")])
@pytest.mark.parametrize("dimension", ["ROWS", "COLUMNS"])
def test_a_moved_dimension_goes_before_the_destination(client: Client, dimension: str, to: int, order: str) -> None:
    line = [["a"], ["b"], ["c"], ["d"], ["e"]] if dimension == "ROWS" else [["a", "b", "c", "d", "e"]]
    client.put("A1", [list(row) for row in line])
    source = {"dimension": dimension, "startIndex": 2, "endIndex": 4}
    client.batch({"moveDimension": {"source": source, "destinationIndex": to}})
    read = client.values("Sheet1", majorDimension="COLUMNS" if dimension == "ROWS" else "ROWS")
    assert "".join(read[0]) == order


def test_shrinking_a_sheet_loses_what_lies_beyond(client: Client) -> None:
    client.put("A1:C3", [["a", "b", "c"], ["d", "e", "f"], ["g", "h", "i"]])

    def size(rows: int, columns: int) -> Json:
        counts = {"rowCount": rows, "columnCount": columns}
        mask = "gridProperties/rowCount,gridProperties/columnCount"
        return {"updateSheetProperties": {"properties": {"gridProperties": counts}, "fields": mask}}

    client.batch(size(2, 2), size(5, 5))
    assert client.values("Sheet1") == [["a", "b"], ["d", "e"]]


def test_row_and_column_properties_move_with_their_rows(client: Client) -> None:
    hide: Json = {"properties": {"hiddenByUser": True}, "fields": "hiddenByUser"}
    client.batch(_rows("updateDimensionProperties", 2, 3, **hide), _rows("insertDimension", 0, 1))
    found = client.get(ranges="A1:A5", fields="sheets.data.rowMetadata.hiddenByUser")["sheets"][0]["data"][0][
        "rowMetadata"
    ]
    assert found == [{}, {}, {}, {"hiddenByUser": True}, {}]


def test_new_rows_take_over_formats_and_rules_but_no_values(client: Client) -> None:
    rule = {"condition": {"type": "BOOLEAN"}}
    cell = {"dataValidation": rule, "userEnteredValue": {"boolValue": True}, "note": "n"}
    client.batch({"updateCells": {"start": {}, "rows": [{"values": [cell]}], "fields": "*"}})
    client.batch(_rows("insertDimension", 1, 2, inheritFromBefore=True))
    found = client.get(ranges="A2", includeGridData="true")["sheets"][0]["data"][0]["rowData"]
    assert found == [{"values": [{"dataValidation": rule}]}]


def test_groups_nest_and_follow_their_columns(client: Client) -> None:
    client.batch(_rows("addDimensionGroup", 0, 5, "COLUMNS"))
    answer = client.batch(_rows("addDimensionGroup", 1, 3, "COLUMNS"))
    groups = answer["replies"][0]["addDimensionGroup"]["dimensionGroups"]
    assert [(group["range"]["startIndex"], group["depth"]) for group in groups] == [(0, 1), (1, 2)]
    client.batch(_rows("insertDimension", 0, 1, "COLUMNS"))
    gone = client.batch(_rows("deleteDimensionGroup", 1, 6, "COLUMNS"))
    left = gone["replies"][0]["deleteDimensionGroup"]["dimensionGroups"]
    assert left == [{"range": {"dimension": "COLUMNS", "startIndex": 2, "endIndex": 4}, "depth": 1}]
    fold = {"range": {"dimension": "COLUMNS", "startIndex": 2, "endIndex": 4}, "collapsed": True, "depth": 1}
    client.batch({"updateDimensionGroup": {"dimensionGroup": fold, "fields": "collapsed"}})
    assert client.get()["sheets"][0]["columnGroups"] == [fold]


def test_a_merge_keeps_the_first_value_and_moves_with_its_rows(client: Client) -> None:
    client.put("A1:B2", [["a", "b"], ["c", "d"]])
    client.batch({"mergeCells": {"range": grid(0, 0, 2, 2)}}, _rows("insertDimension", 0, 1))
    assert client.values("Sheet1") == [[], ["a"]]
    merge = {"startRowIndex": 1, "endRowIndex": 3, "startColumnIndex": 0, "endColumnIndex": 2}
    assert client.get()["sheets"][0]["merges"] == [merge]
    assert "You must select all cells" in client.refused({"mergeCells": {"range": grid(2, 0, 5, 1)}})["message"]
    client.batch({"unmergeCells": {"range": grid(0, 0, 5, 5)}})
    assert "merges" not in client.get()["sheets"][0]


def test_the_spreadsheet_keeps_its_properties(client: Client) -> None:
    client.batch(
        {
            "updateSpreadsheetProperties": {
                "properties": {"title": "T", "timeZone": "Europe/Berlin"},
                "fields": "title,timeZone",
            }
        }
    )
    assert client.get(fields="properties(title,timeZone,locale)") == {
        "properties": {"title": "T", "locale": "en_US", "timeZone": "Europe/Berlin"}
    }
    client.refused({"updateSpreadsheetProperties": {"properties": {}, "fields": "title"}})


def test_a_sheet_is_copied_to_another_spreadsheet(client: Client) -> None:
    client.put("A1", [["x"]])
    other = Client(client.emulator).create()
    path = f"/v4/spreadsheets/{client.id}/sheets/0:copyTo"
    answer = client.call("spreadsheets.sheets.copyTo", path, {"destinationSpreadsheetId": other.id})
    assert answer.json()["title"] == "Copy of Sheet1"
    assert other.values("'Copy of Sheet1'!A1") == [["x"]]


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ({"addSheet": {"properties": {"sheetType": "OBJECT"}}}, 400),
        ({"updateSheetProperties": {"properties": {"sheetType": "OBJECT"}, "fields": "sheetType"}}, 400),
        ({"updateSheetProperties": {"properties": {"index": 9}, "fields": "index"}}, 400),
        ({"addSheet": {"properties": {"title": "x" * 101}}}, 400),
        ({"updateDimensionGroup": {"dimensionGroup": {"range": {"dimension": "ROWS", "endIndex": 2}}, "fields": "depth"}}, 400),
        (_rows("deleteDimensionGroup", 0, 2), 400),
        ({"moveDimension": {"source": {"dimension": "ROWS", "startIndex": 1, "endIndex": 4}, "destinationIndex": 2}}, 400),
        ({"copyPaste": {"source": grid(0, 0, 1, 1), "destination": grid(1, 1, 2, 2), "pasteOrientation": "TRANSPOSE"}}, 400),
        ({"copyPaste": {"source": grid(0, 0, 1, 1), "destination": grid(1, 1, 2, 2), "pasteType": "PASTE_CONDITIONAL_FORMATTING"}}, 400),
        ({"sortRange": {"range": grid(0, 0, 2, 2), "sortSpecs": [{"backgroundColor": {"red": 1}}]}}, 400),
        ({"findReplace": {"find": "a", "allSheets": True, "includeFormulas": True}}, 400),
    ],
)  # fmt: skip
def test_what_is_not_served_or_senseless_is_refused(client: Client, request_: Json, status: int) -> None:
    before = client.get()
    client.refused(request_, status=status)
    assert client.get() == before


def test_a_group_that_only_partly_covers_another_is_not_served(client: Client) -> None:
    client.batch(_rows("addDimensionGroup", 0, 5))
    client.refused(_rows("addDimensionGroup", 3, 8))


def test_everything_tied_to_rows_goes_with_them(client: Client) -> None:
    client.batch(
        {"setBasicFilter": {"filter": {"range": grid(1, 0, 3, 3)}}},
        {"addFilterView": {"filter": {"range": grid(1, 0, 3, 3), "criteria": {"1": {"hiddenValues": ["x"]}}}}},
        _rows("addDimensionGroup", 1, 3),
        {"mergeCells": {"range": grid(1, 0, 3, 2)}},
    )
    client.batch(_rows("deleteDimension", 0, 1, "COLUMNS"))
    sheet = client.get()["sheets"][0]
    assert sheet["filterViews"][0]["criteria"] == {"0": {"hiddenValues": ["x"]}}
    assert sheet["merges"] == [{"startRowIndex": 1, "endRowIndex": 3, "startColumnIndex": 0, "endColumnIndex": 1}]
    client.batch(_rows("deleteDimension", 2, 3))
    assert "merges" not in client.get()["sheets"][0]
    client.batch(_rows("deleteDimension", 1, 2))
    assert set(client.get()["sheets"][0]) == {"properties"}
