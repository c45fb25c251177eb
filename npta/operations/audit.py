"""Audit: read the whole spreadsheet again and check every invariant."""

from __future__ import annotations

from npta.domain.reports.audit import Log, SpreadsheetRows, audit
from npta.domain.reports.audit_keys import audit_inventory
from npta.domain.reports.audit_orders import audit_order_list
from npta.domain.reports.findings import FIRST_ROW, AuditFinding, fault
from npta.domain.stock.key_import import FINISH_IMPORT, Unfinished
from npta.services import Services
from npta.tables import ImportCapture, ImportHistory, KeyInventory, KeyLedger, LiveCatalogue, OrderList, Orders, Outbox
from sheets_schema import Database, Deadline, InternalTable, Ledger, SchemaMismatchError, View

LEDGERS: tuple[type[Ledger], ...] = (ImportHistory, LiveCatalogue, KeyLedger, Orders, Outbox, Database.log)


def audit_spreadsheet(services: Services, *, deadline: Deadline) -> list[AuditFinding]:
    """Return everything that is wrong with the spreadsheet, by tab and row.

    Raises `SchemaMismatchError` if a tab or header is missing, `UnavailableError`, `PermissionDeniedError`.
    """
    tabs: tuple[type[Ledger | View | InternalTable], ...] = (*LEDGERS, KeyInventory, ImportCapture)
    try:
        read = services.spreadsheet.scan([*tabs, OrderList], deadline)
    except SchemaMismatchError as missing:
        if missing.tab != OrderList.__table__.title:
            raise
        read = services.spreadsheet.scan(tabs, deadline)  # the list comes, or comes back, with the next commit
    damaged = [
        AuditFinding(tab.__table__.title, row, str(fact))
        for tab, facts in read.items()
        for row, fact in enumerate(facts, FIRST_ROW)
        if isinstance(fact, SchemaMismatchError)
    ]
    if damaged:
        return damaged
    log = [Log(row.version, row.commit, row.previous, row.counts()) for row in read[Database.log]]
    facts = SpreadsheetRows(read[ImportHistory], read[LiveCatalogue], read[KeyLedger], read[Orders], log, read[Outbox])
    found = [*audit(facts), *_capture(read[ImportCapture])]
    # A view that differs says nothing while the facts themselves are in doubt.
    return found or [
        *audit_inventory(facts.imports, facts.seats, read[KeyInventory]),
        *(audit_order_list(facts.imports, facts.seats, facts.orders, read[OrderList]) if OrderList in read else ()),
    ]


def _capture(rows: list[ImportCapture]) -> list[AuditFinding]:
    """Find rows that an import has left behind, where nobody but the owner sees them."""
    waiting = sum(1 for row in rows if any(cell is not None for cell in row.cells().values()))
    return [fault(ImportCapture, 0, f"{Unfinished(waiting)}. {FINISH_IMPORT}")] if waiting else []
