"""The same order again: answered as before wherever that holds, decided afresh where it does not."""

from __future__ import annotations

from npta.domain.backorders import backorder
from npta.domain.fulfillment import Mode, Outcome, Rules, decide_afresh, filled_again, not_served, with_what_is_known
from npta.domain.order_record import OrderRecord, Status
from npta.domain.receipts import Code, Order, Problem
from npta.domain.state import State
from npta.errors import DamagedError


def decide(state: State, order: Order, rules: Rules, *, at: str, commit: str) -> Outcome:
    """Decide an order: as before if it was decided, or else afresh. Raises like `decide_afresh`."""
    record = state.orders.get(order.order_id)
    if record and record.damage:
        raise DamagedError(record.damage)
    if record and not record.open and (known := _known(state, record, order, rules, at=at, commit=commit)):
        return known
    return decide_afresh(state, order, rules, at=at, commit=commit)


def _known(state: State, record: OrderRecord, order: Order, rules: Rules, *, at: str, commit: str) -> Outcome | None:
    """Return the answer that was given before; None if the order is to be decided afresh."""
    if record.status is Status.RELEASED:
        return Outcome(Status.RELEASED, replayed=True)
    if record.was_filled_with(order.lines):
        return _as_filled(record, order, at=at, commit=commit)
    if record.status in (Status.CLOSED, Status.OFF):
        return Outcome(record.status, replayed=True)
    if not record.was_decided_with(order.lines):
        return None
    if record.status is Status.FAILED:
        return _failed_again(state, record, order, rules)
    return Outcome(record.status, replayed=True)


def _failed_again(state: State, record: OrderRecord, order: Order, rules: Rules) -> Outcome | None:
    """Return the same failure, with the reasons that there are by now.

    None if it was refused as a whole, and no longer is: that is decided anew at each call.
    """
    stored = record.receipt.problems
    order = with_what_is_known(order, record)
    codes = {problem.code for problem in stored}
    asked_anew = Code.UNKNOWN_REGION in codes or (
        Code.BEFORE_GO_LIVE in codes and (order.force or rules.mode is Mode.LIVE)
    )
    if asked_anew and not not_served(order, rules):
        return None
    found = backorder(state, record, rules, order)
    problems = found.problems or (_off(stored) if rules.mode is Mode.OFF else stored)
    return Outcome(Status.FAILED, replayed=True, problems=problems, ready=found.ready)


def _off(stored: tuple[Problem, ...]) -> tuple[Problem, ...]:
    told = "what it lacked is there now, but the mode is OFF"
    return tuple(
        problem._replace(
            message=f"{problem.sku}: {told}" if problem.sku else told, available=max(problem.needed, problem.available)
        )
        for problem in stored
    )


def _as_filled(record: OrderRecord, order: Order, *, at: str, commit: str) -> Outcome:
    """Return the keys that the order holds. A growth that failed since has been taken back: it is owed no more.

    One that came while the mode was OFF stays listed, since Zapier does not repeat it: a person closes it.
    """
    waits = record.status is Status.FAILED
    facts = (filled_again(record, order, at=at, commit=commit),) if waits else ()
    return Outcome(Status.FULFILLED, replayed=True, facts=facts)
