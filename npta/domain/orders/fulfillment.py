"""What becomes of an order: one pure decision, from the state to facts to be written.

Deciding the same order again gives the same keys: what it holds is read from the ledgers, and only what is missing is
added. All of its AUTO lines are filled, or none is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from npta.domain.orders.eligibility import Mode, Rules, is_early, not_served, withheld
from npta.domain.orders.fifo_assignment import AssignedSeats, Shortage, assign
from npta.domain.orders.ledger_rows import filled_again, order_decided, order_event, seats_event
from npta.domain.state.entitlements import Pool
from npta.domain.state.fingerprint import fingerprint, quantities
from npta.domain.state.order_lines import named, settled
from npta.domain.state.order_record import OrderRecord, Status
from npta.domain.state.receipts import (
    REFUNDED,
    REMOVED,
    Code,
    Order,
    OrderLine,
    Owed,
    Problem,
    Receipt,
    Skipped,
    TooLargeError,
    write_receipt,
)
from npta.domain.state.state import State
from npta.domain.state.stock import Product
from npta.domain.state.times import Stamp
from npta.domain.state.wording import listed, short
from npta.errors import DamagedError
from npta.tables import Fulfillment, KeyEvent, OrderEvent
from sheets_schema import Ledger

MAX_PROBLEMS_SHOWN = 10
"""SKUs that are named to people when an order has changed or failed."""


MAX_PROBLEMS_STORED = 50
"""Problems in a receipt, which has to fit into a cell."""


MAX_REASON = 2_000
"""Characters of a reason in the tab Orders."""


class Outcome(NamedTuple):
    """How an order ends, and the rows that make it so.

    `problems` say why it failed; `ready`: what it lacked has arrived since.
    """

    status: Status
    replayed: bool = False
    problems: tuple[Problem, ...] = ()
    facts: tuple[Ledger, ...] = ()
    ready: bool = False

    def __repr__(self) -> str:
        return f"Outcome({self.status}, replayed={self.replayed}, problems={self.problems}, {len(self.facts)} facts)"


Choose = Callable[[Sequence[Owed], Sequence[Owed]], tuple[list[AssignedSeats], list[Owed]]]
"""From what is owed, and what is missing of it: seats that a person has chosen, and what is missing besides."""


class CatalogueReadRequired(Exception):
    """A SKU is not published; the catalogue form must say whether it is unknown."""


def redecide(state: State, order: Order, rules: Rules, *, choose: Choose | None = None, stamp: Stamp) -> Outcome:
    """Decide an order as after Clear Order Cache, whatever was answered before.

    `choose` takes seats of what is missing out of turn; what it leaves is served first in, first out.

    Raises `CatalogueReadRequired` if it depends on the catalogue form and `rules.unpublished` is None, `TooLargeError`,
    and `DamagedError` for an order of which the rows cannot be read.
    """
    record, refunds = state.orders.get(order.order_id), state.refunds_of(order.order_id)
    if refunds.damage:
        raise DamagedError(refunds.damage)
    order = with_what_is_known(order, record)
    asked = fingerprint(order.lines)
    filled = record.filled_receipt if record else None
    order = order._replace(lines=named(order.lines, filled.lines if filled else ()))
    unchanged = record is not None and record.was_filled_with(order.lines)
    left, before = refunds.left(order.lines), refunds.left(filled.lines if filled else ())
    if filled and record and not unchanged and not (left and not quantities(before) - quantities(left)):
        # What was refunded is no difference, unless it is the only one.
        compared = (before, left) if quantities(before) != quantities(left) else (filled.lines, order.lines)
        return _changed(record, order, asked, *compared, stamp=stamp)
    desk = _Decision(order, asked, record, rules.mode, stamp)
    if filled and unchanged:
        # Cleared after it was filled: what is owed was frozen then, whatever the catalogue says today.
        if (problem := withheld(order, rules)) and _missing(filled, state, order.order_id):
            return desk.failed(Receipt(order.lines, filled.region, problems=(problem,)))
        return _fill(state, desk, filled, rules.promised, choose)
    if not order.lines:
        gone = tuple(Skipped(sku, REMOVED) for sku in dict.fromkeys(order.removed))
        return desk.outcome(
            Status.SKIPPED, OrderEvent.SKIPPED, Receipt((), order.region, skipped=gone), "nothing is left"
        )
    if refusal := refunds.refusal(order.lines):
        return desk.failed(Receipt(order.lines, order.region, problems=(refusal,)))
    if rules.mode is Mode.OFF:
        return desk.outcome(Status.OFF, OrderEvent.OFF, Receipt(order.lines, order.region), "mode is OFF")
    if problem := not_served(order, rules):
        return desk.failed(Receipt(order.lines, order.region, problems=(problem,)))
    if order.force and is_early(order, rules):
        desk = desk._replace(order=order._replace(in_spite_of=rules.go_live_at))
    return _fill(state, desk, _owed(state, order, left, before, rules, filled), rules.promised, choose)


def with_what_is_known(order: Order, record: OrderRecord | None) -> Order:
    """Return the order with when it was paid and whether go-live was overcome, by its record."""
    if record is None:
        return order
    return order._replace(paid_at=order.paid_at or record.paid_at, in_spite_of=record.receipt.in_spite_of)


class _Decision(NamedTuple):
    order: Order
    asked: str
    record: OrderRecord | None
    mode: Mode
    stamp: Stamp

    def outcome(
        self, status: Status, event: OrderEvent, receipt: Receipt, reason: str = "", keys: tuple[Ledger, ...] = ()
    ) -> Outcome:
        order = self.order
        known = receipt._replace(mode=self.mode, paid_at=order.paid_at, in_spite_of=order.in_spite_of, shop=order.shop)
        lines = write_receipt(known)
        fact = order_decided(order, event, status, lines=lines, reason=reason, fingerprint=self.asked, stamp=self.stamp)
        return Outcome(status, problems=receipt.problems, facts=(*keys, fact))

    def failed(self, receipt: Receipt) -> Outcome:
        """Return a failure. Only its first problems are stored; a look-up finds all anew."""
        problems = receipt.problems
        reason = short("; ".join(listed([problem.message for problem in problems], MAX_PROBLEMS_SHOWN)), MAX_REASON)
        try:
            stored = receipt._replace(problems=problems[:MAX_PROBLEMS_STORED])
            outcome = self.outcome(Status.FAILED, OrderEvent.FAILED, stored, reason)
        except TooLargeError:
            stored = receipt._replace(problems=problems[:1])
            outcome = self.outcome(Status.FAILED, OrderEvent.FAILED, stored, reason)
        return outcome._replace(problems=problems)


def _changed(
    record: OrderRecord,
    order: Order,
    asked: str,
    filled: Sequence[OrderLine],
    asked_for: Sequence[OrderLine],
    *,
    stamp: Stamp,
) -> Outcome:
    """Refuse other lines than those filled: taking keys back is a person's decision."""
    before, now = quantities(filled), quantities(asked_for)
    differ = [sku for sku in sorted(before | now) if before[sku] != now[sku]]
    changes = [f"{sku} was {before[sku]} and is now {now[sku]}" for sku in differ[:MAX_PROBLEMS_SHOWN]]
    changes += [f"and {len(differ) - MAX_PROBLEMS_SHOWN} more"] if len(differ) > MAX_PROBLEMS_SHOWN else []
    message = f"the order was filled with other lines ({', '.join(changes)}); its keys stay as they are"
    problem = Problem(Code.ORDER_CHANGED, "", message)
    if record.refused_fingerprint == asked:
        return Outcome(Status.FAILED, replayed=True, problems=(problem,))
    facts = [filled_again(record, order, stamp=stamp)] if record.status is Status.FAILED else []
    status, named_anew = Status.FULFILLED if facts else record.status, record._replace(order_name=order.order_name)
    fact = order_event(named_anew, OrderEvent.REFUSED, reason=message, status=status, fingerprint=asked, stamp=stamp)
    return Outcome(Status.FAILED, problems=(problem,), facts=(*facts, fact))


def _owed(
    state: State,
    order: Order,
    left: Sequence[OrderLine],
    before: Sequence[OrderLine],
    rules: Rules,
    filled: Receipt | None,
) -> Receipt:
    """Return what is owed by the published catalogue; what was filled before, as it was then.

    `left` are the lines, and `before` those that were filled, as they are after refunds.
    """
    owed = list(filled.owed) if filled else []
    skipped = [skip for skip in filled.skipped if skip.sku] if filled else []
    problems: list[Problem] = []
    for line, old in zip(left, settled(left, before), strict=True):
        new = line.quantity - old
        held = filled.units(line.line_item_id) if filled else 0
        if not line.sku:
            skipped.append(Skipped("", "no_sku"))
        elif not (line.quantity or held):
            skipped.append(Skipped(line.sku, REFUNDED))
        if not (line.sku and new):
            continue
        product = state.products.get(line.sku)
        if product is None or not (product.entitlements or product.fulfillment is Fulfillment.EXTERNAL):
            problems.append(_not_offered(line.sku, product, rules))
        elif product.fulfillment is Fulfillment.EXTERNAL:
            skipped.append(Skipped(line.sku, Fulfillment.EXTERNAL))
        else:
            times = Counter(product.entitlements)
            owed += [
                Owed(line.line_item_id, line.sku, entitlement, new * count, held + new)
                for entitlement, count in times.items()
            ]
    once = tuple(dict.fromkeys(problems))
    region = filled.region if filled else order.region
    return Receipt(order.lines, region, tuple(owed), tuple(dict.fromkeys(skipped)), once)


def _not_offered(sku: str, product: Product | None, rules: Rules) -> Problem:
    if product is None and rules.unpublished is None:
        raise CatalogueReadRequired
    if product is None and sku not in (rules.unpublished or ()):
        return Problem(Code.UNKNOWN_SKU, sku, f"the SKU {sku} is not in the NPTA Catalogue")
    return Problem(Code.ENTITLEMENTS_MISSING, sku, f"{sku} has no published entitlements in the NPTA Catalogue")


def _fill(
    state: State, desk: _Decision, receipt: Receipt, promised: Mapping[Pool, int], choose: Choose | None = None
) -> Outcome:
    """Take the seats that the order still lacks, all or none.

    None that is promised to another order is taken. A failure tells every SKU with its own reason.
    """
    missing = _missing(receipt, state, desk.order.order_id)
    chosen: list[AssignedSeats] = []
    if choose:
        chosen, missing = choose(receipt.owed, missing)
    taken, shortages = assign(missing, receipt.region, state.queue, chosen)
    if promised:
        shortages = _kept_for_others(missing, receipt.region, state, promised, chosen)
    if problems := (*receipt.problems, *_out_of_stock(missing, receipt.region, shortages)):
        skus = [line.sku for line in desk.order.lines]
        return desk.failed(
            receipt._replace(problems=tuple(sorted(problems, key=lambda problem: skus.index(problem.sku))))
        )
    if not receipt.owed:
        return desk.outcome(Status.SKIPPED, OrderEvent.SKIPPED, receipt, "nothing to be done by the system")
    keys = tuple(
        seats_event(KeyEvent.ASSIGNED, desk.order.order_id, seats.holding, stamp=desk.stamp) for seats in taken
    )
    return desk.outcome(Status.FULFILLED, OrderEvent.FULFILLED, receipt, keys=keys)


def _kept_for_others(
    missing: Sequence[Owed],
    region: str,
    state: State,
    promised: Mapping[Pool, int],
    chosen: Sequence[AssignedSeats],
) -> list[Shortage]:
    """Return the pools that fall short once what is promised to others is taken off."""
    needed: Counter[Pool] = Counter()
    for owed in missing:
        needed[owed.entitlement.pool(region)] += owed.seats
    used: Counter[Pool] = Counter()
    for seats in chosen:
        used[seats.key.pool] += seats.seats
    free = {pool: max(0, state.available(pool) - used[pool] - promised.get(pool, 0)) for pool in needed}
    return [Shortage(pool, count, free[pool]) for pool, count in needed.items() if count > free[pool]]


def _missing(receipt: Receipt, state: State, order_id: str) -> list[Owed]:
    """Return what is owed less what is held, by line and entitlement."""
    held: Counter[tuple[str, str]] = Counter()
    for holding in state.holdings.get(order_id, ()):
        held[holding.line_item_id, holding.entitlement] += holding.seats
    missing = []
    for owed in receipt.owed:
        key = (owed.line_item_id, str(owed.entitlement))
        covered = min(owed.seats, held[key])
        held[key] -= covered
        if owed.seats > covered:
            missing.append(owed._replace(seats=owed.seats - covered))
    return missing


def _out_of_stock(missing: list[Owed], region: str, short_of: list[Shortage]) -> tuple[Problem, ...]:
    shortages = {short.pool: short for short in short_of}
    problems = []
    for owed in missing:
        if shortage := shortages.get(owed.entitlement.pool(region)):
            message = (
                f"{owed.sku}: {owed.entitlement} needs {shortage.needed} of pool {shortage.pool}, "
                f"{shortage.available} free"
            )
            problems.append(
                Problem(
                    Code.OUT_OF_STOCK, owed.sku, message, str(owed.entitlement), shortage.needed, shortage.available
                )
            )
    return tuple(dict.fromkeys(problems))
