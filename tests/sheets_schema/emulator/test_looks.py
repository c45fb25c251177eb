"""What a conditional format makes of a cell, and answers that are made while they are sent."""

from __future__ import annotations

import http.client
import json
from typing import Any

import pytest

from sheets_schema.emulator import Emulator, serve
from sheets_schema.emulator.batch import serializers
from tests.sheets_schema.emulator.client import Client, Json, grid

_RED: Json = {"backgroundColor": {"red": 1}, "textFormat": {"bold": True}}


def _rule(kind: str, *values: str, form: Json = _RED, index: int = 0, where: Json | None = None) -> Json:
    condition = {"type": kind, "values": [{"userEnteredValue": value} for value in values]}
    rule = {"ranges": [where or grid(0, 0, 10, 1)], "booleanRule": {"condition": condition, "format": form}}
    return {"addConditionalFormatRule": {"rule": rule, "index": index}}


def _cells(client: Client, ranges: str = "A1:A10") -> list[Json]:
    data = client.get(ranges=ranges, fields="sheets.data.rowData.values.effectiveFormat")["sheets"][0]["data"][0]
    rows = data.get("rowData", [])
    return [row["values"][0].get("effectiveFormat", {}) if row else {} for row in rows]


def _red_rows(client: Client) -> list[int]:
    return [at for at, look in enumerate(_cells(client), 1) if look.get("backgroundColor") == {"red": 1}]


@pytest.mark.parametrize(
    ("kind", "values", "rows"),
    [
        ("NUMBER_GREATER", ["2"], [3]),
        ("NUMBER_GREATER_THAN_EQ", ["2"], [2, 3]),
        ("NUMBER_LESS", ["2"], [1]),
        ("NUMBER_LESS_THAN_EQ", ["2"], [1, 2]),
        ("NUMBER_EQ", ["2"], [2]),
        ("NUMBER_NOT_EQ", ["2"], [1, 3]),
        ("NUMBER_BETWEEN", ["3", "2"], [2, 3]),
        ("NUMBER_NOT_BETWEEN", ["2", "5"], [1]),
        ("TEXT_CONTAINS", ["OUT"], [4, 5]),
        ("TEXT_NOT_CONTAINS", ["out"], [1, 2, 3, 6, 7, 8, 9, 10]),
        ("TEXT_STARTS_WITH", ["out"], [4]),
        ("TEXT_ENDS_WITH", ["out"], [5]),
        ("TEXT_EQ", ["sold out"], [5]),
        ("TEXT_EQ", ["TRUE"], [6]),
        ("TEXT_IS_EMAIL", [], [7]),
        ("BLANK", [], [8, 9, 10]),
        ("NOT_BLANK", [], [1, 2, 3, 4, 5, 6, 7]),
    ],
)
def test_a_plain_rule_shows_in_the_effective_format(
    client: Client, kind: str, values: list[str], rows: list[int]
) -> None:
    """Documented: `effectiveFormat` "includes the results of applying any conditional formatting"."""
    client.put("A1", [[1], [2], [3], ["out of stock"], ["Sold out"], [True], ["ada@example.com"]])
    client.batch(_rule(kind, *values))
    assert _red_rows(client) == rows


@pytest.mark.parametrize(
    ("kind", "values", "rows"),
    [
        ("DATE_EQ", ["2020-01-02"], [2]),
        ("DATE_BEFORE", ["1/2/2020"], [1]),
        ("DATE_AFTER", ["2020-01-02"], [3]),
        ("DATE_ON_OR_AFTER", ["2020-01-02"], [2, 3]),
        ("DATE_BETWEEN", ["2020-01-01", "2020-01-02"], [1, 2]),
        ("DATE_IS_VALID", [], [1, 2, 3]),
    ],
)
def test_dates_are_compared_by_day(client: Client, kind: str, values: list[str], rows: list[int]) -> None:
    client.put("A1", [["2020-01-01"], ["2020-01-02 13:00"], ["2020-01-03"], ["x"]], "USER_ENTERED")
    client.batch(_rule(kind, *values))
    assert _red_rows(client) == rows


def test_the_first_rule_that_holds_gives_the_format_over_that_of_the_cell(client: Client) -> None:
    client.put("A1", [[5]])
    own = {"userEnteredFormat": {"textFormat": {"italic": True, "bold": False}, "horizontalAlignment": "CENTER"}}
    client.batch({"repeatCell": {"range": grid(0, 0, 1, 1), "cell": own, "fields": "userEnteredFormat"}})
    blue = {"backgroundColor": {"blue": 1}}
    client.batch(
        _rule("NUMBER_GREATER", "1", form=blue), _rule("NUMBER_GREATER", "9", index=0), _rule("NOT_BLANK", index=2)
    )
    (look,) = _cells(client, "A1")
    assert look["backgroundColor"] == {"blue": 1}
    assert look["textFormat"]["italic"] is True
    assert look["horizontalAlignment"] == "CENTER"
    client.batch({"deleteConditionalFormatRule": {"sheetId": 0, "index": 1}})
    (look,) = _cells(client, "A1")
    assert (look["backgroundColor"], look["textFormat"]["bold"], look["textFormat"]["italic"]) == (
        {"red": 1},
        True,
        True,
    )
    assert client.get(ranges="A1", fields="sheets.data.rowData.values.userEnteredFormat.backgroundColor") == {
        "sheets": [{"data": [{"rowData": [{"values": [{"userEnteredFormat": {}}]}]}]}]
    }


def test_rules_that_are_not_plain_are_kept_without_effect(client: Client) -> None:
    client.put("A1", [[5]])
    relative = _rule("DATE_BEFORE")
    relative["addConditionalFormatRule"]["rule"]["booleanRule"]["condition"]["values"] = [{"relativeDate": "TODAY"}]
    client.batch(_rule("CUSTOM_FORMULA", "=A1>1"), _rule("NUMBER_GREATER", "=A2"), relative)
    assert len(client.get()["sheets"][0]["conditionalFormats"]) == 3
    assert _red_rows(client) == []


@pytest.fixture
def long_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even a small answer counts as a long one."""
    monkeypatch.setattr(serializers, "_MANY_CELLS", 0)


_QUERIES: list[dict[str, Any]] = [
    {"includeGridData": "true"},
    {"includeGridData": "true", "ranges": ["A1:B2", "Other!A1:C3"]},
    {"fields": "sheets(properties.title,data(rowData.values.effectiveValue,rowMetadata.pixelSize))"},
    {"fields": "sheets.data.rowData.values.note"},
]


def _fill(client: Client) -> None:
    client.put("A1", [["ä", 1, None, "x"], [], [True], ['"quoted"']])
    client.batch(
        {"addSheet": {"properties": {"title": "Other"}}},
        {"repeatCell": {"range": grid(5, 1, 6, 2), "cell": {"note": "n"}, "fields": "note"}},
    )


@pytest.mark.parametrize("query", _QUERIES)
def test_a_long_answer_is_the_same_piece_by_piece(
    client: Client, request: pytest.FixtureRequest, query: dict[str, Any]
) -> None:
    _fill(client)
    whole = client.get(**query)
    request.getfixturevalue("long_answers")
    assert client.get(**query) == whole


@pytest.mark.parametrize("version", [10, 11])
@pytest.mark.usefixtures("long_answers")
def test_the_server_sends_it_in_chunks_or_ends_the_connection(client: Client, version: int) -> None:
    _fill(client)
    with serve(client.emulator) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        connection._http_vsn, connection._http_vsn_str = version, f"HTTP/1.{version - 10}"  # type: ignore[attr-defined] # the only way to speak 1.0
        for _ in range(2):
            connection.request(
                "GET", f"/v4/spreadsheets/{client.id}?includeGridData=true", headers={"Host": "127.0.0.1"}
            )
            response = connection.getresponse()
            assert response.getheader("Content-Length") is None
            assert (response.getheader("Transfer-Encoding") == "chunked") == (version == 11)
            assert json.loads(response.read())["sheets"][0]["data"][0]["rowData"]
        connection.close()


def test_a_long_answer_is_not_held_by_anybody() -> None:
    """A million cells of grid data would take some 600 MB as text, and more as objects."""
    with Emulator() as emulator:
        client = Client(emulator).create(
            {"sheets": [{"properties": {"title": "S", "gridProperties": {"rowCount": 30_000, "columnCount": 10}}}]}
        )
        client.put("S!A1", [["x"] * 10] * 30_000)
        answer = emulator.handle("GET", f"/v4/spreadsheets/{client.id}", [("includeGridData", "true")])
        assert answer.body == b""
        pieces = iter(answer.pieces)
        first = next(pieces)
        assert first.startswith(b'{"spreadsheetId": ')
        assert len(first) < 1_000_000
        assert len(next(pieces)) < 1_000_000
