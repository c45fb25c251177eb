"""Rules 11 and 13: what is published, and how many can be sold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npta.domain.catalogue.catalogue import (
    CatalogueChange,
    EmptyCatalogueError,
    Publication,
    RowState,
    available,
    publication_facts,
    publish,
    read_catalogue,
    shown,
)
from npta.domain.state.entitlements import parse_entitlements
from npta.domain.state.stock import Product
from npta.tables import Fulfillment
from sheets_schema import InputRow
from sheets_schema.schema.cells import Cell
from tests.npta.domain.world import AT, World, catalogue_row, pool

CPT = "NASM CPT combined"
EXAM = "NASM CPT exam"


def sync(world: World, *rows: InputRow) -> Publication:
    """Sync Catalogue, without its orders."""
    read = read_catalogue(rows)
    publication = publish(read, world.state, "CANADA")
    world.facts(*publication_facts(read, publication, at=AT, by="ada"))
    return publication


def published(world: World) -> dict[str, str]:
    found = {}
    for sku, product in world.state.products.items():
        if product:
            found[sku] = f"{product.fulfillment} {','.join(map(str, product.entitlements))}".strip()
    return found


class TestReading:
    @pytest.mark.parametrize("sku", ["A ", " A", "A\u00a0", "\u200bA", "A\t", "A\u200b"])
    def test_rule_17_a_sku_is_the_same_however_its_edges_are_spelt(self, sku: str) -> None:
        read = read_catalogue([catalogue_row(2, sku, "\ufeffNASM-CPT-FULL ", "au\u200bto")])[0]

        assert (read.sku, read.problem, read.remark) == ("A", "", "")
        assert read.product == Product("A", parse_entitlements("NASM-CPT-FULL"), Fulfillment.AUTO)
        twins = read_catalogue([catalogue_row(2, "A", "NASM-CPT-FULL"), catalogue_row(5, sku, "NASM-CPT-FULL")])
        assert [row.problem for row in twins] == ["the SKU A stands in 2 rows (2, 5); one must go"] * 2

    def test_rule_17_what_nobody_sees_inside_a_sku_does_not_count_and_is_told(self) -> None:
        read = read_catalogue([catalogue_row(2, "GH\u00adOST", "NASM-CPT-FULL")])[0]

        assert (read.sku, read.problem) == ("GHOST", "")
        assert "“GH[U+00AD]OST” holds U+00AD" in read.remark

    def test_of_a_row_with_a_problem_nothing_else_is_told(self) -> None:
        world = World()
        rows = read_catalogue(
            [catalogue_row(2, "GH\u00adOST", "NASM-CPT-FUL"), catalogue_row(3, "GH\u00adOST2", "NASM-CPT-FULL")]
        )

        findings = publish(rows, world.state, "CANADA").findings

        assert [(finding.row, finding.message.partition(":")[0][:24]) for finding in findings] == [
            (2, rows[0].problem.partition(":")[0][:24]),
            (3, rows[1].remark.partition(":")[0][:24]),
            (3, "published, but there are"),
        ]

    def test_a_row_that_is_nobodys_sku_is_no_twin_of_a_good_one(self) -> None:
        read = read_catalogue([catalogue_row(2, "A\tB", "NASM-CPT-FULL"), catalogue_row(3, "A B", "NASM-CPT-FULL")])

        assert [bool(row.problem) for row in read] == [True, False]

    def test_a_row_in_which_only_blanks_are_left_is_empty(self) -> None:
        assert read_catalogue([catalogue_row(2, " ", "\u200b", "\u00a0", available=3)])[0].problem == ""

    @pytest.mark.parametrize(
        ("row", "told"),
        [
            pytest.param(catalogue_row(2, "A", "NASM-CPT"), "NASM-CPT-FULL", id="no level"),
            pytest.param(catalogue_row(2, "A", "NASM-CPT-FULL,"), "comma", id="a comma too many"),
            pytest.param(catalogue_row(2, "A", ""), "entitlements missing", id="AUTO without entitlements"),
            pytest.param(catalogue_row(2, "A", 12), "entitlements", id="a number"),
            pytest.param(catalogue_row(2, "A", "NASM-CPT-FULL", "MANUAL"), "AUTO or EXTERNAL", id="fulfillment"),
            pytest.param(catalogue_row(2, "", "NASM-CPT-FULL"), "SKU is empty", id="no SKU"),
            pytest.param(catalogue_row(2, 12, "NASM-CPT-FULL"), "format the cell as text", id="a SKU as a number"),
            pytest.param(catalogue_row(2, True, "NASM-CPT-FULL"), "format the cell as text", id="a checkbox"),
            pytest.param(catalogue_row(2, "#N/A", "NASM-CPT-FULL"), "“#N/A”, which a spreadsheet shows", id="an error"),
            pytest.param(catalogue_row(2, "A\tB", "NASM-CPT-FULL"), "“A[U+0009]B” holds a tab", id="a tab inside"),
            pytest.param(catalogue_row(2, "A", "NASM\u2013CPT-FULL"), "“NASM\u2013[U+2013]CPT-FULL”", id="a dash"),
            pytest.param(
                catalogue_row(2, "A", "NASM-CPT-FUL\u200b\u0406"), "FUL\u0406[U+0406]”", id="a Cyrillic letter"
            ),
        ],
    )
    def test_rule_11_a_bad_row_is_named_with_the_reason(self, row: InputRow, told: str) -> None:
        read = read_catalogue([row])[0]

        assert read.product is None
        assert told in read.problem

    @pytest.mark.parametrize(
        ("row", "text"),
        [
            pytest.param(catalogue_row(2, " CPTa ", " nasm-cpt-full "), "AUTO NASM-CPT-FULL", id="blanks and case"),
            pytest.param(catalogue_row(2, "CPTa", "NASM-CPT-FULL", ""), "AUTO NASM-CPT-FULL", id="empty means AUTO"),
            pytest.param(catalogue_row(2, "CPTa", "NASM-CPT-FULL", "auto"), "AUTO NASM-CPT-FULL", id="small letters"),
            pytest.param(catalogue_row(2, "CPTa", "", "EXTERNAL"), "EXTERNAL", id="EXTERNAL without entitlements"),
        ],
    )
    def test_a_good_row_is_published_as_it_is_meant(self, row: InputRow, text: str) -> None:
        sync(world := World(), row)

        assert published(world) == {"CPTa": text}

    def test_rule_3_skus_that_differ_in_case_are_two_products(self) -> None:
        sync(world := World(), catalogue_row(2, "CPTa", "NASM-CPT-FULL"), catalogue_row(3, "CPTA", "NASM-CPT-EXAM"))

        assert published(world) == {"CPTa": "AUTO NASM-CPT-FULL", "CPTA": "AUTO NASM-CPT-EXAM"}

    def test_a_doubled_sku_blocks_both_rows_and_no_other(self) -> None:
        rows = [catalogue_row(2, "A", "NASM-CPT-FULL"), catalogue_row(3, "B", "NASM-CPT-EXAM")]

        publication = sync(world := World(), *rows, catalogue_row(4, "A", "NASM-CNC-FULL"))

        assert published(world) == {"B": "AUTO NASM-CPT-EXAM"}
        doubled = [finding for finding in publication.findings if "2 rows" in finding.message]
        assert [(finding.row, finding.sku) for finding in doubled] == [(2, "A"), (4, "A")]


class TestPublishing:
    def test_rule_11_orders_see_a_change_only_once_it_is_published(self) -> None:
        sync(world := World().keys(CPT, 5).keys(EXAM, 5), catalogue_row(2, "A", "NASM-CPT-FULL"))
        typed = catalogue_row(2, "A", "NASM-CPT-EXAM")

        world.order("1", ("A", 1))
        sync(world, typed)
        world.order("2", ("A", 1))

        assert [world.answer(order).keys[0].component for order in "12"] == ["combined", "exam"]

    def test_rule_11_a_bad_row_blocks_only_itself_and_keeps_what_was_published(self) -> None:
        sync(world := World(), catalogue_row(2, "A", "NASM-CPT-FULL"), catalogue_row(3, "B", "NASM-CPT-FULL"))

        publication = sync(world, catalogue_row(2, "A", "NASM-CPT"), catalogue_row(3, "B", "NASM-CPT-EXAM"))

        assert published(world) == {"A": "AUTO NASM-CPT-FULL", "B": "AUTO NASM-CPT-EXAM"}
        assert publication.changes == (CatalogueChange("B", "AUTO NASM-CPT-FULL", "AUTO NASM-CPT-EXAM"),)
        assert [(finding.row, finding.sku) for finding in publication.findings if "NASM-CPT”" in finding.message] == [
            (2, "A")
        ]

    def test_rule_11_a_row_that_is_gone_is_no_longer_published(self) -> None:
        sync(world := World(), catalogue_row(2, "A", "NASM-CPT-FULL"), catalogue_row(3, "B", "NASM-CPT-FULL"))

        publication = sync(world, catalogue_row(2, "B", "NASM-CPT-FULL"))

        assert published(world) == {"B": "AUTO NASM-CPT-FULL"}
        assert publication.changes == (CatalogueChange("A", "AUTO NASM-CPT-FULL", ""),)

    def test_rule_11_a_second_press_changes_nothing(self) -> None:
        sync(world := World(), catalogue_row(2, "A", "NASM-CPT-FULL"))
        rows = len(world.history)

        assert sync(world, catalogue_row(2, "A", "nasm-cpt-full")).changes == ()
        assert len(world.history) == rows

    def test_a_product_may_come_back(self) -> None:
        sync(world := World(), catalogue_row(2, "A", "NASM-CPT-FULL"), catalogue_row(3, "B", "NASM-CPT-FULL"))
        sync(world, catalogue_row(3, "B", "NASM-CPT-FULL"))

        assert sync(world, catalogue_row(2, "A", "NASM-CPT-FULL"), catalogue_row(3, "B", "NASM-CPT-FULL")).changes == (
            CatalogueChange("A", "", "AUTO NASM-CPT-FULL"),
        )

    @pytest.mark.parametrize(
        "rows",
        [
            pytest.param([], id="no row"),
            pytest.param([InputRow(2, {"available": 5, "status": "ready"})], id="only computed cells are left"),
            pytest.param([InputRow(2, {"product_title": "CPT"})], id="every SKU is gone"),
        ],
    )
    def test_an_emptied_catalogue_is_refused(self, rows: list[InputRow]) -> None:
        sync(world := World(), catalogue_row(2, "A", "NASM-CPT-FULL"))

        with pytest.raises(EmptyCatalogueError):
            sync(world, *rows)

    def test_an_empty_catalogue_is_fine_as_long_as_nothing_is_published(self) -> None:
        assert sync(World()) == Publication((), ())

    def test_an_entitlement_without_any_key_is_published_with_a_warning(self) -> None:
        world = World().keys(CPT, 5)

        publication = sync(world, catalogue_row(2, "A", "NASM-CPT-FULL,NASM-XYZ-FULL"))

        assert "A" in published(world)
        assert [finding.message for finding in publication.findings] == [
            "published, but there are no keys for NASM-XYZ-FULL"
        ]


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

    def test_rule_13_stock_of_another_region_does_not_count(self) -> None:
        world = World().product("A", "NASM-CPT-FULL").keys(CPT, 3)

        assert available(world.state.products["A"], world.state, "USA") == 0


class TestShown:
    def cells(self, world: World, entitlements: Cell, fulfillment: str = "AUTO") -> tuple[int | None, str]:
        row = read_catalogue([catalogue_row(2, "A", entitlements, fulfillment)])[0]
        return shown(row, world.state, "CANADA")[:2]

    def test_ready(self) -> None:
        assert self.cells(World().product("A", "NASM-CPT-FULL").keys(CPT, 3), "NASM-CPT-FULL") == (3, "ready")

    def test_out_of_stock(self) -> None:
        world = World().product("A", "NASM-CPT-FULL").keys(CPT, 1)
        world.order("1", ("A", 1))

        assert self.cells(world, "NASM-CPT-FULL") == (0, "out of stock")

    def test_rule_11_an_unsynced_change_is_shown_with_what_can_be_sold_today(self) -> None:
        world = World().product("A", "NASM-CPT-FULL").keys(CPT, 3).keys(EXAM, 9)

        assert self.cells(world, "NASM-CPT-EXAM") == (3, "unsynced: press Sync Catalogue")

    def test_a_bad_row_says_so_and_whether_orders_are_still_served(self) -> None:
        world = World().keys(CPT, 3)
        assert self.cells(world, "") == (0, "entitlements missing")

        world.product("A", "NASM-CPT-FULL")
        assert self.cells(world, "") == (3, "entitlements missing (orders still see what was published before)")

    def test_no_keys_for_an_entitlement(self) -> None:
        world = World().product("A", "NASM-XYZ-FULL")

        assert self.cells(world, "NASM-XYZ-FULL") == (0, "no keys for NASM-XYZ-FULL")

    def test_external_products_are_served_by_hand_and_have_no_number(self) -> None:
        world = World().product("A", "", "EXTERNAL")

        assert self.cells(world, "", "EXTERNAL") == (None, "ready: served by hand")

    def test_what_is_left_of_an_emptied_row_is_emptied_too(self) -> None:
        left = InputRow(2, {"available": 5, "status": "ready"})

        assert shown(read_catalogue([left])[0], World().state, "CANADA") == (None, "", RowState.BLANK)
        assert publish(read_catalogue([left]), World().state, "CANADA").findings == ()


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
