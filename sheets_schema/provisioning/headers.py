"""Headers of existing tabs: add missing ones, spell them as declared. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sheets_schema.errors import SchemaMismatchError
from sheets_schema.protocol.batch_requests import Request, grid, widen, write_cells
from sheets_schema.protocol.new_tab import format_column, format_header, widened
from sheets_schema.protocol.sheet_layout import SheetLayout
from sheets_schema.provisioning.look_drift import Repair
from sheets_schema.schema.cells import Cell
from sheets_schema.schema.columns import Column
from sheets_schema.schema.tables import Binding, InputTable, Ledger, Tab, View, header_places


def repair_headers(tab: type[Tab], sheet: SheetLayout, header: Sequence[Cell]) -> list[Repair]:
    """Write missing headers into free cells at the end of the first row.

    What stands there stays. A view's header comes back by itself. Where people or facts may stand below a header that
    is only renamed, it is for people to write it back, as it is to take away one that is doubled. Raises
    `SchemaMismatchError` that says so.
    """
    if issubclass(tab, View):
        return []
    title = tab.__table__.title
    texts = [str(cell).strip() for cell in header]
    places = header_places(tab, header)
    missing = [column for column in tab.columns() if not places[column.header]]
    Binding.of(tab, [*header, *(column.header for column in missing)])  # names one that is doubled
    repairs: list[Repair] = [
        (
            f"spell the header “{texts[found[0]]}” of tab “{title}” as “{name}”",
            [write_cells(sheet.sheet_id, 1, found[0], [[name]])],
        )
        for name, found in places.items()
        if found and texts[found[0]] != name
    ]
    if not missing:
        return repairs
    # What is computed is computed again, wherever its column stands.
    theirs = [column.header for column in missing if issubclass(tab, InputTable) and not column.computed]
    facts = [column.header for column in missing if issubclass(tab, Ledger) and column.required]
    if (theirs or facts) and any(texts):
        raise SchemaMismatchError(
            f"Tab “{title}”: the header {', '.join(f'“{name}”' for name in theirs or facts)} is missing. "
            "Write it into row 1 above the column it belongs to, or above an empty one if there is none yet, then run provision "
            "again.",
            tab=title,
        )
    step = f"write headers of tab “{title}”: {', '.join(column.header for column in missing)}"
    return [*repairs, (step, _headers_written(tab, sheet, len(texts), missing))]


def widen_view(tab: type[Tab], sheet: SheetLayout) -> tuple[SheetLayout, list[Repair]]:
    """Make room for columns that a view has got since its tab was made.

    So they are formatted with the others; a commit fills them.
    """
    more = len(tab.columns()) - sheet.columns
    if not issubclass(tab, View) or more <= 0:
        return sheet, []
    step = f"make room for columns of tab “{tab.__table__.title}”"
    return replace(sheet, columns=len(tab.columns())), [(step, [widen(sheet.sheet_id, more)])]


def _headers_written(tab: type[Tab], sheet: SheetLayout, first: int, missing: Sequence[Column]) -> list[Request]:
    more = first + len(missing) - sheet.columns
    requests = [widen(sheet.sheet_id, more)] if more > 0 else []
    requests.append(write_cells(sheet.sheet_id, 1, first, [[column.header for column in missing]]))
    for index, column in enumerate(missing, first):
        requests += format_column(column, grid(sheet.sheet_id, 2, sheet.rows - 1, index, 1))
        requests.append(format_header(tab, column, grid(sheet.sheet_id, 1, 1, index, 1)))
        if column.width and index >= sheet.columns:  # else somebody may have made it as wide as it is
            requests.append(widened(sheet.sheet_id, index, column.width))
    return requests
