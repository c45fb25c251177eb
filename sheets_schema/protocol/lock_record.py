"""The lock cell, and the fence around it.

The lock cell says in words which commit was the last one and who holds the lock. The fence is a named range on that
cell with a fixed name and an id made of version and commit id. A commit swaps the fence it knows for the next one;
if anybody else has committed, the old id is gone, the swap is refused and nothing of the batch is applied.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sheets_schema.errors import SchemaMismatchError
from sheets_schema.protocol.batch_requests import grid
from sheets_schema.protocol.sheet_layout import SheetLayout
from sheets_schema.schema.internal_tables import LOCK_ROW

FENCE_NAME = "commit_fence"
FENCE_ID = "fence_"
"""What the ids of our named ranges begin with: any other is a person's."""
FENCE_REQUESTS = 3
"""How many requests at the head of every commit are the fence: a refusal that names one of them is the fence's."""

_CELL = re.compile(r"version (\d+) · commit ([0-9a-z]+) · (?:free|held by (\S+) · lease ([0-9.]+) s)")


@dataclass(frozen=True)
class LockRecord:
    """The lock cell's content: the last commit, and who holds the lock (empty: nobody).

    The holder states its own lease, so that a waiter need not know anybody else's settings.
    """

    version: int
    commit: str
    holder: str = ""
    lease_duration: float = 0.0

    @property
    def text(self) -> str:
        """As it stands in the cell, for people and for `parse`."""
        holder = f"held by {self.holder} · lease {self.lease_duration:g} s" if self.holder else "free"
        return f"version {self.version} · commit {self.commit} · {holder}"

    @property
    def fence(self) -> str:
        """The id that the fence bears while this is the last commit.

        `[a-z0-9_]`, at most 43 characters.
        """
        return f"{FENCE_ID}{self.version}_{self.commit}"

    @classmethod
    def parse(cls, text: str) -> LockRecord:
        """Read the cell. Raises `SchemaMismatchError` if a person has written something else there."""
        found = _CELL.fullmatch(text.strip())
        if not found:
            raise SchemaMismatchError(
                "Tab “Control”: the lock cell does not say what it should. Put it back with File > Version history.",
                tab="Control",
            )
        version, commit, holder, lease = found.groups()
        return cls(int(version), commit, holder or "", float(lease or 0))


def lock_range(control: SheetLayout) -> dict[str, int]:
    """Return the lock cell as a GridRange."""
    return grid(control.sheet_id, LOCK_ROW, 1, 1, 1)


def fence_swap(old: LockRecord, new: LockRecord, cell: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the three requests that let a batch pass only while `old` is the last commit.

    Any of four things refuses a stale batch, so that no single undocumented behaviour carries the guarantee: the old
    id is unknown on update (reported: pygsheets#253), unknown on delete (inferred from its siblings), the name is
    taken (observed: gspread#1530), the new id is taken (documented in the discovery document).
    """
    return [
        fence_guard(old, cell),
        {"deleteNamedRange": {"namedRangeId": old.fence}},
        fence_added(new, cell),
    ]


def fence_added(current: LockRecord, cell: dict[str, Any]) -> dict[str, Any]:
    """Put the fence up; refused while there is one."""
    return {"addNamedRange": {"namedRange": {"namedRangeId": current.fence, "name": FENCE_NAME, "range": cell}}}


def fence_guard(current: LockRecord, cell: dict[str, Any]) -> dict[str, Any]:
    """One request that is refused unless `current` is the last commit; it changes nothing."""
    return {"updateNamedRange": {"namedRange": {"namedRangeId": current.fence, "range": cell}, "fields": "range"}}


def is_older(fence: str, last: LockRecord) -> bool:
    """Whether a fence's id is that of a version before `last`."""
    found = re.fullmatch(rf"{FENCE_ID}(\d+)_[0-9a-z]+", fence)
    return found is not None and int(found[1]) < last.version
