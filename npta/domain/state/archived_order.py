"""An order as it stands in an archive, and how it comes back from there. Pure.

Its rows go there as they are, but for key codes, which stay in Import History. It comes back as one row of Orders and
one of Key Ledger that say what it is and holds, whatever was known of it before; no seat is counted again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from npta.domain.state.archive_index import ArchivedAt
from npta.domain.state.order_positions import NO_ORDER
from npta.domain.state.order_record import OrderRecord
from npta.domain.state.packed_orders import IndexedOrder
from npta.domain.state.stock import Holding
from npta.domain.state.times import Stamp
from npta.errors import ArchiveUnreachableError, DamagedError
from npta.tables import ArchivedOrder, KeyEvent, KeyLedger, OrderEvent, Orders
from sheets_schema import Ledger, SchemaMismatchError

MAX_TEXT = 45_000
"""Characters of an order's rows, below what a cell holds with what stands around them when it comes back."""
NO_KEY = "-"
"""In place of a key's id and code, where a row is about several."""
OPENING = "Opening"
_RESTORE = "This tab is written by the service only; put it back as it was (File > Version history)."
UNREADABLE = (ValueError, KeyError, TypeError, IndexError)
"""What is raised for a text in a cell that the service did not write so."""
_HELD = ("line_item_id", "sku", "entitlement", "key_id", "seats")


class StoredOrder(NamedTuple):
    """What an archive has of an order.

    Its rows by their numbers, without key codes, and what it holds: `orders` and `seats` are rows of the ledgers as
    they stood there.
    """

    orders: Mapping[int, Orders]
    seats: Mapping[int, KeyLedger]
    held: tuple[tuple[str, str, str, str, int], ...]

    @property
    def plain_rows(self) -> tuple[Orders, ...]:
        """The rows that tell all of the order.

        Where it had come back from an archive, those that came with it and those since.
        """
        plain: tuple[Orders, ...] = ()
        for row in self.orders.values():
            plain = read_carried_order(row)[1] if row.event is OrderEvent.CARRIED else (*plain, row)
        return plain


def archived_row(
    record: OrderRecord, orders: Mapping[int, Orders], seats: Mapping[int, KeyLedger], held: Iterable[Holding]
) -> ArchivedOrder | None:
    """Return an order's row in the archive; None if it is too large for a cell."""
    text = _text(orders, seats, [[getattr(holding, name) for name in _HELD] for holding in held])
    if len(text) > MAX_TEXT:
        return None
    addresses = " ".join(filter(None, (record.email, *record.wrong_emails)))
    return _signed(record.order_id, text, record.order_name, record.customer_name, addresses)


def read_addresses(email: str) -> tuple[str, ...]:
    """Return an archived order's address, and those before it that a person has corrected."""
    return email, *email.split()


def key_events_rows(seats: Mapping[int, KeyLedger]) -> list[ArchivedOrder]:
    """Return the rows of the archive that hold what happened to keys apart from orders."""
    numbers, size = sorted(seats), MAX_TEXT // 500
    parts = [numbers[start : start + size] for start in range(0, len(numbers), size)]
    return [_signed(NO_ORDER, _text({}, {number: seats[number] for number in part}, [])) for part in parts]


def _text(orders: Mapping[int, Orders], seats: Mapping[int, KeyLedger], held: Sequence[Sequence[object]]) -> str:
    content = {
        "orders": {number: _fields(row) for number, row in orders.items()},
        "seats": {number: _fields(row, without="keycode") for number, row in seats.items()},
        "held": held,
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _signed(order_id: str, rows: str, name: str = "", customer: str = "", email: str = "") -> ArchivedOrder:
    row = ArchivedOrder(order_id=order_id, order_name=name, customer_name=customer, email=email, rows=rows, digest="")
    return row.model_copy(update={"digest": digest_of(row)})


def digest_of(row: ArchivedOrder) -> str:
    """Return what a row's other columns come to, to notice a change of any of them."""
    text = json.dumps([row.order_id, row.order_name, row.customer_name, row.email, row.rows])
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def digest_of_all(rows: Iterable[ArchivedOrder]) -> str:
    """Return what the digests of a portion come to."""
    return hashlib.sha256(" ".join(row.digest for row in rows).encode()).hexdigest()[:20]


def indexed(record: OrderRecord | None, row: ArchivedOrder, held: Iterable[Holding]) -> IndexedOrder:
    """Return what the index says of an order; `record` is None for one that was never seen."""
    keys = tuple(dict.fromkeys(holding.key_id for holding in held))
    return IndexedOrder(row.order_id, row.order_name, keys, record is not None)


def read_archived(row: object, at: ArchivedAt) -> StoredOrder:
    """Take an order's row in an archive apart.

    Raises `DamagedError` unless it is as it was written.
    """
    stored = read_stored(row) if isinstance(row, ArchivedOrder) and row.order_id == at.order.order_id else None
    if stored is None:
        raise damaged(at, "its row there is not as it was written")
    return stored


def read_stored(row: ArchivedOrder) -> StoredOrder | None:
    """Take a row of an archive apart; None unless it is as it was written."""
    return read_rows(row.rows) if row.digest == digest_of(row) else None


def read_rows(text: str) -> StoredOrder:
    """Take the rows of an order apart."""
    content = json.loads(text)
    return StoredOrder(
        {int(number): Orders.model_validate(fields) for number, fields in content["orders"].items()},
        {
            int(number): KeyLedger.model_validate({**fields, "keycode": ""})
            for number, fields in content["seats"].items()
        },
        tuple((*map(str, held[:-1]), int(held[-1])) for held in content["held"]),  # type: ignore[misc]  # five values
    )


def damaged(at: ArchivedAt, problem: str) -> DamagedError:
    """Return what is said of an order whose row in an archive cannot be trusted."""
    return DamagedError(
        f"{_stands(at)}, and {problem.rstrip('.')}. Nothing is decided for it. Put that tab back as it was, under its name "
        "(File > Version history of the archive)."
    )


def unreachable(at: ArchivedAt, problem: str, *, retry_after: float | None = None) -> ArchiveUnreachableError:
    """Return what is said of an order whose archive cannot be opened."""
    return ArchiveUnreachableError(
        f"{_stands(at)}, and {problem.rstrip('.')}. Nothing is decided for it until then.", retry_after=retry_after
    )


def _stands(at: ArchivedAt) -> str:
    return f"Order {at.order.order_id} stands in the archive {at.portion.archive}, tab “{at.portion.tab}”, row {at.row + 1}"


def carried_rows(stored: StoredOrder, at: ArchivedAt, record: OrderRecord, *, stamp: Stamp) -> list[Ledger]:
    """Return the rows with which an order comes back into the sheet."""
    lines = {"portion": at.portion.number, "rows": [_fields(row) for row in stored.plain_rows]}
    seats = KeyLedger(
        at=stamp.at,
        event=KeyEvent.CARRIED,
        order_id=record.order_id,
        entitlement=json.dumps([list(held) for held in stored.held], ensure_ascii=False, separators=(",", ":")),
        key_id=NO_KEY,
        keycode=NO_KEY,
        seats=0,
        commit=stamp.commit,
    )
    order = Orders(
        at=stamp.at,
        event=OrderEvent.CARRIED,
        order_id=record.order_id,
        order_name=record.order_name,
        status=record.status,
        customer_name=record.customer_name,
        email=record.email,
        lines=json.dumps(lines, ensure_ascii=False, separators=(",", ":")),
        reason=f"back from the archive, portion {at.portion.number}",
        commit=stamp.commit,
    )
    return [order, seats]


def read_carried_order(row: Orders) -> tuple[int, tuple[Orders, ...]]:
    """Return from which portion an order has come back, and its rows."""
    content = json.loads(row.lines)
    return int(content["portion"]), tuple(Orders.model_validate(fields) for fields in content["rows"])


def read_carried_seats(row: KeyLedger) -> list[tuple[str, str, str, str, int]]:
    """Return what an order held when it came back: line, SKU, entitlement, key and seats."""
    content = json.loads(row.entitlement)
    if not isinstance(content, list):
        raise TypeError(row.entitlement)
    return [(line, sku, entitlement, key_id, int(seats)) for line, sku, entitlement, key_id, seats in content]


def unreadable(row: KeyLedger) -> SchemaMismatchError:
    """Return what is said of a row with which an order came back, and that a person has changed."""
    tab = KeyLedger.__table__.title
    return SchemaMismatchError(
        f"Tab “{tab}”: the row with which order {row.order_id} came back from an archive cannot be read. {_RESTORE}",
        tab=tab,
    )


def unreadable_opening(ledger: type[Ledger]) -> SchemaMismatchError:
    """Return what is said where a person has changed what stands for first rows."""
    tab = ledger.__table__.title
    return SchemaMismatchError(
        f"Tab “{OPENING}”: what stands for the first rows of tab “{tab}” cannot be read. {_RESTORE}", tab=OPENING
    )


def _fields(row: Ledger, without: str = "") -> dict[str, Any]:
    return {name: value for name, value in row.model_dump(mode="json").items() if value != "" and name != without}
