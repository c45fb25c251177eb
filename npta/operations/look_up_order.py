"""How does this order stand? (“Did my order go through?”)"""

from __future__ import annotations

from npta.domain.answers import Answer, answer, looked_up
from npta.domain.fulfillment import Mode
from npta.domain.state import State
from npta.operations.commit import commit
from npta.operations.known import known_order
from npta.services import Services
from sheets_schema import Deadline, Transaction


def look_up_order(services: Services, order: str, *, deadline: Deadline) -> Answer:
    """The order's answer with its history, by id or `#name`. Writes nothing. Raises `NotKnown`."""

    def work(tx: Transaction[State]) -> Answer:
        record = known_order(tx.state, order)
        mode = Mode(tx.values["mode"])
        outcome = looked_up(record)
        return answer(tx.state, record, outcome, mode=mode, test_recipient=services.settings.test_recipient)

    return commit(services, work, operation="look up order", who="", deadline=deadline)
