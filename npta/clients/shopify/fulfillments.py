"""Marking lines of an order as fulfilled, once.

`fulfillmentCreate` takes no idempotency key, so what is done already is read first, and a call without an answer is
not repeated blindly: the next call finds out what became of it. One fulfilment has one location (documented).
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from npta.clients.shopify.graphql_operations import FULFILL, MORE_TO_FULFILL, ORDER_LINES, TO_FULFILL, Operation
from npta.clients.shopify.models import digits, gid
from npta.clients.shopify.transport import Wire
from npta.domain.orders.mark_fulfilled import FulfillmentWork, Left, Mark, ShopLine, plan_marking
from npta.domain.state.receipts import OrderLine
from npta.errors import ShopDeclinedError
from sheets_schema import Deadline

_log = logging.getLogger(__name__)


class Marked(NamedTuple):
    """How many units were marked now, and which could not be, with the reason."""

    units: int
    left: tuple[Left, ...] = ()


def mark_fulfilled(wire: Wire, order_id: str, wanted: Sequence[OrderLine], deadline: Deadline) -> Marked:
    """Bring lines to fulfilled without a mail to the customer; the result names what cannot be.

    Raises `ShopDeclinedError` where Shopify does not show the order, and what `Wire.call` raises.
    """
    done: Counter[str] = Counter()
    left: tuple[Left, ...] = ()
    # What is refused at first may have changed under us, or one part of it stops the others: so it is read again, and
    # then each part is sent by itself.
    for apart in (False, True):
        lines = _lines(wire, order_id, deadline)
        plan = plan_marking(wanted, lines, list(_work(wire, order_id, deadline)), done)
        refused: list[Left] = []
        for group in _groups(plan.marks, apart=apart):
            try:
                _fulfil(wire, group, deadline)
            except ShopDeclinedError as error:
                _log.warning("order %s: %s", order_id, error)
                skus = {line.line_item_id: line.sku for line in lines}
                refused += (Left(skus[mark.work.line_item_id], mark.units, str(error)) for mark in group)
            else:
                for mark in group:
                    done[mark.work.line_item_id] += mark.units
        left = (*plan.left, *refused)
        if not refused:
            break
    return Marked(done.total(), left)


def _groups(marks: Sequence[Mark], *, apart: bool) -> list[list[Mark]]:
    """Group what goes in one fulfilment: by location, or, `apart`, by fulfilment order."""
    groups: dict[str, list[Mark]] = {}
    for mark in marks:
        groups.setdefault(mark.work.order_part if apart else mark.work.location, []).append(mark)
    return list(groups.values())


def _fulfil(wire: Wire, marks: Sequence[Mark], deadline: Deadline) -> None:
    parts: dict[str, list[dict[str, Any]]] = {}
    for mark in marks:
        parts.setdefault(mark.work.order_part, []).append({"id": mark.work.part, "quantity": mark.units})
    chosen = [{"fulfillmentOrderId": order, "fulfillmentOrderLineItems": items} for order, items in parts.items()]
    wire.change(FULFILL, {"fulfillment": {"lineItemsByFulfillmentOrder": chosen, "notifyCustomer": False}}, deadline)


def _lines(wire: Wire, order_id: str, deadline: Deadline) -> list[ShopLine]:
    """Return the order's own lines; of a cancelled order nothing is open, whatever they say."""
    return [
        ShopLine(
            digits(node["id"]),
            node["sku"] or "",
            0 if order["cancelledAt"] else node["currentQuantity"],
            0 if order["cancelledAt"] else node["unfulfilledQuantity"],
        )
        for order, node in _pages(wire, ORDER_LINES, order_id, "lineItems", deadline)
    ]


def _work(wire: Wire, order_id: str, deadline: Deadline) -> Iterator[FulfillmentWork]:
    for _, order in _pages(wire, TO_FULFILL, order_id, "fulfillmentOrders", deadline):
        marks = any(action["action"] == "CREATE_FULFILLMENT" for action in order["supportedActions"])
        assigned = order["assignedLocation"]
        location = (assigned["location"] or {}).get("id", "")
        for line in _all_lines(wire, order, deadline):
            yield FulfillmentWork(
                order["id"],
                line["id"],
                digits(line["lineItem"]["id"]),
                line["remainingQuantity"],
                order["status"],
                marks,
                location,
                assigned["name"],
            )


def _all_lines(wire: Wire, order: Mapping[str, Any], deadline: Deadline) -> Iterator[Mapping[str, Any]]:
    items = order["lineItems"]
    while True:
        yield from items["nodes"]
        if not items["pageInfo"]["hasNextPage"]:
            return
        more = {"id": order["id"], "after": items["pageInfo"]["endCursor"]}
        found = wire.call(MORE_TO_FULFILL, more, deadline)["fulfillmentOrder"]
        if found is None:  # it was replaced while we read; what is missing now is found at the next try
            return
        items = found["lineItems"]


def _pages(
    wire: Wire, operation: Operation, order_id: str, name: str, deadline: Deadline
) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Yield the order with every node of a connection. Raises `ShopDeclinedError` without one."""
    after: str | None = None
    while True:
        order = wire.call(operation, {"id": gid("Order", order_id), "after": after}, deadline)["order"]
        if order is None:
            raise ShopDeclinedError(
                f"Shopify does not know order {order_id}: is it of another shop, or older than 60 days (which needs the "
                "access scope read_all_orders)?"
            )
        page = order[name]
        yield from ((order, node) for node in page["nodes"])
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]
