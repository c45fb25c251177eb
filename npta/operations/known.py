"""Finding an order or a key as people name it."""

from __future__ import annotations

from npta.domain.order_record import OrderRecord
from npta.domain.state import Key, State
from npta.errors import NotKnown


def known_order(state: State, order: str) -> OrderRecord:
    """The record of an order, by id or `#name`. Raises `NotKnown`."""
    record = state.orders.get(state.order_names.get(order, order))
    if record is None:
        raise NotKnown(f"The order {order} has never been seen here.")
    return record


def known_key(state: State, key_id: str) -> Key:
    """An imported key. Raises `NotKnown`."""
    key = state.keys.get(key_id)
    if key is None:
        raise NotKnown(f"The key {key_id} was never imported; its id stands in the tab Import History.")
    return key
