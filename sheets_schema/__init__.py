"""Google Sheets as a small transactional database.

Declare tabs as pydantic models, fold facts into a state, and commit changes over several tabs in one atomic batch
under a lock cell.

Names are loaded when they are first used, so importing the emulator alone does not import this side of the package.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sheets_schema.client import GOOGLE, Client
    from sheets_schema.embedded import open_embedded
    from sheets_schema.errors import (
        CommitUnknownError,
        ForeignRowsError,
        InvalidDeclarationError,
        InvalidValueError,
        LimitExceededError,
        LockTimeoutError,
        LogDivergedError,
        NotProvisionedError,
        PermissionDeniedError,
        RequestRejectedError,
        SchemaMismatchError,
        SheetsError,
        UnavailableError,
        UniqueViolationError,
    )
    from sheets_schema.fold import Overlay, Projection, overlay
    from sheets_schema.metrics import RequestStats
    from sheets_schema.migration import Migration
    from sheets_schema.provision import Plan
    from sheets_schema.reading import InputRow
    from sheets_schema.repository import TableEditor
    from sheets_schema.rows import InMemoryTables
    from sheets_schema.schema import Schema
    from sheets_schema.spreadsheet import Spreadsheet
    from sheets_schema.tab import Choices, Generated, InputTable, InternalTable, Ledger, Tab, View, Width
    from sheets_schema.timing import EMBEDDED, Clock, Deadline, Timing
    from sheets_schema.transaction import Transaction
    from sheets_schema.wire import enforce_total_timeout

__all__ = [
    "EMBEDDED",
    "GOOGLE",
    "Choices",
    "Client",
    "Clock",
    "CommitUnknownError",
    "Deadline",
    "ForeignRowsError",
    "Generated",
    "InMemoryTables",
    "InputRow",
    "InputTable",
    "InternalTable",
    "InvalidDeclarationError",
    "InvalidValueError",
    "Ledger",
    "LimitExceededError",
    "LockTimeoutError",
    "LogDivergedError",
    "Migration",
    "NotProvisionedError",
    "Overlay",
    "PermissionDeniedError",
    "Plan",
    "Projection",
    "RequestRejectedError",
    "RequestStats",
    "Schema",
    "SchemaMismatchError",
    "SheetsError",
    "Spreadsheet",
    "Tab",
    "TableEditor",
    "Timing",
    "Transaction",
    "UnavailableError",
    "UniqueViolationError",
    "View",
    "Width",
    "enforce_total_timeout",
    "open_embedded",
    "overlay",
]

_HOMES = {
    "EMBEDDED": "timing",
    "GOOGLE": "client",
    "Busy": "errors",
    "Call": "metrics",
    "CellError": "errors",
    "Choices": "tab",
    "Client": "client",
    "Clock": "timing",
    "Computed": "tab",
    "Deadline": "timing",
    "DeclarationError": "errors",
    "Denied": "errors",
    "Duplicate": "errors",
    "Fold": "fold",
    "ForeignRowsError": "errors",
    "Forked": "errors",
    "Form": "tab",
    "FormRow": "reading",
    "InDoubt": "errors",
    "Ledger": "tab",
    "Lookup": "fold",
    "Migration": "migration",
    "NotProvisioned": "errors",
    "Plan": "provision",
    "Refused": "errors",
    "Rows": "rows",
    "Schema": "schema",
    "SchemaError": "errors",
    "SheetsError": "errors",
    "Spreadsheet": "spreadsheet",
    "System": "tab",
    "Tab": "tab",
    "Table": "repository",
    "Timing": "timing",
    "TooLarge": "errors",
    "Transaction": "transaction",
    "Unavailable": "errors",
    "View": "tab",
    "Width": "tab",
    "enforce_total_timeout": "wire",
    "lookup": "fold",
    "open_embedded": "embedded",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
