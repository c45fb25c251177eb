"""Named ranges: ids that callers choose, names that are taken, and what happens to them when the grid moves."""

from __future__ import annotations

from typing import Any

import pytest

from sheets_schema.emulator import Emulator, EmulatorError
from tests.sheets_schema.emulator.client import Client, Json, grid


def _add(named_id: str, name: str, area: Json | None = None) -> Json:
    return {
        "addNamedRange": {"namedRange": {"namedRangeId": named_id, "name": name, "range": area or grid(1, 1, 2, 2)}}
    }


def _listed(client: Client) -> dict[str, Any]:
    return {item["namedRangeId"]: item for item in client.get(fields="namedRanges").get("namedRanges", [])}


def test_a_chosen_id_is_kept_and_the_zero_sheet_id_is_left_out(client: Client) -> None:
    answer = client.batch(_add("npta_1_0123456789abcdef01234567", "fence", grid(0, 0, 1, 1)))
    named = {
        "namedRangeId": "npta_1_0123456789abcdef01234567",
        "name": "fence",
        "range": {"startRowIndex": 0, "endRowIndex": 1, "startColumnIndex": 0, "endColumnIndex": 1},
    }
    assert answer["replies"] == [{"addNamedRange": {"namedRange": named}}]
    assert client.get(fields="namedRanges") == {"namedRanges": [named]}


def test_an_id_is_made_when_none_is_chosen(client: Client) -> None:
    made = client.batch({"addNamedRange": {"namedRange": {"name": "a", "range": grid(0, 0, 1, 1)}}})
    assert made["replies"][0]["addNamedRange"]["namedRange"]["namedRangeId"].isdigit()


def test_no_named_ranges_means_no_key(client: Client) -> None:
    assert client.get(fields="namedRanges") == {}


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (_add("a", "Other"), "addNamedRange: Cannot add named range with id: a, a named range with that id already exists."),
        (_add("b", "one"), "addNamedRange: Cannot add named range with name: one, a named range with that name already exists."),
        (_add("b", "ONE"), "addNamedRange: Cannot add named range with name: ONE, a named range with that name already exists."),
        (_add("b", "two words"), "addNamedRange: The name given to this range is invalid."),
        (_add("b", "A1"), "addNamedRange: The name given to this range is invalid."),
        (_add("b", "R1C1"), "addNamedRange: The name given to this range is invalid."),
        (_add("b", "true"), "addNamedRange: The name given to this range is invalid."),
        (_add("b", "1st"), "addNamedRange: The name given to this range is invalid."),
        (_add("b", "x" * 251), "addNamedRange: The name given to this range is invalid."),
        (_add("b", "far", grid(0, 0, 2000, 1)), "addNamedRange: Range (Sheet1!A1:A2000) exceeds grid limits. Max rows: 1000, max columns: 26"),
        (_add("b", "gone", grid(0, 0, 1, 1, 77)), "addNamedRange: No sheet with id: 77"),
        ({"updateNamedRange": {"namedRange": {"namedRangeId": "z", "name": "zed"}, "fields": "name"}}, "updateNamedRange: No NamedRange with id: z"),
        ({"deleteNamedRange": {"namedRangeId": "z"}}, "deleteNamedRange: No NamedRange with id: z"),
        ({"deleteNamedRange": {}}, "deleteNamedRange: No NamedRange with id: "),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(client: Client, request_: Json, text: str) -> None:
    client.batch(_add("a", "one"))
    assert client.refused(request_)["message"] == f"Invalid requests[0].{text}"


def test_an_update_sets_only_what_the_mask_names(client: Client) -> None:
    client.batch(_add("a", "one"))
    new = {"namedRangeId": "a", "name": "ignored", "range": grid(5, 0, 6, 1)}
    client.batch({"updateNamedRange": {"namedRange": new, "fields": "range"}})
    assert _listed(client)["a"]["name"] == "one"
    assert _listed(client)["a"]["range"]["startRowIndex"] == 5
    client.batch({"updateNamedRange": {"namedRange": {**new, "name": "two"}, "fields": "*"}})
    assert _listed(client)["a"]["name"] == "two"


@pytest.mark.parametrize(
    ("dimension", "kind", "start", "end", "rows", "columns"),
    [
        ("ROWS", "insertDimension", 0, 2, (5, 7), (3, 5)),
        ("ROWS", "insertDimension", 3, 4, (4, 6), (3, 5)),
        ("ROWS", "insertDimension", 4, 5, (3, 6), (3, 5)),
        ("ROWS", "insertDimension", 5, 6, (3, 5), (3, 5)),
        ("ROWS", "deleteDimension", 0, 1, (2, 4), (3, 5)),
        ("ROWS", "deleteDimension", 2, 4, (2, 3), (3, 5)),
        ("ROWS", "deleteDimension", 5, 6, (3, 5), (3, 5)),
        ("COLUMNS", "insertDimension", 0, 1, (3, 5), (4, 6)),
        ("COLUMNS", "deleteDimension", 0, 1, (3, 5), (2, 4)),
    ],
)
def test_a_named_range_moves_with_its_cells(
    client: Client, dimension: str, kind: str, start: int, end: int, rows: tuple[int, int], columns: tuple[int, int]
) -> None:
    client.batch(_add("a", "one", grid(3, 3, 5, 5)))
    client.batch({kind: {"range": {"dimension": dimension, "startIndex": start, "endIndex": end}}})
    area = _listed(client)["a"]["range"]
    assert (area["startRowIndex"], area["endRowIndex"]) == rows
    assert (area["startColumnIndex"], area["endColumnIndex"]) == columns


def test_a_named_range_whose_cells_are_deleted_is_gone(client: Client) -> None:
    client.batch(_add("a", "one"))
    client.batch({"deleteDimension": {"range": {"dimension": "ROWS", "startIndex": 0, "endIndex": 3}}})
    assert _listed(client) == {}
    client.batch(_add("a", "one"))


def test_a_named_range_can_be_read_by_its_name(client: Client) -> None:
    client.put("B2", [["here"]])
    client.batch(_add("a", "one"))
    assert client.values("one") == [["here"]]


# Behaviour that nobody has documented: a switch each.


def test_switch_deleting_or_updating_what_is_missing_may_be_silent(emulator: Emulator, client: Client) -> None:
    emulator.set_quirks(delete_missing_named_range="silent", update_missing_named_range="silent")
    client.batch({"deleteNamedRange": {"namedRangeId": "z"}})
    client.batch({"updateNamedRange": {"namedRange": {"namedRangeId": "z", "name": "zed"}, "fields": "name"}})
    assert _listed(client) == {}


def test_switch_a_duplicate_id_may_replace_the_old_one(emulator: Emulator, client: Client) -> None:
    emulator.set_quirks(duplicate_named_range_id="accept")
    client.batch(_add("a", "one"), _add("a", "two"))
    assert _listed(client)["a"]["name"] == "two"


@pytest.mark.parametrize("deletable", ["yes", "no"])
def test_switch_a_ghost_is_unlisted_but_holds_its_name(emulator: Emulator, client: Client, deletable: str) -> None:
    emulator.set_quirks(ghost_named_ranges="on", ghost_deletable=deletable)
    client.batch({"addSheet": {"properties": {"sheetId": 5}}}, _add("a", "one", grid(0, 0, 1, 1, 5)))
    client.batch({"deleteSheet": {"sheetId": 5}})
    assert _listed(client) == {}
    assert "that name already exists" in client.refused(_add("b", "one"))["message"]
    if deletable == "yes":
        client.batch({"deleteNamedRange": {"namedRangeId": "a"}}, _add("b", "one"))
    else:
        assert "No NamedRange with id: a" in client.refused({"deleteNamedRange": {"namedRangeId": "a"}})["message"]


@pytest.mark.parametrize(
    ("wording", "text"),
    [
        ("colon", "Invalid requests[0].addNamedRange: Cannot add named range with name: one, a named range"),
        ("plain", "Invalid requests[0].addNamedRange: Cannot add named range with name one, a named range"),
        ("bare", "Cannot add named range with name one, a named range"),
    ],
)
def test_switch_error_texts_jitter(emulator: Emulator, client: Client, wording: str, text: str) -> None:
    client.batch(_add("a", "one"))
    emulator.set_quirks(wording=wording)
    assert client.refused(_add("b", "one"))["message"].startswith(text)


def test_a_switch_that_does_not_exist_is_an_error(emulator: Emulator) -> None:
    with pytest.raises(EmulatorError, match="no quirk sorting='on'"):
        emulator.set_quirks(sorting="on")
    with pytest.raises(EmulatorError, match="error, silent"):
        emulator.set_quirks(delete_missing_named_range="maybe")
