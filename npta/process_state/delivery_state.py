"""What this process remembers of messages beyond the spreadsheet.

Losing it loses nothing: what was sent and is not recorded in the Outbox is sent once more by the next process.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from math import inf
from threading import Condition, RLock
from typing import NamedTuple

from npta.domain.state.alert import Alert, AlertKind
from npta.domain.state.outbox_messages import Channel, OutboxMessage, thread_of
from npta.process_state.stock_push_state import RETRY_AFTER, PushedLevels, StockPushState

MAX_REPEATS = 10_000
"""Orders whose repeats are counted; the count only words an alert."""


MAX_RECORDED = 10_000
"""Messages that are remembered as settled; a request that takes longer than so many take may send one twice."""


MAX_WAITING = 1_000
"""Messages that wait in memory; older ones wait to be claimed again, by this process or another."""


RETRY_PAUSES = (10.0, 20.0, 40.0, 60.0)
"""Seconds for which a channel is left alone that does not answer, by how often it has not."""


class UnpersistedAlert(NamedTuple):
    """An alert that could not be sent, and the id it was sent under, if it arrived all the same."""

    alert: Alert
    message_id: str


class RejectedMessage(NamedTuple):
    """A message that is refused for good, and why."""

    message: OutboxMessage
    reason: str


class _Refusal(NamedTuple):
    reason: str
    times: int
    again: float


@dataclass
class DeliveryState:
    """Thread-safe: many requests take from it at once, and no message is taken twice."""

    stock: StockPushState = field(default_factory=StockPushState)
    _lock: RLock = field(default_factory=RLock)
    _idle: Condition = field(init=False)
    """Woken when something is no longer being sent."""
    _waiting: OrderedDict[str, OutboxMessage] = field(default_factory=OrderedDict)
    _in_flight: dict[str, OutboxMessage] = field(default_factory=dict)
    _sent: dict[str, PushedLevels] = field(default_factory=dict)
    _refused: dict[str, RejectedMessage] = field(default_factory=dict)
    _recorded: OrderedDict[str, None] = field(default_factory=OrderedDict)
    _threads: dict[tuple[str, str], str] = field(default_factory=dict)
    _quiet_until: dict[Channel, float] = field(default_factory=dict)
    _refusals: dict[str, _Refusal] = field(default_factory=dict)
    """By message, and by channel where all of it is refused."""
    _failures: dict[Channel, int] = field(default_factory=dict)
    _in_a_row: dict[Channel, set[str]] = field(default_factory=dict)
    _unwritten: dict[str, UnpersistedAlert] = field(default_factory=dict)
    _repeats: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._idle = Condition(self._lock)

    def observe(self, messages: Iterable[OutboxMessage]) -> None:
        """Take in what a commit has made due or claimed for this process.

        What it saw may be older than what we know: other requests have sent some of it meanwhile.
        """
        with self._lock:
            for message in messages:
                if message.message_id in self._in_flight:
                    self._in_flight[message.message_id] = message
                elif not self.is_settled(message.message_id):
                    self._waiting[message.message_id] = message
                    if message.channel is Channel.ENDED:  # what comes next of its kind opens a thread of its own
                        for kind in (AlertKind.FAILED, AlertKind.BY_HAND):
                            self._threads.pop((message.about, thread_of(kind)), None)
            while len(self._waiting) > MAX_WAITING:
                self._waiting.popitem(last=False)

    def is_settled(self, message_id: str) -> bool:
        """Whether a message is sent or refused, so that it must not be claimed."""
        with self._lock:
            return message_id in self._sent or message_id in self._refused or message_id in self._recorded

    def claimed_at(self, message_id: str) -> str:
        """When this process has claimed a message that waits or is being sent; empty if it has not."""
        with self._lock:
            found = self._waiting.get(message_id) or self._in_flight.get(message_id)
            return found.claimed_at if found else ""

    def needs_renewal(self, now: float, may_be_sent: Callable[[OutboxMessage], bool]) -> bool:
        """Whether something is being sent, or could be, for which the claim is to be renewed."""
        with self._lock:
            waiting = (
                message for message in self._waiting.values() if now >= self._quiet_until.get(message.channel, now)
            )
            return not all(map(may_be_sent, (*self._in_flight.values(), *waiting)))

    def awaiting(self) -> tuple[str, ...]:
        """Messages that wait for another process to open their thread."""
        with self._lock:
            return tuple(message_id for message_id, message in self._waiting.items() if message.awaits)

    def claim(self, channel: Channel, now: float, may_be_sent: Callable[[OutboxMessage], bool]) -> OutboxMessage | None:
        """Take the next message of a channel to send it; None if there is none, or it is paused.

        One that may not be sent waits until its claim is renewed, one of a thread for the message that opens it.
        """
        with self._lock:
            if now < self._quiet_until.get(channel, now):
                return None
            before = {_thread(taken) for taken in self._in_flight.values()}
            for message_id, message in list(self._waiting.items()):
                if message.channel is not channel:
                    continue
                thread = _thread(message)
                opened = thread not in before and (not message.awaits or thread in self._threads)
                if opened and may_be_sent(message):
                    del self._waiting[message_id]
                    self._in_flight[message_id] = message
                    return message._replace(thread=self._threads.get(thread, message.thread))
                before.add(thread)
            return None

    def wait_until_idle(self, seconds: float) -> bool:
        """Wait until nothing is being sent; return whether that is so in time."""
        with self._idle:
            return self._idle.wait_for(lambda: not self._in_flight, timeout=max(0.0, seconds))

    def done(self, message: OutboxMessage, receipt: str) -> None:
        """Note that a message is out."""
        with self._lock:
            self._land(message)
            self._sent[message.message_id] = PushedLevels(message, receipt)
            self._in_a_row.pop(message.channel, None)
            for refused in (message.channel, message.message_id):
                self._refusals.pop(refused, None)
            if thread_of(message.kind) and receipt:
                self._threads.setdefault(_thread(message), receipt)

    def _land(self, message: OutboxMessage) -> None:
        self._in_flight.pop(message.message_id, None)
        self._idle.notify_all()

    def requeue(self, message: OutboxMessage) -> None:
        """Put a message that could not be sent back: it is the next one again."""
        with self._lock:
            self._land(message)
            self._waiting[message.message_id] = message
            self._waiting.move_to_end(message.message_id, last=False)

    def set_aside(self, message: OutboxMessage, reason: str, now: float) -> int:
        """Set a refused message aside until a flush; return how many since the last that went out."""
        with self._lock:
            self._land(message)
            self._refused[message.message_id] = RejectedMessage(message, reason)
            self._refuse(message.message_id, reason, now)
            self._in_a_row.setdefault(message.channel, set()).add(message.message_id)
            return len(self._in_a_row[message.channel])

    def refuse_channel(self, channel: Channel, reason: str, now: float, rest: float = 0.0) -> None:
        """Pause a channel until a flush tries it, `rest` seconds later at the earliest."""
        with self._lock:
            self._refuse(channel, reason, now)
            if rest:
                self._refusals[channel] = self._refusals[channel]._replace(again=now + rest)
            self._quiet_until[channel] = inf

    def _refuse(self, refused: str, reason: str, now: float) -> None:
        before = self._refusals.get(refused)
        times = before.times + 1 if before else 0
        self._refusals[refused] = _Refusal(reason, times, now + RETRY_AFTER[min(times, len(RETRY_AFTER) - 1)])

    def refused_channels(self) -> dict[Channel, str]:
        """Channels that take nothing at all, and why."""
        with self._lock:
            return {channel: found.reason for channel in Channel if (found := self._refusals.get(channel))}

    def knows_refusal(self, message_id: str) -> bool:
        """Whether it was this process that a message was refused to."""
        with self._lock:
            return message_id in self._refusals

    def may_be_tried(self, refused: str, now: float) -> bool:
        """Whether a flush may try a message, or a channel, again that was refused."""
        with self._lock:
            found = self._refusals.get(refused)
            return found is None or now >= found.again

    def is_paused(self, channel: Channel, now: float) -> bool:
        """Whether a channel is to be left alone now."""
        with self._lock:
            return now < self._quiet_until.get(channel, now)

    def pause(self, channel: Channel, now: float, seconds: float | None = None) -> None:
        """Leave a channel alone for so long, or else ever longer until it answers."""
        with self._lock:
            if seconds is None:
                times = self._failures.get(channel, 0)
                self._failures[channel] = times + 1
                seconds = RETRY_PAUSES[min(times, len(RETRY_PAUSES) - 1)]
            self._quiet_until[channel] = max(now + seconds, self._quiet_until.get(channel, now))

    def unpause(self, channel: Channel) -> None:
        """Note that a channel answers, and takes what it is given."""
        with self._lock:
            self._quiet_until.pop(channel, None)
            self._refusals.pop(channel, None)
            self._failures.pop(channel, None)

    def resume(self, now: float, *, refused: bool = False) -> None:
        """Try again what is paused; what was refused only when it is time, or with `refused`."""
        with self._lock:
            if refused:
                self._refusals = {name: found._replace(again=now) for name, found in self._refusals.items()}
                self.stock.resume(now)
            for channel in list(self._quiet_until):
                if self.may_be_tried(channel, now):
                    del self._quiet_until[channel]

    def sent(self) -> tuple[PushedLevels, ...]:
        """Return what is out and not yet recorded in the Outbox."""
        with self._lock:
            return (*self._sent.values(), *self.stock.sent())

    def refused(self) -> tuple[RejectedMessage, ...]:
        """Return what is refused and not yet recorded in the Outbox."""
        with self._lock:
            return tuple(self._refused.values())

    def mark_recorded(self, message_ids: Collection[str]) -> None:
        """Note that the Outbox records these messages now, as sent or set aside."""
        self.stock.mark_recorded(message_ids)
        with self._lock:
            for message_id in message_ids:
                if self._refused.pop(message_id, None):
                    continue  # it may come again
                self._sent.pop(message_id, None)
                self._recorded[message_id] = None
            while len(self._recorded) > MAX_RECORDED:
                self._recorded.popitem(last=False)

    def thread(self, alert: Alert) -> str:
        """Return Slack's name for the first message of this kind about it, if sent from here."""
        with self._lock:
            return self._threads.get((alert.about, thread_of(alert.kind)), "")

    def opened(self, alert: Alert, first: str) -> None:
        """Remember the first message of this kind about an order."""
        if alert.about and thread_of(alert.kind):
            with self._lock:
                self._threads.setdefault((alert.about, thread_of(alert.kind)), first)

    def keep(self, alert: Alert, message_id: str) -> None:
        """Keep an alert that could not be sent for the next commit; of several alike, one."""
        with self._lock:
            if all(alert.text != other.alert.text for other in self._unwritten.values()):
                self._unwritten[message_id] = UnpersistedAlert(alert, message_id)

    def unpersisted(self) -> tuple[UnpersistedAlert, ...]:
        """Alerts that wait for a commit to carry them."""
        with self._lock:
            return tuple(self._unwritten.values())

    def mark_persisted(self, message_ids: Collection[str]) -> None:
        """Note that these alerts are in the Outbox now."""
        with self._lock:
            for message_id in message_ids:
                self._unwritten.pop(message_id, None)

    def repeated(self, order_id: str) -> int:
        """Count one more repeat of a failed order; return how many there were."""
        with self._lock:
            if len(self._repeats) > MAX_REPEATS:
                self._repeats.clear()
            self._repeats[order_id] = self._repeats.get(order_id, 0) + 1
            return self._repeats[order_id]


def _thread(message: OutboxMessage) -> tuple[str, str]:
    """Return the name of a message's thread here; one that stands alone has one of its own."""
    kind = thread_of(message.kind)
    return (message.about, kind) if kind else ("", message.message_id)
