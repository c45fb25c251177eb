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
    """That the order was cleared, how many seats stay assigned to it, and whether their mail counts as sent."""

    order_id: str
    keys_kept: int
    delivered: bool


def clear_order_cache(services: Services, order: str, *, who: str, deadline: Deadline, resend: bool = False) -> Cleared:
    """Forget an order's answer, never its keys; `resend` opens their mail again as well.

    Raises `NotKnown` and what `Spreadsheet.run` raises.
    """

    def work(tx: Transaction[State]) -> Cleared:
        record = known_order(tx.state, order)
        for fact in clear(record, again=resend, at=services.now(), commit=tx.commit):
            tx.append(fact)
        held = tx.state.holdings.get(record.order_id, ())
        return Cleared(record.order_id, sum(each.seats for each in held), tx.state.orders[record.order_id].delivered)

    return commit(services, work, operation="clear order cache", who=who, deadline=deadline)
