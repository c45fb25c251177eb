"""A small bank, kept in a spreadsheet: what the tests of `sheets_schema` declare, and any number of processes on it."""

from __future__ import annotations

import base64
import itertools
import json
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import dropwhile
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

import gspread
import requests
from pydantic import Field

from sheets_schema import (
    Choices,
    Clock,
    Database,
    Deadline,
    Generated,
    InputTable,
    InternalTable,
    Ledger,
    Overlay,
    Projection,
    Schema,
    Transaction,
    View,
    Width,
    overlay,
)
from sheets_schema.advanced import Client, Timing
from sheets_schema.emulator import Emulator, EmulatorAdapter, Quirks
from sheets_schema.engine.commit_group import PendingTransaction

PERSON = "user:teller@bank.example"
GRID = "UNFORMATTED_VALUE"


class Payments(Ledger, tab="Payments", display_key="payment_id"):
    payment_id: str = Field(description="as the bank names it")
    account: str
    cents: int
    note: str = ""


class Accounts(Ledger, tab="Accounts"):
    account: str = Field(alias="Account no.")
    owner: str = Field(default="", alias="Owner")


class Balances(View, tab="Balances"):
    account: Annotated[str, Width(180)] = Field(alias="Account no.")
    cents: int = Field(alias="Cents", description="what the payments sum up to")


class Requests(InputTable, tab="Requests"):
    account: str = Field(default="", alias="Account", description="whose money it is")
    cents: int | None = Field(default=None, alias="Cents")
    urgency: Annotated[str, Choices(("LOW", "HIGH"))] = Field(default="", alias="Urgency")
    approved: bool = Field(default=False, alias="Approved")
    answer: Annotated[str, Generated()] = Field(default="", alias="Answer")


class Captured(InternalTable, tab="Captured", hidden=True):
    account: str = Field(default="", alias="Account")
    cents: int | None = Field(default=None, alias="Cents")
    urgency: str = Field(default="", alias="Urgency")
    approved: bool = Field(default=False, alias="Approved")
    answer: str = Field(default="", alias="Answer")


@dataclass
class Books(Projection):
    """The state: what each account holds, and the payments by id."""

    payments: Overlay[str, Payments] = overlay()
    balances: Overlay[str, int] = overlay()
    owners: Overlay[str, str] = overlay()

    def apply(self, row: Ledger) -> None:
        match row:
            case Payments():
                self.payments[row.payment_id] = row
                self.balances[row.account] = self.balances.get(row.account, 0) + row.cents
            case Accounts():
                self.owners[row.account] = row.owner


def balances(books: Books, _values: Mapping[str, str]) -> Iterable[Balances]:
    return [Balances(account=account, cents=books.balances[account]) for account in sorted(books.balances)]


SCHEMA = Schema(
    (Requests, Balances, Payments, Accounts, Captured),
    Books,
    views={Balances: balances},
    values={"rate": "1.5", "motto": ""},
)


@dataclass
class Time:
    """A clock that moves only when somebody sleeps."""

    seconds: float = 1_000_000.0

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    def clock(self, ids: Iterable[int]) -> Clock:
        numbers = iter(ids)
        return Clock(
            monotonic=lambda: self.seconds,
            sleep=self.sleep,
            now=lambda: datetime.fromtimestamp(self.seconds, UTC),
            random=lambda: 0.5,
            new_id=lambda: f"{next(numbers):08x}".ljust(24, "0"),
        )


@dataclass(frozen=True)
class Sent:
    """One request as it went out."""

    method: str
    path: str
    body: dict[str, Any]

    @property
    def kinds(self) -> list[str]:
        return [kind for request in self.body.get("requests", []) for kind in request]

    @property
    def sheet_ids(self) -> set[int]:
        """Every sheet that a batch touches."""
        found: set[int] = set()

        def look(value: Any) -> None:
            if isinstance(value, dict):
                if "sheetId" in value:
                    found.add(value["sheetId"])
                for each in value.values():
                    look(each)
            elif isinstance(value, list):
                for each in value:
                    look(each)

        look(self.body)
        return found


class Door(EmulatorAdapter):
    """The way to the emulator: remembers what was sent, and lets a test act between two calls."""

    def __init__(self, emulator: Emulator) -> None:
        super().__init__(emulator)
        self.sent: list[Sent] = []
        self.before: dict[int, Callable[[], object]] = {}
        self.after: dict[int, Callable[[], object]] = {}
        self.watch: Callable[[Sent], object] = lambda _: None

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        number = len(self.sent)
        body = json.loads(request.body) if request.body else {}
        self.sent.append(Sent(request.method or "", unquote(urlsplit(request.url or "").path), body))
        self.watch(self.sent[-1])
        self.before.pop(number, int)()
        response = super().send(request, *args, **more)
        self.after.pop(number, int)()
        return response

    @property
    def reads(self) -> int:
        return sum(1 for each in self.sent if each.method == "GET")

    @property
    def writes(self) -> int:
        return sum(1 for each in self.sent if each.method == "POST")

    @property
    def batches(self) -> list[Sent]:
        return [each for each in self.sent if each.method == "POST"]

    def forget(self) -> None:
        self.sent.clear()


def session(adapter: EmulatorAdapter, *, person: str = "") -> requests.Session:
    made = requests.Session()
    made.trust_env = False
    for origin in ("https://sheets.googleapis.com/", "https://www.googleapis.com/"):
        made.mount(origin, adapter)
    if person:
        made.headers["Authorization"] = f"Bearer {person}"
    return made


Work = Callable[[Transaction[Any]], Any]
Payer = Callable[[Transaction[Any]], str]


def paying(payment_id: str, account: str = "ada", cents: int = 100, note: str = "") -> Payer:
    """A work that looks first: a repeat of a payment changes nothing."""

    def work(tx: Transaction[Any]) -> str:
        if payment_id in tx.state.payments:
            return "repeated"
        tx.add(Payments(payment_id=payment_id, account=account, cents=cents, note=note))
        return "paid"

    return work


def blind(label: str, cents: int = 100) -> Payer:
    """A work that never looks: were it applied twice, two rows would bear its label."""

    def work(tx: Transaction[Any]) -> str:
        tx.add(Payments(payment_id=f"{label}-{tx.commit}", account="blind", cents=cents, note=label))
        return "paid"

    return work


def let_leave(process: Database[Any], deadline: Deadline, rows: int = 2) -> str:
    """Let payments leave the sheet that all stand in the opening then, and half of what is blank after them."""
    process.truncate(Payments, lambda first: min(rows, len(first) - 1), keep=lambda _: True, timeout=deadline)
    return "moved"


def shrink_blank(process: Database[Any], deadline: Deadline) -> str:
    """Delete half of the blank rows."""
    process.delete_blank_rows(least=2, timeout=deadline)
    return "moved"


def looking(tx: Transaction[Any]) -> dict[str, int]:
    return dict(tx.state.balances)


@dataclass
class Process:
    """One process: a `Database` that shares nothing with the others but the emulator."""

    door: Door
    spreadsheet: Database[Any]
    clock: Clock

    def deadline(self, seconds: float = 60.0) -> Deadline:
        return self.clock.deadline(seconds)

    def run(self, work: Work, *, seconds: float = 60.0, operation: str = "pay", **more: Any) -> Any:
        return self.spreadsheet.run(work, operation=operation, actor="test", timeout=self.deadline(seconds), **more)

    def pay(self, payment_id: str, account: str = "ada", cents: int = 100, *, seconds: float = 60.0) -> Any:
        return self.run(paying(payment_id, account, cents), seconds=seconds)

    def waits(self, work: Work, seconds: float = 60.0, **more: Any) -> PendingTransaction[Any]:
        """A caller that stands in the queue; whoever leads next takes its work along."""
        job: PendingTransaction[Any] = PendingTransaction(work, "pay", "test", (), self.deadline(seconds), **more)
        self.spreadsheet._queue.queue.append(job)
        return job

    def warm_up(self) -> None:
        """Have the lock: a commit that is said to be followed by another."""
        self.run(blind("warm up"), hold_lease=True)
        self.door.forget()

    def counting(self, work: Callable[[], Any]) -> tuple[int, int]:
        """How many reads and writes something costs."""
        reads, writes = self.door.reads, self.door.writes
        work()
        return self.door.reads - reads, self.door.writes - writes


@dataclass
class Bank:
    """An emulated spreadsheet, its virtual time, and whoever works on it."""

    schema: Schema[Any] = SCHEMA
    timing: Timing = field(default_factory=Timing)
    time: Time = field(default_factory=Time)
    real_time: bool = False

    def __post_init__(self) -> None:
        self._ids = itertools.count(1)
        self._sheets: dict[str, gspread.Spreadsheet] = {}
        self.emulator = (
            Emulator() if self.real_time else Emulator(clock=lambda: self.time.seconds, sleep=self.time.sleep)
        )
        made = session(EmulatorAdapter(self.emulator)).post(
            "https://sheets.googleapis.com/v4/spreadsheets", json={}, timeout=30
        )
        self.spreadsheet_id = str(made.json()["spreadsheetId"])

    def copy(self) -> Bank:
        """A copy of the spreadsheet on the same emulator, which is as good as new; much quicker than provisioning."""
        self.emulator.faults.clear()
        self.emulator.quirks = Quirks()
        twin = replace(self)
        twin.emulator = self.emulator
        made = session(EmulatorAdapter(self.emulator)).post(
            f"https://www.googleapis.com/drive/v3/files/{self.spreadsheet_id}/copy", json={}, timeout=30
        )
        twin.spreadsheet_id = str(made.json()["id"])
        twin._ids = self._ids
        twin.time.sleep(60)
        return twin

    def process(self, name: str = "", *, schema: Schema[Any] | None = None) -> Process:
        clock = Clock() if self.real_time else self.time.clock(self._ids)
        door = Door(self.emulator)
        client = Client(self.spreadsheet_id, session=session(door), clock=clock)
        spreadsheet = Database(client, schema or self.schema, timing=self.timing, clock=clock, name=name)
        return Process(door, spreadsheet, clock)

    def provision(self) -> Bank:
        process = self.process()
        process.spreadsheet.provision(process.deadline())
        self.time.sleep(60)
        return self

    def age(self) -> None:
        """Let so much time pass that every process reads before it decides."""
        self.time.sleep(self.timing.renew_deadline)

    def sheet(self, person: str = "") -> gspread.Spreadsheet:
        """The spreadsheet in plain gspread, as the owner (who may edit everything) or as a named person."""
        if person not in self._sheets:
            made = gspread.Client(auth=None, session=session(EmulatorAdapter(self.emulator), person=person))  # type: ignore[arg-type]  # gspread takes none with a session
            self._sheets[person] = made.open_by_key(self.spreadsheet_id)
        return self._sheets[person]

    def tab(self, title: str, person: str = "") -> gspread.Worksheet:
        return self.sheet(person).worksheet(title)

    def grid(self, title: str) -> list[list[Any]]:
        """Everything in a tab, unformatted."""
        return self.grids(title)[0]

    def grids(self, *titles: str) -> list[list[list[Any]]]:
        """Everything in several tabs at one moment, each row as wide as the widest."""
        ranges = [f"'{title}'" for title in titles]
        parts = self.sheet().values_batch_get(ranges, {"valueRenderOption": GRID})["valueRanges"]
        return [gspread.utils.fill_gaps(part.get("values", [[]])) for part in parts]

    def rows(self, title: str) -> list[dict[str, Any]]:
        """A tab's rows by header: first what stands for those that have left it, then those that are there."""
        return self.all_rows(title)[title]

    def all_rows(self, *titles: str) -> dict[str, list[dict[str, Any]]]:
        """The rows of several tabs at one moment."""
        openings = ["Opening"] if any(each.title == "Opening" for each in self.sheet().worksheets()) else []
        grids = self.grids(*titles, *openings)
        opened: dict[str, list[dict[str, Any]]] = {}
        texts: dict[str, str] = {}
        if openings and grids[-1][0][:1] == ["ledger"]:
            for part in by_header(grids[-1]):
                if part["ledger"]:
                    texts[part["ledger"]] = texts.get(part["ledger"], "") + part["rows"]
            opened = {title: json.loads(_unpacked(text)) for title, text in texts.items()}
        blank = {title: dict.fromkeys(grid[0], "") for title, grid in zip(titles, grids, strict=False)}
        return {
            title: [
                *({**blank[title], **row} for row in opened.get(title, ())),
                *dropwhile(lambda row: not any(row.values()), by_header(grid)),
            ]
            for title, grid in zip(titles, grids, strict=False)
        }

    def metadata(self, *ranges: str) -> dict[str, Any]:
        """What Google tells about the spreadsheet, with everything about the cells of the given ranges."""
        grid: Any = {"includeGridData": "true", "ranges": list(ranges)} if ranges else {}
        return dict(self.sheet().fetch_sheet_metadata(grid))

    def batch(self, *requests: dict[str, Any], person: str = "") -> Any:
        """A batch of the owner's, or of a person's."""
        return self.sheet(person).batch_update({"requests": list(requests)})

    def fence(self) -> dict[str, Any]:
        metadata = self.sheet().fetch_sheet_metadata({"fields": "namedRanges"})
        ranges = [each for each in metadata.get("namedRanges", []) if each["name"] == "commit_fence"]
        assert len(ranges) == 1
        return dict(ranges[0])

    def sheet_id(self, title: str) -> int:
        return self.tab(title).id

    def lock_cell(self) -> str:
        return str(self.grid("Control")[1][1])

    def labels(self, label: str) -> int:
        """How many rows bear the label of a blind work."""
        return sum(1 for row in self.rows("Payments") if row["note"] == label)

    def check(self) -> None:
        """What must be true of the spreadsheet whatever has happened."""
        ledgers = [ledger.__table__.title for ledger in self.schema.ledgers]
        found = self.all_rows("Control", "Commit Log", *ledgers, "Balances")
        log, payments = found["Commit Log"], found["Payments"]
        for number, row in enumerate(log):
            assert row["version"] == log[0]["version"] + number
            assert row["previous"] == log[number - 1]["commit"] or (
                not number and (row["previous"] or not row["version"])
            )
        counts = json.loads(log[-1]["rows"])
        for title in ledgers:
            # All rows that left stand in the opening, too: so the tests truncate.
            assert len(found[title]) == (counts[title][0] if isinstance(counts[title], list) else counts[title]), title
        last = log[-1]
        values = {row["name"]: row["value"] for row in found["Control"]}
        assert values["lock"].startswith(f"version {last['version']} · commit {last['commit']} · ")
        assert json.loads(values.get("bases") or "{}") == {
            title: count[1:] for title, count in counts.items() if isinstance(count, list)
        }
        assert self.fence()["namedRangeId"] == f"fence_{last['version']}_{last['commit']}"
        ids = [row["payment_id"] for row in payments]
        assert len(ids) == len(set(ids))
        held: dict[str, int] = {}
        for row in payments:
            held[row["account"]] = held.get(row["account"], 0) + row["cents"]
        shown = {row["Account no."]: row["Cents"] for row in found["Balances"]}
        assert shown == held


def by_header(grid: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    header, *rows = grid
    return [dict(zip(header, row, strict=False)) for row in rows]


def cells_of(rows: Sequence[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in names) for row in rows]


def _unpacked(text: str) -> str | bytes:
    return text if text.startswith("[") else zlib.decompress(base64.b64decode(text))
