"""What the package shows to the outside, and that the service lives on it."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

import pytest

import npta
import sheets_schema
from sheets_schema import errors

EVERYDAY = [
    "sheets_schema",
    "sheets_schema.advanced",
    "sheets_schema.errors",
    "sheets_schema.replicate",
    "sheets_schema.replicate.options",
]
EMULATOR = ["sheets_schema.emulator", "sheets_schema.testing"]


def test_the_public_surface_is_what_it_should_be() -> None:
    assert sheets_schema.__all__ == [
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
    assert len(sheets_schema.__all__) <= 25
    for module in (*EVERYDAY, "sheets_schema.emulator"):
        found = import_module(module)
        for name in getattr(found, "__all__", ()):
            assert getattr(found, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'Spreadsheet'"):
        sheets_schema.Spreadsheet  # noqa: B018 — looking it up is what is tested


def test_the_service_lives_on_public_names_alone() -> None:
    home = Path(npta.__file__).parent
    strange = [
        f"{path.relative_to(home.parent)}: {module}.{name}"
        for path in sorted(home.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        for module, name in imported(node)
        if name not in public(module, local="local" in path.parts)
    ]
    assert strange == []


def imported(node: ast.AST) -> list[tuple[str, str]]:
    """What of the library a statement imports, as (module, name)."""
    if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "sheets_schema":
        return [(str(node.module), alias.name) for alias in node.names]
    if isinstance(node, ast.Import):
        return [(alias.name, "") for alias in node.names if alias.name.partition(".")[0] == "sheets_schema"]
    return []


def public(module: str, *, local: bool) -> set[str]:
    """The public names of a module; none of one that is not for `npta`, or only for what is run locally."""
    if module not in (*EVERYDAY, *(EMULATOR if local else ())):
        return set()
    found = import_module(module)
    return set(getattr(found, "__all__", vars(found)))


def test_every_error_is_of_one_root_and_in_the_drawn_tree() -> None:
    drawn = errors.__doc__ or ""
    for name, error in vars(errors).items():
        if isinstance(error, type) and error.__module__ == errors.__name__:
            assert issubclass(error, errors.SheetsError)
            assert name in drawn
            assert error.__doc__
