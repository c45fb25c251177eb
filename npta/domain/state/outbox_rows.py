"""Rows of the Outbox: one constructor for each event, and what stands in their cells. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from npta.domain.state.alert import MAX_LINE, Alert, AlertKind, write_alert
from npta.domain.state.entitlements import Pool
from npta.domain.state.outbox_messages import Channel, OutboxMessage, OutboxProjection, channel_of
from npta.domain.state.receipts import OrderLine
from npta.domain.state.rows_in_cell import by_column, read_rows
from npta.domain.state.times import Stamp
from npta.domain.state.wording import short
from npta.tables import Outbox, OutboxEvent
from sheets_schema.advanced import MAX_TEXT

_MIN_REASON = 10


def alert_pending(
    state: OutboxProjection, alert: Alert, *, stamp: Stamp, receipt: str = "", message_id: str = ""
) -> Outbox:
    """Return the row that makes an alert due; `message_id` if it may be out under that id.

    `receipt` is the refund that it is about, or, of a reminder, the position of its last order in the queue of mails.
    """
    body = write_alert(alert)
    return _pending(state, alert.kind, alert.about, body, receipt, message_id=message_id, stamp=stamp)


def stock_trouble_pending(state: OutboxProjection, alert: Alert, reasons: Mapping[str, str], *, stamp: Stamp) -> Outbox:
    """Return the row of an alert about stock; `reasons` keep Shopify from it, by SKU.

    They are cut to what a cell holds; the next alert reports what does not fit even so.
    """
    skus = sum(_room({sku: ""}) for sku in reasons)
    longest = max(_MIN_REASON, (MAX_TEXT - skus) // max(1, len(reasons)))
    receipt = written_within_a_cell({sku: short(why, longest) for sku, why in reasons.items()})
    return alert_pending(state, alert, stamp=stamp, receipt=receipt)


def written_within_a_cell(by_sku: Mapping[str, int | str]) -> str:
    """Return as much of what is known by SKU as one cell holds, as JSON."""
    room, kept = MAX_TEXT, dict[str, int | str]()
    for sku, value in by_sku.items():
        room -= _room({sku: value})
        if room < 0:
            break
        kept[sku] = value
    return json.dumps(kept, ensure_ascii=False)


def _room(by_sku: Mapping[str, int | str]) -> int:
    return len(json.dumps(by_sku, ensure_ascii=False).encode("utf-16-le")) // 2


def stock_pending(
    state: OutboxProjection, about: str, skus: tuple[str, ...], *, stamp: Stamp, message_id: str = ""
) -> Outbox:
    """Return the row that makes a push of stock due; `message_id` if it was made under that id.

    `skus` are those whose stock Shopify has changed by itself, an empty one all.
    """
    body = json.dumps(skus, ensure_ascii=False)
    return _pending(state, Channel.STOCK, about, body, message_id=message_id, stamp=stamp)


def ordered_skus(message: OutboxMessage) -> list[str]:
    """Return the SKUs that a push of stock was made due for."""
    return list(json.loads(message.body))


def fulfillment_pending(state: OutboxProjection, order_id: str, lines: Iterable[OrderLine], *, stamp: Stamp) -> Outbox:
    """Return the row that asks Shopify to mark lines of an order fulfilled."""
    body = json.dumps(by_column(OrderLine._fields, tuple(lines)), ensure_ascii=False)
    return _pending(state, Channel.FULFILLMENT, order_id, body, stamp=stamp)


def answer_pending(state: OutboxProjection, order_id: str, *, stamp: Stamp) -> Outbox:
    """Return the row that makes an order's answer due for the keys hook.

    The answer is made when it is sent.
    """
    return _pending(state, Channel.KEYS_HOOK, order_id, "", stamp=stamp)


def alert_ended(state: OutboxProjection, message_id: str, alert: Alert, *, stamp: Stamp) -> Outbox:
    """Return the row that replaces a message by `alert`, which says that its matter is over."""
    return _pending(state, Channel.ENDED, alert.about, write_alert(alert), message_id, stamp=stamp)


def lines_of(message: OutboxMessage) -> list[OrderLine]:
    """Return the lines to be marked fulfilled. Raises `ValueError`, `TypeError` or `KeyError`."""
    return [OrderLine(*row) for row in read_rows(OrderLine._fields, json.loads(message.body))]


def mark_sent(message: OutboxMessage, receipt: str, *, stamp: Stamp) -> Outbox:
    """Return the row that says that a message was sent."""
    return _row(OutboxEvent.SENT, message.message_id, message.kind, message.about, receipt=receipt, stamp=stamp)


def mark_rejected(message: OutboxMessage, reason: str, *, stamp: Stamp) -> Outbox:
    """Return the row that sets a message aside."""
    why = short(reason, MAX_LINE)
    return _row(OutboxEvent.REFUSED, message.message_id, message.kind, message.about, receipt=why, stamp=stamp)


def mark_claimed(channel: Channel, messages: Iterable[OutboxMessage], by: str, *, stamp: Stamp) -> Outbox:
    """Return the row by which a process, `by` its name, takes over what another has left."""
    ids = json.dumps([message.message_id for message in messages])
    return _row(OutboxEvent.CLAIMED, f"{stamp.commit}-{channel[:2]}-claim", channel, by, body=ids, stamp=stamp)


def channel_refused(channel: Channel, reason: str, *, stamp: Stamp) -> Outbox:
    """Return the row that says that a channel takes nothing at all."""
    message_id, why = f"{stamp.commit}-{channel[:2]}-refused", short(reason, MAX_LINE)
    return _row(OutboxEvent.REFUSED, message_id, channel, receipt=why, stamp=stamp)


def low_stock_over(pool: Pool, *, stamp: Stamp) -> Outbox:
    """Return the row that says that a pool is low no more."""
    return _row(OutboxEvent.OVER, f"{stamp.commit}-over", AlertKind.LOW_STOCK, str(pool), stamp=stamp)


def _pending(
    state: OutboxProjection, kind: str, about: str, body: str, receipt: str = "", *, message_id: str = "", stamp: Stamp
) -> Outbox:
    channel = channel_of(kind)
    message_id = message_id or f"{stamp.commit}-{channel[:2]}{state.message_counts.get(channel, 0)}"
    return _row(OutboxEvent.DUE, message_id, kind, about, body=body, receipt=receipt, stamp=stamp)


def _row(
    event: OutboxEvent, message_id: str, kind: str, about: str = "", *, body: str = "", receipt: str = "", stamp: Stamp
) -> Outbox:
    return Outbox(
        at=stamp.at,
        event=event,
        message_id=message_id,
        kind=kind,
        about=about,
        body=body,
        receipt=receipt,
        commit=stamp.commit,
    )
