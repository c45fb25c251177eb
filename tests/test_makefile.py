"""First steps that cannot stumble: a half-made environment is made anew, what is missing is named, `make` alone explains."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def make(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=folder,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The Makefile, and lists of packages that are empty: what is installed is not the point here."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("requirements-demo.txt", "requirements-dev.txt"):
        (tmp_path / name).write_text("")
    return tmp_path


def test_make_alone_lists_every_goal_with_a_word(checkout: Path) -> None:
    listed = make(checkout)

    assert listed.returncode == 0
    goals = [line.split()[1] for line in listed.stdout.splitlines()]
    assert {"demo", "serve", "rehearse", "test"} <= set(goals)
    assert all(len(line.split()) > 3 for line in listed.stdout.splitlines())
    assert not (checkout / ".venv").exists(), "nothing is done"


def test_a_half_made_environment_is_made_anew(checkout: Path) -> None:
    assert make(checkout, "setup").returncode == 0
    assert make(checkout, "setup").stdout == "make: Nothing to be done for 'setup'.\n"
    for broken in ("pip", "python"):
        if broken == "pip":  # `python3 -m venv` was broken off, or Debian's python3-venv came later
            for found in (checkout / ".venv" / "lib").glob("python*/site-packages/pip"):
                shutil.rmtree(found)
        else:  # the Python it was made with has gone
            (checkout / ".venv" / "bin" / "python").unlink()
            (checkout / ".venv" / "bin" / "python").symlink_to("/gone/python3")

        again = make(checkout, "setup")

        assert again.returncode == 0, again.stderr
        assert "installing what the demo needs" in again.stdout
        assert subprocess.run([checkout / ".venv/bin/python", "-m", "pip", "--version"], check=False).returncode == 0


@pytest.mark.parametrize(
    ("python", "says"),
    [
        ("exit 127", "Python 3.11 or newer is needed"),
        ('case "$*" in *ensurepip*) exit 1;; *) exit 0;; esac', "apt-get install python3-venv"),
    ],
    ids=["no Python", "no venv"],
)
def test_what_is_missing_is_named(checkout: Path, python: str, says: str) -> None:
    other = checkout / "other-python"
    other.write_text(f"#!/bin/sh\n{python}\n")
    other.chmod(0o755)

    stopped = make(checkout, "demo", f"PYTHON={other}")

    assert stopped.returncode == 2
    assert says in stopped.stdout
    assert not (checkout / ".venv").exists()
