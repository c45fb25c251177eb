"""The default projection: it keeps every row, and finds rows by unique key or field."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast

from sheets_schema.errors import InvalidDeclarationError
from sheets_schema.schema.cells import as_read
from sheets_schema.schema.projection import Overlay, Projection, overlay
from sheets_schema.schema.tables import Ledger, UniqueConstraint
from sheets_schema.schema.unique_index import key_of

L = TypeVar("L", bound=Ledger)


@dataclass
class InMemoryTables(Projection):
    """The rows of all ledgers, in the order in which they stand there.

    `tx.get` and `tx.where` read it.
    """

    facts: Overlay[tuple[type[Ledger], int], Ledger] = overlay()
    counts: Overlay[type[Ledger], int] = overlay()
    keys: Overlay[tuple[type[Ledger], UniqueConstraint, Hashable], Ledger] = overlay()

    def apply(self, row: Ledger) -> None:
        """Keep the row."""
        kind = type(row)
        number = self.counts.get(kind, 0)
        self.facts[kind, number] = row
        self.counts[kind] = number + 1
        for key in kind.__table__.unique:
            value = key_of(row, key)
            if value is not None:
                self.keys[kind, key, value] = row

    def opening(self, ledger: type[Ledger], rows: Sequence[Ledger]) -> Iterable[Ledger]:
        """Keep every row: tell `Database.truncate` which to `keep` to have less."""
        del ledger
        return rows

    def all(self, ledger: type[L]) -> Iterator[L]:
        """Every row of a ledger, oldest first."""
        for number in range(self.count(ledger)):
            yield cast("L", self.facts[ledger, number])

    def count(self, ledger: type[Ledger]) -> int:
        """How many rows a ledger has."""
        return self.counts.get(ledger, 0)

    def where(self, ledger: type[L], predicate: Callable[[L], bool] = lambda _: True, /, **fields: object) -> list[L]:
        """Return the rows with these values for which `predicate` holds, oldest first.

        It looks at every row.
        """
        if unknown := fields.keys() - ledger.model_fields.keys():
            raise InvalidDeclarationError(f"{ledger.__name__} has no field {', '.join(sorted(unknown))}")
        wanted = fields.items()
        return [
            row
            for row in self.all(ledger)
            if all(getattr(row, name) == value for name, value in wanted) and predicate(row)
        ]

    def get(self, ledger: type[L], **key: object) -> L | None:
        """Return the row with this unique key, or None; as quick in a long ledger as in a short one.

        Raises `InvalidDeclarationError` unless exactly the fields of one declared key are given.
        """
        declared = next((names for names in ledger.__table__.unique if set(names) == set(key)), None)
        if declared is None:
            raise InvalidDeclarationError(
                f"{ledger.__name__}: {', '.join(key) or 'nothing'} is not declared as a unique key"
            )
        values = tuple(as_read(key[field]) for field in declared)
        found = self.keys.get((ledger, declared, values if len(values) > 1 else values[0]))
        return cast("L | None", found)
