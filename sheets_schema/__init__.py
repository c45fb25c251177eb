"""Google Sheets as a small transactional database.

Declare tabs as pydantic models, fold facts into a state, and commit changes over several tabs in one atomic batch
under a lock cell.
"""

from sheets_schema.client import GOOGLE, Client
from sheets_schema.errors import (
    Busy,
    CellError,
    DeclarationError,
    Denied,
    Forked,
    InDoubt,
    NotProvisioned,
    Refused,
    SchemaError,
    SheetsError,
    Unavailable,
)
from sheets_schema.fold import Fold, Lookup, lookup
from sheets_schema.provision import Plan
from sheets_schema.reading import FormRow
from sheets_schema.repository import Table
from sheets_schema.schema import Schema
from sheets_schema.spreadsheet import Spreadsheet
from sheets_schema.tab import Choices, Computed, Form, Ledger, System, View, Width
from sheets_schema.timing import EMBEDDED, Clock, Deadline, Timing
from sheets_schema.transaction import Transaction

__all__ = [
    "EMBEDDED",
    "GOOGLE",
    "Busy",
    "CellError",
    "Choices",
    "Client",
    "Clock",
    "Computed",
    "Deadline",
    "DeclarationError",
    "Denied",
    "Fold",
    "Forked",
    "Form",
    "FormRow",
    "InDoubt",
    "Ledger",
    "Lookup",
    "NotProvisioned",
    "Plan",
    "Refused",
    "Schema",
    "SchemaError",
    "SheetsError",
    "Spreadsheet",
    "System",
    "Table",
    "Timing",
    "Transaction",
    "Unavailable",
    "View",
    "Width",
    "lookup",
]
