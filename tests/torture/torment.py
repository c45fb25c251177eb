"""One run: an emulator behind a port, spreadsheets on it, processes that are killed, bad weather, people; then the judge."""

from __future__ import annotations

import itertools
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sheets_schema import Forked, SheetsError, Timing
from sheets_schema.emulator import Emulator, EmulatorAdapter
from sheets_schema.emulator.errors import EmulatorError
from sheets_schema.emulator.faults import AFTER, ERRORS, Fault, Faults
from sheets_schema.emulator.human import Human
from sheets_schema.emulator.server import serve
from sheets_schema.emulator.service import Call
from sheets_schema.emulator.workbook import Workbook
from tests.sheets_schema.bank import Bank, session
from tests.torture.judge import Verdict, judge
from tests.torture.worker import Orders
from tests.torture.works import SCHEMA, Journal, transferring

LONGEST_SLEEP = 15.0
"""The emulator never holds a connection longer than this."""
LATEST = 3.0
"""Seconds after which a late commit arrives at the latest."""
SENT = AFTER | {"late_commit", *(kind for kind in ERRORS if kind.endswith("_after"))}
"""Faults after which the batch was carried out, or will be."""


@dataclass(frozen=True)
class Plan:
    """What a run is made of. `merge` is the longest merge window in seconds; None for an API that serialises.

    No merge comes later than `latest_merge` seconds after a batch was checked, however busy the machine is.
    """

    seed: int
    commits: int
    seconds: float
    spreadsheets: int = 8
    processes: int = 3
    threads: int = 2
    timing: Timing = field(default_factory=lambda: Timing(settle=0.05, tenure=0.4, lease=0.8, poll=0.05, fresh=1.0))
    pause: float = 0.2
    faults: bool = True
    kills: bool = True
    people: bool = True
    merge: float | None = None
    latest_merge: float = float("inf")
    without: str = ""


class CountedFaults(Faults):
    """Counts which fault has fired for a commit and which for a read."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.fired: Counter[str] = Counter()

    def pick(self, method: str, path: str, kinds: Collection[str]) -> Fault | None:
        fault = super().pick(method, path, kinds)
        if fault:
            self.fired[fault.kind if method == "POST" else f"{fault.kind} (read)"] += 1
        return fault

    @property
    def commits(self) -> int:
        return sum(times for kind, times in self.fired.items() if not kind.endswith("(read)"))

    @property
    def after_sending(self) -> int:
        return sum(times for kind, times in self.fired.items() if kind in SENT)


class PunctualEmulator(Emulator):
    """Never merges later than `latest` seconds after the check of a batch: a busy machine may make any window longer.

    A batch that would come later is checked again, as if it had been sent later.
    """

    def __init__(self, *, latest: float, **more: Any) -> None:
        super().__init__(**more)
        self.put_off = 0
        self._latest = latest
        self._checked = threading.local()
        self._merge = self.state.merge
        self.state.merge = self._merge_in_time  # type: ignore[method-assign]  # there is no switch for it

    def _merged(self, call: Call, window: float) -> dict[str, Any]:
        self._checked.at = time.monotonic()
        try:
            return super()._merged(call, window)
        except TimeoutError:
            self.put_off += 1
            return self._merged(call, 0.0)

    def _merge_in_time(self, base: Workbook, draft: Workbook, again: Callable[[Workbook], None]) -> None:
        with self.state._lock:
            alone = self.state.snapshot(base.spreadsheet_id) is base
            if not alone and time.monotonic() - self._checked.at > self._latest:
                raise TimeoutError
            self._merge(base, draft, again)


@dataclass
class Outcome:
    """What a run has shown."""

    verdict: Verdict
    faults: Counter[str]
    faulted: int
    after_sending: int
    kills: int
    edits: Counter[str]
    put_off: int


def weather(chance: random.Random) -> list[Fault]:
    """Faults that keep falling, about half of them after the batch was carried out."""
    before = ["refuse_429", "reset_before", "delay", *(kind for kind in ERRORS if not kind.endswith("_after"))]
    after = [kind for kind in SENT if kind != "delay_answer"] + ["delay_answer"]
    falling = [Fault("hang", method="POST", count=None, probability=0.002)]
    for kinds in (before, sorted(after)):
        for kind in sorted(kinds):
            seconds = chance.uniform(0.0, LATEST if kind == "late_commit" else 0.3)
            probability = chance.uniform(0.2, 1.0) * 0.4 / len(kinds)
            falling.append(Fault(kind, method="POST", count=None, probability=probability, seconds=seconds))
    edits = [{"findReplace": {"find": "nothing", "replacement": "something", "allSheets": True}}]
    falling.append(Fault("person_edits", method="POST", count=None, probability=0.02, edits=edits))
    chance.shuffle(falling)
    falling += [
        Fault(kind, method="GET", count=None, probability=0.01, seconds=0.1)
        for kind in ("error_503", "error_500_html", "error_502", "reset_before", "reset_after", "refuse_429", "delay")
    ]
    falling.append(Fault("stale_read", method="GET", count=None, probability=0.01, seconds=chance.uniform(0.05, 1.0)))
    falling.append(Fault("hang", method="GET", count=None, probability=0.0005))
    return falling


class Run:
    """Everything of one run; `torment` goes through it."""

    def __init__(self, plan: Plan, folder: Path, say: Callable[[str], object]) -> None:
        self.plan = plan
        self.chance = random.Random(plan.seed)
        self.folder = folder
        self.say = say
        self.emulator = PunctualEmulator(
            latest=plan.latest_merge, seed=plan.seed, sleep=lambda seconds: time.sleep(min(seconds, LONGEST_SLEEP))
        )
        self.faults = CountedFaults(plan.seed)
        self.banks = [self.bank() for _ in range(plan.spreadsheets)]
        self.lives: Counter[int] = Counter()
        self.running: dict[int, subprocess.Popen[bytes]] = {}
        self.kills = 0
        self.edits: Counter[str] = Counter()
        self.stop = threading.Event()

    def bank(self) -> Bank:
        bank = Bank(schema=SCHEMA, timing=self.plan.timing, real_time=True)
        bank.emulator = self.emulator
        made = session(EmulatorAdapter(self.emulator)).post(
            "https://sheets.googleapis.com/v4/spreadsheets", json={}, timeout=30
        )
        bank.spreadsheet_id = str(made.json()["spreadsheetId"])
        bank.provision()
        bank.tab("Requests").update([["ada", 5], ["bob", 6], ["cyd", 7]], "A2")
        return bank

    def journal(self, number: int) -> Path:
        return self.folder / f"worker-{number}.jsonl"

    def start(self, number: int, origin: str) -> None:
        orders = Orders(
            origin=origin,
            spreadsheets=[bank.spreadsheet_id for bank in self.banks],
            journal=str(self.journal(number)),
            name=f"w{number}",
            life=self.lives[number],
            seed=self.plan.seed,
            threads=self.plan.threads,
            timing=asdict(self.plan.timing),
            pause=self.plan.pause,
            last_look=0.0 if self.plan.merge is None else 2 * self.plan.merge,
            without=self.plan.without,
        )
        self.lives[number] += 1
        command = [sys.executable, "-m", "tests.torture.worker", json.dumps(asdict(orders))]
        self.running[number] = subprocess.Popen(command)

    def kill_one(self, origin: str) -> None:
        number = self.chance.choice(sorted(self.running))
        self.running[number].kill()
        self.running[number].wait()
        self.kills += 1
        self.start(number, origin)

    def let_a_person_edit(self) -> None:
        """What people do in the interface: to forms, to views and to the named range, never to a ledger."""
        bank = self.chance.choice(self.banks)
        person = Human(self.emulator, bank.spreadsheet_id)
        choices: dict[str, Callable[[], object]] = {
            "types into the form": lambda: person.types("Requests!A5", [["dan", 8]]),
            "sorts the form": lambda: person.sorts("Requests", 1, descending=self.chance.random() < 0.5),
            "inserts rows into the form": lambda: person.inserts_rows("Requests", 3),
            "deletes a row of the form": lambda: person.deletes_rows("Requests", 3),
            "types into the view": lambda: person.types("Balances!A3", [["nobody", 8]]),
            "sorts the view": lambda: person.sorts("Balances", 1),
            "deletes the view": lambda: person.deletes_sheet("Balances"),
            "deletes the named range": lambda: person.deletes_named_range("commit_fence"),
            "renames the named range": lambda: person.renames_named_range("commit_fence", "my_range"),
            "moves the named range": lambda: person.sets_named_range("commit_fence", "Requests", 4, 4),
        }
        name = self.chance.choice(list(choices))
        try:
            choices[name]()
        except EmulatorError:
            return
        self.edits[name] += 1

    def storm(self) -> None:
        """The run itself, until there were commits enough or the time is over."""
        with serve(self.emulator) as server:
            if self.plan.faults:
                self.faults._waiting = weather(self.chance)
            self.emulator.faults = self.faults
            try:
                for number in range(self.plan.processes):
                    self.start(number, server.url)
                self.torment_them(server.url)
            finally:
                self.faults.clear()
                for process in self.running.values():
                    process.terminate()
                for process in self.running.values():
                    try:
                        process.wait(40)
                    except subprocess.TimeoutExpired:
                        process.kill()
                        process.wait()
        self.emulator.merge_window = None
        time.sleep(LATEST if self.plan.faults else 0.1)

    def torment_them(self, origin: str) -> None:
        started = time.monotonic()
        for tick in itertools.count(1):
            time.sleep(0.1)
            passed = time.monotonic() - started
            if passed > self.plan.seconds or (self.reached() >= self.plan.commits and passed > 1):
                return
            if self.plan.merge is not None:
                self.emulator.merge_window = self.chance.uniform(0.0, self.plan.merge)
            if self.plan.kills and tick % 30 == 0:
                self.kill_one(origin)
            if self.plan.people and tick % 5 == 0:
                self.let_a_person_edit()
            if tick % 100 == 0:
                self.say(f"  seed {self.plan.seed}: {self.reached()} commits so far, {passed:.0f} s")

    def reached(self) -> int:
        """Commits that met a fault; without faults, the commits there are."""
        if self.plan.faults:
            return self.faults.commits
        return sum(self.height(bank) for bank in self.banks)

    def height(self, bank: Bank) -> int:
        return int(bank.fence()["namedRangeId"].split("_")[1])

    def settle_accounts(self, place: int, bank: Bank) -> Verdict:
        """A fresh process repeats what is in doubt and a part of what is not; then the judge looks."""
        lines = [line for number in self.lives for line in Journal.read(self.journal(number)) if line["place"] == place]
        told: dict[str, set[str]] = {}
        for line in lines:
            if line["kind"] == "transfer" and "told" in line:
                told.setdefault(line["name"], set()).add(line["told"])
        sure = {name for name, each in told.items() if any(one.startswith("seat") for one in each)}
        doubtful = [name for name, each in told.items() if name not in sure and "InDoubt" in each]
        process = bank.process()
        stopped = ""
        try:
            for name in [*doubtful, *random.Random(place).sample(sorted(sure), min(20, len(sure)))]:
                again = process.run(transferring(name, random.Random(name)))
                lines += [{"kind": "transfer", "begun": name}, {"kind": "transfer", "name": name, "told": again}]
            process.run(lambda tx: tx.set_value("motto", "the end"))
        except Forked as error:
            stopped = str(error)
        except SheetsError as error:
            stopped = f"{type(error).__name__}: {error}"
        return judge(bank, lines, stopped=stopped)

    def outcome(self) -> Outcome:
        verdict = Verdict()
        with ThreadPoolExecutor(len(self.banks)) as auditors:
            for found in auditors.map(self.settle_accounts, range(len(self.banks)), self.banks):
                verdict.add(found)
        return Outcome(
            verdict,
            self.faults.fired,
            self.faults.commits,
            self.faults.after_sending,
            self.kills,
            self.edits,
            self.emulator.put_off,
        )


@contextmanager
def journals() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="torture-") as folder:
        yield Path(folder)


def torment(plan: Plan, say: Callable[[str], object] = lambda _: None) -> Outcome:
    """One run from beginning to end."""
    with journals() as folder:
        run = Run(plan, folder, say)
        run.storm()
        return run.outcome()
