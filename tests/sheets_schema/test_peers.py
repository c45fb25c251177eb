"""Where other libraries on Google Sheets were seen to go wrong: what of it no other test shows.

The rest is shown elsewhere:

- FALSE read as true: test_cells::test_a_row_of_every_type_comes_back_as_it_was
- swapped columns: test_tables::test_after_columns_of_a_ledger_were_moved_rows_go_under_their_headers_and_a_persons_column_stays
- a moved column of a form: test_people::test_rows_are_read_from_wherever_a_persons_columns_stand
- "0012" and "8085807e40000000" as numbers: test_cells::test_text_stands_letter_for_letter_in_the_sheet_and_in_our_reading
- retries without end: test_client::test_a_read_that_is_never_answered_ends_with_its_deadline
- an HTML page as an answer: test_client::test_each_answer_of_a_write_is_told_by_what_it_proves
- calls without a time limit: test_client::test_every_call_ends_before_its_deadline_and_leaves_time_to_ask_again
- an id given out twice: test_unique_index::test_of_two_at_the_same_moment_in_two_processes_one_is_refused
- appends at a row number of long ago: test_interleaving::test_another_commit_at_any_call_boundary_costs_a_repeat_at_most
- rows doubled by a retry: test_outcomes::test_every_method_is_applied_once_or_not_at_all_and_its_caller_knows
- half a batch, where it was split: test_limits::test_more_requests_than_google_takes_fail_before_anything_is_sent
- credentials that get written down: none are written; test_client::test_nothing_foreign_leaves_the_package

Columns replaced by their names and parameters with quotes have no place here: a query is a Python function.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pydantic import create_model

from sheets_schema import Ledger, Schema, Transaction, UniqueViolationError
from sheets_schema.advanced import TableEditor
from tests.sheets_schema.bank import PERSON, Bank, Requests

COLUMNS: Any = {f"c{number}": (str, ...) for number in range(60)}
Wide: Any = create_model("Wide", __base__=Ledger, __cls_kwargs__={"tab": "Wide", "unique": ("c59",)}, **COLUMNS)


class Sparse(Ledger, tab="Sparse"):
    first: str = ""
    middle: str = ""
    last: int | None = None


def in_form(bank: Bank, work: Callable[[TableEditor], Any]) -> Any:
    return bank.process().run(lambda tx: work(tx.table(Requests)), reads=[Requests])


def test_the_tests_named_above_exist() -> None:
    named = re.findall(r"(test_\w+)::(test_\w+)", __doc__ or "")
    assert len(named) > 10
    for module, test in named:
        # Several folders have modules of the same name.
        texts = [path.read_text("utf-8") for path in Path(__file__).parent.rglob(f"{module}.py")]
        assert any(f"def {test}(" in text for text in texts), test


def test_a_number_that_is_shown_with_a_comma_is_a_number(bank: Bank) -> None:
    bank.process().pay("p1", cents=1234)
    bank.tab("Requests").update([["ada", 1234]], "A2", raw=True)
    for title, column in (("Payments", 2), ("Requests", 1)):
        place = {"sheetId": bank.sheet_id(title), "startColumnIndex": column, "endColumnIndex": column + 1}
        commas = {"userEnteredFormat": {"numberFormat": {"type": "NUMBER", "pattern": "#,##0"}}}
        bank.batch({"repeatCell": {"range": place, "cell": commas, "fields": "userEnteredFormat.numberFormat"}})
        assert bank.tab(title).row_values(2)[column] == "1,234"
    assert in_form(bank, lambda table: [wish.cents for _, wish in table.where(Requests, lambda _: True)]) == [1234]
    assert in_form(bank, lambda table: table.find(cents=1234).number) == 2  # type: ignore[union-attr]
    assert bank.process().run(lambda tx: tx.state.balances["ada"]) == 1234
    bank.check()


@pytest.mark.parametrize("text", ["12,5", "1.234,50", "1,234", "1 234"])
def test_text_that_looks_like_a_number_elsewhere_stays_text(bank: Bank, text: str) -> None:
    bank.process().pay(text, account=text)
    bank.tab("Requests").update([[text]], "A2", raw=True)
    assert bank.rows("Payments")[0]["payment_id"] == text
    assert bank.process().run(lambda tx: tx.state.payments[text].account) == text
    assert in_form(bank, lambda table: table.find(account=text).cells["account"]) == text  # type: ignore[union-attr]
    bank.check()


def test_a_ledger_reaches_beyond_column_z() -> None:
    bank = Bank(schema=Schema((Wide,))).provision()
    rows = [Wide(**{name: f"{name} of {number}" for name in COLUMNS}) for number in range(3)]
    running = bank.process()
    running.run(lambda tx: tx.add_all(rows[:2]))
    bank.process().run(lambda tx: tx.add(rows[2]))
    assert bank.tab("Wide").acell("BH4").value == "c59 of 2"
    for process in (running, bank.process()):
        assert process.run(lambda tx: list(tx.state.all(Wide))) == rows
        assert process.run(lambda tx: tx.get(Wide, c59="c59 of 1")) == rows[1]
        with pytest.raises(UniqueViolationError):
            process.run(lambda tx: tx.add(rows[0]))
    assert bank.process().spreadsheet.diff(running.deadline()).steps == []


def test_a_fact_with_empty_cells_keeps_its_place_and_its_row() -> None:
    bank = Bank(schema=Schema((Sparse,))).provision()
    rows = [Sparse(last=1), Sparse(middle="b"), Sparse(first="c", last=3), Sparse(last=4)]
    for row in rows:
        bank.process().run(partial(Transaction.add, row=row))
    assert bank.grid("Sparse")[1:] == [["", "", 1], ["", "b", ""], ["c", "", 3], ["", "", 4]]
    assert bank.process().run(lambda tx: list(tx.state.all(Sparse))) == rows


def test_a_row_of_a_form_without_its_first_cell_is_not_written_over(bank: Bank) -> None:
    bank.tab("Requests", PERSON).update([["ada", 1], ["", 2]], "A2", raw=True)
    bank.tab("Requests", PERSON).update_acell("G4", "a remark only")
    in_form(bank, lambda table: table.append([{"account": "ours", "cents": 3}]))
    assert [row[:2] for row in bank.grid("Requests")[1:]] == [["ada", 1], ["", 2], ["", ""], ["ours", 3]]
    assert bank.tab("Requests").acell("G4").value == "a remark only"
