"""What the packages promise of themselves beyond the one-way imports, which import-linter checks (pyproject.toml)."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sheets_schema import errors

ROOT = Path(__file__).parents[1]
CLOCKS = {"now", "utcnow", "today", "fromtimestamp"}


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT).with_suffix("")).replace("/", ".")


def test_imports_go_one_way() -> None:
    found = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize("path", modules("npta/domain"), ids=name_of)
def test_the_domain_reads_no_clock_and_prints_nothing(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            assert node.attr not in CLOCKS, f"line {node.lineno}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in {"open", "print", "input"}, f"line {node.lineno}"


@pytest.mark.parametrize("path", modules("npta/web"), ids=name_of)
def test_the_web_sees_errors_deadlines_and_timeouts_of_the_library_and_no_table(path: Path) -> None:
    allowed = {"Deadline", "enforce_total_timeout", *(name for name in vars(errors) if name[0].isupper())}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "sheets_schema":
            assert node.module in {"sheets_schema", "sheets_schema.advanced"}
            assert {alias.name for alias in node.names} <= allowed
        if isinstance(node, ast.Import):
            assert not any(alias.name.startswith("sheets_schema") for alias in node.names)


def test_a_class_name_means_one_class() -> None:
    found: dict[str, list[str]] = {}
    for path in [*modules("sheets_schema"), *modules("npta")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                found.setdefault(node.name, []).append(f"{name_of(path)}:{node.lineno}")
    assert {name: classes for name, classes in found.items() if len(classes) > 1} == {}


def test_docstrings_begin_with_one_short_sentence() -> None:
    described = (ast.Module, ast.ClassDef, ast.FunctionDef)
    first_lines = [
        (f"{name_of(path)}:{getattr(node, 'lineno', 1)}", text.splitlines()[0])
        for path in [ROOT / "main.py", *modules("sheets_schema"), *modules("npta")]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, described) and (text := ast.get_docstring(node))
    ]
    assert len(first_lines) > 1000
    assert [(where, line) for where, line in first_lines if len(line) > 90 or not line.endswith(".")] == []


WATCH = """
import json, sys, threading
seen = []
def watch(event, arguments):
    if event in ("socket.connect", "sqlite3.connect", "subprocess.Popen", "os.fork", "os.mkdir"):
        seen.append(event)
    elif event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        if "__pycache__" not in str(arguments[0]):
            seen.append(f"open {arguments[0]}")
sys.addaudithook(watch)
import main
print(json.dumps([seen, threading.active_count()]))
"""


def test_nothing_is_opened_or_started_when_the_entry_is_imported(tmp_path: Path) -> None:
    """functions-framework imports it in the master process, before the workers are forked."""
    file = tmp_path / "never.db"
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "NPTA_SPREADSHEET": f"sqlite:///{file}",
        "NPTA_REGION": "CANADA",
        "NPTA_ORDER_KEYS": "an-order-key-for-this-test",
        "NPTA_OPERATOR_KEYS": "an-operator-key-for-this-test",
        "NPTA_TEST_RECIPIENT": "test@npta.example",
    }
    told = subprocess.run(
        [sys.executable, "-c", WATCH],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    opened, threads = json.loads(told.stdout.splitlines()[-1])
    assert opened == []
    assert threads == 1
    assert not file.exists()
