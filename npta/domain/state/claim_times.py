"""How long a process has to send what it has claimed, and when another may take it over."""

from __future__ import annotations

from datetime import datetime, timedelta

from npta.domain.state.outbox_messages import OutboxMessage
from npta.domain.state.times import utc_text

RENEW_AFTER = timedelta(seconds=6)
"""So long a claim is good for beginning to send; after that it is to be renewed first."""


LAPSES_AFTER = timedelta(seconds=15)
"""So long a message is left to the process that has claimed it. Before that it has recorded that the message is out, or has
renewed its claim, with seconds to spare for a commit that takes its time."""


def may_be_sent(message: OutboxMessage, now: datetime) -> bool:
    """Whether a process may begin to send what it has claimed."""
    return message.claimed_at > utc_text(now - RENEW_AFTER)


def has_lapsed(message: OutboxMessage, now: datetime) -> bool:
    """Whether a process may claim what another has claimed."""
    return message.claimed_at <= utc_text(now - LAPSES_AFTER)


def seconds_to_lapse(message: OutboxMessage, now: datetime) -> float:
    """How long another process must wait before it may claim it."""
    return max(0.0, (datetime.fromisoformat(message.claimed_at) + LAPSES_AFTER - now).total_seconds())
