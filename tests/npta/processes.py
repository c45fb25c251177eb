"""Real processes that share nothing but the emulator's port: the emulator as a server, the function as it is deployed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gspread
import requests

from npta.local.function_process import ROOT, free_port, start_function, wait_for
from tests.support import ENVIRONMENT, OPERATOR_KEY, ORDER_KEY

PYTHON = sys.executable


@contextmanager
def emulator_server(data: str = ":memory:") -> Iterator[str]:
    """The emulator as a process; gives its origin."""
    command = [PYTHON, "-m", "sheets_schema.emulator", "--host", "127.0.0.1", "--port", "0", "--data", data]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout
        line = process.stdout.readline()
        try:
            assert line.startswith("listening on "), line
            yield line.removeprefix("listening on ").strip()
        finally:
            process.terminate()


@dataclass
class Function:
    """One process of the function. It may be killed and started again on the same port."""

    environment: Mapping[str, str]
    port: int = 0
    source: Path = ROOT / "main.py"
    process: subprocess.Popen[bytes] | None = None
    origin: str = ""

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self.port = self.port or free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.process = start_function(
            {"THREADS": "32", "PYTHONPATH": str(ROOT), **self.environment}, self.port, self.source
        )
        wait_for(self.origin, self.process)

    def kill(self) -> None:
        """`kill -9` of the server and its worker."""
        assert self.process
        os.killpg(self.process.pid, 9)
        self.process.wait()

    def stop(self) -> None:
        """An orderly end."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)

    def post(self, path: str, body: Any, *, key: str = OPERATOR_KEY) -> requests.Response:
        """One call."""
        return requests.post(f"{self.origin}{path}", json=body, headers={"X-API-Key": key}, timeout=40)


@dataclass
class Site:
    """One emulated spreadsheet over HTTP, provisioned in mode LIVE, and how to start functions on it."""

    api: str
    spreadsheet_id: str

    @property
    def environment(self) -> dict[str, str]:
        return {**ENVIRONMENT, "NPTA_SPREADSHEET": self.spreadsheet_id, "NPTA_SHEETS_API": self.api}

    @property
    def sheet(self) -> gspread.Spreadsheet:
        """The spreadsheet in plain gspread, over the port."""
        session = requests.Session()
        session.headers["Authorization"] = "Bearer user:ops@npta.example"

        class OverThePort(gspread.HTTPClient):
            def request(self, method: str, endpoint: str, *args: Any, **more: Any) -> requests.Response:
                return super().request(method, endpoint.replace("https://sheets.googleapis.com", api), *args, **more)

        api = self.api
        client = gspread.Client(auth=None, session=session, http_client=OverThePort)  # type: ignore[arg-type]  # none beside a session
        return client.open_by_key(self.spreadsheet_id)

    def rows(self, tab: str) -> list[dict[str, Any]]:
        """A tab's rows, unformatted, by header."""
        values = self.sheet.worksheet(tab).get_all_values(value_render_option="UNFORMATTED_VALUE")  # type: ignore[arg-type]  # gspread's own enum is a str
        return [dict(zip(values[0], row, strict=False)) for row in values[1:]]

    def fault(self, **fault: Any) -> None:
        """Let something go wrong."""
        requests.post(f"{self.api}/emulator/faults", json=fault, timeout=10).raise_for_status()

    def calls(self) -> dict[str, Any]:
        """What the emulator was asked."""
        answer: dict[str, Any] = requests.get(f"{self.api}/emulator/calls", timeout=10).json()
        return answer

    def function(self, **settings: str) -> AbstractContextManager[Function]:
        """A process of the function, stopped at the end."""
        return self.function_of(ROOT / "main.py", settings)

    @contextmanager
    def function_of(self, source: Path, settings: Mapping[str, str]) -> Iterator[Function]:
        """The same with another entry, which has changed something before."""
        function = Function({**self.environment, **settings}, source=source)
        function.start()
        try:
            yield function
        finally:
            function.stop()


@contextmanager
def site() -> Iterator[Site]:
    """An emulator process with one provisioned spreadsheet."""
    with emulator_server() as api:
        made = requests.post(f"{api}/v4/spreadsheets", json={"properties": {"title": "NPTA"}}, timeout=30).json()
        place = Site(api, made["spreadsheetId"])
        command = [PYTHON, "-m", "npta", "provision", "--mode", "LIVE"]
        subprocess.run(
            command, env={**os.environ, **place.environment}, check=True, cwd=ROOT, stdout=subprocess.DEVNULL
        )
        yield place


def order_body(order_id: str, *lines: tuple[str, int]) -> dict[str, Any]:
    """The body of an order."""
    items = [{"line_item_id": str(place), "sku": sku, "quantity": count} for place, (sku, count) in enumerate(lines, 1)]
    return {"order_id": order_id, "email": "ada@example.com", "customer_name": "Ada Lovelace", "line_items": items}


def until_answered(
    send: Callable[[], requests.Response], *, patience: float = 60.0, pause: float = 0.05
) -> requests.Response:
    """Repeat as told on 503, and when the process is gone; give the first real answer."""
    until = time.monotonic() + patience
    while True:
        try:
            response = send()
            if response.status_code != 503:
                return response
        except requests.RequestException:
            pass
        assert time.monotonic() < until, "no answer in time"
        time.sleep(pause)


def post_order(function: Function, order_id: str, *lines: tuple[str, int]) -> requests.Response:
    """Post an order until it is answered."""
    return until_answered(lambda: function.post("/orders", order_body(order_id, *lines), key=ORDER_KEY))
