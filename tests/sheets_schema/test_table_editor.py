"""What the service may do to a form by key: find, look through, update what it computes, take rows out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sheets_schema import InputRow, SchemaMismatchError, Transaction
from sheets_schema.advanced import TableEditor
from sheets_schema.errors import InvalidDeclarationError, InvalidValueError
from tests.sheets_schema.bank import Bank, Captured, Process, Requests, looking

WISHES: list[list[str | int | bool]] = [
    ["ada", 5, "LOW", False, "", "her note"],
    ["bob", 60, "HIGH", True],
    ["eve", 7, "LOW", True],
    ["dan", 80, "HIGH", False],
]


@pytest.fixture
def asked(bank: Bank) -> Bank:
    bank.tab("Requests").update(WISHES, "A2", raw=True)
    bank.tab("Requests").update_acell("F1", "mine")
    return bank


def on_form(process: Process, act: Callable[[TableEditor], Any]) -> Any:
    return process.run(lambda tx: act(tx.table(Requests)), reads=[Requests])


def accounts(bank: Bank) -> list[str]:
    return [row["Account"] for row in bank.rows("Requests")]


def test_a_row_is_found_by_what_stands_in_it(asked: Bank) -> None:
    def look(table: TableEditor) -> list[int | None]:
        found = [table.find(account="eve"), table.find(cents=60), table.find(account=" dan ", urgency="HIGH")]
        return [*(row.number if row else None for row in found), table.find(account="eve", cents=60)]  # type: ignore[list-item]

    assert on_form(asked.process(), look) == [4, 3, 5, None]


def test_two_rows_of_one_key_are_for_people_to_sort_out(asked: Bank) -> None:
    asked.tab("Requests").update_acell("A4", "bob")
    process = asked.process()
    with pytest.raises(SchemaMismatchError, match="Tab “Requests”: rows 3, 4 have the same “Account”"):
        on_form(process, lambda table: table.delete_one(account="bob"))
    assert process.door.writes == 0


@pytest.mark.parametrize("key", [{}, {"nothing": 1}])
def test_a_key_is_made_of_declared_columns(asked: Bank, key: dict[str, object]) -> None:
    with pytest.raises(InvalidDeclarationError, match="is no key"):
        on_form(asked.process(), lambda table: table.find(**key))


def test_a_predicate_sees_checked_models(asked: Bank) -> None:
    def look(table: TableEditor) -> list[tuple[int, str]]:
        found = table.where(Requests, lambda wish: not wish.approved and (wish.cents or 0) > 4)
        return [(row.number, wish.account) for row, wish in found]

    assert on_form(asked.process(), look) == [(2, "ada"), (5, "dan")]


def test_a_row_that_cannot_be_read_is_named_and_not_left_out(asked: Bank) -> None:
    asked.tab("Requests").update_acell("B4", "a lot")
    with pytest.raises(SchemaMismatchError, match=r"Tab “Requests”, row 4, column “Cents”: .*Correct the cell"):
        on_form(asked.process(), lambda table: table.where(Requests, lambda _: True))
    with pytest.raises(InvalidDeclarationError, match="this is Requests"):
        on_form(asked.process(), lambda table: table.where(Captured, lambda _: True))


def test_computed_columns_are_updated_by_key_and_nothing_else(asked: Bank) -> None:
    process = asked.process()
    assert on_form(process, lambda table: table.update({"account": "eve"}, answer="granted")) is True
    assert on_form(process, lambda table: table.update({"account": "nobody"}, answer="granted")) is False
    with pytest.raises(InvalidDeclarationError, match="belong to people"):
        on_form(process, lambda table: table.update({"account": "eve"}, cents=1))
    with pytest.raises(InvalidValueError):
        on_form(process, lambda table: table.update({"account": "eve"}, answer="x" * 50_001))
    assert [row["Answer"] for row in asked.rows("Requests")] == ["", "", "granted", ""]


def test_a_row_is_deleted_by_key_wherever_people_have_sorted_it(asked: Bank) -> None:
    process = asked.process()
    on_form(process, lambda table: table.find(account="eve"))
    sheet_id = asked.sheet_id("Requests")
    area = {"sheetId": sheet_id, "startRowIndex": 1, "endRowIndex": 5, "startColumnIndex": 0, "endColumnIndex": 7}
    asked.batch({"sortRange": {"range": area, "sortSpecs": [{"dimensionIndex": 1, "sortOrder": "DESCENDING"}]}})
    assert accounts(asked) == ["dan", "bob", "eve", "ada"]
    assert on_form(process, lambda table: table.delete_one(account="eve")) is True
    assert on_form(process, lambda table: table.delete_one(account="eve")) is False
    assert accounts(asked) == ["dan", "bob", "ada"]
    assert asked.rows("Requests")[2]["mine"] == "her note"


def test_a_row_that_an_earlier_operation_has_read_cannot_be_deleted(asked: Bank) -> None:
    process = asked.process()
    kept: list[InputRow] = []
    on_form(process, lambda table: kept.extend(table.rows[:1]))
    with pytest.raises(InvalidDeclarationError, match="has just read"):
        on_form(process, lambda table: table.delete(kept))
    assert process.door.writes == 0
    assert accounts(asked) == ["ada", "bob", "eve", "dan"]


def test_several_rows_leave_together_and_the_right_ones(asked: Bank) -> None:
    def act(table: TableEditor) -> None:
        gone = [row for row, wish in table.where(Requests, lambda wish: wish.account != "eve")]
        table.update({"account": "eve"}, answer="stays")
        table.delete([*gone, gone[0]])

    on_form(asked.process(), act)
    assert [(row["Account"], row["Answer"]) for row in asked.rows("Requests")] == [("eve", "stays")]


def test_all_rows_of_a_form_that_is_full_can_be_deleted(asked: Bank) -> None:
    asked.tab("Requests").resize(rows=5)
    on_form(asked.process(), lambda table: table.delete(table.rows))
    assert accounts(asked) == []
    asked.process().pay("p1")


@pytest.mark.parametrize("frozen", [0, 1, 2, 3])
@pytest.mark.parametrize("known", ["before the process begins", "while it runs"])
def test_all_rows_can_be_deleted_however_many_a_person_has_frozen(asked: Bank, frozen: int, known: str) -> None:
    asked.tab("Requests").resize(rows=5)
    process = asked.process()
    if known == "while it runs":
        process.run(looking)
    asked.tab("Requests").freeze(rows=frozen)
    on_form(process, lambda table: table.delete(table.rows))
    assert accounts(asked) == []
    assert on_form(process, lambda table: len(table.rows)) == 0


@pytest.mark.parametrize(
    "later",
    [
        lambda tx: tx.table(Requests).append([{"account": "new"}]),
        lambda tx: tx.table(Requests).write(tx.table(Requests).rows[0], answer="wrong row"),
        lambda tx: tx.table(Requests).delete(tx.table(Requests).rows[:1]),
        lambda tx: tx.move_rows(Requests, into=Captured),
    ],
)
def test_nothing_is_written_by_number_once_rows_have_moved(
    asked: Bank, later: Callable[[Transaction[Any]], None]
) -> None:
    def work(tx: Transaction[Any]) -> None:
        tx.table(Requests).delete_one(account="bob")
        later(tx)

    process = asked.process()
    with pytest.raises(InvalidDeclarationError, match="its rows have moved"):
        process.run(work, reads=[Requests, Captured])
    assert process.door.writes == 0


def test_a_deletion_that_was_superseded_looks_again(asked: Bank) -> None:
    """The form is read anew for the second try: rows may have moved meanwhile."""
    process, other = asked.process(), asked.process()
    process.pay("p0")

    def meanwhile() -> None:
        other.pay("p1")
        asked.batch(
            {
                "deleteDimension": {
                    "range": {
                        "sheetId": asked.sheet_id("Requests"),
                        "dimension": "ROWS",
                        "startIndex": 1,
                        "endIndex": 2,
                    }
                }
            }
        )

    process.door.before[len(process.door.sent) + 1] = meanwhile
    assert on_form(process, lambda table: table.delete_one(account="eve")) is True
    assert accounts(asked) == ["bob", "dan"]
    asked.check()
