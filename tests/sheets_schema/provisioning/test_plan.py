"""Setting a spreadsheet up, and mending what is missing of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from sheets_schema import CommitUnknownError, Ledger, NotProvisionedError, SchemaMismatchError, UnavailableError
from sheets_schema.errors import PermissionDeniedError
from tests.sheets_schema.bank import PERSON, SCHEMA, Bank, Captured, Process, Requests, paying


def provision(process: Process) -> list[str]:
    return process.spreadsheet.provision(process.deadline()).steps


def sheet_of(bank: Bank, title: str, *ranges: str) -> dict[str, Any]:
    return next(each for each in bank.metadata(*ranges)["sheets"] if each["properties"]["title"] == title)


def test_planning_names_every_step_and_writes_nothing(empty_bank: Bank) -> None:
    process = empty_bank.process()
    steps = process.spreadsheet.diff(process.deadline()).steps
    assert steps == [
        "add tab “Requests”", "add tab “Balances”", "add tab “Payments”", "add tab “Accounts”", "add tab “Captured”",
        "add tab “Control”", "add tab “Commit Log”",
        "write the lock cell, the first row of the commit log, and the fence",
    ]  # fmt: skip
    assert process.door.writes == 0


def test_everything_is_made_in_one_batch_and_nothing_the_second_time(empty_bank: Bank) -> None:
    process = empty_bank.process()
    provision(process)
    assert process.door.writes == 1
    assert provision(process) == []
    assert process.spreadsheet.diff(process.deadline()).steps == []
    assert process.door.writes == 1
    empty_bank.check()


def test_tabs_are_dressed_as_declared(bank: Bank) -> None:
    requests = sheet_of(bank, "Requests", "Requests!A1:H3")
    header, first = (row["values"] for row in requests["data"][0]["rowData"][:2])
    assert [cell["formattedValue"] for cell in header[:5]] == ["Account", "Cents", "Urgency", "Approved", "Answer"]
    assert header[0]["note"] == "whose money it is"
    assert header[0]["userEnteredFormat"]["textFormat"]["bold"] is True
    assert first[0]["userEnteredFormat"]["numberFormat"] == {"type": "TEXT", "pattern": "@"}
    assert "numberFormat" not in first[1].get("userEnteredFormat", {})
    condition = first[2]["dataValidation"]["condition"]
    assert condition["type"] == "ONE_OF_LIST"
    assert [value["userEnteredValue"] for value in condition["values"]] == ["LOW", "HIGH"]
    assert first[3]["dataValidation"]["condition"]["type"] == "BOOLEAN"
    assert requests["properties"]["gridProperties"]["frozenRowCount"] == 1
    assert "protectedRanges" not in requests
    assert sheet_of(bank, "Balances", "Balances!A1:B2")["data"][0]["columnMetadata"][0]["pixelSize"] == 180


def test_people_fill_forms_and_nobody_but_the_service_writes_elsewhere(bank: Bank) -> None:
    bank.tab("Requests", PERSON).update([["ada"]], "A2")
    for title in ("Payments", "Accounts", "Balances", "Control", "Captured", "Commit Log"):
        assert len(sheet_of(bank, title)["protectedRanges"]) == 1, title
        with pytest.raises(Exception, match="protected"):
            bank.tab(title, PERSON).update([["x"]], "A2")


def test_what_people_need_not_see_is_hidden(bank: Bank) -> None:
    hidden = {
        each["properties"]["title"]: each["properties"].get("hidden", False) for each in bank.metadata()["sheets"]
    }
    assert [title for title, is_hidden in hidden.items() if is_hidden] == ["Captured", "Control", "Commit Log"]
    assert list(hidden)[:3] == ["Requests", "Balances", "Payments"]


def test_tabs_and_cells_of_people_stay_as_they_are(empty_bank: Bank) -> None:
    mine = empty_bank.sheet().add_worksheet("Mine", 10, 3)
    mine.update([["a", "b"], ["c", 4]], "A1")
    form = empty_bank.sheet().add_worksheet("Requests", 20, 8)
    form.update([["Cents", "", "Account", "Urgency", "Approved", "Answer", "own"], [5, "x", "ada"]], "A1")
    provision(empty_bank.process())
    assert empty_bank.grid("Mine") == [["a", "b"], ["c", 4]]
    assert empty_bank.grid("Requests")[1][:3] == [5, "x", "ada"]
    assert empty_bank.grid("Requests")[0][6] == "own"
    empty_bank.process().pay("p1")
    empty_bank.check()


def test_of_two_at_once_one_wins_and_the_other_finds_it_done(empty_bank: Bank) -> None:
    winner, other = empty_bank.process(), empty_bank.process()
    done: list[list[str]] = []
    other.door.before[2] = lambda: done.append(provision(winner))
    assert provision(other) == done[0] != []
    assert provision(other) == []
    empty_bank.check()


@pytest.mark.parametrize("fault", ["lost_answer", "error_503_after", "error_502_html_after", "reset_after"])
def test_after_a_lost_answer_the_repeat_finds_nothing_to_do(empty_bank: Bank, fault: str) -> None:
    process = empty_bank.process()
    empty_bank.emulator.faults.add(fault, method="POST")
    with pytest.raises(CommitUnknownError, match="run provision"):
        provision(process)
    assert provision(process) == []
    empty_bank.check()


@pytest.mark.parametrize(
    ("fault", "error"),
    [("refuse_429", UnavailableError), ("error_503", CommitUnknownError), ("hang", CommitUnknownError)],
)
def test_what_was_not_made_is_made_by_the_repeat(empty_bank: Bank, fault: str, error: type[Exception]) -> None:
    process = empty_bank.process()
    empty_bank.emulator.faults.add(fault, method="POST", count=None)
    with pytest.raises(error):
        provision(process)
    empty_bank.emulator.faults.clear()
    assert len(provision(process)) == 8
    empty_bank.check()


def test_only_what_is_missing_is_made(bank: Bank) -> None:
    process = bank.process()
    process.pay("p1")
    protection = sheet_of(bank, "Payments")["protectedRanges"][0]["protectedRangeId"]
    bank.batch(
        {"deleteProtectedRange": {"protectedRangeId": protection}},
        {"deleteSheet": {"sheetId": bank.sheet_id("Captured")}},
    )
    assert provision(process) == ["protect tab “Payments”", "add tab “Captured”"]
    assert process.pay("p2") == "paid"
    bank.check()


def test_a_view_that_a_person_deleted_comes_back_with_the_next_commit(bank: Bank) -> None:
    running = bank.process()
    running.pay("p1")
    bank.batch({"deleteSheet": {"sheetId": bank.sheet_id("Balances")}})
    assert running.pay("p2", "bob", 5) == "paid"
    bank.check()
    assert len(sheet_of(bank, "Balances")["protectedRanges"]) == 1
    bank.batch({"deleteSheet": {"sheetId": bank.sheet_id("Balances")}})
    assert bank.process().pay("p3", "bob", 5) == "paid"
    assert running.pay("p4", "eve", 5) == "paid"
    bank.check()
    assert provision(running) == []


def test_a_view_that_comes_back_has_an_id_that_it_never_had(bank: Bank) -> None:
    """A process that still knows the old tab must be refused, not write to whatever bears its id by now."""
    process = bank.process()
    ids = [bank.sheet_id("Balances")]
    for number in range(4):
        bank.batch({"deleteSheet": {"sheetId": ids[-1]}})
        process.pay(f"p{number}")
        ids.append(bank.sheet_id("Balances"))
    assert len(set(ids)) == len(ids)
    bank.check()


def test_a_view_that_lost_a_column_comes_back_with_the_next_commit(bank: Bank) -> None:
    running = bank.process()
    running.pay("p1")
    columns = {"sheetId": bank.sheet_id("Balances"), "dimension": "COLUMNS", "startIndex": 1, "endIndex": 2}
    bank.batch({"deleteDimension": {"range": columns}})
    assert running.pay("p2") == "paid"
    assert running.pay("p3") == "paid"
    bank.check()


def delete(bank: Bank, *titles: str) -> None:
    bank.batch(*({"deleteSheet": {"sheetId": bank.sheet_id(title)}} for title in titles))


def test_a_control_tab_that_a_person_deleted_is_made_anew_as_the_log_says(bank: Bank) -> None:
    running = bank.process()
    running.pay("p1")
    running.run(lambda tx: tx.set_value("rate", "2"))
    bank.age()
    delete(bank, "Control")
    with pytest.raises(SchemaMismatchError, match=r"“Control” is missing.*run provision"):
        running.pay("p2")
    step = "add tab “Control” with the lock cell as the commit log says (version 2), the values rate, motto as they are at first"
    process = bank.process()
    assert process.spreadsheet.diff(process.deadline()).steps == [step]
    assert provision(process) == [step]
    assert provision(process) == []
    assert running.pay("p2") == "paid"
    assert bank.process().pay("p3") == "paid"
    assert [row[:2] for row in bank.grid("Control")[2:]] == [["schema_version", "1"], ["rate", "1.5"], ["motto", ""]]
    assert len(sheet_of(bank, "Control")["protectedRanges"]) == 1
    bank.check()


def test_what_else_is_missing_beside_control_is_made_in_the_same_run(bank: Bank) -> None:
    bank.process().pay("p1")
    delete(bank, "Control", "Captured", "Accounts")
    process = bank.process()
    assert [step[:21] for step in provision(process)] == [
        "add tab “Control” wit",
        "add tab “Accounts”",
        "add tab “Captured”",
    ]
    assert process.pay("p2") == "paid"
    bank.check()


def test_of_two_that_make_control_anew_one_does_it_and_the_other_finds_it_done(bank: Bank) -> None:
    delete(bank, "Control")
    winner, other = bank.process(), bank.process()
    done: list[list[str]] = []
    other.door.before[3] = lambda: done.append(provision(winner))
    assert provision(other) == done[0] != []
    assert provision(other) == []
    bank.check()


def test_where_the_name_of_the_fence_stays_taken_people_are_told_to_restore_control(bank: Bank) -> None:
    bank.emulator.set_quirks(ghost_named_ranges="on")
    delete(bank, "Control")
    with pytest.raises(SchemaMismatchError, match="restore the tab with File > Version history"):
        provision(bank.process())


def test_a_control_tab_that_was_only_renamed_gets_no_second_one(bank: Bank) -> None:
    bank.tab("Control").update_title("Steering")
    process = bank.process()
    with pytest.raises(SchemaMismatchError, match=r"commit_fence lies in tab “Steering”.*give it its name again"):
        provision(process)
    assert process.door.writes == 0
    bank.tab("Steering").update_title("Control")
    assert process.pay("p1") == "paid"


def test_a_log_that_does_not_tell_the_schema_version_makes_nobody_guess_it(bank: Bank) -> None:
    bank.tab("Commit Log").update([["provision", '{"Accounts": 0, "Payments": 0}']], "F2")
    delete(bank, "Control")
    process = bank.process()
    with pytest.raises(
        SchemaMismatchError, match=r"does not tell the schema version. Restore it with File > Version history"
    ):
        provision(process)
    assert process.door.writes == 0


@pytest.mark.parametrize(
    ("operation", "rows"),
    [
        ("set up with schema version 1", '{"Accounts": 0, "Payments": 0}'),
        ("anything", '{"": 1, "Accounts": 0, "Payments": 0}'),
    ],
    ids=["a sentence, as programs wrote it before", "a field of the row"],
)
def test_the_log_tells_the_schema_version(bank: Bank, operation: str, rows: str) -> None:
    bank.tab("Commit Log").update([[operation, rows]], "F2")
    delete(bank, "Control")
    provision(bank.process())
    assert bank.rows("Control")[1] == {"name": "schema_version", "value": "1"}
    assert bank.process().pay("p1") == "paid"


@pytest.mark.parametrize(
    ("gone", "told"),
    [
        (["Payments"], "The tab “Payments” is missing, and by the commit log it holds 1 row"),
        (["Payments", "Control"], "The tab “Payments” is missing, and by the commit log it holds 1 row"),
        (["Commit Log"], "“Commit Log” is missing or empty, but “Payments” holds rows"),
        (["Commit Log", "Control"], "“Commit Log” is missing or empty, but “Payments” holds rows"),
        (["Commit Log", "Payments"], "“Commit Log” is missing or empty, but there is a tab “Control”"),
    ],
)
def test_facts_that_are_gone_are_for_people_to_restore(bank: Bank, gone: list[str], told: str) -> None:
    bank.process().pay("p1")
    delete(bank, *gone)
    process = bank.process()
    with pytest.raises(SchemaMismatchError, match=r"restore it with File > Version history|run provision first"):
        process.pay("p2")
    for act in (process.spreadsheet.diff, process.spreadsheet.provision):
        with pytest.raises(SchemaMismatchError, match=f"{told}.*File > Version history.*Nothing was written"):
            act(process.deadline())
    assert process.door.writes == 0


def rename_as_a_person_s(bank: Bank, title: str) -> None:
    """The tab bears our title, and never was ours."""
    bank.batch({"deleteNamedRange": {"namedRangeId": bank.fence()["namedRangeId"]}})
    about = {"sheetId": bank.sheet_id(title), "title": f"{title} (mine)"}
    bank.batch({"updateSheetProperties": {"properties": about, "fields": "title"}})


@pytest.mark.parametrize("put_aside", [delete, rename_as_a_person_s])
def test_a_log_that_is_gone_before_anything_was_written_begins_anew_as_told(
    bank: Bank, put_aside: Callable[[Bank, str], None]
) -> None:
    delete(bank, "Commit Log")
    with pytest.raises(
        SchemaMismatchError, match=r"rename “Control” if .* your own, or else delete it: provision then begins"
    ):
        provision(bank.process())
    put_aside(bank, "Control")
    assert bank.process().spreadsheet.provision(bank.process().deadline()).first
    assert bank.process().pay("p1") == "paid"
    bank.check()


def test_an_empty_ledger_that_a_person_deleted_is_made_anew(bank: Bank) -> None:
    bank.process().pay("p1")
    delete(bank, "Accounts")
    assert provision(bank.process()) == ["add tab “Accounts”"]
    assert bank.process().pay("p2") == "paid"
    bank.check()


def test_provision_puts_the_fence_back_too(bank: Bank) -> None:
    bank.process().pay("p1")
    bank.batch({"deleteNamedRange": {"namedRangeId": bank.fence()["namedRangeId"]}})
    assert provision(bank.process()) == ["put the fence around the lock cell back"]
    bank.check()


def test_a_lock_cell_that_is_gone_comes_back_as_its_message_says(bank: Bank) -> None:
    bank.process().pay("p1")
    bank.tab("Control").update_acell("A2", "")
    for act in (provision, lambda process: process.pay("p2")):
        with pytest.raises(SchemaMismatchError, match=r"no lock cell.*or delete the tab and run provision"):
            act(bank.process())
    delete(bank, "Control")
    provision(bank.process())
    assert bank.process().pay("p2") == "paid"
    bank.check()


def test_a_missing_header_of_a_form_is_for_people_to_write(bank: Bank) -> None:
    bank.tab("Requests").update_acell("C1", "")
    process = bank.process()
    with pytest.raises(SchemaMismatchError, match="Tab “Requests”: the header “Urgency” is missing"):
        provision(process)
    assert process.door.writes == 0


@pytest.mark.parametrize(("title", "cell", "header"), [("Requests", "F1", "Account"), ("Payments", "E1", "cents")])
def test_a_doubled_header_is_told_by_plan_and_provision(bank: Bank, title: str, cell: str, header: str) -> None:
    bank.tab(title).resize(cols=8)
    bank.tab(title).update_acell(cell, header)
    process = bank.process()
    for act in (process.spreadsheet.diff, process.spreadsheet.provision):
        with pytest.raises(
            SchemaMismatchError, match=f"Tab “{title}”, row 1: the header “{header}” stands there more than once"
        ):
            act(process.deadline())
    assert process.door.writes == 0


def test_a_required_header_that_was_renamed_in_a_ledger_is_not_doubled_by_an_empty_column(bank: Bank) -> None:
    bank.process().pay("p1")
    bank.tab("Payments").update_acell("C1", "amount")
    process = bank.process()
    with pytest.raises(SchemaMismatchError, match="“cents”"):
        provision(process)
    assert process.door.writes == 0


def test_a_new_column_with_a_default_is_added_to_a_ledger_that_has_rows(bank: Bank) -> None:
    bank.process().pay("p1")

    class Longer(Ledger, tab="Payments"):
        payment_id: str
        account: str
        cents: int
        note: str = ""
        branch: str = "main"
        clerk: str = ""
        hour: str = ""

    schema: Any = replace(SCHEMA, tables=(Requests, Longer, *SCHEMA.ledgers[1:], Captured), views={})
    process = bank.process(schema=schema)
    assert provision(process) == ["write headers of tab “Payments”: branch, clerk, hour"]
    assert provision(process) == []
    process.run(lambda tx: tx.add(Longer(payment_id="p2", account="b", cents=1, branch="north", hour="9")))
    assert [row["branch"] for row in bank.rows("Payments")] == ["", "north"]


def test_a_value_that_was_declared_later_has_its_first_value_until_it_is_set(bank: Bank) -> None:
    schema: Any = replace(SCHEMA, values={**SCHEMA.values, "later": "first"})
    process = bank.process(schema=schema)
    assert process.run(lambda tx: tx.values["later"]) == "first"
    process.run(lambda tx: tx.set_value("later", "second"))
    assert process.run(lambda tx: tx.values["later"]) == "second"
    process.run(lambda tx: tx.set_value("later", "third"))
    assert bank.process(schema=schema).run(lambda tx: tx.values["later"]) == "third"
    assert [row[0] for row in bank.grid("Control")].count("later") == 1


def test_work_on_a_spreadsheet_that_was_never_set_up_says_so(empty_bank: Bank) -> None:
    with pytest.raises(NotProvisionedError, match="run provision"):
        empty_bank.process().pay("p1")


def test_a_spreadsheet_that_is_not_there_says_so(bank: Bank) -> None:
    process = bank.process()
    process.spreadsheet.client.spreadsheet_id = "nowhere"
    with pytest.raises(PermissionDeniedError, match="share it"):
        process.run(paying("p1"))
    with pytest.raises(PermissionDeniedError):
        provision(process)
