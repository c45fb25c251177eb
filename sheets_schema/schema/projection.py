"""State folded from ledgers, in layers.

A state is a set of look-ups. Rows are applied to it one by one. A transaction that is not yet committed has a *fork*:
it sees everything of its parent and keeps what is new to itself, until it is committed and merged into the parent, or
dropped, and nothing has happened. Values in a look-up are immutable and are replaced, never changed.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import ChainMap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Self, TypeVar, overload

from sheets_schema.errors import InvalidDeclarationError
from sheets_schema.schema.tables import Ledger

K = TypeVar("K")
V = TypeVar("V")
D = TypeVar("D")


class Overlay(ChainMap[K, V]):
    """A look-up in layers: reads fall through to the parent, writes stay in the newest layer."""

    # ChainMap's own two go through a generator, which is most of the cost of folding a long ledger.

    def __contains__(self, key: object) -> bool:
        for layer in self.maps:  # noqa: SIM110 — any() is the generator in question
            if key in layer:
                return True
        return False

    @overload
    def get(self, key: K, default: None = None) -> V | None: ...
    @overload
    def get(self, key: K, default: V) -> V: ...
    @overload
    def get(self, key: K, default: D) -> V | D: ...
    def get(self, key: K, default: V | D | None = None) -> V | D | None:
        """Return the newest value, or `default`."""
        for layer in self.maps:
            if key in layer:
                return layer[key]
        return default


def changed_keys(before: Overlay[K, Any], after: Overlay[K, Any]) -> set[K]:
    """Return the keys in those layers of `after` that `before` does not share."""
    return {key for layer in after.maps[: len(after.maps) - len(before.maps)] for key in layer}


def overlay() -> Any:
    """Return an empty look-up, to declare a field of a `Projection` with."""
    return field(default_factory=Overlay)


@dataclass
class Projection:
    """Base of an application's state: a dataclass whose fields are all look-ups.

    Entries are replaced or added, never deleted (a layer cannot delete what its parent holds).
    """

    @abstractmethod
    def apply(self, row: Ledger) -> None:
        """Take one fact in.

        Rows of one ledger come in the order in which they stand there; nothing is promised about the order of rows of
        different ledgers, so what is kept for one ledger must not depend on another.
        """

    def opening(self, ledger: type[Ledger], rows: Sequence[Ledger]) -> Iterable[Ledger]:
        """Return what stands for `rows`, the first ones of a ledger, once they have left the sheet.

        Applied to an empty state, before the rows that follow, they must come to the same for all that anybody asks later.
        It is called on a state into which these rows alone were folded, and only if `Database.truncate` is not told
        which rows to keep.
        """
        del rows
        raise InvalidDeclarationError(
            f"{type(self).__name__} does not say what is left of {ledger.__name__} when rows leave it: write `opening`, "
            "or tell `truncate` which rows to `keep`"
        )

    def fork(self) -> Self:
        """Return a layer on top: what is applied to it leaves this state alone."""
        return type(self)(**{member.name: getattr(self, member.name).new_child() for member in fields(self)})

    def merge(self, child: Self) -> None:
        """Merge what a fork has added."""
        for member in fields(self):
            getattr(self, member.name).maps[0].update(getattr(child, member.name).maps[0])

    @property
    def depth(self) -> int:
        """How many layers a look-up may go through."""
        return max((len(getattr(self, member.name).maps) for member in fields(self)), default=0)

    def flatten(self, *, copy: bool) -> None:
        """Merge all layers into the lowest one.

        With `copy` into a new one: somebody still reads the others.
        """
        for member in fields(self):
            layers = getattr(self, member.name).maps
            lowest = dict(layers[-1]) if copy else layers[-1]
            for layer in layers[-2::-1]:
                lowest.update(layer)
            layers[:] = [lowest]
