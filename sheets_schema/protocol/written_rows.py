"""The rows that a commit has written, and what a reading must show of them once it stands. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from unicodedata import normalize

from sheets_schema.protocol.sheet_read import LedgerDelta
from sheets_schema.schema.cells import Cell, as_read
from sheets_schema.schema.tables import Ledger

Cells = Mapping[str, Cell]
"""What stands in a row, by field; empty cells left out."""


@dataclass(frozen=True)
class WrittenRows:
    """New rows of one ledger, below `count` others, of which `before` is the last: None if it is not known."""

    count: int
    before: Cells | None
    rows: Sequence[Ledger]

    def mismatch(self, tail: LedgerDelta[Any]) -> str:
        """Say which row of the ledger is not as it was written; empty if all are as they should be.

        Columns that were moved after the rows were written matter as little as ever; moved before, the cells stand under wrong headers.
        """
        first = self.count - tail.known
        if first < 0 or first + len(self.rows) > len(tail.raw):
            return ""  # we have read past them, or they are not there: that is told elsewhere
        pick, tab = tail.binding.pick, f"tab “{tail.tab.__table__.title}”"
        before = tail.raw[first - 1] if first else tail.last
        if self.before is not None and self.count and not _alike(pick(before), self.before):
            return f"{tab}, row {self.count + 1}, is not what it was when the row below it was written"
        for number, row in enumerate(self.rows, first):
            if not _alike(pick(tail.raw[number]), shown_cells(row)):
                return f"{tab}, row {number + tail.known + 2}, does not hold what was written into it"
        return ""


def shown_cells(row: Ledger) -> Cells:
    """Return a row as a reading shows it."""
    return {name: cell for name, value in row.cells().items() if (cell := as_read(value)) not in ("", None)}


def _alike(there: Cells, known: Cells) -> bool:
    """Whether two rows are the same for all that Google might make of a text's blanks, line ends and composed letters."""
    return _plain_cells(there) == _plain_cells(known)


def _plain_cells(row: Cells) -> Cells:
    return {name: plain for name, cell in row.items() if (plain := _plain(cell)) != ""}


def _plain(cell: Cell) -> Cell:
    if not isinstance(cell, str):
        return cell
    return "".join(letter for letter in normalize("NFC", cell) if letter.isprintable() and not letter.isspace())
