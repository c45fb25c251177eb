"""The emulator by itself: a small commit beside a million cells, a large read, the import."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

import requests

from benchmarks.measure import Aim, ms, say, show, wall
from benchmarks.world import in_own_process, served, session_on
from sheets_schema.advanced import GOOGLE
from sheets_schema.emulator import Emulator

_ROWS, _COLUMNS, _AT_ONCE = 100_000, 10, 10_000
_PEAK = 400
"""Megabytes."""


def emulating(folder: Path) -> list[Aim]:
    """Through the adapter, in this process."""
    rows: list[tuple[str, str]] = []
    aims: list[Aim] = []

    def add(what: str, seconds: float, at_most: float) -> None:
        rows.append((what, ms(seconds)))
        aims.append(Aim(f"emulator: {what} ≤ {at_most * 1000:,.0f} ms", ms(seconds), seconds <= at_most))

    for name, data in (("in memory", ":memory:"), ("in a file", str(folder / "million.db"))):
        say(f"a million cells {name}")
        with Emulator(data) as emulator, session_on(emulator) as session:
            url = _million(session)
            figure = wall(lambda: _commit(session, url), times=200)  # noqa: B023 — called at once
            add(f"one-row commit beside 1,000,000 cells, {name}", figure, 0.0005 if data == ":memory:" else 0.005)
            figure = wall(lambda: _read(session, url), times=5)  # noqa: B023 — as above
            add(f"batchGet of {_ROWS:,} × {_COLUMNS} cells, {name}", figure, 0.35 if data == ":memory:" else 1.5)
    aims += _grid_data(folder / "million.db", rows)
    imports = [in_own_process("benchmarks.importing")["seconds"] for _ in range(9)]
    add("import, with Emulator and EmulatorAdapter", statistics.median(imports), 0.2)
    show("The emulator by itself", ("", "median"), rows)
    return aims


def _grid_data(file: Path, rows: list[tuple[str, str]]) -> list[Aim]:
    """Read every cell with its formats from a process that serves the file, and see how much memory that takes it."""
    what = "grid data of 1,000,000 cells, peak of the server"
    say(what)
    with served(file) as place, requests.Session() as session:
        session.trust_env = False
        files = session.get(f"{place.origin}/drive/v3/files", timeout=60).json()["files"]
        url = f"{place.origin}/v4/spreadsheets/{files[0]['id']}"
        with session.get(url, params={"includeGridData": "true"}, stream=True, timeout=600) as answer:
            answer.raise_for_status()
            size = sum(len(chunk) for chunk in answer.iter_content(1 << 20))
        peak = place.peak_megabytes
    if peak is None:
        rows.append((what, "not told by this system"))
        return []
    rows.append((f"{what} ({size / 1e6:,.0f} MB sent)", f"{peak:,.0f} MB"))
    return [Aim(f"emulator: {what} ≤ {_PEAK} MB", f"{peak:,.0f} MB", peak <= _PEAK)]


def _million(session: requests.Session) -> str:
    grid = {"rowCount": _ROWS, "columnCount": _COLUMNS}
    sheet = {"properties": {"sheetId": 1, "title": "Big", "gridProperties": grid}}
    made: dict[str, Any] = session.post(f"{GOOGLE}/v4/spreadsheets", json={"sheets": [sheet]}, timeout=60).json()
    url = f"{GOOGLE}/v4/spreadsheets/{made['spreadsheetId']}"
    for begin in range(0, _ROWS, _AT_ONCE):
        values = [
            [f"row {row} column {column}" for column in range(_COLUMNS)] for row in range(begin, begin + _AT_ONCE)
        ]
        body = {"valueInputOption": "RAW", "data": [{"range": f"Big!A{begin + 1}", "values": values}]}
        session.post(f"{url}/values:batchUpdate", json=body, timeout=60).raise_for_status()
    return url


def _commit(session: requests.Session, url: str) -> None:
    values = [{"userEnteredValue": {"stringValue": f"new {column}"}} for column in range(_COLUMNS)]
    start = {"sheetId": 1, "rowIndex": 50_000, "columnIndex": 0}
    update = {"start": start, "rows": [{"values": values}], "fields": "userEnteredValue"}
    session.post(f"{url}:batchUpdate", json={"requests": [{"updateCells": update}]}, timeout=60).raise_for_status()


def _read(session: requests.Session, url: str) -> None:
    session.get(f"{url}/values:batchGet", params={"ranges": "Big"}, timeout=60).raise_for_status()
