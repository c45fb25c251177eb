"""The declaration of one spreadsheet: tabs, named values, and the projection."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic

from typing_extensions import TypeVar

from sheets_schema.errors import InvalidDeclarationError, SchemaMismatchError
from sheets_schema.schema.cells import Cell
from sheets_schema.schema.in_memory_tables import InMemoryTables
from sheets_schema.schema.internal_tables import CONTROL, SCHEMA_VERSION, CommitLog, Control
from sheets_schema.schema.projection import Projection
from sheets_schema.schema.tables import Binding, Ledger, Tab, View, declared_binding, header_places, view_binding

S = TypeVar("S", bound=Projection, default=InMemoryTables)
"""What the ledgers are folded into; a bare `Transaction` is one of `InMemoryTables`."""

T = TypeVar("T", bound=Tab)


ViewFunction = Callable[[S, Mapping[str, str]], Iterable[View]]
"""Computes a view's rows from the state and the named values."""


class IncrementalView(ABC, Generic[S]):
    """A view of many rows of which a commit changes few.

    The others are neither computed nor written. A row keeps its index, counted from 0 below the header, as long as it
    is shown. What stands in the first column tells whose row it is: that alone is read back, and a row that is not
    where it belongs is written anew.
    """

    @abstractmethod
    def row_count(self, state: S) -> int:
        """Return how many rows there are, blank ones between them included."""

    @abstractmethod
    def key(self, state: S, index: int) -> str:
        """Return what stands in a row's first column; empty for a blank row."""

    @abstractmethod
    def row(self, state: S, values: Mapping[str, str], index: int) -> View | None:
        """Return what stands in a row; None for a blank one."""

    @abstractmethod
    def changed(
        self, before: S, after: S, values_before: Mapping[str, str], values: Mapping[str, str]
    ) -> Iterable[int]:
        """Return the rows that a commit changes.

        The state `after` it is layered over the one `before`.
        """


@dataclass(frozen=True)
class Schema(Generic[S]):
    """What stands in the spreadsheet: its `tables`, in the order in which people see them.

    `state` makes an empty projection of the ledgers; `views` name for each view the function that computes its rows from the state and
    the named values; `values` are the named values kept beside the lock cell, with what they hold at first; `migrations` name for a
    `version` what takes a spreadsheet there from the one before.
    """

    tables: Sequence[type[Tab]]
    state: Callable[[], S] = InMemoryTables  # type: ignore[assignment]  # which is what S is by default
    views: Mapping[type[View], ViewFunction[S] | IncrementalView[S]] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    version: int = 1
    migrations: Mapping[int, Callable[[Any], None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for table in self.tables:
            if not table.__table__.title:
                raise InvalidDeclarationError(f'{table.__name__} names no tab: class {table.__name__}(…, tab="…")')
        titles = [tab.__table__.title.casefold() for tab in self.tabs]
        if len(set(titles)) < len(titles):
            raise InvalidDeclarationError("two tabs have the same title")
        if lonely := [view.__name__ for view in self._of(View) if view not in self.views]:
            raise InvalidDeclarationError(f"no function computes the rows of {', '.join(lonely)}: name it in `views`")
        if wrong := [number for number in self.migrations if not 1 < number <= self.version]:
            raise InvalidDeclarationError(f"migrations to {wrong}, but schema versions go from 1 to {self.version}")

    def check_version(self, values: Mapping[str, str]) -> None:
        """Raise `SchemaMismatchError` for a spreadsheet of another schema version.

        Version 0 fits every program.
        """
        self.refuse_newer(values)
        there = version_of(values)
        if self.version > there:
            raise SchemaMismatchError(
                f"The spreadsheet has schema version {there}, and this program needs {self.version}: run provision, which "
                "takes it there.",
                tab=CONTROL,
            )

    def refuse_newer(self, values: Mapping[str, str]) -> None:
        """Raise `SchemaMismatchError` for a spreadsheet that a newer program has migrated."""
        there = version_of(values)
        if 0 < self.version < there:
            raise SchemaMismatchError(
                f"The spreadsheet has schema version {there}, and this program knows no more than {self.version}: update the "
                "program. It writes nothing here.",
                tab=CONTROL,
            )

    def binding(self, tab: type[Tab], header: Sequence[Cell], columns: int) -> Binding:
        """Return where the columns of a tab stand that are there already.

        A view's are where the next commit writes them.
        """
        if not issubclass(tab, View):
            places = header_places(tab, header)
            index = {column.field: places[column.header][0] for column in tab.columns() if places[column.header]}
        elif isinstance(self.views.get(tab), IncrementalView):
            index = dict(declared_binding(tab).index)
        else:
            index = dict(view_binding(tab, header).index)
        return Binding(tab, {field: position for field, position in index.items() if position < columns})

    @cached_property
    def ledgers(self) -> tuple[type[Ledger], ...]:
        """The declared ledgers."""
        return self._of(Ledger)

    @cached_property
    def all_ledgers(self) -> tuple[type[Ledger], ...]:
        """The declared ledgers, and the commit log before them."""
        return (CommitLog, *self.ledgers)

    @cached_property
    def tabs(self) -> tuple[type[Tab], ...]:
        """Every tab, the library's own last."""
        return (*self.tables, *(view for view in self.views if view not in self.tables), Control, CommitLog)

    def _of(self, kind: type[T]) -> tuple[type[T], ...]:
        return tuple(table for table in self.tables if issubclass(table, kind))


def version_of(values: Mapping[str, str]) -> int:
    """Return the schema version that a spreadsheet has.

    Raises `SchemaMismatchError` if a person has written something else there.
    """
    return _number(values) % _TRUNCATED


def truncated(version: str) -> str:
    """Return the schema version of a spreadsheet from which rows have left, as it stands there.

    It is above every version that a program knows which knows nothing of that, so that such a program writes nothing.
    """
    return str(_number({SCHEMA_VERSION: version}) % _TRUNCATED + _TRUNCATED)


def version_text(version: int, values: Mapping[str, str]) -> str:
    """Return how a schema version is to be written over the one that stands there."""
    return str(version + _number(values) // _TRUNCATED * _TRUNCATED)


_TRUNCATED = 1_000
"""Added to the schema version once rows have left the sheet."""


def _number(values: Mapping[str, str]) -> int:
    value = values.get(SCHEMA_VERSION, "1")
    if not value.isdecimal():
        raise SchemaMismatchError(
            f"Tab “{CONTROL}”: {SCHEMA_VERSION} is no number. Put it back with File > Version history.", tab=CONTROL
        )
    return int(value)
