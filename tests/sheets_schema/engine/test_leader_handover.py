"""A leader whose deadline comes while a commit is in doubt: whoever waits with it and has more time settles the doubt."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from sheets_schema import CommitUnknownError, SchemaMismatchError
from sheets_schema.advanced import Timing
from sheets_schema.errors import LockTimeoutError
from tests.sheets_schema.bank import Bank, Process, blind, looking


@pytest.fixture
def ours(bank: Bank) -> Process:
    process = bank.process()
    process.run(blind("before"))
    bank.time.sleep(30)
    process.door.forget()
    return process


def nobody_answers(bank: Bank, write: str = "reset_after", **more: Any) -> None:
    """The next write ends so, and from then on no call is answered."""
    bank.emulator.faults.add(write, method="POST", **more)
    bank.emulator.faults.add("error_503", method="GET", after=1, count=None)
    bank.emulator.faults.add("error_503", method="POST", count=None)


def hasty(process: Process, label: str = "hasty", seconds: float = 6.0) -> None:
    with pytest.raises(CommitUnknownError):
        process.run(blind(label), seconds=seconds)


def answers_again(bank: Bank, process: Process) -> None:
    """The next one leads."""
    bank.emulator.faults.clear()
    process.run(looking)


@pytest.mark.parametrize(
    ("write", "more"),
    [("reset_after", {}), ("reset_before", {}), ("late_commit", {"seconds": 10}), ("error_503_html_after", {})],
)
def test_who_has_more_time_than_the_leader_is_told_how_it_ended(
    bank: Bank, ours: Process, write: str, more: dict[str, Any]
) -> None:
    patient = ours.waits(blind("patient"))
    nobody_answers(bank, write, **more)
    hasty(ours)
    assert not patient.done
    answers_again(bank, ours)
    assert (patient.result, patient.error) == ("paid", None)
    bank.time.sleep(30)
    bank.process().run(looking)
    assert (bank.labels("hasty"), bank.labels("patient")) == (1, 1)
    bank.check()


def test_a_doubt_that_another_process_has_decided_meanwhile_runs_again_for_those_who_wait(
    bank: Bank, ours: Process
) -> None:
    patient = ours.waits(blind("patient"))
    nobody_answers(bank, "reset_before")
    hasty(ours)
    bank.emulator.faults.clear()
    bank.process().pay("theirs")
    ours.run(looking)
    assert (patient.result, patient.error) == ("paid", None)
    assert (bank.labels("hasty"), bank.labels("patient")) == (0, 1)
    bank.check()


def test_a_refused_sending_says_nothing_of_the_copy_that_a_leader_before_has_sent(bank: Bank, ours: Process) -> None:
    patient = ours.waits(blind("patient"))
    nobody_answers(bank)
    hasty(ours)
    bank.emulator.faults.clear()
    bank.emulator.faults.add("refuse_429", method="POST", count=None)
    ours.run(looking)
    assert (patient.result, patient.error) == ("paid", None)
    assert bank.labels("patient") == 1


def test_who_has_no_more_time_than_the_leader_is_told_with_it(bank: Bank, ours: Process) -> None:
    equal, patient = ours.waits(blind("equal"), 6.5), ours.waits(blind("patient"))
    nobody_answers(bank)
    hasty(ours)
    assert isinstance(equal.error, CommitUnknownError)
    assert not patient.done


def test_a_doubt_goes_on_from_one_to_the_next_as_long_as_somebody_has_time(bank: Bank, ours: Process) -> None:
    patient = ours.waits(blind("patient"), 90)
    nobody_answers(bank)
    hasty(ours)
    with pytest.raises(LockTimeoutError):
        ours.run(blind("newcomer"), seconds=6)  # nothing of its own was sent
    assert not patient.done
    answers_again(bank, ours)
    assert patient.result == "paid"
    assert (bank.labels("hasty"), bank.labels("newcomer"), bank.labels("patient")) == (1, 0, 1)
    bank.check()


def test_a_doubt_for_whose_ending_nobody_waits_any_more_costs_nothing(bank: Bank, ours: Process) -> None:
    patient = ours.waits(blind("patient"), 30)
    nobody_answers(bank)
    hasty(ours)
    patient.reject(CommitUnknownError("gave up"))
    writes = ours.door.writes
    answers_again(bank, ours)
    assert ours.door.writes == writes


def test_a_log_that_a_person_has_spoilt_is_told_to_everybody_in_the_end(bank: Bank, ours: Process) -> None:
    patient = ours.waits(blind("patient"))
    ours.door.watch = lambda sent: sent.method == "POST" and bank.tab("Payments").update_acell("A1", "Spoilt")
    hasty(ours, seconds=20)
    with pytest.raises((LockTimeoutError, SchemaMismatchError)):
        ours.run(blind("newcomer"), seconds=90)
    assert isinstance(patient.error, CommitUnknownError | SchemaMismatchError)


def test_tenure_counts_from_the_first_sending_whoever_has_settled_it(bank: Bank, ours: Process) -> None:
    """Another may take the lock over a lease after the first copy has landed."""
    patient = ours.waits(blind("patient"), hold_lease=True)
    nobody_answers(bank)
    hasty(ours)
    bank.emulator.faults.clear()
    ours.spreadsheet._coordinator.lead(patient)
    assert patient.result == "paid"
    assert not bank.lock_cell().endswith("free")
    reads, writes = ours.counting(lambda: ours.run(blind("next")))
    assert (reads > 0, writes) == (True, 1)


def test_with_threads_everybody_but_the_hasty_one_is_served() -> None:
    bank = Bank(
        real_time=True,
        timing=Timing(confirmation_delay=0.05, max_hold=1, renew_deadline=1, lease_duration=2, retry_period=0.05),
    ).provision()
    process = bank.process()
    process.run(blind("before"))
    queued = threading.Event()

    def leading(label: str) -> Callable[[Any], str]:
        def work(tx: Any) -> str:
            queued.wait(10)
            return blind(label)(tx)

        return work

    def outcome(work: Any, seconds: float) -> str:
        try:
            return str(process.run(work, seconds=seconds))
        except CommitUnknownError:
            return "CommitUnknownError"

    turns = process.spreadsheet._queue
    with ThreadPoolExecutor(10) as pool:
        first = pool.submit(outcome, leading("first"), 20)
        while not turns.leader:
            pass
        second = pool.submit(outcome, blind("hasty"), 2.0)
        while not turns.queue:
            pass
        others = [pool.submit(outcome, blind(f"p{number}"), 20) for number in range(8)]
        while len(turns.queue) < 9:
            pass
        # The first one lands; then the hasty one leads, and nobody answers it.
        bank.emulator.faults.add("reset_after", method="POST", after=1)
        bank.emulator.faults.add("error_503", method="GET", after=1, count=None)
        bank.emulator.faults.add("error_503", method="POST", after=1, count=None)
        queued.set()
        assert first.result(20) == "paid"
        assert second.result(20) == "CommitUnknownError"
        bank.emulator.faults.clear()
        assert [each.result(20) for each in others] == ["paid"] * 8
    assert [bank.labels(f"p{number}") for number in range(8)] == [1] * 8
    bank.check()


def test_whoever_waits_with_a_leader_that_is_broken_off_is_not_run_again_but_told_that_nobody_knows(
    bank: Bank, ours: Process
) -> None:
    patient = ours.waits(blind("patient"))

    def break_off() -> None:
        raise MemoryError

    ours.door.after[1] = break_off
    with pytest.raises(CommitUnknownError):
        ours.run(blind("leader"))
    assert isinstance(patient.error, CommitUnknownError)
    assert bank.process().run(looking)
    assert (bank.labels("leader"), bank.labels("patient")) == (1, 1)
    bank.check()
