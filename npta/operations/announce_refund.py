"""Shopify refunded an order: people are told what Release Keys would give back. Nothing is released by itself."""

from __future__ import annotations

from typing import NamedTuple

from npta.domain.notices import refund_due
from npta.domain.order_alerts import refund_alert
from npta.domain.receipts import Line
from npta.domain.state import State
from npta.operations.commit import commit
from npta.services import Services
from sheets_schema import Deadline, Transaction


class Refund(NamedTuple):
    """A refund as Shopify tells of it; `lines` are what was refunded, empty for money only."""

    refund_id: str
    order_id: str
    lines: tuple[Line, ...]


class Announced(NamedTuple):
    """Whether people are told, and how many seats a release would give back."""

    order_id: str
    announced: bool
    seats: int


def announce_refund(services: Services, refund: Refund, *, deadline: Deadline, request_id: str = "") -> Announced:
    """Propose in Slack to release the keys of refunded lines; once, however often Shopify tells of it.

    An order that holds no keys of those lines is nobody's concern here. Raises what `Spreadsheet.run` raises.
    """
    lines = {line.line_item_id for line in refund.lines}
    told = [f"{line.sku or line.line_item_id} × {line.quantity}" for line in refund.lines]

    def work(tx: Transaction[State]) -> Announced:
        order_id = tx.state.order_id(refund.order_id)
        record = tx.state.orders.get(order_id)
        held = tx.state.holdings.get(order_id, ())
        skus = {line.sku for line in refund.lines if line.sku}
        keys = [each for each in held if not lines or each.line_item_id in lines or each.sku in skus]
        seats = sum(each.seats for each in keys)
        if not record or not keys or tx.state.announced.get(refund.refund_id):
            return Announced(refund.order_id, announced=False, seats=seats)
        alert = refund_alert(record, keys, refunded=told, request_id=request_id)
        tx.append(refund_due(tx.state, alert, refund.refund_id, at=services.now(), commit=tx.commit))
        return Announced(refund.order_id, announced=True, seats=seats)

    return commit(services, work, operation="refund in Shopify", who="Shopify", deadline=deadline)
