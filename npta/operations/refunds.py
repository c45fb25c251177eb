"""What Shopify tells of refunds and cancellations: noted once, and proposed for release."""

from __future__ import annotations

from typing import NamedTuple

from npta.domain.alerts.refund_alerts import refund_alert, taken_back
from npta.domain.orders.eligibility import Mode
from npta.domain.orders.ledger_rows import filled_again, order_event
from npta.domain.state.order_record import OrderRecord, Status
from npta.domain.state.receipts import Order
from npta.domain.state.refunds import Refund, write_refund
from npta.domain.state.state import State
from npta.operations.backorders import ask_shop, stage_backorders
from npta.operations.commit import commit, enqueue_alert
from npta.services import Services
from npta.tables import OrderEvent
from sheets_schema import Deadline, Transaction

_UNSEEN = "not seen yet"
"""In place of the status of an order of which only a refund has come."""


class Announced(NamedTuple):
    """Whether people are alerted, and how many seats a release would give back."""

    order_id: str
    announced: bool
    seats: int


def announce_refund(services: Services, refund: Refund, *, deadline: Deadline, request_id: str = "") -> Announced:
    """Note what the shop took back, once, and propose its release in Slack.

    It counts also if the order comes only later. Money only changes nothing. Orders that can be filled now, since less
    is owed, are opened again.
    """
    standing = ask_shop(services, deadline)

    def transact(tx: Transaction[State]) -> Announced:
        order_id = tx.state.order_id(refund.order_id)
        before = tx.state.orders.get(order_id)
        is_known = refund.refund_id in tx.state.refunds_of(order_id).ids
        if is_known or not (refund.lines or refund.cancelled):
            lines = {line.line_item_id for line in refund.lines}
            back = [line for line in before.to_give_back if line.line_item_id in lines] if before else []
            return Announced(order_id, announced=False, seats=before.seats_of(back).total() if before else 0)
        _note(services, tx, before or OrderRecord(order_id), refund)
        after = tx.state.orders.get(order_id)
        if not (before and after):
            return Announced(order_id, announced=False, seats=0)
        orders = stage_backorders(services, tx, "refund in Shopify", standing, request_id=request_id)
        change = taken_back(before, after, refund)
        is_news = change.is_news and not tx.state.announced.get(refund.refund_id)
        if is_news:
            alert = refund_alert(
                after,
                refund,
                change,
                orders.served,
                orders.reopened,
                is_off=tx.values["mode"] == Mode.OFF,
                request_id=request_id,
            )
            enqueue_alert(services, tx, alert, receipt=refund.refund_id)
        return Announced(order_id, announced=is_news, seats=after.seats_of(change.proposed).total())

    operation = "cancellation in Shopify" if refund.cancelled else "refund in Shopify"
    return commit(services, transact, operation=operation, who="Shopify", deadline=deadline)


def _note(services: Services, tx: Transaction[State], record: OrderRecord, refund: Refund) -> None:
    """Stage the fact; a growth of which nothing is left is over with it."""
    stamp, kind = services.stamp(tx.commit), OrderEvent.CANCELLED if refund.cancelled else OrderEvent.REFUNDED
    status, lines = record.status if record.events else _UNSEEN, write_refund(refund)
    tx.add(order_event(record, kind, stamp=stamp, reason=refund.reason, lines=lines, status=status))
    now = tx.state.orders.get(record.order_id)
    if now and now.filled and now.status is Status.FAILED and not now.waits:
        tx.add(filled_again(now, Order(record.order_id, (), ""), stamp=stamp))
