"""An order was served by hand: it is closed and owes nothing."""

from __future__ import annotations

from npta.domain.aftercare import close
from npta.domain.state import State
from npta.operations.commit import commit
from npta.operations.known import known_order
from npta.services import Services
from sheets_schema import Deadline, Transaction


def close_order(services: Services, order: str, *, who: str, deadline: Deadline) -> str:
    """Close an order that holds no keys; gives its id. A late repeat is refused until it is cleared.

    Raises `NotKnown`, `BadRequest` for an order that holds keys, and what `Spreadsheet.run` raises.
    """

    def work(tx: Transaction[State]) -> str:
        record = known_order(tx.state, order)
        for fact in close(record, at=services.now(), commit=tx.commit):
            tx.append(fact)
        return record.order_id

    return commit(services, work, operation="close order", who=who, deadline=deadline)
