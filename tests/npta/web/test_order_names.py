"""Orders by name, over HTTP: bare digits are an id, a name of two orders is no name, and slashes belong to a name."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from npta.errors import ConflictError
from npta.operations.verify import verify_order
from tests.support import House

CALLS = [
    ("GET", "/orders/{}"),
    ("POST", "/orders/{}/release"),
    ("POST", "/orders/{}/clear-cache"),
    ("POST", "/orders/{}/resend"),
    ("POST", "/orders/{}/close"),
    ("POST", "/orders/{}/delivered"),
]


@pytest.fixture
def shop() -> House:
    house = House().provision()
    house.products(("CPTa", "NASM-CPT-FULL"))
    house.keys(["CANADA", "NASM", "CPT", "combined", "CPT-1", 50])
    return house


def call(shop: House, method: str, path: str, order: str, body: Any = None) -> tuple[int, dict[str, Any]]:
    response = shop.call(method, path.format(quote(order, safe="")), body)
    return response.status_code, json.loads(response.data)


@pytest.mark.parametrize(("method", "path"), CALLS)
class TestANameOfTwoOrders:
    def test_is_refused_with_both_ids_and_nothing_is_done(self, shop: House, method: str, path: str) -> None:
        for order_id in ("9001", "9002"):
            shop.order(order_id, ("CPTa", 1), order_name="#7001")
        before = shop.rows("Commit Log")

        for spelling in ("#7001", "# 7001", "#\u200b7001"):
            status, told = call(shop, method, path, spelling)
            assert (status, told["code"]) == (409, "conflict")
            assert all(part in told["detail"] for part in ("#7001", "9001", "9002", "Nothing was done"))

        assert shop.rows("Commit Log") == before
        assert "called" not in str(call(shop, method, path, "9001")[1].get("detail"))

    def test_whatever_its_spelling_was(self, shop: House, method: str, path: str) -> None:
        for order_id, name in (("9001", "NPTA-7/CA"), ("9002", "#npta - 7/ca "), ("9003", "NPTA-7/US")):
            shop.order(order_id, ("CPTa", 1), order_name=name)

        status, told = call(shop, method, path, "NPTA-7/CA")

        assert status == 409
        assert told["detail"].startswith("2 orders are called NPTA-7/CA: 9001, 9002.")


@pytest.mark.parametrize(("method", "path"), CALLS[:3])
def test_bare_digits_never_reach_an_order_by_its_name(shop: House, method: str, path: str) -> None:
    shop.order("16053", ("CPTa", 1), customer_name="Meant")
    shop.order("16054", ("CPTa", 1), order_name="16053", customer_name="Another")

    assert call(shop, method, path, "16053")[1]["order_id"] == "16053"
    assert call(shop, method, path, "#16053")[1]["order_id"] == "16054"


def test_digits_that_are_only_a_name_are_not_taken_for_an_order_but_help_is_given(shop: House) -> None:
    shop.order("6855909900591", ("CPTa", 1), order_name="#1042")

    status, told = call(shop, "POST", "/orders/{}/release", "1042")

    assert status == 404
    assert "#1042" in told["detail"]
    assert "6855909900591" in told["detail"]


@pytest.mark.parametrize(
    "typed", ["NPTA-1042/CA", "#NPTA-1042/CA", "npta-1042/ca", " NPTA-1042/CA\u200b", "NPTA/1042/release"]
)
@pytest.mark.parametrize(("method", "path"), CALLS)
def test_a_name_with_slashes_is_one_part_of_the_path(shop: House, method: str, path: str, typed: str) -> None:
    name = "NPTA/1042/release" if "release" in typed else "NPTA-1042/CA"
    shop.order("1", ("CPTa", 1), order_name=name)

    status, told = call(shop, method, path, typed)

    if path.endswith("close"):
        assert "The order 1 holds its keys" in told["detail"]
    else:
        assert (status, told["order_id"]) == (200, "1")


def test_slashes_that_part_a_path_do_so_as_ever(shop: House) -> None:
    shop.order("1", ("CPTa", 1), order_name="NPTA-1042/CA")

    assert shop.call("GET", "/orders/1/release").status_code == 405
    assert shop.call("POST", "/orders/1/unknown").status_code == 404
    assert shop.call("POST", "/orders/NPTA-1042/CA/release").status_code == 404
    assert shop.call("POST", "/orders%2F1%2Frelease").status_code == 404


def test_a_renamed_order_frees_its_old_name(shop: House) -> None:
    shop.order("1", ("CPTa", 1), order_name="#1001")
    shop.order("1", ("CPTa", 2), order_name="#1001-EDIT")
    shop.order("2", ("CPTa", 1), order_name="#1001")

    assert [call(shop, "GET", "/orders/{}", name)[1]["order_id"] for name in ("#1001-EDIT", "#1001")] == ["1", "2"]
    shop.restart()
    assert [call(shop, "GET", "/orders/{}", name)[1]["order_id"] for name in ("#1001-EDIT", "#1001")] == ["1", "2"]


def test_two_that_were_called_the_same_can_be_told_apart_once_one_is_renamed(shop: House) -> None:
    for order_id in ("1", "2"):
        shop.order(order_id, ("CPTa", 1), order_name="#7001")
    assert call(shop, "GET", "/orders/{}", "#7001")[0] == 409

    shop.order("2", ("CPTa", 2), order_name="#7002")

    assert call(shop, "GET", "/orders/{}", "#7001")[1]["order_id"] == "1"


def test_the_command_line_tells_them_apart_as_well(shop: House) -> None:
    for order_id in ("9001", "9002"):
        shop.order(order_id, ("CPTa", 1), order_name="#7001")

    with pytest.raises(ConflictError, match="9001, 9002"):
        verify_order(shop.services, "#7001", deadline=shop.clock.deadline(30))
