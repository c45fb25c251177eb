"""What the package shows to the outside."""

from __future__ import annotations

import sheets_schema
from sheets_schema import errors


def test_the_public_surface_is_what_it_should_be() -> None:
    assert sheets_schema.__all__ == [
        "EMBEDDED", "GOOGLE", "Busy", "Call", "CellError", "Choices", "Client", "Clock", "Computed", "Deadline",
        "DeclarationError", "Denied", "Duplicate", "Fold", "ForeignRowsError", "Forked", "Form", "FormRow", "InDoubt", "Ledger", "Lookup",
        "Migration", "NotProvisioned", "Plan", "Refused", "Rows", "Schema", "SchemaError", "SheetsError", "Spreadsheet",
        "System", "Tab", "Table", "Timing", "TooLarge", "Transaction", "Unavailable", "View", "Width", "enforce_total_timeout",
        "lookup",
        "open_embedded",
    ]  # fmt: skip
    for name in sheets_schema.__all__:
        assert getattr(sheets_schema, name) is not None


def test_every_error_is_of_one_root_and_in_the_drawn_tree() -> None:
    drawn = errors.__doc__ or ""
    for name, error in vars(errors).items():
        if isinstance(error, type) and error.__module__ == errors.__name__:
            assert issubclass(error, errors.SheetsError)
            assert name in drawn
            assert error.__doc__
