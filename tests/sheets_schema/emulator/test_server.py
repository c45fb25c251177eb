"""The server: one line when ready, keep-alive without stalls, a clean end, faults over HTTP."""

from __future__ import annotations

import contextlib
import http.client
import signal
import socket
import statistics
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from sheets_schema.emulator import Emulator, Server, serve
from tests.sheets_schema.emulator.client import write


@pytest.fixture
def server() -> Iterator[Server[Emulator]]:
    with Emulator() as emulator, serve(emulator) as running:
        yield running


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as made:
        yield made


@contextlib.contextmanager
def _process(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "sheets_schema.emulator", "--port", "0", *arguments]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=Path.cwd()
    ) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline()
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_prints_one_line_when_ready_and_ends_cleanly(number: signal.Signals, session: requests.Session) -> None:
    with _process() as (process, line):
        assert line.startswith("listening on http://127.0.0.1:")
        url = line.split()[-1]
        made = session.post(f"{url}/v4/spreadsheets", json={"properties": {"title": "T"}}, timeout=5)
        assert made.json()["properties"]["title"] == "T"
        process.send_signal(number)
        output, errors = process.communicate(timeout=5)
        assert (process.returncode, output, errors) == (0, "", "")


def test_an_answered_batch_survives_a_kill_of_the_server(tmp_path: Path, session: requests.Session) -> None:
    data = str(tmp_path / "data.db")
    with _process("--data", data) as (process, line):
        url = line.split()[-1]
        made = session.post(f"{url}/v4/spreadsheets", json={}, timeout=5).json()["spreadsheetId"]
        sent = session.post(
            f"{url}/v4/spreadsheets/{made}:batchUpdate", json={"requests": [write(0, 0, ["x"])]}, timeout=5
        )
        assert sent.status_code == 200
        process.kill()
    with _process("--data", data) as (_, line), requests.Session() as again:
        assert again.get(f"{line.split()[-1]}/v4/spreadsheets/{made}/values/A1", timeout=5).json()["values"] == [["x"]]


def test_a_port_in_use_or_a_bad_file_is_an_error_without_a_traceback(server: Server[Emulator], tmp_path: Path) -> None:
    for arguments in (["--port", str(server.port)], ["--data", str(tmp_path / "nowhere" / "x.db")]):
        command = [sys.executable, "-m", "sheets_schema.emulator", "--port", "0", *arguments]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
        assert ended.returncode == 1
        assert ended.stdout == ""
        assert len(ended.stderr.splitlines()) == 1


def test_small_requests_on_one_connection_do_not_wait_for_acknowledgements(
    server: Server[Emulator], session: requests.Session
) -> None:
    made = session.post(f"{server.url}/v4/spreadsheets", json={}, timeout=5).json()["spreadsheetId"]
    taken = []
    for number in range(50):
        start = time.perf_counter()
        body = {"requests": [write(number, 0, ["x"])]}
        session.post(f"{server.url}/v4/spreadsheets/{made}:batchUpdate", json=body, timeout=5).raise_for_status()
        taken.append(time.perf_counter() - start)
    assert statistics.median(taken) < 0.02


def test_one_connection_serves_many_requests(server: Server[Emulator]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    connection.request("GET", "/emulator/calls")
    connection.getresponse().read()
    used = connection.sock
    for path in ("/nowhere", "/emulator/calls", "/v4/spreadsheets/none"):
        connection.request("GET", path)
        answer = connection.getresponse()
        assert answer.version == 11
        answer.read()
        assert connection.sock is used
    connection.close()


def test_threads_are_served_side_by_side(session: requests.Session) -> None:
    gate = threading.Event()
    with Emulator(sleep=lambda _: gate.wait(10)) as emulator, serve(emulator) as server:
        emulator.faults.add("delay", path="/slow", seconds=1)
        url = f"{server.url}/v4/spreadsheets"
        slow = threading.Thread(target=requests.get, args=(f"{url}/slow",), kwargs={"timeout": 20})
        slow.start()
        assert session.get(f"{url}/fast", timeout=5).status_code == 404
        assert slow.is_alive()
        gate.set()
        slow.join()


def test_faults_and_counts_are_reached_over_http(server: Server[Emulator], session: requests.Session) -> None:
    faults = f"{server.url}/emulator/faults"
    made = session.post(f"{server.url}/v4/spreadsheets", json={}, timeout=5).json()["spreadsheetId"]
    match = {"method": "POST", "path": ":batchUpdate", "request": "updateCells"}
    posted = session.post(
        faults,
        json=[{"kind": "error_503", "match": match, "count": 2}, {"kind": "lost_answer", "match": match}],
        timeout=5,
    )
    assert [fault["kind"] for fault in posted.json()["faults"]] == ["error_503", "lost_answer"]
    batch = f"{server.url}/v4/spreadsheets/{made}:batchUpdate"
    body = {"requests": [write(0, 0, ["x"])]}
    assert [session.post(batch, json=body, timeout=5).status_code for _ in range(2)] == [503, 503]
    with pytest.raises(requests.ConnectionError):
        session.post(batch, json=body, timeout=5)
    assert session.get(f"{server.url}/v4/spreadsheets/{made}/values/A1", timeout=5).json()["values"] == [["x"]]
    session.post(faults, json={"kind": "hang", "count": None}, timeout=5)
    assert session.delete(faults, timeout=5).json() == {"faults": []}
    calls = session.get(f"{server.url}/emulator/calls", timeout=5).json()
    assert (calls["total"], calls["reads"], calls["writes"]) == (5, 1, 4)
    assert calls["routes"]["spreadsheets.batchUpdate"] == 3
    assert [call["status"] for call in calls["last"]] == [200, 503, 503, None, 200]
    assert session.delete(f"{server.url}/emulator/calls", timeout=5).json()["total"] == 0


def test_switches_and_modes_are_reached_over_http(server: Server[Emulator], session: requests.Session) -> None:
    url = f"{server.url}/emulator"
    assert session.post(f"{url}/switches", json={"wording": "bare"}, timeout=5).json()["wording"] == "bare"
    modes = session.post(
        f"{url}/modes", json={"quota": {"reads": 5}, "latency": 0, "merge_window": 0.5}, timeout=5
    ).json()
    assert modes == {
        "quota": {"reads_per_user": 60, "writes_per_user": 60, "reads": 5, "writes": 300},
        "latency": 0,
        "merge_window": 0.5,
    }
    off = {"quota": None, "latency": None, "merge_window": None}
    assert (
        session.post(f"{url}/modes", json=off, timeout=5).json() == session.get(f"{url}/modes", timeout=5).json() == off
    )


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "faults", {"kind": "flood"}, 400),
        ("POST", "faults", {"kind": "hang", "nonsense": 1}, 400),
        ("POST", "faults", {"kind": "hang", "match": 5}, 400),
        ("POST", "faults", 7, 400),
        ("POST", "switches", {"nonsense": "x"}, 400),
        ("POST", "switches", [1], 400),
        ("POST", "modes", {"nonsense": 1}, 400),
        ("POST", "modes", {"quota": 5}, 400),
        ("POST", "modes", {"merge_window": -1}, 400),
        ("PUT", "faults", {}, 404),
        ("GET", "nothing", None, 404),
    ],
)
def test_nonsense_at_the_emulators_own_addresses_is_refused(
    server: Server[Emulator], session: requests.Session, method: str, path: str, body: object, status: int
) -> None:
    response = session.request(method, f"{server.url}/emulator/{path}", json=body, timeout=5)
    assert response.status_code == response.json()["error"]["code"] == status


def test_a_body_in_chunks_is_read(server: Server[Emulator], session: requests.Session) -> None:
    made = session.post(
        f"{server.url}/v4/spreadsheets", data=iter([b'{"properties":', b' {"title": "chunks"}}']), timeout=5
    )
    assert made.json()["properties"]["title"] == "chunks"


def test_a_client_that_is_killed_on_an_open_connection_leaves_no_traceback(
    server: Server[Emulator], capfd: pytest.CaptureFixture[str]
) -> None:
    killed = socket.create_connection(("127.0.0.1", server.port))
    killed.sendall(b"GET /emulator/calls HTTP/1.1\r\nHost: x\r\n\r\n")
    killed.recv(100)
    # As the kernel does for a killed process that has not read everything: the connection is reset.
    killed.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    killed.close()

    assert requests.get(f"{server.url}/emulator/calls", timeout=5).ok
    time.sleep(0.1)
    assert capfd.readouterr().err == ""


def test_a_client_that_goes_away_in_the_middle_does_no_harm(
    server: Server[Emulator], session: requests.Session
) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as raw:
        raw.sendall(b"POST /v4/spreadsheets HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as raw:
        raw.sendall(b"\r\n\x00\xff nonsense\r\n\r\n")
        raw.recv(1000)
    assert session.get(f"{server.url}/emulator/calls", timeout=5).json()["total"] == 0


@pytest.mark.parametrize("length", ["x", "-5", "99999999999"])
def test_a_length_that_cannot_be_is_refused_in_googles_shape(server: Server[Emulator], length: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    connection.putrequest("POST", "/v4/spreadsheets")
    connection.putheader("Content-Length", length)
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status == 400
    assert b'"error"' in answer.read()
    connection.close()


@pytest.mark.parametrize("verb", ["OPTIONS", "TRACE", "NONSENSE"])
def test_a_verb_that_nobody_serves_is_an_error_in_googles_shape(
    server: Server[Emulator], session: requests.Session, verb: str
) -> None:
    response = session.request(verb, f"{server.url}/v4/spreadsheets", timeout=5)
    assert response.status_code == response.json()["error"]["code"]
    assert response.status_code in {404, 501}


def test_a_defect_is_a_500_in_googles_shape(
    server: Server[Emulator],
    session: requests.Session,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(server.handler, "handle", broken)
    response = session.get(f"{server.url}/v4/spreadsheets/x", timeout=5)
    assert response.status_code == 500
    assert response.json()["error"]["status"] == "INTERNAL"
    assert "a defect" in capsys.readouterr().err


def test_importing_the_package_is_quick() -> None:
    code = (
        "import sys; sys.modules['sheets_schema'] = type(sys)('sheets_schema');"
        "sys.modules['sheets_schema'].__path__ = ['sheets_schema'];"
        "import time; start = time.perf_counter(); import sheets_schema.emulator; print(time.perf_counter() - start)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path.cwd())
    assert float(ended.stdout) < 0.2
