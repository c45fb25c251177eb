"""Send what is pending: to Slack, to Shopify, and answers to the keys hook.

Nothing here can undo a fact or fail a request: what cannot be sent now stays in the Outbox for the next request, or for
`POST /outbox/flush`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from threading import Thread

from npta.clients.shopify.client import Shopify
from npta.clients.slack.client import Slack
from npta.domain.alerts.links import with_links
from npta.domain.alerts.order_alerts import order_alert
from npta.domain.orders.answers import Answer
from npta.domain.orders.mark_fulfilled import describe_left
from npta.domain.state.alert import Alert, AlertKind, read_alert
from npta.domain.state.claim_times import may_be_sent
from npta.domain.state.order_ids import order_id_key
from npta.domain.state.order_record import Status
from npta.domain.state.outbox_messages import Channel, OutboxMessage
from npta.domain.state.outbox_rows import lines_of
from npta.errors import (
    HookError,
    HookRejectedError,
    ShopDeclinedError,
    ShopError,
    ShopRejectedError,
    SlackError,
    SlackMessageGoneError,
    SlackRejectedError,
)
from npta.operations.outbox.keys_hook import answer_sender
from npta.operations.outbox.stock_push import push_pending
from npta.services import Services
from sheets_schema import Deadline, SheetsError

_log = logging.getLogger(__name__)


SHOP_SECONDS = 4.0
"""How long a request may spend on Shopify."""


HOOK_RESTS = 600.0
"""Seconds for which a hook that is gone is left alone, unless somebody flushes what was refused."""


HOOK_SECONDS = 6.0
"""How long a request may spend on the keys hook, which takes ten answers a second."""


RESERVE = 5.0
"""Seconds of a call that stay untouched, for its answer."""


MAX_REJECTIONS = 3
"""Refusals in a row after which nothing more is tried: it is not the one message that is wrong."""


def send_messages(services: Services, deadline: Deadline, *, flush: bool = False) -> None:
    """Send what is due, within seconds; with `flush` up to the deadline. Never raises."""

    def until(most: float) -> Deadline:
        left = max(0.0, deadline.left() - RESERVE)
        return services.clock.deadline(left if flush else min(most, left))

    in_time = until(SLACK_SECONDS)
    if services.slack:
        _send_all(services, Channel.SLACK, _alert(services, services.slack), in_time, patient=flush)
    if services.hook:
        _send_all(
            services, Channel.KEYS_HOOK, answer_sender(services, services.hook), until(HOOK_SECONDS), patient=flush
        )
    if services.shop:
        push_pending(services, services.shop, until(SHOP_SECONDS), patient=flush)
        _send_all(services, Channel.FULFILLMENT, _fulfillment(services.shop), until(SHOP_SECONDS), patient=flush)
    if services.slack and not services.sending.is_paused(Channel.SLACK, services.clock.monotonic()):
        # Last, since there may be hundreds: what is over keeps neither a mail nor stock waiting.
        in_time = until(SLACK_SECONDS) if flush else in_time
        _send_all(services, Channel.ENDED, _ended(services, services.slack), in_time, patient=flush)


_Send = Callable[[OutboxMessage, Deadline], str]


def _send_all(services: Services, channel: Channel, send: _Send, deadline: Deadline, *, patient: bool) -> None:
    """Send one message after another. Who is `patient` waits where the other side says how long."""
    sending, clock = services.sending, services.clock

    def may_begin(message: OutboxMessage) -> bool:
        return may_be_sent(message, clock.now())

    while deadline.left() > 0 and (message := sending.claim(channel, clock.monotonic(), may_begin)):
        attempt = _Delivery(services, message, send)
        if channel not in (Channel.SLACK, Channel.ENDED):
            attempt.run(deadline)
        elif not wait_at_most(partial(attempt.run, clock.deadline(SLACK_LASTS)), deadline.left()):
            sending.pause(channel, clock.monotonic())
            return
        if attempt.wait is not None and patient and attempt.wait < deadline.left():
            clock.sleep(attempt.wait)
            sending.unpause(channel)


@dataclass
class _Delivery:
    """One sending of one message; `wait` is how long to wait before the next."""

    services: Services
    message: OutboxMessage
    send: _Send
    wait: float | None = None

    def run(self, deadline: Deadline) -> None:
        """Send it. Never raises."""
        sending, message = self.services.sending, self.message
        try:
            receipt = self.send(message, deadline)
        except SlackRejectedError as error:
            self._refused(str(error), one_message=error.one_message)
        except HookRejectedError as error:
            self._refused(str(error), one_message=error.one_message, rest=HOOK_RESTS)
        except ShopRejectedError as error:
            self._refused(str(error), one_message=isinstance(error, ShopDeclinedError))
        except (HookError, ShopError, SlackError, SheetsError) as error:
            _log.warning("message %s (%s %s) waits: %s", message.message_id, message.kind, message.about, error)
            sending.requeue(message)
            self.wait = getattr(error, "retry_after", None)
            sending.pause(message.channel, self._now, self.wait)
        except Exception as error:  # noqa: BLE001 — one message that breaks us neither holds up others nor fails a request
            _log.exception("message %s (%s %s) broke the service", message.message_id, message.kind, message.about)
            self._refused(f"the service broke on it ({type(error).__name__}); its log says where", one_message=True)
        else:
            sending.done(message, receipt)
            sending.unpause(message.channel)

    def _refused(self, reason: str, *, one_message: bool | None, rest: float = 0.0) -> None:
        """Set the message aside, or pause the whole channel.

        Where it is not known which of the two is refused, the channel is paused after several refusals in a row.
        """
        sending, message = self.services.sending, self.message
        if one_message is False:
            sending.requeue(message)
        else:
            _log.warning("message %s (%s %s) is refused: %s", message.message_id, message.kind, message.about, reason)
            in_a_row = sending.set_aside(message, reason, self._now)
            if one_message or in_a_row < MAX_REJECTIONS:
                return
        _log.error("%s takes nothing any more, until that is fixed and flushed: %s", message.channel, reason)
        sending.refuse_channel(message.channel, reason, self._now, rest=rest)

    @property
    def _now(self) -> float:
        return self.services.clock.monotonic()


def _alert(services: Services, slack: Slack) -> _Send:
    """Update the first message once the mail is confirmed; other repeats go into its thread."""

    def send(message: OutboxMessage, deadline: Deadline) -> str:
        alert = linked(services, _read(message))
        thread = message.thread
        if alert.kind is AlertKind.DELIVERED and thread:
            try:
                slack.update(thread, alert, deadline=deadline)
            except SlackMessageGoneError:  # nobody can change the first message any more
                thread = ""
            else:
                return thread
        posted = post_alert(slack, alert, message.message_id, thread, deadline)
        return thread or posted

    return send


def _ended(services: Services, slack: Slack) -> _Send:
    """Change the message of an alert whose matter is over.

    There may be none, or none that can be changed.
    """

    def send(message: OutboxMessage, deadline: Deadline) -> str:
        if not message.thread:
            return "was not posted"
        try:
            slack.update(message.thread, linked(services, _read(message)), deadline=deadline)
        except SlackMessageGoneError:
            return "cannot be changed"
        return message.thread

    return send


def _read(message: OutboxMessage) -> Alert:
    try:
        return read_alert(message.kind, message.about, message.body)
    except (ValueError, TypeError, KeyError) as error:
        raise SlackRejectedError(
            f"The alert in the Outbox cannot be read: {error}", code="unreadable", one_message=True
        ) from error


def _fulfillment(shop: Shopify) -> _Send:
    def send(message: OutboxMessage, deadline: Deadline) -> str:
        try:
            lines = lines_of(message)
        except (ValueError, TypeError, KeyError) as error:
            raise ShopDeclinedError(f"The lines in the Outbox cannot be read: {error}") from error
        done = shop.mark_fulfilled(order_id_key(message.about), lines, deadline)
        if done.left:
            raise ShopDeclinedError(describe_left(done.left))
        return "marked" if done.units else "nothing left to mark"

    return send


SLACK_SECONDS = 2.0
"""How long a request waits for Slack; the Outbox does the rest."""


SLACK_LASTS = 15.0
"""How long Slack may take for one message: what a request does not wait for ends by itself, and is not sent again."""


def send_alert(
    services: Services, alert: Alert, *, deadline: Deadline | None = None, thread: str = "", keep: bool = True
) -> None:
    """Send an alert at once; if `keep`, it becomes due with the next commit otherwise.

    Ends within `SLACK_SECONDS`, and by the deadline if there is one. Never raises.
    """
    sending, clock, slack = services.sending, services.clock, services.slack
    message_id = clock.new_id()
    first = thread or sending.thread(alert)

    def post() -> None:
        assert slack
        try:
            posted = post_alert(slack, linked(services, alert), message_id, first, clock.deadline(SLACK_LASTS))
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
    """Say in the thread of its first alert that a failed order has come again."""
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
    """Run a call in a thread and wait so long; return whether it has ended. It goes on."""
    thread = Thread(target=call, name="slack", daemon=True)
    thread.start()
    thread.join(max(0.0, seconds))
    return not thread.is_alive()


def linked(services: Services, alert: Alert) -> Alert:
    """Return an alert with the addresses that it leads to."""
    settings, spreadsheet = services.settings, services.spreadsheet
    address = f"https://docs.google.com/spreadsheets/d/{spreadsheet.client.spreadsheet_id}/edit"
    return with_links(alert, settings.shopify_shop, "" if settings.embedded_file else address, spreadsheet.sheet_ids)


def post_alert(slack: Slack, alert: Alert, message_id: str, thread: str, deadline: Deadline) -> str:
    """Post into a thread, or, if somebody has deleted its first message, as a new one."""
    if thread:
        try:
            return slack.post(alert, message_id=message_id, thread=thread, deadline=deadline)
        except SlackMessageGoneError as gone:
            _log.info("a new message takes the place of one that is gone: %s", gone)
    return slack.post(alert, message_id=message_id, deadline=deadline)
