"""`make serve`: the function and its embedded spreadsheet on fixed ports of loopback, until somebody stops it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import requests

from npta.domain.fulfillment import Mode
from npta.local.demo import OPERATOR_KEY, ORDER_KEY, demo_environment
from npta.local.function import running_function
from npta.operations.change_mode import change_mode
from npta.services import make_services
from npta.settings import Settings
from npta.tables import table
from sheets_schema.emulator import Emulator, serve

FUNCTION_PORT = 8080
SHEETS_PORT = 8085


def run_serve(
    file: Path,
    wait: Callable[[], object],
    say: Callable[[str], None] = print,
    *,
    function_port: int = FUNCTION_PORT,
    sheets_port: int = SHEETS_PORT,
) -> int:
    """Serve until `wait` returns or is interrupted. The spreadsheet in `file` is made if it is not there."""
    file.parent.mkdir(parents=True, exist_ok=True)
    emulator = Emulator(file)
    with serve(emulator, "127.0.0.1", sheets_port) as server:
        environment = demo_environment(file) | {"NPTA_SHEETS_API": server.url}
        environment["NPTA_SPREADSHEET"] = _spreadsheet(server.url)
        _provision(environment)
        with running_function(environment, function_port) as origin:
            rows = [
                ("function", origin),
                ("Sheets API", f"{server.url}/v4/spreadsheets/{environment['NPTA_SPREADSHEET']}"),
                ("spreadsheet file", str(file)),
                ("order key", ORDER_KEY),
                ("operator key", OPERATOR_KEY),
            ]
            say(table(["what", "where"], rows))
            say("\n  local only; stop with Ctrl-C")
            try:
                wait()
            except KeyboardInterrupt:
                say("")
    emulator.close()
    return 0


def _spreadsheet(origin: str) -> str:
    files = requests.get(f"{origin}/drive/v3/files", timeout=30).json()["files"]
    if files:
        return str(files[0]["id"])
    made = requests.post(f"{origin}/v4/spreadsheets", json={"properties": {"title": "NPTA"}}, timeout=30)
    return str(made.json()["spreadsheetId"])


def _provision(environment: dict[str, str]) -> None:
    """Set the spreadsheet up; a new one begins in mode LIVE, an old one keeps its mode."""
    services = make_services(Settings.load(environment))
    deadline = services.clock.deadline(60)
    if services.spreadsheet.provision(deadline).first:
        change_mode(services, Mode.LIVE, who="make serve", deadline=deadline)
