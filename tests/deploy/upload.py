"""What `gcloud builds submit` uploads, and what `docker build` takes of that: by libraries that know the two kinds of rules."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pathspec
from docker.utils.build import exclude_paths


def uploaded(folder: Path, ignore_file: str = ".gcloudignore") -> Iterator[str]:
    """The files that are uploaded from a folder. `#!include:` takes in another file's rules (`gcloud topic gcloudignore`)."""
    rules = pathspec.GitIgnoreSpec.from_lines(_rules(folder, (folder / ignore_file).read_text()))
    for base, folders, files in os.walk(folder):
        inner = Path(base).relative_to(folder).as_posix()
        prefix = "" if inner == "." else f"{inner}/"
        # What stands in an ignored folder cannot be taken in again (documented), and .venv holds thousands.
        folders[:] = sorted(name for name in folders if not rules.match_file(f"{prefix}{name}/"))
        yield from (f"{prefix}{name}" for name in sorted(files) if not rules.match_file(f"{prefix}{name}"))


def _rules(folder: Path, text: str) -> Iterator[str]:
    for line in text.splitlines():
        if found := re.fullmatch(r"#!include:(\S+)", line):
            yield from _rules(folder, (folder / found[1]).read_text())
        else:
            yield line


def copy(folder: Path, names: Iterator[str], to: Path) -> None:
    """Copy these files."""
    for name in names:
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(folder / name, to / name)


def context(folder: Path) -> Iterator[str]:
    """The files that `COPY . ./` takes, by the rules of .dockerignore. Its own two Docker reads, and copies only if asked (documented)."""
    rules = (folder / ".dockerignore").read_text().splitlines()
    rules = [line.strip() for line in rules if line.strip() and not line.startswith("#")]
    found = exclude_paths(str(folder), rules) - {"Dockerfile", ".dockerignore"}
    return (name for name in sorted(found) if (folder / name).is_file())
