"""Everything that the description allows, and much that it does not, against the running function: schemathesis.

The same requests in every run (`derandomize`): a fault that is found is found again. NPTA_TEST_EXAMPLES=1000 digs deeper.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from npta.local.function_process import ROOT
from npta.operations.audit import audit_spreadsheet
from npta.services import make_services
from npta.settings import Settings
from npta.web.auth import Role
from npta.web.routes.route_table import ROUTES, description
from tests.npta.processes import Function, order_body, site
from tests.support import OPERATOR_KEY, ORDER_KEY, catalogue_row

pytestmark = pytest.mark.xdist_group("fuzz")  # One process is asked by all of them, and the last test sums up.
EXAMPLES = int(os.environ.get("NPTA_TEST_EXAMPLES", "8"))
CREDENTIALS = {"X-API-Key", "Authorization", "X-Identity-Token", "X-Shopify-Hmac-SHA256"}
"""What schemathesis makes up is taken off again."""
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
WEBHOOK_SECRET = "webhook-secret-for-tests"
ORDERS = {path: str(6855909900000 + place) for place, (_, path) in enumerate(ROUTES) if "{id}" in path}
"""An order of its own for every path: one that was released has nothing to be mailed again."""


def signed(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """What Shopify does to a request."""
    body = request.body or b""
    body = body.encode() if isinstance(body, str) else bytes(body)
    digest = hmac.new(WEBHOOK_SECRET.encode(), body, hashlib.sha256).digest()
    request.headers["X-Shopify-Hmac-SHA256"] = base64.b64encode(digest).decode()
    return request


def with_key(key: str) -> Callable[[requests.PreparedRequest], requests.PreparedRequest]:
    """What a caller with a key does to it."""

    def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["X-API-Key"] = key
        return request

    return sign


CALLERS = {
    "nobody": lambda request: request,
    "an order key": with_key(ORDER_KEY),
    "an operator": with_key(OPERATOR_KEY),
    "Shopify": signed,
}


def lets_in(role: Role, caller: str) -> bool:
    """Whether a caller may."""
    if role is Role.ANYBODY:
        return True
    if role is Role.SHOPIFY or caller == "Shopify":
        return role is Role.SHOPIFY and caller == "Shopify"
    return caller == "an operator" or (caller == "an order key" and role is Role.ORDERS)


@dataclass
class Live:
    """The function as a process, an order and a key that it knows, and every status that it has given."""

    function: Function
    keys: list[str]
    session: requests.Session
    seen: dict[tuple[str, str], set[int]] = field(default_factory=lambda: defaultdict(set))


@contextmanager
def shop() -> Iterator[dict[str, str]]:
    """The local shop as a process; gives the settings for it."""
    command = [sys.executable, "-m", "npta.local.shop", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout
        try:
            origin = process.stdout.readline().removeprefix("listening on ").strip()
            yield {
                "SHOPIFY_SHOP": "npta.myshopify.com",
                "SHOPIFY_API_URL": origin,
                "SHOPIFY_ACCESS_TOKEN": "shpat_test",
                "SHOPIFY_LOCATION_ID": "1",
                "SHOPIFY_WEBHOOK_SECRET": WEBHOOK_SECRET,
            }
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def live() -> Iterator[Live]:
    with site() as place, shop() as shopify, place.function(**shopify) as function:
        catalogue = place.sheet.worksheet("NPTA Catalogue")
        catalogue.update([catalogue_row("NSTB", "NASM-CPT-FULL")], "A2", raw=True)
        pasted = [["CANADA", "NASM", "CPT", "combined", f"EX-{number}", 500] for number in range(3)]
        place.sheet.worksheet("Import Keys").update(pasted, "A2", raw=True)
        assert function.post("/catalogue/sync", {}).json()["published"] == 1
        assert function.post("/keys/import", {}).json()["imported"] == 3
        for order_id in ORDERS.values():
            assert function.post("/orders", order_body(order_id, ("NSTB", 1))).status_code == 200
        with requests.Session() as session:
            yield Live(function, [row["key_id"] for row in place.rows("Import History")[-2:]], session)
        services = make_services(Settings.load(place.environment))
        assert audit_spreadsheet(services, deadline=services.clock.deadline(30)) == []


def operation_of(method: str, path: str) -> Any:
    schema = schemathesis.openapi.from_dict(description())
    return schema[path][method]


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize(("method", "path"), ROUTES, ids=lambda part: part)
def test_every_answer_is_as_described(live: Live, caller: str, method: str, path: str) -> None:
    operation = operation_of(method, path)
    welcome = lets_in(ROUTES[method, path].role, caller)
    known = {"id": ORDERS.get(path), "key_id": live.keys[path.endswith("retire")]}
    parts = {name: known[name] for name in known if f"{{{name}}}" in path}
    bodies = {
        "/shopify/webhooks/refunds-create": {"id": 1, "order_id": int(min(ORDERS.values()))},
        "/keys/retire": {"key_id": live.keys[True]},
        "/keys/adjust": {"keycode": "EX-1", "seats": 500},
        "/orders/{id}/assign": {"key_id": live.keys[False], "sku": "NSTB"},
    }
    body: dict[str, Any] = {"body": bodies[path]} if path in bodies else {}
    if body and parts:
        body["path_parameters"] = parts

    def call(case: Any) -> None:
        case.headers = {name: value for name, value in (case.headers or {}).items() if name not in CREDENTIALS}
        response = case.call(base_url=live.function.origin, session=live.session, auth=CALLERS[caller], timeout=40)
        live.seen[method, path].add(response.status_code)
        assert response.status_code < 500 or response.status_code == 503, response.text
        case.validate_response(response, checks=CHECKS)
        if not welcome:
            assert response.status_code in (401, 403)

    def run(mode: GenerationMode, examples: int, **fixed: Any) -> None:
        strategy = operation.as_strategy(generation_mode=mode, **fixed)
        settings(
            max_examples=examples,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )(given(case=strategy)(call))()

    run(GenerationMode.POSITIVE, EXAMPLES if welcome else 2)
    if welcome and parts:
        run(GenerationMode.POSITIVE, EXAMPLES, path_parameters=parts)
    if welcome and body:
        run(GenerationMode.POSITIVE, 1, **body)
    if method == "POST" and welcome:
        run(GenerationMode.NEGATIVE, EXAMPLES)


def test_every_success_that_is_described_was_reached(live: Live) -> None:
    assert {route for route in ROUTES if 200 not in live.seen[route]} == set()
