"""Before go-live: which rows of the catalogue count, and what each of them lacks."""

from __future__ import annotations

import pytest

from npta.domain.reports.findings import ReconciliationFinding
from npta.domain.reports.preflight import (
    catalogue_published,
    entitlements_complete,
    keys_imported,
    preflight_alert,
    stock_pushed,
)
from sheets_schema import InputRow
from sheets_schema.schema.cells import Cell
from tests.npta.domain.world import World, catalogue_row

CPT, EXAM = "NASM CPT combined", "NASM CPT exam"


def row(number: int, sku: str, entitlements: str = "NASM-CPT-FULL", **more: Cell) -> InputRow:
    return catalogue_row(number, sku, entitlements, **more)


@pytest.mark.parametrize(
    ("more", "counts"),
    [
        ({}, True),
        ({"active": True}, True),
        ({"active": "yes"}, True),
        ({"active": False}, False),
        ({"active": "false"}, False),
        ({"fulfillment": "external"}, False),
    ],
)
def test_a_row_counts_if_customers_can_buy_it_and_the_system_serves_it(more: dict[str, Cell], counts: bool) -> None:
    rows, world = [row(2, "A"), row(3, "B", "NASM-CNC-FULL", **more)], World().keys(CPT, 2)

    entitlements, keys = (check(rows, world.state, "CANADA") for check in (entitlements_complete, keys_imported))

    assert (entitlements.ok, keys.ok) == (not counts, not counts)
    assert entitlements.details == (("B: no keys for NASM-CNC-FULL",) if counts else ())
    assert keys.details == (("CANADA NASM CNC combined: no key was ever imported, needed for B",) if counts else ())
    if not counts:
        assert entitlements.found == "1 active AUTO product, each with entitlements that have keys"
        assert keys.found == "1 pool with 2 free seats"


def test_a_row_that_cannot_be_read_is_named_by_its_number_and_an_empty_one_is_not() -> None:
    rows = [row(2, "A"), InputRow(3, {}), InputRow(4, {"entitlements": "NASM-CPT-FULL"})]

    found = entitlements_complete(rows, World().keys(CPT, 2).state, "CANADA")

    assert found.details == ("row 4: the SKU is empty",)


def test_a_pool_that_is_empty_or_owed_to_orders_that_wait_is_missed_by_the_products_that_need_it() -> None:
    """One seat is enough if nobody waits for it, and two are not if they are owed."""
    world = World().product("A", "NASM-CPT-FULL").product("D", "NASM-CPT-EXAM,NASM-CNC-FULL")
    world.keys(CPT, 1).keys(EXAM, 2)
    rows = [row(2, "A"), row(3, "B", "NASM-CPT-EXAM"), row(4, "C", "NASM-CPT-EXAM")]
    assert keys_imported(rows, world.state, "CANADA").ok

    world.order("1", ("D", 2))
    world.order("2", ("A", 1))

    found = keys_imported(rows, world.state, "CANADA")
    assert (found.ok, found.found) == (False, "2 pools without a free seat")
    assert found.details == (
        "CANADA NASM CPT combined: 0 free of 1, needed for A",
        "CANADA NASM CPT exam: 2 free of 2, 2 owed to orders that wait, needed for B, C",
    )
    assert entitlements_complete(rows, world.state, "CANADA").details == ("A: no free seat for NASM-CPT-FULL",)


def test_where_no_product_needs_keys_nothing_is_ready() -> None:
    rows, state = [row(2, "A", "", fulfillment="EXTERNAL")], World().state

    assert (keys_imported(rows, state, "CANADA").ok, entitlements_complete(rows, state, "CANADA").ok) == (False, False)


def test_a_catalogue_is_published_if_orders_see_what_stands_in_it() -> None:
    world = World().keys(CPT, 2)
    assert catalogue_published([], world.state, "CANADA").found == "there is no product"
    assert catalogue_published([row(2, "A")], world.state, "CANADA").details == (
        "A: orders see “nothing”, the catalogue says “AUTO NASM-CPT-FULL”",
    )

    world.product("A", "NASM-CPT-FULL").product("OLD", "", "")

    found = catalogue_published([row(2, "A")], world.state, "CANADA")
    assert (found.ok, found.found) == (True, "1 product, as they stand in the catalogue")
    wrong = catalogue_published([row(2, "A"), InputRow(3, {"fulfillment": "AUTO"})], world.state, "CANADA")
    assert wrong.details == ("row 3: the SKU is empty",)


def test_stock_is_pushed_if_something_was_compared_and_nothing_differs() -> None:
    difference = ReconciliationFinding("stock differs", "A", "3 in the shop, 2 in the sheet")

    assert stock_pushed([], 1).ok
    assert stock_pushed([], 0).found == "no active AUTO variant is in the shop"
    assert not stock_pushed([], 0).ok
    for compared in (0, 1):
        assert stock_pushed([difference], compared).details == ("A: 3 in the shop, 2 in the sheet",)


def test_the_alert_says_of_each_check_how_it_came_out() -> None:
    ready, missing = stock_pushed([], 1), stock_pushed([], 0)

    alert = preflight_alert([ready, missing])

    assert alert.title == "🛫 Preflight: 1 Not Ready"
    assert [line[0] for line in alert.lines] == ["✓", "✗"]
    assert preflight_alert([ready]).title == "🛫 Preflight: Ready"


def test_an_empty_catalogue_is_not_ready_and_a_single_free_seat_is_enough() -> None:
    assert not catalogue_published([], World().state, "CANADA").ok
    assert entitlements_complete([row(2, "A")], World().keys(CPT, 1).state, "CANADA").ok
