"""What the command does with a `Replicator`.

It serves this library's own command and those of programs that have their declarations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sheets_schema.database import Database
from sheets_schema.errors import UnavailableError
from sheets_schema.plurals import counted
from sheets_schema.replicate.comparison import LedgerComparison
from sheets_schema.replicate.options import MIN_PAUSE
from sheets_schema.replicate.replicator import Copied, Replicator

Say = Callable[[str], object]


def run(
    db: Database[Any],
    url: str,
    *,
    without: Sequence[str] = (),
    verify: bool = False,
    follow: float | None = None,
    say: Say,
    progress: Say,
) -> int:
    """Copy, and then compare or go on. Returns the exit status; raises like `Replicator`."""
    replicator = Replicator(db, url, without=without, say=say, progress=progress)
    try:
        if follow is not None:
            return _follow(replicator, db, max(follow, MIN_PAUSE), say)
        _say_copied(replicator.copy(), replicator.address, say)
        return _compared(replicator.verify(), say) if verify else 0
    finally:
        replicator.close()


def _follow(replicator: Replicator, db: Database[Any], pause: float, say: Say) -> int:
    clock = db.client.clock
    try:
        while True:
            wait = pause
            try:
                copied = replicator.copy()
            except UnavailableError as error:
                wait = max(pause, error.retry_after)
                say(f"{error} Trying again in {counted(round(wait), 'second')}.")
            else:
                if copied.total:
                    _say_copied(copied, replicator.address, say)
            clock.sleep(wait)
    except KeyboardInterrupt:
        return 0


def _say_copied(copied: Copied, address: str, say: Say) -> None:
    rows = ", ".join(f"{table} {number:,}" for table, number in copied.rows.items() if number)
    new = f"{counted(copied.total, 'row')} copied ({rows})" if copied.total else "nothing new"
    say(f"{new}; {address} is at version {copied.version}")
    for table, number in copied.never_copied.items():
        say(f"{table}: {_lacking(number)}")


def _lacking(never_copied: int) -> str:
    rows = "row 1" if never_copied == 1 else f"rows 1 to {never_copied:,}"
    return f"{rows} had left the spreadsheet before this copy began: the copy lacks {'it' if never_copied == 1 else 'them'}"


def _compared(ledgers: Sequence[LedgerComparison], say: Say) -> int:
    width = max(len(ledger.table) for ledger in ledgers)
    for ledger in ledgers:
        counts = (
            f"{counted(ledger.rows_in_sheet, 'row'):>14} in the spreadsheet, {ledger.rows_in_sql:>9,} in the database"
        )
        found = f"equal ({ledger.digest_in_sheet[:12]})" if ledger.agrees else f"DIFFERENT: {ledger.first_difference}"
        say(f"{ledger.table:<{width}}  {counts}  {found}")
        if ledger.never_copied:
            say(f"{'':<{width}}  {_lacking(ledger.never_copied)}")
    wrong = sum(not ledger.agrees for ledger in ledgers)
    if wrong:
        say(f"{wrong} of {counted(len(ledgers), 'ledger')} {'differs' if wrong == 1 else 'differ'}")
        return 1
    lacking = sum(ledger.never_copied for ledger in ledgers)
    but = f", but lacks {counted(lacking, 'row')} that had left it before the copy began" if lacking else ""
    say(f"the copy agrees with the spreadsheet{but}")
    return 0
