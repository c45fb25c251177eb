"""Whose a file is, and whom it is shared with: Drive's permissions, rights of a file, credentials."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth.transport.requests import Request
from google.oauth2.service_account import Credentials

from sheets_schema.emulator import Emulator, connect, serve
from tests.sheets_schema.emulator.client import Client, Json

_FILES = "https://www.googleapis.com/drive/v3/files"
_OWNER, _ADA, _EVE = "boss@example.com", "ada@example.com", "eve@example.com"


@pytest.fixture
def owned() -> Iterator[Client]:
    """A spreadsheet of a named owner, who calls without a name."""
    with Emulator(owner=_OWNER) as emulator:
        yield Client(emulator).create()


def _share(client: Client, role: str = "writer", **whom: Any) -> requests.Response:
    body = {"type": "user", "role": role, **whom}
    return client.session.post(
        f"{_FILES}/{client.id}/permissions", json=body, params={"sendNotificationEmail": "false"}
    )


def _people(client: Client) -> Json:
    answer = client.session.get(f"{_FILES}/{client.id}/permissions", params={"fields": "permissions"})
    return {item.get("emailAddress", item["type"]): item["role"] for item in answer.json()["permissions"]}


def _read(client: Client) -> int:
    return client.call("spreadsheets.get", f"/v4/spreadsheets/{client.id}").status_code


def _write(client: Client) -> int:
    path = f"/v4/spreadsheets/{client.id}/values/A1"
    body = {"values": [["x"]]}
    return client.call("spreadsheets.values.update", path, body, valueInputOption="RAW").status_code


def test_a_stranger_gets_googles_403_and_finds_no_file(owned: Client) -> None:
    """Recorded: the text of the refusal; documented: Drive finds no file that one may not see."""
    eve = owned.person(_EVE)
    assert (_read(eve), _write(eve)) == (403, 403)
    error = eve.session.get(f"https://sheets.googleapis.com/v4/spreadsheets/{owned.id}").json()["error"]
    assert error == {"code": 403, "message": "The caller does not have permission", "status": "PERMISSION_DENIED"}
    assert eve.session.get(f"{_FILES}/{owned.id}").status_code == 404
    assert eve.session.get(_FILES).json()["files"] == []
    assert eve.refused({"addSheet": {}}, status=403)
    assert _share(eve, emailAddress=_EVE).status_code == 404
    assert eve.session.post(f"{_FILES}/{owned.id}/copy", json={}).status_code == 404


@pytest.mark.parametrize(
    ("role", "whom", "rights"),
    [
        ("reader", {"emailAddress": _ADA}, (200, 403)),
        ("commenter", {"emailAddress": _ADA.upper()}, (200, 403)),
        ("writer", {"emailAddress": _ADA}, (200, 200)),
        ("writer", {"type": "domain", "domain": "example.com"}, (200, 200)),
        ("writer", {"type": "domain", "domain": "elsewhere.com"}, (403, 403)),
        ("reader", {"type": "anyone"}, (200, 403)),
        ("writer", {"type": "anyone"}, (200, 200)),
        ("writer", {"emailAddress": _EVE}, (403, 403)),
    ],
)
def test_a_role_says_what_one_may_do(owned: Client, role: str, whom: Json, rights: tuple[int, int]) -> None:
    assert _share(owned, role, **whom).status_code == 200
    ada = owned.person(_ADA)
    assert (_read(ada), _write(ada)) == rights
    assert (_read(owned), _write(owned)) == (200, 200)


def test_permissions_are_listed_changed_and_taken_back(owned: Client) -> None:
    made = _share(owned, "reader", emailAddress=_ADA).json()
    assert set(made) == {"kind", "id", "type", "role"}
    assert _people(owned) == {_OWNER: "owner", _ADA: "reader"}
    url = f"{_FILES}/{owned.id}/permissions/{made['id']}"
    assert owned.session.patch(url, json={"role": "writer"}).json()["role"] == "writer"
    assert owned.session.get(url, params={"fields": "emailAddress"}).json() == {"emailAddress": _ADA}
    _share(owned, "commenter", emailAddress=_ADA)
    assert _people(owned) == {_OWNER: "owner", _ADA: "commenter"}
    assert owned.session.delete(url).status_code == 204
    assert owned.session.delete(url).status_code == 404
    assert _people(owned) == {_OWNER: "owner"}


def test_ownership_is_handed_over_when_that_is_said(owned: Client) -> None:
    """Documented: `transferOwnership` must be set; the old owner becomes a writer."""
    assert _share(owned, "owner", emailAddress=_ADA).status_code == 403
    body = {"type": "user", "role": "owner", "emailAddress": _ADA}
    url = f"{_FILES}/{owned.id}/permissions"
    assert owned.session.post(url, json=body, params={"transferOwnership": "true"}).status_code == 200
    assert _people(owned) == {_ADA: "owner", _OWNER: "writer"}
    listed = owned.session.get(url).json()["permissions"]
    assert owned.session.delete(f"{url}/{listed[0]['id']}").status_code == 403


@pytest.mark.parametrize(
    "body",
    [{}, {"role": "writer"}, {"type": "user", "role": "king", "emailAddress": _ADA}, {"type": "user", "role": "writer"}, {"type": "domain", "role": "writer"}, {"type": "user", "role": "writer", "emailAddress": 5}, {"type": "user", "role": "writer", "emailAddress": _ADA, "expirationTime": "x"}],
)  # fmt: skip
def test_a_permission_that_says_too_little_is_refused(owned: Client, body: Json) -> None:
    assert owned.session.post(f"{_FILES}/{owned.id}/permissions", json=body).status_code == 400


def test_a_file_that_nobody_in_particular_owns_is_open_until_it_is_shared(client: Client) -> None:
    ada, eve = client.person(_ADA), client.person(_EVE)
    assert (_write(ada), _write(eve)) == (200, 200)
    _share(client, "writer", emailAddress=_ADA)
    assert (_write(ada), _write(eve)) == (200, 403)
    assert _write(client) == 200


def test_what_a_person_makes_is_theirs(emulator: Emulator) -> None:
    ada = Client(emulator, user=_ADA).create()
    assert (_write(ada), _read(ada.person(_EVE)), _write(Client(emulator, ada.id))) == (200, 403, 200)
    other = Client(emulator, user=_EVE).create()
    copy = ada.call(
        "spreadsheets.sheets.copyTo",
        f"/v4/spreadsheets/{ada.id}/sheets/0:copyTo",
        {"destinationSpreadsheetId": other.id},
    )
    assert copy.status_code == 403


def test_rights_survive_a_restart(tmp_path: Any) -> None:
    path = tmp_path / "data.db"
    with Emulator(path, owner=_OWNER) as emulator:
        client = Client(emulator).create()
        _share(client, "reader", emailAddress=_ADA)
    with Emulator(path, owner=_OWNER) as emulator:
        again = Client(emulator, client.id)
        assert _people(again) == {_OWNER: "owner", _ADA: "reader"}
        assert (_read(again.person(_ADA)), _write(again.person(_ADA))) == (200, 403)


def test_the_named_owner_stands_among_the_editors_of_a_protection(owned: Client) -> None:
    """Recorded: the list of editors names the account that calls."""
    owned.batch({"addProtectedRange": {"protectedRange": {"range": {"sheetId": 0}, "editors": {"users": [_ADA]}}}})
    (kept,) = owned.get()["sheets"][0]["protectedRanges"]
    assert kept["editors"]["users"] == [_ADA, _OWNER]


def _service_account(token_uri: str) -> Json:
    """A file as the console gives it, but for the address of the tokens."""
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    key = made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    email = "robot@project.iam.gserviceaccount.com"
    return {"type": "service_account", "client_email": email, "private_key": key.decode(), "token_uri": token_uri}


def test_an_ordinary_service_account_file_works_against_the_server() -> None:
    """RFC 7523, which Google's libraries follow: the account of the file is the person who calls."""
    with Emulator(owner=_OWNER) as emulator, serve(emulator) as server:
        credentials = Credentials.from_service_account_info(  # type: ignore[no-untyped-call] # google-auth has no types
            _service_account(f"{server.url}/token"), scopes=["https://www.googleapis.com/auth/spreadsheets"]
        )
        credentials.refresh(Request(requests.Session()))
        assert credentials.token == "user:robot@project.iam.gserviceaccount.com"
        headers = {"Authorization": f"Bearer {credentials.token}"}
        client = Client(emulator).create()
        url = f"{server.url}/v4/spreadsheets/{client.id}"
        assert requests.get(url, headers=headers, timeout=10).status_code == 403
        _share(client, "writer", emailAddress="robot@project.iam.gserviceaccount.com")
        assert requests.get(url, headers=headers, timeout=10).status_code == 200


@pytest.mark.parametrize(
    ("form", "status", "answer"),
    [
        ({"grant_type": "refresh_token", "refresh_token": "r"}, 200, "access_token"),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": "nonsense"}, 400, "invalid_grant"),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": "a.W10.c"}, 400, "invalid_grant"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({}, 400, "unsupported_grant_type"),
    ],
)
def test_other_grants_are_answered_as_oauth_says(emulator: Emulator, form: Json, status: int, answer: str) -> None:
    found = connect(emulator).post("https://oauth2.googleapis.com/token", data=form)
    assert (found.status_code, answer in found.text) == (status, True)
    assert connect(emulator).get("https://oauth2.googleapis.com/token").status_code == 404


def test_the_server_takes_the_owner_as_an_option() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "sheets_schema.emulator", "--port", "0", "--owner", _OWNER],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        made = requests.post(
            f"{url}/drive/v3/files", json={"name": "x"}, params={"fields": "owners,id"}, timeout=10
        ).json()
        assert made["owners"][0]["emailAddress"] == _OWNER
        eve = {"Authorization": f"Bearer user:{_EVE}"}
        assert requests.get(f"{url}/v4/spreadsheets/{made['id']}", headers=eve, timeout=10).status_code == 403
    finally:
        process.terminate()
        process.communicate(timeout=10)
