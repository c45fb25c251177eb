"""Every interleaving of two writers at every call boundary, under every ending of every call, by trying them all.

A run replays a list of choices and goes on with the first choice at every further boundary; each alternative met on the
way is a run of its own. A state is what both writers have seen so far, the batches that were applied, and those that are
still on their way: where two runs reach the same state, the second one stops. The writers share no clock, so that any
speed of one against the other is among the runs.
"""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import requests
from requests import PreparedRequest, Response

from sheets_schema import Client, SheetsError, Spreadsheet, Timing
from sheets_schema.emulator import Emulator, EmulatorAdapter
from tests.sheets_schema.bank import SCHEMA, Bank, Time, blind, looking, session

TIMING = Timing(settle=0.0, tenure=2.0, lease=2.0, poll=2.0)
"""Nothing merges here, so there is nothing to settle."""
SECONDS = 12.0

ANSWERED, LOST, REFUSED, UNEXECUTED, LATE, TWICE = "answered", "lost", "refused", "not executed", "late", "twice"
WRITE_ENDINGS = (ANSWERED, LOST, REFUSED, UNEXECUTED, LATE, TWICE)
READ_ENDINGS = (ANSWERED, UNEXECUTED)


class Abandoned(BaseException):
    """The run has reached a known state: the writers go home."""


def body_of(request: PreparedRequest) -> bytes:
    body = request.body or b""
    return body.encode() if isinstance(body, str) else body


@dataclass(frozen=True)
class Choice:
    """One step: let a writer's call end in this way, or deliver the batch that is late."""

    writer: int
    ending: str
    late: int = -1


@dataclass
class Writer:
    """One thread; stops at every call until its next step is chosen."""

    number: int
    keep_lock: bool
    time: Time = field(default_factory=Time)
    ready: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    at_boundary: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    request: PreparedRequest | None = None
    step: Choice | None = None
    watched: bool = False
    done: bool = False
    seen: Any = field(default_factory=lambda: hashlib.blake2b(digest_size=8))
    told: dict[str, str] = field(default_factory=dict)


class Boundary(EmulatorAdapter):
    """A writer's way to the emulator: every call waits here for its turn and its ending."""

    def __init__(self, emulator: Emulator, writer: Writer, run: Run) -> None:
        super().__init__(emulator)
        self._writer = writer
        self._run = run

    def send(self, request: PreparedRequest, *_args: Any, **_more: Any) -> Response:
        writer = self._writer
        if not writer.watched:
            return self._plainly(request)
        writer.request = request
        writer.at_boundary.release()
        writer.ready.acquire()
        step, writer.request = writer.step, None
        if step is None:
            raise Abandoned
        writer.seen.update(step.ending.encode())
        if step.ending == REFUSED:
            return self._refusal(request)
        if step.ending == LATE:
            self._run.late.append((writer.number, request))
        if step.ending in {UNEXECUTED, LATE}:
            raise requests.ConnectionError("reset", request=request)
        answer = self._run.carry_out(self._plainly, request)
        if step.ending == TWICE:
            answer = self._run.carry_out(self._plainly, request)
        if step.ending == LOST:
            raise requests.ConnectionError("reset", request=request)
        writer.seen.update(answer.content)
        return answer

    def _plainly(self, request: PreparedRequest) -> Response:
        return super().send(request)

    @staticmethod
    def _refusal(request: PreparedRequest) -> Response:
        answer = Response()
        answer.status_code, answer.request = 429, request
        answer._content = b'{"error": {"code": 429, "message": "Quota exceeded."}}'
        return answer


class Run:
    """One run along a list of choices, and on."""

    def __init__(self, explorer: Explorer, choices: list[int]) -> None:
        self.explorer = explorer
        self.choices = choices
        self.late: list[tuple[int, PreparedRequest]] = []
        self.applied = hashlib.blake2b(digest_size=8)
        self.faults = explorer.faults
        self.trace: list[Choice] = []
        self.writers = [Writer(number, keep) for number, keep in enumerate(explorer.keep_lock)]

    def carry_out(self, send: Callable[[PreparedRequest], Response], request: PreparedRequest) -> Response:
        answer = send(request)
        if request.method == "POST" and answer.ok:
            self.applied.update(body_of(request))
        return answer

    def write(self, writer: Writer) -> None:
        explorer = self.explorer
        clock = writer.time.clock(range(1 + writer.number * 1000, 1000 + writer.number * 1000))
        door = session(Boundary(explorer.bank.emulator, writer, self))
        client = Client(explorer.bank.spreadsheet_id, session=door, clock=clock)
        sheet = Spreadsheet(SCHEMA, client, timing=TIMING, clock=clock, name=f"writer-{writer.number}")
        sheet.run(looking, operation="look", who="", deadline=clock.deadline(SECONDS))
        writer.watched = True
        try:
            for number in range(explorer.commits):
                label = f"{writer.number}.{number}"
                keep = writer.keep_lock and number + 1 < explorer.commits
                try:
                    writer.told[label] = sheet.run(
                        blind(label), operation=label, who=label, deadline=clock.deadline(SECONDS), keep_lock=keep
                    )
                except SheetsError as error:
                    writer.told[label] = type(error).__name__
        except Abandoned:
            pass
        finally:
            writer.done = True
            writer.at_boundary.release()

    def go(self) -> list[list[int]]:
        """Go to the end or to a known state; the alternatives that were not taken."""
        threads = [threading.Thread(target=self.write, args=(writer,), daemon=True) for writer in self.writers]
        for thread, writer in zip(threads, self.writers, strict=True):
            thread.start()
            writer.at_boundary.acquire()
        alternatives: list[list[int]] = []
        taken: list[int] = []
        while open_ := self.open():
            if len(taken) >= len(self.choices):
                if self.explorer.knows(self.state()):
                    break
                alternatives += [[*taken, other] for other in range(1, len(open_))]
            index = self.choices[len(taken)] if len(taken) < len(self.choices) else 0
            taken.append(index)
            self.take(open_[index])
        else:
            self.explorer.judge(self)
        for thread, writer in zip(threads, self.writers, strict=True):
            while not writer.done:
                writer.step = None
                writer.ready.release()
                writer.at_boundary.acquire()
            thread.join()
        return alternatives

    def open(self) -> list[Choice]:
        """Every step that may come next."""
        found = [
            Choice(writer.number, ending)
            for writer in self.writers
            if writer.request is not None
            for ending in (WRITE_ENDINGS if writer.request.method == "POST" else READ_ENDINGS)
            if ending == ANSWERED or self.faults
        ]
        return found + [Choice(writer, LATE, place) for place, (writer, _) in enumerate(self.late)]

    def take(self, step: Choice) -> None:
        self.trace.append(step)
        if step.late >= 0:
            _, request = self.late.pop(step.late)
            self.carry_out(EmulatorAdapter(self.explorer.bank.emulator).send, request)
            return
        self.faults -= step.ending != ANSWERED
        writer = self.writers[step.writer]
        writer.step = step
        writer.ready.release()
        writer.at_boundary.acquire()

    def state(self) -> tuple[Any, ...]:
        late = tuple(sorted(hash(body_of(request)) for _, request in self.late))
        return self.applied.digest(), late, self.faults, *(writer.seen.digest() for writer in self.writers)


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
        self.faults = faults
        self.commits = commits
        self.keep_lock = keep_lock
        self.states: set[tuple[Any, ...]] = set()
        self.runs = self.ends = 0
        self.endings: dict[str, int] = {}
        self.violations: list[str] = []
        bank.emulator.switch(**(switches or {}))
        self._start = bank.emulator.state.snapshot(bank.spreadsheet_id)

    def knows(self, state: tuple[Any, ...]) -> bool:
        known = state in self.states
        self.states.add(state)
        return known

    def explore(self, most: int | None = None) -> Explorer:
        """All runs, or so many, drawn from everywhere."""
        waiting: list[list[int]] = [[]]
        chance = random.Random(0)
        while waiting and (most is None or self.runs < most):
            self.runs += 1
            # Never changed afterwards: every version is a fork of the one before.
            self.bank.emulator.state._store.save(self._start.fork())
            choices = waiting.pop(-1 if most is None else chance.randrange(len(waiting)))
            waiting += Run(self, choices).go()
        self.bank.emulator.state._store.save(self._start.fork())
        return self

    def judge(self, run: Run) -> None:
        """At the end of a run: each work stands there once or not at all, as its writer was told."""
        self.ends += 1
        problems = []
        labels = [row["note"] for row in self.bank.rows("Payments")]
        for writer in run.writers:
            for label, told in writer.told.items():
                self.endings[told] = self.endings.get(told, 0) + 1
                allowed = {"paid": (1,), "InDoubt": (0, 1), "Busy": (0,), "Unavailable": (0,)}.get(told, ())
                if labels.count(label) not in allowed:
                    problems.append(f"{label} was told {told} and stands there {labels.count(label)} times")
        try:
            self.bank.check()
        except AssertionError as error:
            problems.append(str(error))
        if problems:
            steps = ", ".join(
                f"{step.writer}: {step.ending}{'' if step.late < 0 else ' arrives'}" for step in run.trace
            )
            self.violations.append(f"{'; '.join(problems)} after [{steps}]")
