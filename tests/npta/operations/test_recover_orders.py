"""Orders that never arrived are found in the shop, listed with the reasons of those left out, page by page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from npta.clients.shopify.models import ShopOrder
from npta.domain.orders.eligibility import Mode
from npta.errors import BadRequestError
from npta.operations.mode import KEEP, change_mode
from npta.operations.recover_orders import Recovered, recover_orders
from sheets_schema import Deadline
from tests.npta.acceptance.steps import Watch
from tests.npta.operations.conftest import Time
from tests.support import House

LINE = [{"sku": "CPTa"}]


def bought(house: House, **wanted: Any) -> str:
    assert house.shop
    body = {"customer": "Ada Lovelace", "email": "ada@example.com", "oversell": True, "lines": LINE, **wanted}
    answer = house.shop.handle("POST", "/_orders", body=json.dumps(body).encode())
    assert answer.status == 200, answer.body
    return str(json.loads(answer.body)["id"])


def worked(house: House, order_id: str, action: str, **wanted: Any) -> None:
    assert house.shop
    answer = house.shop.handle("POST", f"/_orders/{order_id}/{action}", body=json.dumps(wanted).encode())
    assert answer.status == 200, answer.body


def recovered(house: House, seconds: float = 25, **more: Any) -> Recovered:
    return recover_orders(house.services, who="test", deadline=house.clock.deadline(seconds), **more)


def found(done: Recovered) -> list[str]:
    return [order.order_id for order in done.found]


def reasons(done: Recovered) -> dict[str, str]:
    return {order.order_id: order.reason for order in done.left_out}


def mode(house: House, wanted: Mode, go_live_at: str = "") -> None:
    change_mode(house.services, wanted, who="test", deadline=house.clock.deadline(10), go_live_at=go_live_at)


def test_it_lists_what_never_arrived_and_nothing_else(open_house: House, time: Time) -> None:
    lost, arrived = bought(open_house), bought(open_house)
    open_house.order(arrived, ("CPTa", 1))
    assert "younger" in reasons(recovered(open_house))[lost]
    time.later(minutes=16)

    done = recovered(open_house)

    assert (found(done), reasons(done), done.left) == ([lost], {}, 1)
    (order,) = done.found
    assert (order.order_name, order.paid_at[:2]) == ("#1001", "20")
    open_house.order(lost, ("CPTa", 1))
    assert found(recovered(open_house)) == []


@pytest.mark.parametrize(
    ("wanted", "action", "reason"),
    [
        ({"test": True}, "", "test"),
        ({"email": ""}, "", "e-mail"),
        ({}, "cancel", "cancelled"),
        ({}, "refund", "refunded"),
        ({}, "fulfill", "fulfilled"),
        ({"financial_status": "pending"}, "", None),
    ],
    ids=["a test", "no address", "cancelled", "refunded", "fulfilled", "not paid"],
)
def test_what_is_left_out_is_listed_with_its_reason(
    open_house: House, time: Time, wanted: dict[str, Any], action: str, reason: str | None
) -> None:
    order_id = bought(open_house, **wanted)
    if action:
        worked(open_house, order_id, action)
    time.later(minutes=16)

    done = recovered(open_house)

    assert found(done) == []
    assert [reason in told for told in reasons(done).values()] == [True] if reason else not reasons(done)


def test_one_unit_of_several_fulfilled_is_enough(open_house: House, time: Time) -> None:
    order_id = bought(open_house, lines=[{"sku": "CPTa", "quantity": 2}, {"sku": "CPT"}])
    worked(open_house, order_id, "fulfill", lines=[{"sku": "CPT", "quantity": 1}])
    time.later(minutes=16)
    assert "fulfilled" in reasons(recovered(open_house))[order_id]


def test_refunded_in_part_the_rest_is_found(open_house: House, time: Time) -> None:
    order_id = bought(open_house, lines=[{"sku": "CPTa", "quantity": 2}, {"sku": "CPT"}])
    worked(open_house, order_id, "refund", lines=[{"sku": "CPT"}])
    time.later(minutes=16)
    assert found(recovered(open_house)) == [order_id]


def test_one_that_came_unpaid_and_was_paid_since_is_found(open_house: House, time: Time) -> None:
    order_id = bought(open_house, financial_status="pending")
    open_house.order(order_id, ("CPTa", 1), financial_status="pending")
    time.later(minutes=16)
    assert found(recovered(open_house)) == []
    worked(open_house, order_id, "pay", financial_status="paid")
    assert found(recovered(open_house)) == [order_id]


def test_what_was_paid_while_off_or_before_go_live_is_left_to_people(open_house: House, time: Time) -> None:
    live = bought(open_house)
    time.later(minutes=1)
    mode(open_house, Mode.OFF)
    off = bought(open_house)
    time.later(minutes=1)
    mode(open_house, Mode.LIVE, KEEP)
    again = bought(open_house)
    time.later(minutes=16)

    done = recovered(open_house)

    assert found(done) == [live, again]
    assert "OFF" in reasons(done)[off]
    mode(open_house, Mode.OFF)
    time.later(minutes=1)
    mode(open_house, Mode.LIVE)
    done = recovered(open_house, since="2026-01-01T00:00:00Z")
    assert found(done) == []
    assert all("go-live" in reason for reason in reasons(done).values())
    assert reasons(done).keys() == {live, off, again}


def test_since_begins_60_days_ago_at_most_and_must_be_a_time(open_house: House, time: Time) -> None:
    bought(open_house)
    time.later(days=61)
    assert found(recovered(open_house, since="2020-01-01T00:00:00Z")) == []
    with pytest.raises(BadRequestError):
        recovered(open_house, since="yesterday")


def test_more_orders_than_one_page_shows_are_all_found(open_house: House, time: Time) -> None:
    lost = [bought(open_house) for _ in range(130)]
    time.later(minutes=16)
    done = recovered(open_house, seconds=60)
    assert (found(done), done.left, done.next_since) == (lost, 130, "")


def test_without_time_for_all_it_says_where_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch()
    with watch.npta() as house:
        lost = []
        for _ in range(90):
            lost.append(bought(house))
            watch.passes(1)
        watch.passes(16 * 60)
        shop = house.services.shop
        assert shop
        fast = shop.whole_orders

        def slow(order_ids: Sequence[str], deadline: Deadline) -> list[ShopOrder]:
            watch.passes(10)
            return fast(order_ids, deadline)

        monkeypatch.setattr(shop, "whole_orders", slow)

        done = recovered(house)
        rest = recovered(house, seconds=100, since=done.next_since)

    assert (found(done), done.left) == (lost[:40], 90)
    assert found(rest) == lost[40:]
