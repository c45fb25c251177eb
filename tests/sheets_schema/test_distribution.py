"""The library as people install it: a wheel, in an environment that holds what it asks for and nothing of this repository."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("distribution")  # one environment, into which the wheel is installed anew
ROOT = Path(__file__).parents[2]
HOME = ROOT / "sheets_schema"
LOCK = ROOT / "requirements-dev.txt"
PAGE = (HOME / "README.md").read_text("utf-8")


def run(*command: str | Path, cwd: Path) -> str:
    """What a program prints, run without this repository on its path."""
    alone = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "PYTEST_ADDOPTS"}}
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, env=alone, capture_output=True, text=True, check=False, timeout=250
    )
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", target, cwd=HOME)
    return next(target.glob("*.whl"))


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with the wheel; what the wheel needs is kept in build/, as long as that stays the same."""
    wanted = hashlib.sha256(LOCK.read_bytes() + (HOME / "pyproject.toml").read_bytes() + sys.version.encode())
    home = ROOT / "build" / f"installed-{wanted.hexdigest()[:16]}"
    pip: list[str | Path] = [sys.executable, "-m", "pip", "--python", home / "bin/python", "install", "--quiet"]
    if not (home / "complete").exists():
        pins = tmp_path_factory.mktemp("pins") / "pins.txt"
        found = re.findall(r"^([\w.-]+==[^\s\\;]+)", LOCK.read_text("utf-8"), re.MULTILINE)
        pins.write_text("\n".join(dict.fromkeys(found)), "utf-8")
        run(sys.executable, "-m", "venv", "--clear", "--without-pip", home, cwd=ROOT)
        run(*pip, "--constraint", pins, f"{wheel}[pytest,replicate]", cwd=ROOT)
        (home / "complete").touch()
    run(*pip, "--no-deps", "--force-reinstall", wheel, cwd=ROOT)
    return home / "bin/python"


def examples() -> list[str]:
    return re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def test_the_wheel_holds_the_whole_package_and_nothing_else(wheel: Path) -> None:
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    ours = {f"sheets_schema/{path.relative_to(HOME)}" for path in HOME.rglob("*.py")}
    assert names == {*ours, "sheets_schema/py.typed"}


def test_the_example_of_its_page_is_that_of_the_readme_and_runs_where_it_is_installed(
    python: Path, tmp_path: Path
) -> None:
    assert examples()[0] in (ROOT / "README.md").read_text("utf-8")
    (tmp_path / "example.py").write_text(examples()[0], "utf-8")
    for _ in range(2):
        assert run(python, "example.py", cwd=tmp_path) == "500\n"


def test_pytest_finds_the_fixture_by_itself(python: Path, tmp_path: Path) -> None:
    (tmp_path / "test_payments.py").write_text(examples()[1], "utf-8")
    assert "1 passed" in run(python, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", cwd=tmp_path)


def test_it_brings_what_it_imports_and_no_tools_of_ours(python: Path, tmp_path: Path) -> None:
    code = (
        "import importlib.metadata as m, json, pkgutil, sheets_schema\n"
        "for found in pkgutil.walk_packages(sheets_schema.__path__, 'sheets_schema.'):\n"
        "    __import__(found.name)\n"
        "print(json.dumps(sorted(each.name.lower() for each in m.distributions())))"
    )
    installed = set(json.loads(run(python, "-c", code, cwd=tmp_path)))
    assert {"sheets-schema", "requests", "pydantic", "google-auth", "pytest"} <= installed
    assert not installed & {"gspread", "flask", "npta", "mypy", "hypothesis"}
    assert run(python, "-m", "sheets_schema.emulator", "--help", cwd=tmp_path).startswith("usage:")
