"""Orders: calls, how many a minute, our own CPU, and whether a long past makes them dearer."""

from __future__ import annotations

import statistics
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks import ours
from benchmarks.measure import Aim, ms, own_cpu, say, show, times
from benchmarks.rivals import RIVALS, Rival, missing, past, sold_twice
from benchmarks.warm import TOGETHER
from benchmarks.world import A_MINUTE, Count, QuickTime, Served, at_a_port, served, session_on, talking
from npta.domain.orders.eligibility import Mode
from npta.operations.computed_columns import refresh_catalogue
from sheets_schema import SheetsError
from sheets_schema.advanced import Timing

CALLERS = (1, 8, 64, 256)
_RIVALS_RUN_UP_TO = 8
SHORT, LONG = 1_000, 100_000
_TURNS = 9
_A_MINUTE_AT_LEAST = 3_000
_AN_ORDER_AT_MOST = 0.003
"""Seconds of our own CPU."""
_LONG_TO_SHORT_AT_MOST = 1.2
_PATIENCE = 30.0
"""Seconds that a caller waits for an answer at most."""


def calls(folder: Path) -> tuple[list[Aim], dict[str, Count]]:
    """Measure the calls per order. Returns those of the rivals, by name, too."""
    rows: list[tuple[str, object]] = []
    file = folder / "calls.db"
    spreadsheet_id = ours.past(file, keys=SHORT, orders=0)
    with served(file) as place:
        lone = ours.services(spreadsheet_id, origin=place.origin)
        ours.order(lone, 0)  # learns the tabs
        lone.clock.sleep(Timing().renew_deadline)
        alone = _counted(place, lambda: ours.order(lone, 1))
        rows.append((f"{ours.NAME}, a lone order", alone))
        soon = _counted(place, lambda: ours.order(lone, 4))
        rows.append((f"{ours.NAME}, an order within five seconds of another", soon))
        rows.append((f"{ours.NAME}, an order's repeat, lock free", _counted(place, lambda: ours.order(lone, 1))))
        warm = ours.services(spreadsheet_id, origin=place.origin, kind=ours.Warm)
        ours.order(warm, 2)
        held = _counted(place, lambda: ours.order(warm, 3))
        rows.append((f"{ours.NAME}, while the lock is ours", held))
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
    show(
        "Calls per order (R reads, W writes)",
        ("", "calls"),
        rows,
        "Only calls are counted: answers come at once, and there is no quota.",
    )
    aims = [
        Aim("1 call for a commit while the lock is ours", str(held), held.total == 1),
        Aim("2 calls for an order within five seconds of another", str(soon), soon.total == 2),  # noqa: PLR2004 — the aim
        Aim("3 calls for a lone order", str(alone), alone.total == 3),  # noqa: PLR2004 — the aim
    ]
    return aims, found


def _counted(place: Served, work: Callable[[], object]) -> Count:
    place.forget()
    work()
    return place.calls()


def a_minute(folder: Path, rivals: dict[str, Count], speed: float) -> list[Aim]:
    """Orders per minute by callers, with 350 ms answers and 60 reads and writes a minute."""
    file = folder / "minute.db"
    spreadsheet_id = ours.past(file, keys=20_000, orders=0)
    rows: list[list[object]] = []
    first = 0
    for callers in CALLERS:
        say(f"a minute with {callers} callers, {speed:g} times as fast")
        done, failed, count = _minute(file, spreadsheet_id, callers, first, speed)
        first += 1_000_000
        cells, best = [], 0
        for kind in RIVALS:
            if kind.name not in rivals:
                cells.append("not installed")
            elif callers <= _RIVALS_RUN_UP_TO:
                theirs, refused = _rivals_minute(folder, kind, callers, speed)
                cells.append(f"{theirs}, {refused} not served")
                best = max(best, theirs)
            else:
                most = int(A_MINUTE / max(rivals[kind.name]))
                cells.append(f"≤ {most}")
                best = max(best, most)
        rows.append([callers, done, failed, str(count), *cells, times(done, best)])
    show(
        "Orders per minute inside the quota: 350 ms an answer, 60 reads and 60 writes a minute",
        ("callers", ours.NAME, "not served", "its calls", *(kind.name for kind in RIVALS), "to the best of them"),
        rows,
        f"Threads call the operation for a whole minute of a time that runs {speed:g} times as fast, in which computing "
        "(ours, theirs and the emulator's) weighs as many times as much.",
        f"{ours.NAME} beside 20,000 keys, the others beside {SHORT:,}; an order of theirs that the quota refuses is given up, "
        "and its caller waits a second.",
        "≤: computed, not run: the quota by their calls per order, which is what more callers cannot exceed.",
    )
    return [
        Aim(
            f"≥ {_A_MINUTE_AT_LEAST:,} orders a minute, {callers} callers",
            f"{done:,}, {failed:,} not served",
            done >= _A_MINUTE_AT_LEAST,
        )
    ]


def _minute(file: Path, spreadsheet_id: str, callers: int, first: int, speed: float) -> tuple[int, int, Count]:
    """Orders that we served, orders that we did not, and calls."""
    quick = QuickTime(speed)
    with quick.emulator(file) as emulator:
        service = ours.services(
            spreadsheet_id, session=session_on(emulator), clock=quick.clock(), refreshing=True, quota=A_MINUTE
        )
        service.spreadsheet.run(
            lambda tx: Mode(tx.values["mode"]), operation="look", actor="bench", timeout=service.clock.deadline(60)
        )
        quick.sleep(60)  # what that took of the quota is given back
        emulator.calls.reset()

        def ask(number: int) -> bool:
            try:
                return ours.order(service, number, seconds=_PATIENCE)
            except SheetsError:
                return False

        served, failed = _for_a_minute(quick, [ask] * callers, first)
        return served, failed, Count(emulator.calls.reads, emulator.calls.writes)


def _rivals_minute(folder: Path, kind: type[Rival], callers: int, speed: float) -> tuple[int, int]:
    """Orders that a rival served, and orders that it did not."""
    file = folder / f"minute {callers} {kind.name}.db"
    spreadsheet_id = past(file, kind, keys=SHORT)
    say(f"{kind.name}: a minute with {callers} callers, {speed:g} times as fast")
    quick = QuickTime(speed)

    def asking(rival: Rival) -> Callable[[int], bool]:
        def ask(number: int) -> bool:
            try:
                rival.order(number)
            except Exception:  # noqa: BLE001 — each has its own for a refusal
                quick.sleep(1)
                return False
            return True

        return ask

    with quick.emulator(file) as emulator, at_a_port(emulator) as origin:
        made = [asking(kind(origin, spreadsheet_id)) for _ in range(callers)]
        quick.until_next_minute()  # what that took of the quota is given back
        return _for_a_minute(quick, made, first=0)


def _for_a_minute(quick: QuickTime, callers: Sequence[Callable[[int], bool]], first: int) -> tuple[int, int]:
    """Each caller asks for one order after another. Orders served within the minute, and orders not served."""
    ends = quick.clock().deadline(60)
    done: Counter[bool] = Counter()
    numbers, lock = ours.numbers(first), threading.Lock()

    def caller(ask: Callable[[int], bool]) -> None:
        while not ends.passed():
            with lock:
                number = next(numbers)
            served = ask(number)
            if not (served and ends.passed()):
                with lock:
                    done[served] += 1

    threads = [threading.Thread(target=caller, args=(ask,)) for ask in callers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return done[True], done[False]


def at_once(folder: Path) -> None:
    """Return what eight callers at once make of it: orders, and seats that two of them got."""
    callers, each = 8, 5
    rows: list[tuple[object, ...]] = []
    for kind in RIVALS:
        if reason := missing(kind):
            rows.append((kind.name, reason))
            continue
        file = folder / f"at once {kind.name}.db"
        spreadsheet_id = past(file, kind, keys=SHORT)
        say(f"{kind.name}: {callers} callers at once")
        with served(file, "slow") as place:
            made = [kind(place.origin, spreadsheet_id) for _ in range(callers)]
            _race(made, each)
        rows.append((kind.name, *sold_twice(file)))
    file = folder / "at once.db"
    spreadsheet_id = ours.past(file, keys=SHORT, orders=0)
    with served(file, "slow") as place:
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
            actor="bench",
            timeout=service.clock.deadline(60),
        )
    rows.insert(0, (ours.NAME, *pasts))
    show(
        f"{callers} callers at once, {each} orders each, 350 ms an answer, no quota",
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


def past_and_present(folder: Path) -> list[Aim]:
    """Our own CPU per order, with a short and with a long past. The emulator runs in a process of its own."""
    figures = _ours_beside(folder)
    _, ours_long = figures[_ONE]
    rows: list[tuple[str, ...]] = []

    def add(name: str, short: float, long: float) -> None:
        rows.append((name, ms(short), ms(long), times(long, short), times(long, ours_long)))

    for name, both in figures.items():
        add(name, *both)
    for kind in RIVALS:
        if reason := missing(kind):
            rows.append((kind.name, reason))
        else:
            files = [(folder / f"past {keys} {kind.name}.db", keys) for keys in (SHORT, LONG)]
            add(kind.name, *(_rival_beside(file, kind, keys) for file, keys in files))
    show(
        "Own CPU per order, median, by keys in the past (ours: as many orders and commits, too)",
        ("", f"{SHORT:,} keys", f"{LONG:,} keys", "long to short", "to ours"),
        rows,
        "Only own CPU is counted: answers come at once, and there is no quota.",
    )
    dearest = {name: max(both) for name, both in figures.items()}
    ratios = {name: long / short for name, (short, long) in figures.items()}
    return [
        Aim(
            f"own CPU per order ≤ {_AN_ORDER_AT_MOST * 1000:g} ms, one by one and together",
            f"{ms(dearest[_ONE])}, {ms(dearest[_MANY])}",
            max(dearest.values()) <= _AN_ORDER_AT_MOST,
        ),
        Aim(
            f"an order beside {LONG:,} keys ≤ {_LONG_TO_SHORT_AT_MOST} × one beside {SHORT:,}, one by one and together",
            f"{ratios[_ONE]:.2f} ×, {ratios[_MANY]:.2f} ×",
            max(ratios.values()) <= _LONG_TO_SHORT_AT_MOST,
        ),
    ]


_ONE, _MANY = f"{ours.NAME}, lock ours, one by one", f"{ours.NAME}, {TOGETHER} callers at once"


def _ours_beside(folder: Path) -> dict[str, list[float]]:
    """Return a process for each past, which take turns, so that both have the machine's good and bad moments."""
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
