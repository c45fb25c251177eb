"""Open the database that a URL names, and word its errors.

No password, no row and no value of one is in any of them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

from sheets_schema.errors import ReplicationError, UnavailableError

_WAIT = 60
"""Seconds that a writer waits for another one in a SQLite file."""
_EXAMPLES = "for example sqlite:///copy.db or postgresql://user:password@host/database"


def open_engine(url: str) -> sa.Engine:
    """Return an engine for a URL. Nothing is connected yet.

    Raises `ReplicationError` for a URL that cannot work.
    """
    try:
        parsed = sa.make_url(url)
    except exc.ArgumentError:
        raise ReplicationError(f"The address of the SQL database cannot be read: give a URL, {_EXAMPLES}.") from None
    if parsed.drivername == "postgres":  # as some hosts write it
        parsed = parsed.set(drivername="postgresql")
    is_sqlite = parsed.get_backend_name() == "sqlite"
    if is_sqlite and parsed.database in (None, "", ":memory:"):
        raise ReplicationError(
            f"{parsed} is a database in memory, which would be gone at the end: name a file, {_EXAMPLES}."
        )
    try:
        engine = sa.create_engine(
            parsed, hide_parameters=True, connect_args={"timeout": _WAIT} if is_sqlite else {}, pool_pre_ping=True
        )
    except exc.NoSuchModuleError:
        raise ReplicationError(
            f"SQLAlchemy has no dialect “{parsed.drivername}” here. If the name is right, install the package that brings it "
            "(sqlalchemy-bigquery, sqlalchemy-cockroachdb, …)."
        ) from None
    except ModuleNotFoundError as error:
        raise ReplicationError(
            f"The driver for {parsed.drivername} is not installed: pip install {_package(error.name or '')}."
        ) from error
    if is_sqlite:
        _make_for_owner(engine)
        _begin_at_once(engine)
    return engine


def _package(module: str) -> str:
    return {"psycopg": "'psycopg[binary]'", "MySQLdb": "mysqlclient"}.get(module, module)


def _make_for_owner(engine: sa.Engine) -> None:
    """Let nobody but its owner read a new SQLite file: ledgers hold what is not for everybody."""

    @sa.event.listens_for(engine, "do_connect")
    def connecting(_dialect: object, _record: object, _arguments: object, _options: object) -> None:
        with suppress(OSError):
            os.close(os.open(str(engine.url.database), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _begin_at_once(engine: sa.Engine) -> None:
    """Let SQLite begin a transaction when we do, as a writer.

    Python's driver does not before the first change, and never for DDL.
    """

    @sa.event.listens_for(engine, "connect")
    def connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None

    @sa.event.listens_for(engine, "begin")
    def began(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def shown(engine: sa.Engine) -> str:
    """Return the database's address without the password."""
    return engine.url.render_as_string(hide_password=True)


def reason(error: exc.SQLAlchemyError) -> str:
    """Return what the database says, without the details that may show a row."""
    message = str(error.orig if isinstance(error, exc.DBAPIError) else error).strip()
    return message.partition("\n")[0] or type(error).__name__


_PASSING = ("08", "28", "40", "53", "55", "57", "58")
"""Classes of SQLSTATE that say nothing of what was asked for: no connection, no entry, a conflict, no room, a lock, an outage."""


def _may_pass(error: exc.SQLAlchemyError) -> bool:
    if not isinstance(error, exc.OperationalError | exc.InterfaceError | exc.TimeoutError):
        return False
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    return not state or str(state).startswith(_PASSING)


@contextmanager
def sql_errors(engine: sa.Engine) -> Iterator[None]:
    """Turn errors of the database into ours.

    Raises `UnavailableError` where it cannot be reached or is busy, `ReplicationError` where it refuses.
    """
    try:
        yield
    except exc.SQLAlchemyError as error:
        if _may_pass(error):
            raise UnavailableError(
                f"The database {shown(engine)} cannot be used now: {reason(error)}. Whatever was copied before stands; the same "
                "command goes on from there."
            ) from None
        raise ReplicationError(
            f"The database {shown(engine)} refuses: {reason(error)}. If its tables were changed by hand, put them back; an index that "
            "is in the way may be dropped; or copy into a new, empty database."
        ) from None
