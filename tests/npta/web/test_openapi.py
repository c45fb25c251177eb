"""The description of the service: valid, complete, and made of what really parses and makes."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
from openapi_spec_validator import validate

from npta.web.handlers import ROUTES, description
from npta.web.order_requests import parse_order
from npta.web.request_models import Asked, FlatOrder, OrderRequest, ShopifyOrder
from tests.npta.web.described import strange
from tests.support import ORDER_KEY, House


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method.upper(), path, operation)
        for path, verbs in description()["paths"].items()
        for method, operation in verbs.items()
    ]


def test_it_is_openapi_3_1() -> None:
    assert description()["openapi"] == "3.1.0"
    validate(description())


def test_it_is_served_to_anybody_without_a_spreadsheet() -> None:
    response = House().call("GET", "/openapi.json", key="")

    assert response.status_code == 200
    assert json.loads(response.data) == json.loads(json.dumps(description()))


def test_every_route_is_in_it_with_a_sentence() -> None:
    assert {(method, path) for method, path, _ in operations()} == set(ROUTES)
    for _, path, operation in operations():
        assert operation["summary"].endswith("."), path
    assert len({operation["operationId"] for *_, operation in operations()}) == len(ROUTES)


@pytest.mark.parametrize(
    ("method", "path", "operation"), operations(), ids=lambda part: part if isinstance(part, str) else ""
)
def test_every_route_says_what_may_go_wrong(method: str, path: str, operation: dict[str, Any]) -> None:
    statuses = set(operation["responses"])

    assert ("401" in statuses) == ("503" in statuses) == bool(operation["security"])
    assert "500" not in statuses
    assert not ("{" in path and "404" not in statuses)
    assert not (method == "POST" and not statuses >= {"400", "408", "413", "415"})


@pytest.mark.parametrize("model", [OrderRequest, ShopifyOrder, FlatOrder])
def test_the_examples_of_an_order_are_valid_and_understood(model: type[Any]) -> None:
    schema = {"$ref": f"#/components/schemas/{model.__name__}", "components": description()["components"]}
    for example in model.model_config["json_schema_extra"]["examples"]:
        jsonschema_rs.validate(schema, example)
        assert parse_order(example, "CANADA").order_id == "6855909900591"


def test_every_body_that_a_route_parses_is_described_with_its_fields() -> None:
    schemas = description()["components"]["schemas"]
    parsed = {route.asks for route in ROUTES.values() if route.asks}
    assert parsed
    for model in parsed:
        assert issubclass(model, Asked)
        assert set(schemas[model.__name__].get("properties", {})) == set(model.model_fields)


class TestTheWitness:
    """The check over all tests of the service can fail."""

    def test_it_sees_a_field_that_is_not_described(self) -> None:
        house = House().provision()
        response = house.call("POST", "/outbox/flush")
        assert strange(("POST", "/outbox/flush"), response) == ""

        response.set_data(json.dumps({**json.loads(response.data), "surprise": 1}))
        assert "surprise" in strange(("POST", "/outbox/flush"), response)

    def test_it_sees_a_missing_field_a_strange_status_and_a_missing_header(self) -> None:
        house = House().provision()
        response = house.call("GET", "/orders/1", key=ORDER_KEY)
        endpoint = ("GET", "/orders/{id}")
        assert strange(endpoint, response) == ""

        body = json.loads(response.data)
        response.set_data(json.dumps({**body, "title": None}))
        assert "title" in strange(endpoint, response)
        response.status_code = 418
        assert "not described" in strange(endpoint, response)
        response.status_code = 503
        assert "Retry-After" in strange(endpoint, response)
        del response.headers["X-Request-Id"]
        assert "X-Request-Id" in strange(endpoint, response)
