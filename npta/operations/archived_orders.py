"""Reading orders that stand in archives, for whoever asks for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import reduce
from typing import NamedTuple, TypeVar

from npta.domain.state.archive_index import ArchivedAt, ArchiveReadRequired
from npta.domain.state.archived_order import StoredOrder, carried_rows, damaged, read_archived, unreachable
from npta.domain.state.order_changes import record_after
from npta.domain.state.order_record import OrderRecord
from npta.domain.state.state import State
from npta.domain.state.times import Stamp
from npta.errors import DamagedError, SettingError
from npta.services import Services
from npta.tables import KeyLedger, Orders
from sheets_schema import (
    Deadline,
    RequestRejectedError,
    SchemaMismatchError,
    SheetsError,
    Transaction,
    UnavailableError,
)

R = TypeVar("R")
SHARE_ARCHIVE = "Share it as an editor with the address that the live spreadsheet is shared with for the service, and take it out of the bin if it lies there"


class CameBack(NamedTuple):
    """An order as an archive has it, and where it stood."""

    at: ArchivedAt
    stored: StoredOrder


Found = Mapping[str, CameBack]


def with_archived(services: Services, deadline: Deadline, attempt: Callable[[Found], R], order_id: str = "") -> R:
    """Do what `attempt` does; what it needs of archives is read in between.

    If it is about one order, it may be known already where that one stands, which saves an attempt.

    Raises what it raises, and `DamagedError` for an order whose archive cannot be trusted.
    """
    found: dict[str, CameBack] = {}
    with suppress(DamagedError, KeyError):  # a guess: the state may change while it is looked at
        if at := services.spreadsheet.last_known.archived(order_id):
            found |= read_orders(services, [at], deadline)
    while True:
        try:
            return attempt(found)
        except ArchiveReadRequired as needed:
            found |= read_orders(services, needed.places, deadline)


def read_orders(services: Services, places: Iterable[ArchivedAt], deadline: Deadline) -> dict[str, CameBack]:
    """Read orders from archives: one call for each portion.

    Raises `DamagedError`, which names the archive and says what to do.
    """
    found: dict[str, CameBack] = {}
    for order in each_order(services, places, deadline):
        if isinstance(order, DamagedError):
            raise order
        found[order.at.order.order_id] = order
    return found


def each_order(
    services: Services, places: Iterable[ArchivedAt], deadline: Deadline
) -> Iterator[CameBack | DamagedError]:
    """Yield orders from archives, portion by portion: one call for each.

    In place of one whose row is damaged, or of all of a portion that cannot be read, comes what to say of it.
    """
    by_portion: dict[int, list[ArchivedAt]] = {}
    for at in places:
        by_portion.setdefault(at.portion.number, []).append(at)
    for together in by_portion.values():
        together.sort(key=lambda at: at.row)
        try:
            rows = _read_rows(services, together, deadline)
        except DamagedError as error:
            yield error
            continue
        for at, row in zip(together, rows, strict=True):
            try:
                yield CameBack(at, read_archived(row, at))
            except DamagedError as error:
                services.archive_troubles[at.portion.archive] = str(error)
                yield error


def _read_rows(services: Services, places: Sequence[ArchivedAt], deadline: Deadline) -> Sequence[object]:
    """Read rows of one portion, and note how its archive is.

    Raises `DamagedError` with what to do about the archive.
    """
    first, portion = places[0], places[0].portion
    services.archive_troubles.pop(portion.archive, None)
    try:
        return services.archive(portion.archive).read(portion.tab, [at.row for at in places], deadline)
    except SchemaMismatchError as error:
        is_gone = isinstance(error.__cause__, RequestRejectedError)
        problem: DamagedError = damaged(first, "that tab or that row is not there any more" if is_gone else str(error))
    except UnavailableError as error:
        problem = unreachable(
            first, f"that spreadsheet does not answer at the moment: {error}", retry_after=error.retry_after
        )
    except (SettingError, SheetsError) as error:
        problem = unreachable(first, f"the service cannot open that spreadsheet. {SHARE_ARCHIVE} ({error})")
    services.archive_troubles[portion.archive] = str(problem)
    raise problem


def assume_orders(tx: Transaction[State], found: Found, stamp: Stamp) -> None:
    """Show orders of archives as if they had never left.

    They come back if anything is staged.
    """
    for order_id, (at, stored) in found.items():
        now = tx.state.archived(order_id)
        if now and now.portion.number == at.portion.number:
            record = reduce(record_after, stored.plain_rows, OrderRecord(order_id))
            tx.assume(carried_rows(stored, at, record, stamp=stamp))


def archived_orders(tx: Transaction[State]) -> list[ArchivedAt]:
    """Return the archived orders of which rows are staged: they have to come back first."""
    if not tx.state.portion_count.value:
        return []
    orders, seats = tx.appended(Orders), tx.appended(KeyLedger)
    staged = dict.fromkeys([*(row.order_id for row in orders), *(row.order_id for row in seats)])
    return [at for order_id in staged if (at := tx.state.archived(order_id))]
