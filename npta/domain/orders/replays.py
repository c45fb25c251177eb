"""The same order again: answered as before where that holds, or decided afresh."""

from __future__ import annotations

from npta.domain.orders.backorders import backorder, stored_order
from npta.domain.orders.eligibility import Mode, Rules, not_served, withheld
from npta.domain.orders.fulfillment import Outcome, redecide, with_what_is_known
from npta.domain.orders.ledger_rows import filled_again
from npta.domain.state.order_lines import named
from npta.domain.state.order_record import OrderRecord, Status
from npta.domain.state.receipts import Code, Order, Problem, TooLargeError, read_receipt
from npta.domain.state.state import State
from npta.domain.state.times import Stamp
from npta.errors import ConflictError, DamagedError
from npta.tables import Orders


def decide(state: State, order: Order, rules: Rules, *, stamp: Stamp) -> Outcome:
    """Decide an order: as before if it was decided, or else afresh. Raises like `redecide`."""
    record = state.orders.get(order.order_id)
    if record and record.damage:
        raise DamagedError(record.damage)
    if record and not record.open and (known := _known(state, record, order, rules, stamp=stamp)):
        return known
    return redecide(state, order, rules, stamp=stamp)


def fill(state: State, record: OrderRecord, rules: Rules, *, stamp: Stamp) -> Outcome:
    """Decide an order anew, as its newest lines were, in spite of the go-live time.

    One that holds its keys, or fails as it did, is answered as before. Raises `ConflictError` for an order that is not
    to be filled, `CatalogueReadRequired` and `DamagedError` like `decide`.
    """
    if record.damage:
        raise DamagedError(record.damage)
    if not record.open and record.status in (Status.FULFILLED, Status.SKIPPED):
        return Outcome(record.status, replayed=True)
    if why_not := why_not_filled(record, rules):
        raise ConflictError(f"The order {record.order_id} was not filled: {why_not}")
    try:
        outcome = redecide(state, stored_order(record)._replace(force=True), rules, stamp=stamp)
    except TooLargeError as error:
        raise ConflictError(f"The order {record.order_id} was not filled: {error.message}.") from None
    receipts = [read_receipt(fact.lines) for fact in outcome.facts if isinstance(fact, Orders)]
    as_before = outcome.status is Status.FAILED and not record.open and receipts == [record.receipt]
    return outcome._replace(replayed=True, facts=()) if as_before else outcome


def why_not_filled(record: OrderRecord, rules: Rules) -> str:
    """Return why a person cannot have an order filled; empty if nothing speaks against it."""
    if record.refusal:
        return f"{record.refusal.message}. If it shall be served all the same, press Clear Order Cache first."
    if rules.mode is Mode.OFF:
        return "the mode is OFF. Switch it to LIVE or TEST first, or serve the order by hand."
    if not record.open and record.status is not Status.FAILED:
        message = "to be served by hand" if record.status is Status.OFF else record.status
        return f"it is {message}. If the system shall serve it after all, press Clear Order Cache first."
    if record.receipt.all_removed:
        return "every line was removed from it. If it has lines again in Shopify, serve them by hand and press Close Order."
    if not record.receipt.lines:
        return "its lines are not known here. Re-run its Zap, or serve it by hand and press Close Order."
    return ""


def _known(state: State, record: OrderRecord, order: Order, rules: Rules, *, stamp: Stamp) -> Outcome | None:
    """Return the answer that was given before; None if the order is to be decided afresh."""
    if record.status is Status.RELEASED:
        return Outcome(Status.RELEASED, replayed=True)
    if record.was_filled_with(order.lines):
        return _as_filled(record, order, stamp=stamp)
    if record.status is Status.CLOSED:
        return Outcome(Status.CLOSED, replayed=True)
    if record.status is not Status.SKIPPED and (refusal := record.refunds.refusal(named(order.lines))):
        return Outcome(Status.FAILED, replayed=True, problems=(refusal,))
    if record.status is Status.OFF:
        return Outcome(Status.OFF, replayed=True)
    if not record.was_decided_with(order.lines):
        return None
    if record.status is Status.FAILED:
        return _failed_again(state, record, order, rules)
    return Outcome(record.status, replayed=True)


def _failed_again(state: State, record: OrderRecord, order: Order, rules: Rules) -> Outcome | None:
    """Return the same failure with today's reasons; None if it is no longer refused as a whole."""
    stored = record.receipt.problems
    order = with_what_is_known(order, record)
    codes = {problem.code for problem in stored}
    before, now = record.receipt.withheld, withheld(order, rules)
    if (before and before.code) != (now and now.code):
        return None
    asked_anew = Code.UNKNOWN_REGION in codes or (
        Code.BEFORE_GO_LIVE in codes and (order.force or rules.mode is Mode.LIVE)
    )
    if asked_anew and not not_served(order, rules):
        return None
    found = backorder(state, record, rules, order)
    problems = found.problems or (_off(stored) if rules.mode is Mode.OFF else stored)
    return Outcome(Status.FAILED, replayed=True, problems=problems, ready=found.ready)


def _off(stored: tuple[Problem, ...]) -> tuple[Problem, ...]:
    available_now = "what it lacked is there now, but the mode is OFF"
    return tuple(
        problem._replace(
            message=f"{problem.sku}: {available_now}" if problem.sku else available_now,
            available=max(problem.needed, problem.available),
        )
        for problem in stored
    )


def _as_filled(record: OrderRecord, order: Order, *, stamp: Stamp) -> Outcome:
    """Return the keys that it holds. A growth that failed was taken back: it is owed no more.

    One that came while the mode was OFF stays listed, since Zapier does not repeat it: a person closes it.
    """
    waits = record.status is Status.FAILED
    facts = (filled_again(record, order, stamp=stamp),) if waits else ()
    return Outcome(Status.FULFILLED, replayed=True, facts=facts)
