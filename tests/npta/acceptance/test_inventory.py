"""Key Inventory, Refresh Inventory, Release Keys and Clear Order Cache: the stock is what the ledgers say."""

from __future__ import annotations

from typing import Any

import gspread
import pytest

from tests.npta.acceptance.steps import (
    KEYS,
    Watch,
    alerts,
    available,
    look_up,
    opened,
    person,
    pools,
    press,
    put_product,
    shelf,
    shop_fault,
    shop_mended,
)
from tests.support import House

ORDER = "6855909900591"
COLUMNS = ["region", "provider", "product_code", "component", "total", "used", "quarantined", "available"]
CPT = "NASM CPT combined"


def inventory(house: House) -> dict[str, list[Any]]:
    """Total, used, quarantined and available by pool."""
    return {
        " ".join(str(row[name]) for name in COLUMNS[:4]): [row[name] for name in COLUMNS[4:]]
        for row in house.rows("Key Inventory")
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
    owner.pastes("Key Inventory!A2", [["MARS", "ACME", "XYZ", "exam", 1, 2, 3, 4]])
    owner.pastes("Key Inventory!E5", [[999, 999, 999, 999]])
    owner.pastes("Key Inventory!A30", [["CANADA", "NASM", "CPT", "combined", 1, 1, 1, 1]])

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
    npta.sheet.worksheet("NPTA Catalogue").update([[999, "all is well"]], f"H{row}", raw=True)
    person(npta).pastes("Key Inventory!H5", [[777]])
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
    put_product(npta, "CPT", tracked=False, available=3)

    refreshed = press(npta, "/inventory/refresh")

    assert (shelf(npta)["CPTa"], shelf(npta)["CPT"], refreshed["failed"]) == (15, 20, [])


@pytest.mark.row("E4", "I4")
def test_what_shopify_does_not_take_is_named_and_the_sheet_is_right_all_the_same(npta: House) -> None:
    opened(npta)
    row = [each["SKU"] for each in npta.rows("NPTA Catalogue")].index("CPTa") + 2
    npta.sheet.worksheet("NPTA Catalogue").update([[999]], f"H{row}", raw=True)
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
    house.sheet.worksheet("NPTA Catalogue").update([[3]], "H2", raw=True)

    refreshed = press(house, "/inventory/refresh")

    assert (refreshed["repaired"], refreshed["pushed"], refreshed["failed"]) == (1, [], [])
    assert available(house)["CPTa"] == 15


@pytest.mark.row("E5", "H7")
def test_release_keys_raises_key_inventory_by_exactly_the_number_released(npta: House) -> None:
    opened(npta)
    before = pools(npta)
    npta.order(ORDER, ("NSTB", 2), ("CPT", 3))
    npta.order("2", ("CPTa", 1))
    held = pools(npta)

    released = press(npta, f"/orders/{ORDER}/release")

    after = pools(npta)
    assert released["released"] == sum(after[pool][1] - held[pool][1] for pool in after) == 9
    assert after == {**before, CPT: (1, 14)}
    assert {each["SKU"]: (each["before"], each["after"]) for each in released["products"]} == {
        "CPTa": (12, 14),
        "CPT": (17, 20),
        "NSTB": (8, 10),
        "CAREER": (8, 10),
    }
    press(npta, "/outbox/flush")
    assert (available(npta)["CPT"], shelf(npta)["CPT"], shelf(npta)["CAREER"]) == (20, 20, 10)
    assert [row["event"] for row in npta.rows("Key Ledger") if row["order_id"] == ORDER].count("RELEASED") == 4
    assert "↩️ Keys Released" in alerts(npta, ORDER)[-1]


@pytest.mark.row("E5", "H7", "K2")
def test_released_seats_are_next_in_the_queue_again(npta: House) -> None:
    npta.products(("CPTa", "NASM-CPT-FULL"))
    npta.keys(*(("CANADA", "NASM", "CPT", "combined", code, 1) for code in ("A", "B", "C")))
    for number in (1, 2):
        npta.order(str(number), ("CPTa", 1))

    press(npta, "/orders/1/release")

    assert [key["keycode"] for key in npta.order("3", ("CPTa", 2))["keys"]] == ["A", "C"]


@pytest.mark.row("E5")
def test_a_second_press_releases_nothing_and_a_late_repeat_takes_nothing(npta: House) -> None:
    opened(npta)
    npta.order(ORDER, ("NSTB", 1))
    press(npta, f"/orders/{ORDER}/release")
    stock, commits = pools(npta), len(npta.rows("Key Ledger"))

    again = press(npta, f"/orders/{ORDER}/release")
    late = npta.order(ORDER, ("NSTB", 1))

    assert (again["released"], again["keys"], again["products"]) == (0, [], [])
    assert (late["http"], late["status"], late["success"], late["keys"]) == (409, "released", False, [])
    assert "Clear Order Cache" in late["next_step"]
    assert (pools(npta), len(npta.rows("Key Ledger"))) == (stock, commits)


@pytest.mark.row("E5", "E6")
@pytest.mark.parametrize("action", ["release", "clear-cache"])
@pytest.mark.parametrize("order", ["6855909900599", "%231042"])
def test_an_unknown_order_says_so(npta: House, action: str, order: str) -> None:
    opened(npta)

    told = press(npta, f"/orders/{order}/{action}", status=404)

    assert order.replace("%23", "#") in told["detail"]
    assert "never been seen" in told["detail"]


@pytest.mark.row("E5", "X6")
def test_a_dry_run_of_a_release_tells_the_numbers_and_changes_nothing(npta: House) -> None:
    opened(npta)
    npta.order(ORDER, ("NSTB", 1))
    before = (npta.rows("Commit Log"), pools(npta), len(alerts(npta)))

    dry = press(npta, f"/orders/{ORDER}/release", {"dry_run": True})

    assert (dry["dry_run"], dry["released"], len(dry["keys"])) == (True, 3, 3)
    assert {**press(npta, f"/orders/{ORDER}/release"), "request_id": "", "dry_run": True} == {**dry, "request_id": ""}
    assert before[2] + 1 == len(alerts(npta))


@pytest.mark.row("E6", "H4")
def test_clear_order_cache_forgets_the_answer_and_never_the_keys(npta: House) -> None:
    opened(npta)
    first = npta.order(ORDER, ("NSTB", 1), order_name="#1042")
    stock = pools(npta)

    cleared = press(npta, "/orders/%231042/clear-cache")
    again = npta.order(ORDER, ("NSTB", 1), order_name="#1042")

    assert (cleared["order_id"], cleared["cleared"], cleared["keys_kept"]) == (ORDER, True, 3)
    assert (again["status"], again["replayed"], again["keys"]) == ("fulfilled", False, first["keys"])
    assert pools(npta) == stock
    assert [row["event"] for row in npta.rows("Key Ledger")] == ["ASSIGNED"] * 3
    assert [each["event"] for each in look_up(npta, ORDER)["events"]] == ["FULFILLED", "CLEARED", "FULFILLED"]


@pytest.mark.row("E6", "H1")
def test_a_failed_order_stays_locked_until_it_is_cleared(npta: House) -> None:
    opened(npta)
    assert npta.order(ORDER, ("CPTa", 16))["code"] == "out_of_stock"
    # Of another pool: the order goes on waiting.
    npta.keys(["CANADA", "NASM", "CNC", "content", "EX-9", 1])
    locked = npta.order(ORDER, ("CPTa", 16))

    cleared = press(npta, f"/orders/{ORDER}/clear-cache")
    afresh = npta.order(ORDER, ("CPTa", 16))

    assert (locked["replayed"], cleared["keys_kept"], afresh["replayed"]) == (True, 0, False)
    assert afresh["code"] == "out_of_stock"
    assert pools(npta)[CPT] == (0, 15)


@pytest.mark.row("E6")
def test_after_clearing_a_released_order_takes_keys_by_todays_catalogue(npta: House) -> None:
    opened(npta)
    npta.order(ORDER, ("CPTa", 1))
    npta.products(("CPTa", "NASM-CPT-EXAM"), ("CPT", "NASM-CPT-EXAM"))
    press(npta, f"/orders/{ORDER}/clear-cache")
    frozen = npta.order(ORDER, ("CPTa", 1))

    press(npta, f"/orders/{ORDER}/release")
    press(npta, f"/orders/{ORDER}/clear-cache")
    fresh = npta.order(ORDER, ("CPTa", 1))

    assert [key["component"] for key in frozen["keys"]] == ["combined"], "what it is owed froze when it was filled"
    assert [key["component"] for key in fresh["keys"]] == ["exam"]
    assert pools(npta)[CPT] == (0, 15)
