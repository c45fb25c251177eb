"""Rule 7: orders that waited are opened again when what they lacked has arrived."""

from __future__ import annotations

import pytest

from npta.domain.state.order_record import Status
from npta.tables import OrderEvent
from tests.npta.domain.world import LIVE, World

CPT = "NASM CPT combined"


def waiting(*orders: tuple[str, int], stock: int = 0) -> World:
    """Orders for so many CPTa each, failed in this sequence."""
    world = World().product("CPTa", "NASM-CPT-FULL")
    if stock:
        world.keys(CPT, stock)
    for order_id, count in orders:
        assert world.order(order_id, ("CPTa", count)).status is Status.FAILED
    return world


def test_rule_7_an_order_is_opened_when_its_keys_arrive_and_a_repeat_fills_it() -> None:
    world = waiting(("1", 2)).keys(CPT, 2)

    assert world.reopen() == ["1"]
    assert world.order("1", ("CPTa", 2)).status is Status.FULFILLED


def test_rule_7_an_order_is_opened_when_its_product_is_published() -> None:
    world = World().keys(CPT, 5)
    world.order("1", ("CPTa", 1))
    assert world.reopen() == []

    assert world.product("CPTa", "NASM-CPT-FULL").reopen() == ["1"]
    assert world.order("1", ("CPTa", 1)).status is Status.FULFILLED


def test_rule_7_an_order_is_opened_when_its_product_has_become_external() -> None:
    world = waiting(("1", 1)).product("CPTa", "", "EXTERNAL")

    assert world.reopen() == ["1"]
    assert world.order("1", ("CPTa", 1)).status is Status.SKIPPED


def test_an_order_that_still_lacks_something_stays_locked() -> None:
    world = World().product("TWO", "NASM-CPT-FULL,NASM-CPT-EXAM")
    world.order("1", ("TWO", 1))

    assert world.keys(CPT, 5).reopen() == []
    assert world.keys("NASM CPT exam", 1).reopen() == ["1"]


def test_a_grown_order_is_opened_for_what_it_lacks() -> None:
    world = World().product("CPTa", "NASM-CPT-FULL").keys(CPT, 1)
    world.order("1", ("CPTa", 1))
    world.order("1", ("CPTa", 3))

    assert world.keys(CPT, 1).reopen() == []
    assert world.keys(CPT, 1).reopen() == ["1"]
    assert world.order("1", ("CPTa", 3)).status is Status.FULFILLED


def test_the_oldest_waiting_orders_are_opened_as_far_as_the_stock_goes() -> None:
    world = waiting(("1", 2), ("2", 3), ("3", 1)).keys(CPT, 4)

    assert world.reopen() == ["1", "3"], "2 does not fit beside 1, 3 does"


def test_seats_promised_to_an_opened_order_are_not_promised_again_by_the_next_press() -> None:
    world = waiting(("1", 1), ("2", 1)).keys(CPT, 1)

    assert world.reopen() == ["1"]
    assert world.reopen() == []
    assert world.keys(CPT, 1).reopen() == ["2"]


def test_an_order_that_a_person_cleared_counts_as_opened() -> None:
    world = waiting(("1", 1), ("2", 1)).clear("1").keys(CPT, 1)

    assert world.reopen() == []


@pytest.mark.parametrize("event", [OrderEvent.CLOSED, OrderEvent.RELEASED])
def test_a_closed_or_released_order_is_not_opened(event: OrderEvent) -> None:
    world = waiting(("1", 1)).event("1", event).keys(CPT, 5)

    assert world.reopen() == []


def test_a_filled_order_is_not_opened() -> None:
    world = waiting(("1", 1)).keys(CPT, 5)
    world.reopen()
    world.order("1", ("CPTa", 1))

    assert world.reopen() == []


def test_an_order_paid_before_the_go_live_time_waits_for_a_person_not_for_stock() -> None:
    world = World(LIVE._replace(go_live_at="2026-11-23T12:00:00Z")).product("CPTa", "NASM-CPT-FULL").keys(CPT, 5)
    world.order("1", ("CPTa", 1), paid_at="2026-11-22T12:00:00Z")

    assert world.reopen() == []


def test_an_order_of_an_unknown_region_waits_for_a_person() -> None:
    world = World().product("CPTa", "NASM-CPT-FULL").keys(CPT, 5)
    world.order("1", ("CPTa", 1), region="MARS")

    assert world.reopen() == []
