"""Orders that wait: why, which would be served now, and which are opened again. Pure.

A failure is stored as it was when it happened; who asks later gets the reasons of that moment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from npta.domain.orders.eligibility import Mode, Rules, is_early
from npta.domain.orders.fulfillment import Outcome, redecide, with_what_is_known
from npta.domain.orders.ledger_rows import order_event
from npta.domain.state.entitlements import Pool
from npta.domain.state.order_record import OrderRecord, Status
from npta.domain.state.receipts import Code, Order, Problem, TooLargeError
from npta.domain.state.shop_status import ShopStatus
from npta.domain.state.state import State
from npta.domain.state.times import Stamp
from npta.tables import KeyLedger, OrderEvent, Orders

UNSTAMPED = Stamp("", "")
"""In the facts of what would be, which nobody writes."""


class Backorder(NamedTuple):
    """An order that waits.

    `problems` is why it would not be served now, `damage` why nobody can tell. `served` is how it would end if it
    were.
    """

    record: OrderRecord
    problems: tuple[Problem, ...] = ()
    served: Outcome | None = None
    damage: str = ""

    @property
    def takes(self) -> tuple[KeyLedger, ...]:
        """The seats that it would be given, by line."""
        facts = self.served.facts if self.served else ()
        return tuple(fact for fact in facts if isinstance(fact, KeyLedger))

    @property
    def ready(self) -> bool:
        """Whether what the order lacked has arrived."""
        return not (self.problems or self.damage)

    @property
    def outcome(self) -> Outcome:
        """How a repeat would be answered while the order stays as it is."""
        return Outcome(Status.FAILED, replayed=True, problems=self.problems, ready=self.ready)


NOTHING_KNOWN: Mapping[str, ShopStatus] = MappingProxyType({})


def backorders(state: State, rules: Rules, statuses: Mapping[str, ShopStatus] = NOTHING_KNOWN) -> Iterator[Backorder]:
    """Yield every failed order as it stands now, oldest first; later ones do without its seats.

    `statuses` is how Shopify calls them now, by id, if it was asked.
    """
    promised: Counter[Pool] = Counter()
    for record in state.waiting_orders():
        yield _after_others(state, _alone(state, record, rules, _as_called(record, statuses)), promised)


def promised_seats(state: State, rules: Rules) -> Counter[Pool]:
    """Return the seats that orders which wait and lack nothing any more will get, by pool."""
    promised: Counter[Pool] = Counter()
    for found in backorders(state, rules):
        promised.update(_needs(state, found))
    return promised


def backorder(state: State, record: OrderRecord, rules: Rules, order: Order | None = None) -> Backorder:
    """Return one order as it stands now; `order` if it was just asked for again, same lines.

    Of the orders before it no more are looked at than are needed to say so: in a rush there are thousands.
    """
    found = _alone(state, record, rules, order)
    needs = _needs(state, found)
    if not needs or not state.waiting.get(record.order_id):
        return found
    promised: Counter[Pool] = Counter()
    for other in state.waiting_orders():
        if other.order_id == record.order_id or _is_certain(state, needs, promised):
            break
        _after_others(state, _alone(state, other, rules), promised)
    return _after_others(state, found, promised)


def stored_order(record: OrderRecord) -> Order:
    """Return an order as its newest decision had it. Raises `DamagedError`."""
    receipt = record.receipt
    order = Order(
        record.order_id,
        receipt.lines,
        receipt.region,
        email=record.email,
        customer_name=record.customer_name,
        order_name=record.order_name,
        shop=receipt.shop,
    )
    return with_what_is_known(order, record)


def is_shut_out(record: OrderRecord, rules: Rules) -> bool:
    """Whether a repeat of the order would be refused since it was paid before go-live."""
    return not record.damage and bool(record.lines) and is_early(stored_order(record), rules)


def served_backorders(
    state: State, rules: Rules, statuses: Mapping[str, ShopStatus], asked: Collection[str] | None, *, stamp: Stamp
) -> Iterator[tuple[OrderRecord, Outcome]]:
    """Yield every order that can be served now, with its outcome, oldest failure first.

    `statuses` is how Shopify calls them now, by id, as far as it shows them: an order that was cancelled while it
    waited gets nothing, nor does one that Shopify was not asked about (`asked`; None: there is no shop to ask). The
    caller applies the facts of each before it asks for the next: what one takes is gone for those after it.
    """
    for record in list(state.waiting_orders()):
        if asked is None or record.order_id in asked:
            found = _alone(state, record, rules, _as_called(record, statuses), stamp=stamp)
            if found.served:
                yield record, found.served


def _as_called(record: OrderRecord, statuses: Mapping[str, ShopStatus]) -> Order | None:
    """Return the stored order with what Shopify calls it now; None where nothing new is known."""
    status = statuses.get(record.order_id)
    return stored_order(record)._replace(shop=status) if status and not record.damage else None


def _alone(
    state: State, record: OrderRecord, rules: Rules, order: Order | None = None, *, stamp: Stamp = UNSTAMPED
) -> Backorder:
    """Return the order as if no other one waited."""
    if record.damage:
        return Backorder(record, damage=record.damage)
    stored, order = record.receipt.problems, order or stored_order(record)
    if not order.lines:
        return Backorder(record, stored, damage="" if stored else "its lines are not known here")
    left_alone = record.withheld or any(problem.code is Code.BEFORE_GO_LIVE for problem in stored)
    if rules.mode is not Mode.LIVE and left_alone:
        return Backorder(record, stored)  # only LIVE asks for what was its reason, and nothing has changed that
    missing = {problem.sku for problem in stored if problem.code is Code.ENTITLEMENTS_MISSING}
    unpublished = missing.union(rules.remarked) if rules.unpublished is None else rules.unpublished
    # While the mode is OFF nothing is served, but what an order lacks is the same.
    mode = Mode.TEST if rules.mode is Mode.OFF else rules.mode
    try:
        outcome = redecide(state, order, rules._replace(mode=mode, unpublished=unpublished, promised={}), stamp=stamp)
    except TooLargeError as error:
        return Backorder(record, (Problem(Code.TOO_LARGE, "", error.message),))
    if outcome.status is Status.FAILED:
        return Backorder(record, outcome.problems)
    return Backorder(record, served=outcome)


def _after_others(state: State, found: Backorder, promised: Counter[Pool]) -> Backorder:
    """Put the order behind those that are `promised` seats; if enough are left, promise it some."""
    needs = _needs(state, found)
    if any(promised[pool] + seats > state.available(pool) for pool, seats in needs.items()):
        return Backorder(found.record, _kept_for_others(state, found, promised))
    promised.update(needs)
    return found


def _is_certain(state: State, needs: Mapping[Pool, int], promised: Counter[Pool]) -> bool:
    """Whether no other order can change the result: a pool has nothing left, or enough."""
    nothing_left = {pool for pool in needs if promised[pool] >= state.available(pool)}
    return bool(nothing_left) and all(
        state.debts.get(pool, 0) <= state.available(pool) for pool in needs.keys() - nothing_left
    )


def _needs(state: State, found: Backorder) -> Counter[Pool]:
    needs: Counter[Pool] = Counter()
    for fact in found.takes:
        needs[state.keys[fact.key_id].pool] += fact.seats
    return needs


def _kept_for_others(state: State, found: Backorder, promised: Mapping[Pool, int]) -> tuple[Problem, ...]:
    """Return why an order waits although there are seats, by SKU and entitlement."""
    needs, problems = _needs(state, found), []
    for fact in found.takes:
        pool = state.keys[fact.key_id].pool
        needed, free = needs[pool], state.available(pool)
        left = max(0, free - promised.get(pool, 0))
        if left < needed:
            message = (
                f"{fact.sku}: {fact.entitlement} needs {needed} of pool {pool}, {free} free, of which {free - left} are "
                "kept for orders that came first"
            )
            problems.append(Problem(Code.OUT_OF_STOCK, fact.sku, message, fact.entitlement, needed, left))
    return tuple(dict.fromkeys(problems))


def shut_out_orders(state: State, rules: Rules) -> tuple[str, ...]:
    """Return waiting orders that would be refused as paid before go-live, oldest failure first."""
    return tuple(record.order_id for record in state.waiting_orders() if is_shut_out(record, rules))


def reopened(state: State, rules: Rules, *, stamp: Stamp, why: str) -> list[Orders]:
    """Return the rows that open waiting orders again, oldest first, as far as stock goes.

    Only orders that a repeat would fill are opened. Seats that an earlier one needs are not counted twice, also if that
    one was opened before. While the mode is OFF the same ones are opened, for later.
    """
    return [
        order_event(found.record, OrderEvent.REOPENED, stamp=stamp, reason=why)
        for found in list(backorders(state, rules))
        if found.ready and not found.record.open
    ]
