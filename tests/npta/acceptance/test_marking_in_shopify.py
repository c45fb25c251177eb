"""Marking orders fulfilled in Shopify: never unless switched on, and then once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.npta.acceptance.steps import (
    KEYS,
    Watch,
    attention,
    buy,
    look_up,
    messages,
    opened,
    press,
    shop_do,
    shop_fault,
    shop_mended,
    shop_state,
    words,
    zap,
)
from tests.support import House


class TestMarkingInShopify:
    def lines(self, npta: House) -> list[tuple[str | None, str | None]]:
        """SKU and fulfillment status of every line of every order in the shop."""
        return [
            (line["sku"], line["fulfillment_status"])
            for order in shop_state(npta)["orders"]
            for line in order["line_items"]
        ]

    @pytest.mark.row("B14")
    def test_without_the_setting_nothing_is_ever_marked_fulfilled(self, npta: House) -> None:
        opened(npta)
        order = buy(npta, ("CPTa", 1), ("KBS-1", 1))
        answer = zap(npta, order)
        press(npta, f"/orders/{order['id']}/delivered", {"message_id": "m-1"})
        zap(npta, order)
        press(npta, "/outbox/flush")
        press(npta, "/inventory/refresh")
        press(npta, f"/orders/{order['id']}/resend")
        press(npta, f"/orders/{order['id']}/release")

        assert answer["status"] == "fulfilled"
        assert self.lines(npta) == [("CPTa", None), ("KBS-1", None)]
        assert not [row for row in npta.rows("Outbox") if row["kind"] == "fulfillment"]
        assert not [call for call in shop_state(npta)["calls"] if "ulfill" in call["operation"]]

    @pytest.mark.row("B15")
    def test_with_the_setting_exactly_the_auto_lines_become_fulfilled_once_and_nobody_is_notified(self) -> None:
        with Watch().npta(NPTA_MARK_FULFILLED="true") as npta:
            opened(npta, keys=KEYS)
            order = buy(npta, ("CPTa", 2), ("KBS-1", 1), ("CNCe", 1))
            other = buy(npta, ("CPTa", 1))
            zap(npta, order)
            zap(npta, other)
            press(npta, "/outbox/flush")
            assert {status for _, status in self.lines(npta)} == {None}, "not before the mail is confirmed"

            press(npta, f"/orders/{order['id']}/delivered", {"message_id": "m-1"})
            press(npta, f"/orders/{order['id']}/delivered", {"message_id": "m-1"})
            npta.restart()
            press(npta, "/outbox/flush")
            press(npta, f"/orders/{order['id']}/resend")
            press(npta, f"/orders/{order['id']}/delivered", {"message_id": "m-2"})
            press(npta, "/outbox/flush")

            assert self.lines(npta) == [
                ("CPTa", "fulfilled"),
                ("KBS-1", None),
                ("CNCe", "fulfilled"),
                ("CPTa", None),
            ]
            made = shop_state(npta)["orders"][0]["fulfillments"]
            assert [sum(each["units"].values()) for each in made] == [3]
            assert [each["notified"] for each in made] == [False]
            assert look_up(npta, str(order["id"]))["delivered"] is True

    @pytest.mark.row("B15", "I4")
    def test_a_shop_that_is_down_is_marked_later_and_once(self) -> None:
        with Watch().npta(NPTA_MARK_FULFILLED="true") as npta:
            opened(npta)
            order = buy(npta, ("CPTa", 1))
            zap(npta, order)
            shop_fault(npta, "down")
            press(npta, f"/orders/{order['id']}/delivered")
            assert self.lines(npta) == [("CPTa", None)]

            shop_mended(npta)
            shop_fault(npta, "drop", operation="Fulfill")
            for _ in range(3):
                press(npta, "/outbox/flush")

            assert shop_state(npta)["faults"] == [], "the answer was lost, as arranged"
            assert self.lines(npta) == [("CPTa", "fulfilled")]
            assert len(shop_state(npta)["orders"][0]["fulfillments"]) == 1


NOT_MARKED = "Not Marked as Fulfilled in Shopify"
"""The alert's title."""


class TestWhatCannotBeMarked:
    """It is never noted as marked; people are told once, of the order, its lines and what to do; and it is tried again."""

    @pytest.fixture
    def watch(self) -> Watch:
        return Watch()

    @pytest.fixture
    def house(self, watch: Watch) -> Iterator[House]:
        with watch.npta(NPTA_MARK_FULFILLED="true") as made:
            yield opened(made)

    def delivered(self, house: House, order: dict[str, Any], **body: Any) -> None:
        """The Zap hands the order on and confirms the mail; some time passes."""
        if body:
            assert house.call("POST", "/orders", {"order_id": str(order["id"]), **body}).status_code == 200
        else:
            zap(house, order)
        press(house, f"/orders/{order['id']}/delivered")
        self.flushed(house)

    def flushed(self, house: House, times: int = 2) -> None:
        for _ in range(times):
            house.clock.sleep(700)
            press(house, "/outbox/flush")

    def fulfilled(self, house: House, order: dict[str, Any]) -> dict[str, int]:
        """Fulfilled units by SKU, as the shop shows them."""
        (found,) = [each for each in shop_state(house)["orders"] if each["id"] == order["id"]]
        skus = {str(line["id"]): line["sku"] for line in found["line_items"]}
        units: dict[str, int] = {}
        for made in found["fulfillments"]:
            for line, count in made["units"].items():
                units[skus[line]] = units.get(skus[line], 0) + count
        return units

    def receipts(self, house: House) -> list[str]:
        return [
            row["receipt"] for row in house.rows("Outbox") if (row["kind"], row["event"]) == ("fulfillment", "SENT")
        ]

    def told(self, house: House) -> list[str]:
        return [words(each) for each in messages(house) if NOT_MARKED in words(each)]

    @pytest.mark.row("B15")
    def test_without_line_ids_the_line_is_found_by_its_sku(self, house: House) -> None:
        order = buy(house, ("CPTa", 2), ("KBS-1", 1))
        flat = {"email": "a@b.example", "line_items_sku": "CPTa,KBS-1", "line_items_quantity": "2,1"}

        self.delivered(house, order, **flat)

        assert self.fulfilled(house, order) == {"CPTa": 2}
        assert (self.receipts(house), self.told(house)) == (["marked"], [])

    @pytest.mark.row("B15")
    def test_what_is_on_hold_is_told_once_stands_in_attention_and_is_marked_once_it_is_released(
        self, house: House
    ) -> None:
        order = buy(house, ("CPTa", 2), ("CNCe", 1), ("KBS-1", 1))
        shop_do(house, order, "hold", ("CPTa", 1))

        self.delivered(house, order)
        house.restart()
        self.flushed(house, 3)

        assert self.fulfilled(house, order) == {"CPTa": 1, "CNCe": 1}, "the others do not wait"
        assert self.receipts(house) == [], "what was not marked is not noted as marked"
        (alert,) = self.told(house)
        for said in (
            str(order["id"]),
            order["name"],
            "Ada Lovelace",
            "CPTa × 1 (on hold in Shopify)",
            "Release them in",
        ):
            assert said in alert
        (row,) = [each for each in house.rows("Attention") if each["what"] == "fulfillment mark refused"]
        assert (row["which"], "CPTa × 1" in row["detail"], "by hand" in row["next_step"]) == (
            str(order["id"]),
            True,
            True,
        )

        shop_do(house, order, "release")
        self.flushed(house)

        assert self.fulfilled(house, order) == {"CPTa": 2, "CNCe": 1}
        assert (self.receipts(house), len(self.told(house))) == (["marked"], 1)
        assert attention(house, "mark refused") == []
        assert not any(each["notified"] for each in shop_state(house)["orders"][0]["fulfillments"])

    @pytest.mark.row("B15")
    def test_what_a_service_fulfils_is_told_and_over_once_somebody_has_marked_it_by_hand(self, house: House) -> None:
        order = buy(house, ("CPTa", 1), ("CNCe", 1))
        shop_do(house, order, "assign", ("CNCe", 1), service="ShipCo")

        self.delivered(house, order)

        assert self.fulfilled(house, order) == {"CPTa": 1}
        (alert,) = self.told(house)
        assert "CNCe × 1 (Shopify shows this app no fulfilment of it" in alert
        assert "Mark these lines as fulfilled in Shopify by hand" in alert
        assert attention(house, "mark refused") == [("fulfillment mark refused", str(order["id"]))]

        shop_do(house, order, "fulfill")
        self.flushed(house)

        assert self.receipts(house) == ["nothing left to mark"]
        assert attention(house, "mark refused") == []
        assert len(self.told(house)) == 1

    @pytest.mark.row("B15")
    def test_where_it_is_not_certain_which_line_was_served_none_is_marked(self, house: House) -> None:
        order = buy(house, ("CPTa", 1), ("CPTa", 1))

        self.delivered(house, order, email="a@b.example", line_items_sku="CPTa", line_items_quantity="1")

        assert self.fulfilled(house, order) == {}
        assert self.receipts(house) == []
        assert "which of them was served is not certain" in self.told(house)[0]

    @pytest.mark.row("B15")
    def test_orders_that_wait_stop_no_other(self, house: House) -> None:
        held = [buy(house, ("CPTa", 1)) for _ in range(4)]
        for order in held:
            shop_do(house, order, "hold")
            self.delivered(house, order)
        free = buy(house, ("CPTa", 1))

        self.delivered(house, free)

        assert self.fulfilled(house, free) == {"CPTa": 1}
        assert len(self.told(house)) == 4
        assert len(attention(house, "mark refused")) == 4

    @pytest.mark.row("B15")
    def test_an_app_that_lacks_the_scope_is_told_of_once_and_all_is_marked_once_it_has_it(self, house: House) -> None:
        assert house.shop
        granted = list(house.shop.goods.scopes)
        house.shop.goods.scopes[:] = [each for each in granted if "fulfillment" not in each]
        orders = [buy(house, ("CPTa", 1)) for _ in range(3)]

        for order in orders:
            self.delivered(house, order)

        (alert,) = self.told(house)
        assert str(orders[0]["id"]) in alert
        assert "merchant_managed_fulfillment_orders" in alert
        assert attention(house, "mark refused") == [("fulfillment mark refused", "all for Shopify")]
        assert [self.fulfilled(house, order) for order in orders] == [{}, {}, {}]

        house.shop.goods.scopes[:] = granted
        self.flushed(house)

        assert [self.fulfilled(house, order) for order in orders] == [{"CPTa": 1}] * 3
        assert attention(house, "mark refused") == []

    @pytest.mark.row("B15")
    def test_a_process_that_dies_between_marking_and_noting_marks_nothing_twice(self, house: House) -> None:
        order = buy(house, ("CPTa", 2))
        zap(house, order)
        press(house, f"/orders/{order['id']}/delivered")
        assert self.fulfilled(house, order) == {"CPTa": 2}
        assert self.receipts(house) == [], "not noted yet"

        house.restart()
        self.flushed(house)

        assert self.fulfilled(house, order) == {"CPTa": 2}
        assert len(shop_state(house)["orders"][0]["fulfillments"]) == 1
        assert self.receipts(house) == ["nothing left to mark"]

    @pytest.mark.row("B15", "H7")
    def test_an_order_that_was_refunded_while_it_waited_is_no_trouble_any_more(self, house: House) -> None:
        order = buy(house, ("CPTa", 1))
        shop_do(house, order, "hold")
        self.delivered(house, order)
        assert len(self.told(house)) == 1

        shop_do(house, order, "refund", restock="cancel")
        press(house, f"/orders/{order['id']}/release")
        self.flushed(house)

        assert self.fulfilled(house, order) == {}
        assert attention(house, "mark refused") == []
        assert len(self.told(house)) == 1
