"""Keys that turn out wrong: a dead one is retired, a number of seats corrected. Pure."""

from __future__ import annotations

from itertools import groupby
from typing import NamedTuple

from npta.domain.orders.fifo_assignment import AssignedSeats, assign
from npta.domain.orders.ledger_rows import key_event, order_event, seats_event
from npta.domain.state.entitlements import parse_entitlement
from npta.domain.state.receipts import Owed
from npta.domain.state.state import State
from npta.domain.state.stock import Holding, StockKey
from npta.domain.state.times import Stamp
from npta.domain.state.wording import count
from npta.errors import ConflictError
from npta.tables import KeyEvent, OrderEvent
from sheets_schema import Ledger


class Held(NamedTuple):
    """Seats of a key that an order holds."""

    order_id: str
    holding: Holding


def holders(state: State, key: StockKey) -> list[Held]:
    """Who holds seats of a key, the order that was seen first coming first."""
    return [Held(order_id, holding) for order_id, holding in state.holders_of(key.key_id)]


def retire(key: StockKey, *, stamp: Stamp) -> list[Ledger]:
    """Take a dead key out of stock for good; its holders keep what they have."""
    return [] if key.retired else [key_event(KeyEvent.RETIRED, key, key.free, stamp=stamp)]


def replace(state: State, key: StockKey, *, stamp: Stamp) -> list[Ledger]:
    """Give every holder of a retired key another of its pool, oldest first; all or none.

    The mail of those orders is due again. Raises `ConflictError` if the pool has too few free seats.
    """
    held = sorted(holders(state, key), key=lambda holder: _region(state, holder, key))
    taken: list[AssignedSeats] = []
    # A key that was given by hand may be of another region than its order; what replaces it is of the order's own.
    for region, of_region in groupby(held, key=lambda holder: _region(state, holder, key)):
        owed = [
            Owed(holding.line_item_id, holding.sku, parse_entitlement(holding.entitlement), holding.seats)
            for _, holding in of_region
        ]
        found, short = assign(owed, region, state.queue)
        if short:
            needed, free = short[0].needed, short[0].available
            raise ConflictError(
                f"The holders of key {key.key_id} need {count(needed, 'seat')} of pool {short[0].pool} and {count(free, 'is', 'are')} free. "
                "Nothing was changed: import more keys, then press again."
            )
        taken += found
    facts: list[Ledger] = [
        seats_event(KeyEvent.RELEASED, holder.order_id, holder.holding, stamp=stamp) for holder in held
    ]
    positions = iter(taken)
    for holder in held:
        left = holder.holding.seats
        while left:
            other = next(positions).holding
            facts.append(seats_event(KeyEvent.ASSIGNED, holder.order_id, other, stamp=stamp))
            left -= other.seats
    for order_id in dict.fromkeys(holder.order_id for holder in held):
        reason = f"key {key.key_id} was replaced"
        facts.append(order_event(state.orders[order_id], OrderEvent.RESEND, stamp=stamp, reason=reason))
    return facts


def _region(state: State, holder: Held, key: StockKey) -> str:
    record = state.orders[holder.order_id]
    receipt = None if record.damage else record.filled_receipt
    return receipt.region if receipt else key.pool.region


def adjust(key: StockKey, seats: int, *, stamp: Stamp) -> list[Ledger]:
    """Correct how many seats a key has. Raises `ConflictError` for fewer than are taken."""
    if seats < key.taken:
        raise ConflictError(
            f"The key {key.key_id} cannot have {count(seats, 'seat')}: {count(key.taken, 'is', 'are')} taken."
        )
    return [key_event(KeyEvent.ADJUSTED, key, seats, stamp=stamp)] if seats != key.seats else []
