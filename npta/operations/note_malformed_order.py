"""An order came in a call that cannot be read: it is noted, and people are told."""

from __future__ import annotations

import logging

from npta.domain.alerts import Alert, AlertKind
from npta.domain.malformed import malformed_fact
from npta.domain.order_alerts import malformed_alert
from npta.domain.receipts import Code, Order
from npta.domain.state import State
from npta.operations.alerting import SLACK_SECONDS, send_alert
from npta.operations.commit import commit, enqueue_alert
from npta.operations.send_notices import send_messages
from npta.services import Services
from sheets_schema import Deadline, SheetsError, Transaction

_log = logging.getLogger(__name__)
MAX_SECONDS = 10.0
"""How long the spreadsheet may keep an answer waiting that is known already."""


def note_malformed_order(
    services: Services,
    asked: Order,
    why: str,
    *,
    who: str,
    deadline: Deadline,
    code: Code = Code.MALFORMED,
    request_id: str = "",
) -> None:
    """Put an order that was refused as malformed before people, in *Attention* and in Slack; once for each reason.

    Repeats of the same call write nothing, and are told in the thread of the first. Never raises: the caller's own
    answer says what is wrong.
    """

    def work(tx: Transaction[State]) -> tuple[Alert, str, bool]:
        order = asked._replace(order_id=tx.state.order_id(asked.order_id))
        record = tx.state.orders.get(order.order_id)
        fact = malformed_fact(record, order, why, at=services.now(), commit=tx.commit, code=code)
        decided = record.status if record and not record.is_malformed else ""
        alert = malformed_alert(order, why, decided=decided, request_id=request_id)
        if fact:
            tx.append(fact)
            enqueue_alert(services, tx, alert)
        return alert, tx.state.thread(order.order_id, AlertKind.FAILED), fact is not None

    until = services.clock.deadline(min(MAX_SECONDS, deadline.left() - SLACK_SECONDS))
    try:
        alert, thread, noted = commit(services, work, operation="note malformed order", who=who, deadline=until)
    except SheetsError as error:
        _log.warning("the malformed order %s could not be noted: %s", asked.order_id, error)
        alert, thread, noted = malformed_alert(asked, why, request_id=request_id), "", False
    if noted:
        send_messages(services, deadline)
    else:
        send_alert(services, alert, deadline=deadline, thread=thread)
