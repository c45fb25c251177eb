"""Send what is pending: on demand, after an answer, and before the process ends."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import NamedTuple, TypeVar

from npta.domain.state.claim_times import may_be_sent
from npta.domain.state.outbox_messages import Channel, OutboxMessage
from npta.domain.state.state import State
from npta.operations.backorders import READY, ask_shop, stage_backorders
from npta.operations.commit import commit
from npta.operations.computed_columns import refresh_catalogue
from npta.operations.outbox.claims import left_to_others
from npta.operations.outbox.deliver import send_messages
from npta.operations.outbox.remind import stage_reminder
from npta.services import Services
from sheets_schema import Deadline, Transaction


def after_response(services: Services, deadline: Deadline) -> None:
    """Send what is due, and let the catalogue follow, as time allows. Never raises."""
    send_messages(services, deadline)
    refresh_catalogue(services, deadline)


_EXIT_SECONDS = 3.0
"""Seconds that are kept for the record, while a message is still under way."""


def flush_before_exit(services: Services, *, who: str, deadline: Deadline) -> int:
    """Send what this process has made due, and record it; return how many messages went out.

    A function that stays up records what it has sent with its next commit. A command has none, and without this record
    somebody else would send the same again.
    """
    after_response(services, deadline)
    services.sending.wait_until_idle(deadline.left() - _EXIT_SECONDS)
    out = len(services.sending.sent())
    if out or services.sending.unpersisted():
        commit(services, lambda _: None, operation="record what was sent", who=who, deadline=deadline, note=True)
    return out


MAX_COUNTED = 1_000
"""Messages of one channel that are counted: who has no Slack has as many as orders."""
_SENDS = 8.0
"""Seconds that must be left after a wait, to claim, send and record."""
_RECORDS = 5.0
"""Seconds that are kept for the record, while a message is still under way."""
_LATER = 1.1
"""Claims are dated to the second."""
R = TypeVar("R")


class Flushed(NamedTuple):
    """How many messages went out, how many wait, whether the catalogue was refreshed."""

    sent: int
    pending: int
    catalogue_refreshed: bool


def flush_outbox(services: Services, *, who: str, deadline: Deadline, refused: bool = False) -> Flushed:
    """Send what a crash, an outage or a hurry left behind, and record that it is out.

    Orders whose mail nobody has confirmed for a while are reported as well. What another process has claimed is left to
    it until its claim has lapsed, for which this waits if there is time. What was refused for good is tried again, the
    rarer the more often it was; with `refused` at once.
    """
    standing = ask_shop(services, deadline)

    def waiting(tx: Transaction[State]) -> int:
        out = (sent.message.message_id for sent in services.sending.sent())
        pending = sum(sum(1 for _ in islice(tx.state.pending(channel), MAX_COUNTED)) for channel in Channel)
        return pending - sum(1 for sent in out if tx.state.message(sent) and not tx.state.is_sent(sent))

    def first_look(tx: Transaction[State]) -> tuple[int, list[float]]:
        stage_reminder(services, tx)
        if tx.values[READY]:  # a process has died, or had no time left, before it had served them all
            stage_backorders(services, tx, "Flush Outbox", standing)
        return waiting(tx) + len(services.sending.unpersisted()), left_to_others(services, tx)

    def is_fresh(message: OutboxMessage) -> bool:
        return may_be_sent(message, services.clock.now())

    def flush(function: Callable[[Transaction[State]], R]) -> R:
        done = commit(services, function, operation="flush outbox", who=who, deadline=deadline, note=True, flush=True)
        send_messages(services, deadline, flush=True)
        return done

    services.sending.resume(services.clock.monotonic(), refused=refused)
    before, left = flush(first_look)
    # What a process that has died was about to send: who presses flush after a crash wants it sent now.
    waits = [seconds for seconds in left if seconds + _SENDS < deadline.left()]
    if waits:
        services.clock.sleep(max(waits) + _LATER)
        flush(lambda _: None)
    while deadline.left() > _SENDS and services.sending.needs_renewal(services.clock.monotonic(), is_fresh):
        flush(lambda _: None)  # Slack takes one message a second
    services.sending.wait_until_idle(deadline.left() - _RECORDS)
    refreshed = refresh_catalogue(services, deadline, at_once=True)
    pending = commit(services, waiting, operation="flush outbox", who=who, deadline=deadline, note=True)
    return Flushed(max(0, before - pending), pending, refreshed)
