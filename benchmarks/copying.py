"""Copying a ledger of 100,000 rows into a SQL database, and comparing the two."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.measure import Aim, say, show
from sheets_schema import Database, Ledger, Transaction
from sheets_schema.replicate import Replicator

ROWS, _AT_ONCE = 100_000, 5_000
_AT_MOST = 60.0
"""Seconds."""


class Sale(Ledger, tab="Sales", unique=("sale",)):
    """One row a sale, with texts and numbers as orders have them."""

    sale: str
    sold_at: str
    customer: str
    email: str
    product: str
    cents: int


def copying(folder: Path, other: str) -> list[Aim]:
    """Copy into a file of SQLite, and into the database that `other` names, if it names one."""
    say(f"a ledger of {ROWS:,} rows")
    db = Database(f"sqlite:///{folder / 'sales.db'}", tables=[Sale])
    db.provision()
    for begin in range(0, ROWS, _AT_ONCE):
        db.run(_sell, begin)
    rows: list[tuple[str, ...]] = []
    aims: list[Aim] = []
    for name, url in (("SQLite", f"sqlite:///{folder / 'copy.db'}"), ("another database", other)):
        if not url:
            rows.append((name, "name it with --database URL"))
            continue
        say(f"copying into {name}")
        replicator = Replicator(db, url)
        took = [_seconds(replicator.copy), _seconds(replicator.verify), _seconds(replicator.copy)]
        rows.append((name, *(f"{seconds:.1f} s" for seconds in took)))
        aims.append(Aim(f"{ROWS:,} rows copied into {name} ≤ {_AT_MOST:g} s", f"{took[0]:.1f} s", took[0] <= _AT_MOST))
    show("Copying ledgers into a SQL database", ("", f"{ROWS:,} rows", "comparing", "nothing new"), rows)
    return aims


def _sell(tx: Transaction, begin: int) -> None:
    tx.add_all(map(_sale, range(begin, begin + _AT_ONCE)))


def _sale(number: int) -> Sale:
    return Sale(
        sale=f"{6855909900000 + number}",
        sold_at="2026-11-23T15:04:05Z",
        customer="Ada Lovelace",
        email=f"ada+{number}@example.com",
        product="NASM-CPT-FULL",
        cents=19_900,
    )


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
