"""Group commit: run pending transactions in order, and merge their changes into a batch.

No wire, no queue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic

from sheets_schema.clock import Deadline
from sheets_schema.errors import SchemaMismatchError
from sheets_schema.protocol.changes import Changes
from sheets_schema.protocol.limits import estimated_bytes, fits_in_batch
from sheets_schema.protocol.snapshot import Snapshot
from sheets_schema.protocol.table_read import TableRead
from sheets_schema.schema.declaration import S
from sheets_schema.schema.tables import Tab
from sheets_schema.schema.unique_index import UniqueIndex
from sheets_schema.transaction import Transaction

TransactionFunction = Callable[[Transaction[S]], Any]


@dataclass(eq=False)
class PendingTransaction(Generic[S]):
    """One caller's work, until it is done: with a result or with an error."""

    function: TransactionFunction[S] | None
    """None for a caller who only reads: what he gets is made once all that leaves with it stands."""
    operation: str
    actor: str
    reads: tuple[type[Tab], ...]
    deadline: Deadline
    hold_lease: bool = False
    guarded: bool = False
    moves_rows: bool = False
    """Whether rows are to leave, or blank ones to be deleted: the lock is taken first."""
    done: bool = False
    result: Any = None
    error: BaseException | None = None

    def resolve(self, result: Any = None) -> None:
        """End it with what the caller is to get."""
        self.result, self.done = result, True

    def reject(self, error: BaseException) -> None:
        """End it with what its caller is to see raised."""
        self.error, self.done = error, True


@dataclass
class CommitGroup(Generic[S]):
    """What a group's transactions change, over the committed state, and their results.

    Two kinds of work are left for the next batch: `outdated` ones need a form into which earlier work has written, so
    that what was read of it is no longer so; `overflow` are those that would make the batch too large.
    """

    state: S
    keys: UniqueIndex
    changes: Changes = field(default_factory=Changes)
    outcomes: list[tuple[PendingTransaction[S], Any, Exception | None]] = field(default_factory=list)
    writers: list[PendingTransaction[S]] = field(default_factory=list)
    written: set[type[Tab]] = field(default_factory=set)
    estimated_bytes: int = 0
    stale: list[PendingTransaction[S]] = field(default_factory=list)
    overflow: list[PendingTransaction[S]] = field(default_factory=list)

    @property
    def transactions(self) -> list[PendingTransaction[S]]:
        """The works that this batch answers."""
        return [pending for pending, _, _ in self.outcomes]

    def resolve_all(self, snapshot: Snapshot[S]) -> None:
        """Tell everybody: what they saw stands, and `snapshot` shows it."""
        for pending, result, error in self.outcomes:
            if error is not None:
                pending.reject(error)
            elif pending.function is None:
                pending.resolve(Transaction.reading(snapshot, result))
            else:
                pending.resolve(result)


def build_group(
    snapshot: Snapshot[S],
    group: Iterable[PendingTransaction[S]],
    commit: str,
    tables: Mapping[type[Tab], TableRead | SchemaMismatchError],
) -> CommitGroup[S]:
    """Run works one after another over the same staged state. One that raises fails alone.

    What it raises over another's staged facts is told once these stand: it may come of them.
    """
    staged = CommitGroup(snapshot.state.fork(), snapshot.keys.fork())
    for pending in group:
        if staged.written.intersection(pending.reads):
            staged.stale.append(pending)
            continue
        if pending.function is None:
            staged.outcomes.append((pending, tables, None))
            continue
        transaction = Transaction(
            snapshot, staged.state.fork(), staged.keys.fork(), commit, staged.changes.values, tables
        )
        try:
            result = pending.function(transaction)
        except Exception as error:  # noqa: BLE001 — whatever it is, it is raised again in its caller's thread
            if staged.changes:
                staged.outcomes.append((pending, None, error))
            else:
                pending.reject(error)
            continue
        _merge(staged, pending, transaction, result)
    return staged


def build_appending_group(
    snapshot: Snapshot[S], group: Sequence[PendingTransaction[S]], commit: str
) -> CommitGroup[S] | None:
    """Run works as `build_group` does, if all of them only add rows.

    None if one writes more than that or nothing, raises, or reads tables.
    """
    staged = CommitGroup(snapshot.state.fork(), snapshot.keys.fork())
    for pending in group:
        if pending.function is None or pending.reads:
            return None
        transaction = Transaction(snapshot, staged.state.fork(), staged.keys.fork(), commit, {}, {})
        try:
            result = pending.function(transaction)
        except Exception:  # noqa: BLE001 — it is run again on a copy that is up to date, and may raise there
            return None
        if transaction.rolled_back or not transaction.changes.only_adds_rows:
            return None
        _merge(staged, pending, transaction, result)
    return staged


def _merge(staged: CommitGroup[S], pending: PendingTransaction[S], transaction: Transaction[S], result: Any) -> None:
    """Make what one transaction has staged part of the batch, if there is room for it."""
    if transaction.rolled_back or not transaction.changes:
        staged.outcomes.append((pending, result, None))
        return
    transaction.changes.stage_assumed()
    load = estimated_bytes(transaction.changes)
    requests = len(staged.changes.requests) + len(transaction.changes.requests)
    if staged.writers and not fits_in_batch(staged.estimated_bytes, load, requests):
        staged.overflow.append(pending)
        return
    staged.outcomes.append((pending, result, None))
    staged.estimated_bytes += load
    staged.state.merge(transaction.state)
    staged.keys.merge(transaction.keys)
    staged.changes.extend(transaction.changes)
    staged.writers.append(pending)
    if transaction.changes.requests:
        staged.written.update(pending.reads)
