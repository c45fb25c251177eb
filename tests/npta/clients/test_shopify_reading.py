"""The shop is read as it is: every product, every page, exactly what was asked for."""

from __future__ import annotations

from typing import Any

import pytest

from npta.clients.shopify.graphql_operations import SCOPES
from npta.clients.shopify.models import Location
from npta.domain.state.receipts import OrderLine
from npta.errors import ShopRejectedError
from npta.local.shop import LOCATION
from tests.npta.clients.shopping import Shopping


def test_a_variant_is_read_with_everything_that_sync_needs() -> None:
    product = {
        "sku": "CPT", "title": "Personal Trainer", "price": "599.00", "status": "UNLISTED", "policy": "CONTINUE",
        "tags": ["provider:nasm", "digital"], "type": "Certification", "available": 7,
    }  # fmt: skip
    shopping = Shopping([product])
    (variant,) = shopping.client.variants(shopping.deadline)
    shown = shopping.state["products"][0]
    assert variant.product_id == f"gid://shopify/Product/{shown['id']}"
    assert variant.variant_id == f"gid://shopify/ProductVariant/{shown['variant_id']}"
    assert variant.inventory_item_id == f"gid://shopify/InventoryItem/{shown['inventory_item_id']}"
    assert (variant.sku, variant.title, variant.variant_title) == ("CPT", "Personal Trainer", "Default Title")
    assert (variant.price, variant.status, variant.sellable) == ("599.00", "UNLISTED", True)
    assert (variant.tags, variant.product_type) == (("digital", "provider:nasm"), "Certification")
    assert (variant.tracked, variant.continues, variant.available, variant.stocked) == (True, True, 7, True)


def test_what_is_not_stocked_at_the_location_has_no_number() -> None:
    shopping = Shopping([{"sku": "CPT", "available": None, "tracked": False, "status": "DRAFT"}])
    variant = shopping.variant("CPT")
    assert (variant.available, variant.stocked, variant.tracked, variant.sellable) == (None, False, False, False)


def test_every_page_is_read() -> None:
    shopping = Shopping({"sku": f"P-{number}", "available": number} for number in range(612))
    variants = shopping.client.variants(shopping.deadline)
    assert [(variant.sku, variant.available) for variant in variants] == [(f"P-{n}", n) for n in range(612)]
    assert len(shopping.calls("Variants")) == 7


def test_a_search_for_a_sku_gives_exactly_that_one() -> None:
    skus = ["CPT", "cpt", "CPT-2", 'A "quoted" one', "back\\slash", "CPTa"]
    shopping = Shopping({"sku": sku} for sku in skus)
    for sku in skus:
        assert shopping.variant(sku).sku == sku
    assert shopping.client.variants_of(["nothing"], shopping.deadline) == []
    assert shopping.client.variants_of(["", ""], shopping.deadline) == []


def test_a_product_that_search_has_not_noticed_yet_is_found_in_the_list_of_all() -> None:
    shopping = Shopping([{"sku": "OLD"}, {"sku": "RENAMED"}])
    shopping.time.sleep(3600)
    shopping.fault("lag", seconds=60)
    handle = shopping.state["products"][1]["handle"]
    shopping.door("POST", "/_products", {"sku": "NEW"})
    shopping.door("POST", "/_products", {"sku": "OTHER", "handle": handle})
    calls = len(shopping.calls("Variants"))

    found = shopping.client.variants_of(["OLD", "NEW", "OTHER", "RENAMED", "NEVER"], shopping.deadline)

    assert sorted(each.sku for each in found) == ["NEW", "OLD", "OTHER"]
    assert len(shopping.calls("Variants")) == calls + 2
    assert [each.sku for each in shopping.client.variants_of(["OLD"], shopping.deadline)] == ["OLD"]
    assert len(shopping.calls("Variants")) == calls + 3, "what search shows is not looked for again"


def test_all_variants_that_share_a_sku_are_found() -> None:
    shopping = Shopping([{"sku": "CPT", "handle": "one"}, {"sku": "CPT", "handle": "two"}])
    assert len({each.product_id for each in shopping.client.variants_of(["CPT"], shopping.deadline)}) == 2


def test_many_skus_are_asked_for_in_portions() -> None:
    skus = [f"P-{number}" for number in range(95)]
    shopping = Shopping({"sku": sku} for sku in skus)
    assert {each.sku for each in shopping.client.variants_of(skus, shopping.deadline)} == set(skus)
    assert len(shopping.calls("Variants")) >= 3


def test_an_order_is_read_with_what_was_refunded_and_what_is_open() -> None:
    shopping = Shopping([{"sku": "CPT", "available": 5}, {"sku": "CNC", "available": 5}])
    placed = shopping.buy(CPT=3, CNC=1)
    shopping.door("POST", f"/_orders/{placed['id']}/refund", {"lines": [{"sku": "CPT", "quantity": 1}]})
    order = shopping.client.order(str(placed["id"]), shopping.deadline)
    assert order is not None
    assert (order.order_id, order.name, order.email) == (str(placed["id"]), "#1001", "ada@example.com")
    assert len(order.order_id) >= 13
    assert (order.customer_name, order.financial_status) == ("Ada Lovelace", "PARTIALLY_REFUNDED")
    assert (order.fulfillment_status, order.cancelled_at, order.test) == ("UNFULFILLED", "", False)
    assert order.created_at == order.processed_at == "2026-11-23T15:00:00Z"
    assert [(line.sku, line.quantity, line.current_quantity, line.unfulfilled) for line in order.lines] == [
        ("CPT", 3, 2, 2),
        ("CNC", 1, 1, 1),
    ]
    assert [line.line_item_id for line in order.lines] == [str(line["id"]) for line in placed["line_items"]]


def test_a_cancelled_and_a_test_order_say_so() -> None:
    shopping = Shopping([{"sku": "CPT", "available": 5}])
    placed = shopping.buy(CPT=1)
    shopping.door("POST", f"/_orders/{placed['id']}/cancel")
    order = shopping.client.order(str(placed["id"]), shopping.deadline)
    assert order is not None
    assert (bool(order.cancelled_at), order.financial_status) == (True, "REFUNDED")
    tried = shopping.door("POST", "/_orders", {"lines": [{"title": "Tip", "quantity": 1}], "test": True})
    test_order = shopping.client.order(str(tried["id"]), shopping.deadline)
    assert test_order is not None
    assert (test_order.test, test_order.email, test_order.customer_name) == (True, "", "")
    assert test_order.lines[0].sku == ""


def test_an_order_with_more_lines_than_a_page_is_read_whole() -> None:
    shopping = Shopping({"sku": f"P-{number}", "available": 1} for number in range(130))
    placed = shopping.buy(**{f"P-{number}": 1 for number in range(130)})
    order = shopping.client.order(f"gid://shopify/Order/{placed['id']}", shopping.deadline)
    assert order is not None
    assert [line.sku for line in order.lines] == [f"P-{number}" for number in range(130)]


def test_an_unknown_order_is_none() -> None:
    shopping = Shopping()
    assert shopping.client.order("6855909900591", shopping.deadline) is None


def test_paid_orders_of_which_something_is_open_are_listed_over_all_pages() -> None:
    shopping = Shopping([{"sku": "CPT", "available": 500}])
    placed = [shopping.buy(CPT=2) for _ in range(107)]
    ids = [str(each["id"]) for each in placed]
    shopping.door("POST", f"/_orders/{ids[0]}/cancel")
    shopping.client.mark_fulfilled(ids[1], [OrderLine("", "CPT", 2)], shopping.deadline)
    shopping.door("POST", f"/_orders/{ids[2]}/pay", {"financial_status": "pending"})
    shopping.door("POST", f"/_orders/{ids[3]}/refund")
    shopping.door("POST", f"/_orders/{ids[4]}/refund", {"lines": [{"sku": "CPT", "quantity": 1}]})
    shopping.client.mark_fulfilled(ids[5], [OrderLine("", "CPT", 1)], shopping.deadline)
    shopping.door("POST", f"/_orders/{ids[6]}/hold")

    heads = shopping.client.paid_open(shopping.deadline)

    assert [head.order_id for head in heads] == ids[4:]
    told = [(head.financial_status, head.fulfillment_status) for head in heads[:4]]
    assert told == [
        ("PARTIALLY_REFUNDED", "UNFULFILLED"),
        ("PAID", "PARTIALLY_FULFILLED"),
        ("PAID", "ON_HOLD"),
        ("PAID", "UNFULFILLED"),
    ]


def bought_on_three_days(shopping: Shopping) -> list[dict[str, Any]]:
    orders = []
    for _ in range(3):
        orders.append(shopping.buy(CPT=1))
        shopping.time.sleep(86_400)
    return orders


def test_cancelled_orders_are_listed_from_a_day_on() -> None:
    shopping = Shopping([{"sku": "CPT", "available": 500}])
    old, kept, gone = bought_on_three_days(shopping)
    for each in (old, gone):
        shopping.door("POST", f"/_orders/{each['id']}/cancel")

    since = kept["created_at"]
    assert [head.order_id for head in shopping.client.cancelled_since(since, shopping.deadline)] == [str(gone["id"])]


def test_orders_that_have_changed_are_listed_the_newest_change_first_also_those_that_search_has_not_noticed() -> None:
    shopping = Shopping([{"sku": "CPT", "available": 500}])
    first, second, third = bought_on_three_days(shopping)
    shopping.fault("lag", seconds=1_000_000)
    shopping.time.sleep(60)
    shopping.door("POST", f"/_orders/{first['id']}/pay")

    changed = shopping.client.changed_since(second["created_at"], shopping.deadline)

    assert [head.order_id for head in changed.orders] == [str(each["id"]) for each in (first, third, second)]
    assert changed.complete


def test_of_very_many_changed_orders_the_newest_are_read_and_it_says_that_there_are_more() -> None:
    shopping = Shopping([{"sku": "CPT", "available": 5_000}])
    ids = [str(shopping.buy(CPT=1)["id"]) for _ in range(1_002)]

    changed = shopping.client.changed_since("2020-01-01T00:00:00Z", shopping.deadline)

    assert sorted(head.order_id for head in changed.orders) == sorted(ids[2:])
    assert not changed.complete
    assert len(shopping.calls("ChangedOrders")) == 10


def test_lines_of_several_orders_are_read_together_and_long_orders_whole() -> None:
    shopping = Shopping({"sku": f"P-{number}", "available": 500} for number in range(60))
    orders = [shopping.buy(**{"P-1": number + 1}) for number in range(20)]
    long = shopping.buy(**{f"P-{number}": 1 for number in range(60)})
    shopping.door("POST", f"/_orders/{orders[3]['id']}/refund", {"lines": [{"sku": "P-1", "quantity": 3}]})
    ids = [str(each["id"]) for each in (*orders, long)]

    lines = shopping.client.lines_of([*ids, "99"], shopping.deadline)

    assert list(lines) == ids
    assert [(line.sku, line.current_quantity) for line in lines[ids[3]]] == [("P-1", 1)]
    assert len(lines[ids[-1]]) == 60
    assert len(shopping.calls("LinesOfOrders")) == 1
    many = [str(shopping.buy(**{"P-1": 1})["id"]) for _ in range(76)]
    assert list(shopping.client.lines_of(many, shopping.deadline)) == many
    assert len(shopping.calls("LinesOfOrders")) == 3


def test_the_locations_are_listed() -> None:
    shopping = Shopping()
    assert Location(LOCATION, "Online", active=True) in shopping.client.locations(shopping.deadline)


def test_a_query_that_shopify_cannot_read_is_refused_with_its_words() -> None:
    shopping = Shopping()
    shopping.fault("denied")
    with pytest.raises(
        ShopRejectedError, match=r"refuses Locations: Access denied.*What to do: grant the app the access scopes"
    ) as caught:
        shopping.client.locations(shopping.deadline)
    assert caught.value.codes == ("ACCESS_DENIED",)


def test_scopes_that_the_app_was_not_granted_are_named_and_writing_includes_reading() -> None:
    shopping = Shopping()
    assert shopping.client.missing_scopes(shopping.deadline) == []
    shopping.shop.goods.scopes = [scope for scope in SCOPES if scope not in ("read_inventory", "read_orders")]
    assert shopping.client.missing_scopes(shopping.deadline) == ["read_orders"]


def test_a_location_that_is_switched_off_says_so() -> None:
    shopping = Shopping()
    shopping.shop.goods.closed.add(LOCATION)
    assert Location(LOCATION, "Online", active=False) in shopping.client.locations(shopping.deadline)


def test_without_a_location_of_its_own_the_shops_primary_one_is_asked_for_once() -> None:
    shopping = Shopping([{"sku": "CPT", "available": 5}], {"SHOPIFY_LOCATION_ID": ""})

    assert shopping.set({"CPT": 3}) == {}

    assert shopping.stock == {"CPT": 3}
    assert shopping.client.location(shopping.deadline) == shopping.shop.environment()["SHOPIFY_LOCATION_ID"]
    assert [call["operation"] for call in shopping.state["calls"]].count("PrimaryLocation") == 1
