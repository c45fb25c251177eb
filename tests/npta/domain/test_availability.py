"""Rule 13: how many of a product can be sold."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from npta.domain.catalogue.availability import available, supply
from npta.domain.state.stock import Product
from tests.npta.domain.world import World, pool

CPT = "NASM CPT combined"
EXAM = "NASM CPT exam"


class TestAvailable:
    def test_rule_13_a_bundle_is_as_many_as_its_scarcest_pool(self) -> None:
        world = World().product("A", "NASM-CPT-FULL,NASM-CPT-EXAM").keys(CPT, 7).keys(EXAM, 2, 1)

        assert world.state.products["A"] is not None
        assert available(world.state.products["A"], world.state, "CANADA") == 3

    def test_rule_13_an_entitlement_needed_twice_counts_half(self) -> None:
        world = World().product("A", "NASM-CPT-FULL,NASM-CPT-FULL").keys(CPT, 7)

        assert available(world.state.products["A"], world.state, "CANADA") == 3

    def test_rule_13_seats_owed_to_unfilled_orders_are_not_for_sale(self) -> None:
        world = World().product("A", "NASM-CPT-FULL").keys(CPT, 3)
        world.order("1", ("A", 5))

        assert available(world.state.products["A"], world.state, "CANADA") == 0, "never below 0"
        world.keys(CPT, 4)
        assert available(world.state.products["A"], world.state, "CANADA") == 2

    def test_rule_13_seats_of_a_retired_key_and_quarantined_ones_are_not_for_sale(self) -> None:
        world = World().product("A", "NASM-CPT-FULL").keys(CPT, 3, 2).retire("K2")
        assert available(world.state.products["A"], world.state, "CANADA") == 3

        world.order("1", ("A", 2))
        world.release("1", quarantine=True)
        assert available(world.state.products["A"], world.state, "CANADA") == 1

    def test_rule_13_without_any_pool_there_are_none(self) -> None:
        world = World().product("A", "NASM-CPT-FULL")

        assert available(world.state.products["A"], world.state, "CANADA") == 0
        assert available(None, world.state, "CANADA") == 0

    def test_rule_13_an_external_product_has_no_number(self) -> None:
        world = World().product("A", "NASM-CPT-FULL", "EXTERNAL").keys(CPT, 3)

        assert available(world.state.products["A"], world.state, "CANADA") is None

    def test_rule_13_what_is_sold_of_one_pool_takes_nothing_from_another(self) -> None:
        world = World().product("A", "NASM-CPT-FULL").product("E", "NASM-CPT-EXAM").product("NONE", "")
        there = supply(world.keys(CPT, 3).keys(EXAM, 3).state, "CANADA")

        assert there.levels({pool(EXAM): 2}) == {"A": 3, "E": 1, "NONE": 0}
        assert there.levels({pool(EXAM): 9}) == {"A": 3, "E": 0, "NONE": 0}

    def test_rule_13_stock_of_another_region_does_not_count(self) -> None:
        world = World().product("A", "NASM-CPT-FULL").keys(CPT, 3)

        assert available(world.state.products["A"], world.state, "USA") == 0


ENTITLEMENTS = ("NASM-CPT-FULL", "NASM-CPT-EXAM", "NASM-NSBK_CPT-CNC-FULL")
WHERE = {"NASM-CPT-FULL": CPT, "NASM-CPT-EXAM": EXAM, "NASM-NSBK_CPT-CNC-FULL": "NASM NSBK_CPT-CNC combined"}
bundles = st.lists(st.sampled_from(ENTITLEMENTS), min_size=1, max_size=4)


@given(
    bundles,
    st.lists(st.tuples(st.sampled_from(ENTITLEMENTS), st.integers(1, 6)), max_size=6),
    st.lists(st.tuples(bundles, st.integers(1, 4)), max_size=4),
)
def test_rule_13_available_is_how_many_could_be_sold_one_by_one_once_every_waiting_order_were_filled(
    bundle: list[str], stock: list[tuple[str, int]], orders: list[tuple[list[str], int]]
) -> None:
    world = World().product("A", ",".join(bundle))
    for entitlement, seats in stock:
        world.keys(WHERE[entitlement], seats)
    free = {each: sum(seats for other, seats in stock if other == each) for each in ENTITLEMENTS}
    for number, (needs, quantity) in enumerate(orders):
        world.product(f"S{number}", ",".join(needs))
        world.order(f"{number}", (f"S{number}", quantity))
        for each in needs:
            free[each] -= quantity  # taken if it was filled, owed if not

    sold = 0
    while all(free[each] >= bundle.count(each) for each in bundle):
        sold += 1
        for each in bundle:
            free[each] -= 1

    product = world.state.products["A"]
    assert isinstance(product, Product)
    assert available(product, world.state, "CANADA") == sold
    assert all(pool(WHERE[each]) in world.state.pools for each, _ in stock)
