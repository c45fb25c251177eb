"""Settled orders leave by the nightly call and by the command, and what an archive lacks keeps nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from npta.domain.state import retention
from npta.operations.archiving import choose_archive, move_orders
from npta.operations.archiving.shrink_spreadsheet import shrink_spreadsheet
from npta.tables import KeyLedger, Orders
from tests.npta.acceptance.archives.steps import archive_portion, delivered, settle_one
from tests.npta.acceptance.steps import Watch, buy, opened, press, zap
from tests.npta.acceptance.test_shrink_spreadsheet import flush
from tests.support import House, new_spreadsheet, session_on

pytestmark = pytest.mark.row("X26")
YEAR = 365 * 86_400


@pytest.fixture(autouse=True)
def _two_orders_a_portion(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(move_orders, "PORTION", 2)
    monkeypatch.setattr(retention, "MIN_COMMITS", 3)


@pytest.fixture
def house(watch: Watch) -> Iterator[House]:
    with watch.npta(NPTA_ARCHIVES="2") as house:
        house.services.spreadsheet.provision(house.clock.deadline(60))
        yield opened(house)


def old_orders(house: House, watch: Watch, number: int) -> list[dict[str, Any]]:
    """Settled orders of a year ago; the newest order of all is of now."""
    orders = []
    for _ in range(number):
        orders.append(delivered(house, ("CPT", 1)))
        watch.passes(60)
    flush(house, watch)
    watch.passes(YEAR)
    settle_one(house, watch)
    return orders


def tabs(house: House, archive: str) -> list[str]:
    answer = session_on(house.emulator).get(f"https://sheets.googleapis.com/v4/spreadsheets/{archive}", timeout=30)
    return [sheet["properties"]["title"] for sheet in answer.json()["sheets"]]


def delete_file(house: House, archive: str) -> None:
    session: requests.Session = session_on(house.emulator)
    assert session.delete(f"https://www.googleapis.com/drive/v3/files/{archive}", timeout=30).ok


def test_the_nightly_call_lets_orders_leave_after_the_other_rows(house: House, watch: Watch) -> None:
    orders = old_orders(house, watch, 3)
    newest = house.settings.archives[-1]

    report = press(house, "/maintenance")

    assert report["complete"]
    assert report["archived_orders"] == [{"archive": newest, "orders": 3}]
    assert {left["tab"] for left in report["left"] if left["rows"]} >= {"Outbox", "Commit Log"}
    assert len(tabs(house, newest)) == 1 + 2, "two portions"
    assert len(tabs(house, house.settings.archives[0])) == 1
    assert [zap(house, order)["replayed"] for order in orders] == [True] * 3
    assert press(house, "/maintenance")["archived_orders"] == []


def test_no_tab_is_left_over_where_old_commits_leave_with_the_first_portion(house: House, watch: Watch) -> None:
    old_orders(house, watch, 3)
    assert shrink_spreadsheet(house.services, who="test", deadline=house.clock.deadline(60)).orders.left
    old_orders(house, watch, 4)

    done = shrink_spreadsheet(house.services, who="test", deadline=house.clock.deadline(60))

    assert dict(done.left)["Commit Log"] > 0
    assert done.orders.others_left
    portions = len(house.rows("Archive Index"))
    assert portions >= 4
    assert len(tabs(house, house.settings.archives[-1])) == 1 + portions


def test_blank_rows_are_deleted_once_a_run_and_the_lock_is_free_then(
    house: House, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(move_orders, "MIN_BLANK_ROWS", 2)
    orders = old_orders(house, watch, 5)

    done = shrink_spreadsheet(house.services, who="test", deadline=house.clock.deadline(60))

    assert sum(left.orders for left in done.orders.left) == 5
    operations = [row["operation"] for row in house.rows("Commit Log")]
    assert operations.count("archive orders") >= 3
    assert operations.count("delete blank rows") == 1
    assert done.deleted_rows > 0
    assert [row["value"] for row in house.rows("Control") if "held by" in str(row["value"])] == []
    assert [zap(house, order)["replayed"] for order in orders] == [True] * 5


def test_a_plan_says_how_many_orders_would_leave_and_where_to(house: House, watch: Watch) -> None:
    old_orders(house, watch, 3)
    before = house.sheet.values_batch_get(["Orders", "Key Ledger", "Control"])["valueRanges"]

    done = shrink_spreadsheet(house.services, who="test", deadline=house.clock.deadline(60), plan=True)

    assert done.orders.left == ((house.settings.archives[-1], 3),)
    assert house.sheet.values_batch_get(["Orders", "Key Ledger", "Control"])["valueRanges"] == before
    assert len(tabs(house, house.settings.archives[-1])) == 1


def test_a_plan_counts_whole_portions_and_what_is_worth_one(
    house: House, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(move_orders, "MIN_PORTION", 2)
    old_orders(house, watch, 3)
    planned = shrink_spreadsheet(house.services, who="test", deadline=house.clock.deadline(60), plan=True).orders

    done = shrink_spreadsheet(house.services, who="test", deadline=house.clock.deadline(60)).orders

    assert planned.left == done.left == ((house.settings.archives[-1], 2),)


def test_orders_of_the_last_days_stay(house: House, watch: Watch) -> None:
    delivered(house, ("CPT", 1))
    flush(house, watch)
    watch.passes(59 * 86_400)
    settle_one(house, watch)

    assert press(house, "/maintenance")["archived_orders"] == []


def test_progress_is_told_portion_by_portion(house: House, watch: Watch) -> None:
    old_orders(house, watch, 3)
    said: list[str] = []

    shrink_spreadsheet(house.services, who="test", deadline=house.clock.deadline(60), progress=said.append)

    assert [line.partition(" to the archive")[0] for line in said if "order" in line] == ["2 orders", "3 orders"]


def test_what_no_time_is_left_for_goes_with_the_next_run(house: House, watch: Watch) -> None:
    old_orders(house, watch, 3)
    deadline = house.clock.deadline(60)

    def slow(line: str) -> None:
        if "order" in line:
            watch.passes(deadline.left() - 9)

    first = shrink_spreadsheet(house.services, who="test", deadline=deadline, progress=slow)
    second = shrink_spreadsheet(house.services, who="test", deadline=house.clock.deadline(60))

    assert (first.complete, first.orders.left) == (False, ((house.settings.archives[-1], 2),))
    assert (second.complete, second.orders.left) == (True, ((house.settings.archives[-1], 1),))


def test_an_archive_that_is_full_is_passed_over(house: House, watch: Watch) -> None:
    old_orders(house, watch, 3)
    older, newest = house.settings.archives
    fill(house, newest)

    assert press(house, "/maintenance")["archived_orders"] == [{"archive": older, "orders": 3}]


def fill(house: House, archive: str) -> None:
    grid = {"rowCount": 90_000, "columnCount": 100}
    request = {"addSheet": {"properties": {"title": "Of a person", "gridProperties": grid}}}
    url = f"https://sheets.googleapis.com/v4/spreadsheets/{archive}:batchUpdate"
    assert session_on(house.emulator).post(url, json={"requests": [request]}, timeout=60).ok


def test_when_all_are_full_the_report_says_how_to_add_one_and_that_helps(house: House, watch: Watch) -> None:
    old_orders(house, watch, 3)
    for name in house.settings.archives:
        fill(house, name)

    report = press(house, "/maintenance")

    [finding] = [each for each in report["findings"] if each["what"] == "orders could not leave"]
    assert "Make a new spreadsheet" in finding["detail"]
    assert "NPTA_ARCHIVES" in finding["detail"]
    assert not report["complete"]
    assert {left["tab"] for left in report["left"] if left["rows"]} >= {"Outbox", "Commit Log"}

    names = [*house.settings.archives, new_spreadsheet(house.emulator)]
    house.settings = house.settings.model_copy(update={"archives": tuple(names)})
    house.restart()
    assert press(house, "/maintenance")["archived_orders"] == [{"archive": names[-1], "orders": 3}]


@pytest.mark.parametrize("trouble", ["gone", "silent", "refuses"])
def test_an_archive_in_trouble_keeps_neither_the_other_rows_nor_the_report(
    trouble: str, house: House, watch: Watch
) -> None:
    orders = old_orders(house, watch, 3)
    newest = house.settings.archives[-1]
    path = f"/v4/spreadsheets/{newest}"
    if trouble == "gone":
        delete_file(house, newest)
    elif trouble == "silent":
        house.emulator.faults.add("error_503", path=path, count=None)
    else:
        house.emulator.faults.add("error_500", path=path, method="POST", count=None)

    report = press(house, "/maintenance")

    [finding] = [each for each in report["findings"] if each["what"] == "orders could not leave"]
    assert newest in finding["detail"]
    assert report["archived_orders"] == []
    assert {left["tab"] for left in report["left"] if left["rows"]} >= {"Outbox", "Commit Log"}
    assert not house.services.spreadsheet.scan([Orders, KeyLedger])[Orders].gone
    assert [zap(house, order)["replayed"] for order in orders] == [True] * 3
    assert zap(house, buy(house, ("CPT", 1)))["status"] == "fulfilled"


def test_the_reserve_is_a_tenth_of_what_google_allows() -> None:
    assert choose_archive.SPARE_CELLS == 1_000_000


def test_a_portion_takes_no_more_rows_along_than_its_orders_need(house: House, watch: Watch) -> None:
    old_orders(house, watch, 5)
    kept = []
    while archive_portion(house):
        first = house.services.spreadsheet.first_rows((Orders, KeyLedger), timeout=house.clock.deadline(60))
        kept.append([row.order_id for row in first[Orders].opening])

    assert kept == [["-"]] * 3, (
        "what stands for the orders that left, and no row of one that waits for the next portion"
    )


def test_orders_that_all_end_in_the_same_second_leave_all_the_same(house: House, watch: Watch) -> None:
    for _ in range(5):
        delivered(house, ("CPT", 1))
    flush(house, watch)
    watch.passes(YEAR)
    settle_one(house, watch)

    [left] = press(house, "/maintenance")["archived_orders"]

    assert left["orders"] >= 2


@pytest.mark.parametrize(("limit", "value"), [("MAX_BYTES", 2_000), ("MAX_TEXT", 100)])
def test_orders_that_are_too_long_for_one_batch_or_one_cell_leave_in_several(
    limit: str, value: int, house: House, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(move_orders, "PORTION", 1_000)
    monkeypatch.setattr(move_orders, "MIN_PORTION", 500)
    monkeypatch.setattr(move_orders, limit, value)
    orders = old_orders(house, watch, 5)

    press(house, "/maintenance")

    assert len(tabs(house, house.settings.archives[-1])) > 2, "in several portions"
    assert [zap(house, order)["replayed"] for order in orders] == [True] * 5
