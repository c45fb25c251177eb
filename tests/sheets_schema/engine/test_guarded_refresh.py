"""Rewriting computed columns of forms, guarded by the fence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sheets_schema import RequestRejectedError, SchemaMismatchError, Transaction, UnavailableError
from sheets_schema.errors import InvalidDeclarationError, PermissionDeniedError
from tests.sheets_schema.bank import Bank, Payments, Process, Requests


def showing(tx: Transaction[Any]) -> str:
    table = tx.table(Requests)
    for row in table.rows:
        table.write(row, answer=tx.state.balances.get(row.text("account"), "none"))
    return "shown"


def refresh(process: Process, work: Callable[[Transaction[Any]], Any] = showing, *, seconds: float = 60.0) -> Any:
    return process.spreadsheet.refresh(work, reads=[Requests], timeout=process.deadline(seconds))


@pytest.fixture
def form(bank: Bank) -> Process:
    bank.tab("Requests").update([["ada", 5], ["bob", 6]], "A2")
    process = bank.process()
    process.pay("p1")
    process.door.forget()
    return process


def answers(bank: Bank) -> list[Any]:
    return [row["Answer"] for row in bank.rows("Requests")]


def test_a_refresh_costs_one_read_and_one_write_and_leaves_no_row_in_the_log(bank: Bank, form: Process) -> None:
    assert form.counting(lambda: refresh(form)) == (1, 1)
    assert answers(bank) == [100, "none"]
    assert len(bank.rows("Commit Log")) == 2
    assert form.door.batches[0].kinds[0] == "updateNamedRange"
    bank.check()


def test_a_refresh_that_finds_everything_as_it_should_be_writes_nothing(bank: Bank, form: Process) -> None:
    refresh(form)
    assert form.counting(lambda: refresh(form)) == (1, 0)
    assert refresh(form) == "shown"


def test_a_refresh_is_refused_when_somebody_commits_in_between(bank: Bank, form: Process) -> None:
    theirs = bank.process()
    form.door.before[1] = lambda: theirs.pay("p2")
    assert refresh(form) is None
    assert answers(bank) == ["", ""]
    assert refresh(form) == "shown"
    assert answers(bank) == [200, "none"]
    bank.check()


def test_a_late_refresh_does_not_show_what_is_out_of_date(bank: Bank, form: Process) -> None:
    bank.emulator.faults.add("late_commit", method="POST", seconds=40)
    assert refresh(form) is None
    form.pay("p2")
    assert refresh(form) == "shown"
    bank.time.sleep(60)
    assert answers(bank) == [200, "none"]


@pytest.mark.parametrize("fault", ["lost_answer", "error_503", "error_503_after", "reset_before", "hang"])
def test_a_refresh_whose_ending_is_unknown_is_simply_not_done(bank: Bank, form: Process, fault: str) -> None:
    bank.emulator.faults.add(fault, method="POST")
    assert refresh(form) is None
    assert refresh(form) == "shown"
    assert answers(bank) == [100, "none"]
    bank.check()


def test_a_refresh_that_is_out_of_quota_says_so_at_its_deadline(bank: Bank, form: Process) -> None:
    bank.emulator.faults.add("refuse_429", method="POST", count=None)
    started = bank.time.seconds
    with pytest.raises(UnavailableError, match="quota"):
        refresh(form)
    assert form.door.writes > 1
    assert bank.time.seconds - started <= 60


def test_a_refresh_of_a_form_that_is_gone_says_so(bank: Bank, form: Process) -> None:
    bank.tab("Requests").update_title("Wishes")
    with pytest.raises(SchemaMismatchError, match="“Requests” is missing"):
        refresh(form)


def test_a_refresh_that_google_will_not_have_says_so_and_the_next_one_looks_where_things_are(
    bank: Bank, form: Process
) -> None:
    refresh(form)
    form.pay("p2")
    grid = bank.grid("Requests")
    bank.batch(
        {"deleteSheet": {"sheetId": bank.sheet_id("Requests")}}, {"addSheet": {"properties": {"title": "Requests"}}}
    )
    bank.tab("Requests").update(grid, "A1")
    with pytest.raises(RequestRejectedError):
        refresh(form)
    assert refresh(form) == "shown"
    assert answers(bank) == [200, "none"]


def test_facts_are_not_for_a_refresh(bank: Bank, form: Process) -> None:
    with pytest.raises(InvalidDeclarationError, match="generated columns only"):
        refresh(form, lambda tx: tx.add(Payments(payment_id="x", account="a", cents=1)))
    with pytest.raises(InvalidDeclarationError, match="generated columns only"):
        refresh(form, lambda tx: tx.set_value("motto", "x"))
    assert form.door.writes == 0


def test_what_its_work_raises_comes_through(bank: Bank, form: Process) -> None:
    def failing(_: Transaction[Any]) -> None:
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        refresh(form, failing)


def test_a_refresh_of_a_closed_spreadsheet_says_so(bank: Bank, form: Process) -> None:
    form.spreadsheet.client.spreadsheet_id = "nowhere"
    with pytest.raises(PermissionDeniedError):
        refresh(form)
