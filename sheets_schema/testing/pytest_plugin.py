"""A pytest plugin: the fixture `sheets` is a fresh spreadsheet in a fresh emulator.

Switch it on with `-p sheets_schema.testing.pytest_plugin`, or with `pytest_plugins` in the top `conftest.py`:

    def test_my_code(sheets):
        my_code(session=sheets.session, spreadsheet_id=sheets.id)
        assert sheets.calls.writes == 1
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import requests

from sheets_schema.emulator.api.request_log import RequestLog
from sheets_schema.emulator.emulator import Emulator
from sheets_schema.emulator.faults.fault_queue import FaultQueue
from sheets_schema.emulator.http.adapter import connect
from sheets_schema.testing.sheets_user import SheetsUser


@dataclass(frozen=True, slots=True)
class Sheets:
    """One spreadsheet in an emulator of its own, and a `requests` session that reaches it.

    The session uses Google's addresses.
    """

    emulator: Emulator
    id: str
    session: requests.Session

    @property
    def faults(self) -> FaultQueue:
        """What shall go wrong."""
        return self.emulator.faults

    @property
    def calls(self) -> RequestLog:
        """What has been asked."""
        return self.emulator.calls

    def user(self, email: str) -> SheetsUser:
        """Somebody who has the spreadsheet open."""
        return SheetsUser(self.emulator, self.id, email=email)


@pytest.fixture
def sheets() -> Iterator[Sheets]:
    """Provide a fresh spreadsheet with one tab `Sheet1`, id 0; nothing has been counted yet."""
    with Emulator() as emulator, connect(emulator) as session:
        made = json.loads(emulator.handle("POST", "/v4/spreadsheets").body)["spreadsheetId"]
        emulator.calls.reset()
        yield Sheets(emulator, made, session)
