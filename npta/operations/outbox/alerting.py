"""Alerts that are posted at once: of what is no fact in the spreadsheet, and of repeats. Nothing here can fail a request."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Thread

from npta.clients.slack.client import Slack
from npta.domain.alerts.order_alerts import order_alert
from npta.domain.orders.answers import Answer
from npta.domain.state.alert import Alert
from npta.domain.state.order_record import Status
from npta.domain.state.outbox_messages import Channel
from npta.errors import SlackError, SlackMessageGoneError, SlackRejectedError
from npta.services import Services
from sheets_schema import Deadline

_log = logging.getLogger(__name__)

SLACK_SECONDS = 2.0
"""How long a request waits for Slack; the Outbox does the rest."""
SLACK_LASTS = 15.0
"""How long Slack may take for one message: what a request does not wait for ends by itself, and is not sent again."""


def send_alert(
    services: Services, alert: Alert, *, deadline: Deadline | None = None, thread: str = "", keep: bool = True
) -> None:
    """Send an alert of no fact at once; if `keep`, what cannot be sent becomes due with the next commit.

    Ends within `SLACK_SECONDS`, and by the deadline if there is one. Never raises.
    """
    sending, clock, slack = services.sending, services.clock, services.slack
    message_id = clock.new_id()
    first = thread or sending.thread(alert)

    def post() -> None:
        assert slack
        try:
            posted = post_alert(slack, alert, message_id, first, clock.deadline(SLACK_LASTS))
        except SlackError as error:
            _log.warning("the alert could not be sent: %s", error)
            if isinstance(error, SlackRejectedError) and error.one_message is False:
                sending.refuse_channel(Channel.SLACK, str(error), clock.monotonic())
            else:
                sending.pause(Channel.SLACK, clock.monotonic(), getattr(error, "retry_after", None))
            give_up()
        else:
            _log.info("alert: %s", alert.text)
            sending.opened(alert, first or posted)

    def give_up() -> None:
        _log.warning("alert, not sent: %s", alert.text)
        if keep:
            sending.keep(alert, message_id)

    seconds = min(SLACK_SECONDS, deadline.left()) if deadline else SLACK_SECONDS
    if slack and seconds > 0 and not sending.is_paused(Channel.SLACK, clock.monotonic()):
        wait_at_most(post, seconds)
    else:
        give_up()


def send_repeat(services: Services, answer: Answer, thread: str, *, request_id: str, deadline: Deadline) -> None:
    """A failed order has come again: say so in the thread of its first alert, which is due already if it is not out."""
    repeats = services.sending.repeated(answer.order_id)
    alert = order_alert(
        answer,
        failures_in_a_row=repeats + 1,
        support_contact=services.settings.support_contact,
        request_id=request_id,
        repeat=True,
    )
    if alert is None:
        return
    first = thread or services.sending.thread(alert)
    if first or answer.status is not Status.FAILED:
        send_alert(services, alert, deadline=deadline, thread=first, keep=False)


def wait_at_most(call: Callable[[], None], seconds: float) -> bool:
    """Run a call in a thread of its own, and wait for it so long; whether it has ended. It goes on by itself."""
    thread = Thread(target=call, name="slack", daemon=True)
    thread.start()
    thread.join(max(0.0, seconds))
    return not thread.is_alive()


def post_alert(slack: Slack, alert: Alert, message_id: str, thread: str, deadline: Deadline) -> str:
    """Post into a thread, or, if somebody has deleted its first message, as a new one."""
    if thread:
        try:
            return slack.post(alert, message_id=message_id, thread=thread, deadline=deadline)
        except SlackMessageGoneError as gone:
            _log.info("a new message takes the place of one that is gone: %s", gone)
    return slack.post(alert, message_id=message_id, deadline=deadline)
