"""The mail with the keys went out: the Zap says so after its mail step."""

from __future__ import annotations

from npta.domain.aftercare import mark_delivered as delivered_facts
from npta.domain.state import State
from npta.operations.known import known_order
from npta.services import Services
from sheets_schema import Deadline, Transaction


def mark_delivered(services: Services, order: str, *, who: str, deadline: Deadline, message_id: str = "") -> str:
    """Note that an order's mail is out; gives its id. A second call changes nothing.

    Raises `NotKnown`, `BadRequest` for an order without keys, and what `Spreadsheet.run` raises.
    """

    def work(tx: Transaction[State]) -> str:
        record = known_order(tx.state, order)
        for fact in delivered_facts(record, message_id, at=services.now(), commit=tx.commit):
            tx.append(fact)
        return record.order_id

    return services.spreadsheet.run(work, operation="mark delivered", who=who, deadline=deadline)
