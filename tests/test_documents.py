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

from npta.local.demo import run_demo
from npta.local.demo.story import STORY
from npta.local.function_process import free_port
from npta.local.serve import Ports, run_serve
from npta.services import make_schema
from npta.settings import Settings
from npta.web.routes.route_table import ROUTES
from sheets_schema.schema.internal_tables import CommitLog, Control
from tests.support import ENVIRONMENT

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
NEEDS_SERVE = "# with make serve running"
STAYS_UP = "# stays up"
FIRST_TWO = ["make demo", "make test"]


def page(name: str) -> str:
    """The text of a page of docs/."""
    return (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")


def commands(block: str) -> list[str]:
    """The commands of a block, without remarks."""
    return [line.split("#")[0].strip() for line in block.splitlines() if line.split("#")[0].strip()]


DOCUMENTS = [ROOT / "README.md", *ROOT.glob("CONTRIBUTING.md"), *sorted((ROOT / "docs").rglob("*.md"))]
BLOCKS = [
    pytest.param(path, block, id=f"{path.relative_to(ROOT)}-{number}")
    for path in DOCUMENTS
    for number, block in enumerate(re.findall(r"```sh\n(.*?)```", path.read_text(), re.DOTALL), 1)
    # The demo and the servers have tests of their own, and make test is running.
    if commands(block) != FIRST_TWO and STAYS_UP not in block
]

EXAMPLES = [
    pytest.param(path, block, id=f"{path.relative_to(ROOT)}-{number}")
    for path in DOCUMENTS
    for number, block in enumerate(re.findall(r"```python\n(.*?)```", path.read_text(), re.DOTALL), 1)
    if path.name != "CONTRIBUTING.md"  # its blocks are steps of recipes, which test_contributing.py follows
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
        said = run(block, tmp_path)
        assert "unknown_sku" in said or "everything agrees" in said


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
    assert library_example() in (ROOT / "docs/library/README.md").read_text("utf-8")
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


def test_the_readme_says_what_it_is_for_whom_and_how_to_start_on_at_most_100_lines() -> None:
    lines = README.splitlines()
    opening, _, rest = README.partition("\n\n![")
    said = " ".join(opening.split())
    assert len(lines) <= 100
    assert "access keys to paid orders" in said
    assert "spreadsheet" in said
    assert "operations team" in said
    assert len(re.findall(r"\.(?:\s|$)", said)) == 3, "three sentences"
    assert commands(re.findall(r"```sh\n(.*?)```", "\n".join(lines[:20]), re.DOTALL)[0]) == FIRST_TWO
    assert "make serve" in rest


def test_every_setting_is_documented_and_every_documented_one_exists() -> None:
    known = {field.alias for field in Settings.model_fields.values()}
    assert known == set(re.findall(r"^\| `([A-Z_]+)`", page("deployment/settings"), re.MULTILINE))


def test_every_route_is_documented_and_every_documented_one_exists() -> None:
    documented = set(re.findall(r"^\| `((?:GET|POST) /[^`]*)`", page("operations/calls"), re.MULTILINE))
    assert {f"{method} {path}" for method, path in ROUTES} == documented


def test_the_spreadsheet_format_lists_every_tab_with_its_kind_and_columns() -> None:
    schema = make_schema(Settings.load({**ENVIRONMENT, "NPTA_ARCHIVES": "another-id"}))
    declared = {
        (
            tab.__table__.title,
            tab.__table__.kind + ", hidden" * tab.__table__.hidden,
            " · ".join(f"`{column.header}`" for column in tab.columns()),
        )
        for tab in schema.tabs
        if tab not in (CommitLog, Control)
    }
    text = page("internals/spreadsheet-format")
    assert (
        set(re.findall(r"^\| ([^|`]+) \| ((?:form|ledger|view|system)[^|]*) \| .* \| (`.*`) \|$", text, re.MULTILINE))
        == declared
    )


def anchors(text: str) -> set[str]:
    """What the headings of a page can be reached by."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", [*DOCUMENTS, ROOT / "CHANGELOG.md"], ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_that_a_document_names_or_links_to_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    for link in links:
        file, _, anchor = link.partition("#")
        target = document.parent / file if file else document
        assert target.exists(), link
        assert not anchor or anchor in anchors(target.read_text(encoding="utf-8")), link
    if document.name != "CHANGELOG.md":  # which tells of files that were
        named = re.findall(r"`((?:npta|sheets_schema|tests|docs|benchmarks)/[\w./-]+(?:/|\.py|\.md))`", text)
        assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_page_is_reached_from_the_readme() -> None:
    found, waiting = set(), [ROOT / "README.md"]
    while waiting:
        document = waiting.pop()
        if document in found or document.suffix != ".md":
            continue
        found.add(document)
        links = re.findall(r"\]\(([^)\s#]+)", document.read_text(encoding="utf-8"))
        waiting.extend((document.parent / link).resolve() for link in links if "://" not in link)
    assert {path.resolve() for path in DOCUMENTS} - found == set()


def test_every_document_that_the_code_names_exists() -> None:
    for folder in ("npta", "sheets_schema", "benchmarks"):
        for path in (ROOT / folder).rglob("*.py"):
            for name in re.findall(r"\bdocs/[\w/-]+\.md", path.read_text(encoding="utf-8")):
                assert (ROOT / name).exists(), f"{path}: {name}"


def test_every_fact_and_every_rule_that_is_cited_has_its_entry() -> None:
    facts = set(re.findall(r"^\| (\d+)\. ", page("internals/sheets-api-facts"), re.MULTILINE))
    rules = set(re.findall(r"^(\d+)\. \*\*", page("internals/domain-rules"), re.MULTILINE))
    code = [path.read_text(encoding="utf-8") for path in (ROOT / "sheets_schema").rglob("*.py")]
    assert set(re.findall(r"\bfact (\d+)\b", "\n".join(code))) <= facts
    assert "sheets-api §" not in "\n".join(code)
    tests = [path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "npta").rglob("test_*.py")]
    assert set(re.findall(r"(?:[Rr]ules? |test_rule_)(\d+)", "\n".join(tests))) <= rules


SHOWN = [
    pytest.param(line, id=f"{path.relative_to(ROOT)}: {line}")
    for path in [*DOCUMENTS, ROOT / "zapier/README.md"]
    for block in re.findall(r"```text\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)
    for line in commands(block.replace("\\\n", " "))
    if re.match(r"[a-z./]+[a-z-]* (?:-|[a-z@./])|deploy/", line)
]
"""Commands that need an account, or install something."""
ELSEWHERE = {
    "gcloud": "tests/deploy/test_commands.py compares flags with gcloud's own help",
    "npx": "tests/zapier/test_zapier.py: its version is that of Zapier's platform",
}


@pytest.mark.parametrize("line", SHOWN)
def test_every_command_that_cannot_run_here_is_checked_as_far_as_it_can_be(line: str) -> None:
    program, *words = line.split()
    if program.startswith("deploy/"):
        done = subprocess.run(
            [ROOT / program, *words, "--help"], capture_output=True, text=True, check=False, timeout=30
        )
        assert done.returncode == 0, done.stderr
        assert f"usage: {program}" in done.stdout
    elif program == "cp":
        assert (ROOT / words[0]).is_file()
    elif program == "npm":
        assert words == ["ci"] or re.fullmatch(r"install -g @google/clasp@\d+\.\d+\.\d+", " ".join(words))
    elif program == "clasp":
        assert words[0] in ("login", "status", "push")
    else:
        assert program in ELSEWHERE, f"nothing checks {line}"


def test_the_image_serves_the_function_of_the_entry() -> None:
    (target,) = re.findall(r"--target=(\w+)", (ROOT / "Dockerfile").read_text())
    assert f"def {target}(" in (ROOT / "main.py").read_text()
