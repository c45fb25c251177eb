"""Works of one process that leave together, and the lock that keeps processes apart."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from sheets_schema import RequestRejectedError, Schema, Transaction
from sheets_schema.advanced import EMBEDDED, Timing
from sheets_schema.errors import InvalidValueError, LockTimeoutError
from tests.sheets_schema.bank import (
    SCHEMA,
    Balances,
    Bank,
    Books,
    Captured,
    Payments,
    Process,
    Requests,
    balances,
    blind,
    looking,
    paying,
)


@pytest.fixture
def quick() -> Bank:
    """A bank in real time, for threads."""
    return Bank(real_time=True, timing=EMBEDDED).provision()


def together(
    process: Process,
    *works: Callable[[Transaction[Any]], Any],
    lead: Callable[[Transaction[Any]], str] | None = None,
    **more: Any,
) -> list[Any]:
    """Run works that all wait when the first commit is under way; what each got, in their order.

    A first work holds the lead, and the lock, until all others stand in the queue.
    """
    queued = threading.Event()

    def leading(tx: Transaction[Any]) -> str:
        assert queued.wait(10)
        return (lead or blind("leader"))(tx)

    def outcome(work: Callable[[Transaction[Any]], Any]) -> Any:
        try:
            return process.run(work, **more)
        except Exception as error:  # noqa: BLE001 — the outcome is what is looked at
            return error

    spreadsheet = process.spreadsheet
    with ThreadPoolExecutor(len(works) + 1) as pool:
        first = pool.submit(process.run, leading)
        while not spreadsheet._queue.leader:
            pass
        waiting = []
        for number, work in enumerate(works, 1):
            waiting.append(pool.submit(outcome, work))
            while len(spreadsheet._queue.queue) < number:
                pass
        queued.set()
        assert first.result(20) == "paid"
        return [each.result(20) for each in waiting]


def test_many_threads_leave_in_few_batches_and_each_gets_its_own_outcome(quick: Bank) -> None:
    process = quick.process()
    outcomes = together(process, *(paying(f"p{number % 24}", f"a{number}") for number in range(32)))
    assert outcomes.count("paid") == 24
    assert outcomes.count("repeated") == 8
    assert process.door.writes == 2
    assert len(quick.rows("Payments")) == 25
    quick.check()


def test_the_log_tells_who_left_together(quick: Bank) -> None:
    together(quick.process(), blind("a"), blind("b"), operation="pay twice")
    row = quick.rows("Commit Log")[-1]
    assert (row["who"], row["operation"]) == ("test ×2", "pay twice ×2")


def test_work_that_raises_fails_alone_and_nothing_of_it_is_written(quick: Bank) -> None:
    def failing(tx: Transaction[Any]) -> None:
        tx.add(Payments(payment_id="lost", account="ada", cents=1))
        raise LookupError("mine")

    outcomes = together(quick.process(), paying("p1"), failing, paying("p2"))
    assert isinstance(outcomes[1], LookupError)
    assert [outcomes[0], outcomes[2]] == ["paid", "paid"]
    assert [row["payment_id"] for row in quick.rows("Payments")][1:] == ["p1", "p2"]
    quick.check()


def test_later_work_sees_what_earlier_work_of_the_same_batch_has_staged(quick: Bank) -> None:
    def valuing(tx: Transaction[Any]) -> str:
        tx.set_value("motto", f"{tx.state.balances['ada']} and {tx.values['motto']}")
        return str(tx.values["motto"])

    process = quick.process()
    outcomes = together(process, paying("p1"), valuing, paying("p1"), valuing)
    assert outcomes == ["paid", "100 and ", "repeated", "100 and 100 and "]
    assert process.door.writes == 2


def test_a_cell_that_is_too_long_fails_its_own_work_only(quick: Bank) -> None:
    process = quick.process()
    outcomes = together(process, paying("p1"), paying("p2", note="x" * 50_001), paying("p3"))
    assert isinstance(outcomes[1], InvalidValueError)
    assert [outcomes[0], outcomes[2]] == ["paid", "paid"]
    assert process.door.writes == 2
    quick.check()


def test_a_row_that_no_view_can_show_fails_its_own_work_only() -> None:
    def picky(books: Books, values: Mapping[str, str]) -> list[Balances]:
        assert "poison" not in books.balances, "poisoned"
        return list(balances(books, values))

    schema: Schema[Any] = replace(SCHEMA, views={Balances: picky})
    bank = Bank(schema=schema, real_time=True, timing=EMBEDDED).provision()
    process = bank.process()
    outcomes = together(process, paying("p1"), paying("p2", "poison"), paying("p3"))
    assert isinstance(outcomes[1], AssertionError)
    assert [outcomes[0], outcomes[2]] == ["paid", "paid"]
    bank.check()


def test_a_request_that_google_will_not_have_fails_its_own_work_only(quick: Bank) -> None:
    def poison(tx: Transaction[Any]) -> None:
        tx.add(Payments(payment_id="bad", account="ada", cents=1))
        tx.changes.requests.append({"deleteSheet": {"sheetId": 424242}})

    outcomes = together(quick.process(), paying("p1"), poison, paying("p2"))
    assert isinstance(outcomes[1], RequestRejectedError)
    assert [outcomes[0], outcomes[2]] == ["paid", "paid"]
    assert [row["payment_id"] for row in quick.rows("Payments")][1:] == ["p1", "p2"]
    quick.check()


def test_what_google_will_not_have_is_raised_for_a_lone_work(bank: Bank) -> None:
    process = bank.process()
    with pytest.raises(RequestRejectedError) as refused:
        process.run(lambda tx: tx.changes.requests.append({"deleteSheet": {"sheetId": 424242}}))
    assert refused.value.request_index is not None
    assert refused.value.status == 400
    assert process.pay("p1") == "paid"
    bank.check()


def test_the_lock_is_taken_when_more_work_waits_and_freed_by_the_batch_that_empties_the_queue(quick: Bank) -> None:
    process = quick.process("ours")
    cells: list[str] = []
    number = len(process.door.sent)
    for each in range(number, number + 12):
        process.door.after[each] = lambda: cells.append(quick.lock_cell())
    together(process, blind("a"), blind("b"))
    assert "held by ours" in cells[3]
    assert cells[-1].endswith("free")
    assert process.door.writes == 2


def test_two_captures_at_once_lose_nothing(quick: Bank) -> None:
    quick.tab("Requests").update([["ada", 5], ["bob", 6]], "A2")

    def capture(tx: Transaction[Any]) -> int:
        waiting = len(tx.table(Captured).rows)
        pasted = len(tx.table(Requests).rows)
        if not waiting and pasted:
            tx.move_rows(Requests, into=Captured)
        return waiting or pasted

    assert together(quick.process(), capture, capture, reads=[Requests, Captured]) == [2, 2]
    assert [row["Account"] for row in quick.rows("Captured")] == ["ada", "bob"]
    assert quick.rows("Requests") == []


def test_two_works_that_append_to_one_form_do_not_overwrite_each_other(quick: Bank) -> None:
    def adding(name: str) -> Callable[[Transaction[Any]], None]:
        def work(tx: Transaction[Any]) -> None:
            tx.table(Requests).append([{"account": name, "cents": 1}])
            tx.table(Requests).append([{"account": f"{name} again", "cents": 1}])

        return work

    assert together(quick.process(), adding("a"), adding("b"), reads=[Requests]) == [None, None]
    assert sorted(row["Account"] for row in quick.rows("Requests")) == ["a", "a again", "b", "b again"]


def test_an_error_that_rests_on_anothers_unsettled_facts_is_not_told_before_they_are_settled(bank: Bank) -> None:
    """The one that raised has seen a payment that then never was: it runs again."""
    ours, theirs = bank.process(), bank.process()
    ours.pay("before")

    def spend(tx: Transaction[Any]) -> str:
        if tx.state.balances["ada"] < 100:
            raise LookupError("no funds")
        tx.add(Payments(payment_id=tx.commit, account="ada", cents=-100))
        return "spent"

    def first(tx: Transaction[Any]) -> str:
        return "late" if "taken" in tx.state.payments else spend(tx)

    ours.door.before[len(ours.door.sent) + 1] = lambda: theirs.pay("taken", "eve")
    group = [ours.waits(first), ours.waits(spend)]
    ours.run(lambda _: None)
    assert [(job.result, job.error) for job in group] == [("late", None), ("spent", None)]
    bank.check()


def test_work_with_time_left_does_not_fail_with_a_leader_that_has_none(bank: Bank) -> None:
    holder, ours = bank.process(), bank.process()
    holder.warm_up()
    patient = ours.waits(blind("patient"), 60)
    with pytest.raises(LockTimeoutError):
        ours.run(blind("hasty"), seconds=3)
    assert patient.error is None
    ours.run(looking)
    assert (patient.result, patient.error) == ("paid", None)
    assert (bank.labels("hasty"), bank.labels("patient")) == (0, 1)
    bank.check()


def test_work_that_waits_for_another_thread_gives_up_at_its_own_deadline(quick: Bank) -> None:
    process = quick.process()
    go_on = threading.Event()

    def slow(_: Transaction[Any]) -> None:
        go_on.wait(10)

    with ThreadPoolExecutor(1) as pool:
        leading = pool.submit(process.run, slow)
        while not process.spreadsheet._queue.leader:
            pass
        with pytest.raises(LockTimeoutError):
            process.run(blind("late"), seconds=0.05)
        go_on.set()
        leading.result(10)
    assert quick.labels("late") == 0


# The lock between processes


def test_another_process_waits_for_the_lock_and_gets_it_when_it_is_freed(bank: Bank) -> None:
    holder, waiter = bank.process(), bank.process()
    holder.warm_up()
    polls = len(waiter.door.sent) + 4
    waiter.door.before[polls] = lambda: holder.run(blind("freeing"))
    started = bank.time.seconds
    assert waiter.pay("p1") == "paid"
    assert bank.labels("freeing") == 1
    assert waiter.door.writes == 1
    assert bank.time.seconds - started < 10
    bank.check()


def test_a_lock_that_stands_still_for_a_whole_lease_is_taken_over(bank: Bank) -> None:
    holder, waiter = bank.process(), bank.process()
    holder.warm_up()
    started = bank.time.seconds
    assert waiter.pay("p1") == "paid"
    assert 10 <= bank.time.seconds - started < 15
    assert waiter.door.sent[-1].method == "GET"
    assert holder.pay("p2") == "paid"
    bank.check()


def test_a_lock_that_moves_is_not_taken_over(bank: Bank) -> None:
    holder, waiter = bank.process(), bank.process()
    holder.warm_up()
    for number in range(2, 200):
        waiter.door.before[number] = lambda: holder.run(blind("busy"), hold_lease=True)
    with pytest.raises(LockTimeoutError):
        waiter.pay("p1", seconds=4)
    assert waiter.door.writes == 0
    bank.check()


def test_waiting_for_the_lock_ends_with_the_deadline_and_nothing_is_written(bank: Bank) -> None:
    holder, waiter = bank.process(), bank.process()
    holder.warm_up()
    started = bank.time.seconds
    with pytest.raises(LockTimeoutError, match="holds the lock"):
        waiter.pay("p1", seconds=4)
    assert bank.time.seconds - started <= 4
    assert waiter.door.writes == 0


def test_nothing_is_begun_when_too_little_time_is_left_to_learn_its_ending(bank: Bank) -> None:
    process = bank.process()
    with pytest.raises(LockTimeoutError, match="nothing was written"):
        process.pay("p1", seconds=1.2)
    assert process.door.writes == 0


def test_tenure_ends_after_five_seconds_though_more_work_waits(bank: Bank) -> None:
    process = bank.process("ours")
    process.warm_up()
    for _ in range(2):
        bank.time.sleep(1.5)
        process.run(blind("x"), hold_lease=True)
        assert "held by ours · lease 10 s" in bank.lock_cell()
    bank.time.sleep(2)
    process.run(blind("x"), hold_lease=True)
    assert bank.lock_cell().endswith("free")
    bank.check()


def test_tenure_counts_from_the_sending_of_the_last_batch_not_from_its_answer(bank: Bank) -> None:
    """A waiter saw the cell stand still from the moment the batch was applied, which may be long before its answer."""
    process = bank.process()
    process.warm_up()
    bank.emulator.faults.add("delay_answer", method="POST", seconds=3)
    assert process.counting(lambda: process.run(blind("x"), hold_lease=True)) == (0, 1)
    bank.time.sleep(2.5)
    reads, writes = process.counting(lambda: process.run(blind("y"), hold_lease=True))
    assert (reads > 0, writes) == (True, 1)
    bank.check()


@pytest.mark.parametrize("fault", ["", "error_503_after", "reset_after"])
def test_after_a_free_lock_nobody_is_answered_before_a_simultaneous_batch_had_time_to_merge(
    bank: Bank, fault: str
) -> None:
    process = bank.process()
    process.pay("before")
    bank.age()
    moments: list[float] = []
    place = len(process.door.sent)
    process.door.after[place] = lambda: moments.append(bank.time.seconds)
    process.door.before[place + 2] = lambda: moments.append(bank.time.seconds)
    if fault:
        bank.emulator.faults.add(fault, method="POST")
    assert process.pay("p1") == "paid"
    # Found after an unclear answer it may have been applied just before: it is looked at again.
    again = ["GET"] if fault else []
    assert [each.method for each in process.door.sent[place:]] == ["GET", "POST", "GET", *again]
    assert moments[1] - moments[0] >= bank.timing.confirmation_delay


def test_an_answer_that_comes_after_our_tenure_is_confirmed_by_the_log(bank: Bank) -> None:
    process = bank.process()
    process.warm_up()
    bank.emulator.faults.add("delay", method="POST", seconds=5.5)
    assert process.counting(lambda: process.run(blind("x"), hold_lease=True)) == (1, 1)
    assert bank.labels("x") == 1
    bank.check()


def test_a_commit_that_was_sent_just_before_its_tenure_ended_is_refused_after_a_take_over(bank: Bank) -> None:
    holder, waiter = bank.process(), bank.process()
    holder.warm_up()
    bank.time.sleep(3.9)
    holder.door.before[0] = lambda: waiter.pay("p1")
    assert holder.run(blind("x")) == "paid"
    assert holder.door.sent[0].method == "POST"
    assert bank.labels("x") == 1
    assert "p1" in [row["payment_id"] for row in bank.rows("Payments")]
    assert len(holder.door.batches) == 2
    bank.check()


def test_a_lock_that_was_taken_for_work_that_found_nothing_to_do_is_given_back(quick: Bank) -> None:
    process = quick.process()
    assert together(process, paying("p1"), looking)[0] == "paid"
    assert together(process, paying("p1")) == ["repeated"]
    assert quick.lock_cell().endswith("free")
    quick.check()


def test_a_lock_that_was_promised_more_work_is_given_back_when_none_came(bank: Bank) -> None:
    process = bank.process()
    process.warm_up()
    process.run(looking)
    assert not bank.lock_cell().endswith("free")
    bank.time.sleep(6)
    process.run(looking)
    assert bank.lock_cell().endswith("free")
    assert bank.rows("Commit Log")[-1]["operation"] == "free the lock"
    bank.check()


def test_two_processes_under_load_apply_everything_once(quick: Bank) -> None:
    quick.timing = Timing(
        confirmation_delay=0.0, max_hold=0.05, renew_deadline=0.05, lease_duration=0.5, retry_period=0.005
    )
    processes = [quick.process(), quick.process()]

    def one(number: int) -> Any:
        return processes[number % 2].pay(f"p{number % 60}", f"a{number % 7}")

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(one, range(120)))
    assert outcomes.count("paid") == 60
    assert len(quick.rows("Payments")) == 60
    quick.check()
