"""Paid orders of the shop that never arrived here: which to serve, and why not others. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from npta.domain.orders.eligibility import Mode
from npta.domain.state.receipts import Code, Order
from npta.domain.state.shop_status import OrderHead
from npta.domain.state.state import State
from npta.domain.state.times import normal_time, utc_text

GRACE = timedelta(minutes=15)
"""An order of the last minutes may still be on its way through Zapier, or waiting for its second try (assumed)."""
MAX_AGE = timedelta(days=60)
"""Without another scope Shopify shows no older orders (documented)."""


class Span(NamedTuple):
    """A time in which the mode was OFF, ISO 8601 UTC; an empty end is until now."""

    begin: str
    end: str


class Opening(NamedTuple):
    """Since when orders are served by the system, and when they were not."""

    mode: Mode
    go_live_at: str
    off: tuple[Span, ...] = ()

    def refuses(self, paid_at: str) -> str:
        """Return why an order that was paid then is left to people; empty if it is not."""
        if paid_at < self.go_live_at:
            return f"paid before go-live ({self.go_live_at})"
        if any(span.begin <= paid_at and (not span.end or paid_at < span.end) for span in self.off):
            return "paid while the mode was OFF"
        return ""


class PaidOrder(NamedTuple):
    """An order of the shop that would be served as `order`.

    `fulfilled`: some of it is marked so in Shopify.
    """

    order: Order
    created_at: str
    fulfilled: bool = False


class LeftOut(NamedTuple):
    """An order that never arrived and is not served either, and why."""

    order_id: str
    order_name: str
    paid_at: str
    reason: str


def is_missing(state: State, order_id: str) -> bool:
    """Whether an order never arrived here as a paid one.

    One that came before it was paid may have been paid since.
    """
    known = state.kept_id(order_id)
    if at := state.archived(known):
        return not at.order.seen
    record = state.orders.get(known)
    return record is None or bool(record.withheld and record.withheld.code is Code.NOT_PAID)


def was_paid(head: OrderHead) -> bool:
    """Whether somebody has paid for an order of the shop, whatever has become of it."""
    return head.financial_status in ("PAID", "PARTIALLY_REFUNDED", "REFUNDED")


def head_refusal(head: OrderHead, now: datetime) -> str:
    """Return why an order is left out by what a list of orders shows of it; empty if it is not."""
    if head.cancelled_at:
        return "cancelled in Shopify"
    if head.test:
        return "a test order"
    if not head.paid:
        return "refunded in Shopify"
    if head.fulfillment_status in ("FULFILLED", "PARTIALLY_FULFILLED"):
        return _FULFILLED
    return _too_young(head.created_at, now)


_FULFILLED = "fulfilled in Shopify, if only in part: somebody has served it"


def _too_young(since: str, now: datetime) -> str:
    young = normal_time(since) > utc_text(now - GRACE)
    return f"younger than {GRACE.seconds // 60} minutes: it may still arrive by itself" if young else ""


def refusal(paid: PaidOrder, opening: Opening, now: datetime) -> str:
    """Return why an order is left out, by all that Shopify shows of it.

    Empty if it is to be served.
    """
    order = paid.order
    if order.shop.code:
        return f"{order.shop.code.replace('_', ' ')} in Shopify"
    if paid.fulfilled:
        return _FULFILLED
    if reason := opening.refuses(order.paid_at):
        return reason
    if reason := _too_young(max(normal_time(paid.created_at), order.paid_at), now):
        return reason
    if not order.lines:
        return "nothing is left of its lines"
    return "" if order.email else "without an e-mail address: serve it by hand, or set one in Shopify"


def read_off(text: str) -> tuple[Span, ...]:
    """Return the times in which the mode was OFF, from their cell."""
    return tuple(Span(*span) for span in json.loads(text)) if text else ()


def after_off(spans: Sequence[Span], begin: str, now: datetime) -> str:
    """Return the cell once a time in which the mode was OFF has ended.

    What nobody asks for any more is left out.
    """
    kept = [span for span in spans if span.end >= utc_text(now - MAX_AGE)]
    return json.dumps([*kept, Span(begin, utc_text(now))][-_MAX_SPANS:])


_MAX_SPANS = 500
"""So many fit into the cell."""
