"""People edit while the service works: they can stop it, and never lose a cell to it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from sheets_schema import CommitUnknownError, RequestRejectedError, SchemaMismatchError, Transaction
from sheets_schema.errors import InvalidDeclarationError
from tests.sheets_schema.bank import PERSON, Bank, Captured, Payments, Process, Requests, Sent, blind, paying


def answering(tx: Transaction[Any]) -> list[str]:
    """Writes the computed column of every row."""
    table = tx.table(Requests)
    for row in table.rows:
        table.write(row, answer=f"for {row.text('account')}")
    tx.add(Payments(payment_id=tx.commit, account="ada", cents=1))
    return [row.text("account") for row in table.rows]


def fill(bank: Bank, *rows: list[Any], at: str = "A2") -> None:
    bank.tab("Requests", PERSON).update([list(row) for row in rows], at, raw=True)


def before_the_write(process: Process, action: Callable[[], object], *, reads: int = 1) -> None:
    process.door.before[len(process.door.sent) + reads] = action


def test_a_named_range_that_a_person_deleted_is_put_back_and_the_log_says_so(
    bank: Bank, caplog: pytest.LogCaptureFixture
) -> None:
    process = bank.process()
    process.pay("p1")
    bank.batch({"deleteNamedRange": {"namedRangeId": bank.fence()["namedRangeId"]}})
    with caplog.at_level(logging.WARNING, logger="sheets_schema"):
        assert process.pay("p2") == "paid"
    assert "the named range commit_fence is gone; putting it back as the log says" in caplog.text
    bank.check()
    bank.batch({"deleteNamedRange": {"namedRangeId": bank.fence()["namedRangeId"]}})
    assert bank.process().pay("p3") == "paid"
    bank.check()


def test_a_repair_of_the_named_range_that_comes_late_is_mended_in_its_turn(
    bank: Bank, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("WARNING", "sheets_schema")
    process = bank.process()
    process.pay("first")
    older = bank.fence()
    process.pay("second")
    bank.batch(
        {"deleteNamedRange": {"namedRangeId": bank.fence()["namedRangeId"]}}, {"addNamedRange": {"namedRange": older}}
    )

    assert bank.process().pay("third") == "paid"

    assert "is older than the last commit" in caplog.text
    assert process.pay("fourth") == "paid"
    bank.check()


def test_a_named_range_that_a_person_renamed_or_moved_is_put_back(bank: Bank) -> None:
    process = bank.process()
    named = {
        "namedRangeId": bank.fence()["namedRangeId"],
        "name": "mine",
        "range": {"sheetId": bank.sheet_id("Requests")},
    }
    bank.batch({"updateNamedRange": {"namedRange": named, "fields": "name,range"}})
    assert process.pay("p1") == "paid"
    assert bank.fence()["range"]["sheetId"] == bank.sheet_id("Control")
    bank.check()


def test_a_ledger_that_a_person_renamed_stops_everything_by_its_name(bank: Bank) -> None:
    process = bank.process()
    process.pay("p1")
    bank.age()
    bank.tab("Payments").update_title("Money")
    for each in (process, bank.process()):
        with pytest.raises(SchemaMismatchError, match=r"The tab “Payments” is missing\. If it was renamed"):
            each.pay("p2")
    bank.tab("Money").update_title("Payments")
    assert process.pay("p2") == "paid"
    bank.check()


def test_a_ledger_that_a_person_deleted_stops_everything_by_its_name(bank: Bank) -> None:
    process = bank.process()
    process.pay("p1")
    bank.batch({"deleteSheet": {"sheetId": bank.sheet_id("Payments")}})
    with pytest.raises(SchemaMismatchError, match="The tab “Payments” is missing"):
        process.pay("p2")


def test_a_ledger_that_was_deleted_while_the_lock_was_ours_stops_everything_as_well(bank: Bank) -> None:
    process = bank.process()
    process.warm_up()
    bank.batch({"deleteSheet": {"sheetId": bank.sheet_id("Payments")}})
    with pytest.raises(SchemaMismatchError, match="The tab “Payments” is missing"):
        process.pay("p2")


def test_a_form_that_a_person_renamed_stops_only_the_work_that_reads_it(bank: Bank) -> None:
    process = bank.process()
    fill(bank, ["ada", 5])
    assert process.run(answering, reads=[Requests]) == ["ada"]
    bank.tab("Requests").update_title("Wishes")
    with pytest.raises(SchemaMismatchError, match="The tab “Requests” is missing"):
        process.run(answering, reads=[Requests])
    assert process.pay("p1") == "paid"
    bank.tab("Wishes").update_title("Requests")
    assert process.run(answering, reads=[Requests]) == ["ada"]
    bank.check()


def test_a_damaged_header_of_a_form_stops_only_the_work_that_reads_it(bank: Bank) -> None:
    process = bank.process()
    bank.tab("Requests").update_acell("A1", "Acct")
    with pytest.raises(SchemaMismatchError, match="Tab “Requests”, row 1: the header “Account” is missing"):
        process.run(answering, reads=[Requests])
    assert process.pay("p1") == "paid"
    bank.check()


def test_rows_are_read_from_wherever_a_persons_columns_stand(bank: Bank) -> None:
    bank.tab("Requests").clear()
    fill(bank, ["Approved", "own", "Answer", "Cents", "Account", "Urgency"], at="A1")
    fill(bank, [True, "x", "", 5, "ada", "LOW"], ["", "only mine"], [False, "", "", "", "bob", ""])

    def work(tx: Transaction[Any]) -> list[tuple[int, str, Any, Any]]:
        table = tx.table(Requests)
        table.write(table.rows[-1], answer="no")
        return [
            (row.number, row.text("account"), row.cells.get("cents"), row.cells.get("approved")) for row in table.rows
        ]

    assert bank.process().run(work, reads=[Requests]) == [(2, "ada", 5, True), (4, "bob", None, False)]
    assert bank.grid("Requests")[3][:5] == [False, "", "no", "", "bob"]
    assert bank.grid("Requests")[2][1] == "only mine"


def test_the_columns_of_people_are_not_for_the_service(bank: Bank) -> None:
    fill(bank, ["ada", 5])

    def work(tx: Transaction[Any]) -> None:
        tx.table(Requests).write(tx.table(Requests).rows[0], cents=6)

    process = bank.process()
    with pytest.raises(InvalidDeclarationError, match="belong to people"):
        process.run(work, reads=[Requests])
    with pytest.raises(InvalidDeclarationError, match="deleted or moved"):
        process.run(lambda tx: tx.table(Requests).clear(tx.table(Requests).rows), reads=[Requests])
    assert process.door.writes == 0


def test_what_stands_there_already_is_not_written_again(bank: Bank) -> None:
    fill(bank, ["ada", 5, "", "", "for ada"])
    process = bank.process()

    def work(tx: Transaction[Any]) -> None:
        tx.table(Requests).write(tx.table(Requests).rows[0], answer="for ada")

    process.run(work, reads=[Requests])
    assert process.door.writes == 0


@pytest.mark.parametrize("where", ["sorted", "inserted above", "deleted above", "typed below"])
def test_an_edit_between_read_and_write_costs_no_person_a_cell(bank: Bank, where: str) -> None:
    fill(bank, ["zoe", 3], ["ada", 1], ["bob", 2])
    sheet = bank.sheet_id("Requests")
    edits: dict[str, Callable[[], object]] = {
        "sorted": lambda: bank.tab("Requests", PERSON).sort((1, "asc")),
        "inserted above": lambda: bank.tab("Requests", PERSON).insert_row(["new", 9], 2),
        "deleted above": lambda: bank.batch(
            {"deleteDimension": {"range": {"sheetId": sheet, "dimension": "ROWS", "startIndex": 1, "endIndex": 2}}}
        ),
        "typed below": lambda: fill(bank, ["late", 7], ["later", 8], at="A5"),
    }
    process = bank.process()
    process.pay("before")
    theirs: list[list[Any]] = []

    def edit() -> None:
        edits[where]()
        theirs.extend(row[:4] for row in bank.grid("Requests"))

    before_the_write(process, edit)

    def work(tx: Transaction[Any]) -> None:
        answering(tx)
        tx.table(Requests).append([{"account": "ours", "cents": 4}, {"account": "ours too", "cents": 4}])

    process.run(work, reads=[Requests])
    now = [row[:4] for row in bank.grid("Requests")]
    assert [row for row in now if row[0] not in ("ours", "ours too", "")] == [row for row in theirs if row[0]]
    assert [row[0] for row in now].count("ours") == 1
    assert [row[0] for row in now].count("ours too") == 1
    bank.check()


def test_rows_are_appended_below_whatever_stands_lowest_even_at_the_end_of_the_grid(bank: Bank) -> None:
    bank.tab("Requests").resize(rows=3)
    fill(bank, ["ada", 1], ["bob", 2])
    bank.process().run(
        lambda tx: tx.table(Requests).append([{"account": f"n{number}"} for number in range(5)]), reads=[Requests]
    )
    assert [row["Account"] for row in bank.rows("Requests")] == ["ada", "bob", "n0", "n1", "n2", "n3", "n4"]


def test_what_stood_in_a_persons_own_columns_can_be_put_back_beside_a_row(bank: Bank) -> None:
    fill(bank, ["Account", "Cents", "Urgency", "Approved", "Answer", "own"], ["ada", 5, "", "", "", "=mine"], at="A1")

    def work(tx: Transaction[Any]) -> None:
        table = tx.table(Requests)
        table.append([{"account": "new"}, {"account": "newer"}], [table.rows[0].extra_cells, {0: "never", 99: "never"}])

    bank.process().run(work, reads=[Requests])
    assert [(row["Account"], row["own"]) for row in bank.rows("Requests")] == [
        ("ada", "=mine"),
        ("new", "=mine"),
        ("newer", ""),
    ]


def test_rows_that_are_appended_to_a_system_tab_in_two_steps_stand_below_each_other(bank: Bank) -> None:
    def work(tx: Transaction[Any]) -> None:
        tx.table(Captured).append([{"account": "one"}, {"account": "two"}])
        tx.table(Captured).append([{"account": "three"}])

    bank.process().run(work, reads=[Captured])
    assert [row["Account"] for row in bank.rows("Captured")] == ["one", "two", "three"]


def test_appended_rows_have_the_dress_of_the_form(bank: Bank) -> None:
    def work(tx: Transaction[Any]) -> None:
        tx.table(Requests).append([{"account": "0012", "cents": 5}])
        tx.table(Requests).append([{"account": "=1+1"}])

    bank.process().run(work, reads=[Requests])
    sheet = next(each for each in bank.metadata("Requests!A1:E4")["sheets"] if "data" in each)
    rows = [row["values"] for row in sheet["data"][0]["rowData"]]
    for row in rows[1:4]:
        assert row[0]["userEnteredFormat"]["numberFormat"]["type"] == "TEXT"
        assert "textFormat" not in row[0]["userEnteredFormat"]
        assert row[2]["dataValidation"]["condition"]["type"] == "ONE_OF_LIST"
    assert [row["Account"] for row in bank.rows("Requests")] == ["0012", "=1+1"]


# The paste zone


def capturing(tx: Transaction[Any]) -> int:
    tx.move_rows(Requests, into=Captured)
    return len(tx.table(Requests).rows)


def test_a_capture_moves_whatever_stands_there_and_columns_stay_understood(bank: Bank) -> None:
    bank.tab("Requests").clear()
    fill(bank, ["Cents", "Account", "own", "Urgency", "Approved", "Answer"], at="A1")
    fill(bank, [5, "ada", "a note", "LOW", True, ""], [6, "bob"])
    assert bank.process().run(capturing, reads=[Requests, Captured]) == 2
    assert bank.grid("Requests") == [["Cents", "Account", "own", "Urgency", "Approved", "Answer"]]

    def captured(tx: Transaction[Any]) -> list[tuple[str, Any, Any]]:
        return [
            (row.text("account"), row.cells.get("cents"), row.cells.get("approved")) for row in tx.table(Captured).rows
        ]

    assert bank.process().run(captured, reads=[Captured]) == [("ada", 5, True), ("bob", 6, None)]
    assert "a note" in bank.grid("Captured")[1]


def sheet_cells(bank: Bank, where: str) -> list[list[dict[str, Any]]]:
    """Cells as Google keeps them: what was entered, with its format."""
    asked = bank.metadata(f"{where}")
    sheet = next(each for each in asked["sheets"] if "data" in each)
    return [row.get("values", []) for row in sheet["data"][0].get("rowData", [])]


OWN = ["own", "due", "sum", "share", "done"]
THEIRS = [2**60, "2026-11-20", "=2+3", "7%", True]


def back(tx: Transaction[Any]) -> list[int]:
    """Put every captured row back, with an answer."""
    captured = tx.table(Captured)
    rows = captured.all_rows
    first = tx.table(Requests).copy_rows(captured, rows, [{"answer": f"no {row.number}"} for row in rows])
    captured.clear(rows)
    return [first + place for place, _ in enumerate(rows)]


@pytest.mark.parametrize("rows", [1, 3])
def test_captured_rows_go_back_as_they_were_numbers_dates_formulas_and_formats(bank: Bank, rows: int) -> None:
    bank.tab("Requests").resize(cols=10)
    bank.tab("Requests").update([["Account", "Cents", "Urgency", "Approved", "Answer", *OWN]], "A1", raw=True)
    typed = [["ada", 98765432109876543, "LOW", True, "", *THEIRS] for _ in range(rows)]
    bank.tab("Requests").update(typed, "A2", raw=False)
    before = sheet_cells(bank, f"Requests!A2:J{rows + 1}")
    process = bank.process()

    process.run(capturing, reads=[Requests, Captured])
    assert bank.rows("Requests") == []
    assert process.run(back, reads=[Requests, Captured]) == list(range(2, rows + 2))

    after = sheet_cells(bank, f"Requests!A2:J{rows + 1}")
    for number, (was, now) in enumerate(zip(before, after, strict=True), 2):
        assert now.pop(4)["userEnteredValue"] == {"stringValue": f"no {number}"}
        was.pop(4)
        for part in ("userEnteredValue", "formattedValue"):
            assert [cell.get(part) for cell in was] == [cell.get(part) for cell in now]
    assert not [row for row in bank.grid("Captured")[1:] if any(row)]


def test_what_a_formula_shows_in_a_declared_column_is_captured_and_goes_back(bank: Bank) -> None:
    bank.tab("Requests").update([["ada", "=2+3"]], "A2", raw=False)
    process = bank.process()

    process.run(capturing, reads=[Requests, Captured])
    [row] = sheet_cells(bank, "Captured!A2:B2")

    assert row[1]["userEnteredValue"] == {"numberValue": 5}


def test_captured_rows_find_columns_that_were_moved_and_one_that_is_gone(bank: Bank) -> None:
    bank.tab("Requests").resize(cols=8)
    fill(bank, ["Account", "Cents", "Urgency", "Approved", "Answer", "mine", "yours", ""], at="A1")
    fill(bank, ["ada", 5, "LOW", True, "", "my note", "your note", "no header"])
    process = bank.process()
    process.run(capturing, reads=[Requests, Captured])
    bank.tab("Requests").clear()
    fill(bank, ["yours", "Answer", "Account", "Cents", "Urgency", "Approved"], at="A1")
    bank.tab("Requests").resize(cols=6)

    process.run(back, reads=[Requests, Captured])

    assert bank.grid("Requests")[1] == ["your note", "no 2", "ada", 5, "LOW", True, "my note", "no header"]


def test_captured_rows_go_below_what_was_pasted_meanwhile_and_below_the_grid(bank: Bank) -> None:
    fill(bank, ["ada", 1], ["bob", 2])
    process = bank.process()
    process.run(capturing, reads=[Requests, Captured])
    bank.tab("Requests").resize(rows=3)
    fill(bank, ["new", 3], ["newer", 4])

    assert process.run(back, reads=[Requests, Captured]) == [4, 5]
    assert [row["Account"] for row in bank.rows("Requests")] == ["new", "newer", "ada", "bob"]


def test_a_formula_elsewhere_that_counts_the_paste_zone_is_not_led_away_by_a_capture(bank: Bank) -> None:
    fill(bank, ["ada", 5])
    process = bank.process()
    process.run(capturing, reads=[Requests, Captured])

    kinds = [kind for sent in process.door.sent for kind in sent.kinds]
    assert "copyPaste" in kinds
    assert "cutPaste" not in kinds, "references follow cells that are cut"


def test_what_is_pasted_while_a_capture_is_under_way_moves_along(bank: Bank) -> None:
    fill(bank, ["ada", 5])
    process = bank.process()
    process.pay("before")
    before_the_write(process, lambda: fill(bank, ["late", 7], at="A3"))
    process.run(capturing, reads=[Requests, Captured])
    assert [row["Account"] for row in bank.rows("Captured")] == ["ada", "late"]
    assert bank.rows("Requests") == []


def test_a_capture_is_refused_while_the_last_one_is_not_worked_off(bank: Bank) -> None:
    fill(bank, ["ada", 5])
    process = bank.process()
    process.run(capturing, reads=[Requests, Captured])
    fill(bank, ["bob", 6])
    with pytest.raises(InvalidDeclarationError, match="still holds rows"):
        process.run(capturing, reads=[Requests, Captured])
    process.run(lambda tx: tx.table(Captured).clear(tx.table(Captured).rows), reads=[Captured])
    process.run(capturing, reads=[Requests, Captured])
    assert [row["Account"] for row in bank.rows("Captured")] == ["bob"]


@pytest.mark.parametrize("fault", ["lost_answer", "error_503_after", "error_503", "duplicate_delivery", "reset_before"])
def test_a_capture_loses_nothing_and_doubles_nothing_whatever_its_ending(bank: Bank, fault: str) -> None:
    fill(bank, ["ada", 5], ["bob", 6])
    process = bank.process()
    bank.emulator.faults.add(fault, method="POST")

    def careful(tx: Transaction[Any]) -> int:
        return len(tx.table(Captured).rows) or capturing(tx)

    assert process.run(careful, reads=[Requests, Captured]) == 2
    assert [row["Account"] for row in bank.rows("Captured")] == ["ada", "bob"]
    assert bank.rows("Requests") == []


def test_a_payload_that_meets_a_tab_which_was_replaced_is_sent_again_to_the_new_one(bank: Bank) -> None:
    process = bank.process()
    process.warm_up()
    bank.batch(
        {"deleteSheet": {"sheetId": bank.sheet_id("Accounts")}}, {"addSheet": {"properties": {"title": "Accounts"}}}
    )
    bank.tab("Accounts").update([["Account no.", "Owner"]], "A1")
    from tests.sheets_schema.bank import Accounts  # noqa: PLC0415 — used here only

    process.run(lambda tx: tx.add(Accounts(account="ada", owner="Ada")))
    assert bank.rows("Accounts")[0]["Account no."] == "ada"
    bank.check()


def test_work_is_not_refused_because_a_view_is_deleted_and_made_again_all_the_time(bank: Bank) -> None:
    """Every batch meets other tabs than it was made for: that is nobody's fault, as long as there is time."""
    process = bank.process()
    process.pay("p1")

    def delete() -> None:
        bank.batch({"deleteSheet": {"sheetId": bank.sheet_id("Balances")}})

    def make() -> None:
        bank.batch({"addSheet": {"properties": {"title": "Balances"}}})

    disturbances = [delete, make] * 3

    def disturb(request: Sent) -> None:
        if request.method == "POST" and disturbances:
            disturbances.pop(0)()

    process.door.watch = disturb
    assert process.pay("p2") == "paid"
    assert not disturbances
    assert [row["payment_id"] for row in bank.rows("Payments")] == ["p1", "p2"]
    bank.check()


def test_works_without_forms_read_none(bank: Bank) -> None:
    process = bank.process()
    process.run(paying("p1"))
    process.run(blind("x"))
    assert not any("Requests" in each.path for each in process.door.sent)


@pytest.mark.parametrize("looks", [1, 2])
def test_work_is_not_refused_because_a_view_was_deleted_and_what_tabs_there_are_is_read_stale(
    bank: Bank, looks: int
) -> None:
    process = bank.process()
    process.pay("p1")
    bank.time.sleep(10)
    bank.batch({"deleteSheet": {"sheetId": bank.sheet_id("Balances")}})
    for values_read in (1, 3)[:looks]:  # Google refuses the values, and the look at the tabs after it is stale
        bank.emulator.faults.add("stale_read", method="GET", after=values_read, seconds=5)
    assert process.pay("p2") == "paid"
    bank.check()


def come_and_go(bank: Bank, request: Sent) -> None:
    """A view that is there whenever tabs are looked at, and never when it is read."""
    there = "Balances" in (sheet["properties"]["title"] for sheet in bank.metadata()["sheets"])
    if request.method == "GET" and there == ("/values" in request.path):
        add, delete = {"addSheet": {"properties": {"title": "Balances"}}}, "deleteSheet"
        bank.batch({delete: {"sheetId": bank.sheet_id("Balances")}} if there else add)


def test_a_tab_that_is_never_there_when_it_is_read_is_told_as_what_google_says(bank: Bank) -> None:
    process = bank.process()
    process.pay("p1")
    bank.age()
    process.door.watch = lambda request: come_and_go(bank, request)
    with pytest.raises(RequestRejectedError, match="Balances"):
        process.pay("p2")
    assert [row["payment_id"] for row in bank.rows("Payments")] == ["p1"]


def test_a_commit_whose_log_cannot_be_read_because_a_tab_comes_and_goes_is_in_doubt(bank: Bank) -> None:
    process = bank.process()
    process.pay("p1")
    bank.emulator.faults.add("error_503_after", method="POST")

    def once_it_was_sent(request: Sent) -> None:
        if len(bank.rows("Payments")) > 1:
            come_and_go(bank, request)

    process.door.watch = once_it_was_sent
    with pytest.raises(CommitUnknownError, match="could not be read"):
        process.pay("p2")
    assert [row["payment_id"] for row in bank.rows("Payments")] == ["p1", "p2"]
