"""Orders that waited, and what they lacked has arrived: they are opened again, so that a repeat fills them."""

from __future__ import annotations

from collections import Counter

from npta.domain.entitlements import Pool
from npta.domain.fulfillment import Mode, Rules, decide_afresh
from npta.domain.order_record import OrderRecord, Status
from npta.domain.receipts import Code, Order
from npta.domain.state import State
from npta.tabs import KeyLedger, OrderEvent, Orders

_WAITING_FOR_US = {Code.OUT_OF_STOCK, Code.ENTITLEMENTS_MISSING, Code.UNKNOWN_SKU}


def reopened(state: State, regions: frozenset[str], *, at: str, commit: str, why: str) -> list[Orders]:
    """The facts that open waiting orders again, oldest first, as far as what there is goes.

    Only orders that a repeat would fill now are opened; seats that an earlier one will need are not counted twice,
    also if that one was opened before and has not come again yet.
    """
    promised: Counter[Pool] = Counter()
    facts = []
    for record in state.waiting_orders():
        if not all(problem.code in _WAITING_FOR_US for problem in record.receipt.problems):
            continue
        needs = _needs(state, record, regions, at, commit)
        if needs is None or any(promised[pool] + count > state.available(pool) for pool, count in needs.items()):
            continue
        promised += needs
        if record.open:
            continue
        facts.append(
            Orders(
                at=at,
                event=OrderEvent.REOPENED,
                order_id=record.order_id,
                order_name=record.order_name,
                status=record.status,
                reason=why,
                fingerprint=record.fingerprint,
                commit=commit,
            )
        )
    return facts


def _needs(state: State, record: OrderRecord, regions: frozenset[str], at: str, commit: str) -> Counter[Pool] | None:
    """Seats that a repeat of the order would take now; None if it would fail again."""
    receipt = record.receipt
    # Whatever the mode is when the order comes again, its seats are promised now.
    rules = Rules(Mode.TEST, regions, unpublished=())
    outcome = decide_afresh(state, Order(record.order_id, receipt.lines, receipt.region), rules, at=at, commit=commit)
    if outcome.status not in (Status.FULFILLED, Status.SKIPPED):
        return None
    needs: Counter[Pool] = Counter()
    for fact in outcome.facts:
        if isinstance(fact, KeyLedger):
            needs[state.keys[fact.key_id].pool] += fact.seats
    return needs
