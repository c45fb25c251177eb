"""Whatever Shopify does, a call ends inside its deadline, says what happened, and shows no secret."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor

import pytest

from npta.clients.shopify.client import Shopify
from npta.clients.shopify.models import StockLevel
from npta.errors import ShopRejectedError, ShopUnavailableError
from npta.local.shop import ACCESS_TOKEN, CLIENT_SECRET, LocalShop, serve_shop
from npta.settings import Settings
from sheets_schema import Clock
from tests.npta.clients.shopping import APP, Shopping, read
from tests.support import ENVIRONMENT


@pytest.mark.parametrize(("fault", "status"), [("down", 503), ("html", 502)])
def test_a_shop_that_is_down_is_asked_a_few_times_then_reported(fault: str, status: int) -> None:
    shopping = Shopping()
    shopping.fault(fault)
    with pytest.raises(ShopUnavailableError, match=f"status {status}"):
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
    with pytest.raises(ShopUnavailableError, match="could not carry out Locations"):
        read(shopping)


@pytest.mark.parametrize("seconds", [0.5, 4, 25])
def test_a_slow_shop_is_left_at_the_deadline(seconds: float) -> None:
    shopping = Shopping([{"sku": "CPT", "available": 1}])
    levels = shopping.levels({"CPT": 2})
    shopping.fault("slow", seconds=100)
    begin = shopping.time.passed
    with pytest.raises(ShopUnavailableError, match="did not answer"):
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
    with pytest.raises(ShopUnavailableError, match="no time left"):
        read(shopping, 0)
    assert shopping.calls("Locations") == []


def test_no_error_and_no_log_line_shows_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for environment, secret in (({}, ACCESS_TOKEN), (APP, CLIENT_SECRET)):
        for fault in ("down", "html", "denied", "unauthorized"):
            shopping = Shopping(environment=environment)
            shopping.fault(fault, times=9)
            with pytest.raises((ShopUnavailableError, ShopRejectedError)) as caught:
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
    with pytest.raises(ShopRejectedError, match="SHOPIFY_CLIENT_SECRET"):
        read(shopping)
    assert [call["status"] for call in shopping.calls("Locations")][3:] == [401, 401]


def test_a_static_token_that_is_refused_is_not_tried_again() -> None:
    shopping = Shopping(environment={"SHOPIFY_ACCESS_TOKEN": "another"})
    with pytest.raises(ShopRejectedError, match="access token is not accepted"):
        read(shopping)
    assert [call["status"] for call in shopping.calls("Locations")] == [401]


def test_a_sign_in_that_is_down_is_no_refusal() -> None:
    shopping = Shopping(environment=APP)
    shopping.fault("down", operation="access_token")
    with pytest.raises(ShopUnavailableError, match="does not work at the moment"):
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
    with pytest.raises(ShopUnavailableError, match="ConnectionError"):
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
