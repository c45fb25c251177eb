"""Build a commit: everything that it writes, in one batch. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sheets_schema.protocol.batch_requests import (
    Request,
    append_rows,
    clear_cells,
    delete_rows,
    grown,
    write_cells,
)
from sheets_schema.protocol.changes import Changes
from sheets_schema.protocol.limits import MAX_BYTES, encode
from sheets_schema.protocol.lock_record import LockRecord, fence_swap, lock_range
from sheets_schema.protocol.sheet_layout import SheetLayout
from sheets_schema.protocol.sheet_read import SheetRead
from sheets_schema.protocol.snapshot import CommitInfo, LostUpdate, Snapshot
from sheets_schema.protocol.view_writes import write_views
from sheets_schema.protocol.written_rows import WrittenRows, shown_cells
from sheets_schema.schema.cells import Cell
from sheets_schema.schema.declaration import S, truncated, version_of
from sheets_schema.schema.internal_tables import (
    BASES,
    COMMIT_LOG,
    CONTROL,
    LOCK_ROW,
    SCHEMA_VERSION,
    Base,
    CommitLog,
    bases_text,
)
from sheets_schema.schema.tables import Ledger, View
from sheets_schema.schema.unique_index import UniqueIndex


@dataclass(frozen=True)
class Commit:
    """A batch ready to be sent, and what is true once it is applied."""

    old: LockRecord
    new: LockRecord
    info: CommitInfo
    requests: list[Request]
    counts: dict[str, int]
    bases: Mapping[str, Base]
    grid_rows: dict[str, int]
    values: dict[str, str]
    value_rows: dict[str, int]
    views: dict[type[View], list[list[Cell]]]
    stale_view_rows: dict[type[View], frozenset[int]]
    sheets: dict[str, SheetLayout]
    keys: UniqueIndex
    written: dict[type[Ledger], WrittenRows] = field(default_factory=dict)
    once: bool = False
    """Whether it must not be sent again: it deletes rows, and would delete others."""

    @property
    def id(self) -> str:
        """The id under which the log shows it."""
        return self.new.commit


def build(snapshot: Snapshot[S], state: S, changes: Changes, new: LockRecord, label: CommitInfo) -> Commit:
    """Return the batch: fence, lock cell, log row, ledger rows, views, and input tables.

    Views are computed from `state`. A view has what room the rest leaves in the batch: one that needs more of it is
    brought up to date from the top, and the following commits go on.

    Raises `UniqueViolationError` for a row whose unique key is taken.
    """
    assert snapshot.lock is not None
    counts, keys = dict(snapshot.counts), snapshot.keys.fork()
    for ledger, rows in changes.appended.items():
        counts[ledger.__table__.title] += len(rows)
        keys.add_all(rows)
    counts = {changes.renamed.get(title, title): count for title, count in counts.items()}
    counts[COMMIT_LOG] += 1
    bases, moving = _moved(snapshot, changes)
    named = _named_values(snapshot, changes, bases)
    log_row = CommitLog(
        version=new.version,
        commit=new.commit,
        previous=snapshot.lock.commit,
        at=label.at,
        who=label.actor,
        operation=label.operation,
        # Ledgers that this declaration does not know keep their counts.
        rows=CommitLog.written(
            {title: count for title, count in counts.items() if title != COMMIT_LOG or title in bases},
            bases,
            version_of({**snapshot.values, **named}) if bases or SCHEMA_VERSION in named else None,
        ),
    )
    control = snapshot.sheets[CONTROL]
    old = snapshot.lost_update.overwritten if snapshot.lost_update else snapshot.lock
    requests = fence_swap(old, new, lock_range(control))
    requests.append(write_cells(control.sheet_id, LOCK_ROW, 1, [[new.text]]))
    value_rows = dict(snapshot.value_rows)
    for name, value in named.items():
        # A value that was declared after the spreadsheet was set up gets its row with the first thing it holds.
        row = value_rows.setdefault(name, max(value_rows.values()) + 1)
        requests.append(write_cells(control.sheet_id, row, 0, [[name, value]]))
    grid_rows = dict(snapshot.grid_rows)
    written: dict[type[Ledger], WrittenRows] = {}
    appended: dict[type[Ledger], list[Ledger]] = {CommitLog: [log_row], **changes.appended}
    for ledger, rows in appended.items():
        title = ledger.__table__.title
        requests += append_rows(
            snapshot.sheets[title], snapshot.bindings[ledger], grid_rows[title], snapshot.next_row(title), rows
        )
        written[ledger] = WrittenRows(snapshot.counts[title], snapshot.last_rows.get(ledger), rows)
        grid_rows[title] = grown(grid_rows[title], snapshot.next_row(title) + len(rows) - 1)
    values = {**snapshot.schema.values, **snapshot.values, **named}
    last = [*changes.requests, *moving]
    if snapshot.lost_update:
        last += _clear_overwritten(snapshot, snapshot.lost_update, counts, grid_rows)
    room = MAX_BYTES - len(encode([*requests, *last]))
    views = write_views(snapshot, state, changes, values, grid_rows, new.commit, room)
    requests += views.requests
    requests += last
    for title, blank in changes.shrunk.items():
        # Last of all: everything else was written where rows stand until now.
        requests.append(delete_rows(snapshot.sheets[title].sheet_id, 2, blank))
        grid_rows[title] -= blank
    return Commit(
        old,
        new,
        label,
        requests,
        counts,
        bases,
        grid_rows,
        values,
        value_rows,
        views.contents,
        views.stale_view_rows,
        views.sheets,
        keys,
        written,
        once=bool(changes.shrunk),
    )


def _named_values(snapshot: Snapshot[S], changes: Changes, bases: Mapping[str, Base]) -> dict[str, str]:
    """Return the named values to be written.

    The bases and what they make of the schema version only where they change.
    """
    if not bases:
        return changes.values
    version = {**snapshot.values, **changes.values}.get(SCHEMA_VERSION, "1")
    ours = {BASES: bases_text(bases), SCHEMA_VERSION: truncated(version)}
    return changes.values | {name: text for name, text in ours.items() if text != snapshot.values.get(name)}


def _moved(snapshot: Snapshot[S], changes: Changes) -> tuple[dict[str, Base], list[Request]]:
    """Return where ledgers begin after a commit, and what clears the rows that leave."""
    bases, requests = dict(snapshot.bases), list[Request]()
    for title, upto in changes.dropped.items():
        base, sheet = snapshot.base(title), snapshot.sheets[title]
        if upto > base.gone:
            requests.append(clear_cells(sheet.sheet_id, base.sheet_row(base.gone + 1), upto - base.gone, sheet.columns))
            bases[title] = Base(upto, base.blank + upto - base.gone)
    for title, rows in changes.shrunk.items():
        bases[title] = bases[title]._replace(blank=bases[title].blank - rows)
    return {changes.renamed.get(title, title): base for title, base in bases.items()}, requests


def _clear_overwritten(
    snapshot: Snapshot[S], lost_update: LostUpdate, counts: dict[str, int], grid_rows: dict[str, int]
) -> list[Request]:
    """Return what clears the rows of an overwritten commit.

    They are no facts, since the log does not know the commit.
    """
    requests: list[Request] = [{"deleteNamedRange": {"namedRangeId": range_id}} for range_id in lost_update.ranges]
    for ledger in snapshot.schema.ledgers:
        title = ledger.__table__.title
        sheet, first = snapshot.sheets[title], snapshot.base(title).sheet_row(counts[title] + 1)
        if first <= grid_rows[title]:
            rows = grid_rows[title] - first + 1
            requests.append(clear_cells(sheet.sheet_id, first, rows, sheet.columns))
    return requests


def advance(snapshot: Snapshot[S], commit: Commit, layer: S) -> None:
    """Bring the snapshot up to a commit of ours that was applied, without reading anything."""
    snapshot.merge_layer(layer)
    snapshot.keys.merge(commit.keys)
    snapshot.lock, snapshot.lost_update = commit.new, None
    snapshot.counts, snapshot.bases, snapshot.grid_rows = commit.counts, commit.bases, commit.grid_rows
    snapshot.values, snapshot.value_rows, snapshot.views = commit.values, commit.value_rows, commit.views
    snapshot.stale_view_rows = commit.stale_view_rows
    snapshot.sheets = {**snapshot.sheets, **commit.sheets}
    snapshot.last_rows |= {ledger: shown_cells(written.rows[-1]) for ledger, written in commit.written.items()}
    snapshot.note_commits([commit.info])


def shows(reading: SheetRead, commit: Commit) -> bool:
    """Whether the commit is among the new log rows of a read."""
    log = reading.ledgers[CommitLog]
    index = log.binding.index["commit"]
    return any(index < len(cells) and cells[index] == commit.id for cells in log.raw)


def changed_by_hand(reading: SheetRead, commit: Commit) -> str:
    """Say where a ledger is not as the commit found or left it; empty if it is.

    Only for a read that shows the commit.
    """
    found = (
        rows.mismatch(reading.ledgers[ledger]) for ledger, rows in commit.written.items() if ledger in reading.ledgers
    )
    return next(filter(None, found), "")
