"""`python -m benchmarks.cold NAME ORIGIN SPREADSHEET`: start, serve the first order, print what it took as JSON."""

from __future__ import annotations

import json
import re
import resource
import sys
import time
from pathlib import Path

from benchmarks import ours, rivals


def main(name: str, origin: str, spreadsheet_id: str) -> None:
    """Ours loads everything; the others read what the first order needs, and will again for every order."""
    imported = time.process_time()
    begun = time.perf_counter()
    if name == ours.NAME:
        service = ours.services(spreadsheet_id, origin=origin)
        deadline = service.clock.deadline(300)
        service.spreadsheet.run(lambda tx: len(tx.state.keys), operation="look", actor="bench", timeout=deadline)
    else:
        rivals.rival(name)(origin, spreadsheet_id).order(time.time_ns())
    figures = {
        "imports": imported,
        "cpu": time.process_time(),
        "seconds": time.perf_counter() - begun,
        "megabytes": peak(),
    }
    sys.stdout.write(f"{json.dumps(figures)}\n")


def peak() -> float:
    """Most memory held at once, in MB. Not `ru_maxrss`, which on Linux begins with the parent's."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    found = re.search(r"VmHWM:\s*(\d+) kB", status.read_text())
    assert found
    return int(found[1]) / 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
