"""Compare the rows that a commit has written with what a read shows of them. Pure."""

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
    """New rows of one ledger, below `count` others.

    `before` is the last of those, None if it is not known.
    """

    count: int
    before: Cells | None
    rows: Sequence[Ledger]

    def mismatch(self, tail: LedgerDelta[Any]) -> str:
        """Say which row of the ledger is not as it was written; empty if all are as they should be.

        Columns that were moved after the rows were written matter as little as ever; moved before, the cells stand under wrong headers.
        """
        first = self.count - tail.known
        if first < 0 or first + len(self.rows) > len(tail.raw):
            return ""  # we have read past them, or they are not there: that is reported elsewhere
        pick, tab = tail.binding.pick, f"tab “{tail.tab.__table__.title}”"
        before = tail.raw[first - 1] if first else tail.last
        is_there = self.count > tail.base.gone  # otherwise another process has let it leave since
        if self.before is not None and is_there and not _alike(pick(before), self.before):
            return f"{tab}, row {tail.base.sheet_row(self.count)}, is not what it was when the row below it was written"
        for number, row in enumerate(self.rows, first):
            if not _alike(pick(tail.raw[number]), shown_cells(row)):
                return f"{tab}, row {tail.first_row + number}, does not hold what was written into it"
        return ""


def shown_cells(row: Ledger) -> Cells:
    """Return a row as a read shows it."""
    return {name: cell for name, value in row.cells().items() if (cell := as_read(value)) not in ("", None)}


def _alike(there: Cells, known: Cells) -> bool:
    """Whether two rows are the same, whatever Google may make of a text.

    It changes blanks, line ends and composed letters.
    """
    return there == known or _plain_cells(there) == _plain_cells(known)


def _plain_cells(row: Cells) -> Cells:
    return {name: plain for name, cell in row.items() if (plain := _plain(cell)) != ""}


def _plain(cell: Cell) -> Cell:
    if not isinstance(cell, str):
        return cell
    return "".join(letter for letter in normalize("NFC", cell) if letter.isprintable() and not letter.isspace())
