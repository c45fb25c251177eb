"""The local shop is as awkward as Shopify: what it hides, refuses, splits, holds back and notices late."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from npta.clients.shopify.graphql_operations import FULFILL
from npta.local.shop import ACCESS_TOKEN, serve_shop, shop_session
from tests.npta.local.customer import Customer


@pytest.fixture
def customer() -> Customer:
    made = Customer()
    made.product()
    return made


def test_what_an_app_was_not_granted_is_null_beside_an_error_and_takes_along_what_may_not_be_without_it(
    customer: Customer,
) -> None:
    order = customer.door("POST", "/_orders", {"customer": "Ada", "email": "a@b.example", "lines": [{"sku": "CPT"}]})
    query = "query Q($id: ID!) { order(id: $id) { name customer { firstName } fulfillmentOrders(first: 1) { nodes { id } } } }"
    asked = {"id": order["admin_graphql_api_id"]}

    customer.door("POST", "/_scopes", {"without": ["read_customers"]})
    answer = customer.ask(query, **asked)
    assert (answer["data"]["order"]["name"], answer["data"]["order"]["customer"]) == ("#1001", None)
    (error,) = answer["errors"]
    assert error["message"] == "Access denied for customer field. Required access: `read_customers` access scope."
    assert (error["path"], error["extensions"]["code"]) == (["order", "customer"], "ACCESS_DENIED")
    assert error["extensions"]["requiredAccess"] == "`read_customers` access scope."

    customer.door("POST", "/_scopes", {"scopes": ["read_orders", "read_customers"]})
    answer = customer.ask(query, **asked)
    assert answer["data"] == {"order": None}, "its fulfilment orders may not be null (seen)"
    assert answer["errors"][0]["path"] == ["order", "fulfillmentOrders"]

    customer.door("POST", "/_scopes", {"scopes": ["read_inventory", "read_products"]})
    assert customer.set()["data"] == {"inventorySetQuantities": None}
    assert customer.stock == (4, 1)
    customer.door("POST", "/_scopes", {})
    assert customer.codes(customer.set(changeFromQuantity=4)) == []


@pytest.mark.parametrize(
    ("status", "words"), [(401, "Invalid API key"), (402, "Unavailable Shop"), (423, "Locked"), (430, "Rejection")]
)
def test_a_shop_that_refuses_says_so_by_its_status(customer: Customer, status: int, words: str) -> None:
    customer.door("POST", "/_faults", {"name": "refuses", "status": status})
    assert words in customer.ask("{ shop { name } }")["errors"]
    assert customer.status == status


def test_an_address_may_send_elsewhere_or_answer_something_else(customer: Customer) -> None:
    customer.door("POST", "/_faults", {"name": "redirect", "times": 1})
    assert customer.ask("{ shop { name } }") is None
    assert (customer.status, "login" in customer.headers["Location"]) == (302, True)
    customer.door("POST", "/_faults", {"name": "answers", "times": 1})
    assert customer.ask("{ shop { name } }") is None
    assert (customer.status, customer.headers["Content-Type"]) == (200, "text/html")
    customer.door("POST", "/_faults", {"name": "answers", "body": '{"errors": "no"}'})
    assert customer.ask("{ shop { name } }") == {"errors": "no"}


def test_search_notices_later_than_the_lists_do(customer: Customer) -> None:
    customer.door("POST", "/_faults", {"name": "lag", "seconds": 60})

    def found(search: str | None, kind: str = "productVariants", field: str = "sku") -> list[str]:
        query = "query Q($s: String) { %s(first: 9, query: $s) { nodes { %s } } }" % (kind, field)  # noqa: UP031 - braces are GraphQL's
        return [each[field] for each in customer.ask(query, s=search)["data"][kind]["nodes"]]

    assert (found("sku:CPT"), found(None)) == ([], ["CPT"])
    customer.time.sleep(60)
    assert found("sku:CPT") == ["CPT"]
    handle = customer.door("GET", "/_state")["products"][0]["handle"]
    customer.product(sku="NEW", handle=handle)
    assert (found("sku:NEW"), found("sku:CPT"), found(None)) == ([], ["NEW"], ["NEW"]), "found by what it was called"
    customer.door("POST", "/_orders", {"lines": [{"sku": "NEW"}]})
    assert (found("status:open", "orders", "name"), found(None, "orders", "name")) == ([], ["#1001"])
    customer.time.sleep(60)
    assert (found("sku:NEW"), found("sku:CPT"), found("status:open", "orders", "name")) == (["NEW"], [], ["#1001"])


def test_an_order_need_not_be_paid(customer: Customer) -> None:
    order = customer.door("POST", "/_orders", {"lines": [{"sku": "CPT"}], "financial_status": "pending"})
    assert order["financial_status"] == "pending"
    assert customer.door("POST", f"/_orders/{order['id']}/pay")["financial_status"] == "paid"
    customer.door("POST", "/_orders", {"lines": [{"sku": "CPT"}], "financial_status": "promised"}, status=422)


class TestFulfilmentOrders:
    """An order makes several of them, and not all are the shop's own."""

    QUERY = """query Q($id: ID!) { order(id: $id) { displayFulfillmentStatus fulfillmentOrders(first: 9) { nodes {
        id status supportedActions { action } assignedLocation { name location { id } }
        lineItems(first: 9) { nodes { id remainingQuantity lineItem { id } } } } } } }"""

    @pytest.fixture
    def order(self, customer: Customer) -> dict[str, Any]:
        customer.product(sku="CNC")
        lines = [{"sku": "CPT", "quantity": 2}, {"sku": "CNC", "quantity": 1}]
        placed: dict[str, Any] = customer.door("POST", "/_orders", {"lines": lines})
        return placed

    def do(self, customer: Customer, order: dict[str, Any], action: str, *lines: dict[str, Any], **more: Any) -> None:
        customer.door("POST", f"/_orders/{order['id']}/{action}", {"lines": list(lines), **more})

    def work(self, customer: Customer, order: dict[str, Any]) -> list[tuple[str, str, list[int], bool]]:
        """Of each that is shown: status, where, units that remain, and whether it can be fulfilled."""
        found = customer.ask(self.QUERY, id=order["admin_graphql_api_id"])["data"]["order"]["fulfillmentOrders"][
            "nodes"
        ]
        return [
            (
                each["status"],
                each["assignedLocation"]["name"],
                [line["remainingQuantity"] for line in each["lineItems"]["nodes"]],
                {"action": "CREATE_FULFILLMENT"} in each["supportedActions"],
            )
            for each in found
        ]

    def test_a_part_on_hold_is_split_off_and_released(self, customer: Customer, order: dict[str, Any]) -> None:
        self.do(customer, order, "hold", {"sku": "CPT", "quantity": 1})
        assert self.work(customer, order) == [
            ("OPEN", "Online", [1, 1], True),
            ("ON_HOLD", "Online", [1], False),
        ]
        self.do(customer, order, "release")
        assert [each[0] for each in self.work(customer, order)] == ["OPEN", "OPEN"]

    def test_a_part_that_lies_elsewhere_is_fulfilled_there(self, customer: Customer, order: dict[str, Any]) -> None:
        self.do(customer, order, "move", {"sku": "CNC"})
        assert self.work(customer, order) == [("OPEN", "Online", [2], True), ("OPEN", "Warehouse", [1], True)]

    def test_what_a_service_fulfils_is_hidden_without_its_scope_and_not_ours_with_it(
        self, customer: Customer, order: dict[str, Any]
    ) -> None:
        self.do(customer, order, "assign", {"sku": "CNC"}, service="ShipCo")
        assert self.work(customer, order) == [("OPEN", "Online", [2], True)]
        scopes = [*customer.shop.goods.scopes, "read_third_party_fulfillment_orders"]
        customer.door("POST", "/_scopes", {"scopes": scopes})
        assert self.work(customer, order) == [("OPEN", "Online", [2], True), ("OPEN", "ShipCo", [1], False)]

    def test_a_cancelled_one_stands_beside_the_one_that_took_its_place(
        self, customer: Customer, order: dict[str, Any]
    ) -> None:
        self.do(customer, order, "replace")
        assert self.work(customer, order) == [
            ("CANCELLED", "Online", [2, 1], False),
            ("OPEN", "Online", [2, 1], True),
        ]

    def test_a_scheduled_one_waits(self, customer: Customer, order: dict[str, Any]) -> None:
        self.do(customer, order, "schedule")
        assert self.work(customer, order) == [("SCHEDULED", "Online", [2, 1], False)]

    def test_a_person_fulfils_a_part(self, customer: Customer, order: dict[str, Any]) -> None:
        self.do(customer, order, "fulfill", {"sku": "CPT", "quantity": 1})
        assert self.work(customer, order) == [("IN_PROGRESS", "Online", [1, 1], True)]
        self.do(customer, order, "fulfill")
        assert self.work(customer, order) == [("CLOSED", "Online", [0, 0], False)]
        (state,) = customer.door("GET", "/_state")["orders"]
        assert (state["fulfillment_status"], [each["notified"] for each in state["fulfillments"]]) == (
            "fulfilled",
            [True, True],
        )

    def test_a_refund_after_a_split_takes_each_unit_once(self, customer: Customer, order: dict[str, Any]) -> None:
        self.do(customer, order, "replace")
        self.do(customer, order, "hold", {"sku": "CPT", "quantity": 1})
        customer.door("POST", f"/_orders/{order['id']}/refund", {"restock": "cancel"})
        assert sum(sum(each[2]) for each in self.work(customer, order) if each[0] != "CANCELLED") == 0
        assert {each["sku"]: each["committed"] for each in customer.door("GET", "/_state")["products"]} == {
            "CPT": 0,
            "CNC": 0,
        }

    def test_one_fulfilment_is_for_one_location_and_for_nobody_elses_work(
        self, customer: Customer, order: dict[str, Any]
    ) -> None:
        def fulfilled() -> Any:
            found = customer.ask(self.QUERY, id=order["admin_graphql_api_id"])["data"]["order"]["fulfillmentOrders"]
            parts = [{"fulfillmentOrderId": each["id"]} for each in found["nodes"]]
            asked = customer.ask(FULFILL.text, fulfillment={"lineItemsByFulfillmentOrder": parts})
            return asked["data"]["fulfillmentCreate"]["userErrors"]

        self.do(customer, order, "move", {"sku": "CNC"})
        assert "same location" in fulfilled()[0]["message"]
        self.do(customer, order, "assign", {"sku": "CNC"})
        customer.door(
            "POST", "/_scopes", {"scopes": [*customer.shop.goods.scopes, "read_third_party_fulfillment_orders"]}
        )
        assert "fulfillment service" in fulfilled()[0]["message"]

    def test_what_nobody_can_do_is_refused(self, customer: Customer, order: dict[str, Any]) -> None:
        for action, body in (("explode", {}), ("hold", {"lines": [{"sku": "NOT-THERE"}]})):
            customer.door("POST", f"/_orders/{order['id']}/{action}", body, status=422)
        customer.door("POST", "/_orders/1/hold", {}, status=422)


def test_an_answer_is_compressed_for_whoever_takes_it_and_may_drip(customer: Customer) -> None:
    with serve_shop(customer.shop) as served:
        asked: dict[str, Any] = {
            "json": {"query": "{ shop { name } }"},
            "headers": {"X-Shopify-Access-Token": ACCESS_TOKEN},
            "timeout": 5,
        }
        url = f"{served.url}/admin/api/2026-10/graphql.json"
        answer = requests.post(url, **asked)
        assert (answer.headers["Content-Encoding"], answer.json()["data"]["shop"]["name"]) == ("gzip", "NPTA (local)")
        customer.door("POST", "/_faults", {"name": "drip", "seconds": 30})
        assert requests.post(url, **asked).json()["data"]["shop"]["name"] == "NPTA (local)"
        assert customer.time.passed == pytest.approx(30)
        assert shop_session(customer.shop).post("https://x/admin/api/2026-10/graphql.json", **asked).json()["data"]
        assert customer.time.passed == pytest.approx(60)
