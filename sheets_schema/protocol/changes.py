"""What a transaction has staged and not yet committed. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from sheets_schema.errors import InvalidDeclarationError
from sheets_schema.protocol.batch_requests import Request
from sheets_schema.schema.tables import Ledger


@dataclass
class Changes:
    """What one or several transactions are to write."""

    read_only: bool = False
    appended: dict[type[Ledger], list[Ledger]] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    assumed: list[Ledger] = field(default_factory=list)
    """Rows that are written before the others, if there are any."""
    renamed: dict[str, str] = field(default_factory=dict)
    """Ledgers that get another title: old → new."""
    dropped: dict[str, int] = field(default_factory=dict)
    """By ledger, up to which row (counted from its first one ever) the rows leave the sheet: their cells are cleared."""
    shrunk: dict[str, int] = field(default_factory=dict)
    """By ledger, how many of the blank rows at its top are deleted."""
    rewrites_views: bool = False
    """Whether rows of incremental views are written that nothing has changed, too."""

    @property
    def moves_rows(self) -> bool:
        """Whether rows leave or blank ones are deleted, which goes with nothing else."""
        return bool(self.dropped or self.shrunk)

    @property
    def only_adds_rows(self) -> bool:
        """Whether rows are added, and nothing else is written."""
        return bool(self.appended) and self == Changes(self.read_only, self.appended, assumed=self.assumed)

    def check_writable(self) -> None:
        """Raise `InvalidDeclarationError` where nothing may be staged."""
        if self.read_only:
            raise InvalidDeclarationError(
                "db.read() only shows: stage changes in a transaction, with db.transaction or db.run"
            )

    def append(self, row: Ledger) -> None:
        """Stage one new row."""
        self.appended.setdefault(type(row), []).append(row)

    def stage_assumed(self) -> None:
        """Put the assumed rows before those that were added."""
        first: dict[type[Ledger], list[Ledger]] = {}
        for row in self.assumed:
            first.setdefault(type(row), []).append(row)
        for ledger, rows in first.items():
            self.appended[ledger] = rows + self.appended.get(ledger, [])
        self.assumed = []

    def extend(self, other: Changes) -> None:
        """Add another transaction's changes, after ours."""
        for ledger, rows in other.appended.items():
            self.appended.setdefault(ledger, []).extend(rows)
        self.values.update(other.values)
        self.requests.extend(other.requests)
        self.renamed.update(other.renamed)
        self.dropped.update(other.dropped)
        self.shrunk.update(other.shrunk)
        self.rewrites_views |= other.rewrites_views

    def __bool__(self) -> bool:
        return bool(self.appended or self.values or self.requests or self.dropped or self.shrunk or self.rewrites_views)
