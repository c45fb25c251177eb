"""What the system tells by itself: low stock, mails that nobody confirms, and the nightly report."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.npta.acceptance.steps import (
    Watch,
    attention,
    buy,
    messages,
    opened,
    press,
    put_product,
    type_into,
    words,
    zap,
)
from tests.support import ORDER_KEY, House, gspread_on

ORDER = "6855909900591"
SECRET = "webhook-secret-for-tests"
DAY = 86_400.0


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def house(watch: Watch) -> Iterator[House]:
    """A shop that is open, on a clock that the test moves."""
    with watch.npta(SHOPIFY_WEBHOOK_SECRET=SECRET, NPTA_LOW_STOCK="4") as made:
        yield opened(made)


def told(house: House, about: str) -> list[dict[str, Any]]:
    return [each for each in messages(house) if about in each["text"]]


class TestLowStock:
    def low(self, house: House) -> list[dict[str, Any]]:
        """What was told of the pool, over by now or not."""
        return [each for each in messages(house) if "⚠️" in each["text"] and "CPT combined" in each["text"]]

    def signs(self, house: House) -> list[str]:
        return [each["text"].removeprefix("☑️ Over, there are seats again: ").split(":")[0] for each in self.low(house)]

    @pytest.mark.row("X3")
    def test_a_pool_below_the_threshold_is_told_once_with_the_days_that_the_rest_lasts(
        self, house: House, watch: Watch
    ) -> None:
        house.order("1", ("CPTa", 10))
        watch.passes(10 * DAY)
        assert self.low(house) == [], "5 are free, 4 is the threshold"
        house.order("2", ("CPTa", 2))
        house.order("3", ("CPTa", 1))
        house.restart()
        house.order("4", ("CPTa", 1))

        (message,) = self.low(house)

        assert "CANADA NASM CPT combined, 3 seats free" in message["text"]
        assert "7 days" in message["text"], "12 went in 30 days: 3 × 30 / 12"
        assert "alert below 4" in words(message)
        assert ("low stock", "CANADA NASM CPT combined") in attention(house)

    @pytest.mark.row("X3")
    def test_once_for_each_restock_and_use_of_long_ago_does_not_count(self, house: House, watch: Watch) -> None:
        house.order("1", ("CPTa", 13))
        house.keys(["CANADA", "NASM", "CPT", "combined", "EX-more", 2])
        watch.passes(31 * DAY)

        house.order("2", ("CPTa", 1))
        house.order("3", ("CPTa", 1))

        first, second = self.low(house)
        assert "5 days" not in first["text"]
        assert "2 seats free" in first["text"]
        assert "3 seats free" in second["text"]
        assert "90 days" in second["text"], "1 in the last 30 days"

    @pytest.mark.row("X3")
    def test_an_empty_pool_says_that_orders_fail(self, house: House) -> None:
        house.order("1", ("CPTa", 15))

        (message,) = self.low(house)
        assert message["text"].startswith("⚠️ Out of Stock")
        assert "Import Keys" in words(message)

    @pytest.mark.row("X20")
    def test_running_out_is_told_although_running_low_was_each_once_for_each_restock(self, house: House) -> None:
        house.order("1", ("CPTa", 12))
        house.order("2", ("CPTa", 2))
        house.order("3", ("CPTa", 1))
        house.restart()
        press(house, "/orders/3/release")
        house.order("4", ("CPTa", 1))
        once = ["⚠️ Low Stock", "⚠️ Out of Stock"]
        assert self.signs(house) == once

        house.keys(["CANADA", "NASM", "CPT", "combined", "EX-more", 2])
        house.order("5", ("CPTa", 1))
        house.order("6", ("CPTa", 1))

        assert self.signs(house) == once * 2

    @pytest.mark.row("X3")
    def test_a_bundle_that_empties_several_pools_tells_of_each(self, house: House) -> None:
        house.order("1", ("NSTB", 10), ("CPTa", 3))

        low = [each["text"] for each in messages(house) if each["text"].startswith("⚠️")]
        assert sorted(text.split(",")[0].split("CANADA ")[1] for text in low) == [
            "NASM CPT combined",
            "NCSF STS combined",
        ]


class TestUnconfirmedMail:
    def reminders(self, house: House) -> list[dict[str, Any]]:
        return [each for each in messages(house) if "Email Not Confirmed" in each["text"]]

    @pytest.mark.row("X8")
    def test_keys_without_a_confirmed_mail_are_visible_and_told_of_after_a_while_once(
        self, house: House, watch: Watch
    ) -> None:
        house.order(ORDER, ("CPTa", 1))
        house.order("6855909900592", ("CPTa", 1))
        press(house, "/orders/6855909900592/delivered", key=ORDER_KEY)
        assert attention(house, "mail") == [("mail not confirmed", ORDER)]
        assert [each["order_id"] for each in status(house)["undelivered_orders"]] == [ORDER]
        press(house, "/outbox/flush")
        assert self.reminders(house) == [], "not at once"

        watch.passes(3_600)
        for _ in range(3):
            press(house, "/outbox/flush")

        (message,) = self.reminders(house)
        assert ORDER in message["text"]
        assert "Ada Lovelace" in message["text"]
        assert "6855909900592" not in words(message)
        assert "Zap" in words(message)

    @pytest.mark.row("X8")
    def test_a_confirmed_mail_is_nowhere_any_more(self, house: House, watch: Watch) -> None:
        house.order(ORDER, ("CPTa", 1))
        assert house.order(ORDER, ("CPTa", 1))["delivered"] is False

        assert press(house, f"/orders/{ORDER}/delivered", {"message_id": "m-1"}, key=ORDER_KEY)["delivered"] is True

        assert house.order(ORDER, ("CPTa", 1))["delivered"] is True
        assert attention(house, "mail") == []
        watch.passes(3_600)
        press(house, "/outbox/flush")
        assert self.reminders(house) == []
        assert [row["event"] for row in house.rows("Orders")] == ["FULFILLED", "DELIVERED"]

    @pytest.mark.row("X8", "X4")
    def test_a_mail_that_is_to_be_sent_anew_is_watched_anew(self, house: House, watch: Watch) -> None:
        house.order(ORDER, ("CPTa", 1))
        press(house, f"/orders/{ORDER}/delivered", key=ORDER_KEY)
        press(house, f"/orders/{ORDER}/resend")
        watch.passes(3_600)
        press(house, "/outbox/flush")

        assert len(self.reminders(house)) == 1


def status(house: House) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(house.call("GET", "/status").data)
    return found


class TestReconciliation:
    @pytest.mark.row("X5")
    def test_one_report_names_everything_that_does_not_agree(self, house: House, watch: Watch) -> None:
        missed = buy(house, ("CNC", 1))
        seen = buy(house, ("CPTa", 12))
        zap(house, seen)
        press(house, "/outbox/flush")
        put_product(house, "CPT", available=99)
        type_into(house, "NPTA Catalogue", "available", {"CNCe": 77})
        watch.passes(3_600)

        report = press(house, "/reconcile")

        found = {(each["what"], each["which"]) for each in report["findings"]}
        assert ("paid order without a receipt", str(missed["id"])) in found
        assert ("stock differs", "CPT") in found
        assert ("catalogue shows another number", "CNCe") in found
        assert ("mail not confirmed", str(seen["id"])) in found
        assert ("low stock", "CANADA NASM CPT combined") in found
        (message,) = told(house, "Reconciliation")
        assert all(part in words(message) for part in (str(missed["id"]), "CPT", "CNCe"))

    @pytest.mark.row("X5", "X7")
    def test_seats_that_do_not_agree_with_the_ledger_are_in_it(self, house: House) -> None:
        house.order(ORDER, ("CPTa", 1))
        house.tampered_with = True
        worksheet = gspread_on(house.emulator, house.spreadsheet_id, person="").worksheet("Key Ledger")
        worksheet.update_cell(2, worksheet.row_values(1).index("seats") + 1, 3)

        report = press(house, "/reconcile")

        assert ("audit", "Orders, row 2") in {(each["what"], each["which"]) for each in report["findings"]}

    @pytest.mark.row("X5")
    def test_when_everything_agrees_it_says_so(self, house: House) -> None:
        put_product(house, "KBS-1", status="DRAFT")
        press(house, "/shopify/sync")
        press(house, "/inventory/refresh")

        assert press(house, "/reconcile")["findings"] == []
        assert told(house, "Everything Agrees")
