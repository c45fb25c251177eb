"""`make mutate`: plant a sample of faults, run the tests that execute the changed line, and list what nobody noticed.

    python -m tests.mutation [--seed N] [--sample N] [--part domain|protocol]

A part's tests take under three minutes in one process, and one that hangs fails by its time-out. The sample is drawn by
the seed from every place where a fault can be planted. Survivors are to be looked at one by one: some change nothing that
anybody could see. `tests/mutation/equivalent.txt` lists those, each with its reason.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import coverage

from tests.mutation.contexts import DURATIONS
from tests.mutation.mutants import Mutant, mutants
from tests.mutation.planting import ALIVE, NOT_PLANTED, PLAN, RESULTS, SECONDS

ROOT = Path(__file__).parents[2]
COPIED = ("main.py", "pyproject.toml", "docs", "npta", "sheets_schema", "tests")
EQUIVALENT = Path(__file__).with_name("equivalent.txt")


class Part(NamedTuple):
    """Code whose tests are tried, and these tests.

    `left_out` are those that take longer than all others together.
    """

    code: tuple[str, ...]
    tests: tuple[str, ...]
    wanted: float
    left_out: tuple[str, ...] = ()

    @property
    def chosen(self) -> list[str]:
        """The tests as pytest is told of them."""
        return [*self.tests, *(f"--deselect={name}" for name in self.left_out)]


PARTS = {
    "domain": Part(("npta/domain",), ("tests/npta/domain", "tests/npta/operations"), 97.0),
    "protocol": Part(
        ("sheets_schema/protocol", "sheets_schema/engine"),
        (
            "tests/sheets_schema/schema",
            "tests/sheets_schema/protocol",
            "tests/sheets_schema/engine",
            "tests/sheets_schema/provisioning",
            "tests/sheets_schema/replicate/test_copying.py",
            "tests/sheets_schema/replicate/test_following.py",
            "tests/sheets_schema/replicate/test_interleaving.py",
            "tests/sheets_schema/replicate/test_refusals.py",
            "tests/sheets_schema/replicate/test_rows_that_leave.py",
            "tests/sheets_schema/test_database.py",
            "tests/sheets_schema/test_table_editor.py",
        ),
        95.0,
        (
            (
                "tests/sheets_schema/engine/test_outcomes.py::"
                "test_every_method_is_applied_once_or_not_at_all_and_its_caller_knows"
            ),
            (
                "tests/sheets_schema/engine/test_rare_exceptions.py::"
                "test_nobody_is_told_something_untrue_and_the_next_is_right"
            ),
        ),
    ),
}


def pytest(folder: Path, *arguments: str, timeout: float | None = None) -> int | None:
    """Run tests in a copy of the code, in one process; the exit status, or None if they hang."""
    command = [sys.executable, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(folder), "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "hypothesis")}
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, timeout=timeout, check=False, capture_output=True, text=True
        )
    except subprocess.TimeoutExpired:
        return None
    return done.returncode


def executed_by(folder: Path, part: Part) -> dict[tuple[str, int], list[str]]:
    """Return the tests that execute a line of the part's code, by file and line, the quickest first."""
    settings = folder / "coverage.ini"
    settings.write_text(f"[run]\nsource =\n    {chr(10).join('    ' + code for code in part.code)}\n")
    command = [sys.executable, "-m", "coverage", "run", f"--rcfile={settings}", "-m", "pytest", "-n", "0"]
    command += ["-p", "tests.mutation.contexts", *part.chosen]
    environment = {**os.environ, "PYTHONPATH": str(folder), "COVERAGE_FILE": str(folder / ".coverage")}
    done = subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"the tests fail without any fault:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    data = coverage.CoverageData(str(folder / ".coverage"))
    data.read()
    took = json.loads((folder / DURATIONS).read_text())
    return {
        (str(Path(file).relative_to(folder)), line): sorted({name for name in contexts if name}, key=took.__getitem__)
        for file in data.measured_files()
        for line, contexts in data.contexts_by_lineno(file).items()
    }


def survives(mutant: Mutant, folder: Path, tests: list[str]) -> bool:
    """Whether the tests that execute its line notice nothing."""
    file = folder / mutant.file
    source = file.read_text()
    file.write_text(mutant.applied(source))
    try:
        return pytest(folder, "-x", "--timeout", "60", *tests, timeout=SECONDS) == 0
    finally:
        file.write_text(source)


def results(part: Part, planned: list[tuple[Mutant, list[str]]], folder: Path) -> Iterator[int]:
    """Plant mutants one after another in one run of pytest (see `planting`); yields what came of each."""
    plan = folder / "plan.json"
    plan.write_text(json.dumps([[*mutant, tests] for mutant, tests in planned]))
    read, write = os.pipe()
    environment = {**os.environ, "PYTHONPATH": str(folder), "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "hypothesis")}
    environment |= {PLAN: str(plan), RESULTS: str(write)}
    command = [sys.executable, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", "-p", "tests.mutation.planting"]
    command += ["--timeout", "60", "--timeout-method", "thread", *part.chosen]
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, pass_fds=[write]) as running:
        os.close(write)
        with os.fdopen(read, encoding="utf-8") as lines:
            yield from (int(line) for line in lines)
        running.wait()


def try_part(name: str, part: Part, seed: int, sample: int, folder: Path) -> bool:
    """Plant a part's share of the sample; whether enough were noticed."""
    say(f"{name}: which tests execute what …")
    lines = executed_by(folder, part)
    found = [
        mutant
        for code in part.code
        for file in sorted((folder / code).rglob("*.py"))
        for mutant in mutants(str(file.relative_to(folder)), file.read_text())
    ]
    equivalent = {line.partition("  #")[0].strip() for line in EQUIVALENT.read_text().splitlines()}
    drawn = random.Random(seed).sample(found, min(sample, len(found)))
    planned = [(mutant, lines.get((mutant.file, mutant.line), [])) for mutant in drawn]
    seen = Counter[str]()
    for number, ((mutant, tests), result) in enumerate(zip(planned, results(part, planned, folder), strict=True), 1):
        alive = result == ALIVE or (result == NOT_PLANTED and survives(mutant, folder, tests))
        kind = "equivalent" if alive and mutant.name in equivalent else "survived" if alive else "noticed"
        seen[kind] += 1
        if kind == "survived":
            say(f"  survived: {mutant}{'' if tests else '   (no test executes it)'}\n    {mutant.name}")
        if number % 20 == 0:
            say(f"  {number} of {len(drawn)}: {seen['noticed']} noticed, {seen['survived']} survived")
    counted = seen["noticed"] + seen["survived"]
    score = 100 * seen["noticed"] / counted
    say(
        f"{name}: {score:.1f} % of {counted} noticed (wanted {part.wanted} %), {seen['equivalent']} equivalent, "
        f"{len(found)} places, seed {seed}"
    )
    return score >= part.wanted


def say(text: str) -> None:
    """Show how far it is."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    """Draw, plant, and tell."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutation", description="Plant faults that tests must notice."
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sample", type=int, default=200, help="mutants of each part")
    parser.add_argument("--part", choices=[*PARTS], action="append")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary).resolve()
        for name in COPIED:
            source = ROOT / name
            copy = shutil.copytree if source.is_dir() else shutil.copy
            copy(source, folder / name)
        results = [try_part(name, PARTS[name], given.seed, given.sample, folder) for name in given.part or PARTS]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
