"""Rows of the Outbox: one constructor for each event, and what stands in their cells. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from npta.domain.state.alert import MAX_LINE, Alert, write_alert
from npta.domain.state.outbox_messages import Channel, OutboxMessage, OutboxProjection, _channel
from npta.domain.state.receipts import OrderLine
from npta.domain.state.text import short
from npta.tables import NoticeEvent, Outbox
from sheets_schema.schema.cells import MAX_TEXT

_MIN_REASON = 10


def alert_pending(state: OutboxProjection, alert: Alert, *, at: str, commit: str, notice_id: str = "") -> Outbox:
    """The row that makes an alert due; `notice_id` if it may be out already, under that id."""
    row = _row(state, alert.kind, alert.about, write_alert(alert), at=at, commit=commit)
    return row.model_copy(update={"notice_id": notice_id}) if notice_id else row


def reminder_pending(state: OutboxProjection, alert: Alert, place: int, *, at: str, commit: str) -> Outbox:
    """The row that makes an alert about an unconfirmed mail due; `place` is the order's in that queue."""
    return alert_pending(state, alert, at=at, commit=commit).model_copy(update={"receipt": str(place)})


def refund_pending(state: OutboxProjection, alert: Alert, refund_id: str, *, at: str, commit: str) -> Outbox:
    """The row that makes an alert about a refund due; Shopify tells of each several times."""
    return alert_pending(state, alert, at=at, commit=commit).model_copy(update={"receipt": refund_id})


def stock_trouble_pending(
    state: OutboxProjection, alert: Alert, told: Mapping[str, str], *, at: str, commit: str
) -> Outbox:
    """The row that makes an alert about stock due; `told` is what keeps Shopify from it, by SKU.

    Reasons are cut to what a cell holds of all of them; what does not fit even so is told by the next alert.
    """
    skus = sum(_room({sku: ""}) for sku in told)
    longest = max(_MIN_REASON, (MAX_TEXT - skus) // max(1, len(told)))
    receipt = written_within_a_cell({sku: short(why, longest) for sku, why in told.items()})
    return alert_pending(state, alert, at=at, commit=commit).model_copy(update={"receipt": receipt})


def written_within_a_cell(told: Mapping[str, int | str]) -> str:
    """As much of what is told by SKU as one cell holds, as JSON."""
    room, found = MAX_TEXT, dict[str, int | str]()
    for sku, each in told.items():
        room -= _room({sku: each})
        if room < 0:
            break
        found[sku] = each
    return json.dumps(found, ensure_ascii=False)


def _room(told: Mapping[str, int | str]) -> int:
    return len(json.dumps(told, ensure_ascii=False).encode("utf-16-le")) // 2


def stock_pending(
    state: OutboxProjection, about: str, skus: tuple[str, ...], *, at: str, commit: str, notice_id: str = ""
) -> Outbox:
    """The row that makes a push of stock due; `skus` are those whose stock Shopify has changed by itself, an empty one all.

    `notice_id` if it was made already, under that id.
    """
    row = _row(state, Channel.STOCK, about, json.dumps(skus, ensure_ascii=False), at=at, commit=commit)
    return row.model_copy(update={"notice_id": notice_id}) if notice_id else row


def ordered_skus(notice: OutboxMessage) -> list[str]:
    """The SKUs that a push of stock was made due for."""
    return list(json.loads(notice.body))


def fulfillment_pending(
    state: OutboxProjection, order_id: str, lines: Iterable[OrderLine], *, at: str, commit: str
) -> Outbox:
    """The row that asks Shopify to mark lines of an order fulfilled."""
    body = json.dumps([list(line) for line in lines], ensure_ascii=False)
    return _row(state, Channel.FULFILLMENT, order_id, body, at=at, commit=commit)


def lines_of(notice: OutboxMessage) -> list[OrderLine]:
    """The lines that are to be marked fulfilled."""
    return [OrderLine(*each) for each in json.loads(notice.body)]


def mark_sent(notice: OutboxMessage, receipt: str, *, at: str, commit: str) -> Outbox:
    """The row that says that a notice was sent."""
    return Outbox(
        at=at,
        event=NoticeEvent.SENT,
        notice_id=notice.notice_id,
        matter=notice.kind,
        about=notice.about,
        receipt=receipt,
        commit=commit,
    )


def mark_claimed(channel: Channel, notices: Iterable[OutboxMessage], by: str, *, at: str, commit: str) -> Outbox:
    """The row that says that a process, `by` its name, sends from now on what another has left."""
    return Outbox(
        at=at,
        event=NoticeEvent.CLAIMED,
        notice_id=f"{commit}-{channel[:2]}-claim",
        matter=channel,
        about=by,
        body=json.dumps([each.notice_id for each in notices]),
        commit=commit,
    )


def mark_rejected(notice: OutboxMessage, reason: str, *, at: str, commit: str) -> Outbox:
    """The row that sets a notice aside."""
    return mark_sent(notice, short(reason, MAX_LINE), at=at, commit=commit).model_copy(
        update={"event": NoticeEvent.REFUSED}
    )


def channel_refused(channel: Channel, reason: str, *, at: str, commit: str) -> Outbox:
    """The row that says that a channel takes nothing at all."""
    return Outbox(
        at=at,
        event=NoticeEvent.REFUSED,
        notice_id=f"{commit}-{channel[:2]}-refused",
        matter=channel,
        receipt=short(reason, MAX_LINE),
        commit=commit,
    )


def _row(state: OutboxProjection, kind: str, about: str, body: str, *, at: str, commit: str) -> Outbox:
    channel = _channel(kind)
    notice_id = f"{commit}-{channel[:2]}{state.noticed.get(channel, 0)}"
    return Outbox(at=at, event=NoticeEvent.DUE, notice_id=notice_id, matter=kind, about=about, body=body, commit=commit)
