"""Python's cycle collector, kept still while many objects are made that are all to stay."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def gc_paused() -> Iterator[None]:
    """Pause the garbage collector.

    It would walk everything that was read so far, again and again, for a third of the time. Only cycles wait until it
    goes on; whatever else is let go of is freed at once.
    """
    was_at_work = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_at_work:
            gc.enable()
