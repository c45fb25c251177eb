"""Two processes, interleaved by hand at every boundary between two calls."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from sheets_schema import Transaction
from tests.sheets_schema.bank import Bank, Payments, blind, paying


@pytest.mark.parametrize("place", ["before", "after"])
@pytest.mark.parametrize("call", range(4))
@pytest.mark.parametrize("hold_lease", [False, True])
def test_another_commit_at_any_call_boundary_costs_a_repeat_at_most(
    bank: Bank, place: str, call: int, hold_lease: bool
) -> None:
    ours, theirs = bank.process(), bank.process()
    ours.pay("ours before")
    theirs.pay("theirs before")
    bank.age()
    ours.door.forget()
    hooks = ours.door.before if place == "before" else ours.door.after
    hooks[call] = lambda: theirs.run(blind("theirs"), hold_lease=hold_lease)
    seen: list[int] = []

    def work(tx: Transaction[Any]) -> str:
        seen.append(len(tx.state.payments))
        return blind("ours")(tx)

    assert ours.run(work) == "paid"
    if hooks:
        theirs.run(blind("theirs"))
    assert bank.labels("ours") == bank.labels("theirs") == 1
    assert hold_lease or len(set(seen)) <= 2
    bank.check()
    assert bank.process().run(lambda tx: len(tx.state.payments)) == 4


def test_work_that_was_superseded_runs_again_on_the_others_facts(bank: Bank) -> None:
    ours, theirs = bank.process(), bank.process()
    ours.pay("before", "ada", 100)
    bank.age()
    ours.door.forget()

    def withdraw(tx: Transaction[Any]) -> str:
        if tx.state.balances["ada"] < 100:
            return "no funds"
        tx.add(Payments(payment_id=tx.commit, account="ada", cents=-100))
        return "withdrawn"

    outcomes: list[str] = []
    ours.door.before[1] = lambda: outcomes.append(theirs.run(withdraw))
    outcomes.append(ours.run(withdraw))
    assert outcomes == ["withdrawn", "no funds"]
    bank.check()


def test_the_same_payment_at_both_processes_is_made_once(bank: Bank) -> None:
    for call in range(4):
        ours, theirs = bank.process(), bank.process()
        name = f"p{call}"
        ours.door.before[call] = partial(theirs.pay, name)
        ours.pay(name)
        theirs.pay(name)
        assert [row["payment_id"] for row in bank.rows("Payments")].count(name) == 1
    bank.check()


@pytest.mark.parametrize(
    "fault", ["lost_answer", "error_503_after", "error_503", "reset_before", "duplicate_delivery", "hang"]
)
@pytest.mark.parametrize("call", range(1, 5))
def test_another_commit_between_a_fault_and_its_settling_changes_nothing(bank: Bank, fault: str, call: int) -> None:
    ours, theirs = bank.process(), bank.process()
    ours.pay("ours before")
    theirs.pay("theirs before")
    ours.door.forget()

    def intrude() -> None:
        bank.emulator.faults.clear()
        theirs.run(blind("theirs"))

    bank.emulator.faults.add(fault, method="POST")
    ours.door.after[call] = intrude
    assert ours.run(blind("ours"), seconds=120) == "paid"
    assert bank.labels("ours") == 1
    bank.check()


def test_three_processes_taking_turns_agree(bank: Bank) -> None:
    processes = [bank.process() for _ in range(3)]
    for number in range(12):
        assert processes[number % 3].run(paying(f"p{number}", f"a{number % 4}")) == "paid"
    states = [process.run(lambda tx: dict(tx.state.balances)) for process in processes]
    assert states[0] == states[1] == states[2] == {f"a{number}": 300 for number in range(4)}
    bank.check()
