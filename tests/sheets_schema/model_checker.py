"""Every interleaving of two writers at every call boundary, under every ending of every call, by trying them all.

At every moment each writer stands at a call, and a *step* is to end one of them in one of the ways in which calls end, or to
deliver a batch, or a further copy of one, that is late. All steps of all moments are taken. A *scene* is what it takes to go
on from a moment: the spreadsheet as it was (versions are never changed) and what each writer has heard, which is played back
to a new one.

Where two ways lead to the same *state*, only one is followed. A state is what was applied, what is late, and for either
writer what it knew when it began its present work (with ages instead of moments), what it has heard since, and what it
was told before; of one that is done or dead, only what it was told. The writers share no clock, so that any speed of one
against the other is among the runs.
"""

from __future__ import annotations

import hashlib
import itertools
import random
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, get_type_hints

from greenlet import getcurrent, greenlet  # type: ignore[import-untyped]  # it ships no types
from requests import PreparedRequest, Response

from sheets_schema import Database, Deadline, SheetsError
from sheets_schema.advanced import Client
from sheets_schema.emulator import EmulatorAdapter, Quirks
from sheets_schema.emulator.model.workbook import Workbook
from tests.sheets_schema.bank import SCHEMA, Bank, blind, looking
from tests.sheets_schema.plain import digest, memory
from tests.sheets_schema.writers import (
    ANSWERED,
    DEATHS,
    DIES,
    DIES_AFTER,
    DIES_LATE,
    ECHO,
    HELD,
    LATE,
    LOST,
    NOTHING,
    NOTHING_AFTER,
    READ_ENDINGS,
    REFUSED,
    STALE,
    TIMING,
    TWICE,
    UNEXECUTED,
    WRITE_ENDINGS,
    Died,
    Heard,
    Line,
    Step,
    Writer,
    answer_that_means_nothing,
    quota_answer,
)

SECONDS = 12.0
Move = Callable[[Database[Any], str, Deadline, bool], str]
"""One work of a writer: what it does under which label, by when, and whether it keeps the lock."""


def pays(sheet: Database[Any], label: str, deadline: Deadline, keep: bool) -> str:
    """Commit a payment without looking."""
    return str(sheet.run(blind(label), operation=label, actor=label, timeout=deadline, hold_lease=keep))


DIED = "died"
ALLOWED = {
    "paid": (1,),
    "CommitUnknownError": (0, 1),
    "LockTimeoutError": (0,),
    "UnavailableError": (0,),
    DIED: (0, 1),
    "moved": (0,),
}
"""How often a work may stand there, by what was told of it."""
UNUSUAL = 0.2
"""How likely a step of a random walk may be an unusual one."""


@dataclass(frozen=True)
class Scene:
    """A moment, as far as it takes to go on from it."""

    book: Workbook
    before: Workbook
    applied: bytes
    late: tuple[tuple[int, PreparedRequest], ...]
    faults: int
    heard: tuple[tuple[Heard, ...], ...]
    held: tuple[bytes, bytes] = (b"", b"")
    """The last commit and its writer's name, if that one keeps the lock."""
    trace: tuple[Step, ...] = ()


class Run:
    """One run, from a scene on."""

    def __init__(self, explorer: ModelChecker, scene: Scene) -> None:
        self.explorer = explorer
        self.now = scene
        explorer.stands(scene.book)
        self.writers = [
            Writer(number, keep, deque(scene.heard[number])) for number, keep in enumerate(explorer.hold_lease)
        ]
        self.main = getcurrent()
        self.plays = [greenlet(self.write) for _ in self.writers]

    def write(self, writer: Writer) -> None:
        """What a writer does."""
        explorer = self.explorer
        clock = replace(
            writer.time.clock(()),
            now=lambda: datetime(2026, 11, 23, tzinfo=UTC),
            random=lambda: 0.0,
            new_id=lambda: next(writer.ids),
        )
        client = Client(explorer.bank.spreadsheet_id, session=Line(writer, self.main, explorer.first_look), clock=clock)
        sheet = Database(client, SCHEMA, timing=TIMING, clock=clock, name=writer.name.decode())
        sheet.run(looking, operation="look", actor="", timeout=clock.deadline(SECONDS))
        for number in range(explorer.commits):
            label = f"{writer.number}.{number}"
            keep = writer.hold_lease and number + 1 < explorer.commits
            writer.work = number
            writer.ids = (f"w{writer.number}c{number}t{attempt}" for attempt in itertools.count())
            writer.seen = hashlib.blake2b(digest_size=8)
            if not (writer.tape and writer.tape[-1].work > number):  # otherwise nobody asks
                writer.knew = memory(sheet, clock.monotonic())
            try:
                writer.told[label] = explorer.moves[writer.number](sheet, label, clock.deadline(SECONDS), keep)
            except SheetsError as error:
                writer.told[label] = type(error).__name__
            except Died:
                writer.told[label] = DIED
                return

    def go(self, step: Step | None) -> list[tuple[Scene, Step]]:
        """Go to the end or to a known state; the steps that were not taken, each with its scene."""
        self.begin()
        alternatives: list[tuple[Scene, Step]] = []
        if step:
            self.take(step)
        while steps := self.steps():
            if self.explorer.knows(self.state()):
                break
            alternatives += [(self.now, other) for other in steps[1:]]
            self.take(steps[0])
        else:
            self.explorer.judge(self)
        for play in self.plays:
            play.throw()  # a known state: they go home
        return alternatives

    def begin(self) -> None:
        """Let both writers come to their next call."""
        for writer, play in zip(self.writers, self.plays, strict=True):
            play.switch(writer)

    def wander(self, chance: random.Random) -> None:
        """Go to the end by steps at random, of which few are unusual, so that these are met at any place."""
        self.begin()
        while steps := self.steps():
            self.explorer.knows(self.state())
            usual = [step for step in steps if step.ending == ANSWERED or step.late >= 0]
            self.take(chance.choice(steps if chance.random() < UNUSUAL or not usual else usual))
        self.explorer.judge(self)

    def steps(self) -> list[Step]:
        """Every step that may come next."""
        return [
            Step(writer.number, ending)
            for writer in self.writers
            if writer.request is not None
            for ending in (WRITE_ENDINGS if writer.request.method == "POST" else READ_ENDINGS)
            if ending == ANSWERED or (self.now.faults and (ending != STALE or self.now.before is not self.now.book))
        ] + [Step(writer, LATE, place) for place, (writer, _) in enumerate(self.now.late)]

    def take(self, step: Step) -> None:
        now = replace(self.now, trace=(*self.now.trace, step))
        if step.late >= 0:
            late = list(now.late)
            _, batch = late.pop(step.late)
            self.now = self.carried_out(replace(now, late=tuple(late)), batch)[0]
            return
        writer = self.writers[step.writer]
        request, answer = writer.request, None
        assert request is not None
        if step.ending == REFUSED:
            answer = quota_answer()
        elif step.ending == STALE:
            self.explorer.stands(now.before)
            answer = self.explorer.send(request)
            self.explorer.stands(now.book)
        elif step.ending not in (UNEXECUTED, LATE, DIES, DIES_LATE, NOTHING):
            commit, holder = now.held
            landed, answer = self.carried_out(now, request)
            if landed is not now and holder not in (b"", writer.name):
                self.explorer.taken_over += 1
                if writer.waited(commit) < TIMING.lease_duration:
                    self.explorer.violations.append(f"took over after {writer.waited(commit)} s{told(now.trace)}")
            now = landed
            if step.ending == TWICE:
                now, answer = self.carried_out(now, request)
        if step.ending in (LATE, DIES_LATE, ECHO):
            now = replace(now, late=(*now.late, (writer.number, request)))
        if step.ending in (NOTHING, NOTHING_AFTER):
            answer = answer_that_means_nothing()
        heard = Heard(writer.work, step.ending, None if step.ending in (LOST, DIES_AFTER) else answer)
        self.now = replace(
            now,
            faults=now.faults - (step.ending != ANSWERED),
            heard=tuple((*each, heard) if number == writer.number else each for number, each in enumerate(now.heard)),
        )
        self.plays[step.writer].switch(heard)

    def carried_out(self, now: Scene, request: PreparedRequest) -> tuple[Scene, Response]:
        answer = self.explorer.send(request)
        if request.method == "POST" and answer.ok:
            assert isinstance(request.body, bytes)
            applied = digest((now.applied, request.body))
            held = HELD.search(request.body)
            now = replace(
                now,
                book=self.explorer.book(),
                before=now.book,
                applied=applied,
                held=(held[1], held[2]) if held else (b"", b""),
            )
        return now, answer

    def state(self) -> bytes:
        now = self.now
        late = sorted(digest(request.body) for _, request in now.late)
        return digest((now.applied, late, now.faults, [writer.mind for writer in self.writers]))


def told(trace: tuple[Step, ...]) -> str:
    return f" after [{', '.join(map(str, trace))}]"


SETTINGS = frozenset(get_type_hints(Quirks))


class Consulted(Quirks):
    """Settings that remember by name which of them made a difference to anything."""

    asked: set[str]

    def __getattribute__(self, name: str) -> Any:
        if name in SETTINGS:
            self.asked.add(name)
        return super().__getattribute__(name)


class ModelChecker:
    """Goes through all runs. `faults` is how many calls may end otherwise than answered, `switches` an unknown setting."""

    def __init__(
        self,
        bank: Bank,
        *,
        faults: int,
        commits: int = 2,
        hold_lease: tuple[bool, bool] = (False, False),
        switches: dict[str, Any] | None = None,
        moves: tuple[Move, Move] | None = None,
    ) -> None:
        self.bank = bank
        self.commits = commits
        self.hold_lease = hold_lease
        self.moves = moves or (pays, pays)
        self.states: set[bytes] = set()
        self.runs = self.ends = self.taken_over = 0
        self.endings: dict[str, int] = {}
        self.violations: list[str] = []
        self.harm: list[str] = []
        """Those of the violations by which somebody was harmed: a row twice or lost, or a wrong balance."""
        self._adapter = EmulatorAdapter(bank.emulator)
        self._first_looks: dict[str, Response] = {}
        self._found: dict[bytes, Found] = {}
        bank.emulator.set_quirks(**(switches or {}))
        shrink(bank)
        self.consulted: set[str] = set()
        bank.emulator.quirks = consulted = Consulted(**asdict(bank.emulator.quirks))
        object.__setattr__(consulted, "asked", self.consulted)
        start = self.book()
        self._start = Scene(start, start, b"", (), faults, ((), ()))

    def book(self) -> Workbook:
        return self.bank.emulator.state.snapshot(self.bank.spreadsheet_id)

    def stands(self, book: Workbook) -> None:
        """Let the spreadsheet be as it was."""
        self.bank.emulator.state.store.save(book.fork())

    def send(self, request: PreparedRequest) -> Response:
        """Its answer, read to the end: it is heard in many runs, and can be read from the wire once."""
        answer = self._adapter.send(request)
        assert answer.content
        return answer

    def first_look(self, request: PreparedRequest) -> Response:
        """Before anything has happened it is the same every time."""
        return self._first_looks.setdefault(
            str(request.url), self._first_looks.get(str(request.url)) or self.send(request)
        )

    def knows(self, state: bytes) -> bool:
        known = state in self.states
        self.states.add(state)
        return known

    def explore(self, most: int | None = None) -> ModelChecker:
        """All runs, or so many, drawn from everywhere."""
        waiting: list[tuple[Scene, Step | None]] = [(self._start, None)]
        chance = random.Random(0)
        while waiting and (most is None or self.runs < most):
            self.runs += 1
            scene, step = waiting.pop(-1 if most is None else chance.randrange(len(waiting)))
            waiting += Run(self, scene).go(step)
        self.stands(self._start.book)
        return self

    def walk(self, times: int) -> ModelChecker:
        """So many runs from the beginning to the end at random, for more than can be gone through."""
        chance = random.Random(0)
        for _ in range(times):
            self.runs += 1
            Run(self, self._start).wander(chance)
        self.stands(self._start.book)
        return self

    def judge(self, run: Run) -> None:
        """At the end of a run: each work stands there once or not at all, as its writer was told.

        Who is not dead has paid, if nothing worse than a death has come about.
        """
        self.ends += 1
        if run.now.applied not in self._found:
            self._found[run.now.applied] = self.look()
        found = self._found[run.now.applied]
        answers = {label: answer for writer in run.writers for label, answer in writer.told.items()}
        harm = [
            f"{label} was told {answers.get(label, 'nothing')} and stands there {found.labels.count(label)} times"
            for label in sorted(answers.keys() | found.labels)
            if found.labels.count(label) not in ALLOWED.get(answers.get(label, ""), ())
        ]
        harm += [found.wrong] if found.wrong else []
        problems = [*harm, found.broken] if found.broken else [*harm]
        calm = all(step.ending in (ANSWERED, *DEATHS) or step.late >= 0 for step in run.now.trace)
        for label, answer in answers.items():
            self.endings[answer] = self.endings.get(answer, 0) + 1
            if calm and answer not in ("paid", "moved", DIED):
                problems.append(f"{label} was told {answer}")
        if problems:
            self.violations.append("; ".join(problems) + told(run.now.trace))
        if harm:
            self.harm.append("; ".join(harm) + told(run.now.trace))

    def look(self) -> Found:
        """What stands in the spreadsheet."""
        labels = [row["note"] for row in self.bank.rows("Payments") if row["note"]]
        held = Counter[str]()
        for row in self.bank.rows("Payments"):
            held[row["account"]] += row["cents"]
        shown = {row["Account no."]: row["Cents"] for row in self.bank.rows("Balances")}
        wrong = f"the balances are {shown}, and the payments {dict(held)}" if shown != held else ""
        try:
            self.bank.check()
        except AssertionError as error:
            return Found(labels, wrong, f"log, ledgers and views disagree: {error}")
        return Found(labels, wrong)


@dataclass(frozen=True)
class Found:
    """The works that stand in the spreadsheet, and what is wrong with it."""

    labels: list[str]
    wrong: str
    broken: str = ""


def shrink(bank: Bank) -> None:
    """Short grids are read more quickly."""
    for sheet in bank.metadata()["sheets"]:
        about = {"sheetId": sheet["properties"].get("sheetId", 0), "gridProperties": {"rowCount": 30}}
        bank.batch({"updateSheetProperties": {"properties": about, "fields": "gridProperties.rowCount"}})
