"""`python -m tests.deploy.record_flags`: write down the flags of the commands that we use, from the installed gcloud's own help."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("gcloud_flags.json")


@cache
def recorded() -> dict[str, Any]:
    """What was written down: date, version, flags of every command, flags that every command takes."""
    return dict(json.loads(FILE.read_text()))


def is_installed() -> bool:
    return bool(shutil.which("gcloud"))


@cache
def _help(command: str) -> str:
    with tempfile.TemporaryDirectory() as folder:  # no account, no project: help needs neither
        environment = {**os.environ, "CLOUDSDK_CONFIG": folder, "CLOUDSDK_CORE_DISABLE_PROMPTS": "1"}
        done = subprocess.run(
            ["gcloud", *command.split(), "--help"],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
        )
    return done.stdout


def flags_of(command: str) -> list[str]:
    """The flags in a command's synopsis, by the installed gcloud."""
    synopsis = _help(command).partition("\nDESCRIPTION")[0]
    found = re.findall(r"--(\[no-\])?([a-z0-9][a-z0-9-]*)", synopsis)
    return sorted({f"--{name}" for _, name in found} | {f"--no-{name}" for no, name in found if no})


def wide_flags() -> list[str]:
    """The flags that every command takes."""
    text = _help("run deploy").partition("GCLOUD WIDE FLAGS")[2].partition("\n\n\n")[0]
    return sorted(set(re.findall(r"--[a-z0-9-]+", text)))


@cache
def version() -> str:
    done = subprocess.run(
        ["gcloud", "version", "--format=json"], capture_output=True, text=True, check=True, timeout=60
    )
    return str(json.loads(done.stdout)["Google Cloud SDK"])


if __name__ == "__main__":
    from tests.deploy.commands import every_command

    content = {
        "recorded": datetime.now(UTC).date().isoformat(),
        "version": version(),
        "wide": wide_flags(),
        "commands": {name: flags_of(name) for name in sorted(every_command())},
    }
    FILE.write_text(json.dumps(content, indent=1) + "\n")
