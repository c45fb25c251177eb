"""Cut, copy, sort, find and replace, inserted and deleted ranges, duplicates, blanks, borders."""

from __future__ import annotations

from typing import Any

import pytest

from sheets_schema.emulator import Emulator
from tests.sheets_schema.emulator.client import Client, Json, grid


def _cell(client: Client, where: str) -> Json:
    data = client.get(ranges=where, includeGridData="true")["sheets"][0]["data"][0]
    found: Json = data.get("rowData", [{}])[0].get("values", [{}])[0]
    return {name: value for name, value in found.items() if not name.startswith(("effective", "formatted"))}


def _dress(client: Client) -> Json:
    """A1 with everything a cell can have."""
    cell = {
        "userEnteredValue": {"stringValue": "x"},
        "userEnteredFormat": {"textFormat": {"bold": True}},
        "note": "n",
        "dataValidation": {"condition": {"type": "NOT_BLANK"}},
    }
    client.batch({"updateCells": {"start": {}, "rows": [{"values": [cell]}], "fields": "*"}})
    return cell


def _cut(paste: str = "PASTE_NORMAL") -> Json:
    return {
        "cutPaste": {"source": grid(0, 0, 1, 1), "destination": {"rowIndex": 4, "columnIndex": 2}, "pasteType": paste}
    }


def test_a_cut_moves_all_of_a_cell_and_leaves_nothing(client: Client) -> None:
    cell = _dress(client)
    assert client.batch(_cut())["replies"] == [{}]
    assert _cell(client, "A1") == {}
    assert _cell(client, "C5") == cell


def test_a_cut_takes_the_source_away_whatever_is_pasted(client: Client) -> None:
    _dress(client)
    client.batch(_cut("PASTE_VALUES"))
    assert _cell(client, "A1") == {}
    assert _cell(client, "C5") == {"userEnteredValue": {"stringValue": "x"}}


def test_a_cut_goes_to_another_sheet_and_may_overlap_its_source(client: Client) -> None:
    client.put("A1:A3", [["a"], ["b"], ["c"]])
    client.batch({"cutPaste": {"source": grid(0, 0, 3, 1), "destination": {"rowIndex": 1, "columnIndex": 0}}})
    assert client.values("Sheet1") == [[], ["a"], ["b"], ["c"]]
    client.batch({"addSheet": {"properties": {"sheetId": 4, "title": "Other"}}})
    client.batch({"cutPaste": {"source": grid(1, 0, 4, 1), "destination": {"sheetId": 4}}})
    assert client.values("Sheet1") == []
    assert client.values("Other") == [["a"], ["b"], ["c"]]


def test_a_cut_beyond_the_grid_is_refused(client: Client) -> None:
    request = {"cutPaste": {"source": grid(0, 0, 2, 2), "destination": {"rowIndex": 999, "columnIndex": 0}}}
    assert "exceeds grid limits" in client.refused(request)["message"]


@pytest.mark.parametrize("carried", ["yes", "no"])
def test_switch_whether_a_cut_carries_validation_and_named_ranges(
    emulator: Emulator, client: Client, carried: str
) -> None:
    emulator.set_quirks(cut_moves_validation=carried, cut_moves_named_ranges=carried)
    _dress(client)
    client.batch({"addNamedRange": {"namedRange": {"namedRangeId": "n", "name": "here", "range": grid(0, 0, 1, 1)}}})
    client.batch(_cut())
    assert ("dataValidation" in _cell(client, "C5")) == (carried == "yes")
    assert ("dataValidation" in _cell(client, "A1")) == (carried == "no")
    assert client.get()["namedRanges"][0]["range"]["startRowIndex"] == (4 if carried == "yes" else 0)


@pytest.mark.parametrize(
    ("paste", "parts"),
    [
        ("PASTE_NORMAL", {"userEnteredValue", "userEnteredFormat", "note", "dataValidation"}),
        ("PASTE_VALUES", {"userEnteredValue"}),
        ("PASTE_FORMULA", {"userEnteredValue"}),
        ("PASTE_FORMAT", {"userEnteredFormat"}),
        ("PASTE_DATA_VALIDATION", {"dataValidation"}),
    ],
)
def test_a_copy_brings_what_the_paste_type_says(client: Client, paste: str, parts: set[str]) -> None:
    cell = _dress(client)
    client.batch({"copyPaste": {"source": grid(0, 0, 1, 1), "destination": grid(4, 2, 5, 3), "pasteType": paste}})
    assert _cell(client, "A1") == cell
    assert set(_cell(client, "C5")) == parts


def test_a_copy_fills_a_destination_that_is_a_multiple(client: Client) -> None:
    client.put("A1:B1", [["a", "b"]])
    client.batch({"copyPaste": {"source": grid(0, 0, 1, 2), "destination": grid(1, 0, 3, 4)}})
    assert client.values("A2:D3") == [["a", "b", "a", "b"]] * 2
    client.batch({"copyPaste": {"source": grid(0, 0, 1, 2), "destination": grid(5, 0, 6, 1)}})
    assert client.values("A6:D6") == [["a", "b"]]


@pytest.mark.parametrize(
    ("order", "sorted_"),
    [
        ("ASCENDING", [[-1], [2], [10], ["10"], ["a"], ["B"], [False], [True]]),
        ("DESCENDING", [[True], [False], ["B"], ["a"], ["10"], [10], [2], [-1]]),
    ],
)
def test_a_sort_puts_numbers_before_text_before_booleans_and_blanks_last(
    client: Client, order: str, sorted_: list[Any]
) -> None:
    client.put("B1", [[value] for value in ["B", True, 10, "", "a", -1, "10", False, 2]])
    client.batch({"sortRange": {"range": grid(0, 1, 10, 2), "sortSpecs": [{"dimensionIndex": 1, "sortOrder": order}]}})
    assert client.values("B1:B20") == sorted_


def test_a_sort_by_two_columns_keeps_rows_together(client: Client) -> None:
    client.put("A1", [["h", "h"], ["b", 2], ["a", 3], ["b", 1]])
    specs = [{"dimensionIndex": 0, "sortOrder": "ASCENDING"}, {"dimensionIndex": 1, "sortOrder": "DESCENDING"}]
    client.batch({"sortRange": {"range": grid(1, 0, 4, 2), "sortSpecs": specs}})
    assert client.values("Sheet1") == [["h", "h"], ["a", 3], ["b", 2], ["b", 1]]
    assert (
        "outside the range"
        in client.refused({"sortRange": {"range": grid(0, 0, 4, 2), "sortSpecs": [{"dimensionIndex": 2}]}})["message"]
    )


@pytest.mark.parametrize(
    ("options", "values", "reply"),
    [
        ({"find": "zzz"}, ["cat", "Catcat", "dog"], {}),
        ({"find": "cat", "replacement": "x"}, ["x", "xx", "dog"], {"valuesChanged": 2, "rowsChanged": 2, "sheetsChanged": 1, "occurrencesChanged": 3}),
        ({"find": "cat", "replacement": "x", "matchCase": True}, ["x", "Catx", "dog"], {"valuesChanged": 2, "rowsChanged": 2, "sheetsChanged": 1, "occurrencesChanged": 2}),
        ({"find": "cat", "replacement": "x", "matchEntireCell": True}, ["x", "Catcat", "dog"], {"valuesChanged": 1, "rowsChanged": 1, "sheetsChanged": 1, "occurrencesChanged": 1}),
        ({"find": "(c)(a)t", "replacement": "$2-$1\\$", "searchByRegex": True}, ["a-c$", "a-C$a-c$", "dog"], {"valuesChanged": 2, "rowsChanged": 2, "sheetsChanged": 1, "occurrencesChanged": 3}),
        ({"find": ".", "replacement": "x"}, ["cat", "Catcat", "dog"], {}),
    ],
)  # fmt: skip
def test_find_and_replace_counts_what_it_changed_and_never_fails(
    client: Client, options: Json, values: list[str], reply: Json
) -> None:
    client.put("A1", [["cat"], ["Catcat"], ["dog"]])
    answer = client.batch({"findReplace": {**options, "sheetId": 0}})
    assert client.values("A1:A3") == [[value] for value in values]
    assert answer["replies"] == [{"findReplace": reply}]


@pytest.mark.parametrize(
    "options", [{"find": ""}, {"find": "("}, {"find": "a", "range": {"sheetId": 0}, "allSheets": True}]
)
def test_a_search_that_makes_no_sense_is_refused(client: Client, options: Json) -> None:
    scope = {} if "range" in options else {"sheetId": 0}
    client.refused({"findReplace": {**options, **scope, "searchByRegex": True}})


@pytest.mark.parametrize(
    ("kind", "dimension", "left"),
    [
        ("insertRange", "ROWS", [["", "b", "c"], ["a", "e", "f"], ["d"]]),
        ("insertRange", "COLUMNS", [["", "a", "b", "c"], ["d", "e", "f"]]),
        ("deleteRange", "ROWS", [["d", "b", "c"], ["", "e", "f"]]),
        ("deleteRange", "COLUMNS", [["b", "c"], ["d", "e", "f"]]),
    ],
)
def test_cells_make_room_or_close_the_gap(client: Client, kind: str, dimension: str, left: list[list[str]]) -> None:
    client.put("A1:C2", [["a", "b", "c"], ["d", "e", "f"]])
    client.batch({kind: {"range": grid(0, 0, 1, 1), "shiftDimension": dimension}})
    assert client.values("Sheet1") == left


def test_duplicates_go_and_the_first_stays(client: Client) -> None:
    client.put("A1", [["a", 1], ["A", 1], ["a", 2], ["b", 1]])
    reply = client.batch({"deleteDuplicates": {"range": grid(0, 0, 4, 2)}})["replies"][0]
    assert reply == {"deleteDuplicates": {"duplicatesRemovedCount": 1}}
    assert client.values("Sheet1") == [["a", 1], ["a", 2], ["b", 1]]
    columns = [{"dimension": "COLUMNS", "startIndex": 0, "endIndex": 1}]
    client.batch({"deleteDuplicates": {"range": grid(0, 0, 4, 2), "comparisonColumns": columns}})
    assert client.values("Sheet1") == [["a", 1], ["b", 1]]


def test_blanks_are_trimmed_and_counted(client: Client) -> None:
    client.put("A1", [["  a  b ", "c", 3]])
    reply = client.batch({"trimWhitespace": {"range": grid(0, 0, 5, 5)}})["replies"][0]
    assert reply == {"trimWhitespace": {"cellsChangedCount": 1}}
    assert client.values("A1:C1") == [["a b", "c", 3]]


def test_borders_go_around_and_inside(client: Client) -> None:
    solid = {"style": "SOLID"}
    client.batch({"updateBorders": {"range": grid(0, 0, 2, 1), "top": solid, "innerHorizontal": solid}})
    assert set(_cell(client, "A1")["userEnteredFormat"]["borders"]) == {"top", "bottom"}
    assert set(_cell(client, "A2")["userEnteredFormat"]["borders"]) == {"top"}
    client.batch(
        {"updateBorders": {"range": grid(0, 0, 2, 1), "top": {"style": "NONE"}, "innerHorizontal": {"style": "NONE"}}}
    )
    assert _cell(client, "A1") == {}
