"""The little of Drive that spreadsheet clients use."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.sheets_schema.emulator.client import Client
from tests.sheets_schema.emulator.conftest import FakeTime

_FILES = "https://www.googleapis.com/drive/v3/files"


def _list(client: Client, **query: str) -> Any:
    return client.session.get(_FILES, params=query).json()


def _names(client: Client, search: str) -> list[str]:
    return [file["name"] for file in _list(client, q=search)["files"]]


@pytest.fixture
def files(client: Client) -> Client:
    """Three spreadsheets: one untitled, `One`, and `It's two`."""
    for title in ("One", "It's two"):
        client.session.post(_FILES, json={"name": title, "mimeType": "application/vnd.google-apps.spreadsheet"})
    return client


@pytest.mark.parametrize(
    ("search", "names"),
    [
        ("", ["Untitled spreadsheet", "One", "It's two"]),
        ("name = 'One'", ["One"]),
        ('name = "One"', ["One"]),
        (r"name = 'It\'s two'", ["It's two"]),
        ("name != 'One' and trashed = false", ["Untitled spreadsheet", "It's two"]),
        ("name contains 'T'", ["Untitled spreadsheet", "It's two"]),
        ("mimeType='application/vnd.google-apps.spreadsheet' and name='One'", ["One"]),
        ("mimeType = 'text/plain'", []),
        ("trashed = true", []),
        ("(name = 'One' or name = \"It's two\") and not (trashed = true)", ["One", "It's two"]),
        ("name = 'One' or mimeType = 'x' and name = 'nobody'", ["One"]),
        ("not name contains 'o'", ["Untitled spreadsheet"]),
        ("'owner@emulator.example' in owners", ["Untitled spreadsheet", "One", "It's two"]),
        ("'root' in parents and parents in 'root'", ["Untitled spreadsheet", "One", "It's two"]),
        ("modifiedTime > '2020-01-01T00:00:00'", []),
        ("createdTime <= '1970-01-12T13:46:40Z' and starred = false", ["Untitled spreadsheet", "One", "It's two"]),
        ("sharedWithMe", []),
        ("fullText contains 'one' and sharedWithMe = false", ["One"]),
    ],
)
def test_files_are_found_by_the_searches_that_clients_send(files: Client, search: str, names: list[str]) -> None:
    assert _names(files, search) == names


@pytest.mark.parametrize(
    "search",
    [
        "'x' in colours",
        "name = 'a' or",
        "(name = 'a'",
        "name > 'a'",
        "size = 5",
        "nonsense",
        "name = 'a')",
        "name = 'a' name = 'b'",
        "(" * 60,
    ],
)
def test_another_search_is_refused_by_name(files: Client, search: str) -> None:
    response = files.session.get(_FILES, params={"q": search})
    assert response.status_code == 400
    assert search in response.json()["error"]["message"]


def test_long_lists_come_in_pages(files: Client) -> None:
    first = _list(files, pageSize="2")
    assert len(first["files"]) == 2
    second = _list(files, pageSize="2", pageToken=first["nextPageToken"])
    assert len(second["files"]) == 1
    assert "nextPageToken" not in second


def test_a_file_shows_the_fields_that_are_asked_for(client: Client, time: FakeTime) -> None:
    url = f"{_FILES}/{client.id}"
    assert set(client.session.get(url).json()) == {"kind", "id", "name", "mimeType"}
    created = client.session.get(url, params={"fields": "createdTime,modifiedTime,version"}).json()
    assert created["createdTime"] == created["modifiedTime"] == "1970-01-12T13:46:40.000Z"
    time.now += 60
    client.put("A1", [["x"]])
    later = client.session.get(url, params={"fields": "modifiedTime"}).json()
    assert later == {"modifiedTime": "1970-01-12T13:47:40.000Z"}
    assert set(client.session.get(url, params={"fields": "*"}).json()) > {"owners", "webViewLink"}
    assert client.session.get(url, params={"fields": "joe"}).status_code == 400


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": "x", "parents": ["f"]}, 404),
        ({"name": "x", "parents": "f"}, 400),
        ({"name": "x", "colour": "f"}, 400),
        ({"mimeType": "text/plain"}, 400),
        ({"name": 5}, 400),
        ([1], 400),
        ({}, 200),
    ],
)
def test_only_plain_spreadsheets_can_be_created(client: Client, body: Any, status: int) -> None:
    assert client.session.post(_FILES, json=body).status_code == status


@pytest.mark.parametrize("call", [("GET", ""), ("DELETE", ""), ("POST", "/copy"), ("GET", "/export?mimeType=text/csv")])
def test_a_file_that_does_not_exist_is_not_found(client: Client, call: tuple[str, str]) -> None:
    response: requests.Response = client.session.request(call[0], f"{_FILES}/nobody{call[1]}")
    assert (response.status_code, response.json()["error"]["message"]) == (404, "File not found: nobody.")


def test_an_export_in_another_format_is_refused(client: Client) -> None:
    response = client.session.get(f"{_FILES}/{client.id}/export", params={"mimeType": "application/pdf"})
    assert response.status_code == 400


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("text/csv", b'"a,b",1.5\r\n,\r\n"""q""",'),
        ("text/tab-separated-values", b'a,b\t1.5\r\n\t\r\n"q"\t'),
    ],
)
def test_an_export_ends_without_a_line_end(client: Client, kind: str, content: bytes) -> None:
    """Recorded by users of the export: lines end with CR LF, and the last one with nothing."""
    client.put("A1", [["a,b", 1.5], [], ['"q"']])
    response = client.session.get(f"{_FILES}/{client.id}/export", params={"mimeType": kind})
    assert (response.content, response.headers["Content-Type"]) == (content, f"{kind}; charset=utf-8")


def test_files_come_in_the_order_asked_for(files: Client) -> None:
    names = [file["name"] for file in _list(files, orderBy="name desc")["files"]]
    assert names == ["Untitled spreadsheet", "One", "It's two"]
    assert files.session.get(_FILES, params={"orderBy": "colour"}).status_code == 400


def _post(client: Client, **body: Any) -> str:
    made: str = client.session.post(_FILES, json=body).json()["id"]
    return made


_FOLDER = "application/vnd.google-apps.folder"


def test_folders_hold_files_and_go_with_them(client: Client) -> None:
    """Documented: a file has one parent; deleting a folder deletes its descendants."""
    outer = _post(client, name="Outer", mimeType=_FOLDER)
    inner = _post(client, name="Inner", mimeType=_FOLDER, parents=[outer])
    sheet = _post(client, name="Sheet", parents=[inner])
    assert _names(client, f"'{inner}' in parents") == ["Sheet"]
    assert _names(client, f"mimeType = '{_FOLDER}' and '{outer}' in parents") == ["Inner"]
    url = f"{_FILES}/{sheet}"
    assert client.session.get(url, params={"fields": "parents"}).json() == {"parents": [inner]}
    moved = client.session.patch(
        url, params={"addParents": outer, "removeParents": inner, "fields": "parents,name"}, json={"name": "New"}
    )
    assert moved.json() == {"parents": [outer], "name": "New"}
    assert client.session.patch(url, params={"addParents": "nowhere"}, json={}).status_code == 404
    assert client.session.patch(url, json={"parents": [outer]}).status_code == 403
    assert client.session.get(f"https://sheets.googleapis.com/v4/spreadsheets/{outer}").status_code == 400
    assert client.session.post(f"{_FILES}/{outer}/copy", json={}).status_code == 403
    assert client.session.delete(f"{_FILES}/{outer}").status_code == 204
    assert [file["id"] for file in _list(client)["files"]] == [client.id]


def test_a_file_goes_to_the_bin_and_comes_back(client: Client) -> None:
    url = f"{_FILES}/{client.id}"
    client.session.patch(url, json={"trashed": True, "starred": True, "description": "d"})
    assert _names(client, "trashed = true and starred = true") == ["Untitled spreadsheet"]
    assert _names(client, "trashed = false") == []
    client.session.patch(url, json={"trashed": False})
    shown = client.session.get(url, params={"fields": "trashed,description"}).json()
    assert shown == {"trashed": False, "description": "d"}


def test_comments_are_none(client: Client) -> None:
    answer = client.session.get(f"{_FILES}/{client.id}/comments", params={"fields": "comments/content,nextPageToken"})
    assert answer.json() == {"comments": []}
    assert client.session.post(f"{_FILES}/{client.id}/comments", json={"content": "x"}).status_code == 404
