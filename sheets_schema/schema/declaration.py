"""The declaration of one spreadsheet: its tabs, its named values, and what is folded from its ledgers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from sheets_schema.errors import InvalidDeclarationError, SchemaMismatchError
from sheets_schema.schema.internal_tables import SCHEMA_VERSION, CommitLog, Control
from sheets_schema.schema.projection import Projection
from sheets_schema.schema.tables import InputTable, InternalTable, Ledger, Tab, View

S = TypeVar("S", bound=Projection)


@dataclass(frozen=True)
class Schema(Generic[S]):
    """What stands in the spreadsheet.

    `state` makes an empty state; `views` names for each view the function that computes its rows from the state and the named values;
    `values` are the named values kept beside the lock cell, with what they hold at first; `migrations` name for a `version` what takes
    a spreadsheet there from the one before.
    """

    state: Callable[[], S]
    ledgers: tuple[type[Ledger], ...]
    views: Mapping[type[View], Callable[[S, Mapping[str, str]], Iterable[View]]] = field(default_factory=dict)
    input_tables: tuple[type[InputTable], ...] = ()
    internal_tables: tuple[type[InternalTable], ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    version: int = 1
    migrations: Mapping[int, Callable[[Any], None]] = field(default_factory=dict)
    order: tuple[type[Tab], ...] = ()

    def __post_init__(self) -> None:
        titles = [tab.title for tab in self.tabs]
        if len({title.casefold() for title in titles}) < len(titles):
            raise InvalidDeclarationError("two tabs have the same title")
        if wrong := [number for number in self.migrations if not 1 < number <= self.version]:
            raise InvalidDeclarationError(f"migrations to {wrong}, but schema versions go from 1 to {self.version}")

    def check_version(self, values: Mapping[str, str]) -> None:
        """Raise `SchemaMismatchError` for a spreadsheet of another schema version. (Version 0 is at home in all of them.)"""
        self.refuse_newer(values)
        there = version_of(values)
        if self.version > there:
            raise SchemaMismatchError(
                f"The spreadsheet has schema version {there}, and this program needs {self.version}: run provision, which "
                "takes it there.",
                tab=Control.title,
            )

    def refuse_newer(self, values: Mapping[str, str]) -> None:
        """Raise `SchemaMismatchError` for a spreadsheet that a newer program has migrated."""
        there = version_of(values)
        if 0 < self.version < there:
            raise SchemaMismatchError(
                f"The spreadsheet has schema version {there}, and this program knows no more than {self.version}: update the "
                "program. It writes nothing here.",
                tab=Control.title,
            )

    @property
    def all_ledgers(self) -> tuple[type[Ledger], ...]:
        """The declared ledgers, and the commit log before them."""
        return (CommitLog, *self.ledgers)

    @property
    def tabs(self) -> tuple[type[Tab], ...]:
        """Every tab: those in `order` first, as people shall see them, then the rest."""
        rest: list[type[Tab]] = [
            *self.input_tables,
            *self.views,
            *self.ledgers,
            Control,
            *self.internal_tables,
            CommitLog,
        ]
        return tuple(dict.fromkeys([*self.order, *rest]))


def version_of(values: Mapping[str, str]) -> int:
    """The schema version that a spreadsheet has. Raises `SchemaMismatchError` if a person has written something else there."""
    told = values.get(SCHEMA_VERSION, "1")
    if not told.isdecimal():
        raise SchemaMismatchError(
            f"Tab “{Control.title}”: {SCHEMA_VERSION} is no number. Put it back with File > Version history.",
            tab=Control.title,
        )
    return int(told)
