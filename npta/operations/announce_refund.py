"""Shopify refunded or cancelled an order: noted as an event, and told. Nothing is released by itself."""

from __future__ import annotations

from typing import NamedTuple

from npta.domain.aftercare import order_event
from npta.domain.fulfillment import Mode, filled_again
from npta.domain.modes import rules_in
from npta.domain.notices import refund_pending
from npta.domain.order_record import OrderRecord, Status
from npta.domain.receipts import Order
from npta.domain.refund_alerts import refund_alert, taken_back
from npta.domain.refunds import Refund, write_refund
from npta.domain.reopening import reopened
from npta.domain.state import State
from npta.operations.commit import commit
from npta.services import Services
from npta.tabs import OrderEvent
from sheets_schema import Deadline, Transaction

_UNSEEN = "not seen yet"
"""In place of an order's status, where only its refund was heard."""


class Announced(NamedTuple):
    """Whether people are told, and how many seats of what was refunded a release would give back."""

    order_id: str
    announced: bool
    seats: int


def announce_refund(services: Services, refund: Refund, *, deadline: Deadline, request_id: str = "") -> Announced:
    """Note what the shop took back, once however often Shopify tells of it, and propose its release in Slack.

    It counts also if the order is heard of only later. Money only changes nothing. Orders that can be filled now, since
    less is owed, are opened again. Raises what `Spreadsheet.run` raises.
    """

    def work(tx: Transaction[State]) -> Announced:
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
        at = services.now()
        rules = rules_in(tx.values, services.settings.regions)
        opened = reopened(tx.state, rules, at=at, commit=tx.commit, why="refund in Shopify")
        tx.extend(opened)
        change = taken_back(before, after, refund)
        is_news = change.is_news and not tx.state.announced.get(refund.refund_id)
        if is_news:
            ids = tuple(fact.order_id for fact in opened)
            alert = refund_alert(after, refund, change, ids, is_off=rules.mode is Mode.OFF, request_id=request_id)
            tx.append(refund_pending(tx.state, alert, refund.refund_id, at=at, commit=tx.commit))
        return Announced(order_id, announced=is_news, seats=after.seats_of(change.proposed).total())

    operation = "cancellation in Shopify" if refund.cancelled else "refund in Shopify"
    return commit(services, work, operation=operation, who="Shopify", deadline=deadline)


def _note(services: Services, tx: Transaction[State], record: OrderRecord, refund: Refund) -> None:
    """Stage the fact; a growth of which nothing is left is over with it."""
    at, kind = services.now(), OrderEvent.CANCELLED if refund.cancelled else OrderEvent.REFUNDED
    status, lines = record.status if record.events else _UNSEEN, write_refund(refund)
    tx.append(order_event(record, kind, at=at, commit=tx.commit, reason=refund.reason, lines=lines, status=status))
    now = tx.state.orders.get(record.order_id)
    if now and now.filled and now.status is Status.FAILED and not now.waits:
        tx.append(filled_again(now, Order(record.order_id, (), ""), at=at, commit=tx.commit))
