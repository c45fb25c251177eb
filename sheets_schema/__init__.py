"""Google Sheets as a small transactional database.

Declare tabs as pydantic models, fold ledgers into a state, and commit changes over several tabs in one atomic batch
under a lock cell.

Names are loaded when they are first used, so importing the emulator alone does not import this side of the package.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sheets_schema.clock import EMBEDDED, Clock, Deadline, Timing
    from sheets_schema.database import Spreadsheet
    from sheets_schema.engine.client import GOOGLE, Client
    from sheets_schema.engine.embedded import open_embedded
    from sheets_schema.engine.request_stats import RequestStats
    from sheets_schema.engine.transport import enforce_total_timeout
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
    from sheets_schema.protocol.sheet_read import InputRow
    from sheets_schema.provisioning.migration import Migration
    from sheets_schema.provisioning.plan import Plan
    from sheets_schema.schema.declaration import Schema
    from sheets_schema.schema.in_memory_tables import InMemoryTables
    from sheets_schema.schema.projection import Overlay, Projection, overlay
    from sheets_schema.schema.tables import Choices, Generated, InputTable, InternalTable, Ledger, Tab, View, Width
    from sheets_schema.table_editor import TableEditor
    from sheets_schema.transaction import Transaction

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

_MODULES = {
    "clock": ("EMBEDDED", "Clock", "Deadline", "Timing"),
    "database": ("Spreadsheet",),
    "engine.client": ("GOOGLE", "Client"),
    "engine.embedded": ("open_embedded",),
    "engine.request_stats": ("RequestStats",),
    "engine.transport": ("enforce_total_timeout",),
    "protocol.sheet_read": ("InputRow",),
    "provisioning.migration": ("Migration",),
    "provisioning.plan": ("Plan",),
    "schema.declaration": ("Schema",),
    "schema.in_memory_tables": ("InMemoryTables",),
    "schema.projection": ("Overlay", "Projection", "overlay"),
    "schema.tables": ("Choices", "Generated", "InputTable", "InternalTable", "Ledger", "Tab", "View", "Width"),
    "table_editor": ("TableEditor",),
    "transaction": ("Transaction",),
}


def __getattr__(name: str) -> Any:
    if name in __all__:
        module = next((module for module, names in _MODULES.items() if name in names), "errors")
        return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
