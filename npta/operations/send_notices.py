"""What is due is sent: alerts to Slack, stock and fulfillments to Shopify.

Nothing here can undo a fact or fail a request: what cannot be sent now stays in the Outbox for the next request, or for
`POST /outbox/flush`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from npta.clients.shopify import NotSet, Shopify, ShopVariant, StockLevel
from npta.clients.slack import Slack
from npta.domain.alerts import Alert, Kind, read_alert, stock_trouble_alert
from npta.domain.answers import Answer
from npta.domain.marking import told_left
from npta.domain.notices import Channel, Notice, lines_of
from npta.domain.order_alerts import order_alert
from npta.domain.order_ids import order_id_key
from npta.domain.order_record import Status
from npta.errors import ShopDeclined, ShopError, ShopRefused, SlackError, SlackMessageGone, SlackRefused
from npta.sending import StockSeen
from npta.services import Services
from sheets_schema import Deadline

_log = logging.getLogger(__name__)

SLACK_SECONDS = 2.0
"""How long a request tries Slack; the Outbox does the rest."""
SHOP_SECONDS = 4.0
"""How long a request may spend on Shopify."""
RESERVE = 5.0
"""Seconds of a call that stay untouched, for its answer."""
REST = 10.0
"""Seconds for which a service that does not answer is left alone."""
REFUSED_REST = 60.0
"""Seconds after which a notice that was refused is tried again: somebody must mend something first."""
MOST_REFUSALS = 3
"""Refusals in a row after which nothing more is tried: it is not the one notice that is wrong."""


def send_notices(services: Services, deadline: Deadline, *, flush: bool = False) -> None:
    """Send what is due, within seconds; with `flush` for as long as the deadline allows. Never raises."""
    if flush:
        services.sending.wake()

    def until(most: float) -> Deadline:
        left = max(0.0, deadline.left() - RESERVE)
        return services.clock.deadline(left if flush else min(most, left))

    if services.slack:
        _send_all(services, Channel.SLACK, _alert(services.slack), until(SLACK_SECONDS), patient=flush)
    if services.shop:
        _push_stock(services, services.shop, until(SHOP_SECONDS))
        _send_all(services, Channel.FULFILLMENT, _fulfillment(services.shop), until(SHOP_SECONDS), patient=flush)


def send_alert(
    services: Services, alert: Alert, *, deadline: Deadline | None = None, thread: str = "", keep: bool = True
) -> None:
    """Send an alert of no fact at once; if `keep`, what cannot be sent becomes due with the next commit.

    Ends within `SLACK_SECONDS`, and by the deadline if there is one. Never raises.
    """
    sending, clock = services.sending, services.clock
    message_id = clock.new_id()
    seconds = min(SLACK_SECONDS, deadline.left()) if deadline else SLACK_SECONDS
    if services.slack and seconds > 0 and not sending.rests(Channel.SLACK, clock.monotonic()):
        first = thread or sending.thread(alert)
        try:
            posted = _post(services.slack, alert, message_id, first, clock.deadline(seconds))
        except SlackError as error:
            _log.warning("the alert could not be sent: %s", error)
            sending.rest(Channel.SLACK, clock.monotonic() + _rest(error))
        else:
            _log.info("alert: %s", alert.text)
            sending.opened(alert, first or posted)
            return
    _log.warning("alert, not sent: %s", alert.text)
    if keep:
        sending.keep(alert, message_id)


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
    refusals = 0
    while deadline.left() > 0 and (notice := sending.take(channel, clock.monotonic())):
        try:
            receipt = send(notice, deadline)
        except (ShopRefused, SlackRefused) as error:
            _log.warning("notice %s (%s %s) is refused: %s", notice.notice_id, notice.kind, notice.about, error)
            sending.put_back(notice, rest=clock.monotonic() + REFUSED_REST)
            refusals += 1
            if refusals == MOST_REFUSALS:
                sending.rest(channel, clock.monotonic() + REST)
        except (ShopError, SlackError) as error:
            _log.warning("notice %s (%s %s) waits: %s", notice.notice_id, notice.kind, notice.about, error)
            sending.put_back(notice)
            wait = getattr(error, "retry_after", None)
            if patient and wait and wait < deadline.left():
                clock.sleep(wait)
                continue
            sending.rest(channel, clock.monotonic() + _rest(error))
        else:
            sending.done(notice, receipt)
            refusals = 0


def _rest(error: ShopError | SlackError) -> float:
    """Seconds for which a service that did not take something is left alone."""
    return getattr(error, "retry_after", None) or REST


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
            raise SlackRefused(f"The alert in the Outbox cannot be read: {error}", code="unreadable") from error
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
            raise ShopRefused(f"The lines in the Outbox cannot be read: {error}") from error
        done = shop.mark_fulfilled(order_id_key(notice.about), lines, deadline)
        if done.left:
            raise ShopDeclined(told_left(done.left))
        return "marked" if done.units else "nothing left to mark"

    return send


def _push_stock(services: Services, shop: Shopify, deadline: Deadline) -> None:
    """Tell Shopify what has changed; whoever comes while somebody does it leaves it to them."""
    sending, clock = services.sending, services.clock
    if not sending.pushing.acquire(blocking=False):
        return
    try:
        while deadline.left() > 0 and (seen := sending.stock(clock.monotonic())):
            if not _push(services, shop, seen, deadline).reached:
                return
    finally:
        sending.pushing.release()


def push_stock(services: Services, shop: Shopify, deadline: Deadline) -> Push:
    """Tell Shopify what is due at once, whatever rested. Never raises: without an answer everything stays due."""
    sending, clock = services.sending, services.clock
    sending.wake()
    if not sending.pushing.acquire(timeout=deadline.left()):
        return Push(reached=False)
    try:
        seen = sending.stock(clock.monotonic())
        return _push(services, shop, seen, deadline) if seen else Push()
    finally:
        sending.pushing.release()


class Push(NamedTuple):
    """What a push of stock did: (SKU, before, after) of what Shopify took, and what it would not take."""

    taken: tuple[tuple[str, int | None, int], ...] = ()
    refused: tuple[NotSet, ...] = ()
    reached: bool = True


def _push(services: Services, shop: Shopify, seen: StockSeen, deadline: Deadline) -> Push:
    sending, clock = services.sending, services.clock
    levels = sending.tell_stock(seen)
    try:
        done = _push_levels(shop, levels, seen.notices[-1].notice_id, deadline)
    except ShopError as error:
        _log.warning("the stock could not be pushed: %s", error)
        rest = REFUSED_REST if isinstance(error, ShopRefused) else _rest(error)
        sending.rest(Channel.STOCK, clock.monotonic() + rest)
        refused = tuple(NotSet(sku, str(error)) for sku in levels)
        _tell_trouble(services, refused)
        return Push(refused=refused, reached=False)
    # What Shopify would not take stays different from what it was told, and is tried with every later push.
    not_set = {each.sku for each in done.refused}
    sending.stock_done(seen, {sku: level for sku, level in levels.items() if sku not in not_set})
    sending.trouble = sending.trouble and bool(done.refused)
    _tell_trouble(services, done.refused)
    return done


def _push_levels(shop: Shopify, levels: Mapping[str, int], reference: str, deadline: Deadline) -> Push:
    """Make Shopify show the levels; what it shows already is left alone.

    A SKU that the shop does not have is nobody's fault: it is sold elsewhere, or not yet. Raises `ShopError`.
    """
    by_sku: dict[str, list[ShopVariant]] = {}
    for variant in shop.variants_of(levels, deadline):
        by_sku.setdefault(variant.sku, []).append(variant)
    doubled = [NotSet(sku, "several variants have this SKU") for sku, found in by_sku.items() if len(found) > 1]
    wanted = [
        StockLevel(found[0], levels[sku])
        for sku, found in by_sku.items()
        if len(found) == 1 and not (found[0].tracked and found[0].available == levels[sku])
    ]
    not_set = shop.set_available(wanted, reference=reference, deadline=deadline) if wanted else []
    skus = {each.sku for each in not_set}
    taken = [
        (each.variant.sku, each.variant.available, each.available) for each in wanted if each.variant.sku not in skus
    ]
    return Push(tuple(taken), (*doubled, *not_set))


def _tell_trouble(services: Services, refused: Sequence[NotSet]) -> None:
    """Say once that Shopify's stock lags behind, not at every try."""
    if refused and not services.sending.trouble:
        services.sending.trouble = True
        contact = services.settings.support_contact
        send_alert(services, stock_trouble_alert(refused, support_contact=contact))
