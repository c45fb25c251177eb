"""A ledger's declaration as a SQL table, and a row as its columns' values. Pure.

Every declared column may be NULL, so that one that is declared later can be added. Nothing here is meant for one database: what its
dialect cannot do is found out when the tables are made.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import cached_property
from hashlib import sha256
from typing import Any, Literal, get_args, get_origin

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

from sheets_schema.schema.cells import as_read
from sheets_schema.schema.columns import Column
from sheets_schema.schema.internal_tables import CommitLog
from sheets_schema.schema.tables import Ledger, TableOptions

MAX_NAME = 60
"""Bytes of a name; PostgreSQL, the strictest of the usual ones, cuts it at 63."""
NUL, SHOWN_NUL = "\x00", "␀"
"""PostgreSQL has no text with a NUL in it, and others end there: the sign for it stands in its place everywhere."""
BOOKKEEPING = ("replica_state", "replica_columns")

ROW = "row"
COMMIT_COLUMNS: Mapping[str, tuple[type[sa.types.TypeEngine[Any]], str]] = {
    "commit_version": (sa.BigInteger, "The commit that added the row: its version in the commit log"),
    "commit_id": (sa.Text, "Its id"),
    "committed_at": (sa.DateTime, "When it was sent"),
    "committed_by": (sa.Text, "Who asked for it"),
    "commit_operation": (sa.Text, "What was done"),
}
"""What each row tells of its commit, beside what is declared."""


class UtcTime(sa.TypeDecorator[datetime]):
    """A moment; in UTC where the database keeps no zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 — SQLAlchemy's signature
        """Hand it over in UTC."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 — SQLAlchemy's signature
        """Take it back in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _time_of(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


def _text(value: Any) -> str | None:
    plain = _plain(value)
    return None if plain is None else str(plain).replace(NUL, SHOWN_NUL)


def _number(value: Any) -> float | None:
    plain = _plain(value)
    return None if plain is None else float(plain) + 0.0  # which makes 0.0 of -0.0, as SQLite does


def _anything(value: Any) -> str | None:
    cell = as_read(value)
    return None if cell in ("", None) else json.dumps(cell, ensure_ascii=False).replace(NUL, SHOWN_NUL)


_KINDS: Mapping[str, tuple[Callable[[], sa.types.TypeEngine[Any]], Callable[[Any], Any]]] = {
    "text": (sa.Text, _text),
    "integer": (sa.BigInteger, _plain),
    "number": (sa.Double, _number),
    "boolean": (sa.Boolean, _plain),
    "time": (UtcTime, _plain),
    "json": (sa.Text, _anything),
}
"""By kind of column: its SQL type, and what a value becomes. `json` is a column that holds one thing or another."""


def kind_of(annotation: Any) -> str:
    """Return the kind of column that a field's annotation asks for."""
    types = {_base(kind) for kind in _types(annotation)} - {type(None)}
    for kind, fitting in (
        ("text", {str}),
        ("boolean", {bool}),
        ("integer", {int}),
        ("number", {int, float}),
        ("time", {datetime}),
    ):
        if types and types <= fitting:
            return kind
    return "json"


def _types(annotation: Any) -> Iterable[Any]:
    alias = getattr(annotation, "__value__", None)
    if alias is not None and not isinstance(annotation, type):
        yield from _types(alias)
    elif get_origin(annotation) is Literal:
        yield from (type(_plain(value)) for value in get_args(annotation))
    elif hasattr(annotation, "__metadata__"):
        yield from _types(get_args(annotation)[0])
    elif get_origin(annotation) is not None and get_args(annotation):
        for argument in get_args(annotation):
            yield from _types(argument)
    elif isinstance(annotation, type) and issubclass(annotation, Enum):
        yield from (type(member.value) for member in annotation)
    else:
        yield annotation


def _base(kind: Any) -> Any:
    if not isinstance(kind, type):
        return object
    return next((base for base in (bool, str, int, float, datetime, type(None)) if issubclass(kind, base)), object)


def sql_name(text: str, taken: Iterable[str] = ()) -> str:
    """Return a title or header as a SQL name that is not taken.

    Small letters, digits, underscores.
    """
    name = re.sub(r"\W+", "_", text.casefold()).strip("_") or "unnamed"
    if len(name.encode()) > MAX_NAME or name in set(taken):
        digest = sha256(text.encode()).hexdigest()[:8]
        short = name.encode()[: MAX_NAME - 9].decode(errors="ignore")
        name = f"{short}_{digest}"
    return name


@dataclass(frozen=True)
class SqlColumn:
    """A declared column, and what it is in SQL."""

    declared: Column
    name: str
    kind: str

    @property
    def comment(self) -> str | None:
        """The header's note; the header before it where the name is another."""
        header = "" if self.declared.header == self.name else self.declared.header
        return ": ".join(part for part in (header, self.declared.note) if part) or None

    def value(self, row: Ledger) -> Any:
        """Return what a row holds here.

        NULL for an empty text, which is an empty cell, and no value of a unique key.
        """
        value = _KINDS[self.kind][1](getattr(row, self.declared.field))
        return None if value == "" else value


@dataclass(frozen=True)
class SqlLedger:
    """A ledger, and the table that it is copied into."""

    ledger: type[Ledger]
    name: str
    columns: tuple[SqlColumn, ...]
    left_out: tuple[Column, ...] = ()

    @property
    def title(self) -> str:
        """The title of its tab."""
        return self.ledger.__table__.title

    @property
    def unique(self) -> tuple[tuple[str, ...], ...]:
        """The unique keys by column; those without a column that is left out."""
        names = {column.declared.field: column.name for column in self.columns}
        keys = _options(self.ledger).unique
        return tuple(tuple(names[field] for field in key) for key in keys if names.keys() >= set(key))

    @property
    def lost_keys(self) -> tuple[tuple[str, ...], ...]:
        """The unique keys that cannot be made, by field: a column of them is left out."""
        fields = {column.declared.field for column in self.columns}
        return tuple(key for key in _options(self.ledger).unique if not fields >= set(key))

    @cached_property
    def table(self) -> sa.Table:
        """The table; a SQLAlchemy `MetaData` of its own holds it."""
        extra = [] if self.ledger is CommitLog else [*COMMIT_COLUMNS.items()]
        return sa.Table(
            self.name,
            sa.MetaData(),
            sa.Column(ROW, sa.BigInteger, primary_key=True, autoincrement=False, comment="Counted from 1, for ever"),
            *(sa.Column(column.name, _KINDS[column.kind][0](), comment=column.comment) for column in self.columns),
            *(
                sa.Column(name, UtcTime() if kind is sa.DateTime else kind(), comment=note)
                for name, (kind, note) in extra
            ),
            comment=f"Tab “{self.title}”",
        )

    def indexes(self) -> list[sa.Index]:
        """Return the unique keys as indexes, which a database can refuse one by one."""
        return [
            sa.Index(sql_name(f"{self.name} {' '.join(key)} key"), *(self.table.c[name] for name in key), unique=True)
            for key in self.unique
        ]

    def values(self, number: int, row: Ledger, commit: CommitLog | None) -> dict[str, Any]:
        """Return the row as the table's columns hold it."""
        values = {ROW: number, **{column.name: column.value(row) for column in self.columns}}
        if self.ledger is not CommitLog:
            values |= commit_values(commit)
        return values

    def has_nul(self, row: Ledger) -> bool:
        """Whether a text of the row has a NUL in it, which is not copied as it is."""
        return any(
            isinstance(value := getattr(row, column.declared.field), str) and NUL in value for column in self.columns
        )

    def model(self, values: Mapping[str, Any]) -> Ledger:
        """Return the row as the ledger's model, from the table's columns.

        Raises pydantic's `ValidationError` if columns are left out.
        """
        cells = {}
        for column in self.columns:
            value = values[column.name]
            if value is not None:
                cells[column.declared.field] = json.loads(value) if column.kind == "json" else value
        return self.ledger.model_validate(cells, by_name=True)


def commit_values(commit: CommitLog | None) -> dict[str, Any]:
    """Return what the columns beside the declared ones hold.

    Nothing of a commit that no log knows.
    """
    if commit is None:
        return dict.fromkeys(COMMIT_COLUMNS)
    return {
        "commit_version": commit.version,
        "commit_id": commit.commit,
        "committed_at": _time_of(commit.at),
        "committed_by": _text(commit.who) or None,
        "commit_operation": _text(commit.operation) or None,
    }


def _options(ledger: type[Ledger]) -> TableOptions:
    unique = (("version",), ("commit",)) if ledger is CommitLog else ledger.__table__.unique
    return TableOptions(ledger.__table__.kind, ledger.__table__.title, unique=unique)


def sql_ledgers(ledgers: Sequence[type[Ledger]], without: Mapping[type[Ledger], Iterable[str]]) -> list[SqlLedger]:
    """Return what each ledger is in SQL; `without` names the fields that are left out."""
    made: list[SqlLedger] = []
    for ledger in ledgers:
        skipped = set(without.get(ledger, ()))
        taken = [ROW, *COMMIT_COLUMNS]
        columns = []
        for column in ledger.columns():
            name = sql_name(column.header, taken)
            taken.append(name)
            kind = kind_of(ledger.model_fields[column.field].annotation)
            columns.append(SqlColumn(column, name, kind))
        name = sql_name(ledger.__table__.title, [*BOOKKEEPING, *(other.name for other in made)])
        kept = tuple(column for column in columns if column.declared.field not in skipped)
        left_out = tuple(column.declared for column in columns if column.declared.field in skipped)
        made.append(SqlLedger(ledger, name, kept, left_out))
    return made
