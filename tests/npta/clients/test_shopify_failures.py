"""Whatever Shopify does, a call ends inside its deadline, says what happened, and shows no secret."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
import responses

from npta.clients.shopify import Shopify, ShopRefused, ShopUnavailable, StockLevel
from npta.clients.shopify_throttle import Throttle
from npta.local.shop import ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET, LocalShop, serve_shop
from npta.settings import Settings
from sheets_schema import Clock
from tests.npta.clients.shopping import Shopping, Time
from tests.support import ENVIRONMENT

GRAPHQL = "https://npta-demo.myshopify.com/admin/api/2026-10/graphql.json"
APP = {"SHOPIFY_ACCESS_TOKEN": "", "SHOPIFY_CLIENT_ID": CLIENT_ID, "SHOPIFY_CLIENT_SECRET": CLIENT_SECRET}


def read(shopping: Shopping, seconds: float = 25) -> None:
    shopping.client.locations(shopping.time.clock.deadline(seconds))


@pytest.mark.parametrize(("fault", "status"), [("down", 503), ("html", 502)])
def test_a_shop_that_is_down_is_asked_a_few_times_then_reported(fault: str, status: int) -> None:
    shopping = Shopping()
    shopping.fault(fault)
    with pytest.raises(ShopUnavailable, match=f"status {status}"):
        read(shopping)
    assert len(shopping.calls("Locations")) == 3
    assert shopping.time.passed < 5
    shopping.door("DELETE", "/_faults")
    read(shopping)


def test_a_short_outage_is_sat_out() -> None:
    shopping = Shopping()
    shopping.fault("down", times=2)
    read(shopping)
    assert len(shopping.calls("Locations")) == 3


def test_an_own_failure_of_shopify_is_tried_again() -> None:
    shopping = Shopping()
    shopping.fault("internal", times=2)
    read(shopping)
    shopping.fault("internal", times=9)
    with pytest.raises(ShopUnavailable, match="could not carry out Locations"):
        read(shopping)


@pytest.mark.parametrize("seconds", [0.5, 4, 25])
def test_a_slow_shop_is_left_at_the_deadline(seconds: float) -> None:
    shopping = Shopping([{"sku": "CPT", "available": 1}])
    levels = shopping.levels({"CPT": 2})
    shopping.fault("slow", seconds=100)
    begin = shopping.time.passed
    with pytest.raises(ShopUnavailable, match="did not answer"):
        shopping.client.set_available(levels, reference="r", deadline=shopping.time.clock.deadline(seconds))
    assert shopping.time.passed - begin <= seconds
    assert shopping.stock["CPT"] == 2  # it was carried out all the same, so the next push finds nothing to do


def test_no_single_call_takes_more_than_ten_seconds() -> None:
    shopping = Shopping()
    shopping.fault("slow", seconds=100, times=1)
    read(shopping, 60)
    assert 10 <= shopping.time.passed < 12


def test_a_deadline_that_has_passed_sends_nothing() -> None:
    shopping = Shopping()
    with pytest.raises(ShopUnavailable, match="no time left"):
        read(shopping, 0)
    assert shopping.calls("Locations") == []


@pytest.mark.parametrize("status", [200, 429])
def test_a_throttled_call_waits_as_long_as_shopify_says(status: int) -> None:
    shopping = Shopping([{"sku": "CPT", "available": 1}])
    shopping.fault("throttled", status=status)
    shopping.client.variants(shopping.deadline)
    cost = shopping.calls("Variants")[0]["requested"]
    assert cost == 500
    assert shopping.time.passed == pytest.approx(cost / 100, abs=0.05)
    assert len(shopping.calls("Variants")) == 2


def test_throttling_past_the_deadline_is_reported_at_once_with_the_time_to_wait() -> None:
    shopping = Shopping([{"sku": "CPT", "available": 1}])
    shopping.fault("throttled")
    with pytest.raises(ShopUnavailable, match="lets this app in again in 5") as caught:
        shopping.client.variants(shopping.time.clock.deadline(3))
    assert caught.value.retry_after == pytest.approx(5, abs=0.05)
    assert shopping.time.passed == 0


def test_a_call_waits_before_it_is_throttled_once_the_bucket_is_known_to_be_low() -> None:
    shopping = Shopping([{"sku": "CPT", "available": 1}])
    shopping.client.variants(shopping.deadline)
    shopping.shop._api._bucket.pay(1_900)
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
    assert [throttle.wait_before("Variants") for _ in range(3)] == [4, 9, 14]
    assert throttle.wait_before("Unknown") == 0


def test_many_pages_stay_inside_the_bucket() -> None:
    shopping = Shopping({"sku": f"P-{number}"} for number in range(2_000))
    assert len(shopping.client.variants(shopping.time.clock.deadline(300))) == 2_000
    assert not any(call.get("errors") for call in shopping.state["calls"])
    assert shopping.time.passed > 30  # 10,000 points, 2,000 of them there at the start, 100 a second


@responses.activate
def test_throttling_without_numbers_waits_as_long_as_the_header_says() -> None:
    shopping = Shopping()
    client = Shopify(shopping.settings, shopping.time.clock, requests.Session())
    responses.post(GRAPHQL, status=429, headers={"Retry-After": "2.0"}, body="Too many")
    with pytest.raises(ShopUnavailable) as caught:
        client.locations(shopping.time.clock.deadline(1.5))
    assert caught.value.retry_after == 2.0


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (401, "SHOPIFY_ACCESS_TOKEN"),
        (402, "frozen"),
        (403, "access scopes"),
        (404, "SHOPIFY_API_VERSION"),
        (423, "locked"),
        (301, "NAME.myshopify.com"),
        (400, "fault of this program"),
        (418, "status page"),
    ],
)
@responses.activate
def test_a_refusal_says_what_to_mend(status: int, told: str) -> None:
    shopping = Shopping()
    client = Shopify(shopping.settings, shopping.time.clock, requests.Session())
    responses.post(GRAPHQL, status=status, json={"errors": "no"}, headers={"Location": "https://elsewhere.example/"})
    with pytest.raises(ShopRefused, match=told) as caught:
        client.locations(shopping.deadline)
    assert str(status) in str(caught.value)
    assert len(responses.calls) == 1
    assert shopping.time.passed == 0


@pytest.mark.parametrize("body", ["<html>password</html>", "[]", "{}", '{"data": null}', '{"errors": "[API] no"}'])
@responses.activate
def test_an_answer_that_is_none_is_reported(body: str) -> None:
    shopping = Shopping()
    client = Shopify(shopping.settings, shopping.time.clock, requests.Session())
    responses.post(GRAPHQL, status=200, body=body)
    with pytest.raises(ShopUnavailable):
        client.locations(shopping.deadline)


@responses.activate
def test_what_shopify_says_is_shown_short_printable_and_without_tokens() -> None:
    shopping = Shopping()
    client = Shopify(shopping.settings, shopping.time.clock, requests.Session())
    message = "bad\nthing\x1b[31m shpat_0123456789abcdef " + "x" * 500
    responses.post(GRAPHQL, json={"errors": [{"message": message, "extensions": {"code": "BAD_REQUEST"}}]})
    with pytest.raises(ShopRefused) as caught:
        client.locations(shopping.deadline)
    assert "shpat_" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 260


def test_no_error_and_no_log_line_shows_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for environment, secret in (({}, ACCESS_TOKEN), (APP, CLIENT_SECRET)):
        for fault in ("down", "html", "denied", "unauthorized"):
            shopping = Shopping(environment=environment)
            shopping.fault(fault, times=9)
            with pytest.raises((ShopUnavailable, ShopRefused)) as caught:
                read(shopping)
            assert secret not in repr(caught.value)
            assert secret not in repr(vars(caught.value))
        assert secret not in caplog.text
        assert secret not in repr(shopping.client)


def test_a_newer_or_older_version_in_the_answer_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    shopping = Shopping()
    read(shopping)
    assert shopping.client.drift == ""
    shopping.fault("old_version", version="2027-01")
    read(shopping)
    read(shopping)
    assert "version 2027-01, not 2026-10" in shopping.client.drift
    assert [record.levelname for record in caplog.records if "2027-01" in record.message] == ["WARNING"]
    shopping.door("DELETE", "/_faults")
    read(shopping)
    assert shopping.client.drift == ""


def test_a_pinned_version_that_has_ended_is_noticed_by_the_answer() -> None:
    shopping = Shopping(environment={"SHOPIFY_API_VERSION": "2025-07"})
    read(shopping)
    assert "2026-01, not 2025-07" in shopping.client.drift


def test_an_app_signs_in_once_and_renews_before_its_token_ends() -> None:
    shopping = Shopping(environment=APP)
    read(shopping)
    read(shopping)
    assert len(shopping.calls("access_token")) == 1
    shopping.time.sleep(0.79 * 86_399)
    read(shopping)
    assert len(shopping.calls("access_token")) == 1
    shopping.time.sleep(0.02 * 86_399)
    read(shopping)
    assert len(shopping.calls("access_token")) == 2
    assert {call["status"] for call in shopping.calls("Locations")} == {200}


def test_a_token_that_is_refused_is_renewed_once() -> None:
    shopping = Shopping(environment=APP)
    read(shopping)
    shopping.fault("unauthorized")
    read(shopping)
    assert [call["status"] for call in shopping.calls("Locations")] == [200, 401, 200]
    shopping.fault("unauthorized", times=9)
    with pytest.raises(ShopRefused, match="SHOPIFY_CLIENT_SECRET"):
        read(shopping)
    assert [call["status"] for call in shopping.calls("Locations")][3:] == [401, 401]


def test_a_static_token_that_is_refused_is_not_tried_again() -> None:
    shopping = Shopping(environment={"SHOPIFY_ACCESS_TOKEN": "another"})
    with pytest.raises(ShopRefused, match="access token is not accepted"):
        read(shopping)
    assert [call["status"] for call in shopping.calls("Locations")] == [401]


def test_a_wrong_client_secret_is_said_with_its_setting() -> None:
    shopping = Shopping(environment={**APP, "SHOPIFY_CLIENT_SECRET": "wrong"})
    with pytest.raises(ShopRefused, match="check SHOPIFY_SHOP, SHOPIFY_CLIENT_ID and SHOPIFY_CLIENT_SECRET"):
        read(shopping)


@pytest.mark.parametrize(
    ("error", "told"), [("shop_not_permitted", "same organisation"), ("app_not_installed", "install the app")]
)
@responses.activate
def test_a_sign_in_that_the_shop_does_not_permit_says_why(error: str, told: str) -> None:
    shopping = Shopping(environment=APP)
    client = Shopify(shopping.settings, shopping.time.clock, requests.Session())
    responses.post(
        "https://npta-demo.myshopify.com/admin/oauth/access_token", status=400, body=f"<p>Oauth error {error}</p>"
    )
    with pytest.raises(ShopRefused, match=told):
        client.locations(shopping.deadline)


def test_a_sign_in_that_is_down_is_no_refusal() -> None:
    shopping = Shopping(environment=APP)
    shopping.fault("down", operation="access_token")
    with pytest.raises(ShopUnavailable, match="sign-in does not work"):
        read(shopping)


def test_threads_share_one_sign_in() -> None:
    shop = LocalShop()
    with serve_shop(shop) as served:
        settings = Settings.load({**ENVIRONMENT, **shop.environment(served.url), **APP, "SHOPIFY_ACCESS_TOKEN": ""})
        clock = Clock()
        client = Shopify(settings, clock)
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda _: client.locations(clock.deadline(20)), range(8)))
        assert len(found) == 8
        assert len([call for call in shop.calls if call["operation"] == "access_token"]) == 1


def test_a_shop_that_nobody_listens_for_is_reported_over_a_real_socket() -> None:
    with serve_shop() as served:
        environment = served.shop.environment(served.url)
    settings = Settings.load({**ENVIRONMENT, **environment})
    clock = Clock()
    with pytest.raises(ShopUnavailable, match="ConnectionError"):
        Shopify(settings, clock).locations(clock.deadline(0.5))


def test_a_dropped_connection_over_a_real_socket_has_no_second_effect() -> None:
    shop = LocalShop()
    shop.seed([{"sku": "CPT", "available": 1}])
    with serve_shop(shop) as served:
        settings = Settings.load({**ENVIRONMENT, **shop.environment(served.url)})
        clock = Clock()
        client = Shopify(settings, clock)
        (variant,) = client.variants_of(["CPT"], clock.deadline(20))
        shop.faults.add({"name": "drop", "operation": "SetQuantities"})
        levels = [StockLevel(variant, 5)]
        assert client.set_available(levels, reference="r", deadline=clock.deadline(20)) == []
    product = shop.goods.with_sku("CPT")
    assert product is not None
    assert [level.available for level in product.item.levels.values()] == [5]
    assert [call["status"] for call in shop.calls if call["operation"] == "SetQuantities"] == [None, 200]
