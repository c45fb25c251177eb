"""The part of the audit that looks at the Outbox: no alert of a committed fact is missing. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from npta.domain.reports.audit_finding import FIRST_ROW, AuditFinding
from npta.domain.state.alert import AlertKind
from npta.domain.state.refunds import is_refund
from npta.tables import KeyEvent, KeyLedger, NoticeEvent, OrderEvent, Orders, Outbox


def audit_notices(
    notices: Sequence[Outbox], orders: Sequence[Orders], seats: Sequence[KeyLedger]
) -> Iterator[AuditFinding]:
    """What became of an order must be told in the commit that made it so; what was sent must have been due."""
    due: set[str] = set()
    for row, notice in enumerate(notices, FIRST_ROW):
        if notice.event is NoticeEvent.DUE:
            if notice.notice_id in due:
                yield AuditFinding(Outbox.title, row, f"the notice {notice.notice_id} stands there twice")
            due.add(notice.notice_id)
        elif notice.event is NoticeEvent.CLAIMED:
            for unknown in sorted(set(json.loads(notice.body)) - due):
                yield AuditFinding(Outbox.title, row, f"the notice {unknown} was claimed, but was never due")
        elif notice.event is NoticeEvent.SENT and notice.notice_id not in due:
            yield AuditFinding(Outbox.title, row, f"the notice {notice.notice_id} was sent, but was never due")
    told = {(notice.about, notice.commit, notice.matter) for notice in notices if notice.event is NoticeEvent.DUE}
    moved = {(fact.order_id, fact.commit, fact.event) for fact in seats}
    seen: set[str] = set()
    for row, order in enumerate(orders, FIRST_ROW):
        kind = _news(order, moved, seen)
        if kind and (order.order_id, order.commit, kind) not in told:
            yield AuditFinding(Orders.title, row, f"order {order.order_id}: {order.event} was never told")
        if not is_refund(order):
            seen.add(order.order_id)


def _news(order: Orders, moved: set[tuple[str, str, KeyEvent]], seen: set[str]) -> AlertKind | None:
    """The alert that is to tell of this; None if nobody needs to be told."""
    kind = _ALERTS.get(order.event)
    match order.event:
        case OrderEvent.FULFILLED:
            return kind if (order.order_id, order.commit, KeyEvent.ASSIGNED) in moved else None
        case OrderEvent.RELEASED:
            return kind if (order.order_id, order.commit, KeyEvent.RELEASED) in moved else None
        case OrderEvent.SKIPPED | OrderEvent.OFF:
            return None if order.order_id in seen else kind
    return kind


_ALERTS = {
    OrderEvent.FULFILLED: AlertKind.FULFILLED,
    OrderEvent.FAILED: AlertKind.FAILED,
    OrderEvent.REFUSED: AlertKind.FAILED,
    OrderEvent.MALFORMED: AlertKind.FAILED,
    OrderEvent.SKIPPED: AlertKind.SKIPPED,
    OrderEvent.OFF: AlertKind.BY_HAND,
    OrderEvent.RELEASED: AlertKind.RELEASED,
    OrderEvent.DELIVERED: AlertKind.DELIVERED,
}
"""A push of stock, which may be about the same order, tells people nothing."""
