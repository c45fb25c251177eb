"""Serve the orders that waited once what they lacked is there, or open them for a repeat."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from itertools import islice
from typing import NamedTuple

from npta.domain.alerts.order_alerts import OWN_ALERTS, order_alert, served_alert
from npta.domain.orders.answers import Answer, answer
from npta.domain.orders.backorders import NOTHING_KNOWN, backorders, reopened, served_backorders
from npta.domain.orders.eligibility import Rules
from npta.domain.state.order_record import Status
from npta.domain.state.outbox_rows import answer_pending
from npta.domain.state.receipts import Problem
from npta.domain.state.shop_status import ShopStatus
from npta.domain.state.state import State
from npta.errors import ShopError
from npta.operations.commit import commit, enqueue_alert, read
from npta.operations.dry_run_token import AT_ONCE, Carried, Intent
from npta.services import Services
from sheets_schema import Deadline, Transaction

ROOM = 1_100_000
"""Bytes that orders served in one commit may take of the 2 MB that Google recommends for a batch: about 500 orders."""
_ROW = 600
"""Bytes of a ledger row in a batch, without its receipt: rather too many than too few."""
READY = "backorders_ready"
"""The name of the value that says that orders which could be served were left to the next commit."""


MAX_ASKED = 5_000
"""Orders that the shop is asked about at once: 20 calls. Those behind them are only opened again."""
_SHOP_SECONDS = 6.0
_log = logging.getLogger(__name__)


class Standing(NamedTuple):
    """How Shopify calls the orders that wait, by id, as far as it shows them.

    `asked` are those that it was asked about: none if it did not answer; None if there is no shop to ask.
    """

    statuses: Mapping[str, ShopStatus] = NOTHING_KNOWN
    asked: frozenset[str] | None = None


def ask_shop(services: Services, deadline: Deadline) -> Standing:
    """Ask the shop about the orders that wait, before a transaction that may serve them.

    Without a keys hook nothing is served by itself, and without a shop nobody can be asked. Raises what `Database.read`
    raises; a shop that does not answer is no error.
    """
    if not (services.hook and services.shop):
        return Standing()

    # Whatever the mode is: the transaction may be the one that enters LIVE.
    waiting = read(services, lambda tx: list(islice(tx.state.waiting.ids(), MAX_ASKED)), deadline)
    until = services.clock.deadline(min(_SHOP_SECONDS, deadline.left()))
    try:
        # What has no number is no order of the shop's, which refuses to be asked about it.
        statuses = services.shop.statuses_of([order_id for order_id in waiting if order_id.isdecimal()], until)
    except ShopError as error:
        _log.warning("waiting orders are only opened again, since the shop was not reached: %s", error)
        return Standing(asked=frozenset())
    return Standing(statuses, frozenset(waiting))


class Backfill(NamedTuple):
    """Orders that waited and have their keys now, or were opened for a repeat.

    `left` if one commit could not serve all.
    """

    served: tuple[str, ...] = ()
    reopened: tuple[str, ...] = ()
    left: bool = False


def stage_backorders(
    services: Services,
    tx: Transaction[State],
    why: str,
    standing: Standing,
    *,
    rules: Rules | None = None,
    request_id: str = "",
) -> Backfill:
    """Serve the orders that wait and lack nothing any more, oldest failure first.

    `why` is what brought it, for their history and the alert. Their answers become due for the keys hook. Without one,
    and in TEST and OFF, they are opened again instead, so that a repeat serves them; so are those that the shop could
    not be asked about (`standing`).
    """
    rules = rules or services.rules(tx.values)
    stamp = services.stamp(tx.commit)
    if not rules.serves_waiting:
        facts = reopened(tx.state, rules, stamp=stamp, why=why)
        tx.add_all(facts)
        return Backfill(reopened=tuple(fact.order_id for fact in facts))
    asked = standing.asked
    answers: list[Answer] = []
    room, left = ROOM, False
    for record, outcome in served_backorders(tx.state, rules, standing.statuses, asked, stamp=stamp):
        room -= sum(_ROW + len(getattr(fact, "lines", "")) for fact in outcome.facts) + _ROW
        if left := room < 0 and bool(answers):
            break
        tx.add_all(outcome.facts)
        if outcome.status is Status.FULFILLED:
            tx.add(answer_pending(tx.state, record.order_id, stamp=stamp))
        now = tx.state.orders[record.order_id]
        answers.append(answer(tx.state, now, outcome, rules=rules, test_recipient=services.settings.test_recipient))
    if bool(tx.values[READY]) is not left:
        tx.set_value(READY, stamp.at if left else "")
    opened = [] if asked is None else reopened(tx.state, rules, stamp=stamp, why=why)
    opened = [fact for fact in opened if asked is not None and fact.order_id not in asked]
    tx.add_all(opened)
    served = [answered for answered in answers if answered.status is Status.FULFILLED]
    if len(served) > OWN_ALERTS:
        enqueue_alert(services, tx, served_alert(served, why, request_id=request_id))
    for answered in answers:
        if len(served) <= OWN_ALERTS or answered.status is not Status.FULFILLED:
            enqueue_alert(services, tx, order_alert(answered, request_id=request_id))
    return Backfill(tuple(answered.order_id for answered in served), tuple(fact.order_id for fact in opened), left)


def stage_mail_by_hook(services: Services, tx: Transaction[State], order_id: str) -> bool:
    """Make an order's answer due for the keys hook if there is one in LIVE; return whether."""
    if by_hook := services.rules(tx.values).serves_waiting:
        tx.add(answer_pending(tx.state, order_id, stamp=services.stamp(tx.commit)))
    return by_hook


class StillWaiting(NamedTuple):
    """An order that waits, and what it lacks.

    It lacks nothing where only its Zap is to be re-run; `damage` says why nobody can tell.
    """

    order_id: str
    problems: tuple[Problem, ...]
    damage: str = ""


class ServedWaiting(NamedTuple):
    """What Serve Waiting Orders did, or would do."""

    served: tuple[str, ...] = ()
    reopened: tuple[str, ...] = ()
    waiting: tuple[StillWaiting, ...] = ()
    left: bool = False
    carried: Carried = Carried()


def serve_waiting(
    services: Services, *, who: str, deadline: Deadline, intent: Intent = AT_ONCE, request_id: str = ""
) -> ServedWaiting:
    """Serve every order that lacks nothing any more, and say what the others still lack.

    Orders that one commit cannot hold follow in the next, as far as the deadline allows.
    """
    standing = ask_shop(services, deadline)

    def transact(tx: Transaction[State]) -> ServedWaiting:
        done = stage_backorders(services, tx, "Serve Waiting Orders", standing, request_id=request_id)
        waiting = tuple(
            StillWaiting(found.record.order_id, found.problems, found.damage)
            for found in backorders(tx.state, services.rules(tx.values), standing.statuses)
            if found.record.order_id not in done.reopened
        )
        # What was confirmed is the first commit of it; those that follow do the same for the orders that it had no room for.
        carried = Carried() if served else intent.judge("serve waiting orders", done.served, done.reopened)
        if carried.dry_run:
            tx.rollback()
        return ServedWaiting(done.served, done.reopened, waiting, done.left, carried)

    served: tuple[str, ...] = ()
    while True:
        done = commit(services, transact, operation="serve waiting orders", who=who, deadline=deadline)
        if done.carried.dry_run:
            return done
        served += done.served
        if not done.left or deadline.left() < _RESERVE:
            return done._replace(served=served)


_RESERVE = 5.0
"""Seconds that one more commit, and the answer, may need."""
