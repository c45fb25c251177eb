"""One call of gcloud: its command, what it names, its flags, all checked against what the real one takes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tests.deploy.commands import PROGRAMS
from tests.deploy.record_flags import recorded

State = dict[str, Any]
APIS = {
    "artifacts": "artifactregistry",
    "builds": "cloudbuild",
    "run": "run",
    "scheduler": "cloudscheduler",
    "secrets": "secretmanager",
    "monitoring": "monitoring",
    "storage": "storage",
    "iam": "iam",
    "projects": "cloudresourcemanager",
}


class RefusedError(Exception):
    """What the real one would not do, either."""


class Call:
    """One call: the command, what it names, its flags."""

    def __init__(self, arguments: list[str], state: State) -> None:
        words = [entry for entry in arguments if not entry.startswith("--")]
        self.command = next((name for name in sorted(PROGRAMS, key=len, reverse=True) if _begins(words, name)), "")
        if not self.command:
            raise RefusedError(f"Invalid choice: {' '.join(words[:4])}")
        self.names = words[len(self.command.split()) :]
        self.flags = dict(_flag(entry) for entry in arguments if entry.startswith("--"))
        if file := self.flags.pop("--flags-file", None):
            self.flags |= json.loads(Path(file).read_text())
        allowed = {*recorded()["commands"][self.command], *recorded()["wide"], "--flags-file"}
        if unknown := set(self.flags) - allowed:
            raise RefusedError(f"unrecognized arguments: {', '.join(sorted(unknown))}")
        part = next((word for word in self.command.split() if word in APIS), "")
        if part and f"{APIS[part]}.googleapis.com" not in state["enabled"]:
            raise RefusedError(f"API [{APIS[part]}.googleapis.com] not enabled on project")

    def pairs(self, flag: str) -> dict[str, str]:
        """NAME=value pairs of a flag, apart by `gcloud topic escaping`."""
        value = self.flags.get(flag, "")
        if isinstance(value, dict):
            return value
        found = re.fullmatch(r"\^(.+?)\^(.*)", value, re.DOTALL)
        separator, text = found.groups() if found else (",", value)
        return dict(entry.split("=", 1) for entry in text.split(separator)) if text else {}

    def listed(self, flag: str) -> list[str]:
        return [entry for entry in str(self.flags.get(flag, "")).split(",") if entry]


def _begins(words: list[str], name: str) -> bool:
    return words[: len(name.split())] == name.split()


def _flag(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    return name, value if equals else True
