"""Commands that write a file: snapshot, export."""

from __future__ import annotations

import argparse
import csv
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TextIO

from npta.cli.console import SECONDS, WHO, Environment, progress, say, services_of
from npta.cli.csv_cells import as_it_was, harmless, harmless_code
from npta.domain.state.times import normal_time
from npta.domain.state.wording import count
from npta.errors import BadRequestError
from npta.operations.export import ExportedKey, export_orders
from npta.operations.outbox.flush import flush_before_exit
from npta.operations.snapshot_shop import snapshot_shop
from npta.tables import ShopSnapshot
from npta.text_tables import table

EXPORT_SECONDS = 1_800.0
"""Years of orders are read from archives."""
SNAPSHOTS, EXPORTS = Path("snapshots"), Path("exports")
_OWNER_ONLY = 0o600


def run_snapshot(given: argparse.Namespace, environment: Environment) -> int:
    """Write the shop's products as they are now into a file and a tab."""
    services = services_of(environment)
    _make_folder(given.out)
    deadline = services.clock.deadline(SECONDS)
    taken = snapshot_shop(services, who=WHO, deadline=deadline, progress=progress)
    flush_before_exit(services, who=WHO, deadline=deadline)
    columns = ShopSnapshot.columns()
    rows = [[str(row.cells()[column.field]) for column in columns] for row in taken.rows]
    file = given.out / f"shop-{_stamp(taken.taken_at)}.csv"
    headers = [column.header for column in columns]
    _write(file, headers, [list(map(harmless, row)) for row in rows])
    with file.open(encoding="utf-8", newline="") as written:
        in_file = [list(map(as_it_was, row)) for row in csv.reader(written)]
    agrees = taken.agrees and in_file == [headers, *rows]
    counts = [
        ("products in the shop", taken.products),
        ("variants in the shop", len(taken.rows)),
        (f"rows in {file}", len(in_file) - 1),
        (f"rows in the tab {ShopSnapshot.__table__.title} under {taken.taken_at}", len(taken.written)),
    ]
    say(table(["", "count"], counts))
    say(f"\n  {'the counts agree' if agrees else 'the counts do NOT agree'}; nothing in the shop was changed")
    return 0 if agrees else 1


def run_export(given: argparse.Namespace, environment: Environment) -> int:
    """Export the orders that were filled, with their keys."""
    services = services_of(environment)
    since = _time(given.since) if given.since else ""
    progress("reading the orders …")
    deadline = services.clock.deadline(EXPORT_SECONDS)
    keys, missing = export_orders(services, deadline=deadline, since=since, tests=given.tests, progress=progress)
    for message in missing:
        progress(f"MISSING in the file: {message}")
    rows = [_cells(key) for key in keys]
    status = 1 if missing else 0
    if str(given.out) == "-":
        _lines(sys.stdout, ExportedKey._fields, rows)
        return status
    file = given.out or EXPORTS / f"orders-{_stamp(services.now())}.csv"
    _write(file, ExportedKey._fields, rows)
    orders, seats = len({key.order_id for key in keys}), sum(key.seats for key in keys)
    say(f"  {count(orders, 'order')} with {count(seats, 'seat')} in {file}")
    say("  The file holds key codes, which open the courses: only you can read it. Delete it when it has served.")
    if marked := sum(harmless_code(key.keycode) != key.keycode for key in keys):
        say(
            f"  {count(marked, 'key code')} could be taken for a formula: the ' before the sign (= + - @) is not part of it."
        )
    if missing:
        say(f"  Of orders in archives {count(len(missing), 'is', 'are')} missing, as named above.")
    return status


def _cells(key: ExportedKey) -> list[str]:
    return [harmless_code(value) if name == "keycode" else harmless(value) for name, value in key._asdict().items()]


def _time(text: str) -> str:
    try:
        return normal_time(text)
    except ValueError:
        raise BadRequestError("--since", "is not a time (for example 2026-11-23T15:04:05Z)") from None


def _stamp(at: str) -> str:
    return at.replace(":", "").replace("-", "")


def _write(file: Path, headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a new file that only its owner can read; one that is there already stays.

    Raises `BadRequestError`.
    """
    _make_folder(file.parent)
    try:
        number = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
        with os.fdopen(number, "w", encoding="utf-8", newline="") as out:
            _lines(out, headers, rows)
    except FileExistsError:
        raise BadRequestError("--out", f"{file} is there already; name another") from None
    except OSError as error:
        raise BadRequestError("--out", f"{file} cannot be written: {error.strerror}") from None


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadRequestError("--out", f"{folder} cannot be written: {error.strerror}") from None


def _lines(out: TextIO, headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    writer = csv.writer(out)
    writer.writerow(headers)
    writer.writerows(rows)
