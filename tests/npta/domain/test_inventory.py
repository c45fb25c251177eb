"""Key Inventory shows every pool as it is."""

from __future__ import annotations

import pytest

from npta.domain.stock.inventory import key_inventory
from npta.tables import KeyLedger
from tests.npta.domain.world import World, key_row


def shown(world: World) -> list[tuple[str, int, int, int, int]]:
    return [
        (f"{row.provider} {row.product_code} {row.component}", row.total, row.used, row.quarantined, row.available)
        for row in key_inventory(world.state)
    ]


def runbook_sample() -> World:
    world = World().keys("NASM CPT combined", 15).keys("NASM CPT content", 15).keys("NASM CPT exam", 20)
    for component, seats in (("combined", 15), ("content", 15), ("exam", 20)):
        world.keys(f"NASM NSBK_CPT-CNC-CES {component}", seats)
    return world


def test_the_runbooks_keys_make_six_pools_and_the_bundle_changes_no_single_course() -> None:
    assert shown(runbook_sample()) == [
        ("NASM CPT combined", 15, 0, 0, 15),
        ("NASM CPT content", 15, 0, 0, 15),
        ("NASM CPT exam", 20, 0, 0, 20),
        ("NASM NSBK_CPT-CNC-CES combined", 15, 0, 0, 15),
        ("NASM NSBK_CPT-CNC-CES content", 15, 0, 0, 15),
        ("NASM NSBK_CPT-CNC-CES exam", 20, 0, 0, 20),
    ]


def test_rule_13_a_pools_available_is_total_less_used_less_quarantined() -> None:
    world = World().product("A", "NASM-CPT-FULL").keys("NASM CPT combined", 5, 5)
    world.order("1", ("A", 3))
    world.retire("K1")

    assert shown(world) == [("NASM CPT combined", 10, 3, 2, 5)]
    world.order("2", ("A", 1))
    assert world.held("2") == [("K2", 1)], "a retired key takes no further order"


def test_seats_owed_to_waiting_orders_are_still_in_the_pool() -> None:
    world = World().product("A", "NASM-CPT-FULL").keys("NASM CPT combined", 2)
    world.order("1", ("A", 3))

    assert shown(world) == [("NASM CPT combined", 2, 0, 0, 2)]


def test_released_seats_are_free_again() -> None:
    world = World().product("A", "NASM-CPT-FULL").keys("NASM CPT combined", 2)
    world.order("1", ("A", 2))
    world.release("1")

    assert shown(world) == [("NASM CPT combined", 2, 0, 0, 2)]


def test_a_corrected_number_of_seats_counts_from_then_on() -> None:
    world = World().keys("NASM CPT combined", 5).adjust("K1", 8)

    assert shown(world) == [("NASM CPT combined", 8, 0, 0, 8)]


def test_pools_are_sorted() -> None:
    world = World().keys("NCSF STS combined", 1).keys("NASM CPT exam", 1).keys("ELEIKO STR1 combined", 1)

    assert [name for name, *_ in shown(world)] == ["ELEIKO STR1 combined", "NASM CPT exam", "NCSF STS combined"]


def told(world: World, low_stock: int = 5, refreshed_at: str = "") -> list[tuple[int, str, int | None, str]]:
    rows = key_inventory(world.state, low_stock, refreshed_at)
    return [(row.available, row.stock, row.days_left, row.sold_through) for row in rows]


@pytest.mark.parametrize(
    ("low_stock", "words"),
    [
        (0, ["out of stock", "enough", "enough", "enough"]),
        (1, ["out of stock", "enough", "enough", "enough"]),
        (5, ["out of stock", "low", "enough", "enough"]),
        (6, ["out of stock", "low", "low", "enough"]),
        (50, ["out of stock", "low", "low", "low"]),
    ],
)
def test_what_is_low_is_said_in_a_word_that_follows_the_setting(low_stock: int, words: list[str]) -> None:
    world = World().product("A", "NASM-A-FULL")
    for number, seats in enumerate((1, 4, 5, 49)):
        world.keys(f"NASM {'ABCD'[number]} combined", seats)
    world.order("1", ("A", 1))

    assert [word for _, word, _, _ in told(world, low_stock)] == words


def test_a_pool_is_sold_through_the_published_products_that_take_seats_of_it() -> None:
    world = World().keys("NASM CPT combined", 9).keys("NASM CPT exam", 9).keys("NASM CNC combined", 9)
    world.product("A", "NASM-CPT-FULL").product("B", "NASM-CPT-FULL,NASM-CPT-FULL,NASM-CNC-FULL")
    assert [through for *_, through in told(world)] == ["B", "A, B", ""]

    world.product("A", "NASM-CPT-EXAM").product("B", "NASM-CPT-FULL")
    assert [through for *_, through in told(world)] == ["", "B", "A"]

    world.product("B", "", "EXTERNAL")
    assert [through for *_, through in told(world)] == ["", "", "A"]
    world.product("A", "", "")
    assert [through for *_, through in told(world)] == ["", "", ""], "unpublished"
    world.product("A", "NASM-CPT-FULL")
    assert [through for *_, through in told(world)] == ["", "A", ""]


def test_regions_share_the_products() -> None:
    world = World().keys("NASM CPT combined", 9).product("A", "NASM-CPT-FULL")
    world.facts(key_row("K2", "NASM CPT combined", 9).model_copy(update={"region": "US"}))

    assert [through for *_, through in told(world)] == ["A", "A"]


def test_of_very_many_products_the_first_are_named() -> None:
    world = World().keys("NASM CPT combined", 9)
    for number in range(23):
        world.product(f"A{number}", "NASM-CPT-FULL")

    [(*_, through)] = told(world)
    assert through.startswith("A0, A1, A2,")
    assert through.endswith("A19, … and 3 more")


def test_how_long_it_lasts_goes_by_the_last_refresh_or_by_an_order_since() -> None:
    world = World().product("A", "NASM-CPT-FULL").keys("NASM CPT combined", 40)
    assert [days for _, _, days, _ in told(world, refreshed_at="2026-11-23T10:00:00Z")] == [None], "nothing was sold"
    world.order("1", ("A", 10))  # at AT, on 2026-11-23

    assert [days for _, _, days, _ in told(world)] == [90]
    assert [days for _, _, days, _ in told(world, refreshed_at="2026-11-01T10:00:00Z")] == [90], "the order came later"
    assert [days for _, _, days, _ in told(world, refreshed_at="2026-12-22T10:00:00Z")] == [90]
    assert [days for _, _, days, _ in told(world, refreshed_at="2026-12-23T10:00:00Z")] == [None], "30 days ago"


@pytest.mark.parametrize(
    "at", ["zzz", "", "9999-99-99T00:00:00Z", "20261123T010203Z", "2026-11-23", "9999-12-31T23:00:00-05:00"]
)
def test_times_that_a_person_has_changed_stop_nothing(at: str) -> None:
    world = World().product("A", "NASM-CPT-FULL").keys("NASM CPT combined", 40)
    world.order("1", ("A", 10))
    [row] = [row for row in world.history if isinstance(row, KeyLedger)]
    world.facts(row.model_copy(update={"at": at, "seats": 1}))

    [(available, word, days, _)] = told(world, refreshed_at=at)
    assert (available, word) == (29, "enough")
    assert days is None or days > 70
