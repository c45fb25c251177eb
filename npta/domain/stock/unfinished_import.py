"""An import that has begun and not ended: its rows wait in the capture. Kept beside the lock cell, for people. Pure."""

from __future__ import annotations

import json
from typing import NamedTuple

NEXT_STEP = (
    "If no import is running now, press Import Keys again: it goes on where it stopped, and takes in afterwards what has "
    "been pasted since."
)


class Unfinished(NamedTuple):
    """How many rows wait, since when, and who pressed. Nobody knows the last two of an import of an earlier version."""

    rows: int
    since: str = ""
    by: str = ""

    def __str__(self) -> str:
        rows = f"{self.rows} pasted row waits" if self.rows == 1 else f"{self.rows} pasted rows wait"
        begun = f" (begun {self.since} by {self.by})" if self.since else ""
        return f"{rows} in an import that has not ended{begun}"


def read_unfinished(text: str) -> Unfinished | None:
    """Back from its cell; an empty one says that no import is under way."""
    return Unfinished(*json.loads(text)) if text else None


def write_unfinished(unfinished: Unfinished) -> str:
    """As it stands in its cell."""
    return json.dumps(unfinished, ensure_ascii=False) if unfinished.rows else ""


def unfinished_now(text: str, rows: int) -> Unfinished | None:
    """What the capture itself shows, `rows` in it, with what its cell says of who began and when."""
    if not rows:
        return None
    return (read_unfinished(text) or Unfinished(rows))._replace(rows=rows)
