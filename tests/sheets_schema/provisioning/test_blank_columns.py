"""Ledgers have no blank columns: new ones from the beginning, those of before once they are provisioned again."""

from __future__ import annotations

import pytest

from sheets_schema import SchemaMismatchError
from tests.sheets_schema.bank import Bank, Process, Sent


@pytest.fixture
def wide(bank: Bank) -> Bank:
    """A spreadsheet as earlier versions made it: two blank columns in every ledger; and rows in it."""
    for number in range(3):
        bank.process().pay(f"p{number}")
    for title in ("Payments", "Accounts", "Commit Log"):
        bank.tab(title).add_cols(2)
    return bank


def provision(process: Process) -> list[str]:
    return process.spreadsheet.provision(process.deadline()).steps


def columns(bank: Bank) -> dict[str, int]:
    return {title: bank.tab(title).col_count for title in ("Payments", "Accounts", "Commit Log")}


TIGHT = {"Payments": 4, "Accounts": 2, "Commit Log": 7}


def test_a_new_spreadsheet_has_spare_columns_where_people_write_only(bank: Bank) -> None:
    assert columns(bank) == TIGHT
    assert (bank.tab("Requests").col_count, bank.tab("Balances").col_count) == (7, 2)


def test_blank_columns_are_taken_away_and_everything_goes_on(wide: Bank) -> None:
    running, process = wide.process(), wide.process()
    assert running.pay("before") == "paid"
    assert provision(process) == [
        f"take 2 blank columns from tab “{title}”" for title in ("Payments", "Accounts", "Commit Log")
    ]
    assert process.door.writes == 1
    assert columns(wide) == TIGHT
    # One that learnt the sizes before: it reads past the edge, and looks again.
    assert running.pay("after") == "paid"
    assert wide.process().pay("anew") == "paid"
    assert provision(wide.process()) == []
    wide.check()


def test_the_plan_reads_no_more_where_no_column_is_blank(bank: Bank) -> None:
    process = bank.process()
    assert process.spreadsheet.diff(process.deadline()).steps == []
    assert process.door.reads == 4, "two for the schema version, two for the tabs"


@pytest.mark.parametrize("cell", ["F3", "F900", "F1"])
def test_what_a_person_wrote_beside_a_ledger_stays(wide: Bank, cell: str) -> None:
    wide.tab("Payments").update_acell(cell, "mine")
    assert "take 2 blank columns from tab “Accounts”" in provision(wide.process())
    assert wide.tab("Payments").acell(cell).value == "mine"
    assert columns(wide) == {**TIGHT, "Payments": 6}
    assert provision(wide.process()) == []
    assert wide.process().pay("p3") == "paid"
    assert [row["payment_id"] for row in wide.rows("Payments") if row["payment_id"]] == ["p0", "p1", "p2", "p3"]


def test_only_the_columns_right_of_what_a_person_wrote_go(wide: Bank) -> None:
    wide.tab("Payments").update_acell("E2", "mine")
    assert provision(wide.process())[0] == "take 1 blank column from tab “Payments”"
    assert columns(wide) == {**TIGHT, "Payments": 5}


def test_whoever_commits_meanwhile_loses_nothing(wide: Bank) -> None:
    """What was blank when it was looked at may hold something once the batch arrives: then it is looked at again."""
    process, other = wide.process(), wide.process()

    def commit_and_write(sent: Sent) -> None:
        if sent.method == "POST" and process.door.writes == 1:
            wide.tab("Payments").update_acell("F2", "mine")
            assert other.pay("meanwhile") == "paid"

    process.door.watch = commit_and_write
    provision(process)
    assert process.door.writes == 2
    assert wide.tab("Payments").acell("F2").value == "mine"
    assert columns(wide) == {**TIGHT, "Payments": 6}
    wide.check()


def test_a_batch_that_arrives_twice_takes_the_columns_once(wide: Bank) -> None:
    process = wide.process()
    wide.emulator.faults.add("duplicate_delivery", method="POST")
    provision(process)
    assert columns(wide) == TIGHT
    wide.check()


def test_a_ledger_whose_header_was_renamed_keeps_its_columns(wide: Bank) -> None:
    wide.tab("Payments").update_acell("C1", "amount")
    with pytest.raises(SchemaMismatchError, match="the header “cents” is missing"):
        provision(wide.process())
    assert columns(wide)["Payments"] == 6
