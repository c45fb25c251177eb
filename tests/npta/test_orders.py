"""Orders over HTTP, with the spreadsheet looked at by plain gspread."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from sheets_schema.emulator import Emulator
from tests.support import House

RUNBOOK_KEYS = [
    ["CANADA  NASM      CPT            combined    EX-2t572t1232321a  15"],
    ["CANADA  NASM      CPT            content     EX-2t572t1232321b  15"],
    ["CANADA  NASM      CPT            exam        EX-2t572t1232321c  20"],
]


def stock(house: House) -> dict[str, tuple[int, int]]:
    """Used and available seats by pool."""
    return {
        f"{row['provider']} {row['product_code']} {row['component']}": (row["used"], row["available"])
        for row in house.rows("Key Inventory")
    }


@pytest.fixture
def shop(house: House) -> House:
    """A house with the runbook's single-course keys and two products of the same course."""
    house.products(("CPTa", "NASM-CPT-FULL"), ("CPT", "NASM-CPT-EXAM"), ("KBS-1", "", "EXTERNAL"))
    house.keys(*RUNBOOK_KEYS)
    return house


def test_a_paid_order_gets_its_key_and_the_sheet_already_shows_it(shop: House) -> None:
    answer = shop.order("6855909900591", ("CPTa", 1))

    assert answer["http"] == 200
    assert answer["success"] is answer["email_ready"] is True
    keys = [(key["keycode"], key["seats"], key["component"]) for key in answer["keys"]]
    assert keys == [("EX-2t572t1232321a", 1, "combined")]
    assert stock(shop)["NASM CPT combined"] == (1, 14)
    assert [row["status"] for row in shop.rows("Orders")] == ["fulfilled"]
    assert [row["event"] for row in shop.rows("Key Ledger")] == ["ASSIGNED"]


def test_two_products_of_one_course_draw_from_different_pools(shop: House) -> None:
    shop.order("1", ("CPTa", 1))
    shop.order("2", ("CPT", 1))

    assert stock(shop) == {"NASM CPT combined": (1, 14), "NASM CPT content": (0, 15), "NASM CPT exam": (1, 19)}


def test_the_same_order_32_times_at_once_is_served_once(shop: House) -> None:
    with ThreadPoolExecutor(32) as callers:
        answers = list(callers.map(lambda _: shop.order("6855909900591", ("CPTa", 2)), range(32)))

    assert {answer["http"] for answer in answers} == {200}
    assert len({str(answer["keys"]) for answer in answers}) == 1
    assert [answer["replayed"] for answer in answers].count(False) == 1
    assert stock(shop)["NASM CPT combined"] == (2, 13)
    assert len(shop.rows("Orders")) == 1


def test_a_repeat_after_a_restart_on_the_same_file_gives_the_same_keys(tmp_path: Path) -> None:
    file = tmp_path / "sheet.db"
    first = Emulator(file)
    house = House(first).provision()
    house.products(("CPTa", "NASM-CPT-FULL"))
    house.keys(*RUNBOOK_KEYS)
    before = house.order("6855909900591", ("CPTa", 1))
    first.close()

    second = Emulator(file)
    after = House(second, house.spreadsheet_id).order("6855909900591", ("CPTa", 1))

    assert after["replayed"] is True
    assert after["keys"] == before["keys"]
    assert stock(House(second, house.spreadsheet_id))["NASM CPT combined"] == (1, 14)
    second.close()


def test_every_answer_survives_the_loss_of_all_memory(shop: House) -> None:
    orders: list[tuple[str, Any]] = [("1", ("CPTa", 1)), ("2", ("KBS-1", 1)), ("3", ("CPT", 25)), ("4", ("gone", 1))]
    before = [shop.order(order_id, line) for order_id, line in orders]

    shop.restart()
    after = [shop.order(order_id, line) for order_id, line in orders]

    volatile = ("request_id", "replayed")
    strip = [[{name: each[name] for name in each if name not in volatile} for each in told] for told in (before, after)]
    assert strip[0] == strip[1]
    assert [each["http"] for each in after] == [200, 200, 422, 422]


def watch_batches(house: House) -> list[list[dict[str, Any]]]:
    """Every batch that the service sends from now on, as it leaves for the wire."""
    batches: list[list[dict[str, Any]]] = []
    session = house.services.spreadsheet.client.session
    send = session.send

    def watched(request: Any, **how: Any) -> Any:
        if request.method == "POST":
            batches.append(json.loads(request.body)["requests"])
        return send(request, **how)

    session.send = watched  # type: ignore[method-assign]  # a watcher at the wire
    return batches


AWKWARD: list[str] = [
    "0012",
    "=1+1",
    "1-2",
    "8085807e40000000",
    "it's-quoted",
    "007",
    "TRUE",
    "1,234",
    "2026-11-23",
    "+49 30",
    "é–🔑",
]


def test_awkward_key_codes_and_ids_come_back_letter_for_letter(house: House) -> None:
    house.products(("X", "NASM-CPT-FULL"))
    imported = house.keys(*(("CANADA", "NASM", "CPT", "combined", code, 1) for code in AWKWARD))
    order_id = "1234567890123456789"
    answer = house.order(order_id, ("X", len(AWKWARD)))

    assert imported["imported"] == len(AWKWARD)
    assert answer["order_id"] == order_id
    assert [key["keycode"] for key in answer["keys"]] == AWKWARD
    for tab in ("Import History", "Key Ledger"):
        shown = house.sheet.worksheet(tab).get_all_values()
        assert [row[shown[0].index("keycode")] for row in shown[1:]] == AWKWARD, tab
    assert [row["order_id"] for row in house.rows("Orders")] == [order_id]
    house.restart()
    assert [key["keycode"] for key in house.order(order_id, ("X", len(AWKWARD)))["keys"]] == AWKWARD


def test_the_whole_order_is_one_batch_that_writes_protected_tabs_only(shop: House) -> None:
    shop.order("1", ("CPTa", 1))
    titles = {each.id: each.title for each in shop.sheet.worksheets()}
    batches = watch_batches(shop)
    shop.order("2", ("CPTa", 1))

    commit = batches[0]
    assert [next(iter(request)) for request in commit[:3]] == [
        "updateNamedRange",
        "deleteNamedRange",
        "addNamedRange",
    ]
    written = {titles[request["updateCells"]["start"]["sheetId"]] for request in commit[3:]}
    facts = {"Control", "Commit Log", "Key Ledger", "Orders", "Outbox"}
    assert written == {*facts, "Key Inventory", "Attention", "Order List"}
    (listed,) = [
        request["updateCells"]
        for request in commit[3:]
        if titles[request["updateCells"]["start"]["sheetId"]] == "Order List"
    ]
    assert (listed["start"]["rowIndex"], len(listed["rows"])) == (2, 1), "the new order's row alone"
    for batch in batches[1:]:
        assert {titles[each["updateCells"]["start"]["sheetId"]] for each in batch[1:]} == {"NPTA Catalogue"}


def test_what_an_order_costs_in_calls(shop: House) -> None:
    shop.order("1", ("CPTa", 1))
    calls = shop.emulator.calls

    calls.reset()
    shop.order("2", ("CPTa", 1))
    assert (calls.reads, calls.writes) == (2, 1), "a lone order: read, commit, read back"

    calls.reset()
    shop.order("2", ("CPTa", 1))
    assert (calls.reads, calls.writes) == (1, 0), "a repeat: a release elsewhere must be seen"

    shop.services.refreshing.last = float("-inf")
    calls.reset()
    shop.order("3", ("CPTa", 1))
    assert (calls.reads, calls.writes) == (3, 2), (
        "a lone order with the refresh of the catalogue: 1 read + 1 write more"
    )


@pytest.mark.parametrize("kind", ["something_else", "something_else_after"])
@pytest.mark.parametrize(
    ("status", "body"),
    [(200, {}), (200, {"error": {"code": 500}}), (202, {}), (302, {}), (200, {"spreadsheetId": "another"})],
)
def test_keys_are_told_only_where_the_sheet_shows_them_whatever_answers_in_place_of_google(
    shop: House, kind: str, status: int, body: dict[str, Any]
) -> None:
    shop.order("0", ("CPT", 1))
    shop.emulator.faults.add(kind=kind, path=":batchUpdate", status=status, body=body, after=1, count=2)
    with ThreadPoolExecutor(6) as callers:  # so that the lock stays ours from the first commit to the next
        answers = list(callers.map(lambda number: shop.order(str(number), ("CPT", 1)), range(1, 13)))
    shop.emulator.faults.clear()

    ledger = {row["order_id"]: row["keycode"] for row in shop.rows("Key Ledger") if row["event"] == "ASSIGNED"}
    told = {answer["order_id"]: answer["keys"][0]["keycode"] for answer in answers if answer["http"] == 200}
    assert {answer["http"] for answer in answers} <= {200, 503}
    assert told.items() <= ledger.items()
    assert [shop.order(str(number), ("CPT", 1))["http"] for number in range(13)] == [200] * 13
    assert stock(shop)["NASM CPT exam"] == (13, 7)


def test_many_orders_at_once_share_their_commits(shop: House) -> None:
    shop.emulator.faults.add(kind="delay_answer", path=":batchUpdate", seconds=0.05, count=None)
    shop.order("0", ("CPT", 1))
    shop.services.refreshing.last = float("inf")
    calls = shop.emulator.calls
    calls.reset()

    with ThreadPoolExecutor(12) as callers:
        answers = list(callers.map(lambda number: shop.order(str(number), ("CPT", 1)), range(1, 13)))

    assert {answer["http"] for answer in answers} == {200}
    assert calls.writes <= 4
    assert stock(shop)["NASM CPT exam"] == (13, 7)
