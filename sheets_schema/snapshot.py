"""What we know of the spreadsheet at one version, and how a reading brings it up to date.

The log decides what is a fact. A reading is taken in only if log, lock cell and ledgers tell one story that continues
ours; otherwise it is stale (read again) or the spreadsheet has forked (stop).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Generic

from sheets_schema.cells import Cell
from sheets_schema.collector import resting_collector
from sheets_schema.errors import Duplicate, SchemaError
from sheets_schema.fold import Fold
from sheets_schema.keys import Keys
from sheets_schema.lock_cell import LockCell
from sheets_schema.reading import Inconsistent, LedgerTail, LeftOver, Reading, Sheet
from sheets_schema.schema import S, Schema
from sheets_schema.system_tabs import CommitLog
from sheets_schema.tab import Binding, Ledger, View


@dataclass(frozen=True)
class Merged:
    """What is left of a commit that the last one was merged over: the fence still bears its id.

    The next commit is fenced by that id, deletes the other named ranges that the merge has made, and clears its rows.
    """

    loser: LockCell
    ranges: tuple[str, ...] = ()


@dataclass
class Snapshot(Generic[S]):
    """The state at the last commit we know, and where everything stands in the sheet."""

    schema: Schema[S]
    sheets: dict[str, Sheet]
    state: S
    lock: LockCell | None = None
    merged: Merged | None = None
    counts: dict[str, int] = field(default_factory=dict)
    bindings: dict[type[Ledger], Binding] = field(default_factory=dict)
    grid_rows: dict[str, int] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    value_rows: dict[str, int] = field(default_factory=dict)
    views: dict[type[View], list[list[Cell]]] = field(default_factory=dict)
    keys: Keys = field(default_factory=Keys)
    read_at: float = float("-inf")

    def integrate(self, reading: Reading, read_at: float) -> dict[int, str]:
        """Take a reading in, and return the commits that were new to us: version → id.

        Raises `Inconsistent` if the reading does not continue what we know, `SchemaError` for a damaged row; then
        nothing has changed.
        """
        new, logged = self._continues(reading)
        counts = {ledger.title: tail.count for ledger, tail in reading.ledgers.items()}
        learnt, keys = self.state.child(), self.keys.child()
        with resting_collector():
            for ledger, tail in reading.ledgers.items():
                if ledger is not CommitLog:
                    _take(tail, learnt, keys)
                tail.raw.clear()  # rows and what is made of them would otherwise be held together, of all ledgers at once
        self.state.absorb(learnt)
        self.keys.absorb(keys)
        self.counts = {**logged, **counts}
        self.bindings |= {ledger: tail.binding for ledger, tail in reading.ledgers.items()}
        self.grid_rows.update(reading.grid_rows)
        for title, columns in reading.view_columns.items():
            self.sheets[title] = replace(self.sheets[title], columns=columns)
        if self.lock != reading.lock:
            self.merged = None
        self.lock, self.values, self.value_rows = reading.lock, reading.values, reading.value_rows
        self.views = reading.views
        self.read_at = read_at
        return new

    def _continues(self, reading: Reading) -> tuple[dict[int, str], dict[str, int]]:
        self._still_holds(reading)
        new: dict[int, str] = {}
        last = (self.lock.version, self.lock.commit) if self.lock else None
        row: CommitLog | None = None
        for row in reading.ledgers[CommitLog].rows():
            if last:
                version, commit = last
                if row.version != version + 1 or row.previous != commit:
                    raise Inconsistent(
                        f"tab “Commit Log”: version {row.version} ({row.commit}) follows version {version} ({commit}), "
                        f"but names {row.previous or 'none'} as the one before it"
                    )
            new[row.version] = row.commit
            last = (row.version, row.commit)
        if not last:
            raise Inconsistent(f"tab “Commit Log” is empty, but the lock cell says version {reading.lock.version}")
        if last != (reading.lock.version, reading.lock.commit):
            raise Inconsistent(
                f"tab “Commit Log” ends with version {last[0]} ({last[1]}), but the lock cell in tab "
                f"“Control” says version {reading.lock.version} ({reading.lock.commit})"
            )
        logged = row.counts() if row else self.counts
        beyond: dict[str, int] = {}
        for ledger, tail in reading.ledgers.items():
            count = logged.get(ledger.title, 0)
            if ledger is CommitLog or tail.count == count:
                continue
            told = f"tab “{ledger.title}” holds {tail.count} rows, but by the commit log it should hold {count}"
            if tail.count < count:
                raise Inconsistent(told)
            beyond[ledger.title] = count
        if beyond:
            raise LeftOver(told, beyond)
        return new, logged

    def _still_holds(self, reading: Reading) -> None:
        """Whether what we know stands there yet, as far as the last known row of each ledger tells."""
        for ledger, tail in reading.ledgers.items():
            if tail.has_lost_rows:
                raise Inconsistent(f"tab “{ledger.title}” has lost rows: it held {tail.known}, and the last is gone")
        if self.lock is None:
            return
        last = reading.ledgers[CommitLog].last_known()
        if (last.version, last.commit) != (self.lock.version, self.lock.commit):
            raise Inconsistent(
                f"tab “Commit Log”: where version {self.lock.version} ({self.lock.commit}) stood, there is now version "
                f"{last.version} ({last.commit})"
            )


def _take(tail: LedgerTail[Any], learnt: Fold, keys: Keys) -> None:
    """Apply a ledger's new rows. Raises `SchemaError` for a row that doubles a unique key."""
    if not tail.tab.unique:
        for row in tail.rows():
            learnt.apply(row)
        return
    for number, row in enumerate(tail.rows(), tail.known + 2):
        try:
            keys.take(row)
        except Duplicate as error:
            raise _doubled(tail, number, error) from None
        learnt.apply(row)


def _doubled(tail: LedgerTail[Any], number: int, error: Duplicate) -> SchemaError:
    """What people are told of a unique key that two rows have, and which rows these are."""
    fields = error.key
    first = next(
        (
            f"row {earlier}"
            for earlier, row in enumerate(tail.rows(), tail.known + 2)
            if earlier < number and all(getattr(row, name) == value for name, value in fields.items())
        ),
        f"a row above row {tail.known + 2}",
    )
    headers = {column.field: column.header for column in tail.tab.columns()}
    return SchemaError(
        f"Tab “{tail.tab.title}”: row {number} has the same {', '.join(f'“{headers[name]}”' for name in fields)} as {first}, and only "
        "one may. Nothing is read or written until one of them is gone. The service alone writes this tab: if a row was "
        "pasted or changed by hand, put the tab back as it was (File > Version history).",
        tab=tail.tab.title,
    )
