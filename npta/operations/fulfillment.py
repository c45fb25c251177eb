"""Give an order its keys, by the Zap's call or a person; note one that cannot be read."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from typing import TypeVar

from npta.domain.alerts.order_alerts import order_alert
from npta.domain.alerts.system_alerts import malformed_alert
from npta.domain.catalogue.catalogue import read_catalogue
from npta.domain.catalogue.catalogue_summary import read_summary
from npta.domain.orders.answers import Answer, answer, without_mail
from npta.domain.orders.backorders import promised_seats, stored_order
from npta.domain.orders.eligibility import Rules, withheld
from npta.domain.orders.fulfillment import CatalogueReadRequired, Outcome
from npta.domain.orders.ledger_rows import order_malformed
from npta.domain.orders.next_steps import MAIL_BY_ITSELF, MAIL_BY_THE_ZAP
from npta.domain.orders.replays import decide, fill
from npta.domain.orders.unconfirmed_mails import is_mailed_by_hook
from npta.domain.state.alert import Alert, AlertKind
from npta.domain.state.order_record import OrderRecord, Status
from npta.domain.state.receipts import Code, Order
from npta.domain.state.state import State
from npta.operations.backorders import READY, stage_mail_by_hook
from npta.operations.commit import commit, enqueue_alert
from npta.operations.find_order import get_order
from npta.operations.outbox.deliver import SLACK_SECONDS, send_alert, send_messages, send_repeat
from npta.services import Services
from npta.tables import Catalogue, KeyLedger
from sheets_schema import Deadline, SchemaMismatchError, SheetsError, Transaction

R = TypeVar("R")
MAIL_BY_THE_HOOK = "its mail goes out by the keys hook; if the customer does not get it, press Resend Keys"


def fulfill_order(services: Services, asked: Order, *, who: str, deadline: Deadline, request_id: str = "") -> Answer:
    """Assign keys to a paid order, or give the answer that it was given before.

    Everything an order changes leaves in one commit; the answer is made afterwards. Raises `DamagedError`; an
    order that cannot be filled is an answer, not an error.
    """

    def transact(tx: Transaction[State], unpublished: Collection[str] | None) -> tuple[Answer, str]:
        order = asked._replace(order_id=tx.state.order_id(asked.order_id))
        rules = services.rules(tx.values, unpublished)
        if tx.values[READY]:
            rules = rules._replace(promised=promised_seats(tx.state, rules))
        before = tx.state.orders.get(order.order_id)
        outcome = decide(tx.state, order, rules, stamp=services.stamp(tx.commit))
        answered = stage_outcome(services, tx, outcome, rules, before=before, order=order, request_id=request_id)
        answered = _left_to_the_hook(services, tx.state, answered, outcome)
        return answered, tx.state.thread(order.order_id, AlertKind.FAILED)

    found, thread = commit_decision(
        services, transact, operation="fulfill order", who=who, deadline=deadline, order_id=asked.order_id
    )
    if found.replayed and found.status is not Status.FULFILLED:
        send_repeat(services, found, thread, request_id=request_id, deadline=deadline)
    return found


def _left_to_the_hook(services: Services, state: State, answered: Answer, outcome: Outcome) -> Answer:
    """Keep a repeat's answer from sending a mail while the keys hook has it in hand."""
    if any(isinstance(fact, KeyLedger) for fact in outcome.facts):
        return answered
    if not is_mailed_by_hook(state, state.orders[answered.order_id], services.clock.now()):
        return answered
    return answered._replace(by_hook=True, message=f"{answered.message}; {MAIL_BY_THE_HOOK}")


def commit_decision(
    services: Services,
    decide_order: Callable[[Transaction[State], Collection[str] | None], R],
    *,
    operation: str,
    who: str,
    deadline: Deadline,
    order_id: str = "",
) -> R:
    """Run what decides an order; the catalogue form is read only where a decision needs it.

    Raises what it raises.
    """
    try:
        return commit(
            services,
            lambda tx: decide_order(tx, None),
            operation=operation,
            who=who,
            deadline=deadline,
            order_id=order_id,
        )
    except CatalogueReadRequired:
        return commit(
            services,
            lambda tx: decide_order(tx, _unpublished(tx)),
            operation=operation,
            who=who,
            deadline=deadline,
            reads=(Catalogue,),
            order_id=order_id,
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
    """Stage what becomes of an order, with its alert; return the answer."""
    settings = services.settings
    tx.add_all(outcome.facts)
    record = tx.state.orders[order.order_id]
    answered = answer(tx.state, record, outcome, rules=rules, test_recipient=settings.test_recipient, email=order.email)
    if outcome.status is Status.FULFILLED and (problem := withheld(order, rules)):
        answered = without_mail(answered, problem)
    if outcome.facts:
        inactive = read_summary(tx.values["catalogue"]).inactive
        skus = dict.fromkeys(line.sku for line in order.lines if line.sku in inactive)
        alert = order_alert(
            answered,
            failures_in_a_row=tx.state.failures_in_a_row.value,
            support_contact=settings.support_contact,
            request_id=request_id,
            repeat=_repeats(before, outcome),
            warnings=[f"{sku} is not active in Shopify" for sku in skus],
        )
        enqueue_alert(services, tx, alert)
    return answered


def _repeats(before: OrderRecord | None, outcome: Outcome) -> bool:
    """Whether people know this outcome: processed again after Clear Order Cache, say."""
    new_keys = any(isinstance(fact, KeyLedger) for fact in outcome.facts)
    return before is not None and before.status is outcome.status and not new_keys


def _unpublished(tx: Transaction[State]) -> set[str]:
    """Return the SKUs in the catalogue form; a damaged form has none, and stops no order."""
    try:
        return {row.sku for row in read_catalogue(tx.table(Catalogue).rows)}
    except SchemaMismatchError:
        return set()


def fill_order(services: Services, order: str, *, who: str, deadline: Deadline, request_id: str = "") -> Answer:
    """Decide an order anew with its own lines; only the go-live time is overcome.

    Raises `NotFoundError`, `BadRequestError` and `ConflictError` for an order that cannot be found or is not to be
    filled, `DamagedError`.
    """

    def transact(tx: Transaction[State], unpublished: Collection[str] | None) -> Answer:
        record = get_order(tx.state, order)
        rules = services.rules(tx.values, unpublished)
        outcome = fill(tx.state, record, rules, stamp=services.stamp(tx.commit))
        answer = stage_outcome(
            services, tx, outcome, rules, before=record, order=stored_order(record), request_id=request_id
        )
        if not answer.email_ready or answer.delivered:
            return answer
        if stage_mail_by_hook(services, tx, record.order_id):
            return answer._replace(next_step=MAIL_BY_ITSELF)
        return answer._replace(next_step=MAIL_BY_THE_ZAP)

    return commit_decision(services, transact, operation="fill order", who=who, deadline=deadline)


_log = logging.getLogger(__name__)
MAX_SECONDS = 10.0
"""How long the spreadsheet may keep an answer waiting that is known already."""


def note_malformed_order(
    services: Services,
    asked: Order,
    why: str,
    *,
    who: str,
    deadline: Deadline,
    code: Code = Code.MALFORMED,
    request_id: str = "",
) -> None:
    """Put a malformed order before people, once for each reason. Never raises.

    Repeats of the same call write nothing, and are posted in the thread of the first.
    """

    def transact(tx: Transaction[State]) -> tuple[Alert, str, bool]:
        order = asked._replace(order_id=tx.state.order_id(asked.order_id))
        record = tx.state.orders.get(order.order_id)
        fact = order_malformed(record, order, why, stamp=services.stamp(tx.commit), code=code)
        decided = record.status if record and not record.is_malformed else ""
        alert = malformed_alert(order, why, decided=decided, request_id=request_id)
        if fact:
            tx.add(fact)
            enqueue_alert(services, tx, alert)
        return alert, tx.state.thread(order.order_id, AlertKind.FAILED), fact is not None

    until = services.clock.deadline(min(MAX_SECONDS, deadline.left() - SLACK_SECONDS))
    try:
        alert, thread, noted = commit(services, transact, operation="note malformed order", who=who, deadline=until)
    except SheetsError as error:
        _log.warning("the malformed order %s could not be noted: %s", asked.order_id, error)
        alert, thread, noted = malformed_alert(asked, why, request_id=request_id), "", False
    if noted:
        send_messages(services, deadline)
    else:
        send_alert(services, alert, deadline=deadline, thread=thread)
