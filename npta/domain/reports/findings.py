"""What reports find: faults of the audit, disagreements, lines of a checklist. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from npta.domain.state.wording import count
from sheets_schema import InternalTable, Ledger, View

FIRST_ROW = 2
"""The sheet row of a tab's first fact."""


class AuditFinding(NamedTuple):
    """Something that cannot be true; `row` is 0 where no single row is to blame."""

    tab: str
    row: int
    message: str


class RowLocation(NamedTuple):
    """Where a row stands; `about` says which row it is, if it has no sheet row of its own."""

    tab: str
    row: int = 0
    about: str = ""

    def __str__(self) -> str:
        return f"{self.about} ({self.tab})" if self.about else f"row {self.row}"

    def fault(self, message: str) -> AuditFinding:
        """Return what is wrong with the row."""
        return AuditFinding(self.tab, self.row, f"{self.about}: {message}" if self.about else message)


OPENING = RowLocation("Opening")
"""The tab that holds what stands for rows that have left."""


def fault(tab: type[Ledger | View | InternalTable], row: int, message: str) -> AuditFinding:
    """Return what is wrong with a row of a tab, or, with row 0, with the tab."""
    return AuditFinding(tab.__table__.title, row, message)


class ChecklistItem(NamedTuple):
    """One line of a checklist. `details` name each miss, `next_step` what to do about them."""

    what: str
    ok: bool
    found: str
    next_step: str = ""
    details: tuple[str, ...] = ()


def check(what: str, misses: Iterable[str], *, right: str, wrong: tuple[str, str], next_step: str) -> ChecklistItem:
    """Make an item that is right if nothing is missed; `wrong` says it of one and several."""
    details = tuple(misses)
    if not details:
        return ChecklistItem(what, ok=True, found=right)
    return ChecklistItem(what, ok=False, found=count(len(details), *wrong), next_step=next_step, details=details)


class ReconciliationFinding(NamedTuple):
    """Something that does not agree: what it is, on which order, SKU or pool, and the details."""

    what: str
    which: str
    detail: str
