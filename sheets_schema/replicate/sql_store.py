"""What stands in the SQL database beside the ledgers' tables, and every write to it.

`replica_state` has one row: the spreadsheet, and how far its copy has come. It changes in the transaction that adds the rows, under
its lock, so that a row is copied once wherever a process is killed and however many copy at once. `replica_columns` says what every column
is in the spreadsheet, for people and for the next run.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

import sqlalchemy as sa

from sheets_schema.clock import Clock
from sheets_schema.engine.change_feed import Position
from sheets_schema.replicate.engines import open_engine, sql_errors
from sheets_schema.replicate.sql_tables import ROW, SqlLedger, UtcTime

R = TypeVar("R")

ATTEMPTS = 4
"""How often a transaction is tried that another one was in the way of, or that the database broke off."""
_CHUNK = 2_000
"""Rows that are handed to the driver at a time."""
_META = sa.MetaData()

STATE = sa.Table(
    "replica_state",
    _META,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("spreadsheet", sa.Text, comment="The id of the spreadsheet that this is a copy of"),
    sa.Column("version", sa.BigInteger, comment="The last commit that was copied"),
    sa.Column("commit_id", sa.Text),
    sa.Column("copied_at", UtcTime, comment="When it was"),
    sa.Column("counts", sa.Text, comment="Rows of every ledger, as JSON"),
    sa.Column("layout", sa.Text, comment="The tabs' sizes, as JSON"),
    sa.Column("schema_version", sa.Integer),
    sa.Column("without", sa.Text, comment="What is left out, as JSON"),
    sa.Column(
        "is_stale", sa.Boolean, comment="Whether the declaration has changed, and every row is to be copied anew"
    ),
)
COLUMNS = sa.Table(
    "replica_columns",
    _META,
    sa.Column("table_name", sa.String(255), primary_key=True),
    sa.Column("column_name", sa.String(255), primary_key=True),
    sa.Column("position", sa.Integer),
    sa.Column("tab", sa.Text, comment="The title of the tab"),
    sa.Column("header", sa.Text, comment="The header of the column"),
    sa.Column("kind", sa.Text),
    sa.Column("note", sa.Text, comment="The header's note"),
    sa.Column("is_declared", sa.Boolean, comment="Whether it is copied still"),
)


@dataclass(frozen=True)
class ReplicaState:
    """How far the copy has come."""

    spreadsheet: str
    position: Position
    schema_version: int
    without: tuple[str, ...]
    is_stale: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing was copied yet."""
        return self.position.is_start

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> ReplicaState:
        """Return what the table's row says."""
        position = Position(
            row["version"], row["commit_id"], json.loads(row["counts"]), Position.layout_from(row["layout"])
        )
        return cls(
            row["spreadsheet"], position, row["schema_version"], tuple(json.loads(row["without"])), row["is_stale"]
        )

    def row(self, at: datetime) -> dict[str, Any]:
        """Return the table's row."""
        return {
            "spreadsheet": self.spreadsheet,
            "version": self.position.version,
            "commit_id": self.position.commit,
            "copied_at": at,
            "counts": json.dumps(dict(self.position.counts), ensure_ascii=False),
            "layout": self.position.layout_text(),
            "schema_version": self.schema_version,
            "without": json.dumps(self.without, ensure_ascii=False),
            "is_stale": self.is_stale,
        }


class OvertakenError(sa.exc.SQLAlchemyError):
    """Another process changed the copy although this one held its lock.

    The database locks no rows.
    """

    def __init__(self) -> None:
        super().__init__("another process copies into it, and the database keeps them apart by no lock")


class SqlStore:
    """The database that a URL names.

    Raises `ReplicationError` for one that cannot be used, `UnavailableError` for one that cannot now.
    """

    def __init__(self, url: str, clock: Clock) -> None:
        self.engine = open_engine(url)
        self._clock = clock

    def run(self, function: Callable[[sa.Connection], R]) -> R:
        """Run a function in one transaction; again, if another was in its way.

        It begins with what the database holds, so it may run again whatever became of the attempt before.
        """
        with sql_errors(self.engine):
            for attempt in range(ATTEMPTS - 1):
                try:
                    with self.engine.begin() as connection:
                        return function(connection)
                except (sa.exc.DBAPIError, OvertakenError):
                    self._clock.sleep(self._clock.jitter(attempt))
            with self.engine.begin() as connection:
                return function(connection)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def make_bookkeeping(connection: sa.Connection) -> None:
    """Make the tables that tell how far the copy has come, where they are missing."""
    _META.create_all(connection)


def locked_state(connection: sa.Connection) -> ReplicaState | None:
    """Return how far the copy has come, and lock it until the transaction ends.

    A change that changes nothing takes the row's lock in every database that has locks; FOR UPDATE is not SQL everywhere.
    """
    one = STATE.c.id == 1
    connection.execute(STATE.update().where(one).values(spreadsheet=STATE.c.spreadsheet))
    row = connection.execute(sa.select(STATE).where(one)).mappings().one_or_none()
    return ReplicaState.of(dict(row)) if row else None


def begin_state(connection: sa.Connection, state: ReplicaState, at: datetime) -> None:
    """Write the first row of `replica_state`."""
    connection.execute(STATE.insert().values(id=1, **state.row(at)))


def replace_state(connection: sa.Connection, seen: ReplicaState, state: ReplicaState, at: datetime) -> None:
    """Write how far the copy has come now. Raises `OvertakenError` if that is not what was seen."""
    is_as_seen = sa.and_(STATE.c.id == 1, STATE.c.version == seen.position.version)
    changed = connection.execute(STATE.update().where(is_as_seen).values(**state.row(at)))
    if changed.rowcount == 0:
        raise OvertakenError


@dataclass(frozen=True)
class KnownColumn:
    """A column that was made, and whether it was declared when the copy was last written."""

    kind: str
    is_declared: bool


def known_columns(connection: sa.Connection) -> dict[str, dict[str, KnownColumn]]:
    """Return the columns that were made, by table."""
    found: dict[str, dict[str, KnownColumn]] = {}
    names = (COLUMNS.c.table_name, COLUMNS.c.column_name, COLUMNS.c.kind, COLUMNS.c.is_declared)
    for table, column, kind, is_declared in connection.execute(sa.select(*names)):
        found.setdefault(table, {})[column] = KnownColumn(kind, is_declared)
    return found


def claim_columns(connection: sa.Connection, ledger: SqlLedger, names: Collection[str]) -> None:
    """Write down what columns of a ledger's table are, as ours."""
    rows = [
        {
            "table_name": ledger.name,
            "column_name": column.name,
            "position": position,
            "tab": ledger.title,
            "header": column.declared.header,
            "kind": column.kind,
            "note": column.declared.note,
            "is_declared": True,
        }
        for position, column in enumerate(ledger.columns, 1)
        if column.name in names
    ]
    if rows:
        connection.execute(COLUMNS.insert(), rows)


def mark_columns(connection: sa.Connection, table: str, names: Collection[str], *, is_declared: bool) -> None:
    """Write down that columns are declared no more, or again."""
    wanted = sa.and_(COLUMNS.c.table_name == table, COLUMNS.c.column_name.in_(sorted(names)))
    connection.execute(COLUMNS.update().where(wanted).values(is_declared=is_declared))


def insert_rows(connection: sa.Connection, ledger: SqlLedger, rows: Iterable[dict[str, Any]]) -> Iterator[int]:
    """Insert rows into a ledger's table, some thousand at a time; yield how many."""
    statement, waiting = ledger.table.insert(), iter(rows)
    while chunk := list(islice(waiting, _CHUNK)):
        connection.execute(statement, chunk)
        yield len(chunk)


def delete_rows(connection: sa.Connection, ledgers: Sequence[SqlLedger], gone: Mapping[str, int]) -> None:
    """Empty the ledgers' tables, but for the first rows that have left the spreadsheet.

    Whatever people have built on them stays.
    """
    for ledger in ledgers:
        connection.execute(ledger.table.delete().where(ledger.table.c[ROW] > gone.get(ledger.title, 0)))


def stored_rows(connection: sa.Connection, ledger: SqlLedger) -> Iterator[dict[str, Any]]:
    """Yield a table's rows by number, a few thousand at a time in memory."""
    statement = sa.select(ledger.table).order_by(ledger.table.c[ROW])
    for row in connection.execution_options(yield_per=_CHUNK).execute(statement).mappings():
        yield dict(row)
