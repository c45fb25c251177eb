"""Rule 11: what people typed into the catalogue, and what of it is published."""

from __future__ import annotations

import pytest

from npta.domain.catalogue.catalogue import (
    MAX_SKU,
    CatalogueChange,
    EmptyCatalogueError,
    Publication,
    publication_facts,
    publish,
    read_catalogue,
    unfit_sku,
)
from npta.domain.state.entitlements import parse_entitlements
from npta.domain.state.stock import Product
from npta.tables import Fulfillment
from sheets_schema import InputRow
from tests.npta.domain.world import AT, World, catalogue_row

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


def test_a_sku_may_be_as_long_as_the_longest() -> None:
    assert unfit_sku("x" * MAX_SKU) == ""
    assert unfit_sku("x" * (MAX_SKU + 1)).endswith(f"is longer than {MAX_SKU} characters")
