"""Call gcloud: reads always, changes only outside of a plan, and every change is printed before it is made."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

SEPARATORS = (",", ";", "|", "@@", "~~", "::::")
Json = dict[str, Any]


class GcloudError(Exception):
    """A call of gcloud that failed, or something it found that stops us; the text says what to do."""


@dataclass
class Gcloud:
    """One project. `planning`: nothing is changed, what would be is only printed."""

    project: str
    planning: bool = False
    say: Callable[[str], None] = print
    pause: float = 5.0
    """Seconds before a change is tried again that Google may not be ready for."""
    changes: list[str] = field(default_factory=list)
    """What was done, or would be, in words."""

    def read(self, *command: str) -> Any:
        """Return what a command that changes nothing shows. Raises `GcloudError`."""
        return json.loads(self._call([*command, f"--project={self.project}", "--format=json"]).stdout or "null")

    def do(self, title: str, *command: str, stdin: str | None = None, tries: int = 1) -> None:
        """Run a command that changes something, or print it in a plan. A secret belongs into `stdin` or a file."""
        arguments = [*command, f"--project={self.project}", "--quiet"]
        self.changes.append(title)
        self.say(f"• {title}\n    {shlex.join(['gcloud', *arguments])}")
        if self.planning:
            return
        for left in reversed(range(tries)):
            try:
                self._call(arguments, stdin)
            except GcloudError:
                if not left:
                    raise
                time.sleep(self.pause)
            else:
                return

    def _call(self, arguments: Sequence[str], stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        try:
            done = subprocess.run(  # noqa: S603 - arguments without a shell
                ["gcloud", *arguments],  # noqa: S607 - wherever it is installed
                input=stdin,
                stdin=subprocess.DEVNULL if stdin is None else None,
                capture_output=True,
                text=True,
                check=False,
            )
        except FileNotFoundError:
            raise GcloudError("gcloud is not installed: https://cloud.google.com/sdk, or use Cloud Shell.") from None
        if done.returncode:
            raise GcloudError(f"gcloud {' '.join(arguments[:4])} failed:\n{(done.stderr or done.stdout).strip()}")
        return done


def joined(pairs: dict[str, str]) -> str:
    """Return NAME=value pairs for one flag, with a separator that is in none of them (`gcloud topic escaping`)."""
    texts = [f"{name}={value}" for name, value in pairs.items()]
    separator = next(entry for entry in SEPARATORS if not any(entry in text for text in texts))
    return separator.join(texts) if separator == "," else f"^{separator}^{separator.join(texts)}"


def ended(error: GcloudError) -> int:
    """Say why nothing more is done; return the exit status."""
    sys.stderr.write(f"{error}\n")
    return 1
