"""Bring the SQL tables to what is declared: made, widened, or refused in a sentence.

What the database cannot do is said.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.schema import CreateColumn, SetColumnComment

from sheets_schema.errors import ReplicationError
from sheets_schema.replicate import sql_store
from sheets_schema.replicate.engines import reason
from sheets_schema.replicate.sql_store import KnownColumn, ReplicaState
from sheets_schema.replicate.sql_tables import SqlLedger

Say = Callable[[str], object]


def prepare(
    connection: sa.Connection,
    ledgers: Sequence[SqlLedger],
    state: ReplicaState | None,
    first: ReplicaState,
    at: datetime,
    say: Say,
) -> ReplicaState:
    """Make or widen the tables, and return how far the copy has come.

    `state` is what the database says of that, `first` what a new copy begins with. Raises `ReplicationError` for a database that holds something else, and for a declaration that
    does not fit the tables.
    """
    there = set(sa.inspect(connection).get_table_names())
    if {"spreadsheet", "sheet", "chunk"} <= there:
        raise ReplicationError(
            "This database is the file of an embedded spreadsheet, which keeps itself there. Name another file for the copy."
        )
    if state is None:
        _refuse_strangers(ledgers, there)
        sql_store.make_bookkeeping(connection)
        sql_store.begin_state(connection, first, at)
        state = first
    known = sql_store.known_columns(connection)
    if not connection.dialect.supports_comments and len(known) < len(ledgers):
        say(
            f"{connection.dialect.name} has no comments on tables: what their columns are stands in the table replica_columns"
        )
    changed = [_fitted(connection, ledger, known.get(ledger.name), there, say) for ledger in ledgers]
    for name in sorted(known.keys() - {ledger.name for ledger in ledgers}):
        declared = [column for column, about in known[name].items() if about.is_declared]
        if declared:
            sql_store.mark_columns(connection, name, declared, is_declared=False)
            say(f"table {name} belongs to no ledger any more: it stays as it was when it did")
    if any(changed) and not state.is_empty and not state.is_stale:
        stale = replace(state, is_stale=True)
        sql_store.replace_state(connection, state, stale, at)
        state = stale
    return state


def _refuse_strangers(ledgers: Sequence[SqlLedger], there: set[str]) -> None:
    if taken := sorted({ledger.name for ledger in ledgers} & there):
        raise ReplicationError(
            f"The database has {', '.join(taken)} already, and this program did not make {'it' if len(taken) == 1 else 'them'}. "
            "Nothing was written. Copy into an empty database, or into another schema of it."
        )


def _fitted(
    connection: sa.Connection, ledger: SqlLedger, known: dict[str, KnownColumn] | None, there: set[str], say: Say
) -> bool:
    """Whether the table was made or widened, or has columns that were not copied meanwhile."""
    wanted = {column.name: column.kind for column in ledger.columns}
    if known is None:
        if ledger.name in there:
            _refuse_strangers([ledger], there)
        sql_store.claim_columns(connection, ledger, wanted)
        _make(connection, ledger, say)
        return True
    if ledger.name not in there:
        raise ReplicationError(
            f"The table {ledger.name} is gone, and what was copied into it. Put it back from a backup, or copy into a new, empty "
            "database."
        )
    _check_kinds(ledger, known)
    missing = [name for name in wanted if name not in known]
    for name in missing:
        _add_column(connection, ledger.table.c[name])
        say(f"table {ledger.name}: column {name} added")
    for index in ledger.indexes():
        if {column.name for column in index.columns} & set(missing):
            _make_unique(connection, index, say)
    sql_store.claim_columns(connection, ledger, missing)
    again = [name for name in wanted if name in known and not known[name].is_declared]
    if again:
        sql_store.mark_columns(connection, ledger.name, again, is_declared=True)
    gone = [name for name, about in known.items() if name not in wanted and about.is_declared]
    if gone:
        sql_store.mark_columns(connection, ledger.name, gone, is_declared=False)
        say(f"table {ledger.name}: {', '.join(gone)} declared no more, and empty from now on")
    return bool(missing or again)


def _check_kinds(ledger: SqlLedger, known: dict[str, KnownColumn]) -> None:
    """Raise `ReplicationError` for a column that was made for another declaration."""
    for column in ledger.columns:
        about = known.get(column.name)
        if about and about.kind != column.kind:
            raise ReplicationError(
                f"Column {column.name} of table {ledger.name} holds {_IN_WORDS[about.kind]}, and is declared as "
                f"{_IN_WORDS[column.kind]} now. Copy into a new, empty database."
            )


_IN_WORDS = {
    "text": "text",
    "integer": "whole numbers",
    "number": "numbers",
    "boolean": "true or false",
    "time": "times",
    "json": "anything, as JSON",
}


def _make(connection: sa.Connection, ledger: SqlLedger, say: Say) -> None:
    ledger.table.create(connection)
    for index in ledger.indexes():
        _make_unique(connection, index, say)
    for key in ledger.lost_keys:
        say(f"table {ledger.name}: no unique key of {', '.join(key)}, since not all of it is copied")


def _make_unique(connection: sa.Connection, index: sa.Index, say: Say) -> None:
    """Make a unique key, or say that the database will not have it."""
    assert index.table is not None
    columns = ", ".join(column.name for column in index.columns)
    try:
        with connection.begin_nested():
            index.create(connection)
    except (exc.DBAPIError, exc.CompileError) as error:
        say(f"table {index.table.name}: {connection.dialect.name} keeps no unique key of {columns}: {reason(error)}")


def _add_column(connection: sa.Connection, column: sa.Column[Any]) -> None:
    dialect = connection.dialect
    table = dialect.identifier_preparer.format_table(column.table)
    connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {CreateColumn(column).compile(dialect=dialect)}")
    if column.comment and dialect.supports_comments:
        connection.execute(SetColumnComment(column))
