"""Years of orders: what the spreadsheet, an order and a start come to when settled orders stand in archives.

`python -m benchmarks.years [--orders N] [--a-day N] [--keys N] [--folder F]`. The days are played by the service's own
code: an order is decided and delivered as ever, a day's orders in one commit, and at night rows leave as `npta archive`
lets them. What was played stays in the folder F, and is gone on with from there.

Only the last months are played day by day. Of the years before, a thousand orders are sold at once and leave some weeks
later: what stands of them in the sheet and in the archives does not depend on how many were sold a day.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from benchmarks import ours
from benchmarks.measure import Aim, ms, say, show, show_aims
from benchmarks.world import session_on
from npta.domain.orders.eligibility import Mode
from npta.domain.orders.order_actions import mark_delivered
from npta.domain.orders.replays import decide
from npta.domain.state.receipts import Order, OrderLine
from npta.domain.state.state import State
from npta.operations.archiving.shrink_spreadsheet import shrink_spreadsheet
from npta.operations.fulfillment import fulfill_order
from npta.operations.mode import change_mode
from npta.operations.sync_catalogue import sync_catalogue
from npta.services import Services, make_schema
from npta.settings import Settings
from npta.tables import ArchivedOrder, Catalogue, Component, ImportHistory
from sheets_schema import Clock, Database, Transaction
from sheets_schema.advanced import EMBEDDED, GOOGLE, Archive, Client
from sheets_schema.emulator import Emulator

ARCHIVES = 4
SEATS = 15
FIRST_ID = 5_000_000_000_000
BETWEEN = 1_234_567
"""Ids of one shop's orders are about so far apart, as all shops share them."""
_SCATTER = 2_654_435_761
LIVE_CELLS, START_SECONDS, START_MEGABYTES, START_READ, REPEAT_CALLS = 1_500_000, 2.0, 250, 36, 2
ORDER_RATIO = 1.2
MONTHS, AT_ONCE, WEEKS = 75, 1_000, 25
"""Days that are played one by one; of the time before, orders that are sold at once, and days that then pass."""


@dataclass
class Shop:
    """A shop that sells for years, and its time."""

    folder: Path
    now: datetime = datetime(2026, 1, 1, 9, tzinfo=UTC)
    sold: int = 0
    imported: int = 0
    emulator: Emulator = field(init=False)
    session: requests.Session = field(init=False)
    names: list[str] = field(default_factory=list)
    service: Services = field(init=False)

    def __post_init__(self) -> None:
        self.emulator = Emulator(self.folder / "years.db")
        self.session = session_on(self.emulator)
        if (self.folder / "shop.json").exists():
            self._go_on()
            return
        self.names = [self._new() for _ in range(1 + ARCHIVES)]
        self.open(1)
        deadline = self.service.clock.deadline(60)
        self.service.spreadsheet.provision(deadline)
        change_mode(self.service, Mode.LIVE, who="bench", deadline=deadline, go_live_at="2020-01-01T00:00:00Z")
        rows: list[list[Any]] = [
            [course, "", course, f"NASM-{course}-FULL", "AUTO", "", "nasm", "", "TRUE"] for course in ours.COURSES
        ]
        sheet = f"{GOOGLE}/v4/spreadsheets/{self.names[0]}/values/{Catalogue.__table__.title}!A2?valueInputOption=RAW"
        self.session.put(sheet, json={"values": rows}, timeout=60).raise_for_status()
        sync_catalogue(self.service, who="bench", deadline=deadline)

    def save(self) -> None:
        """Remember how far the days have been played."""
        kept = {"names": self.names, "sold": self.sold, "imported": self.imported, "now": self.now.isoformat()}
        (self.folder / "shop.json").write_text(json.dumps(kept))

    def _go_on(self) -> None:
        kept = json.loads((self.folder / "shop.json").read_text())
        self.names, self.sold, self.imported = kept["names"], kept["sold"], kept["imported"]
        self.now = datetime.fromisoformat(kept["now"])
        self.open(ARCHIVES)

    def _new(self) -> str:
        return str(self.session.post(f"{GOOGLE}/v4/spreadsheets", json={}, timeout=30).json()["spreadsheetId"])

    def open(self, archives: int) -> None:
        """Start the service anew, with so many archives."""
        self.service = service_of(self.names, archives, self.session, GOOGLE, lambda: self.now)

    def import_keys(self, count: int) -> None:
        """Take new keys in."""

        def work(tx: Transaction[State]) -> None:
            at = self.service.now()
            for number in range(self.imported, self.imported + count):
                tx.add(
                    ImportHistory(
                        key_id=f"{at[:10].replace('-', '')}-{number:06}",
                        imported_at=at,
                        batch=at,
                        imported_by="ops@npta.example",
                        region=ours.REGION,
                        provider="NASM",
                        product_code=ours.COURSES[number % len(ours.COURSES)],
                        component=Component.COMBINED,
                        keycode=f"NASM-{number:012x}",
                        seats=SEATS,
                    )
                )

        self._run(work, "import keys")
        self.imported += count

    def a_day(self, orders: int, days: int = 1) -> None:
        """Sell and deliver a day's orders, in one commit, and let so many days pass."""
        first = self.sold

        def work(tx: Transaction[State]) -> None:
            stamp, rules = self.service.stamp(tx.commit), self.service.rules(tx.values)
            for number in range(first, first + orders):
                outcome = decide(tx.state, an_order(number), rules, stamp=stamp)
                tx.add_all(outcome.facts)
                record = tx.state.orders[str(order_id(number))]
                tx.add_all(mark_delivered(record, f"<{number}@mail>", stamp=stamp))

        self._run(work, "a day")
        self.sold += orders
        self.now += timedelta(days=days)

    def a_night(self) -> tuple[int, int]:
        """Let rows leave; how many orders have, and with how many calls."""
        self.emulator.calls.reset()
        done = shrink_spreadsheet(self.service, who="bench", deadline=self.service.clock.deadline(300))
        assert not done.orders.trouble, done.orders.trouble
        return sum(left.orders for left in done.orders.left), self.emulator.calls.total

    def _run(self, work: Any, operation: str) -> None:
        self.service.spreadsheet.run(work, operation=operation, actor="bench", timeout=self.service.clock.deadline(300))


def order_id(number: int) -> int:
    """Return the id of the shop's order of this number; no two are equally far apart."""
    return FIRST_ID + number * BETWEEN + number * _SCATTER % BETWEEN


def an_order(number: int) -> Order:
    """Return the shop's order of this number."""
    return Order(
        str(order_id(number)),
        (OrderLine(str(order_id(number) + 7), ours.COURSES[number % len(ours.COURSES)], 1),),
        ours.REGION,
        f"ada{number}@example.com",
        f"Ada Lovelace {number}",
        f"#{1000 + number}",
    )


def service_of(names: list[str], archives: int, session: requests.Session, origin: str, now: Any) -> Services:
    """Return the service on the first spreadsheet, with the next ones as archives."""
    settings = Settings.load(
        {
            "NPTA_SPREADSHEET": names[0],
            "NPTA_REGION": ours.REGION,
            "NPTA_ORDER_KEYS": "an-order-key-for-benchmarks",
            "NPTA_OPERATOR_KEYS": "an-operator-key-for-benchmarks",
            "NPTA_ARCHIVES": ",".join(names[1 : 1 + archives]),
        }
    )
    clock = Clock(now=now)
    client = Client(names[0], session=session, origin=origin, clock=clock)
    made = Services(settings, Database(client, make_schema(settings), timing=EMBEDDED, clock=clock), clock)
    for name in names[1:]:
        made.archives[name] = Archive(
            Client(name, session=session, origin=origin, clock=clock), ArchivedOrder, clock=clock
        )
    made.refreshing.last = float("inf")
    return made


def years(folder: Path, orders: int, a_day: int, keys: int) -> list[Aim]:
    """Play them, and measure what has come of them."""
    shop = Shop(folder)
    begun, quiet, busy = time.perf_counter(), list[int](), list[int]()
    gc.disable()  # the emulator's years are in this process, too, and would be walked again and again
    while shop.sold < orders:
        by_day = orders - shop.sold <= MONTHS * a_day
        number, days = (a_day, 1) if by_day else (AT_ONCE, WEEKS)
        if shop.imported * SEATS < (shop.sold + 3 * number) and shop.imported < keys:
            shop.import_keys(min(2_500, keys - shop.imported))
        shop.a_day(min(number, orders - shop.sold), days)
        left, calls = shop.a_night()
        (busy if left else quiet).append(calls)
        quarter = 1 + ARCHIVES * shop.sold // (orders + 1)
        if quarter != len(shop.service.settings.archives):
            shop.open(quarter)
        if shop.sold // number % 50 == 0:
            shop.save()
            gc.collect()
            say(f"{shop.sold:,} orders, {shop.service.spreadsheet.cells:,} cells, {time.perf_counter() - begun:.0f} s")
    while shop.imported < keys:
        shop.import_keys(min(2_500, keys - shop.imported))
    gc.enable()
    shop.save()
    return _measured(shop, quiet, busy)


def _small(folder: Path) -> Shop:
    """Return a shop of the first days, to compare with: 1,000 keys, nothing in archives."""
    shop = Shop(folder)
    shop.import_keys(1_000)
    for _ in range(10):
        shop.a_day(300)
    return shop


def _measured(shop: Shop, quiet: list[int], busy: list[int]) -> list[Aim]:
    shop.open(ARCHIVES)
    calls, found = _calls(shop, [0])
    repeat, again = _calls(shop, [0])
    assert found == again == ["fulfilled"], (found, again)
    start = _in_own_process(shop)
    with tempfile.TemporaryDirectory() as name:
        small = _in_own_process(_small(Path(name)))
    service = shop.service
    with service.spreadsheet.read(timeout=service.clock.deadline(300)) as tx:
        archived, here = sum(1 for _ in tx.state.archived_orders()), len(tx.state.orders)
    cells, own, ratio = service.spreadsheet.cells, start["cpu"] - start["imports"], start["order"] / small["order"]
    show(
        f"{shop.sold:,} orders, {shop.imported:,} keys, {ARCHIVES} archives",
        ("", "figure"),
        [
            ("orders in archives", f"{archived:,}"),
            ("orders in the sheet", f"{here:,}"),
            ("cells of the live spreadsheet", f"{cells:,}"),
            ("own CPU of a new order, and beside 1,000 keys", f"{ms(start['order'])}, {ms(small['order'])}"),
            ("calls of the oldest order's repeat: the first one, later ones", f"{calls}, {repeat}"),
            ("calls of a night without a portion, and with one", f"{_median(quiet)} and {_median(busy)}"),
            ("start: own CPU beyond imports", ms(own)),
            ("start: peak memory", f"{start['megabytes']:,.0f} MB"),
            ("start: read", f"{start['read'] / 1e6:.1f} MB"),
        ],
    )
    return [
        Aim(f"live spreadsheet ≤ {LIVE_CELLS:,} cells", f"{cells:,}", cells <= LIVE_CELLS),
        Aim(f"a new order ≤ {ORDER_RATIO} × its CPU beside 1,000 keys", f"{ratio:.2f} ×", ratio <= ORDER_RATIO),
        Aim(f"start ≤ {START_SECONDS:g} s of own CPU", f"{own:.2f} s", own <= START_SECONDS),
        Aim(f"start ≤ {START_MEGABYTES} MB", f"{start['megabytes']:,.0f} MB", start["megabytes"] <= START_MEGABYTES),
        Aim(f"start reads ≤ {START_READ} MB", f"{start['read'] / 1e6:.1f} MB", start["read"] <= START_READ * 1e6),
        Aim(f"the oldest order's repeat ≤ {REPEAT_CALLS} calls", f"{repeat}", repeat <= REPEAT_CALLS),
    ]


def _median(numbers: list[int]) -> str:
    return f"{statistics.median(numbers):g}" if numbers else "none"


def _calls(shop: Shop, numbers: Iterable[int]) -> tuple[int, list[str]]:
    """Return what it takes to ask for these orders."""
    shop.emulator.calls.reset()
    deadline = shop.service.clock.deadline(300)
    found = [
        str(fulfill_order(shop.service, an_order(number), who="bench", deadline=deadline).status) for number in numbers
    ]
    return shop.emulator.calls.total, found


def _in_own_process(shop: Shop) -> dict[str, float]:
    from benchmarks.world import at_a_port

    with at_a_port(shop.emulator) as origin:
        told = subprocess.run(  # noqa: S603 — this very program
            [
                *(sys.executable, "-m", "benchmarks.years", "--orders", str(shop.sold + 100)),
                *("--start", origin, shop.now.isoformat(), *shop.names),
            ],
            check=True,
            capture_output=True,
            text=True,
        )
    return dict(json.loads(told.stdout))


def _start(origin: str, now: datetime, names: list[str], first: int) -> None:
    from benchmarks.cold import peak

    imports, read = time.process_time(), list[int]()
    session = requests.Session()
    session.trust_env = False
    service = service_of(names, len(names) - 1, session, origin, lambda: now)
    client = Client(
        names[0], session=session, origin=origin, clock=service.clock, on_call=lambda call: read.append(call.received)
    )
    service.spreadsheet = Database(client, make_schema(service.settings), timing=EMBEDDED, clock=service.clock)
    service.spreadsheet.run(lambda tx: len(tx.state.keys), operation="look", actor="bench", timeout=300)
    figures = {"imports": imports, "cpu": time.process_time(), "megabytes": peak(), "read": sum(read)}
    figures["order"] = statistics.median(_cpu(service, number) for number in range(first, first + 300))
    sys.stdout.write(f"{json.dumps(figures)}\n")


def _cpu(service: Services, number: int) -> float:
    """Return the seconds of CPU that an order takes."""
    begun = time.process_time()
    answer = fulfill_order(service, an_order(number), who="bench", deadline=service.clock.deadline(300))
    assert answer.status == "fulfilled", answer
    return time.process_time() - begun


def main() -> None:
    """Play the years that are asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.years", description=__doc__)
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--a-day", type=int, default=300)
    parser.add_argument("--keys", type=int, default=70_000)
    parser.add_argument("--folder", type=Path, help="keep what was played here, and go on from there")
    parser.add_argument("--start", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.start:
        origin, now, *names = options.start
        _start(origin, datetime.fromisoformat(now), names, options.orders)
        return
    if options.folder:
        options.folder.mkdir(parents=True, exist_ok=True)
        show_aims(years(options.folder, options.orders, options.a_day, options.keys))
        return
    with tempfile.TemporaryDirectory() as name:
        show_aims(years(Path(name), options.orders, options.a_day, options.keys))


if __name__ == "__main__":
    main()
