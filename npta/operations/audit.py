"""Audit: read the whole spreadsheet again and check every invariant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from npta.domain.reports.audit import audit, folded
from npta.domain.reports.audit_keys import audit_inventory
from npta.domain.reports.audit_orders import audit_order_list
from npta.domain.reports.audited_rows import Departed, Log, SpreadsheetRows
from npta.domain.reports.findings import FIRST_ROW, AuditFinding, fault
from npta.domain.stock.import_keys import FINISH_IMPORT, Unfinished
from npta.services import Services
from npta.tables import (
    ArchiveIndex,
    ImportCapture,
    ImportHistory,
    KeyInventory,
    KeyLedger,
    LiveCatalogue,
    OrderList,
    Orders,
    Outbox,
)
from sheets_schema import Database, Deadline, InternalTable, Ledger, SchemaMismatchError, View
from sheets_schema.advanced import ScannedRows

LEDGERS: tuple[type[Ledger], ...] = (ImportHistory, LiveCatalogue, KeyLedger, Orders, Outbox, Database.log)
_OPTIONAL: tuple[type[Ledger | View], ...] = (ArchiveIndex, OrderList)
"""They come, or come back, with a provision or the next commit."""

Tabs = Mapping[Any, ScannedRows]


def audit_spreadsheet(services: Services, *, deadline: Deadline) -> list[AuditFinding]:
    """Return everything that is wrong with the spreadsheet, by tab and row.

    Raises `SchemaMismatchError` if a tab or header is missing, `UnavailableError`, `PermissionDeniedError`.
    """
    read = read_tabs(services, deadline)
    return damaged_rows(read) or audit_tabs(read, rows_of(read))


def read_tabs(services: Services, deadline: Deadline) -> Tabs:
    """Read everything that is audited, as it stands at one moment.

    Raises like `audit_spreadsheet`.
    """
    tabs: list[type[Ledger | View | InternalTable]] = [*LEDGERS, KeyInventory, ImportCapture, *_OPTIONAL]
    while True:
        try:
            return services.spreadsheet.scan(tabs, deadline)
        except SchemaMismatchError as missing:
            missed = [tab for tab in tabs if tab in _OPTIONAL and tab.__table__.title == missing.tab]
            if not missed:
                raise
            tabs.remove(missed[0])


def damaged_rows(read: Tabs) -> list[AuditFinding]:
    """Return rows that cannot be read at all."""
    return [
        AuditFinding(tab.__table__.title, row, str(fact))
        for tab, facts in read.items()
        for row, fact in enumerate(facts, facts.first_row)
        if isinstance(fact, SchemaMismatchError)
    ]


def rows_of(read: Tabs) -> SpreadsheetRows:
    """Return the rows of all ledgers."""
    log = [Log(row.version, row.commit, row.previous, row.counts()) for row in read[Database.log]]
    return SpreadsheetRows(
        read[ImportHistory],
        read[LiveCatalogue],
        read[KeyLedger],
        read[Orders],
        log,
        read[Outbox],
        {
            tab.__table__.title: Departed(rows.gone, rows.first_row - FIRST_ROW, tuple(rows.opening))
            for tab, rows in read.items()
            if rows.gone
        },
        read.get(ArchiveIndex, ()),
    )


def audit_tabs(read: Tabs, facts: SpreadsheetRows) -> list[AuditFinding]:
    """Return everything that is wrong with what stands in the spreadsheet."""
    found = [*audit(facts), *_capture(read[ImportCapture])]
    if found:  # a view that differs says nothing while the facts themselves are wrong
        return found
    state = folded(facts)
    return [
        *audit_inventory(state, read[KeyInventory]),
        *(audit_order_list(state, read[OrderList]) if OrderList in read else ()),
    ]


def _capture(rows: Iterable[ImportCapture]) -> list[AuditFinding]:
    """Find rows that an import has left behind, where nobody but the owner sees them."""
    waiting = sum(1 for row in rows if any(cell is not None for cell in row.cells().values()))
    return [fault(ImportCapture, 0, f"{Unfinished(waiting)}. {FINISH_IMPORT}")] if waiting else []
