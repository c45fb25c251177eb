"""Of which refunds people hear: of those that change something here, or name a line that nobody knows."""

from __future__ import annotations

from npta.domain.alerts.refund_alerts import TakenBack, taken_back
from npta.domain.state.refunds import Refund, RefundedLine
from npta.tables import OrderEvent
from tests.npta.domain.test_refunds import hear, order, refund, shop
from tests.npta.domain.world import World

STRANGE = ("99", "CPTa", 1, 1)
"""A line of a SKU of the order, by an id that it does not have."""


def sold() -> World:
    world = shop()
    world.place(order(("1", "CPTa", 2)))
    return world


def change(world: World, told: Refund) -> TakenBack:
    before = world.state.orders["1"]
    after = hear(world, told).state.orders["1"]
    return taken_back(before, after, told)


def test_a_refund_of_what_an_order_holds_proposes_to_give_it_back() -> None:
    found = change(sold(), refund(("1", "CPTa", 1, 2)))

    assert [(line.line_item_id, line.quantity) for line in found.proposed] == [("1", 1)]
    assert (found.unmatched, found.is_news) == ((), True)


def test_a_line_that_the_order_does_not_have_is_news_if_its_sku_is_one_of_the_orders() -> None:
    assert change(sold(), refund(STRANGE)).unmatched == (RefundedLine(*STRANGE),)
    for other in (("99", "CNC", 1, 1), ("99", "", 1, 1)):
        assert not change(sold(), refund(other)).is_news


def test_of_an_order_that_is_over_it_is_none() -> None:
    for event in (OrderEvent.RELEASED, OrderEvent.CLOSED):
        assert not change(sold().event("1", event), refund(STRANGE)).unmatched


def test_a_cancellation_names_no_line_again_that_was_refunded_before() -> None:
    world = sold()
    change(world, refund(STRANGE))

    found = change(world, Refund("c1", "1", (RefundedLine(*STRANGE),), cancelled=True))

    assert (found.unmatched, [line.quantity for line in found.proposed]) == ((), [2])
