"""The recipes of CONTRIBUTING.md work: each is followed on a copy of the code, and its own tests run there."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text()
RECIPES: dict[str, str] = dict(
    re.findall(r"^### (.+?)\n(.*?)(?=^##)", TEXT[TEXT.index("## Recipes") :], re.MULTILINE | re.DOTALL)
)
_BLOCK = re.compile(
    r"^```\w+\n(?:#|//|<!--) (\S+), (new|before|after)(?:: (.+?))?(?: -->)?\n(.*?)^```$", re.MULTILINE | re.DOTALL
)


class Step(NamedTuple):
    """One block of a recipe: `text` belongs into `file`, before or after the first line that holds `anchor`."""

    file: str
    where: str
    anchor: str
    text: str


def steps(body: str) -> list[Step]:
    """Every block of a recipe."""
    found = [Step(*block) for block in _BLOCK.findall(body)]
    assert len(found) == body.count("```") // 2, "a block does not say where it belongs"
    return found


def follow(step: Step, tree: Path) -> None:
    """Do what one block says."""
    file = tree / step.file
    if step.where == "new":
        assert not file.exists()
        file.write_text(step.text)
        return
    lines = file.read_text().splitlines(keepends=True)
    place = next((number for number, line in enumerate(lines) if step.anchor in line), None)
    assert place is not None, f"{step.file} has no line with {step.anchor!r}"
    lines.insert(place + (step.where == "after"), step.text)
    file.write_text("".join(lines))


def test_there_is_a_recipe_for_each_thing_that_people_add() -> None:
    assert list(RECIPES) == ["Add a column", "Add an operation, with its route and button", "Add an alert"]


@pytest.mark.parametrize("title", RECIPES)
def test_a_recipe_works_step_by_step(title: str, tmp_path: Path) -> None:
    for name in ("npta", "sheets_schema", "tests"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
    for name in ("main.py", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    recipe = steps(RECIPES[title])
    for step in recipe:
        follow(step, tmp_path)
    tests = [step.file for step in recipe if step.file.startswith("tests/")]
    assert tests
    python = sorted({step.file for step in recipe if step.file.endswith(".py")} - set(tests))
    # Imports may stand anywhere in a recipe; a person's editor sorts them.
    for command in (
        ["ruff", "check", "--fix", "--select", "I,F,E9", *python],
        ["ruff", "format", *python],
        ["pytest", "-n", "0", "-p", "no:cacheprovider", *tests],
    ):
        done = subprocess.run(
            [sys.executable, "-m", *command], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
