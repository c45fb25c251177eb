"""A commit after a free lock is decided on our copy unread, if that is young: its confirmation shows whether it was up to date."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from sheets_schema import SheetsError, Transaction
from sheets_schema.clock import EMBEDDED
from sheets_schema.engine.commit_group import PendingTransaction
from sheets_schema.engine.staleness import CONTENTION_PERIOD
from sheets_schema.errors import CommitUnknownError, LogDivergedError, SchemaMismatchError
from tests.sheets_schema.bank import Bank, Payments, Process, Requests, blind, looking, paying

TWO_CALLS, THREE_CALLS = ["POST", "GET"], ["GET", "POST", "GET"]


@pytest.fixture
def ours(bank: Bank) -> Process:
    """A process that has just committed, and whose lock is free."""
    process = bank.process()
    process.pay("p0")
    process.door.forget()
    return process


def calls(process: Process, work: Callable[[], Any]) -> list[str]:
    """The methods of the calls that some work takes."""
    before = len(process.door.sent)
    work()
    return [sent.method for sent in process.door.sent[before:]]


def outcome(process: Process, work: Callable[[Any], Any]) -> str:
    """What somebody is told, be it an error."""
    try:
        return str(process.run(work))
    except (SheetsError, ValueError) as error:
        return str(error)


def test_orders_one_after_another_cost_one_write_and_one_read_each(bank: Bank, ours: Process) -> None:
    for number in range(1, 5):
        assert calls(ours, partial(ours.pay, f"p{number}")) == TWO_CALLS
    assert ours.run(looking) == {"ada": 500}
    bank.check()


def test_the_confirmation_waits_until_a_simultaneous_batch_would_show(bank: Bank, ours: Process) -> None:
    moments: list[float] = []
    ours.door.after[0] = lambda: moments.append(bank.time.seconds)
    ours.door.before[1] = lambda: moments.append(bank.time.seconds)
    ours.pay("p1")
    assert moments[1] - moments[0] >= bank.timing.confirmation_delay


def test_a_copy_that_is_older_than_a_holder_goes_without_reading_is_read_first(bank: Bank, ours: Process) -> None:
    bank.time.sleep(bank.timing.renew_deadline - 0.1)
    assert calls(ours, lambda: ours.pay("p1")) == TWO_CALLS
    bank.time.sleep(bank.timing.renew_deadline)
    assert calls(ours, lambda: ours.pay("p2")) == THREE_CALLS


def test_where_nothing_has_to_be_confirmed_it_is_read_first() -> None:
    bank = Bank(timing=EMBEDDED).provision()
    process = bank.process()
    process.pay("p0")
    assert calls(process, lambda: process.pay("p1")) == THREE_CALLS


def refuse(tx: Transaction[Any]) -> None:
    raise ValueError(sorted(tx.state.payments))


def rehearse(tx: Transaction[Any]) -> list[str]:
    tx.add(Payments(payment_id="dry", account="ada", cents=1))
    tx.rollback()
    return sorted(tx.state.payments)


@pytest.mark.parametrize(
    "work", [looking, paying("theirs"), rehearse, refuse], ids=["look", "repeat", "dry run", "refusal"]
)
def test_who_commits_nothing_is_answered_from_what_was_read(
    bank: Bank, ours: Process, work: Callable[[Any], Any]
) -> None:
    """Nothing of it would be confirmed."""
    bank.process().pay("theirs")
    said = outcome(ours, work)
    assert said in ("{'ada': 200}", "repeated", "['dry', 'p0', 'theirs']", "['p0', 'theirs']"), said
    assert [row["payment_id"] for row in bank.rows("Payments")] == ["p0", "theirs"]


def add_and_set(tx: Transaction[Any]) -> None:
    blind("x")(tx)
    tx.set_value("rate", "2")


def add_and_answer(tx: Transaction[Any]) -> None:
    blind("x")(tx)
    tx.table(Requests).append([{"account": "ada"}])


@pytest.mark.parametrize(
    ("work", "more"),
    [(add_and_set, {}), (add_and_answer, {"reads": (Requests,)}), (blind("x"), {"reads": (Requests,)})],
    ids=["a value", "a table", "a table that is read"],
)
def test_what_writes_more_than_rows_or_reads_more_is_read_for_first(
    ours: Process, work: Callable[[Any], Any], more: dict[str, Any]
) -> None:
    assert calls(ours, lambda: ours.run(work, **more))[0] == "GET"


def test_whoever_only_reads_tables_gets_them_in_a_group_with_those_who_write(bank: Bank, ours: Process) -> None:
    bank.tab("Requests").update([["ada", 5]], "A2")
    reader: PendingTransaction[Any] = PendingTransaction(None, "", "", (Requests,), ours.deadline())
    ours.spreadsheet._queue.queue.append(reader)
    assert ours.pay("p1") == "paid"
    assert [row.cells["account"] for row in reader.result.table(Requests).rows] == ["ada"]


def test_those_for_whom_a_batch_has_no_room_are_not_forgotten(bank: Bank, ours: Process) -> None:
    long = [ours.waits(paying(f"q{number}", note="x" * 49_000)) for number in range(60)]
    assert ours.pay("p1") == "paid"
    while not all(job.done for job in long):
        ours.pay("p1")
    assert [job.result for job in long] == ["paid"] * 60
    bank.check()


@pytest.mark.parametrize("place", ["before", "after"])
@pytest.mark.parametrize("call", range(5))
@pytest.mark.parametrize("hold_lease", [False, True])
def test_another_commit_at_any_call_boundary_costs_a_repeat_at_most(
    bank: Bank, ours: Process, place: str, call: int, hold_lease: bool
) -> None:
    theirs = bank.process()
    hooks = ours.door.before if place == "before" else ours.door.after
    hooks[call] = lambda: theirs.run(blind("theirs"), hold_lease=hold_lease)
    assert ours.run(blind("ours")) == "paid"
    if hooks:
        theirs.run(blind("theirs"))
    assert bank.labels("ours") == bank.labels("theirs") == 1
    bank.check()
    assert bank.process().run(lambda tx: len(tx.state.payments)) == 3


def test_the_same_payment_at_both_processes_is_made_once(bank: Bank, ours: Process) -> None:
    theirs = bank.process()
    for call in range(5):
        name = f"p{call + 1}"
        ours.pay(f"before {name}")
        theirs.pay(f"and {name}")
        ours.door.forget()
        ours.door.before[call] = partial(theirs.pay, name)
        ours.pay(name)
        theirs.pay(name)
        assert [row["payment_id"] for row in bank.rows("Payments")].count(name) == 1
    bank.check()


def test_after_a_conflict_it_is_read_first_for_a_while(bank: Bank, ours: Process) -> None:
    theirs = bank.process()
    theirs.pay("theirs")
    assert ours.pay("p1") == "paid"
    assert [sent.method for sent in ours.door.sent[:1]] == ["POST"]
    assert calls(ours, lambda: ours.pay("p2")) == THREE_CALLS
    bank.time.sleep(CONTENTION_PERIOD)
    ours.pay("p3")
    assert calls(ours, lambda: ours.pay("p4")) == TWO_CALLS
    bank.check()


def test_where_others_wait_it_is_read_first_for_a_while(bank: Bank, ours: Process) -> None:
    """Who comes meanwhile goes along, and finds the lock kept: eight callers at once get twice as many orders served."""
    ours.door.after[0] = lambda: ours.waits(paying("p2"))
    assert calls(ours, lambda: ours.pay("p1")) == TWO_CALLS
    assert calls(ours, lambda: ours.pay("p3")) == THREE_CALLS
    assert calls(ours, lambda: ours.pay("p4")) == THREE_CALLS
    bank.time.sleep(CONTENTION_PERIOD)
    ours.pay("p5")
    assert calls(ours, lambda: ours.pay("p6")) == TWO_CALLS
    assert len(bank.rows("Payments")) == 7
    bank.check()


def test_while_another_holds_the_lock_it_is_read_at_once(bank: Bank, ours: Process) -> None:
    """Whether it is free by now shows there; our copy would say for seconds that it is not."""
    theirs = bank.process()
    theirs.run(blind("theirs"), hold_lease=True)
    ours.run(looking)
    bank.time.sleep(bank.timing.confirmation_delay)
    ours.run(looking)
    begun, moments = bank.time.seconds, list[float]()
    ours.door.before[len(ours.door.sent)] = lambda: moments.append(bank.time.seconds)
    assert calls(ours, lambda: ours.pay("p1"))[0] == "GET"
    assert moments == [begun]
    assert bank.labels("theirs") == 1
    bank.check()


def test_upon_anothers_commit_that_was_just_seen_it_is_read_first(bank: Bank, ours: Process) -> None:
    """Yet another batch of the same moment may be merged over it."""
    bank.process().pay("theirs")
    ours.run(looking)
    assert calls(ours, lambda: ours.pay("p1"))[0] == "GET"


@pytest.mark.parametrize("fault", ["error_503_after", "reset_after", "error_503", "late_commit", "lost_answer"])
def test_an_unclear_answer_is_resolved_and_the_copy_then_read_first(bank: Bank, ours: Process, fault: str) -> None:
    bank.emulator.faults.add(fault, method="POST", **({"seconds": 3} if fault == "late_commit" else {}))
    assert ours.pay("p1") == "paid"
    assert [row["payment_id"] for row in bank.rows("Payments")] == ["p0", "p1"]
    bank.check()


def test_what_failed_once_is_read_for_before_it_is_tried_again(bank: Bank, ours: Process) -> None:
    bank.emulator.faults.add("error_503", method="GET", count=None)
    with pytest.raises(CommitUnknownError):
        ours.run(paying("p1"), seconds=5)
    bank.emulator.faults.clear()
    assert calls(ours, lambda: ours.pay("p1"))[0] == "GET"
    assert [row["payment_id"] for row in bank.rows("Payments")] == ["p0", "p1"]
    bank.check()


def insert_row(bank: Bank) -> None:
    bank.tab("Payments").insert_row(["p9", "ada", 100], 2)


def insert_column(bank: Bank) -> None:
    span = {"sheetId": bank.sheet_id("Payments"), "dimension": "COLUMNS", "startIndex": 0, "endIndex": 1}
    bank.batch({"insertDimension": {"range": span, "inheritFromBefore": False}})


def edit_last_row(bank: Bank) -> None:
    bank.tab("Payments").update_acell("C2", 1)


def delete_last_row(bank: Bank) -> None:
    bank.tab("Payments").delete_rows(2)


def edit_log(bank: Bank) -> None:
    log = bank.tab("Commit Log")
    log.update_acell(f"B{len(log.get_all_values())}", "x")


@pytest.mark.parametrize("change", [insert_row, insert_column, edit_last_row, delete_last_row, edit_log])
def test_what_is_changed_by_hand_in_those_seconds_is_noticed_before_anybody_is_answered(
    bank: Bank, ours: Process, change: Callable[[Bank], None]
) -> None:
    change(bank)
    with pytest.raises((LogDivergedError, CommitUnknownError), match=r"Payments|Commit Log"):
        ours.pay("p1")
    assert calls(ours, partial(outcome, ours, paying("p1")))[0] == "GET", "it is not trusted again"


def test_a_tab_that_is_renamed_in_those_seconds_is_told_as_soon_as_it_is_read(bank: Bank, ours: Process) -> None:
    bank.tab("Payments").update_title("Money")
    with pytest.raises(CommitUnknownError, match="The tab “Payments” is missing"):
        ours.pay("p1")
    with pytest.raises(SchemaMismatchError, match="The tab “Payments” is missing"):
        ours.pay("p1")
    bank.tab("Money").update_title("Payments")
    assert ours.pay("p1") == "repeated"
    bank.check()
