"""One run: an emulator behind a port, spreadsheets on it, processes that are killed, bad weather, people; then the judge."""

from __future__ import annotations

import itertools
import json
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, get_args, get_type_hints

from sheets_schema import SheetsError
from sheets_schema.advanced import Timing
from sheets_schema.emulator import Emulator, EmulatorAdapter
from sheets_schema.emulator.api.call import ApiCall
from sheets_schema.emulator.errors import EmulatorError
from sheets_schema.emulator.faults.fault_queue import ERRORS, FaultQueue, InjectedFault
from sheets_schema.emulator.http.server import serve
from sheets_schema.emulator.messages.http_messages import HttpAnswer, Request
from sheets_schema.emulator.model.quirks import Quirks
from sheets_schema.emulator.model.workbook import Workbook
from sheets_schema.errors import LogDivergedError
from sheets_schema.testing.sheets_user import SheetsUser
from tests.sheets_schema.bank import Bank, session
from tests.torture.checker import CheckResult, check
from tests.torture.worker import Orders
from tests.torture.workload import SCHEMA, Journal, transferring

MAX_SLEEP = 15.0
"""The emulator never holds a connection longer than this."""
LATEST = 3.0
"""Seconds after which a late commit arrives at the latest."""
STALEST = 1.0
"""Seconds that a stale read lags behind at most."""
BEFORE = ("refuse_429", "reset_before", *sorted(kind for kind in ERRORS if not kind.endswith("_after")))
SENT = (
    *("lost_answer", "reset_after", "duplicate_delivery", "late_commit"),
    *sorted(kind for kind in ERRORS if kind.endswith("_after")),
)
"""Faults after which the batch was carried out, or will be."""
HARMLESS = ("delay", "delay_answer")
"""They end before the caller loses patience, so they are not counted."""
READING = (
    "error_503",
    "error_500_html",
    "error_502",
    "reset_before",
    "reset_after",
    "refuse_429",
    "delay",
    "stale_read",
)
_SPREADSHEET = re.compile("/spreadsheets/([^/:]+)")
_COMMIT = re.compile(r"version \d+ · commit ([0-9a-z]+) · ")


@dataclass(frozen=True)
class Plan:
    """What a run is made of. `faults` is how thick they fall, from 0 to 1.

    `merge` is the longest merge window in seconds; None for an API that serialises. No merge comes later than
    `latest_merge` seconds after a batch was checked, however busy the machine is.
    """

    seed: int
    commits: int
    seconds: float
    spreadsheets: int = 8
    processes: int = 3
    threads: int = 2
    timing: Timing = field(
        default_factory=lambda: Timing(
            confirmation_delay=0.05,
            max_hold=0.4,
            renew_deadline=0.4,
            lease_duration=0.8,
            retry_period=0.05,
            max_staleness=1.0,
        )
    )
    pause: float = 0.2
    faults: float = 1.0
    kills: bool = True
    people: bool = True
    people_take_the_fence: bool = True
    merge: float | None = None
    latest_merge: float = float("inf")
    without: str = ""


def unknowns(seed: int) -> dict[str, str]:
    """A setting for everything that Google does not document; merged names end otherwise with every second seed.

    The id of a missing range is checked by one kind of request at least: if none did, nothing would keep a stale batch
    out while a person has taken the named range away (docs/internals/failure-model.md).
    """
    chance = random.Random(f"{seed}/switches")
    drawn = {name: chance.choice(get_args(kind)) for name, kind in get_type_hints(Quirks).items()}
    if drawn["update_missing_named_range"] == "silent":
        drawn["delete_missing_named_range"] = "error"
    return drawn | {"merged_duplicates": ("suffix", "vanish")[seed % 2]}


class Nemesis(FaultQueue):
    """Faults that keep falling. Which one meets the n-th call of a spreadsheet depends on seed and n alone, not on the threads."""

    def __init__(self, plan: Plan, places: dict[str, int], meddle: Callable[[int, random.Random], None]) -> None:
        super().__init__(plan.seed)
        self._seed = plan.seed
        self._places = places
        self._meddle = meddle
        self._calls: Counter[tuple[str, int]] = Counter()
        chance = random.Random(f"{plan.seed}/weather")
        odds = {"person_edits": 0.02, "hang": 0.002, **dict.fromkeys(HARMLESS, 0.01)}
        for kinds, share in ((BEFORE, 0.22), (SENT, 0.32)):
            weights = [chance.uniform(0.2, 1.0) for _ in kinds]
            odds |= {kind: share * weight / sum(weights) for kind, weight in zip(kinds, weights, strict=True)}
        reading = {"hang": 0.0005, **dict.fromkeys(READING, 0.01)}
        self._odds = {
            method: {kind: each * plan.faults for kind, each in table.items()}
            for method, table in (("POST", odds), ("GET", reading))
        }

    def pick(self, method: str, path: str, _kinds: Collection[str]) -> InjectedFault | None:
        place = place_of(path, self._places)
        with self._lock:
            self._calls[method, place] += 1
            number = self._calls[method, place]
        chance = random.Random(f"{self._seed}/{method}/{place}/{number}")
        left = chance.random()
        for kind, odds in self._odds.get(method, {}).items():
            left -= odds
            if left < 0:
                seconds = chance.uniform(0.0, {"late_commit": LATEST, "stale_read": STALEST}.get(kind, 0.3))
                return InjectedFault(kind, seconds=seconds, action=lambda: self._meddle(place, chance))
        return None


def place_of(path: str, places: dict[str, int]) -> int:
    """Which of the spreadsheets a call is for."""
    found = _SPREADSHEET.search(path)
    return places[found[1]] if found else -1


class StormyEmulator(Emulator):
    """Counts what met which commit, and merges in windows that are drawn like the faults.

    Never merges later than `latest` seconds after the check of a batch, since a busy machine may make any window longer:
    a batch that would come later is checked again, as if it had been sent later.
    """

    def __init__(self, *, seed: int, latest: float, **more: Any) -> None:
        super().__init__(seed=seed, **more)
        self.places: dict[str, int] = {}
        self.fired: Counter[str] = Counter()
        self.sent: set[str] = set()
        self.faulted: set[str] = set()
        self.after_sending: set[str] = set()
        self.merged = 0
        self.put_off = 0
        self._seed = seed
        self._latest = latest
        self._batches: Counter[int] = Counter()
        self._counting = threading.Lock()
        self._checked = threading.local()
        self._merge = self.state.merge
        self.state.merge = self._merge_in_time  # type: ignore[method-assign]  # there is no switch for it

    def _delivered(self, request: Request, call: dict[str, Any], *rest: Any) -> HttpAnswer:
        try:
            return super()._delivered(request, call, *rest)
        finally:
            self._count(request, call.get("fault", ""))

    def _count(self, request: Request, fault: str) -> None:
        """Resends are no commits of their own; a read, a refresh or a repair of the fence is none at all."""
        commit = _COMMIT.findall(request.body.decode())[:1]
        with self._counting:
            self.sent.update(commit)
            if fault:
                self.fired[fault if commit else f"{fault} (no commit)"] += 1
            if fault and fault not in HARMLESS:
                self.faulted.update(commit)
            if fault in SENT:
                self.after_sending.update(commit)

    def _merged(self, call: ApiCall, window: float) -> dict[str, Any]:
        place = self.places[call.found.spreadsheet_id]
        with self._counting:
            self._batches[place] += 1
            number = self._batches[place]
        window = random.Random(f"{self._seed}/merge/{place}/{number}").uniform(0.0, window)
        while True:
            self._checked.at = time.monotonic()
            try:
                return super()._merged(call, window)
            except TimeoutError:
                self.put_off += 1
                window = 0.0

    def _merge_in_time(self, base: Workbook, draft: Workbook, again: Callable[[Workbook], None]) -> None:
        with self.state.lock:
            if self.state.snapshot(base.spreadsheet_id) is not base:
                if time.monotonic() - self._checked.at > self._latest:
                    raise TimeoutError
                self.merged += 1
            self._merge(base, draft, again)


@dataclass
class Outcome:
    """What a run has shown. `faulted` and `after_sending` are distinct commits, `merged` batches that came over another."""

    verdict: CheckResult
    faults: Counter[str]
    faulted: int
    after_sending: int
    kills: int
    edits: Counter[str]
    merged: int
    put_off: int


class Typist:
    """The person at one form. `typed` is what they typed there and have not deleted or typed over."""

    def __init__(self, person: SheetsUser) -> None:
        self.typed: dict[str, tuple[Any, ...]] = {}
        self._person = person
        self._numbers = itertools.count(1)

    def types(self, row: int) -> None:
        number = next(self._numbers)
        mine = (f"person {number}", number, "HIGH", True)
        before = self._text(row)
        self._person.type(f"Requests!A{row}", [list(mine)])
        self.typed.pop(before, None)
        self.typed[mine[0]] = mine

    def deletes(self, row: int) -> None:
        before = self._text(row)
        self._person.delete_rows("Requests", row)
        self.typed.pop(before, None)

    def _text(self, row: int) -> str:
        seen = self._person.read(f"Requests!A{row}")
        return seen[0][0] if seen and seen[0] else ""


class Run:
    """Everything of one run; `run` goes through it."""

    def __init__(self, plan: Plan, folder: Path, say: Callable[[str], object]) -> None:
        self.plan = plan
        self.chance = random.Random(plan.seed)
        self.folder = folder
        self.say = say
        self.emulator = StormyEmulator(
            latest=plan.latest_merge, seed=plan.seed, sleep=lambda seconds: time.sleep(min(seconds, MAX_SLEEP))
        )
        self.emulator.set_quirks(**unknowns(plan.seed))
        self.banks = [self.bank() for _ in range(plan.spreadsheets)]
        time.sleep(STALEST)  # or the first stale read would rightly say that nothing is provisioned
        self.emulator.places |= {bank.spreadsheet_id: place for place, bank in enumerate(self.banks)}
        self.tellers = [Typist(SheetsUser(self.emulator, bank.spreadsheet_id)) for bank in self.banks]
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
        place = self.chance.randrange(len(self.banks))
        person, teller = SheetsUser(self.emulator, self.banks[place].spreadsheet_id), self.tellers[place]
        row, descending = self.chance.randint(4, 9), self.chance.random() < 0.5
        at_the_form: dict[str, Callable[[], object]] = {
            "types into the form": lambda: teller.types(row),
            "deletes a row of the form": lambda: teller.deletes(row),
            "sorts the form": lambda: person.sort("Requests", 1, descending=descending),
            "inserts rows into the form": lambda: person.insert_rows("Requests", 3),
        }
        choices = at_the_form | self.damage(person)
        name = self.chance.choice(list(choices))
        with suppress(EmulatorError):
            choices[name]()
            self.edits[name] += 1

    def meddle(self, place: int, chance: random.Random) -> None:
        """Let a person be quicker by a moment than a commit on its way."""
        with suppress(EmulatorError):
            chance.choice(list(self.damage(SheetsUser(self.emulator, self.banks[place].spreadsheet_id)).values()))()

    def damage(self, person: SheetsUser) -> dict[str, Callable[[], object]]:
        """What a person can do to views and to the named range, all of which comes back."""
        views: dict[str, Callable[[], object]] = {
            "types into the view": lambda: person.type("Balances!A3", [["nobody", 8]]),
            "sorts the view": lambda: person.sort("Balances", 1),
            "deletes the view": lambda: person.delete_sheet("Balances"),
        }
        fence: dict[str, Callable[[], object]] = {
            "deletes the named range": lambda: person.delete_named_range("commit_fence"),
            "renames the named range": lambda: person.rename_named_range("commit_fence", "my_range"),
            "moves the named range": lambda: person.set_named_range("commit_fence", "Requests", 4, 4),
        }
        return views | fence if self.plan.people_take_the_fence else views

    def storm(self) -> None:
        """The run itself, until there were commits enough or the time is over."""
        with serve(self.emulator) as server:
            if self.plan.faults:
                self.emulator.faults = Nemesis(self.plan, self.emulator.places, self.meddle)
            self.emulator.merge_window = self.plan.merge
            try:
                for number in range(self.plan.processes):
                    self.start(number, server.url)
                self.torment_them(server.url)
            finally:
                self.emulator.faults = FaultQueue()
                for process in self.running.values():
                    process.terminate()
                for process in self.running.values():
                    try:
                        process.wait(40)
                    except subprocess.TimeoutExpired:
                        # A witness that is gone before its last look is a crash like any other.
                        process.kill()
                        process.wait()
                        self.kills += 1
        self.emulator.merge_window = None
        time.sleep(LATEST if self.plan.faults else 0.1)

    def torment_them(self, origin: str) -> None:
        started = time.monotonic()
        for tick in itertools.count(1):
            time.sleep(0.1)
            passed = time.monotonic() - started
            if passed > self.plan.seconds or (len(self.emulator.faulted) >= self.plan.commits and passed > 1):
                return
            if self.plan.kills and tick % 30 == 0:
                self.kill_one(origin)
            if self.plan.people and tick % 5 == 0:
                self.let_a_person_edit()
            if tick % 100 == 0:
                sent, faulted = len(self.emulator.sent), len(self.emulator.faulted)
                self.say(f"  seed {self.plan.seed}: {sent} commits sent, {faulted} met a fault, {passed:.0f} s")

    def settle_accounts(self, place: int, bank: Bank) -> CheckResult:
        """A fresh process repeats what is in doubt and a part of what is not; then the judge looks."""
        lines = [line for number in self.lives for line in Journal.read(self.journal(number)) if line["place"] == place]
        told: dict[str, set[str]] = {}
        for line in lines:
            if line["kind"] == "transfer" and "told" in line:
                told.setdefault(line["name"], set()).add(line["told"])
        sure = {name for name, each in told.items() if any(one.startswith("seat") for one in each)}
        doubtful = [name for name, each in told.items() if name not in sure and "CommitUnknownError" in each]
        process = bank.process()
        stopped = ""
        try:
            for name in [*doubtful, *random.Random(place).sample(sorted(sure), min(20, len(sure)))]:
                again = process.run(transferring(name, random.Random(name)))
                lines += [{"kind": "transfer", "begun": name}, {"kind": "transfer", "name": name, "told": again}]
            process.run(lambda tx: tx.set_value("motto", "the end"))
        except LogDivergedError as error:
            stopped = str(error)
        except SheetsError as error:
            stopped = f"{type(error).__name__}: {error}"
        return check(bank, lines, typed=self.tellers[place].typed.values(), stopped=stopped)

    def outcome(self) -> Outcome:
        verdict = CheckResult()
        with ThreadPoolExecutor(len(self.banks)) as auditors:
            for found in auditors.map(self.settle_accounts, range(len(self.banks)), self.banks):
                verdict.add(found)
        return Outcome(
            verdict,
            self.emulator.fired,
            len(self.emulator.faulted),
            len(self.emulator.after_sending),
            self.kills,
            self.edits,
            self.emulator.merged,
            self.emulator.put_off,
        )


@contextmanager
def journals() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="torture-") as folder:
        yield Path(folder)


def run(plan: Plan, say: Callable[[str], object] = lambda _: None) -> Outcome:
    """One run from beginning to end."""
    with journals() as folder:
        run = Run(plan, folder, say)
        run.storm()
        return run.outcome()
