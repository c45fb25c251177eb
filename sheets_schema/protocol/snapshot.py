"""What we know of the spreadsheet at one version, and how a read brings it up to date. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from itertools import zip_longest
from typing import Any, Generic
from weakref import ref

from sheets_schema.errors import SchemaMismatchError, UniqueViolationError
from sheets_schema.protocol.gc_paused import gc_paused
from sheets_schema.protocol.lock_record import LockRecord
from sheets_schema.protocol.openings import LedgerOpening
from sheets_schema.protocol.read_consistency import check_consistency, check_departures
from sheets_schema.protocol.sheet_layout import SheetLayout
from sheets_schema.protocol.sheet_read import (
    LedgerDelta,
    SheetRead,
)
from sheets_schema.schema.cells import Cell
from sheets_schema.schema.declaration import IncrementalView, S, Schema
from sheets_schema.schema.internal_tables import NO_BASE, Base, CommitLog
from sheets_schema.schema.projection import Projection
from sheets_schema.schema.tables import Binding, Ledger, View
from sheets_schema.schema.unique_index import UniqueIndex

HEADER = -1
"""The index of a view's header among its rows."""
MAX_RECENT = 500
"""Commits of which the snapshot keeps who asked for them."""
_MAX_LAYERS = 8
"""Layers of state that readers of earlier versions may bring about; beyond that, it is copied."""


@dataclass(frozen=True)
class LostUpdate:
    """What is left of a commit that the last one has overwritten: the fence still bears its id.

    The next commit is fenced by that id, deletes the other named ranges of the two, and clears its rows.
    """

    overwritten: LockRecord
    ranges: tuple[str, ...] = ()


@dataclass(frozen=True)
class CommitInfo:
    """When, by whom and for what a commit was made, as the commit log says."""

    at: str
    actor: str
    operation: str


@dataclass
class Snapshot(Generic[S]):
    """The state at the last commit we know, and where everything stands in the sheet."""

    schema: Schema[S]
    sheets: dict[str, SheetLayout]
    state: S
    lock: LockRecord | None = None
    lost_update: LostUpdate | None = None
    counts: dict[str, int] = field(default_factory=dict)
    """Rows of every ledger, by title, those that have left the sheet included."""
    bases: Mapping[str, Base] = field(default_factory=dict)
    """Where those ledgers begin whose first rows have left the sheet."""
    bindings: dict[type[Ledger], Binding] = field(default_factory=dict)
    grid_rows: dict[str, int] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    value_rows: dict[str, int] = field(default_factory=dict)
    views: dict[type[View], list[list[Cell]]] = field(default_factory=dict)
    stale_view_rows: dict[type[View], frozenset[int]] = field(default_factory=dict)
    """Rows of incremental views that are not where they belong, by index; `HEADER` is the header."""
    zone: tzinfo = UTC
    """The spreadsheet's time zone, in which views show dates."""
    keys: UniqueIndex = field(default_factory=UniqueIndex)
    recent: tuple[CommitInfo, ...] = ()
    """The last commits, the newest last."""
    last_rows: dict[type[Ledger], Mapping[str, Cell]] = field(default_factory=dict)
    """The last row of each ledger, by field, as it was last read or written."""
    read_at: float = float("-inf")
    readers: list[ref[Projection]] = field(default_factory=list)
    """The states of those who read an earlier version, as long as anybody holds them."""

    def base(self, title: str) -> Base:
        """Return where a ledger begins."""
        return self.bases.get(title, NO_BASE)

    def next_row(self, title: str) -> int:
        """Return where in the sheet a ledger's next row will stand."""
        return self.base(title).sheet_row(self.counts[title] + 1)

    def shared(self) -> Snapshot[S]:
        """Return a snapshot that stays at this version, whatever is committed."""
        shared = replace(self, state=self.state.fork(), keys=UniqueIndex())
        self.readers.append(ref(shared.state))
        return shared

    def merge_layer(self, layer: S) -> None:
        """Merge a layer into the state, or put it on top while somebody reads an earlier version."""
        self.readers = [reader for reader in self.readers if reader() is not None]
        if self.readers:
            self.state = self.state.fork()
        self.state.merge(layer)
        if not self.readers or self.state.depth > _MAX_LAYERS:
            self.state.flatten(copy=bool(self.readers))

    def note_commits(self, commits: Iterable[CommitInfo]) -> None:
        """Remember who asked for the newest commits."""
        self.recent = (*self.recent, *commits)[-MAX_RECENT:]

    def integrate(self, reading: SheetRead, read_at: float) -> dict[int, str]:
        """Apply a read, and return the commits that were new to us: version → id.

        Raises `InconsistentReadError` if the read does not continue what we know, `SchemaMismatchError` for a damaged row; then
        nothing has changed.
        """
        new, logged = check_consistency(reading, self.lock, self.counts)
        if self.lock:
            check_departures(reading, self.bases, self.counts, logged)
        counts = {ledger.__table__.title: tail.count for ledger, tail in reading.ledgers.items()}
        layer, keys, commits = self.state.fork(), self.keys.fork(), [*_infos(reading.ledgers[CommitLog])]
        last_rows: dict[type[Ledger], Mapping[str, Cell]] = {
            ledger: tail.binding.pick(tail.raw[-1] if tail.raw else tail.last)
            for ledger, tail in reading.ledgers.items()
            if tail.count
        }
        with gc_paused():
            for ledger, tail in reading.ledgers.items():
                if ledger is not CommitLog:
                    if opening := reading.openings.get(ledger.__table__.title):
                        _open(opening, ledger, layer)
                    _apply(tail, layer, keys)
                tail.release()
        self.merge_layer(layer)
        self.keys.merge(keys)
        self.note_commits(commits)
        self.counts, self.bases = {**logged, **counts}, reading.bases
        self.bindings |= {ledger: tail.binding for ledger, tail in reading.ledgers.items()}
        self.last_rows = last_rows
        self.grid_rows.update(reading.grid_rows)
        for title, columns in reading.view_columns.items():
            self.sheets[title] = replace(self.sheets[title], columns=columns)
        if self.lock != reading.lock:
            self.lost_update = None
        self.lock, self.values, self.value_rows = reading.lock, reading.values, reading.value_rows
        self.views, self.stale_view_rows = reading.views, self._misplaced(reading.view_keys)
        self.read_at = read_at
        return new

    def _misplaced(self, keys: dict[type[View], list[Cell]]) -> dict[type[View], frozenset[int]]:
        """Which rows of incremental views bear another key than they should."""
        stale_view_rows = {}
        for view, compute in self.schema.views.items():
            if view in keys and isinstance(compute, IncrementalView):
                wanted = (compute.key(self.state, index) for index in range(compute.row_count(self.state)))
                pairs = zip_longest([view.columns()[0].header, *wanted], keys[view], fillvalue="")
                stale_view_rows[view] = frozenset(
                    index for index, (right, there) in enumerate(pairs, HEADER) if right != there
                )
        return stale_view_rows


def _infos(log: LedgerDelta[CommitLog]) -> Iterator[CommitInfo]:
    """Who asked for the newest of the log's new rows.

    One in which a person has changed that is left out: no fact hangs on it.
    """
    for number in range(max(log.first_row, log.last_row + 1 - MAX_RECENT), log.last_row + 1):
        try:
            row = log.row(number)
        except SchemaMismatchError:
            continue
        yield CommitInfo(row.at, row.who, row.operation)


def _open(opening: LedgerOpening, ledger: type[Ledger], layer: Projection) -> None:
    for row in opening.models(ledger):
        layer.apply(row)


def _apply(tail: LedgerDelta[Any], layer: Projection, keys: UniqueIndex) -> None:
    """Apply a ledger's new rows.

    Raises `SchemaMismatchError` for a row that doubles a unique key.
    """
    if not tail.tab.__table__.unique:
        for row in tail.rows():
            layer.apply(row)
        return
    for number, row in enumerate(tail.rows(), tail.first_row):
        try:
            keys.add(row)
        except UniqueViolationError as error:
            raise _doubled(tail, number, error) from None
        layer.apply(row)


def _doubled(tail: LedgerDelta[Any], number: int, error: UniqueViolationError) -> SchemaMismatchError:
    """Return the error for a unique key that two rows have, with both rows."""
    fields = error.key
    first = next(
        (
            f"row {earlier}"
            for earlier, row in enumerate(tail.rows(), tail.first_row)
            if earlier < number and all(getattr(row, name) == value for name, value in fields.items())
        ),
        f"a row above row {tail.first_row}",
    )
    headers = {column.field: column.header for column in tail.tab.columns()}
    return SchemaMismatchError(
        f"Tab “{tail.tab.__table__.title}”: row {number} has the same {', '.join(f'“{headers[name]}”' for name in fields)} as {first}, and only "
        "one may. Nothing is read or written until one of them is gone. The service alone writes this tab: if a row was "
        "pasted or changed by hand, put the tab back as it was (File > Version history).",
        tab=tail.tab.__table__.title,
    )
