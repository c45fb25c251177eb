"""What commands share: the services from the environment, and where they speak.

Results go to standard output; progress and errors to standard error, so that results can be piped.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence

from npta.domain.reports.findings import ChecklistItem
from npta.errors import SettingError
from npta.services import Services, make_services
from npta.settings import Settings
from npta.text_tables import table

Environment = Mapping[str, str]
SECONDS = 120.0
"""How long a command may take."""
WHO = "command line"
WHERE_FROM = "For the spreadsheet of make serve: . build/serve/env, in this shell. For the deployed one: deploy/command, which needs none."
"""Who starts a command without settings has them, only not here."""


def services_of(environment: Environment) -> Services:
    """Return the services that the environment describes.

    Raises `SettingError`, which says where settings come from.
    """
    try:
        return make_services(Settings.load(environment))
    except SettingError as error:
        raise SettingError(f"{error} {WHERE_FROM}") from None


def say(text: str = "") -> None:
    """Write a line of the result."""
    sys.stdout.write(f"{text}\n")


def progress(text: str) -> None:
    """Say what is being done now."""
    sys.stderr.write(f"  {text}\n")
    sys.stderr.flush()


def say_table(headers: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "") -> None:
    """Write a table below its title; nothing at all if it has no row."""
    whole = list(rows)
    if whole:
        say(f"\n{title}" if title else "")
        say(table(headers, whole))


def say_checks(checks: Sequence[ChecklistItem]) -> int:
    """Write a check list with what to do next, and each single miss below it.

    Return the exit status.
    """
    say(table(["", "check", "found"], [("✓" if item.ok else "✗", item.what, item.found) for item in checks]))
    missed = [item for item in checks if not item.ok]
    for item in missed:
        say(f"\n✗ {item.what}: {item.found}")
        for detail in item.details:
            say(f"    {detail}")
        if item.next_step:
            say(f"  → {item.next_step}")
    return 1 if missed else 0
