"""Group commit: run pending transactions in order, and merge their changes. No I/O."""

from __future__ import annotations

from collections import Counter
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
    """One caller's transaction, until it is done: with a result or with an error."""

    function: TransactionFunction[S] | None
    """None for a caller that only reads: its result is made once the whole group is committed."""
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
        """End it with the result that its caller gets."""
        self.result, self.done = result, True

    def reject(self, error: BaseException) -> None:
        """End it with the error that its caller sees raised."""
        self.error, self.done = error, True


@dataclass
class CommitGroup(Generic[S]):
    """What a group's transactions change, over the committed state, and their results.

    Two kinds of transactions are left for the next batch: `stale` ones need an input table into which an earlier one of the group has
    written, so that what was read of it is out of date; `overflow` are those that would make the batch too large.
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
        """The transactions that are resolved once this batch is committed."""
        return [pending for pending, _, _ in self.outcomes]

    @property
    def actors(self) -> str:
        """Who commits, for the log."""
        return _with_counts(pending.actor for pending in self.writers)

    @property
    def operations(self) -> str:
        """What is committed, for the log."""
        return _with_counts(pending.operation for pending in self.writers)

    def resolve_all(self, snapshot: Snapshot[S]) -> None:
        """Resolve all transactions: the group is committed, and `snapshot` shows it."""
        for pending, result, error in self.outcomes:
            if error is not None:
                pending.reject(error)
            elif pending.function is None:
                pending.resolve(Transaction.reading(snapshot, result))
            else:
                pending.resolve(result)


def build_group(
    snapshot: Snapshot[S],
    waiting: Iterable[PendingTransaction[S]],
    commit: str,
    tables: Mapping[type[Tab], TableRead | SchemaMismatchError],
) -> CommitGroup[S]:
    """Run transactions one after another, each on what those before it have changed.

    One that raises fails alone. If another one has changed anything before it, it is rejected only once that is committed, since
    the error may come of it.
    """
    group = CommitGroup(snapshot.state.fork(), snapshot.keys.fork())
    for pending in waiting:
        if group.written.intersection(pending.reads):
            group.stale.append(pending)
            continue
        if pending.function is None:
            group.outcomes.append((pending, tables, None))
            continue
        transaction = Transaction(snapshot, group.state.fork(), group.keys.fork(), commit, group.changes.values, tables)
        try:
            result = pending.function(transaction)
        except Exception as error:  # noqa: BLE001 — whatever it is, it is raised again in its caller's thread
            if group.changes:
                group.outcomes.append((pending, None, error))
            else:
                pending.reject(error)
            continue
        _merge(group, pending, transaction, result)
    return group


def build_appending_group(
    snapshot: Snapshot[S], waiting: Sequence[PendingTransaction[S]], commit: str
) -> CommitGroup[S] | None:
    """Run transactions as `build_group` does, if all of them only add rows.

    Return None if one writes more than that or nothing, raises, or reads tables.
    """
    group = CommitGroup(snapshot.state.fork(), snapshot.keys.fork())
    for pending in waiting:
        if pending.function is None or pending.reads:
            return None
        transaction = Transaction(snapshot, group.state.fork(), group.keys.fork(), commit, {}, {})
        try:
            result = pending.function(transaction)
        except Exception:  # noqa: BLE001 — it is run again on a replica that is up to date, and may raise there
            return None
        if transaction.rolled_back or not transaction.changes.only_adds_rows:
            return None
        _merge(group, pending, transaction, result)
    return group


def _merge(group: CommitGroup[S], pending: PendingTransaction[S], transaction: Transaction[S], result: Any) -> None:
    """Add the changes of one transaction to the batch, if there is room for them."""
    if transaction.rolled_back or not transaction.changes:
        group.outcomes.append((pending, result, None))
        return
    transaction.changes.stage_assumed()
    load = estimated_bytes(transaction.changes)
    requests = len(group.changes.requests) + len(transaction.changes.requests)
    if group.writers and not fits_in_batch(group.estimated_bytes, load, requests):
        group.overflow.append(pending)
        return
    group.outcomes.append((pending, result, None))
    group.estimated_bytes += load
    group.state.merge(transaction.state)
    group.keys.merge(transaction.keys)
    group.changes.extend(transaction.changes)
    group.writers.append(pending)
    if transaction.changes.requests:
        group.written.update(pending.reads)


def _with_counts(names: Iterable[str]) -> str:
    """Return the names, each once with how many times it occurs."""
    return ", ".join(f"{name} ×{times}" if times > 1 else name for name, times in Counter(names).items())
