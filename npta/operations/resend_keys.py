"""Resend: the same keys to the customer again, without touching the order."""

from __future__ import annotations

from npta.domain.aftercare import resend
from npta.domain.state import State
from npta.operations.commit import commit
from npta.operations.known import get_order
from npta.services import Services
from sheets_schema import Deadline, Transaction


def resend_keys(services: Services, order: str, *, who: str, deadline: Deadline) -> str:
    """Re-open an order's delivery: its next repeat answers `delivered: false` with the same keys. Gives its id.

    Raises `NotKnown`, `ConflictError` for an order without keys, and what `Spreadsheet.run` raises.
    """

    def work(tx: Transaction[State]) -> str:
        record = get_order(tx.state, order)
        for fact in resend(record, at=services.now(), commit=tx.commit):
            tx.append(fact)
        return record.order_id

    return commit(services, work, operation="resend keys", who=who, deadline=deadline)
