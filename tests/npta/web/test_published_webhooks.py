"""Whatever webhook the service accepts, `GET /openapi.json` allows; and whatever that allows, the service accepts."""

from __future__ import annotations

from collections import Counter
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from hypothesis import given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from npta.web.problems import ProblemError
from npta.web.routes.route_table import ROUTES, description
from npta.web.schemas.webhooks import MAX_LINES, ShopifyCancelledOrder, ShopifyRefund, parse_webhook
from tests.npta.web.test_fields import anything
from tests.npta.web.test_published_orders import LINE_IDS, MANY, NAMES, ORDER_IDS, TIMES, is_json, usually

MODELS: dict[str, type[ShopifyRefund | ShopifyCancelledOrder]] = {
    "/shopify/webhooks/refunds-create": ShopifyRefund,
    "/shopify/webhooks/orders-cancelled": ShopifyCancelledOrder,
}
PUBLISHED = {
    path: jsonschema_rs.Draft202012Validator(
        {
            **description()["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"],
            "components": description()["components"],
        }
    )
    for path in MODELS
}
IDS = usually(
    (4711, "4711", 6855909900591, 820982911946154508, "gid://shopify/Order/1"), 0, -1, 1.5, True, "#1042", 10**41
)
UNITS = usually((0, 1, 2, "7", 2.0, 9_999_999), -1, 1.5, 10**7, "1,2", True)
GIDS = usually(("gid://shopify/Refund/1", "gid://shopify/Order/1"), "gid://shopify/Product/1", 7)
IN_LINE = st.fixed_dictionaries({}, optional={"id": LINE_IDS, "sku": NAMES, "quantity": UNITS}) | st.sampled_from(
    ["A", None]
)
LINES = st.fixed_dictionaries({"quantity": UNITS}, optional={"line_item_id": LINE_IDS, "line_item": IN_LINE})
seen: Counter[tuple[str, bool]] = Counter()
pytestmark = pytest.mark.xdist_group("published webhooks")  # one of these tests counts what the others have seen


def usually_absent(value: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Nothing; one time in twenty a value that belongs to another webhook."""
    return st.integers(0, 19).flatmap(lambda number: st.none() if number else value)


def refused(model: type[ShopifyRefund | ShopifyCancelledOrder], body: dict[str, Any]) -> str:
    """Why a webhook is refused; empty if it is not."""
    try:
        parse_webhook(model, body).refund()
    except ProblemError as problem:
        return "; ".join(f"{error.field}: {error.message}" for error in problem.errors)
    return ""


def agree(path: str, body: dict[str, Any]) -> None:
    """Demand that the service and its description say the same of a body."""
    wrong, allowed = refused(MODELS[path], body), PUBLISHED[path].is_valid(body)

    seen[path, bool(wrong)] += 1
    if not wrong:
        assert allowed, [error.message[:200] for error in PUBLISHED[path].iter_errors(body)]
    elif allowed:
        assert inexpressible(wrong), wrong


def inexpressible(wrong: str) -> bool:
    """Whether it is refused for what JSON Schema cannot say: 7.0 is an integer there, and in JavaScript."""
    return "must be a text" in wrong


REFUNDS = st.fixed_dictionaries(
    {"id": IDS, "order_id": IDS},
    optional={
        "admin_graphql_api_id": GIDS,
        "refund_line_items": st.lists(LINES, max_size=3) | st.sampled_from([None, [], [], {"a": 1}, ["a"], "A", ""]),
        "line_items": usually_absent(anything),
        "cancelled_at": usually_absent(TIMES),
        "financial_status": usually_absent(NAMES),
        "note": anything,
    },
)
CANCELLED = st.fixed_dictionaries(
    {"id": IDS, "cancelled_at": TIMES},
    optional={
        "admin_graphql_api_id": GIDS,
        "line_items": st.lists(IN_LINE, max_size=3) | anything,
        "order_id": usually_absent(ORDER_IDS),
        "refund_line_items": usually_absent(anything),
        "note": anything,
    },
)


@MANY
@given(REFUNDS)
def test_refunds_that_are_accepted_are_published(body: dict[str, Any]) -> None:
    agree("/shopify/webhooks/refunds-create", body)


@MANY
@given(CANCELLED)
def test_cancellations_that_are_accepted_are_published(body: dict[str, Any]) -> None:
    agree("/shopify/webhooks/orders-cancelled", body)


def test_the_webhooks_were_of_both_kinds() -> None:
    assert all(seen[path, wrong] > 20 for path in MODELS for wrong in (True, False)), seen


@pytest.mark.parametrize("path", MODELS)
def test_what_is_published_is_accepted(path: str) -> None:
    cases = schemathesis.openapi.from_dict(description())[path]["POST"].as_strategy(
        generation_mode=GenerationMode.POSITIVE
    )

    @settings(MANY, max_examples=200)
    @given(cases.map(lambda case: case.body))
    def accepted(body: Any) -> None:
        if isinstance(body, dict) and is_json(body) and PUBLISHED[path].is_valid(body):
            wrong = refused(MODELS[path], body)
            assert not wrong or inexpressible(wrong), wrong

    accepted()


@pytest.mark.parametrize("path", MODELS)
def test_what_parses_is_what_is_published(path: str) -> None:
    assert ROUTES["POST", path].shapes == {"application/json": (MODELS[path],)}


@pytest.mark.parametrize("path", MODELS)
def test_its_example_is_understood(path: str) -> None:
    (example,) = description()["components"]["schemas"][MODELS[path].__name__]["examples"]

    assert PUBLISHED[path].is_valid(example)
    assert parse_webhook(MODELS[path], example).refund().order_id == "6855909900591"


@pytest.mark.parametrize(
    "wrong", [[{"line_item_id": 1, "quantity": 1}] * (MAX_LINES + 1), [{"quantity": 1}], ["a"], {}]
)
def test_lines_of_a_refund_that_cannot_be_read_refuse_it(wrong: Any) -> None:
    body = {"id": 1, "order_id": 2, "refund_line_items": wrong}

    assert refused(ShopifyRefund, body).startswith("refund_line_items: ")
    assert not PUBLISHED["/shopify/webhooks/refunds-create"].is_valid(body)


def test_every_wrong_field_is_named_at_once() -> None:
    line = {"line_item": {"sku": "A"}, "quantity": -1}

    assert refused(ShopifyRefund, {"id": "x", "cancelled_at": "2026", "refund_line_items": [line]}) == (
        "cancelled_at: is no field of what refunds/create sends; id: “x” is not an order id: digits are expected; "
        "order_id: is missing; refund_line_items: line 1: the id is missing"
    )
