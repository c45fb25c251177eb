"""Order ids lose zeros in front of them at the edge; spreadsheets of before that hold such ids work on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from npta.domain.state.receipts import Order, OrderLine
from npta.domain.state.state import State
from npta.operations.audit import audit_spreadsheet
from npta.operations.fulfillment import fulfill_order
from npta.operations.verify import verify_order
from tests.support import ORDER_KEY, House, gspread_on

SPELLINGS = ("777", "0777", "00777")


@pytest.fixture
def shop() -> House:
    house = House().provision()
    house.products(("CPTa", "NASM-CPT-FULL"))
    house.keys(["CANADA", "NASM", "CPT", "combined", "CPT-1", 50])
    return house


def of_yesterday(shop: House, *order_ids: str, quantity: int = 1) -> None:
    """Orders as the edge of before handed them on, zeros and all."""
    with pytest.MonkeyPatch.context() as before:
        before.setattr(State, "order_id", lambda _state, wanted: wanted)
        for order_id in order_ids:
            order = Order(order_id, (OrderLine("1", "CPTa", quantity),), "CANADA", email="ada@example.com")
            fulfill_order(shop.services, order, who="test", deadline=shop.clock.deadline(30))
    shop.restart()


def used(shop: House) -> int:
    return int(shop.rows("Key Inventory")[0]["used"])


def looked_up(shop: House, order: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(shop.call("GET", f"/orders/{order}").data)
    return told


def test_every_spelling_is_the_same_order(shop: House) -> None:
    answers = [shop.order(spelling, ("CPTa", 1)) for spelling in reversed(SPELLINGS)]

    assert {(answer["http"], answer["order_id"], answer["keys_count"]) for answer in answers} == {(200, "777", 1)}
    assert [answer["replayed"] for answer in answers] == [False, True, True]
    assert [looked_up(shop, spelling)["order_id"] for spelling in SPELLINGS] == ["777"] * 3
    assert (used(shop), [row["order_id"] for row in shop.rows("Orders")]) == (1, ["777"])


@pytest.mark.parametrize("stored", [("0777",), ("0777", "777"), ("777", "0777")], ids=" ".join)
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_an_order_of_before_is_answered_as_before_in_every_spelling(
    shop: House, stored: tuple[str, ...], spelling: str
) -> None:
    of_yesterday(shop, *stored)

    answer = shop.order(spelling, ("CPTa", 1))

    assert (answer["http"], answer["replayed"], answer["keys_count"], answer["success"]) == (200, True, 1, True)
    assert answer["order_id"] == ("0777" if stored == ("0777",) else "777")
    assert used(shop) == len(stored)
    assert json.loads(shop.call("POST", f"/orders/{spelling}/delivered", key=ORDER_KEY).data)["delivered"] is True
    assert audit_spreadsheet(shop.services, deadline=shop.clock.deadline(30)) == []


def test_where_both_are_there_each_is_reached_as_it_is_written(shop: House) -> None:
    of_yesterday(shop, "777", "0777", quantity=2)

    assert [looked_up(shop, spelling)["order_id"] for spelling in SPELLINGS] == ["777", "0777", "777"]
    released = json.loads(shop.call("POST", "/orders/0777/release").data)
    assert (released["order_id"], released["released"], used(shop)) == ("0777", 2, 2)
    assert shop.order("777", ("CPTa", 2))["success"] is True


def test_an_order_of_before_grows_and_is_released_under_its_own_id(shop: House) -> None:
    of_yesterday(shop, "0777")

    assert shop.order("777", ("CPTa", 3))["keys_count"] == 3
    assert json.loads(shop.call("POST", "/orders/777/release").data)["released"] == 3
    assert {row["order_id"] for row in shop.rows("Orders")} == {"0777"}
    assert shop.order("0777", ("CPTa", 3))["http"] == 409


def test_the_command_line_finds_it(shop: House) -> None:
    of_yesterday(shop, "0777")

    for spelling in (*SPELLINGS, "gid://shopify/Order/777"):
        assert verify_order(shop.services, spelling, deadline=shop.clock.deadline(30)).order_id == "0777"


@pytest.mark.parametrize("spelt", ["CPTa\u200b", "\u00a0CPTa", "CPTa\t"], ids=ascii)
def test_a_receipt_of_before_is_compared_by_its_lines_not_by_its_stored_hash(shop: House, spelt: str) -> None:
    first = shop.order("1", ("CPTa", 2))
    orders = gspread_on(shop.emulator, shop.spreadsheet_id, person="").worksheet("Orders")
    (row,) = shop.rows("Orders")
    cells = {**row, "lines": row["lines"].replace("CPTa", json.dumps(spelt)[1:-1]), "fingerprint": "another-hash-yet"}
    orders.update([[str(cells[name]) for name in row]], "A2", raw=True)
    shop.restart()

    same, grown = shop.order("1", ("CPTa", 2)), shop.order("1", ("CPTa", 3))

    assert (same["http"], same["replayed"], same["keys"]) == (200, True, first["keys"])
    assert (grown["http"], grown["keys_count"], used(shop)) == (200, 3, 3)


def test_skus_key_codes_and_names_keep_their_zeros(shop: House) -> None:
    shop.products(("007", "NASM-CPT-FULL"), ("7", "NASM-CNC-FULL"))
    shop.keys(["CANADA", "NASM", "CNC", "combined", "0042", 5])

    assert shop.order("1", ("7", 1), order_name="#0042")["keys"][0]["keycode"] == "0042"
    assert shop.order("2", ("007", 1), order_name="#42")["keys"][0]["keycode"] == "CPT-1"
    assert [looked_up(shop, name)["order_id"] for name in ("%230042", "%2342")] == ["1", "2"]
