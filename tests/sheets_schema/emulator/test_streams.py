"""Long answers, which are made while they are sent."""

from __future__ import annotations

import http.client
import json
from typing import Any

import pytest

from sheets_schema.emulator import Emulator, serve
from sheets_schema.emulator.batch import serializers
from tests.sheets_schema.emulator.client import Client, grid


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
