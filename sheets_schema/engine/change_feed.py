"""What ledgers have gained since an earlier read.

For copies that continue where they ended. Never takes the lock. A position is where a reader has come to. It is plain
data, so that a process may keep it wherever it likes, and holds what makes the next read one call: the last commit,
the length of every ledger, and how the tabs were laid out.

Rows are counted from 1, the first below the header, and keep their number for ever. All rows of a ledger come in that order, whatever
part of it they stand in today; who moves a part elsewhere (an archive) reads it here, in front of what the sheet still holds.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from sheets_schema.clock import Clock, Deadline, Timing
from sheets_schema.engine.client import Client
from sheets_schema.engine.replica import Replica
from sheets_schema.errors import ReplicationError, RequestRejectedError
from sheets_schema.protocol.a1 import header_range, open_range
from sheets_schema.protocol.lock_record import LockRecord
from sheets_schema.protocol.sheet_layout import SheetLayout
from sheets_schema.protocol.sheet_read import CONTROL_RANGE, SheetRead, named_values
from sheets_schema.schema.declaration import Schema, version_of
from sheets_schema.schema.in_memory_tables import InMemoryTables
from sheets_schema.schema.internal_tables import COMMIT_LOG, NO_BASE, CommitLog, read_bases
from sheets_schema.schema.tables import Binding, Ledger


@dataclass(frozen=True)
class Position:
    """The last commit that was read.

    `counts` says how many rows each ledger held after it, the log included.
    """

    version: int = -1
    commit: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    layout: Mapping[str, SheetLayout] = field(default_factory=dict)

    @property
    def is_start(self) -> bool:
        """Whether nothing was read yet; the first commit is version 0."""
        return not self.commit

    def layout_text(self) -> str:
        """Return the layout as JSON, for `layout_from`."""
        return json.dumps({title: asdict(sheet) for title, sheet in self.layout.items()}, ensure_ascii=False)

    @staticmethod
    def layout_from(text: str) -> dict[str, SheetLayout]:
        """Read what `layout_text` has written."""
        return {title: SheetLayout(**sheet) for title, sheet in json.loads(text or "{}").items()}


@dataclass(frozen=True)
class LedgerChanges:
    """The rows of every ledger between two positions, and the commits that added them."""

    before: Position
    after: Position
    rows: Mapping[type[Ledger], Sequence[Ledger]]
    """By ledger; the first of them is the row after the last that `before` counts."""
    schema_version: int
    gone: Mapping[str, int] = field(default_factory=dict)
    """By ledger, how many of its first rows have left the spreadsheet and are not among `rows`."""

    @property
    def log(self) -> Sequence[CommitLog]:
        """The commits, oldest first."""
        return self.rows[CommitLog]  # type: ignore[return-value]  # the key says which rows these are

    def numbered(self, ledger: type[Ledger], start: int, end: int) -> Iterable[tuple[int, Ledger]]:
        """Return the rows after number `start` up to `end`, each with its number."""
        title = ledger.__table__.title
        known = max(self.before.counts.get(title, 0), self.gone.get(title, 0))
        start = max(start, known)
        return enumerate(self.rows[ledger][start - known : max(end, known) - known], start + 1)


class _Recorder(Replica[InMemoryTables]):
    """A replica that keeps the log's new rows, which no projection is shown."""

    log: Sequence[CommitLog] = ()

    def apply(self, reading: SheetRead, deadline: Deadline) -> dict[int, str]:
        """Apply a reading, and keep its commits.

        What stands for rows that have left is no row of a commit.
        """
        log = list(reading.ledgers[CommitLog].rows())
        counts = self.snapshot.state.counts
        for ledger in self.schema.ledgers:
            counts[ledger] = max(counts.get(ledger, 0), reading.ledgers[ledger].base.gone)
        found = super().apply(replace(reading, openings={}), deadline)
        self.log = log
        return found


class ChangeFeed:
    """Reads what is new in a spreadsheet's ledgers, as one version."""

    def __init__(self, schema: Schema[Any], client: Client, clock: Clock, timing: Timing) -> None:
        self._schema = Schema(schema.ledgers, InMemoryTables, version=schema.version)
        self._client, self._clock, self._timing = client, clock, timing

    @property
    def ledgers(self) -> tuple[type[Ledger], ...]:
        """Every ledger, the commit log first."""
        return self._schema.all_ledgers

    def read(self, since: Position, deadline: Deadline) -> LedgerChanges:
        """Return what came after a position.

        One call where no tab has changed its shape, else up to three.

        Raises `LogDivergedError` if the spreadsheet does not continue the position, `SchemaMismatchError`, `UnavailableError`,
        `PermissionDeniedError`, and `ReplicationError` if rows have left the spreadsheet that came after the position.
        """
        recorder = _Recorder(self._schema, self._client, self._clock, self._timing)
        titles = {ledger.__table__.title for ledger in self.ledgers}
        snapshot = recorder.snapshot
        if titles <= since.layout.keys():
            snapshot.sheets = dict(since.layout)
        if not since.is_start:
            snapshot.lock = LockRecord(since.version, since.commit)
            snapshot.counts = dict(since.counts)
            for ledger in self._schema.ledgers:
                snapshot.state.counts[ledger] = since.counts.get(ledger.__table__.title, 0)
        recorder.load(deadline)
        snapshot = recorder.snapshot
        assert snapshot.lock is not None
        gone = {title: base.gone for title, base in snapshot.bases.items()}
        if not since.is_start:
            check_all_is_there(gone, since)
        after = Position(snapshot.lock.version, snapshot.lock.commit, dict(snapshot.counts), dict(snapshot.sheets))
        rows: dict[type[Ledger], Sequence[Ledger]] = {CommitLog: recorder.log}
        state = snapshot.state
        for ledger in self._schema.ledgers:
            title = ledger.__table__.title
            known = max(since.counts.get(title, 0), gone.get(title, 0))
            rows[ledger] = [state.facts[ledger, number] for number in range(known, state.count(ledger))]
        return LedgerChanges(since, after, rows, version_of(snapshot.values), gone)

    def is_continued(self, position: Position, deadline: Deadline) -> bool:
        """Whether the log still holds the last commit of a position, where it stood: two calls.

        Raises as `read` does.
        """
        title = COMMIT_LOG
        number = position.counts.get(title, 0)
        width = position.layout[title].columns
        bases = read_bases(named_values(self._client.values([CONTROL_RANGE], deadline)[0]))
        base = bases.get(title, NO_BASE)
        if number <= base.gone:
            return False
        ranges = [header_range(title), open_range(title, base.sheet_row(number), width)]
        try:
            header, part = (each.get("values") or [[]] for each in self._client.values(ranges, deadline))
        except RequestRejectedError:  # the grid ends above it
            return False
        cells = Binding.of(CommitLog, header[0]).pick(part[0])
        return (cells.get("version"), cells.get("commit")) == (position.version, position.commit)


class RowOrigins:
    """Which commit each row came with: from the commit log, commit by commit.

    A migration that gives a tab another title keeps its rows: the log then counts them under the new one.
    """

    def __init__(self, counts: Mapping[str, int]) -> None:
        self._first = dict(counts)
        """Up to which row nothing is known, by title."""
        self.added: Counter[int] = Counter()
        """Rows of all ledgers that a version added."""
        self._counts = dict(counts)
        self._ends: dict[str, list[int]] = {}
        self._commits: dict[str, list[CommitLog]] = {}

    @classmethod
    def of(cls, log: Sequence[CommitLog], before: Position, gone: int = 0) -> Self:
        """Return the origins of the rows that these commits have added after a position.

        With `gone`, so many rows have left the top of the log: which commits added what they count is not known, nor what the
        first of the others has added.
        """
        known = before.counts.get(COMMIT_LOG, 0)
        numbered = enumerate(log, max(known, gone) + 1)
        if gone > known and (first := next(numbered, None)):
            made = cls({**first[1].counts(), COMMIT_LOG: first[0]})
        else:
            made = cls(before.counts)
        for number, row in numbered:
            made._add(row, {**row.counts(), COMMIT_LOG: number})
        return made

    def _add(self, row: CommitLog, counts: Mapping[str, int]) -> None:
        for title in counts.keys() - self._counts.keys():
            gone = [old for old, count in self._counts.items() if old not in counts and count == counts[title] > 0]
            if len(gone) == 1:
                self._counts[title] = self._counts.pop(gone[0])
                self._ends[title] = self._ends.pop(gone[0], [])
                self._commits[title] = self._commits.pop(gone[0], [])
        for title, count in counts.items():
            if count > self._counts.get(title, 0):
                self.added[row.version] += count - self._counts.get(title, 0)
                self._ends.setdefault(title, []).append(count)
                self._commits.setdefault(title, []).append(row)
        self._counts = dict(counts)

    def commit(self, title: str, number: int) -> CommitLog | None:
        """Return the commit that added a row; None if the log that was read does not tell."""
        if number <= self._first.get(title, 0):
            return None
        index = bisect_left(self._ends.get(title, ()), number)
        commits = self._commits.get(title, ())
        return commits[index] if index < len(commits) else None

    def count(self, title: str, version: int, before: int) -> int:
        """Return how many rows a ledger held after a version.

        `before` is how many it held before the log that was read.
        """
        index = bisect_right(self._commits.get(title, ()), version, key=lambda row: row.version)
        return self._ends[title][index - 1] if index else max(before, self._first.get(title, 0))


def check_all_is_there(gone: Mapping[str, int], since: Position) -> None:
    """Raise `ReplicationError` if rows have left the spreadsheet that came after a position."""
    for title, rows in gone.items():
        if rows > since.counts.get(title, 0):
            raise ReplicationError(
                f"Rows {since.counts.get(title, 0) + 1} to {rows} of tab “{title}” have left the spreadsheet since it was copied last, so "
                "that the copy cannot be continued; nothing was copied. Copy into a new, empty database, which begins with what is there, "
                "and copy more often than rows leave."
            )
