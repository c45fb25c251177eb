"""Blank columns of ledgers, whose cells Google counts, too.

A ledger has a row for everything that ever happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sheets_schema.clock import Deadline
from sheets_schema.engine.client import Client
from sheets_schema.plurals import counted
from sheets_schema.protocol.a1 import column_letters, quoted
from sheets_schema.protocol.batch_requests import Request
from sheets_schema.protocol.sheet_layout import SheetLayout
from sheets_schema.provisioning.look_drift import Repair
from sheets_schema.schema.cells import Cell, is_empty
from sheets_schema.schema.tables import InputTable, Ledger, Tab, header_places

SPARE_COLUMNS = 2
"""Blank columns of a new input table, for people; every other tab has its declared columns only."""


def columns_of_new(tab: type[Tab]) -> int:
    """Return how many columns a new tab gets."""
    return tab.grid_columns() + (SPARE_COLUMNS if issubclass(tab, InputTable) else 0)


def take_blank_columns(
    client: Client, sheets: Mapping[str, SheetLayout], headers: Mapping[type[Tab], Sequence[Cell]], deadline: Deadline
) -> list[Repair]:
    """Return what takes away the columns at the right of ledgers in which nothing stands.

    Reads only where there are some. The number of columns is set (as gspread's `Worksheet.resize` does) rather than
    some deleted, so that a batch that arrives twice does the same as one.
    """
    filled = {ledger: _filled(header) for ledger, header in headers.items() if issubclass(ledger, Ledger)}
    wide = {
        ledger: columns
        for ledger, columns in filled.items()
        if columns < sheets[ledger.__table__.title].columns and all(header_places(ledger, headers[ledger]).values())
    }
    if not wide:
        return []
    ranges = [_beyond(ledger, columns, sheets[ledger.__table__.title]) for ledger, columns in wide.items()]
    repairs: list[Repair] = []
    for (ledger, columns), part in zip(wide.items(), client.values(ranges, deadline), strict=True):
        sheet = sheets[ledger.__table__.title]
        kept = columns + max((_filled(row) for row in part.get("values", [])), default=0)
        if blank := sheet.columns - kept:
            repairs.append(
                (f"take {counted(blank, 'blank column')} from tab “{ledger.__table__.title}”", [_narrowed(sheet, kept)])
            )
    return repairs


def _filled(row: Iterable[Cell]) -> int:
    return max((index for index, cell in enumerate(row, 1) if not is_empty(cell)), default=0)


def _beyond(ledger: type[Tab], columns: int, sheet: SheetLayout) -> str:
    return f"{quoted(ledger.__table__.title)}!{column_letters(columns)}:{column_letters(sheet.columns - 1)}"


def _narrowed(sheet: SheetLayout, columns: int) -> Request:
    properties = {"sheetId": sheet.sheet_id, "gridProperties": {"columnCount": columns}}
    return {"updateSheetProperties": {"properties": properties, "fields": "gridProperties.columnCount"}}
