"""Orders whose keys are assigned and whose mail nobody has confirmed, and who sends it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import takewhile
from typing import NamedTuple

from npta.domain.state.order_positions import REMINDED
from npta.domain.state.order_record import MAIL_DUE, OrderRecord
from npta.domain.state.state import State
from npta.domain.state.times import utc_text
from npta.tables import OrderEvent

REMIND_AFTER_MINUTES = 30
"""The Zap confirms a mail seconds after the keys are assigned, and a step that failed for a moment within minutes when
it is replayed (assumed): half an hour later a person should look."""


class UnconfirmedMail(NamedTuple):
    """An order whose mail is not confirmed, its position in that queue, and since when."""

    position: int
    record: OrderRecord
    since: str


def unconfirmed(state: State, position: int = REMINDED) -> Iterator[UnconfirmedMail]:
    """Yield unconfirmed mails from a position in their queue on, oldest first."""
    return (UnconfirmedMail(mail, record, mail_due_since(record)) for mail, record in state.undelivered(position))


def overdue(state: State, before: str) -> list[UnconfirmedMail]:
    """Return those whose mail was due before then and of which people were not reminded yet."""
    last = state.reminded.value
    later = unconfirmed(state, 0 if last is None else last + 1)
    return list(takewhile(lambda mail: mail.since < before, later))


def mail_due_since(record: OrderRecord) -> str:
    """Return since when the mail is due: keys were assigned, or it was opened for another mail."""
    return next((event.at for event in reversed(record.events) if event.event in MAIL_DUE), "")


HOOK_MAILS_WITHIN = timedelta(minutes=15)
"""So long the Zap behind the keys hook has for the mail once the hook has taken the answer: Zapier may queue it for minutes."""
HOOK_TAKES_WITHIN = timedelta(hours=1)
"""So long the keys hook is given to take an answer; after that a repeat of the order carries the mail again."""


def is_mailed_by_hook(state: State, record: OrderRecord, now: datetime) -> bool:
    """Whether the keys hook mails an order, so that a repeat must not send a second mail."""
    delivery = state.hook_deliveries.get(record.order_id)
    if delivery is None or record.delivered:
        return False
    if any(event.event is OrderEvent.RESEND and event.at >= delivery.due_at for event in record.events):
        return False
    if delivery.taken_at:
        return delivery.taken_at > utc_text(now - HOOK_MAILS_WITHIN)
    return delivery.due_at > utc_text(now - HOOK_TAKES_WITHIN)
