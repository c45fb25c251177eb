"""`python -m benchmarks [PART …] [--speed N]`: all parts, or those named; about fifteen minutes for all."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import copying, emulating, growth, orders, orders_under_load
from benchmarks.measure import Aim, show_aims

PARTS = ("calls", "minute", "at-once", "past", "start", "import", "emulator", "copy", "load")


def main() -> None:
    """Run what is asked for, one after another."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("part", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all if none is named")
    parser.add_argument("--speed", type=float, default=2.0, help="how many times as fast the minute runs (default 2)")
    parser.add_argument(
        "--database", default="", metavar="URL", help="copy into this database, too, which must be empty"
    )
    options = parser.parse_args()
    if unknown := set(options.part) - set(PARTS):
        parser.error(f"there is no part {', '.join(unknown)}")
    load, _, _ = os.getloadavg()
    sys.stdout.write(f"{os.cpu_count()} cores, a load of {load:.1f} before it, Python {platform.python_version()}\n")
    with tempfile.TemporaryDirectory() as name:
        show_aims(_run(options.part or PARTS, Path(name), options.speed, options.database))


def _run(parts: Sequence[str], folder: Path, speed: float, database: str) -> Iterator[Aim]:
    if "calls" in parts or "minute" in parts:
        aims, rivals = orders.calls(folder)
        yield from aims
    if "minute" in parts:
        yield from orders.a_minute(folder, rivals, speed)
    if "at-once" in parts:
        orders.at_once(folder)
    if "past" in parts:
        yield from orders.past_and_present(folder)
    if "start" in parts:
        yield from growth.start(folder)
    if "import" in parts:
        growth.imports(folder)
    if "emulator" in parts:
        yield from emulating.emulating(folder)
    if "copy" in parts:
        yield from copying.copying(folder, database)
    if "load" in parts:
        yield from orders_under_load.under_load(folder)


if __name__ == "__main__":
    main()
