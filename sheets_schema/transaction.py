"""What a transaction function is given: the state, and where to stage changes.

Transaction functions may be retried, so they must have no side effects other than through `tx`. One that raises changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import tzinfo
from types import MappingProxyType
from typing import Generic, Self, TypeVar, cast

from sheets_schema.errors import InvalidDeclarationError, InvalidValueError, SchemaMismatchError
from sheets_schema.protocol.changes import Changes
from sheets_schema.protocol.snapshot import CommitInfo, Snapshot
from sheets_schema.protocol.table_read import TableRead
from sheets_schema.schema.cells import Cell, extended_value
from sheets_schema.schema.declaration import S
from sheets_schema.schema.in_memory_tables import InMemoryTables
from sheets_schema.schema.internal_tables import Base
from sheets_schema.schema.tables import Ledger, Tab, View
from sheets_schema.schema.unique_index import UniqueIndex
from sheets_schema.table_editor import TableEditor

L = TypeVar("L", bound=Ledger)


class Transaction(Generic[S]):
    """One consistent view of the spreadsheet.

    `commit` is the id under which its changes will be logged. `state` is what the ledgers are folded into. Without a
    projection of your own, `get` and `where` read it.
    """

    def __init__(
        self,
        snapshot: Snapshot[S],
        state: S,
        keys: UniqueIndex,
        commit: str,
        staged_values: Mapping[str, str],
        tables: Mapping[type[Tab], TableRead | SchemaMismatchError],
        *,
        read_only: bool = False,
    ) -> None:
        self.state = state
        self.keys = keys
        self.commit = commit
        self.changes = Changes(read_only=read_only)
        self.rolled_back = False
        self._snapshot = snapshot
        self._staged_values = staged_values
        self._tables = tables
        self._made: dict[type[Tab], TableEditor] = {}

    @classmethod
    def reading(cls, snapshot: Snapshot[S], tables: Mapping[type[Tab], TableRead | SchemaMismatchError]) -> Self:
        """Return one that sees this version of the spreadsheet for ever, and stages nothing."""
        shared = snapshot.shared()
        return cls(shared, shared.state, shared.keys, "", {}, tables, read_only=True)

    @property
    def version(self) -> int:
        """The version of the last commit: what its changes come after."""
        assert self._snapshot.lock is not None
        return self._snapshot.lock.version

    @property
    def values(self) -> Mapping[str, str]:
        """The named values beside the lock cell, with what this commit has staged so far."""
        first = self._snapshot.schema.values
        return MappingProxyType({**first, **self._snapshot.values, **self._staged_values, **self.changes.values})

    @property
    def time_zone(self) -> tzinfo:
        """The spreadsheet's time zone (File > Settings), in which views show dates.

        UTC if it names none that is known here.
        """
        return self._snapshot.zone

    @property
    def recent(self) -> tuple[CommitInfo, ...]:
        """When, by whom and for what the last commits were made, some hundreds, the newest last."""
        return self._snapshot.recent

    def set_value(self, name: str, value: str) -> None:
        """Stage a new value for one of the declared names.

        Raises `InvalidValueError` if no cell can hold it.
        """
        self.changes.check_writable()
        if name not in self._snapshot.schema.values:
            raise InvalidDeclarationError(f"no value {name!r} is declared")
        try:
            extended_value(value)
        except InvalidValueError as error:
            raise InvalidValueError(f"The value “{name}”: {error}") from None
        self.changes.values[name] = value

    def add(self, row: L) -> L:
        """Stage a new row and return it; the state shows it at once.

        Raises `InvalidValueError` for a row that would not come back as it is, `UniqueViolationError` if its unique key is taken.
        """
        self.add_all((row,))
        return row

    def add_all(self, rows: Iterable[Ledger]) -> None:
        """Stage any number of rows, of one ledger or several: all of them, or none."""
        rows, keys = tuple(rows), self.keys.fork()
        self.changes.check_writable()
        for row in rows:
            if type(row) not in self._snapshot.schema.ledgers:
                raise InvalidDeclarationError(f"{type(row).__name__} is not a ledger of this spreadsheet")
            row.check_cells()
            keys.add(row)
        self.keys.merge(keys)
        for row in rows:
            self.state.apply(row)
            self.changes.append(row)

    def assume(self, rows: Iterable[Ledger]) -> None:
        """Show rows in the state that are known from elsewhere, an archive say.

        They are written before all that this transaction stages, if it stages anything; otherwise nothing is. They may be shown
        to a reader as well. Raises `InvalidValueError` for a row that would not come back as it is.
        """
        for row in rows:
            row.check_cells()
            self.keys.add(row)
            self.state.apply(row)
            self.changes.assumed.append(row)

    def appended(self, ledger: type[L]) -> list[L]:
        """Return the rows of a ledger that this transaction has staged so far."""
        return cast("list[L]", list(self.changes.appended.get(ledger, ())))

    @property
    def has_changes(self) -> bool:
        """Whether anything is staged."""
        return bool(self.changes)

    def get(self, ledger: type[L], **key: object) -> L | None:
        """Return the row with this unique key, or None; as quick in a long ledger as in a short one.

        Raises `InvalidDeclarationError` unless exactly the fields of one declared key are given.
        """
        return self._in_memory(ledger).get(ledger, **key)

    def where(self, ledger: type[L], predicate: Callable[[L], bool] = lambda _: True, /, **fields: object) -> list[L]:
        """Return the rows with these values for which `predicate` holds, oldest first.

        It looks at every row.
        """
        return self._in_memory(ledger).where(ledger, predicate, **fields)

    def _in_memory(self, ledger: type[Ledger]) -> InMemoryTables:
        if not isinstance(self.state, InMemoryTables):
            raise InvalidDeclarationError(
                f"the ledgers are folded into {type(self.state).__name__}: read `tx.state`, or derive that from InMemoryTables"
            )
        if ledger not in self._snapshot.schema.ledgers:
            raise InvalidDeclarationError(f"{ledger.__name__} is not a ledger of this spreadsheet")
        return self.state

    def rollback(self) -> None:
        """Write nothing of this transaction: a dry run sees what would happen, and that is all."""
        self.rolled_back = True

    def table(self, tab: type[Tab]) -> TableEditor:
        """Return an input or internal table, as just read.

        Raises `SchemaMismatchError` if the tab or one of its headers is not there.
        """
        read = self._tables.get(tab)
        if read is None:
            raise InvalidDeclarationError(f"{tab.__name__} was not asked for: name it in `reads`")
        if isinstance(read, SchemaMismatchError):
            raise read
        if tab not in self._made:
            self._made[tab] = TableEditor(self._snapshot.sheets[tab.__table__.title], read, self.changes)
        return self._made[tab]

    def table_as_read(self, read: TableRead) -> TableEditor:
        """Return an internal table that was read before, and that nobody has written since."""
        return TableEditor(self._snapshot.sheets[read.tab.__table__.title], read, self.changes)

    def shown(self, view: type[View]) -> list[dict[str, Cell]]:
        """Return the rows of a view by header, as they stood when it was last read or written.

        Empty if the tab is gone.
        """
        header, *rows = self._snapshot.views.get(view) or [[]]
        return [dict(zip((str(name) for name in header), row, strict=False)) for row in rows]

    def rewrite_views(self) -> None:
        """Write every row of incremental views in this commit, also unchanged ones.

        It repairs damage, for example.
        """
        self.changes.check_writable()
        self.changes.rewrites_views = True

    def drop_rows(self, ledger: type[Ledger], upto: int) -> None:
        """Stage that a ledger's rows up to `upto`, counted from the first ever, leave the sheet.

        `Database.truncate` is what callers use: it also puts down what stands for the rows. Raises `InvalidDeclarationError` for
        rows that are not there, for the last one, and for a ledger with unique keys, which could come twice then.
        """
        self.changes.check_writable()
        title = ledger.__table__.title
        if ledger.__table__.unique:
            raise InvalidDeclarationError(
                f"{ledger.__name__} has unique keys: if rows left, nobody would know theirs any more"
            )
        if not 0 <= upto < self._snapshot.counts.get(title, 0):
            raise InvalidDeclarationError(
                f"rows up to {upto} cannot leave tab “{title}”, which has {self._snapshot.counts.get(title, 0)}; the last one stays"
            )
        self.changes.dropped[title] = upto

    def delete_blank_rows(self, least: int) -> int:
        """Stage that half of the blank rows left by others are deleted.

        Nothing is done where there are fewer than `least`. Return how many. Half, so that a deletion which comes
        twice finds blank rows only.
        """
        self.changes.check_writable()
        for title, base in self._snapshot.bases.items():
            if title in self._snapshot.sheets and base.blank >= max(2, least):
                self.changes.shrunk[title] = base.blank // 2
        return sum(self.changes.shrunk.values())

    def in_sheet(self, ledger: type[Ledger]) -> int:
        """Return how many rows of a ledger, or of the commit log, are in the sheet."""
        title = ledger.__table__.title
        return self._snapshot.counts[title] - self._snapshot.base(title).gone

    @property
    def bases(self) -> Mapping[str, Base]:
        """Where those ledgers begin, by title, whose first rows have left the sheet."""
        return MappingProxyType(dict(self._snapshot.bases))

    def move_rows(self, source: type[Tab], into: type[Tab]) -> None:
        """Move everything below the header of `source` to the internal table `into`.

        See `TableEditor.move_rows`.
        """
        self.table(source).move_rows(self.table(into))
