"""Sync from Shopify, decided: what is added, updated, marked and remarked on, and what is never touched."""

from __future__ import annotations

from typing import Any

import pytest

from npta.domain.catalogue.sync_from_shopify import ShopVariant, afterwards, compare
from npta.domain.state.normalized_text import canonical
from sheets_schema import InputRow
from tests.npta.domain.world import catalogue_row

PEOPLES = {"entitlements", "fulfillment"}


def offer(sku: str = "CPTa", *, active: bool = True, continues: bool = False, **more: Any) -> ShopVariant:
    plain = ShopVariant(
        product_id="gid://shopify/Product/1",
        variant_id="gid://shopify/ProductVariant/1",
        inventory_item_id="gid://shopify/InventoryItem/1",
        sku=canonical(sku),
        title="Trainer",
        variant_title="Default Title",
        price="1.00",
        status="ACTIVE" if active else "DRAFT",
        tags=("provider:nasm",),
        product_type="Certification",
        tracked=True,
        continues=continues,
        available=0,
        stocked=True,
        spelling=sku,
    )
    return plain._replace(**more)


def row(number: int = 2, sku: str = "CPTa", **more: Any) -> InputRow:
    """A row as a sync of `offer()` leaves it."""
    cells = {"provider": "nasm", "product_title": "Trainer", "category": "Certification", "active": "TRUE", **more}
    return catalogue_row(number, sku, "NASM-CPT-FULL", **cells)


def told(sync: Any) -> list[str]:
    return [f"{each.sku}: {each.message}" for each in sync.problems]


def test_a_new_product_gets_a_row_without_a_word_in_peoples_columns() -> None:
    sync = compare([], [offer()])

    assert sync.added == (
        {"sku": "CPTa", "provider": "nasm", "product_title": "Trainer", "category": "Certification", "active": "TRUE"},
    )
    assert not PEOPLES & set(sync.added[0])
    assert (sync.updated, sync.gone, sync.problems) == ((), frozenset(), ())


def test_a_second_press_changes_nothing() -> None:
    sync = compare([row()], [offer()])

    assert (sync.added, sync.updated, sync.gone, sync.problems) == ((), (), frozenset(), ())


@pytest.mark.parametrize(
    ("change", "cells"),
    [
        ({"title": "Coach"}, {"product_title": "Coach"}),
        ({"variant_title": "Canada"}, {"product_title": "Trainer – Canada"}),
        ({"product_type": "Bundle"}, {"category": "Bundle"}),
        ({"tags": ("provider:ncsf", "digital")}, {"provider": "ncsf"}),
        ({"active": False}, {"active": "FALSE"}),
    ],
)
def test_what_changes_in_the_shop_is_updated_cell_by_cell(change: dict[str, Any], cells: dict[str, str]) -> None:
    sync = compare([row()], [offer(**change)])

    assert [(each.row.number, each.values) for each in sync.updated] == [(2, cells)]


def test_a_product_that_vanished_is_marked_and_shown_inactive_but_its_row_stays() -> None:
    rows = [row(2), row(3, "OLD"), row(4, "DRAFT", active="FALSE")]

    sync = compare(rows, [offer()])

    assert sync.gone == {"OLD", "DRAFT"}
    assert [(each.row.number, each.values) for each in sync.updated] == [(3, {"active": "FALSE"})]


def test_rows_that_people_added_by_hand_without_a_sku_are_nobodys_business() -> None:
    remark = InputRow(2, {"product_title": "ask Ada about these"})

    assert compare([remark, row(3)], [offer()]).updated == ()


def test_an_sku_case_counts() -> None:
    sync = compare([row(2, "CPTA")], [offer("CPTa")])

    assert [each["sku"] for each in sync.added] == ["CPTa"]
    assert sync.gone == {"CPTA"}


def test_an_empty_or_doubled_sku_is_told_and_not_offered_and_its_row_is_left_alone() -> None:
    sync = compare([row(2, "TWICE", product_title="as it was")], [offer(""), offer("TWICE"), offer("TWICE")])

    assert (sync.added, sync.updated, sync.gone) == ((), (), frozenset())
    assert told(sync) == [
        ": “Trainer” has no SKU: not offered",
        "TWICE: 2 variants have the SKU TWICE: not offered until it is unique",
    ]


@pytest.mark.parametrize(
    ("change", "remark"),
    [
        ({"tags": ()}, "no tag provider:"),
        ({"tags": ("provider:",)}, "no tag provider:"),
        ({"tags": ("provider:nasm", "provider:ncsf")}, "several provider tags (nasm, ncsf)"),
        ({"product_type": ""}, "the product type is empty"),
        ({"product_type": "Poster"}, "the product type is “Poster”"),
        ({"continues": True}, "sells it without stock"),
    ],
)
def test_what_a_person_should_mend_in_the_shop_is_told_and_the_product_comes_in(
    change: dict[str, Any], remark: str
) -> None:
    sync = compare([], [offer(**change)])

    assert [each["sku"] for each in sync.added] == ["CPTa"]
    assert len(sync.problems) == 1
    assert remark in told(sync)[0]


@pytest.mark.parametrize(
    "tags", [("provider:multi",), ("Provider:multi", "x"), (" provider:multi ",), ("provider: multi",)]
)
def test_a_bundle_of_several_providers_says_multi(tags: tuple[str, ...]) -> None:
    sync = compare([], [offer(tags=tags)])

    assert sync.added[0]["provider"] == "multi"
    assert sync.problems == ()


@pytest.mark.parametrize("tags", [(), ("provider:nasm", "provider:ncsf")])
def test_an_unclear_provider_is_not_left_standing(tags: tuple[str, ...]) -> None:
    (update,) = compare([row()], [offer(tags=tags)]).updated

    assert update.values == {"provider": ""}


@pytest.mark.parametrize("spelling", ["CPTa ", " CPTa", "CPTa\u00a0", "CPTa\t", "\u200bCPTa"])
def test_rule_17_blanks_at_the_edge_of_sku_title_type_and_tags_do_not_count(spelling: str) -> None:
    odd = offer(
        spelling, title="Trainer\u00a0", product_type="Certification ", tags=("provider:nasm", " Provider: NASM\u200b")
    )

    sync = compare([row()], [odd])

    assert (sync.added, sync.updated, sync.gone, sync.problems) == ((), (), frozenset(), ())
    new = compare([], [odd])
    assert new.added[0]["sku"] == spelling, "as the shop spells it"
    assert compare([row(2, spelling)], [odd]).added == ()


@pytest.mark.parametrize("spelling", ["CP\u200bTa", "CP\u00adTa"])
def test_rule_17_what_nobody_sees_inside_a_sku_is_told(spelling: str) -> None:
    sync = compare([row()], [offer(spelling)])

    assert (sync.added, sync.updated) == ((), ())
    assert "correct it in Shopify" in told(sync)[0]
    assert "[U+" in told(sync)[0]


@pytest.mark.parametrize("spelling", ["A\tB", "A\r\nB", "A\u2028B", "#N/A", "#REF!"])
def test_rule_17_what_can_be_nobodys_sku_is_not_offered_and_what_is_there_stays(spelling: str) -> None:
    there = [row(2, canonical(spelling)), row(3, spelling)]

    sync = compare(there, [offer(spelling)])

    assert (sync.added, sync.updated) == ((), ())
    assert "not offered" in told(sync)[0]
    assert compare([], [offer(spelling), offer("A B")]).added[0]["sku"] == "A B"


@pytest.mark.parametrize(
    ("active", "added"),
    [
        ((True, False), 1),
        ((False, True), 1),
        ((True, False, False), 1),
        ((True, True), 0),
        ((False, False), 0),
        ((False,), 1),
    ],
)
def test_a_draft_with_the_sku_of_a_live_product_does_not_freeze_it(active: tuple[bool, ...], added: int) -> None:
    offers = [offer(title=f"{number}", active=each) for number, each in enumerate(active)]

    sync = compare([], offers)

    assert len(sync.added) == added
    assert len(sync.problems) == 1 - added
    if True in active and added:
        assert sync.added[0]["product_title"] == str(active.index(True))


def test_what_a_sync_brings_stands_in_the_rows_afterwards_and_new_ones_below() -> None:
    rows = [row(2, title="x", category="old"), row(3, "OTHER", active="TRUE")]
    sync = compare(rows, [offer(), offer("NEW")])

    after = afterwards(rows, sync, 4)

    assert [(each.number, each.cells["sku"]) for each in after] == [(2, "CPTa"), (3, "OTHER"), (4, "NEW")]
    assert (after[0].cells["category"], after[0].cells["entitlements"]) == ("Certification", "NASM-CPT-FULL")
    assert after[1].cells["active"] == "FALSE"
