"""Whatever order the service accepts, `GET /openapi.json` allows; and whatever that allows, the service accepts.

JSON Schema cannot say two things: that lists line up, and that 6.8559e12 is no integer, since it may have lost digits.
"""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from npta.web.problems import ProblemError
from npta.web.routes.route_table import description
from npta.web.schemas.order_request import parse_order
from tests.npta.web.test_fields import anything, printed

SCHEMA = {"$ref": "#/components/schemas/OrderRequest", "components": description()["components"]}
PUBLISHED = jsonschema_rs.Draft202012Validator(SCHEMA)
MANY = settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))


def accepted(body: dict[str, Any]) -> str:
    """Why an order is refused; empty if it is not."""
    try:
        parse_order(body, "CANADA")
    except ProblemError as problem:
        return "; ".join(f"{error.field}: {error.message}" for error in problem.errors)
    return ""


def usually(good: tuple[Any, ...], *bad: Any) -> st.SearchStrategy[Any]:
    """A good value, also in a list, or nothing; one time in forty what is wrong or odd."""
    said = st.sampled_from(good)
    fine = st.one_of(said, said, said.map(lambda value: [value]))
    odd = st.sampled_from([*bad, None, "", " \u200b", [None], {}]) | anything
    return st.integers(0, 39).flatmap(lambda number: fine if number else odd)


ORDER_IDS = usually(
    ("6855909900591", 6855909900591, "gid://shopify/Order/1", " 68 55\u00a09\n", "0012"), "#1042", "6.8e12", 1.0
)
ADDRESSES = usually(
    ("ada@example.com", "o'brien@x.com", "Zoë@exämple.de", " ada@b\n", '"a b"@c.de'), "ada", "a@b@c", "\ue000@b"
)
TIMES = usually(
    ("2026-11-30T15:04:05Z", "2026-11-23 10:04:05 -0500", 1795446245, "2026-12-31"), "2026-02-30", "soon", 5
)
NAMES = usually(("Zoë", "Ada\tLee", 5, ["Ada", "Lee"]), {"a": 1})
UNITS = usually((0, 1, 2, 1000, "7", " 0 ", "2.0", 2.0, 0.0, "-0"), 1001, -1, "1,2", 1.5)
SKUS = usually(("NSTB", "CPTa", "ü", 12), None, "x" * 501, 1.5, "[A]", True)
LINE_IDS = usually(("11", 11, "gid://shopify/LineItem/11", "gid://shopify/LineItem/"), "1.59e+13", 1.5e20)
ODD_NAMES = st.sampled_from(["Sku", "title", "currentQuantity", "LINE-ITEM-ID", "note"])
LINES = st.fixed_dictionaries(
    {},
    optional={"sku": SKUS, "quantity": UNITS, "current_quantity": UNITS, "id": LINE_IDS, "line_item_id": LINE_IDS},
) | st.fixed_dictionaries({"sku": SKUS, "quantity": st.integers(0, 3)})
STRANGE_LINES = st.builds(lambda line, name: {**line, name: 1}, LINES, ODD_NAMES)
OBJECTS = st.lists(LINES, max_size=3) | st.lists(LINES | STRANGE_LINES | printed, max_size=3)


@st.composite
def columns(draw: st.DrawFn) -> dict[str, Any]:
    """Lines as Zapier flattens them."""
    rows = draw(st.integers(0, 3))
    body: dict[str, Any] = {}
    for names, cells in (
        (("line_items_sku", "skus"), SKUS),
        (("line_items_quantity", "quantities"), UNITS),
        (("line_items_current_quantity", "current_quantities"), UNITS),
        (("line_items_line_item_id", "line_items_id", "line_item_ids"), LINE_IDS),
    ):
        for name in draw(st.sets(st.sampled_from(names), max_size=2)):
            column = draw(st.lists(cells, min_size=rows, max_size=rows))
            as_text = draw(st.booleans())
            body[name] = ",".join("" if cell is None else str(cell) for cell in column) if as_text else column
            if draw(st.integers(0, 9)) == 0:
                body[name] = draw(cells)
    return body


nothing: st.SearchStrategy[dict[str, Any]] = st.builds(dict)


@st.composite
def orders(draw: st.DrawFn) -> dict[str, Any]:
    """An order in one of its shapes, or in two at once, which may be wrong somewhere."""
    body = draw(
        st.fixed_dictionaries(
            {"order_id": ORDER_IDS, "email": ADDRESSES},
            optional={
                "id": ORDER_IDS,
                "admin_graphql_api_id": ORDER_IDS,
                "contact_email": ADDRESSES,
                "customer": st.fixed_dictionaries({}, optional={"email": ADDRESSES, "first_name": NAMES}) | printed,
                "order_name": NAMES,
                "customer_name": NAMES,
                "region": usually(("canada", "USA", 5)),
                "paid_at": TIMES,
                "processed_at": TIMES,
                "cancelled_at": TIMES,
                "force": usually((True, "yes", 1, "NO", 0.0), 2),
                "test": usually((False, "TRUE", 0)),
                "financial_status": usually(("paid", "Partially Refunded", "PENDING", "partially_-paid"), "settled"),
                "note": anything,
            },
        )
    )
    body |= draw(st.one_of(nothing, columns()))
    lines = OBJECTS | usually(("A", {"sku": "A"}))
    body |= draw(st.one_of(nothing, st.builds(lambda items: {"line_items": items}, lines)))
    return body


def is_json(value: Any) -> bool:
    """Whether a body can come so: as JSON without halves of characters."""
    try:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except ValueError:
        return False
    return True


seen: dict[str, int] = {"accepted": 0, "refused": 0}
pytestmark = pytest.mark.xdist_group("published orders")  # one of these tests counts what the others have seen


@MANY
@given(orders())
def test_what_is_accepted_is_published_and_what_is_not_is_not(body: dict[str, Any]) -> None:
    wrong, allowed = accepted(body), PUBLISHED.is_valid(body)

    seen["refused" if wrong else "accepted"] += 1
    if not wrong:
        assert allowed, [error.message[:200] for error in PUBLISHED.iter_errors(body)]
    elif allowed:
        assert inexpressible(wrong, body), wrong


def inexpressible(wrong: str, body: dict[str, Any]) -> bool:
    """Whether an order is refused for what JSON Schema cannot say."""
    is_flat = any(name in body for name in ("skus", "line_items_sku"))
    if is_flat and any(part in wrong for part in ("do not line up", "the quantity is missing")):
        return True
    return "lost digits" in wrong or "with a fraction" in wrong or "must be a text" in wrong


def test_the_orders_were_of_both_kinds() -> None:
    assert min(seen.values()) > 20, seen


@settings(MANY, max_examples=200)
@given(
    schemathesis.openapi.from_dict(description())["/orders"]["POST"]
    .as_strategy(generation_mode=GenerationMode.POSITIVE)
    .map(lambda case: case.body)
)
def test_what_is_published_is_accepted(body: Any) -> None:
    if isinstance(body, dict) and is_json(body) and PUBLISHED.is_valid(body) and (wrong := accepted(body)):
        assert inexpressible(wrong, body), wrong
