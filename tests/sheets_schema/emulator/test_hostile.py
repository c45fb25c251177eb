"""Whatever comes in, Google's error shape goes out: no traceback, no half-applied batch."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings

from sheets_schema.emulator import Emulator, batch
from sheets_schema.emulator.messages.http_messages import MAX_BODY
from tests.sheets_schema.emulator import witness
from tests.sheets_schema.emulator.client import Client, write
from tests.sheets_schema.emulator.generated import request_of


def _error(
    emulator: Emulator, method: str, path: str, body: bytes = b"", query: list[tuple[str, str]] | None = None
) -> dict[str, Any]:
    answer = emulator.handle(method, path, query or [], {}, body)
    assert answer.status >= 400
    error: dict[str, Any] = json.loads(answer.body)["error"]
    assert set(error) <= {"code", "message", "status", "details"}
    assert error["code"] == answer.status
    assert isinstance(error["message"], str)
    assert isinstance(error["status"], str)
    assert len(error["message"]) < 5000
    return error


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"null",
        b"1",
        b'"text"',
        b"\xff\xfe",
        b'{"requests": ',
        b'{"requests": NaN}',
        b'{"requests": [{"deleteSheet": {"sheetId": Infinity}}]}',
        b'{"requests": [{"deleteSheet": {"sheetId": 1e999}}]}',
        b'{"requests": [{"deleteSheet": {"sheetId": ' + b"9" * 6000 + b"}}]}",
        b'{"requests": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"requests": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}",
        b'{"requests": [{"findReplace": {"find": "\\ud800", "allSheets": true}}]}',
        b'{"requests": {}}',
        b'{"requests": [null]}',
        b'{"requests": [[]]}',
        b'{"requests": "x"}',
        b'{"requests": [{"updateCells": []}]}',
        b'{"requests": [{"updateCells": {"rows": {}, "fields": 5}}]}',
        b'{"requests": [{"updateCells": {"rows": [5], "fields": "*", "start": {}}}]}',
        b'{"requests": [{"updateCells": null}]}',
        b'{"requests": [{}], "includeSpreadsheetInResponse": "yes"}',
        b'{"requests": [{"nope": {}}], "fields": "x"}',
        b"x" * 50_000_000,
        b'{"requests": ["' + b"x" * 50_000_000 + b'"]}',
        b" " * (MAX_BODY + 1),
    ],
    ids=lambda body: f"{body[:40]!r} {len(body)}",
)
def test_a_malformed_body_is_a_400(client: Client, emulator: Emulator, body: bytes) -> None:
    before = client.get(includeGridData="true")
    error = _error(emulator, "POST", f"/v4/spreadsheets/{client.id}:batchUpdate", body)
    assert (error["code"], error["status"]) == (400, "INVALID_ARGUMENT")
    assert client.get(includeGridData="true") == before


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "//"),
        ("GET", "/v4"),
        ("GET", "/v4/spreadsheets"),
        ("PATCH", "/v4/spreadsheets/x"),
        ("POST", "/v4/spreadsheets/x:nothing"),
        ("GET", "/v4/spreadsheets/x/values"),
        ("POST", "/v4/spreadsheets/x/values/A1:nothing"),
        ("GET", "/v4/spreadsheets/x/charts"),
        ("POST", "/v4/spreadsheets/x/values:batchGetByDataFilter"),
        ("GET", "/v3/spreadsheets"),
        ("GET", "/drive/v3/about"),
        ("GET", "/drive/v3/files/x/revisions"),
        ("GET", "/v4/spreadsheets/%00/values/%FF"),
        ("GET", "/" + "a" * 100_000),
        ("OPTIONS", "/v4/spreadsheets"),
    ],
)
def test_an_address_that_is_not_served_is_a_404_that_names_it(emulator: Emulator, method: str, path: str) -> None:
    error = _error(emulator, method, path)
    assert error["status"] == "NOT_FOUND"
    assert error["message"] == "Requested entity was not found." or f"does not support {method} " in error["message"]


@pytest.mark.parametrize(
    "text",
    ["A" * 10_000, "A1:" * 1000, "A99999999999", "ZZZZZ1", "'" * 1001, "!" * 100, "A1:A0", "A-1", "A1.5", "\x00", "' '!", "A1!B2!C3", "$$A1", "١", "🔑"],
)  # fmt: skip
def test_an_absurd_range_is_a_400(client: Client, emulator: Emulator, text: str) -> None:
    path = f"/v4/spreadsheets/{client.id}/values/{quote(text, safe='')}"
    assert _error(emulator, "GET", path)["code"] == 400


@pytest.mark.parametrize(
    "query",
    [
        [("majorDimension", "DIAGONAL")],
        [("valueRenderOption", "PRETTY")],
        [("dateTimeRenderOption", "x")],
        [("alt", "xml")],
        [("fields", "(((")],
        [("fields", "a" * 10_000)],
        [("nonsense", "1")],
        [("", "")],
    ],
)
def test_an_absurd_query_is_a_400(client: Client, emulator: Emulator, query: list[tuple[str, str]]) -> None:
    path = f"/v4/spreadsheets/{client.id}/values/A1"
    assert _error(emulator, "GET", path, query=query)["code"] == 400


@pytest.mark.parametrize("kind", sorted(batch.HANDLERS))
def test_no_request_of_any_kind_breaks_the_emulator_or_is_half_applied(kind: str) -> None:
    with Emulator() as emulator:
        client = Client(emulator).create()
        client.put("A1:C3", [["a", 1, True], ["=x", "", 2.5], ["b", "c", "d"]])
        client.batch(
            {"addSheet": {"properties": {"sheetId": 1}}},
            {"addNamedRange": {"namedRange": {"namedRangeId": "0", "name": "one", "range": {"endRowIndex": 2}}}},
            {
                "mergeCells": {
                    "range": {"startRowIndex": 5, "endRowIndex": 7, "startColumnIndex": 0, "endColumnIndex": 2}
                }
            },
        )
        _attack(emulator, client, kind)


def _attack(emulator: Emulator, client: Client, kind: str) -> None:
    path = f"/v4/spreadsheets/{client.id}:batchUpdate"

    @settings(max_examples=25, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(request_of(kind))
    def attack(body: Any) -> None:
        before = client.get(includeGridData="true", ranges="A1:J20")
        sent = json.dumps(
            {"requests": [write(900, 0, ["x"]), {kind: body}, {"deleteNamedRange": {"namedRangeId": "none"}}]}
        )
        assert emulator.handle("POST", path, [], {}, sent.encode()).status in {400, 500}
        assert client.get(includeGridData="true", ranges="A1:J20") == before
        answer = emulator.handle("POST", path, [], {}, json.dumps({"requests": [{kind: body}]}).encode())
        assert answer.status in {200, 400, 500}
        if answer.status == 200:
            witness.check("BatchUpdateSpreadsheetResponse", json.loads(answer.body))
            seen = emulator.handle("GET", f"/v4/spreadsheets/{client.id}")
            assert seen.status == 200
            witness.check("Spreadsheet", json.loads(seen.body))
        if not any(sheet["properties"]["sheetId"] == 0 for sheet in client.get()["sheets"]):
            client.create()

    attack()
