"""Bring orders back from archives: what changes one brings its rows into the sheet."""

from __future__ import annotations

from functools import reduce

from npta.domain.state.archive_index import ArchivedAt
from npta.domain.state.archived_order import carried_rows
from npta.domain.state.order_changes import record_after
from npta.domain.state.order_record import OrderRecord
from npta.domain.state.state import State
from npta.domain.state.times import Stamp
from npta.operations.archiving.read_archived_orders import Found
from npta.tables import KeyLedger, Orders
from sheets_schema import Transaction


def assume_orders(tx: Transaction[State], found: Found, stamp: Stamp) -> None:
    """Show orders of archives as if they had never left.

    They come back if anything is staged.
    """
    for order_id, (at, stored) in found.items():
        now = tx.state.archived(order_id)
        if now and now.portion.number == at.portion.number:
            record = reduce(record_after, stored.plain_rows, OrderRecord(order_id))
            tx.assume(carried_rows(stored, at, record, stamp=stamp))


def orders_to_bring_back(tx: Transaction[State]) -> list[ArchivedAt]:
    """Return the archived orders of which rows are staged: they have to come back first."""
    if not tx.state.portion_count.value:
        return []
    orders, seats = tx.appended(Orders), tx.appended(KeyLedger)
    staged = dict.fromkeys([*(row.order_id for row in orders), *(row.order_id for row in seats)])
    return [at for order_id in staged if (at := tx.state.archived(order_id))]
