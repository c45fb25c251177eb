"""What is due is sent: alerts to Slack, stock and fulfillments to Shopify.

Nothing here can undo a fact or fail a request: what cannot be sent now stays in the Outbox for the next request, or for
`POST /outbox/flush`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from threading import Thread
from typing import NamedTuple

from npta.clients.shopify import NotSet, Shopify, ShopVariant, StockLevel
from npta.clients.slack import Slack
from npta.domain.alerts import Alert, Kind, read_alert
from npta.domain.answers import Answer
from npta.domain.claims import may_be_sent
from npta.domain.marking import told_left
from npta.domain.notices import Channel, Notice, lines_of
from npta.domain.order_alerts import order_alert
from npta.domain.order_ids import order_id_key
from npta.domain.order_record import Status
from npta.domain.shop_sync import the_sold_one
from npta.errors import ShopDeclined, ShopError, ShopRefused, SlackError, SlackMessageGone, SlackRefused
from npta.pushing import NOT_IN_SHOP, StockSeen
from npta.services import Services
from sheets_schema import Deadline

_log = logging.getLogger(__name__)

SLACK_SECONDS = 2.0
"""How long a request waits for Slack; the Outbox does the rest."""
SLACK_LASTS = 15.0
"""How long Slack may take for one message: what a request does not wait for ends by itself, and is not sent again."""
SHOP_SECONDS = 4.0
"""How long a request may spend on Shopify."""
RESERVE = 5.0
"""Seconds of a call that stay untouched, for its answer."""
MOST_REFUSALS = 3
"""Refusals in a row after which nothing more is tried: it is not the one notice that is wrong."""


def send_notices(services: Services, deadline: Deadline, *, flush: bool = False) -> None:
    """Send what is due, within seconds; with `flush` for as long as the deadline allows. Never raises."""

    def until(most: float) -> Deadline:
        left = max(0.0, deadline.left() - RESERVE)
        return services.clock.deadline(left if flush else min(most, left))

    if services.slack:
        _send_all(services, Channel.SLACK, _alert(services.slack), until(SLACK_SECONDS), patient=flush)
    if services.shop:
        _push_stock(services, services.shop, until(SHOP_SECONDS), patient=flush)
        _send_all(services, Channel.FULFILLMENT, _fulfillment(services.shop), until(SHOP_SECONDS), patient=flush)


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
            posted = _post(slack, alert, message_id, first, clock.deadline(SLACK_LASTS))
        except SlackError as error:
            _log.warning("the alert could not be sent: %s", error)
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
    if slack and seconds > 0 and not sending.rests(Channel.SLACK, clock.monotonic()):
        _wait_for(post, seconds)
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


_Send = Callable[[Notice, Deadline], str]


def _send_all(services: Services, channel: Channel, send: _Send, deadline: Deadline, *, patient: bool) -> None:
    """Send one notice after another. Who is `patient` waits where the other side says how long."""
    sending, clock = services.sending, services.clock

    def may_begin(notice: Notice) -> bool:
        return may_be_sent(notice, clock.now())

    while deadline.left() > 0 and (notice := sending.take(channel, clock.monotonic(), may_begin)):
        attempt = _Attempt(services, notice, send)
        if channel is not Channel.SLACK:
            attempt.run(deadline)
        elif not _wait_for(partial(attempt.run, clock.deadline(SLACK_LASTS)), deadline.left()):
            sending.pause(channel, clock.monotonic())
            return
        if attempt.wait is not None and patient and attempt.wait < deadline.left():
            clock.sleep(attempt.wait)
            sending.resume(channel)


@dataclass
class _Attempt:
    """One sending of one notice, and what this process remembers of its end. `wait` is how long to wait before the next."""

    services: Services
    notice: Notice
    send: _Send
    wait: float | None = None

    def run(self, deadline: Deadline) -> None:
        """Send it. Never raises."""
        sending, notice = self.services.sending, self.notice
        try:
            receipt = self.send(notice, deadline)
        except (ShopRefused, SlackRefused) as error:
            one = error.one_message if isinstance(error, SlackRefused) else isinstance(error, ShopDeclined)
            self._refused(str(error), one_notice=one)
        except (ShopError, SlackError) as error:
            _log.warning("notice %s (%s %s) waits: %s", notice.notice_id, notice.kind, notice.about, error)
            sending.put_back(notice)
            self.wait = getattr(error, "retry_after", None)
            sending.pause(notice.channel, self._now, self.wait)
        except Exception as error:  # noqa: BLE001 — one notice that breaks us neither holds up others nor fails a request
            _log.exception("notice %s (%s %s) broke the service", notice.notice_id, notice.kind, notice.about)
            self._refused(f"the service broke on it ({type(error).__name__}); its log says where", one_notice=True)
        else:
            sending.done(notice, receipt)
            sending.resume(notice.channel)

    def _refused(self, reason: str, *, one_notice: bool | None) -> None:
        """Set it aside, or pause the whole channel; who does not know which does so after several in a row."""
        sending, notice = self.services.sending, self.notice
        if one_notice is False:
            sending.put_back(notice)
        else:
            _log.warning("notice %s (%s %s) is refused: %s", notice.notice_id, notice.kind, notice.about, reason)
            in_a_row = sending.set_aside(notice, reason, self._now)
            if one_notice or in_a_row < MOST_REFUSALS:
                return
        _log.error("%s takes nothing any more, until that is mended and flushed: %s", notice.channel, reason)
        sending.refuse_channel(notice.channel, reason, self._now)

    @property
    def _now(self) -> float:
        return self.services.clock.monotonic()


def _wait_for(call: Callable[[], None], seconds: float) -> bool:
    """Run a call in a thread of its own, and wait for it so long; whether it has ended. It goes on by itself."""
    thread = Thread(target=call, name="slack", daemon=True)
    thread.start()
    thread.join(max(0.0, seconds))
    return not thread.is_alive()


def _post(slack: Slack, alert: Alert, message_id: str, thread: str, deadline: Deadline) -> str:
    """Post into a thread, or, if somebody has deleted its first message, as a new one."""
    if thread:
        try:
            return slack.post(alert, message_id=message_id, thread=thread, deadline=deadline)
        except SlackMessageGone as gone:
            _log.info("a new message takes the place of one that is gone: %s", gone)
    return slack.post(alert, message_id=message_id, deadline=deadline)


def _alert(slack: Slack) -> _Send:
    """A confirmed mail changes the order's first message; any other repeat goes into its thread."""

    def send(notice: Notice, deadline: Deadline) -> str:
        try:
            alert = read_alert(notice.kind, notice.about, notice.body)
        except (ValueError, TypeError) as error:
            raise SlackRefused(
                f"The alert in the Outbox cannot be read: {error}", code="unreadable", one_message=True
            ) from error
        thread = notice.thread
        if alert.kind is Kind.DELIVERED and thread:
            try:
                slack.update(thread, alert, deadline=deadline)
            except SlackMessageGone:  # nobody can change the first message any more
                thread = ""
            else:
                return thread
        posted = _post(slack, alert, notice.notice_id, thread, deadline)
        return thread or posted

    return send


def _fulfillment(shop: Shopify) -> _Send:
    def send(notice: Notice, deadline: Deadline) -> str:
        try:
            lines = lines_of(notice)
        except (ValueError, TypeError) as error:
            raise ShopDeclined(f"The lines in the Outbox cannot be read: {error}") from error
        done = shop.mark_fulfilled(order_id_key(notice.about), lines, deadline)
        if done.left:
            raise ShopDeclined(told_left(done.left))
        return "marked" if done.units else "nothing left to mark"

    return send


def _push_stock(services: Services, shop: Shopify, deadline: Deadline, *, patient: bool) -> None:
    """Tell Shopify what has changed; whoever comes while somebody does it leaves it to them."""
    stock = services.sending.stock
    if not stock.turn.acquire(blocking=False):
        return
    try:
        while deadline.left() > 0 and not _stock_rests(services) and (seen := stock.seen()):
            if not _push(services, shop, seen, deadline, patient=patient).reached:
                return
    finally:
        stock.turn.release()


def _stock_rests(services: Services) -> bool:
    return services.sending.rests(Channel.STOCK, services.clock.monotonic())


def push_stock(services: Services, shop: Shopify, deadline: Deadline) -> Push:
    """Tell Shopify what is due at once, whatever rested. Never raises: without an answer everything stays due."""
    stock = services.sending.stock
    services.sending.wake(services.clock.monotonic(), refused=True)
    if not stock.turn.acquire(timeout=deadline.left()):
        waiting = stock.seen()
        busy = "another push of stock is still under way; press again in a minute"
        return Push(refused=tuple(NotSet(sku, busy) for sku in (waiting.levels if waiting else ())), reached=False)
    try:
        seen = stock.seen()
        return _push(services, shop, seen, deadline, patient=True) if seen else Push()
    finally:
        stock.turn.release()


class Push(NamedTuple):
    """What a push of stock did: (SKU, before, after) of what Shopify took, and what it has not confirmed.

    That is what it `refused`, and what is `absent` from the shop.
    """

    taken: tuple[tuple[str, int | None, int], ...] = ()
    refused: tuple[NotSet, ...] = ()
    absent: tuple[NotSet, ...] = ()
    reached: bool = True


def _push(services: Services, shop: Shopify, seen: StockSeen, deadline: Deadline, *, patient: bool) -> Push:
    """Make one push. Only who is `patient` tells that the shop does not have a product: it may have come this moment."""
    sending, clock = services.sending, services.clock
    asked = bool(seen.notices)
    if not asked:
        seen = seen._replace(notices=(_unasked(services),))
    levels = sending.stock.to_tell(seen, clock.monotonic(), patient=patient)
    try:
        done = _push_levels(shop, levels, seen.notices[-1].notice_id, deadline)
    except ShopError as error:
        _log.warning("the stock could not be pushed: %s", error)
        if isinstance(error, ShopRefused):
            sending.refuse_channel(Channel.STOCK, str(error), clock.monotonic())
        else:
            sending.pause(Channel.STOCK, clock.monotonic(), getattr(error, "retry_after", None))
        sending.stock.failed(str(error))
        return Push(refused=tuple(NotSet(sku, str(error)) for sku in levels), reached=False)
    refused, absent = ({each.sku: each.reason for each in some} for some in (done.refused, done.absent))
    told = {sku: level for sku, level in levels.items() if sku not in refused and sku not in absent}
    sending.stock.done(seen, told, refused, clock.monotonic(), asked=asked, absent=absent, patient=patient)
    sending.resume(Channel.STOCK)
    return done


def _unasked(services: Services) -> Notice:
    """What carries the record of a push that nothing asked for: what Shopify had not confirmed is tried again."""
    now = services.now()
    return Notice(f"{services.clock.new_id()}-again", Channel.STOCK, Channel.STOCK, "", "[]", now, now)


def _push_levels(shop: Shopify, levels: Mapping[str, int], reference: str, deadline: Deadline) -> Push:
    """Make Shopify show the levels; what it shows already is left alone. What it has not confirmed is in the result.

    Raises `ShopError`.
    """
    by_sku: dict[str, list[ShopVariant]] = {}
    for variant in shop.variants_of(levels, deadline):
        by_sku.setdefault(variant.sku, []).append(variant)
    sold = {sku: the_sold_one(found, attrgetter("sellable")) for sku, found in by_sku.items()}
    doubled = [NotSet(sku, "several variants have this SKU") for sku, variant in sold.items() if variant is None]
    wanted = [
        StockLevel(variant, levels[sku])
        for sku, variant in sold.items()
        if variant and not (variant.tracked and variant.available == levels[sku])
    ]
    not_set = shop.set_available(wanted, reference=reference, deadline=deadline) if wanted else []
    skus = {each.sku for each in not_set}
    taken = [
        (each.variant.sku, each.variant.available, each.available) for each in wanted if each.variant.sku not in skus
    ]
    absent = tuple(NotSet(sku, NOT_IN_SHOP) for sku in levels if sku not in by_sku)
    return Push(tuple(taken), (*doubled, *not_set), absent=absent)
