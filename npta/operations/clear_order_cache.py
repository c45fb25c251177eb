"""Clear Order Cache: the next call decides the order afresh; the keys it holds stay with it."""

from __future__ import annotations

from typing import NamedTuple

from npta.domain.aftercare import clear
from npta.domain.answers import after_clearing
from npta.domain.modes import rules_in
from npta.domain.state import State
from npta.operations.commit import commit
from npta.operations.known import get_order
from npta.services import Services
from sheets_schema import Deadline, Transaction


class Cleared(NamedTuple):
    """That the order was cleared, how many seats stay assigned to it, whether their mail counts as sent, what to do."""

    order_id: str
    keys_kept: int
    delivered: bool
    next_step: str


def clear_order_cache(services: Services, order: str, *, who: str, deadline: Deadline, resend: bool = False) -> Cleared:
    """Forget an order's answer, never its keys; `resend` opens their mail again as well.

    Raises `NotKnown` and what `Spreadsheet.run` raises.
    """

    def work(tx: Transaction[State]) -> Cleared:
        record = get_order(tx.state, order)
        for fact in clear(record, again=resend, at=services.now(), commit=tx.commit):
            tx.append(fact)
        held = tx.state.holdings.get(record.order_id, ())
        record = tx.state.orders[record.order_id]
        step = after_clearing(tx.state, record, rules_in(tx.values, services.settings.regions))
        return Cleared(record.order_id, sum(each.seats for each in held), record.delivered, step)

    return commit(services, work, operation="clear order cache", who=who, deadline=deadline)
