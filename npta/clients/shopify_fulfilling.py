"""Marking lines of an order as fulfilled, once.

`fulfillmentCreate` takes no idempotency key, so what is done already is read first, and a call without an answer is
not repeated blindly: whoever calls again finds out what became of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from npta.clients.shopify_models import digits, gid
from npta.clients.shopify_operations import FULFILL, MORE_TO_FULFILL, TO_FULFILL
from npta.clients.shopify_wire import Wire
from npta.errors import ShopRefused
from sheets_schema import Deadline

_READY = frozenset({"OPEN", "IN_PROGRESS"})


def mark_fulfilled(wire: Wire, order_id: str, lines: Mapping[str, int], deadline: Deadline) -> int:
    """Bring these lines to at least so many fulfilled units each. Returns the units marked now.

    Raises `ShopRefused` where the order is unknown, on hold, or not ours to fulfil.
    """
    owed = dict(lines)
    open_lines: list[tuple[Mapping[str, Any], Mapping[str, Any]]] = []
    for order, line in _lines(wire, order_id, deadline):
        line_id = digits(line["lineItem"]["id"])
        if line_id in owed:
            owed[line_id] -= line["totalQuantity"] - line["remainingQuantity"]
            if line["remainingQuantity"]:
                open_lines.append((order, line))
    parts: dict[str, dict[str, list[dict[str, Any]]]] = {}
    marked = 0
    for order, line in open_lines:
        line_id = digits(line["lineItem"]["id"])
        units = min(owed[line_id], line["remainingQuantity"])
        if units <= 0:
            continue
        _refuse_unready(order_id, order)
        owed[line_id] -= units
        marked += units
        location = (order["assignedLocation"]["location"] or {}).get("id", "")
        parts.setdefault(location, {}).setdefault(order["id"], []).append({"id": line["id"], "quantity": units})
    # One fulfilment has one location (documented).
    for orders in parts.values():
        chosen = [{"fulfillmentOrderId": order, "fulfillmentOrderLineItems": items} for order, items in orders.items()]
        sent = {"lineItemsByFulfillmentOrder": chosen, "notifyCustomer": False}
        wire.change(FULFILL, {"fulfillment": sent}, deadline)
    return marked


def _refuse_unready(order_id: str, order: Mapping[str, Any]) -> None:
    actions = {each["action"] for each in order["supportedActions"]}
    if order["status"] not in _READY or "CREATE_FULFILLMENT" not in actions:
        state = str(order["status"]).lower().replace("_", " ")
        raise ShopRefused(
            f"Order {order_id} cannot be marked as fulfilled: its fulfilment is {state}. Mark it by hand in Shopify."
        )


def _lines(wire: Wire, order_id: str, deadline: Deadline) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Every line of every fulfilment order, with the fulfilment order."""
    after: str | None = None
    while True:
        order = wire.call(TO_FULFILL, {"id": gid("Order", order_id), "after": after}, deadline)["order"]
        if order is None:
            raise ShopRefused(f"Shopify does not know order {order_id}.")
        page = order["fulfillmentOrders"]
        for fulfillment_order in page["nodes"]:
            items = fulfillment_order["lineItems"]
            while True:
                yield from ((fulfillment_order, line) for line in items["nodes"])
                if not items["pageInfo"]["hasNextPage"]:
                    break
                more = {"id": fulfillment_order["id"], "after": items["pageInfo"]["endCursor"]}
                items = wire.call(MORE_TO_FULFILL, more, deadline)["fulfillmentOrder"]["lineItems"]
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]
