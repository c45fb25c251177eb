"""Google Sheets as a small transactional database.

Declare tables as pydantic models, and run functions as transactions: each commits its changes over several tabs in one
atomic batch under a lock cell. For advanced users there is `sheets_schema.advanced`; all errors are in `sheets_schema.errors`.

Names are loaded when they are first used, so importing the emulator alone does not import this side of the package.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sheets_schema.clock import Clock, Deadline
    from sheets_schema.database import Database
    from sheets_schema.errors import (
        CommitUnknownError,
        ForeignRowsError,
        LimitExceededError,
        NotProvisionedError,
        RequestRejectedError,
        SchemaMismatchError,
        SheetsError,
        UnavailableError,
        UniqueViolationError,
    )
    from sheets_schema.protocol.table_read import InputRow
    from sheets_schema.schema.columns import Choices, Generated
    from sheets_schema.schema.declaration import Schema
    from sheets_schema.schema.looks import Width
    from sheets_schema.schema.projection import Overlay, Projection, overlay
    from sheets_schema.schema.tables import InputTable, InternalTable, Ledger, View
    from sheets_schema.transaction import Transaction

__all__ = [
    "Choices",
    "Clock",
    "CommitUnknownError",
    "Database",
    "Deadline",
    "ForeignRowsError",
    "Generated",
    "InputRow",
    "InputTable",
    "InternalTable",
    "Ledger",
    "LimitExceededError",
    "NotProvisionedError",
    "Overlay",
    "Projection",
    "RequestRejectedError",
    "Schema",
    "SchemaMismatchError",
    "SheetsError",
    "Transaction",
    "UnavailableError",
    "UniqueViolationError",
    "View",
    "Width",
    "overlay",
]

_MODULES = {
    "clock": ("Clock", "Deadline"),
    "database": ("Database",),
    "protocol.table_read": ("InputRow",),
    "schema.declaration": ("Schema",),
    "schema.looks": ("Width",),
    "schema.projection": ("Overlay", "Projection", "overlay"),
    "schema.columns": ("Choices", "Generated"),
    "schema.tables": ("InputTable", "InternalTable", "Ledger", "View"),
    "transaction": ("Transaction",),
}


def __getattr__(name: str) -> Any:
    if name in __all__:
        module = next((module for module, names in _MODULES.items() if name in names), "errors")
        return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
