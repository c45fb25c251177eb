"""The order endpoint under load, and killed half-way: what is lost, doubled or late."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import count
from pathlib import Path
from typing import Any

import requests

from benchmarks import ours
from benchmarks.measure import Aim, say, show
from npta.local.function_process import ROOT, free_port, wait_for
from npta.operations.audit import audit_spreadsheet

CALLERS = 64
THREADS = 64
SECONDS = 60.0
KEYS = 4_000
ORDER_KEY = "an-order-key-for-benchmarks"
FIRST = 9_500_000_000
_AT_MOST = 10.0
"""Seconds for 95 of 100 answers."""


@dataclass
class Told:
    """What one caller was told: when, how long it took, with what status (0: no connection)."""

    at: float
    seconds: float
    status: int


@dataclass
class Load:
    """Callers that post orders as fast as they are answered, each order until it has an answer."""

    origin: str
    until: float
    numbers: Iterator[int] = field(default_factory=lambda: count(FIRST))
    told: list[Told] = field(default_factory=list)
    keys: dict[str, list[str]] = field(default_factory=dict)
    waited: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def caller(self) -> None:
        """One caller."""
        session = requests.Session()
        session.trust_env = False
        while time.monotonic() < self.until:
            with self.lock:
                number = next(self.numbers)
            self._until_answered(session, number)

    def _until_answered(self, session: requests.Session, number: int) -> None:
        course = ours.COURSES[number % len(ours.COURSES)]
        lines = [{"line_item_id": "1", "sku": course, "quantity": 1}]
        order = {"order_id": str(number), "email": "ada@example.com", "line_items": lines}
        begun = time.monotonic()
        while True:
            sent = time.monotonic()
            status, body, pause = self._post(session, order)
            with self.lock:
                self.told.append(Told(sent, time.monotonic() - sent, status))
                if status not in (0, 503):
                    self.keys[str(number)] = [each["keycode"] for each in body.get("keys", [])]
                    self.waited.append(time.monotonic() - begun)
                    return
            time.sleep(pause)

    def _post(self, session: requests.Session, order: dict[str, Any]) -> tuple[int, dict[str, Any], float]:
        try:
            answer = session.post(f"{self.origin}/orders", json=order, headers={"X-API-Key": ORDER_KEY}, timeout=40)
        except requests.RequestException:
            return 0, {}, 0.2
        return answer.status_code, answer.json(), float(answer.headers.get("Retry-After", "0"))


def under_load(folder: Path) -> list[Aim]:
    """64 callers for a minute against the function as a process, on Google's pace; killed and started again half-way."""
    file = folder / "under load.db"
    spreadsheet_id = ours.past(file, keys=KEYS, orders=0)
    with _emulator(file) as origin:
        requests.post(f"{origin}/emulator/modes", json={"latency": 1.0, "quota": True}, timeout=10).raise_for_status()
        function = _Function(spreadsheet_id, origin)
        function.start()
        say(f"{CALLERS} callers for {SECONDS:g} s, killed and started again half-way")
        begun = time.monotonic()
        load = Load(function.origin, begun + SECONDS)
        threads = [threading.Thread(target=load.caller) for _ in range(CALLERS)]
        for thread in threads:
            thread.start()
        time.sleep(SECONDS / 2)
        function.kill()
        killed = time.monotonic()
        function.start()
        back = time.monotonic()
        for thread in threads:
            thread.join()
        function.stop()
        requests.post(f"{origin}/emulator/modes", json={"latency": None, "quota": None}, timeout=10).raise_for_status()
        return _report(load, killed, back, ours.services(spreadsheet_id, origin=origin))


def _report(load: Load, killed: float, back: float, service: Any) -> list[Aim]:
    deadline = service.clock.deadline(120)
    held: Counter[str] = Counter()
    wrong = 0

    def look(tx: Any) -> None:
        nonlocal wrong
        for order_id, keys in load.keys.items():
            holdings = tx.state.holdings.get(order_id, ())
            held[order_id] = sum(each.seats for each in holdings)
            wrong += [each.keycode for each in holdings] != keys

    service.spreadsheet.run(look, operation="look", actor="bench", timeout=deadline)
    faults = audit_spreadsheet(service, deadline=deadline)
    lost = sum(held[order_id] < 1 for order_id in load.keys)
    doubled = sum(held[order_id] > 1 for order_id in load.keys)
    answered = [told for told in load.told if told.status == HTTPStatus.OK]
    busy = [told.at for told in load.told if told.status == HTTPStatus.SERVICE_UNAVAILABLE]
    needless = sum(not killed <= at <= back for at in busy)
    first_again = min((told.at + told.seconds for told in answered if told.at > killed), default=0.0) - killed
    seconds = [told.seconds for told in answered]
    rows = [
        ("orders answered", f"{len(load.keys):,}"),
        ("  of them lost (no seat in the ledger)", lost),
        ("  of them doubled (more seats than bought)", doubled),
        ("  answered with other keys than the ledger's", wrong),
        ("faults that the audit finds", len(faults)),
        ("seconds per answer: median, 95 of 100, most", _spread(seconds)),
        (
            "  of those told before the kill",
            _spread([told.seconds for told in answered if told.at + told.seconds < killed]),
        ),
        ("  of those sent after it", _spread([told.seconds for told in answered if told.at > killed])),
        ("seconds per order, with its repeats", _spread(load.waited)),
        ("503 while the process restarts", len(busy) - needless),
        ("503 at other times", needless),
        ("calls without a connection", sum(told.status == 0 for told in load.told)),
        ("other statuses", sum(told.status not in (0, 200, 503) for told in load.told)),
        ("seconds from the kill to /health, to the first order", f"{back - killed:.1f}, {first_again:.1f}"),
    ]
    show(
        f"POST /orders: {CALLERS} callers at once for {SECONDS:g} s, THREADS={THREADS}, Google's latency and quota, killed half-way",
        ("", "figure"),
        rows,
    )
    slow = _of_all(seconds, 0.95)
    return [
        Aim("under load: no order lost, none doubled", f"{lost} lost, {doubled} doubled", not lost and not doubled),
        Aim(f"under load: 95 of 100 answers within {_AT_MOST:g} s", f"{slow:.1f} s", slow <= _AT_MOST),
        Aim("under load: no 503 but while the process restarts", str(needless), not needless),
    ]


def _spread(seconds: list[float]) -> str:
    return ", ".join(f"{_of_all(seconds, part):.1f}" for part in (0.5, 0.95, 1.0))


def _of_all(seconds: list[float], part: float) -> float:
    """Return what so large a part of them does not exceed; infinite where there are none."""
    ordered = sorted(seconds) or [math.inf]
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


@contextmanager
def _emulator(file: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "sheets_schema.emulator", "--port", "0", "--data", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:  # noqa: S603 — this very program
        assert process.stdout is not None
        try:
            yield process.stdout.readline().removeprefix("listening on ").strip()
        finally:
            process.terminate()


class _Function:
    """The function as a process, to be killed and started again on the same port."""

    def __init__(self, spreadsheet_id: str, sheets: str) -> None:
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._environment = {
            "NPTA_SPREADSHEET": spreadsheet_id,
            "NPTA_SHEETS_API": sheets,
            "NPTA_REGION": ours.REGION,
            "NPTA_ORDER_KEYS": ORDER_KEY,
            "NPTA_OPERATOR_KEYS": "an-operator-key-for-benchmarks",
            "THREADS": str(THREADS),
            "PYTHONPATH": str(ROOT),
        }
        self.origin = f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        source = ROOT / "benchmarks" / "on_google.py"
        command = [sys.executable, "-m", "functions_framework", "--source", str(source), "--target", "fulfillment"]
        command += ["--host", "127.0.0.1", "--port", str(self._port)]
        self._process = subprocess.Popen(  # noqa: S603 — this very program
            command,
            env={**os.environ, **self._environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait_for(self.origin, self._process)

    def kill(self) -> None:
        assert self._process is not None
        os.killpg(self._process.pid, 9)
        self._process.wait()

    def stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(40)
