"""What a person should look at."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from npta.domain.catalogue.catalogue_summary import CatalogueWarning
from npta.domain.orders.eligibility import Mode
from npta.domain.reports.attention import MAX_SHOWN, attention
from npta.domain.state.alert import Alert, AlertKind
from npta.domain.state.outbox_messages import Channel, refused_count
from npta.domain.state.outbox_rows import alert_pending, channel_refused, fulfillment_pending, mark_rejected
from npta.domain.state.receipts import OrderLine
from npta.domain.state.times import Stamp
from npta.tables import OrderEvent
from tests.npta.domain.world import AT, LIVE, World

CPT = "NASM CPT combined"


def shown(world: World, mode: Mode = Mode.LIVE, low_stock: int = 0) -> list[tuple[str, str]]:
    return [(row.what, row.which) for row in attention(world.state, LIVE._replace(mode=mode), low_stock)]


def test_a_failed_order_is_shown_with_customer_reason_and_next_step_until_it_is_filled() -> None:
    world = World().product("A", "NASM-CPT-FULL")
    world.order("1", ("A", 1), order_name="#1042")

    row = attention(world.state, LIVE, 0)[0]
    assert (row.what, row.which) == ("failed order", "1")
    assert all(part in row.detail for part in ("#1042", "Ada Lovelace", "NASM-CPT-FULL", "0 free"))
    assert "Import more keys" in row.next_step

    world.keys(CPT, 2).reopen()
    assert "Re-run the Zap" in attention(world.state, LIVE, 0)[0].next_step
    world.order("1", ("A", 1))
    assert shown(world) == [("mail not confirmed", "1")]


def test_an_order_that_came_in_while_off_is_to_be_served_by_hand() -> None:
    world = World(LIVE._replace(mode=Mode.OFF))
    world.order("1", ("A", 1))

    row = attention(world.state, LIVE, 0)[0]
    assert (row.what, row.which) == ("order by hand", "1")
    assert row.next_step.startswith("Serve the order by hand, then press Close Order.")


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


OFF = LIVE._replace(mode=Mode.OFF)
MANY = MAX_SHOWN + 7


def fail(world: World, number: int) -> None:
    world.order(str(number), ("A", 1))


def leave_to_hand(world: World, number: int) -> None:
    world.rules = OFF
    world.order(str(number), ("A", 1))


def fill(world: World, number: int) -> None:
    world.keys("NASM CPT exam", 1)
    world.product("E", "NASM-CPT-EXAM")
    world.order(str(number), ("E", 1))


def empty_pool(world: World, number: int) -> None:
    world.keys(f"NASM P{number:04} combined", 0)


SORTS: list[tuple[str, Callable[[World, int], None]]] = [
    ("failed order", fail),
    ("order by hand", leave_to_hand),
    ("mail not confirmed", fill),
    ("low stock", empty_pool),
]


@pytest.mark.parametrize(("what", "happens"), SORTS)
def test_of_each_sort_the_first_200_are_shown_and_the_others_counted(
    what: str, happens: Callable[[World, int], None]
) -> None:
    world = World()
    for number in range(MANY):
        happens(world, number)

    rows = [row for row in attention(world.state, LIVE, 1) if row.what == what]

    assert len(rows) == MAX_SHOWN + 1
    assert (rows[-1].which, rows[-1].next_step) == ("and 7 more", "They follow here as those above are settled.")
    assert "more" not in rows[-2].which


def test_200_are_all_shown_and_one_that_is_settled_makes_room_for_the_next() -> None:
    world = World()
    for number in range(MAX_SHOWN + 1):
        fail(world, number)
    world.event("0", OrderEvent.CLOSED)

    assert shown(world) == [("failed order", str(number)) for number in range(1, MAX_SHOWN + 1)]


def test_of_remarks_on_the_catalogue_too() -> None:
    remarks = [CatalogueWarning(number, f"SKU-{number}", "entitlements missing") for number in range(2, MANY + 2)]

    rows = attention(World().state, LIVE, 0, remarks)

    assert (len(rows), rows[-1].which) == (MAX_SHOWN + 1, "and 7 more")


@pytest.mark.parametrize("happens", [fail, leave_to_hand, fill])
def test_however_many_orders_are_open_or_were_only_those_that_are_shown_are_looked_at(
    happens: Callable[[World, int], None],
) -> None:
    world = World()
    for number in range(1_000):
        happens(world, number)
    for number in range(1, 900):  # the oldest stays, and hides nobody behind those that are settled
        world.event(str(number), OrderEvent.CLOSED if happens is not fill else OrderEvent.DELIVERED)
    for number in range(1_000, 1_400):
        happens(world, number)
    looked_up = 0

    class Counted(type(world.state.orders)):  # type: ignore[misc]  # the look-up, counting
        def __getitem__(self, key: object) -> object:
            nonlocal looked_up
            looked_up += 1
            return super().__getitem__(key)

    world.state.orders = Counted(*world.state.orders.maps)

    assert len([row for row in attention(world.state, LIVE, 0) if row.what != "low stock"]) == MAX_SHOWN + 1
    assert looked_up <= MAX_SHOWN


def test_what_is_refused_says_what_whom_and_what_to_mend() -> None:
    world = World()
    held = "CPT × 1 (on hold in Shopify)"
    world.facts(
        fulfillment_pending(world.state, "1", [OrderLine("7", "CPT", 1)], stamp=Stamp(AT, "a")),
        alert_pending(world.state, Alert(AlertKind.FAILED, "2", "❌", "t"), stamp=Stamp(AT, "b")),
    )
    for channel in (Channel.FULFILLMENT, Channel.SLACK):
        (message,) = world.state.pending(channel)
        world.facts(mark_rejected(message, held, stamp=Stamp(AT, "c")))
        world.facts(channel_refused(channel, held, stamp=Stamp(AT, "d")))

    assert refused_count(world.state) == 4
    rows = [
        (row.what, row.which, row.detail, row.next_step.partition(".")[0]) for row in attention(world.state, LIVE, 0)
    ]

    assert rows == [
        ("alert refused", "all for Slack", held, "Fix the cause"),
        ("fulfillment mark refused", "all for Shopify", held, "Fix the cause"),
        ("fulfillment mark refused", "1", f"fulfillment: {held}",
         "Release them in Shopify, and they are marked by themselves; or mark them as fulfilled there by hand"),
        ("alert refused", "2", f"failed: {held}", "Fix the cause"),
    ]  # fmt: skip


@pytest.mark.parametrize(("row", "where"), [(0, "NPTA Catalogue: "), (5, "NPTA Catalogue, row 5: ")])
def test_a_remark_says_where_the_row_stands_if_there_is_one(row: int, where: str) -> None:
    (shown_row,) = attention(World().state, LIVE, 0, [CatalogueWarning(row=row, sku="A", message="a slip")])

    assert shown_row.detail == f"{where}a slip"
