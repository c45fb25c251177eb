"""How does this order stand? (“Did my order go through?”)"""

from __future__ import annotations

from npta.domain.answers import Answer, answer, looked_up
from npta.domain.modes import rules_in
from npta.domain.state import State
from npta.operations.commit import commit
from npta.operations.known import get_order
from npta.services import Services
from sheets_schema import Deadline, Transaction


def look_up_order(services: Services, order: str, *, deadline: Deadline) -> Answer:
    """The order's answer with its history, by id or `#name`. Writes nothing. Raises `NotKnown`."""

    def work(tx: Transaction[State]) -> Answer:
        record = get_order(tx.state, order)
        rules = rules_in(tx.values, services.settings.regions)
        outcome = looked_up(tx.state, record, rules)
        return answer(tx.state, record, outcome, rules=rules, test_recipient=services.settings.test_recipient)

    return commit(services, work, operation="look up order", who="", deadline=deadline)
