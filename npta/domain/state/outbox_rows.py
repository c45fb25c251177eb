"""Rows of the Outbox: one constructor for each event, and what stands in their cells. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from npta.domain.state.alert import MAX_LINE, Alert, AlertKind, write_alert
from npta.domain.state.entitlements import Pool
from npta.domain.state.normalized_text import short
from npta.domain.state.outbox_messages import Channel, OutboxMessage, OutboxProjection, channel_of
from npta.domain.state.receipts import OrderLine
from npta.domain.state.rows_in_cell import by_column, read_rows
from npta.domain.state.times import Stamp
from npta.tables import NoticeEvent, Outbox
from sheets_schema.advanced import MAX_TEXT

_MIN_REASON = 10


def alert_pending(
    state: OutboxProjection, alert: Alert, *, stamp: Stamp, receipt: str = "", notice_id: str = ""
) -> Outbox:
    """Return the row that makes an alert due; `notice_id` if it may be out under that id.

    `receipt` is the refund that it is about, or, of a reminder, the position of its last order in the queue of mails.
    """
    body = write_alert(alert)
    return _pending(state, alert.kind, alert.about, body, receipt, notice_id=notice_id, stamp=stamp)


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
    state: OutboxProjection, about: str, skus: tuple[str, ...], *, stamp: Stamp, notice_id: str = ""
) -> Outbox:
    """Return the row that makes a push of stock due; `notice_id` if it was made under that id.

    `skus` are those whose stock Shopify has changed by itself, an empty one all.
    """
    body = json.dumps(skus, ensure_ascii=False)
    return _pending(state, Channel.STOCK, about, body, notice_id=notice_id, stamp=stamp)


def ordered_skus(notice: OutboxMessage) -> list[str]:
    """Return the SKUs that a push of stock was made due for."""
    return list(json.loads(notice.body))


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


def lines_of(notice: OutboxMessage) -> list[OrderLine]:
    """Return the lines to be marked fulfilled. Raises `ValueError`, `TypeError` or `KeyError`."""
    return [OrderLine(*row) for row in read_rows(OrderLine._fields, json.loads(notice.body))]


def mark_sent(notice: OutboxMessage, receipt: str, *, stamp: Stamp) -> Outbox:
    """Return the row that says that a notice was sent."""
    return _row(NoticeEvent.SENT, notice.notice_id, notice.kind, notice.about, receipt=receipt, stamp=stamp)


def mark_rejected(notice: OutboxMessage, reason: str, *, stamp: Stamp) -> Outbox:
    """Return the row that sets a notice aside."""
    why = short(reason, MAX_LINE)
    return _row(NoticeEvent.REFUSED, notice.notice_id, notice.kind, notice.about, receipt=why, stamp=stamp)


def mark_claimed(channel: Channel, notices: Iterable[OutboxMessage], by: str, *, stamp: Stamp) -> Outbox:
    """Return the row by which a process, `by` its name, takes over what another has left."""
    ids = json.dumps([notice.notice_id for notice in notices])
    return _row(NoticeEvent.CLAIMED, f"{stamp.commit}-{channel[:2]}-claim", channel, by, body=ids, stamp=stamp)


def channel_refused(channel: Channel, reason: str, *, stamp: Stamp) -> Outbox:
    """Return the row that says that a channel takes nothing at all."""
    notice_id, why = f"{stamp.commit}-{channel[:2]}-refused", short(reason, MAX_LINE)
    return _row(NoticeEvent.REFUSED, notice_id, channel, receipt=why, stamp=stamp)


def low_stock_over(pool: Pool, *, stamp: Stamp) -> Outbox:
    """Return the row that says that a pool is low no more."""
    return _row(NoticeEvent.OVER, f"{stamp.commit}-over", AlertKind.LOW_STOCK, str(pool), stamp=stamp)


def _pending(
    state: OutboxProjection, kind: str, about: str, body: str, receipt: str = "", *, notice_id: str = "", stamp: Stamp
) -> Outbox:
    channel = channel_of(kind)
    notice_id = notice_id or f"{stamp.commit}-{channel[:2]}{state.message_counts.get(channel, 0)}"
    return _row(NoticeEvent.DUE, notice_id, kind, about, body=body, receipt=receipt, stamp=stamp)


def _row(
    event: NoticeEvent, notice_id: str, kind: str, about: str = "", *, body: str = "", receipt: str = "", stamp: Stamp
) -> Outbox:
    return Outbox(
        at=stamp.at,
        event=event,
        notice_id=notice_id,
        matter=kind,
        about=about,
        body=body,
        receipt=receipt,
        commit=stamp.commit,
    )
