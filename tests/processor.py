"""A bound on what a block may use of the processor: generous, the same on a busy machine, and far below a square."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def seconds_of_the_processor(limit: float) -> Iterator[None]:
    """Fail the block once it has used so many seconds, with `TimeoutError`; `re` looks at signals while it works."""

    def over(*_: object) -> None:
        raise TimeoutError(f"more than {limit:g} s of the processor")

    before = signal.signal(signal.SIGPROF, over)
    signal.setitimer(signal.ITIMER_PROF, limit)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
