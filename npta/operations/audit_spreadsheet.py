"""Audit: the whole spreadsheet read again and checked against every invariant. Writes nothing."""

from __future__ import annotations

from npta.domain.audit import Facts, Log, audit
from npta.domain.fault import FIRST_ROW, Fault
from npta.domain.inventory import key_inventory
from npta.domain.state import State
from npta.domain.unfinished_import import NEXT_STEP, Unfinished
from npta.services import Services
from npta.tabs import ImportCapture, ImportHistory, KeyInventory, KeyLedger, LiveCatalogue, Orders, Outbox
from sheets_schema import Deadline, Ledger, SchemaError
from sheets_schema.inspection import read_whole
from sheets_schema.system_tabs import CommitLog

LEDGERS: tuple[type[Ledger], ...] = (ImportHistory, LiveCatalogue, KeyLedger, Orders, Outbox, CommitLog)


def audit_spreadsheet(services: Services, *, deadline: Deadline) -> list[Fault]:
    """Everything that is wrong with the spreadsheet, by tab and row; an empty list if nothing is.

    Raises `SchemaError` if a tab or header is missing, `Unavailable`, `Denied`.
    """
    read = read_whole(services.spreadsheet.client, [*LEDGERS, KeyInventory, ImportCapture], deadline)
    damaged = [
        Fault(tab.title, row, str(fact))
        for tab, facts in read.items()
        for row, fact in enumerate(facts, FIRST_ROW)
        if isinstance(fact, SchemaError)
    ]
    if damaged:
        return damaged
    log = [Log(row.version, row.commit, row.previous, row.counts()) for row in read[CommitLog]]
    facts = Facts(read[ImportHistory], read[LiveCatalogue], read[KeyLedger], read[Orders], log, read[Outbox])
    found = [*audit(facts), *_capture(read[ImportCapture])]
    return found or _inventory(facts, read[KeyInventory])


def _capture(rows: list[ImportCapture]) -> list[Fault]:
    """Whether an import has left rows behind, where nobody but the owner sees them."""
    waiting = sum(1 for row in rows if any(cell is not None for cell in row.cells().values()))
    return [Fault(ImportCapture.title, 0, f"{Unfinished(waiting)}. {NEXT_STEP}")] if waiting else []


def _inventory(facts: Facts, shown: list[KeyInventory]) -> list[Fault]:
    """Whether Key Inventory shows what the ledgers say. It is no fact: the next commit writes it anew."""
    state = State()
    for fact in (*facts.imports, *facts.seats):
        state.apply(fact)
    if key_inventory(state) == shown:
        return []
    return [Fault(KeyInventory.title, 0, "shows something else than the ledgers say; Refresh Inventory writes it anew")]
