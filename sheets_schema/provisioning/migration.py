"""One step from a schema version to the next: what it sees of the spreadsheet, and what it asks to be changed. Pure.

    def cents(migration: Migration) -> None:
        migration.rename_column("Payments", "amount", "cents")

    Schema(version=2, migrations={2: cents}, …)

It leaves in one fenced commit with the new version, so that it happens once, wholly or not at all. It may be run
several times before that, so it talks to nobody; a dry run (`plan`) is the same without the commit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from sheets_schema.errors import SchemaMismatchError
from sheets_schema.protocol.changes import Request, widen, write_cells
from sheets_schema.protocol.sheet_read import SheetLayout
from sheets_schema.schema.cells import Cell, as_read, is_empty


@dataclass
class Layout:
    """A tab as it stands, with what was staged so far: where it is, its header, and how to read the rows below."""

    sheet: SheetLayout
    header: list[str]
    read: Callable[[], list[list[Cell]]]

    @cached_property
    def rows(self) -> list[list[Cell]]:
        """The rows below the header, read when first asked for."""
        return self.read()


@dataclass
class Migration:
    """What a migration is given.

    Everything it asks for is staged, and later steps see what earlier ones have done, but for what `request` does.
    """

    version: int
    tabs: dict[str, Layout]
    values: dict[str, str]
    steps: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)
    changed: dict[str, str] = field(default_factory=dict)

    def header(self, tab: str) -> list[str]:
        """Return a tab's header. Raises `SchemaMismatchError` if there is no such tab."""
        return list(self._layout(tab).header)

    def rows(self, tab: str) -> list[dict[str, Cell]]:
        """Return a tab's rows by header, as they stand in the sheet; cells below no header are left out."""
        layout = self._layout(tab)
        places = [(place, header) for place, header in enumerate(layout.header) if header]
        return [{header: row[place] if place < len(row) else "" for place, header in places} for row in layout.rows]

    def rename_tab(self, old: str, new: str) -> None:
        """Give a tab another title; a ledger's rows stay facts."""
        layout = self._layout(old)
        if new in self.tabs:
            raise SchemaMismatchError(
                f"Migration to schema version {self.version}: there is a tab “{new}” already.", tab=new
            )
        self.tabs[new] = self.tabs.pop(old)
        self.renamed[old] = new
        properties = {"sheetId": layout.sheet.sheet_id, "title": new}
        self.request(
            f"rename tab “{old}” to “{new}”", {"updateSheetProperties": {"properties": properties, "fields": "title"}}
        )

    def rename_column(self, tab: str, old: str, new: str) -> None:
        """Give a column another header; what stands below it stays."""
        layout, place = self._layout(tab), self._place(tab, old)
        self._free(tab, new)
        layout.header[place] = new
        step = f"rename column “{old}” of tab “{tab}” to “{new}”"
        self.request(step, write_cells(layout.sheet.sheet_id, 1, place, [[new]]))

    def add_column(self, tab: str, header: str, fill: Callable[[Mapping[str, Cell]], object] | None = None) -> None:
        """Add a column behind everything that stands in the tab, with what `fill` makes of each row.

        A filled column must go into one batch: a ledger of more than some 40,000 rows has none to fill, give the column a
        default instead.
        """
        layout = self._layout(tab)
        self._free(tab, header)
        # Behind what people have written beside the columns, too: it is neither covered nor taken for the new column's.
        place = max(len(layout.header), *map(len, layout.rows), 0)
        sheet, requests = layout.sheet, []
        if place >= sheet.columns:
            requests.append(widen(sheet.sheet_id, place + 1 - sheet.columns))
            layout.sheet = replace(sheet, columns=place + 1)
        requests.append(write_cells(sheet.sheet_id, 1, place, [[header]]))
        cells: list[object] = []
        if fill is not None:
            cells = [None if all(map(is_empty, row.values())) else fill(row) for row in self.rows(tab)]
        if cells:
            requests.append(write_cells(sheet.sheet_id, 2, place, [[cell] for cell in cells]))
            for row, cell in zip(layout.rows, cells, strict=True):
                row += [*[""] * (place - len(row)), as_read(cell)]
        layout.header += [*[""] * (place - len(layout.header)), header]
        told = f", filled in {len(cells)} {'row' if len(cells) == 1 else 'rows'}" if cells else ""
        self.request(f"add column “{header}” to tab “{tab}”{told}", *requests)

    def set_value(self, name: str, value: str) -> None:
        """Set one of the named values beside the lock cell."""
        self.values[name] = self.changed[name] = value
        self.steps.append(f"set “{name}” to “{value}”")

    def request(self, step: str, *requests: Request) -> None:
        """Anything else: requests of a `batchUpdate`, and what they do in words."""
        self.steps.append(step)
        self.requests += requests

    def _layout(self, tab: str) -> Layout:
        if tab not in self.tabs:
            raise SchemaMismatchError(f"Migration to schema version {self.version}: there is no tab “{tab}”.", tab=tab)
        return self.tabs[tab]

    def _place(self, tab: str, header: str) -> int:
        if self._layout(tab).header.count(header) != 1:
            raise SchemaMismatchError(
                f"Migration to schema version {self.version}: tab “{tab}” must have one header “{header}”.", tab=tab
            )
        return self._layout(tab).header.index(header)

    def _free(self, tab: str, header: str) -> None:
        if header in self._layout(tab).header:
            raise SchemaMismatchError(
                f"Migration to schema version {self.version}: tab “{tab}” has a header “{header}” already.", tab=tab
            )
