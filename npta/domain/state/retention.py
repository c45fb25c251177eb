"""Which rows may leave the sheet because nobody looks at them any more. Pure.

Messages, snapshots of the shop and commits are kept for a week. Orders, keys and the catalogue stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from npta.tables import Outbox, ShopSnapshot

KEPT_FOR = timedelta(days=7)
MIN_COMMITS = 1_000
"""Commits that stay in the log in any case: copies of the spreadsheet go on from one of them."""


def old_messages(rows: Sequence[Outbox], before: str) -> int:
    """Return how many first messages are of before that time; those of a commit go together."""
    old = _leading([row.at for row in rows], before)
    while old and rows[old].commit == rows[old - 1].commit:
        old -= 1
    return old


def old_snapshots(rows: Sequence[ShopSnapshot], before: str) -> int:
    """Return how many first rows are of snapshots from before that time; the newest stays."""
    newest = rows[-1].taken_at if rows else ""
    return next((number for number, row in enumerate(rows) if row.taken_at >= before or row.taken_at == newest), 0)


def old_commits(times: Sequence[str], before: str, in_sheet: int) -> int:
    """Return how many first commits, made at `times`, may leave the log with its `in_sheet`."""
    return max(0, min(_leading(times, before), in_sheet - MIN_COMMITS))


def _leading(times: Sequence[str], before: str) -> int:
    """Count the times before `before` at the beginning.

    The last one never counts, since a ledger keeps its last row.
    """
    return next((number for number, at in enumerate(times) if at >= before), max(0, len(times) - 1))
