"""Declarations as SQL tables: names, kinds of column, and what any dialect makes of them."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum, IntEnum, StrEnum
from typing import Annotated, Any, Literal

import pytest
import sqlalchemy as sa
from pydantic import AfterValidator, Field
from sqlalchemy.dialects import registry
from sqlalchemy.schema import CreateIndex, CreateTable

from npta.services import make_schema
from npta.settings import Settings
from sheets_schema import Ledger
from sheets_schema.replicate.sql_tables import MAX_NAME, kind_of, sql_ledgers, sql_name
from tests.sheets_schema.replicate.shop import Sale, Shop, Visit
from tests.support import ENVIRONMENT


class Level(IntEnum):
    LOW = 1


class Word(StrEnum):
    YES = "yes"


class Mixed(Enum):
    ONE = 1
    TWO = "two"


@pytest.mark.parametrize(
    ("annotation", "kind"),
    [
        (str, "text"),
        (str | None, "text"),
        (Annotated[str, Field(max_length=3)], "text"),
        (Annotated[str | None, AfterValidator(str)] | None, "text"),
        (Word, "text"),
        (Literal["a", "b"], "text"),
        (Literal[Word.YES, "b"], "text"),
        (int, "integer"),
        (Annotated[int, Field(ge=0)] | None, "integer"),
        (Level, "integer"),
        (float, "number"),
        (int | float | None, "number"),
        (bool, "boolean"),
        (datetime, "time"),
        (datetime | None, "time"),
        (bool | int, "json"),
        (int | str, "json"),
        (Mixed, "json"),
        (Any, "json"),
        (date, "json"),
        (object, "json"),
    ],
)
def test_a_column_is_of_the_kind_that_holds_every_value_of_its_field(annotation: Any, kind: str) -> None:
    assert kind_of(annotation) == kind


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Key Ledger", "key_ledger"),
        ("SKU", "sku"),
        ("  paid? (in €) ", "paid_in"),
        ("Zahlungen für Öl", "zahlungen_für_öl"),
        ("2026", "2026"),
        ('a"; DROP TABLE x; --', "a_drop_table_x"),
    ],
)
def test_a_title_becomes_what_sql_people_would_write(text: str, name: str) -> None:
    assert sql_name(text) == name


def test_names_that_would_be_the_same_or_too_long_are_told_apart() -> None:
    class One(Ledger, tab="Sales!"):
        a: str = ""
        b: str = Field(default="", alias="A?")
        c: str = Field(default="", alias="row")
        d: str = Field(default="", alias="!?")
        e: str = Field(default="", alias="committed at")
        f: str = Field(default="", alias="ü" * 80)

    class Other(Ledger, tab="replica state"):
        a: str = ""

    made = sql_ledgers([Sale, One, Other], {})
    assert made[0].name == "sales"
    assert len({ledger.name for ledger in made} | {"replica_state"}) == 4
    names = [column.name for column in made[1].table.columns]
    assert len(set(names)) == len(names)
    assert all(len(name.encode()) <= MAX_NAME for name in names)
    assert [column.name for column in made[1].columns][:1] == ["a"]


DIALECTS = ("sqlite", "postgresql", "mysql", "oracle", "mssql")


@pytest.mark.parametrize("name", DIALECTS)
def test_every_dialect_that_sqlalchemy_brings_has_words_for_the_tables(name: str) -> None:
    dialect = registry.load(name)()
    ledgers = make_schema(Settings.load(ENVIRONMENT)).all_ledgers
    for ledger in sql_ledgers([*ledgers, Sale, Visit], {}):
        made = str(CreateTable(ledger.table).compile(dialect=dialect))
        assert all(column.name in made for column in ledger.table.columns)
        assert all(str(CreateIndex(index).compile(dialect=dialect)) for index in ledger.indexes())


def test_a_key_that_the_database_will_not_have_is_said_and_the_rest_is_copied(shop: Shop) -> None:
    shop.sell(2)
    replicator = shop.replicator()

    def refuse(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> tuple[str, Any]:
        return statement.replace("CREATE UNIQUE INDEX sales", "CREATE UNIQUE NOTHING sales"), parameters

    sa.event.listen(replicator.store.engine, "before_cursor_execute", refuse, retval=True)
    assert replicator.copy().rows["sales"] == 2
    replicator.close()
    told = [line.partition("key of ")[2] for line in shop.said if "keeps no unique key" in line]
    assert [line.partition(":")[0] for line in told] == ["sale_id", "till, number"]
    assert all("NOTHING" in line for line in told)
    assert shop.differences() == {}
