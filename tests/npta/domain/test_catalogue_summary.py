"""What was seen in the catalogue form is kept for those who do not read it."""

from __future__ import annotations

import pytest

from npta.domain.catalogue.catalogue_summary import (
    LONGEST,
    CatalogueSummary,
    CatalogueWarning,
    read_summary,
    summarize,
    write_summary,
)
from npta.domain.catalogue.computed_columns import NOT_IN_SHOPIFY
from sheets_schema import InputRow
from tests.npta.domain.world import World, catalogue_row

CPT = "NASM CPT combined"


def seen(world: World, *rows: InputRow, vanished: frozenset[str] = frozenset()) -> CatalogueSummary:
    return summarize(rows, world.state, "CANADA", vanished)


def test_products_that_are_not_active_are_remembered_however_a_person_writes_it() -> None:
    rows = [
        catalogue_row(2, "A", active="FALSE"),
        catalogue_row(3, "B", active="false"),
        catalogue_row(4, "C", active="TRUE"),
        catalogue_row(5, "D"),
    ]

    assert seen(World(), *rows).inactive == {"A", "B"}


def test_products_that_shopify_has_no_more_are_remembered_while_their_row_stands() -> None:
    rows = [catalogue_row(2, "A", "NASM-CPT-FULL"), catalogue_row(3, "B", "NASM-CPT-FULL")]
    world = World().keys(CPT, 1).product("A", "NASM-CPT-FULL").product("B", "NASM-CPT-FULL")

    found = seen(world, *rows, vanished=frozenset({"A", "gone"}))

    assert found.vanished == {"A"}
    assert found.remarks == (CatalogueWarning(2, "A", NOT_IN_SHOPIFY),)


def test_rows_that_a_person_should_look_at_are_named_with_row_sku_and_reason() -> None:
    world = World().keys(CPT, 1).product("ready", "NASM-CPT-FULL").product("EXT", fulfillment="EXTERNAL")
    world.product("gone", "NASM-CPT-FULL").product("sold out", "NASM-CPT-FULL")
    rows = [
        catalogue_row(2, "ready", "NASM-CPT-FULL"),
        catalogue_row(3, "EXT", "", "EXTERNAL"),
        catalogue_row(4, "sold out", "NASM-CPT-FULL"),
        catalogue_row(5, "none"),
        catalogue_row(6, "typed", "NASM-CPT-FULL"),
        catalogue_row(7, "bad", "NASM-CPT"),
    ]

    remarks = seen(world, *rows).remarks

    assert [(each.row, each.sku) for each in remarks] == [(5, "none"), (6, "typed"), (7, "bad"), (0, "gone")]
    assert [each.message.split(" ")[0] for each in remarks[:3]] == ["entitlements", "unsynced:", "entitlements:"]
    assert remarks[3].message.startswith("unsynced: its row is gone")


def test_what_is_written_comes_back() -> None:
    found = CatalogueSummary(
        frozenset({"A", "é “x”"}), frozenset({"B"}), (CatalogueWarning(7, "C", "no keys for NASM-CPT-FULL"),)
    )

    assert read_summary(write_summary(found)) == found
    assert read_summary("") == CatalogueSummary()


@pytest.mark.parametrize(
    ("count", "length", "kept"),
    [(0, 300, 0), (50, 300, 50), (200, 300, 100), (5000, 300, 100), (200, 3_000, 10), (200, 30_000, 0)],
)
def test_it_fits_into_its_cell_the_first_remarks_first(count: int, length: int, kept: int) -> None:
    found = CatalogueSummary(
        frozenset({"A"}), frozenset(), tuple(CatalogueWarning(row, f"SKU-{row}", "x" * length) for row in range(count))
    )

    text = write_summary(found)
    back = read_summary(text)

    assert len(text) <= LONGEST
    assert back.inactive == {"A"}
    assert back.remarks == found.remarks[:kept]


def test_a_summary_that_just_fits_loses_no_remark() -> None:
    def of(length: int) -> CatalogueSummary:
        return CatalogueSummary(frozenset(), frozenset(), (CatalogueWarning(1, "A", "x" * length),))

    longest = LONGEST - len(write_summary(of(0)))
    assert len(write_summary(of(longest))) == LONGEST
    assert read_summary(write_summary(of(longest + 1))).remarks == ()


def test_people_can_read_the_letters_in_a_summary() -> None:
    assert "École" in write_summary(CatalogueSummary(frozenset({"École"})))
