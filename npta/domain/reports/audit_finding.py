"""What an audit finds."""

from __future__ import annotations

from typing import NamedTuple

FIRST_ROW = 2
"""The sheet row of a tab's first fact."""


class AuditFinding(NamedTuple):
    """Something that cannot be true; `row` is 0 where no single row is to blame."""

    tab: str
    row: int
    message: str
