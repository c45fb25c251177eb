"""Key Inventory and Refresh Inventory: the stock is what the ledgers say."""

from __future__ import annotations

from typing import Any

import gspread
import pytest

from tests.npta.acceptance.steps import (
    KEYS,
    Watch,
    available,
    opened,
    person,
    pools,
    press,
    put_product,
    shelf,
    shop_fault,
    shop_mended,
    shop_state,
)
from tests.support import House, catalogue_cell

ORDER = "6855909900591"
POOL = ["region", "provider", "product_code", "component"]
COUNTS = ["total", "used", "quarantined", "available"]
COLUMNS = [*POOL, *COUNTS, "stock", "days_left", "sold_through"]
CPT = "NASM CPT combined"


def inventory(house: House) -> dict[str, list[Any]]:
    """Total, used, quarantined and available by pool."""
    return {
        " ".join(str(row[name]) for name in POOL): [row[name] for name in COUNTS] for row in house.rows("Key Inventory")
    }


@pytest.mark.row("C2")
def test_there_is_a_row_for_each_region_provider_code_and_component(npta: House) -> None:
    opened(npta, keys=[*KEYS, ["CANADA", "NASM", "CPT", "combined", "EX-2", 5]])

    assert npta.sheet.worksheet("Key Inventory").row_values(1) == COLUMNS
    assert inventory(npta) == {
        "CANADA ELEIKO STR1 combined": [15, 0, 0, 15],
        "CANADA NASM CNC combined": [10, 0, 0, 10],
        "CANADA NASM CNC exam": [10, 0, 0, 10],
        "CANADA NASM CPT combined": [20, 0, 0, 20],
        "CANADA NASM CPT content": [15, 0, 0, 15],
        "CANADA NASM CPT exam": [20, 0, 0, 20],
        "CANADA NCSF STS combined": [10, 0, 0, 10],
    }


@pytest.mark.row("C2")
def test_regions_have_rows_of_their_own() -> None:
    with Watch().npta(NPTA_REGIONS="US") as npta:
        npta.keys(KEYS[0], ["US", *KEYS[0][1:4], "US-1", 3])

        assert inventory(npta) == {"CANADA NASM CPT combined": [15, 0, 0, 15], "US NASM CPT combined": [3, 0, 0, 3]}


@pytest.mark.row("C2", "E5")
def test_available_is_total_less_used_less_quarantined() -> None:
    with Watch().npta(NPTA_RELEASE_POLICY="quarantine") as npta:
        opened(npta)
        npta.order("1", ("CPTa", 3))
        npta.order("2", ("CPTa", 2))
        press(npta, "/orders/1/release")

        assert inventory(npta)["CANADA NASM CPT combined"] == [15, 2, 3, 10]
        press(npta, "/outbox/flush")
        assert available(npta)["CPTa"] == shelf(npta)["CPTa"] == 10


@pytest.mark.row("C2", "P1")
def test_no_manual_edit_of_key_inventory_survives_a_refresh(npta: House) -> None:
    opened(npta)
    npta.order(ORDER, ("CPTa", 1))
    before = npta.sheet.worksheet("Key Inventory").get_all_values()
    with pytest.raises(gspread.exceptions.APIError, match="protected"):
        npta.sheet.worksheet("Key Inventory").update_acell("H2", 1000)
    owner = person(npta)
    owner.paste("Key Inventory!A2", [["MARS", "ACME", "XYZ", "exam", 1, 2, 3, 4]])
    owner.paste("Key Inventory!E5", [[999, 999, 999, 999]])
    owner.paste("Key Inventory!A30", [["CANADA", "NASM", "CPT", "combined", 1, 1, 1, 1]])

    refreshed = press(npta, "/inventory/refresh")

    assert npta.sheet.worksheet("Key Inventory").get_all_values() == before
    assert {each["tab"] for each in refreshed["differences"]} == {"Key Inventory"}
    assert {"MARS ACME XYZ exam", "CANADA NASM CPT combined"} <= {each["which"] for each in refreshed["differences"]}


@pytest.mark.row("C7")
def test_after_each_order_import_and_release_the_rows_are_right_without_a_press(npta: House) -> None:
    opened(npta)
    other = House(npta.emulator, npta.spreadsheet_id, shop=npta.shop, slack=npta.slack)
    seen = [pools(npta)[CPT]]
    npta.order("1", ("CPTa", 2))
    seen.append(pools(npta)[CPT])
    other.order("2", ("NSTB", 1))
    seen.append(pools(npta)[CPT])
    npta.keys(["CANADA", "NASM", "CPT", "combined", "EX-2", 5])
    seen.append(pools(npta)[CPT])
    press(other, "/orders/1/release")
    seen.append(pools(npta)[CPT])
    press(npta, "/orders/2/release", {"line_item_id": "1"})
    seen.append(pools(npta)[CPT])
    npta.order("3", ("CPTa", 21))
    seen.append(pools(npta)[CPT])

    assert seen == [(0, 15), (2, 13), (3, 12), (3, 17), (1, 19), (0, 20), (0, 20)]


@pytest.mark.row("E4", "P1")
def test_refresh_inventory_puts_damaged_computed_cells_right_reports_them_and_pushes(npta: House) -> None:
    opened(npta)
    npta.order(ORDER, ("CPTa", 1))
    press(npta, "/outbox/flush")
    good = (npta.rows("NPTA Catalogue"), pools(npta), shelf(npta))
    row = [each["SKU"] for each in good[0]].index("CPTa") + 2
    npta.sheet.worksheet("NPTA Catalogue").update([["all is well"]], catalogue_cell("status", row), raw=True)
    npta.sheet.worksheet("NPTA Catalogue").update([[999]], catalogue_cell("available", row), raw=True)
    person(npta).paste("Key Inventory!H5", [[777]])
    put_product(npta, "CPTa", available=500)
    put_product(npta, "CNC", available=0)

    refreshed = press(npta, "/inventory/refresh")

    assert (npta.rows("NPTA Catalogue"), pools(npta), shelf(npta)) == good
    assert refreshed["repaired"] == len(refreshed["differences"]) == 2
    assert {(each["tab"], each["which"]) for each in refreshed["differences"]} == {
        ("Key Inventory", "CANADA NASM CPT combined"),
        ("NPTA Catalogue", "CPTa"),
    }
    told = next(each for each in refreshed["differences"] if each["which"] == "CPTa")
    assert (told["before"], told["after"]) == ("999 · all is well", "14 · ready")
    assert {(each["SKU"], each["before"], each["after"]) for each in refreshed["pushed"]} == {
        ("CPTa", 500, 14),
        ("CNC", 0, 10),
    }
    again = press(npta, "/inventory/refresh")
    assert (again["differences"], again["pushed"], again["failed"]) == ([], [], [])


@pytest.mark.row("E4")
def test_refresh_inventory_brings_back_what_the_shop_had_taken_out_of_the_location(npta: House) -> None:
    opened(npta)
    put_product(npta, "CPTa", available=None)
    put_product(npta, "CPT", tracked=False, available=20)

    refreshed = press(npta, "/inventory/refresh")

    assert (shelf(npta)["CPTa"], shelf(npta)["CPT"], refreshed["failed"]) == (15, 20, [])
    tracked = {each["sku"]: each["tracked"] for each in shop_state(npta)["products"]}
    assert (tracked["CPTa"], tracked["CPT"]) == (True, True)  # an uncounted product sells without end


@pytest.mark.row("E4", "I4")
def test_what_shopify_does_not_take_is_named_and_the_sheet_is_right_all_the_same(npta: House) -> None:
    opened(npta)
    row = [each["SKU"] for each in npta.rows("NPTA Catalogue")].index("CPTa") + 2
    npta.sheet.worksheet("NPTA Catalogue").update([[999]], catalogue_cell("available", row), raw=True)
    put_product(npta, "CPTa", available=1)
    shop_fault(npta, "down")

    refreshed = press(npta, "/inventory/refresh")

    assert "CPTa" in {each["SKU"] for each in refreshed["failed"]}
    assert all(each["reason"] for each in refreshed["failed"])
    assert (available(npta)["CPTa"], shelf(npta)["CPTa"]) == (15, 1)
    shop_mended(npta)
    press(npta, "/outbox/flush")
    assert shelf(npta)["CPTa"] == 15


@pytest.mark.row("E4")
def test_without_a_shop_refresh_inventory_works_and_pushes_nothing(house: House) -> None:
    house.products(("CPTa", "NASM-CPT-FULL"))
    house.keys(KEYS[0])
    house.sheet.worksheet("NPTA Catalogue").update([[3]], catalogue_cell("available", 2), raw=True)

    refreshed = press(house, "/inventory/refresh")

    assert (refreshed["repaired"], refreshed["pushed"], refreshed["failed"]) == (1, [], [])
    assert available(house)["CPTa"] == 15
