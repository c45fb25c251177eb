"""The data file: what was answered survives the death of a process, and several processes may share it."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from sheets_schema.emulator import Emulator, StoreError, batch
from sheets_schema.testing.sheets_user import SheetsUser
from tests.sheets_schema.emulator.client import Client, Json, grid, write
from tests.sheets_schema.emulator.generated import request_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data.db"


@pytest.fixture
def two(path: Path) -> Iterator[tuple[Client, Client]]:
    """Two emulators on one file, as two processes would have them, at one spreadsheet."""
    with Emulator(path) as first, Emulator(path) as second:
        client = Client(first).create()
        yield client, Client(second, client.id)


def _everything(client: Client) -> Json:
    return client.get(includeGridData="true")


def _furnish(client: Client) -> None:
    """A spreadsheet with something of every kind."""
    bold = {"userEnteredFormat": {"textFormat": {"bold": True}}}
    rule = {"condition": {"type": "BOOLEAN"}, "strict": True}
    band = {"range": grid(0, 0, 5, 5), "rowProperties": {"firstBandColor": {"red": 1}}}
    location = {"dimensionRange": {"dimension": "ROWS", "startIndex": 2, "endIndex": 3}}
    client.put("A1", [["text", 1, 2.5, True, "", "🔑"], [], ["=x", "0012"]])
    client.put("A9", [["=3/2", "2020-01-01"]], "USER_ENTERED")
    client.batch(
        {"addSheet": {"properties": {"sheetId": 5, "title": "Other", "hidden": True, "tabColor": {"red": 1}}}},
        write(3, 3, ["o"], sheet=5),
        {"repeatCell": {"range": grid(0, 0, 100, 3), "cell": bold, "fields": "userEnteredFormat.textFormat.bold"}},
        {"setDataValidation": {"range": grid(1, 1, 3, 3), "rule": rule}},
        {"addNamedRange": {"namedRange": {"namedRangeId": "n", "name": "fence", "range": grid(0, 0, 1, 1)}}},
        {"addProtectedRange": {"protectedRange": {"range": grid(0, 0, 2, 2), "editors": {"users": ["a@example.com"]}}}},
        {"mergeCells": {"range": grid(20, 0, 22, 2)}},
        {"addBanding": {"bandedRange": band}},
        {"setBasicFilter": {"filter": {"range": grid(0, 0, 5, 5)}}},
        {"addDimensionGroup": {"range": {"dimension": "ROWS", "startIndex": 0, "endIndex": 3}}},
        {"createDeveloperMetadata": {"developerMetadata": {"metadataId": 4, "metadataKey": "k", "visibility": "DOCUMENT", "location": location}}},
        {
            "updateDimensionProperties": {
                "range": {"dimension": "COLUMNS", "startIndex": 0, "endIndex": 1},
                "properties": {"pixelSize": 300},
                "fields": "pixelSize",
            }
        },
    )  # fmt: skip


def test_everything_is_there_again_after_a_new_start(path: Path) -> None:
    with Emulator(path) as emulator:
        client = Client(emulator).create({"properties": {"title": "Kept"}})
        _furnish(client)
        before = _everything(client)
    with Emulator(path) as emulator:
        again = Client(emulator, client.id)
        assert _everything(again) == before
        _furnish_more = again.batch(write(0, 0, ["changed"]))
        assert _furnish_more["replies"] == [{}]
        assert again.values("A1") == [["changed"]]


def test_several_spreadsheets_live_in_one_file(path: Path) -> None:
    with Emulator(path) as emulator:
        clients = [Client(emulator).create({"properties": {"title": title}}) for title in "abc"]
        for client, text in zip(clients, "xyz", strict=True):
            client.put("A1", [[text]])
    with Emulator(path) as emulator:
        assert [Client(emulator, client.id).values("A1") for client in clients] == [[["x"]], [["y"]], [["z"]]]


def test_another_process_sees_a_change_at_once(two: tuple[Client, Client]) -> None:
    one, other = two
    _furnish(one)
    assert _everything(other) == _everything(one)
    other.batch(write(200, 0, ["from the other"]), {"deleteNamedRange": {"namedRangeId": "n"}})
    assert one.values("A201") == [["from the other"]]
    assert _everything(one) == _everything(other)
    one.batch({"deleteDimension": {"range": {"dimension": "ROWS", "startIndex": 0, "endIndex": 150}}})
    assert other.values("A51") == [["from the other"]]
    one.batch({"deleteSheet": {"sheetId": 5}})
    one.batch({"addSheet": {"properties": {"sheetId": 5, "title": "Again"}}}, write(0, 0, ["new"], sheet=5))
    assert other.values("Again") == [["new"]]
    assert _everything(other) == _everything(one)


def test_a_restored_version_and_a_copied_file_reach_the_other_process(two: tuple[Client, Client]) -> None:
    one, other = two
    _furnish(one)
    human = SheetsUser(one.emulator, one.id)
    version, before = human.version(), _everything(one)
    one.batch({"deleteDimension": {"range": {"dimension": "ROWS", "startIndex": 0, "endIndex": 500}}})
    one.batch({"deleteSheet": {"sheetId": 5}})
    assert _everything(other) == _everything(one)
    human.restore(version)
    assert _everything(other) == _everything(one) == before
    copy = human.copy_file("Twin")
    assert Client(other.emulator, copy).values("Sheet1") == one.values("Sheet1")
    response = one.session.delete(f"https://www.googleapis.com/drive/v3/files/{copy}")
    assert response.status_code == 204
    assert Client(other.emulator, copy).refused(write(0, 0, ["x"]), status=404)


def test_a_fence_holds_between_processes(two: tuple[Client, Client]) -> None:
    cell = grid(0, 0, 1, 1)
    two[0].batch({"addNamedRange": {"namedRange": {"namedRangeId": "v0", "name": "fence", "range": cell}}})
    assert two[1].values("A1") == []
    winners: list[str] = []
    barrier = threading.Barrier(2)

    def commit(client: Client, version: int, name: str) -> None:
        barrier.wait()
        body = {
            "requests": [
                {"deleteNamedRange": {"namedRangeId": f"v{version}"}},
                {"addNamedRange": {"namedRange": {"namedRangeId": f"v{version + 1}", "name": "fence", "range": cell}}},
                write(version, 0, [name]),
            ]
        }
        path = f"/v4/spreadsheets/{client.id}:batchUpdate"
        if client.call("spreadsheets.batchUpdate", path, body).status_code == 200:
            winners.append(name)

    for version in range(20):
        threads = [
            threading.Thread(target=commit, args=(client, version, name))
            for client, name in zip(two, "ab", strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(winners) == version + 1
    assert two[0].values("A1:A20") == two[1].values("A1:A20") == [[name] for name in winners]


def test_a_failed_batch_writes_nothing_to_the_file(two: tuple[Client, Client]) -> None:
    one, other = two
    before = _everything(one)
    one.refused(write(0, 0, ["a"]), {"deleteSheet": {"sheetId": 9}})
    assert _everything(other) == before


_WRITER = """
import sys
from sheets_schema.emulator import Emulator
emulator = Emulator(sys.argv[1])
number = 0
while True:
    number += 1
    body = (
        '{"requests": [{"updateCells": {"start": {"rowIndex": %d}, "fields": "userEnteredValue",'
        ' "rows": [{"values": [{"userEnteredValue": {"numberValue": %d}}]}]}},'
        ' {"updateCells": {"start": {"rowIndex": %d, "columnIndex": 1}, "fields": "userEnteredValue",'
        ' "rows": [{"values": [{"userEnteredValue": {"numberValue": %d}}]}]}}]}'
    ) % (number, number, 900 - number, number)
    answer = emulator.handle("POST", f"/v4/spreadsheets/{sys.argv[2]}:batchUpdate", body=body.encode())
    assert answer.status == 200
    print(number, flush=True)
"""


def test_what_was_answered_survives_a_kill(path: Path) -> None:
    with Emulator(path) as emulator:
        client = Client(emulator).create()
        command = [sys.executable, "-c", _WRITER, str(path), client.id]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path.cwd()) as writer:
            assert writer.stdout is not None
            answered = [int(writer.stdout.readline()) for _ in range(20)]
            os.kill(writer.pid, signal.SIGKILL)
            answered += [int(line) for line in writer.stdout]
        rows = client.values("A1:B1000")
    landed = [row[0] for row in rows if row and row[0] != ""]
    assert landed[: len(answered)] == answered
    # At most the one batch that was under way, and that one whole.
    assert len(landed) <= len(answered) + 1
    assert sorted(row[1] for row in rows if len(row) > 1) == landed


def test_a_forked_child_uses_a_connection_of_its_own(path: Path) -> None:
    code = """
import json, os, sys
from sheets_schema.emulator import Emulator
emulator = Emulator(sys.argv[1])
made = json.loads(emulator.handle("POST", "/v4/spreadsheets").body)["spreadsheetId"]
def put(value):
    body = json.dumps({"values": [[value]]}).encode()
    where = f"/v4/spreadsheets/{made}/values/A{value}"
    assert emulator.handle("PUT", where, [("valueInputOption", "RAW")], {}, body).status == 200
put(1)
child = os.fork()
put(2 if child else 3)
if child:
    os.waitpid(child, 0)
    print(emulator.handle("GET", f"/v4/spreadsheets/{made}/values/A1:A9").body.decode())
"""
    ended = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True, cwd=Path.cwd()
    )
    assert json.loads(ended.stdout)["values"] == [["1"], ["2"], ["3"]]


@pytest.mark.parametrize("content", [b"this is no database, it is a text that somebody wrote", "table"])
def test_a_file_of_another_program_is_refused(path: Path, content: Any) -> None:
    if isinstance(content, bytes):
        path.write_bytes(content * 50)
    else:
        database = sqlite3.connect(path)
        database.execute("CREATE TABLE something (x)")
        database.commit()
        database.close()
    with pytest.raises(StoreError, match=r"data\.db"):
        Emulator(path)


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nowhere"):
        Emulator(tmp_path / "nowhere" / "data.db")


def test_a_one_row_commit_writes_one_chunk_however_many_rows_are_stored(path: Path) -> None:
    with Emulator(path) as emulator:
        client = Client(emulator).create(
            {"sheets": [{"properties": {"gridProperties": {"rowCount": 20_000, "columnCount": 2}}}]}
        )
        client.put("A1", [[number, "x"] for number in range(20_000)])
        client.batch(write(10_000, 0, ["changed"]))
    newest = "version = (SELECT max(version) FROM spreadsheet)"
    with closing(sqlite3.connect(path)) as database:
        sheets = database.execute(f"SELECT count(*) FROM sheet WHERE {newest}").fetchone()
        chunks = database.execute(f"SELECT count(*), sum(length(body)) FROM chunk WHERE {newest}").fetchone()
    assert (sheets[0], chunks[0]) == (0, 1)
    assert chunks[1] < 10_000


@pytest.mark.parametrize("kind", sorted(batch.HANDLERS))
def test_another_process_reads_exactly_what_was_written_by_any_kind_of_request(path: Path, kind: str) -> None:
    with Emulator(path) as emulator, Emulator(path) as other:
        small = {"gridProperties": {"rowCount": 120, "columnCount": 10}}
        client = Client(emulator).create({"sheets": [{"properties": small}]})
        _furnish(client)

        def seen(door: Emulator) -> bytes:
            return door.handle("GET", f"/v4/spreadsheets/{client.id}", [("includeGridData", "true")]).body

        @settings(
            max_examples=20, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
        )
        @given(request_of(kind))
        def change(body: Any) -> None:
            sent = json.dumps({"requests": [{kind: body}]}).encode()
            emulator.handle("POST", f"/v4/spreadsheets/{client.id}:batchUpdate", [], {}, sent)
            assert seen(other) == seen(emulator)

        change()


def modes(path: Path) -> set[int]:
    return {stat.S_IMODE(each.stat().st_mode) for each in path.parent.glob(f"{path.name}*")}


def test_only_its_owner_can_read_the_file_and_what_lies_beside_it(path: Path) -> None:
    before = os.umask(0)
    try:
        with Emulator(path) as emulator:
            Client(emulator).create({})

            assert len(list(path.parent.glob(f"{path.name}*"))) == 3
            assert modes(path) == {0o600}
    finally:
        os.umask(before)


def test_a_file_of_an_earlier_version_is_taken_from_everybody_else(path: Path) -> None:
    with Emulator(path) as emulator:
        Client(emulator).create({})
        for each in path.parent.glob(f"{path.name}*"):
            each.chmod(0o644)
        with Emulator(path):
            pass

        assert modes(path) == {0o600}


def test_a_file_of_somebody_else_is_let_be(path: Path) -> None:
    path.write_text("no spreadsheet")
    path.chmod(0o644)
    with pytest.raises(StoreError):
        Emulator(path)

    assert modes(path) == {0o644}
