"""Counts and positions go on from what is kept of them once the rows that they were counted by have left."""

from __future__ import annotations

import json

import pytest

from npta.domain.state import order_positions
from npta.domain.state.order_openings import orders_opening
from npta.domain.state.refunds import Refund, write_refund
from npta.domain.state.state import State
from npta.tables import OrderEvent, Orders
from tests.npta.domain.world import AT, World


def shop() -> World:
    """Orders 1 and 3 are filled, 1 is mailed, 2, 4 and 5 failed, and of 6 a cancellation was heard; two rows are listed."""
    world = World().product("A", "NASM-CPT-FULL").keys("NASM CPT combined", 2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(order_positions, "LISTED", 1)
        for order_id, quantity in (("1", 1), ("2", 9), ("3", 1), ("4", 9), ("5", 9)):
            world.order(order_id, ("A", quantity))
        world.event("1", OrderEvent.DELIVERED)
    lines = write_refund(Refund("c1", "6", cancelled=True))
    return world.facts(
        Orders(at=AT, event=OrderEvent.CANCELLED, order_id="6", status="failed", lines=lines, commit="c")
    )


def rows_of(world: World) -> list[Orders]:
    return [row for row in world.history if isinstance(row, Orders)]


def standing(state: State, ids: str) -> dict[str, object]:
    listed = [state.listed[index] for index in range(state.list_length.value)]
    return {
        "arrived": state.arrived.value,
        "arrivals": {order_id: state.arrivals.get(order_id) for order_id in ids},
        "failures": state.failures_in_a_row.value,
        "mails": [(position, record.order_id) for position, record in state.undelivered() if record.order_id in ids],
        "mail count": state.mail_count.value,
        "listed": listed,
        "positions": {order_id: state.list_positions.get(order_id) for order_id in ids},
        "settled": [*state.settled.ids()],
    }


@pytest.mark.parametrize(("leaving", "staying"), [("1", "23456"), ("13", "2456"), ("12345", "6")])
def test_who_starts_without_the_rows_of_some_orders_counts_on_as_one_who_read_them(leaving: str, staying: str) -> None:
    world = shop()
    opening = orders_opening(dict(enumerate(rows_of(world), 1)), [*leaving], world.state, 1)
    state = State()
    for row in (*(row for row in world.history if not isinstance(row, Orders)), *opening):
        state.apply(row)

    assert standing(state, staying) == standing(world.state, staying)
    assert (state.failures_in_a_row.value, state.arrived.value, state.portions_named.value) == (2, 5, 1)
    for here in (state, world.state):
        World(state=here).order("7", ("A", 9))
    assert standing(state, f"{staying}7") == standing(world.state, f"{staying}7")


def test_of_orders_that_leave_nothing_is_named_but_their_rows_of_order_list() -> None:
    world = shop()
    content = json.loads(orders_opening(dict(enumerate(rows_of(world), 1)), ("1", "3"), world.state, 1)[-1].lines)

    assert [order_id for order_id, _ in content["arrivals"]] == ["2", "4", "5"]
    assert content["mails"] == []
    assert (content["arrived"], content["mail_count"], content["portions"]) == (5, 2, 1)
