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
    ],
)
def test_files_are_found_by_the_searches_that_clients_send(files: Client, search: str, names: list[str]) -> None:
    assert _names(files, search) == names


@pytest.mark.parametrize("search", ["'x' in parents", "name = 'a' or name = 'b'", "modifiedTime > '2020'", "nonsense"])
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
        ({"name": "x", "parents": ["f"]}, 400),
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
