"""`python -m benchmarks.warm ORIGIN SPREADSHEET`: own CPU per order, a round for every line that comes in.

A line names the round: `one` (orders one by one while the lock is ours) or `many` (64 callers at once).
"""

from __future__ import annotations

import sys
import threading

from benchmarks import ours
from benchmarks.measure import own_cpu

TOGETHER = 64
_A_ROUND = 60


def main(origin: str, spreadsheet_id: str) -> None:
    """Answer until the input ends."""
    alone = ours.services(spreadsheet_id, origin=origin, kind=ours.Warm)
    shared = ours.services(spreadsheet_id, origin=origin)
    numbers = ours.numbers()

    def together() -> None:
        threads = [threading.Thread(target=ours.order, args=(shared, next(numbers))) for _ in range(TOGETHER)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def one() -> None:
        ours.order(alone, next(numbers))

    for line in sys.stdin:
        if line.strip() == "one":
            one()  # takes the lock
            figure = own_cpu(one, times=_A_ROUND)
        else:
            figure = own_cpu(together, times=3) / TOGETHER
        sys.stdout.write(f"{figure}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
