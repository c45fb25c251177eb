"""The audit: every fact read again from the first on, and every invariant checked. Pure.

It trusts nothing that the service keeps in memory or shows in views, and names what it finds by tab and row. Facts are
taken in commit by commit, as the commit log tells, so that what must hold at every commit is looked at after each.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, chain

from npta.domain.orders.assign_key import keys_by_hand
from npta.domain.reports.audit_archive_index import audit_absence, audit_holders, audit_index
from npta.domain.reports.audit_brought_back_orders import audit_brought_back, audit_pairs
from npta.domain.reports.audit_keys import SeatsAudit, audit_codes
from npta.domain.reports.audit_openings import (
    Moves,
    OpeningRows,
    audit_opening,
    imports_needed,
    kept,
    portions_named,
    read_opening,
    rows_that_stay,
)
from npta.domain.reports.audit_orders import audit_messages, audit_orders
from npta.domain.reports.audited_rows import COMMIT_LOG, Ledgers, SpreadsheetRows, commit_parts, earlier_parts
from npta.domain.reports.findings import AuditFinding
from npta.domain.state.state import State
from npta.domain.state.wording import count
from npta.tables import ArchiveIndex, ImportHistory, KeyLedger, LiveCatalogue, Orders, Outbox
from sheets_schema import Ledger

_TABS = (
    COMMIT_LOG,
    *(tab.__table__.title for tab in (ImportHistory, LiveCatalogue, KeyLedger, Orders, Outbox, ArchiveIndex)),
)


def audit(facts: SpreadsheetRows) -> list[AuditFinding]:
    """Everything that is wrong, in the order of the tabs; an empty list if nothing is."""
    ledgers: Ledgers = {
        ImportHistory: facts.imports,
        LiveCatalogue: facts.publications,
        ArchiveIndex: facts.portions,
        KeyLedger: facts.seats,
        Orders: facts.orders,
    }
    outbox: Ledgers = {} if facts.messages is None else {Outbox: facts.messages}
    opening = read_opening(facts)
    if isinstance(opening, AuditFinding):
        return [opening]
    found = [
        *_audit_log(facts, {**ledgers, **outbox}, opening),
        *_commits(facts, ledgers, opening),
        *_audit_outbox(facts, opening),
    ]
    return sorted(found, key=lambda fault: (_TABS.index(fault.tab) if fault.tab in _TABS else len(_TABS), fault.row))


def folded(facts: SpreadsheetRows) -> State:
    """Return the state of a process that starts with these rows."""
    state = State()
    seats, orders = facts.left(KeyLedger).opening, facts.left(Orders).opening
    for fact in chain(facts.imports, seats, facts.seats, orders, facts.orders, facts.portions):
        state.apply(fact)
    return state


def _commits(facts: SpreadsheetRows, ledgers: Ledgers, opening: OpeningRows) -> Iterator[AuditFinding]:
    state = State()
    keys = SeatsAudit(state, whole=facts.is_whole)
    commits_here = {row.commit for row in facts.orders} | {row.commit for row in facts.seats}
    staying, torn = rows_that_stay(opening, commits_here)
    is_open = faulty = False
    imported, needed = 0, imports_needed(opening, facts.imports)
    for part in _parts(facts, ledgers):
        upto = max(imported, part[ImportHistory].stop, needed)
        yield from keys.imports(facts.located(ImportHistory, facts.imports, range(imported, upto)))
        imported = upto
        yield from _published_and_left(facts, part, state)
        if not is_open and (part[KeyLedger] or part[Orders]):
            # What stands for rows that have left comes once all is known that was known to them.
            is_open = True
            for finding in audit_opening(opening, staying, state, keys):
                faulty = True
                yield finding
        for finding in _moves(facts, part, torn, state, keys):
            faulty = True
            yield finding
    if not is_open:
        yield from audit_opening(opening, staying, state, keys)
    yield from audit_codes(facts.imports, state)
    if not facts.is_whole:
        yield from _left(facts, opening, state, faulty=faulty)


def _left(facts: SpreadsheetRows, opening: OpeningRows, state: State, *, faulty: bool) -> Iterator[AuditFinding]:
    """Check the index of archives, and that it agrees with what is here."""
    seats = [*kept(KeyLedger, opening.seats), *facts.all_located(KeyLedger, facts.seats)]
    orders = [*kept(Orders, opening.orders), *facts.all_located(Orders, facts.orders)]
    yield from audit_pairs(seats, orders)
    yield from audit_index(facts.all_located(ArchiveIndex, facts.portions), state, portions_named(opening))
    yield from audit_absence(orders, seats, state)
    if not faulty:
        yield from audit_holders(state)


def _parts(facts: SpreadsheetRows, ledgers: Ledgers) -> Iterator[dict[type[Ledger], range]]:
    """Yield the positions of the rows of each commit."""
    if not (facts.gone(COMMIT_LOG) and facts.log):
        return commit_parts(facts.log, ledgers, facts)
    first, *others = facts.log
    return chain(earlier_parts(first, ledgers, facts), commit_parts(others, ledgers, facts, first))


def _moves(
    facts: SpreadsheetRows,
    part: Mapping[type[Ledger], range],
    torn: dict[str, Moves],
    state: State,
    keys: SeatsAudit,
) -> Iterator[AuditFinding]:
    """Take in what one commit says of seats and orders.

    `torn` are rows of commits of which others are in the sheet.
    """
    seats = facts.located(KeyLedger, facts.seats, part[KeyLedger])
    orders = facts.located(Orders, facts.orders, part[Orders])
    if torn:
        commits = dict.fromkeys([*(fact.commit for _, fact in seats), *(fact.commit for _, fact in orders)])
        for left in [torn.pop(commit) for commit in commits if commit in torn]:
            seats, orders = [*left.seats, *seats], [*left.orders, *orders]
    found, passed_over = audit_brought_back(seats, orders, state, whole=facts.is_whole)
    yield from found
    if passed_over:
        seats = [(location, fact) for location, fact in seats if location not in passed_over]
        orders = [(location, fact) for location, fact in orders if location not in passed_over]
    by_hand = {(fact.order_id, key) for _, fact in orders for key in keys_by_hand(fact)}
    yield from keys.seats(seats, by_hand)
    yield from audit_orders(orders, seats, state)


def _published_and_left(
    facts: SpreadsheetRows, part: Mapping[type[Ledger], range], state: State
) -> Iterator[AuditFinding]:
    """Take in what one commit says of the catalogue and of orders that left."""
    for position in part[ArchiveIndex]:
        state.apply(facts.portions[position])
    for location, fact in facts.located(LiveCatalogue, facts.publications, part[LiveCatalogue]):
        try:
            state.apply(fact)
        except ValueError as error:
            yield location.fault(f"cannot be understood: {error}")


def _audit_log(facts: SpreadsheetRows, ledgers: Ledgers, opening: OpeningRows) -> Iterator[AuditFinding]:
    """Check that the commits are a chain, and that every row belongs to one of them."""
    yield from _chain(facts)
    log = facts.log
    for tab, rows in ledgers.items():
        title = tab.__table__.title
        logged = (log[-1].counts.get(title, 0) if log else 0) - facts.gone(title)
        if len(rows) != logged:
            message = f"holds {count(len(rows), 'row')}, but by the commit log it should hold {logged}"
            location = facts.location(tab, min(len(rows), max(0, logged)))
            yield location.fault(f"{message}: what differs begins here at the latest")
        if "commit" in tab.model_fields:
            yield from _owners(tab, facts, rows, opening)


def _audit_outbox(facts: SpreadsheetRows, opening: OpeningRows) -> Iterator[AuditFinding]:
    if facts.messages is None:
        return
    title = Outbox.__table__.title
    left = facts.left(Outbox)
    # The Outbox says nothing of messages of earlier commits, nor of commits that nobody knows any more.
    known = {row.commit for row in facts.log if row.counts.get(title, 0) > left.gone}
    commits = known if left.gone or facts.gone(COMMIT_LOG) else None
    yield from audit_messages(
        facts.messages,
        chain(kept(Orders, opening.orders), facts.all_located(Orders, facts.orders)),
        chain(opening.seats.values(), facts.seats),
        opening=left.opening,
        first_row=facts.row(title, 0),
        commits=commits,
    )


def _chain(facts: SpreadsheetRows) -> Iterator[AuditFinding]:
    log, seen = facts.log, dict[str, int]()
    for row, (before, now) in enumerate(zip([None, *log], log, strict=False), facts.row(COMMIT_LOG, 0)):
        if before is None:
            if not facts.gone(COMMIT_LOG) and (now.version, now.previous) != (0, ""):
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


def _owners(
    tab: type[Ledger], facts: SpreadsheetRows, rows: Sequence[Ledger], opening: OpeningRows
) -> Iterator[AuditFinding]:
    """Check that each row names the commit that its number belongs to, as far as the log tells."""
    title = tab.__table__.title
    ends = list(accumulate((commit.counts.get(title, 0) for commit in facts.log), max))
    unknown, gone = (ends[0] if facts.gone(COMMIT_LOG) and ends else 0), facts.gone(title)
    staying: Mapping[int, Ledger] = opening.seats if tab is KeyLedger else opening.orders if tab is Orders else {}
    first = max(0, unknown - gone)
    numbered = chain(
        zip(staying, kept(tab, staying), strict=True),
        enumerate(facts.all_located(tab, rows, first), gone + first + 1),
    )
    for number, (location, row) in numbered:
        owner, named = bisect_left(ends, number), getattr(row, "commit", "")
        if unknown < number and owner < len(ends) and named != facts.log[owner].commit:
            yield location.fault(f"names commit {named}, but stands where commit {facts.log[owner].commit} wrote")
