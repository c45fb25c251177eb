"""Write what was read: whole commits, some thousand rows a transaction.

How far the copy has come is written with them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from sheets_schema.clock import Clock
from sheets_schema.engine.change_feed import LedgerChanges, Position, RowOrigins
from sheets_schema.plurals import counted
from sheets_schema.replicate import sql_store
from sheets_schema.replicate.sql_store import ReplicaState, SqlStore
from sheets_schema.replicate.sql_tables import SqlLedger
from sheets_schema.replicate.table_preparation import Say
from sheets_schema.schema.internal_tables import COMMIT_LOG

PORTION = 10_000
"""Rows of a transaction; those of one commit stay together however many they are."""


@dataclass
class ChangeWriter:
    """Writes one reading of the ledgers into their tables. `written` counts the rows by table."""

    store: SqlStore
    clock: Clock
    changes: LedgerChanges
    ledgers: Sequence[SqlLedger]
    progress: Say
    say: Say
    written: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._origins = RowOrigins.of(self.changes.log, self.changes.before, self.changes.gone.get(COMMIT_LOG, 0))
        self._commits = {row.version: row.commit for row in self.changes.log}
        self._commits[self.changes.before.version] = self.changes.before.commit
        self._total = sum(len(rows) for rows in self.changes.rows.values())

    def write(self, seen: ReplicaState) -> int | None:
        """Write all of it, and return the version that the copy is at.

        None if it has to be read again: another process has changed what the copy is, or the database was put back.
        """
        while True:
            portion = _Portion(self, seen)
            state = self.store.run(portion.write)
            if state is None:
                return None
            self.written.update(portion.added)
            for line in portion.remarks:
                self.say(line)
            if state.position.version >= self.changes.after.version:
                return state.position.version
            seen = state

    def after(self, before: Position) -> Position:
        """Return where the transaction ends that begins here: after the commit that fills it."""
        log = self.changes.log
        first = before.version - log[0].version + 1 if log and not before.is_start else 0
        rows, last = 0, None
        for row in log[first:]:
            rows, last = rows + self._origins.added[row.version], row
            if rows >= PORTION:
                break
        if last is None or last.version == self.changes.after.version:
            return self.changes.after
        counts = {
            title: self._origins.count(title, last.version, before.counts.get(title, 0))
            for title in self.changes.after.counts
        }
        return Position(last.version, last.commit, counts, self.changes.after.layout)

    def holds(self, position: Position) -> bool:
        """Whether what was read goes on from there."""
        return self._commits.get(position.version) == position.commit

    def rows(
        self, ledger: SqlLedger, before: Position, after: Position, remarks: list[str]
    ) -> Iterator[dict[str, Any]]:
        """Yield the rows of a ledger between two positions, as they are written."""
        start, end = before.counts.get(ledger.title, 0), after.counts.get(ledger.title, 0)
        for number, row in self.changes.numbered(ledger.ledger, start, end):
            if ledger.has_nul(row):
                remarks.append(f"table {ledger.name}, row {number}: a NUL character is copied as ␀")
            yield ledger.values(number, row, self._origins.commit(ledger.title, number))

    def tell(self, done: int) -> None:
        """Say how far a long run has come."""
        if self._total > PORTION:
            self.progress(f"{self.written.total() + done:,} of {counted(self._total, 'row')} copied")


class _Portion:
    """One transaction; it may run again, and begins with whatever the copy holds by then."""

    def __init__(self, writer: ChangeWriter, seen: ReplicaState) -> None:
        self._writer, self._seen = writer, seen
        self.added: Counter[str] = Counter()
        self.remarks: list[str] = []

    def write(self, connection: sa.Connection) -> ReplicaState | None:
        """Write the next commits, and return how far the copy has come.

        None if what was read does not go on from there.
        """
        self.added.clear()
        self.remarks.clear()
        state = sql_store.locked_state(connection)
        if state is None or state.is_stale != self._seen.is_stale:
            return None
        changes = self._writer.changes
        if state.is_stale:
            sql_store.delete_rows(connection, self._writer.ledgers, changes.gone)
            before, after = Position(), changes.after
        elif state.position.version > changes.after.version:
            return state
        elif not self._writer.holds(state.position):
            return None
        else:
            before, after = state.position, self._writer.after(state.position)
        if after == before:
            return state
        for ledger in self._writer.ledgers:
            for number in sql_store.insert_rows(
                connection, ledger, self._writer.rows(ledger, before, after, self.remarks)
            ):
                self.added[ledger.name] += number
                self._writer.tell(self.added.total())
        now = replace(state, position=after, schema_version=changes.schema_version, is_stale=False)
        sql_store.replace_state(connection, state, now, self._writer.clock.now())
        return now
