"""What the alerts say, and to whom they send people: read in the channel as people read them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.npta.acceptance.steps import Watch, messages, opened, press, words
from tests.support import ORDER_KEY, House

ORDER = "6855909900591"
CONTACT = "support@npta.example"


def told(house: House, about: str = ORDER) -> list[dict[str, Any]]:
    """Every message that names it in the text that people search."""
    return [each for each in messages(house) if about in each["text"]]


def shown(message: Mapping[str, Any]) -> str:
    """What stands in a message's blocks, as one text."""
    found: list[str] = []

    def walk(part: Any) -> None:
        if isinstance(part, dict):
            found.extend(value for name, value in part.items() if name == "text" and isinstance(value, str))
            part = list(part.values())
        if isinstance(part, list):
            for each in part:
                walk(each)

    walk(message["blocks"])
    return "\n".join(found)


@pytest.fixture
def escalating() -> Any:
    """A house that knows whom to ask, and in which waiting takes no time."""
    with Watch().npta(NPTA_SUPPORT_CONTACT=CONTACT) as house:
        yield opened(house)


class TestFulfilled:
    @pytest.mark.row("G1")
    def test_it_names_order_customer_skus_and_the_number_of_keys_in_the_text_that_is_searched(
        self, npta: House
    ) -> None:
        opened(npta)
        answer = npta.order(ORDER, ("NSTB", 1), ("CPT", 2), order_name="#1042")

        (message,) = told(npta)

        assert message["text"].startswith("✅ Order Fulfilled")
        assert all(part in message["text"] for part in (ORDER, "#1042", "Ada Lovelace", "5 keys", "NSTB", "CPT"))
        assert all(part in shown(message) for part in (ORDER, "#1042", "Ada Lovelace", "NSTB: 3 keys", "CPT: 2 keys"))
        assert not [key["keycode"] for key in answer["keys"] if key["keycode"] in words(message)]

    @pytest.mark.row("G1", "X8")
    def test_email_sent_is_said_only_once_it_is_confirmed_and_in_the_same_message(self, npta: House) -> None:
        opened(npta)
        npta.order(ORDER, ("CPTa", 1))
        (before,) = told(npta)

        press(npta, f"/orders/{ORDER}/delivered", {"message_id": "ghl-77"}, key=ORDER_KEY)
        (after,) = told(npta)

        assert "email not confirmed" in words(before)
        assert "email sent" not in words(before)
        assert "email sent" in after["text"]
        assert "email not confirmed" not in words(after)
        assert (after["ts"], after["edited"]) == (before["ts"], True)
        press(npta, f"/orders/{ORDER}/delivered", key=ORDER_KEY)
        press(npta, "/outbox/flush")
        assert len(told(npta)) == 1

    @pytest.mark.row("G1")
    def test_the_confirmation_finds_its_message_after_the_process_is_gone(self, npta: House) -> None:
        opened(npta)
        npta.order(ORDER, ("CPTa", 1))
        npta.order("6855909900592", ("CPTa", 1))  # whose commit notes that the first alert is out
        npta.restart()

        press(npta, f"/orders/{ORDER}/delivered", key=ORDER_KEY)
        press(npta, "/outbox/flush")

        assert [("email sent" in each["text"], bool(each["thread_ts"])) for each in told(npta)][-1] == (True, False)
        assert {each["about"] for each in npta.rows("Outbox") if each["kind"] == "delivered"} == {ORDER}

    @pytest.mark.row("G1")
    def test_a_customer_without_a_name_is_found_by_address(self, npta: House) -> None:
        opened(npta)
        npta.order(ORDER, ("CPTa", 1), customer_name="")

        assert "ada@example.com" in told(npta)[0]["text"]


class TestFailed:
    @pytest.mark.row("G2")
    def test_each_sku_has_its_reason_and_the_next_step_stands_there_in_words(self, npta: House) -> None:
        opened(npta)
        npta.products(("EMPTY", ""), sync=False)

        npta.order(ORDER, ("CPTa", 17), ("EMPTY", 1), ("GONE", 1), order_name="#1042")
        npta.order("6855909900592", ("CPTa", 17), ("CNC", 1))

        (message,), (stock,) = told(npta), told(npta, "6855909900592")
        assert message["text"].startswith("❌ Fulfillment Failed")
        assert all(part in message["text"] for part in (ORDER, "#1042", "Ada Lovelace"))
        assert "EMPTY entitlements not set" in message["text"]
        assert "GONE SKU not in the catalogue" in message["text"]
        assert "CPTa out of stock" in message["text"], "every SKU with its own reason, at once"
        for step in ("Fill in “entitlements”", "Sync Catalogue", "Sync from Shopify", "re-run the Zap"):
            assert step in shown(message)
        assert "CPTa out of stock" in stock["text"]
        assert all(part in shown(stock) for part in ("CANADA NASM CPT combined", "2 short", "Import Keys", "re-run"))
        assert "CNC" not in stock["text"], "what is there is no reason"

    @pytest.mark.row("G2")
    @pytest.mark.parametrize(
        ("more", "reason", "step"),
        [
            ({"region": "MARS"}, "region not served", "Check the region"),
            ({"paid_at": "2019-05-01T00:00:00Z"}, "paid before go-live", "by hand"),
        ],
    )
    def test_reasons_beside_stock_and_catalogue_have_their_own_step(
        self, npta: House, more: dict[str, str], reason: str, step: str
    ) -> None:
        opened(npta)

        npta.order(ORDER, ("CPTa", 1), **more)

        assert reason in told(npta)[0]["text"]
        assert step in shown(told(npta)[0])

    @pytest.mark.row("G2")
    def test_an_order_that_changed_after_it_was_filled_is_told_and_its_keys_stay(self, npta: House) -> None:
        opened(npta)
        npta.order(ORDER, ("CPTa", 2))

        npta.order(ORDER, ("CPTa", 1))

        changed = told(npta)[-1]
        assert "order changed after it was filled" in changed["text"]
        assert all(part in shown(changed) for part in ("CPTa was 2 and is now 1", "Release Keys"))
        assert npta.rows("Key Inventory")[0]["used"] + sum(row["used"] for row in npta.rows("Key Inventory")[1:]) == 2

    @pytest.mark.row("G2", "J1")
    def test_a_system_error_is_told_from_a_matter_of_stock(self, escalating: House) -> None:
        escalating.emulator.faults.add("error_503", count=None)

        answer = escalating.order(ORDER, ("CPTa", 1), order_name="#1042")
        escalating.emulator.faults.clear()

        (message,) = told(escalating)
        assert answer["status"] == "retry"
        assert message["text"].startswith("🚨 System Error")
        assert all(part in message["text"] for part in (ORDER, "#1042", "Ada Lovelace"))
        assert "neither about stock nor about the catalogue" in shown(message)
        assert CONTACT in shown(message)
        assert answer["request_id"] in shown(message)


class TestSkipped:
    @pytest.mark.row("G3")
    def test_it_says_which_lines_and_that_nothing_is_to_be_done(self, npta: House) -> None:
        opened(npta)
        items = [
            {"line_item_id": "1", "sku": "KBS-1", "quantity": 2},
            {"line_item_id": "2", "sku": "", "quantity": 1},
        ]
        npta.call(
            "POST", "/orders", {"order_id": ORDER, "email": "ada@example.com", "line_items": items}, key=ORDER_KEY
        )

        (message,) = told(npta)

        assert message["text"].startswith("⏭️ Fulfillment Skipped")
        assert "KBS-1" in message["text"]
        assert "no action needed" in message["text"]
        assert "KBS-1: EXTERNAL" in shown(message)
        assert "a line without a SKU was skipped" in shown(message)

    @pytest.mark.row("G3")
    def test_lines_that_are_skipped_in_an_order_that_is_filled_are_named_there(self, npta: House) -> None:
        opened(npta)

        npta.order(ORDER, ("CPTa", 1), ("KBS-1", 1))

        (message,) = told(npta)
        assert message["text"].startswith("✅")
        assert "KBS-1: EXTERNAL, NPTA serves it by hand" in shown(message)


class TestEscalation:
    @pytest.mark.row("J1")
    def test_the_third_failure_in_a_row_says_whom_to_ask_and_a_good_order_ends_the_row(self, escalating: House) -> None:
        for number in range(1, 4):
            escalating.order(f"{ORDER}{number}", ("GONE", 1))
        escalating.order(f"{ORDER}4", ("CPTa", 1))
        escalating.order(f"{ORDER}5", ("GONE", 1))

        asks = {number: CONTACT in shown(told(escalating, f"{ORDER}{number}")[0]) for number in (1, 2, 3, 5)}
        assert asks == {1: False, 2: False, 3: True, 5: False}
        third = told(escalating, f"{ORDER}3")[0]
        assert "Failures in a row: 3." in shown(third)
        request = escalating.rows("Outbox")
        assert any(
            f"{ORDER}3" == row["about"] and CONTACT in json.loads(row["body"])["footer"]
            for row in request
            if row["body"] and row["kind"] == "failed"
        )

    @pytest.mark.row("J1")
    def test_an_order_that_fails_again_and_again_says_whom_to_ask_from_the_third_time_on(
        self, escalating: House
    ) -> None:
        answers = [escalating.order(ORDER, ("GONE", 1)) for _ in range(4)]

        first, *repeats = told(escalating)
        assert [CONTACT in shown(each) for each in (first, *repeats)] == [False, False, True, True]
        assert {each["thread_ts"] for each in repeats} == {first["ts"]}
        for answer, message in zip(answers, (first, *repeats), strict=True):
            assert answer["request_id"] in shown(message)

    @pytest.mark.row("J1", "I3")
    def test_stock_that_shopify_does_not_take_says_whom_to_ask(self, escalating: House) -> None:
        assert escalating.shop
        escalating.shop.handle("POST", "/_faults", body=json.dumps({"name": "denied"}).encode())

        escalating.order(ORDER, ("CPTa", 1))
        press(escalating, "/outbox/flush")  # the next commit tells it

        (message,) = told(escalating, "Stock Not Pushed")
        assert CONTACT in shown(message)
        assert "Orders are served all the same" in shown(message)
        escalating.order("6855909900592", ("CPTa", 1))
        assert len(told(escalating, "Stock Not Pushed")) == 1, "said once, not at every order"
