"""What reading a commit back must show before anybody is answered: that it stands, and that it stands where it was meant to."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from sheets_schema import CommitUnknownError, Transaction
from sheets_schema.errors import LogDivergedError
from tests.sheets_schema.bank import Accounts, Bank, Payments, Process, looking


@pytest.fixture
def ours(bank: Bank) -> Process:
    """A process that has committed twice, and whose lock is free by now."""
    process = bank.process()
    process.pay("p0")
    process.run(lambda tx: tx.add(Accounts(account="ada", owner="Ada")))
    bank.age()
    process.door.forget()
    return process


def between_write_and_read_back(process: Process, act: Callable[[], object]) -> None:
    """Have something done once the next batch has been applied, before it is read back: a lone commit reads, writes, reads."""
    process.door.after[len(process.door.sent) + 1] = act


def between_read_and_write(process: Process, act: Callable[[], object]) -> None:
    process.door.before[len(process.door.sent) + 1] = act


def merged_over(bank: Bank, process: Process, commit: str = "e" * 24) -> None:
    """A batch of the very same moment, checked against the same state, is applied over the last one of this process."""
    batch = process.door.batches[-1].body["requests"]
    own = batch[2]["addNamedRange"]["namedRange"]["namedRangeId"].rpartition("_")[2]
    twin = json.loads(json.dumps(batch).replace(own, commit))
    bank.batch(*(each for each in twin if "updateCells" in each))


def test_what_is_left_of_rows_that_a_shorter_commit_was_merged_over_is_cleared_by_the_next(
    bank: Bank, ours: Process
) -> None:
    def three(tx: Transaction[Any]) -> None:
        tx.add_all([Payments(payment_id=name, account="ada", cents=1, note="ours") for name in ("p1", "p2", "p3")])

    def merge() -> None:
        """The other's batch has the first of the rows alone; and this process ends, its commit not confirmed."""
        log, payments = (request["updateCells"]["rows"] for request in ours.door.batches[-1].body["requests"][4:6])
        counts = log[0]["values"][-1]["userEnteredValue"]
        counts["stringValue"] = counts["stringValue"].replace('"Payments": 4', '"Payments": 2')
        del payments[1:]
        merged_over(bank, ours)
        raise SystemExit

    ours.door.before[2] = merge
    with pytest.raises(SystemExit):
        ours.run(three)
    assert [row["payment_id"] for row in bank.rows("Payments")] == ["p0", "p1", "p2", "p3"]

    assert bank.process().pay("p9") == "paid"

    assert [row["payment_id"] for row in bank.rows("Payments")] == ["p0", "p1", "p9"]
    bank.check()


@pytest.mark.parametrize("fault", ["error_503_after", "reset_after"])
def test_a_commit_found_after_an_unclear_answer_is_looked_at_again_a_confirmation_delay_later(
    bank: Bank, ours: Process, fault: str
) -> None:
    """It may have been applied just before the first look; another of that moment is then merged over it after the look."""
    looks: list[float] = []
    bank.emulator.faults.add(fault, method="POST")
    ours.door.before[2] = lambda: looks.append(bank.time.seconds)
    ours.door.after[2] = lambda: merged_over(bank, ours)
    ours.door.before[3] = lambda: looks.append(bank.time.seconds)
    assert ours.pay("p1") == "repeated", "the other's row, which it finds when it runs again"
    assert looks[1] - looks[0] >= bank.timing.confirmation_delay
    assert bank.rows("Commit Log")[-1]["commit"] == "e" * 24
    assert [row["payment_id"] for row in bank.rows("Payments")] == ["p0", "p1"]


def test_one_whose_answer_was_clear_is_looked_at_once(ours: Process) -> None:
    assert ours.counting(lambda: ours.pay("p1")) == (2, 1)


def type_into(bank: Bank, tab: str, cell: str, value: Any) -> Callable[[], object]:
    return lambda: bank.tab(tab).update([[value]], cell, raw=True)


@pytest.mark.parametrize(
    ("tab", "cell", "value", "row"),
    [
        ("Payments", "B3", "changed", 3),
        ("Payments", "C3", 7, 3),
        ("Payments", "D3", "added", 3),
        ("Payments", "A2", "changed", 2),
        ("Commit Log", "F4", "changed", 4),
    ],
    ids=["our row", "a number of ours", "beside ours", "the row above", "the log row above"],
)
def test_a_row_that_is_not_as_it_was_written_stops_the_commit_and_is_named(
    bank: Bank, ours: Process, tab: str, cell: str, value: Any, row: int
) -> None:
    between_write_and_read_back(ours, type_into(bank, tab, cell, value))
    with pytest.raises(LogDivergedError, match=f"tab “{tab}”, row {row}, .*File > Version history.*writes-halted"):
        ours.pay("p1")


def test_a_log_row_of_ours_that_was_emptied_leaves_the_outcome_unknown_and_is_named(bank: Bank, ours: Process) -> None:
    between_write_and_read_back(ours, lambda: bank.tab("Commit Log").batch_clear(["B5:H5"]))
    with pytest.raises(CommitUnknownError, match="Tab “Commit Log”, row 5, column “commit”"):
        ours.pay("p1")


def test_a_row_that_was_pushed_down_and_covered_by_ours_is_noticed(bank: Bank, ours: Process) -> None:
    """The owner inserts a copy of the row above in the moment between our read and our write: the counts still agree."""
    for number in range(1, 4):
        ours.pay(f"p{number}")
    bank.age()

    def insert() -> None:
        bank.tab("Payments").insert_row(["p9", "ada", 100], 3)

    between_read_and_write(ours, insert)
    with pytest.raises(LogDivergedError, match="tab “Payments”, row 5, is not what it was"):
        ours.pay("p4")


def test_columns_that_are_moved_before_the_write_leave_a_row_under_wrong_headers_which_is_noticed(
    bank: Bank, ours: Process
) -> None:
    between_read_and_write(ours, lambda: move_first_column(bank))
    with pytest.raises(LogDivergedError, match="tab “Payments”, row 3, does not hold what was written"):
        ours.pay("p1")


def test_columns_that_are_moved_after_the_write_matter_to_nobody(bank: Bank, ours: Process) -> None:
    between_write_and_read_back(ours, lambda: move_first_column(bank))
    assert ours.pay("p1") == "paid"
    assert ours.pay("p2") == "paid"
    bank.check()


def move_first_column(bank: Bank) -> None:
    source = {"sheetId": bank.sheet_id("Payments"), "dimension": "COLUMNS", "startIndex": 0, "endIndex": 1}
    bank.batch({"moveDimension": {"source": source, "destinationIndex": 2}})


def test_others_rows_below_ours_are_no_contradiction(bank: Bank, ours: Process) -> None:
    theirs = bank.process()
    bank.time.sleep(60)
    between_write_and_read_back(ours, lambda: theirs.pay("theirs"))
    assert ours.pay("p1") == "paid"
    assert ours.run(looking) == {"ada": 300}
    bank.check()


def test_once_the_rows_are_put_back_work_goes_on(bank: Bank, ours: Process) -> None:
    between_write_and_read_back(ours, type_into(bank, "Payments", "B2", "eve"))
    with pytest.raises(LogDivergedError):
        ours.pay("p1")
    bank.tab("Payments").update_acell("B2", "ada")
    assert ours.pay("p1") == "repeated"
    assert ours.pay("p2") == "paid"
    assert ours.run(looking) == {"ada": 300}
    bank.check()


@pytest.mark.parametrize(
    "text", ["two\r\nlines", "e\u0301cole", "no\u00a0break", " edges ", "0012", "=1+1", "1e5", "TRUE"]
)
def test_what_a_text_is_made_of_is_no_contradiction(bank: Bank, ours: Process, text: str) -> None:
    def work(tx: Transaction[Any]) -> None:
        tx.add(Payments(payment_id=text, account=text, cents=1, note=text))

    ours.run(work)
    ours.run(work)
    bank.process().run(looking)


def test_blanks_and_line_ends_that_a_spreadsheet_writes_otherwise_are_no_contradiction(
    bank: Bank, ours: Process
) -> None:
    between_write_and_read_back(ours, type_into(bank, "Payments", "D3", "two\nlines"))
    ours.run(lambda tx: tx.add(Payments(payment_id="p1", account="ada", cents=1, note="two\r\n lines")))
    assert ours.pay("p2") == "paid"
