"""Whom a server on a developer's machine answers: its programs, and no page of another site."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator

import pytest

from sheets_schema.emulator import Emulator, serve
from sheets_schema.emulator.http.loopback import stranger
from sheets_schema.emulator.http.server import Server

HERE = "127.0.0.1"


@pytest.mark.parametrize(
    "host",
    [
        None,
        "127.0.0.1",
        "127.0.0.1:8085",
        "localhost",
        "LOCALHOST:8085",
        "[::1]",
        "[::1]:8085",
        "127.1.2.3:1",
        " localhost ",
    ],
)
def test_this_machine_has_several_names(host: str | None) -> None:
    assert stranger(listens_on=HERE, host=host, origin=None, site=None) == ""


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8085", "localhost.evil.example", "127.0.0.1.evil.example", "127.0.0.1@evil.example", "192.168.1.7:8085",
     "0.0.0.0", "", "localhost:8085:1", "127.0.0.1, evil.example", "2130706433", "[::2]:8085", "localhost.", "evil.localhost"],
)  # fmt: skip
@pytest.mark.parametrize("listens_on", ["127.0.0.1", "::1", "localhost"])
def test_another_name_that_points_here_is_refused(listens_on: str, host: str) -> None:
    """DNS rebinding: to the browser the page that asks and the server are then one site."""
    assert "127.0.0.1" in stranger(listens_on=listens_on, host=host, origin=f"http://{host}", site="same-origin")


def test_who_listens_on_another_address_on_purpose_has_another_name() -> None:
    assert stranger(listens_on="0.0.0.0", host="emulator:8085", origin=None, site=None) == ""
    assert stranger(listens_on="0.0.0.0", host="emulator:8085", origin="http://evil.example", site=None)


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "",
        "http://127.0.0.1:3000",
        "http://localhost:8085",
        "file://",
        "http://127.0.0.1:8085.evil.example",
    ],
)
def test_a_page_of_another_site_is_refused(origin: str) -> None:
    assert "another site" in stranger(listens_on=HERE, host="127.0.0.1:8085", origin=origin, site=None)


@pytest.mark.parametrize(
    ("site", "is_stranger"),
    [("cross-site", True), ("same-site", True), ("Cross-Site", True), ("none", False), ("same-origin", False)],
)
def test_what_the_browser_says_of_the_sites_counts(site: str, is_stranger: bool) -> None:
    assert bool(stranger(listens_on=HERE, host="127.0.0.1:8085", origin=None, site=site)) is is_stranger


def test_a_page_of_its_own_may_call() -> None:
    assert stranger(listens_on=HERE, host="127.0.0.1:8085", origin="http://127.0.0.1:8085", site="same-origin") == ""


@pytest.fixture(scope="module")
def server() -> Iterator[Server[Emulator]]:
    with Emulator() as emulator, serve(emulator) as running:
        yield running


def ask(server: Server[Emulator], method: str, path: str, body: str = "", **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(HERE, server.port, timeout=10)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body or None, {"Host": f"{HERE}:{server.port}", **named})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v4/spreadsheets"),
        ("GET", "/drive/v3/files"),
        ("POST", "/emulator/faults"),
        ("GET", "/emulator/calls"),
        ("OPTIONS", "/v4/spreadsheets"),
    ],
)
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Origin": "https://evil.example", "Content_Type": "text/plain"},
    ],
    ids=["rebinding", "a page", "a sandboxed page", "no cors", "text/plain"],
)
def test_the_emulator_does_nothing_for_a_stranger(
    server: Server[Emulator], method: str, path: str, headers: dict[str, str]
) -> None:
    before = ask(server, "GET", "/drive/v3/files")

    status, body = ask(server, method, path, "{}" if method == "POST" else "", **headers)

    assert (status, json.loads(body)["error"]["status"]) == (403, "PERMISSION_DENIED")
    assert ask(server, "GET", "/drive/v3/files") == before


def test_a_program_needs_no_such_header(server: Server[Emulator]) -> None:
    assert ask(server, "POST", "/v4/spreadsheets", "{}")[0] == 200
    assert ask(server, "POST", "/v4/spreadsheets", "{}", Host="localhost")[0] == 200
