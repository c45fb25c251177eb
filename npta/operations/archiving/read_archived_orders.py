"""Read orders that stand in archives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple, TypeVar

from npta.domain.state.archive_index import ArchivedAt, ArchiveReadRequired
from npta.domain.state.archived_order import StoredOrder, damaged, read_archived, unreachable
from npta.errors import DamagedError, SettingError
from npta.services import Services
from sheets_schema import (
    Deadline,
    RequestRejectedError,
    SchemaMismatchError,
    SheetsError,
    UnavailableError,
)

R = TypeVar("R")
SHARE_ARCHIVE = "Share it as an editor with the address that the live spreadsheet is shared with for the service, and take it out of the bin if it lies there"


class OrderInArchive(NamedTuple):
    """An order as an archive has it, and where it stood."""

    at: ArchivedAt
    stored: StoredOrder


Found = Mapping[str, OrderInArchive]


def with_archived(services: Services, deadline: Deadline, attempt: Callable[[Found], R], order_id: str = "") -> R:
    """Run `attempt`; read the archived orders that it asks for, and run it again.

    With `order_id`, that order is read before the first attempt, if it is known to stand in an archive.

    Raises what it raises, and `DamagedError` for an order whose archive cannot be trusted.
    """
    found: dict[str, OrderInArchive] = {}
    with suppress(DamagedError, KeyError):  # a guess: the state may change while it is looked at
        if at := services.spreadsheet.last_known.archived(order_id):
            found |= read_orders(services, [at], deadline)
    while True:
        try:
            return attempt(found)
        except ArchiveReadRequired as needed:
            found |= read_orders(services, needed.positions, deadline)


def read_orders(services: Services, positions: Iterable[ArchivedAt], deadline: Deadline) -> dict[str, OrderInArchive]:
    """Read orders from archives: one call for each portion.

    Raises `DamagedError`, which names the archive and says what to do.
    """
    found: dict[str, OrderInArchive] = {}
    for order in iterate_orders(services, positions, deadline):
        if isinstance(order, DamagedError):
            raise order
        found[order.at.order.order_id] = order
    return found


def iterate_orders(
    services: Services, positions: Iterable[ArchivedAt], deadline: Deadline
) -> Iterator[OrderInArchive | DamagedError]:
    """Yield orders from archives, portion by portion: one call for each.

    In place of one whose row is damaged, or of all of a portion that cannot be read, comes what to say of it.
    """
    by_portion: dict[int, list[ArchivedAt]] = {}
    for at in positions:
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
                yield OrderInArchive(at, read_archived(row, at))
            except DamagedError as error:
                services.archive_troubles[at.portion.archive] = str(error)
                yield error


def _read_rows(services: Services, positions: Sequence[ArchivedAt], deadline: Deadline) -> Sequence[object]:
    """Read rows of one portion, and note how its archive is.

    Raises `DamagedError` with what to do about the archive.
    """
    first, portion = positions[0], positions[0].portion
    services.archive_troubles.pop(portion.archive, None)
    try:
        return services.archive(portion.archive).read(portion.tab, [at.row for at in positions], deadline)
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
