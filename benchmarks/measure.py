"""Figures and the tables they stand in."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from npta.text_tables import table


class Aim(NamedTuple):
    """What was aimed at, what this run reached, and whether that meets it."""

    aim: str
    figure: str
    met: bool


def say(text: str) -> None:
    """Return what is being done, for whoever waits."""
    sys.stderr.write(f"… {text}\n")
    sys.stderr.flush()


def show(title: str, headers: Sequence[str], rows: Iterable[Sequence[object]], *notes: str) -> None:
    """One table of the report; a row may end early."""
    filled = [(*row, *[""] * (len(headers) - len(row))) for row in rows]
    sys.stdout.write(f"\n{title}\n\n{table(headers, filled)}\n")
    for note in notes:
        sys.stdout.write(f"  {note}\n")
    sys.stdout.flush()


def show_aims(aims: Iterable[Aim]) -> None:
    """Return the table that the report ends with; none if what was run aims at nothing."""
    rows = [(aim, figure, "yes" if met else "no") for aim, figure, met in aims]
    if rows:
        show("What was aimed at", ("aim", "figure", "met"), rows)


def own_cpu(work: Callable[[], object], *, times: int) -> float:
    """Seconds of this process's CPU that one `work` takes: the median."""
    figures = []
    for _ in range(times):
        begun = time.process_time()
        work()
        figures.append(time.process_time() - begun)
    return statistics.median(figures)


def wall(work: Callable[[], object], *, times: int) -> float:
    """Median seconds that `work` takes."""
    figures = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        figures.append(time.perf_counter() - begun)
    return statistics.median(figures)


def ms(seconds: float) -> str:
    """Milliseconds, to be read."""
    return f"{seconds * 1000:,.1f} ms" if seconds < 1 else f"{seconds * 1000:,.0f} ms"


def times(more: float, less: float) -> str:
    """Return a ratio, to be read."""
    return f"{more / less:,.2f} ×" if less else "–"
