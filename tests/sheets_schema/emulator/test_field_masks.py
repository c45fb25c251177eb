"""Field masks: how they are read, what they keep."""

from __future__ import annotations

from typing import Any

import pytest

from sheets_schema.emulator.messages import field_masks
from tests.sheets_schema.emulator.client import Client

_BOOK: dict[str, Any] = {
    "id": "x",
    "properties": {"title": "T", "locale": "en"},
    "sheets": [{"properties": {"title": "A", "index": 0}, "data": [{"rowData": []}]}, {"properties": {"index": 1}}],
}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("*", _BOOK),
        ("id", {"id": "x"}),
        ("properties.title", {"properties": {"title": "T"}}),
        ("properties/title,id", {"properties": {"title": "T"}, "id": "x"}),
        ("sheets(properties(title))", {"sheets": [{"properties": {"title": "A"}}, {"properties": {}}]}),
        ("sheets.properties.title,sheets.properties.index", {"sheets": [{"properties": {"title": "A", "index": 0}}, {"properties": {"index": 1}}]}),
        ("sheets(data/rowData)", {"sheets": [{"data": [{"rowData": []}]}, {}]}),
        ("sheets.*.title", {"sheets": [{"properties": {"title": "A"}, "data": [{}]}, {"properties": {}}]}),
        ("nothing", {}),
        (" id , properties ( title ) ", {"id": "x", "properties": {"title": "T"}}),
        ("properties,properties.title", {"properties": {"title": "T", "locale": "en"}}),
    ],
)  # fmt: skip
def test_a_mask_keeps_what_it_names(text: str, kept: Any) -> None:
    mask = field_masks.parse(text)
    assert mask is not None
    assert mask.keep(_BOOK) == kept


@pytest.mark.parametrize(
    "text", ["", ",", "a,", "a(", "a)", "a(b", "a..b", "(a)", "a b", "a(b)c", "1a", "a()", "é", "(" * 5000, "a(" * 5000]
)
def test_what_is_no_mask_is_refused(text: str) -> None:
    assert field_masks.parse(text) is None


def test_a_mask_lists_its_paths() -> None:
    mask = field_masks.parse("a(b,c.d),e")
    assert mask is not None
    assert mask.paths() == ["a.b", "a.c.d", "e"]


@pytest.mark.parametrize("text", ["joe", "sheets.joe", "sheets(properties(title,joe))", "spreadsheetId.x", "sheets("])
def test_a_wrong_mask_on_a_read_is_a_400_that_names_the_path(client: Client, text: str) -> None:
    response = client.call("spreadsheets.get", f"/v4/spreadsheets/{client.id}", fields=text)
    assert response.status_code == 400
    violation = response.json()["error"]["details"][0]["fieldViolations"][0]
    assert violation["description"].startswith(
        "Error expanding 'fields' parameter. Cannot find matching fields for path '"
    )
    assert response.json()["error"]["message"] == "Request contains an invalid argument."


def test_a_mask_that_names_cells_asks_for_them_and_one_that_does_not_overrides_the_flag(client: Client) -> None:
    client.put("A1", [["x"]])
    named = client.get(fields="sheets.data.rowData.values.effectiveValue", includeGridData="false")
    assert named == {"sheets": [{"data": [{"rowData": [{"values": [{"effectiveValue": {"stringValue": "x"}}]}]}]}]}
    assert client.get(fields="sheets.properties.title", includeGridData="true") == {
        "sheets": [{"properties": {"title": "Sheet1"}}]
    }


def test_a_read_of_ranges_names_only_their_sheets(client: Client) -> None:
    client.batch({"addSheet": {"properties": {"title": "Other"}}})
    assert len(client.get(ranges=["Other!B2:C3"], fields="sheets.properties")["sheets"]) == 1
    data = client.get(ranges=["Other!B2:C3", "Other!A1"], fields="sheets.data(startRow,startColumn)")["sheets"][0][
        "data"
    ]
    assert data == [{"startRow": 1, "startColumn": 1}, {}]
