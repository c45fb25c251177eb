"""What a piece of work is given: the state to read, and where to stage what it wants to write.

Work may run more than once, so it only reads the snapshot and stages changes; it talks to nobody. Leaving it with an
exception stages nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Generic

from sheets_schema.errors import InvalidDeclarationError, InvalidValueError, SchemaMismatchError
from sheets_schema.protocol.changes import Changes
from sheets_schema.protocol.sheet_read import TableRead
from sheets_schema.protocol.snapshot import Snapshot
from sheets_schema.schema.cells import Cell, extended_value
from sheets_schema.schema.declaration import S
from sheets_schema.schema.tables import Ledger, Tab, View
from sheets_schema.schema.unique_index import UniqueIndex
from sheets_schema.table_editor import TableEditor


class Transaction(Generic[S]):
    """One work's view of the spreadsheet. `commit` is the id under which its changes will be logged."""

    def __init__(
        self,
        snapshot: Snapshot[S],
        state: S,
        keys: UniqueIndex,
        commit: str,
        staged_values: Mapping[str, str],
        tables: Mapping[type[Tab], TableRead | SchemaMismatchError],
    ) -> None:
        self.state = state
        self.keys = keys
        self.commit = commit
        self.changes = Changes()
        self.rolled_back = False
        self._snapshot = snapshot
        self._staged_values = staged_values
        self._tables = tables
        self._made: dict[type[Tab], TableEditor] = {}

    @property
    def version(self) -> int:
        """The version of the last commit: what this work's changes come after."""
        assert self._snapshot.lock is not None
        return self._snapshot.lock.version

    @property
    def values(self) -> Mapping[str, str]:
        """The named values beside the lock cell, with what this commit has staged so far."""
        first = self._snapshot.schema.values
        return MappingProxyType({**first, **self._snapshot.values, **self._staged_values, **self.changes.values})

    def set_value(self, name: str, value: str) -> None:
        """Stage a new value for one of the declared names. Raises `InvalidValueError` if no cell can hold it."""
        if name not in self._snapshot.schema.values:
            raise InvalidDeclarationError(f"no value {name!r} is declared")
        try:
            extended_value(value)
        except InvalidValueError as error:
            raise InvalidValueError(f"The value “{name}”: {error}") from None
        self.changes.values[name] = value

    def append(self, row: Ledger) -> None:
        """Stage a fact; the state shows it at once.

        Raises `InvalidValueError` for a row that would not come back as it is, `UniqueViolationError` if its unique key is taken.
        """
        self.extend((row,))

    def extend(self, rows: Iterable[Ledger]) -> None:
        """Stage any number of facts, of one ledger or several: all of them, or, if one of them raises, none."""
        rows, keys = tuple(rows), self.keys.fork()
        for row in rows:
            if type(row) not in self._snapshot.schema.ledgers:
                raise InvalidDeclarationError(f"{type(row).__name__} is not a ledger of this spreadsheet")
            row.check_cells()
            keys.add(row)
        self.keys.merge(keys)
        for row in rows:
            self.state.apply(row)
            self.changes.append(row)

    def rollback(self) -> None:
        """Write nothing of this work: a dry run sees what would happen, and that is all."""
        self.rolled_back = True

    def table(self, tab: type[Tab]) -> TableEditor:
        """A form or system tab, as just read. Raises `SchemaMismatchError` if the tab or one of its headers is not there."""
        read = self._tables.get(tab)
        if read is None:
            raise InvalidDeclarationError(f"{tab.__name__} was not asked for: name it in `reads`")
        if isinstance(read, SchemaMismatchError):
            raise read
        if tab not in self._made:
            self._made[tab] = TableEditor(self._snapshot.sheets[tab.title], read, self.changes)
        return self._made[tab]

    def shown(self, view: type[View]) -> list[dict[str, Cell]]:
        """The rows of a view by header, as they stood when it was last read or written; empty if the tab is gone."""
        header, *rows = self._snapshot.views.get(view) or [[]]
        return [dict(zip((str(name) for name in header), row, strict=False)) for row in rows]

    def move_rows(self, source: type[Tab], into: type[Tab]) -> None:
        """Move everything below the header of the form `source` to the system tab `into` (see `TableEditor.capture`)."""
        self.table(source).move_rows(self.table(into))
