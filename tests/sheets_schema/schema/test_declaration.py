"""Which words may be columns, and what a declaration must say."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, Field

from sheets_schema import Database, InputTable, InternalTable, Ledger, Schema, View
from sheets_schema.errors import InvalidDeclarationError
from sheets_schema.schema.tables import Tab

KINDS: list[type[Tab]] = [Ledger, View, InputTable, InternalTable]


@pytest.mark.parametrize(
    "name", ["cells", "check_cells", "columns", "copy", "json", "model_fields", "register", "schema"]
)
@pytest.mark.parametrize("kind", KINDS)
def test_a_field_that_would_hide_what_the_base_classes_define_is_refused_by_name(kind: type[Tab], name: str) -> None:
    for default in ({}, {name: ""}):
        with pytest.raises(InvalidDeclarationError, match=f"Clashing: '{name}' means something"):
            type("Clashing", (kind,), {"__annotations__": {name: str}, **default}, tab="Clashing")


def test_a_field_of_a_mixin_and_a_method_are_refused_alike() -> None:
    class Mixin(BaseModel):
        columns: str = ""

    with pytest.raises(InvalidDeclarationError, match="'columns'"):

        class Mixed(Mixin, Ledger, tab="Mixed"):
            name: str

    with pytest.raises(InvalidDeclarationError, match="'cells'"):

        class Overriding(Ledger, tab="Overriding"):
            name: str

            def cells(self) -> dict[str, Any]:
                return {}


def test_the_advice_that_the_error_gives_works() -> None:
    class Advised(Ledger, tab="Advised"):
        columns_: str = Field(alias="columns")

    db = Database("sqlite://", tables=[Advised])
    db.provision()
    db.run(lambda tx: tx.add(Advised(columns_="A to C")))
    assert db.scan()[Advised] == [Advised(columns_="A to C")]
    assert [column.header for column in Advised.columns()] == ["columns"]


class Book(Ledger, tab="Books", unique=("title",), display_key="title", hidden=True):
    title: str
    kind: str = "novel"
    hidden: bool = False
    unique: int = 1
    display_key: str = ""
    tab: str = ""
    name: str = ""
    table: str = ""
    commit: str = ""


class Shelf(InputTable, tab="Shelves"):
    title: str = ""
    kind: str | None = None
    hidden: bool = False


def test_ordinary_words_are_columns_like_any_other() -> None:
    db = Database("sqlite://", tables=[Book, Shelf])
    db.provision()
    assert db.diff().steps == []
    book = Book(title="Emma", kind="roman", hidden=True, unique=2, display_key="d", tab="t", table="x", commit="c")
    db.run(lambda tx: tx.add(book))
    fresh = Database(db.client, tables=[Book, Shelf], timing=db.timing)
    with fresh.read(reads=[Shelf]) as tx:
        assert tx.get(Book, title="Emma") == book
        assert tx.where(Book, kind="roman", hidden=True) == [book]
        assert tx.table(Shelf).rows == ()
    assert (Book.__table__.title, Book.__table__.hidden, Book.__table__.kind) == ("Books", True, "ledger")
    assert fresh.scan([Book])[Book] == [book]


def test_what_a_class_says_of_its_tab_is_handed_down() -> None:
    class Later(Book, tab="Later books"):
        year: int = 0

    assert Later.__table__.unique == (("title",),)
    assert (Later.__table__.title, Later.__table__.hidden, Later.__table__.display_key) == (
        "Later books",
        False,
        "title",
    )
    assert Book.__table__.title == "Books"


def test_a_table_without_a_tab_and_a_view_without_its_function_are_refused() -> None:
    class Nameless(Ledger):
        text: str

    class Lonely(View, tab="Lonely"):
        text: str

    with pytest.raises(InvalidDeclarationError, match="Nameless names no tab"):
        Database("sqlite://", tables=[Nameless])
    with pytest.raises(InvalidDeclarationError, match="rows of Lonely: name it in `views`"):
        Database("sqlite://", tables=[Lonely])
    assert [tab.__table__.title for tab in Schema((), views={Lonely: lambda *_: ()}).tabs] == [
        "Lonely",
        "Control",
        "Commit Log",
    ]
