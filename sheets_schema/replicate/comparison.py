"""Compare a ledger with its table, row by row: counts, digests, and the first difference.

It names columns, never values.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import chain
from typing import Any

import sqlalchemy as sa

from sheets_schema.engine.change_feed import RowOrigins
from sheets_schema.engine.full_scan import ScannedRows
from sheets_schema.replicate.sql_store import ReplicaState, stored_rows
from sheets_schema.replicate.sql_tables import COMMIT_COLUMNS, ROW, SqlLedger
from sheets_schema.schema.tables import Ledger


@dataclass(frozen=True)
class LedgerComparison:
    """A ledger as it stands in the spreadsheet, up to the copied version, and in the database."""

    title: str
    table: str
    rows_in_sheet: int
    rows_in_sql: int
    digest_in_sheet: str
    digest_in_sql: str
    first_difference: str = ""
    """Where the two differ first, in words; empty if they do not."""
    never_copied: int = 0
    """How many first rows had left the spreadsheet before the copy began, so that it lacks them."""

    @property
    def agrees(self) -> bool:
        """Whether they hold the same."""
        return not self.first_difference and self.digest_in_sheet == self.digest_in_sql


class _Digest:
    """The hash of a sequence of rows, and their number."""

    def __init__(self) -> None:
        self._hash, self.count = sha256(), 0

    def add(self, values: Mapping[str, Any]) -> None:
        """Add the next row."""
        self.count += 1
        self._hash.update(json.dumps([*values.values()], ensure_ascii=False, default=_time).encode())

    @property
    def text(self) -> str:
        """The hash of all rows so far."""
        return self._hash.hexdigest()


def _time(value: object) -> str:
    assert isinstance(value, datetime)
    return value.isoformat()


def compare(
    connection: sa.Connection,
    ledger: SqlLedger,
    scanned: ScannedRows,
    origins: RowOrigins,
    state: ReplicaState,
) -> LedgerComparison:
    """Compare a ledger, as it was scanned, with its table, as far as the copy has come.

    Of rows that have left the spreadsheet only their numbers are compared; nor are the commits of rows compared whose commits
    have left it.
    """
    here, there = _Digest(), _Digest()
    count = state.position.counts.get(ledger.title, 0)
    never_copied, difference, stored = _without_left_rows(stored_rows(connection, ledger), min(scanned.gone, count))
    found = next(stored, None)
    for number in range(scanned.gone + 1, count + 1):
        row = scanned[number - scanned.gone - 1] if number <= scanned.gone + len(scanned) else None
        if not isinstance(row, Ledger):
            why = str(row) if row else "the spreadsheet does not hold it any more"
            difference = difference or f"row {number}: {why}"
            values: dict[str, Any] = {}
        else:
            commit = origins.commit(ledger.title, number)
            values = ledger.values(number, row, commit)
            here.add(values)
            if commit is None and found is not None and found[ROW] == number:
                found |= {name: None for name in COMMIT_COLUMNS if name in values}
        while found is not None and found[ROW] < number:
            difference = (
                difference
                or f"row {found[ROW]}: the table holds it more often than once, or it is no row of the ledger"
            )
            there.add(found)
            found = next(stored, None)
        if found is None or found[ROW] != number:
            difference = difference or f"row {number}: the table does not hold it"
            continue
        there.add(found)
        if values and not difference and (columns := [name for name in values if values[name] != found[name]]):
            difference = f"row {number}: {', '.join(columns)} {'is' if len(columns) == 1 else 'are'} not the same"
        found = next(stored, None)
    while found is not None:
        difference = difference or f"row {found[ROW]}: the table holds it, and the ledger has no such row"
        there.add(found)
        found = next(stored, None)
    return LedgerComparison(
        ledger.title, ledger.name, here.count, there.count, here.text, there.text, difference, never_copied
    )


def _without_left_rows(stored: Iterator[dict[str, Any]], left: int) -> tuple[int, str, Iterator[dict[str, Any]]]:
    """Pass over the copied rows among the first `left`, which have left the spreadsheet.

    Returns how many of these were never copied, since they had left before the copy began; what is wrong with the others; and
    the rows that come after them.
    """
    no_rows: list[dict[str, Any]] = []
    while (found := next(stored, None)) and found[ROW] <= 0:
        no_rows.append(found)
    never_copied = min(left, found[ROW] - 1) if found else left
    expected = never_copied + 1
    while found and found[ROW] == expected <= left:
        expected += 1
        found = next(stored, None)
    difference = ""
    if expected <= left:
        difference = f"row {expected}: the table does not hold it any more, and it has left the spreadsheet"
        while found and 0 < found[ROW] <= left:
            found = next(stored, None)
    return never_copied, difference, chain(no_rows, [found] if found else [], stored)
