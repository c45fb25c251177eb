"""The Outbox: what is due is told at least once, whatever breaks between a fact and its telling."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from npta.local.shop.shop import LocalShop
from npta.local.slack.stand_in import LocalSlack, serve_slack
from npta.operations import fulfillment
from npta.operations.commit import commit
from tests.npta.acceptance.steps import (
    Watch,
    messages,
    opened,
    press,
    shelf,
    shop_fault,
    shop_mended,
    words,
)
from tests.support import ORDER_KEY, House

ORDER = "6855909900591"


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def house(watch: Watch) -> Iterator[House]:
    """A shop that is open, on a clock that only waiting moves."""
    with watch.npta(NPTA_SUPPORT_CONTACT="support@npta.example") as made:
        yield opened(made)


def crash_before_telling(house: House, *orders: str) -> None:
    """Orders are committed and answered, and the process dies before it tells anybody."""
    assert house.slack
    press(house, "/outbox/flush")
    house.slack.slack.faults.add("down")
    shop_fault(house, "down")
    for order_id in orders:
        assert house.order(order_id, ("CPTa", 1))["http"] == 200
    house.slack.slack.faults.clear()
    shop_mended(house)
    house.restart()


def told(house: House, about: str = ORDER) -> list[dict[str, Any]]:
    return [each for each in messages(house) if about in each["text"]]


def due(house: House) -> list[str]:
    """What is due and not sent, as a person reads the hidden tab."""
    rows = house.rows("Outbox")
    sent = {row["notice_id"] for row in rows if row["event"] == "SENT"}
    return [row["kind"] for row in rows if row["event"] == "DUE" and row["notice_id"] not in sent]


def record(house: House) -> None:
    """What the relay of a process does a few seconds after something was sent."""
    deadline = house.clock.deadline(25)
    commit(house.services, lambda _: None, operation="record", who="relay", deadline=deadline, note=True)


class TestCrash:
    @pytest.mark.row("I4", "A2")
    def test_what_a_crash_left_behind_is_sent_by_a_flush(self, house: House) -> None:
        crash_before_telling(house, ORDER)
        assert sorted(due(house)) == ["fulfilled", "stock"]
        assert (told(house), shelf(house)["CPTa"]) == ([], 15)

        flushed = press(house, "/outbox/flush")

        assert (flushed["sent"], flushed["pending"]) == (2, 0)
        assert [each["text"].split(":")[0] for each in told(house)] == ["✅ Order Fulfilled"]
        assert shelf(house)["CPTa"] == 14
        assert due(house) == []
        assert press(house, "/outbox/flush")["sent"] == 0

    @pytest.mark.row("I4", "A2")
    def test_or_by_the_next_request_that_commits_once_its_process_had_its_time(
        self, house: House, watch: Watch
    ) -> None:
        crash_before_telling(house, ORDER)

        house.order("6855909900592", ("CNCe", 1))
        assert told(house) == [], "it may be just about to be sent by the process that made it due"
        watch.passes(16)
        for path in (f"/orders/{ORDER}", "/status"):
            assert house.call("GET", path).status_code == 200
        assert told(house) == [], "who only looks writes nothing, and so cannot claim it"
        house.order("6855909900593", ("CNCe", 1))

        assert len(told(house)) == 1
        assert shelf(house)["CPTa"] == 14
        (claimed,) = [row for row in house.rows("Outbox") if row["event"] == "CLAIMED" and row["kind"] == "slack"]
        assert claimed["about"] == house.services.spreadsheet.name
        assert len(json.loads(claimed["body"])) == 1

    @pytest.mark.row("A2")
    def test_two_processes_tell_once_what_a_third_has_left_behind(self, house: House, watch: Watch) -> None:
        other = House(house.emulator, house.spreadsheet_id, house.clock, shop=house.shop, slack=house.slack)
        orders = [f"{ORDER}{number:02}" for number in range(5)]
        crash_before_telling(house, *orders)
        watch.passes(16)

        for number in range(6):
            each = house if number % 2 else other
            each.order(f"685590990060{number}", ("CNCe", 1))
        for each in (house, other):
            record(each)
        watch.passes(60)
        for each in (other, house):
            press(each, "/outbox/flush")

        assert (
            Counter(each["text"] for each in messages(house) if "Fulfilled" in each["text"]).most_common(1)[0][1] == 1
        )
        assert due(house) == []

    @pytest.mark.row("A2")
    def test_a_crash_before_it_is_noted_tells_it_again_under_the_same_id(self, house: House, watch: Watch) -> None:
        press(house, "/outbox/flush")
        house.order(ORDER, ("CPTa", 1))
        house.restart()
        watch.passes(15)

        press(house, "/outbox/flush")

        ids = [each["metadata"]["event_payload"]["message_id"] for each in told(house)]
        assert len(ids) == 2
        assert len(set(ids)) == 1
        rows = [row["notice_id"] for row in house.rows("Outbox") if row["about"] == ORDER and row["event"] == "SENT"]
        assert set(ids) <= set(rows)
        house.restart()
        press(house, "/outbox/flush")
        assert len(told(house)) == 2

    @pytest.mark.row("A2")
    def test_many_that_were_left_behind_are_all_sent_by_one_flush_in_their_order(self, house: House) -> None:
        orders = [f"{ORDER}{number:02}" for number in range(14)]
        crash_before_telling(house, *orders)

        press(house, "/outbox/flush")

        sent = [each["text"] for each in messages(house) if ORDER in each["text"]]
        assert [next(order for order in orders if order in text) for text in sent] == orders
        assert shelf(house)["CPTa"] == 1

    @pytest.mark.row("A2")
    def test_two_processes_that_flush_tell_each_thing_once(self, house: House) -> None:
        crash_before_telling(house, ORDER)
        other = House(house.emulator, house.spreadsheet_id, house.clock, shop=house.shop, slack=house.slack)

        press(house, "/outbox/flush")
        press(other, "/outbox/flush")

        assert len(told(house)) == 1


class TestHurry:
    @pytest.mark.row("X9")
    def test_a_flush_waits_as_slack_asks_and_goes_on(self, watch: Watch) -> None:
        shop = LocalShop(watch.clock)
        shop.seed()
        with serve_slack(LocalSlack(strict_rate=True, clock=watch.clock)) as slack:
            house = opened(House(shop=shop, slack=slack, clock=watch.clock).provision())
            for number in range(12):
                assert house.order(f"{ORDER}{number:02}", ("CPTa", 1))["http"] == 200
            assert due(house)
            before = watch.waited

            press(house, "/outbox/flush")

            assert watch.waited - before < 25
            assert due(house) == [], "one call was enough"
            assert sorted(Counter(each["text"] for each in told(house)).values()) == [1] * 12

    @pytest.mark.row("A2")
    def test_an_alert_that_slack_refuses_holds_up_no_other_and_is_not_forgotten(self, house: House) -> None:
        assert house.slack
        crash_before_telling(house, ORDER, "6855909900592")
        house.slack.slack.faults.add("refused", calls=1)

        press(house, "/outbox/flush")

        assert (len(told(house)), len(told(house, "6855909900592"))) == (0, 1)
        press(house, "/outbox/flush")
        assert len(told(house)) == 1

    @pytest.mark.row("G1")
    def test_the_keys_are_told_before_the_mail_however_late_both_are(self, house: House, watch: Watch) -> None:
        assert house.slack
        house.slack.slack.faults.add("down")
        house.order(ORDER, ("CPTa", 1))
        press(house, f"/orders/{ORDER}/delivered", key=ORDER_KEY)
        watch.passes(15)
        house.call("GET", "/status")  # which tries again, in vain
        house.slack.slack.faults.clear()
        watch.passes(15)

        house.order("6855909900592", ("CNCe", 1))

        (message,) = told(house)
        assert "email sent" in message["text"]
        assert message["edited"] is True


class TestFailuresThatAreNoFacts:
    @pytest.mark.row("I3")
    @pytest.mark.parametrize(
        ("fault", "seconds"),
        [
            ("error_503", 0),
            ("refuse_429", 0),
            ("reset_before", 0),
            ("hang", 0),
            ("delay", 60),
            ("delay", 12.6),
        ],
    )
    def test_when_the_spreadsheet_is_out_of_reach_people_are_told_directly_and_the_log_too(
        self, house: House, watch: Watch, fault: str, seconds: float, caplog: pytest.LogCaptureFixture
    ) -> None:
        watch.passes(120)
        house.emulator.faults.add(fault, count=None, seconds=seconds)
        began = watch.waited

        with caplog.at_level(logging.INFO):
            answer = house.order(ORDER, ("CPTa", 1))
        house.emulator.faults.clear()

        assert (answer["http"], answer["status"], answer["success"]) == (503, "retry", False)
        assert watch.waited - began <= 25
        (message,) = told(house)
        assert message["text"].startswith("🚨 System Error")
        assert answer["request_id"] in words(message)
        assert "support@npta.example" in words(message)
        assert any(ORDER in line for line in caplog.messages)
        watch.passes(120)
        assert house.order(ORDER, ("CPTa", 1))["http"] == 200

    @pytest.mark.row("I3")
    def test_a_system_error_that_slack_did_not_take_is_told_later_under_the_same_id(
        self, house: House, watch: Watch
    ) -> None:
        assert house.slack
        watch.passes(120)
        house.emulator.faults.add("error_503", count=None)
        house.slack.slack.faults.add("drop", calls=1)
        assert house.order(ORDER, ("CPTa", 1))["http"] == 503
        house.emulator.faults.clear()
        watch.passes(120)

        press(house, "/outbox/flush")

        errors = [each for each in told(house) if "System Error" in each["text"]]
        ids = Counter(each["metadata"]["event_payload"]["message_id"] for each in errors)
        assert len(ids) == 1
        assert ids.total() <= 2
        assert {row["notice_id"] for row in house.rows("Outbox") if row["kind"] == "system error"} == set(ids)
        assert due(house) == []

    @pytest.mark.row("I3")
    @pytest.mark.parametrize(
        ("body", "what"),
        [
            ({"order_id": ORDER}, "email: is missing"),
            ({"order_id": ORDER, "email": "a@b", "skus": "A,B", "quantities": "1"}, "do not line up"),
            ({"order_id": ORDER, "email": "a@b", "line_items": [{"sku": "A", "quantity": -1}]}, "the quantity"),
            ({"order_id": f"{ORDER} and more", "email": "a@b", "line_items": []}, "digits"),
            (
                {"order_id": 6.855909900591e30, "email": "a@b", "line_items": [{"sku": "A", "quantity": 1}]},
                "lost digits",
            ),
        ],
    )
    def test_a_call_that_cannot_be_read_but_names_an_order_is_told(
        self, house: House, body: dict[str, Any], what: str
    ) -> None:
        response = house.call("POST", "/orders", body, key=ORDER_KEY)

        assert response.status_code == 400
        (message,) = told(house, "6.855909900591e+30" if isinstance(body["order_id"], float) else ORDER)
        assert message["text"].startswith("❌ Fulfillment Failed")
        assert what in message["text"]
        assert "A replay sends the same again and fails again. Correct the named field in step 2" in words(message)
        assert json.loads(response.data)["request_id"] in words(message)

    @pytest.mark.row("I3")
    def test_a_call_that_names_no_order_is_answered_only(self, house: House) -> None:
        before = len(messages(house))

        assert house.call("POST", "/orders", {"email": "a@b"}, key=ORDER_KEY).status_code == 400
        assert len(messages(house)) == before

    @pytest.mark.row("I3")
    def test_an_order_that_breaks_the_service_is_told(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(*_: Any, **__: Any) -> None:
            raise ZeroDivisionError("with a secret in it")

        monkeypatch.setattr(fulfillment, "decide", broken)

        answer = house.call(
            "POST", "/orders", {"order_id": ORDER, "email": "a@b", "line_items": [{"sku": "A", "quantity": 1}]}
        )

        assert answer.status_code == 500
        (message,) = told(house)
        assert message["text"].startswith("🚨 System Error")
        assert "ZeroDivisionError" in message["text"]
        assert "secret" not in words(message)
        assert json.loads(answer.data)["request_id"] in words(message)

    @pytest.mark.row("I3")
    def test_an_order_too_large_to_be_recorded_is_told(self, house: House) -> None:
        items = [
            {"line_item_id": f"{number}" * 40, "sku": f"{number}" * 100, "quantity": 1} for number in range(100, 500)
        ]

        answer = house.call("POST", "/orders", {"order_id": ORDER, "email": "a@b", "line_items": items})

        assert answer.status_code == 400
        assert "too large" in told(house)[0]["text"]


@pytest.mark.row("I3")
def test_without_slack_every_alert_stands_in_the_log_and_waits_in_the_outbox(caplog: pytest.LogCaptureFixture) -> None:
    house = House().provision()
    house.products(("CPTa", "NASM-CPT-FULL"))
    house.keys(["CANADA", "NASM", "CPT", "combined", "EX-1", 1])

    with caplog.at_level(logging.INFO):
        house.order(ORDER, ("CPTa", 1))
        house.order("6855909900592", ("CPTa", 1))

    assert [line for line in caplog.messages if "Order Fulfilled" in line and ORDER in line]
    assert [line for line in caplog.messages if "Fulfillment Failed" in line and "6855909900592" in line]
    assert sorted(due(house)) == ["failed", "fulfilled", "imported", "out of stock"]
    assert "EX-1" not in caplog.text
