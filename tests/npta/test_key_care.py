"""Keys that turn out wrong, over HTTP: retired, replaced, adjusted."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import House


def press(house: House, path: str, body: Any = None, *, status: int = 200) -> Any:
    answer = house.call("POST", path, body or {})
    assert answer.status_code == status, answer.data
    return answer.json


@pytest.fixture
def shop(house: House) -> House:
    """Two keys of one pool; two orders hold seats of the first."""
    house.products(("CPTa", "NASM-CPT-FULL"))
    house.keys(*(("CANADA", "NASM", "CPT", "combined", f"CPT-{number}", 3) for number in (1, 2)))
    house.order("1", ("CPTa", 1))
    house.order("2", ("CPTa", 1))
    return house


def first_key(house: House) -> str:
    return str(house.rows("Import History")[0]["key_id"])


def stock(house: House) -> tuple[int, int, int]:
    row = house.rows("Key Inventory")[0]
    return row["used"], row["quarantined"], row["available"]


class TestRetire:
    def test_a_dead_key_takes_no_further_order_and_its_holders_keep_it(self, shop: House) -> None:
        retired = press(shop, f"/keys/{first_key(shop)}/retire")

        assert (retired["retired"], retired["orders"], retired["replaced"]) == (1, ["1", "2"], False)
        assert stock(shop) == (2, 1, 3)
        assert shop.order("3", ("CPTa", 1))["keys"][0]["keycode"] == "CPT-2"
        assert shop.order("1", ("CPTa", 1))["keys"][0]["keycode"] == "CPT-1"

    def test_a_dry_run_says_the_same_and_retires_nothing(self, shop: House) -> None:
        path, before = f"/keys/{first_key(shop)}/retire", stock(shop)

        tried = press(shop, path, {"replace": True, "dry_run": True})
        assert stock(shop) == before
        done = press(shop, path, {"replace": True})

        assert (tried.pop("dry_run"), done.pop("dry_run")) == (True, False)
        assert {**tried, "request_id": ""} == {**done, "request_id": ""}

    def test_its_holders_are_given_another_and_their_mail_is_due_again(self, shop: House) -> None:
        press(shop, "/orders/1/delivered")

        retired = press(shop, f"/keys/{first_key(shop)}/retire", {"replace": True})
        answers = [shop.order(order_id, ("CPTa", 1)) for order_id in ("1", "2")]

        assert retired["replaced"] is True
        assert [each["keys"][0]["keycode"] for each in answers] == ["CPT-2", "CPT-2"]
        assert [(each["success"], each["delivered"], each["replayed"]) for each in answers] == [(True, False, True)] * 2
        assert stock(shop) == (2, 3, 1)

    def test_without_enough_stock_nobody_is_given_another_and_nothing_is_retired(self, shop: House) -> None:
        shop.order("3", ("CPTa", 3))

        told = press(shop, f"/keys/{first_key(shop)}/retire", {"replace": True}, status=409)

        assert "need 3 seats" in told["detail"]
        assert stock(shop) == (5, 0, 1)

    def test_a_second_press_changes_nothing(self, shop: House) -> None:
        press(shop, f"/keys/{first_key(shop)}/retire", {"replace": True})
        before = shop.rows("Key Ledger")

        again = press(shop, f"/keys/{first_key(shop)}/retire", {"replace": True})

        assert (again["retired"], again["orders"]) == (0, [])
        assert shop.rows("Key Ledger") == before

    def test_an_unknown_key_says_so(self, shop: House) -> None:
        assert "never imported" in press(shop, "/keys/nothing/retire", status=404)["detail"]


class TestAdjust:
    def test_more_seats_serve_more_orders_and_open_those_that_waited(self, shop: House) -> None:
        assert shop.order("3", ("CPTa", 5))["code"] == "out_of_stock"

        adjusted = press(shop, f"/keys/{first_key(shop)}/adjust", {"seats": 4, "reason": "provider's mail"})

        assert (adjusted["before"], adjusted["seats"], adjusted["reopened_orders"]) == (3, 4, ["3"])
        assert shop.order("3", ("CPTa", 5))["http"] == 200
        assert "adjust key: provider's mail" in [row["operation"] for row in shop.rows("Commit Log")]

    def test_fewer_seats_than_are_taken_are_refused(self, shop: House) -> None:
        told = press(shop, f"/keys/{first_key(shop)}/adjust", {"seats": 1}, status=409)

        assert "2 are taken" in told["detail"]
        assert stock(shop) == (2, 0, 4)

    def test_fewer_seats_leave_less_to_assign(self, shop: House) -> None:
        press(shop, f"/keys/{first_key(shop)}/adjust", {"seats": 2})

        assert stock(shop) == (2, 0, 3)
        assert shop.order("3", ("CPTa", 1))["keys"][0]["keycode"] == "CPT-2"

    @pytest.mark.parametrize("seats", ["", "x", -1, 1.5, True, "123456789"], ids=str)
    def test_seats_must_be_a_whole_number(self, shop: House, seats: Any) -> None:
        told = press(shop, f"/keys/{first_key(shop)}/adjust", {"seats": seats}, status=400)

        assert told["errors"][0]["field"] == "seats"
