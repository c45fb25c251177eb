"""The same order again: answered as before wherever that holds, decided afresh where it does not."""

from __future__ import annotations

from npta.domain.fulfillment import Outcome, Rules, decide_afresh, filled_again
from npta.domain.order_record import OrderRecord, Status
from npta.domain.receipts import Code, Order
from npta.domain.state import State


def decide(state: State, order: Order, rules: Rules, *, at: str, commit: str) -> Outcome:
    """Decide an order: as before if it was decided, or else afresh. Raises like `decide_afresh`."""
    record = state.orders.get(order.order_id)
    if record and not record.open and (known := _known(record, order, at=at, commit=commit)):
        return known
    return decide_afresh(state, order, rules, at=at, commit=commit)


def _known(record: OrderRecord, order: Order, *, at: str, commit: str) -> Outcome | None:
    """Return the answer that was given before; None if the order is to be decided afresh."""
    if record.status is Status.RELEASED:
        return Outcome(Status.RELEASED, replayed=True)
    if record.was_filled_with(order.lines):
        return _as_filled(record, order, at=at, commit=commit)
    if record.status in (Status.CLOSED, Status.OFF):
        return Outcome(record.status, replayed=True)
    if not record.was_decided_with(order.lines):
        return None
    problems = record.receipt.problems if record.status is Status.FAILED else ()
    if order.force and any(problem.code is Code.BEFORE_GO_LIVE for problem in problems):
        return None
    return Outcome(record.status, replayed=True, problems=problems)


def _as_filled(record: OrderRecord, order: Order, *, at: str, commit: str) -> Outcome:
    """Return the keys that the order holds. A growth that failed since has been taken back: it is owed no more.

    One that came while the mode was OFF stays listed, since Zapier does not repeat it: a person closes it.
    """
    waits = record.status is Status.FAILED
    facts = (filled_again(record, order, at=at, commit=commit),) if waits else ()
    return Outcome(Status.FULFILLED, replayed=True, facts=facts)
