"""`python -m tests.npta.archiving_torture [--seconds N] [--seed N]`: orders leave for archives and come back under faults.

Some services work on one spreadsheet, each on orders of its own, lose their memory now and then, and see every promise
of theirs kept; others let settled orders leave all the while. Any call may meet a fault. At the end both audits look.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from npta.domain.state import order_positions
from npta.operations.archiving import move_orders
from npta.operations.archiving.shrink_spreadsheet import shrink_spreadsheet
from npta.operations.audit import audit_spreadsheet
from npta.operations.audit_archives import audit_archives
from npta.tables import Orders
from sheets_schema import SheetsError
from tests.support import House, new_spreadsheet
from tests.torture.harness import StormyEmulator

KINDS = (
    "error_503",
    "error_503_after",
    "error_500_after",
    "reset_after",
    "reset_before",
    "duplicate_delivery",
    "late_commit",
    "refuse_429",
    "delay",
)
COMMITS = 0.7
"""The share of faults that wait for a commit."""
MAX_WAITING = 2
"""Faults that wait for a call at a time, so that calls in between pass."""
SKUS = ("CPT", "CPTa", "BOTH")
UNSURE = (503, 504)
"""Answers after which an order may stand either way; whoever asks again is told."""


@contextmanager
def small_portions() -> Iterator[None]:
    """Let even a single order be worth a portion, and Order List be short."""
    before = move_orders.MIN_PORTION, move_orders.PORTION, order_positions.LISTED
    move_orders.MIN_PORTION, move_orders.PORTION, order_positions.LISTED = 1, 5, 2
    try:
        yield
    finally:
        move_orders.MIN_PORTION, move_orders.PORTION, order_positions.LISTED = before


@dataclass
class ArchivingTorture:
    """What has come of it."""

    seed: int
    emulator: StormyEmulator = field(init=False)
    faults: bool = True
    done: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)
    houses: list[House] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.emulator = StormyEmulator(seed=self.seed, latest=0.0)
        archives = ",".join(new_spreadsheet(self.emulator) for _ in range(2))
        self.environment = {"NPTA_ARCHIVES": archives}
        house = House(self.emulator, environment=self.environment)
        house.provision()
        house.products(("CPT", "NASM-CPT-FULL"), ("CPTa", "NASM-CPT-EXAM"), ("BOTH", "NASM-CPT-FULL,NASM-CPT-EXAM"))
        house.keys(
            *(("CANADA", "NASM", "CPT", part, f"K-{part}-{n}", 40) for part in ("combined", "exam") for n in range(30))
        )
        self.spreadsheet_id = house.spreadsheet_id

    def house(self, *, unconfirmed: bool = False) -> House:
        """A service of its own on the spreadsheet, for which no settled order is too young to leave."""
        house = House(self.emulator, self.spreadsheet_id, environment=self.environment)
        house.settings = house.settings.model_copy(update={"keep_days": -1, "archive_unconfirmed": unconfirmed})
        house.restart()
        self.houses.append(house)
        return house

    def worker(self, number: int) -> None:
        """Work on orders of one's own."""
        chance, house = random.Random(f"{self.seed}/{number}"), self.house()
        mine: dict[str, Promise] = {}
        while not self.stopped.is_set():
            if chance.random() < 0.02:
                house.restart()
                self.done["memory lost"] += 1
            if not mine or (chance.random() < 0.15 and len(mine) < 60):
                order_id = str(6_000_000_000_000 + 1_000 * len(mine) + number)
                mine[order_id] = Promise(order_id, chance.choice(SKUS), chance.randint(1, 3))
            promise = mine[chance.choice([*mine])]
            try:
                promise.one_step(house, chance)
            except AssertionError as error:
                self.broken.append(f"order {promise.order_id} after {promise.last}: {error}")
                self.stopped.set()
            self.done["steps"] += 1
        for promise in mine.values():
            self.done["orders"] += 1
            promise.check_at_last(house, self)

    def archivist(self, number: int) -> None:
        """Let orders leave, for every second archivist also with mails unconfirmed, and blank rows be deleted."""
        house = self.house(unconfirmed=number % 2 == 0)
        while not self.stopped.is_set():
            with suppress(SheetsError):  # the next run goes on
                done = shrink_spreadsheet(house.services, who=f"archivist {number}", deadline=house.clock.deadline(20))
                self.done["orders that left"] += sum(left.orders for left in done.orders.left)
                house.services.spreadsheet.delete_blank_rows(least=2, timeout=house.clock.deadline(20))
            self.stopped.wait(0.05)

    def nemesis(self) -> None:
        """Let calls meet faults, one after another: most of them commits, and the others whatever comes next."""
        chance = random.Random(f"{self.seed}/weather")
        while not self.stopped.is_set():
            if len(self.emulator.faults.waiting()) < MAX_WAITING:
                kind = chance.choice(KINDS)
                aimed = {"request": "addNamedRange"} if chance.random() < COMMITS else {}
                if kind in ("late_commit", "duplicate_delivery"):
                    aimed["method"] = "POST"
                self.emulator.faults.add(kind, seconds=chance.uniform(0.05, 0.4), **aimed)
            self.stopped.wait(chance.uniform(0.0, 0.06))
        self.emulator.faults.clear()

    def run(self, seconds: float, workers: int = 3, archivists: int = 2) -> ArchivingTorture:
        """Run for so many seconds."""
        threads = [threading.Thread(target=self._guarded, args=(self.worker, number)) for number in range(workers)]
        threads += [
            threading.Thread(target=self._guarded, args=(self.archivist, number)) for number in range(archivists)
        ]
        if self.faults:
            threads.append(threading.Thread(target=self.nemesis))
        with small_portions():
            for thread in threads:
                thread.start()
            self.stopped.wait(seconds)
            self.stopped.set()
            for thread in threads:
                thread.join(120)
            self.done["faults"] = self.emulator.fired.total()
            self.done["commits"] = len(self.emulator.sent)
            self.done["commits that met a fault"] = len(self.emulator.faulted)
            house = self.house()
            deadline = house.clock.deadline(120)
            self.done["rows gone"] = house.services.spreadsheet.scan([Orders])[Orders].gone
            self.broken += map(str, audit_spreadsheet(house.services, deadline=deadline))
            self.broken += map(str, audit_archives(house.services, deadline=deadline).findings)
            expected = unconfirmed_mails(house)
            self.done["mails not confirmed"] = len(expected)
            self.broken += [
                "a process knows other unconfirmed mails" for each in self.houses if unconfirmed_mails(each) != expected
            ]
        return self

    def _guarded(self, thread: Any, number: int) -> None:
        try:
            thread(number)
        except Exception as error:
            logging.getLogger(__name__).exception("a thread of the torture")
            self.broken.append(f"{thread.__name__} {number}: {error!r}")
            self.stopped.set()


def unconfirmed_mails(house: House) -> list[tuple[int, str]]:
    """Return the orders that a process lists for their mail, with their positions."""
    return house.services.spreadsheet.run(
        lambda tx: [(position, record.order_id) for position, record in tx.state.undelivered()]
    )


@dataclass
class Promise:
    """One order, and what its customer has been promised: nobody else works on it."""

    order_id: str
    sku: str
    quantity: int
    keys: list[Any] | None = None
    """The keys that were told; None before any were, or while nobody can know."""
    released: bool = False
    last: str = ""

    def one_step(self, house: House, chance: random.Random) -> None:
        """Do what the Zap or a person does, and see that the answer agrees with what was told before."""
        steps = ["repeat", "repeat", "delivered", "delivered", "look", "resend"]
        self.last = "repeat" if self.keys is None and not self.released else chance.choice([*steps, "release", "clear"])
        match self.last:
            case "repeat":
                self.repeat(house)
            case "look":
                self.look(house)
            case "release":
                self.release(house)
            case "clear":
                self.clear(house)
            case pressed:
                answer = house.call(
                    "POST", f"/orders/{self.order_id}/{pressed}", {"message_id": "m"} if pressed == "delivered" else {}
                )
                assert answer.status_code in (200, 409, *UNSURE), answer.data

    def repeat(self, house: House) -> None:
        answer = house.order(self.order_id, (self.sku, self.quantity))
        if answer["http"] in UNSURE:
            return
        if self.released:
            assert answer["http"] == 409, answer
            return
        assert answer["http"] == 200, answer
        self.agrees(answer["keys"])

    def look(self, house: House) -> None:
        answer = house.call("GET", f"/orders/{self.order_id}")
        if answer.status_code == 200 and not self.released:
            self.agrees(answer.json["keys"])  # type: ignore[index]  # an object

    def agrees(self, keys: list[Any]) -> None:
        if self.keys is not None:
            assert keys == self.keys, f"{len(keys)} keys instead of {len(self.keys)}, or other ones"
        self.keys = keys

    def release(self, house: House) -> None:
        status = self._until_known(house, "release")
        self.released = self.released or status == 200
        if status == 200:
            self.keys = None

    def clear(self, house: House) -> None:
        """After a release the order is served anew; else it keeps what it holds."""
        if self._until_known(house, "clear-cache") == 200:
            self.released = False

    def _until_known(self, house: House, button: str) -> int:
        """Press until the answer says how it stands; pressed twice, a button does nothing more."""
        while (status := house.call("POST", f"/orders/{self.order_id}/{button}", {}).status_code) in UNSURE:
            time.sleep(0.05)
        assert status in (200, 404, 409), status
        return status

    def check_at_last(self, house: House, torture: ArchivingTorture) -> None:
        torture.emulator.faults.clear()
        try:
            self.repeat(house)
        except AssertionError as error:
            torture.broken.append(f"order {self.order_id} at last: {error}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.npta.archiving_torture", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    torture = ArchivingTorture(options.seed).run(options.seconds)
    sys.stdout.write(
        f"seed {torture.seed}: {', '.join(f'{count:,} {what}' for what, count in sorted(torture.done.items()))}\n"
    )
    for line in torture.broken[:20]:
        sys.stdout.write(f"✗ {line}\n")
    sys.exit(bool(torture.broken))


if __name__ == "__main__":
    main()
