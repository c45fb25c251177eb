"""Unique keys hold whoever stages the second row, and the ready-made state finds what they name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheets_schema import InputTable, Ledger, Schema, SchemaMismatchError, Transaction, UniqueViolationError
from sheets_schema.advanced import EMBEDDED, InMemoryTables
from sheets_schema.engine.embedded_spreadsheet import open_embedded
from sheets_schema.errors import InvalidDeclarationError
from sheets_schema.schema.unique_index import UniqueIndex
from tests.sheets_schema.bank import Bank
from tests.sheets_schema.engine.test_commit_group import together


class Kind(StrEnum):
    IN = "in"
    OUT = "out"


class Entries(Ledger, tab="Entries", unique=("entry_id", ("account", "side"))):
    entry_id: str
    account: str = ""
    side: Kind = Kind.IN
    cents: int = 0


class Plain(Ledger, tab="Plain"):
    text: str


SCHEMA: Schema[Any] = Schema((Entries, Plain))


@pytest.fixture(scope="module")
def provisioned() -> Bank:
    return Bank(schema=SCHEMA).provision()


@pytest.fixture
def books(provisioned: Bank) -> Bank:
    return provisioned.copy()


def entry(entry_id: str, account: str = "", kind: Kind = Kind.IN, cents: int = 0) -> Callable[[Transaction[Any]], str]:
    def work(tx: Transaction[Any]) -> str:
        tx.add(Entries(entry_id=entry_id, account=account, side=kind, cents=cents))
        return "written"

    return work


def ids(bank: Bank) -> list[str]:
    return [row["entry_id"] for row in bank.rows("Entries")]


def test_a_second_row_with_the_same_key_is_refused_and_nothing_is_sent(books: Bank) -> None:
    process = books.process()
    process.run(entry("e1"))
    writes = process.door.writes
    with pytest.raises(UniqueViolationError, match=r"Tab “Entries”.*“entry_id” is declared unique") as error:
        process.run(entry("e1"))
    assert (error.value.tab, error.value.key) == ("Entries", {"entry_id": "e1"})
    assert process.door.writes == writes
    assert ids(books) == ["e1"]


def test_a_key_holds_while_the_lock_is_ours_and_nothing_is_read(books: Bank) -> None:
    process = books.process()
    process.run(entry("e0"), hold_lease=True)
    assert process.counting(lambda: process.run(entry("e1"), hold_lease=True)) == (0, 1)
    with pytest.raises(UniqueViolationError):
        process.run(entry("e1"), hold_lease=True)
    assert ids(books) == ["e0", "e1"]


def test_a_key_holds_after_a_restart_and_against_another_process(books: Bank) -> None:
    first, second = books.process(), books.process()
    second.run(lambda _: None)
    first.run(entry("e1"))
    for process in (second, books.process()):
        with pytest.raises(UniqueViolationError):
            process.run(entry("e1"))
    assert ids(books) == ["e1"]


def test_of_two_at_the_same_moment_in_two_processes_one_is_refused(books: Bank) -> None:
    ours, theirs = books.process(), books.process()
    ours.run(entry("e0"))
    books.age()
    ours.door.before[len(ours.door.sent) + 1] = lambda: theirs.run(entry("e1", cents=2))
    with pytest.raises(UniqueViolationError):
        ours.run(entry("e1", cents=1))
    assert [(row["entry_id"], row["cents"]) for row in books.rows("Entries")] == [("e0", 0), ("e1", 2)]


def test_of_two_works_of_one_group_the_second_fails_alone() -> None:
    bank = Bank(schema=SCHEMA, real_time=True, timing=EMBEDDED).provision()
    process = bank.process()

    def plain(tx: Transaction[Any]) -> str:
        tx.add(Plain(text="leader"))
        return "paid"

    # `together` leads with a payment, which this bank does not know: lead with a plain row.
    outcomes = together(process, entry("a"), entry("a"), entry("b"), lead=plain)
    assert isinstance(outcomes[1], UniqueViolationError)
    assert [outcomes[0], outcomes[2]] == ["written", "written"]
    assert ids(bank) == ["a", "b"]
    assert process.door.writes == 2


def test_a_work_that_meets_a_duplicate_may_go_on_and_only_its_own_rows_are_written(books: Bank) -> None:
    process = books.process()
    process.run(entry("e1"))

    def work(tx: Transaction[Any]) -> int:
        with pytest.raises(UniqueViolationError):
            tx.add_all([Entries(entry_id="e2"), Entries(entry_id="e1")])
        with pytest.raises(UniqueViolationError):
            tx.add_all([Entries(entry_id="e3"), Entries(entry_id="e3")])
        assert tx.get(Entries, entry_id="e2") is None
        tx.add_all([Entries(entry_id="e2"), Plain(text="both"), Entries(entry_id="e3")])
        return int(tx.state.count(Entries))

    assert process.run(work) == 3
    assert ids(books) == ["e1", "e2", "e3"]
    assert books.process().run(lambda tx: [row.text for row in tx.state.all(Plain)]) == ["both"]


def test_work_that_failed_or_was_discarded_has_taken_no_key(books: Bank) -> None:
    process = books.process()

    def failing(tx: Transaction[Any]) -> None:
        entry("e1")(tx)
        raise LookupError

    def trying(tx: Transaction[Any]) -> None:
        entry("e1")(tx)
        tx.rollback()

    with pytest.raises(LookupError):
        process.run(failing)
    process.run(trying)
    assert process.run(entry("e1")) == "written"


def test_a_key_of_several_columns_is_taken_as_a_whole_and_an_empty_cell_is_no_key(books: Bank) -> None:
    process = books.process()
    process.run(entry("1", "ada", Kind.IN))
    process.run(entry("2", "ada", Kind.OUT))
    process.run(entry("3", "", Kind.OUT))
    process.run(entry("4", "", Kind.OUT))
    with pytest.raises(UniqueViolationError, match="“account”, “side”"):
        books.process().run(entry("5", "ada", Kind.OUT))
    assert ids(books) == ["1", "2", "3", "4"]


def test_a_doubled_key_that_stands_in_the_sheet_is_named_with_both_its_rows(books: Bank) -> None:
    books.process().run(lambda tx: tx.add_all([Entries(entry_id="e1"), Entries(entry_id="e2")]))
    books.tab("Entries").update_acell("A3", "e1")
    with pytest.raises(
        SchemaMismatchError, match=r"“Entries”: row 3 has the same “entry_id” as row 2, and only one may"
    ):
        books.process().run(lambda _: None)


def test_a_key_that_is_doubled_below_what_is_known_already_is_named_as_well(books: Bank) -> None:
    running, other = books.process(), books.process()
    running.run(lambda tx: tx.add_all([Entries(entry_id="e1"), Entries(entry_id="e2")]))
    other.run(entry("e3"))
    books.tab("Entries").update_acell("A4", "e1")
    with pytest.raises(SchemaMismatchError, match=r"row 4 has the same “entry_id” as a row above row 4"):
        running.run(lambda _: None)


def test_a_commit_that_was_superseded_has_taken_no_key(books: Bank) -> None:
    """The work runs again: were its first try remembered, it would refuse itself."""
    ours, theirs = books.process(), books.process()
    ours.run(entry("e0"))
    books.age()
    ours.door.before[len(ours.door.sent) + 1] = lambda: theirs.run(entry("other"))
    assert ours.run(entry("e1")) == "written"
    assert ids(books) == ["e0", "other", "e1"]


def test_what_a_commit_checks_does_not_grow_with_the_ledger() -> None:
    counted: list[object] = []

    class Counted(str):
        __slots__ = ()

        def __hash__(self) -> int:
            counted.append(self)
            return super().__hash__()

        def __eq__(self, other: object) -> bool:
            counted.append(self)
            return super().__eq__(other)

    class Counting(Ledger, tab="Counting", unique=("name",)):
        name: Any

    def cost(rows: int) -> int:
        keys = UniqueIndex()
        keys.add_all(Counting(name=f"n{number}") for number in range(rows))
        layer = keys.fork()
        row = Counting.model_construct(name=Counted("new"))
        counted.clear()
        layer.add(row)
        keys.merge(layer)
        return len(counted)

    assert cost(10_000) == cost(10)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xy"), st.booleans()), max_size=20))
def test_layers_of_keys_take_what_a_set_would(steps: list[tuple[str, str, bool]]) -> None:
    keys, known = UniqueIndex(), set()
    for entry_id, account, kept in steps:
        layer, row = keys.fork(), Entries(entry_id=entry_id, account=account)
        free = ("id", entry_id) not in known and ("account", account) not in known
        try:
            layer.add(row)
        except UniqueViolationError:
            assert not free
            continue
        assert free
        if kept:
            keys.merge(layer)
            known |= {("id", entry_id), ("account", account)}


# The ready-made state


def test_rows_are_found_by_key_and_by_predicate_also_those_just_staged(books: Bank) -> None:
    process = books.process()
    process.run(lambda tx: tx.add_all([Entries(entry_id="1", account="ada", cents=5), Entries(entry_id="2", cents=7)]))

    def look(tx: Transaction[InMemoryTables]) -> None:
        entry("3", "bob", cents=9)(tx)
        assert tx.get(Entries, entry_id="2") == Entries(entry_id="2", cents=7)
        assert tx.get(Entries, side="in", account="bob") == Entries(entry_id="3", account="bob", cents=9)
        assert tx.get(Entries, entry_id="none") is None
        assert [row.entry_id for row in tx.state.where(Entries, lambda row: row.cents > 5)] == ["2", "3"]
        tx.rollback()

    process.run(look)
    for each in (process, books.process()):
        assert each.run(lambda tx: [row.entry_id for row in tx.state.all(Entries)]) == ["1", "2"]
        assert each.run(lambda tx: tx.get(Entries, entry_id="3")) is None
        assert each.run(lambda tx: tx.state.count(Plain)) == 0


@pytest.mark.parametrize("key", [{}, {"cents": 5}, {"account": "ada"}, {"entry_id": "1", "cents": 5}])
def test_only_a_declared_key_finds(key: dict[str, Any]) -> None:
    with pytest.raises(InvalidDeclarationError, match="not declared as a unique key"):
        InMemoryTables().get(Entries, **key)


def test_keys_are_declared_of_fields_that_exist_and_on_ledgers_only() -> None:
    with pytest.raises(InvalidDeclarationError, match="names no fields"):

        class Wrong(Ledger, tab="Wrong", unique=("nothing",)):
            name: str

    with pytest.raises(InvalidDeclarationError, match="ledgers only"):

        class Shape(InputTable, tab="Shape", unique=("name",)):
            name: str

    with pytest.raises(InvalidDeclarationError, match="a tuple"):

        class Letters(Ledger, tab="Letters", unique="name"):
            name: str


def test_a_key_that_is_declared_later_holds_from_then_on(books: Bank) -> None:
    class Unique(Ledger, tab="Plain", unique=("text",)):
        text: str

    books.process().run(lambda tx: tx.add(Plain(text="a")))
    process = books.process(schema=replace(SCHEMA, tables=(Entries, Unique)))
    with pytest.raises(UniqueViolationError):
        process.run(lambda tx: tx.add(Unique(text="a")))


def test_the_embedded_spreadsheet_is_found_again_in_its_file(tmp_path: Any) -> None:
    first, second = open_embedded(tmp_path / "bank.db"), open_embedded(tmp_path / "bank.db")
    assert first.spreadsheet_id == second.spreadsheet_id
    assert open_embedded().spreadsheet_id != first.spreadsheet_id
