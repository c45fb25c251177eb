"""Works that leave in one batch: what each of them is, and how they are run one after another. No wire, no queue."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from sheets_schema.changes import Changes
from sheets_schema.errors import SchemaError
from sheets_schema.keys import Keys
from sheets_schema.limits import fits, weight
from sheets_schema.reading import TableRead
from sheets_schema.schema import S
from sheets_schema.snapshot import Snapshot
from sheets_schema.tab import Tab
from sheets_schema.timing import Deadline
from sheets_schema.transaction import Transaction

R = TypeVar("R")
Work = Callable[[Transaction[S]], R]


@dataclass(eq=False)
class Job(Generic[S]):
    """One caller's work, until it is done: with a result or with an error."""

    work: Work[S, Any]
    operation: str
    who: str
    reads: tuple[type[Tab], ...]
    deadline: Deadline
    keep_lock: bool = False
    guarded: bool = False
    done: bool = False
    result: Any = None
    error: BaseException | None = None

    def finish(self, *, result: Any = None, error: BaseException | None = None) -> None:
        """Tell the caller."""
        self.result, self.error, self.done = result, error, True


@dataclass
class Staged(Generic[S]):
    """What a group's works want, layered over the committed state, and how each is to be answered once it stands.

    Two kinds of work are left for the next batch: `outdated` ones need a form into which earlier work has written, so
    that what was read of it is no longer so; `too_much` are those that would make the batch too large.
    """

    state: S
    keys: Keys
    changes: Changes = field(default_factory=Changes)
    outcomes: list[tuple[Job[S], Any, Exception | None]] = field(default_factory=list)
    writers: list[Job[S]] = field(default_factory=list)
    written: set[type[Tab]] = field(default_factory=set)
    weight: int = 0
    outdated: list[Job[S]] = field(default_factory=list)
    too_much: list[Job[S]] = field(default_factory=list)

    @property
    def jobs(self) -> list[Job[S]]:
        """The works that this batch answers."""
        return [job for job, _, _ in self.outcomes]

    def answer(self) -> None:
        """Tell everybody: what they saw stands."""
        for job, result, error in self.outcomes:
            job.finish(result=result, error=error)


def stage(
    snapshot: Snapshot[S], jobs: Iterable[Job[S]], commit: str, tables: Mapping[type[Tab], TableRead | SchemaError]
) -> Staged[S]:
    """Run works one after another over the same staged state. One that raises fails alone.

    What it raises over another's staged facts is told once these stand: it may come of them.
    """
    staged = Staged(snapshot.state.child(), snapshot.keys.child())
    for job in jobs:
        if staged.written.intersection(job.reads):
            staged.outdated.append(job)
            continue
        transaction = Transaction(
            snapshot, staged.state.child(), staged.keys.child(), commit, staged.changes.values, tables
        )
        try:
            result = job.work(transaction)
        except Exception as error:  # noqa: BLE001 — whatever it is, it is raised again in its caller's thread
            if staged.changes:
                staged.outcomes.append((job, None, error))
            else:
                job.finish(error=error)
            continue
        _take(staged, job, transaction, result)
    return staged


def _take(staged: Staged[S], job: Job[S], transaction: Transaction[S], result: Any) -> None:
    """What one work has staged becomes part of the batch, if there is room for it."""
    if transaction.discarded or not transaction.changes:
        staged.outcomes.append((job, result, None))
        return
    load = weight(transaction.changes)
    requests = len(staged.changes.requests) + len(transaction.changes.requests)
    if staged.writers and not fits(staged.weight, load, requests):
        staged.too_much.append(job)
        return
    staged.outcomes.append((job, result, None))
    staged.weight += load
    staged.state.absorb(transaction.state)
    staged.keys.absorb(transaction.keys)
    staged.changes.extend(transaction.changes)
    staged.writers.append(job)
    if transaction.changes.requests:
        staged.written.update(job.reads)
