"""The lines of an order, in every shape in which Zapier and Shopify send them. Pure.

Refused rather than guessed: lists that do not line up, ids that lost digits, fields that are almost called right.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, GetJsonSchemaHandler, TypeAdapter
from pydantic_core import CoreSchema

from npta.domain.state.normalized_text import PASTED
from npta.domain.state.wording import count
from npta.web.schemas.field_aliases import BLANK, NULL, FirstGivenRequest, first_given, first_of, in_list, is_blank
from npta.web.schemas.fields import OrderLineId, Quantity, Sku, cosmetic_text, quantity, shown
from npta.web.schemas.formats import MAX_TEXT, QUANTITY, ROUNDED, Schema, any_of, named, pattern

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
_EDGE = f"[{PASTED}]*"
_JSON_LIST = re.compile(pattern(r"\[[^\u0000]*\]"))
WANTED = (
    f"send line_items, a list of objects with sku and quantity, or {_SKUS[0]} and {_QUANTITIES[0]}, each a list or "
    "a text with commas"
)


class OrderRequestLine(FirstGivenRequest):
    """One line of an order, ours or Shopify's; what is left of it after refunds counts.

    A line's number as its id has often gone through JavaScript, which rounds it; the gid has not (seen in Shopify's
    examples).
    """

    names = {  # noqa: RUF012 — as in its base
        "line_item_id": ("line_item_id", "admin_graphql_api_id", "id"),
        "quantity": ("current_quantity", "quantity"),
    }

    line_item_id: OrderLineId = ""
    sku: Annotated[Sku, Field(description="Empty for a tip or a custom item, which is skipped")] = ""
    quantity: Annotated[Quantity, Field(description="0: the line was removed from the order, and the rest is not read")]

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> Schema:
        """Publish that of a removed line nothing else is read, and that no name is almost right."""
        schema = super().__get_pydantic_json_schema__(core_schema, handler)
        none = named("NoUnits", any_of({"const": 0}, {"type": "string", "pattern": pattern(r"-?0+(?:\.0*)?")}))
        removed = first_of(cls.names["quantity"], in_list(none), required=True)
        return schema | {
            "anyOf": [{"allOf": schema["allOf"]}, removed],
            "allOf": [
                any_of({"required": [name]}, {"propertyNames": {"not": {"pattern": _spelt(letters)}}})
                for letters, name in _OBJECT.items()
            ],
        }


def _spelt(word: str) -> str:
    """Match a name with these letters, in any case and with any signs."""
    other = "[^A-Za-z]*"
    return f"^{other}{other.join(f'[{letter.upper()}{letter}]' for letter in word)}{other}$"


def read_rows(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Read the lines in the body of an order as objects. Raises `ValueError`."""
    items = body.get("line_items")
    columns = [name for name in (*_SKUS, *_QUANTITIES, *_CURRENT) if body.get(name) is not None]
    if isinstance(items, list) and items and (not columns or all(isinstance(item, Mapping) for item in items)):
        rows = [_from_object(position, item) for position, item in enumerate(items, 1)]
    elif columns:
        rows = _from_columns(body)
    else:
        raise ValueError(_what_came(body))
    if not rows:
        raise ValueError("an order needs at least one line")
    if len(rows) > MAX_LINES:
        raise ValueError(f"an order has {MAX_LINES} lines at most")
    return rows


def _from_object(position: int, item: Any) -> dict[str, Any]:
    if not isinstance(item, Mapping):
        raise ValueError(f"line {position} came as {_kind(item)}, not as an object with sku and quantity")  # noqa: TRY004
    for name in item:
        meant = _OBJECT.get(letters(name))
        if meant and meant not in item:
            raise ValueError(f"line {position}: “{shown(name)}” is written {meant} here")
    try:
        left = quantity(first_given(item, OrderRequestLine.names["quantity"]))
    except ValueError:
        left = -1
    return {**item} if left else {"quantity": 0, "sku": cosmetic_text(item.get("sku"))}


def _from_columns(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Parallel lists, or texts with commas, as Zapier flattens line items.

    A row where all are empty is no line.
    """
    skus, quantities, current, ids = (_column(body, names) for names in (_SKUS, _QUANTITIES, _CURRENT, _IDS))
    quantities, current = (current, None) if quantities is None else (quantities, current)
    if skus is None or quantities is None:
        came = _named(_near_names(body))
        raise ValueError(
            f"needs both {_SKUS[0]} and {_QUANTITIES[0]}" + (f"; what came is called {came}" if came else "")
        )
    columns = {"sku": skus, "quantity": quantities, "current_quantity": current}
    columns["line_item_id"] = None if ids is not None and all(map(is_blank, ids)) else ids
    lengths = [(len(cells), name) for name, cells in columns.items() if cells is not None]
    if len({length for length, _ in lengths}) > 1:
        things = zip(("SKU", "quantity", "current quantity", "id"), _MANY, columns.values(), strict=True)
        message = ", ".join(count(len(cells), one, many) for one, many, cells in things if cells is not None)
        raise ValueError(
            f"the lists do not line up: {message}. Zapier leaves empty values out, such as the SKU of a tip; an action of "
            "the kind Custom Request keeps them"
        )
    given = {name: cells for name, cells in columns.items() if cells is not None}
    rows = [dict(zip(given, cells, strict=True)) for cells in zip(*given.values(), strict=True)]
    lines = [row for row in rows if not all(map(is_blank, row.values()))]
    for position, line in enumerate(lines, 1):
        try:  # also where the current quantity counts: of lists, the schema cannot say which does
            quantity(first_given(line, ("quantity",)) or 0)
        except ValueError as wrong:
            raise ValueError(f"line {position}: the quantity {wrong}") from None
    return lines


def _column(body: Mapping[str, Any], names: tuple[str, ...]) -> list[Any] | None:
    name = next((name for name in names if body.get(name) is not None), None)
    if name is None:
        return None
    value = body[name]
    if isinstance(value, list):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return [value]
    if not isinstance(value, str) or _JSON_LIST.fullmatch(value):
        raise ValueError(f"{name} came as {_kind(value)}, not as a list or a text with commas")
    return value.split(",")


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
    """Say what a value is, in words that people know."""
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


def letters(name: str) -> str:
    """Return what is left of a field's name without its signs and cases."""
    return re.sub(r"[^A-Za-z]", "", name).lower()


def _cells(name: str, cell: Schema, text: Schema, *, says: bool = False) -> Schema:
    """Describe a column of a flattened order; `says`: one cell of it at least is not empty."""
    cells = {"type": "array", "maxItems": MAX_LINES, "items": any_of(in_list(cell), BLANK)}
    few = {"pattern": f"^[^,]*(?:,[^,]*){{0,{MAX_LINES - 1}}}$"}
    short = {"pattern": f"^(?:[^,]{{0,{MAX_TEXT}}},)*[^,]{{0,{MAX_TEXT}}}$"}
    commas = {"type": "string", "not": {"pattern": _JSON_LIST.pattern}, "allOf": [few, short, text]}
    if says:
        cells["contains"], commas["allOf"] = {"not": BLANK}, [*commas["allOf"], {"pattern": f"[^,{PASTED}]"}]
    return named(name, any_of(cells, commas, {"allOf": [{"type": "number"}, cell]}))


def published_lines(line: Schema) -> Schema:
    """Publish the lines for the whole body of an order.

    That lists line up is more than JSON Schema can say.
    """
    items = {"type": "array", "minItems": 1, "maxItems": MAX_LINES, "items": line}
    others = ["null", "boolean", "number", "string", "array"]
    beside = any_of(
        items,
        {"type": [*others[:4], "object"]},
        {"type": "array", "maxItems": 0},
        {"type": "array", "contains": {"type": others}},
    )
    adapters = (TypeAdapter(part).json_schema() for part in (Sku, Quantity, OrderLineId))
    skus, quantities, ids = adapters
    of_units = {"pattern": f"^{_EDGE}(?:{QUANTITY}{_EDGE})?(?:,{_EDGE}(?:{QUANTITY}{_EDGE})?)*$"}
    of_ids = {"not": {"pattern": f"(?:^|,){_EDGE}{ROUNDED}{_EDGE}(?:,|$)"}}
    units, some = _cells("Quantities", quantities, of_units), _cells("SomeQuantities", quantities, of_units, says=True)
    current = first_of(_CURRENT, units, required=False, blank=NULL)
    flat = [
        first_of(_SKUS, _cells("Skus", skus, {}), required=True, blank=NULL),
        any_of(
            first_of(_QUANTITIES, units, required=True, blank=NULL), {"properties": dict.fromkeys(_QUANTITIES, NULL)}
        ),
        current,
        any_of(*(first_of(names, some, required=True, blank=NULL) for names in (_QUANTITIES, _CURRENT))),
        first_of(_IDS, _cells("LineIds", ids, of_ids), required=False, blank=NULL),
    ]
    by_objects: Schema = {"required": ["line_items"], "properties": {"line_items": items}}
    return any_of(by_objects, {"allOf": flat}) | {"properties": {"line_items": beside}}
