"""A key has another number of seats than was imported."""

from __future__ import annotations

from typing import NamedTuple

from npta.domain.key_care import adjust
from npta.domain.reopening import reopened
from npta.domain.state import State
from npta.operations.commit import commit
from npta.operations.known import known_key
from npta.services import Services
from sheets_schema import Deadline, Transaction


class Adjusted(NamedTuple):
    """Seats of the key before and now, and the orders that were opened again by what it gained."""

    key_id: str
    before: int
    seats: int
    reopened_orders: tuple[str, ...]


def adjust_key(
    services: Services, key_id: str, seats: int, *, who: str, deadline: Deadline, reason: str = ""
) -> Adjusted:
    """Correct a key's number of seats, never below what is taken; `reason` goes into the commit log.

    Raises `NotKnown`, `ConflictError` for fewer seats than are taken, and what `Spreadsheet.run` raises.
    """

    def work(tx: Transaction[State]) -> Adjusted:
        key = known_key(tx.state, key_id)
        at = services.now()
        for fact in adjust(key, seats, at=at, commit=tx.commit):
            tx.append(fact)
        opened = reopened(tx.state, services.settings.regions, at=at, commit=tx.commit, why="Adjust")
        for order_fact in opened:
            tx.append(order_fact)
        return Adjusted(key_id, key.seats, seats, tuple(fact.order_id for fact in opened))

    operation = f"adjust key: {reason}" if reason else "adjust key"
    return commit(services, work, operation=operation, who=who, deadline=deadline)
