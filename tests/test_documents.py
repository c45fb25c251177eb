"""Documents run: every command in them is executed, every setting, route and folder they name exists."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest
import yaml

from npta.local.demo import run_demo
from npta.local.demo.story import STORY
from npta.local.function import free_port
from npta.local.serve import Ports, run_serve
from npta.services import make_schema
from npta.settings import Settings
from npta.web.routes.orders import ROUTES
from sheets_schema.schema.internal_tables import CommitLog, Control
from tests.support import ENVIRONMENT

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
NEEDS_SERVE = "# with make serve running"
STAYS_UP = "# stays up"
FIRST_TWO = ["make demo", "make test"]


def commands(block: str) -> list[str]:
    """The commands of a block, without remarks."""
    return [line.split("#")[0].strip() for line in block.splitlines() if line.split("#")[0].strip()]


DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCKS = [
    pytest.param(path, block, id=f"{path.name}-{number}")
    for path in DOCUMENTS
    for number, block in enumerate(re.findall(r"```sh\n(.*?)```", path.read_text(), re.DOTALL), 1)
    # The demo and the servers have tests of their own, and make test is running.
    if commands(block) != FIRST_TWO and STAYS_UP not in block
]

EXAMPLES = [
    pytest.param(path, block, id=f"{path.name}-{number}")
    for path in DOCUMENTS
    for number, block in enumerate(re.findall(r"```python\n(.*?)```", path.read_text(), re.DOTALL), 1)
]
CALLS_TWICE = """\
    body = {"requests": [{"updateSpreadsheetProperties": {"properties": {"title": "T"}, "fields": "title"}}]}
    url = f"https://sheets.googleapis.com/v4/spreadsheets/{sheets.id}:batchUpdate"
    assert [sheets.session.post(url, json=body).status_code for _ in range(2)] == [503, 200]
"""
"""What stands for the reader's own code in an example."""


@contextmanager
def served(file: Path) -> Iterator[dict[str, str]]:
    """What `make serve` does, in this process, on other ports; gives the ports of the documents with ours."""
    ours = Ports(*(free_port() for _ in Ports()))
    ready, over = Event(), Event()

    def wait() -> None:
        ready.set()
        over.wait()

    thread = Thread(
        target=run_serve,
        args=(file, wait, lambda _: None, ours),
    )
    thread.start()
    try:
        assert ready.wait(30)
        yield {str(theirs): str(our) for theirs, our in zip(Ports(), ours, strict=True)}
    finally:
        over.set()
        thread.join()


def run(block: str, folder: Path) -> str:
    """Run a block as a person would paste it, from a folder that looks like a checkout."""
    (folder / ".venv" / "bin").mkdir(parents=True, exist_ok=True)
    python = folder / ".venv" / "bin" / "python"
    if not python.exists():
        python.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} "$@"\n')
        python.chmod(0o755)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(("path", "block"), BLOCKS)
def test_every_command_in_the_documents_runs(path: Path, block: str, tmp_path: Path) -> None:
    if NEEDS_SERVE not in block:
        run(block, tmp_path)
        return
    if not shutil.which("curl"):
        assert not os.environ.get("REQUIRE_ALL"), "curl is missing"
        pytest.skip("curl is missing")
    with served(tmp_path / "build" / "serve" / "npta.db") as ports:
        for theirs, ours in ports.items():
            block = block.replace(f":{theirs}", f":{ours}")
        assert "unknown_sku" in run(block, tmp_path)


@pytest.mark.parametrize(("path", "block"), EXAMPLES)
def test_every_python_example_in_the_documents_runs(path: Path, block: str, tmp_path: Path) -> None:
    if "def test_" in block:
        (tmp_path / "test_example.py").write_text(block.replace("    ...\n", CALLS_TWICE))
        command = [sys.executable, "-m", "pytest", "-q", "-p", "sheets_schema.testing.pytest_plugin"]
    else:
        (tmp_path / "example.py").write_text(block)
        command = [sys.executable, "example.py"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, f"{path.name}: {done.stdout}{done.stderr}"


def library_example() -> str:
    """The library's example in the README."""
    return str(next(each for each in re.findall(r"```python\n(.*?)```", README, re.DOTALL) if "Database(" in each))


def test_the_example_of_the_library_stands_in_both_places_and_commits_once(tmp_path: Path) -> None:
    assert library_example() in (ROOT / "docs/library.md").read_text("utf-8")
    read = "print(len(db.scan([db.log])[db.log]), db.scan()[Payment])"
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", f"{library_example()}\n{read}"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
    assert done.stdout.splitlines() == ["500", "2 [Payment(payment_id='p1', account='ada', cents=500)]"]


def test_the_example_of_the_library_keeps_its_types(tmp_path: Path) -> None:
    more = (
        'reveal_type(pay("p2", "ada", 1))\n'
        'reveal_type(db.run(lambda tx: tx.get(Payment, payment_id="p1")))\n'
        "reveal_type(db.run(len, timeout=3))  # type: ignore[arg-type]  # a transaction has no length\n"
        'pay("p3", "ada", "much")  # type: ignore[arg-type]  # cents are whole numbers\n'
        'pay("p3")  # type: ignore[call-arg]  # two more are wanted\n'
    )
    (tmp_path / "example.py").write_text(f"{library_example()}\n\n{more}", "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", "example.py"],
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout
    revealed = re.findall(r'Revealed type is "(.*?)"', done.stdout)
    assert revealed[:2] == ["example.Payment", "example.Payment | None"]


def test_the_demo_comes_out_as_expected(tmp_path: Path) -> None:
    told: list[str] = []

    assert run_demo(tmp_path / "npta.db", told.append) == 0

    story = "\n".join(told)
    assert "Every step came out as expected." in story
    assert "EX-2t572t1232321a" in story
    assert str(tmp_path / "npta.db") in story


def test_the_demo_fails_when_a_step_comes_out_otherwise(tmp_path: Path) -> None:
    told: list[str] = []

    assert run_demo(tmp_path / "npta.db", told.append, [STORY[0]._replace(keys=2), *STORY[1:]]) == 1

    assert [line for line in told if line.startswith("   ✗")] == [
        "   ✗ a single course: expected (200, 'fulfilled', 2, False), found (200, 'fulfilled', 1, False)"
    ]


def test_the_readme_opens_with_what_for_whom_and_two_commands() -> None:
    first_screen = "\n".join(README.splitlines()[:20])
    assert "access\nkey" in first_screen
    assert "operations team" in first_screen
    assert commands(re.findall(r"```sh\n(.*?)```", first_screen, re.DOTALL)[0]) == FIRST_TWO


def test_every_setting_is_documented_and_every_documented_one_exists() -> None:
    known = {field.alias for field in Settings.model_fields.values()}
    assert known == set(re.findall(r"^\| `([A-Z_]+)`", README, re.MULTILINE))


def test_every_route_is_documented_and_every_documented_one_exists() -> None:
    documented = set(re.findall(r"^\| `((?:GET|POST) /[^`]*)`", README, re.MULTILINE))
    assert {f"{method} {path}" for method, path in ROUTES} == documented


def test_the_layout_lists_every_tab_with_its_kind_and_columns() -> None:
    schema = make_schema(Settings.load(ENVIRONMENT))
    declared = {
        (
            tab.__table__.title,
            tab.__table__.kind + ", hidden" * tab.__table__.hidden,
            " · ".join(f"`{column.header}`" for column in tab.columns()),
        )
        for tab in schema.tabs
        if tab not in (CommitLog, Control)
    }
    layout = (ROOT / "docs" / "layout.md").read_text()
    assert (
        set(re.findall(r"^\| ([^|`]+) \| ((?:form|ledger|view|system)[^|]*) \| .* \| (`.*`) \|$", layout, re.MULTILINE))
        == declared
    )


@pytest.mark.parametrize("page", ["README.md", "docs/glossary.md"])
def test_every_folder_and_file_that_a_page_names_exists(page: str) -> None:
    named = re.findall(r"`((?:npta|sheets_schema)/[\w/]+(?:/|\.py))`", (ROOT / page).read_text(encoding="utf-8"))
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_cloudbuild_deploys_the_function_with_settings_that_exist() -> None:
    build = yaml.safe_load((ROOT / "cloudbuild.yaml").read_text())
    arguments = build["steps"][-1]["args"]
    entry = next(each.removeprefix("--function=") for each in arguments if each.startswith("--function="))
    assert f"def {entry}(" in (ROOT / "main.py").read_text()
    names = set(re.findall(r"(NPTA_[A-Z_]+)=", " ".join(arguments)))
    assert {field.alias for field in Settings.model_fields.values() if field.is_required()} <= names
    assert names <= {field.alias for field in Settings.model_fields.values()}
