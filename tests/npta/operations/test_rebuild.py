"""Rebuild brings everything computed back from the ledgers, says what differed, and may be repeated."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from npta.operations.refresh_and_rebuild import Rebuilt, rebuild
from sheets_schema import SchemaMismatchError
from tests.support import House, catalogue_cell, gspread_on

VIEWS = ("Key Inventory", "Attention", "NPTA Catalogue")


def rebuilt(house: House) -> Rebuilt:
    return rebuild(house.services, who="test", deadline=house.clock.deadline(30))


def deleted(*tabs: str) -> Callable[[House], None]:
    """By the owner: nobody else may."""

    def delete(house: House) -> None:
        sheet = gspread_on(house.emulator, house.spreadsheet_id, person="")
        for tab in tabs:
            sheet.del_worksheet(sheet.worksheet(tab))

    return delete


def overwritten(house: House) -> None:
    sheet = gspread_on(house.emulator, house.spreadsheet_id, person="")
    sheet.worksheet("Key Inventory").update([["CANADA", "NASM", "CPT", "combined", 99, 1, 0, 98], ["", "stray"]], "A2")
    sheet.worksheet("NPTA Catalogue").update([["fine"], [""]], catalogue_cell("status", 2))
    sheet.worksheet("NPTA Catalogue").update([[77], [""]], catalogue_cell("available", 2))
    sheet.worksheet("Attention").clear()


def headers(house: House) -> None:
    sheet = gspread_on(house.emulator, house.spreadsheet_id, person="")
    sheet.worksheet("Key Inventory").update([["a", "b", "c"]], "A1")
    sheet.worksheet("Attention").update_acell("B1", "whom")


@pytest.mark.row("A3", "C4")
@pytest.mark.parametrize(
    "damage",
    [deleted("Key Inventory", "Attention"), overwritten, headers],
    ids=["tabs are gone", "cells are wrong", "headers are wrong"],
)
def test_whatever_was_computed_comes_back_as_it_was_and_a_second_time_nothing_differs(
    open_house: House, damage: Callable[[House], None]
) -> None:
    open_house.order("1", ("NSTB", 2))
    open_house.order("2", ("CPT", 99))
    open_house.call("POST", "/outbox/flush")
    before = [open_house.rows(tab) for tab in VIEWS]
    damage(open_house)
    open_house.restart()

    done = rebuilt(open_house)

    assert done.agrees
    assert done.differences
    assert [open_house.rows(tab) for tab in VIEWS] == before
    again = rebuilt(open_house)
    assert (again.repairs, again.differences, again.push.taken, again.agrees) == ((), (), (), True)


def test_what_differed_is_named(open_house: House) -> None:
    overwritten(open_house)

    differences = [tuple(each) for each in rebuilt(open_house).differences]

    assert (
        "Key Inventory",
        "CANADA NASM CPT combined",
        "total 99, used 1, quarantined 0, available 98",
        "total 9, used 0, quarantined 0, available 9",
    ) in differences
    assert ("NPTA Catalogue", "CPTa", "77 · fine", "9 · ready") in differences


def test_the_stock_of_the_ledgers_alone_is_told_and_shopify_follows(open_house: House) -> None:
    assert open_house.shop
    open_house.order("1", ("CPT", 4))
    open_house.call("POST", "/outbox/flush")
    open_house.shop.seed([{"sku": "CPTa", "available": 1}])

    done = rebuilt(open_house)

    assert [(str(row.component), row.total, row.used, row.available) for row in done.inventory] == [
        ("combined", 9, 0, 9),
        ("exam", 9, 4, 5),
        ("combined", 9, 0, 9),
    ]
    assert done.push.taken == (("CPTa", 1, 9),)


def test_a_missing_tab_of_facts_stops_it_and_says_how_to_get_it_back(open_house: House) -> None:
    open_house.tampered_with = True
    open_house.order("1", ("CPT", 4))
    deleted("Key Ledger")(open_house)
    open_house.restart()

    with pytest.raises(SchemaMismatchError, match=r"“Key Ledger” is missing.*Version history"):
        rebuilt(open_house)

    assert "Key Ledger" not in [each.title for each in open_house.sheet.worksheets()]


def test_a_renamed_header_of_a_form_is_for_a_person_to_mend(open_house: House) -> None:
    open_house.sheet.worksheet("NPTA Catalogue").update_acell(catalogue_cell("entitlements", 1), "grants")

    with pytest.raises(SchemaMismatchError, match="“entitlements” is missing"):
        rebuilt(open_house)
