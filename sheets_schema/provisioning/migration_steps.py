"""One step from a schema version to the next: what it sees, and what it changes. Pure.

    def cents(migration: Migration) -> None:
        migration.rename_column("Payments", "amount", "cents")

    Schema(version=2, migrations={2: cents}, …)

It leaves in one fenced commit with the new version, so that it happens once, wholly or not at all. It may be run
several times before that, so it talks to nobody; a dry run (`plan`) is the same without the commit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

from sheets_schema.errors import SchemaMismatchError
from sheets_schema.plurals import counted
from sheets_schema.protocol.batch_requests import Request, clear_cells, grow, grown, widen, write_cells
from sheets_schema.protocol.openings import FIRST_ROW, LedgerOpening, opening_rows, read_openings
from sheets_schema.protocol.sheet_layout import SheetLayout
from sheets_schema.schema.cells import Cell, as_read, is_empty
from sheets_schema.schema.internal_tables import OPENING, OpeningTable
from sheets_schema.schema.tables import header_places


@dataclass
class Layout:
    """A tab as it stands, with what was staged so far.

    Its position, its header, and how to read the rows below.
    """

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
        """Return a tab's rows by header, as they stand in the sheet.

        Cells below no header are left out.
        """
        layout = self._layout(tab)
        places = [(index, header) for index, header in enumerate(layout.header) if header]
        return [{header: row[index] if index < len(row) else "" for index, header in places} for row in layout.rows]

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
        request = {"updateSheetProperties": {"properties": properties, "fields": "title"}}
        opened = self._change_openings(lambda title, opening: (new if title == old else title, opening))
        self.request(f"rename tab “{old}” to “{new}”", request, *opened)

    def rename_column(self, tab: str, old: str, new: str) -> None:
        """Give a column another header; what stands below it stays."""
        layout, index = self._layout(tab), self._place(tab, old)
        self._free(tab, new)
        layout.header[index] = new
        step = f"rename column “{old}” of tab “{tab}” to “{new}”"
        opened = self._change_opened_rows(
            tab, lambda row: {new if key == old else key: cell for key, cell in row.items()}
        )
        self.request(step, *opened, write_cells(layout.sheet.sheet_id, 1, index, [[new]]))

    def add_column(self, tab: str, header: str, fill: Callable[[Mapping[str, Cell]], object] | None = None) -> None:
        """Add a column behind everything that stands in the tab, with what `fill` makes of each row.

        A filled column must go into one batch: a ledger of more than some 40,000 rows has none to fill, give the column a
        default instead.
        """
        layout = self._layout(tab)
        self._free(tab, header)
        # Behind what people have written beside the columns, too: it is neither covered nor taken for the new column's.
        index = max(len(layout.header), *map(len, layout.rows), 0)
        sheet, requests = layout.sheet, []
        if index >= sheet.columns:
            requests.append(widen(sheet.sheet_id, index + 1 - sheet.columns))
            layout.sheet = replace(sheet, columns=index + 1)
        requests.append(write_cells(sheet.sheet_id, 1, index, [[header]]))
        cells: list[object] = []
        if fill is not None:
            cells = [None if all(map(is_empty, row.values())) else fill(row) for row in self.rows(tab)]
            requests += self._change_opened_rows(tab, partial(_filled, header, layout.header, fill))
        if cells:
            requests.append(write_cells(sheet.sheet_id, 2, index, [[cell] for cell in cells]))
            for row, cell in zip(layout.rows, cells, strict=True):
                row += [*[""] * (index - len(row)), as_read(cell)]
        layout.header += [*[""] * (index - len(layout.header)), header]
        message = f", filled in {counted(sum(cell is not None for cell in cells), 'row')}" if cells else ""
        self.request(f"add column “{header}” to tab “{tab}”{message}", *requests)

    def _change_opened_rows(self, tab: str, change: Callable[[Mapping[str, Cell]], dict[str, Cell]]) -> list[Request]:
        """Return what changes the rows that stand for those which have left a ledger."""
        return self._change_openings(
            lambda title, opening: (
                title,
                replace(opening, rows=[*map(change, opening.rows)]) if title == tab else opening,
            )
        )

    def _change_openings(self, change: Callable[[str, LedgerOpening], tuple[str, LedgerOpening]]) -> list[Request]:
        """Return what writes the tab *Opening* anew, if there is one and it changes."""
        layout = self.tabs.get(OPENING)
        if layout is None or not all(header_places(OpeningTable, [*layout.header]).values()):
            return []
        before = read_openings([layout.header, *layout.rows])
        after = dict(change(title, opening) for title, opening in before.items())
        if after == before:
            return []
        fields = {column.header: column.field for column in OpeningTable.columns()}
        rows = [
            [row.cells()[fields[header]] if header in fields else "" for header in layout.header]
            for row in opening_rows(after)
        ]
        sheet = layout.sheet
        cleared = clear_cells(sheet.sheet_id, FIRST_ROW, max(1, len(layout.rows)), sheet.columns)
        growing = grow(sheet, sheet.rows, len(rows) + 1)
        layout.sheet = replace(sheet, rows=grown(sheet.rows, len(rows) + 1))
        layout.rows = [[as_read(cell) for cell in row] for row in rows]
        return [*growing, cleared, write_cells(sheet.sheet_id, FIRST_ROW, 0, rows)]

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


def _filled(
    header: str, known: Iterable[str], fill: Callable[[Mapping[str, Cell]], object], row: Mapping[str, Cell]
) -> dict[str, Cell]:
    """Return a row of an opening with a new column."""
    value = as_read(fill({**dict.fromkeys(filter(None, known), ""), **row}))
    return {**row} if is_empty(value) else {**row, header: value}
