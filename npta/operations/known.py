"""Finding an order or a key as people name it."""

from __future__ import annotations

from npta.domain.order_ids import OrderRef, read_order_ref
from npta.domain.order_record import OrderRecord
from npta.domain.state import Key, State
from npta.domain.wording import names
from npta.errors import BadRequest, ConflictError, NotKnown


def order_ref(text: str) -> OrderRef:
    """An order as an operator names it: id, gid or name. Raises `BadRequest`."""
    try:
        return read_order_ref(text)
    except ValueError as wrong:
        raise BadRequest("order_id", str(wrong)) from None


def known_order(state: State, text: str) -> OrderRecord:
    """The record of an order, as an operator names it; nothing else is ever taken for what was meant.

    Raises `BadRequest`, `NotKnown`, and `ConflictError` for a name that several orders bear.
    """
    wanted = order_ref(text)
    if not wanted.name:
        # Where yesterday's rows hold both spellings, the one that was typed is meant.
        record = state.orders.get(wanted.typed) or state.orders.get(state.order_id(wanted.order_id))
        if record is None:
            raise NotKnown(f"The order {wanted} has never been seen here.{_perhaps_a_name(state, wanted.order_id)}")
        return record
    bearers = state.bearers(wanted.name)
    if not bearers:
        raise NotKnown(f"The order {wanted} has never been seen here by that name; try its id.")
    if len(bearers) > 1:
        raise ConflictError(
            f"{len(bearers)} orders are called {wanted}: {names(bearers)}. Nothing was done; give the id of the one that is meant."
        )
    return state.orders[bearers[0]]


def _perhaps_a_name(state: State, digits: str) -> str:
    bearers = state.bearers(digits)
    return f" If the order called #{digits} is meant: its id is {names(bearers)}." if bearers else ""


def known_key(state: State, key_id: str) -> Key:
    """An imported key. Raises `NotKnown`."""
    key = state.keys.get(key_id)
    if key is None:
        raise NotKnown(f"The key {key_id} was never imported; its id stands in the tab Import History.")
    return key
