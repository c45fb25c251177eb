"""The description of the service: valid, complete, and made of what really parses and makes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from typing import Any

import jsonschema_rs
import pytest
from openapi_spec_validator import validate
from werkzeug import Response

from npta import errors
from npta.errors import SettingError
from npta.web.auth import Role
from npta.web.context import Route
from npta.web.error_statuses import statuses_of
from npta.web.routes.route_table import ROUTES, description
from npta.web.schemas.order_request import parse_order
from npta.web.schemas.requests import RequestModel
from sheets_schema import SheetsError
from tests.npta.web.described import strange
from tests.npta.web.test_error_statuses import kinds, made
from tests.support import OPERATOR_KEY, ORDER_KEY, House


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


BODY = {400, 408, 413, 415}
"""What is wrong with a body, or with its way here."""
SHEET = {401, 409, 503}
"""Who calls is not known, the sheet differs, it cannot be reached now."""
OPERATOR = SHEET | {200, 403}
ORDER_IN_PATH = {400, 404, 409, 414}
MAY_ANSWER: dict[tuple[str, str], set[int]] = {
    ("GET", "/health"): {200},
    ("GET", "/openapi.json"): {200},
    ("GET", "/manual"): {200},
    ("POST", "/orders"): OPERATOR | BODY | {422},
    ("GET", "/orders/{id}"): OPERATOR | ORDER_IN_PATH,
    ("POST", "/orders/{id}/delivered"): OPERATOR | ORDER_IN_PATH | BODY,
    ("POST", "/orders/{id}/release"): OPERATOR | ORDER_IN_PATH | BODY,
    ("POST", "/orders/{id}/clear-cache"): OPERATOR | ORDER_IN_PATH | BODY,
    ("POST", "/orders/{id}/resend"): OPERATOR | ORDER_IN_PATH | BODY,
    ("POST", "/orders/{id}/close"): OPERATOR | ORDER_IN_PATH | BODY,
    ("POST", "/orders/{id}/fill"): OPERATOR | ORDER_IN_PATH | BODY | {422},
    ("POST", "/orders/{id}/assign"): OPERATOR | ORDER_IN_PATH | BODY | {422},
    ("POST", "/orders/search"): OPERATOR | BODY,
    ("POST", "/orders/serve-waiting"): OPERATOR | BODY,
    ("POST", "/keys/import"): OPERATOR | BODY,
    ("POST", "/keys/retire"): OPERATOR | BODY | {404},
    ("POST", "/keys/adjust"): OPERATOR | BODY | {404},
    ("POST", "/keys/{key_id}/retire"): OPERATOR | BODY | {404, 414},
    ("POST", "/keys/{key_id}/adjust"): OPERATOR | BODY | {404, 414},
    ("POST", "/catalogue/sync"): OPERATOR | BODY,
    ("POST", "/mode"): OPERATOR | BODY,
    ("POST", "/shopify/sync"): OPERATOR | BODY,
    ("POST", "/orders/recover"): OPERATOR | BODY,
    ("POST", "/inventory/refresh"): OPERATOR | BODY,
    ("GET", "/status"): OPERATOR,
    ("POST", "/maintenance"): OPERATOR | BODY,
    ("POST", "/reconcile"): OPERATOR | BODY,
    ("POST", "/outbox/flush"): OPERATOR | BODY,
    ("POST", "/shopify/webhooks/refunds-create"): SHEET | BODY | {200},
    ("POST", "/shopify/webhooks/orders-cancelled"): SHEET | BODY | {200},
}
"""What every call may end with; anything else that a test meets is a fault (`tests/npta/conftest.py`)."""


def test_every_route_says_with_what_it_may_end() -> None:
    told = {(method, path): set(map(int, operation["responses"])) for method, path, operation in operations()}

    assert told == MAY_ANSWER


def roots(route: Route) -> tuple[type[Exception], ...]:
    return (SheetsError, SettingError, *route.raises)


def raised() -> list[Any]:
    """Every error that the operation of a route may raise, and the route."""
    return [
        pytest.param(endpoint, kind, id=f"{' '.join(endpoint)} {kind.__name__}")
        for endpoint, route in ROUTES.items()
        if route.role is not Role.ANYBODY
        for kind in sorted({each for root in roots(route) for each in kinds(root)}, key=lambda kind: kind.__name__)
    ]


@pytest.mark.parametrize(("endpoint", "kind"), raised())
def test_every_error_of_an_operation_is_answered_as_its_route_says(
    endpoint: tuple[str, str], kind: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: Any, **__: Any) -> Response:
        raise made(kind)

    method, path = endpoint
    monkeypatch.setitem(ROUTES, endpoint, ROUTES[endpoint]._replace(handle=breaks, asks=None))
    house = House(environment={"SHOPIFY_WEBHOOK_SECRET": "secret"})
    signature = base64.b64encode(hmac.new(b"secret", b"{}", hashlib.sha256).digest()).decode()
    headers = {"X-Shopify-Hmac-SHA256": signature} if ROUTES[endpoint].role is Role.SHOPIFY else {}
    data = {"data": b"{}", "content_type": "application/json"} if method == "POST" else {}

    response = house.call(
        method, path.format(id="1", key_id="K1"), key="" if headers else OPERATOR_KEY, headers=headers, **data
    )

    assert response.status_code in MAY_ANSWER[endpoint] - {200}
    assert response.status_code in statuses_of(kind)
    assert strange(endpoint, response) == ""


def test_what_an_operation_says_that_it_raises_stands_in_its_route() -> None:
    """`Raises` in the docstring of an operation that a handler calls names nothing that the route does not know."""
    listed = {name: kind for name, kind in vars(errors).items() if isinstance(kind, type)}
    found = 0
    for endpoint, route in ROUTES.items():
        for name in route.handle.__code__.co_names:
            operation = route.handle.__globals__.get(name)
            if not getattr(operation, "__module__", "").startswith("npta.operations."):
                continue
            told = re.findall(r"`(\w+)`", (operation.__doc__ or "").partition("Raises")[2])
            for kind in (listed[each] for each in told if each in listed):
                found += 1
                assert issubclass(kind, (*route.raises, SettingError)), (endpoint, name, kind)
    assert found > 10


def test_the_examples_of_an_order_are_valid_and_understood() -> None:
    schemas = description()["components"]["schemas"]
    schema = {"$ref": "#/components/schemas/OrderRequest", "components": description()["components"]}
    assert len(schemas["OrderRequest"]["examples"]) == 3
    for example in schemas["OrderRequest"]["examples"]:
        jsonschema_rs.validate(schema, example)
        assert parse_order(example, "CANADA").order_id == "6855909900591"


def test_every_body_that_a_route_parses_is_described_with_its_fields() -> None:
    schemas = description()["components"]["schemas"]
    parsed = {route.asks for route in ROUTES.values() if route.asks}
    assert parsed
    for model in parsed:
        assert issubclass(model, RequestModel)
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
