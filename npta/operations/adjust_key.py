"""A key has another number of seats than was imported."""

from __future__ import annotations

from typing import NamedTuple

from npta.domain.key_care import adjust
from npta.domain.modes import rules_in
from npta.domain.reopening import reopened
from npta.domain.state import State
from npta.domain.wording import count
from npta.operations.commit import commit
from npta.operations.known import KeyName, get_key
from npta.services import Services
from sheets_schema import Deadline, Transaction


class Adjusted(NamedTuple):
    """Seats of the key before and now, whether it is retired, and the orders that were opened by what it gained."""

    key_id: str
    before: int
    seats: int
    retired: bool
    reopened_orders: tuple[str, ...]

    @property
    def message(self) -> str:
        """What happened, in words."""
        if self.seats == self.before:
            told = f"Key {self.key_id} has {count(self.seats, 'seat')}, as before."
        else:
            told = f"Key {self.key_id} has {count(self.seats, 'seat')} now, {self.before} before."
        return f"{told} It is retired: none of its seats is sold, however many there are." if self.retired else told


def adjust_key(
    services: Services, name: KeyName, seats: int, *, who: str, deadline: Deadline, reason: str = ""
) -> Adjusted:
    """Correct a key's number of seats, never below what is taken; `reason` goes into the commit log.

    A retired key stays retired. Raises `NotKnown`, `ConflictError` for fewer seats than are taken or a name that fits
    several keys, and what `Spreadsheet.run` raises.
    """

    def work(tx: Transaction[State]) -> Adjusted:
        key = get_key(tx.state, name)
        at = services.now()
        for fact in adjust(key, seats, at=at, commit=tx.commit):
            tx.append(fact)
        rules = rules_in(tx.values, services.settings.regions)
        opened = reopened(tx.state, rules, at=at, commit=tx.commit, why="Adjust")
        for order_fact in opened:
            tx.append(order_fact)
        return Adjusted(key.key_id, key.seats, seats, key.retired, tuple(fact.order_id for fact in opened))

    operation = f"adjust key: {reason}" if reason else "adjust key"
    return commit(services, work, operation=operation, who=who, deadline=deadline)
