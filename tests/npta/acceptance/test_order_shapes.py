"""Orders in the shapes in which Zapier and Shopify send them: what is left of them is served."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.npta.acceptance.steps import alerts, attention, look_up, messages, opened, pools, press, words
from tests.support import ORDER_KEY, House

ORDER = "6855909900591"
FLAT = {"order_id": ORDER, "email": "ada@example.com", "customer_name": "Ada Lovelace"}


def post(npta: House, body: dict[str, Any]) -> dict[str, Any]:
    """POST /orders; the answer, with its HTTP status as `http`."""
    response = npta.call("POST", "/orders", body, key=ORDER_KEY)
    return {**json.loads(response.data), "http": response.status_code}


def shapes(*lines: tuple[str, Any]) -> dict[str, dict[str, Any]]:
    """The same lines, (SKU, what is left), as they may come."""
    skus, left = [sku for sku, _ in lines], [quantity for _, quantity in lines]
    native = [{"id": n, "sku": sku, "quantity": 1, "current_quantity": now} for n, (sku, now) in enumerate(lines, 1)]
    return {
        "objects": {**FLAT, "line_items": [{"sku": sku, "quantity": now} for sku, now in lines]},
        "Shopify's own": {"id": int(ORDER), "email": "ada@example.com", "line_items": native},
        "lists": {**FLAT, "skus": skus, "quantities": left},
        "texts with commas": {
            **FLAT,
            "line_items_sku": ",".join(skus),
            "line_items_quantity": ",".join(map(str, left)),
        },
        "both quantities": {**FLAT, "skus": skus, "quantities": [1] * len(skus), "line_items_current_quantity": left},
    }


SHAPES = list(shapes())


@pytest.mark.row("A1")
@pytest.mark.parametrize("nothing", [0, "0", 0.0, "0.0"], ids=repr)
@pytest.mark.parametrize("shape", SHAPES)
def test_a_line_that_was_removed_is_left_out_and_the_others_are_served(npta: House, shape: str, nothing: Any) -> None:
    opened(npta)

    answer = post(npta, shapes(("NSTB", nothing), ("CPTa", 2))[shape])

    assert (answer["http"], answer["success"], answer["keys_count"], answer["skipped"]) == (200, True, 2, [])
    assert {key["sku"] for key in answer["keys"]} == {"CPTa"}
    assert pools(npta)["NASM CPT combined"] == (2, 13)


@pytest.mark.row("G3")
@pytest.mark.parametrize("shape", SHAPES)
def test_an_order_of_which_nothing_is_left_is_skipped_and_says_why(npta: House, shape: str) -> None:
    opened(npta)
    body = shapes(("NSTB", 0), ("CPTa", "0.0"))[shape]

    first, again = post(npta, body), post(npta, body)

    assert (first["http"], first["status"], first["success"], first["email_ready"]) == (200, "skipped", False, False)
    assert first["skipped"] == [{"sku": "NSTB", "reason": "removed"}, {"sku": "CPTa", "reason": "removed"}]
    assert (again["http"], again["status"], again["replayed"]) == (200, "skipped", True)
    assert [row["event"] for row in npta.rows("Orders")] == ["SKIPPED"]
    (told,) = (each for each in messages(npta) if ORDER in each["text"])
    assert "Fulfillment Skipped" in words(told)
    assert "by hand" not in words(told)
    assert attention(npta, "order") == []


def test_what_was_removed_since_an_order_waits_for_keys_is_owed_no_more(npta: House) -> None:
    opened(npta)
    assert post(npta, shapes(("CPTa", 99))["objects"])["status"] == "failed"

    assert post(npta, shapes(("CPTa", 0))["objects"])["status"] == "skipped"

    assert attention(npta, "failed") == []
    assert npta.order("2", ("CPTa", 15))["success"] is True


@pytest.mark.parametrize("shape", SHAPES)
def test_an_order_that_holds_keys_and_of_which_nothing_is_left_has_changed(npta: House, shape: str) -> None:
    opened(npta)
    post(npta, shapes(("CPTa", 1))["objects"])

    answer = post(npta, shapes(("CPTa", 0))[shape])

    assert (answer["http"], answer["status"], answer["code"]) == (422, "failed", "order_changed")
    assert look_up(npta, ORDER)["keys_count"] == 1
    assert "CPTa was 1 and is now 0" in answer["message"]


def test_nothing_left_is_nothing_to_serve_by_hand_either_while_the_mode_is_off(npta: House) -> None:
    opened(npta)
    press(npta, "/mode", {"mode": "OFF"})

    assert post(npta, shapes(("CPTa", 0))["lists"])["status"] == "skipped"

    assert attention(npta, "order") == []


def test_a_released_order_stays_released_when_nothing_is_left_of_it(npta: House) -> None:
    opened(npta)
    post(npta, shapes(("CPTa", 1))["objects"])
    press(npta, f"/orders/{ORDER}/release")

    assert post(npta, shapes(("CPTa", 0))["objects"])["status"] == "released"


@pytest.mark.row("F9")
@pytest.mark.parametrize("lines", [34, 400])
def test_an_order_of_many_lines_may_come_as_text(npta: House, lines: int) -> None:
    opened(npta, keys=[["CANADA", "NASM", "CPT", "combined", "MANY", 500]])
    ids = ",".join(str(15_900_000_000_000 + place) for place in range(lines))
    body = {**FLAT, "skus": ",".join(["CPTa"] * lines), "quantities": ",".join(["1"] * lines), "line_items_id": ids}

    answer = post(npta, body)

    assert (answer["http"], answer["keys_count"]) == (200, lines)
    assert press(npta, f"/orders/{ORDER}/release", {"line_item_id": ids.split(",")[-1]})["released"] == 1


@pytest.mark.row("I3")
@pytest.mark.parametrize(
    ("lines", "came"),
    [
        ({"line_items": {"sku": "A,B", "quantity": "1,2"}}, "came as one object (sku, quantity)"),
        ({"line_items": '[{"sku":"A","quantity":1}]'}, "came as a text"),
        ({"line_items__sku": "A", "line_items__quantity": "1"}, "“line_items__sku”"),
    ],
)
def test_lines_in_the_wrong_shape_are_called_wrong_not_missing(npta: House, lines: dict[str, Any], came: str) -> None:
    answer = post(npta, {**FLAT, **lines})

    assert answer["http"] == 400
    assert came in answer["errors"][0]["message"]
    assert came.partition(" (")[0] in alerts(npta)[0]


@pytest.mark.parametrize("name", ["Ada\tLee", "Ada\u2028Lee", "\u200bAda Lee\r\n"])
def test_what_is_odd_in_a_name_is_cleaned_and_the_order_is_served(npta: House, name: str) -> None:
    opened(npta)

    answer = post(npta, {**shapes(("CPTa", 1))["objects"], "customer_name": name, "order_name": f"#\t1042{'x' * 900}"})

    assert (answer["http"], answer["customer_name"], answer["success"]) == (200, "Ada Lee", True)
