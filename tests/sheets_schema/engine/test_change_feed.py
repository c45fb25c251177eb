"""What is new in ledgers, which commit it came with, and whether a spreadsheet still goes on from a position."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from sheets_schema import Database, Ledger
from sheets_schema.advanced import Timing
from sheets_schema.engine.change_feed import ChangeFeed, LedgerChanges, Position, RowOrigins, check_all_is_there
from sheets_schema.errors import ReplicationError
from sheets_schema.protocol.sheet_layout import SheetLayout
from sheets_schema.schema.internal_tables import CommitLog
from tests.sheets_schema.bank import SCHEMA, Accounts, Bank, Payments, Process
from tests.sheets_schema.engine.prepared import PreparedClient
from tests.sheets_schema.protocol.small_spreadsheet import Tabs, left, logged, spreadsheet
from tests.sheets_schema.protocol.small_spreadsheet import commit as committed


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


def prepared_feed(tabs: Tabs | None = None) -> tuple[ChangeFeed, PreparedClient]:
    client = PreparedClient(tabs)
    return ChangeFeed(SCHEMA, client, client.clock, Timing()), client


def test_a_feed_shows_all_from_the_start_and_then_what_came_after_a_position() -> None:
    feed, client = prepared_feed()

    first = feed.read(Position(), client.deadline())

    assert first.before.is_start
    assert [row.cells()["payment_id"] for row in first.rows[Payments]] == ["p1", "p2"]
    assert [row.version for row in first.log] == [0, 1, 2]
    assert first.after.counts == {"Commit Log": 3, "Payments": 2, "Accounts": 1}
    assert (first.after.version, first.after.commit, first.schema_version, first.gone) == (2, "c2", 1, {})
    assert not first.after.is_start

    client.asked.clear()
    client.tabs = committed(spreadsheet(), 3, {"Payments": 3, "Accounts": 1})
    client.tabs["Payments"].append(["p3", "eve", 1])
    then = feed.read(first.after, client.deadline())

    assert [row.cells()["payment_id"] for row in then.rows[Payments]] == ["p3"]
    assert then.rows[Accounts] == []
    assert [row.version for row in then.log] == [3]
    assert len(client.asked) == 1


def test_a_ledger_that_a_position_does_not_know_comes_from_its_first_row_on() -> None:
    tabs = spreadsheet()
    accounts, tabs["Accounts"][1:] = tabs["Accounts"][1:], []
    tabs["Commit Log"][-1] = logged(2, {"Payments": 2})
    feed, client = prepared_feed(tabs)
    after = feed.read(Position(), client.deadline()).after
    client.tabs = committed(tabs, 3, {"Payments": 2, "Accounts": 1})
    client.tabs["Accounts"] += accounts

    rows = feed.read(replace(after, counts={"Commit Log": 3, "Payments": 2}), client.deadline()).rows

    assert [row.cells()["account"] for row in rows[Accounts]] == ["ada"]
    assert rows[Payments] == []


def test_a_position_that_does_not_know_all_tabs_learns_them_anew() -> None:
    feed, client = prepared_feed()
    after = feed.read(Position(), client.deadline()).after
    client.asked.clear()

    feed.read(replace(after, layout={"Payments": after.layout["Payments"]}), client.deadline())

    assert client.asked[0] == "metadata"


def test_rows_that_have_left_are_none_and_those_that_came_after_a_position_must_not_have_left() -> None:
    feed, client = prepared_feed(left(2, 1))

    found = feed.read(Position(), client.deadline())
    assert [row.cells()["payment_id"] for row in found.rows[Payments]] == ["p3"]
    assert found.gone == {"Payments": 2}
    assert [*found.numbered(Payments, 0, 3)] == [(3, found.rows[Payments][0])]
    assert [*found.numbered(Payments, 3, 3)] == []

    check_all_is_there({"Payments": 2, "Accounts": 0}, Position(counts={"Payments": 2}))
    for counts, first in (({"Payments": 1}, 2), ({}, 1)):
        with pytest.raises(ReplicationError, match=f"Rows {first} to 2 of tab “Payments”"):
            check_all_is_there({"Payments": 2}, Position(counts=counts))
    with pytest.raises(ReplicationError, match="Rows 1 to 1 of"):
        check_all_is_there({"Payments": 1}, Position())


def test_a_feed_whose_position_lacks_rows_that_have_left_cannot_go_on() -> None:
    feed, client = prepared_feed()
    after = feed.read(Position(), client.deadline()).after
    client.tabs = committed(left(2, 2), 3, {"Payments": [3, 2, 2], "Accounts": 1})

    with pytest.raises(ReplicationError, match="Rows 2 to 2 of tab “Payments”"):
        feed.read(replace(after, counts={**after.counts, "Payments": 1}), client.deadline())
    assert feed.read(replace(after, counts={**after.counts, "Payments": 3}), client.deadline()).rows[Payments] == []


def test_a_position_is_continued_only_where_its_commit_stood() -> None:
    feed, client = prepared_feed()
    after = feed.read(Position(), client.deadline()).after

    assert feed.is_continued(after, client.deadline())
    assert not feed.is_continued(replace(after, version=0, commit="c0"), client.deadline())
    assert not feed.is_continued(replace(after, version=0, commit="c0", counts={}), client.deadline())


def test_rows_are_numbered_from_the_first_that_a_position_does_not_know() -> None:
    rows: list[Ledger] = [Payments(payment_id=f"p{number}", account="ada", cents=1) for number in (3, 4, 5)]
    changes = LedgerChanges(Position(counts={"Payments": 2}), Position(), {Payments: rows}, 1)

    numbers = {(0, 9): [3, 4, 5], (3, 4): [4], (2, 2): [], (4, 5): [5], (0, 1): []}
    for (start, end), wanted in numbers.items():
        assert [*changes.numbered(Payments, start, end)] == [(number, rows[number - 3]) for number in wanted]
    first = LedgerChanges(Position(), Position(), {Payments: rows}, 1)
    assert [*first.numbered(Payments, 0, 2)] == [(1, rows[0]), (2, rows[1])]


def test_a_layout_goes_into_text_and_back() -> None:
    layout = {"Zürich": SheetLayout(1, 2, 3, 0)}

    assert Position.layout_from(Position(layout=layout).layout_text()) == layout
    assert "Zürich" in Position(layout=layout).layout_text()
    assert Position.layout_from("") == {}


def test_a_ledger_that_gets_another_title_keeps_its_rows() -> None:
    log = [commit(1, Old=2, Other=1), commit(2, New=2, Other=1), commit(3, New=3, Other=1)]

    origins = RowOrigins.of(log, Position())

    named = [found.commit if (found := origins.commit("New", number)) else None for number in range(1, 5)]
    assert named == ["c1", "c1", "c3", None]
    assert [origins.count("New", version, 0) for version in range(1, 4)] == [2, 2, 3]
    assert [origins.added[version] for version in range(1, 4)] == [4, 1, 2]


def test_so_does_one_of_a_single_row() -> None:
    log = [commit(1, Old=1), commit(2, New=1)]

    assert RowOrigins.of(log, Position()).commit("New", 1) == log[0]


def test_where_it_is_not_plain_which_ledger_got_another_title_none_did() -> None:
    for log in (
        [commit(1, Old=2, Past=2), commit(2, New=2)],
        [commit(1, Old=2, Past=1), commit(2, New=3, Past=1)],
        [commit(1, Old=0), commit(2, New=0)],
        [commit(1, Old=2), commit(2, New=2, Old=2)],
    ):
        new = RowOrigins.of(log, Position()).commit("New", 1)
        assert new is None or new.commit == "c2"


def test_of_rows_before_a_position_no_commit_is_known() -> None:
    origins = RowOrigins.of(LOG[1:], Position(1, "c1", {"Visits": 2, "Commit Log": 1}))

    assert origins.commit("Visits", 2) is None
    assert origins.commit("Visits", 3) == LOG[2]
    assert origins.commit("Commit Log", 1) is None
    assert origins.commit("Commit Log", 2) == LOG[1]
    assert origins.count("Visits", 1, 0) == 2


@pytest.mark.parametrize(("gone", "first"), [(0, "c2"), (1, "c2"), (2, None)])
def test_the_first_row_of_a_log_that_has_lost_rows_tells_nothing_of_what_it_added(gone: int, first: str | None) -> None:
    before = Position(1, "c1", {"Visits": 2, "Commit Log": 1})

    origins = RowOrigins.of(LOG[1:], before, gone=gone)

    found = origins.commit("Sales", 1)
    assert (found.commit if found else None) == first
    assert RowOrigins.of([], Position(), gone=3).commit("Visits", 1) is None
