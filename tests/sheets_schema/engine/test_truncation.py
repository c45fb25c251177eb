"""Rows leave the top of ledgers, and whoever begins, follows or commits sees what it always saw."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from sheets_schema import CommitUnknownError, Database, Ledger, SchemaMismatchError, Transaction
from sheets_schema.advanced import Departure, rest_of
from sheets_schema.errors import InvalidDeclarationError, LogDivergedError, RequestRejectedError
from tests.sheets_schema.bank import SCHEMA, Accounts, Bank, Books, Payments, Process, Sent, blind, looking


class Totals(Books):
    """What leaves the ledger of payments stays as one payment an account; of which payments it was, nobody asks."""

    def opening(self, ledger: type[Ledger], rows: Sequence[Ledger]) -> Iterable[Ledger]:
        assert ledger is Payments
        assert rows
        return [
            Payments(payment_id=f"opening {account}", account=account, cents=cents)
            for account, cents in self.balances.items()
        ]


LASTING = replace(SCHEMA, state=Totals)


@pytest.fixture
def lasting(bank: Bank) -> Bank:
    bank.schema = LASTING
    return bank


def fill(process: Process, start: int, end: int) -> None:
    for number in range(start, end):
        process.pay(f"p{number}", "ada" if number % 2 else "bob", number)


def opened(tx: Transaction[Any], number: int) -> None:
    tx.add(Accounts(account=f"a{number}", owner="ada"))


def truncate(process: Process, leaving: int, ledger: type[Ledger] = Payments, **more: Any) -> int:
    return process.spreadsheet.truncate(ledger, lambda _: leaving, timeout=process.deadline(), actor="test", **more)


def balances(process: Process) -> dict[str, int]:
    return dict(process.run(looking))


def sums(end: int) -> dict[str, int]:
    return {"ada": sum(range(1, end, 2)), "bob": sum(range(0, end, 2))}


def test_rows_leave_and_a_cold_process_a_follower_and_the_one_that_did_it_see_the_same(lasting: Bank) -> None:
    writer, follower = lasting.process(), lasting.process()
    fill(writer, 0, 10)
    before = balances(follower)
    assert truncate(writer, 6) == 6
    fill(writer, 10, 12)
    assert balances(writer) == balances(follower) == balances(lasting.process()) == sums(12)
    assert before == sums(10)


def test_row_numbers_stay_and_the_cells_of_what_has_left_are_blank(lasting: Bank) -> None:
    writer = lasting.process()
    fill(writer, 0, 10)
    truncate(writer, 6)
    fill(writer, 10, 11)
    grid = lasting.grid("Payments")
    assert [row[0] for row in grid[1:]] == ["", "", "", "", "", "", "p6", "p7", "p8", "p9", "p10"]
    logged = json.loads(lasting.rows("Commit Log")[-1]["rows"])
    assert logged["Payments"] == [11, 6, 6]


def test_blank_rows_are_deleted_and_everybody_goes_on(lasting: Bank) -> None:
    writer, follower = lasting.process(), lasting.process()
    fill(writer, 0, 10)
    balances(follower)
    truncate(writer, 8)
    assert writer.spreadsheet.delete_blank_rows(least=1, timeout=writer.deadline()) == 4
    assert len(lasting.grid("Payments")) == 1 + 4 + 2
    assert follower.pay("p10", "bob", 10) == "paid"
    fill(writer, 11, 12)
    assert balances(writer) == balances(follower) == balances(lasting.process()) == sums(12)


def test_rows_leave_again_and_again(lasting: Bank) -> None:
    writer, follower = lasting.process(), lasting.process()
    for portion in range(5):
        fill(writer, 10 * portion, 10 * (portion + 1))
        truncate(writer, 9)
        truncate(writer, 9, Database.log)
        writer.spreadsheet.delete_blank_rows(least=2, timeout=writer.deadline())
        if portion != 1:
            assert balances(follower) == sums(10 * (portion + 1))
        assert balances(lasting.process()) == sums(10 * (portion + 1))


def test_a_process_that_has_not_seen_all_that_left_begins_anew(lasting: Bank) -> None:
    writer, late = lasting.process(), lasting.process()
    fill(writer, 0, 4)
    balances(late)
    fill(writer, 4, 10)
    truncate(writer, 8)
    truncate(writer, 9, Database.log)
    writer.spreadsheet.delete_blank_rows(least=1, timeout=writer.deadline())
    assert late.pay("p10", "bob", 10) == "paid"
    assert balances(late) == balances(lasting.process()) == sums(11)


def test_the_log_leaves_and_the_chain_goes_on(lasting: Bank) -> None:
    writer, follower = lasting.process(), lasting.process()
    fill(writer, 0, 10)
    balances(follower)
    length = len(lasting.rows("Commit Log"))
    assert truncate(writer, length - 1, Database.log) == length - 1
    fill(writer, 10, 12)
    assert balances(follower) == balances(lasting.process()) == sums(12)
    assert next(row["version"] for row in lasting.rows("Commit Log") if row["version"] != "") == length - 1


def test_it_costs_two_reads_beside_the_two_commits_and_their_confirmation(lasting: Bank) -> None:
    writer = lasting.process()
    fill(writer, 0, 10)
    truncate(writer, 3)
    assert writer.counting(lambda: truncate(writer, 3)) == (3, 2)


def test_a_commit_that_is_merged_with_the_one_in_which_rows_leave_costs_no_fact(lasting: Bank) -> None:
    """Google may apply both of the very same moment. The one that counts knows nothing of the cells that the other has cleared."""
    fill(lasting.process(), 0, 10)
    other = lasting.copy().process()
    other.pay("theirs", "bob", 5)
    theirs = [each for each in other.door.batches[-1].body["requests"] if "updateCells" in each]
    writer = lasting.process()
    balances(writer)

    def merge(sent: Sent) -> None:
        if "addNamedRange" in sent.kinds:
            writer.door.watch = lambda _: None
            writer.door.after[len(writer.door.sent) - 1] = lambda: lasting.batch(*theirs)

    writer.door.watch = merge
    assert truncate(writer, 6) == 6
    assert balances(writer) == balances(lasting.process()) == sums(10) | {"bob": sums(10)["bob"] + 5}


def test_an_order_costs_no_more_calls_than_before(lasting: Bank) -> None:
    writer = lasting.process()
    fill(writer, 0, 10)
    usual = writer.counting(lambda: writer.pay("p10"))
    truncate(writer, 6)
    assert writer.counting(lambda: writer.pay("p11")) == usual


def test_a_program_of_before_refuses_the_spreadsheet_and_says_why(lasting: Bank) -> None:
    writer = lasting.process()
    fill(writer, 0, 3)
    assert lasting.rows("Control")[1]["value"] == "1"
    truncate(writer, 2)
    assert lasting.rows("Control")[1]["value"] == "1001", "every version that a program of before knows is below it"
    assert lasting.process().pay("p3") == "paid"


def test_the_opening_is_in_a_protected_tab_that_provision_leaves_alone(lasting: Bank) -> None:
    writer = lasting.process()
    fill(writer, 0, 5)
    truncate(writer, 4)
    rows = lasting.rows("Opening")
    assert [(row["ledger"], row["gone"], row["part"], row["parts"]) for row in rows] == [("Payments", 4, 1, 1)]
    assert lasting.process().spreadsheet.diff().steps == []
    sheet = next(each for each in lasting.metadata()["sheets"] if each["properties"]["title"] == "Opening")
    assert sheet["protectedRanges"]
    assert sheet["properties"]["hidden"]


def test_an_opening_that_is_too_long_for_a_cell_goes_over_several(lasting: Bank) -> None:
    writer = lasting.process()
    digits = random.Random(1)
    rows = [Payments(payment_id=f"q{n}", account=str(digits.getrandbits(1_300)), cents=n) for n in range(400)]
    writer.run(lambda tx: tx.add_all(rows))
    fill(writer, 0, 2)
    truncate(writer, 400)
    assert len(lasting.rows("Opening")) > 1
    assert balances(lasting.process()) == balances(writer)
    truncate(writer, 1, keep=lambda row: not row.account.isdecimal())
    assert len(lasting.rows("Opening")) == 1 or not lasting.rows("Opening")[1]["ledger"]


@pytest.mark.parametrize("note", ['"' * 30_000, "é" * 20_000, "x" + " " * 49_900 + "y", "👍 e\u0301 " * 6_000])
def test_a_row_that_is_longer_as_json_than_a_cell_holds_comes_back_as_it_was(lasting: Bank, note: str) -> None:
    writer = lasting.process()
    writer.run(lambda tx: tx.add(Payments(payment_id="long", account="cyd", cents=1, note=note)))
    fill(writer, 0, 3)
    truncate(writer, 2, keep=lambda _: True)
    cold = lasting.process()
    assert cold.run(lambda tx: tx.state.payments["long"].note) == note
    assert truncate(cold, 1, keep=lambda _: True) == 1
    assert lasting.process().run(lambda tx: tx.state.payments["long"].note) == note


def test_the_tabs_of_two_ledgers_keep_each_their_opening(lasting: Bank) -> None:
    writer = lasting.process()
    fill(writer, 0, 5)
    for number in range(3):
        writer.run(partial(opened, number=number))
    truncate(writer, 4)
    truncate(writer, 2, Accounts, keep=lambda _: True)
    cold = lasting.process()
    assert balances(cold) == sums(5)
    assert cold.run(lambda tx: dict(tx.state.owners)) == {"a0": "ada", "a1": "ada", "a2": "ada"}
    truncate(cold, 0, Accounts)
    assert balances(lasting.process()) == sums(5)


@pytest.mark.parametrize("leaving", [5, 6, 100])
def test_the_last_row_of_a_ledger_stays(lasting: Bank, leaving: int) -> None:
    writer = lasting.process()
    fill(writer, 0, 5)
    with pytest.raises(InvalidDeclarationError, match="the last one stays"):
        truncate(writer, leaving)


def test_a_projection_that_says_nothing_of_openings_is_told(bank: Bank) -> None:
    writer = bank.process()
    fill(writer, 0, 5)
    with pytest.raises(InvalidDeclarationError, match="does not say what is left of Payments"):
        truncate(writer, 2)


def test_a_deletion_that_comes_twice_finds_blank_rows_and_is_mended(lasting: Bank) -> None:
    writer, follower = lasting.process(), lasting.process()
    fill(writer, 0, 10)
    truncate(writer, 8)
    balances(follower)
    writer.spreadsheet.delete_blank_rows(least=1, timeout=writer.deadline())
    sent = [request for batch in writer.door.batches for request in batch.body["requests"]]
    (deletion,) = (request for request in sent if "deleteDimension" in request)
    lasting.batch(deletion)
    cold = lasting.process()
    assert balances(cold) == sums(10)
    assert balances(follower) == sums(10)
    assert balances(writer) == sums(10)
    fill(follower, 10, 11)
    assert json.loads(lasting.rows("Commit Log")[-1]["rows"])["Payments"] == [11, 8, 0]
    assert balances(cold) == balances(writer) == balances(lasting.process()) == sums(11)


def test_rows_leave_also_after_a_deletion_that_came_twice(lasting: Bank) -> None:
    writer = lasting.process()
    fill(writer, 0, 20)
    truncate(writer, 8)
    lasting.batch(
        {
            "deleteDimension": {
                "range": {"sheetId": lasting.sheet_id("Payments"), "dimension": "ROWS", "startIndex": 1, "endIndex": 9}
            }
        }
    )
    truncate(lasting.process(), 5)
    assert balances(lasting.process()) == balances(writer) == sums(20)
    assert json.loads(lasting.rows("Commit Log")[-1]["rows"])["Payments"] == [20, 13, 5]


def test_blank_rows_and_notes_beside_the_bases_are_passed_over(lasting: Bank) -> None:
    fill(lasting.process(), 0, 10)
    lasting.tab("Control").update([["", "a note"], [], ["", "another"]], "A12")
    assert truncate(lasting.process(), 2) == 2
    assert truncate(lasting.process(), 2) == 2


def test_nothing_leaves_below_a_row_that_a_person_has_emptied(lasting: Bank) -> None:
    writer = lasting.process()
    fill(writer, 0, 10)
    truncate(writer, 6)
    lasting.tab("Payments").batch_clear(["A8:Z8"])
    assert writer.spreadsheet.truncate(Payments, len, timeout=writer.deadline(), dry_run=True) == 0


def test_a_read_that_was_stale_costs_one_more_and_nothing_is_read_anew(lasting: Bank) -> None:
    writer, follower = lasting.process(), lasting.process()
    fill(writer, 0, 10)
    truncate(writer, 6)
    balances(follower)
    lasting.time.sleep(30)
    fill(writer, 10, 12)
    balances(follower)
    lasting.emulator.faults.add("stale_read", seconds=30)
    follower.door.forget()
    assert balances(follower) == sums(12)
    assert follower.door.reads == 2


def test_the_opening_is_known_as_it_is_after_rows_have_left_without_another_look(lasting: Bank) -> None:
    writer = lasting.process()
    fill(writer, 0, 10)
    truncate(writer, 2)
    first = writer.spreadsheet.first_rows([Payments], timeout=writer.deadline())[Payments]
    departure = writer.spreadsheet.departure(first, 3)
    known = rest_of([departure])[Payments].tab
    assert first.tab
    short = replace(first.tab, table=replace(first.tab.table, grid_rows=1))
    longer = rest_of([replace(departure, first=replace(first, tab=short))])[Payments].tab
    assert longer
    assert longer.table.grid_rows > longer.table.last_row
    writer.spreadsheet.leave([departure], operation="leave", timeout=writer.deadline())
    there = writer.spreadsheet.first_rows([Payments], timeout=writer.deadline())[Payments].tab
    assert known
    assert there
    assert (known.gone, known.table.rows) == (there.gone, there.table.rows)
    assert (known.table.last_row, known.table.grid_rows) == (there.table.last_row, there.table.grid_rows)


def test_blank_rows_that_are_deleted_while_the_first_rows_are_read_hide_none_of_them(lasting: Bank) -> None:
    writer, other = lasting.process(), lasting.process()
    fill(writer, 0, 20)
    truncate(writer, 8)
    number = len(writer.door.sent)
    writer.door.after[number + 1] = lambda: other.spreadsheet.delete_blank_rows(least=1, timeout=other.deadline())
    truncate(writer, 5)
    assert balances(lasting.process()) == balances(writer) == sums(20)


def test_a_commit_in_doubt_stands_although_the_row_before_its_own_has_left_meanwhile(lasting: Bank) -> None:
    writer, other = lasting.process(), lasting.process()
    fill(other, 0, 5)
    balances(writer)
    lasting.time.sleep(60)
    lasting.emulator.faults.add("lost_answer", method="POST")
    writer.door.before[len(writer.door.sent) + 2] = lambda: truncate(other, 5)
    assert writer.pay("p5", "ada", 5) == "paid"
    assert not writer.door.before
    fill(writer, 6, 7)
    assert balances(lasting.process()) == balances(writer) == balances(other) == sums(7)


@pytest.mark.parametrize("fault", ["reset_before", "lost_answer", "late_commit", "duplicate_delivery"])
def test_a_deletion_is_never_sent_twice(lasting: Bank, fault: str) -> None:
    writer = lasting.process()
    fill(writer, 0, 20)
    truncate(writer, 16)
    writer.warm_up()
    lasting.emulator.faults.add(fault, method="POST", seconds=3)
    writer.spreadsheet.delete_blank_rows(least=1, timeout=writer.deadline(120))
    deleting = [batch for batch in writer.door.batches if "deleteDimension" in batch.kinds]
    fences = [batch.body["requests"][2]["addNamedRange"]["namedRange"]["namedRangeId"] for batch in deleting]
    assert len(fences) == len(set(fences))
    fill(writer, 20, 21)
    assert balances(lasting.process()) == balances(writer) == {**sums(21), "blind": 100}


@pytest.mark.parametrize("bases", ['{"Payments": [7, 7]}', "{}", ""])
def test_bases_that_a_person_edits_are_told(lasting: Bank, bases: str) -> None:
    writer = lasting.process()
    fill(writer, 0, 10)
    truncate(writer, 8)
    row = [cells[0] for cells in lasting.grid("Control")].index("bases") + 1
    lasting.tab("Control").update_acell(f"B{row}", bases)
    for process in (writer, lasting.process()):
        with pytest.raises(LogDivergedError, match=r"begin elsewhere|holds|lost rows|stands for"):
            balances(process)
    lasting.tab("Control").update_acell(f"B{row}", '{"Payments": [8, 8]}')
    assert balances(writer) == balances(lasting.process()) == sums(10)


def test_more_blank_rows_than_there_are_do_no_harm(lasting: Bank) -> None:
    writer = lasting.process()
    fill(writer, 0, 10)
    truncate(writer, 8)
    row = [cells[0] for cells in lasting.grid("Control")].index("bases") + 1
    lasting.tab("Control").update_acell(f"B{row}", '{"Payments": [8, 9]}')
    assert balances(writer) == balances(lasting.process()) == sums(10)
    fill(writer, 10, 11)
    assert lasting.tab("Control").acell(f"B{row}").value == '{"Payments": [8, 8]}'
    assert balances(lasting.process()) == sums(11)


def test_bases_that_cannot_be_read_are_told(lasting: Bank) -> None:
    writer = lasting.process()
    fill(writer, 0, 10)
    truncate(writer, 8)
    row = [cells[0] for cells in lasting.grid("Control")].index("bases") + 1
    lasting.tab("Control").update_acell(f"B{row}", "mine")
    with pytest.raises(SchemaMismatchError, match="Tab “Control”: bases cannot be read"):
        balances(lasting.process())


def test_an_opening_that_a_person_deletes_is_told(lasting: Bank) -> None:
    writer = lasting.process()
    fill(writer, 0, 10)
    truncate(writer, 8)
    lasting.sheet().del_worksheet(lasting.tab("Opening"))
    fill(writer, 10, 11)
    with pytest.raises(LogDivergedError, match="“Opening” says nothing of them"):
        balances(lasting.process())


def test_an_opening_that_a_person_edits_is_told(lasting: Bank) -> None:
    writer = lasting.process()
    fill(writer, 0, 10)
    truncate(writer, 8)
    lasting.tab("Opening").update_acell("E2", "[1")
    with pytest.raises(SchemaMismatchError, match="Tab “Opening”"):
        balances(lasting.process())


def test_a_tab_of_a_persons_called_opening_is_neither_read_nor_written(lasting: Bank) -> None:
    lasting.sheet().add_worksheet("Opening", 10, 3).update([["Hours"], ["9 to 5"]])
    writer = lasting.process()
    fill(writer, 0, 5)
    assert balances(lasting.process()) == sums(5)
    with pytest.raises(SchemaMismatchError, match="this program did not make"):
        truncate(writer, 3)
    assert lasting.grid("Opening")[:2] == [["Hours"], ["9 to 5"]]
    assert balances(lasting.process()) == sums(5)


def test_a_deleted_control_tab_comes_back_with_what_the_log_says_of_the_bases(lasting: Bank) -> None:
    writer = lasting.process()
    fill(writer, 0, 10)
    truncate(writer, 8)
    truncate(writer, 9, Database.log)
    lasting.sheet().del_worksheet(lasting.tab("Control"))
    provisioner = lasting.process()
    provisioner.spreadsheet.provision(provisioner.deadline())
    assert balances(lasting.process()) == sums(10)
    assert lasting.rows("Control")[1]["value"] == "1001"
    fill(provisioner, 10, 12)
    assert balances(lasting.process()) == sums(12)


def test_two_that_truncate_at_once_let_every_row_leave_once(lasting: Bank) -> None:
    one, other = lasting.process(), lasting.process()
    fill(one, 0, 12)
    chosen = []

    def leaving(rows: Any) -> int:
        chosen.append(len(rows))
        if len(chosen) == 1:
            truncate(other, 4)
        return 4

    assert one.spreadsheet.truncate(Payments, leaving, timeout=one.deadline()) == 4
    assert chosen == [12, 8]
    assert balances(lasting.process()) == sums(12)


def test_whoever_was_told_nothing_of_a_commit_that_has_left_the_log_runs_nothing_again(lasting: Bank) -> None:
    sleeper, other = lasting.process(), lasting.process()
    fill(other, 0, 3)
    balances(sleeper)

    def meanwhile() -> None:
        fill(other, 3, 9)
        truncate(other, len(lasting.rows("Commit Log")) - 2, Database.log)

    number = len(sleeper.door.sent)
    lasting.time.sleep(60)
    sleeper.door.after[number + 1] = meanwhile
    with pytest.raises(CommitUnknownError, match="does not hold its version any more"):
        sleeper.run(blind("once"), seconds=50)
    assert lasting.labels("once") == 1
    assert balances(sleeper) == balances(lasting.process())


def test_rows_of_a_ledger_whose_tab_is_gone_cannot_leave_and_it_is_named(lasting: Bank) -> None:
    writer = lasting.process()
    fill(writer, 0, 5)
    lasting.sheet().del_worksheet(lasting.tab("Payments"))

    with pytest.raises(SchemaMismatchError, match="“Payments”"):
        truncate(writer, 3)


def test_nothing_leaves_while_the_opening_does_not_stand_for_what_has_left_before(lasting: Bank) -> None:
    writer = lasting.process()
    fill(writer, 0, 10)
    truncate(writer, 3)
    lasting.tab("Opening").update([[2]], "B2", raw=True)

    with pytest.raises(SchemaMismatchError, match="does not stand for the 3 rows that have left tab “Payments”"):
        truncate(writer, 3)

    lasting.tab("Opening").update([[3]], "B2", raw=True)
    assert truncate(writer, 3) == 3
    assert balances(lasting.process()) == sums(10)


def test_where_the_opening_tab_could_not_be_made_the_refusal_is_told_and_nothing_leaves(lasting: Bank) -> None:
    writer = lasting.process()
    fill(writer, 0, 10)
    used = sum(
        sheet["properties"]["gridProperties"]["rowCount"] * sheet["properties"]["gridProperties"]["columnCount"]
        for sheet in lasting.metadata()["sheets"]
    )
    lasting.sheet().add_worksheet("Ballast", 10_000_000 - used, 1)

    with pytest.raises(RequestRejectedError):
        truncate(writer, 3)

    assert len(lasting.rows("Payments")) == 10


def test_what_is_left_of_the_first_rows_leaves_next_without_being_read_again(lasting: Bank) -> None:
    writer = lasting.process()
    fill(writer, 0, 10)
    db = writer.spreadsheet
    first = db.first_rows([Payments], timeout=writer.deadline())[Payments]
    assert [row.cents for row in first.rows] == [*range(10)]
    total = [Payments(payment_id="opening", account="ada", cents=0 + 1 + 2)]
    departure = Departure(first, 3, total)
    db.leave([departure], operation="leave", timeout=writer.deadline())

    rest = rest_of([departure])[Payments]
    assert [row.cents for row in rest.rows] == [*range(3, 10)]
    db.leave([Departure(rest, 2, [*rest.opening, *rest.rows[:2]])], operation="leave", timeout=writer.deadline())

    assert [row[0] for row in lasting.grid("Payments")[1:]] == [""] * 5 + [f"p{number}" for number in range(5, 10)]
    assert sum(balances(lasting.process()).values()) == sum(range(10))
