"""Every interleaving of two writers at every call boundary, under every ending of every call, by trying them all.

At every moment each writer stands at a call, and a *step* is to end one of them in one of the ways in which calls end, or to
deliver a batch that is late. All steps of all moments are taken. A *scene* is what it takes to go on from a moment: the
spreadsheet as it was (versions are never changed) and what each writer has heard, which is played back to a new one.

Where two ways lead to the same *state*, only one is followed. A state is what was applied, what is late, and for either
writer what it knew when it began its present work (with ages instead of moments), what it has heard since, and what it
was told before. The writers share no clock, so that any speed of one against the other is among the runs.
"""

from __future__ import annotations

import hashlib
import itertools
import random
from collections import deque
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, get_type_hints

from greenlet import getcurrent, greenlet  # type: ignore[import-untyped]  # it ships no types
from requests import PreparedRequest, Response

from sheets_schema import Client, SheetsError, Spreadsheet
from sheets_schema.emulator import EmulatorAdapter, Switches
from sheets_schema.emulator.workbook import Workbook
from tests.sheets_schema.bank import SCHEMA, Bank, blind, looking
from tests.sheets_schema.plain import digest, memory
from tests.sheets_schema.writers import (
    ANSWERED,
    LATE,
    LOST,
    READ_ENDINGS,
    REFUSED,
    STALE,
    TIMING,
    TWICE,
    UNEXECUTED,
    WRITE_ENDINGS,
    Heard,
    Line,
    Step,
    Writer,
    quota_answer,
)

SECONDS = 12.0


@dataclass(frozen=True)
class Scene:
    """A moment, as far as it takes to go on from it."""

    book: Workbook
    before: Workbook
    applied: bytes
    late: tuple[tuple[int, PreparedRequest], ...]
    faults: int
    heard: tuple[tuple[Heard, ...], ...]
    trace: tuple[Step, ...] = ()


class Run:
    """One run, from a scene on."""

    def __init__(self, explorer: Explorer, scene: Scene) -> None:
        self.explorer = explorer
        self.now = scene
        explorer.stands(scene.book)
        self.writers = [
            Writer(number, keep, deque(scene.heard[number])) for number, keep in enumerate(explorer.keep_lock)
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
        sheet = Spreadsheet(SCHEMA, client, timing=TIMING, clock=clock, name=f"writer-{writer.number}")
        sheet.run(looking, operation="look", who="", deadline=clock.deadline(SECONDS))
        for number in range(explorer.commits):
            label = f"{writer.number}.{number}"
            keep = writer.keep_lock and number + 1 < explorer.commits
            writer.work = number
            writer.ids = (f"w{writer.number}c{number}t{attempt}" for attempt in itertools.count())
            writer.seen = hashlib.blake2b(digest_size=8)
            if not (writer.tape and writer.tape[-1].work > number):  # otherwise nobody asks
                writer.knew = memory(sheet, clock.monotonic())
            try:
                writer.told[label] = sheet.run(
                    blind(label), operation=label, who=label, deadline=clock.deadline(SECONDS), keep_lock=keep
                )
            except SheetsError as error:
                writer.told[label] = type(error).__name__

    def go(self, step: Step | None) -> list[tuple[Scene, Step]]:
        """Go to the end or to a known state; the steps that were not taken, each with its scene."""
        for writer, play in zip(self.writers, self.plays, strict=True):
            play.switch(writer)
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
        if step.ending == LATE:
            now = replace(now, late=(*now.late, (writer.number, request)))
        elif step.ending == REFUSED:
            answer = quota_answer()
        elif step.ending == STALE:
            self.explorer.stands(now.before)
            answer = self.explorer.send(request)
            self.explorer.stands(now.book)
        elif step.ending != UNEXECUTED:
            now, answer = self.carried_out(now, request)
            if step.ending == TWICE:
                now, answer = self.carried_out(now, request)
        heard = Heard(writer.work, step.ending, None if step.ending == LOST else answer)
        self.now = replace(
            now,
            faults=now.faults - (step.ending != ANSWERED),
            heard=tuple((*each, heard) if number == writer.number else each for number, each in enumerate(now.heard)),
        )
        self.plays[step.writer].switch(heard)

    def carried_out(self, now: Scene, request: PreparedRequest) -> tuple[Scene, Response]:
        answer = self.explorer.send(request)
        if request.method == "POST" and answer.ok:
            applied = digest((now.applied, request.body))
            now = replace(now, book=self.explorer.book(), before=now.book, applied=applied)
        return now, answer

    def state(self) -> bytes:
        now = self.now
        late = sorted(digest(request.body) for _, request in now.late)
        minds = [(writer.knew, writer.seen.digest(), sorted(writer.told.items())) for writer in self.writers]
        return digest((now.applied, late, now.faults, minds))


SETTINGS = frozenset(get_type_hints(Switches))


class Consulted(Switches):
    """Settings that remember by name which of them made a difference to anything."""

    asked: set[str]

    def __getattribute__(self, name: str) -> Any:
        if name in SETTINGS:
            self.asked.add(name)
        return super().__getattribute__(name)


class Explorer:
    """Goes through all runs. `faults` is how many calls may end otherwise than answered, `switches` an unknown setting."""

    def __init__(
        self,
        bank: Bank,
        *,
        faults: int,
        commits: int = 2,
        keep_lock: tuple[bool, bool] = (False, False),
        switches: dict[str, Any] | None = None,
    ) -> None:
        self.bank = bank
        self.commits = commits
        self.keep_lock = keep_lock
        self.states: set[bytes] = set()
        self.runs = self.ends = 0
        self.endings: dict[str, int] = {}
        self.violations: list[str] = []
        self._adapter = EmulatorAdapter(bank.emulator)
        self._first_looks: dict[str, Response] = {}
        self._found: dict[bytes, tuple[list[str], str]] = {}
        bank.emulator.switch(**(switches or {}))
        shrink(bank)
        self.consulted: set[str] = set()
        bank.emulator.switches = consulted = Consulted(**asdict(bank.emulator.switches))
        object.__setattr__(consulted, "asked", self.consulted)
        start = self.book()
        self._start = Scene(start, start, b"", (), faults, ((), ()))

    def book(self) -> Workbook:
        return self.bank.emulator.state.snapshot(self.bank.spreadsheet_id)

    def stands(self, book: Workbook) -> None:
        """Let the spreadsheet be as it was."""
        self.bank.emulator.state._store.save(book.fork())

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

    def explore(self, most: int | None = None) -> Explorer:
        """All runs, or so many, drawn from everywhere."""
        waiting: list[tuple[Scene, Step | None]] = [(self._start, None)]
        chance = random.Random(0)
        while waiting and (most is None or self.runs < most):
            self.runs += 1
            scene, step = waiting.pop(-1 if most is None else chance.randrange(len(waiting)))
            waiting += Run(self, scene).go(step)
        self.stands(self._start.book)
        return self

    def judge(self, run: Run) -> None:
        """At the end of a run: each work stands there once or not at all, as its writer was told."""
        self.ends += 1
        if run.now.applied not in self._found:
            self._found[run.now.applied] = self.look()
        labels, broken = self._found[run.now.applied]
        problems = [broken] if broken else []
        for writer in run.writers:
            for label, told in writer.told.items():
                self.endings[told] = self.endings.get(told, 0) + 1
                allowed = {"paid": (1,), "InDoubt": (0, 1), "Busy": (0,), "Unavailable": (0,)}.get(told, ())
                if labels.count(label) not in allowed:
                    problems.append(f"{label} was told {told} and stands there {labels.count(label)} times")
        if problems:
            self.violations.append(f"{'; '.join(problems)} after [{', '.join(map(str, run.now.trace))}]")

    def look(self) -> tuple[list[str], str]:
        """The works that stand in the spreadsheet, and what is wrong with it."""
        labels = [row["note"] for row in self.bank.rows("Payments")]
        try:
            self.bank.check()
        except AssertionError as error:
            return labels, f"log, ledgers and views disagree: {error}"
        return labels, ""


def shrink(bank: Bank) -> None:
    """Short grids are read more quickly."""
    for sheet in bank.metadata()["sheets"]:
        about = {"sheetId": sheet["properties"].get("sheetId", 0), "gridProperties": {"rowCount": 30}}
        bank.batch({"updateSheetProperties": {"properties": about, "fields": "gridProperties.rowCount"}})
