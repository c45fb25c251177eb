"""The public face: what can be imported, what is listed as served, how the adapter behaves as an adapter."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import requests

import sheets_schema.emulator
from sheets_schema.emulator import Emulator, EmulatorAdapter
from tests.sheets_schema.emulator import coverage, witness
from tests.sheets_schema.emulator.client import ORIGIN, Client

_FOLDER = Path(sheets_schema.emulator.__file__).parent


def test_every_public_name_can_be_imported() -> None:
    for name in sheets_schema.emulator.__all__:
        assert getattr(sheets_schema.emulator, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        sheets_schema.emulator.nonsense  # noqa: B018 - the access is the point


def test_nothing_of_the_rest_of_the_package_is_imported() -> None:
    for path in _FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert not name.startswith(("sheets_schema", "npta")) or name.startswith("sheets_schema.emulator"), path


def test_what_is_not_served_is_listed_and_refused(client: Client) -> None:
    kinds = set(witness.discovery()["schemas"]["Request"]["properties"])
    assert set(coverage.supported_kinds()) | set(coverage.unsupported_kinds()) == kinds
    assert not set(coverage.supported_kinds()) & set(coverage.unsupported_kinds())
    for kind in coverage.unsupported_kinds():
        assert f"'{kind}'" in client.refused({kind: {}})["message"]
    assert "CellData.pivotTable" in coverage.unsupported_fields()
    assert "late_commit" in coverage.faults()


def test_every_address_of_sheets_is_served_or_named(emulator: Emulator) -> None:
    served = {name for name, _ in coverage.supported_routes()}
    assert served - {name for name in served if name.startswith("drive.")} <= set(witness.methods())
    for name, method in witness.methods().items():
        if name not in served:
            path = "/" + method["flatPath"].replace("{spreadsheetId}", "x").replace("{range}", "A1")
            answer = emulator.handle(method["httpMethod"], path)
            assert answer.status == 404
            assert f"does not support {method['httpMethod']} {path}".encode() in answer.body


def test_a_slash_after_the_spreadsheets_id_is_overlooked(emulator: Emulator, client: Client) -> None:
    assert emulator.handle("GET", f"/v4/spreadsheets/{client.id}/").status == 200
    body = b'{"requests": [{"addSheet": {}}]}'
    assert emulator.handle("POST", f"/v4/spreadsheets/{client.id}/:batchUpdate", body=body).status == 200
    assert emulator.handle("GET", f"/v4/spreadsheets/{client.id}//").status == 404


def test_an_answer_can_be_streamed(emulator: Emulator, client: Client) -> None:
    with requests.Session() as session:
        session.mount(f"{ORIGIN}/", EmulatorAdapter(emulator))
        response = session.get(f"{ORIGIN}/v4/spreadsheets/{client.id}", stream=True, timeout=(1, 5))
        assert response.raw.read(1) == b"{"
        rest = b"".join(response.iter_content(100))
        assert rest.endswith(b"}")
        assert response.request.url == response.url
        assert response.reason == "OK"
        assert response.elapsed is not None


def test_a_query_in_the_url_and_text_bodies_are_understood(emulator: Emulator, client: Client) -> None:
    with requests.Session() as session:
        session.mount(f"{ORIGIN}/", EmulatorAdapter(emulator))
        url = f"{ORIGIN}/v4/spreadsheets/{client.id}/values/A1"
        session.put(f"{url}?valueInputOption=RAW", data='{"values": [["ä"]]}'.encode()).raise_for_status()
        session.put(f"{url}?valueInputOption=RAW", data='{"values": [["b"]]}').raise_for_status()
        assert session.get(f"{url}?majorDimension=COLUMNS").json()["values"] == [["b"]]


def test_another_token_is_the_owner_and_a_named_one_is_that_person(emulator: Emulator) -> None:
    client = Client(emulator)
    client.session.headers["Authorization"] = "Bearer ya29.something"
    client.create()
    assert client.get()["spreadsheetId"] == client.id
    ada = Client(emulator, user="Ada@Example.com").create()
    ada.batch({"addProtectedRange": {"protectedRange": {"range": {"sheetId": 0}}}})
    users = ada.get(fields="sheets.protectedRanges.editors")["sheets"][0]["protectedRanges"][0]["editors"]["users"]
    assert users == ["ada@example.com"]
    Client(emulator, ada.id).put("A1", [["the owner of the service may edit everything"]])
