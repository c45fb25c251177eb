"""Assign Key: a certain key for an order's line, by a person's decision."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from npta.domain.orders.answers import Answer, answer, looked_up
from npta.domain.orders.assign_key import KeyAssignment, Target, assign_chosen_key
from npta.domain.orders.backorders import stored_order
from npta.domain.orders.eligibility import Rules
from npta.domain.orders.next_steps import MAIL_BY_ITSELF, MAIL_BY_THE_ZAP
from npta.domain.state.order_record import OrderRecord
from npta.domain.state.state import State
from npta.domain.state.wording import names
from npta.operations.backorders import Backfill, ask_shop, stage_backorders, stage_mail_by_hook
from npta.operations.dry_run_token import AT_ONCE, Carried, Intent
from npta.operations.find_key import KeyName, get_key
from npta.operations.find_order import get_order
from npta.operations.fulfillment import commit_decision, stage_outcome
from npta.services import Services
from sheets_schema import Deadline, Transaction


class Assigned(NamedTuple):
    """The order's answer afterwards, and whether it has the key.

    Orders that waited for what it gave back.
    """

    answer: Answer
    done: bool
    served_orders: tuple[str, ...] = ()
    reopened_orders: tuple[str, ...] = ()
    carried: Carried = Carried()


def assign_key(
    services: Services,
    order: str,
    name: KeyName,
    target: Target,
    *,
    who: str,
    deadline: Deadline,
    seats: int = 1,
    any_pool: bool = False,
    intent: Intent = AT_ONCE,
    request_id: str = "",
) -> Assigned:
    """Give a key to a line of an order.

    The rest of an order that waits is filled as ever, or nothing is done.

    Raises `NotFoundError`, and what `domain.orders.assign_key.assign_chosen_key` raises.
    """
    standing = ask_shop(services, deadline)

    def transact(tx: Transaction[State], unpublished: Collection[str] | None) -> Assigned:
        record, rules = get_order(tx.state, order), services.rules(tx.values, unpublished)
        given = assign_chosen_key(
            tx.state,
            record,
            get_key(tx.state, name),
            target,
            seats=seats,
            any_pool=any_pool,
            rules=rules,
            policy=services.settings.release_policy,
            stamp=services.stamp(tx.commit),
        )
        carried = intent.judge("assign key", record.order_id, given.outcome.facts)
        found = _stage(services, tx, given, rules, record, request_id)
        orders = Backfill()
        if given.outcome.facts and found.email_ready:
            by_hook = stage_mail_by_hook(services, tx, record.order_id)
            found = found._replace(next_step=MAIL_BY_ITSELF if by_hook else MAIL_BY_THE_ZAP)
        if given.replaced:
            orders = stage_backorders(services, tx, "Assign Key", standing, request_id=request_id)
        if carried.dry_run:
            tx.rollback()
        return Assigned(found, given.done, *orders[:2], carried)

    return commit_decision(services, transact, operation="assign key", who=who, deadline=deadline)


def _stage(
    services: Services,
    tx: Transaction[State],
    given: KeyAssignment,
    rules: Rules,
    record: OrderRecord,
    request_id: str,
) -> Answer:
    """Stage what a decision did, and return how the order stands then."""
    outcome = given.outcome
    if given.done and outcome.facts and not given.replaced:
        order = stored_order(record)
        return stage_outcome(services, tx, outcome, rules, before=record, order=order, request_id=request_id)
    tx.add_all(outcome.facts)
    now = tx.state.orders[record.order_id]
    if given.done:
        outcome = looked_up(tx.state, now, rules)
    found = answer(tx.state, now, outcome, rules=rules, test_recipient=services.settings.test_recipient)
    if not given.done:
        return found._replace(message=f"nothing was assigned: {found.message}")
    if given.replaced:
        keys = names(dict.fromkeys(held.key_id for held in given.replaced))
        return found._replace(message=f"{found.message}; given by hand in place of key {keys}", replayed=False)
    return found
