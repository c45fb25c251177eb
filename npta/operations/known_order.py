"""Finding an order as people name it."""

from __future__ import annotations

from npta.domain.state import OrderRecord, State
from npta.errors import NotKnown


def known_order(state: State, order: str) -> OrderRecord:
    """The record of an order, by id or `#name`. Raises `NotKnown`."""
    record = state.orders.get(state.order_names.get(order, order))
    if record is None:
        raise NotKnown(f"The order {order} has never been seen here.")
    return record
