"""Lines are marked as fulfilled once, exactly these, the customer gets no mail, and what cannot be marked is named."""

from __future__ import annotations

from typing import Any

import pytest

from npta.clients.shopify.fulfillments import Marked
from npta.domain.orders.mark_fulfilled import Left
from npta.domain.state.receipts import OrderLine
from npta.errors import ShopRejectedError, ShopUnavailableError
from npta.local.shop.models import LOCATION, OTHER_LOCATION
from tests.npta.clients.shopping import Shopping

PRODUCTS = [{"sku": "CPT", "available": 9}, {"sku": "CNC", "available": 9}, {"sku": "KBS", "available": 9}]
NO_FULFILMENT = "Shopify shows this app no fulfilment of it; another service may be in charge"


class Marking:
    """A shop with one order in it, and what is done to it."""

    def __init__(self, products: Any = PRODUCTS, **lines: int) -> None:
        self.shopping = Shopping(products)
        self.order = self.shopping.buy(**lines)
        self.id = str(self.order["id"])

    def line(self, sku: str, quantity: int = 1) -> OrderLine:
        ids = {line["sku"]: str(line["id"]) for line in self.order["line_items"]}
        return OrderLine(ids[sku], sku, quantity)

    def mark(self, *lines: OrderLine) -> Marked:
        return self.shopping.client.mark_fulfilled(self.id, lines, self.shopping.deadline)

    def do(self, action: str, sku: str = "", quantity: int = 0, **more: Any) -> None:
        lines = [{"sku": sku, **({"quantity": quantity} if quantity else {})}] if sku else []
        self.shopping.door("POST", f"/_orders/{self.id}/{action}", {"lines": lines, **more})

    @property
    def made(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.shopping.state["orders"][0]["fulfillments"]
        return found

    @property
    def fulfilled(self) -> dict[str, int]:
        """Fulfilled units by SKU."""
        skus = {str(line["id"]): line["sku"] for line in self.order["line_items"]}
        units: dict[str, int] = {}
        for each in self.made:
            for line, count in each["units"].items():
                units[skus[line]] = units.get(skus[line], 0) + count
        return units


def test_exactly_the_lines_that_were_named_are_marked() -> None:
    shop = Marking(CPT=2, KBS=1)
    assert shop.mark(shop.line("CPT", 2)) == Marked(2)
    assert shop.fulfilled == {"CPT": 2}
    assert [each["notified"] for each in shop.made] == [False]
    assert shop.shopping.state["orders"][0]["fulfillment_status"] == "partial"
    committed = {product["sku"]: product["committed"] for product in shop.shopping.state["products"]}
    assert committed == {"CPT": 0, "CNC": 0, "KBS": 1}


def test_a_second_time_marks_nothing() -> None:
    shop = Marking(CPT=2)
    assert shop.mark(shop.line("CPT")) == Marked(1)
    assert shop.mark(shop.line("CPT")) == Marked(0)
    assert len(shop.shopping.calls("Fulfill")) == 1


def test_what_a_person_marked_already_counts() -> None:
    shop = Marking(CPT=2, KBS=1)
    shop.do("fulfill", "CPT", 1)
    assert shop.mark(shop.line("CPT", 2)) == Marked(1)
    assert shop.fulfilled == {"CPT": 2}


def test_a_refunded_unit_is_not_marked_and_nothing_of_a_cancelled_order_is() -> None:
    shop = Marking(CPT=2)
    shop.do("refund", "CPT", 1)
    assert shop.mark(shop.line("CPT", 2)) == Marked(1)
    shop = Marking(CPT=2)
    shop.do("cancel")
    assert shop.mark(shop.line("CPT", 2)) == Marked(0)
    assert shop.made == []


@pytest.mark.parametrize("told", ["", "1", "8209829119461545000"])
def test_without_shopifys_ids_lines_are_found_by_their_sku(told: str) -> None:
    shop = Marking(CPT=2, CNC=1, KBS=1)
    assert shop.mark(OrderLine(told, "CPT", 2), OrderLine("", "CNC", 1)) == Marked(3)
    assert shop.fulfilled == {"CPT": 2, "CNC": 1}


def test_what_no_line_can_be_found_for_is_named() -> None:
    shop = Marking(CPT=1, KBS=1)
    assert shop.mark(OrderLine("", "OTHER", 1), shop.line("CPT")) == Marked(
        1, (Left("OTHER", 1, "the order in Shopify has no line with this SKU"),)
    )
    assert shop.fulfilled == {"CPT": 1}


def test_a_line_on_hold_stops_no_other_and_is_marked_once_it_is_released() -> None:
    shop = Marking(CPT=2, CNC=1)
    shop.do("hold", "CPT", 1)
    wanted = (shop.line("CPT", 2), shop.line("CNC"))
    assert shop.mark(*wanted) == Marked(2, (Left("CPT", 1, "on hold in Shopify", waits=True),))
    assert shop.mark(*wanted) == Marked(0, (Left("CPT", 1, "on hold in Shopify", waits=True),))
    shop.do("release")
    assert shop.mark(*wanted) == Marked(1)
    assert shop.fulfilled == {"CPT": 2, "CNC": 1}


def test_a_scheduled_order_waits() -> None:
    shop = Marking(CPT=1)
    shop.do("schedule")
    assert shop.mark(shop.line("CPT")).left == (Left("CPT", 1, "scheduled for later in Shopify", waits=True),)


def test_a_cancelled_fulfilment_order_is_told_from_the_one_that_took_its_place() -> None:
    shop = Marking(CPT=2)
    shop.do("replace")
    shop.do("split", "CPT", 1)
    assert shop.mark(shop.line("CPT", 2)) == Marked(2)
    assert [sum(each["units"].values()) for each in shop.made] == [2]


def test_lines_at_two_locations_are_marked_in_a_fulfilment_each() -> None:
    shop = Marking(CPT=2, CNC=1)
    shop.do("move", "CNC")
    assert shop.mark(shop.line("CPT", 2), shop.line("CNC")) == Marked(3)
    assert shop.fulfilled == {"CPT": 2, "CNC": 1}
    assert len(shop.made) == 2
    places = [each["location"] for each in shop.shopping.state["orders"][0]["fulfillment_orders"]]
    assert places == [LOCATION, OTHER_LOCATION]


def test_what_a_service_fulfils_is_not_ours_whether_we_are_shown_it_or_not() -> None:
    shop = Marking(CPT=1, CNC=1)
    shop.do("assign", "CNC", service="ShipCo")
    wanted = (shop.line("CPT"), shop.line("CNC"))
    assert shop.mark(*wanted) == Marked(1, (Left("CNC", 1, NO_FULFILMENT),))
    scopes = [*shop.shopping.shop.goods.scopes, "read_third_party_fulfillment_orders"]
    shop.shopping.door("POST", "/_scopes", {"scopes": scopes})
    assert shop.mark(*wanted) == Marked(0, (Left("CNC", 1, "to be fulfilled by ShipCo"),))
    assert shop.fulfilled == {"CPT": 1}


def test_an_app_that_may_see_orders_only_is_told_which_scope_it_lacks() -> None:
    shop = Marking(CPT=1)
    for scopes in (["read_orders"], ["read_orders", "read_merchant_managed_fulfillment_orders", "read_locations"]):
        shop.shopping.door("POST", "/_scopes", {"scopes": scopes})
        with pytest.raises(ShopRejectedError, match="merchant_managed_fulfillment_orders"):
            shop.mark(shop.line("CPT"))
    assert shop.made == []


def test_a_lost_answer_is_not_repeated_and_the_next_try_finds_it_done() -> None:
    shop = Marking(CPT=2)
    shop.shopping.fault("drop", operation="Fulfill")
    with pytest.raises(ShopUnavailableError, match="Whether it was done is not known"):
        shop.mark(shop.line("CPT"))
    assert len(shop.shopping.calls("Fulfill")) == 1
    assert shop.mark(shop.line("CPT")) == Marked(0)
    assert shop.fulfilled == {"CPT": 1}


def test_an_unknown_order_is_refused() -> None:
    shop = Marking(CPT=1)
    with pytest.raises(ShopRejectedError, match="does not know order 123"):
        shop.shopping.client.mark_fulfilled("123", [OrderLine("1", "CPT", 1)], shop.shopping.deadline)


def test_shopifys_refusal_is_told_in_its_words_and_a_passing_one_is_tried_again() -> None:
    shop = Marking(CPT=1)
    shop.shopping.fault("user_error", operation="Fulfill", message="Fulfillment order is closed.")
    assert shop.mark(shop.line("CPT")) == Marked(1)
    shop = Marking(CPT=1)
    shop.shopping.fault("user_error", operation="Fulfill", message="Fulfillment order is closed.", times=9)
    (left,) = shop.mark(shop.line("CPT")).left
    assert (left.sku, left.units, "Fulfillment order is closed" in left.why) == ("CPT", 1, True)


def test_one_fulfilment_order_that_is_refused_stops_no_other() -> None:
    shop = Marking(CPT=1, CNC=1)
    shop.do("split", "CNC")
    shop.shopping.fault("user_error", operation="Fulfill", message="This one never.", times=2)
    done = shop.mark(shop.line("CPT"), shop.line("CNC"))
    assert (done.units, [(each.sku, each.units) for each in done.left]) == (1, [("CPT", 1)])
    assert shop.fulfilled == {"CNC": 1}


def test_more_lines_than_a_page_are_marked_in_one_fulfilment() -> None:
    shop = Marking(
        [{"sku": f"P-{number}", "available": 1} for number in range(160)], **{f"P-{number}": 1 for number in range(160)}
    )
    assert shop.mark(*(shop.line(f"P-{number}") for number in range(160))) == Marked(160)
    assert len(shop.made) == 1
    assert shop.shopping.state["orders"][0]["fulfillment_status"] == "fulfilled"
