"""People work in the spreadsheet while orders run: nothing of theirs is lost, no fact changes, views come back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.npta.acceptance.steps import (
    KEYS,
    available,
    catalogue,
    opened,
    person,
    pools,
    press,
    put_product,
    seconds_later,
    shelf,
    shop_state,
    type_into,
)
from tests.support import House

ORDER = "6855909900591"
PEOPLES = ("SKU", "entitlements", "fulfillment", "note")
FACTS = ("Import History", "Key Ledger", "Orders", "Live Catalogue", "Commit Log", "Outbox")


def theirs(house: House) -> list[tuple[Any, ...]]:
    """What belongs to people in the catalogue, whatever the order of rows and columns."""
    typed = (tuple(row.get(name, "") for name in PEOPLES) for row in house.rows("NPTA Catalogue"))
    return sorted(cells for cells in typed if any(cells))


def healthy(house: House) -> None:
    """After a refresh every computed cell is right, in the sheet and in the shop."""
    press(house, "/inventory/refresh")
    again = press(house, "/inventory/refresh")
    assert (again["differences"], again["failed"], again["pushed"]) == ([], [], [])
    free = {name: count for name, (_, count) in pools(house).items()}
    assert available(house)["CPTa"] == free["NASM CPT combined"] == shelf(house)["CPTa"]
    assert available(house)["CNC"] == free["NASM CNC combined"] == shelf(house)["CNC"]


def sorts_the_catalogue(house: House) -> None:
    person(house).sort("NPTA Catalogue", 1, descending=True)


def inserts_rows(house: House) -> None:
    person(house).insert_rows("NPTA Catalogue", 3, 2)


def inserts_a_column(house: House) -> None:
    person(house).insert_column("NPTA Catalogue", 4)


def moves_a_column(house: House) -> None:
    person(house).move_column("NPTA Catalogue", 5, 0)


def adds_a_row_by_hand(house: House) -> None:
    last = len(house.sheet.worksheet("NPTA Catalogue").get_all_values())
    person(house).type(f"NPTA Catalogue!A{last + 1}", [["MINE", "", "My own", "NASM-CPT-FULL", "AUTO"]])


def pastes_keys(house: House) -> None:
    person(house).paste("Import Keys!A2", [["CANADA", "NASM", "CPT", "combined", "PASTED", 1]])


def deletes_key_inventory(house: House) -> None:
    person(house).delete_sheet("Key Inventory")


def deletes_attention(house: House) -> None:
    person(house).delete_sheet("Attention")


def edits_available(house: House) -> None:
    place = house.sheet.worksheet("NPTA Catalogue").row_values(1).index("available")
    person(house).type(f"NPTA Catalogue!{chr(ord('A') + place)}2", [[999]])


def renames_a_view(house: House) -> None:
    person(house).rename_sheet("Key Inventory", "My copy of the stock")


EDITS = [
    sorts_the_catalogue,
    inserts_rows,
    inserts_a_column,
    moves_a_column,
    adds_a_row_by_hand,
    pastes_keys,
    deletes_key_inventory,
    deletes_attention,
    edits_available,
    renames_a_view,
]


@pytest.mark.row("P1", "E4")
@pytest.mark.parametrize("edit", EDITS)
def test_between_two_orders_a_person_edits_and_nothing_wrong_is_written(
    npta: House, edit: Callable[[House], None]
) -> None:
    opened(npta)
    npta.order("1", ("CPTa", 1))
    edit(npta)
    before, facts = theirs(npta), {tab: npta.rows(tab) for tab in FACTS}

    seconds_later(npta)
    answer = npta.order("2", ("CPTa", 1), ("CNC", 2))
    seconds_later(npta)
    npta.order("3", ("NSTB", 1))

    assert answer["status"] == "fulfilled"
    assert (pools(npta)["NASM CPT combined"], pools(npta)["NASM CNC combined"]) == ((3, 12), (2, 8)), "views come back"
    assert npta.rows("Attention")
    assert theirs(npta) == before
    for tab, rows in facts.items():
        assert npta.rows(tab)[: len(rows)] == rows, tab
    healthy(npta)
    assert theirs(npta) == before


@pytest.mark.row("P1")
@pytest.mark.parametrize("edit", EDITS)
def test_a_person_edits_in_the_very_moment_in_which_an_order_is_written(
    npta: House, edit: Callable[[House], None]
) -> None:
    opened(npta)
    npta.order("1", ("CPTa", 1))
    before: list[Any] = []

    def meanwhile() -> None:
        edit(npta)
        before.extend(theirs(npta))

    seconds_later(npta)
    npta.emulator.faults.add("person_edits", path=":batchUpdate", request="addNamedRange", action=meanwhile)

    answer = npta.order("2", ("CPTa", 1), ("CNC", 2))

    assert before, "the edit took place"
    assert (answer["status"], answer["keys_count"]) == ("fulfilled", 3)
    assert theirs(npta) == before
    assert [row["order_id"] for row in npta.rows("Orders")] == ["1", "2"]
    npta.order("3", ("NSTB", 1))
    assert pools(npta)["NASM CPT combined"] == (3, 12)
    healthy(npta)
    assert theirs(npta) == before


@pytest.mark.row("P1", "E4")
@pytest.mark.parametrize("edit", [sorts_the_catalogue, inserts_rows, adds_a_row_by_hand, edits_available])
@pytest.mark.parametrize("path", ["/catalogue/sync", "/inventory/refresh", "/shopify/sync"])
def test_a_person_edits_in_the_very_moment_in_which_a_button_writes(
    npta: House, path: str, edit: Callable[[House], None]
) -> None:
    opened(npta)
    type_into(npta, "NPTA Catalogue", "entitlements", {"CNCe": "NASM-CNC-EXAM,NASM-CPT-EXAM"})
    put_product(npta, "CNC", title="Nutrition, new")
    put_product(npta, "NEW", title="New", tags=["provider:nasm"], type="Bundle")
    before: list[Any] = []

    def meanwhile() -> None:
        edit(npta)
        before.extend(theirs(npta))

    npta.emulator.faults.add("person_edits", path=":batchUpdate", request="addNamedRange", action=meanwhile)

    press(npta, path)

    assert before, "the edit took place"
    assert [each for each in theirs(npta) if each[0] != "NEW"] == before
    press(npta, "/shopify/sync")
    healthy(npta)
    assert [each for each in theirs(npta) if each[0] != "NEW"] == before
    titles = {each["sku"]: each["title"] for each in shop_state(npta)["products"]}
    assert {sku: row["title"] for sku, row in catalogue(npta).items() if sku in titles} == titles
    assert npta.order(ORDER, ("CPTa", 1))["status"] == "fulfilled"


@pytest.mark.row("P1")
def test_what_a_person_pastes_into_the_ledgers_is_found_and_stops_writing_before_anything_is_overwritten(
    npta: House,
) -> None:
    opened(npta)
    npta.order("1", ("CPTa", 1))
    rows = len(npta.rows("Orders")) + 2
    person(npta).paste(f"Orders!A{rows}", [["my", "own", "remark"]])

    answer = npta.order("2", ("CPTa", 1))

    assert (answer["http"], answer["status"], answer["success"]) == (503, "retry", False)
    assert "Orders" in answer["message"]
    assert npta.sheet.worksheet("Orders").row_values(rows)[:3] == ["my", "own", "remark"]
    assert len(npta.rows("Key Ledger")) == 1
    person(npta).paste(f"Orders!A{rows}", [["", "", ""]])
    assert npta.order("2", ("CPTa", 1))["status"] == "fulfilled"


@pytest.mark.row("P1")
def test_an_import_keeps_what_people_have_beside_their_keys_and_columns_of_their_own(npta: House) -> None:
    person(npta).type("Import Keys!H1", [["asked by"]])
    npta.paste([*KEYS[0], "", "Ada"], ["CANADA", "NASM", "CPT", "nonsense", "R-1", 1, "", "Grace"])

    npta.import_keys()

    rows = npta.sheet.worksheet("Import Keys").get_all_values()
    assert rows[0][7] == "asked by"
    assert [(row[4], row[7]) for row in rows[1:] if any(row)] == [("R-1", "Grace")]
