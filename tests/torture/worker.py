"""One tortured process: works on every spreadsheet at once, with a few threads each, until it is told to stop or killed.

It is started by `run` with its orders as JSON, and repeats at first what an earlier life of its left in doubt.
"""

from __future__ import annotations

import json
import logging
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from sheets_schema import Clock, CommitUnknownError, Database, SheetsError, UnavailableError
from sheets_schema.advanced import Client, Timing
from sheets_schema.errors import LockTimeoutError, LogDivergedError
from tests.sheets_schema.bank import Requests, let_leave, shrink_blank
from tests.torture.ablations import disable
from tests.torture.workload import SCHEMA, Journal, blind, failing, showing, transferring

REPEATS = 3
LOG_KEPT = 40
"""Commits that stay in the log: some seconds of them, so that some are missed by who sleeps longer."""


@dataclass(frozen=True)
class Orders:
    """What a worker is started with."""

    origin: str
    spreadsheets: list[str]
    journal: str
    name: str
    life: int
    seed: int
    threads: int
    timing: dict[str, float]
    pause: float
    last_look: float = 0.0
    """Seconds after the last work when it looks once more: until then it is a witness of what it was told."""
    without: str = ""


class Hand:
    """One thread on one spreadsheet."""

    def __init__(self, orders: Orders, place: int, number: int, sheet: Database[Any], journal: Journal) -> None:
        self._prefix = f"{orders.name}.{orders.life}.{place}.{number}"
        self._place = place
        self._chance = random.Random(f"{orders.seed}/{self._prefix}")
        self._sheet = sheet
        self._journal = journal
        self._clock = Clock()
        self._pause = orders.pause
        self._done = 0

    def work(self) -> None:
        """One piece of work, told of in the journal before and after."""
        self._done += 1
        name = f"{self._prefix}.{self._done}"
        kind = self._chance.choices(("transfer", "blind", "failing", "refresh", "leave"), (58, 23, 5, 10, 4))[0]
        if kind == "transfer":
            self.transfer(name)
        elif kind == "blind":
            self.attempt(name, kind, blind(name))
        elif kind == "failing":
            self.attempt(name, kind, failing(name))
        elif kind == "refresh":
            self.refresh()
        else:
            self.let_rows_leave()
        if self._chance.random() < 0.3:
            self._clock.sleep(self._chance.uniform(0, self._pause))

    def transfer(self, name: str, repeats: int = REPEATS) -> None:
        """A transfer, repeated by its receipt while it is in doubt, and now and then although it is not."""
        for _ in range(repeats):
            told = self.attempt(name, "transfer", transferring(name, random.Random(name)))
            if told.startswith("seat") and self._chance.random() < 0.9:
                return

    def attempt(self, name: str, kind: str, work: Callable[[Any], str]) -> str:
        self._journal.note(place=self._place, kind=kind, begun=name)
        deadline = self._clock.deadline(self._chance.choice((2.0, 4.0, 12.0)))
        try:
            told = self._sheet.run(
                work, operation=kind, actor=name, timeout=deadline, hold_lease=self._chance.random() < 0.1
            )
        except ValueError:
            told = "raised"
        except SheetsError as error:
            told = _named(error)
        self._journal.note(place=self._place, kind=kind, name=name, told=told)
        return told

    def look(self) -> None:
        """See whether all that is known still stands."""
        try:
            self._sheet.run(lambda _: None, operation="look", actor="", timeout=self._clock.deadline(4.0))
        except SheetsError as error:
            self._journal.note(place=self._place, kind="refresh", name="", told=_named(error))

    def let_rows_leave(self) -> None:
        """Payments, rows of the log, or blank rows that others have left, while everybody works on."""
        deadline = self._clock.deadline(6.0)
        try:
            match self._chance.randrange(4):
                case 0 | 1:
                    let_leave(self._sheet, deadline, self._chance.choice((2, 10, 100)))
                case 2:
                    shrink_blank(self._sheet, deadline)
                case _:
                    self._sheet.truncate(Database.log, lambda rows: len(rows) - LOG_KEPT, timeout=deadline)
        except SheetsError as error:
            self._journal.note(place=self._place, kind="refresh", name="", told=_named(error))

    def refresh(self) -> None:
        try:
            self._sheet.refresh(showing, reads=[Requests], timeout=self._clock.deadline(4.0))
        except SheetsError as error:
            # A person's hand on the form may make a refresh fail, and nothing else.
            self._journal.note(place=self._place, kind="refresh", name="", told=_named(error))


def _named(error: SheetsError) -> str:
    """A promise by its name; anything unexpected in full."""
    if isinstance(error, CommitUnknownError):
        return "CommitUnknownError"
    if isinstance(error, LockTimeoutError | UnavailableError):
        return "UnavailableError"
    return f"{'LogDivergedError' if isinstance(error, LogDivergedError) else type(error).__name__}: {error}"


def left_in_doubt(path: Path, place: int) -> list[str]:
    """Transfers of earlier lives that nobody has been told of."""
    lines = [line for line in Journal.read(path) if line["place"] == place and line["kind"] == "transfer"]
    told = {line["name"] for line in lines if line.get("told", "").startswith("seat")}
    return [name for name in dict.fromkeys(line["begun"] for line in lines if "begun" in line) if name not in told]


def main(argument: str) -> None:
    orders = Orders(**json.loads(argument))
    logging.disable(logging.CRITICAL)
    disable(orders.without)
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    journal, path = Journal(Path(orders.journal)), Path(orders.journal)
    threads: list[threading.Thread] = []
    hands: list[Hand] = []

    def toil(hand: Hand, debts: list[str]) -> None:
        for name in debts:
            hand.transfer(name)
        while not stopped.is_set():
            hand.work()

    for place, spreadsheet_id in enumerate(orders.spreadsheets):
        session = requests.Session()
        session.trust_env = False
        client = Client(spreadsheet_id, session=session, origin=orders.origin)
        sheet = Database(client, SCHEMA, timing=Timing(**orders.timing))
        debts = left_in_doubt(path, place)[-5:] if orders.life else []
        for number in range(orders.threads):
            hand = Hand(orders, place, number, sheet, journal)
            hands.append(hand)
            threads.append(threading.Thread(target=toil, args=(hand, [] if number else debts), daemon=True))
    for thread in threads:
        thread.start()
    while not stopped.wait(0.2):
        pass
    for thread in threads:
        thread.join(30)
    if orders.last_look:
        look_once_more(hands, orders.last_look)


def look_once_more(hands: list[Hand], after: float) -> None:
    """What merges late must have merged by then."""
    time.sleep(after)
    for hand in hands:
        hand.look()


if __name__ == "__main__":
    main(sys.argv[1])
