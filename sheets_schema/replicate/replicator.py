"""Copy what is new in a spreadsheet's ledgers into SQL tables, commit by commit.

Each row is copied once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import sqlalchemy as sa

from sheets_schema.clock import Deadline
from sheets_schema.database import Database
from sheets_schema.engine.change_feed import ChangeFeed, LedgerChanges, Position, RowOrigins, check_all_is_there
from sheets_schema.engine.full_scan import ScannedRows, full_scan
from sheets_schema.engine.replica import MAX_READS
from sheets_schema.errors import LogDivergedError, ReplicationError
from sheets_schema.replicate import sql_store
from sheets_schema.replicate.change_writer import ChangeWriter
from sheets_schema.replicate.comparison import LedgerComparison, compare
from sheets_schema.replicate.engines import shown
from sheets_schema.replicate.options import READS_A_MINUTE
from sheets_schema.replicate.sql_store import ReplicaState, SqlStore
from sheets_schema.replicate.sql_tables import SqlLedger, sql_ledgers
from sheets_schema.replicate.table_preparation import Say, prepare
from sheets_schema.schema.columns import Column
from sheets_schema.schema.internal_tables import CommitLog
from sheets_schema.schema.tables import Ledger, Tab

TIMEOUT = 120.0
"""Seconds for the calls to the spreadsheet of one run."""


@dataclass(frozen=True)
class Copied:
    """What a run has done: the copy's version, and the rows that it added to each table."""

    version: int
    rows: Mapping[str, int]
    never_copied: Mapping[str, int] = field(default_factory=dict)
    """If the run began the copy: how many first rows of a table had left the spreadsheet before, so that the copy lacks them."""

    @property
    def total(self) -> int:
        """Rows of all tables."""
        return sum(self.rows.values())


def _silent(_text: str) -> None:
    """Tell nobody."""


class Replicator:
    """The copy of a spreadsheet's ledgers in the SQL database that `url` names.

    `without` names columns that are not copied, by header or field, or as `Tab.header`. It is remembered, and another set is
    refused. `say` is told what people should know, `progress` how far a long run has come.

    Raises `ReplicationError` for a URL or columns that cannot be used. Each method raises that for a spreadsheet or a database that is
    not the one of before, `UnavailableError` where one of them cannot be reached, and what reading the spreadsheet raises.
    """

    def __init__(
        self,
        db: Database[Any],
        url: str,
        *,
        without: Sequence[str] = (),
        say: Say = _silent,
        progress: Say = _silent,
    ) -> None:
        self.client = db.client.limited(READS_A_MINUTE)
        """The client that reads; its `reads` are counted."""
        self._clock = self.client.clock
        self._feed = ChangeFeed(db.schema, self.client, self._clock, db.timing)
        self._without = tuple(sorted(set(without)))
        self._say, self._progress = say, progress
        self._left_out(self._without)
        self.store = SqlStore(url, self._clock)
        self.address = shown(self.store.engine)
        """The database's address without its password."""

    def copy(self, timeout: float | Deadline = TIMEOUT) -> Copied:
        """Copy what is new.

        One read of the spreadsheet, and a transaction for every few thousand rows. Safe to repeat.
        """
        deadline = self._clock.deadline(timeout)
        written: Counter[str] = Counter()
        never_copied: dict[str, int] = {}
        while True:
            state, ledgers = self._prepared()
            since = Position() if state.is_stale else state.position
            if since.is_start:
                self._progress("reading every ledger …")
            changes = self._changes(since, deadline)
            if not state.is_empty and not state.is_stale and changes.schema_version != state.schema_version:
                self._turn_stale(state)
                continue
            if state.is_stale:
                _check_continues(changes, state, self.address)
            if state.is_empty:
                never_copied = {ledger.name: gone for ledger in ledgers if (gone := changes.gone.get(ledger.title, 0))}
            writer = ChangeWriter(self.store, self._clock, changes, ledgers, self._progress, self._say)
            version = writer.write(state)
            written.update(writer.written)
            if version is not None:
                return Copied(version, dict(written), never_copied)

    def verify(self, timeout: float | Deadline = TIMEOUT) -> list[LedgerComparison]:
        """Read spreadsheet and database whole, and compare them as far as the copy has come."""
        deadline = self._clock.deadline(timeout)
        _, ledgers = self._prepared()
        for attempt in range(MAX_READS):
            self._progress("reading every ledger …")
            scanned = full_scan(self.client, self._feed.ledgers, deadline)
            log = [row for row in scanned[CommitLog] if isinstance(row, CommitLog)]
            self._progress("comparing …")
            found = self.store.run(partial(self._compared, ledgers, scanned, log, is_last=attempt == MAX_READS - 1))
            if found is not None:
                return found
        raise AssertionError("unreachable: the last attempt compares or raises")

    def _compared(
        self,
        ledgers: Sequence[SqlLedger],
        scanned: Mapping[type[Tab], ScannedRows],
        log: Sequence[CommitLog],
        connection: sa.Connection,
        *,
        is_last: bool,
    ) -> list[LedgerComparison] | None:
        """Compare under the lock.

        None if the scan is older than the copy: another process copied meanwhile, or the read was stale.
        """
        state = sql_store.locked_state(connection)
        assert state is not None
        last = state.position
        if not last.is_start and not _holds(log, last):
            if is_last or log[-1].version >= last.version:
                raise _not_continued(last, self.address, "the commit log does not hold that commit")
            return None
        origins = RowOrigins.of(log, Position(), scanned[CommitLog].gone)
        return [compare(connection, ledger, scanned[ledger.ledger], origins, state) for ledger in ledgers]

    def rows(self, ledger: type[Ledger]) -> Iterator[Ledger]:
        """Yield the copied rows of a ledger as its models, oldest first: to fold them, say.

        Not where a needed column is left out.
        """
        (sql,) = [table for table in self._prepared()[1] if table.ledger is ledger]
        with self.store.engine.connect() as connection:
            for values in sql_store.stored_rows(connection, sql):
                yield sql.model(values)

    def close(self) -> None:
        """Close the connections to the database."""
        self.store.close()

    def _changes(self, since: Position, deadline: Deadline) -> LedgerChanges:
        try:
            return self._feed.read(since, deadline)
        except LogDivergedError as error:
            if since.is_start or self._feed.is_continued(since, deadline):
                raise  # of rows that nobody has copied yet
            raise _not_continued(since, self.address, str(error)) from error

    def _prepared(self) -> tuple[ReplicaState, list[SqlLedger]]:
        """Return how far the copy has come, and the tables, made or widened where they have to be."""
        said: list[str] = []

        def run(connection: sa.Connection) -> tuple[ReplicaState, list[SqlLedger]]:
            said.clear()
            has_state = sa.inspect(connection).has_table(sql_store.STATE.name)
            state = sql_store.locked_state(connection) if has_state else None
            if state is not None:
                self._check_same(state)
            without = state.without if state else self._without
            ledgers = sql_ledgers(self._feed.ledgers, self._left_out(without))
            first = ReplicaState(self.client.spreadsheet_id, Position(), 0, without)
            return prepare(connection, ledgers, state, first, self._clock.now(), said.append), ledgers

        prepared = self.store.run(run)
        for line in said:
            self._say(line)
        return prepared

    def _check_same(self, state: ReplicaState) -> None:
        if state.spreadsheet != self.client.spreadsheet_id:
            raise ReplicationError(
                f"{self.address} holds a copy of the spreadsheet {state.spreadsheet}, and this is {self.client.spreadsheet_id}. "
                "Nothing was copied. Copy it into a database of its own, or into another schema of this one."
            )
        if self._without and self._without != state.without:
            before = f"leaves out {', '.join(state.without)}" if state.without else "leaves nothing out"
            raise ReplicationError(
                f"The copy in {self.address} {before}, and not {', '.join(self._without)}. Nothing was copied. Say the same as the "
                "first time, or nothing, which means the same; to leave out something else, copy into a new, empty database."
            )

    def _left_out(self, names: Sequence[str]) -> dict[type[Ledger], set[str]]:
        """Find the fields to leave out.

        Raises `ReplicationError` for a name that no ledger has: a slip must not copy what was meant.
        """
        ledgers = [ledger for ledger in self._feed.ledgers if ledger is not CommitLog]
        found: dict[type[Ledger], set[str]] = {}
        for name in names:
            hits = [
                (ledger, column.field)
                for ledger in ledgers
                for column in ledger.columns()
                if _is_meant(name, ledger, column)
            ]
            if not hits:
                headers = dict.fromkeys(column.header for ledger in ledgers for column in ledger.columns())
                raise ReplicationError(
                    f"No ledger has a column “{name}” that could be left out. There are: {', '.join(headers)}."
                )
            for ledger, name_of_field in hits:
                found.setdefault(ledger, set()).add(name_of_field)
        return found

    def _turn_stale(self, seen: ReplicaState) -> None:
        """Mark the copy as one whose rows a migration may have changed."""

        def mark(connection: sa.Connection) -> None:
            state = sql_store.locked_state(connection)
            if state is not None and state.schema_version == seen.schema_version:
                sql_store.replace_state(connection, state, replace(state, is_stale=True), self._clock.now())

        self.store.run(mark)


def _is_meant(name: str, ledger: type[Ledger], column: Column) -> bool:
    names = {column.header, column.field}
    wanted = name.casefold()
    return wanted in {
        spelling.casefold() for spelling in (*names, *(f"{ledger.__table__.title}.{header}" for header in names))
    }


def _not_continued(since: Position, address: str, why: str) -> ReplicationError:
    return ReplicationError(
        f"The spreadsheet does not continue what was copied: {address} is at version {since.version} (commit {since.commit}). "
        "Nothing was copied. If an older version was restored by mistake, restore the newer one with File > Version history; if it "
        f"is to stay, copy into a new, empty database. What was found: {why}"
    )


def _check_continues(changes: LedgerChanges, state: ReplicaState, address: str) -> None:
    """Raise `ReplicationError` unless the log holds the commit that was copied last.

    It is read from its beginning. Nor may a row have left the spreadsheet uncopied.
    """
    known = state.position.counts
    check_all_is_there({title: rows for title, rows in changes.gone.items() if title in known}, state.position)
    if not _holds(changes.log, state.position):
        raise _not_continued(state.position, address, "the commit log does not hold that commit")


def _holds(log: Sequence[CommitLog], position: Position) -> bool:
    return any((row.version, row.commit) == (position.version, position.commit) for row in log)
