"""Audit with archives: read every portion, too."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from npta.domain.reports.audit_archives import LocatedOrder, audit_portion, audit_whole, lost_portion
from npta.domain.reports.findings import AuditFinding, RowLocation
from npta.domain.state.archive_index import Portion
from npta.domain.state.state import State
from npta.domain.state.wording import count
from npta.operations.audit import audit_tabs, damaged_rows, read_tabs, rows_of
from npta.services import Services
from sheets_schema import Deadline, SheetsError, UnavailableError

_PORTION = re.compile(r"(\d{5}) [0-9a-f]{8}")
_EARLIER = (
    "a portion of that number left, of which Archive Index knows nothing: the spreadsheet was put back to an earlier "
    "version. What came after it is in its newer versions only (File > Version history)"
)


class ArchivesAudit(NamedTuple):
    """What is wrong, and tabs of archives that nothing names, which is not."""

    findings: list[AuditFinding]
    leftovers: list[str]


def audit_archives(
    services: Services, *, deadline: Deadline, progress: Callable[[str], None] = lambda _: None
) -> ArchivesAudit:
    """Return everything that is wrong with the spreadsheet and its archives, by tab and row.

    Raises `SchemaMismatchError` if a tab of the spreadsheet or a header is missing, `UnavailableError`,
    `PermissionDeniedError`.
    """
    # Their titles first: what is written from now on is named by an index that is not read here.
    titles = {name: _titles(services, name, deadline) for name in services.settings.archives}
    read = read_tabs(services, deadline)
    if damaged := damaged_rows(read):
        return ArchivesAudit(damaged, [])
    facts = rows_of(read)
    state = State()
    for row in facts.portions:
        state.apply(row)
    portions = [state.portions[number] for number in range(1, state.portion_count.value + 1)]
    found = audit_tabs(read, facts)
    broken: list[AuditFinding] = []
    archived: list[LocatedOrder] = []
    for portion in portions:
        progress(f"portion {portion.number} of {len(portions)}: {count(portion.orders, 'order')} …")
        wrong, orders = _read(services, portion, deadline)
        broken += wrong
        archived += orders
    if portions:
        progress("putting both ledgers together again …")
    whole = [] if broken else audit_whole(facts, archived)
    strange, leftovers = _unnamed(titles, portions)
    return ArchivesAudit([*dict.fromkeys([*found, *broken, *whole, *strange])], leftovers)


def _titles(services: Services, name: str, deadline: Deadline) -> tuple[str, ...]:
    try:
        return services.archive(name).tabs(deadline).titles
    except UnavailableError:
        raise
    except SheetsError:  # reported where a portion of it is read
        return ()


def _read(services: Services, portion: Portion, deadline: Deadline) -> tuple[list[AuditFinding], list[LocatedOrder]]:
    try:
        rows = services.archive(portion.archive).read(portion.tab, range(1, portion.rows + 1), deadline)
    except UnavailableError:
        raise
    except SheetsError as error:
        return [lost_portion(portion, str(error))], []
    return audit_portion(portion, rows)


def _unnamed(titles: dict[str, tuple[str, ...]], portions: Iterable[Portion]) -> tuple[list[AuditFinding], list[str]]:
    """Return what is wrong with tabs that the index does not name, and what is left over."""
    named = {(portion.archive, portion.tab): portion.number for portion in portions}
    found, leftovers = list[AuditFinding](), list[str]()
    for archive, title, number in _portion_tabs(titles):
        where = f"archive {archive}, tab “{title}”"
        if (archive, title) in named:
            continue
        if number <= len(named):
            leftovers.append(
                f"{where}: left over by a run that was broken off. It counts for nothing and may be deleted"
            )
        elif number == len(named) + 1:
            leftovers.append(
                f"{where}: being written now, or left over by a run that was broken off. It counts for nothing yet; it may be deleted "
                f"once another tab {number:05} is in use"
            )
        else:
            found.append(RowLocation(where).fault(_EARLIER))
    return found, leftovers


def _portion_tabs(titles: dict[str, tuple[str, ...]]) -> Iterator[tuple[str, str, int]]:
    for archive, there in titles.items():
        for title in there:
            if match := _PORTION.fullmatch(title):
                yield archive, title, int(match[1])
