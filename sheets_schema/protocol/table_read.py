"""Input and internal tables, as one answer shows them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sheets_schema.errors import SchemaMismatchError
from sheets_schema.protocol.a1 import last_row_of
from sheets_schema.schema.cells import Cell, is_empty
from sheets_schema.schema.tables import Binding, Ledger, Tab


@dataclass(frozen=True)
class InputRow:
    """One row of an input or internal table: its number, and its values by field.

    `extra_cells` is what people have written into columns of their own, by column index from 0.
    """

    number: int
    cells: Mapping[str, Cell] = field(repr=False)
    extra_cells: Mapping[int, Cell] = field(default_factory=dict, repr=False)

    def text(self, name: str) -> str:
        """Return what stands in the column as text, blanks trimmed; empty where nothing does."""
        cell = self.cells.get(name)
        return "" if cell is None else str(cell).strip()


@dataclass(frozen=True)
class TableRead:
    """An input or internal table, read a moment ago.

    `rows` are all that hold anything, in whatever column.
    """

    tab: type[Tab]
    binding: Binding
    header: tuple[str, ...]
    rows: tuple[InputRow, ...]
    last_row: int
    grid_rows: int
    columns: int


def missing_tab(tab: type[Tab]) -> SchemaMismatchError:
    """Return the sentence for a tab that is not there under its name."""
    remedy = (
        "; if it never held anything, run provision to have it made"
        if issubclass(tab, Ledger)
        else ", or run provision, which makes a new one"
    )
    return SchemaMismatchError(
        f"The tab “{tab.__table__.title}” is missing. If it was renamed, give it that name again; if it was deleted, restore it "
        f"with File > Version history{remedy}.",
        tab=tab.__table__.title,
    )


def read_table(tab: type[Tab], part: dict[str, Any]) -> TableRead | SchemaMismatchError:
    """Take apart what came for a whole tab; what is wrong with it is returned, not raised."""
    raw: list[list[Cell]] = part.get("values", [])
    try:
        binding = Binding.of(tab, raw[0] if raw else [])
    except SchemaMismatchError as error:
        return error
    rows = tuple(row for number, cells in enumerate(raw[1:], 2) if (row := _form_row(binding, number, cells)))
    filled = [number for number, row in enumerate(raw, 1) if any(cell not in ("", None) for cell in row)]
    header = tuple(str(cell).strip() for cell in raw[0])
    grid_rows, columns = last_row_of(part["range"]), columns_of(part["range"])
    return TableRead(tab, binding, header, rows, filled[-1], grid_rows, columns)


def _form_row(binding: Binding, number: int, row: list[Cell]) -> InputRow | None:
    cells = binding.pick(row)
    cells = {} if all(map(is_empty, cells.values())) else cells
    declared = set(binding.index.values())
    beside = {index: cell for index, cell in enumerate(row) if index not in declared and not is_empty(cell)}
    return InputRow(number, cells, beside) if cells or beside else None


def columns_of(echoed_range: str) -> int:
    """Return how many columns there are up to the end of a range, as Google echoes it."""
    end = echoed_range.rpartition("!")[2].rpartition(":")[2]
    total = 0
    for letter in end.rstrip("0123456789"):
        total = total * 26 + ord(letter) - ord("A") + 1
    return total
