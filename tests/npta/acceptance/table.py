"""Which tests show which row: read from the marks in the tests, not from a list that somebody keeps."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.npta.acceptance.rows import ROWS

ROOT = Path(__file__).parents[3]
DOCUMENT = ROOT / "docs" / "acceptance.md"


def marked() -> dict[str, list[str]]:
    """Row → tests, as `file::test`."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for row, name in (*_marks(tree, ""), *_marks_of_all(tree)):
            found.setdefault(row, []).append(f"{path.relative_to(ROOT)}::{name}")
    return found


def _marks(node: ast.AST, inside: str) -> Iterator[tuple[str, str]]:
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.ClassDef):
            continue
        name = f"{inside}{child.name}"
        for decorator in child.decorator_list:
            if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.row":
                yield from ((ast.literal_eval(argument), name) for argument in decorator.args)
        if isinstance(child, ast.ClassDef):
            yield from _marks(child, f"{name}::")


def _marks_of_all(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """The rows that a module marks all its tests with (`pytestmark`)."""
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "pytestmark":
            marks = [call for call in ast.walk(statement.value) if isinstance(call, ast.Call)]
            rows = [
                ast.literal_eval(row)
                for call in marks
                if ast.unparse(call.func) == "pytest.mark.row"
                for row in call.args
            ]
            yield from ((row, name) for row in rows for name in _tests(tree, ""))


def _tests(node: ast.AST, inside: str) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef) and child.name.startswith("test_"):
            yield f"{inside}{child.name}"
        elif isinstance(child, ast.ClassDef):
            yield from _tests(child, f"{child.name}::")


def document() -> str:
    """The page."""
    tests = marked()
    lines = [
        "# What must hold, and what shows it",
        "",
        "One row a feature of NPTA's runbook, then what goes beyond it (X). The tests call the function over HTTP or a",
        "command at the shell, with the emulated spreadsheet, the local shop and the local Slack behind it, and look at the",
        "spreadsheet with plain gspread. Written by `python -m tests.npta.acceptance`; a test holds this page to the marks.",
        "",
        "| row | what must hold | tests |",
        "|---|---|---|",
    ]
    for row, what in ROWS.items():
        names = "<br>".join(f"`{test.removeprefix('tests/')}`" for test in tests.get(row, ())) or "none"
        lines.append(f"| {row} | {what} | {names} |")
    return "\n".join(lines) + "\n"
