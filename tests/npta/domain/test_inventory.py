"""Key Inventory shows every pool as it is."""

from __future__ import annotations

from npta.domain.stock.inventory import key_inventory
from tests.npta.domain.world import World


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
