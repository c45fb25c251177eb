"""Which messages a commit claims, beside those that it makes due."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from npta.domain.state.claim_times import has_lapsed, may_be_sent, seconds_to_lapse
from npta.domain.state.outbox_messages import Channel, OutboxMessage
from npta.domain.state.outbox_rows import mark_claimed
from npta.domain.state.state import State
from npta.services import Services
from npta.tables import Outbox
from sheets_schema import Transaction

MAX_EXAMINED = 200
"""Messages that one commit looks at for what was left behind."""
MAX_CLAIMED = 20
"""Messages that one commit claims."""
MAX_FLUSHED = 500
"""Messages that a flush looks at and claims; their ids stand in one cell."""


def open_channels(services: Services) -> list[Channel]:
    """Return the channels that this process can send to."""
    return [
        *[Channel.SLACK, Channel.ENDED] * bool(services.slack),
        *[Channel.FULFILLMENT, Channel.STOCK] * bool(services.shop),
        *[Channel.KEYS_HOOK] * bool(services.hook),
    ]


def claim(services: Services, tx: Transaction[State], *, flush: bool) -> list[str]:
    """Claim what others have not sent in time, and renew what is ours; return the ids.

    With `flush` also what is set aside. Nothing for a channel that is paused: we could not send it either.
    """
    found: list[str] = []
    for channel in open_channels(services):
        if services.sending.is_paused(channel, services.clock.monotonic()):
            continue
        free = list(islice(_free(services, tx, channel, flush=flush), MAX_FLUSHED if flush else MAX_CLAIMED))
        if free:
            tx.add(mark_claimed(channel, free, services.spreadsheet.name, stamp=services.stamp(tx.commit)))
            found += [message.message_id for message in free]
    return found


def _free(services: Services, tx: Transaction[State], channel: Channel, *, flush: bool) -> Iterator[OutboxMessage]:
    sending, now = services.sending, services.clock.now()
    ours: set[str] = set()
    for message in islice(tx.state.pending(channel), MAX_FLUSHED if flush else MAX_EXAMINED):
        if _is_ours(services, message):
            ours.add(message.message_id)
            renew = channel is not Channel.STOCK and not may_be_sent(message, now)
            if renew and not sending.is_settled(message.message_id):
                yield message
        elif has_lapsed(message, now) and (not message.awaits or message.awaits in ours):
            ours.add(message.message_id)
            yield message
    if flush:
        aside = (message for message, _ in tx.state.set_aside() if message.channel is channel)
        yield from (message for message in aside if _is_again(services, message))


def _is_ours(services: Services, message: OutboxMessage) -> bool:
    """Whether this process sends it, or has sent it. A push is as good however late it is."""
    sending, message_id = services.sending, message.message_id
    if message.channel is Channel.STOCK:
        return sending.stock.is_busy_with(message_id)
    return sending.is_settled(message_id) or sending.claimed_at(message_id) == message.claimed_at


def _is_again(services: Services, message: OutboxMessage) -> bool:
    """Whether a flush tries a refused message again: its pause or another's claim is over."""
    if services.sending.knows_refusal(message.message_id):
        return services.sending.may_be_tried(message.message_id, services.clock.monotonic())
    return has_lapsed(message, services.clock.now())


def left_to_others(services: Services, tx: Transaction[State]) -> list[float]:
    """Return the seconds after which each message claimed by others could be claimed here."""
    now, own = services.clock.now(), {row.message_id for row in tx.appended(Outbox)}
    due = (
        message
        for channel in open_channels(services)
        if not services.sending.is_paused(channel, services.clock.monotonic())
        for message in islice(tx.state.pending(channel), MAX_FLUSHED)
    )
    return [
        seconds_to_lapse(message, now)
        for message in due
        if message.message_id not in own and not _is_ours(services, message)
    ]
