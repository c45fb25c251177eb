"""X17: an order is found by what people have at hand; several are listed, and a name that two share is never guessed."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from npta.web.auth import Role
from npta.web.routes.route_table import ROUTES
from tests.npta.acceptance.steps import press
from tests.support import ORDER_KEY, House

ADA, BEN, CLEO = "6855909900591", "6855909900592", "1042"
pytestmark = pytest.mark.row("X17")


@pytest.fixture
def shop(npta: House) -> House:
    """Three orders of three people; the third's id is the first's name, and the second waits for keys."""
    npta.products(("CPTa", "NASM-CPT-FULL"))
    npta.keys(
        ["CANADA", "NASM", "CPT", "combined", "EX-2t572t1232321a", 1], ["CANADA", "NASM", "CPT", "combined", "b7", 1]
    )
    npta.order(ADA, ("CPTa", 1), order_name="#1042", customer_name="Adélaïde Lovelace", email="Ada@example.com")
    npta.order(CLEO, ("CPTa", 1), order_name="#7", customer_name="Cleo Strauß", email="cleo@example.com")
    npta.order(BEN, ("CPTa", 1), order_name="#8", customer_name="Ben O’Hara", email="ben@example.com")
    return npta


def found(house: House, text: Any) -> list[str]:
    return [order["order_id"] for order in press(house, "/orders/search", {"q": text})["orders"]]


@pytest.mark.parametrize(
    ("text", "orders"),
    [
        (ADA, [ADA]),
        (f"gid://shopify/Order/{ADA}", [ADA]),
        ("#1042", [ADA]),
        (" # 1042 ", [ADA]),
        ("ADA@EXAMPLE.COM", [ADA]),
        ("adelaide", [ADA]),
        ("ove", [ADA]),
        ("strauss", [CLEO]),
        ("o'hara", [BEN]),
        ("EX-2t572t1232321a", [ADA]),
        ("ex-2T572T1232321A", []),
        ("ov", []),
        ("nobody@example.com", []),
        (1042, [ADA, CLEO]),
    ],
)
def test_it_is_found_by(shop: House, text: Any, orders: list[str]) -> None:
    assert sorted(found(shop, text)) == sorted(orders)


def test_a_hit_says_how_the_order_stands(shop: House) -> None:
    press(shop, f"/orders/{ADA}/delivered")

    told = press(shop, "/orders/search", {"q": "#1042"})

    (hit,) = told["orders"]
    assert hit.pop("seen_at").startswith("20")
    assert told["more"] is False
    assert hit == {
        "order_id": ADA,
        "order_name": "#1042",
        "customer_name": "Adélaïde Lovelace",
        "email": "Ada@example.com",
        "status": "fulfilled",
        "delivered": True,
    }
    assert press(shop, "/orders/search", {"q": "#8"})["orders"][0]["status"] == "failed"


def test_fifty_are_listed_and_then_that_there_are_more(shop: House) -> None:
    for number in range(51):
        shop.order(str(7000 + number), ("CPTa", 1), customer_name="Grace Hopper")

    told = press(shop, "/orders/search", {"q": "hopper"})

    assert (len(told["orders"]), told["more"]) == (50, True)


def test_what_was_looked_for_stands_in_no_log(shop: House, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        found(shop, "EX-2t572t1232321a")
        found(shop, "ada@example.com")
        press(shop, "/orders/search", {"q": ["ada@example.com"]}, status=400)
        press(shop, "/orders/search", {"q": "ada@example.com", "query": "EX-2t572t1232321a"}, status=400)

    logged = " ".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    assert "2t572t1232321a" not in logged
    assert "example.com" not in logged


@pytest.mark.parametrize(
    "body", [{}, {"q": ""}, {"q": " \u200b"}, {"q": None}, {"q": True}, {"q": "x" * 1001}, {"q": {}}]
)
def test_what_cannot_be_looked_for_is_400(shop: House, body: dict[str, Any]) -> None:
    assert press(shop, "/orders/search", body, status=400)["errors"][0]["field"] == "q"


def test_only_operators_look_for_orders(shop: House) -> None:
    press(shop, "/orders/search", {"q": "lovelace"}, status=403, key=ORDER_KEY)
    press(shop, "/orders/search", {"q": "lovelace"}, status=401, key="")


BODIES: dict[str, dict[str, Any]] = {"/orders/{id}/assign": {"keycode": "b7", "line_item_id": "1"}}


@pytest.mark.parametrize(
    ("method", "path"), [(method, path) for (method, path), route in ROUTES.items() if "{id}" in path and route.role]
)
def test_a_name_that_two_orders_share_is_guessed_by_no_call(shop: House, method: str, path: str) -> None:
    shop.order("99", ("CPTa", 1), order_name="1042")
    before = (shop.rows("Key Ledger"), shop.rows("Orders"))

    for name in ("%231042", "%23%201042"):
        body = BODIES.get(path, {}) if method == "POST" else None
        response = shop.call(method, path.replace("{id}", name), body)

        told = json.loads(response.data)
        assert response.status_code == 409
        assert ADA in told["detail"]
        assert "99" in told["detail"]
    assert (shop.rows("Key Ledger"), shop.rows("Orders")) == before
    assert sorted(found(shop, "#1042")) == sorted([ADA, "99"])


def test_bare_digits_are_an_id_where_something_is_changed(shop: House) -> None:
    assert press(shop, "/orders/1042/release", {"dry_run": True})["order_id"] == CLEO
    assert press(shop, "/orders/8/release", status=404)["detail"].endswith(f"its id is {BEN}.")


def test_every_route_with_an_order_is_for_somebody() -> None:
    assert all(route.role in (Role.ORDERS, Role.OPERATOR) for (_, path), route in ROUTES.items() if "{id}" in path)
