"""The keys of the demo and of `make serve`.

They are drawn anew at each start, so that no page can know one.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import NamedTuple


class ApiKeys(NamedTuple):
    """What opens the function: keys for Zapier and operators, and the webhooks' secret."""

    order: str
    operator: str
    webhook: str

    def __repr__(self) -> str:
        return "Keys(…)"

    def write(self, file: Path) -> None:
        """Write them where a shell can read them (`. FILE`), for their owner alone."""
        write_private(file, f"ORDER_KEY={self.order}\nOPERATOR_KEY={self.operator}\n")


def write_private(file: Path, text: str) -> None:
    """Write a file anew that only its owner can read."""
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)


def draw_keys() -> ApiKeys:
    """Draw new keys."""
    return ApiKeys(*(secrets.token_urlsafe(24) for _ in ApiKeys._fields))
