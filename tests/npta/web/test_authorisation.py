"""Who may do what: every route and every kind of caller, against the contract's table, which is written out here."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable

import pytest
from werkzeug import Request, Response
from werkzeug.test import Client

from npta.web.app import Web
from npta.web.auth import Authenticator
from npta.web.routes.route_table import ROUTES
from tests.npta.web.tokens import AUDIENCE, Google, token
from tests.support import OPERATOR_KEY, ORDER_KEY, House

WEBHOOK_SECRET = "webhook-secret-for-tests"
BODY = b"{}"

OPEN, ORDERS, OPERATOR, SHOPIFY = "open", "order key", "operator", "Shopify's HMAC"

CONTRACT = {
    "GET /health": OPEN,
    "GET /openapi.json": OPEN,
    "GET /manual": OPEN,
    "POST /orders": ORDERS,
    "GET /orders/{id}": ORDERS,
    "POST /orders/{id}/delivered": ORDERS,
    "POST /orders/{id}/release": OPERATOR,
    "POST /orders/{id}/clear-cache": OPERATOR,
    "POST /orders/{id}/resend": OPERATOR,
    "POST /orders/{id}/close": OPERATOR,
    "POST /orders/{id}/fill": OPERATOR,
    "POST /orders/{id}/assign": OPERATOR,
    "POST /orders/search": OPERATOR,
    "POST /orders/serve-waiting": OPERATOR,
    "POST /keys/import": OPERATOR,
    "POST /keys/retire": OPERATOR,
    "POST /keys/adjust": OPERATOR,
    "POST /keys/{key_id}/retire": OPERATOR,
    "POST /keys/{key_id}/adjust": OPERATOR,
    "POST /catalogue/sync": OPERATOR,
    "POST /shopify/sync": OPERATOR,
    "POST /orders/recover": OPERATOR,
    "POST /inventory/refresh": OPERATOR,
    "POST /mode": OPERATOR,
    "GET /status": OPERATOR,
    "POST /outbox/flush": OPERATOR,
    "POST /maintenance": OPERATOR,
    "POST /reconcile": OPERATOR,
    "POST /shopify/webhooks/refunds-create": SHOPIFY,
    "POST /shopify/webhooks/orders-cancelled": SHOPIFY,
}

CALLERS: dict[str, Callable[[], dict[str, str]]] = {
    "nobody": dict,
    "a wrong key": lambda: {"X-API-Key": "wrong"},
    "an order key": lambda: {"X-API-Key": ORDER_KEY},
    "an operator key": lambda: {"X-API-Key": OPERATOR_KEY},
    "an operator's token": lambda: {"X-Identity-Token": token()},
    "a stranger's token": lambda: {"X-Identity-Token": token(email="stranger@example.com")},
    "an expired token": lambda: {"Authorization": f"Bearer {token(iat=1, exp=2)}"},
    "Shopify": lambda: {
        "X-Shopify-Hmac-SHA256": base64.b64encode(
            hmac.new(WEBHOOK_SECRET.encode(), BODY, hashlib.sha256).digest()
        ).decode()
    },
}

REFUSED = {
    OPEN: {},
    ORDERS: {"nobody": 401, "a wrong key": 401, "a stranger's token": 403, "an expired token": 401, "Shopify": 401},
    OPERATOR: {
        "nobody": 401,
        "a wrong key": 401,
        "an order key": 403,
        "a stranger's token": 403,
        "an expired token": 401,
        "Shopify": 401,
    },
    SHOPIFY: {caller: 401 for caller in CALLERS if caller != "Shopify"},
}
"""Who is refused, and with what; everybody else gets past the door."""


@pytest.fixture(scope="module")
def door() -> Client:
    """The service with every way in that there is."""
    house = House(
        environment={
            "NPTA_ID_TOKEN_AUDIENCES": AUDIENCE,
            "NPTA_OPERATORS": "ops@npta.example",
            "SHOPIFY_WEBHOOK_SECRET": WEBHOOK_SECRET,
        }
    ).provision()
    web = Web(lambda: house.services, Authenticator(house.settings, transport=Google()))
    return Client(Request.application(web.handle), Response)


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("route", [f"{method} {path}" for method, path in ROUTES])
def test_every_route_lets_in_whom_the_contract_names_and_nobody_else(door: Client, route: str, caller: str) -> None:
    method, path = route.split()

    response = door.open(
        path.replace("{id}", "404404").replace("{key_id}", "K404"),
        method=method,
        data=BODY if method == "POST" else b"",
        content_type="application/json",
        headers=CALLERS[caller](),
    )

    refused = REFUSED[CONTRACT[route]].get(caller)
    if refused:
        assert (response.status_code, json.loads(response.data)["status"]) == (refused, refused)
    else:
        assert response.status_code not in (401, 403)


def test_every_route_has_its_rule_in_the_contract() -> None:
    assert {f"{method} {path}" for method, path in ROUTES} == CONTRACT.keys()
