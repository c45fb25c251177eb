"""Orders: calls, how many a minute, our own CPU, and whether a long past makes them dearer."""

from __future__ import annotations

import statistics
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from benchmarks import ours
from benchmarks.measure import ms, own_cpu, say, show, times
from benchmarks.rivals import RIVALS, Rival, missing, past, sold_twice
from benchmarks.warm import TOGETHER
from benchmarks.world import A_MINUTE, ANSWER, Count, QuickTime, Served, served, session_on, talking
from npta.domain.fulfillment import Mode
from npta.operations.refresh_catalogue import refresh_catalogue
from sheets_schema import SheetsError

CALLERS = (1, 8, 64, 256)
SHORT, LONG = 1_000, 100_000
_TURNS = 9
_PATIENCE = 30.0
"""Seconds that a caller waits for an answer at most."""


def calls(folder: Path) -> dict[str, Count]:
    """Calls per order. Returns those of the rivals, by name."""
    rows: list[tuple[str, object]] = []
    file = folder / "calls.db"
    spreadsheet_id = ours.past(file, keys=SHORT, orders=0)
    with served(file) as place:
        lone = ours.services(spreadsheet_id, origin=place.origin)
        ours.order(lone, 0)  # learns the tabs
        rows.append((f"{ours.NAME}, a lone order", _counted(place, lambda: ours.order(lone, 1))))
        rows.append((f"{ours.NAME}, an order's repeat, lock free", _counted(place, lambda: ours.order(lone, 1))))
        warm = ours.services(spreadsheet_id, origin=place.origin, kind=ours.Warm)
        ours.order(warm, 2)
        rows.append((f"{ours.NAME}, while the lock is ours", _counted(place, lambda: ours.order(warm, 3))))
        rows.append((f"{ours.NAME}, an order's repeat, lock ours", _counted(place, lambda: ours.order(warm, 3))))
        deadline = lone.clock.deadline(60)
        count = _counted(place, lambda: refresh_catalogue(warm, deadline, at_once=True))
        rows.append(("  and the catalogue's columns, once in several seconds", count))
    found: dict[str, Count] = {}
    for kind in RIVALS:
        if reason := missing(kind):
            rows.append((kind.name, reason))
            continue
        file = folder / f"calls {kind.name}.db"
        spreadsheet_id = past(file, kind, keys=SHORT)
        with served(file) as place:
            rival = kind(place.origin, spreadsheet_id)
            found[kind.name] = _counted(place, lambda rival=rival: rival.order(1))  # type: ignore[misc]  # called at once
            rows.append((kind.name, found[kind.name]))
    show("Calls per order (R reads, W writes)", ("", "calls"), rows)
    return found


def _counted(place: Served, work: Callable[[], object]) -> Count:
    place.forget()
    work()
    return place.calls()


def a_minute(folder: Path, rivals: dict[str, Count], speed: float) -> None:
    """Orders per minute by callers, with 350 ms answers and 60 reads and writes a minute."""
    file = folder / "minute.db"
    spreadsheet_id = ours.past(file, keys=20_000, orders=0)
    rows: list[list[object]] = []
    first = 0
    for callers in CALLERS:
        say(f"a minute with {callers} callers, {speed:g} times as fast")
        done, count = _minute(file, spreadsheet_id, callers, first, speed)
        first += 1_000_000
        others = [_bound(calls, callers) for calls in rivals.values()]
        best = max(others, default=0)
        failed = done.total() - done["fulfilled"]
        rows.append([callers, done["fulfilled"], failed, str(count), *others, times(done["fulfilled"], best)])
    show(
        "Orders per minute inside the quota: 350 ms an answer, 60 reads and 60 writes a minute",
        ("callers", ours.NAME, "not served", "its calls", *rivals, "to the best of them"),
        rows,
        f"{ours.NAME}: counted; threads call the operation for a whole minute of a time that runs {speed:g} times as fast, "
        "in which computing (ours and the emulator's) weighs as many times as much.",
        "The others: what their calls per order allow at most, by answers that take 350 ms and by the quota; "
        "not run, since nothing of theirs shares a call.",
    )


def _minute(file: Path, spreadsheet_id: str, callers: int, first: int, speed: float) -> tuple[Counter[str], Count]:
    quick = QuickTime(speed)
    with quick.emulator(file) as emulator:
        service = ours.services(
            spreadsheet_id, session=session_on(emulator), clock=quick.clock(), refreshing=True, quota=A_MINUTE
        )
        service.spreadsheet.run(
            lambda tx: Mode(tx.values["mode"]), operation="look", who="bench", deadline=service.clock.deadline(60)
        )
        quick.sleep(60)  # what that took of the quota is given back
        emulator.calls.reset()
        ends = service.clock.deadline(60)
        done: Counter[str] = Counter()
        numbers, lock = ours.numbers(first), threading.Lock()

        def caller() -> None:
            while not ends.passed():
                with lock:
                    number = next(numbers)
                try:
                    served = ours.order(service, number, seconds=_PATIENCE)
                except SheetsError as error:
                    outcome = type(error).__name__
                else:
                    outcome = "fulfilled" if served else "failed"
                if not ends.passed() or outcome != "fulfilled":
                    with lock:
                        done[outcome] += 1

        threads = [threading.Thread(target=caller) for _ in range(callers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return done, Count(emulator.calls.reads, emulator.calls.writes)


def _bound(calls: Count, callers: int) -> int:
    """Orders a minute that so many calls per order allow."""
    return int(min(callers * 60 / (calls.total * ANSWER), A_MINUTE / max(calls.reads, calls.writes)))


def at_once(folder: Path) -> None:
    """What eight callers at once make of it: orders, and seats that two of them got."""
    callers, each = 8, 5
    rows: list[tuple[object, ...]] = []
    for kind in RIVALS:
        if missing(kind):
            continue
        file = folder / f"at once {kind.name}.db"
        spreadsheet_id = past(file, kind, keys=SHORT)
        say(f"{kind.name}: {callers} callers at once")
        with served(file, answer=ANSWER) as place:
            made = [kind(place.origin, spreadsheet_id) for _ in range(callers)]
            _race(made, each)
        rows.append((kind.name, *sold_twice(file)))
    file = folder / "at once.db"
    spreadsheet_id = ours.past(file, keys=SHORT, orders=0)
    with served(file, answer=ANSWER) as place:
        service = ours.services(spreadsheet_id, origin=place.origin)
        threads = [
            threading.Thread(target=lambda first=first: [ours.order(service, first * 100 + n) for n in range(each)])
            for first in range(callers)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        pasts = service.spreadsheet.run(
            lambda tx: (len(tx.state.orders), sum(key.free < 0 for key in tx.state.keys.values())),
            operation="look",
            who="bench",
            deadline=service.clock.deadline(60),
        )
    rows.insert(0, (ours.NAME, *pasts))
    show(
        f"{callers} callers at once, {each} orders each, no quota",
        ("", "orders noted", "orders with a seat that another had got"),
        rows,
    )


def _race(made: list[Rival], each: int) -> None:
    def caller(place: int, rival: Rival) -> None:
        for number in range(each):
            rival.order(place * 1000 + number)

    threads = [threading.Thread(target=caller, args=pair) for pair in enumerate(made)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def past_and_present(folder: Path) -> None:
    """Our own CPU per order, with a short and with a long past. The emulator runs in a process of its own."""
    figures = _ours_beside(folder)
    for kind in RIVALS:
        if not missing(kind):
            files = [(folder / f"past {keys} {kind.name}.db", keys) for keys in (SHORT, LONG)]
            figures[kind.name] = [_rival_beside(file, kind, keys) for file, keys in files]
    _, ours_long = figures[_ONE]
    rows = [
        (name, ms(short), ms(long), times(long, short), times(long, ours_long))
        for name, (short, long) in figures.items()
    ]
    show(
        "Own CPU per order, median, by keys in the past (ours: as many orders and commits, too)",
        ("", f"{SHORT:,} keys", f"{LONG:,} keys", "long to short", "to ours"),
        rows,
    )


_ONE, _MANY = f"{ours.NAME}, lock ours, one by one", f"{ours.NAME}, {TOGETHER} callers at once"


def _ours_beside(folder: Path) -> dict[str, list[float]]:
    """A process for each past, which take turns, so that both have the machine's good and bad moments."""
    files = [(folder / f"past {keys}.db", keys) for keys in (SHORT, LONG)]
    pasts = [(file, ours.past(file, keys=keys, orders=keys)) for file, keys in files]
    say(f"{ours.NAME}: orders beside {SHORT:,} and beside {LONG:,} keys, in turns")
    figures: dict[str, list[list[float]]] = {_ONE: [[], []], _MANY: [[], []]}
    with ExitStack() as stack:
        workers = []
        for file, spreadsheet_id in pasts:
            place = stack.enter_context(served(file))
            workers.append(stack.enter_context(talking("benchmarks.warm", place.origin, spreadsheet_id)))
        for name, asked in ((_ONE, "one"), (_MANY, "many")):
            for turn in range(_TURNS + 1):
                for figure, worker in zip(figures[name], workers, strict=True):
                    took = float(worker(asked))
                    if turn:  # the first one learns everything
                        figure.append(took)
    return {name: [statistics.median(each) for each in both] for name, both in figures.items()}


def _rival_beside(file: Path, kind: type[Rival], keys: int) -> float:
    spreadsheet_id = past(file, kind, keys=keys)
    with served(file) as place:
        say(f"{kind.name}: orders beside {keys:,} keys")
        rival, numbers = kind(place.origin, spreadsheet_id), ours.numbers(1)
        return own_cpu(lambda: rival.order(next(numbers)), times=5)
