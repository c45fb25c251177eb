"""Real processes that copy: killed with kill -9 at random moments, several at once, and one beside a service under load."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
import requests
import sqlalchemy as sa

from npta.local.function_process import ROOT
from sheets_schema import Database, Transaction
from tests.npta.processes import emulator_server
from tests.sheets_schema.replicate.shop import Sale, Visit

KILLS = {"postgresql": 20, "sqlite": 5}
ROWS = 1_500
SMALL = (
    "import sys; from sheets_schema.replicate import change_writer, sql_store; change_writer.PORTION, sql_store._CHUNK = 300, 50; "
    "from sheets_schema.replicate.__main__ import main; sys.exit(main(sys.argv[1:]))"
)
"""The command with small transactions, which it tells of every few rows: a copy is long without being large."""


@dataclass
class Site:
    """A spreadsheet on a server of the emulator, and the database of its copy."""

    origin: str
    spreadsheet: str
    url: str

    def __post_init__(self) -> None:
        self.db: Database[Any] = Database(self.spreadsheet, tables=[Sale, Visit])
        self.db.provision()
        self._names = count(1)

    def sell(self, rows: int, commits: int) -> None:
        """Commit that many rows, in so many commits."""
        for _ in range(commits):
            sales = [Sale(sale_id=f"s{next(self._names)}", secret="k-e-y") for _ in range(rows // commits)]
            self.db.run(_add, sales)

    @property
    def version(self) -> int:
        """The last commit."""
        with self.db.read() as tx:
            return tx.version

    def start(self, *options: str) -> subprocess.Popen[str]:
        """A process that copies; what it tells of its progress is on its standard error."""
        where = ["--tables", "tests.sheets_schema.replicate.shop"]
        command = [sys.executable, "-c", SMALL, self.spreadsheet, self.url, *where, *options]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)

    def finished(self, *options: str) -> str:
        """What a process printed that was left in peace."""
        with self.start(*options) as process:
            out, err = process.communicate(timeout=120)
        assert process.returncode == 0, f"{out}{err}"
        return out

    def calls(self) -> list[dict[str, Any]]:
        """Every call that the emulator remembers, oldest first."""
        answer = requests.get(f"{self.origin}/emulator/calls", timeout=30).json()
        return list(answer["last"])


def _add(tx: Transaction, sales: list[Sale]) -> None:
    tx.add_all(sales)


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    with emulator_server() as origin:
        yield origin


@pytest.fixture
def site(origin: str, sql_url: str) -> Site:
    made = requests.post(f"{origin}/v4/spreadsheets", json={}, timeout=30).json()
    return Site(origin, f"{origin}/spreadsheets/d/{made['spreadsheetId']}", sql_url)


def check_whole_commits(engine: sa.Engine) -> int:
    """Look at the copy as anybody may at any moment: no row twice, none missing up to where it says it is. Gives the version."""
    with engine.begin() as connection:
        if not sa.inspect(connection).has_table("replica_state"):
            return -1
        version, sales, log = connection.exec_driver_sql(
            "SELECT (SELECT version FROM replica_state), (SELECT count(*) FROM sales), (SELECT count(*) FROM commit_log)"
        ).one()
        assert connection.exec_driver_sql("SELECT coalesce(max(row), 0), count(DISTINCT row) FROM sales").one() == (
            sales,
            sales,
        )
        assert log == version + 1
        last, wrong = connection.exec_driver_sql(
            'SELECT coalesce(max(s.commit_version), 0), count(*) FILTER (WHERE s.commit_id <> l."commit") '
            "FROM sales s JOIN commit_log l ON l.version = s.commit_version"
        ).one()
        assert (last <= max(version, 0), wrong) == (True, 0)
        return int(version)


def test_killed_at_random_moments_no_row_is_there_twice_and_none_is_missing(site: Site) -> None:
    chance = random.Random(20)
    engine = sa.create_engine(site.url)
    versions, killed = [-1], 0
    while killed < KILLS[engine.dialect.name]:
        if versions[-1] == site.version or not killed:
            site.sell(ROWS, 10)
        with site.start() as process:
            assert process.stderr
            for _ in range(chance.randrange(ROWS // 50)):
                process.stderr.readline()
            try:
                process.wait(chance.random() / 50)
            except subprocess.TimeoutExpired:
                process.kill()
                killed += 1
        versions.append(check_whole_commits(engine))
    assert versions == sorted(versions)
    assert len(set(versions)) > 2  # it did go on between the kills
    assert "the copy agrees with the spreadsheet" in site.finished("--verify")
    check_whole_commits(engine)
    engine.dispose()


def test_several_that_copy_at_once_write_each_row_once(site: Site) -> None:
    site.sell(ROWS, 10)
    processes = [site.start() for _ in range(3)]
    told = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], told
    assert "the copy agrees with the spreadsheet" in site.finished("--verify")
    engine = sa.create_engine(site.url)
    assert check_whole_commits(engine) == 10
    engine.dispose()


def test_following_ends_with_ctrl_c_and_whatever_was_copied_stands(site: Site) -> None:
    site.sell(30, 3)
    with site.start("--follow", "10") as process:
        assert process.stdout
        assert process.stderr
        while "rows copied" not in process.stdout.readline():
            pass
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "Traceback" not in out + err
    assert "nothing new" in site.finished("--verify")
