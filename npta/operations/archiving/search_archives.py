"""Search archives for orders of a customer.

The newest portions come first, as far as the time allows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from npta.domain.orders.search_orders import MAX_HITS, Wanted
from npta.domain.state.archive_index import ArchivedAt, Portion
from npta.domain.state.archived_order import read_addresses
from npta.domain.state.state import State
from npta.errors import ArchiveUnreachableError, SettingError
from npta.operations.archiving.archive_health import archive_trouble
from npta.services import Services
from sheets_schema import Deadline, SchemaMismatchError, SheetsError

TABS = 40
"""Tabs of an archive that are searched with one call."""
MAX_PORTIONS = 10
"""Portions from which one search reads orders."""
MIN_TIME = 6.0
"""Seconds that are left for the answer."""
_COLUMNS = ("order_id", "order_name", "customer_name", "email")


def search_archives(
    services: Services, portions: Sequence[Portion], text: str, deadline: Deadline
) -> tuple[list[ArchivedAt], bool]:
    """Find archived orders by customer or address; also return whether these are all.

    `portions` are searched from the last one on: one call for every 40. Raises `DamagedError`, which names the archive.
    """
    wanted, found = Wanted(text), list[ArchivedAt]()
    if not any(map(str.isalpha, text)):  # an id, say: neither a name nor an address
        return [], True
    for together in _at_once(portions[::-1]):
        if deadline.left() < MIN_TIME or len(found) > MAX_HITS:
            return _few(found), False
        tabs = [portion.tab for portion in together]
        archive = together[0].archive
        try:
            columns = services.archive(archive).columns(tabs, _COLUMNS, deadline)
        except SchemaMismatchError as error:
            raise ArchiveUnreachableError(f"The archive {archive} cannot be searched: {error}") from error
        except (SettingError, SheetsError) as error:
            later = getattr(error, "retry_after", None)
            raise ArchiveUnreachableError(archive_trouble(archive, error), retry_after=later) from error
        hits = list[ArchivedAt]()
        for portion in together:
            rows = columns[portion.tab][: portion.orders]
            for number, row in enumerate(rows, 1):
                if wanted.fits(row["customer_name"], *read_addresses(row["email"])):
                    hits.append(ArchivedAt(portion.entries[number - 1], portion, number))
        found += _that_count(hits, portions, services.spreadsheet.last_known)
    few = _few(found)
    return few, len(few) == len(found)


def _that_count(found: Sequence[ArchivedAt], portions: Sequence[Portion], state: State) -> list[ArchivedAt]:
    """Leave out positions that no longer count: the order came back, or left again."""
    wanted = {at.order.order_id for at in found}
    newest = dict[str, int]()
    for portion in portions[::-1]:
        if not wanted:
            break
        if any(portion.lowest <= int(order_id) <= portion.highest for order_id in wanted):  # else it stays packed
            there = wanted.intersection(order.order_id for order in portion.entries)
            newest |= dict.fromkeys(there, portion.number)
            wanted -= there
    return [
        at for at in found if state.back_from(at.order.order_id) < at.portion.number == newest.get(at.order.order_id)
    ]


def _few(found: Sequence[ArchivedAt]) -> list[ArchivedAt]:
    """Return the first ones, of few portions, since each of these costs a call."""
    numbers = [*dict.fromkeys(at.portion.number for at in found)][:MAX_PORTIONS]
    return [at for at in found if at.portion.number in numbers][:MAX_HITS]


def _at_once(portions: Sequence[Portion]) -> Iterator[list[Portion]]:
    for _, of_archive in groupby(portions, key=lambda portion: portion.archive):
        several = [*of_archive]
        yield from (several[start : start + TABS] for start in range(0, len(several), TABS))
