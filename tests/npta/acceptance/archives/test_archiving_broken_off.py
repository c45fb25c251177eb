"""Archiving is broken off, or others work meanwhile: no order stands in neither place, and none is served twice."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from npta.errors import NptaError
from npta.tables import KeyLedger, Orders
from sheets_schema import SheetsError
from tests.npta.acceptance.archives.steps import YEAR, archive_portion, delivered, settle_one
from tests.npta.acceptance.steps import Watch, buy, look_up, press, zap
from tests.npta.acceptance.test_shrink_spreadsheet import flush
from tests.support import House

pytestmark = pytest.mark.row("X26")


def sold_long_ago(house: House, watch: Watch) -> list[dict[str, Any]]:
    """Three orders that may leave by now, and one that may not."""
    orders = [delivered(house, ("CPT", 2)), delivered(house, ("CPTa", 1)), delivered(house, ("CPT", 1), ("CPTa", 1))]
    flush(house, watch)
    watch.passes(YEAR)
    settle_one(house, watch)
    return orders


def answers(house: House, orders: list[dict[str, Any]]) -> list[Any]:
    return [(zap(house, order)["keys"], look_up(house, str(order["id"]))["events"]) for order in orders]


def leave(house: House) -> int:
    return archive_portion(house)


def other_process(house: House) -> House:
    return House(
        house.emulator,
        house.spreadsheet_id,
        shop=house.shop,
        slack=house.slack,
        clock=house.clock,
        environment=house.environment,
    )


@pytest.mark.parametrize(
    ("kind", "calls"),
    [*(("error_503_after", calls) for calls in range(4, 14)), *(("error_503", calls) for calls in (5, 7, 9, 11))],
)
def test_cut_off_after_any_call_it_goes_on_the_next_time_and_nothing_is_lost_or_doubled(
    kind: str, calls: int, house: House, watch: Watch
) -> None:
    orders = sold_long_ago(house, watch)
    before = answers(house, orders)
    house.emulator.faults.add(kind, after=calls, count=None)
    with suppress(SheetsError, NptaError):
        leave(house)
    house.emulator.faults.clear()
    house.restart()
    watch.passes(60)

    assert answers(house, orders) == before
    left = leave(house)
    assert (left, house.services.spreadsheet.scan([Orders])[Orders].gone > 0) in ((3, True), (0, True))
    assert leave(house) == 0
    assert answers(house, orders) == before


def test_answers_that_come_twice_change_nothing(house: House, watch: Watch) -> None:
    orders = sold_long_ago(house, watch)
    before = answers(house, orders)
    house.emulator.faults.add("duplicate_delivery", method="POST", count=None)
    with suppress(SheetsError, NptaError):
        leave(house)
    house.emulator.faults.clear()

    house.restart()
    watch.passes(60)
    assert answers(house, orders) == before


def test_an_order_that_is_touched_while_its_portion_is_written_stays(house: House, watch: Watch) -> None:
    orders = sold_long_ago(house, watch)
    other = other_process(house)
    released: list[Any] = []

    def touch() -> None:
        with house.emulator.faults.paused():
            released.append(press(other, f"/orders/{orders[0]['id']}/release"))

    house.emulator.faults.add("person_edits", request="addSheet", action=touch)
    left = leave(house)

    assert len(released) == 1
    assert left == 2, "the two others"
    assert look_up(house, str(orders[0]["id"]))["status"] == "released"
    assert zap(house, orders[0])["http"] == 409
    assert zap(house, orders[1])["replayed"]


def test_two_that_archive_at_once_let_every_order_leave_once(house: House, watch: Watch) -> None:
    orders = sold_long_ago(house, watch)
    before = answers(house, orders)
    other = other_process(house)
    left: list[int] = []

    def as_well() -> None:
        with house.emulator.faults.paused():
            left.append(leave(other))

    house.emulator.faults.add("person_edits", request="addSheet", action=as_well)
    left.append(leave(house))

    assert left == [3, 0]
    assert answers(house, orders) == answers(other, orders) == before


def test_an_order_that_came_back_leaves_again_and_is_answered_as_ever(house: House, watch: Watch) -> None:
    orders = sold_long_ago(house, watch)
    leave(house)
    for _ in range(3):
        press(house, f"/orders/{orders[0]['id']}/resend")
        press(house, f"/orders/{orders[0]['id']}/delivered", {"message_id": "again"})
        flush(house, watch)
        before = answers(house, orders)
        watch.passes(YEAR)
        settle_one(house, watch)
        assert leave(house) >= 1
        house.restart()
        assert answers(house, orders) == before


def test_a_follower_that_slept_through_it_all_answers_the_same(house: House, watch: Watch) -> None:
    orders = sold_long_ago(house, watch)
    before = answers(house, orders)
    other = other_process(house)
    assert answers(other, orders) == before
    leave(house)
    press(house, f"/orders/{orders[1]['id']}/resend")
    press(house, f"/orders/{orders[1]['id']}/delivered", {"message_id": "again"})

    assert answers(other, orders) == answers(house, orders)
    assert press(other, f"/orders/{orders[0]['id']}/release")["released"] == 2
    assert zap(house, orders[0])["http"] == 409


def test_what_is_only_asked_for_is_not_brought_back(house: House, watch: Watch) -> None:
    orders = sold_long_ago(house, watch)
    leave(house)
    rows = house.services.spreadsheet.scan([Orders, KeyLedger])
    answers(house, orders)
    buy(house, ("CPT", 1))

    assert house.services.spreadsheet.scan([Orders, KeyLedger]) == rows
