"""Three processes, people and bad weather in any order, against a model in plain Python."""

from __future__ import annotations

import logging
import os
from contextlib import AbstractContextManager
from functools import cache
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sheets_schema import CommitUnknownError, Database, Transaction, UnavailableError
from sheets_schema.emulator.errors import EmulatorError
from sheets_schema.testing.sheets_user import SheetsUser
from tests.sheets_schema.bank import Bank, Process, Requests, blind, let_leave, looking, paying, shrink_blank
from tests.sheets_schema.engine.test_guarded_refresh import showing

logging.getLogger("sheets_schema").setLevel(logging.CRITICAL)

PROCESS = st.integers(0, 2)
PAYMENT = st.sampled_from([f"p{number}" for number in range(12)])
ACCOUNT = st.sampled_from(["ada", "bob", "cyd"])
CENTS = st.integers(-500, 500)
SECONDS = st.sampled_from([3.0, 20.0, 60.0])
WRITE_FAULT = st.sampled_from([
    "lost_answer", "late_commit", "duplicate_delivery", "refuse_429", "reset_before", "reset_after", "hang", "delay",
    "delay_answer", "error_500", "error_502_html", "error_503", "error_500_html_after", "error_503_after",
])  # fmt: skip
READ_FAULT = st.sampled_from(["stale_read", "error_503", "error_502_html", "reset_before", "refuse_429", "delay"])
MAX_FAULTS = 3
"""Waiting at the same time: with more, a read may be stale three times in a row, which rightly stops the writing."""


@cache
def provisioned() -> Bank:
    return Bank().provision()


class Machine(RuleBasedStateMachine):
    """`paid` is what must stand there, `doubtful` what may; by label, since blind works choose no id."""

    def __init__(self) -> None:
        super().__init__()
        self.bank = provisioned().copy()
        self.processes: list[Process] = []
        self.paid: dict[str, tuple[str, int]] = {}
        self.doubtful: dict[str, tuple[str, int]] = {}
        self.spoilt = self.view_spoilt = False
        self.works = 0

    @initialize()
    def begin(self) -> None:
        self.bank.tab("Requests").update([["ada", 5], ["bob", 6]], "A2")
        self.processes = [self.bank.process() for _ in range(3)]

    def told(self, process: int, label: str, wanted: tuple[str, int], work: Any, seconds: float, *, keep: bool) -> None:
        """Run a work, and note in the model what its caller was told."""
        log, calls, stale = self.commits(), len(self.processes[process].door.sent), self.stale()
        try:
            answer = self.processes[process].run(work, seconds=seconds, hold_lease=keep)
        except CommitUnknownError:
            if label not in self.paid:
                self.doubtful[label] = wanted
            return
        except UnavailableError:
            return
        self.learn()
        if answer == "repeated":
            assert label in self.paid
        else:
            assert answer == "paid"
            assert label not in self.paid or label in self.landed_now(label, wanted)
            self.paid[label] = wanted
            self.doubtful.pop(label, None)
            if self.commits() > log:
                self.spoilt = False
                read = self.processes[process].door.sent[calls].method == "GET"
                self.view_spoilt = self.view_spoilt and (stale or not read)

    def landed_now(self, label: str, wanted: tuple[str, int]) -> list[str]:
        """A doubtful work of the same label is the same work: `learn` has noted it a moment ago."""
        return [label] if self.paid[label] == wanted else []

    def fair_weather(self) -> AbstractContextManager[None]:
        """For the model's own looks, which no fault shall meet."""
        return self.bank.emulator.faults.paused()

    def stale(self) -> bool:
        """Whether a read may be answered with what stood there before."""
        return any(fault["kind"] == "stale_read" for fault in self.bank.emulator.faults.waiting())

    def commits(self) -> int:
        with self.fair_weather():
            return int(self.bank.rows("Commit Log")[-1]["version"])

    def standing(self) -> dict[str, tuple[str, int]]:
        with self.fair_weather():
            rows = self.bank.rows("Payments")
        found = {row["note"] or row["payment_id"]: (row["account"], row["cents"]) for row in rows}
        assert len(found) == len(rows), "a work stands there twice"
        return found

    def learn(self) -> None:
        """What was in doubt and stands there now is paid."""
        standing = self.standing()
        for label in [*self.doubtful]:
            if label in standing:
                self.paid[label] = standing[label]
                del self.doubtful[label]

    @rule(process=PROCESS, payment=PAYMENT, account=ACCOUNT, cents=CENTS, seconds=SECONDS, keep=st.booleans())
    def pay(self, process: int, payment: str, account: str, cents: int, seconds: float, keep: bool) -> None:
        payment = f"{payment}-{account}-{cents % 3}"
        cents = len(payment) * 7 + cents % 3  # a repeat is the same work
        self.told(process, payment, (account, cents), paying(payment, account, cents), seconds, keep=keep)

    @rule(process=PROCESS, cents=CENTS, seconds=SECONDS, keep=st.booleans())
    def pay_without_looking(self, process: int, cents: int, seconds: float, keep: bool) -> None:
        self.works += 1
        label = f"blind {self.works}"
        self.told(process, label, ("blind", cents), blind(label, cents), seconds, keep=keep)

    @rule(process=PROCESS)
    def fail(self, process: int) -> None:
        def work(tx: Transaction[Any]) -> None:
            blind("never")(tx)
            raise LookupError

        try:
            self.processes[process].run(work)
        except (LookupError, UnavailableError, CommitUnknownError):
            return
        raise AssertionError("the work's own error was swallowed")

    @rule(process=PROCESS)
    def look(self, process: int) -> None:
        before, stale = self.balances(), self.stale()
        try:
            seen = self.processes[process].run(looking)
        except (UnavailableError, CommitUnknownError):
            return
        assert stale or seen in (before, self.balances())

    def balances(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for account, cents in self.standing().values():
            found[account] = found.get(account, 0) + cents
        return found

    @rule(process=PROCESS)
    def refresh(self, process: int) -> None:
        each = self.processes[process]
        try:
            each.spreadsheet.refresh(showing, reads=[Requests], timeout=each.deadline())
        except (UnavailableError, CommitUnknownError):
            return

    @rule(process=PROCESS, what=st.integers(0, 2))
    def rows_leave(self, process: int, what: int) -> None:
        each = self.processes[process]
        log = self.commits()
        try:
            if what == 0:
                let_leave(each.spreadsheet, each.deadline())
            elif what == 1:
                shrink_blank(each.spreadsheet, each.deadline())
            else:
                each.spreadsheet.truncate(Database.log, lambda rows: len(rows) // 2, timeout=each.deadline())
        except (UnavailableError, CommitUnknownError):
            return
        if self.commits() != log:
            self.spoilt = False

    @rule(kind=WRITE_FAULT, seconds=st.floats(0, 30))
    def writes_go_wrong(self, kind: str, seconds: float) -> None:
        if len(self.bank.emulator.faults.waiting()) < MAX_FAULTS:
            self.bank.emulator.faults.add(kind, method="POST", seconds=seconds, path=self.bank.spreadsheet_id)

    @rule(kind=READ_FAULT, seconds=st.floats(0, 5))
    def reads_go_wrong(self, kind: str, seconds: float) -> None:
        waiting = [fault["kind"] for fault in self.bank.emulator.faults.waiting()]
        if len(waiting) < MAX_FAULTS and kind not in waiting:
            self.bank.emulator.faults.add(kind, method="GET", seconds=seconds, path=":batchGet")

    @rule(seconds=st.sampled_from([0.5, 4.0, 12.0, 70.0]))
    def time_passes(self, seconds: float) -> None:
        self.bank.time.sleep(seconds)

    @rule(process=PROCESS)
    def kill(self, process: int) -> None:
        self.processes[process] = self.bank.process()

    @rule(what=st.integers(0, 4))
    def a_person_edits(self, what: int) -> None:
        person = SheetsUser(self.bank.emulator, self.bank.spreadsheet_id)
        try:
            [
                lambda: person.type("Requests!A4", [["cyd", 7]]),
                lambda: person.sort("Requests", 0, descending=True),
                lambda: person.type("Balances!A2", [["nobody", 8]]),
                lambda: person.delete_named_range("commit_fence"),
                lambda: person.rename_named_range("commit_fence", "mine"),
            ][what]()
        except EmulatorError:
            return
        self.view_spoilt = self.view_spoilt or what == 2
        self.spoilt = self.spoilt or what > 2

    @invariant()
    def the_spreadsheet_is_as_everybody_was_told(self) -> None:
        self.learn()
        assert self.standing() == self.paid
        # A view comes back with the next commit that reads it as it is; one on a warm lock does not.
        if not self.spoilt and not self.view_spoilt:
            with self.fair_weather():
                self.bank.check()


TestMachine = Machine.TestCase
TestMachine.settings = settings(
    max_examples=300 if os.environ.get("TORTURE") else 15,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    phases=[Phase.generate],  # shrinking takes minutes, and a run is short enough to read
)
