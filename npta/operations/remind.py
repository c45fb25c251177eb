"""Mails that nobody has confirmed for a while: one alert for those of whom nobody was told yet."""

from __future__ import annotations

from datetime import timedelta

from npta.domain.deliveries import REMIND_AFTER_MINUTES, overdue
from npta.domain.notices import reminder_pending
from npta.domain.order_alerts import undelivered_alert
from npta.domain.state import State
from npta.domain.times import utc_text
from npta.operations.commit import commit
from npta.services import Services
from sheets_schema import Deadline, Transaction


def remind(services: Services, *, who: str, deadline: Deadline) -> int:
    """Make one alert due about the orders whose mail is unconfirmed for too long; gives how many it names.

    An order is told of once, until it is mailed anew. Raises what `Spreadsheet.run` raises.
    """
    return commit(services, lambda tx: stage_reminder(services, tx), operation="remind", who=who, deadline=deadline)


def stage_reminder(services: Services, tx: Transaction[State]) -> int:
    """The same as part of another work."""
    late = overdue(tx.state, utc_text(services.clock.now() - timedelta(minutes=REMIND_AFTER_MINUTES)))
    if late:
        alert = undelivered_alert([each.record for each in late])
        tx.append(reminder_pending(tx.state, alert, late[-1].place, at=services.now(), commit=tx.commit))
    return len(late)
