"""Marking orders fulfilled in Shopify: never unless switched on, and then once."""

from __future__ import annotations

import pytest

from tests.npta.acceptance.steps import (
    KEYS,
    Watch,
    buy,
    look_up,
    opened,
    press,
    shop_fault,
    shop_mended,
    shop_state,
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
