"""The function as a process, under gunicorn as on Cloud Run: slow clients, an orderly end, what is logged, a cold start."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from npta.local.function_process import ROOT, free_port, wait_for
from tests.npta.processes import Site, order_body, site
from tests.support import ENVIRONMENT, ORDER_KEY, catalogue_row

pytestmark = pytest.mark.xdist_group("process")  # They share an emulator in a process of its own.
PATIENCE = 0.5
SOURCE = f"""
import npta.server.worker

npta.server.worker.BODY_SECONDS = {PATIENCE}  # a test has no ten seconds
from main import fulfillment
"""


@contextmanager
def running(folder: Path, environment: dict[str, str]) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The function on a port, what it writes in `folder`/out and `folder`/err."""
    source, port = folder / "patient.py", free_port()
    source.write_text(SOURCE)
    command = [sys.executable, "-m", "functions_framework", "--source", str(source), "--target", "fulfillment"]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "THREADS": "4", "PYTHONPATH": str(ROOT), **ENVIRONMENT, **environment},
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        try:
            wait_for(f"http://127.0.0.1:{port}", process)
            yield process, port
        finally:
            process.terminate()
            process.wait(40)


@pytest.fixture(scope="module")
def place() -> Iterator[Site]:
    with site() as made:
        catalogue = made.sheet.worksheet("NPTA Catalogue")
        catalogue.update([catalogue_row("CPTa", "NASM-CPT-FULL")], "A2", raw=True)
        pasted = [["CANADA", "NASM", "CPT", "combined", "EX-0001", 500]]
        made.sheet.worksheet("Import Keys").update(pasted, "A2", raw=True)
        with made.function() as function:
            assert function.post("/catalogue/sync", {}).json()["published"] == 1
            assert function.post("/keys/import", {}).json()["imported"] == 1
        yield made


def request_head(length: str, key: str = ORDER_KEY) -> bytes:
    lines = ["POST /orders HTTP/1.1", "Host: x", "Content-Type: application/json", f"X-API-Key: {key}", length]
    return "\r\n".join([*lines, "", ""]).encode()


def answer(wire: socket.socket) -> tuple[int, bytes]:
    """One answer: its status, and all of it."""
    wire.settimeout(10)
    told = b""
    while len(told.partition(b"\r\n\r\n")[2]) < int((re.findall(rb"Content-Length: (\d+)", told) or [b"1"])[0]):
        told += wire.recv(65536) or pytest.fail(f"the connection ended: {told!r}")
    return int(told.split()[1]), told


@pytest.mark.parametrize("length", ["Content-Length: 5000", "Transfer-Encoding: chunked"])
def test_a_body_that_drips_in_is_refused_and_holds_nobody_up(tmp_path: Path, place: Site, length: str) -> None:
    with running(tmp_path, place.environment) as (process, port), ExitStack() as stack:
        wires = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(4)]
        for wire in wires:  # as many as there are threads
            wire.sendall(request_head(length) + (b"" if "Length" in length else b"1388\r\n") + b"{")
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            for wire in wires:
                wire.sendall(b" ")
            time.sleep(0.05)

        answers = [answer(wire) for wire in wires]
        assert [status for status, _ in answers] == [408] * 4, answers
        assert requests.get(f"http://127.0.0.1:{port}/health", timeout=10).status_code == 200
        assert process.poll() is None


@pytest.mark.parametrize("length", ["Content-Length: 5000", "Content-Length: 9999999", "Transfer-Encoding: chunked"])
def test_who_is_not_known_is_answered_without_waiting_for_the_body(tmp_path: Path, place: Site, length: str) -> None:
    with running(tmp_path, place.environment) as (_, port), socket.create_connection(("127.0.0.1", port)) as wire:
        wire.sendall(request_head(length, key="wrong"))

        assert answer(wire)[0] == 401


def test_a_body_that_says_it_is_too_large_is_refused_before_it_is_sent(tmp_path: Path, place: Site) -> None:
    with running(tmp_path, place.environment) as (_, port):
        with socket.create_connection(("127.0.0.1", port)) as wire:
            wire.sendall(request_head("Content-Length: 2000000"))
            status, told = answer(wire)
            assert (status, b"application/problem+json" in told) == (413, True)
        sent = requests.post(
            f"http://127.0.0.1:{port}/orders", data=b"[" * 1_500_000, headers={"X-API-Key": ORDER_KEY}, timeout=30
        )
        assert (sent.status_code, sent.json()["status"]) == (413, 413)


@pytest.mark.parametrize(
    ("path", "status"), [("/robots.txt", 404), ("/favicon.ico", 404), ("/orders/1%0A2", 404), ("/nothing%0A", 404)]
)
def test_what_the_framework_would_answer_by_itself_is_answered_by_us(place: Site, path: str, status: int) -> None:
    with place.function() as function:
        told = requests.get(f"{function.origin}{path}", headers={"X-API-Key": ORDER_KEY}, timeout=10)

        assert (told.status_code, told.headers["Content-Type"]) == (status, "application/problem+json")
        assert told.json()["request_id"] == told.headers["X-Request-Id"]


def test_a_client_that_goes_away_in_the_middle_leaves_nothing(tmp_path: Path, place: Site) -> None:
    before = len(place.rows("Orders"))
    with running(tmp_path, place.environment) as (_, port):
        body = json.dumps(order_body("77", ("CPTa", 1))).encode()
        with socket.create_connection(("127.0.0.1", port)) as wire:
            wire.sendall(request_head(f"Content-Length: {len(body)}") + body[:-5])

        assert requests.get(f"http://127.0.0.1:{port}/health", timeout=10).status_code == 200
    assert len(place.rows("Orders")) == before
    assert '"severity": "ERROR"' not in (tmp_path / "err").read_text()


def test_half_a_form_is_no_smaller_order(tmp_path: Path, place: Site) -> None:
    form = b"order_id=78&email=ada@example.com&skus=CPTa&quantities=12"
    head = request_head(f"Content-Length: {len(form)}").replace(
        b"application/json", b"application/x-www-form-urlencoded"
    )
    with running(tmp_path, place.environment) as (_, port):
        with socket.create_connection(("127.0.0.1", port)) as wire:
            wire.sendall(head + form[:-1])
            wire.shutdown(socket.SHUT_WR)

            assert answer(wire)[0] == 400
        with socket.create_connection(("127.0.0.1", port)) as wire:
            wire.sendall(head + form)

            assert b'"keys_count": 12' in answer(wire)[1]


def test_an_orderly_end_answers_what_is_under_way_and_leaves_the_lock_free(tmp_path: Path, place: Site) -> None:
    """Cloud Run sends SIGTERM and waits ten seconds."""
    place.fault(kind="delay", path=":batchUpdate", seconds=0.7, count=3)
    with running(tmp_path, place.environment) as (process, port), ThreadPoolExecutor(4) as callers:

        def send(number: int) -> requests.Response:
            body = order_body(str(5000 + number), ("CPTa", 1))
            headers = {"X-API-Key": ORDER_KEY}
            return requests.post(f"http://127.0.0.1:{port}/orders", json=body, headers=headers, timeout=30)

        before = place.calls()["reads"]
        sent = [callers.submit(send, number) for number in range(4)]
        until = time.monotonic() + 10
        while place.calls()["reads"] == before and time.monotonic() < until:
            time.sleep(0.02)
        assert not any(each.done() for each in sent)
        began = time.monotonic()
        process.terminate()
        answers = [each.result() for each in sent]
        code = process.wait(20)

    assert [each.status_code for each in answers] == [200] * 4, [each.text for each in answers]
    assert code == 0
    assert time.monotonic() - began < 10
    log = place.rows("Commit Log")
    assert [row["version"] for row in log] == list(range(len(log)))
    cell = place.sheet.worksheet("Control").get_values("A1:D4")
    assert "free" in json.dumps(cell), cell
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://127.0.0.1:{port}/health", timeout=2)


def test_what_a_process_writes_is_json_with_one_line_a_request(tmp_path: Path, place: Site) -> None:
    with running(tmp_path, place.environment) as (_, port):
        body = order_body("6001", ("CPTa", 1))
        headers = {"X-API-Key": ORDER_KEY, "X-Request-Id": "r-6001"}
        told = requests.post(f"http://127.0.0.1:{port}/orders", json=body, headers=headers, timeout=30)
        assert told.headers["X-Request-Id"] == "r-6001"

    written = (tmp_path / "out").read_text() + (tmp_path / "err").read_text()
    lines: list[dict[str, Any]] = [json.loads(line) for line in written.splitlines()]
    (order,) = [line for line in lines if line.get("request_id") == "r-6001" and "total_ms" in line]
    assert (order["outcome"], order["order_id"], order["caller"]) == ("fulfilled", "6001", "order key 1")
    assert order["sheets_calls"] >= 1
    for secret in ("EX-0001", ORDER_KEY, "ada@example.com"):
        assert secret not in written


COLD = """
import sys
import functions_framework
app = functions_framework.create_app("fulfillment", sys.argv[1])
before = set(sys.modules)
assert app.test_client().get("/health").status_code == 200
print(len(before), sorted(set(sys.modules) - before))
print([name for name in ("graphql", "sheets_schema.emulator", "npta.local", "pytest") if name in before])
"""


def test_a_cold_start_loads_nothing_that_health_does_not_need() -> None:
    """Measured, not timed here: docs/deployment/deploy.md has the seconds."""
    done = subprocess.run(
        [sys.executable, "-c", COLD, str(ROOT / "main.py")],
        cwd=ROOT,
        env={**os.environ, **ENVIRONMENT},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    counted, heavy = done.stdout.splitlines()[-2:]
    assert int(counted.split()[0]) < 1_200
    assert heavy == "[]"
