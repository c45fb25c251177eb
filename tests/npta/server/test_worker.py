"""The worker as a process, under functions-framework, with limits that a test can wait for and a function that echoes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from npta.local.function_process import ROOT, free_port, wait_for

pytestmark = pytest.mark.xdist_group("worker")
SOURCE = """
import logging
import time

import functions_framework
from flask import Response

import npta.server.worker as worker
from npta.log import configure
from npta.server import serve_patiently
from npta.web.request_body import HEAD_ONLY

serve_patiently()
worker.HEAD_SECONDS = worker.BODY_SECONDS = worker.SEND_SECONDS = worker.KEEP_ALIVE = 1.0
worker.END_SECONDS = 0.5
worker.MAX_CONNECTIONS = 20
worker.MAX_BYTES = 3_000_000
seen = []


@functions_framework.http
def echo(request):
    configure()
    if request.path == "/seen":
        return " ".join(seen)
    if request.path == "/stranger":
        return "who?", 401
    if request.path == "/long":
        return "x" * 30_000_000
    if request.path == "/health":
        return "ok"
    if request.environ.get(HEAD_ONLY):
        return Response(status=100)
    if request.path == "/slow":
        time.sleep(0.6)
    if request.path == "/broken":
        raise SystemExit("broken")
    body = request.get_data()
    seen.append(request.path)
    return Response(f"{request.method} {request.path} {len(body)}", headers={"X-Sent": request.headers.get("X-Sent", "")})
"""


@contextmanager
def serving(folder: Path, threads: int = 4) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    source, port = folder / "echo.py", free_port()
    source.write_text(SOURCE)
    command = [sys.executable, "-m", "functions_framework", "--source", str(source), "--target", "echo"]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    environment = {**os.environ, "THREADS": str(threads), "PYTHONPATH": str(ROOT)}
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=err, start_new_session=True)
        try:
            wait_for(f"http://127.0.0.1:{port}", process)
            yield process, port
        finally:
            process.terminate()
            process.wait(40)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("worker")


@pytest.fixture(scope="module")
def port(folder: Path) -> Iterator[int]:
    with serving(folder) as (_, port):
        yield port


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
        yield wire


def read_until(wire: socket.socket, end: bytes) -> bytes:
    """What comes up to and with `end`."""
    told = b""
    while not told.endswith(end):
        told += wire.recv(1) or pytest.fail(f"the connection ended: {told!r}")
    return told


def answer(wire: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """One answer, and nothing of the next."""
    first, *lines = read_until(wire, b"\r\n\r\n").decode().strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = b""
    while len(body) < int(headers.get("content-length", "0")):
        body += wire.recv(int(headers["content-length"]) - len(body))
    return int(first.split()[1]), headers, body


def ends(wire: socket.socket) -> bool:
    """Whether the server has closed the connection, or does within the time-out."""
    try:
        return wire.recv(1) == b""
    except ConnectionResetError:
        return True


def post(path: str, body: bytes = b"", *headers: str, length: int | None = None) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: x", f"Content-Length: {len(body) if length is None else length}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


GET = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"


class TestHonestClients:
    def test_requests_one_after_another_on_one_connection(self, port: int) -> None:
        with connected(port) as wire:
            for length in (0, 5, 300_000, 0):
                wire.sendall(post("/a", b"x" * length))
                assert answer(wire)[2] == f"POST /a {length}".encode()

    def test_requests_that_come_in_one_piece_are_answered_in_their_order(self, port: int) -> None:
        with connected(port) as wire:
            wire.sendall(b"".join(post(f"/{number}", b"x" * number) for number in range(30)) + GET)

            assert [answer(wire)[2] for _ in range(30)] == [f"POST /{n} {n}".encode() for n in range(30)]
            assert answer(wire)[2] == b"ok"

    def test_a_request_that_comes_byte_by_byte(self, port: int) -> None:
        with connected(port) as wire:
            for byte in post("/bytes", b"body"):
                wire.send(bytes([byte]))

            assert answer(wire)[2] == b"POST /bytes 4"

    def test_a_body_in_chunks_and_a_request_behind_it(self, port: int) -> None:
        head = b"POST /chunks HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        with connected(port) as wire:
            wire.sendall(head + b"5\r\nhello\r\n")
            time.sleep(0.3)  # the application is asked meanwhile, and wants the body
            wire.sendall(b"3;a=b\r\n, y\r\n0\r\nX-Sum: 1\r\n\r\n" + GET)

            assert answer(wire)[2] == b"POST /chunks 8"
            assert answer(wire)[2] == b"ok"

    def test_a_body_that_is_late_is_waited_for_and_the_work_is_done_once(self, port: int) -> None:
        with connected(port) as wire:
            wire.sendall(post("/late", length=4))
            time.sleep(0.5)
            wire.sendall(b"body")

            assert answer(wire)[2] == b"POST /late 4"
            wire.sendall(GET.replace(b"/health", b"/seen"))
            assert answer(wire)[2].split().count(b"/late") == 1

    def test_who_waits_for_100_continue_gets_it_at_once(self, port: int) -> None:
        with connected(port) as wire:
            wire.sendall(post("/expects", b"", "Expect: 100-continue", length=4))
            assert read_until(wire, b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            wire.sendall(b"body")

            assert answer(wire)[2] == b"POST /expects 4"

    def test_who_is_refused_need_not_send_the_body(self, port: int) -> None:
        for headers in (["Expect: 100-continue"], []):
            with connected(port) as wire:
                wire.sendall(post("/stranger", b"", *headers, length=4_000_000))

                status, told, _ = answer(wire)
                assert (status, told["connection"]) == (401, "close")
                assert ends(wire)

    def test_who_sends_it_nevertheless_reads_the_answer(self, port: int) -> None:
        with connected(port) as wire:
            wire.sendall(post("/stranger", b"x" * 4_000_000))

            assert answer(wire)[0] == 401

    def test_an_old_client(self, port: int) -> None:
        with connected(port) as wire:
            wire.sendall(b"GET /health HTTP/1.0\r\n\r\n")

            assert answer(wire)[2] == b"ok"
            assert ends(wire)

    def test_only_the_head_is_wanted(self, port: int) -> None:
        with connected(port) as wire:
            wire.sendall(GET.replace(b"GET", b"HEAD"))
            assert read_until(wire, b"\r\n\r\n").startswith(b"HTTP/1.1 200")
            wire.sendall(GET)

            assert answer(wire)[2] == b"ok"

    def test_half_a_body_and_an_end_is_half_a_body(self, port: int) -> None:
        with connected(port) as wire:
            wire.sendall(post("/half", b"xx", length=4))
            wire.shutdown(socket.SHUT_WR)

            assert answer(wire)[2] == b"POST /half 2"
            assert ends(wire)

    def test_a_long_answer_is_read_in_peace(self, port: int) -> None:
        with connected(port) as wire:
            wire.sendall(GET.replace(b"/health", b"/long"))

            assert len(answer(wire)[2]) == 30_000_000


class TestPatience:
    @pytest.mark.parametrize(
        "sent", [b"GET /hea", GET[:-2], post("/orders", b"x", length=5)], ids=["line", "head", "body"]
    )
    def test_what_does_not_come_in_whole_is_told_so(self, port: int, sent: bytes) -> None:
        with connected(port) as wire:
            wire.sendall(sent)

            status, headers, body = answer(wire)
            assert (status, headers["connection"], headers["content-type"]) == (
                408,
                "close",
                "application/problem+json",
            )
            assert json.loads(body)["request_id"] == headers["x-request-id"]
            assert ends(wire)

    @pytest.mark.parametrize("before", [b"", GET], ids=["at once", "after a request"])
    def test_one_that_drips_has_no_more_time(self, port: int, before: bytes) -> None:
        with connected(port) as wire:
            wire.sendall(before)
            if before:
                answer(wire)
            wire.sendall(b"GET /health HTTP/1.1\r\nX-A: ")
            wire.settimeout(0.1)
            until, told = time.monotonic() + 5, b""
            while not told and time.monotonic() < until:
                wire.sendall(b"a")
                try:
                    told = wire.recv(100)
                except TimeoutError:
                    continue

        assert told.startswith(b"HTTP/1.1 408")

    @pytest.mark.parametrize("before", [b"", GET], ids=["at once", "after a request"])
    def test_one_that_says_nothing_is_let_go_without_a_word(self, port: int, before: bytes) -> None:
        with connected(port) as wire:
            if before:
                wire.sendall(before)
                answer(wire)

            assert ends(wire)

    def test_an_answer_that_nobody_reads_is_given_up(self, port: int) -> None:
        with connected(port) as wire:
            wire.sendall(GET.replace(b"/health", b"/long"))
            time.sleep(2)
            got = 0
            while data := wire.recv(1_000_000):
                got += len(data)

        assert got < 30_000_000


class TestRefusals:
    @pytest.mark.parametrize(
        ("sent", "status"),
        [
            (b"nonsense\r\n\r\n", 400),
            (b"GET / HTTP/3.0\r\nHost: x\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\nHost: x\r\nX-A : 1\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-A: 1\r\n" * 200 + b"\r\n", 431),
            (b"GET / HTTP/1.1\r\nHost: x\r\nX-A: " + b"1" * 9_000 + b"\r\n\r\n", 431),
            (b"GET /" + b"a" * 9_000, 414),
            (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 2\r\n\r\n", 400),
            (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
            (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
            (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked, gzip\r\n\r\n", 400),
            (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: odd\r\n\r\n", 501),
            (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
            (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc\r\n0\r\n\r\n", 400),
            (b"POST / HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\nContent-Length: 1\r\n\r\n", 417),
            (b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n200000\r\n", 413),
            (GET + b"nonsense\r\n\r\n", 200),
        ],
    )
    def test_what_is_no_request_is_refused_and_ends_the_connection(self, port: int, sent: bytes, status: int) -> None:
        with connected(port) as wire:
            wire.sendall(sent)

            found, headers, body = answer(wire)
            if found == 200:  # the good one before
                found, headers, body = answer(wire)
                status = 400
            assert (found, headers["connection"], json.loads(body)["status"]) == (status, "close", status)
            assert ends(wire)

    def test_the_request_s_id_is_echoed_and_logged(self, port: int, folder: Path) -> None:
        with connected(port) as wire:
            wire.sendall(post("/a", b"x", "X-Request-Id: r-408", length=5))

            assert answer(wire)[1]["x-request-id"] == "r-408"
        lines = [json.loads(line) for line in (folder / "out").read_text().splitlines() if line.startswith("{")]
        (line,) = [line for line in lines if line.get("request_id") == "r-408"]
        assert (line["status"], line["outcome"], line["severity"]) == (408, "request timeout", "INFO")

    def test_whatever_ends_a_thread_the_client_is_answered(self, port: int) -> None:
        with connected(port) as wire:
            wire.sendall(GET.replace(b"/health", b"/broken"))

            assert answer(wire)[0] == 500


class TestRoom:
    def test_who_comes_last_pushes_out_who_has_waited_longest(self, port: int) -> None:
        with ExitStack() as stack:
            served = stack.enter_context(connected(port))
            served.sendall(GET)
            answer(served)
            first = stack.enter_context(connected(port))
            wires = [stack.enter_context(connected(port)) for _ in range(18)]
            wires.append(stack.enter_context(connected(port)))
            first.settimeout(0.5)
            assert ends(first)

            for wire in (served, *wires):  # each of them is still listened to
                wire.sendall(GET)
                assert answer(wire)[2] == b"ok"

    def test_the_largest_are_turned_away_where_memory_ends(self, port: int) -> None:
        with ExitStack() as stack:
            wires = [stack.enter_context(connected(port)) for _ in range(4)]
            for place, wire in enumerate(wires):
                wire.sendall(post("/large", b"x" * (700_000 + place), length=900_000))
            small = stack.enter_context(connected(port))
            small.sendall(post("/small", b"x" * 10))
            assert answer(small)[2] == b"POST /small 10"
            for wire in wires:
                wire.sendall(b"x" * 150_000)

            statuses = sorted(answer(wire)[0] for wire in wires)
        assert statuses[-1] == 503
        assert set(statuses) <= {408, 503}


class TestTheEnd:
    def test_sigterm_answers_what_is_under_way_and_lets_the_idle_go(self, tmp_path: Path) -> None:
        with serving(tmp_path) as (process, port), ExitStack() as stack:
            idle, silent, half, busy = (stack.enter_context(connected(port)) for _ in range(4))
            idle.sendall(GET)
            answer(idle)
            half.sendall(GET[:-2])
            busy.sendall(post("/slow", b"x"))
            time.sleep(0.2)
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)

            assert answer(busy)[0] == 200
            assert process.wait(10) == 0
            assert time.monotonic() - began < 8
            assert ends(silent)

    def test_a_request_that_was_just_coming_in_is_answered(self, tmp_path: Path) -> None:
        with serving(tmp_path) as (process, port), connected(port) as wire:
            wire.sendall(GET[:-2])
            time.sleep(0.2)
            process.send_signal(signal.SIGTERM)
            time.sleep(0.2)
            wire.sendall(b"\r\n")

            status, headers, _ = answer(wire)
            assert (status, headers["connection"]) == (200, "close")
            assert process.wait(10) == 0

    def test_without_its_master_it_ends(self, tmp_path: Path) -> None:
        with serving(tmp_path) as (process, port), connected(port) as wire:
            wire.sendall(GET)
            answer(wire)
            process.kill()

            assert ends(wire)
