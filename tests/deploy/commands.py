"""Every `gcloud` command that we write down for people or programs, apart into words."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import yaml

ROOT = Path(__file__).parents[2]
PROGRAMS = (
    "alpha monitoring policies create",
    "alpha monitoring policies list",
    "artifacts docker images describe",
    "artifacts docker images list",
    "artifacts repositories add-iam-policy-binding",
    "artifacts repositories create",
    "artifacts repositories get-iam-policy",
    "artifacts repositories list",
    "beta monitoring channels create",
    "beta monitoring channels list",
    "builds submit",
    "iam service-accounts add-iam-policy-binding",
    "iam service-accounts create",
    "iam service-accounts get-iam-policy",
    "iam service-accounts list",
    "logging read",
    "projects add-iam-policy-binding",
    "projects get-iam-policy",
    "run deploy",
    "run jobs execute",
    "run jobs executions list",
    "run jobs replace",
    "run revisions describe",
    "run services list",
    "run services update-traffic",
    "scheduler jobs create http",
    "scheduler jobs list",
    "scheduler jobs update http",
    "secrets add-iam-policy-binding",
    "secrets create",
    "secrets get-iam-policy",
    "secrets list",
    "secrets versions access",
    "secrets versions add",
    "secrets versions list",
    "services enable",
    "services list",
    "storage buckets add-iam-policy-binding",
    "storage buckets create",
    "storage buckets get-iam-policy",
    "storage buckets list",
)
"""What the programs of deploy/ call. The stand-in knows these and no others."""


class Written(NamedTuple):
    """A command as it stands somewhere."""

    where: str
    words: tuple[str, ...]

    @property
    def flags(self) -> list[str]:
        return [word.partition("=")[0] for word in self.words if word.startswith("--")]

    def name(self, known: set[str]) -> str:
        """The longest known command that its words begin with."""
        leading = [word for word in self.words if not word.startswith("-")]
        names = [" ".join(leading[:length]) for length in range(len(leading), 0, -1)]
        return next((name for name in names if name in known), " ".join(leading[:4]))


def written() -> Iterator[Written]:
    """The commands of documents and builds."""
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        text = path.read_text(encoding="utf-8").replace("\\\n", " ")
        for block in re.findall(r"```(?:sh|text)\n(.*?)```", text, re.DOTALL):
            for line in block.splitlines():
                yield from _in_line(str(path.relative_to(ROOT)), line)
        for line in re.findall(r"(?<!`)`(gcloud [^`]+)`", text):
            yield from _in_line(str(path.relative_to(ROOT)), line)
    for path in sorted(ROOT.glob("cloudbuild*.yaml")):
        for step in yaml.safe_load(path.read_text())["steps"]:
            if step.get("entrypoint") == "gcloud":
                yield Written(path.name, tuple(step["args"]))


def _in_line(where: str, line: str) -> Iterator[Written]:
    for found in re.findall(r"\bgcloud ((?:[a-z-]+ )+[^|#)\n]*|[a-z-]+ [^|#)\n]*)", line):
        yield Written(where, tuple(shlex.split(found.replace("…", "X"))))


def every_command() -> set[str]:
    """The names of all commands, of programs and documents."""
    known = set(PROGRAMS) | {"auth login", "auth application-default login", "config set", "run services update"}
    known |= {"topic escaping", "meta list-files-for-upload", "run revisions list", "secrets versions destroy"}
    return {*PROGRAMS, *(entry.name(known) for entry in written())}
