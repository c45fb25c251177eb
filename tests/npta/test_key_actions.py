"""Keys that turn out wrong, over HTTP: retired, replaced, adjusted."""

from __future__ import annotations

import json
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
    return fill(house)


def fill(house: House) -> House:
    house.products(("CPTa", "NASM-CPT-FULL"))
    house.keys(*(("CANADA", "NASM", "CPT", "combined", f"CPT-{number}", 3) for number in (1, 2)))
    house.order("1", ("CPTa", 1))
    house.order("2", ("CPTa", 1))
    return house


def look_up(house: House, order_id: str) -> Any:
    return house.call("GET", f"/orders/{order_id}").json


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

    def test_whoever_clears_an_order_that_holds_it_is_not_sent_to_mail_it(self, shop: House) -> None:
        """Also after the key was replaced, released or never mailed: what is said is what helps now."""
        press(shop, f"/keys/{first_key(shop)}/retire")

        for resend in (False, True):
            told = press(shop, "/orders/1/clear-cache", {"resend": resend})["next_step"]
            assert f"holds the retired key {first_key(shop)}: press Retire Key" in told
        press(shop, f"/keys/{first_key(shop)}/retire", {"replace": True})
        assert press(shop, "/orders/1/clear-cache")["next_step"] == "Re-run the Zap."
        press(shop, "/orders/2/release")
        assert press(shop, "/orders/2/clear-cache")["next_step"] == "Re-run the Zap."

    def test_a_dry_run_says_the_same_and_retires_nothing(self, shop: House) -> None:
        path, before = f"/keys/{first_key(shop)}/retire", stock(shop)

        tried = press(shop, path, {"replace": True, "dry_run": True})
        assert stock(shop) == before
        done = press(shop, path, {"replace": True})

        assert (tried.pop("dry_run"), done.pop("dry_run")) == (True, False)
        assert tried.pop("confirm")
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

    def test_a_second_press_changes_nothing_and_says_that_it_was_retired_before(self, shop: House) -> None:
        first = press(shop, f"/keys/{first_key(shop)}/retire", {"replace": True})
        before = shop.rows("Key Ledger")

        again = press(shop, f"/keys/{first_key(shop)}/retire", {"replace": True})

        assert (first["retired_before"], again["retired_before"]) == (False, True)
        assert "was retired before" in again["message"]
        assert (again["retired"], again["orders"], again["replaced"]) == (0, [], False)
        assert shop.rows("Key Ledger") == before

    def test_with_all_seats_taken_it_is_recorded_all_the_same(self, shop: House) -> None:
        shop.order("3", ("CPTa", 1))

        retired = press(shop, f"/keys/{first_key(shop)}/retire")

        assert (retired["retired"], retired["held"], retired["orders"]) == (0, 3, ["1", "2", "3"])
        assert "out of stock for good" in retired["message"]
        assert shop.rows("Key Ledger")[-1]["event"] == "RETIRED"
        assert stock(shop) == (3, 0, 3)

    @pytest.mark.parametrize("policy", ["requeue", "quarantine"])
    @pytest.mark.parametrize("more", [0, 1], ids=["a seat was free", "all seats were taken"])
    def test_what_its_holders_give_back_is_sold_to_nobody(self, policy: str, more: int) -> None:
        shop = fill(House(environment={"NPTA_RELEASE_POLICY": policy}).provision())
        if more:
            shop.order("3", ("CPTa", more))
        press(shop, f"/keys/{first_key(shop)}/retire")

        released = press(shop, "/orders/1/release")

        assert (released["released"], released["quarantined"], released["products"]) == (1, 1, [])
        assert stock(shop) == (1 + more, 2 - more, 3)
        sold = [shop.order(order_id, ("CPTa", 1)) for order_id in ("11", "12", "13", "14")]
        assert [answer["http"] for answer in sold] == [200, 200, 200, 422]
        assert {answer["keys"][0]["keycode"] for answer in sold[:3]} == {"CPT-2"}

    def test_one_line_of_an_order_gives_back_seats_that_rest_too(self, shop: House) -> None:
        shop.order("3", ("CPTa", 1), ("CPTa", 1))
        press(shop, f"/keys/{first_key(shop)}/retire")

        assert press(shop, "/orders/3/release", {"line_item_id": "1"})["quarantined"] == 1
        assert press(shop, "/orders/3/release", {"line_item_id": "2"})["quarantined"] == 0
        assert stock(shop) == (2, 1, 3)

    def test_released_cleared_and_sent_again_an_order_gets_a_living_key(self, shop: House) -> None:
        press(shop, f"/keys/{first_key(shop)}/retire")
        press(shop, "/orders/1/release")
        press(shop, "/orders/1/clear-cache")

        assert shop.order("1", ("CPTa", 1))["keys"][0]["keycode"] == "CPT-2"

    def test_a_growth_is_served_by_the_next_key_and_keeps_the_first_seat(self, shop: House) -> None:
        press(shop, f"/keys/{first_key(shop)}/retire")

        grown = shop.order("1", ("CPTa", 2))

        assert [(key["keycode"], key["seats"]) for key in grown["keys"]] == [("CPT-1", 1), ("CPT-2", 1)]

    def test_pasted_again_it_is_a_duplicate_and_stays_retired(self, shop: House) -> None:
        press(shop, f"/keys/{first_key(shop)}/retire")

        imported = shop.keys(["CANADA", "NASM", "CPT", "combined", "CPT-1", 9])

        assert (imported["imported"], imported["duplicates"]) == (0, 1)
        assert "it is retired" in imported["rows"][0]["reason"]
        assert stock(shop) == (2, 1, 3)
        assert "quarantined" in next(row["detail"] for row in shop.rows("Attention") if row["what"] == "low stock")

    def test_waiting_orders_get_no_hope_from_what_a_dead_key_gives_back(self, shop: House) -> None:
        shop.order("3", ("CPTa", 4))
        shop.order("4", ("CPTa", 1))
        press(shop, f"/keys/{first_key(shop)}/retire")

        assert press(shop, "/orders/1/release")["reopened_orders"] == []
        assert shop.keys(["CANADA", "NASM", "CPT", "combined", "CPT-3", 1])["reopened_orders"] == ["4"]

    def test_its_holders_are_given_another_long_afterwards_too(self, shop: House) -> None:
        press(shop, f"/keys/{first_key(shop)}/retire")

        late = press(shop, f"/keys/{first_key(shop)}/retire", {"replace": True})

        assert (late["retired_before"], late["replaced"], late["orders"], late["held"]) == (True, True, ["1", "2"], 0)
        assert shop.order("1", ("CPTa", 1))["keys"][0]["keycode"] == "CPT-2"
        press(shop, "/orders/1/release")
        assert stock(shop) == (1, 3, 2)

    def test_another_process_neither_sells_it_nor_what_comes_back_to_it(self, shop: House) -> None:
        other = House(shop.emulator, shop.spreadsheet_id)
        assert other.order("3", ("CPTa", 1))["keys"][0]["keycode"] == "CPT-1", "it has read the sheet"

        press(shop, f"/keys/{first_key(shop)}/retire")
        assert other.order("4", ("CPTa", 1))["keys"][0]["keycode"] == "CPT-2"
        press(other, "/orders/3/release")

        assert shop.order("5", ("CPTa", 1))["keys"][0]["keycode"] == "CPT-2"
        assert other.order("6", ("CPTa", 1))["keys"][0]["keycode"] == "CPT-2"
        assert stock(shop) == (5, 1, 0)
        shop.restart()
        assert shop.order("7", ("CPTa", 1))["code"] == "out_of_stock"

    def test_a_sheet_of_yesterday_is_read_in_the_same_way(self, shop: House) -> None:
        """Of a key with a free seat, its code wrote one row without an order; what came back was for sale."""
        press(shop, f"/keys/{first_key(shop)}/retire")
        ledger = shop.rows("Key Ledger")
        assert [(row["event"], row["order_id"], row["seats"]) for row in ledger][-1] == ("RETIRED", "", 1)
        shop.restart()

        press(shop, "/orders/2/release")

        assert stock(shop) == (1, 2, 3)

    def test_whoever_looks_its_holder_up_is_told(self, shop: House) -> None:
        assert look_up(shop, "1")["retired_keys"] == []
        press(shop, f"/keys/{first_key(shop)}/retire")

        found = look_up(shop, "1")
        assert found["retired_keys"] == [first_key(shop)]
        assert "Retire Key" in found["next_step"]
        assert first_key(shop) in found["next_step"]
        assert found["keys"] == shop.order("1", ("CPTa", 1))["keys"]
        waiting = json.loads(shop.call("GET", "/status").data)["undelivered_orders"]
        assert all(f"{first_key(shop)} retired since" in each["reason"] for each in waiting)
        steps = [row["next_step"] for row in shop.rows("Attention") if row["what"] == "mail not confirmed"]
        assert len(steps) == 2
        assert all("Retire Key" in step and first_key(shop) in step for step in steps)

        press(shop, f"/keys/{first_key(shop)}/retire", {"replace": True})
        assert look_up(shop, "1")["retired_keys"] == []
        assert "next_step" not in look_up(shop, "1")

    def test_an_unknown_key_says_so_and_repeats_nothing(self, shop: House) -> None:
        detail = press(shop, "/keys/nothing/retire", status=404)["detail"]

        assert "never imported" in detail
        assert "nothing" not in detail


class TestByItsCode:
    def test_retire_and_adjust_understand_the_code_and_answer_with_the_id(self, shop: House) -> None:
        adjusted = press(shop, "/keys/adjust", {"keycode": "CPT-1", "seats": 5})
        retired = press(shop, "/keys/retire", {"keycode": "CPT-1"})

        assert (adjusted["key_id"], adjusted["before"], adjusted["seats"]) == (first_key(shop), 3, 5)
        assert (retired["key_id"], retired["retired"]) == (first_key(shop), 3)
        assert "CPT-1" not in str(adjusted) + str(retired)

    @pytest.mark.parametrize("name", ["key_id", "keycode"])
    def test_the_id_is_understood_in_either_place(self, shop: House, name: str) -> None:
        assert press(shop, "/keys/retire", {name: first_key(shop)})["key_id"] == first_key(shop)

    @pytest.mark.parametrize("typed", [" CPT-1 ", "CPT-1\u200b", "\ufeffCPT-1", "CPT-1\u00a0"], ids=ascii)
    def test_what_comes_along_at_its_edges_does_not_matter(self, shop: House, typed: str) -> None:
        assert press(shop, "/keys/retire", {"keycode": typed})["key_id"] == first_key(shop)

    def test_a_code_of_two_providers_needs_one(self, shop: House) -> None:
        shop.keys(["CANADA", "NCSF", "STS", "combined", "CPT-1", 4])
        ids = [row["key_id"] for row in shop.rows("Import History") if row["keycode"] == "CPT-1"]
        before = shop.rows("Key Ledger")

        told = press(shop, "/keys/retire", {"keycode": "CPT-1"}, status=409)

        assert told["code"] == "conflict"
        assert all(key_id in told["detail"] for key_id in ids)
        assert ("NASM" in told["detail"], "NCSF" in told["detail"]) == (True, True)
        assert shop.rows("Key Ledger") == before
        assert press(shop, "/keys/retire", {"keycode": "CPT-1", "provider": "ncsf "})["key_id"] == ids[1]
        adjusted = press(shop, "/keys/adjust", {"keycode": "CPT-1", "provider": "NASM", "seats": 9})
        assert adjusted["key_id"] == ids[0]

    def test_a_text_that_is_one_keys_code_and_anothers_id_is_never_guessed(self, shop: House) -> None:
        shop.keys(["CANADA", "NASM", "CPT", "combined", first_key(shop), 4])

        press(shop, "/keys/retire", {"keycode": first_key(shop)}, status=409)

        assert press(shop, "/keys/retire", {"key_id": first_key(shop)})["retired"] == 1

    @pytest.mark.parametrize(
        ("body", "hint"),
        [
            ({"keycode": "cpt-1"}, "letter case and hidden characters count"),
            ({"keycode": "CPT\u200b-1"}, "letter case and hidden characters count"),
            ({"keycode": "NOT-THERE"}, "Import History"),
            ({"keycode": "CPT-1", "provider": "NCSF"}, "one from NASM"),
            ({"key_id": "CPT-1"}, "as keycode in the body"),
        ],
        ids=["letter case", "a hidden character", "unknown", "another provider", "a code as id"],
    )
    def test_what_is_not_found_is_told_without_repeating_it(self, shop: House, body: dict[str, str], hint: str) -> None:
        for path, more in (("/keys/retire", {}), ("/keys/adjust", {"seats": 9})):
            detail = press(shop, path, {**body, **more}, status=404)["detail"]
            assert hint in detail
            assert body.get("keycode", body.get("key_id")) not in detail
        assert stock(shop) == (2, 0, 4)

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"key_id": ""},
            {"keycode": ""},
            {"key_id": "K1", "keycode": "CPT-1"},
            {"keycode": 12345},
            {"keycode": ["CPT-1"]},
            {"keycode": "\u200b"},
            {"keycode": "x" * 1001},
            {"provider": "NASM"},
        ],
        ids=str,
    )
    def test_a_body_that_names_no_key_or_two_is_refused(self, shop: House, body: dict[str, Any]) -> None:
        before = shop.rows("Key Ledger")

        for path, more in (("/keys/retire", {}), ("/keys/adjust", {"seats": 9})):
            assert press(shop, path, {**body, **more}, status=400)["errors"]

        assert shop.rows("Key Ledger") == before


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

    def test_a_retired_key_is_corrected_and_the_answer_says_that_nothing_of_it_is_sold(self, shop: House) -> None:
        assert shop.order("3", ("CPTa", 5))["code"] == "out_of_stock"
        press(shop, f"/keys/{first_key(shop)}/retire")

        adjusted = press(shop, f"/keys/{first_key(shop)}/adjust", {"seats": 20})

        assert (adjusted["before"], adjusted["seats"], adjusted["retired"]) == (3, 20, True)
        assert "none of its seats is sold" in adjusted["message"]
        assert adjusted["reopened_orders"] == []
        assert stock(shop) == (2, 18, 3)
        assert shop.order("4", ("CPTa", 1))["keys"][0]["keycode"] == "CPT-2"

    def test_what_is_changed_and_what_is_not_is_said(self, shop: House) -> None:
        path = f"/keys/{first_key(shop)}/adjust"

        assert "4 seats now, 3 before" in press(shop, path, {"seats": 4})["message"]
        same = press(shop, path, {"seats": 4})

        assert ("as before" in same["message"], same["retired"]) == (True, False)
        assert len(shop.rows("Key Ledger")) == 3

    @pytest.mark.parametrize("seats", ["", "x", -1, 1.5, True, "123456789"], ids=str)
    def test_seats_must_be_a_whole_number(self, shop: House, seats: Any) -> None:
        told = press(shop, f"/keys/{first_key(shop)}/adjust", {"seats": seats}, status=400)

        assert told["errors"][0]["field"] == "seats"
