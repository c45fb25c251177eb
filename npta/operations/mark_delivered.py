"""The mail with the keys went out: the Zap says so after its mail step."""

from __future__ import annotations

from npta.domain.aftercare import mark_delivered as delivered_facts
from npta.domain.answers import answer, looked_up
from npta.domain.modes import rules_in
from npta.domain.notices import fulfillment_pending
from npta.domain.order_alerts import delivered_alert
from npta.domain.order_record import OrderRecord
from npta.domain.receipts import auto_lines
from npta.domain.state import State
from npta.operations.commit import commit, enqueue_alert
from npta.operations.known import get_order
from npta.services import Services
from sheets_schema import Deadline, Transaction


def mark_delivered(
    services: Services, order: str, *, who: str, deadline: Deadline, message_id: str = "", request_id: str = ""
) -> str:
    """Note that an order's mail is out; gives its id. A second call changes nothing.

    Only now do people read “email sent”, and, if that is switched on, Shopify that the order's AUTO lines are fulfilled.
    Raises `NotKnown`, `ConflictError` for an order without keys, and what `Spreadsheet.run` raises.
    """

    def work(tx: Transaction[State]) -> str:
        record = get_order(tx.state, order)
        facts = delivered_facts(record, message_id, at=services.now(), commit=tx.commit)
        for fact in facts:
            tx.append(fact)
        if facts:
            _enqueue_delivery_alert(services, tx, tx.state.orders[record.order_id], request_id)
        return record.order_id

    return commit(services, work, operation="mark delivered", who=who, deadline=deadline)


def _enqueue_delivery_alert(services: Services, tx: Transaction[State], record: OrderRecord, request_id: str) -> None:
    settings = services.settings
    rules = rules_in(tx.values, settings.regions)
    outcome = looked_up(tx.state, record, rules)
    told = answer(tx.state, record, outcome, rules=rules, test_recipient=settings.test_recipient)
    enqueue_alert(services, tx, delivered_alert(told, request_id=request_id))
    receipt = record.filled_receipt
    if services.shop and settings.mark_fulfilled and receipt:
        lines = auto_lines(receipt)
        tx.append(fulfillment_pending(tx.state, record.order_id, lines, at=services.now(), commit=tx.commit))
