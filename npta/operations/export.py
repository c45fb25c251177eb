"""Export the filled orders with their keys, for a rollback to work by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import reduce
from typing import NamedTuple

from npta.domain.orders.eligibility import Mode
from npta.domain.state.archive_index import ArchivedAt
from npta.domain.state.order_changes import record_after
from npta.domain.state.order_record import OrderRecord
from npta.domain.state.state import State
from npta.domain.state.stock import Holding
from npta.domain.state.wording import count
from npta.errors import DamagedError
from npta.operations.archiving.read_archived_orders import iterate_orders
from npta.operations.commit import read
from npta.services import Services
from npta.tables import OrderEvent
from sheets_schema import Deadline, Transaction

UNKNOWN = "unknown"
"""The mode of an order of which the receipt cannot be read."""
_PROGRESS = 1_000


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


class Exported(NamedTuple):
    """Keys of filled orders; `missing` says what cannot be read from archives, and why."""

    keys: tuple[ExportedKey, ...]
    missing: tuple[str, ...] = ()


def export_orders(
    services: Services,
    *,
    deadline: Deadline,
    since: str = "",
    tests: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> Exported:
    """Return every key of an order that was filled in mode LIVE; those in archives, too.

    Writes nothing. The mode that each order was filled in counts, since LIVE has ended when this is needed. `since`
    (ISO 8601 UTC) leaves out those filled before, `tests` adds those of mode TEST.
    """

    def look(tx: Transaction[State]) -> tuple[list[ExportedKey], list[ArchivedAt], dict[str, str]]:
        state = tx.state
        try:
            positions = sorted((at for at in state.archived_orders() if at.order.key_ids), key=_position)
        except DamagedError as error:  # those that are here are needed all the same
            positions, missing[:] = [], [str(error)]
        codes = {key.key_id: key.keycode for key in state.keys.values()} if positions else {}
        here = [
            row
            for record in state.orders_here()
            for row in _rows(record, state.holdings.get(record.order_id, ()))
            if wanted(row)
        ]
        return here, positions, codes

    def wanted(row: ExportedKey) -> bool:
        return row.filled_at >= since and (tests or row.mode in (Mode.LIVE, UNKNOWN))

    missing: list[str] = []
    here, positions, codes = read(services, look, deadline)
    away: list[ExportedKey] = []
    done = 0
    for order in iterate_orders(services, positions, deadline):
        if isinstance(order, DamagedError):
            missing.append(str(order))
            continue
        done += 1
        if done % _PROGRESS == 0:
            progress(f"{done} of {count(len(positions), 'order')} in archives …")
        record = reduce(record_after, order.stored.plain_rows, OrderRecord(order.at.order.order_id))
        held = [
            Holding(line, sku, entitlement, key_id, codes.get(key_id, ""), seats)
            for line, sku, entitlement, key_id, seats in order.stored.held
        ]
        away += [row for row in _rows(record, held) if wanted(row)]
    return Exported((*away, *here), tuple(missing))


def _position(at: ArchivedAt) -> tuple[int, int]:
    return at.portion.number, at.row


def _rows(record: OrderRecord, holdings: Iterable[Holding]) -> Iterator[ExportedKey]:
    try:
        receipt = record.filled_receipt
    except DamagedError:  # its keys are known all the same, and people who go on by hand need them
        mode = UNKNOWN
    else:
        mode = receipt.mode if receipt else ""
    filled = next((event.at for event in record.events if event.event is OrderEvent.FULFILLED), "")
    for held in holdings:
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
