"""The part of the audit that looks at the Outbox: no alert of a committed fact is missing. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from npta.domain.fault import FIRST_ROW, Fault
from npta.tabs import KeyEvent, KeyLedger, NoticeEvent, OrderEvent, Orders, Outbox


def audit_notices(notices: Sequence[Outbox], orders: Sequence[Orders], seats: Sequence[KeyLedger]) -> Iterator[Fault]:
    """What became of an order must be told in the commit that made it so; what was sent must have been due."""
    due: set[str] = set()
    for row, notice in enumerate(notices, FIRST_ROW):
        if notice.event is NoticeEvent.DUE:
            if notice.notice_id in due:
                yield Fault(Outbox.title, row, f"the notice {notice.notice_id} stands there twice")
            due.add(notice.notice_id)
        elif notice.event is NoticeEvent.CLAIMED:
            for unknown in sorted(set(json.loads(notice.body)) - due):
                yield Fault(Outbox.title, row, f"the notice {unknown} was claimed, but was never due")
        elif notice.event is NoticeEvent.SENT and notice.notice_id not in due:
            yield Fault(Outbox.title, row, f"the notice {notice.notice_id} was sent, but was never due")
    told = {(notice.about, notice.commit) for notice in notices if notice.event is NoticeEvent.DUE}
    assigned = {(fact.order_id, fact.commit) for fact in seats if fact.event is KeyEvent.ASSIGNED}
    seen: set[str] = set()
    for row, order in enumerate(orders, FIRST_ROW):
        if _is_news(order, assigned, seen) and (order.order_id, order.commit) not in told:
            yield Fault(Orders.title, row, f"order {order.order_id}: {order.event} was never told")
        seen.add(order.order_id)


def _is_news(order: Orders, assigned: set[tuple[str, str]], seen: set[str]) -> bool:
    match order.event:
        case OrderEvent.FAILED | OrderEvent.REFUSED | OrderEvent.MALFORMED:
            return True
        case OrderEvent.FULFILLED:
            return (order.order_id, order.commit) in assigned
        case OrderEvent.SKIPPED | OrderEvent.OFF:
            return order.order_id not in seen
    return False
