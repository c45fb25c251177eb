"""Find an order as people name it, and how it stands."""

from __future__ import annotations

from npta.domain.orders.answers import Answer, answer, looked_up
from npta.domain.orders.search_orders import OrderHits, search_orders
from npta.domain.state.normalized_text import canonical
from npta.domain.state.order_ids import OrderRef, read_order_ref
from npta.domain.state.order_record import OrderRecord
from npta.domain.state.state import State
from npta.domain.state.wording import count, names
from npta.errors import BadRequestError, ConflictError, DamagedError, NotFoundError
from npta.operations.archiving.archive_health import indexed_portions
from npta.operations.archiving.read_archived_orders import read_orders
from npta.operations.archiving.search_archives import search_archives
from npta.operations.commit import read
from npta.services import Services
from sheets_schema import Deadline, Transaction


def order_ref(text: str) -> OrderRef:
    """Read an order as an operator names it: id, gid or name. Raises `BadRequestError`."""
    try:
        return read_order_ref(text)
    except ValueError as wrong:
        raise BadRequestError("order_id", str(wrong)) from None


def get_order(state: State, text: str) -> OrderRecord:
    """Return the record of an order as an operator names it; nothing is guessed.

    Raises `BadRequestError`, `NotFoundError`, and `ConflictError` for a name that several orders bear.
    """
    wanted = order_ref(text)
    if not wanted.name:
        # Where yesterday's rows hold both spellings, the one that was typed is meant.
        record = state.orders.get(state.order_id(wanted.typed)) or state.orders.get(state.order_id(wanted.order_id))
        if record is None:
            raise NotFoundError(
                f"The order {wanted} has never been seen here.{_perhaps_a_name(state, wanted.order_id)}"
            )
        return record
    bearers = state.bearers(wanted.name)
    if not bearers:
        raise NotFoundError(f"The order {wanted} has never been seen here by that name; try its id.")
    if len(bearers) > 1:
        raise ConflictError(
            f"{count(len(bearers), 'order is', 'orders are')} called {wanted}: {names(bearers)}. Nothing was done; give the id of the one that is meant."
        )
    return state.orders[state.order_id(bearers[0])]


def _perhaps_a_name(state: State, digits: str) -> str:
    bearers = state.bearers(digits)
    return f" If the order called #{digits} is meant: its id is {names(bearers)}." if bearers else ""


def look_up_order(services: Services, order: str, *, deadline: Deadline) -> Answer:
    """Return the order's answer with its history. Raises `NotFoundError`."""

    def look(tx: Transaction[State]) -> Answer:
        record = get_order(tx.state, order)
        rules = services.rules(tx.values)
        outcome = looked_up(tx.state, record, rules)
        return answer(tx.state, record, outcome, rules=rules, test_recipient=services.settings.test_recipient)

    return read(services, look, deadline)


def find_orders(services: Services, text: str, *, deadline: Deadline) -> OrderHits:
    """Return the orders that a text names: an id, a name, an address, a customer, a key code.

    Raises `BadRequestError` for a text in which nothing stands.
    """
    if not canonical(text):
        raise BadRequestError("q", "is empty; give an order's id or name, an address, a customer's name or a key code")
    hits, portions = read(services, lambda tx: (search_orders(tx.state, text), indexed_portions(tx)), deadline)
    try:
        positions, is_whole = search_archives(services, portions, text, deadline)
        found = read_orders(services, positions, deadline)
    except DamagedError:
        if not hits.orders:  # it must not look as if there were none
            raise
        return hits._replace(more=True)
    if found:
        hits = read(services, lambda tx: search_orders(tx.state, text), deadline, found=found)
    return hits if is_whole else hits._replace(more=True)
