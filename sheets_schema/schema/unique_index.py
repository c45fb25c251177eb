"""Unique keys of ledgers: which values are taken, in layers like the state.

A second row with the same key is refused, wherever the first one comes from: an earlier commit of any process (it was
read, or the fence would reject the batch), another transaction of the same group, or the same transaction. One look-up
per row, however long the ledger.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Self

from sheets_schema.errors import UniqueViolationError
from sheets_schema.schema.cells import as_read
from sheets_schema.schema.tables import Ledger, UniqueConstraint


def key_of(row: Ledger, key: UniqueConstraint) -> Hashable | None:
    """Return a row's value of one key, as it stands in the sheet.

    None if one of its cells is empty: that is no key.
    """
    if len(key) == 1:
        value = getattr(row, key[0])
        single: Hashable = value if type(value) is str else as_read(value)
        return None if single == "" else single
    values = tuple(as_read(getattr(row, field)) for field in key)
    return None if "" in values else values


class UniqueIndex:
    """The keys that are taken."""

    def __init__(self, below: UniqueIndex | None = None) -> None:
        self._below = below
        self._taken: dict[tuple[type[Ledger], UniqueConstraint], set[Hashable]] = {}

    def fork(self) -> Self:
        """Return a layer on top: what is taken in it leaves this one alone."""
        return type(self)(self)

    def merge(self, child: UniqueIndex) -> None:
        """Merge the keys of a fork."""
        for index, values in child._taken.items():
            self._taken.setdefault(index, set()).update(values)

    def add(self, row: Ledger) -> None:
        """Take a row's keys, all or none. Raises `UniqueViolationError`."""
        if not row.__table__.unique:
            return
        values = [((type(row), key), value) for key in row.__table__.unique if (value := key_of(row, key)) is not None]
        for index, value in values:
            if self.has(index, value):
                raise _duplicate(row, index[1])
        for index, value in values:
            self._taken.setdefault(index, set()).add(value)

    def add_all(self, rows: Iterable[Ledger]) -> None:
        """Take the keys of several rows.

        Raises `UniqueViolationError`, then some are taken: use a child.
        """
        for row in rows:
            self.add(row)

    def has(self, key: tuple[type[Ledger], UniqueConstraint], value: Hashable) -> bool:
        """Whether a value of one ledger's key is taken, here or below."""
        if value in self._taken.get(key, ()):
            return True
        return self._below is not None and self._below.has(key, value)


def _duplicate(row: Ledger, key: UniqueConstraint) -> UniqueViolationError:
    """Return the error; it names the columns, not their values, which may be secret."""
    headers = {column.field: column.header for column in row.columns()}
    named = ", ".join(f"“{headers[field]}”" for field in key)
    return UniqueViolationError(
        f"Tab “{row.__table__.title}”: a row with the same {named} stands there already, and {named} is declared unique.",
        tab=row.__table__.title,
        key={field: getattr(row, field) for field in key},
    )
