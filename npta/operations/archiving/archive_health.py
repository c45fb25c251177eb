"""How archives are: how full each is, and what it lacks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from npta.domain.state.archive_index import Portion
from npta.domain.state.state import State
from npta.domain.state.wording import count
from npta.errors import SettingError
from npta.operations.archiving.read_archived_orders import SHARE_ARCHIVE
from npta.operations.commit import read
from npta.services import Services
from sheets_schema import Deadline, SheetsError, Transaction, UnavailableError
from sheets_schema.advanced import ArchiveTabs

PUT_BACK = "Put it back under its name (File > Version history of the archive)"
_MAX_NAMED = 3


class ArchiveHealth(NamedTuple):
    """How an archive is.

    `trouble` says what is wrong with it and what to do, empty if nothing is.
    """

    name: str
    portions: int
    orders: int
    cells: int = 0
    trouble: str = ""
    is_usable: bool = True
    """Whether it can be opened, and written if that was asked; it may be damaged all the same."""


def indexed_portions(tx: Transaction[State]) -> tuple[Portion, ...]:
    """Return the portions that count, oldest first."""
    state = tx.state
    return tuple(state.portions[number] for number in range(1, state.portion_count.value + 1))


def check_archives(
    services: Services, deadline: Deadline, *, write: bool = False, is_set_up: bool = True
) -> tuple[ArchiveHealth, ...]:
    """Check that archives can be opened and have the tabs that the index names.

    One call for each. With `write` also whether those of NPTA_ARCHIVES can be written, which takes another call and
    leaves nothing behind. Without `is_set_up` there is no index to be asked. Raises `SheetsError` for the live
    spreadsheet only.
    """
    portions = read(services, indexed_portions, deadline) if is_set_up else ()
    names = dict.fromkeys((*services.settings.archives, *(portion.archive for portion in portions)))
    found = []
    for number, name in enumerate(names):
        there = [portion for portion in portions if portion.archive == name]
        until = services.clock.deadline(deadline.left() / (len(names) - number))  # none takes the time of the others
        found.append(_look(services, name, there, until, write=write))
    return tuple(found)


def _look(services: Services, name: str, portions: list[Portion], deadline: Deadline, *, write: bool) -> ArchiveHealth:
    found = ArchiveHealth(name, len(portions), sum(portion.orders for portion in portions))
    try:
        archive = services.archive(name)
        tabs = archive.check(deadline) if write and name in services.settings.archives else archive.tabs(deadline)
    except (SettingError, SheetsError) as error:
        return found._replace(trouble=archive_trouble(name, error), is_usable=False)
    return found._replace(cells=tabs.cells, trouble="; ".join(_missing(name, portions, tabs)))


def _missing(name: str, portions: list[Portion], tabs: ArchiveTabs) -> Iterator[str]:
    gone = [portion for portion in portions if portion.tab not in tabs.titles]
    for portion in gone[:_MAX_NAMED]:
        orders = count(portion.orders, "order")
        yield (
            f"The archive {name} has no tab “{portion.tab}” any more, in which {orders} stand that answer 503 until then. {PUT_BACK}."
        )
    if len(gone) > _MAX_NAMED:
        yield f"it lacks {len(gone) - _MAX_NAMED} more"


def archive_trouble(name: str, error: Exception) -> str:
    """Return why an archive cannot be used, and what to do about it."""
    if isinstance(error, UnavailableError):
        return f"The archive {name} does not answer at the moment: {error}"
    return f"The archive {name} (NPTA_ARCHIVES) cannot be used: {error}. {SHARE_ARCHIVE}."
