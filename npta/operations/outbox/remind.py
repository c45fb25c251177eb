"""Remind people of mails that nobody has confirmed."""

from __future__ import annotations

from datetime import timedelta

from npta.domain.alerts.order_alerts import undelivered_alert
from npta.domain.orders.unconfirmed_mails import REMIND_AFTER_MINUTES, overdue
from npta.domain.state.state import State
from npta.domain.state.times import utc_text
from npta.operations.commit import enqueue_alert
from npta.services import Services
from sheets_schema import Transaction


def stage_reminder(services: Services, tx: Transaction[State]) -> int:
    """Stage one alert about mails unconfirmed for too long; return how many it names."""
    late = overdue(tx.state, utc_text(services.clock.now() - timedelta(minutes=REMIND_AFTER_MINUTES)))
    if late:
        alert = undelivered_alert([mail.record for mail in late])
        enqueue_alert(services, tx, alert, receipt=str(late[-1].position))
    return len(late)
