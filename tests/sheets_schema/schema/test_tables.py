"""Declarations, and how they are bound to whatever people have made of the header."""

from __future__ import annotations

from typing import Any

import pytest

from sheets_schema import Ledger, Schema, SchemaMismatchError, Transaction
from sheets_schema.errors import InvalidDeclarationError
from sheets_schema.protocol.a1 import column_letters, last_row_of, open_range, quoted
from sheets_schema.schema.tables import Binding, Tab, read_row
from tests.sheets_schema.bank import Accounts, Bank, Books, Payments, Requests, cells_of


@pytest.mark.parametrize(("index", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_columns_are_lettered_as_in_the_sheet(index: int, letters: str) -> None:
    assert column_letters(index) == letters


def test_a_ledger_is_known_by_one_of_its_own_columns() -> None:
    with pytest.raises(InvalidDeclarationError, match="display_key 'payer' names no field"):

        class Bills(Ledger, tab="Bills", display_key="payer"):
            bill: str


def test_titles_are_quoted_and_echoes_tell_the_last_row() -> None:
    assert quoted("It's here") == "'It''s here'"
    assert open_range("A!b", 5, 3) == "'A!b'!A5:C"
    assert last_row_of("'A!b'!A5:C1000") == 1000
    assert last_row_of("Sheet1!A7") == 7


def test_moved_and_extra_columns_are_fine() -> None:
    binding = Binding.of(Accounts, ["mine", " Owner ", None, "Account no."])
    assert binding.index == {"account": 3, "owner": 1}
    assert binding.width == 4
    assert binding.pick(["x", "Ada"]) == {"owner": "Ada"}


def test_a_missing_header_is_named_with_tab_and_remedy() -> None:
    with pytest.raises(SchemaMismatchError) as error:
        Binding.of(Accounts, ["Account no.", "Owners"])
    assert str(error.value) == (
        "Tab “Accounts”, row 1: the header “Owner” is missing (found: “Account no.”, “Owners”). If it was renamed or "
        "deleted, write it back exactly so; other columns may stay where they are."
    )
    assert error.value.tab == "Accounts"


def test_a_doubled_header_is_named_with_tab_and_remedy() -> None:
    with pytest.raises(SchemaMismatchError) as error:
        Binding.of(Accounts, ["Account no.", "Owner", "Owner"])
    assert str(error.value) == (
        "Tab “Accounts”, row 1: the header “Owner” stands there more than once. "
        "Rename or delete the column that does not belong."
    )


def test_a_doubled_header_of_a_persons_own_column_is_fine() -> None:
    assert Binding.of(Accounts, ["x", "x", "Owner", "Account no."]).index["owner"] == 2


def test_a_damaged_row_is_named_by_tab_row_and_column_and_its_content_is_not_told() -> None:
    binding = Binding.of(Payments, ["payment_id", "account", "cents", "note"])
    with pytest.raises(SchemaMismatchError) as error:
        read_row(Payments, binding, ["p", "a", "secret", ""], 7)
    assert "Tab “Payments”, row 7, column “cents”" in str(error.value)
    assert "Version history" in str(error.value)
    assert "secret" not in str(error.value)


def test_a_tab_of_no_kind_is_a_mistake_of_the_declaration() -> None:
    with pytest.raises(InvalidDeclarationError, match="derive from Ledger"):

        class Wrong(Tab, tab="Wrong"):
            text: str


def test_two_columns_of_one_header_are_a_mistake_of_the_declaration() -> None:
    from pydantic import Field  # noqa: PLC0415 — used here only

    class Twice(Ledger, tab="Twice"):
        one: str = Field(alias="same")
        other: str = Field(alias="same")

    with pytest.raises(InvalidDeclarationError, match="a header of its own"):
        Twice.columns()


def test_two_tabs_of_one_title_are_a_mistake_of_the_declaration() -> None:
    class Upper(Ledger, tab="PAYMENTS"):
        text: str

    with pytest.raises(InvalidDeclarationError, match="same title"):
        Schema((Payments, Upper))


def test_a_header_that_a_person_renamed_in_a_ledger_stops_work_until_it_is_back(bank: Bank) -> None:
    process = bank.process()
    process.pay("p1")
    bank.age()
    bank.tab("Payments").update_acell("C1", "amount")
    with pytest.raises(SchemaMismatchError, match="Tab “Payments”, row 1: the header “cents” is missing"):
        process.pay("p2")
    bank.tab("Payments").update_acell("C1", "cents")
    assert process.pay("p2") == "paid"
    bank.check()


def test_a_damaged_row_in_a_ledger_stops_a_fresh_process_with_its_place(bank: Bank) -> None:
    bank.process().pay("p1")
    bank.tab("Payments").update_acell("C2", "a lot")
    with pytest.raises(SchemaMismatchError, match="Tab “Payments”, row 2, column “cents”"):
        bank.process().pay("p2")


def test_after_columns_of_a_ledger_were_moved_rows_go_under_their_headers_and_a_persons_column_stays(
    bank: Bank,
) -> None:
    process = bank.process()
    process.pay("p1")
    sheet = bank.sheet_id("Payments")
    move = {"source": {"sheetId": sheet, "dimension": "COLUMNS", "startIndex": 2, "endIndex": 3}, "destinationIndex": 0}
    insert = {"range": {"sheetId": sheet, "dimension": "COLUMNS", "startIndex": 2, "endIndex": 3}}
    bank.batch({"moveDimension": move}, {"insertDimension": insert})
    bank.tab("Payments").update([["checked"], ["yes"], ["soon"], ["later"]], "C1")
    assert bank.process().pay("p2", "bob", 7) == "paid"
    assert process.pay("p3", "eve", 8) == "paid"
    assert bank.grid("Payments")[0][:5] == ["cents", "payment_id", "checked", "account", "note"]
    assert cells_of(bank.rows("Payments"), "payment_id", "account", "cents", "checked") == [
        ("p1", "ada", 100, "yes"),
        ("p2", "bob", 7, "soon"),
        ("p3", "eve", 8, "later"),
    ]
    bank.check()


def test_columns_that_a_person_inserted_do_not_push_ours_out_of_sight(bank: Bank) -> None:
    process = bank.process()
    process.pay("p1")
    sheet = bank.sheet_id("Payments")
    for title in ("Payments", "Requests"):
        sheet = bank.sheet_id(title)
        many = {"range": {"sheetId": sheet, "dimension": "COLUMNS", "startIndex": 0, "endIndex": 6}}
        bank.batch({"insertDimension": many})
    bank.tab("Requests").update([["ada"]], "G2")

    def work(tx: Transaction[Books]) -> str:
        tx.add(Payments(payment_id="p2", account="ada", cents=1))
        return tx.table(Requests).rows[0].text("account")

    assert process.run(work, reads=[Requests]) == "ada"
    assert process.run(lambda tx: sorted(tx.state.payments)) == ["p1", "p2"]
    assert bank.process().run(lambda tx: sorted(tx.state.payments)) == ["p1", "p2"]
    bank.check()


def test_fields_are_written_under_headers_that_differ_from_their_names(bank: Bank) -> None:
    def work(tx: Transaction[Any]) -> None:
        tx.add(Accounts(account="ada", owner="Ada"))

    bank.process().run(work)
    assert bank.rows("Accounts")[0]["Account no."] == "ada"
    assert bank.process().run(lambda tx: dict(tx.state.owners)) == {"ada": "Ada"}
