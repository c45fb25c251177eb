"""Decide whether a read is consistent with itself and with what we know. Pure.

Log, lock cell and ledgers must agree, and continue the last commit that we know. Otherwise the read is stale (read again), or log and
ledgers have diverged (stop). The log decides what is a fact.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from operator import itemgetter
from typing import Any

from sheets_schema.errors import SchemaMismatchError
from sheets_schema.plurals import counted
from sheets_schema.protocol.lock_record import LockRecord
from sheets_schema.protocol.sheet_read import (
    DroppedRowsError,
    InconsistentReadError,
    LedgerDelta,
    OrphanRowsError,
    SheetRead,
)
from sheets_schema.schema.internal_tables import COMMIT_LOG, CONTROL, NO_BASE, Base, CommitLog

_MAX_NAMED = 10
"""How many rows a report names by what people know them."""


def check_consistency(
    reading: SheetRead, lock: LockRecord | None, counts: Mapping[str, int]
) -> tuple[dict[int, str], Mapping[str, int]]:
    """Return the new commits, version → id, and how many rows the log counts in each ledger.

    `lock` is the last commit that we know, `counts` the rows by then. Raises `InconsistentReadError` if log, lock cell and
    ledgers contradict each other, or do not continue what we know.
    """
    last = _still_holds(reading, lock)
    new: dict[int, str] = {}
    log = reading.ledgers[CommitLog]
    link = (lock.version + 1, lock.commit) if lock else None
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
        raise InconsistentReadError(f"tab “Commit Log” is empty, but the lock cell says version {reading.lock.version}")
    logged = last.counts() if new else counts
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


def check_departures(
    reading: SheetRead, bases: Mapping[str, Base], known: Mapping[str, int], logged: Mapping[str, int]
) -> None:
    """Raise `DroppedRowsError` if rows left while an undeclared ledger gained some.

    What became of those that left may stand there. So what is known of them counts no longer: what stands for them does.
    `bases` and `known` rows were before, `logged` are the rows by now.
    """
    declared = {ledger.__table__.title for ledger in reading.ledgers}
    left = [title for title, base in reading.bases.items() if base.gone > bases.get(title, NO_BASE).gone]
    foreign = [title for title, count in logged.items() if title not in declared and count > known.get(title, 0)]
    if foreign and {*left} - {COMMIT_LOG}:
        raise DroppedRowsError(
            f"rows have left tab “{left[0]}”, and rows came to tab “{foreign[0]}”, which is not declared"
        )


def _still_holds(reading: SheetRead, lock: LockRecord | None) -> CommitLog | None:
    """Return the last known row of the log as it stands there now; None if it has left.

    Raises `InconsistentReadError` if the last known row of a ledger is not there, or the log's is another.
    """
    for ledger, tail in reading.ledgers.items():
        if tail.has_lost_rows:
            raise InconsistentReadError(
                f"tab “{ledger.__table__.title}” has lost rows: it held {tail.known}, and row {tail.first_row - 1}, the last, is empty now"
            )
    if lock is None:
        return None
    log = reading.ledgers[CommitLog]
    if log.known <= log.base.gone:
        return None  # it has left the sheet; the row that follows it names it
    last: CommitLog = log.last_known()
    if (last.version, last.commit) != (lock.version, lock.commit):
        raise InconsistentReadError(
            f"tab “Commit Log”, row {log.first_row - 1}: where version {lock.version} ({lock.commit}) stood, there "
            f"is now {_named(last)}; what was answered under {lock.commit} may be gone"
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


def _named(row: CommitLog) -> str:
    return f"version {row.version} ({row.commit}) “{row.operation}”"


def _miscounted(tail: LedgerDelta[Any], count: int) -> str:
    """Which rows of a ledger are of no commit, or how many are gone, as people find them.

    Their display keys are named only if the rows can be read: in others anything may stand anywhere.
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
