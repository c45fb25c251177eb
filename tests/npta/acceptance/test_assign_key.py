"""X18: a certain key for an order's line by hand; stock, ledger, answer and audit are right, whatever comes next."""

from __future__ import annotations

from threading import Thread
from typing import Any

import pytest

from tests.npta.acceptance.steps import pools, press
from tests.support import ORDER_KEY, House

ADA, BEN = "6855909900591", "6855909900592"
CPT = ["CANADA", "NASM", "CPT", "combined"]
CNC = ["CANADA", "NASM", "CNC", "combined"]
pytestmark = pytest.mark.row("X18")


@pytest.fixture
def shop(npta: House) -> House:
    """Three keys of one pool, one of another, and products of one and of both."""
    npta.products(("CPTa", "NASM-CPT-FULL"), ("BOTH", "NASM-CPT-FULL,NASM-CNC-FULL"))
    npta.keys([*CPT, "cpt-1", 1], [*CPT, "cpt-2", 1], [*CPT, "cpt-3", 2], [*CNC, "cnc-1", 1])
    return npta


def assign(house: House, order_id: str, keycode: str, *, status: int = 200, **more: Any) -> dict[str, Any]:
    line = {} if "sku" in more or "line_item_id" in more else {"line_item_id": "1"}
    return press(house, f"/orders/{order_id}/assign", {"keycode": keycode, **line, **more}, status=status)


def codes(answer: dict[str, Any]) -> list[str]:
    return [key["keycode"] for key in answer["keys"]]


def key_id(house: House, keycode: str) -> str:
    return next(str(row["key_id"]) for row in house.rows("Import History") if row["keycode"] == keycode)


class TestAnOrderThatWaits:
    def test_gets_the_key_and_the_rest_in_turn(self, shop: House) -> None:
        assert shop.order(ADA, ("BOTH", 1), ("CPTa", 3))["http"] == 200
        assert shop.order(BEN, ("BOTH", 1))["http"] == 422
        shop.keys([*CPT, "cpt-4", 1], [*CPT, "cpt-5", 1], [*CNC, "cnc-2", 1])
        press(shop, f"/orders/{BEN}/clear-cache")

        answer = assign(shop, BEN, "cpt-5", sku="BOTH", entitlement="nasm-cpt-full")

        assert (answer["status"], answer["keys_count"], answer["email_ready"]) == ("fulfilled", 2, True)
        assert sorted(codes(answer)) == ["cnc-2", "cpt-5"]
        replay = shop.order(BEN, ("BOTH", 1))
        assert (replay["keys"], replay["replayed"]) == (answer["keys"], True)
        assert pools(shop)["NASM CPT combined"] == (5, 1)

    def test_gets_nothing_if_the_rest_cannot_be_served(self, shop: House) -> None:
        shop.order(ADA, ("BOTH", 2))
        before = (pools(shop), shop.rows("Orders"), shop.rows("Key Ledger"))

        answer = assign(shop, ADA, "cpt-3", entitlement="NASM-CPT-FULL", status=422)

        assert (answer["code"], answer["keys"]) == ("out_of_stock", [])
        assert answer["message"].startswith("nothing was assigned")
        assert (pools(shop), shop.rows("Orders"), shop.rows("Key Ledger")) == before

    def test_is_served_in_spite_of_go_live(self, shop: House) -> None:
        press(shop, "/mode", {"mode": "LIVE", "go_live_at": "2026-01-01T00:00:00Z"})
        assert shop.order(ADA, ("CPTa", 1), paid_at="2025-12-01T00:00:00Z")["code"] == "before_go_live"

        assert codes(assign(shop, ADA, "cpt-2")) == ["cpt-2"]

    @pytest.mark.parametrize("more", [{"financial_status": "pending"}, {"cancelled_at": "2026-11-23T15:04:05Z"}])
    def test_gets_nothing_if_shopify_calls_it_one_not_to_be_served(self, shop: House, more: dict[str, Any]) -> None:
        assert shop.order(ADA, ("CPTa", 1), **more)["http"] == 422

        assert assign(shop, ADA, "cpt-2", status=422)["keys"] == []
        assert pools(shop)["NASM CPT combined"] == (0, 4)


class TestALineThatIsFilled:
    def test_swaps_and_the_row_says_by_hand(self, shop: House) -> None:
        shop.order(ADA, ("CPTa", 1))
        press(shop, f"/orders/{ADA}/delivered")

        answer = assign(shop, ADA, "cpt-3")

        assert (codes(answer), answer["delivered"], answer["keys_count"]) == (["cpt-3"], False, 1)
        assert "cpt-1" not in answer["message"]
        row = shop.rows("Orders")[-1]
        assert (row["event"], row["reason"].startswith("by hand: key ")) == ("BY_HAND", True)
        assert codes(shop.order(ADA, ("CPTa", 1))) == ["cpt-3"]
        assert codes(shop.order(BEN, ("CPTa", 1))) == ["cpt-1"]
        assert pools(shop)["NASM CPT combined"] == (2, 2)

    def test_quarantines_the_replaced_seat_where_the_setting_says_so(self) -> None:
        house = House(environment={"NPTA_RELEASE_POLICY": "quarantine"}).provision()
        house.products(("CPTa", "NASM-CPT-FULL"))
        house.keys([*CPT, "cpt-1", 1], [*CPT, "cpt-2", 2])
        house.order(ADA, ("CPTa", 1))

        assign(house, ADA, "cpt-2")

        assert codes(house.order(BEN, ("CPTa", 1))) == ["cpt-2"]
        (stock,) = house.rows("Key Inventory")
        assert (stock["used"], stock["quarantined"], stock["available"]) == (2, 1, 0)

    def test_again_changes_nothing(self, shop: House) -> None:
        shop.order(ADA, ("CPTa", 2))
        first = assign(shop, ADA, "cpt-3")
        before = (shop.rows("Orders"), shop.rows("Key Ledger"))
        shop.restart()

        again = assign(shop, ADA, key_id(shop, "cpt-3"))

        assert again["keys"] == first["keys"]
        assert (shop.rows("Orders"), shop.rows("Key Ledger")) == before

    def test_a_key_of_another_pool_only_if_that_is_said_and_who_waited_for_the_other_is_opened(
        self, shop: House
    ) -> None:
        shop.order(ADA, ("CPTa", 4))
        shop.order(BEN, ("CPTa", 1))

        told = assign(shop, ADA, "cnc-1", status=409)
        answer = assign(shop, ADA, "cnc-1", any_pool=True)

        assert "any_pool" in told["detail"]
        assert "cnc-1" in codes(answer)
        assert answer["reopened_orders"] == [BEN]
        assert shop.order(BEN, ("CPTa", 1))["http"] == 200


class TestWhatComesNext:
    def test_release_and_the_next_customer_is_served_in_turn(self, shop: House) -> None:
        shop.order(ADA, ("CPTa", 1))
        assign(shop, ADA, "cpt-3")

        assert press(shop, f"/orders/{ADA}/release")["released"] == 1
        assert codes(shop.order(BEN, ("CPTa", 2))) == ["cpt-1", "cpt-2"]
        assert assign(shop, ADA, "cpt-3", status=409)["detail"].endswith("press Clear Order Cache first.")
        press(shop, f"/orders/{ADA}/clear-cache")
        assert codes(assign(shop, ADA, "cpt-3")) == ["cpt-3"]

    def test_clear_and_replay_keep_it_and_growth_adds_in_turn(self, shop: House) -> None:
        shop.order(ADA, ("CPTa", 1))
        first = assign(shop, ADA, "cpt-3")
        press(shop, f"/orders/{ADA}/clear-cache")

        assert shop.order(ADA, ("CPTa", 1))["keys"] == first["keys"]
        assert codes(shop.order(ADA, ("CPTa", 2))) == ["cpt-3", "cpt-1"]

    def test_retired_with_another_for_its_holders(self, shop: House) -> None:
        shop.order(ADA, ("CPTa", 1))
        assign(shop, ADA, "cnc-1", any_pool=True)

        press(shop, "/keys/retire", {"keycode": "cnc-1", "replace": True})

        assert codes(shop.order(ADA, ("CPTa", 1))) == ["cpt-1"]

    def test_a_key_that_another_order_just_took_is_given_to_nobody_else(self, shop: House) -> None:
        shop.order(ADA, ("CPTa", 1))
        other = House(emulator=shop.emulator, spreadsheet_id=shop.spreadsheet_id)
        shop.order(BEN, ("CPTa", 1))  # cpt-2, by the first process

        refused = press(other, f"/orders/{ADA}/assign", {"keycode": "cpt-2", "line_item_id": "1"}, status=409)

        assert "0 free seats" in refused["detail"]
        assert "cpt-2" not in refused["detail"]

    def test_two_processes_give_the_last_seat_once(self, shop: House) -> None:
        shop.keys([*CPT, "last", 1])
        shop.order(ADA, ("CPTa", 1))
        shop.order(BEN, ("CPTa", 1))
        houses = [shop, House(emulator=shop.emulator, spreadsheet_id=shop.spreadsheet_id)]
        statuses: list[int] = []

        def give(house: House, order_id: str) -> None:
            body = {"keycode": "last", "line_item_id": "1"}
            statuses.append(house.call("POST", f"/orders/{order_id}/assign", body).status_code)

        threads = [Thread(target=give, args=pair) for pair in zip(houses, (ADA, BEN), strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(statuses) == [200, 409]


class TestRefusals:
    @pytest.mark.parametrize(
        ("body", "status"),
        [
            ({"keycode": "nowhere", "line_item_id": "1"}, 404),
            ({"keycode": "cpt-2"}, 400),
            ({"line_item_id": "1"}, 400),
            ({"keycode": "cpt-2", "key_id": "x", "line_item_id": "1"}, 400),
            ({"keycode": "cpt-2", "line_item_id": "1", "sku": "CPTa"}, 400),
            ({"keycode": "cpt-2", "line_item_id": "9"}, 400),
            ({"keycode": "cpt-2", "sku": "NSTB"}, 400),
            ({"keycode": "cpt-2", "line_item_id": "1", "entitlement": "NASM-CNC-FULL"}, 400),
            ({"keycode": "cpt-3", "line_item_id": "1", "seats": 2}, 400),
            ({"keycode": "cpt-2", "line_item_id": "1", "seats": 0}, 400),
            ({"keycode": "cpt-2", "line_item_id": "1", "anypool": True}, 400),
            ({"keycode": "cnc-1", "line_item_id": "1"}, 409),
        ],
    )
    def test_what_cannot_be_meant_changes_nothing(self, shop: House, body: dict[str, Any], status: int) -> None:
        shop.order(ADA, ("CPTa", 1))
        before = (shop.rows("Orders"), shop.rows("Key Ledger"))

        press(shop, f"/orders/{ADA}/assign", body, status=status)

        assert (shop.rows("Orders"), shop.rows("Key Ledger")) == before

    def test_only_operators_assign_and_only_to_orders_that_are_known(self, shop: House) -> None:
        body = {"keycode": "cpt-1", "line_item_id": "1"}
        press(shop, f"/orders/{ADA}/assign", body, status=404)
        press(shop, f"/orders/{ADA}/assign", body, status=403, key=ORDER_KEY)

    def test_while_off_nothing_is_given_and_a_filled_line_is_swapped_all_the_same(self, shop: House) -> None:
        shop.order(ADA, ("CPTa", 1))
        press(shop, "/mode", {"mode": "OFF"})
        shop.order(BEN, ("CPTa", 1))

        assert "OFF" in assign(shop, BEN, "cpt-3", status=409)["detail"]
        assert codes(assign(shop, ADA, "cpt-3")) == ["cpt-3"]

    def test_a_dry_run_shows_it_and_its_confirmation_does_it(self, shop: House) -> None:
        shop.order(ADA, ("CPTa", 1))
        before = (shop.rows("Orders"), shop.rows("Key Ledger"))

        dry = assign(shop, ADA, "cpt-3", dry_run=True)

        assert (codes(dry), dry["dry_run"]) == (["cpt-3"], True)
        assert (shop.rows("Orders"), shop.rows("Key Ledger")) == before
        assert codes(assign(shop, ADA, "cpt-3", confirm=dry["confirm"])) == ["cpt-3"]
