"""Paid orders of the shop that never arrived here are found and listed.

With a keys hook, in LIVE, they are served.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from typing import NamedTuple

from npta.clients.shopify.models import ShopOrder
from npta.domain.alerts.order_alerts import recovered_alerts
from npta.domain.orders.answers import Answer, answer
from npta.domain.orders.backorders import promised_seats
from npta.domain.orders.eligibility import Mode
from npta.domain.orders.recover_orders import (
    MAX_AGE,
    LeftOut,
    Opening,
    PaidOrder,
    Span,
    head_refusal,
    is_missing,
    read_off,
    refusal,
    was_paid,
)
from npta.domain.orders.replays import decide
from npta.domain.state.order_record import Status
from npta.domain.state.outbox_rows import answer_pending
from npta.domain.state.receipts import Order, OrderLine, TooLargeError
from npta.domain.state.shop_status import OrderHead, ShopStatus
from npta.domain.state.state import State
from npta.domain.state.times import normal_time, utc_text
from npta.errors import BadRequestError, DamagedError, ShopUnavailableError
from npta.operations.backorders import READY
from npta.operations.commit import enqueue_alert, read
from npta.operations.dry_run_token import AT_ONCE, Carried, Intent
from npta.operations.fulfillment import commit_decision
from npta.operations.mode import OFF_SINCE, OFF_SPANS
from npta.services import Services
from sheets_schema import Deadline, Transaction

_log = logging.getLogger(__name__)
_LIST_SHARE = 0.35
"""How much of the time the list of orders may take; the rest is for looking at those that are missing, and for serving them."""
_DETAILS_SHARE = 0.5
_AT_ONCE = 40
"""Orders that are looked at in one call to Shopify."""

SERVED_AT_ONCE = 100
"""Orders that one commit serves: a fraction of the 2 MB that Google recommends for a batch."""
_RESERVE = 5.0
"""Seconds that one more commit, and the answer, may need."""


class _Served(NamedTuple):
    served: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


class MissingOrder(NamedTuple):
    """A paid order that never arrived here."""

    order_id: str
    order_name: str
    paid_at: str


class Recovered(NamedTuple):
    """What was found of the orders made `since` then.

    `left` are orders that are still to be served or looked at; `next_since` is where to go on if there was no time for
    all. `serves` is whether they can be served now: in LIVE, with a keys hook.
    """

    since: str
    found: tuple[MissingOrder, ...]
    left_out: tuple[LeftOut, ...]
    served: tuple[str, ...]
    failed: tuple[str, ...]
    left: int
    next_since: str
    serves: bool
    carried: Carried = Carried()


class _Looked(NamedTuple):
    """The missing orders: those to serve, those not, and those for which time ran out."""

    wanted: tuple[PaidOrder, ...]
    left_out: tuple[LeftOut, ...]
    unread: tuple[OrderHead, ...]


def recover_orders(
    services: Services,
    *,
    who: str,
    deadline: Deadline,
    since: str = "",
    intent: Intent = AT_ONCE,
    request_id: str = "",
) -> Recovered:
    """Find the paid orders of the shop that never arrived, made since a time.

    By default that is go-live, at most 60 days ago. In LIVE, with a keys hook, they are served, and their answers
    become due for the hook; otherwise, and in a dry run, they are only listed. Called again it goes on: what was
    served is missing no more. Raises `BadRequestError` for a time that is none, `SettingError` without a shop,
    `ShopError`.
    """
    shop, now = services.required_shop(), services.clock.now()
    opening, serves = read(services, lambda tx: (opening_of(tx), services.rules(tx.values).serves_waiting), deadline)
    begin = max(_time(since) or opening.go_live_at, utc_text(now - MAX_AGE))
    created = shop.created_since(begin, services.clock.deadline(deadline.left() * _LIST_SHARE))
    paid = [head for head in created.orders if was_paid(head)]
    missing = read(services, lambda tx: [head for head in paid if is_missing(tx.state, head.order_id)], deadline)
    looked = _look(services, missing, opening, services.clock.deadline(deadline.left() * _DETAILS_SHARE))
    orders = [paid.order for paid in looked.wanted]
    done = _Served()
    carried = intent.judge("recover orders", serves, [(order.order_id, order.lines) for order in orders])
    if serves and not carried.dry_run:
        for start in range(0, len(orders), SERVED_AT_ONCE):
            if start and deadline.left() < _RESERVE:
                break
            portion = orders[start : start + SERVED_AT_ONCE]
            more = _serve(services, portion, who=who, deadline=deadline, request_id=request_id)
            done = _Served(done.served + more.served, done.failed + more.failed)
    if looked.unread:
        next_since = normal_time(looked.unread[0].created_at)
    else:
        next_since = "" if created.complete else normal_time(created.orders[-1].created_at)
    return Recovered(
        since=begin,
        found=tuple(MissingOrder(order.order_id, order.order_name, order.paid_at) for order in orders),
        left_out=looked.left_out,
        served=done.served,
        failed=done.failed,
        left=len(orders) + len(looked.unread) - len(done.served) - len(done.failed),
        next_since=next_since,
        serves=serves,
        carried=carried,
    )


def _serve(services: Services, orders: Sequence[Order], *, who: str, deadline: Deadline, request_id: str) -> _Served:
    """Decide orders in one commit, as their Zaps would have.

    The answers of those that are filled go to the keys hook.
    """

    def transact(tx: Transaction[State], unpublished: Collection[str] | None) -> _Served:
        rules, stamp = services.rules(tx.values, unpublished), services.stamp(tx.commit)
        if tx.values[READY]:
            rules = rules._replace(promised=promised_seats(tx.state, rules))
        answers: list[Answer] = []
        served, failed = list[str](), list[str]()
        for order in orders if rules.serves_waiting else ():
            try:
                outcome = decide(tx.state, order, rules, stamp=stamp)
            except (TooLargeError, DamagedError) as error:
                _log.warning("the order %s cannot be recovered: %s", order.order_id, error)
                failed.append(order.order_id)
                continue
            if outcome.replayed:  # its Zap has come meanwhile
                (served if outcome.status is Status.FULFILLED else failed).append(order.order_id)
                continue
            tx.add_all(outcome.facts)
            if outcome.status is Status.FULFILLED:
                tx.add(answer_pending(tx.state, order.order_id, stamp=stamp))
            (failed if outcome.status is Status.FAILED else served).append(order.order_id)
            record = tx.state.orders[order.order_id]
            recipient = services.settings.test_recipient
            answers.append(answer(tx.state, record, outcome, rules=rules, test_recipient=recipient))
        for alert in recovered_alerts(answers, request_id=request_id):
            enqueue_alert(services, tx, alert)
        return _Served(tuple(served), tuple(failed))

    return commit_decision(services, transact, operation="recover orders", who=who, deadline=deadline)


def opening_of(tx: Transaction[State]) -> Opening:
    """Return since when orders are served here, and when they were not."""
    off_since = tx.values[OFF_SINCE]
    now_off = (Span(off_since, ""),) if off_since else ()
    go_live_at = tx.values["go_live_at"] or tx.values["last_go_live_at"]
    return Opening(Mode(tx.values["mode"]), go_live_at, (*read_off(tx.values[OFF_SPANS]), *now_off))


def _look(services: Services, heads: Sequence[OrderHead], opening: Opening, deadline: Deadline) -> _Looked:
    """Look at the missing orders, oldest first, as far as there is time."""
    now, left_out, candidates = services.clock.now(), list[LeftOut](), list[OrderHead]()
    for head in heads:
        if reason := head_refusal(head, now):
            left_out.append(LeftOut(head.order_id, head.name, normal_time(head.created_at), reason))
        else:
            candidates.append(head)
    shop, wanted, region = services.required_shop(), list[PaidOrder](), services.settings.region
    for start in range(0, len(candidates), _AT_ONCE):
        try:
            orders = shop.whole_orders([head.order_id for head in candidates[start : start + _AT_ONCE]], deadline)
        except ShopUnavailableError:
            if not start:
                raise
            return _Looked(tuple(wanted), tuple(left_out), tuple(candidates[start:]))
        for found in orders:
            paid = _paid_order(found, region)
            if reason := refusal(paid, opening, now):
                left_out.append(LeftOut(found.order_id, found.name, paid.order.paid_at, reason))
            else:
                wanted.append(paid)
    return _Looked(tuple(wanted), tuple(left_out), ())


def _paid_order(found: ShopOrder, region: str) -> PaidOrder:
    """Return an order of the shop as its Zap would have sent it."""
    lines = [OrderLine(line.line_item_id, line.sku, line.current_quantity) for line in found.lines]
    order = Order(
        found.order_id,
        tuple(line for line in lines if line.quantity),
        region,
        email=found.email.strip(),
        customer_name=found.customer_name,
        order_name=found.name,
        paid_at=normal_time(found.processed_at or found.created_at),
        removed=tuple(line.sku for line in lines if not line.quantity),
        shop=ShopStatus(
            found.financial_status.lower(),
            normal_time(found.cancelled_at) if found.cancelled_at else "",
            found.test,
        ),
    )
    fulfilled = any(line.unfulfilled < line.current_quantity for line in found.lines)
    return PaidOrder(order, found.created_at, fulfilled or found.fulfillment_status in _FULFILLED)


_FULFILLED = ("FULFILLED", "PARTIALLY_FULFILLED")


def _time(text: str) -> str:
    try:
        return normal_time(text) if text else ""
    except ValueError:
        raise BadRequestError("since", "is not a time (for example 2026-11-23T15:04:05Z)") from None
