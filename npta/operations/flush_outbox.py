"""Flush: whatever is pending is sent now. Called every minute by a scheduler, and by whoever is impatient."""

from __future__ import annotations

from itertools import islice
from typing import NamedTuple

from npta.domain.notices import Channel
from npta.domain.state import State
from npta.operations.commit import commit
from npta.operations.refresh_catalogue import refresh_catalogue
from npta.operations.remind import stage_reminder
from npta.operations.send_notices import send_notices
from npta.services import Services
from sheets_schema import Deadline, Transaction

MOST_COUNTED = 1_000
"""Notices of one channel that are counted: who has no Slack has as many as orders."""


class Flushed(NamedTuple):
    """How many notices went out, how many still wait, and whether the catalogue's computed columns were written."""

    sent: int
    pending: int
    catalogue_refreshed: bool


def flush_outbox(services: Services, *, who: str, deadline: Deadline) -> Flushed:
    """Send alerts, stock and fulfillments that a crash, an outage or a hurry left behind, and note that they are out.

    Orders whose mail nobody has confirmed for a while are told of as well.
    Raises what `Spreadsheet.run` raises; what Slack or Shopify do not take stays pending.
    """

    def remind(tx: Transaction[State]) -> int:
        stage_reminder(services, tx)
        return waiting(tx) + len(services.sending.unwritten())

    def waiting(tx: Transaction[State]) -> int:
        return _due(tx) - sum(1 for each in services.sending.sent() if not tx.state.is_sent(each.notice.notice_id))

    before = commit(services, remind, operation="flush outbox", who=who, deadline=deadline, note=True, everything=True)
    send_notices(services, deadline, flush=True)
    refreshed = refresh_catalogue(services, deadline, at_once=True)

    pending = commit(services, waiting, operation="flush outbox", who=who, deadline=deadline, note=True)
    return Flushed(max(0, before - pending), pending, refreshed)


def _due(tx: Transaction[State]) -> int:
    return sum(sum(1 for _ in islice(tx.state.due(channel), MOST_COUNTED)) for channel in Channel)
