"""What is new in ledgers, which commit it came with, and whether a spreadsheet still goes on from a position."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from sheets_schema import Database
from sheets_schema.engine.change_feed import ChangeFeed, Position, RowOrigins
from sheets_schema.schema.internal_tables import CommitLog
from tests.sheets_schema.bank import Bank, Process


def commit(version: int, **counts: int) -> CommitLog:
    return CommitLog(
        version=version, commit=f"c{version}", previous="", at="", who="", operation="", rows=json.dumps(counts)
    )


LOG = [commit(1, Visits=2), commit(2, Visits=2, Sales=1), commit(3, Visits=5, Sales=1)]


def test_each_row_came_with_the_commit_whose_count_it_is_in() -> None:
    origins = RowOrigins.of(LOG, Position())
    named = [found.commit if (found := origins.commit("Visits", number)) else None for number in range(1, 7)]

    assert named == ["c1", "c1", "c3", "c3", "c3", None]
    assert origins.commit("Sales", 1) == LOG[1]
    assert [origins.added[version] for version in range(1, 4)] == [3, 2, 4], "its row of the log included"


def test_how_many_rows_a_ledger_held_after_a_version_is_what_the_last_commit_before_says() -> None:
    origins = RowOrigins.of(LOG, Position())

    assert [origins.count("Visits", version, 0) for version in range(4)] == [0, 2, 2, 5]
    assert [origins.count("Sales", version, 0) for version in range(4)] == [0, 0, 1, 1]
    assert origins.count("Unheard", 3, 7) == 7
    assert RowOrigins.of(LOG[1:], Position(1, "c1", {"Visits": 2})).count("Visits", 2, 0) == 2


def test_what_was_there_before_the_log_that_is_left_came_with_no_commit_that_is_known() -> None:
    origins = RowOrigins.of(LOG[1:], Position(), gone=1)

    assert origins.commit("Visits", 2) is None
    assert origins.count("Visits", 2, 0) == 2
    assert origins.commit("Visits", 3) == LOG[2]


@pytest.fixture
def process(bank: Bank) -> Process:
    made = bank.process()
    for number in range(4):
        made.pay(f"p{number}")
    return made


def feed_of(process: Process, bank: Bank) -> ChangeFeed:
    return ChangeFeed(bank.schema, process.spreadsheet.client, process.clock, bank.timing)


def test_a_spreadsheet_goes_on_from_a_position_whose_commit_stands_where_it_stood(bank: Bank, process: Process) -> None:
    feed = feed_of(process, bank)
    position = feed.read(Position(), process.deadline()).after

    assert feed.is_continued(position, process.deadline())
    process.pay("p9")
    assert feed.is_continued(position, process.deadline())
    assert not feed.is_continued(replace(position, commit="f" * 24), process.deadline())
    assert not feed.is_continued(replace(position, version=position.version - 1), process.deadline())


def test_it_does_not_once_that_commit_has_left_the_log_or_is_gone(bank: Bank, process: Process) -> None:
    feed = feed_of(process, bank)
    position = feed.read(Position(), process.deadline()).after
    number = position.counts["Commit Log"]
    process.pay("p9")

    process.spreadsheet.truncate(Database.log, lambda _: number - 1, timeout=process.deadline())
    assert feed.is_continued(position, process.deadline())
    process.spreadsheet.truncate(Database.log, lambda _: 1, timeout=process.deadline())
    assert not feed.is_continued(position, process.deadline())


def test_it_does_not_where_the_grid_ends_above(bank: Bank, process: Process) -> None:
    feed = feed_of(process, bank)
    position = feed.read(Position(), process.deadline()).after
    bank.tab("Commit Log").resize(rows=position.counts["Commit Log"])

    assert not feed.is_continued(position, process.deadline())
