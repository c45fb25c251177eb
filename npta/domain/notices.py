"""What is still to be told to Slack and Shopify, folded from the Outbox.

A notice stands in the spreadsheet before it is sent, in the same commit as the fact that it tells; a later row says that
it was sent. So a crash can send it twice, never lose it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from npta.domain.alerts import OUT_OF_STOCK_TITLE, Alert, Kind, write_alert
from npta.domain.receipts import Line
from npta.tabs import NoticeEvent, Outbox
from sheets_schema import Fold, Lookup, lookup


class Channel(StrEnum):
    """Whom a notice goes to: each has a queue of its own, so that one that is down holds up nobody else."""

    SLACK = "slack"
    STOCK = "stock"
    FULFILLMENT = "fulfillment"


class Notice(NamedTuple):
    """One thing that is to be told. `thread` is Slack's name for the first message of the same kind about the same."""

    notice_id: str
    channel: Channel
    kind: str
    about: str
    body: str
    at: str
    thread: str = ""


class Pushed(NamedTuple):
    """The last time that Shopify was told stock."""

    at: str
    levels: int


@dataclass
class Notices(Fold):
    """The part of the state that says what is due. Queues are kept by place, so that what was sent costs nothing."""

    notices: Lookup[tuple[Channel, int], Notice] = lookup()
    notice_places: Lookup[str, tuple[Channel, int]] = lookup()
    first_due: Lookup[Channel, int] = lookup()
    noticed: Lookup[Channel, int] = lookup()
    unsent: Lookup[str, bool] = lookup()
    threads: Lookup[tuple[str, str], str] = lookup()
    alarmed: Lookup[str, str] = lookup()
    """By pool the worst that was told since its last restock: low stock or out of stock; empty if neither."""
    told_stock: Lookup[str, int] = lookup()
    pushed: Lookup[str, Pushed] = lookup()
    reminded: Lookup[str, int] = lookup()
    announced: Lookup[str, bool] = lookup()

    def due(self, channel: Channel) -> Iterator[Notice]:
        """What is still to be sent there, oldest first."""
        for place in range(self.first_due.get(channel, 0), self.noticed.get(channel, 0)):
            notice = self.notices[channel, place]
            if self.unsent.get(notice.notice_id):
                yield self._with_thread(notice)

    def notice(self, notice_id: str) -> Notice | None:
        """A notice, sent or not; None if there is none of this id."""
        place = self.notice_places.get(notice_id)
        return self._with_thread(self.notices[place]) if place else None

    def thread(self, about: str, kind: Kind) -> str:
        """Slack's name for the first message of this kind about an order; empty if there is none."""
        return self.threads.get((about, thread_of(kind)), "")

    def is_sent(self, notice_id: str) -> bool:
        """Whether the Outbox says that it was sent."""
        return self.unsent.get(notice_id) is False

    def _with_thread(self, notice: Notice) -> Notice:
        return notice._replace(thread=self.threads.get((notice.about, thread_of(notice.kind)), ""))

    def noted(self, row: Outbox) -> None:
        """Take a row of the Outbox in."""
        match row.event:
            case NoticeEvent.DUE:
                self._due(row)
            case NoticeEvent.SENT:
                self._sent(row)
            case NoticeEvent.OVER:
                self.alarmed[row.about] = ""

    def _due(self, row: Outbox) -> None:
        channel = _channel(row.matter)
        place = self.noticed.get(channel, 0)
        self.notices[channel, place] = Notice(row.notice_id, channel, row.matter, row.about, row.body, row.at)
        self.notice_places[row.notice_id] = (channel, place)
        self.noticed[channel] = place + 1
        self.unsent[row.notice_id] = True
        if row.matter in _STOCK_ALARMS:
            # Until Out of Stock had a kind of its own, only its title told it from Low Stock.
            empty = row.matter == Kind.OUT_OF_STOCK or OUT_OF_STOCK_TITLE in row.body
            self.alarmed[row.about] = Kind.OUT_OF_STOCK if empty else Kind.LOW_STOCK
        if row.matter == Kind.UNDELIVERED:
            self.reminded["place"] = int(row.receipt)
        if row.matter == Kind.REFUND:
            self.announced[row.receipt] = True

    def _sent(self, row: Outbox) -> None:
        self.unsent[row.notice_id] = False
        if row.notice_id not in self.notice_places:
            return
        channel, _ = self.notice_places[row.notice_id]
        first, count = self.first_due.get(channel, 0), self.noticed[channel]
        while first < count and not self.unsent.get(self.notices[channel, first].notice_id):
            first += 1
        self.first_due[channel] = first
        if channel is Channel.SLACK and row.receipt and thread_of(row.matter):
            self.threads.setdefault((row.about, thread_of(row.matter)), row.receipt)
        if channel is Channel.STOCK and row.receipt:
            levels = json.loads(row.receipt)
            self.told_stock.update(levels)
            self.pushed["last"] = Pushed(row.at, len(levels))


_STOCK_ALARMS = (Kind.LOW_STOCK, Kind.OUT_OF_STOCK)
_ABOUT_ORDERS = (Kind.FULFILLED, Kind.FAILED, Kind.SKIPPED, Kind.BY_HAND, Kind.SYSTEM_ERROR)


def thread_of(kind: str) -> str:
    """Alerts about an order with the same word here belong to the same first message; empty: each stands alone."""
    if kind == Kind.DELIVERED:
        return Kind.FULFILLED
    return kind if kind in _ABOUT_ORDERS else ""


def alert_due(state: Notices, alert: Alert, *, at: str, commit: str, notice_id: str = "") -> Outbox:
    """The row that makes an alert due; `notice_id` if it may be out already, under that id."""
    row = _row(state, alert.kind, alert.about, write_alert(alert), at=at, commit=commit)
    return row.model_copy(update={"notice_id": notice_id}) if notice_id else row


def reminder_due(state: Notices, alert: Alert, place: int, *, at: str, commit: str) -> Outbox:
    """The row that makes an alert about an unconfirmed mail due; `place` is the order's in that queue."""
    return alert_due(state, alert, at=at, commit=commit).model_copy(update={"receipt": str(place)})


def refund_due(state: Notices, alert: Alert, refund_id: str, *, at: str, commit: str) -> Outbox:
    """The row that makes an alert about a refund due; Shopify tells of each several times."""
    return alert_due(state, alert, at=at, commit=commit).model_copy(update={"receipt": refund_id})


def stock_due(state: Notices, about: str, skus: tuple[str, ...], *, at: str, commit: str) -> Outbox:
    """The row that makes a push of stock due; `skus` are those whose stock Shopify has changed by itself."""
    return _row(state, Channel.STOCK, about, json.dumps(skus, ensure_ascii=False), at=at, commit=commit)


def ordered_skus(notice: Notice) -> list[str]:
    """The SKUs that a push of stock was made due for."""
    return list(json.loads(notice.body))


def fulfillment_due(state: Notices, order_id: str, lines: Iterable[Line], *, at: str, commit: str) -> Outbox:
    """The row that asks Shopify to mark lines of an order fulfilled."""
    body = json.dumps([list(line) for line in lines], ensure_ascii=False)
    return _row(state, Channel.FULFILLMENT, order_id, body, at=at, commit=commit)


def lines_of(notice: Notice) -> list[Line]:
    """The lines that are to be marked fulfilled."""
    return [Line(*each) for each in json.loads(notice.body)]


def sent(notice: Notice, receipt: str, *, at: str, commit: str) -> Outbox:
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


def _row(state: Notices, kind: str, about: str, body: str, *, at: str, commit: str) -> Outbox:
    channel = _channel(kind)
    notice_id = f"{commit}-{channel[:2]}{state.noticed.get(channel, 0)}"
    return Outbox(at=at, event=NoticeEvent.DUE, notice_id=notice_id, matter=kind, about=about, body=body, commit=commit)


def _channel(kind: str) -> Channel:
    return Channel(kind) if kind in (Channel.STOCK, Channel.FULFILLMENT) else Channel.SLACK
