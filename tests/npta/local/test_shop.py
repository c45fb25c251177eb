"""The local shop is as strict as Shopify, and does to stock what Shopify does when people buy, refund and fulfil."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

from npta.clients.shopify.graphql_operations import ACTIVATE, SET_QUANTITIES, TRACK, VARIANTS
from npta.local.shop import ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET, LocalShop, serve_shop
from npta.local.shop.models import gid
from npta.local.shop.runbook import PRODUCTS
from npta.local.shop.search import UnclearQueryError, matcher
from tests.npta.local.customer import PLACE, Customer

ROOT = Path(__file__).parents[3]


@pytest.fixture
def customer() -> Customer:
    made = Customer()
    made.product()
    return made


def test_a_quantity_without_a_key_is_refused_and_nothing_is_done(customer: Customer) -> None:
    text = SET_QUANTITIES.text.replace("@idempotent(key: $key)", "").replace(", $key: String!", "")
    answer = customer.set(query=text)
    assert answer["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert "@idempotent directive is required" in answer["errors"][0]["message"]
    assert customer.stock == (5, 0)


def test_an_activation_without_a_key_is_refused(customer: Customer) -> None:
    text = ACTIVATE.text.replace("@idempotent(key: $key)", "").replace(", $key: String!", "")
    answer = customer.ask(text, item=customer.item(), location=PLACE, available=1)
    assert "@idempotent directive is required" in answer["errors"][0]["message"]


def test_a_blank_key_is_refused(customer: Customer) -> None:
    assert "blank" in customer.set(key=" ")["errors"][0]["message"]


def test_a_quantity_that_does_not_say_what_it_changes_from_is_refused(customer: Customer) -> None:
    answer = customer.set(changeFromQuantity=...)
    assert answer["errors"][0]["extensions"]["code"] == "INVALID_FIELD_ARGUMENTS"
    assert "must include the following argument: changeFromQuantity" in answer["errors"][0]["message"]
    assert customer.stock == (5, 0)


def test_an_explicit_null_compares_nothing(customer: Customer) -> None:
    assert customer.codes(customer.set(changeFromQuantity=None)) == []
    assert customer.stock == (9, 0)


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"changeFromQuantity": 4}, "CHANGE_FROM_QUANTITY_STALE"),
        ({"inventoryItemId": gid("InventoryItem", 1)}, "INVALID_INVENTORY_ITEM"),
        ({"locationId": gid("Location", 1)}, "INVALID_LOCATION"),
        ({"quantity": -1}, "INVALID_QUANTITY_NEGATIVE"),
        ({"quantity": 1_000_000_001}, "INVALID_QUANTITY_TOO_HIGH"),
    ],
)
def test_a_wrong_quantity_is_refused_with_shopifys_code_and_its_place(
    customer: Customer, wanted: dict[str, Any], code: str
) -> None:
    answer = customer.set(**wanted)
    (error,) = answer["data"]["inventorySetQuantities"]["userErrors"]
    assert error["code"] == code
    assert error["field"][:3] == ["input", "quantities", "0"]
    assert customer.stock == (5, 0)


def test_one_wrong_quantity_stops_the_whole_list(customer: Customer) -> None:
    wrong = {"inventoryItemId": gid("InventoryItem", 1), "locationId": PLACE, "quantity": 1, "changeFromQuantity": 0}
    assert customer.codes(customer.set(more=[wrong])) == ["INVALID_INVENTORY_ITEM"]
    assert customer.stock == (5, 0)


def test_the_same_item_twice_is_refused(customer: Customer) -> None:
    again = {"inventoryItemId": customer.item(), "locationId": PLACE, "quantity": 1, "changeFromQuantity": 5}
    assert customer.codes(customer.set(more=[again])) == ["NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"]


def test_a_list_may_not_be_longer_than_shopifys(customer: Customer) -> None:
    many = [{"inventoryItemId": "gid://x", "locationId": PLACE, "quantity": 1, "changeFromQuantity": 0}] * 250
    assert "250" in customer.set(more=many)["errors"][0]["message"]


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("name", "committed", "INVALID_NAME"),
        ("reason", "because", "INVALID_REASON"),
        ("referenceDocumentUri", "gid://npta-fulfillment/StockPush", "INVALID_REFERENCE_DOCUMENT"),
    ],
)
def test_what_holds_for_the_whole_list_is_checked(customer: Customer, name: str, value: str, code: str) -> None:
    asked = {"name": "available", "reason": "correction", "quantities": [], name: value}
    assert customer.codes(customer.ask(SET_QUANTITIES.text, input=asked, key="k")) == [code]


def test_what_is_not_tracked_or_a_bundle_of_shopifys_own_takes_no_number(customer: Customer) -> None:
    customer.product(tracked=False)
    assert customer.codes(customer.set(key="1")) == [None]
    customer.product(tracked=True, native_bundle=True)
    assert customer.codes(customer.set(key="2")) == ["NON_MUTABLE_INVENTORY_ITEM"]


def test_a_number_where_nothing_is_stocked_sells_nothing(customer: Customer) -> None:
    customer.product(available=None)
    assert customer.codes(customer.set(changeFromQuantity=0)) == []
    assert customer.stock == (None, None)


def test_a_key_does_its_work_once(customer: Customer) -> None:
    assert customer.set(key="one")["data"] == customer.set(key="one")["data"]
    customer.product(available=3)
    assert customer.codes(customer.set(key="one")) == []
    assert customer.stock == (3, 0)


def test_a_key_stands_for_one_set_of_parameters(customer: Customer) -> None:
    customer.set(key="one")
    assert customer.codes(customer.set(key="one", quantity=10)) == ["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"]
    assert customer.stock == (9, 0)


def test_a_key_that_failed_is_spent(customer: Customer) -> None:
    customer.set(key="one", changeFromQuantity=1)
    assert customer.codes(customer.set(key="one", changeFromQuantity=1)) == ["IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"]


def test_an_active_item_is_not_activated_with_a_number(customer: Customer) -> None:
    answer = customer.ask(ACTIVATE.text, item=customer.item(), location=PLACE, available=1, key="k")
    (error,) = answer["data"]["inventoryActivate"]["userErrors"]
    assert "already active at the location" in error["message"]
    for number, wrong in enumerate(({"item": gid("InventoryItem", 1)}, {"location": gid("Location", 1)})):
        asked: dict[str, Any] = {
            "item": customer.item(),
            "location": PLACE,
            "available": 1,
            "key": f"k{number}",
        } | wrong
        assert customer.ask(ACTIVATE.text, **asked)["data"]["inventoryActivate"]["userErrors"] != []


def test_an_unknown_item_is_not_tracked(customer: Customer) -> None:
    answer = customer.ask(TRACK.text, item=gid("InventoryItem", 1))
    assert answer["data"]["inventoryItemUpdate"]["userErrors"] != []
    assert "Invalid global id" in customer.ask(TRACK.text, item="1")["errors"][0]["message"]


@pytest.mark.parametrize("token", ["", "wrong"])
def test_nobody_is_let_in_without_the_token(customer: Customer, token: str) -> None:
    assert "Invalid API key" in customer.ask("{ shop { name } }", token=token)["errors"]
    assert customer.status == 401


def test_a_shop_without_a_token_of_its_own_takes_any_but_none() -> None:
    shop = LocalShop(access_token="")
    body = json.dumps({"query": "{ shop { name } }"}).encode()
    path = "/admin/api/2026-10/graphql.json"
    assert shop.handle("POST", path, headers={"X-Shopify-Access-Token": "any"}, body=body).status == 200
    assert shop.handle("POST", path, body=body).status == 401


def test_an_app_signs_in_with_its_secret_only(customer: Customer) -> None:
    form = f"grant_type=client_credentials&client_id={CLIENT_ID}&client_secret={CLIENT_SECRET}"
    path = "/admin/oauth/access_token"
    answer = customer.shop.handle("POST", path, body=form.encode())
    token = json.loads(answer.body)["access_token"]
    assert customer.ask("{ shop { name } }", token=token)["data"]["shop"]["name"] == "NPTA (local)"
    customer.time.sleep(86_400)
    customer.ask("{ shop { name } }", token=token)
    assert customer.status == 401
    assert customer.shop.handle("POST", path, body=form.encode() + b"x").status == 401
    assert customer.shop.handle("POST", path, body=b"grant_type=password").status == 400


def test_the_answer_says_which_version_it_speaks(customer: Customer) -> None:
    customer.ask("{ shop { name } }")
    assert customer.headers["X-Shopify-API-Version"] == "2026-10"
    customer.ask("{ shop { name } }", version="2025-01")
    assert customer.headers["X-Shopify-API-Version"] == "2026-01"
    for unknown in ("2027-01", "2026-02", "unstable"):
        customer.ask("{ shop { name } }", version=unknown)
        assert customer.status == 404


def test_what_is_no_graphql_or_not_in_the_schema_is_refused(customer: Customer) -> None:
    assert customer.ask("{ shop {")["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert "prize" in customer.ask("{ shop { prize } }")["errors"][0]["message"]
    assert customer.shop.handle("POST", "/admin/api/2026-10/graphql.json", body=b"{").status == 400
    assert customer.shop.handle("GET", "/admin/api/2026-10/shop.json").status == 404


def test_a_page_needs_a_size_shopify_grants_and_a_cursor_it_gave(customer: Customer) -> None:
    for asked in ("", "(first: 251)", "(first: 0)", '(first: 1, after: "x")'):
        answer = customer.ask("{ productVariants%s { nodes { id } } }" % asked)  # noqa: UP031 - braces are GraphQL's
        assert answer["errors"], asked


def test_a_query_costs_what_the_published_rule_says(customer: Customer) -> None:
    variables: dict[str, Any] = {"location": PLACE, "after": None, "search": None}
    cost = customer.ask(VARIANTS.text, **variables)["extensions"]["cost"]
    assert (cost["requestedQueryCost"], cost["actualQueryCost"]) == (2 + 9 * 5, 2 + 1 * 5)
    assert cost["throttleStatus"] == {"maximumAvailable": 2000, "currentlyAvailable": 1993, "restoreRate": 100}
    assert customer.set()["extensions"]["cost"]["actualQueryCost"] == 10
    work = "fulfillmentOrders(first: 250) { nodes { lineItems(first: 250) { nodes { lineItem { id } } } } }"
    costly = "{ orders(first: 250) { nodes { %s } } }" % work  # noqa: UP031 - braces are GraphQL's
    assert customer.ask(costly)["errors"][0]["extensions"]["code"] == "MAX_COST_EXCEEDED"


def test_a_page_that_shopify_was_seen_to_charge_costs_the_same(customer: Customer) -> None:
    """https://community.shopify.dev/t/23101: 25 points, the product's own among them."""
    seen = "{ productVariants(first: 250) { nodes { inventoryItem { id tracked } } } }"
    assert customer.ask(seen)["extensions"]["cost"]["requestedQueryCost"] == 25 - 1


def test_fragments_cost_the_same(customer: Customer) -> None:
    query = (
        "query { productVariants(first: 10) { nodes { ...part ... on ProductVariant { inventoryItem { id } } } } }"
        " fragment part on ProductVariant { id product { id } }"
    )
    assert customer.ask(query)["extensions"]["cost"]["requestedQueryCost"] == 2 + 4 * 3


def test_an_empty_bucket_refuses_and_fills_again(customer: Customer) -> None:
    variables: dict[str, Any] = {"location": PLACE, "after": None, "search": None}
    customer.shop.bucket.pay(1_960)
    answer = customer.ask(VARIANTS.text, **variables)
    assert answer["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert answer["extensions"]["cost"]["actualQueryCost"] is None
    assert answer["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"] == 40
    customer.time.sleep(2)
    assert "errors" not in customer.ask(VARIANTS.text, **variables)


def test_buying_commits_stock_and_refunding_gives_it_back_or_not(customer: Customer) -> None:
    order = customer.door("POST", "/_orders", {"email": "a@b.example", "lines": [{"sku": "CPT", "quantity": 4}]})
    assert customer.stock == (1, 4)
    some = {"lines": [{"sku": "CPT", "quantity": 1}]}
    refund = customer.door("POST", f"/_orders/{order['id']}/refund", {**some, "restock": "cancel"})
    assert customer.stock == (2, 3)
    customer.door("POST", f"/_orders/{order['id']}/refund", some)
    assert customer.stock == (2, 2)
    assert refund["order_id"] == order["id"]
    assert [(each["line_item_id"], each["quantity"]) for each in refund["refund_line_items"]] == [
        (order["line_items"][0]["id"], 1)
    ]
    (state,) = customer.door("GET", "/_state")["orders"]
    assert (state["financial_status"], state["line_items"][0]["current_quantity"]) == ("partially_refunded", 2)
    assert len(state["refunds"]) == 2
    customer.door("POST", f"/_orders/{order['id']}/refund", {"lines": [{"sku": "CPT", "quantity": 3}]}, status=422)
    customer.door("POST", f"/_orders/{order['id']}/refund", {"lines": [{"sku": "CNC"}]}, status=422)
    customer.door("POST", f"/_orders/{order['id']}/refund", {"restock": "perhaps"}, status=422)
    customer.door("POST", f"/_orders/{order['id']}/cancel")
    assert customer.stock == (4, 0)


def test_nobody_buys_what_is_not_for_sale(customer: Customer) -> None:
    def buy(quantity: Any = 1, status: int = 422, sku: str = "CPT", **more: Any) -> None:
        customer.door("POST", "/_orders", {"lines": [{"sku": sku, "quantity": quantity}], **more}, status=status)

    buy(6)
    buy(0)
    buy("2")
    buy(sku="UNKNOWN")
    customer.door("POST", "/_orders", {}, status=422)
    assert customer.stock == (5, 0)
    buy(6, status=200, oversell=True)
    assert customer.stock == (-1, 6)
    customer.product(status="DRAFT")
    buy()
    customer.product(status="UNLISTED")
    buy(status=200)
    customer.product(available=0, policy="CONTINUE")
    buy(status=200)


def test_an_order_is_told_as_shopifys_webhook_tells_it(customer: Customer) -> None:
    wanted = {
        "customer": "Ada Lovelace",
        "email": "ada@example.com",
        "lines": [{"sku": "CPT", "quantity": 2}, {"title": "Tip"}],
    }
    order = customer.door("POST", "/_orders", wanted)
    assert (order["name"], order["order_number"], order["financial_status"]) == ("#1001", 1001, "paid")
    assert isinstance(order["id"], int)
    assert len(str(order["id"])) >= 13
    assert order["admin_graphql_api_id"] == f"gid://shopify/Order/{order['id']}"
    assert (order["customer"]["first_name"], order["customer"]["last_name"]) == ("Ada", "Lovelace")
    assert [(line["sku"], line["quantity"], line["current_quantity"]) for line in order["line_items"]] == [
        ("CPT", 2, 2),
        (None, 1, 1),
    ]


def test_a_product_is_changed_by_its_sku_and_removed(customer: Customer) -> None:
    before = customer.door("GET", "/_state")["products"][0]
    changed = customer.product(title="New", tags=["b", "a"], type="Bundle", price="9.00")
    assert changed["id"] == before["id"]
    assert (changed["title"], changed["tags"], changed["type"], changed["price"]) == (
        "New",
        ["a", "b"],
        "Bundle",
        "9.00",
    )
    for wrong in (
        {"sku": 5},
        {"sku": "X", "status": "GONE"},
        {"sku": "X", "policy": "MAYBE"},
        {"sku": "X", "colour": "red"},
    ):
        customer.door("POST", "/_products", wrong, status=422)
    customer.door("DELETE", "/_products/CPT")
    customer.door("DELETE", "/_products/CPT", status=422)
    assert customer.door("GET", "/_state")["products"] == []


def test_the_runbooks_products_are_put_in(customer: Customer) -> None:
    customer.door("POST", "/_seed")
    assert [each["sku"] for each in customer.door("GET", "/_state")["products"]] == [
        "CPT", *(each["sku"] for each in PRODUCTS if each["sku"] != "CPT"),
    ]  # fmt: skip


def test_faults_are_shown_counted_and_ended(customer: Customer) -> None:
    customer.door("POST", "/_faults", {"name": "down"})
    customer.door("POST", "/_faults", {"name": "throttled", "times": 2})
    shown = customer.door("GET", "/_faults")
    assert [(each["name"], each["times"]) for each in shown] == [("down", None), ("throttled", 2)]
    customer.door("POST", "/_faults", {"name": "earthquake"}, status=422)
    customer.door("POST", "/_faults", {"name": "down", "size": 3}, status=422)
    customer.ask("{ shop { name } }")
    assert customer.status == 503
    assert customer.door("DELETE", "/_faults") == []
    assert "errors" not in customer.ask("{ shop { name } }")


def test_a_fault_can_be_for_one_operation(customer: Customer) -> None:
    customer.door("POST", "/_faults", {"name": "internal", "operation": "Other"})
    assert "errors" not in customer.ask("{ shop { name } }")


def test_the_door_says_what_it_does_not_have(customer: Customer) -> None:
    assert "no GET /_nothing" in customer.door("GET", "/_nothing", status=404)["error"]
    assert customer.shop.handle("POST", "/_orders", body=b"[1]").status == 400
    assert customer.shop.handle("POST", "/_orders", body=b"{").status == 400


def test_every_call_is_written_down_without_tokens(customer: Customer) -> None:
    customer.set()
    (call,) = customer.door("GET", "/_state")["calls"]
    assert (call["status"], call["cost"], call["version"]) == (200, 10, "2026-10")
    assert ACCESS_TOKEN not in json.dumps(call)


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ('sku:"CPT" OR sku:CNC', ["CPT", "cpt-2", "CNC"]),
        ('sku:"CPT" AND sku:"2"', ["cpt-2"]),
        ("", ["CPT", "cpt-2", "CNC"]),
        (None, ["CPT", "cpt-2", "CNC"]),
    ],
)
def test_the_search_is_as_coarse_as_shopifys(search: str | None, found: list[str]) -> None:
    fits = matcher(search, ["sku"])
    assert [sku for sku in ("CPT", "cpt-2", "CNC") if fits({"sku": [sku]})] == found


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("(sku:CPT OR sku:CNC) AND -sku:2", ["CPT", "CNC"]),
        ("sku:CNC OR sku:CPT AND sku:2", ["cpt-2", "CNC"]),
        ("-(sku:CPT)", None),
        ("made:>=2026-11-23 AND made:<2026-11-25", ["cpt-2", "CNC"]),
        ('made:>"2026-11-23T15:00:00Z"', ["CNC"]),
        ("made:<=2026-11-22", ["CPT"]),
        ("(sku:CPT", None),
    ],
)
def test_a_search_may_be_grouped_negated_and_compared(search: str, found: list[str] | None) -> None:
    made = {"CPT": "2026-11-22", "cpt-2": "2026-11-23T15:00:00Z", "CNC": "2026-11-24"}
    if found is None:
        with pytest.raises(UnclearQueryError):
            matcher(search, ["sku", "made"])
        return
    fits = matcher(search, ["sku", "made"])

    assert [sku for sku, at in made.items() if fits({"sku": [sku], "made": [at]})] == found


@pytest.mark.parametrize("search", ["CPT", "title:x", 'sku:"a" sku:"b"', 'sku:"a" OR', 'sku:"a'])
def test_a_search_that_shopify_might_ignore_is_refused(search: str) -> None:
    with pytest.raises(UnclearQueryError):
        matcher(search, ["sku"])


def test_over_a_port_it_is_the_same_shop() -> None:
    with serve_shop() as served:
        made = requests.post(f"{served.url}/_products", json={"sku": "CPT"}, timeout=5)
        assert made.status_code == 200
        headers = {"X-Shopify-Access-Token": ACCESS_TOKEN}
        path = f"{served.url}/admin/api/2026-10/graphql.json"
        answer = requests.post(path, json={"query": "{ shop { name } }"}, headers=headers, timeout=5)
        assert answer.headers["X-Shopify-API-Version"] == "2026-10"
        assert answer.json()["data"] == {"shop": {"name": "NPTA (local)"}}
        assert [each.sku for each in served.shop.goods.products] == ["CPT"]


def test_as_a_program_it_says_where_it_listens_and_which_settings_lead_there() -> None:
    command = [sys.executable, "-m", "npta.local.shop", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("listening on http://127.0.0.1:")
            state = requests.get(f"{line.split()[-1]}/_state", timeout=5).json()
            assert len(state["products"]) == len(PRODUCTS)
            assert state["settings"]["SHOPIFY_LOCATION_ID"] == state["locations"][0]["id"]
        finally:
            process.terminate()
        assert process.wait(20) == 0
