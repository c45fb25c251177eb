"""The lines of an order, in every shape in which Zapier and Shopify send them. Pure.

Refused rather than guessed: lists that do not line up, ids that lost digits, fields that are almost called right.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from npta.domain.state.order_lines import position_name
from npta.domain.state.receipts import OrderLine
from npta.domain.state.text import canonical, count
from npta.web.schemas.fields import cosmetic_text, short_text, shown, without_line_gid

MAX_QUANTITY = 1_000
MAX_LINES = 500
_SKUS = ("line_items_sku", "skus")
_QUANTITIES = ("line_items_quantity", "quantities")
_CURRENT = ("line_items_current_quantity", "current_quantities")
_IDS = ("line_items_line_item_id", "line_items_id", "line_item_ids")
_OBJECT = {"sku": "sku", "quantity": "quantity", "currentquantity": "current_quantity", "lineitemid": "line_item_id"}
_ALMOST = {"sku", "skus", "quantity", "quantities", "items", "lines", "products"}
"""What lines may be called by mistake, and anything that begins with `lineitem`."""
_MANY = ("SKUs", "quantities", "current quantities", "ids")
_MAX_NAMED = 5
_ROUNDED = re.compile(r"[0-9.]+[eE][+]?[0-9]+")
_WHOLE = re.compile(r"[0-9]{1,9}(?:\.0*)?|-0+(?:\.0*)?")
WANTED = (
    f"send line_items, a list of objects with sku and quantity, or {_SKUS[0]} and {_QUANTITIES[0]}, each a list or "
    "a text with commas"
)


class InvalidLinesError(ValueError):
    """What is wrong with one field, for people."""


class Lines(NamedTuple):
    """The lines of which something is left, and the SKUs of those that were removed from the order."""

    left: tuple[OrderLine, ...]
    removed: tuple[str, ...]


class _Sent(NamedTuple):
    """One line as it came."""

    line_id: Any
    sku: Any
    quantity: Any


def parse_lines(body: Mapping[str, Any]) -> Lines:
    """The lines in the body of an order. Raises `InvalidLinesError`."""
    items = body.get("line_items")
    columns = [name for name in (*_SKUS, *_QUANTITIES, *_CURRENT) if body.get(name) is not None]
    if isinstance(items, list) and items and (not columns or all(isinstance(item, Mapping) for item in items)):
        sent = [_from_object(place, item) for place, item in enumerate(items, 1)]
    elif columns:
        sent = _from_columns(body)
    else:
        raise InvalidLinesError(_what_came(body))
    if not sent:
        raise InvalidLinesError("an order needs at least one line")
    if len(sent) > MAX_LINES:
        raise InvalidLinesError(f"an order has {MAX_LINES} lines at most")
    return _read(sent)


def _read(sent: Iterable[_Sent]) -> Lines:
    left, removed = [], []
    for place, each in enumerate(sent, 1):
        if quantity := _quantity(each.quantity, place):
            left.append(OrderLine(_line_id(each.line_id, place), _label(each.sku, place, "sku"), quantity))
        else:
            removed.append(cosmetic_text(each.sku))
    return Lines(tuple(left), tuple(removed))


def _from_object(place: int, item: Any) -> _Sent:
    """A line as an object, ours or Shopify's; what is left of it after refunds counts."""
    if not isinstance(item, Mapping):
        raise InvalidLinesError(f"line {place} came as {_kind(item)}, not as an object with sku and quantity")
    for name in item:
        meant = _OBJECT.get(letters(name))
        if meant and meant not in item:
            raise InvalidLinesError(f"line {place}: “{shown(name)}” is written {meant} here")
    current = item.get("current_quantity")
    # The id's own number has often gone through JavaScript, which rounds it; the gid has not (seen in Shopify's examples).
    ids = (item.get(name) for name in ("line_item_id", "admin_graphql_api_id", "id"))
    line_id = next((each for each in ids if not is_blank(each)), None)
    return _Sent(line_id, item.get("sku"), item.get("quantity") if is_blank(current) else current)


def _from_columns(body: Mapping[str, Any]) -> list[_Sent]:
    """Parallel lists, or texts with commas, as Zapier flattens line items; a place where all are empty is no line."""
    skus, quantities, current, ids = (_column(body, names) for names in (_SKUS, _QUANTITIES, _CURRENT, _IDS))
    quantities, current = (current, None) if quantities is None else (quantities, current)
    if skus is None or quantities is None:
        came = _named(_near_names(body))
        raise InvalidLinesError(
            f"needs both {_SKUS[0]} and {_QUANTITIES[0]}" + (f"; what came is called {came}" if came else "")
        )
    ids = None if ids is not None and all(map(is_blank, ids)) else ids
    columns = [column for column in (skus, quantities, current, ids) if column is not None]
    if len({len(column) for column in columns}) > 1:
        things = zip(
            ("SKU", "quantity", "current quantity", "id"), _MANY, (skus, quantities, current, ids), strict=True
        )
        told = ", ".join(count(len(column), one, many) for one, many, column in things if column is not None)
        raise InvalidLinesError(
            f"the lists do not line up: {told}. Zapier leaves empty values out, such as the SKU of a tip; an action of "
            "the kind Custom Request keeps them"
        )
    nothing = [None] * len(skus)
    rows = zip(ids or nothing, skus, quantities, current or nothing, strict=True)
    return [
        _Sent(line_id, sku, quantity if is_blank(now) else now)
        for line_id, sku, quantity, now in rows
        if not all(map(is_blank, (line_id, sku, quantity, now)))
    ]


def _column(body: Mapping[str, Any], names: tuple[str, ...]) -> list[Any] | None:
    name = next((name for name in names if body.get(name) is not None), None)
    if name is None:
        return None
    value = body[name]
    if isinstance(value, list):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return [value]
    if isinstance(value, Mapping | bool) or _is_json_list(value):
        raise InvalidLinesError(f"{name} came as {_kind(value)}, not as a list or a text with commas")
    return [canonical(part) for part in str(value).split(",")]


def _quantity(value: Any, place: int) -> int:
    """How many; 0 for a line that was removed."""
    if is_blank(value):
        raise InvalidLinesError(f"line {place}: the quantity is missing")
    text = "" if isinstance(value, bool) else _text(value)
    number = int(float(text)) if _WHOLE.fullmatch(text) else -1
    if not 0 <= number <= MAX_QUANTITY:
        raise InvalidLinesError(f"line {place}: the quantity must be a whole number from 0 to {MAX_QUANTITY}")
    return number


def _line_id(value: Any, place: int) -> str:
    """Shopify's id of a line, or else its position, in a form that is nobody's id."""
    text = without_line_gid(_label(value, place, "id"))
    if _ROUNDED.fullmatch(text):
        raise InvalidLinesError(f"line {place}: the id came as a rounded number and has lost digits; send it as text")
    return text or position_name(place)


def _label(value: Any, place: int, name: str) -> str:
    if isinstance(value, float):
        raise InvalidLinesError(f"line {place}: the {name} came as a number with a fraction; send it as text")
    return _text(value)


def _text(value: Any) -> str:
    try:
        return short_text(value)
    except ValueError as wrong:
        raise InvalidLinesError(str(wrong)) from None


def is_blank(value: Any) -> bool:
    """Whether nothing was told."""
    return value is None or (isinstance(value, str) and not canonical(value))


def _what_came(body: Mapping[str, Any]) -> str:
    """Why there are no lines to be read: in place of them came something else, or nothing."""
    items = body.get("line_items")
    if isinstance(items, list):
        return "an order needs at least one line"
    if is_blank(items):
        near = _near_names(body)
        return f"came under another name: {_named(near)}; {WANTED}" if near else "is missing"
    unflattened = "; in Zapier, set Unflatten to no" if isinstance(items, Mapping) else ""
    return f"came as {_kind(items)}{unflattened}; {WANTED}"


def _near_names(body: Mapping[str, Any]) -> list[str]:
    plain = {name: letters(name) for name, value in body.items() if not is_blank(value)}
    return [name for name in plain if plain[name] in _ALMOST or plain[name].startswith("lineitem")]


def _named(names: list[str]) -> str:
    return ", ".join(f"“{shown(name)}”" for name in names[:_MAX_NAMED])


def _kind(value: Any) -> str:
    """What a value is, in words that people know."""
    if isinstance(value, Mapping):
        names = ", ".join(shown(str(name)) for name in list(value)[:_MAX_NAMED])
        return f"one object ({names})" if names else "one object"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if value is None:
        return "nothing"
    return f"a text (“{shown(value)}”)"


def _is_json_list(value: Any) -> bool:
    if not (isinstance(value, str) and value.lstrip().startswith("[")):
        return False
    try:
        return isinstance(json.loads(value), list)
    except (ValueError, RecursionError):
        return False


def letters(name: str) -> str:
    """What is left of a field's name without its signs and cases."""
    return re.sub(r"[^a-z]", "", name.lower())
