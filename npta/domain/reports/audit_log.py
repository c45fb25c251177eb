"""The part of the audit that looks at the commit log: one row a commit, each after the one before, and whose rows are whose.

Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from npta.domain.reports.audit_finding import FIRST_ROW, AuditFinding
from npta.domain.state.wording import count
from sheets_schema import Ledger

COMMIT_LOG = "Commit Log"
Ledgers = Mapping[type[Ledger], Sequence[Ledger]]


class Log(NamedTuple):
    """One row of the commit log, as far as the audit needs it."""

    version: int
    commit: str
    previous: str
    counts: Mapping[str, int]


def audit_log(log: Sequence[Log], ledgers: Ledgers) -> Iterator[AuditFinding]:
    """Whether the commits are a chain from the first on, and every row of the ledgers belongs to one of them."""
    yield from _chain(log)
    for tab, rows in ledgers.items():
        logged = log[-1].counts.get(tab.title, 0) if log else 0
        if len(rows) != logged:
            message = f"holds {count(len(rows), 'row')}, but by the commit log it should hold {logged}"
            yield AuditFinding(
                tab.title, min(len(rows), logged) + FIRST_ROW, f"{message}: what differs begins here at the latest"
            )
        if "commit" in tab.model_fields:
            yield from _owners(tab, rows, log)


def commit_parts(log: Sequence[Log], ledgers: Ledgers) -> Iterator[dict[type[Ledger], range]]:
    """The places of each ledger's rows that one commit wrote, commit by commit; last those that no commit tells of."""
    done = dict.fromkeys(ledgers, 0)
    ends = [{tab: row.counts.get(tab.title, 0) for tab in ledgers} for row in log]
    for end in [*ends, {tab: len(rows) for tab, rows in ledgers.items()}]:
        part = {tab: range(done[tab], max(done[tab], min(end[tab], len(rows)))) for tab, rows in ledgers.items()}
        done = {tab: places.stop for tab, places in part.items()}
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
    """A row must name the commit that its place belongs to."""
    for commit, part in zip(log, commit_parts(log, {tab: rows}), strict=False):
        for place in part[tab]:
            named = getattr(rows[place], "commit", "")
            if named != commit.commit:
                message = f"names commit {named}, but stands where commit {commit.commit} wrote"
                yield AuditFinding(tab.title, place + FIRST_ROW, message)
