"""Export the filled orders with their keys, for a rollback to work by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from npta.domain.orders.rules import Mode
from npta.domain.state.order_record import OrderRecord
from npta.domain.state.state import State
from npta.errors import DamagedError
from npta.operations.commit import read
from npta.services import Services
from npta.tables import OrderEvent
from sheets_schema import Deadline, Transaction

UNKNOWN = "unknown"
"""The mode of an order of which the receipt cannot be read."""


class ExportedKey(NamedTuple):
    """Seats of a key that an order holds. Whoever has `keycode` needs no more."""

    order_id: str
    order_name: str
    customer_name: str
    email: str
    filled_at: str
    mode: str
    delivered: str
    line_item_id: str
    sku: str
    entitlement: str
    keycode: str
    seats: int

    def __repr__(self) -> str:
        return f"ExportedKey({self.order_id}, {self.sku}, {self.entitlement}, seats={self.seats})"


def export_orders(
    services: Services, *, deadline: Deadline, since: str = "", tests: bool = False
) -> tuple[ExportedKey, ...]:
    """Return every key of an order that was filled in mode LIVE. Writes nothing.

    The mode that each order was filled in counts, since LIVE has ended when this is needed. `since` (ISO 8601 UTC)
    leaves out those filled before, `tests` adds those of mode TEST.
    """

    def look(tx: Transaction[State]) -> tuple[ExportedKey, ...]:
        return tuple(
            row
            for record in tx.state.orders.values()
            for row in _rows(tx.state, record)
            if row.filled_at >= since and (tests or row.mode in (Mode.LIVE, UNKNOWN))
        )

    return read(services, look, deadline)


def _rows(state: State, record: OrderRecord) -> Iterator[ExportedKey]:
    try:
        receipt = record.filled_receipt
    except DamagedError:  # its keys are known all the same, and whoever goes on by hand needs them
        mode = UNKNOWN
    else:
        mode = receipt.mode if receipt else ""
    filled = next((event.at for event in record.events if event.event is OrderEvent.FULFILLED), "")
    for held in state.holdings.get(record.order_id, ()):
        yield ExportedKey(
            order_id=record.order_id,
            order_name=record.order_name,
            customer_name=record.customer_name,
            email=record.email,
            filled_at=filled,
            mode=mode,
            delivered="yes" if record.delivered else "no",
            line_item_id=held.line_item_id,
            sku=held.sku,
            entitlement=held.entitlement,
            keycode=held.keycode,
            seats=held.seats,
        )
