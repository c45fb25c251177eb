"""Order List: which rows a commit writes, and what stands in them beside what the gallery shows."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from npta.domain.orders.eligibility import Rules
from npta.domain.reports.order_list import OrderRows, order_row
from npta.domain.state.state import State
from npta.tables import OrderEvent
from tests.npta.domain.world import LIVE, World

VALUES = {"mode": "LIVE", "go_live_at": "", "refreshed_at": ""}


def rules(_values: Mapping[str, str]) -> Rules:
    return LIVE


def three_orders() -> World:
    world = World().product("A", "NASM-CPT-FULL").keys("NASM CPT combined", 5)
    for order_id in ("1", "2", "3"):
        world.order(order_id, ("A", 1))
    return world


@pytest.mark.parametrize(
    ("now", "rows"),
    [
        ({}, [1]),
        ({"mode": "OFF"}, [0, 1, 2]),
        ({"go_live_at": "2026-12-01T00:00:00Z"}, [0, 1, 2]),
        ({"refreshed_at": "2026-12-01T00:00:00Z"}, [1]),
    ],
)
def test_a_commit_writes_its_orders_and_a_change_of_the_mode_writes_all(now: dict[str, str], rows: list[int]) -> None:
    view, world = OrderRows(rules, ""), three_orders()
    after = World(state=world.state.fork())
    after.event("2", OrderEvent.DELIVERED)

    changed = view.changed(world.state, after.state, VALUES, {**VALUES, **now})

    assert list(changed) == rows
    assert view.row_count(after.state) == 3
    assert [view.key(after.state, index) for index in range(3)] == ["1", "2", "3"]
    assert view.row(after.state, VALUES, 1).mail == "sent"


def test_an_order_that_is_listed_no_more_has_no_row_to_be_written() -> None:
    world = three_orders()
    after = World(state=world.state.fork())
    after.state.list_positions["1"] = None
    after.event("2", OrderEvent.CLEARED).event("1", OrderEvent.DELIVERED)
    after.state.list_positions["1"] = None

    assert list(OrderRows(rules, "").changed(world.state, after.state, VALUES, VALUES)) == [1]


def test_of_an_order_with_many_lines_the_first_five_are_named() -> None:
    world = World()
    world.order("1", *[(f"S{number}", number) for number in range(1, 8)])

    row = order_row(world.state, world.state.orders["1"], lambda: LIVE, "")

    assert row.products == "S1, S2 × 2, S3 × 3, S4 × 4, S5 × 5, … and 2 more"
    assert row.shop == ""


def test_an_order_whose_id_is_no_number_has_no_page_in_the_shop() -> None:
    world = World(state=State())
    world.order("x-1", ("A", 1))

    assert order_row(world.state, world.state.orders["x-1"], lambda: LIVE, "npta.example").shop == ""
