"""What a commit adds to the Outbox: what becomes due, is out, or was left behind."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from itertools import islice
from typing import NamedTuple

from npta.domain.alerts.resolved_alerts import resolved_alerts, resolved_stock_alerts
from npta.domain.alerts.stock_alerts import stock_trouble_alert
from npta.domain.alerts.system_alerts import hook_refused_alert, unmarked_alert
from npta.domain.catalogue.availability import sellable, supply
from npta.domain.catalogue.catalogue_summary import read_summary
from npta.domain.orders.eligibility import Mode
from npta.domain.state.alert import read_alert
from npta.domain.state.entitlements import Pool
from npta.domain.state.outbox_messages import Channel, OutboxMessage, is_reported
from npta.domain.state.outbox_rows import (
    alert_pending,
    channel_refused,
    mark_rejected,
    mark_sent,
    ordered_skus,
    stock_pending,
    stock_trouble_pending,
)
from npta.domain.state.receipts import read_receipt
from npta.domain.state.refunds import is_refund, read_refund
from npta.domain.state.state import State
from npta.domain.stock.low_stock import low_stock_facts
from npta.domain.stock.sold_not_arrived import Sale, will_be_served
from npta.operations.outbox.claims import open_channels
from npta.process_state.stock_push_state import EVERYTHING, NOT_IN_SHOP, PushedLevels, StockObservation
from npta.services import Services
from npta.tables import ImportHistory, KeyLedger, LiveCatalogue, OrderEvent, Orders, Outbox, OutboxEvent
from sheets_schema import Ledger, Transaction

MAX_NAMED = 20
"""Orders that a push of stock names."""


_MOVES_STOCK: tuple[type[Ledger], ...] = (ImportHistory, KeyLedger, LiveCatalogue)


_MAIL_ONLY = {OrderEvent.DELIVERED, OrderEvent.RESEND}
"""Events of an order that change neither what it holds nor what it is owed."""


class Recorded(NamedTuple):
    """What a commit says of messages: those sent or set aside, and alerts made due."""

    settled: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    troubles: bool = False


def record(services: Services, tx: Transaction[State]) -> Recorded:
    """Stage what follows from the staged facts, and what was sent and refused since."""
    stamp, sending, state = services.stamp(tx.commit), services.sending, tx.state
    if services.shop and moves_stock(tx):
        orders = tx.appended(Orders)
        about = " ".join(dict.fromkeys(order.order_id for order in orders[:MAX_NAMED]))
        tx.add(stock_pending(state, about, tuple(_ordered(orders)), stamp=stamp))
    _stage_alarms(services, tx)
    # Transactions that leave in one batch see the same of all these: what one of them has staged, the others leave out.
    unwritten, out, aside = sending.unpersisted(), sending.sent(), sending.refused()
    for alert, message_id in unwritten:
        if not state.message(message_id):
            tx.add(alert_pending(state, alert, stamp=stamp, message_id=message_id))
    news = [sent for sent in out if not state.is_sent(sent.message.message_id)]
    stale = _overtaken(services, tx, {sku: n for sent in news for sku, n in sent.levels.items()})
    if stale:
        tx.add(stock_pending(state, "", stale, stamp=stamp))
    tx.add_all(row for sent in news for row in _sent_rows(services, tx, sent))
    _alert_stock_troubles(services, tx)
    for message, reason in aside:
        row = mark_rejected(message, reason, stamp=stamp)
        known = state.refusal_of(message.message_id)
        if not state.is_sent(message.message_id) and (known is None or known.reason != row.receipt):
            tx.add(row)
            _alert_refusal(services, tx, message.channel, message.about, reason)
    for channel, reason in sending.refused_channels().items():
        row = channel_refused(channel, reason, stamp=stamp)
        known = state.refusal(channel)
        if known is None or known.reason != row.receipt:
            tx.add(row)
            _alert_refusal(services, tx, channel, "", reason)
    settled = (*(sent.message.message_id for sent in out), *(refused.message.message_id for refused in aside))
    return Recorded(settled, tuple(alert.message_id for alert in unwritten), troubles=True)


def _stage_alarms(services: Services, tx: Transaction[State]) -> None:
    """Stage that pools are low, and that the matter of alerts is over.

    The id of each row counts those before it.
    """
    state, stamp = tx.state, services.stamp(tx.commit)
    taken, restocked = (_pools(tx, ledger) for ledger in (KeyLedger, ImportHistory))
    for fact in low_stock_facts(state, taken, restocked, services.settings.low_stock, stamp=stamp):
        if fact.event is OutboxEvent.OVER:
            for row in resolved_stock_alerts(state, fact.about, stamp=stamp):
                tx.add(row)
        tx.add(fact)
    for row in resolved_alerts(state, [order.order_id for order in tx.appended(Orders)], stamp=stamp):
        tx.add(row)


def _alert_refusal(services: Services, tx: Transaction[State], channel: Channel, order_id: str, reason: str) -> None:
    """Tell people in Slack, with the row that says so, what Shopify or the keys hook refuses.

    What Slack refuses stands in Attention.
    """
    if channel is Channel.KEYS_HOOK:
        waiting = [message.about for message in islice(tx.state.pending(channel), MAX_NAMED)]
        alert = hook_refused_alert(order_id, reason, waiting=waiting, support_contact=services.settings.support_contact)
        tx.add(alert_pending(tx.state, alert, stamp=services.stamp(tx.commit)))
    if channel is Channel.FULFILLMENT:
        alert = unmarked_alert(
            order_id,
            tx.state.orders.get(order_id),
            reason,
            waiting=[message.about for message in islice(tx.state.pending(channel), MAX_NAMED)],
            support_contact=services.settings.support_contact,
        )
        tx.add(alert_pending(tx.state, alert, stamp=services.stamp(tx.commit)))


def _sent_rows(services: Services, tx: Transaction[State], sent: PushedLevels) -> list[Outbox]:
    """Return the rows of a message that is out; an unasked push is due with it, if it is news."""
    state, stamp = tx.state, services.stamp(tx.commit)
    row = mark_sent(sent.message, sent.receipt, stamp=stamp)
    if state.message(sent.message.message_id):
        return [row]
    if all(state.pushed_stock.get(sku) == level for sku, level in json.loads(sent.receipt or "{}").items()):
        return []
    return [stock_pending(state, "", (), stamp=stamp, message_id=sent.message.message_id), row]


def _alert_stock_troubles(services: Services, tx: Transaction[State]) -> None:
    """Report each product whose stock Shopify does not take, once for all processes."""
    state, troubles = tx.state, services.sending.stock.troubles()
    known = read_summary(tx.values["catalogue"]).vanished if troubles else frozenset()
    news = {
        sku: why
        for sku, why in troubles.items()
        if not (state.stock_troubles.get(sku) if sku == EVERYTHING else is_reported(state, sku, why))
        and not (sku in known and why == NOT_IN_SHOP)
    }
    everything = news.get(EVERYTHING)
    failed = [(sku, everything) for sku in unconfirmed(state, services.settings.region)] if everything else []
    failed += [(sku, why) for sku, why in news.items() if sku != EVERYTHING]
    if not failed:
        return
    alert = stock_trouble_alert(failed, support_contact=services.settings.support_contact)
    tx.add(stock_trouble_pending(state, alert, news, stamp=services.stamp(tx.commit)))


def unconfirmed(state: State, region: str) -> dict[str, int]:
    """Return the stock of products that Shopify has not confirmed, as it should be.

    It may show less than is free here: what is sold already and on its way is taken off.
    """
    pushed = state.pushed_stock
    return {
        sku: level
        for sku, level in sellable(state, region).items()
        if sku not in pushed or pushed[sku] > level or state.stock_troubles.get(sku)
    }


def _overtaken(services: Services, tx: Transaction[State], pushed: dict[str, int]) -> tuple[str, ...]:
    """Return SKUs whose pushed stock another process has found out of date meanwhile.

    Its own push may have come before ours. Where a push of ours is still to come, it carries the new stock anyway.
    """
    if not pushed or services.sending.stock.claimed() or any(_is_push(row) for row in tx.appended(Outbox)):
        return ()
    levels = sellable(tx.state, services.settings.region)
    return tuple(sku for sku, level in pushed.items() if levels.get(sku, level) != level)


def _is_push(row: Outbox) -> bool:
    return row.event is OutboxEvent.DUE and row.kind == Channel.STOCK


def moves_stock(tx: Transaction[State]) -> bool:
    """Whether the staged facts may change how many of a product can be sold."""
    return any(map(tx.appended, _MOVES_STOCK)) or any(row.event not in _MAIL_ONLY for row in tx.appended(Orders))


def _pools(tx: Transaction[State], ledger: type[KeyLedger | ImportHistory]) -> set[Pool]:
    return {tx.state.keys[row.key_id].pool for row in tx.appended(ledger)}


def _ordered(orders: Iterable[Orders]) -> dict[str, None]:
    """Return the SKUs of decided and refunded orders, whose stock Shopify changes by itself."""
    with_lines = (order for order in orders if order.lines)
    lines = (read_refund(row).lines if is_refund(row) else read_receipt(row.lines).lines for row in with_lines)
    return {line.sku: None for of_order in lines for line in of_order if line.sku}


def pending_rows(services: Services, tx: Transaction[State], taken: Iterable[str]) -> tuple[OutboxMessage, ...]:
    """Return what this process is to send: what it made due, claimed, or knows better now."""
    sending, sendable = services.sending, set(open_channels(services)) - {Channel.STOCK}
    own = [row.message_id for row in tx.appended(Outbox) if row.event is OutboxEvent.DUE]
    found = [message for known in (*own, *taken) if (message := tx.state.message(known))]
    for message_id in sending.awaiting():
        message = tx.state.message(message_id)
        if message and message.claimed_at == sending.claimed_at(message_id):
            found.append(message)
    return tuple(message for message in found if message.channel in sendable)


def texts(tx: Transaction[State]) -> tuple[str, ...]:
    """Return the texts of the alerts that this transaction has staged."""
    messages = (tx.state.message(row.message_id) for row in tx.appended(Outbox) if row.event is OutboxEvent.DUE)
    return tuple(
        read_alert(message.kind, message.about, message.body).text
        for message in messages
        if message and message.channel is Channel.SLACK
    )


def stock(services: Services, tx: Transaction[State], taken: Iterable[str], *, flush: bool) -> StockObservation | None:
    """Return what is to be pushed after this transaction; None if nothing.

    With `flush` also what Shopify has not confirmed, where no push is due that would carry it: that costs rows only
    once something is confirmed.
    """
    if not services.shop:
        return None
    ours = {row.message_id for row in tx.appended(Outbox) if _is_push(row)}.union(taken)
    messages = tuple(push for push in tx.state.pending(Channel.STOCK) if push.message_id in ours)
    if not messages and not (flush and next(tx.state.pending(Channel.STOCK), None) is None):
        return None
    touched = {sku for message in messages for sku in ordered_skus(message)}
    seen = look_at_stock(services, tx)
    on_sale = frozenset(seen.levels)
    changed = on_sale if EVERYTHING in touched else seen.changed | (on_sale & touched)
    seen = seen._replace(changed=changed, messages=messages)
    return seen if messages or seen.changed else None


def look_at_stock(services: Services, tx: Transaction[State]) -> StockObservation:
    """Look at the stock as it is with this transaction, and what of it Shopify knows otherwise."""
    there = supply(tx.state, services.settings.region)
    levels = there.levels()
    changed = frozenset(sku for sku, n in levels.items() if tx.state.pushed_stock.get(sku) != n)
    order = (tx.version, tx.state.message_counts.get(Channel.STOCK, 0))
    return StockObservation(order, levels, changed, (), there, awaited(tx), services.clock.monotonic())


def awaited(tx: Transaction[State]) -> Callable[[Sale], bool]:
    """Return a predicate: which orders of the shop will take keys and have not arrived.

    Asked of what is known later, it still answers for now: orders that come meanwhile are not in the stock seen now.
    """
    state, count = tx.state, tx.state.arrived.value
    mode, go_live_at = Mode(tx.values["mode"]), tx.values["go_live_at"]

    def awaits(sale: Sale) -> bool:
        return will_be_served(sale, mode, go_live_at) and not state.has_arrived(sale.order_id, count)

    return awaits
