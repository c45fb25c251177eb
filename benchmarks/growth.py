"""Starting on a long past, and taking in many new keys."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import ours
from benchmarks.measure import Aim, ms, say, show, times
from benchmarks.orders import LONG
from benchmarks.rivals import RIVALS, missing, past
from benchmarks.world import A_MINUTE, in_own_process, served
from npta.operations.import_keys import import_keys
from npta.tables import ImportKeys

_STARTS = 5
_CPU_AT_MOST, _MEMORY_AT_MOST = 3.0, 400
"""Seconds and MB."""
_NEW = 10_000


def start(folder: Path) -> list[Aim]:
    """Return a process that knows nothing, until it knows everything."""
    rows: list[tuple[object, ...]] = []
    figures: dict[str, dict[str, float]] = {}
    for kind in (None, *RIVALS):
        name = kind.name if kind else ours.NAME
        if kind and (reason := missing(kind)):
            rows.append((name, reason))
            continue
        file = folder / f"start {name}.db"
        spreadsheet_id = past(file, kind, keys=LONG) if kind else ours.past(file, keys=LONG, orders=LONG)
        with served(file) as place:
            say(f"{name}: {_STARTS} starts")
            runs = [in_own_process("benchmarks.cold", name, place.origin, spreadsheet_id) for _ in range(_STARTS)]
        middle = figures[name] = {figure: statistics.median(run[figure] for run in runs) for figure in runs[0]}
        rows.append(
            (
                name,
                ms(middle["cpu"] - middle["imports"]),
                ms(middle["imports"]),
                ms(middle["seconds"]),
                f"{middle['megabytes']:,.0f} MB",
            )
        )
    show(
        f"Start on {LONG:,} keys",
        ("", "own CPU", "and for imports", "on the wall", "peak memory"),
        rows,
        f"{ours.NAME}: reads everything once: {LONG:,} keys, {2 * LONG:,} rows of Key Ledger and Orders, and a log of {LONG:,} "
        "commits.",
        "The others: their first order, for which they read the keys; so does every order after it.",
        f"The median of {_STARTS}. Own CPU and memory are meant: answers come at once, and there is no quota.",
    )
    cpu, megabytes = figures[ours.NAME]["cpu"], figures[ours.NAME]["megabytes"]
    past_is = f"start on {LONG:,} keys and {2 * LONG:,} ledger rows"
    return [
        Aim(f"{past_is} ≤ {_CPU_AT_MOST:g} s of own CPU, imports included", f"{cpu:.2f} s", cpu <= _CPU_AT_MOST),
        Aim(f"{past_is} ≤ {_MEMORY_AT_MOST} MB", f"{megabytes:,.0f} MB", megabytes <= _MEMORY_AT_MOST),
    ]


def imports(folder: Path) -> None:
    """Measure taking in 10,000 keys beside 1,000 that are there."""
    rows: list[tuple[object, ...]] = []
    seconds: dict[str, float] = {}
    for kind in (None, *RIVALS):
        name = kind.name if kind else ours.NAME
        if kind and (reason := missing(kind)):
            rows.append((name, reason))
            continue
        file = folder / f"import {name}.db"
        spreadsheet_id = past(file, kind, keys=1000) if kind else _pasted(file)
        with served(file, "slow", "quota") as place:
            say(f"{name}: importing {_NEW:,} keys")
            if kind:
                rival = kind(place.origin, spreadsheet_id)
                work: Callable[[], object] = lambda rival=rival: rival.take_in(_NEW)  # type: ignore[misc]  # noqa: E731 — mypy cannot type the default; called below
            else:
                service = ours.services(spreadsheet_id, origin=place.origin, quota=A_MINUTE)
                deadline = service.clock.deadline(120)
                service.spreadsheet.run(lambda _: None, operation="look", actor="bench", timeout=deadline)
                work = lambda: import_keys(service, who="bench", deadline=deadline)  # noqa: B023, E731 — called below, in this round
            place.forget()
            begun, cpu = time.perf_counter(), time.process_time()
            work()
            cpu, seconds[name] = time.process_time() - cpu, time.perf_counter() - begun
            rows.append(
                (name, place.calls(), f"{seconds[name]:.1f} s", ms(cpu), times(seconds[name], seconds[ours.NAME]))
            )
    show(
        f"Import of {_NEW:,} keys: 350 ms an answer, 60 reads and 60 writes a minute",
        ("", "calls", "on the wall", "own CPU", "to ours"),
        rows,
        f"{ours.NAME}: from the paste zone, every row checked, in commits of 2,500; the others: one append of rows made in the program.",
    )


def _pasted(file: Path) -> str:
    spreadsheet_id = ours.past(file, keys=1000, orders=0)
    ours.paste(file, spreadsheet_id, ImportKeys.__table__.title, ours.pasted(_NEW))
    return spreadsheet_id
