"""Cut and copy: what a paste brings, and what it leaves behind."""

from __future__ import annotations

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
