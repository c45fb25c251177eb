"""Messages to Slack, Shopify and the keys hook: which are pending, folded from the Outbox.

A message stands in the spreadsheet before it is sent, in the same commit as the fact that it tells; a later row says that
it was sent. So a crash can send it twice, never lose it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from npta.domain.state.alert import OUT_OF_STOCK_TITLE, AlertKind
from npta.domain.state.counters_and_queues import Latest, OrderQueue
from npta.domain.state.wording import short
from npta.tables import Outbox, OutboxEvent
from sheets_schema import Overlay, Projection, overlay


class Channel(StrEnum):
    """Whom a message goes to. Each has a queue, so that one that is down holds up no other."""

    SLACK = "slack"
    STOCK = "stock"
    FULFILLMENT = "fulfillment"
    KEYS_HOOK = "keys hook"
    ENDED = "ended"
    """Slack's as well, for changes of messages: they hold up no alert."""


class HookDelivery(NamedTuple):
    """When an order's newest answer became due for the keys hook, and when the hook took it.

    Empty until then.
    """

    due_at: str
    taken_at: str = ""


class OutboxMessage(NamedTuple):
    """A message to be sent. `thread` is Slack's name for the first of its kind about it.

    `claimed_at` is when a process last claimed it: with the commit that made it due, or later. `awaits` is the message
    that opens its thread, if that one is not out yet.
    """

    message_id: str
    channel: Channel
    kind: str
    about: str
    body: str
    at: str
    claimed_at: str
    thread: str = ""
    awaits: str = ""


class Refusal(NamedTuple):
    """Why something is refused for good, and since when."""

    at: str
    reason: str


class Pushed(NamedTuple):
    """The last stock push to Shopify."""

    at: str
    levels: int


class RefusedMessage(NamedTuple):
    """What is refused until it is fixed: a message, or, without `kind`, a whole channel."""

    channel: Channel
    kind: str
    about: str
    since: str
    reason: str


@dataclass
class OutboxProjection(Projection):
    """What is due, by channel; what was sent costs nothing any more."""

    messages: Overlay[str, OutboxMessage] = overlay()
    alerts_due: OrderQueue = field(default_factory=OrderQueue)
    pushes_due: OrderQueue = field(default_factory=OrderQueue)
    marks_due: OrderQueue = field(default_factory=OrderQueue)
    aside: OrderQueue = field(default_factory=OrderQueue)
    """Messages that are refused for good, whatever the channel, until somebody flushes them."""
    stock_troubles: Overlay[str, str] = overlay()
    """By SKU (empty: all), what alerts say keeps Shopify from its stock; empty once Shopify has it."""
    refusals: Overlay[str, Refusal | None] = overlay()
    """By message, and by channel where all of it is refused."""
    message_counts: Overlay[Channel, int] = overlay()
    claims: Overlay[str, str] = overlay()
    openers: Overlay[tuple[str, str], str] = overlay()
    threads: Overlay[tuple[str, str], str] = overlay()
    alarmed: Overlay[str, str] = overlay()
    """By pool, the worst alert since its last restock: low stock or out of stock; empty if neither."""
    pushed_stock: Overlay[str, int] = overlay()
    pushed: Latest[Pushed] = field(default_factory=Latest)
    reminded: Latest[int] = field(default_factory=Latest)
    """The position of the last order that people were reminded of."""
    announced: Overlay[str, bool] = overlay()
    answers_due: OrderQueue = field(default_factory=OrderQueue)
    hook_deliveries: Overlay[str, HookDelivery] = overlay()
    """By order, what became of its newest answer to the keys hook."""
    endings_due: OrderQueue = field(default_factory=OrderQueue)
    open_alerts: Overlay[tuple[str, str], tuple[str, ...]] = overlay()
    """By what they are about and their kind, the first messages of alerts that are not over."""
    posts: Overlay[str, str] = overlay()
    """Slack's names for those messages, by their ids."""
    ends: Overlay[str, str] = overlay()
    """By the id of a change, the message that it changes."""
    since: Latest[str] = field(default_factory=Latest)
    """The time of the last row that has left the sheet: messages of before are no longer known one by one."""

    def pending(self, channel: Channel) -> Iterator[OutboxMessage]:
        """Yield what is still to be sent there, oldest first."""
        return (self._current(message_id) for message_id in self._queue(channel).ids())

    def message(self, message_id: str) -> OutboxMessage | None:
        """Return a message, sent or not; None if there is none of this id."""
        return self._current(message_id) if message_id in self.messages else None

    def thread(self, about: str, kind: AlertKind) -> str:
        """Slack's name for the first message of this kind about an order; empty if there is none."""
        return self.threads.get((about, thread_of(kind)), "")

    def was_served_in_summary(self, order_id: str) -> bool:
        """Whether an order was served together with so many others that it has no alert of its own."""
        return order_id in self.hook_deliveries and (order_id, thread_of(AlertKind.FULFILLED)) not in self.openers

    def is_sent(self, message_id: str) -> bool:
        """Whether the Outbox says that it was sent."""
        message = self.messages.get(message_id)
        return message is not None and not (self._queue(message.channel).get(message_id) or self.aside.get(message_id))

    def refusal_of(self, message_id: str) -> Refusal | None:
        """Why a message is set aside; None if it is not."""
        return self.refusals.get(message_id) if self.aside.get(message_id) else None

    def set_aside(self) -> Iterator[tuple[OutboxMessage, Refusal]]:
        """Messages that are refused for good, and why."""
        for message_id in self.aside.ids():
            if refusal := self.refusals.get(message_id):
                yield self._current(message_id), refusal

    def refusal(self, channel: Channel) -> Refusal | None:
        """Why a channel takes nothing at all; None if it does, as far as is known."""
        return self.refusals.get(channel)

    def _queue(self, channel: Channel) -> OrderQueue:
        match channel:
            case Channel.SLACK:
                return self.alerts_due
            case Channel.STOCK:
                return self.pushes_due
            case Channel.FULFILLMENT:
                return self.marks_due
            case Channel.KEYS_HOOK:
                return self.answers_due
            case Channel.ENDED:
                return self.endings_due

    def _current(self, message_id: str) -> OutboxMessage:
        """Return a message with what is known by now of its claim and its thread."""
        message = self.messages[message_id]
        if message.channel is Channel.ENDED:
            opener = self.ends[message_id]
            thread = self.posts.get(opener, "")
        else:
            about = (message.about, thread_of(message.kind))
            opener = self.openers.get(about) or message_id
            thread = self.threads.get(about, "")
        return message._replace(
            claimed_at=self.claims.get(message_id, message.at),
            thread=thread,
            awaits=opener if opener != message_id and self.alerts_due.get(opener) else "",
        )

    def record(self, row: Outbox) -> None:
        """Fold a row of the Outbox."""
        match row.event:
            case OutboxEvent.DUE:
                self._due(row)
            case OutboxEvent.CLAIMED:
                self.claims.update(dict.fromkeys(json.loads(row.body), row.at))
            case OutboxEvent.SENT:
                self._sent(row)
            case OutboxEvent.REFUSED:
                self._refused(row)
            case OutboxEvent.OVER:
                self.alarmed[row.about] = ""
                for kind in _STOCK_ALARMS:
                    self.open_alerts[row.about, kind] = ()
            case OutboxEvent.CARRIED:
                self._carried(json.loads(row.body))

    def _carried(self, carried: Mapping[str, Any]) -> None:
        """Take in what rows that have left the sheet have brought about (see `outbox_opening.py`)."""
        self.message_counts.update((Channel(channel), count) for channel, count in carried.get("counts", ()))
        for about, kind, opener, post in carried.get("threads", ()):
            self.openers[about, kind], self.threads[about, kind] = opener, post
        self.open_alerts.update(((about, kind), tuple(ids)) for about, kind, ids in carried.get("open_alerts", ()))
        self.stock_troubles.update(carried.get("stock_troubles", ()))
        self.alarmed.update(carried.get("alarmed", ()))
        self.pushed_stock.update(carried.get("pushed_stock", ()))
        self.announced.update((refund, True) for (refund,) in carried.get("announced", ()))
        for at, levels in carried.get("pushed", ()):
            self.pushed.value = Pushed(at, levels)
        for (position,) in carried.get("reminded", ()):
            self.reminded.value = position
        for (at,) in carried.get("since", ()):
            self.since.value = at

    def _due(self, row: Outbox) -> None:
        channel, message_id = channel_of(row.kind), row.message_id
        self.messages[message_id] = OutboxMessage(message_id, channel, row.kind, row.about, row.body, row.at, row.at)
        self.message_counts[channel] = self.message_counts.get(channel, 0) + 1
        self._queue(channel).put(message_id, there=True)
        thread = (row.about, thread_of(row.kind))
        replies = bool(thread[1] and self.openers.get(thread))
        if thread[1] and not replies:
            self.openers[thread] = message_id
        if row.kind in _END and not replies:
            self.open_alerts[row.about, row.kind] = (*self.open_alerts.get((row.about, row.kind), ()), message_id)
        if row.kind in _STOCK_ALARMS:
            # Until Out of Stock had a kind of its own, only its title told it from Low Stock.
            empty = row.kind == AlertKind.OUT_OF_STOCK or OUT_OF_STOCK_TITLE in row.body
            self.alarmed[row.about] = AlertKind.OUT_OF_STOCK if empty else AlertKind.LOW_STOCK
        if row.kind == AlertKind.STOCK_TROUBLE and row.receipt:
            self.stock_troubles.update(json.loads(row.receipt))
        if row.kind == AlertKind.UNDELIVERED:
            self.reminded.value = int(row.receipt)
        if row.kind == AlertKind.REFUND:
            self.announced[row.receipt] = True
        if channel is Channel.KEYS_HOOK:
            self.hook_deliveries[row.about] = HookDelivery(row.at)
        if channel is Channel.ENDED:
            self._end(row)

    def _end(self, row: Outbox) -> None:
        """Note that an alert is over, so that the next of its kind opens a thread of its own."""
        self.ends[row.message_id] = row.receipt
        for kind in _END:
            still = self.open_alerts.get((row.about, kind), ())
            if row.receipt in still:
                self.open_alerts[row.about, kind] = tuple(other for other in still if other != row.receipt)
                if self.is_sent(row.receipt):
                    self.messages[row.receipt] = self.messages[row.receipt]._replace(body="")
        for kind in (AlertKind.FAILED, AlertKind.BY_HAND):
            thread = (row.about, thread_of(kind))
            if self.openers.get(thread) == row.receipt:
                self.openers[thread] = self.threads[thread] = ""

    def _refused(self, row: Outbox) -> None:
        message = self.messages.get(row.message_id)
        self.refusals[row.message_id if message else row.kind] = Refusal(row.at, row.receipt)
        if message:
            self._queue(message.channel).put(row.message_id, there=False)
            self.aside.put(row.message_id, there=True)

    def _sent(self, row: Outbox) -> None:
        message = self.messages.get(row.message_id)
        if message is None:
            return
        if row.message_id not in self.open_alerts.get((message.about, message.kind), ()):
            self.messages[row.message_id] = message._replace(
                body=""
            )  # which nobody needs any more, and bodies are long
        self._queue(message.channel).put(row.message_id, there=False)
        self.aside.put(row.message_id, there=False)
        if self.refusals.get(message.channel):
            self.refusals[message.channel] = None
        thread = (row.about, thread_of(row.kind))
        if message.channel is Channel.SLACK and row.receipt:
            if row.kind in _END:
                self.posts[row.message_id] = row.receipt
            if thread[1] and not self.threads.get(thread) and self.openers.get(thread):
                self.threads[thread] = row.receipt
        if message.channel is Channel.KEYS_HOOK and message.at == self.hook_deliveries[message.about].due_at:
            self.hook_deliveries[message.about] = HookDelivery(message.at, row.at)
        if message.channel is Channel.STOCK and row.receipt:
            levels = json.loads(row.receipt)
            self.pushed_stock.update(levels)
            self.stock_troubles.update({sku: "" for sku in ("", *levels) if self.stock_troubles.get(sku)})
            self.pushed.value = Pushed(row.at, len(levels))


_KINDS_OF_THEIR_OWN = (Channel.STOCK, Channel.FULFILLMENT, Channel.KEYS_HOOK, Channel.ENDED)
"""Channels whose messages are all of one kind, called like the channel; every other kind is an alert's."""


_STOCK_ALARMS = (AlertKind.LOW_STOCK, AlertKind.OUT_OF_STOCK)


_END = (AlertKind.FAILED, AlertKind.BY_HAND, AlertKind.REFUND, *_STOCK_ALARMS)
"""Alerts that tell of something which passes."""


_ABOUT_ORDERS = (AlertKind.FULFILLED, AlertKind.FAILED, AlertKind.SKIPPED, AlertKind.BY_HAND, AlertKind.SYSTEM_ERROR)


def thread_of(kind: str) -> str:
    """Return the name shared by alerts that belong to one first message; empty if alone."""
    if kind == AlertKind.DELIVERED:
        return AlertKind.FULFILLED
    return kind if kind in _ABOUT_ORDERS else ""


def is_reported(state: OutboxProjection, sku: str, why: str) -> bool:
    """Whether an alert has said that this keeps Shopify from the stock of a SKU."""
    reported = state.stock_troubles.get(sku, "")
    return bool(reported) and reported in (why, short(why, len(reported)))


def channel_of(kind: str) -> Channel:
    """Return whom a message of this kind goes to."""
    return Channel(kind) if kind in _KINDS_OF_THEIR_OWN else Channel.SLACK


def refused_messages(state: OutboxProjection) -> Iterator[RefusedMessage]:
    """Yield what is refused for good: whole channels first, then messages, oldest first."""
    for channel in Channel:
        if refusal := state.refusal(channel):
            yield RefusedMessage(channel, "", "", refusal.at, refusal.reason)
    for message, refusal in state.set_aside():
        yield RefusedMessage(message.channel, message.kind, message.about, refusal.at, refusal.reason)


def refused_count(state: OutboxProjection) -> int:
    """How many there are of them."""
    return state.aside.size + sum(state.refusal(channel) is not None for channel in Channel)
