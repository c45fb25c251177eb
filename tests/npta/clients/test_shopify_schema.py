"""Every operation is valid on Shopify's published schema, and keeps the two rules that the schema does not state.

Each check is shown to be able to fail, by an operation with that very fault.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
from graphql import NoDeprecatedCustomRule, get_operation_ast, parse, validate

from npta.clients.shopify.graphql_operations import OPERATIONS, SCOPES, SET_QUANTITIES, VARIANTS, Operation
from npta.domain.state.receipts import OrderLine
from npta.local.shop.cost import MOST, Costs
from npta.settings import Settings
from tests.npta.clients.graphql_rules import compared, needs_key, used, without_key
from tests.npta.clients.shopping import Shopping
from tests.shopify_schema import VERSION, published

pytestmark = pytest.mark.xdist_group("shopify schema")  # one worker reads it, once

each_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)


@each_operation
def test_an_operation_is_valid_and_uses_nothing_deprecated(operation: Operation) -> None:
    document = parse(operation.text)
    assert validate(published().schema, document) == []
    assert validate(published().schema, document, [NoDeprecatedCustomRule]) == []
    assert [each.name.value for each in document.definitions] == [operation.name]  # type: ignore[attr-defined]  # operations have names


@each_operation
def test_a_mutation_that_needs_an_idempotency_key_has_one(operation: Operation) -> None:
    assert without_key(published().schema, operation.text) == []


@each_operation
def test_an_operation_costs_less_than_a_single_query_may(operation: Operation) -> None:
    document = parse(operation.text)
    chosen = get_operation_ast(document)
    assert chosen is not None
    variables = {"items": ["gid"] * 100}
    assert 1 <= Costs(published().schema, document, chosen, variables).requested() <= MOST


def test_the_checked_version_is_the_pinned_one() -> None:
    assert Settings.model_fields["shopify_api_version"].default == VERSION


def test_a_misspelt_field_and_a_retired_one_are_noticed() -> None:
    misspelt = VARIANTS.text.replace("inventoryPolicy", "inventoryPolice")
    assert "inventoryPolice" in validate(published().schema, parse(misspelt))[0].message
    retired = SET_QUANTITIES.text.replace("input: $input", "input: $input, ignoreCompareQuantity: true")
    assert "ignoreCompareQuantity" in validate(published().schema, parse(retired))[0].message
    deprecated = "query Old { productVariants(first: 1) { nodes { image { id } } } }"
    assert validate(published().schema, parse(deprecated), [NoDeprecatedCustomRule]) != []


def test_a_missing_key_is_noticed_although_the_schema_finds_nothing_wrong() -> None:
    text = SET_QUANTITIES.text.replace("@idempotent(key: $key)", "").replace(", $key: String!", "")
    assert validate(published().schema, parse(text)) == []
    assert without_key(published().schema, text) == ["inventorySetQuantities"]


def test_the_rule_about_keys_covers_the_mutations_that_shopify_lists() -> None:
    assert len(needs_key(published().schema)) == 16
    assert {"inventorySetQuantities", "inventoryActivate"} <= needs_key(published().schema)


class Listening(requests.Session):
    """A session that keeps what is sent."""

    def __init__(self, inner: requests.Session) -> None:
        super().__init__()
        self.adapters = inner.adapters
        self.trust_env = False
        self.sent: list[dict[str, Any]] = []

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        body = request.body or b""
        self.sent.append(json.loads(body))
        return super().send(request, **options)


def everything_sent() -> list[dict[str, Any]]:
    """All the client's kinds of calls, stock by every way."""
    shopping = Shopping(
        [
            {"sku": "SET", "available": 1},
            {"sku": "STALE", "available": 1},
            {"sku": "ACTIVATE", "available": None},
            {"sku": "TRACK", "tracked": False, "available": 1},
            {"sku": "NATIVE", "native_bundle": True, "available": 1},
            *({"sku": f"P-{number}", "available": 1} for number in range(60)),
        ],
        {"SHOPIFY_LOCATION_ID": ""},
        wrap=Listening,
    )
    shopping.fault("stale", sku="STALE")
    shopping.set({"SET": 2, "STALE": 2, "ACTIVATE": 2, "TRACK": 2, "NATIVE": 2})
    order = shopping.buy(**{f"P-{number}": 1 for number in range(60)})
    lines = [OrderLine(str(line["id"]), line["sku"], 1) for line in order["line_items"]]
    shopping.client.order(str(order["id"]), shopping.deadline)
    shopping.client.mark_fulfilled(str(order["id"]), lines, shopping.deadline)
    shopping.client.paid_open(shopping.deadline)
    shopping.client.changed_since("2020-01-01T00:00:00Z", shopping.deadline)
    shopping.client.lines_of([str(order["id"])], shopping.deadline)
    shopping.client.created_since("2020-01-01T00:00:00Z", shopping.deadline)
    shopping.client.whole_orders([str(order["id"])], shopping.deadline)
    assert list(shopping.client.statuses_of([str(order["id"]), "1"], shopping.deadline)) == [str(order["id"])]
    shopping.client.locations(shopping.deadline)
    shopping.client.missing_scopes(shopping.deadline)
    assert isinstance(shopping.session, Listening)
    return shopping.session.sent


def test_every_quantity_that_is_sent_says_what_it_changes_from() -> None:
    sent = everything_sent()
    assert {body["query"] for body in sent} == {operation.text for operation in OPERATIONS}
    said = [each for body in sent for each in compared(published().schema, body)]
    assert len(said) >= 5
    assert all(said)


def test_a_quantity_that_does_not_say_it_is_noticed() -> None:
    quantity = {"inventoryItemId": "gid", "locationId": "gid", "quantity": 1}
    asked = {
        "name": "available",
        "reason": "correction",
        "quantities": [{**quantity, "changeFromQuantity": None}, quantity],
    }
    body = {"query": SET_QUANTITIES.text, "variables": {"input": asked, "key": "k"}}
    assert compared(published().schema, body) == [True, False]


def needs() -> list[frozenset[str]]:
    """What Shopify asks for each type and field that our operations touch: any one scope of each set."""
    schema, table = published()
    touched = {each for operation in OPERATIONS for each in used(schema, operation.text)}
    return [table[each] for each in sorted(touched) if table.get(each)]


def test_the_documented_scopes_are_enough_and_none_is_too_many() -> None:
    assert [need for need in needs() if not need & set(SCOPES)] == []
    for scope in SCOPES:
        assert [need for need in needs() if not need & (set(SCOPES) - {scope})] != [], f"{scope} is not needed"


def test_every_scope_that_only_one_choice_fulfils_is_documented() -> None:
    assert {scope for need in needs() if len(need) == 1 for scope in need} <= set(SCOPES)
