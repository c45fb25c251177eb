"""What the package shows to the outside."""

from __future__ import annotations

import sheets_schema
from sheets_schema import errors


def test_the_public_surface_is_what_it_should_be() -> None:
    assert sheets_schema.__all__ == [
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
    for name in sheets_schema.__all__:
        assert getattr(sheets_schema, name) is not None


def test_every_error_is_of_one_root_and_in_the_drawn_tree() -> None:
    drawn = errors.__doc__ or ""
    for name, error in vars(errors).items():
        if isinstance(error, type) and error.__module__ == errors.__name__:
            assert issubclass(error, errors.SheetsError)
            assert name in drawn
            assert error.__doc__
