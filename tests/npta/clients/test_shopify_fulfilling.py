"""Lines are marked as fulfilled once, exactly these, and the customer gets no mail from Shopify."""

from __future__ import annotations

from typing import Any

import pytest

from npta.clients.shopify import ShopRefused, ShopUnavailable
from tests.npta.clients.shopping import Shopping

PRODUCTS = [{"sku": "CPT", "available": 9}, {"sku": "KBS", "available": 9}]


def ids(order: dict[str, Any]) -> dict[str, str]:
    return {line["sku"]: str(line["id"]) for line in order["line_items"]}


def fulfillments(shopping: Shopping) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = shopping.state["orders"][0]["fulfillments"]
    return found


def test_exactly_the_lines_that_were_named_are_marked() -> None:
    shopping = Shopping(PRODUCTS)
    order = shopping.buy(CPT=2, KBS=1)
    assert shopping.client.mark_fulfilled(str(order["id"]), {ids(order)["CPT"]: 2}, shopping.deadline) == 2
    (made,) = fulfillments(shopping)
    assert made["units"] == {ids(order)["CPT"]: 2}
    assert made["notified"] is False
    assert shopping.state["orders"][0]["fulfillment_status"] == "partial"
    committed = {product["sku"]: product["committed"] for product in shopping.state["products"]}
    assert committed == {"CPT": 0, "KBS": 1}


def test_a_second_time_marks_nothing() -> None:
    shopping = Shopping(PRODUCTS)
    order = shopping.buy(CPT=2)
    wanted = {ids(order)["CPT"]: 1}
    assert shopping.client.mark_fulfilled(str(order["id"]), wanted, shopping.deadline) == 1
    assert shopping.client.mark_fulfilled(str(order["id"]), wanted, shopping.deadline) == 0
    assert len(fulfillments(shopping)) == 1
    assert len(shopping.calls("Fulfill")) == 1


def test_what_a_person_marked_already_counts() -> None:
    shopping = Shopping(PRODUCTS)
    order = shopping.buy(CPT=2)
    line = {ids(order)["CPT"]: 1}
    shopping.client.mark_fulfilled(str(order["id"]), line, shopping.deadline)
    assert shopping.client.mark_fulfilled(str(order["id"]), {ids(order)["CPT"]: 2}, shopping.deadline) == 1
    assert sum(sum(each["units"].values()) for each in fulfillments(shopping)) == 2


def test_a_refunded_unit_is_not_marked() -> None:
    shopping = Shopping(PRODUCTS)
    order = shopping.buy(CPT=2)
    shopping.door("POST", f"/_orders/{order['id']}/refund", {"lines": [{"sku": "CPT", "quantity": 1}]})
    assert shopping.client.mark_fulfilled(str(order["id"]), {ids(order)["CPT"]: 2}, shopping.deadline) == 1


def test_a_lost_answer_is_not_repeated_and_the_next_try_finds_it_done() -> None:
    shopping = Shopping(PRODUCTS)
    order = shopping.buy(CPT=2)
    wanted = {ids(order)["CPT"]: 1}
    shopping.fault("drop", operation="Fulfill")
    with pytest.raises(ShopUnavailable, match="Whether it was done is not known"):
        shopping.client.mark_fulfilled(str(order["id"]), wanted, shopping.deadline)
    assert len(shopping.calls("Fulfill")) == 1
    assert shopping.client.mark_fulfilled(str(order["id"]), wanted, shopping.deadline) == 0
    assert sum(sum(each["units"].values()) for each in fulfillments(shopping)) == 1


def test_an_order_on_hold_is_left_to_people() -> None:
    shopping = Shopping(PRODUCTS)
    wanted = {"email": "ada@example.com", "lines": [{"sku": "CPT", "quantity": 1}], "hold": True}
    order = shopping.door("POST", "/_orders", wanted)
    with pytest.raises(ShopRefused, match="its fulfilment is on hold"):
        shopping.client.mark_fulfilled(str(order["id"]), {ids(order)["CPT"]: 1}, shopping.deadline)
    assert fulfillments(shopping) == []


def test_an_unknown_order_is_refused_and_an_unknown_line_marks_nothing() -> None:
    shopping = Shopping(PRODUCTS)
    with pytest.raises(ShopRefused, match="does not know order 123"):
        shopping.client.mark_fulfilled("123", {"1": 1}, shopping.deadline)
    order = shopping.buy(CPT=1)
    assert shopping.client.mark_fulfilled(str(order["id"]), {"1": 1}, shopping.deadline) == 0


def test_shopifys_refusal_is_told_in_its_words() -> None:
    shopping = Shopping(PRODUCTS)
    order = shopping.buy(CPT=1)
    shopping.fault("user_error", message="Fulfillment order is closed.")
    with pytest.raises(ShopRefused, match="Fulfillment order is closed"):
        shopping.client.mark_fulfilled(str(order["id"]), {ids(order)["CPT"]: 1}, shopping.deadline)


def test_more_lines_than_a_page_are_marked_in_one_fulfilment() -> None:
    shopping = Shopping({"sku": f"P-{number}", "available": 1} for number in range(160))
    order = shopping.buy(**{f"P-{number}": 1 for number in range(160)})
    wanted = dict.fromkeys(ids(order).values(), 1)
    assert shopping.client.mark_fulfilled(str(order["id"]), wanted, shopping.deadline) == 160
    assert len(fulfillments(shopping)) == 1
    assert shopping.state["orders"][0]["fulfillment_status"] == "fulfilled"
