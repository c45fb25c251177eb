"""The command around a `Replicator`, for this library's own command line and for that of a program which has its declarations."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from sheets_schema.database import Database
from sheets_schema.errors import UnavailableError
from sheets_schema.replicate.comparison import LedgerComparison
from sheets_schema.replicate.replicator import READS_A_MINUTE, Copied, Replicator

Say = Callable[[str], object]

ABOUT = (
    "Copies what the ledgers have gained since the last run into tables of a SQL database, each row once. The spreadsheet is only "
    "read, and never more often than six times a minute."
)
_MIN_PAUSE = 60 / READS_A_MINUTE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the URL and the options."""
    parser.add_argument("url", metavar="URL", help="sqlite:///copy.db, postgresql://user:password@host/database, …")
    parser.add_argument(
        "--without",
        nargs="+",
        default=[],
        metavar="FIELD",
        help="columns that are not copied, by header or as TAB.HEADER; remembered by the copy (put them behind the URL)",
    )
    after = parser.add_mutually_exclusive_group()
    after.add_argument(
        "--verify", action="store_true", help="afterwards read both whole, and compare them; 1 if they differ"
    )
    after.add_argument(
        "--follow",
        type=float,
        metavar="SECONDS",
        help=f"go on, every so many seconds (at least {_MIN_PAUSE:g}), until Ctrl-C",
    )


def run(db: Database[Any], given: argparse.Namespace, say: Say, progress: Say) -> int:
    """Copy, and compare or go on as the arguments say. Returns the exit status; raises like `Replicator`."""
    replicator = Replicator(db, given.url, without=given.without, say=say, progress=progress)
    try:
        if given.follow is not None:
            return _follow(replicator, db, max(given.follow, _MIN_PAUSE), say)
        say(_told(replicator.copy(), replicator.address))
        return _compared(replicator.verify(), say) if given.verify else 0
    finally:
        replicator.close()


def _follow(replicator: Replicator, db: Database[Any], pause: float, say: Say) -> int:
    try:
        while True:
            try:
                copied = replicator.copy()
            except UnavailableError as error:
                say(f"{error} Trying again in {max(pause, error.retry_after):.0f} seconds.")
                db.client.clock.sleep(max(pause, error.retry_after))
                continue
            if copied.total:
                say(_told(copied, replicator.address))
            db.client.clock.sleep(pause)
    except KeyboardInterrupt:
        return 0


def _told(copied: Copied, address: str) -> str:
    rows = ", ".join(f"{table} {number:,}" for table, number in copied.rows.items() if number)
    new = (
        f"{copied.total:,} {'row' if copied.total == 1 else 'rows'} copied ({rows})" if copied.total else "nothing new"
    )
    return f"{new}; {address} is at version {copied.version}"


def _compared(ledgers: list[LedgerComparison], say: Say) -> int:
    width = max(len(ledger.table) for ledger in ledgers)
    for ledger in ledgers:
        counts = f"{ledger.rows_in_sheet:>9,} rows in the spreadsheet, {ledger.rows_in_sql:>9,} in the database"
        found = (
            f"equal ({ledger.digest_in_sheet[:12]})" if ledger.agrees else f"DIFFERENT from {ledger.first_difference}"
        )
        say(f"{ledger.table:<{width}}  {counts}  {found}")
    wrong = sum(not ledger.agrees for ledger in ledgers)
    say(f"{wrong} of {len(ledgers)} ledgers differ" if wrong else "the copy agrees with the spreadsheet")
    return 1 if wrong else 0
