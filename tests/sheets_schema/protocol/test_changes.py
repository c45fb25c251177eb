"""What a transaction stages, and views as cells."""

from __future__ import annotations

from datetime import UTC

import pytest

from sheets_schema.errors import InvalidValueError
from sheets_schema.protocol.changes import Changes
from sheets_schema.protocol.view_writes import view_table
from tests.sheets_schema.bank import Accounts, Payments
from tests.sheets_schema.protocol.test_incremental_views import Statement


def payment(name: str) -> Payments:
    return Payments(payment_id=name, account="ada", cents=1)


def test_what_was_assumed_is_put_before_what_was_added_once() -> None:
    changes = Changes()
    changes.append(payment("p3"))
    changes.assumed += [payment("p1"), Accounts(account="ada"), payment("p2")]

    changes.stage_assumed()
    changes.stage_assumed()

    assert changes.appended == {
        Payments: [payment("p1"), payment("p2"), payment("p3")],
        Accounts: [Accounts(account="ada")],
    }


def test_empty_cells_at_the_end_of_a_row_are_left_out_as_a_read_leaves_them_out() -> None:
    rows = [
        Statement(payment="p1", account="ada", state=""),
        Statement(payment="p2", account="", state="", page="https://bank.example/p2"),
    ]

    assert view_table(Statement, rows, UTC)[1:] == [["p1", "ada"], ["p2", "", "", "", "https://bank.example/p2"]]


def test_rows_of_a_view_whose_columns_a_person_has_moved_stand_where_these_stand() -> None:
    rows = [Statement(payment="p1", account="ada", state=""), Statement(payment="p2", account="", state="red")]

    table = view_table(Statement, rows, UTC, [["state", "account", "payment", "at", "page"]])

    assert table == [["state", "account", "payment", "at", "page"], ["", "ada", "p1"], ["red", "", "p2"]]


def test_a_value_that_no_cell_can_hold_is_named_with_its_tab_and_column() -> None:
    with pytest.raises(InvalidValueError, match="Tab “Statement”, column “account”: "):
        view_table(Statement, [Statement(payment="p1", account="x" * 50_001, state="")], UTC)
