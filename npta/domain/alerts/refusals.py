"""What Slack or Shopify refuse for good, for those who must mend it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from npta.domain.state.outbox_messages import Channel, OutboxProjection


class RefusedNotice(NamedTuple):
    """Something that Slack or Shopify will not take until somebody has mended it: a notice, or, without `kind`, all."""

    channel: Channel
    kind: str
    about: str
    since: str
    reason: str


def refused_notices(state: OutboxProjection) -> Iterator[RefusedNotice]:
    """What is refused for good: whole channels first, then notices, the oldest first."""
    for channel in Channel:
        if refusal := state.refusal(channel):
            yield RefusedNotice(channel, "", "", refusal.at, refusal.reason)
    for notice, refusal in state.set_aside():
        yield RefusedNotice(notice.channel, notice.kind, notice.about, refusal.at, refusal.reason)


def refused_count(state: OutboxProjection) -> int:
    """How many there are of them."""
    return state.aside.size + sum(state.refusal(channel) is not None for channel in Channel)
