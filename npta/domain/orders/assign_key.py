"""Assign Key: give a certain key to an order's line, as a person decided. Pure.

Stock, ledger and answer are as if it had been the key's turn. A line that waits gets seats of this key, and the rest
of the order what the queue gives. On a line that is filled the key takes the place of another, whose seats go back.
Asked for again, it is answered as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from npta.domain.orders.backorders import stored_order
from npta.domain.orders.eligibility import Rules
from npta.domain.orders.fifo_assignment import AssignedSeats
from npta.domain.orders.fulfillment import Outcome, redecide
from npta.domain.orders.ledger_rows import order_event, seats_event
from npta.domain.orders.replays import why_not_filled
from npta.domain.state.normalized_text import canonical
from npta.domain.state.order_record import OrderRecord, Status
from npta.domain.state.receipts import Owed, TooLargeError
from npta.domain.state.state import State
from npta.domain.state.stock import Holding, StockKey
from npta.domain.state.times import Stamp
from npta.domain.state.wording import count, names, short
from npta.errors import BadRequestError, ConflictError, DamagedError
from npta.settings import ReleasePolicy
from npta.tables import KeyEvent, KeyLedger, OrderEvent, Orders
from sheets_schema import Ledger

_NOTHING_DONE = "Nothing was assigned"


class Target(NamedTuple):
    """What a key is for: a line, by its id or SKU, and one of the line's entitlements."""

    line_item_id: str = ""
    sku: str = ""
    entitlement: str = ""

    def names(self, line_item_id: str, sku: str) -> bool:
        """Whether it names this line."""
        return line_item_id == self.line_item_id if self.line_item_id else canonical(sku) == self.sku


class KeyAssignment(NamedTuple):
    """The outcome, and whether the line now holds seats of the key by this decision."""

    outcome: Outcome
    done: bool
    replaced: tuple[Holding, ...] = ()


class _Choice(NamedTuple):
    """Seats of a chosen key, which are taken before the queue's.

    `take` says which of the missing seats they fill.
    """

    order_id: str
    key: StockKey
    target: Target
    seats: int
    region: str
    any_pool: bool

    def take(self, owed: Sequence[Owed], missing: Sequence[Owed]) -> tuple[list[AssignedSeats], list[Owed]]:
        entry = find_owed(owed, self.target, self.key, self.region, order_id=self.order_id, any_pool=self.any_pool)
        check_key(self.key, entry, self.region, self.seats, any_pool=self.any_pool)
        given: list[AssignedSeats] = []
        rest: list[Owed] = []
        left = self.seats
        for item in missing:
            same = (item.line_item_id, item.entitlement) == (entry.line_item_id, entry.entitlement)
            taken = min(left, item.seats) if same else 0
            left -= taken
            if taken:
                given.append(AssignedSeats(item._replace(seats=taken), self.key, taken))
            if item.seats > taken:
                rest.append(item._replace(seats=item.seats - taken))
        if left:
            raise _too_many(self.order_id, entry, self.seats - left)
        return given, rest


def assign_chosen_key(
    state: State,
    record: OrderRecord,
    key: StockKey,
    target: Target,
    *,
    seats: int = 1,
    any_pool: bool = False,
    rules: Rules,
    policy: ReleasePolicy,
    stamp: Stamp,
) -> KeyAssignment:
    """Assign `seats` of this key to a line of an order.

    The rest of an order that waits is filled as ever, or nothing is done. It overcomes the go-live time, and nothing else.
    Raises `BadRequestError` for a line, entitlement or number that the order does not have, `ConflictError` for a key
    that cannot be given, or an order that is not to be filled; `CatalogueReadRequired` and `DamagedError` as
    `redecide`.
    """
    if record.damage:
        raise DamagedError(record.damage)
    if not record.open and record.status in (Status.RELEASED, Status.CLOSED):
        raise ConflictError(
            f"The order {record.order_id} is {record.status}. {_NOTHING_DONE}; if it shall have the key after all, press "
            "Clear Order Cache first."
        )
    filled, waits_for = record.filled_receipt, _lines_that_wait(record)
    held = [entry for entry in (filled.owed if filled else ()) if entry.line_item_id not in waits_for]
    if filled and any(target.names(entry.line_item_id, entry.sku) for entry in held):
        entry = find_owed(held, target, key, filled.region, order_id=record.order_id, any_pool=any_pool)
        return _swap(state, record, key, entry, seats, filled.region, any_pool=any_pool, policy=policy, stamp=stamp)
    if record.status is Status.FULFILLED and not record.open:
        raise _no_such_line(record.order_id, filled.owed if filled else (), target)
    if why_not := why_not_filled(record, rules):
        raise ConflictError(f"{_NOTHING_DONE} to the order {record.order_id}: {why_not}")
    choice = _Choice(record.order_id, key, target, seats, (filled or record.receipt).region, any_pool)
    try:
        outcome = redecide(state, stored_order(record)._replace(force=True), rules, choose=choice.take, stamp=stamp)
    except TooLargeError as error:
        raise ConflictError(f"{_NOTHING_DONE} to the order {record.order_id}: {error.message}.") from None
    if outcome.status is not Status.FULFILLED:
        return KeyAssignment(outcome._replace(replayed=True, facts=()), done=False)
    first = outcome.facts[0]
    assert isinstance(first, KeyLedger), "seats that were chosen are taken first"
    given = Holding(first.line_item_id, first.sku, first.entitlement, key.key_id, key.keycode, seats)
    note = _by_hand(record, given, status=Status.FULFILLED, stamp=stamp)
    return KeyAssignment(outcome._replace(facts=(*outcome.facts, note)), done=True)


def find_owed(
    owed: Iterable[Owed], target: Target, key: StockKey, region: str, *, order_id: str, any_pool: bool
) -> Owed:
    """Return the entitlement of an order that a key is for; nothing is guessed.

    Raises `BadRequestError`.
    """
    owed = list(owed)
    entries = [entry for entry in owed if target.names(entry.line_item_id, entry.sku)]
    if not entries:
        raise _no_such_line(order_id, owed, target)
    lines = {entry.line_item_id for entry in entries}
    if len(lines) > 1:
        message = (
            f"several lines of the order {order_id} have this SKU ({names(sorted(lines))}); say which by line_item_id"
        )
        raise BadRequestError("sku", f"{message}. {_NOTHING_DONE}")
    if target.entitlement:
        entries = [entry for entry in entries if str(entry.entitlement) == target.entitlement]
    elif not any_pool:
        # A key that opens one of them is for that one.
        entries = [entry for entry in entries if entry.entitlement.pool(region) == key.pool] or entries
    texts = dict.fromkeys(str(entry.entitlement) for entry in entries)
    if len(texts) != 1:
        all_texts = names(dict.fromkeys(str(entry.entitlement) for entry in owed if entry.line_item_id in lines))
        message = f"the line {min(lines)} of the order {order_id} is owed {all_texts}; say which of them the key is for"
        raise BadRequestError("entitlement", f"{message}. {_NOTHING_DONE}")
    return entries[-1]


def check_key(key: StockKey, entry: Owed, region: str, seats: int, *, any_pool: bool) -> None:
    """Raise `ConflictError` for a key that is retired, of another pool, or too full."""
    pool = entry.entitlement.pool(region)
    if key.retired:
        raise ConflictError(f"The key {key.key_id} is retired. {_NOTHING_DONE}; choose another one.")
    if key.pool != pool and not any_pool:
        raise ConflictError(
            f"The key {key.key_id} is of pool {key.pool}, and {entry.entitlement} is served from pool {pool}. "
            f"{_NOTHING_DONE}; if it is to be given all the same, say so with any_pool."
        )
    if key.free < seats:
        raise ConflictError(
            f"The key {key.key_id} has {count(max(0, key.free), 'free seat')}, and {count(seats, 'is', 'are')} needed. "
            f"{_NOTHING_DONE}; choose another one, or adjust its seats."
        )


def keys_by_hand(fact: Orders) -> tuple[str, ...]:
    """Return the id of the key that a row says was given by hand, if it is such a row."""
    found = _REASON.match(fact.reason) if fact.event is OrderEvent.BY_HAND else None
    return (found[1],) if found else ()


_REASON = re.compile(r"by hand: key (\S+),")


def _lines_that_wait(record: OrderRecord) -> Collection[str]:
    return {line.line_item_id for line in record.lacking()} if record.status is Status.FAILED else ()


def _swap(
    state: State,
    record: OrderRecord,
    key: StockKey,
    entry: Owed,
    seats: int,
    region: str,
    *,
    any_pool: bool,
    policy: ReleasePolicy,
    stamp: Stamp,
) -> KeyAssignment:
    """Put seats of the key in the place of others.

    Those of retired keys go first, then those assigned last.
    """
    wanted = (entry.line_item_id, str(entry.entitlement))
    there = [
        held for held in state.holdings.get(record.order_id, ()) if (held.line_item_id, held.entitlement) == wanted
    ]
    others = [held for held in there if held.key_id != key.key_id]
    needed = seats - sum(held.seats for held in there if held.key_id == key.key_id)
    if needed <= 0:
        return KeyAssignment(Outcome(record.status, replayed=True), done=True)
    check_key(key, entry, region, needed, any_pool=any_pool)
    if needed > sum(held.seats for held in others):
        raise _too_many(record.order_id, entry, sum(held.seats for held in there))
    back: list[Holding] = []
    left = needed
    newest_first = others[::-1]
    for held in sorted(newest_first, key=lambda held: not state.keys[held.key_id].retired):
        if taken := min(left, held.seats):
            back.append(held._replace(seats=taken))
            left -= taken
    order_id = record.order_id
    facts: list[Ledger] = [seats_event(KeyEvent.RELEASED, order_id, held, stamp=stamp) for held in back]
    if policy is ReleasePolicy.QUARANTINE:
        facts += [seats_event(KeyEvent.RETIRED, order_id, held, stamp=stamp) for held in back]
    given = Holding(entry.line_item_id, back[0].sku, wanted[1], key.key_id, key.keycode, needed)
    facts.append(seats_event(KeyEvent.ASSIGNED, order_id, given, stamp=stamp))
    facts.append(_by_hand(record, given, back, status=record.status, stamp=stamp))
    return KeyAssignment(Outcome(record.status, replayed=True, facts=tuple(facts)), done=True, replaced=tuple(back))


def _by_hand(
    record: OrderRecord, given: Holding, replaced: Sequence[Holding] = (), *, status: Status, stamp: Stamp
) -> Orders:
    """Return the row of the event BY_HAND; the audit reads the key's id from it."""
    reason = f"by hand: key {given.key_id}, {count(given.seats, 'seat')}, for line {given.line_item_id}"
    reason += f" ({given.entitlement})"
    if replaced:
        reason += f", in place of key {names(dict.fromkeys(held.key_id for held in replaced))}"
    return order_event(record, OrderEvent.BY_HAND, reason=reason, status=status, stamp=stamp)


def _too_many(order_id: str, entry: Owed, seats: int) -> BadRequestError:
    message = (
        f"the line {entry.line_item_id} of the order {order_id} takes {count(seats, 'seat')} of {entry.entitlement}"
    )
    return BadRequestError("seats", f"{message}. {_NOTHING_DONE}")


def _no_such_line(order_id: str, owed: Iterable[Owed], target: Target) -> BadRequestError:
    lines = names(dict.fromkeys(f"{entry.line_item_id} ({entry.sku})" for entry in owed))
    has = f"keys are due for these lines: {lines}" if lines else "no keys are due for any line of it"
    field = "line_item_id" if target.line_item_id else "sku"
    wanted = short(target.line_item_id or target.sku)
    return BadRequestError(
        field, f"the order {order_id} has no line {wanted} that a key is due for; {has}. {_NOTHING_DONE}"
    )
