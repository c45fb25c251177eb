"""The audit: every fact read again from the first on, and every invariant checked. Pure.

It trusts nothing that the service keeps in memory or shows in views, and names what it finds by tab and row. Facts are
taken in commit by commit, as the commit log tells, so that what must hold at every commit is looked at after each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TypeVar

from npta.domain.reports.audit_finding import FIRST_ROW, AuditFinding
from npta.domain.reports.audit_keys import audit_codes
from npta.domain.reports.audit_log import COMMIT_LOG, Ledgers, Log, audit_log, commit_parts
from npta.domain.reports.audit_orders import audit_orders
from npta.domain.reports.audit_outbox import audit_notices
from npta.domain.reports.audit_seats import SeatsAudit
from npta.domain.state.state import State
from npta.tables import ImportHistory, KeyLedger, LiveCatalogue, Orders, Outbox
from sheets_schema import Ledger

_TABS = (COMMIT_LOG, *(tab.title for tab in (ImportHistory, LiveCatalogue, KeyLedger, Orders, Outbox)))
F = TypeVar("F", bound=Ledger)


class SpreadsheetRows(NamedTuple):
    """Everything that the ledgers say, each row at the place where it stands below the header."""

    imports: Sequence[ImportHistory]
    publications: Sequence[LiveCatalogue]
    seats: Sequence[KeyLedger]
    orders: Sequence[Orders]
    log: Sequence[Log]
    notices: Sequence[Outbox] | None = None
    """None: nobody has kept them."""


def audit(facts: SpreadsheetRows) -> list[AuditFinding]:
    """Everything that is wrong, in the order of the tabs; an empty list if nothing is."""
    ledgers: Ledgers = {
        ImportHistory: facts.imports,
        LiveCatalogue: facts.publications,
        KeyLedger: facts.seats,
        Orders: facts.orders,
    }
    outbox: Ledgers = {} if facts.notices is None else {Outbox: facts.notices}
    found = [
        *audit_log(facts.log, {**ledgers, **outbox}),
        *_commits(facts, ledgers),
        *(audit_notices(facts.notices, facts.orders, facts.seats) if facts.notices is not None else ()),
    ]
    return sorted(found, key=lambda fault: (_TABS.index(fault.tab), fault.row))


def _commits(facts: SpreadsheetRows, ledgers: Ledgers) -> Iterator[AuditFinding]:
    state = State()
    keys = SeatsAudit(state)
    for part in commit_parts(facts.log, ledgers):
        yield from keys.imports(_numbered(facts.imports, part[ImportHistory]))
        yield from _publications(_numbered(facts.publications, part[LiveCatalogue]), state)
        seats = _numbered(facts.seats, part[KeyLedger])
        yield from keys.seats(seats)
        yield from audit_orders(_numbered(facts.orders, part[Orders]), seats, state)
    yield from audit_codes(facts.imports, state)


def _numbered(facts: Sequence[F], places: range) -> list[tuple[int, F]]:
    """The facts at these places, with their sheet rows."""
    return [(place + FIRST_ROW, facts[place]) for place in places]


def _publications(facts: Iterable[tuple[int, LiveCatalogue]], state: State) -> Iterator[AuditFinding]:
    for row, fact in facts:
        try:
            state.apply(fact)
        except ValueError as error:
            yield AuditFinding(LiveCatalogue.title, row, f"cannot be understood: {error}")
