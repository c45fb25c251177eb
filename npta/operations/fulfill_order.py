"""An order gets its keys."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import NamedTuple, TypeVar

from npta.domain.alerts import AlertKind
from npta.domain.answers import Answer, answer
from npta.domain.catalogue import read_catalogue
from npta.domain.fulfillment import CatalogueReadRequired, Outcome, Rules
from npta.domain.modes import rules_in
from npta.domain.order_alerts import order_alert
from npta.domain.order_record import OrderRecord, Status
from npta.domain.receipts import Order
from npta.domain.replays import decide
from npta.domain.seen import read_seen
from npta.domain.state import State
from npta.operations.alerting import send_repeat
from npta.operations.commit import commit, enqueue_alert
from npta.services import Services
from npta.tabs import Catalogue, KeyLedger
from sheets_schema import Deadline, SchemaMismatchError, Transaction

R = TypeVar("R")


class _Answered(NamedTuple):
    answer: Answer
    thread: str
    """Slack's name for the first alert about this order's failure."""


def fulfill_order(services: Services, asked: Order, *, who: str, deadline: Deadline, request_id: str = "") -> Answer:
    """Assign keys to a paid order, or give the answer that it was given before.

    Everything an order changes leaves in one commit; the answer is made after it has landed. Raises `DamagedError` for
    an order whose rows cannot be read, and what `Spreadsheet.run` raises; an order that cannot be filled is an answer,
    not an error.
    """

    def work(tx: Transaction[State], unpublished: Collection[str] | None) -> _Answered:
        order = asked._replace(order_id=tx.state.order_id(asked.order_id))
        rules = rules_in(tx.values, services.settings.regions, unpublished)
        before = tx.state.orders.get(order.order_id)
        outcome = decide(tx.state, order, rules, at=services.now(), commit=tx.commit)
        told = stage_outcome(services, tx, outcome, rules, before=before, order=order, request_id=request_id)
        return _Answered(told, tx.state.thread(order.order_id, AlertKind.FAILED))

    answered = commit_decision(services, work, operation="fulfill order", who=who, deadline=deadline)
    if answered.answer.replayed and answered.answer.status is not Status.FULFILLED:
        send_repeat(services, answered.answer, answered.thread, request_id=request_id, deadline=deadline)
    return answered.answer


def commit_decision(
    services: Services,
    work: Callable[[Transaction[State], Collection[str] | None], R],
    *,
    operation: str,
    who: str,
    deadline: Deadline,
) -> R:
    """Run what decides an order; the catalogue form is read, and its SKUs handed over, only where a decision needs it.

    Raises what `work` and `Spreadsheet.run` raise.
    """
    try:
        return commit(services, lambda tx: work(tx, None), operation=operation, who=who, deadline=deadline)
    except CatalogueReadRequired:
        return commit(
            services,
            lambda tx: work(tx, _unpublished(tx)),
            operation=operation,
            who=who,
            deadline=deadline,
            reads=(Catalogue,),
        )


def stage_outcome(
    services: Services,
    tx: Transaction[State],
    outcome: Outcome,
    rules: Rules,
    *,
    before: OrderRecord | None,
    order: Order,
    request_id: str,
) -> Answer:
    """Stage what becomes of an order, with the alert that tells of it; gives the answer."""
    settings = services.settings
    tx.extend(outcome.facts)
    record = tx.state.orders[order.order_id]
    told = answer(tx.state, record, outcome, rules=rules, test_recipient=settings.test_recipient, email=order.email)
    if outcome.facts:
        inactive = read_seen(tx.values["catalogue"]).inactive
        skus = dict.fromkeys(line.sku for line in order.lines if line.sku in inactive)
        alert = order_alert(
            told,
            failures_in_a_row=tx.state.failures_in_a_row(),
            support_contact=settings.support_contact,
            request_id=request_id,
            repeat=_repeats(before, outcome),
            warnings=[f"{sku} is not active in Shopify" for sku in skus],
        )
        enqueue_alert(services, tx, alert)
    return told


def _repeats(before: OrderRecord | None, outcome: Outcome) -> bool:
    """Whether people have been told this outcome before: processed again after Clear Order Cache, say."""
    new_keys = any(isinstance(fact, KeyLedger) for fact in outcome.facts)
    return before is not None and before.status is outcome.status and not new_keys


def _unpublished(tx: Transaction[State]) -> set[str]:
    """SKUs that stand in the catalogue form; a damaged form knows none, and stops no order."""
    try:
        return {row.sku for row in read_catalogue(tx.table(Catalogue).rows)}
    except SchemaMismatchError:
        return set()
