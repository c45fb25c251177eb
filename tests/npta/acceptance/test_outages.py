"""Shopify and Slack down, slow, throttled, refusing: the order is answered, the fact stands, the rest comes later."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from npta.operations.outbox import deliver
from tests.npta.acceptance.steps import (
    Watch,
    available,
    buy,
    messages,
    opened,
    pools,
    press,
    put_product,
    shelf,
    shop_fault,
    shop_mended,
    shop_state,
    zap,
)
from tests.support import House

ORDER = "6855909900591"


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def house(watch: Watch) -> Iterator[House]:
    """A shop that is open, on a clock that only waiting moves."""
    with watch.npta() as made:
        yield opened(made)


def served(answer: dict[str, Any], house: House, *, used: int = 1) -> None:
    """The order is answered, and the fact stands."""
    assert (answer["http"], answer["success"], answer["keys_count"]) == (200, True, 1)
    assert pools(house)["NASM CPT combined"] == (used, 15 - used)
    assert [row["status"] for row in house.rows("Orders")] == ["fulfilled"] * used


def told(house: House, order_id: str = ORDER) -> list[str]:
    return [each["text"] for each in messages(house) if order_id in each["text"]]


def ids(house: House) -> Counter[str]:
    """How often each alert was posted, by its message id."""
    return Counter(each["metadata"]["event_payload"]["message_id"] for each in messages(house) if each["metadata"])


def pending(house: House) -> int:
    """Rows of the Outbox that are due and not sent, as a person counts them."""
    rows = house.rows("Outbox")
    sent = {row["notice_id"] for row in rows if row["event"] == "SENT"}
    return sum(row["event"] == "DUE" and row["notice_id"] not in sent for row in rows)


SHOP: list[dict[str, Any]] = [
    {"name": "down"},
    {"name": "html"},
    {"name": "slow", "seconds": 10},
    {"name": "denied"},
    {"name": "throttled", "times": 50},
    {"name": "throttled", "times": 50, "status": 429},
    {"name": "internal", "times": 50},
    {"name": "drop", "times": 50},
    {"name": "user_error", "times": 50, "operation": "SetQuantities"},
    {"name": "drip", "seconds": 10},
    {"name": "refuses", "status": 402},
    {"name": "refuses", "status": 423},
    {"name": "refuses", "status": 430},
    {"name": "redirect"},
    {"name": "answers"},
    {"name": "answers", "body": '{"errors": "[API] Invalid API key or access token"}'},
]


@pytest.mark.row("I4", "I3")
@pytest.mark.parametrize(
    "fault", SHOP, ids=lambda fault: f"{fault['name']} {fault.get('status') or fault.get('body', '')[:9]}"
)
def test_whatever_is_wrong_with_shopify_orders_are_served_and_the_stock_follows(
    house: House, watch: Watch, fault: dict[str, Any]
) -> None:
    press(house, "/outbox/flush")
    before = shelf(house)
    name = fault.pop("name")
    shop_fault(house, name, **fault)
    began = watch.waited

    answer = house.order(ORDER, ("CPTa", 1))

    served(answer, house)
    assert watch.waited - began < 25
    assert len(told(house)) == 1, "the alert does not wait for Shopify"
    if name not in ("slow", "drip", "drop"):  # which are carried out all the same
        assert shelf(house) == before
    assert pending(house) > 0
    shop_mended(house)
    watch.passes(120)

    press(house, "/outbox/flush")

    assert {sku: shelf(house)[sku] for sku in ("CPTa", "NSTB", "CAREER")} == {"CPTa": 14, "NSTB": 10, "CAREER": 10}
    assert {sku: n for sku, n in shelf(house).items() if sku != "KBS-1"} == {
        sku: n for sku, n in available(house).items() if sku != "KBS-1"
    }
    assert pending(house) == 0


@pytest.mark.row("I4")
def test_stock_that_somebody_else_changes_at_that_moment_is_set_right_all_the_same(house: House) -> None:
    shop_fault(house, "stale", sku="CPTa")

    served(house.order(ORDER, ("CPTa", 1)), house)

    assert shelf(house)["CPTa"] == 14
    calls = [call for call in shop_state(house)["calls"] if call["operation"] == "SetQuantities"]
    sent = [each for call in calls for each in call["variables"]["input"]["quantities"]]
    assert all(each["changeFromQuantity"] is not None for each in sent)
    assert len({call["variables"]["key"] for call in calls}) == len(calls), "a retry with other numbers is another call"


@pytest.mark.row("I4")
def test_one_product_that_shopify_will_not_take_keeps_no_other_from_its_stock(house: House) -> None:
    put_product(house, "NSTB", native_bundle=True)

    assert house.order(ORDER, ("CAREER", 1))["keys_count"] == 3

    assert [shelf(house)[sku] for sku in ("CPTa", "CAREER", "NSTB")] == [14, 9, 10]
    press(house, "/outbox/flush")
    assert ["NSTB" in text for text in told(house, "Stock Not Pushed")] == [True]
    put_product(house, "NSTB", native_bundle=False)
    press(house, "/outbox/flush")
    assert [shelf(house)[sku] for sku in ("CPTa", "CAREER", "NSTB")] == [14, 9, 9], "every flush tries it again"


@pytest.mark.row("I4")
def test_every_product_that_shares_a_pool_is_right_in_the_shop_after_each_order_bundles_included(house: House) -> None:
    for number in range(1, 7):
        house.order(str(number), ("CAREER", 1), ("CNCe", 1))

    there = shelf(house)
    assert {sku: there[sku] for sku in ("CPTa", "CPT", "CNC", "CNCe", "NSTB", "CAREER")} == {
        "CPTa": 9, "CPT": 20, "CNC": 4, "CNCe": 4, "NSTB": 4, "CAREER": 4,
    }  # fmt: skip
    assert {sku: count for sku, count in available(house).items() if sku != "KBS-1"} == {
        sku: count for sku, count in there.items() if sku != "KBS-1"
    } or press(house, "/outbox/flush")["catalogue_refreshed"]
    assert [row["available"] for row in house.rows("NPTA Catalogue") if row["SKU"] == "CAREER"] == [4]


@pytest.mark.row("I4")
@pytest.mark.parametrize("mode", ["OFF", "TEST", "LIVE"])
def test_what_shopify_lowers_by_itself_at_a_sale_ends_at_what_the_sheet_says(house: House, mode: str) -> None:
    press(house, "/mode", {"mode": mode, **({"go_live_at": "2020-01-01T00:00:00Z"} if mode == "LIVE" else {})})
    order = buy(house, ("CPTa", 2), ("CNC", 1))
    assert (shelf(house)["CPTa"], shelf(house)["CNC"]) == (13, 9)

    zap(house, order)
    press(house, "/outbox/flush")

    taken = mode != "OFF"
    assert (shelf(house)["CPTa"], shelf(house)["CNC"]) == (15 - 2 * taken, 10 - taken)
    assert (available(house)["CPTa"], available(house)["CNC"]) == (15 - 2 * taken, 10 - taken)


@pytest.mark.row("I4")
def test_a_push_of_stock_that_another_process_has_overtaken_is_put_right(house: House, watch: Watch) -> None:
    other = House(house.emulator, house.spreadsheet_id, house.clock, shop=house.shop, slack=house.slack)
    shop_fault(house, "down")
    house.order("1", ("CPTa", 1))
    shop_mended(house)
    other.order("2", ("CPTa", 1))
    assert shelf(house)["CPTa"] == 13
    watch.passes(11)
    house.call("GET", "/status")
    assert shelf(house)["CPTa"] == 13, "the first process looks again before it tells what it has seen before"

    press(house, "/outbox/flush")

    assert shelf(house)["CPTa"] == 13


@pytest.mark.row("I4")
def test_who_only_looks_makes_no_call_to_shopify(house: House) -> None:
    house.order(ORDER, ("CPTa", 1))
    calls = len(shop_state(house)["calls"])

    for _ in range(3):
        house.order(ORDER, ("CPTa", 1))
        house.call("GET", f"/orders/{ORDER}")
        house.call("GET", "/status")

    assert len(shop_state(house)["calls"]) == calls


SLACK: list[dict[str, Any]] = [
    {"fault": "down"},
    {"fault": "bad_gateway"},
    {"fault": "rate_limited", "retry_after": 30},
    {"fault": "invalid_auth"},
    {"fault": "slow", "seconds": 10},
    {"fault": "drip", "seconds": 10},
    {"fault": "drop"},
]
POSTS_ALL_THE_SAME = ("slow", "drip", "drop")


def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slack, which is on a real port, is waited for a moment only, so that these tests need not wait either."""
    monkeypatch.setattr(deliver, "SLACK_SECONDS", 0.3)


@pytest.mark.row("I3")
@pytest.mark.parametrize("fault", SLACK, ids=lambda fault: fault["fault"])
def test_whatever_is_wrong_with_slack_orders_are_served_and_the_alert_follows_under_the_same_id(
    house: House, watch: Watch, fault: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert house.slack
    impatient(monkeypatch)
    house.slack.slack.faults.add(**fault)
    posts = fault["fault"] in POSTS_ALL_THE_SAME

    served(house.order(ORDER, ("CPTa", 1)), house)

    assert shelf(house)["CPTa"] == 14, "the stock does not wait for Slack"
    assert len(told(house)) <= posts
    calls = house.slack.slack.calls
    house.order("6855909900592", ("CPTa", 1))
    left_alone = house.slack.slack.calls == calls
    assert left_alone or fault["fault"] == "invalid_auth", "who does not answer is left alone for a while"
    house.slack.slack.faults.clear()
    watch.passes(120)

    press(house, "/outbox/flush")

    assert len(set(told(house))) == 1
    assert len(told(house, "6855909900592")) == 1
    assert max(ids(house).values()) <= 1 + posts
    assert pending(house) == 0


@pytest.mark.row("I3", "I4")
def test_both_slow_at_once_and_nothing_is_lost(house: House, watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    assert house.slack
    impatient(monkeypatch)
    house.slack.slack.faults.add("slow", seconds=10)
    shop_fault(house, "slow", seconds=10)
    began = watch.waited

    answers = [house.order(f"{ORDER}{number}", ("CPTa", 1)) for number in range(3)]

    assert [answer["http"] for answer in answers] == [200] * 3
    assert watch.waited - began < 25
    house.slack.slack.faults.clear()
    shop_mended(house)
    watch.passes(120)
    press(house, "/outbox/flush")
    assert [len(set(told(house, f"{ORDER}{number}"))) for number in range(3)] == [1, 1, 1]
    assert shelf(house)["CPTa"] == 12
    assert pending(house) == 0
