"""What an alert told is over: its message says so, and the next of its kind is a message of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.npta.acceptance.steps import Watch, alerts, buy, messages, opened, press, words, zap
from tests.npta.acceptance.test_refunds import SECRET, refunded, webhook
from tests.support import Cell, House

FIRST, SECOND = "6855909900591", "6855909900592"
MORE: list[Cell] = ["CANADA", "NASM", "CNC", "combined", "CNC-9", 30]
pytestmark = pytest.mark.row("X20")


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def house(watch: Watch) -> Iterator[House]:
    with watch.npta(NPTA_LOW_STOCK="4") as made:
        yield opened(made)


def flush(house: House, watch: Watch) -> None:
    watch.passes(20)
    press(house, "/outbox/flush")


def failing(house: House, sign: str = "❌") -> list[str]:
    """The alerts that are not over."""
    return [text for text in alerts(house) if text.startswith(sign)]


class TestFailures:
    def test_a_failure_is_edited_when_its_order_is_served(self, house: House, watch: Watch) -> None:
        house.order(FIRST, ("CNC", 11))
        house.order(SECOND, ("CNC", 12))
        (before,) = [each for each in messages(house) if FIRST in each["text"]]
        assert before["text"].startswith("❌")
        house.keys(MORE)
        house.order(FIRST, ("CNC", 11))
        flush(house, watch)
        (edited,) = [each for each in messages(house) if each["ts"] == before["ts"]]
        assert edited["text"].startswith("☑️ Over, filled since: ❌ Fulfillment Failed")
        assert all(told in words(edited) for told in ("filled since", "CNC out of stock", "1 short"))
        assert FIRST in edited["text"]
        assert len(alerts(house, "✅ Order Fulfilled")) == 1
        assert [SECOND in text for text in failing(house)] == [True], "the other one still waits"

    @pytest.mark.parametrize(("press_it", "told"), [("close", "served by hand"), ("release", "given back")])
    def test_so_it_is_when_people_have_ended_it(self, house: House, watch: Watch, press_it: str, told: str) -> None:
        house.order(FIRST, ("CNC", 11))
        press(house, f"/orders/{FIRST}/{press_it}")
        flush(house, watch)
        (text,) = alerts(house, "☑️")
        assert told in text
        assert failing(house) == []

    def test_the_next_failure_of_it_is_a_message_of_its_own(self, house: House, watch: Watch) -> None:
        house.order(FIRST, ("CNC", 11))
        house.keys(MORE)
        house.order(FIRST, ("CNC", 11))
        flush(house, watch)
        house.order(FIRST, ("CNC", 99))
        flush(house, watch)
        assert [FIRST in text for text in failing(house)] == [True]
        house.restart()
        press(house, f"/orders/{FIRST}/clear-cache")
        house.order(FIRST, ("CNC", 98))
        flush(house, watch)
        assert [FIRST in text for text in failing(house)] == [True], "a repeat stands in the thread"

    def test_with_slack_away_it_is_edited_once_it_is_back(self, house: House, watch: Watch) -> None:
        assert house.slack
        house.order(FIRST, ("CNC", 11))
        house.slack.slack.faults.add("down")
        house.keys(MORE)
        house.order(FIRST, ("CNC", 11))
        house.slack.slack.faults.clear()
        house.restart()
        flush(house, watch)
        assert failing(house) == []
        assert len(alerts(house, "☑️")) == 1

    def test_failed_and_served_before_slack_heard_of_either_both_are_told(self, house: House, watch: Watch) -> None:
        assert house.slack
        house.slack.slack.faults.add("down")
        house.order(FIRST, ("CNC", 11))
        house.keys(MORE)
        house.order(FIRST, ("CNC", 11))
        house.slack.slack.faults.clear()
        for _ in range(3):
            flush(house, watch)
        assert failing(house) == []
        assert (len(alerts(house, "☑️")), len(alerts(house, "✅ Order Fulfilled"))) == (1, 1)
        assert press(house, "/outbox/flush")["pending"] == 0

    def test_refused_at_first_as_cancelled_it_is_no_message_that_is_over(self, house: House, watch: Watch) -> None:
        house.order(FIRST, ("CNC", 1), cancelled_at="2026-11-27T10:00:00Z")
        flush(house, watch)
        assert len(failing(house)) == 1
        house.order(FIRST, ("CNC", 1))
        flush(house, watch)
        assert failing(house) == []

    @pytest.mark.parametrize("served_by", ["hand", "the system"])
    def test_so_is_what_was_left_to_people_while_off(self, house: House, watch: Watch, served_by: str) -> None:
        press(house, "/mode", {"mode": "OFF"})
        house.order(FIRST, ("CPTa", 1))
        assert len(failing(house, "✋")) == 1
        press(house, "/mode", {"mode": "LIVE", "go_live_at": "keep"})
        press(house, f"/orders/{FIRST}/{'close' if served_by == 'hand' else 'clear-cache'}")
        flush(house, watch)
        if served_by != "hand":
            assert len(failing(house, "✋")) == 1, "cleared, and not yet come again"
            house.order(FIRST, ("CPTa", 1), force=True)
            flush(house, watch)
        assert failing(house, "✋") == []
        assert len(failing(house, "☑️")) == 1


class TestProposals:
    @pytest.fixture
    def house(self, watch: Watch) -> Iterator[House]:
        with watch.npta(SHOPIFY_WEBHOOK_SECRET=SECRET) as made:
            yield opened(made)

    def test_a_proposal_is_edited_when_it_is_done(self, house: House, watch: Watch) -> None:
        order = buy(house, ("CPTa", 2))
        zap(house, order)
        webhook(house, refunded(house, order, ("CPTa", 1)))
        flush(house, watch)
        (line,) = order["line_items"]
        assert [str(order["id"]) in text for text in alerts(house, "Refund")] == [True]
        assert alerts(house, "☑️") == []
        press(house, f"/orders/{order['id']}/release", {"line_item_id": str(line["id"]), "quantity": 1})
        flush(house, watch)
        (text,) = alerts(house, "☑️ Over, done")
        assert "efund" in text

    def test_the_one_of_a_cancelled_order_is_too(self, house: House, watch: Watch) -> None:
        order = buy(house, ("CPTa", 2))
        zap(house, order)
        webhook(house, {"id": order["id"], "cancelled_at": "2026-11-23T15:04:05Z"}, "orders-cancelled")
        flush(house, watch)
        press(house, f"/orders/{order['id']}/release")
        flush(house, watch)
        assert len(alerts(house, "☑️ Over")) == 1


class TestStock:
    def test_low_and_out_are_told_once_for_each_restock_and_marked_over(self, house: House, watch: Watch) -> None:
        house.order(FIRST, ("CNC", 7))
        house.order(SECOND, ("CNC", 3))
        flush(house, watch)
        assert [text.split(":")[0] for text in failing(house, "⚠️")] == ["⚠️ Low Stock", "⚠️ Out of Stock"]
        house.keys(MORE)
        flush(house, watch)
        assert failing(house, "⚠️") == []
        over = [text for text in alerts(house) if text.startswith("☑️ Over, there are seats again: ⚠️")]
        assert ["Low" in over[0], "Out of" in over[1], len(over)] == [True, True, 2]
        house.order("3", ("CNC", 28))
        flush(house, watch)
        assert [text.split(":")[0] for text in failing(house, "⚠️")] == ["⚠️ Low Stock"]
