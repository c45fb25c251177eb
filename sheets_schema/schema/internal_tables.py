"""The library's own tabs: the lock cell with the few values beside it, and the log of all commits."""

from __future__ import annotations

import json

from pydantic import Field

from sheets_schema.errors import SchemaMismatchError
from sheets_schema.schema.tables import InternalTable, Ledger


class Control(InternalTable, tab="Control", hidden=True):
    """Named values, one a row; the first is the lock cell."""

    name: str
    value: str = ""


LOCK = "lock"
SCHEMA_VERSION = "schema_version"
LOCK_ROW = 2
"""The lock cell's row, counted from 1: below the header."""


class CommitLog(Ledger, tab="Commit Log", hidden=True):
    """One row a commit: a chain, since each names the one before it."""

    version: int = Field(description="1 more than the commit before")
    commit: str = Field(description="The commit's id")
    previous: str = Field(default="", description="The id of the commit before; empty for the first")
    at: str = Field(description="When it was sent, ISO 8601 UTC")
    who: str = Field(default="", description="Who asked for it")
    operation: str = Field(default="", description="What was done")
    rows: str = Field(description="How many rows every ledger holds after this commit")

    def counts(self) -> dict[str, int]:
        """Rows of every ledger after this commit, by title. Raises `SchemaMismatchError` if a person has changed the cell."""
        try:
            return {str(title): int(count) for title, count in json.loads(self.rows).items()}
        except (ValueError, TypeError, AttributeError):
            raise SchemaMismatchError(
                f"Tab “{self.__table__.title}”, version {self.version}, column “rows”: the counts cannot be read. "
                "This tab is written by the service only; put the cell back as it was (File > Version history).",
                tab=self.__table__.title,
            ) from None

    @staticmethod
    def written(counts: dict[str, int]) -> str:
        """Return `counts` as they stand in the column `rows`."""
        return json.dumps(counts, ensure_ascii=False, sort_keys=True)


CONTROL, COMMIT_LOG = Control.__table__.title, CommitLog.__table__.title
