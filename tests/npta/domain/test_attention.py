"""What a person should look at."""

from __future__ import annotations

from npta.domain.attention import attention
from npta.domain.fulfillment import Mode
from tests.npta.domain.world import LIVE, World

CPT = "NASM CPT combined"


def shown(world: World, mode: Mode = Mode.LIVE, low_stock: int = 0) -> list[tuple[str, str]]:
    return [(row.what, row.which) for row in attention(world.state, mode, low_stock)]


def test_a_failed_order_is_shown_with_customer_reason_and_next_step_until_it_is_filled() -> None:
    world = World().product("A", "NASM-CPT-FULL")
    world.order("1", ("A", 1), order_name="#1042")

    row = attention(world.state, Mode.LIVE, 0)[0]
    assert (row.what, row.which) == ("failed order", "1")
    assert all(part in row.detail for part in ("#1042", "Ada Lovelace", "NASM-CPT-FULL", "0 free"))
    assert "Import more keys" in row.next_step

    world.keys(CPT, 1).reopen()
    assert "Re-run the Zap" in attention(world.state, Mode.LIVE, 0)[0].next_step
    world.order("1", ("A", 1))
    assert shown(world) == [("mail not confirmed", "1")]


def test_an_order_that_came_in_while_off_is_to_be_served_by_hand() -> None:
    world = World(LIVE._replace(mode=Mode.OFF))
    world.order("1", ("A", 1))

    row = attention(world.state, Mode.LIVE, 0)[0]
    assert (row.what, row.which, row.next_step) == ("order by hand", "1", "Serve it by hand.")


def test_orders_stand_in_the_sequence_in_which_they_came() -> None:
    world = World()
    for order_id in ("9", "1", "5"):
        world.order(order_id, ("A", 1))

    assert [which for _, which in shown(world)] == ["9", "1", "5"]


def test_a_pool_below_the_threshold_is_shown_and_one_at_it_is_not() -> None:
    world = World().keys(CPT, 4).keys("NASM CPT exam", 5)

    assert shown(world, low_stock=5) == [("low stock", "CANADA NASM CPT combined")]


def test_the_mode_is_shown_unless_it_is_live() -> None:
    assert [shown(World(), mode) for mode in Mode] == [[("mode", "OFF")], [("mode", "TEST")], []]
