"""What this process remembers of notices beyond the spreadsheet: what it is sending, what it has sent.

Losing it loses nothing: what was sent and not yet noted in the Outbox is sent once more by whoever comes next.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import NamedTuple

from npta.domain.alerts import Alert
from npta.domain.notices import Channel, Notice, thread_of


class StockSeen(NamedTuple):
    """What Shopify is to be told, as one commit saw it; of two, the higher `order` is the newer."""

    order: tuple[int, int]
    levels: Mapping[str, int]
    notices: tuple[Notice, ...]


class Sent(NamedTuple):
    """A notice that is out, and what was answered to it."""

    notice: Notice
    receipt: str


@dataclass
class Sending:
    """Thread-safe: many requests take from it at once, and no notice is taken twice."""

    pushing: Lock = field(default_factory=Lock)
    trouble: bool = False
    """Whether people were told that Shopify does not take stock."""
    _lock: Lock = field(default_factory=Lock)
    _waiting: dict[str, Notice] = field(default_factory=dict)
    _taken: set[str] = field(default_factory=set)
    _sent: dict[str, Sent] = field(default_factory=dict)
    _threads: dict[tuple[str, str], str] = field(default_factory=dict)
    _quiet_until: dict[str, float] = field(default_factory=dict)
    _stock: StockSeen | None = None
    _unwritten: dict[str, Alert] = field(default_factory=dict)
    _repeats: dict[str, int] = field(default_factory=dict)

    def see(self, notices: Iterable[Notice], stock: StockSeen | None) -> None:
        """Take in what a landed commit has shown to be due."""
        with self._lock:
            for notice in notices:
                if notice.notice_id not in self._taken and notice.notice_id not in self._sent:
                    self._waiting[notice.notice_id] = notice
            if stock and (self._stock is None or stock.order >= self._stock.order):
                self._stock = stock

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

    def stock_done(self, seen: StockSeen, receipt: str) -> None:
        """Shopify knows: everything that was due with it is sent; the last notice carries what was told."""
        with self._lock:
            if self._stock is seen:
                self._stock = None
            for notice in seen.notices:
                self._sent[notice.notice_id] = Sent(notice, "")
            if seen.notices:
                last = seen.notices[-1]
                self._sent[last.notice_id] = Sent(last, receipt)

    def done(self, notice: Notice, receipt: str) -> None:
        """A notice is out."""
        with self._lock:
            self._taken.discard(notice.notice_id)
            self._sent[notice.notice_id] = Sent(notice, receipt)
            if thread_of(notice.kind) and receipt:
                self._threads.setdefault(_thread(notice), receipt)

    def put_back(self, notice: Notice, *, rest: float = 0.0) -> None:
        """A notice could not be sent; not again before `rest` on the monotonic clock."""
        with self._lock:
            self._taken.discard(notice.notice_id)
            self._waiting[notice.notice_id] = notice
            if rest:
                self._quiet_until[notice.notice_id] = rest

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

    def thread(self, alert: Alert) -> str:
        """Slack's name for the first message of this kind about this order, if this process has sent it."""
        with self._lock:
            return self._threads.get((alert.about, thread_of(alert.kind)), "")

    def opened(self, alert: Alert, first: str) -> None:
        """Remember the first message of this kind about an order."""
        if alert.about and thread_of(alert.kind):
            with self._lock:
                self._threads.setdefault((alert.about, thread_of(alert.kind)), first)

    def keep(self, alert: Alert) -> None:
        """An alert of no fact that could not be sent: it becomes due with the next commit."""
        with self._lock:
            self._unwritten[f"{alert.kind} {alert.about} {alert.text}"] = alert

    def unwritten(self) -> tuple[tuple[str, Alert], ...]:
        """Alerts that wait for a commit to carry them."""
        with self._lock:
            return tuple(self._unwritten.items())

    def written(self, names: Collection[str]) -> None:
        """They are in the Outbox now."""
        with self._lock:
            for name in names:
                self._unwritten.pop(name, None)

    def repeated(self, order_id: str) -> int:
        """Count one more repeat of a failed order; how many there were."""
        with self._lock:
            if len(self._repeats) > MOST_REPEATS:
                self._repeats.clear()
            self._repeats[order_id] = self._repeats.get(order_id, 0) + 1
            return self._repeats[order_id]


MOST_REPEATS = 10_000
"""Orders whose repeats are counted; the count only words an alert."""


def _thread(notice: Notice) -> tuple[str, str]:
    return (notice.about, thread_of(notice.kind))
