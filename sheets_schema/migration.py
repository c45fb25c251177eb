"""One step from a schema version to the next: what it sees of the spreadsheet, and what it asks to be changed. Pure.

    def cents(migration: Migration) -> None:
        migration.rename_column("Payments", "amount", "cents")

    Schema(version=2, migrations={2: cents}, …)

It leaves in one fenced commit with the new version, so that it happens once, wholly or not at all. It may be run
several times before that, so it talks to nobody; a dry run (`plan`) is the same without the commit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sheets_schema.cells import Cell
from sheets_schema.changes import Request, widen, write_cells
from sheets_schema.errors import SchemaError
from sheets_schema.reading import Sheet


@dataclass
class Layout:
    """A tab as it stands: where it is, its header, and its rows, read when first asked for."""

    sheet: Sheet
    header: list[str]
    read: Callable[[], list[list[Cell]]]


@dataclass
class Migration:
    """What a migration is given. Everything it asks for is staged, and later steps see what earlier ones have done."""

    version: int
    tabs: dict[str, Layout]
    values: dict[str, str]
    steps: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)
    changed: dict[str, str] = field(default_factory=dict)

    def header(self, tab: str) -> list[str]:
        """A tab's header. Raises `SchemaError` if there is no such tab."""
        return list(self._layout(tab).header)

    def rows(self, tab: str) -> list[dict[str, Cell]]:
        """A tab's rows by header, as they stand in the sheet."""
        layout = self._layout(tab)
        empty: list[Cell] = [""] * len(layout.header)
        return [dict(zip(layout.header, [*row, *empty[len(row) :]], strict=False)) for row in layout.read()[1:]]

    def rename_tab(self, old: str, new: str) -> None:
        """Give a tab another title; a ledger's rows stay facts."""
        layout = self._layout(old)
        if new in self.tabs:
            raise SchemaError(f"Migration to schema version {self.version}: there is a tab “{new}” already.", tab=new)
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
        """Add a column behind the last one, with what `fill` makes of each row.

        A filled column must go into one batch: a ledger of more than some 40,000 rows has none to fill, give the column a
        default instead.
        """
        layout = self._layout(tab)
        self._free(tab, header)
        place, sheet_id = len(layout.header), layout.sheet.sheet_id
        requests = [widen(sheet_id, place + 1 - layout.sheet.columns)] if place >= layout.sheet.columns else []
        requests.append(write_cells(sheet_id, 1, place, [[header]]))
        filled = 0
        if fill is not None:
            cells = [
                [fill(row) if any(cell not in ("", None) for cell in row.values()) else None] for row in self.rows(tab)
            ]
            filled = len(cells)
            if cells:
                requests.append(write_cells(sheet_id, 2, place, cells))
        layout.header.append(header)
        told = f", filled in {filled} rows" if filled else ""
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
            raise SchemaError(f"Migration to schema version {self.version}: there is no tab “{tab}”.", tab=tab)
        return self.tabs[tab]

    def _place(self, tab: str, header: str) -> int:
        if self._layout(tab).header.count(header) != 1:
            raise SchemaError(
                f"Migration to schema version {self.version}: tab “{tab}” must have one header “{header}”.", tab=tab
            )
        return self._layout(tab).header.index(header)

    def _free(self, tab: str, header: str) -> None:
        if header in self._layout(tab).header:
            raise SchemaError(
                f"Migration to schema version {self.version}: tab “{tab}” has a header “{header}” already.", tab=tab
            )
