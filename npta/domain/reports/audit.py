"""The audit: every fact read again from the first on, and every invariant checked. Pure.

It trusts nothing that the service keeps in memory or shows in views, and names what it finds by tab and row. Facts are
taken in commit by commit, as the commit log tells, so that what must hold at every commit is looked at after each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

from npta.domain.orders.by_hand import keys_by_hand
from npta.domain.reports.audit_keys import SeatsAudit, audit_codes
from npta.domain.reports.audit_orders import audit_notices, audit_orders
from npta.domain.reports.findings import FIRST_ROW, AuditFinding, fault
from npta.domain.state.state import State
from npta.domain.state.text import count
from npta.tables import ImportHistory, KeyLedger, LiveCatalogue, Orders, Outbox
from sheets_schema import Ledger

COMMIT_LOG = "Commit Log"
_TABS = (COMMIT_LOG, *(tab.__table__.title for tab in (ImportHistory, LiveCatalogue, KeyLedger, Orders, Outbox)))


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
        orders = _numbered(facts.orders, part[Orders])
        by_hand = {(fact.order_id, key) for _, fact in orders for key in keys_by_hand(fact)}
        yield from keys.seats(seats, by_hand)
        yield from audit_orders(orders, seats, state)
    yield from audit_codes(facts.imports, state)


def _numbered(facts: Sequence[F], positions: range) -> list[tuple[int, F]]:
    return [(position + FIRST_ROW, facts[position]) for position in positions]


def _publications(facts: Iterable[tuple[int, LiveCatalogue]], state: State) -> Iterator[AuditFinding]:
    for row, fact in facts:
        try:
            state.apply(fact)
        except ValueError as error:
            yield fault(LiveCatalogue, row, f"cannot be understood: {error}")


Ledgers = Mapping[type[Ledger], Sequence[Ledger]]


class Log(NamedTuple):
    """One row of the commit log, as far as the audit needs it."""

    version: int
    commit: str
    previous: str
    counts: Mapping[str, int]


def audit_log(log: Sequence[Log], ledgers: Ledgers) -> Iterator[AuditFinding]:
    """Check that the commits are a chain, and that every row belongs to one of them."""
    yield from _chain(log)
    for tab, rows in ledgers.items():
        logged = log[-1].counts.get(tab.__table__.title, 0) if log else 0
        if len(rows) != logged:
            message = f"holds {count(len(rows), 'row')}, but by the commit log it should hold {logged}"
            yield fault(tab, min(len(rows), logged) + FIRST_ROW, f"{message}: what differs begins here at the latest")
        if "commit" in tab.model_fields:
            yield from _owners(tab, rows, log)


def commit_parts(log: Sequence[Log], ledgers: Ledgers) -> Iterator[dict[type[Ledger], range]]:
    """Yield the positions of the rows that each commit wrote; last those that no commit names."""
    done = dict.fromkeys(ledgers, 0)
    ends = [{tab: row.counts.get(tab.__table__.title, 0) for tab in ledgers} for row in log]
    for end in [*ends, {tab: len(rows) for tab, rows in ledgers.items()}]:
        part = {tab: range(done[tab], max(done[tab], min(end[tab], len(rows)))) for tab, rows in ledgers.items()}
        done = {tab: positions.stop for tab, positions in part.items()}
        yield part


def _chain(log: Sequence[Log]) -> Iterator[AuditFinding]:
    seen: dict[str, int] = {}
    for row, (before, now) in enumerate(zip([None, *log], log, strict=False), FIRST_ROW):
        if before is None:
            if (now.version, now.previous) != (0, ""):
                yield AuditFinding(
                    COMMIT_LOG, row, f"begins with version {now.version}: the commits before it are missing"
                )
        elif (now.version, now.previous) != (before.version + 1, before.commit):
            message = (
                f"version {now.version} does not follow version {before.version}: {now.previous} is not its commit"
            )
            yield AuditFinding(COMMIT_LOG, row, message)
        if now.commit in seen:
            yield AuditFinding(COMMIT_LOG, row, f"the commit {now.commit} has a row already, row {seen[now.commit]}")
        seen.setdefault(now.commit, row)
        for title, rows in now.counts.items():
            if before and rows < before.counts.get(title, 0):
                yield AuditFinding(COMMIT_LOG, row, f"{title} has fewer rows than before")


def _owners(tab: type[Ledger], rows: Sequence[Ledger], log: Sequence[Log]) -> Iterator[AuditFinding]:
    """Check that each row names the commit that its position belongs to."""
    for commit, part in zip(log, commit_parts(log, {tab: rows}), strict=False):
        for position in part[tab]:
            named = getattr(rows[position], "commit", "")
            if named != commit.commit:
                message = f"names commit {named}, but stands where commit {commit.commit} wrote"
                yield fault(tab, position + FIRST_ROW, message)
