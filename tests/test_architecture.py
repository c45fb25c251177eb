"""One-way imports: this is the diagram of the packages that cannot go stale.

A new module is put into its list here, at the place where it may import all that stands before it.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from sheets_schema import errors

ROOT = Path(__file__).parents[1]

SHEETS_SCHEMA = (
    "errors", "timing", "quota", "metrics", "collector",
    "a1", "cells", "tab", "fold", "keys", "rows", "system_tabs", "schema",
    "lock_cell", "reading", "changes", "limits", "migration", "dressing", "damage", "snapshot", "commit",
    "foreign", "wire", "client", "provision", "inspection", "replica", "committer", "lock",
    "repository", "transaction", "group", "turns", "leader", "migrate", "spreadsheet", "embedded",
    "scratch", "probes", "probe",
)  # fmt: skip
"""Each module may import those before it: words, declarations, pure protocol, wire, what users see."""

PURE = SHEETS_SCHEMA[: SHEETS_SCHEMA.index("wire")]
"""Modules that see no wire. `timing` makes the clock that all others are handed."""

NPTA = (
    ("errors", "tables", "log"),
    ("settings", "tabs"),
    ("domain",),
    ("clients",),
    ("pushing",),
    ("sending",),
    ("services",),
    ("operations",),
    ("web",),
    ("server",),
    ("local",),
    ("commands",),
    ("cli",),
    ("__main__",),
)
"""Layers of the service: each may import itself and those above it. `main.py` may import all."""

IO_LIBRARIES = {
    "aiohttp", "flask", "google", "gspread", "http", "httpx", "logging", "multiprocessing", "os", "pathlib", "random",
    "requests", "secrets", "slack_sdk", "socket", "sqlite3", "subprocess", "sys", "tempfile", "threading", "time",
    "urllib", "urllib3", "uuid", "werkzeug",
}  # fmt: skip


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """Every node but those that only a type checker sees."""
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from walk(child)


def imports(path: Path) -> Iterator[str]:
    """The modules that a module imports, anywhere in it, by their full names."""
    own = module_name(path).split(".")
    package = own if path.name == "__init__.py" else own[:-1]
    for node in walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*start, *([node.module] if node.module else [])])
            for alias in node.names:
                yield f"{base}.{alias.name}" if is_module(f"{base}.{alias.name}") else base


def inside(package: str, path: Path) -> list[str]:
    """What a module imports of a package, without the package's name."""
    return [name.removeprefix(package).lstrip(".") for name in imports(path) if name.split(".")[0] == package]


def test_every_module_of_the_library_has_its_place() -> None:
    there = {path.stem for path in (ROOT / "sheets_schema").glob("*.py")} - {"__init__"}
    assert there == set(SHEETS_SCHEMA)
    assert len(SHEETS_SCHEMA) == len(set(SHEETS_SCHEMA))


@pytest.mark.parametrize("module", SHEETS_SCHEMA)
def test_a_module_of_the_library_imports_only_what_stands_before_it(module: str) -> None:
    before = SHEETS_SCHEMA[: SHEETS_SCHEMA.index(module)]
    used = set(inside("sheets_schema", ROOT / "sheets_schema" / f"{module}.py"))
    assert used <= ({*before, "emulator"} if module == "embedded" else set(before))


@pytest.mark.parametrize("module", [module for module in PURE if module not in ("timing", "quota")])
def test_the_protocol_is_pure(module: str) -> None:
    used = {name.split(".")[0] for name in imports(ROOT / "sheets_schema" / f"{module}.py")}
    assert not used & IO_LIBRARIES


@pytest.mark.parametrize("path", modules("sheets_schema"), ids=module_name)
def test_the_library_knows_nothing_of_the_service(path: Path) -> None:
    assert inside("npta", path) == []
    assert "main" not in imports(path)


@pytest.mark.parametrize("path", modules("sheets_schema/emulator"), ids=module_name)
def test_the_emulator_shares_nothing_with_what_it_is_to_test(path: Path) -> None:
    assert all(name.split(".")[0] == "emulator" for name in inside("sheets_schema", path))


def test_every_module_of_the_service_has_its_layer() -> None:
    there = {path.relative_to(ROOT / "npta").with_suffix("").parts[0] for path in modules("npta")} - {"__init__"}
    assert there <= {name for layer in NPTA for name in layer}


@pytest.mark.parametrize("path", modules("npta"), ids=module_name)
def test_a_module_of_the_service_imports_only_its_own_layer_and_those_before_it(path: Path) -> None:
    place = path.relative_to(ROOT / "npta").with_suffix("").parts[0]
    if place == "__init__":
        assert inside("npta", path) == []
        return
    rank = {name: number for number, layer in enumerate(NPTA) for name in layer}
    for name in inside("npta", path):
        other = name.split(".")[0] or "__init__"
        assert other == place or rank[other] < rank[place], f"{module_name(path)} imports npta.{name}"


@pytest.mark.parametrize("package", ["npta", "sheets_schema"])
def test_no_module_imports_itself_in_a_circle(package: str) -> None:
    graph = {
        module_name(path): {name for name in imports(path) if name.split(".")[0] == package}
        for path in modules(package)
        if path.name != "__init__.py"
    }
    done: set[str] = set()

    def follow(name: str, above: tuple[str, ...]) -> None:
        assert name not in above, " → ".join([*above, name])
        if name not in done:
            for other in graph.get(name, ()):
                follow(other, (*above, name))
            done.add(name)

    for name in graph:
        follow(name, ())


@pytest.mark.parametrize("path", modules("npta/domain"), ids=module_name)
def test_the_domain_does_no_input_or_output_and_reads_no_clock(path: Path) -> None:
    assert not {name.split(".")[0] for name in imports(path)} & IO_LIBRARIES
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Attribute):
            assert node.attr not in {"now", "utcnow", "today", "fromtimestamp"}, f"line {node.lineno}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in {"open", "print", "input"}, f"line {node.lineno}"


@pytest.mark.parametrize("path", modules("npta/web"), ids=module_name)
def test_the_web_sees_errors_and_deadlines_of_the_library_and_no_repository(path: Path) -> None:
    allowed = {"Deadline", *(name for name in vars(errors) if name[0].isupper())}
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "sheets_schema":
            assert node.module == "sheets_schema"
            assert {alias.name for alias in node.names} <= allowed
        if isinstance(node, ast.Import):
            assert not any(alias.name.startswith("sheets_schema") for alias in node.names)


@pytest.mark.parametrize("module", ["client", "committer", "leader", "spreadsheet"])
def test_only_the_service_names_the_inner_modules_that_it_must(module: str) -> None:
    """What the library hides may change; the service holds on to its public face."""
    users = {
        module_name(path)
        for path in modules("npta")
        if module in {name.split(".")[0] for name in inside("sheets_schema", path)}
    }
    assert users <= ({"npta.services"} if module == "client" else set())


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
