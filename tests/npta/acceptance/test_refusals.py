"""What Slack or Shopify refuse for good: it is set aside, told once, slows nothing, and goes again once it is fixed."""

from __future__ import annotations

import logging
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
    shop_state,
    shop_work,
    words,
    zap,
)
from tests.support import ORDER_KEY, House

ORDER = "6855909900591"
WHOLE_CHANNEL = ["channel_not_found", "invalid_auth", "not_in_channel", "is_archived", "token_revoked", "missing_scope"]


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def house(watch: Watch) -> Iterator[House]:
    """A shop that is open and marks what it has delivered, on a clock that only waiting moves."""
    with watch.npta(NPTA_MARK_FULFILLED="true", NPTA_SUPPORT_CONTACT="support@npta.example") as made:
        yield opened(made)


def told(house: House, order_id: str = ORDER) -> list[dict[str, Any]]:
    return [each for each in messages(house) if order_id in each["text"]]


def refused(house: House) -> list[dict[str, Any]]:
    """What the status says of it."""
    response = house.call("GET", "/status")
    assert response.status_code == 200
    outbox = response.get_json()["outbox"]
    assert outbox["refused_total"] == len(outbox["refused"])
    found: list[dict[str, Any]] = outbox["refused"]
    return found


def row(house: House, what: str) -> dict[str, Any]:
    (found,) = [each for each in house.rows("Attention") if each["what"] == what]
    return found


class TestSlack:
    @pytest.mark.row("I3")
    @pytest.mark.parametrize("code", WHOLE_CHANNEL)
    def test_a_channel_that_takes_nothing_is_told_once_and_costs_no_later_order_a_call(
        self, house: House, code: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        assert house.slack
        house.slack.slack.faults.add("refused", error=code)
        with caplog.at_level(logging.ERROR):
            house.order(ORDER, ("CPTa", 1))
            calls = house.slack.slack.calls
            for number in range(5):
                assert house.order(f"685590990060{number}", ("CPTa", 1))["http"] == 200

        assert house.slack.slack.calls == calls
        assert [code in line for line in caplog.messages if "takes nothing" in line] == [True]
        shown = row(house, "alert refused")
        assert (shown["which"], code in shown["detail"]) == ("all for Slack", True)
        (found,) = refused(house)
        assert (found["channel"], found["kind"], code in found["reason"]) == ("slack", "", True)
        assert sum(each["event"] == "REFUSED" for each in house.rows("Outbox")) == 1

    @pytest.mark.row("I3", "A2")
    def test_once_it_is_mended_a_flush_sends_everything_and_it_is_told_of_no_more(self, house: House) -> None:
        assert house.slack
        house.slack.slack.faults.add("refused", error="channel_not_found")
        for number in range(5):
            house.order(f"{ORDER}{number}", ("CPTa", 1))
        press(house, "/outbox/flush")
        house.slack.slack.faults.clear()

        flushed = press(house, "/outbox/flush", {"refused": True})

        assert flushed["pending"] == 0
        assert [len(told(house, f"{ORDER}{number}:") + told(house, f"{ORDER}{number},")) for number in range(5)] == [
            1
        ] * 5
        assert attention(house, "refused") == []
        assert refused(house) == []

    @pytest.mark.row("I3")
    def test_a_flush_tries_it_again_by_itself_the_rarer_the_more_often_it_was_refused(
        self, house: House, watch: Watch
    ) -> None:
        assert house.slack
        house.slack.slack.faults.add("refused", error="channel_not_found")
        house.order(ORDER, ("CPTa", 1))
        tries = []
        for _ in range(30):  # the scheduler, every minute
            calls = house.slack.slack.calls
            press(house, "/outbox/flush")
            tries.append(house.slack.slack.calls - calls)
            watch.passes(60)

        assert sum(tries) < 10
        assert any(tries[-11:])
        claims = [each for each in house.rows("Outbox") if each["event"] == "CLAIMED"]
        assert len(claims) < 10, "each try costs a row"

    @pytest.mark.row("I3", "A2")
    def test_a_process_that_starts_with_another_setting_tries_at_once(self, house: House, watch: Watch) -> None:
        assert house.slack
        house.slack.slack.faults.add("refused", error="invalid_auth")
        house.order(ORDER, ("CPTa", 1))
        house.slack.slack.faults.clear()
        house.restart()
        watch.passes(16)

        house.order("6855909900592", ("CPTa", 1))

        assert (len(told(house)), len(told(house, "6855909900592"))) == (1, 1)
        press(house, "/outbox/flush")
        assert attention(house, "refused") == []

    @pytest.mark.row("I3", "A2")
    @pytest.mark.parametrize("code", ["msg_too_long", "invalid_blocks", "a_code_of_tomorrow"])
    def test_one_alert_that_is_refused_is_shown_holds_up_no_other_and_goes_again(self, house: House, code: str) -> None:
        assert house.slack
        press(house, "/outbox/flush")
        house.slack.slack.faults.add("refused", error=code, calls=1)
        house.order(ORDER, ("CPTa", 1))
        house.order("6855909900592", ("CPTa", 1))
        calls = house.slack.slack.calls
        house.order("6855909900593", ("CPTa", 1))

        assert house.slack.slack.calls == calls + 1
        assert [len(told(house, f"685590990059{number}")) for number in (1, 2, 3)] == [0, 1, 1]
        shown = row(house, "alert refused")
        assert (shown["which"], code in shown["detail"]) == (ORDER, True)
        assert [(each["kind"], each["about"]) for each in refused(house)] == [("fulfilled", ORDER)]

        press(house, "/outbox/flush")

        assert len(told(house)) == 1
        press(house, "/outbox/flush")
        assert (attention(house, "refused"), refused(house)) == ([], [])

    @pytest.mark.row("I3")
    def test_several_in_a_row_with_a_code_that_nobody_knows_are_the_channel_itself(self, house: House) -> None:
        assert house.slack
        press(house, "/outbox/flush")
        house.slack.slack.faults.add("refused", error="a_code_of_tomorrow")
        for number in range(6):
            house.order(f"{ORDER}{number}", ("CPTa", 1))
        calls = house.slack.slack.calls
        house.order("6855909900600", ("CPTa", 1))
        assert house.slack.slack.calls == calls

        house.slack.slack.faults.clear()
        press(house, "/outbox/flush", {"refused": True})

        assert {len(told(house, f"{ORDER}{number},")) for number in range(6)} == {1}
        press(house, "/outbox/flush")
        assert refused(house) == []


class TestShopify:
    def delivered(self, house: House) -> dict[str, Any]:
        order = buy(house, ("CPTa", 1))
        shop_work(house, order, "hold")
        zap(house, order)
        press(house, f"/orders/{order['id']}/delivered", key=ORDER_KEY)
        return order

    def marked(self, house: House) -> list[str | None]:
        return [line["fulfillment_status"] for each in shop_state(house)["orders"] for line in each["line_items"]]

    @pytest.mark.row("B15", "I3")
    def test_a_line_on_hold_is_told_once_with_what_to_do_and_costs_no_later_order_a_call(self, house: House) -> None:
        order = self.delivered(house)
        looks = [call["operation"] for call in shop_state(house)["calls"]].count("ToFulfill")
        for number in range(3):
            house.order(f"{ORDER}{number}", ("CPTa", 1))
        press(house, "/outbox/flush")

        shown = row(house, "fulfillment mark refused")
        assert (shown["which"], "on hold" in shown["detail"]) == (str(order["id"]), True)
        assert "Release them in Shopify" in shown["next_step"]
        (alert,) = [each for each in messages(house) if each["text"].startswith("🚨 Not Marked")]
        assert (str(order["id"]) in alert["text"], "Release them in Shopify" in words(alert)) == (True, True)
        assert "support@npta.example" in words(alert)
        assert [call["operation"] for call in shop_state(house)["calls"]].count("ToFulfill") <= looks + 1
        assert self.marked(house) == [None]

    @pytest.mark.row("B15")
    def test_once_it_is_released_a_flush_marks_it_and_nothing_is_told_of_it_any_more(
        self, house: House, watch: Watch
    ) -> None:
        order = self.delivered(house)
        for _ in range(5):
            press(house, "/outbox/flush")
            watch.passes(60)
        shop_work(house, order, "release")
        watch.passes(600)

        press(house, "/outbox/flush")

        assert self.marked(house) == ["fulfilled"]
        press(house, "/outbox/flush")
        assert (attention(house, "refused"), refused(house)) == ([], [])
        assert len([each for each in messages(house) if each["text"].startswith("🚨 Not Marked")]) == 1
