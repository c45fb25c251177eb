"""What a URL names, and which durations fit it."""

from __future__ import annotations

import pytest
from google.oauth2.credentials import Credentials

from sheets_schema import Clock
from sheets_schema.advanced import EMBEDDED, GOOGLE, Timing
from sheets_schema.engine.database_url import connect
from sheets_schema.errors import InvalidDeclarationError

CREDENTIALS = Credentials("t")  # type: ignore[no-untyped-call]  # google-auth is half typed


@pytest.mark.parametrize(
    "url", ["an-id", "https://docs.google.com/spreadsheets/d/an-id/edit#gid=0", "https://docs.google.com/spreadsheets/u/1/d/an-id"]
)  # fmt: skip
def test_a_spreadsheet_of_googles_is_called_with_credentials(url: str) -> None:
    client, timing = connect(url, credentials=CREDENTIALS, clock=Clock())

    assert (client.spreadsheet_id, client.origin, timing) == ("an-id", GOOGLE, Timing())
    assert client._credentials is CREDENTIALS


def test_one_elsewhere_is_called_without() -> None:
    client, timing = connect("http://localhost:8085/spreadsheets/d/an-id", credentials=CREDENTIALS, clock=Clock())

    assert (client.spreadsheet_id, client.origin, timing) == ("an-id", "http://localhost:8085", EMBEDDED)
    assert client._credentials is None


@pytest.mark.parametrize("url", ["", "my sheet", "https://docs.google.com/spreadsheets/d/e/2PACX/pub", "ftp://x/y"])
def test_what_names_no_spreadsheet_is_told(url: str) -> None:
    with pytest.raises(InvalidDeclarationError, match="names no spreadsheet"):
        connect(url, credentials=CREDENTIALS, clock=Clock())


def test_the_embedded_one_is_in_memory_without_a_file() -> None:
    client, timing = connect("sqlite://", clock=Clock())

    assert client.spreadsheet_id
    assert timing == EMBEDDED
