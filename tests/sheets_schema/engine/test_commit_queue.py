"""How many works leave together, how long a process rests after its tenure, and that no wait is longer than its deadline."""

from __future__ import annotations

from typing import Any

import pytest

from sheets_schema import UnavailableError
from sheets_schema.engine.commit_queue import MAX_GROUP_SIZE
from sheets_schema.engine.rate_limiter import RateLimiter
from sheets_schema.errors import LockTimeoutError, LogDivergedError
from tests.sheets_schema.bank import Bank, Process, Requests, blind, looking

REST = 1.75
"""`settle` and one and a half times `poll`, as the clock of these tests throws its dice."""


def test_a_batch_takes_only_so_many_works_along_and_the_next_one_the_rest(bank: Bank) -> None:
    process = bank.process()
    waiting = [process.waits(blind(f"p{number}")) for number in range(MAX_GROUP_SIZE + 5)]
    process.run(blind("last"))
    assert [job.result for job in waiting] == ["paid"] * len(waiting)
    assert [row["operation"] for row in bank.rows("Commit Log")[-2:]] == [f"pay ×{MAX_GROUP_SIZE}", "pay ×6"]
    bank.check()


@pytest.fixture
def tired(bank: Bank) -> Process:
    """A process that has just freed the lock since its tenure was over, with one more work in its queue."""
    process = bank.process()
    process.warm_up()
    bank.time.sleep(bank.timing.max_hold + 0.5)

    def work(tx: Any) -> str:
        process.waits(blind("waits"))
        return blind("last of its tenure")(tx)

    process.run(work)
    assert bank.lock_cell().endswith("free")
    process.door.forget()
    return process


def test_after_its_tenure_a_process_lets_others_in_first(bank: Bank, tired: Process) -> None:
    freed, began = bank.time.seconds, list[float]()
    tired.door.before[0] = lambda: began.append(bank.time.seconds)
    assert tired.pay("p1") == "paid"
    assert began == [pytest.approx(freed + REST)]
    assert bank.labels("waits") == 1
    bank.check()


def test_who_cannot_wait_for_it_does_without_the_rest(bank: Bank, tired: Process) -> None:
    freed = bank.time.seconds
    assert tired.pay("p1", seconds=3) == "paid"
    assert bank.time.seconds - freed < REST
    bank.check()


def test_who_comes_after_the_rest_need_not_wait(bank: Bank, tired: Process) -> None:
    bank.time.sleep(REST)
    came = bank.time.seconds
    tired.run(looking)
    assert bank.time.seconds - came <= bank.timing.confirmation_delay
    bank.check()


def test_looking_again_at_a_contradiction_ends_with_the_deadline(bank: Bank) -> None:
    process = bank.process()
    process.pay("p1")
    process.pay("p2")
    bank.emulator.faults.add("stale_read", method="GET", seconds=600, count=None)
    started = bank.time.seconds
    with pytest.raises(LogDivergedError):
        process.spreadsheet._replica.load(process.deadline(0.3))
    assert bank.time.seconds - started == pytest.approx(0.3)


# The quota


@pytest.fixture
def frugal(bank: Bank) -> Process:
    """A process that has had its one write of this minute."""
    process = bank.process()
    process.spreadsheet.client._write_quota = RateLimiter("writes", 1, process.clock)
    process.pay("p1")
    process.door.forget()
    return process


@pytest.mark.parametrize("seconds", [30.0, 59.5, 60.4])
def test_a_commit_whose_turn_comes_too_late_to_settle_it_is_not_sent(
    bank: Bank, frugal: Process, seconds: float
) -> None:
    """The turn comes 59 seconds from now, and half a second and `settle` must be left then."""
    started = bank.time.seconds
    with pytest.raises(UnavailableError, match="used up") as told:
        frugal.pay("p2", seconds=seconds)
    assert not isinstance(told.value, LockTimeoutError)
    assert told.value.retry_after == pytest.approx(59, abs=0.1)
    assert bank.time.seconds == started
    assert frugal.door.writes == 0


def test_a_commit_waits_for_its_turn_if_there_is_time_to_settle_it(bank: Bank, frugal: Process) -> None:
    assert frugal.pay("p2", seconds=61) == "paid"
    bank.check()


# What was certainly not executed


def test_setting_up_is_sent_again() -> None:
    bank = Bank()
    bank.emulator.faults.add("refuse_429", method="POST")
    process = bank.provision().process()
    assert process.pay("p1") == "paid"
    bank.check()


def test_a_refresh_is_sent_again(bank: Bank) -> None:
    process = bank.process()
    bank.tab("Requests").update([["ada", 5]], "A2")
    bank.emulator.faults.add("refuse_429", method="POST")

    def answer(tx: Any) -> str:
        form = tx.table(Requests)
        for row, _ in form.where(Requests, lambda _: True):
            form.write(row, answer="seen")
        return "refreshed"

    assert process.spreadsheet.refresh(answer, reads=[Requests], timeout=process.deadline()) == "refreshed"
    assert bank.rows("Requests")[0]["Answer"] == "seen"
