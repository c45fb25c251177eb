"""A scan shows every row of a tab, or what is wrong with it."""

from __future__ import annotations

import pytest

from sheets_schema import SchemaMismatchError
from sheets_schema.engine.full_scan import full_scan
from tests.sheets_schema.bank import Accounts, Balances, Payments, Requests
from tests.sheets_schema.engine.prepared import PreparedClient
from tests.sheets_schema.protocol.small_spreadsheet import Tabs, left, spreadsheet


def scanned(tabs: Tabs, *wanted: type) -> list[list[object]]:
    client = PreparedClient(tabs)
    found = full_scan(client, wanted, client.deadline())
    return [[row if isinstance(row, SchemaMismatchError) else row.cells() for row in found[tab]] for tab in wanted]


def test_rows_come_as_they_stand_and_a_damaged_one_as_what_is_wrong_with_it() -> None:
    tabs = spreadsheet()
    tabs["Payments"] += [["p3", "ada", "much"], [], ["p5", "eve", 1], ["", "", "", "", "beside"]]
    client = PreparedClient(tabs)

    found = full_scan(client, [Payments, Balances], client.deadline())

    assert [str(row)[:24] for row in found[Payments] if isinstance(row, SchemaMismatchError)] == [
        "Tab “Payments”, row 4, c", "Tab “Payments”, row 5, c"
    ]  # fmt: skip
    assert [row.payment_id for row in found[Payments] if isinstance(row, Payments)] == ["p1", "p2", "p5"]
    assert len(found[Payments]) == 5
    assert (found[Payments].first_row, found[Payments].gone, found[Payments].opening) == (2, 0, [])
    assert [row.account for row in found[Balances]] == ["ada", "bob"]
    assert client.asked[1:] == [["'Control'!A1:B", "'Payments'!A1:D", "'Balances'!A1:B"]]


def test_a_tab_with_its_header_alone_has_no_rows_and_one_without_it_is_told() -> None:
    tabs = spreadsheet()
    assert scanned(spreadsheet(Payments=tabs["Payments"][:1]), Payments) == [[]]
    with pytest.raises(SchemaMismatchError, match="is missing"):
        scanned(spreadsheet(Payments=[]), Payments)


def test_a_row_with_nothing_but_what_people_have_beside_it_is_none_at_the_end() -> None:
    tabs = spreadsheet()
    beside: list[object] = ["", "", "", "", "mine"]

    assert scanned(spreadsheet(Payments=[tabs["Payments"][0], beside]), Payments) == [[]]
    assert len(scanned(spreadsheet(Payments=[*tabs["Payments"][:2], beside]), Payments)[0]) == 1


def test_a_tab_that_is_not_there_is_told_by_name() -> None:
    tabs = spreadsheet()
    del tabs["Accounts"]

    with pytest.raises(SchemaMismatchError, match="“Accounts” is missing"):
        scanned(tabs, Payments, Accounts)


def test_without_control_rows_are_read_as_if_none_had_left() -> None:
    tabs = left(2, 1)
    del tabs["Control"]

    [[first, *rest]] = scanned(tabs, Payments)

    assert isinstance(first, SchemaMismatchError)
    assert len(rest) == 1


@pytest.mark.parametrize(("blank", "blanks"), [(2, 2), (2, 1), (1, 1)])
def test_rows_that_have_left_are_told_with_what_stands_for_them(blank: int, blanks: int) -> None:
    client = PreparedClient(left(2, blank, blanks=blanks))

    found = full_scan(client, [Payments, Accounts], client.deadline())

    payments = found[Payments]
    assert [row.payment_id for row in payments] == ["p3"]
    assert (payments.gone, payments.first_row) == (2, 2 + blanks)
    assert [row.cells()["payment_id"] for row in payments.opening] == ["all"]
    assert (found[Accounts].gone, found[Accounts].first_row, found[Accounts].opening) == (0, 2, [])


def test_where_all_have_left_what_is_blank_is_no_row() -> None:
    client = PreparedClient(left(3, 2))

    payments = full_scan(client, [Payments], client.deadline())[Payments]

    assert (payments, payments.gone) == ([], 3)


def test_a_blank_row_below_those_that_have_left_is_one_that_is_damaged() -> None:
    tabs = left(1, 1)
    tabs["Payments"].insert(3, [])

    [[first, second, third]] = scanned(tabs, Payments)

    assert isinstance(second, SchemaMismatchError)
    assert "row 4" in str(second)
    assert isinstance(first, dict)
    assert isinstance(third, dict)


def test_where_none_have_left_the_opening_is_not_looked_at() -> None:
    assert len(scanned(spreadsheet(Opening=[["damaged"]]), Payments, Requests)[0]) == 2
