"""An order was served by hand: it is closed and owes nothing more."""

from __future__ import annotations

from typing import NamedTuple

from npta.domain.aftercare import close
from npta.domain.modes import rules_in
from npta.domain.reopening import reopened
from npta.domain.state import State
from npta.operations.commit import commit
from npta.operations.known import get_order
from npta.services import Services
from sheets_schema import Deadline, Transaction


class Closed(NamedTuple):
    """The order that was closed, and how many seats it keeps: those that it got before it grew.

    `reopened_orders` waited behind it, and can be filled now.
    """

    order_id: str
    keys_kept: int
    reopened_orders: tuple[str, ...]


def close_order(services: Services, order: str, *, who: str, deadline: Deadline) -> Closed:
    """End what an order still owes. A late repeat is refused until it is cleared; the lines that were filled before
    are answered with their keys all the same.

    Raises `NotKnown`, `ConflictError` for an order that holds its keys and owes nothing, and what `Spreadsheet.run`
    raises.
    """

    def work(tx: Transaction[State]) -> Closed:
        record = get_order(tx.state, order)
        at = services.now()
        facts = close(record, at=at, commit=tx.commit)
        tx.extend(facts)
        rules = rules_in(tx.values, services.settings.regions)
        opened = reopened(tx.state, rules, at=at, commit=tx.commit, why="Close Order") if facts else []
        tx.extend(opened)
        held = tx.state.holdings.get(record.order_id, ())
        return Closed(record.order_id, sum(each.seats for each in held), tuple(fact.order_id for fact in opened))

    return commit(services, work, operation="close order", who=who, deadline=deadline)
