"""The embedded spreadsheet: the emulator in this process, behind the same client."""

from __future__ import annotations

from pathlib import Path

from sheets_schema.clock import Clock
from sheets_schema.emulator import Emulator, connect
from sheets_schema.engine.client import GOOGLE, Client
from sheets_schema.engine.request_stats import RequestHook

_FILES = "https://www.googleapis.com/drive/v3/files"


def open_embedded(
    data: str | Path = ":memory:", *, clock: Clock | None = None, on_call: RequestHook | None = None
) -> Client:
    """Return a client for the first spreadsheet in the file `data`, made there if it has none.

    In memory without a file. Use it with `timing=EMBEDDED`: nothing has to be confirmed there.
    """
    if str(data) != ":memory:":
        Path(data).parent.mkdir(parents=True, exist_ok=True)
    session = connect(Emulator(data))
    files = session.get(_FILES, timeout=30).json()["files"]
    if files:
        return Client(str(files[0]["id"]), session=session, clock=clock, on_call=on_call)
    made = session.post(f"{GOOGLE}/v4/spreadsheets", json={}, timeout=30).json()
    return Client(str(made["spreadsheetId"]), session=session, clock=clock, on_call=on_call)
