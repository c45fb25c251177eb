"""What we know of the spreadsheet at one version, and how a reading brings it up to date.

The log decides what is a fact. A reading is taken in only if log, lock cell and ledgers tell one story that continues
ours; otherwise it is stale (read again) or the spreadsheet has forked (stop).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from itertools import islice, zip_longest
from operator import itemgetter
from typing import Any, Generic
from weakref import ref

from sheets_schema.errors import SchemaMismatchError, UniqueViolationError
from sheets_schema.protocol.gc_paused import gc_paused
from sheets_schema.protocol.lock_record import LockRecord
from sheets_schema.protocol.openings import LedgerOpening
from sheets_schema.protocol.sheet_layout import SheetLayout
from sheets_schema.protocol.sheet_read import (
    InconsistentReadError,
    LedgerDelta,
    OrphanRowsError,
    SheetRead,
    check_departures,
)
from sheets_schema.schema.cells import Cell
from sheets_schema.schema.declaration import IncrementalView, S, Schema
from sheets_schema.schema.internal_tables import CONTROL, NO_BASE, Base, CommitLog
from sheets_schema.schema.projection import Projection
from sheets_schema.schema.tables import Binding, Ledger, View
from sheets_schema.schema.unique_index import UniqueIndex
from sheets_schema.wording import counted

_MAX_NAMED = 10
"""How many rows a report names by what people know them."""
HEADER = -1
"""The place of a view's header among its rows."""
MAX_RECENT = 500
"""Commits of which the snapshot keeps who asked for them."""
_MAX_LAYERS = 8
"""Layers of state that readers of earlier versions may bring about; beyond that, it is copied."""


@dataclass(frozen=True)
class LostUpdate:
    """What is left of a commit that the last one was merged over: the fence still bears its id.

    The next commit is fenced by that id, deletes the other named ranges that the merge has made, and clears its rows.
    """

    overwritten: LockRecord
    ranges: tuple[str, ...] = ()


@dataclass(frozen=True)
class CommitInfo:
    """What the commit log says of a commit besides its place in the chain."""

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
    spoilt: dict[type[View], frozenset[int]] = field(default_factory=dict)
    """Rows of incremental views that are not where they belong, by place; `HEADER` is the header."""
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

    def absorb(self, learnt: S) -> None:
        """Take a layer of state in; while somebody reads an earlier version, on top of what he sees."""
        self.readers = [reader for reader in self.readers if reader() is not None]
        if self.readers:
            self.state = self.state.fork()
        self.state.merge(learnt)
        if not self.readers or self.state.depth > _MAX_LAYERS:
            self.state.flatten(copy=bool(self.readers))

    def note_commits(self, commits: Iterable[CommitInfo]) -> None:
        """Remember who asked for the newest commits."""
        self.recent = (*self.recent, *commits)[-MAX_RECENT:]

    def integrate(self, reading: SheetRead, read_at: float) -> dict[int, str]:
        """Take a reading in, and return the commits that were new to us: version → id.

        Raises `InconsistentReadError` if the reading does not continue what we know, `SchemaMismatchError` for a damaged row; then
        nothing has changed.
        """
        new, logged = self._continues(reading)
        if self.lock:
            check_departures(reading, self.bases, self.counts, logged)
        counts = {ledger.__table__.title: tail.count for ledger, tail in reading.ledgers.items()}
        learnt, keys, commits = self.state.fork(), self.keys.fork(), [*_infos(reading.ledgers[CommitLog])]
        last_rows: dict[type[Ledger], Mapping[str, Cell]] = {
            ledger: tail.binding.pick(tail.raw[-1] if tail.raw else tail.last)
            for ledger, tail in reading.ledgers.items()
            if tail.count
        }
        with gc_paused():
            for ledger, tail in reading.ledgers.items():
                if ledger is not CommitLog:
                    if opening := reading.openings.get(ledger.__table__.title):
                        _open(opening, ledger, learnt)
                    _apply(tail, learnt, keys)
                tail.release()
        self.absorb(learnt)
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
        self.views, self.spoilt = reading.views, self._misplaced(reading.view_keys)
        self.read_at = read_at
        return new

    def _misplaced(self, keys: dict[type[View], list[Cell]]) -> dict[type[View], frozenset[int]]:
        """Which rows of incremental views bear another key than they should."""
        spoilt = {}
        for view, compute in self.schema.views.items():
            if view in keys and isinstance(compute, IncrementalView):
                wanted = (compute.key(self.state, index) for index in range(compute.places(self.state)))
                pairs = zip_longest([view.columns()[0].header, *wanted], keys[view], fillvalue="")
                spoilt[view] = frozenset(index for index, (right, there) in enumerate(pairs, HEADER) if right != there)
        return spoilt

    def _continues(self, reading: SheetRead) -> tuple[dict[int, str], dict[str, int]]:
        last = self._still_holds(reading)
        new: dict[int, str] = {}
        log = reading.ledgers[CommitLog]
        link = (self.lock.version + 1, self.lock.commit) if self.lock else None
        for number, (version, commit, previous) in enumerate(_links(log), log.first_row):
            if link and (version, previous) != link:
                row, before = log.row(number), log.row(number - 1) if new else last
                after = _named(before) if before else f"version {link[0] - 1} ({link[1]})"
                raise InconsistentReadError(
                    f"tab “Commit Log”, row {number}: {_named(row)} follows {after}, "
                    f"but names {row.previous or 'none'} as the one before it"
                )
            new[version] = commit
            link = (version + 1, commit)
        last = log.row(log.last_row) if new else last
        if not last:
            raise InconsistentReadError(
                f"tab “Commit Log” is empty, but the lock cell says version {reading.lock.version}"
            )
        logged = last.counts() if new else self.counts
        if not _agree(last.bases(), reading.bases):
            raise InconsistentReadError(
                f"tab “Commit Log”, row {log.last_row}, says that the ledgers begin elsewhere than tab “{CONTROL}” says"
            )
        tails = [tail for ledger, tail in reading.ledgers.items() if ledger is not CommitLog]
        wrong = [(tail, count) for tail in tails if tail.count != (count := logged.get(tail.tab.__table__.title, 0))]
        message = "; ".join(_miscounted(tail, count) for tail, count in wrong)
        if (last.version, last.commit) != (reading.lock.version, reading.lock.commit):
            raise InconsistentReadError(
                f"tab “Commit Log” ends with {_named(last)}, but the lock cell in tab “Control” says version "
                f"{reading.lock.version} ({reading.lock.commit})" + (message and f"; {message}")
            )
        if wrong:
            message = f"{message}. The last commit is {_named(last)}, row {log.last_row} of tab “Commit Log”"
            if any(tail.count < count for tail, count in wrong):
                raise InconsistentReadError(message)
            raise OrphanRowsError(message, {tail.tab.__table__.title: count for tail, count in wrong})
        return new, logged

    def _still_holds(self, reading: SheetRead) -> CommitLog | None:
        """Return the last known row of the log as it stands there now; None if it has left.

        Raises `InconsistentReadError` if the last known row of a ledger is not there, or the log's is another.
        """
        for ledger, tail in reading.ledgers.items():
            if tail.has_lost_rows:
                raise InconsistentReadError(
                    f"tab “{ledger.__table__.title}” has lost rows: it held {tail.known}, and row {tail.first_row - 1}, the last, is empty now"
                )
        if self.lock is None:
            return None
        log = reading.ledgers[CommitLog]
        if log.known <= log.base.gone:
            return None  # it has left the sheet; the row that follows it names it
        last: CommitLog = log.last_known()
        if (last.version, last.commit) != (self.lock.version, self.lock.commit):
            raise InconsistentReadError(
                f"tab “Commit Log”, row {log.first_row - 1}: where version {self.lock.version} ({self.lock.commit}) stood, there "
                f"is now {_named(last)}; what was answered under {self.lock.commit} may be gone"
            )
        return last


def _links(log: LedgerDelta[CommitLog]) -> Iterator[tuple[int, str, str]]:
    """Version, id and predecessor of the log's new rows.

    Raises `SchemaMismatchError` for a row in which they cannot be read. Of the columns beside them only the last
    row's matter; to check those of a long past would take its time.
    """
    index = log.binding.index
    places = itemgetter(index["version"], index["commit"], index["previous"])
    for number, cells in enumerate(log.raw, log.first_row):
        try:
            version, commit, previous = places(cells)
            plain = type(version) is int and type(commit) is str and type(previous) is str
        except IndexError:
            plain = False
        if not plain:
            row = log.row(number)
            version, commit, previous = row.version, row.commit, row.previous
        yield version, commit, previous


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


def _named(row: CommitLog) -> str:
    return f"version {row.version} ({row.commit}) “{row.operation}”"


def _miscounted(tail: LedgerDelta[Any], count: int) -> str:
    """Which rows of a ledger are of no commit, or how many are gone, as people find them.

    By what people know them is told only of rows that can be read: in others anything may stand anywhere.
    """
    message = f"tab “{tail.tab.__table__.title}” holds {counted(tail.count, 'row')}, but by the commit log it should hold {count}"
    if tail.count < count:
        return message
    first, last = tail.base.sheet_row(count + 1), tail.last_row
    rows = f"row {last} is" if first == last else f"rows {first} to {last} are"
    try:
        beyond = [*islice(tail.rows(), max(0, count - tail.known), None)] if tail.tab.__table__.display_key else []
    except SchemaMismatchError:
        beyond = []
    known = [*dict.fromkeys(str(name) for row in beyond if (name := getattr(row, tail.tab.__table__.display_key)))]
    header = next(
        (column.header for column in tail.tab.columns() if column.field == tail.tab.__table__.display_key), ""
    )
    more = f" and {len(known) - _MAX_NAMED} more" if len(known) > _MAX_NAMED else ""
    named = f" ({header} {', '.join(known[:_MAX_NAMED])}{more})" if known else ""
    return f"{message}: {rows} of no commit{named}"


def _agree(logged: Mapping[str, Base], found: Mapping[str, Base]) -> bool:
    """Whether the bases are those that the log names.

    Or with fewer blank rows, since a deletion may have come twice.
    """
    return logged.keys() == found.keys() and all(
        base.gone == found[title].gone and base.blank >= found[title].blank for title, base in logged.items()
    )


def _open(opening: LedgerOpening, ledger: type[Ledger], learnt: Projection) -> None:
    for row in opening.models(ledger):
        learnt.apply(row)


def _apply(tail: LedgerDelta[Any], learnt: Projection, keys: UniqueIndex) -> None:
    """Apply a ledger's new rows.

    Raises `SchemaMismatchError` for a row that doubles a unique key.
    """
    if not tail.tab.__table__.unique:
        for row in tail.rows():
            learnt.apply(row)
        return
    for number, row in enumerate(tail.rows(), tail.first_row):
        try:
            keys.add(row)
        except UniqueViolationError as error:
            raise _doubled(tail, number, error) from None
        learnt.apply(row)


def _doubled(tail: LedgerDelta[Any], number: int, error: UniqueViolationError) -> SchemaMismatchError:
    """Return what people are told of a unique key that two rows have, and which rows these are."""
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
