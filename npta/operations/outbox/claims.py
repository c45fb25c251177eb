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
"""Notices that one commit looks at for what was left behind."""
MAX_CLAIMED = 20
"""Notices that one commit claims."""
MAX_FLUSHED = 500
"""Notices that a flush looks at and claims; their ids stand in one cell."""


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
            found += [notice.notice_id for notice in free]
    return found


def _free(services: Services, tx: Transaction[State], channel: Channel, *, flush: bool) -> Iterator[OutboxMessage]:
    sending, now = services.sending, services.clock.now()
    ours: set[str] = set()
    for notice in islice(tx.state.pending(channel), MAX_FLUSHED if flush else MAX_EXAMINED):
        if _is_ours(services, notice):
            ours.add(notice.notice_id)
            renew = channel is not Channel.STOCK and not may_be_sent(notice, now)
            if renew and not sending.is_settled(notice.notice_id):
                yield notice
        elif has_lapsed(notice, now) and (not notice.awaits or notice.awaits in ours):
            ours.add(notice.notice_id)
            yield notice
    if flush:
        aside = (notice for notice, _ in tx.state.set_aside() if notice.channel is channel)
        yield from (notice for notice in aside if _is_again(services, notice))


def _is_ours(services: Services, notice: OutboxMessage) -> bool:
    """Whether this process sends it, or has sent it. A push is as good however late it is."""
    sending, notice_id = services.sending, notice.notice_id
    if notice.channel is Channel.STOCK:
        return sending.stock.is_busy_with(notice_id)
    return sending.is_settled(notice_id) or sending.claimed_at(notice_id) == notice.claimed_at


def _is_again(services: Services, notice: OutboxMessage) -> bool:
    """Whether a flush tries a refused message again: its pause or another's claim is over."""
    if services.sending.knows_refusal(notice.notice_id):
        return services.sending.may_be_tried(notice.notice_id, services.clock.monotonic())
    return has_lapsed(notice, services.clock.now())


def left_to_others(services: Services, tx: Transaction[State]) -> list[float]:
    """Return the seconds after which each message claimed by others could be claimed here."""
    now, own = services.clock.now(), {row.notice_id for row in tx.appended(Outbox)}
    due = (
        notice
        for channel in open_channels(services)
        if not services.sending.is_paused(channel, services.clock.monotonic())
        for notice in islice(tx.state.pending(channel), MAX_FLUSHED)
    )
    return [
        seconds_to_lapse(notice, now)
        for notice in due
        if notice.notice_id not in own and not _is_ours(services, notice)
    ]
