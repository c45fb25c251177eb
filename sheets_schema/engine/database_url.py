"""Open the spreadsheet that a URL names: Google's, one on an emulator's server, or embedded."""

from __future__ import annotations

import re

from google.auth.credentials import Credentials

from sheets_schema.clock import EMBEDDED, Clock, Timing
from sheets_schema.engine.client import Client, google_credentials
from sheets_schema.engine.request_stats import RequestHook
from sheets_schema.errors import InvalidDeclarationError

_EMBEDDED_URL = re.compile(r"sqlite://(?:/(?P<file>.+))?")
_SHEET_URL = re.compile(r"(?P<origin>https?://.+?)/spreadsheets(?:/u/\d+)?/d/(?!e/)(?P<id>[\w-]+)(?:[/?#].*)?")
_SHEET_ID = re.compile(r"[\w-]+")
_GOOGLE_DOCS = "https://docs.google.com"


def connect(
    url: str, *, credentials: Credentials | None = None, on_call: RequestHook | None = None, clock: Clock
) -> tuple[Client, Timing]:
    """Return a client for what a URL names, and the durations that fit it.

    Google's credentials go to Google only. Raises `InvalidDeclarationError` for a URL that names no spreadsheet,
    `PermissionDeniedError` if there are no credentials.
    """
    if embedded := _EMBEDDED_URL.fullmatch(url):
        # Imported here, so that the emulator costs nothing where Google's spreadsheets are used.
        from sheets_schema.engine.embedded_spreadsheet import open_embedded  # noqa: PLC0415

        return open_embedded(embedded["file"] or ":memory:", clock=clock, on_call=on_call), EMBEDDED
    sheet = _SHEET_URL.fullmatch(url)
    if sheet and sheet["origin"] != _GOOGLE_DOCS:
        return Client(sheet["id"], origin=sheet["origin"], clock=clock, on_call=on_call), EMBEDDED
    if not sheet and not _SHEET_ID.fullmatch(url):
        raise InvalidDeclarationError(
            f"{url!r} names no spreadsheet. Give a URL as the browser shows it (https://docs.google.com/spreadsheets/d/…), the id "
            "in it, or sqlite:///path for the embedded spreadsheet."
        )
    google = credentials or google_credentials()
    return Client(sheet["id"] if sheet else url, credentials=google, clock=clock, on_call=on_call), Timing()
