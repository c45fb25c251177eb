"""The body of `POST /orders`, in every shape that Zapier and Shopify send it. Pure.

Refused rather than guessed: ids that lost digits, lists that do not line up, order names in place of ids.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from npta.domain.order_ids import read_order_id
from npta.domain.receipts import Line, Order
from npta.domain.times import normal_time
from npta.web.problems import FieldError, bad_request
from npta.web.texts import cosmetic_text, short_text

MOST_QUANTITY = 1_000
MOST_LINES = 500
_EXACT = 2**53
_SKU_LISTS = ("line_items_sku", "skus")
_QUANTITY_LISTS = ("line_items_quantity", "quantities")
_ID_LISTS = ("line_items_line_item_id", "line_items_id", "line_item_ids")


class _Wrong(ValueError):
    """What is wrong with one field, for people."""


def parse_order(body: Mapping[str, Any], default_region: str) -> Order:
    """The order in a request's body. Raises `Problem` 400 naming every field that is wrong."""
    errors: list[FieldError] = []

    def take(field: str, read: Any) -> Any:
        try:
            return read()
        except _Wrong as wrong:
            errors.append(FieldError(field, str(wrong)))
            return None

    order = Order(
        order_id=take("order_id", lambda: _order_id(body)),
        lines=take("line_items", lambda: _lines(body)),
        region=take("region", lambda: _text(body.get("region")).upper() or default_region),
        email=take("email", lambda: _email(body)),
        customer_name=_customer_name(body),
        order_name=cosmetic_text(body.get("order_name", body.get("name"))),
        paid_at=take("paid_at", lambda: _moment(body.get("paid_at", body.get("processed_at")))),
        force=take("force", lambda: _flag(body.get("force"))),
    )
    if errors:
        raise bad_request(*errors)
    return order


def _order_id(body: Mapping[str, Any]) -> str:
    gid = body.get("admin_graphql_api_id")
    value = body.get("order_id", gid or body.get("id"))
    if isinstance(value, float) or (isinstance(value, int) and not isinstance(value, bool) and abs(value) > _EXACT):
        raise _Wrong("the id came as a number that may have lost digits; send it as text")
    try:
        return read_order_id(_text(value))
    except ValueError as wrong:
        raise _Wrong(str(wrong)) from None


def _email(body: Mapping[str, Any]) -> str:
    customer = body.get("customer")
    email = _text(body.get("email")) or _text(body.get("contact_email"))
    email = email or _text(customer.get("email") if isinstance(customer, Mapping) else None)
    if not email:
        raise _Wrong("is missing")
    if not re.fullmatch(r"[^@\s,;<>]+@[^@\s,;<>]+", email):
        raise _Wrong("is not an e-mail address")
    return email


def _customer_name(body: Mapping[str, Any]) -> str:
    name = cosmetic_text(body.get("customer_name"))
    customer = body.get("customer")
    if not name and isinstance(customer, Mapping):
        name = cosmetic_text([customer.get("first_name"), customer.get("last_name")])
    return name


def _lines(body: Mapping[str, Any]) -> tuple[Line, ...]:
    items = body.get("line_items")
    if isinstance(items, list):
        lines = [line for place, item in enumerate(items, 1) if (line := _line(place, item))]
    else:
        lines = _flat_lines(body)
    if not lines:
        raise _Wrong("an order needs at least one line")
    if len(lines) > MOST_LINES:
        raise _Wrong(f"an order has {MOST_LINES} lines at most")
    return tuple(lines)


def _line(place: int, item: Any) -> Line | None:
    """One line; None for one that Shopify says is down to nothing (refunded or removed)."""
    if not isinstance(item, Mapping):
        raise _Wrong(f"line {place} is not an object with sku and quantity")
    if item.get("current_quantity") is not None:
        if str(item["current_quantity"]).strip() == "0":
            return None
        quantity = item["current_quantity"]
    else:
        quantity = item.get("quantity")
    # The id's own number has often gone through JavaScript, which rounds it; the gid has not (seen in Shopify's examples).
    gid = _text(item.get("admin_graphql_api_id")).removeprefix("gid://shopify/LineItem/")
    line_id = item.get("line_item_id", gid or item.get("id"))
    return Line(
        _label(line_id, place, "id") or str(place), _label(item.get("sku"), place, "sku"), _quantity(quantity, place)
    )


def _flat_lines(body: Mapping[str, Any]) -> list[Line]:
    """Parallel lists, or comma-separated texts, as Zapier flattens line items."""
    skus, quantities = _column(body, _SKU_LISTS), _column(body, _QUANTITY_LISTS)
    if skus is None and quantities is None:
        raise _Wrong("is missing")
    if skus is None or quantities is None:
        raise _Wrong(f"needs both {_SKU_LISTS[0]} and {_QUANTITY_LISTS[0]}")
    ids = _column(body, _ID_LISTS)
    if len(skus) != len(quantities) or (ids is not None and len(ids) != len(skus)):
        raise _Wrong(
            f"the lists do not line up: {len(skus)} SKUs, {len(quantities)} quantities"
            + (f", {len(ids)} ids" if ids is not None else "")
        )
    return [
        Line(
            _label(ids[place - 1] if ids else None, place, "id") or str(place),
            _label(sku, place, "sku"),
            _quantity(quantity, place),
        )
        for place, (sku, quantity) in enumerate(zip(skus, quantities, strict=True), 1)
    ]


def _column(body: Mapping[str, Any], names: tuple[str, ...]) -> list[Any] | None:
    value = next((body[name] for name in names if name in body), None)
    if value is None:
        return None
    if isinstance(value, list):
        return value
    return [part.strip() for part in _text(value).split(",")] if _text(value) else []


def _label(value: Any, place: int, name: str) -> str:
    if isinstance(value, float):
        raise _Wrong(f"line {place}: the {name} came as a number with a fraction; send it as text")
    return _text(value)


def _quantity(value: Any, place: int) -> int:
    text = "" if isinstance(value, bool) else _text(value).removesuffix(".0")
    if not re.fullmatch(r"[0-9]{1,6}", text) or not 1 <= int(text) <= MOST_QUANTITY:
        raise _Wrong(f"line {place}: the quantity must be a whole number from 1 to {MOST_QUANTITY}")
    return int(text)


def _text(value: Any) -> str:
    try:
        return short_text(value)
    except ValueError as wrong:
        raise _Wrong(str(wrong)) from None


def _moment(value: Any) -> str:
    """ISO 8601 UTC to the second; empty if it was not told. A time without a zone is UTC."""
    text = _text(value)
    if not text:
        return ""
    try:
        return normal_time(text)
    except ValueError:
        raise _Wrong("is not a time (for example 2026-11-23T15:04:05Z)") from None


def _flag(value: Any) -> bool:
    text = _text(value).lower()
    if text in ("", "false", "0", "no"):
        return False
    if text in ("true", "1", "yes"):
        return True
    raise _Wrong("is true or false")
