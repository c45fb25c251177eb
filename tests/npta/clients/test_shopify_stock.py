"""Stock becomes what it should be, never over somebody else's change unseen, and one bad product stops no other."""

from __future__ import annotations

from typing import Any

import pytest

from npta.clients.shopify.models import StockLevel
from npta.errors import ShopRejectedError, ShopUnavailableError
from npta.local.shop.models import OTHER_LOCATION, InventoryLevel
from tests.npta.clients.shopping import Shopping

THREE = [{"sku": "CPT", "available": 5}, {"sku": "CNC", "available": 0}, {"sku": "STS", "available": 9}]


def keys_of(calls: list[dict[str, Any]]) -> list[str]:
    return [call["variables"]["key"] for call in calls]


def test_stock_is_set_in_one_call_and_what_is_right_is_left_alone() -> None:
    shopping = Shopping(THREE)
    assert shopping.set({"CPT": 12, "CNC": 3, "STS": 9}) == {}
    assert shopping.stock == {"CPT": 12, "CNC": 3, "STS": 9}
    (call,) = shopping.calls("SetQuantities")
    sent = call["variables"]["input"]
    assert [each["changeFromQuantity"] for each in sent["quantities"]] == [5, 0]
    assert (sent["name"], sent["reason"]) == ("available", "correction")
    assert sent["referenceDocumentUri"] == "gid://npta-fulfillment/StockPush/test-1"


def test_nothing_to_change_asks_nothing() -> None:
    shopping = Shopping(THREE)
    levels = shopping.levels({"CPT": 5})
    before = len(shopping.state["calls"])
    assert shopping.client.set_available(levels, reference="r", deadline=shopping.deadline) == []
    assert shopping.client.set_available([], reference="r", deadline=shopping.deadline) == []
    assert len(shopping.state["calls"]) == before


def test_more_than_a_list_can_hold_is_set_in_portions() -> None:
    shopping = Shopping({"sku": f"P-{number}", "available": 0} for number in range(520))
    levels = [StockLevel(variant, 7) for variant in shopping.client.variants(shopping.deadline)]
    assert shopping.client.set_available(levels, reference="r", deadline=shopping.deadline) == []
    assert set(shopping.stock.values()) == {7}
    calls = shopping.calls("SetQuantities")
    assert [len(call["variables"]["input"]["quantities"]) for call in calls] == [250, 250, 20]
    assert len(set(keys_of(calls))) == 3


def test_the_same_item_twice_is_set_once_to_the_later_number() -> None:
    shopping = Shopping(THREE)
    (level,) = shopping.levels({"CPT": 1})
    levels = [level, level._replace(available=2)]
    assert shopping.client.set_available(levels, reference="r", deadline=shopping.deadline) == []
    assert shopping.stock["CPT"] == 2


def test_a_product_that_is_not_stocked_is_activated_with_its_number() -> None:
    shopping = Shopping([{"sku": "CPT", "available": None}, *THREE[1:]])
    assert shopping.set({"CPT": 4, "CNC": 2}) == {}
    assert shopping.stock == {"CPT": 4, "CNC": 2, "STS": 9}
    (call,) = shopping.calls("Activate")
    assert call["variables"]["key"]


def test_a_product_that_shopify_does_not_count_is_tracked_first() -> None:
    shopping = Shopping(
        [{"sku": "CPT", "tracked": False, "available": 2}, {"sku": "CNC", "tracked": False, "available": None}]
    )
    assert shopping.set({"CPT": 4, "CNC": 5}) == {}
    assert shopping.stock == {"CPT": 4, "CNC": 5}
    assert {product["tracked"] for product in shopping.state["products"]} == {True}


def test_somebody_else_activated_it_meanwhile() -> None:
    shopping = Shopping([{"sku": "CPT", "available": None}])
    levels = shopping.levels({"CPT": 4})
    shopping.door("POST", "/_products", {"sku": "CPT", "available": 1})
    (refused,) = shopping.client.set_available(levels, reference="r", deadline=shopping.deadline)
    assert (refused.sku, refused.moved) == ("CPT", True)
    assert shopping.stock["CPT"] == 1


def test_a_level_that_has_moved_since_it_was_read_is_left_as_it_is_and_the_others_are_set() -> None:
    shopping = Shopping(THREE)
    levels = shopping.levels({"CPT": 12, "CNC": 3})
    shopping.buy(CPT=1)
    (refused,) = shopping.client.set_available(levels, reference="r", deadline=shopping.deadline)
    assert (refused.sku, refused.moved) == ("CPT", True)
    assert shopping.stock == {"CPT": 4, "CNC": 3, "STS": 9}
    first, second = shopping.calls("SetQuantities")
    assert first["variables"]["key"] != second["variables"]["key"]


def test_where_shopify_does_not_say_which_has_moved_none_is_set() -> None:
    shopping = Shopping(THREE)
    levels = shopping.levels({"CPT": 12, "CNC": 3})
    shopping.fault("user_error", code="CHANGE_FROM_QUANTITY_STALE", message="no longer matches")
    refused = shopping.client.set_available(levels, reference="r", deadline=shopping.deadline)
    assert {each.sku: each.moved for each in refused} == {"CPT": True, "CNC": True}
    assert shopping.stock == {"CPT": 5, "CNC": 0, "STS": 9}


def test_a_list_of_which_another_attempt_has_failed_is_sent_under_a_new_key() -> None:
    shopping = Shopping(THREE)
    shopping.fault("user_error", code="IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", message="failed before")
    assert shopping.set({"CPT": 12, "CNC": 3}) == {}
    assert shopping.stock == {"CPT": 12, "CNC": 3, "STS": 9}
    assert len(set(keys_of(shopping.calls("SetQuantities")))) == 2


def test_a_bundle_of_shopifys_own_is_named_and_the_others_are_set() -> None:
    shopping = Shopping([*THREE, {"sku": "NATIVE", "native_bundle": True, "available": 1}])
    refused = shopping.set({"CPT": 12, "NATIVE": 3, "CNC": 2})
    assert refused == {
        "NATIVE": "Shopify computes its stock itself (a bundle of Shopify's own?) and takes none from outside"
    }
    assert shopping.stock == {"CPT": 12, "CNC": 2, "STS": 9, "NATIVE": 1}
    assert len(set(keys_of(shopping.calls("SetQuantities")))) == 2


def test_a_bad_and_a_stale_product_in_one_list() -> None:
    shopping = Shopping([*THREE, {"sku": "NATIVE", "native_bundle": True, "available": 1}])
    shopping.fault("stale", sku="STS")
    assert set(shopping.set({"CPT": 12, "NATIVE": 3, "STS": 1})) == {"NATIVE", "STS"}
    assert shopping.stock == {"CPT": 12, "CNC": 0, "STS": 8, "NATIVE": 1}


def test_a_product_that_was_deleted_meanwhile_is_named_and_the_others_are_set() -> None:
    shopping = Shopping([*THREE, {"sku": "GONE", "available": None}, {"sku": "FREE", "tracked": False}])
    levels = shopping.levels({"CPT": 12, "CNC": 4, "GONE": 1, "FREE": 1})
    for sku in ("CNC", "GONE", "FREE"):
        shopping.door("DELETE", f"/_products/{sku}")
    refused = shopping.client.set_available(levels, reference="r", deadline=shopping.deadline)
    assert {each.sku for each in refused} == {"CNC", "GONE", "FREE"}
    assert shopping.stock == {"CPT": 12, "STS": 9}


def test_a_product_that_was_unstocked_meanwhile_has_moved_too() -> None:
    shopping = Shopping(THREE)
    levels = shopping.levels({"CPT": 12, "CNC": 4})
    shopping.door("POST", "/_products", {"sku": "CNC", "available": None})
    shopping.fault("user_error", code="CHANGE_FROM_QUANTITY_STALE")
    refused = shopping.client.set_available(levels, reference="r", deadline=shopping.deadline)
    assert {each.sku: each.moved for each in refused} == {"CPT": True, "CNC": True}
    assert shopping.stock == {"CPT": 5, "CNC": None, "STS": 9}


def test_a_product_that_cannot_be_tracked_is_named_with_shopifys_words() -> None:
    shopping = Shopping([{"sku": "CPT", "tracked": False, "available": 2}, *THREE[1:]])
    shopping.fault("user_error", operation="Track", message="This one is never tracked.")
    assert shopping.set({"CPT": 4, "CNC": 1}) == {"CPT": "Shopify refuses Track: This one is never tracked."}
    assert shopping.stock["CNC"] == 1


def test_a_negative_number_is_refused_for_that_product_only() -> None:
    shopping = Shopping(THREE)
    assert set(shopping.set({"CPT": -1, "CNC": 1})) == {"CPT"}
    assert shopping.stock["CNC"] == 1


def test_a_lost_answer_has_no_second_effect() -> None:
    """The key is the same, so Shopify answers for the first time although the number is another by now."""
    shopping = Shopping(THREE)
    shopping.fault("drop", operation="SetQuantities")
    assert shopping.set({"CPT": 12}) == {}
    first, second = shopping.calls("SetQuantities")
    assert first["variables"] == second["variables"]
    assert len(shopping.calls("Stock")) == 0  # nothing was stale: the second was the first
    assert shopping.stock["CPT"] == 12


def test_a_lost_answer_about_an_activation_has_no_second_effect() -> None:
    shopping = Shopping([{"sku": "CPT", "available": None}])
    shopping.fault("drop", operation="Activate")
    assert shopping.set({"CPT": 4}) == {}
    first, second = shopping.calls("Activate")
    assert first["variables"] == second["variables"]
    assert shopping.calls("SetQuantities") == []
    assert shopping.stock["CPT"] == 4


def test_a_refusal_whose_answer_was_lost_is_asked_again_under_a_new_key() -> None:
    shopping = Shopping(THREE)
    shopping.fault("stale", sku="CPT")
    shopping.fault("drop", operation="SetQuantities")
    assert "changed while" in shopping.set({"CPT": 12})["CPT"]
    keys = keys_of(shopping.calls("SetQuantities"))
    assert keys[0] == keys[1] != keys[2]
    assert shopping.stock["CPT"] == 4


def test_a_call_that_is_still_going_on_is_waited_for_under_the_same_key() -> None:
    shopping = Shopping(THREE)
    shopping.fault("concurrent", times=2)
    assert shopping.set({"CPT": 12}) == {}
    assert len(set(keys_of(shopping.calls("SetQuantities")))) == 1
    assert shopping.time.passed > 0
    assert shopping.stock["CPT"] == 12


def test_a_call_that_is_going_on_past_the_deadline_is_given_up() -> None:
    shopping = Shopping(THREE)
    levels = shopping.levels({"CPT": 12})
    shopping.fault("concurrent", times=50)
    with pytest.raises(ShopUnavailableError, match="still working"):
        shopping.client.set_available(levels, reference="r", deadline=shopping.time.clock.deadline(0.3))
    assert shopping.time.passed <= 0.3


def test_a_wrong_location_is_said_with_its_setting() -> None:
    shopping = Shopping(THREE, {"SHOPIFY_LOCATION_ID": "123"})
    (level,) = shopping.levels({"CPT": 12})
    stocked = level._replace(variant=level.variant._replace(stocked=True, available=5))
    with pytest.raises(ShopRejectedError, match="SHOPIFY_LOCATION_ID"):
        shopping.client.set_available([stocked], reference="r", deadline=shopping.deadline)


def test_a_call_that_is_wrong_as_a_whole_is_refused_with_shopifys_words() -> None:
    shopping = Shopping(THREE)
    levels = shopping.levels({"CPT": 12})
    shopping.fault("user_error", code="INVALID_REASON", message="The specified reason is invalid.")
    with pytest.raises(ShopRejectedError, match="The specified reason is invalid") as caught:
        shopping.client.set_available(levels, reference="r", deadline=shopping.deadline)
    assert caught.value.codes == ("INVALID_REASON",)


def test_the_other_location_keeps_its_stock() -> None:
    shopping = Shopping(THREE)
    product = shopping.shop.goods.with_sku("CPT")
    assert product is not None
    product.item.levels[OTHER_LOCATION] = InventoryLevel(available=99)
    shopping.set({"CPT": 12})
    assert product.item.levels[OTHER_LOCATION].available == 99
