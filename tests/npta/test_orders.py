"""Orders over HTTP, with the spreadsheet looked at by plain gspread."""

from __future__ import annotations

from tests.support import House


def stock(house: House) -> dict[str, tuple[int, int]]:
    """Used and available seats by pool."""
    return {
        f"{row['provider']} {row['product_code']} {row['component']}": (row["used"], row["available"])
        for row in house.rows("Key Inventory")
    }


def test_a_paid_order_gets_its_key_and_the_sheet_already_shows_it(house: House) -> None:
    house.products(("CPTa", "NASM-CPT-FULL"))
    house.keys(["CANADA", "NASM", "CPT", "combined", "EX-1", 15])

    answer = house.order("6855909900591", ("CPTa", 1))

    assert answer["http"] == 200
    assert answer["success"] is answer["email_ready"] is True
    assert [(key["keycode"], key["seats"], key["component"]) for key in answer["keys"]] == [("EX-1", 1, "combined")]
    assert stock(house) == {"NASM CPT combined": (1, 14)}
    assert [row["status"] for row in house.rows("Orders")] == ["fulfilled"]
    assert [row["event"] for row in house.rows("Key Ledger")] == ["ASSIGNED"]
