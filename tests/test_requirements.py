"""What is deployed is what was tested: one set of packages, transitive ones included, named by version and hashes."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import distributions, packages_distributions, requires
from pathlib import Path
from typing import NamedTuple

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.deploy.upload import context, copy
from tests.support import ENVIRONMENT

ROOT = Path(__file__).parents[1]
LISTS = ("requirements", "requirements-demo", "requirements-replicate", "requirements-dev", "benchmarks/requirements")
TOOLS = {"pip", "setuptools", "wheel"}
"""What a virtual environment has from the beginning."""


def plain(name: str) -> str:
    """A package's name as indexes compare it."""
    return str(canonicalize_name(name))


class Pin(NamedTuple):
    """One package of a lock file."""

    version: str
    hashes: frozenset[str]
    is_needed: bool
    """Here, by Python's version and the system."""


def locked(name: str) -> dict[str, Pin]:
    """A lock file by the packages' names."""
    pins = {}
    text = re.sub(r"\s*#.*", "", (ROOT / f"{name}.txt").read_text()).replace("\\\n", " ")
    for line in text.splitlines():
        requirement, *hashes = line.split(" --hash=")
        if requirement.strip():
            wanted = Requirement(requirement)
            (exact,) = wanted.specifier
            assert exact.operator == "=="
            needed = wanted.marker is None or wanted.marker.evaluate()
            pins[plain(wanted.name)] = Pin(exact.version, frozenset(each.strip() for each in hashes), needed)
    return pins


def wanted(name: str) -> dict[str, str]:
    """The packages that somebody chose, with their versions."""
    lines = (ROOT / f"{name}.in").read_text().splitlines()
    pairs = re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", "\n".join(lines), re.MULTILINE)
    assert len(pairs) == len([line for line in lines if line.strip() and not line.startswith(("#", "-r "))])
    return {plain(package): version for package, version in pairs}


RUNTIME, SHOWN, REPLICATING, TESTED, COMPARED = map(locked, LISTS)


@pytest.mark.parametrize("name", LISTS)
def test_every_package_is_pinned_by_hashes_and_nothing_says_where_it_comes_from(name: str) -> None:
    pins = locked(name)

    assert pins
    assert not [package for package, pin in pins.items() if not pin.hashes]
    assert all(re.fullmatch("sha256:[0-9a-f]{64}", each) for pin in pins.values() for each in pin.hashes)
    assert not re.search(r"https?:|--(extra-)?index|--find-links|git\+| @ ", (ROOT / f"{name}.txt").read_text())


@pytest.mark.parametrize("name", LISTS)
def test_a_lock_file_holds_what_was_chosen(name: str) -> None:
    pins = locked(name)

    assert {package: pins[package].version for package in wanted(name)} == wanted(name)


def test_the_deployed_set_is_part_of_the_tested_one_file_by_file() -> None:
    assert {package: SHOWN[package] for package in RUNTIME} == RUNTIME
    assert {package: TESTED[package] for package in SHOWN} == SHOWN
    assert {package: REPLICATING[package] for package in RUNTIME} == RUNTIME
    assert {package: TESTED[package] for package in REPLICATING} == REPLICATING


def test_what_is_installed_here_is_the_tested_set() -> None:
    found = {plain(each.name): each.version for each in distributions()}

    assert {name: found.get(name) for name, pin in TESTED.items() if pin.is_needed} == {
        name: pin.version for name, pin in TESTED.items() if pin.is_needed
    }
    assert set(found) <= {*TESTED, *COMPARED, *TOOLS}, "installed, and in no lock file: make clean, make setup"


def needed_by(package: str, seen: set[str]) -> set[str]:
    """A package and all that it needs here, as the packages themselves say."""
    if package in seen:
        return seen
    seen.add(package)
    for text in requires(package) or ():
        other = Requirement(text)
        if other.marker is None or other.marker.evaluate({"extra": ""}):
            needed_by(plain(other.name), seen)
    return seen


def test_nothing_that_runs_is_missing_from_the_deployed_set() -> None:
    needed: set[str] = set()
    for package in wanted("requirements"):
        needed_by(package, needed)

    assert needed == {package for package, pin in RUNTIME.items() if pin.is_needed}


def imported() -> Iterator[str]:
    """What our own code imports, by the first part of its name."""
    for path in [ROOT / "main.py", *(ROOT / "npta").rglob("*.py"), *(ROOT / "sheets_schema").rglob("*.py")]:
        if {"local", "replicate"} & {*path.parts} or path.name == "pytest_plugin.py":
            continue  # the demo's, the tests' own, and what a person runs at a shell
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module


def test_what_the_deployed_code_imports_was_chosen() -> None:
    owners = packages_distributions()
    ours = {"npta", "sheets_schema", "main"}
    names = {name.split(".")[0] for name in imported()} - set(sys.stdlib_module_names) - ours
    chosen = wanted("requirements")

    assert not [name for name in names if not {plain(each) for each in owners[name]} & set(chosen)]


def test_setup_takes_only_files_whose_hashes_are_known_and_the_image_is_made_of_the_same_list() -> None:
    strict = "--require-hashes --only-binary :all:"
    installs = re.findall(r"pip install(.*)", (ROOT / "Makefile").read_text())
    assert installs == [f" --quiet --disable-pip-version-check {strict}"]
    in_the_image = re.findall(r"pip install(.*)", (ROOT / "Dockerfile").read_text())
    assert in_the_image == [f" --quiet --no-cache-dir --disable-pip-version-check {strict} -r requirements.txt"]
    assert "requirements.txt" in context(ROOT)


def test_what_is_deployed_runs_and_holds_nothing_that_only_developers_need(tmp_path: Path) -> None:
    copy(ROOT, context(ROOT), tmp_path)
    code = (
        "import pkgutil, sys, main, npta, sheets_schema\n"
        "for package in npta, sheets_schema:\n"
        "    for found in pkgutil.walk_packages(package.__path__, package.__name__ + '.'):\n"
        "        found.name.endswith('__main__') or __import__(found.name)\n"
        "assert not {'gspread', 'graphql', 'pytest', 'sqlalchemy', 'npta.local', 'sheets_schema.testing'} & {*sys.modules}\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
