"""What an import gives every pool, before it is carried out."""

from __future__ import annotations

from npta.domain.state.entitlements import Pool
from npta.domain.stock.import_keys import AcceptedKey
from npta.domain.stock.pool_gains import pool_gains, together
from npta.tables import Component
from tests.npta.domain.world import World

CPT = Pool("CANADA", "NASM", "CPT", Component.COMBINED)


def key(row: int, code: str, seats: int, product_code: str = "CPT") -> AcceptedKey:
    return AcceptedKey(row, "CANADA", "NASM", product_code, Component.COMBINED, code, seats)


def test_each_pool_says_what_it_has_what_it_gains_and_who_can_be_sold_it() -> None:
    world = World()
    world.product("CPTa", "NASM-CPT-FULL")
    world.product("NSTB", "NASM-CPT-FULL,NASM-CNC-FULL")
    world.keys("NASM CPT combined", 2)

    cpt, orphan = pool_gains([key(2, "A", 3), key(3, "B", 4), key(4, "C", 5, "XYZ")], world.state)

    assert (cpt.pool, cpt.keys, cpt.seats, cpt.before, cpt.after) == (CPT, 2, 7, 2, 9)
    assert cpt.skus == ("CPTa", "NSTB")
    assert (orphan.before, orphan.after, orphan.skus) == (0, 5, ())


def test_a_product_that_is_served_elsewhere_sells_no_key() -> None:
    world = World()
    world.product("CPTa", "NASM-CPT-FULL", "EXTERNAL")

    assert pool_gains([key(2, "A", 3)], world.state)[0].skus == ()


def test_portions_of_one_import_add_up_from_where_the_first_began() -> None:
    world = World()
    first = pool_gains([key(2, "A", 3)], world.state)
    world.keys("NASM CPT combined", 3)
    then = pool_gains([key(3, "B", 4), key(4, "C", 5, "XYZ")], world.state)

    assert [(gain.keys, gain.before, gain.after) for gain in together(first, then)] == [(2, 0, 7), (1, 0, 5)]
