"""`python -m benchmarks [PART …] [--speed N]`: all parts, or those named; about ten minutes."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from pathlib import Path

from benchmarks import emulating, growth, orders, orders_under_load

PARTS = ("calls", "minute", "at-once", "past", "start", "import", "emulator", "load")


def main() -> None:
    """Run what is asked for, one after another."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("part", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all if none is named")
    parser.add_argument("--speed", type=float, default=2.0, help="how many times as fast the minute runs (default 2)")
    options = parser.parse_args()
    if unknown := set(options.part) - set(PARTS):
        parser.error(f"there is no part {', '.join(unknown)}")
    asked = options.part or PARTS
    sys.stdout.write(f"{os.cpu_count()} cores, Python {platform.python_version()}\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if "calls" in asked or "minute" in asked:
            rivals = orders.calls(folder)
        if "minute" in asked:
            orders.a_minute(folder, rivals, options.speed)
        if "at-once" in asked:
            orders.at_once(folder)
        if "past" in asked:
            orders.past_and_present(folder)
        if "start" in asked:
            growth.start(folder)
        if "import" in asked:
            growth.imports(folder)
        if "emulator" in asked:
            emulating.emulating(folder)
        if "load" in asked:
            orders_under_load.under_load(folder)


if __name__ == "__main__":
    main()
