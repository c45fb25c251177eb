"""Protected ranges: 400 with Google's text for everybody who is not an editor, nothing for the owner."""

from __future__ import annotations

import pytest

from tests.sheets_schema.emulator.client import Client, Json, grid, write

_TEXT = (
    "You are trying to edit a protected cell or object. "
    "Please contact the spreadsheet owner to remove protection if you need to edit."
)


def _rows(kind: str, start: int, end: int) -> Json:
    return {kind: {"range": {"dimension": "ROWS", "startIndex": start, "endIndex": end}}}


def _protect(area: Json, *users: str, **more: object) -> Json:
    return {"addProtectedRange": {"protectedRange": {"range": area, "editors": {"users": list(users)}, **more}}}


_TOUCHING: list[Json] = [
    write(1, 1, ["x"]),
    {"updateCells": {"range": grid(0, 0, 3, 3), "fields": "userEnteredValue"}},
    {"repeatCell": {"range": grid(1, 1, 2, 2), "cell": {"note": "n"}, "fields": "note"}},
    {"setDataValidation": {"range": grid(1, 1, 2, 2)}},
    {"cutPaste": {"source": grid(1, 1, 2, 2), "destination": {"rowIndex": 9, "columnIndex": 9}}},
    {"cutPaste": {"source": grid(9, 9, 10, 10), "destination": {"rowIndex": 1, "columnIndex": 1}}},
    {"copyPaste": {"source": grid(9, 9, 10, 10), "destination": grid(1, 1, 2, 2)}},
    {"sortRange": {"range": grid(0, 0, 5, 5), "sortSpecs": [{"dimensionIndex": 0}]}},
    {"mergeCells": {"range": grid(1, 1, 3, 3)}},
    {"findReplace": {"find": "held", "replacement": "x", "allSheets": True}},
    {"insertRange": {"range": grid(0, 1, 1, 2), "shiftDimension": "ROWS"}},
    {"deleteRange": {"range": grid(1, 0, 2, 1), "shiftDimension": "COLUMNS"}},
    _rows("deleteDimension", 1, 2),
    _rows("insertDimension", 2, 3),
    {"deleteSheet": {"sheetId": 0}},
    {"trimWhitespace": {"range": grid(0, 0, 5, 5)}},
    {"updateSheetProperties": {"properties": {"gridProperties": {"rowCount": 1}}, "fields": "gridProperties.rowCount"}},
]  # fmt: skip


@pytest.mark.parametrize("request_", _TOUCHING, ids=lambda request: next(iter(request)))
def test_every_way_to_change_a_protected_cell_is_refused(client: Client, request_: Json) -> None:
    client.put("B2", [["held"]])
    client.batch({"addSheet": {"properties": {"title": "Other"}}}, _protect(grid(1, 1, 3, 3)))
    error = client.person("eve@example.com").refused(request_)
    assert error["message"] == f"Invalid requests[0].{next(iter(request_))}: {_TEXT}"
    assert client.values("B2") == [["held"]]


@pytest.mark.parametrize("request_", _TOUCHING[:4], ids=lambda request: next(iter(request)))
def test_the_owner_and_editors_may_change_it(client: Client, request_: Json) -> None:
    client.batch(_protect(grid(1, 1, 3, 3), "ada@example.com"))
    client.batch(request_)
    client.person("ada@example.com").batch(request_)


@pytest.mark.parametrize(
    "request_",
    [write(0, 0, ["x"]), write(3, 3, ["x"]), _rows("insertDimension", 1, 2), _rows("insertDimension", 3, 4), _rows("deleteDimension", 5, 6)],
    ids=["above", "below", "insert above", "insert below", "delete below"],
)  # fmt: skip
def test_cells_around_it_are_free(client: Client, request_: Json) -> None:
    client.batch(_protect(grid(1, 1, 3, 3)))
    client.person("eve@example.com").batch(request_)


def test_values_writes_are_refused_too(client: Client) -> None:
    client.put("B2", [["held"]])
    client.batch(_protect(grid(1, 1, 3, 3)))
    eve = client.person("eve@example.com")
    path = f"/v4/spreadsheets/{client.id}/values/B2"
    for name, suffix, body in (
        ("spreadsheets.values.update", "", {"values": [["x"]]}),
        ("spreadsheets.values.clear", ":clear", {}),
    ):
        query: Json = {} if suffix else {"valueInputOption": "RAW"}
        response = eve.call(name, path + suffix, body, **query)
        assert (response.status_code, response.json()["error"]["message"]) == (400, _TEXT)
    assert client.values("B2") == [["held"]]


def test_a_warning_stops_nobody(client: Client) -> None:
    client.batch(_protect(grid(1, 1, 3, 3), warningOnly=True))
    client.person("eve@example.com").batch(write(1, 1, ["x"]))


def test_unprotected_holes_are_free(client: Client) -> None:
    client.batch(_protect({"sheetId": 0}, unprotectedRanges=[grid(2, 2, 3, 3)]))
    eve = client.person("eve@example.com")
    eve.batch(write(2, 2, ["x"]))
    eve.refused(write(2, 3, ["x"]))


def test_a_protected_sheet_keeps_its_title_and_its_rows(client: Client) -> None:
    client.batch(_protect({"sheetId": 0}))
    eve = client.person("eve@example.com")
    eve.refused({"updateSheetProperties": {"properties": {"title": "mine"}, "fields": "title"}})
    eve.refused({"appendDimension": {"dimension": "ROWS", "length": 1}})
    eve.refused(_rows("insertDimension", 0, 1))


def test_only_editors_see_and_change_a_protection(client: Client) -> None:
    made = client.batch(_protect(grid(1, 1, 3, 3), "ada@example.com"))["replies"][0]["addProtectedRange"][
        "protectedRange"
    ]
    number = made["protectedRangeId"]
    eve = client.person("eve@example.com")
    seen = eve.get(fields="sheets.protectedRanges")["sheets"][0]["protectedRanges"][0]
    assert "editors" not in seen
    assert "requestingUserCanEdit" not in seen
    change = {
        "protectedRange": {"protectedRangeId": number, "editors": {"users": ["eve@example.com"]}},
        "fields": "editors",
    }
    assert _TEXT in eve.refused({"updateProtectedRange": change})["message"]
    assert _TEXT in eve.refused({"deleteProtectedRange": {"protectedRangeId": number}})["message"]
    client.person("ada@example.com").batch({"updateProtectedRange": change})
    eve.batch(write(1, 1, ["x"]))
    eve.batch({"deleteProtectedRange": {"protectedRangeId": number}})
    assert (
        "No protected range with id: "
        in client.refused({"deleteProtectedRange": {"protectedRangeId": number}})["message"]
    )


def test_who_protects_is_an_editor_and_so_is_the_owner(client: Client) -> None:
    client.person("ada@example.com").batch(_protect(grid(1, 1, 3, 3)))
    users = client.get(fields="sheets.protectedRanges.editors.users")["sheets"][0]["protectedRanges"][0]["editors"][
        "users"
    ]
    assert users == ["owner@emulator.example", "ada@example.com"]


@pytest.mark.parametrize(("setting", "may"), [("everybody", True), ("nobody", False)])
def test_whom_a_protection_without_editors_lets_in_is_a_switch(client: Client, setting: str, may: bool) -> None:
    client.emulator.set_quirks(protection_without_editors=setting)
    client.batch({"addProtectedRange": {"protectedRange": {"range": grid(1, 1, 3, 3)}}})
    eve = client.person("eve@example.com")
    if may:
        eve.batch(write(1, 1, ["x"]))
    else:
        eve.refused(write(1, 1, ["x"]))


def test_a_protection_moves_with_its_rows_and_goes_with_them(client: Client) -> None:
    client.batch(_protect(grid(1, 1, 3, 3)), _rows("insertDimension", 0, 1))
    area = client.get(fields="sheets.protectedRanges.range")["sheets"][0]["protectedRanges"][0]["range"]
    assert (area["startRowIndex"], area["endRowIndex"]) == (2, 4)
    client.batch(_rows("deleteDimension", 2, 4))
    assert client.get(fields="sheets.protectedRanges") == {"sheets": [{}]}
