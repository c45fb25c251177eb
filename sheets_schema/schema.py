"""The declaration of one spreadsheet: its tabs, its named values, and what is folded from its ledgers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from sheets_schema.errors import DeclarationError
from sheets_schema.fold import Fold
from sheets_schema.system_tabs import CommitLog, Control
from sheets_schema.tab import Form, Ledger, System, Tab, View

S = TypeVar("S", bound=Fold)


@dataclass(frozen=True)
class Schema(Generic[S]):
    """What stands in the spreadsheet.

    `state` makes an empty state; `views` names for each view the function that computes its rows from the state and the named values;
    `values` are the named values kept beside the lock cell, with what they hold at first.
    """

    state: Callable[[], S]
    ledgers: tuple[type[Ledger], ...]
    views: Mapping[type[View], Callable[[S, Mapping[str, str]], Iterable[View]]] = field(default_factory=dict)
    forms: tuple[type[Form], ...] = ()
    systems: tuple[type[System], ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    version: int = 1
    order: tuple[type[Tab], ...] = ()

    def __post_init__(self) -> None:
        titles = [tab.title for tab in self.tabs]
        if len({title.casefold() for title in titles}) < len(titles):
            raise DeclarationError("two tabs have the same title")

    @property
    def all_ledgers(self) -> tuple[type[Ledger], ...]:
        """The declared ledgers, and the commit log before them."""
        return (CommitLog, *self.ledgers)

    @property
    def tabs(self) -> tuple[type[Tab], ...]:
        """Every tab: those in `order` first, as people shall see them, then the rest."""
        rest: list[type[Tab]] = [*self.forms, *self.views, *self.ledgers, Control, *self.systems, CommitLog]
        return tuple(dict.fromkeys([*self.order, *rest]))
