"""The four mutations, as strict as Shopify.

Documented: a list is applied whole or not at all; an `@idempotent` directive and an explicit `changeFromQuantity` are
required although the schema does not say so. The words of both refusals, of the stale one and of "already active" are
those that public code quotes from real answers. Assumed: untracked items are refused in the words of the older REST
API.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from graphql import GraphQLError
from graphql.execution.values import get_directive_values

from npta.local.shop import views
from npta.local.shop.models import Goods, InventoryLevel, LocalOrder, ToFulfill, gid, number_of
from npta.local.shop.selling import fulfill

Payload = Mapping[str, Any]

_MOST = 1_000_000_000
_REASONS = frozenset(
    {"correction", "cycle_count_available", "damaged", "movement_created", "other", "promotion", "quality_control",
     "received", "reservation_created", "restock", "safety_stock", "shrinkage"}
)  # fmt: skip
"""What may be given as a reason (documented, not complete)."""
_URI = re.compile(r"(?:gid://[^/\s]+/[^/\s]+/[^/\s]+|(?!gid:)[a-z][a-z0-9+.-]*://\S+)")

CONCURRENT = ("IDEMPOTENCY_CONCURRENT_REQUEST", "This request is currently in progress, please try again.")
MISMATCH = (
    "IDEMPOTENCY_KEY_PARAMETER_MISMATCH",
    "The same idempotency key cannot be used with different operation parameters.",
)
FAILED = (
    "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED",
    "A previous request with this idempotency key failed. Retry with a new idempotency key.",
)


class IdempotencyKeys:
    """What was done under which key.

    `busy`: how many calls get the answer that the same one is still going on. Documented: the same key with the same
    parameters gives the first answer again, for 24 hours; with others it is refused.
    """

    def __init__(self) -> None:
        self._done: dict[str, tuple[str, Any, Payload]] = {}
        self.busy = 0

    def refusal(self, key: str, operation: str, asked: Any) -> tuple[str, str] | None:
        """Why a call under this key is refused: code and sentence."""
        if self.busy:
            self.busy -= 1
            return CONCURRENT
        known = self._done.get(key)
        if known is None:
            return None
        if known[:2] != (operation, asked):
            return MISMATCH
        return FAILED if known[2]["userErrors"] else None

    def once(self, key: str, operation: str, asked: Any, change: Callable[[], Payload]) -> Payload:
        """Do it, or give the answer of the time when it was done."""
        if key not in self._done:
            self._done[key] = (operation, asked, change())
        return self._done[key][2]


class Changing:
    """Carries mutations out on the goods. `now` gives the time as Shopify writes it."""

    def __init__(self, goods: Goods, keys: IdempotencyKeys, now: Callable[[], str]) -> None:
        self._goods = goods
        self._keys = keys
        self._now = now

    def set_quantities(self, info: views.Info, input: Mapping[str, Any]) -> Payload:  # noqa: A002 - GraphQL's name
        """`inventorySetQuantities`."""
        key = idempotency_key(info)
        _limit(input["quantities"], "quantities")
        if any("changeFromQuantity" not in entry for entry in input["quantities"]):
            raise GraphQLError(
                "InventoryQuantityInput must include the following argument: changeFromQuantity.",
                extensions={"code": "INVALID_FIELD_ARGUMENTS"},
            )

        def answer(errors: list[Payload]) -> Payload:
            group = {
                "id": gid("InventoryAdjustmentGroup", self._goods.new_id()),
                "createdAt": self._now(),
                "reason": input["reason"],
                "referenceDocumentUri": input.get("referenceDocumentUri"),
                "changes": [],
            }
            return {"inventoryAdjustmentGroup": None if errors else group, "userErrors": errors}

        def change() -> Payload:
            errors = list(self._what_is_wrong(input))
            if not errors:
                for entry in input["quantities"]:
                    levels = self._goods.with_item(_item_of(entry)).item.levels  # type: ignore[union-attr] # looked for above
                    # Since 2026-10 a place where the item is not stocked takes a number, too, and still sells none.
                    levels.setdefault(_location_of(entry), InventoryLevel(active=False)).available = entry["quantity"]
            return answer(errors)

        refusal = self._keys.refusal(key, info.field_name, input)
        if refusal:
            return answer([{"code": refusal[0], "field": None, "message": refusal[1]}])
        return self._keys.once(key, info.field_name, input, change)

    def _what_is_wrong(self, asked: Mapping[str, Any]) -> Iterator[Payload]:
        uri = asked.get("referenceDocumentUri")
        if asked["name"] not in ("available", "on_hand"):
            yield _error("INVALID_NAME", "The quantity name must be either 'available' or 'on_hand'.", "name")
        if asked["reason"] not in _REASONS:
            yield _error("INVALID_REASON", "The specified reason is invalid.", "reason")
        if uri is not None and not _URI.fullmatch(uri):
            yield _error(
                "INVALID_REFERENCE_DOCUMENT", "The specified reference document is invalid.", "referenceDocumentUri"
            )
        seen: set[tuple[str, str]] = set()
        for index, entry in enumerate(asked["quantities"]):
            pair = (_item_of(entry), _location_of(entry))
            if pair in seen:
                code = "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"
                message = "The combination of inventoryItemId and locationId must be unique."
                yield _error(code, message, "quantities", str(index))
            else:
                problem = self._what_is_wrong_with(entry)
                if problem:
                    code, message, name = problem
                    yield _error(code or None, message, "quantities", str(index), name)
            seen.add(pair)

    def _what_is_wrong_with(self, entry: Mapping[str, Any]) -> tuple[str, str, str] | None:
        """Return code, sentence and field of the first thing that is wrong with an entry."""
        product = self._goods.with_item(_item_of(entry))
        if product is None:
            return "INVALID_INVENTORY_ITEM", "The specified inventory item could not be found.", "inventoryItemId"
        if _location_of(entry) not in self._goods.locations:
            return "INVALID_LOCATION", "The specified location could not be found.", "locationId"
        if product.item.native_bundle:
            message = "The specified inventory item is not allowed to be adjusted via API."
            return "NON_MUTABLE_INVENTORY_ITEM", message, "inventoryItemId"
        if not product.item.tracked:
            return "", "Inventory item does not have inventory tracking enabled", "inventoryItemId"
        if entry["quantity"] < 0:
            return "INVALID_QUANTITY_NEGATIVE", "The quantity can't be negative.", "quantity"
        if entry["quantity"] > _MOST:
            return "INVALID_QUANTITY_TOO_HIGH", "The total quantity can't be higher than 1,000,000,000.", "quantity"
        level = product.item.levels.get(_location_of(entry))
        if entry["changeFromQuantity"] not in (None, level.available if level else 0):
            message = "The changeFromQuantity argument no longer matches the persisted quantity."
            return "CHANGE_FROM_QUANTITY_STALE", message, "changeFromQuantity"
        return None

    def activate(self, info: views.Info, **asked: Any) -> Payload:
        """`inventoryActivate`. Its userErrors have no code."""
        key = idempotency_key(info)
        item_id, location = _id("InventoryItem", asked["inventoryItemId"]), _id("Location", asked["locationId"])
        product = self._goods.with_item(item_id)

        def refused(message: str, *at: str) -> Payload:
            return {"inventoryLevel": None, "userErrors": [{"field": list(at) or None, "message": message}]}

        def change() -> Payload:
            if product is None:
                return refused("The product couldn't be stocked because it wasn't found.", "inventoryItemId")
            if location not in self._goods.locations:
                return refused("The product couldn't be stocked because the location wasn't found.", "locationId")
            level = product.item.levels.setdefault(location, InventoryLevel(active=False))
            if level.active and asked.get("available") is not None:
                message = "Not allowed to set available quantity when the item is already active at the location."
                return refused(message, "available")
            level.active = True
            if asked.get("available") is not None:
                level.available = asked["available"]
            return {"inventoryLevel": views.level(self._goods, product, location, level), "userErrors": []}

        refusal = self._keys.refusal(key, info.field_name, asked)
        return refused(refusal[1]) if refusal else self._keys.once(key, info.field_name, asked, change)

    def update_item(self, _info: views.Info, id: str, input: Mapping[str, Any]) -> Payload:  # noqa: A002 - GraphQL's names
        """`inventoryItemUpdate`, of which `tracked` matters here."""
        product = self._goods.with_item(_id("InventoryItem", id))
        if product is None:
            message = "The product couldn't be updated because it does not exist."
            return {"inventoryItem": None, "userErrors": [{"field": ["id"], "message": message}]}
        product.item.tracked = input.get("tracked", product.item.tracked)
        return {"inventoryItem": views.item(self._goods, product), "userErrors": []}

    def create_fulfillment(
        self, _info: views.Info, fulfillment: Mapping[str, Any], message: str | None = None
    ) -> Payload:
        """`fulfillmentCreate`: not idempotent, as in Shopify, but never more than what remains."""
        del message  # for the shop's own timeline
        units: dict[str, int] = {}
        orders: list[LocalOrder] = []
        locations: set[str] = set()
        for entry in fulfillment["lineItemsByFulfillmentOrder"]:
            found = self._goods.visible_work(_id("FulfillmentOrder", entry["fulfillmentOrderId"]))
            if found is None:
                return _not_fulfilled("Fulfillment order does not exist.")
            order, work = found
            orders.append(order)
            locations.add(work.location)
            if work.service:
                return _not_fulfilled(f"Fulfillment order {work.id} is assigned to a fulfillment service.")
            if work.status not in ("OPEN", "IN_PROGRESS"):
                return _not_fulfilled(
                    f"Fulfillment order {work.id} has an unfulfillable status= {work.status.lower()}."
                )
            chosen = entry.get("fulfillmentOrderLineItems")
            wanted = (
                {line.id: line.remaining for line in work.lines}
                if chosen is None
                else {_id("FulfillmentOrderLineItem", line["id"]): line["quantity"] for line in chosen}
            )
            problem = _not_possible(work.lines, wanted)
            if problem:
                return _not_fulfilled(problem)
            units |= wanted
        if not orders or any(order is not orders[0] for order in orders):
            return _not_fulfilled("All fulfillment orders must belong to the same order.")
        if len(locations) > 1:
            return _not_fulfilled("All fulfillment orders must be assigned to the same location.")
        made = fulfill(self._goods, orders[0], units, self._now(), notified=bool(fulfillment.get("notifyCustomer")))
        return {"fulfillment": views.fulfillment(made), "userErrors": []}


def idempotency_key(info: views.Info) -> str:
    """Return the key of the field's directive. Without one the mutation is refused."""
    directive = info.schema.get_directive("idempotent")
    values = get_directive_values(directive, info.field_nodes[0], info.variable_values) if directive else None
    if not values:
        message = "The @idempotent directive is required for this mutation but was not provided."
        raise GraphQLError(message, extensions={"code": "BAD_REQUEST"})
    if not values["key"].strip():
        raise GraphQLError("The idempotency key cannot be blank.", extensions={"code": "BAD_REQUEST"})
    return str(values["key"])


def _limit(entries: list[Any], name: str) -> None:
    if len(entries) > views.MAX_AT_ONCE:
        raise GraphQLError(
            f"The input array size of {len(entries)} is greater than the maximum allowed of {views.MAX_AT_ONCE}.",
            path=["input", name],
            extensions={"code": "MAX_INPUT_SIZE_EXCEEDED"},
        )


def _error(code: str | None, message: str, *at: str) -> Payload:
    return {"code": code, "field": ["input", *at], "message": message}


def _id(kind: str, global_id: str) -> str:
    number = number_of(kind, global_id)
    if not number.isdigit():
        raise GraphQLError(f"Invalid global id '{global_id}'", extensions={"code": "INVALID_VARIABLE"})
    return number


def _item_of(entry: Mapping[str, Any]) -> str:
    return _id("InventoryItem", entry["inventoryItemId"])


def _location_of(entry: Mapping[str, Any]) -> str:
    return _id("Location", entry["locationId"])


def _not_fulfilled(message: str) -> Payload:
    return {"fulfillment": None, "userErrors": [{"field": ["fulfillment"], "message": message}]}


def _not_possible(lines: list[ToFulfill], wanted: Mapping[str, int]) -> str:
    there = {line.id: line.remaining for line in lines}
    if not wanted or set(wanted) - set(there):
        return "Fulfillment order line items could not be found."
    if any(not 0 < quantity <= there[line] for line, quantity in wanted.items()):
        return "Invalid fulfillment order line item quantity requested."
    return ""
