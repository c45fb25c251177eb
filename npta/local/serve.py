"""`make serve`: the function and its embedded spreadsheet on fixed ports of loopback, until somebody stops it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import requests

from npta.domain.fulfillment import Mode
from npta.local.demo import OPERATOR_KEY, ORDER_KEY, demo_environment
from npta.local.function import running_function
from npta.local.shop.core import LocalShop
from npta.local.shop.server import serve_shop
from npta.local.slack.stand_in import serve_slack
from npta.operations.change_mode import change_mode
from npta.services import make_services
from npta.settings import Settings
from npta.tables import table
from sheets_schema.emulator import Emulator, serve


class Ports(NamedTuple):
    """Where everything listens, on loopback."""

    function: int = 8080
    sheets: int = 8085
    shop: int = 8086
    slack: int = 8087


def run_serve(
    file: Path,
    wait: Callable[[], object],
    say: Callable[[str], None] = print,
    ports: Ports = Ports(),
) -> int:
    """Serve until `wait` returns or is interrupted. The spreadsheet in `file` is made if it is not there."""
    file.parent.mkdir(parents=True, exist_ok=True)
    emulator = Emulator(file)
    shop = LocalShop()
    shop.seed()
    with (
        serve(emulator, "127.0.0.1", ports.sheets) as server,
        serve_shop(shop, port=ports.shop) as shopify,
        serve_slack(port=ports.slack) as slack,
    ):
        environment = demo_environment(file, shop.environment(shopify.url), slack.api_url)
        environment["NPTA_SHEETS_API"] = server.url
        environment["NPTA_SPREADSHEET"] = _spreadsheet(server.url)
        _provision(environment)
        with running_function(environment, ports.function) as origin:
            rows = [
                ("function", origin),
                ("Sheets API", f"{server.url}/v4/spreadsheets/{environment['NPTA_SPREADSHEET']}"),
                ("spreadsheet file", str(file)),
                ("shop", f"{shopify.url}/_state"),
                ("Slack", f"{slack.url}/_state"),
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
