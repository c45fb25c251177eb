"""The library's own tabs: the lock cell with its values, and the log of all commits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import Field

from sheets_schema.errors import SchemaMismatchError
from sheets_schema.schema.tables import InternalTable, Ledger


class Control(InternalTable, tab="Control", hidden=True):
    """Named values, one a row; the first is the lock cell."""

    name: str
    value: str = ""


class Base(NamedTuple):
    """What has left a ledger at its top.

    Rows that are not in the sheet any more, and blank ones in their place. Row n of a ledger is row n for ever.
    `gone` rows, the first ones, have left the sheet; of the rows that they leave blank, `blank` are still there,
    below the header.
    """

    gone: int = 0
    blank: int = 0

    @property
    def shift(self) -> int:
        """How many sheet rows were deleted at the top, which moves all others up."""
        return self.gone - self.blank

    def sheet_row(self, number: int) -> int:
        """Return where in the sheet a row of the ledger stands, both counted from 1.

        Row 0 is what stands above the first.
        """
        return number - self.shift + 1


NO_BASE = Base()

LOCK = "lock"
SCHEMA_VERSION = "schema_version"
BASES = "bases"
"""The named value that says where the ledgers begin. Absent as long as every row that was ever written is in the sheet."""
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
    """JSON: a number by title, or three where the ledger's first rows have left the sheet: all rows, and its `Base`."""

    def counts(self) -> dict[str, int]:
        """Rows of every ledger after this commit, by title, those that have left the sheet included.

        Raises `SchemaMismatchError` if a person has changed the cell.
        """
        return {
            title: count[0] if isinstance(count, list) else count
            for title, count in self._entries().items()
            if title not in (_VERSION, COMMIT_LOG)
        }

    def bases(self) -> dict[str, Base]:
        """Where those ledgers begin that have lost rows at their top, the log included.

        Raises like `counts`.
        """
        return {title: Base(*count[1:]) for title, count in self._entries().items() if isinstance(count, list)}

    @property
    def schema_version(self) -> int | None:
        """The schema version at this commit; None if an earlier row tells it. Raises like `counts`."""
        found = self._entries().get(_VERSION)
        return found if isinstance(found, int) else None

    def _entries(self) -> dict[str, int | list[int]]:
        try:
            return {str(title): _entry(count) for title, count in json.loads(self.rows).items()}
        except (ValueError, TypeError, AttributeError):
            raise SchemaMismatchError(
                f"Tab “{self.__table__.title}”, version {self.version}, column “rows”: the counts cannot be read. "
                "This tab is written by the service only; put the cell back as it was (File > Version history).",
                tab=self.__table__.title,
            ) from None

    @staticmethod
    def written(counts: Mapping[str, int], bases: Mapping[str, Base], schema_version: int | None = None) -> str:
        """Return what stands in the column `rows`.

        The version where it is new, and wherever older rows may be gone.
        """
        rows = {title: [count, *bases[title]] if title in bases else count for title, count in counts.items()}
        version = {} if schema_version is None else {_VERSION: schema_version}
        return json.dumps({**rows, **version}, ensure_ascii=False, sort_keys=True)


def _entry(count: Any) -> int | list[int]:
    if isinstance(count, list):
        rows, gone, blank = map(int, count)
        return [rows, gone, blank]
    return int(count)


class OpeningTable(InternalTable, tab="Opening", hidden=True):
    """What stands for rows that have left a ledger.

    The tab is made when rows leave for the first time.
    """

    ledger: str = Field(description="The tab that the rows have left")
    gone: int = Field(description="How many they were")
    part: int
    parts: int = Field(description="Over how many rows it goes, since a cell holds 50,000 characters")
    rows: str = Field(description="Rows that stand for them, as JSON; packed if one cell does not hold it", repr=False)


CONTROL, COMMIT_LOG, OPENING = (table.__table__.title for table in (Control, CommitLog, OpeningTable))
_VERSION = ""
"""The schema version's key among the titles; no tab's title is empty."""


def bases_text(bases: Mapping[str, Base]) -> str:
    """Return the bases as they stand in the Control tab."""
    return json.dumps(bases, ensure_ascii=False, sort_keys=True)


def has_opening(bases: Mapping[str, Base]) -> bool:
    """Whether rows have left for which others stand: of the log nothing is kept."""
    return bool(bases.keys() - {COMMIT_LOG})


def read_bases(values: Mapping[str, str]) -> dict[str, Base]:
    """Return the bases that the named values tell.

    Raises `SchemaMismatchError` if a person has changed them.
    """
    try:
        return {str(title): Base(*map(int, base)) for title, base in json.loads(values.get(BASES) or "{}").items()}
    except (ValueError, TypeError, AttributeError):
        raise SchemaMismatchError(
            f"Tab “{CONTROL}”: {BASES} cannot be read. Put it back with File > Version history.", tab=CONTROL
        ) from None
