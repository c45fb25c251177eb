"""The client keeps inside Shopify's bucket of points, and pays for no call that was not made."""

from __future__ import annotations

from typing import Any

import pytest
import requests
import responses

from npta.clients.shopify.client import Shopify
from npta.clients.shopify.throttle import Throttle, wait_after
from npta.errors import ShopUnavailableError
from tests.npta.clients.shopping import GRAPHQL, Shopping, Time, read

SMALL: dict[str, Any] = {"points": 200, "rate": 10}
"""A bucket that other parts of the app use up, the most of it."""


@pytest.mark.parametrize("status", [200, 429])
def test_a_throttled_call_waits_as_long_as_shopify_says(status: int) -> None:
    shopping = Shopping([{"sku": "CPT", "available": 1}], **SMALL)
    shopping.fault("throttled", status=status)
    shopping.client.variants(shopping.deadline)
    cost = shopping.calls("Variants")[0]["requested"]
    assert cost == 47
    assert shopping.time.passed == pytest.approx(cost / 10, abs=0.05)
    assert len(shopping.calls("Variants")) == 2


def test_throttling_past_the_deadline_is_reported_at_once_with_the_time_to_wait() -> None:
    shopping = Shopping([{"sku": "CPT", "available": 1}], **SMALL)
    shopping.fault("throttled")
    with pytest.raises(ShopUnavailableError, match="lets this app in again in 4") as caught:
        shopping.client.variants(shopping.time.clock.deadline(3))
    assert caught.value.retry_after == pytest.approx(4.7, abs=0.05)
    assert shopping.time.passed == 0


def test_a_call_waits_before_it_is_throttled_once_the_bucket_is_known_to_be_low() -> None:
    shopping = Shopping([{"sku": "CPT", "available": 1}], **SMALL)
    shopping.client.variants(shopping.deadline)
    shopping.shop.bucket.pay(176)
    read(shopping)  # which tells how little is left
    shopping.client.variants(shopping.deadline)
    assert shopping.time.passed > 3
    assert not any(call.get("errors") for call in shopping.state["calls"])


@responses.activate
def test_waiting_for_room_is_no_failed_try() -> None:
    shopping = Shopping()
    client = Shopify(shopping.settings, shopping.time.clock, requests.Session())
    for status in (429, 429, 429, 429, 503, 503):
        responses.post(GRAPHQL, status=status, headers={"Retry-After": "1"})
    page = {"pageInfo": {"hasNextPage": False, "endCursor": None}, "nodes": []}
    responses.post(GRAPHQL, json={"data": {"locations": page}})
    assert client.locations(shopping.deadline) == []
    assert shopping.time.passed > 4


def test_calls_that_wait_at_the_same_time_wait_one_behind_the_other() -> None:
    throttle = Throttle(Time().clock)
    status = {"maximumAvailable": 2000, "currentlyAvailable": 100, "restoreRate": 100}
    throttle.learn("Variants", {"requestedQueryCost": 500, "throttleStatus": status})
    with throttle.room("Variants") as first, throttle.room("Variants") as second, throttle.room("Variants") as third:
        assert [first, second, third] == pytest.approx([4, 9, 14], abs=0.1)
        with throttle.room("Unknown") as unknown:
            assert unknown == 0


def test_a_call_that_was_not_sent_or_that_failed_costs_nothing() -> None:
    """An hour without one call sent, with the shop well, was seen: each try took from a bucket that nobody filled."""
    shopping = Shopping([{"sku": "CPT", "available": 1}], **SMALL)
    shopping.client.variants(shopping.deadline)
    shopping.shop.bucket.pay(175)
    read(shopping)  # which tells that next to nothing is there
    for _ in range(50):
        with pytest.raises(ShopUnavailableError, match="lets this app in again in"):
            shopping.client.variants(shopping.time.clock.deadline(1))
    shopping.time.sleep(20)
    shopping.fault("down")
    for _ in range(20):
        with pytest.raises(ShopUnavailableError, match="status 503"):
            shopping.client.variants(shopping.time.clock.deadline(1))
    shopping.door("DELETE", "/_faults")
    begin = shopping.time.passed

    assert len(shopping.client.variants(shopping.time.clock.deadline(4))) == 1

    assert shopping.time.passed == begin


@pytest.mark.parametrize(
    "status",
    [
        {"maximumAvailable": 0, "currentlyAvailable": 0, "restoreRate": 0},
        {"maximumAvailable": "much", "currentlyAvailable": None, "restoreRate": [100]},
        "full",
        None,
    ],
)
def test_numbers_of_the_bucket_that_are_none_stop_nobody(status: object) -> None:
    throttle = Throttle(Time().clock)
    throttle.learn("Variants", {"requestedQueryCost": "500", "throttleStatus": status})
    with throttle.room("Variants") as wait:
        assert wait == 0
    assert wait_after({"requestedQueryCost": 500, "throttleStatus": status}, "3") == 3
    assert wait_after({}, "soon") == 1


def test_many_pages_stay_inside_the_bucket() -> None:
    shopping = Shopping(({"sku": f"P-{number}"} for number in range(2_000)), **SMALL)
    assert len(shopping.client.variants(shopping.time.clock.deadline(300))) == 2_000
    assert not any(call.get("errors") for call in shopping.state["calls"])
    assert shopping.time.passed > 60  # 940 points, 200 of them there at the start, 10 a second


@responses.activate
def test_throttling_without_numbers_waits_as_long_as_the_header_says() -> None:
    shopping = Shopping()
    client = Shopify(shopping.settings, shopping.time.clock, requests.Session())
    responses.post(GRAPHQL, status=429, headers={"Retry-After": "2.0"}, body="Too many")
    with pytest.raises(ShopUnavailableError) as caught:
        client.locations(shopping.time.clock.deadline(1.5))
    assert caught.value.retry_after == 2.0
