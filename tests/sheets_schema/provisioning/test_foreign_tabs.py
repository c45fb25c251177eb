"""A spreadsheet that people have used before: what is adopted, what is kept under another title, and that no row is lost."""

from __future__ import annotations

from typing import Any

import pytest

from sheets_schema import ForeignRowsError, SchemaMismatchError
from tests.sheets_schema.bank import Bank, Process, Requests

BY_HAND: list[list[Any]] = [["Account", "Money"], ["ada", 5], ["bob", "=1+1"], ["", ""], ["eve", "x"]]


@pytest.fixture
def empty_bank() -> Bank:
    return Bank()


def by_hand(bank: Bank, title: str, rows: list[list[Any]] = BY_HAND) -> None:
    bank.sheet().add_worksheet(title, 50, 8).update(rows, "A1", raw=False)


def titles(bank: Bank) -> list[str]:
    return [sheet["properties"]["title"] for sheet in bank.metadata()["sheets"]]


def plan(process: Process) -> list[str]:
    return process.spreadsheet.diff(process.deadline()).steps


def provision(process: Process, *, keep: bool = False) -> list[str]:
    return process.spreadsheet.provision(process.deadline(), keep_foreign=keep).steps


@pytest.mark.parametrize(
    "title", ["Balances", "Payments", "Accounts", "Captured", "Commit Log", "BALANCES", "payments"]
)
def test_a_filled_tab_under_a_title_that_is_needed_is_touched_only_with_consent(empty_bank: Bank, title: str) -> None:
    by_hand(empty_bank, title)
    before = empty_bank.grid(title)
    process = empty_bank.process()
    with pytest.raises(ForeignRowsError, match=f"keep tab “{title}”, which this program did not write \\(3 rows\\)"):
        provision(process)
    assert process.door.writes == 0
    assert titles(empty_bank) == ["Sheet1", title]

    planned = plan(process)
    assert provision(process, keep=True) == planned
    kept = next(each for each in titles(empty_bank) if each.endswith("(before)"))
    assert f"keep tab “{title}”, which this program did not write (3 rows), as “{kept}”" in planned
    assert empty_bank.grid(kept) == before
    assert process.pay("p1") == "paid"
    assert empty_bank.process().pay("p2") == "paid"
    empty_bank.check()
    assert empty_bank.grid(kept) == before
    assert provision(empty_bank.process()) == []


def test_several_are_kept_at_once_and_beside_one_of_an_earlier_time(empty_bank: Bank) -> None:
    for title in ("Balances", "Payments", "balances (before)"):
        by_hand(empty_bank, title)
    provision(empty_bank.process(), keep=True)
    assert {"Balances 2 (before)", "Payments (before)", "balances (before)"} <= set(titles(empty_bank))
    empty_bank.process().pay("p1")
    empty_bank.check()


@pytest.mark.parametrize("rows", [[], [["Account no.", "Cents"]], [["", ""], ["", ""]]])
def test_an_empty_tab_needs_no_consent(empty_bank: Bank, rows: list[list[Any]]) -> None:
    sheet = empty_bank.sheet().add_worksheet("Balances", 50, 8)
    if rows:
        sheet.update(rows, "A1")
    provision(empty_bank.process())
    empty_bank.process().pay("p1")
    empty_bank.check()


def test_a_header_of_somebody_elses_alone_is_kept_too(empty_bank: Bank) -> None:
    by_hand(empty_bank, "Balances", [["my totals", "do not touch"]])
    with pytest.raises(ForeignRowsError, match="0 rows"):
        provision(empty_bank.process())


def test_a_view_of_ours_that_lost_its_protection_is_ours(bank: Bank) -> None:
    bank.process().pay("p1")
    sheet = next(each for each in bank.metadata()["sheets"] if each["properties"]["title"] == "Balances")
    bank.batch({"deleteProtectedRange": {"protectedRangeId": sheet["protectedRanges"][0]["protectedRangeId"]}})
    assert provision(bank.process()) == ["protect tab “Balances”"]


def test_a_tab_that_a_person_made_in_the_place_of_a_deleted_view_is_kept(bank: Bank) -> None:
    bank.process().pay("p1")
    bank.batch({"deleteSheet": {"sheetId": bank.sheet_id("Balances")}})
    by_hand(bank, "Balances")
    with pytest.raises(ForeignRowsError, match="Balances"):
        provision(bank.process())
    provision(bank.process(), keep=True)
    assert bank.grid("Balances (before)")[1] == ["ada", 5]
    bank.process().pay("p2")
    bank.check()


def test_facts_of_ours_whose_log_is_gone_are_still_for_people_to_restore(bank: Bank) -> None:
    bank.process().pay("p1")
    for title in ("Commit Log", "Control"):
        bank.batch({"deleteSheet": {"sheetId": bank.sheet_id(title)}})
    with pytest.raises(SchemaMismatchError, match="“Payments” holds rows"):
        provision(bank.process(), keep=True)


def test_titles_and_headers_in_another_letter_case_are_adopted_and_named(empty_bank: Bank) -> None:
    by_hand(empty_bank, "requests", [["ACCOUNT", "cents", "Urgency ", "approved"], ["ada", 5, "LOW", True]])
    steps = provision(empty_bank.process())
    assert [step for step in steps if "spell" in step or "write headers" in step] == [
        "spell the title of tab “requests” as “Requests”",
        "spell the header “ACCOUNT” of tab “Requests” as “Account”",
        "spell the header “cents” of tab “Requests” as “Cents”",
        "spell the header “approved” of tab “Requests” as “Approved”",
        "write headers of tab “Requests”: Answer",
    ]
    assert empty_bank.rows("Requests")[0] == {
        "Account": "ada",
        "Cents": 5,
        "Urgency ": "LOW",
        "Approved": True,
        "Answer": "",
    }
    assert provision(empty_bank.process()) == []


def test_a_column_that_people_fill_is_for_them_to_name(empty_bank: Bank) -> None:
    by_hand(empty_bank, "Requests", [["Account", "Cents"], ["ada", 5]])
    process = empty_bank.process()
    with pytest.raises(SchemaMismatchError, match="the header “Urgency”, “Approved” is missing"):
        provision(process)
    empty_bank.tab("Requests").update([["Urgency", "Approved"]], "C1")  # as told
    provision(process)
    assert empty_bank.grid("Requests")[0][:5] == ["Account", "Cents", "Urgency", "Approved", "Answer"]


@pytest.mark.parametrize("title", ["Requests", "Balances", "Payments", "Control", "Commit Log"])
def test_work_goes_on_while_a_person_writes_a_title_in_another_letter_case(bank: Bank, title: str) -> None:
    bank.process().pay("p1")
    bank.tab(title).update_title(title.upper())
    process = bank.process()
    assert process.pay("p2") == "paid"
    assert process.run(lambda tx: len(tx.table(Requests).rows), reads=[Requests]) == 0
    assert f"spell the title of tab “{title.upper()}” as “{title}”" in provision(process)
    bank.check()


def test_a_running_process_goes_on_as_well(bank: Bank) -> None:
    process = bank.process()
    process.pay("p1")
    bank.tab("Balances").update_title("balances")
    assert process.pay("p2") == "paid"
    assert "Balances" not in titles(bank)


def test_a_header_in_another_letter_case_is_understood_between_two_provisions(bank: Bank) -> None:
    bank.tab("Payments").update_acell("C1", "CENTS")
    bank.tab("Requests").update([["ACCOUNT"], ["ada"]], "A1")
    process = bank.process()
    assert process.pay("p1") == "paid"
    assert process.run(lambda tx: [row.text("account") for row in tx.table(Requests).rows], reads=[Requests]) == ["ada"]


def test_a_header_that_stands_there_in_two_letter_cases_means_the_exact_one(bank: Bank) -> None:
    bank.tab("Requests").update([["account"], ["mine"]], "G1")
    bank.tab("Requests").update([["ada"]], "A2")
    process = bank.process()
    assert process.run(lambda tx: [row.text("account") for row in tx.table(Requests).rows], reads=[Requests]) == ["ada"]
    bank.tab("Requests").update_acell("A1", "ACCOUNT")
    with pytest.raises(SchemaMismatchError, match="more than once"):
        process.run(lambda tx: tx.table(Requests), reads=[Requests])
