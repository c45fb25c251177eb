"""Clear Order Cache: the next call decides the order afresh; the keys it holds stay with it."""

from __future__ import annotations

from typing import NamedTuple

from npta.domain.aftercare import clear
from npta.domain.state import State
from npta.operations.commit import commit
from npta.operations.known import known_order
from npta.services import Services
from sheets_schema import Deadline, Transaction


class Cleared(NamedTuple):
    """That the order was cleared, and how many seats stay assigned to it."""

    order_id: str
    keys_kept: int


def clear_order_cache(services: Services, order: str, *, who: str, deadline: Deadline) -> Cleared:
    """Forget an order's answer, never its keys. Raises `NotKnown` and what `Spreadsheet.run` raises."""

    def work(tx: Transaction[State]) -> Cleared:
        record = known_order(tx.state, order)
        for fact in clear(record, at=services.now(), commit=tx.commit):
            tx.append(fact)
        held = tx.state.holdings.get(record.order_id, ())
        return Cleared(record.order_id, sum(each.seats for each in held))

    return commit(services, work, operation="clear order cache", who=who, deadline=deadline)
