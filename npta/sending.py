"""What this process remembers of notices beyond the spreadsheet: what it is sending, what it has sent.

Losing it loses nothing: what was sent and not yet noted in the Outbox is sent once more by whoever comes next.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import NamedTuple

from npta.domain.alerts import Alert
from npta.domain.notices import Channel, Notice, thread_of

MOST_REPEATS = 10_000
"""Orders whose repeats are counted; the count only words an alert."""
MOST_NOTED = 10_000
"""Notices that are remembered as settled; a request that takes longer than so many take may send one twice."""


class StockSeen(NamedTuple):
    """The stock of every product on sale as one commit saw it; of two, the higher `order` is the newer.

    `changed` are the SKUs of which Shopify shows something else, by what the Outbox says that it was told.
    """

    order: tuple[int, int]
    levels: Mapping[str, int]
    changed: frozenset[str]
    notices: tuple[Notice, ...]


class Sent(NamedTuple):
    """A notice that is out, and what was answered to it."""

    notice: Notice
    receipt: str


class Unwritten(NamedTuple):
    """An alert of no fact that could not be sent, and the id that it was sent under, if it arrived all the same."""

    alert: Alert
    message_id: str


@dataclass
class Sending:
    """Thread-safe: many requests take from it at once, and no notice is taken twice."""

    pushing: Lock = field(default_factory=Lock)
    trouble: bool = False
    """Whether people were told that Shopify does not take stock."""
    _lock: Lock = field(default_factory=Lock)
    _waiting: OrderedDict[str, Notice] = field(default_factory=OrderedDict)
    _taken: set[str] = field(default_factory=set)
    _sent: dict[str, Sent] = field(default_factory=dict)
    _noted: OrderedDict[str, None] = field(default_factory=OrderedDict)
    _threads: dict[tuple[str, str], str] = field(default_factory=dict)
    _quiet_until: dict[str, float] = field(default_factory=dict)
    _stock: StockSeen | None = None
    _told: dict[str, int | None] = field(default_factory=dict)
    """What this process has last told Shopify, by SKU; None where no answer came."""
    _unwritten: dict[str, Unwritten] = field(default_factory=dict)
    _repeats: dict[str, int] = field(default_factory=dict)

    def see(self, notices: Iterable[Notice], stock: StockSeen | None) -> None:
        """Take in what a landed commit has shown to be due.

        What it saw may be older than what we know: other requests have sent some of it meanwhile.
        """
        with self._lock:
            for notice in notices:
                if notice.notice_id not in self._taken and not self._is_out(notice):
                    self._waiting[notice.notice_id] = notice
            if stock is None or all(self._is_out(notice) for notice in stock.notices):
                return
            if self._stock is None or stock.order >= self._stock.order:
                self._stock = stock

    def _is_out(self, notice: Notice) -> bool:
        return notice.notice_id in self._sent or notice.notice_id in self._noted

    def take(self, channel: Channel, now: float) -> Notice | None:
        """The next notice for a channel, now ours to send; None if there is none, or the channel rests."""
        with self._lock:
            if now < self._quiet_until.get(channel, now):
                return None
            for notice_id, notice in self._waiting.items():
                if notice.channel is channel and now >= self._quiet_until.get(notice_id, now):
                    del self._waiting[notice_id]
                    self._taken.add(notice_id)
                    thread = self._threads.get(_thread(notice), notice.thread)
                    return notice._replace(thread=thread)
            return None

    def rests(self, channel: Channel, now: float) -> bool:
        """Whether a channel is to be left alone now."""
        with self._lock:
            return now < self._quiet_until.get(channel, now)

    def stock(self, now: float) -> StockSeen | None:
        """What Shopify is to be told now; None if nothing, or Shopify rests."""
        with self._lock:
            return None if now < self._quiet_until.get(Channel.STOCK, now) else self._stock

    def tell_stock(self, seen: StockSeen) -> dict[str, int]:
        """What Shopify is told now, which is not known to have arrived until `stock_done` says so.

        That is what has changed by the Outbox, and what has changed since this process told something else, which the
        Outbox may not say yet.
        """
        with self._lock:
            levels = {sku: n for sku, n in seen.levels.items() if sku in seen.changed or self._told.get(sku, n) != n}
            self._told.update(dict.fromkeys(levels))
            return levels

    def stock_done(self, seen: StockSeen, told: Mapping[str, int]) -> None:
        """Shopify knows: everything that was due with it is sent; the last notice carries what was told."""
        with self._lock:
            if self._stock is seen:
                self._stock = None
            self._told.update(told)
            for notice in seen.notices:
                self._sent.setdefault(notice.notice_id, Sent(notice, ""))
            if seen.notices:
                last = seen.notices[-1]
                self._sent[last.notice_id] = Sent(last, json.dumps(told, ensure_ascii=False))

    def done(self, notice: Notice, receipt: str) -> None:
        """A notice is out."""
        with self._lock:
            self._taken.discard(notice.notice_id)
            self._sent[notice.notice_id] = Sent(notice, receipt)
            if thread_of(notice.kind) and receipt:
                self._threads.setdefault(_thread(notice), receipt)

    def put_back(self, notice: Notice, *, rest: float = 0.0) -> None:
        """A notice could not be sent: it is the next one again, or, with `rest`, not before that monotonic time."""
        with self._lock:
            self._taken.discard(notice.notice_id)
            self._waiting[notice.notice_id] = notice
            if rest:
                self._quiet_until[notice.notice_id] = rest
            else:
                self._waiting.move_to_end(notice.notice_id, last=False)

    def rest(self, channel: Channel, until: float) -> None:
        """Leave a channel alone until then, on the monotonic clock."""
        with self._lock:
            self._quiet_until[channel] = max(until, self._quiet_until.get(channel, until))

    def wake(self) -> None:
        """Try everything again, whatever rested."""
        with self._lock:
            self._quiet_until.clear()

    def sent(self) -> tuple[Sent, ...]:
        """What is out and not yet noted in the Outbox."""
        with self._lock:
            return tuple(self._sent.values())

    def noted(self, notice_ids: Collection[str]) -> None:
        """The Outbox says so now."""
        with self._lock:
            for notice_id in notice_ids:
                self._sent.pop(notice_id, None)
                self._quiet_until.pop(notice_id, None)
                self._noted[notice_id] = None
            while len(self._noted) > MOST_NOTED:
                self._noted.popitem(last=False)

    def thread(self, alert: Alert) -> str:
        """Slack's name for the first message of this kind about this order, if this process has sent it."""
        with self._lock:
            return self._threads.get((alert.about, thread_of(alert.kind)), "")

    def opened(self, alert: Alert, first: str) -> None:
        """Remember the first message of this kind about an order."""
        if alert.about and thread_of(alert.kind):
            with self._lock:
                self._threads.setdefault((alert.about, thread_of(alert.kind)), first)

    def keep(self, alert: Alert, message_id: str) -> None:
        """An alert of no fact that could not be sent: it becomes due with the next commit, once if it says the same."""
        with self._lock:
            if all(alert.text != other.alert.text for other in self._unwritten.values()):
                self._unwritten[message_id] = Unwritten(alert, message_id)

    def unwritten(self) -> tuple[Unwritten, ...]:
        """Alerts that wait for a commit to carry them."""
        with self._lock:
            return tuple(self._unwritten.values())

    def written(self, message_ids: Collection[str]) -> None:
        """They are in the Outbox now."""
        with self._lock:
            for message_id in message_ids:
                self._unwritten.pop(message_id, None)

    def repeated(self, order_id: str) -> int:
        """Count one more repeat of a failed order; how many there were."""
        with self._lock:
            if len(self._repeats) > MOST_REPEATS:
                self._repeats.clear()
            self._repeats[order_id] = self._repeats.get(order_id, 0) + 1
            return self._repeats[order_id]


def _thread(notice: Notice) -> tuple[str, str]:
    return (notice.about, thread_of(notice.kind))
