"""What a copy holds, run by run."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256

import pytest
from pydantic import Field

from sheets_schema import Ledger, Schema
from sheets_schema.advanced import Migration
from sheets_schema.errors import ReplicationError
from tests.sheets_schema.replicate.shop import Sale, Shop, Size, Visit

ODD = [
    "0012",
    "=1+1",
    "1-2",
    "6855909900591234",
    " edge ",
    "line\nbreak",
    "it's “quoted” \\ %s :name",
    "🗝 é",
    "null",
    "\t",
]


def test_every_kind_of_value_comes_back_as_it_was(shop: Shop) -> None:
    moment = datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=UTC)
    sales = [
        Sale(sale_id="full", till="t", number=2**53, secret="k", size=Size.LARGE, kind="card", price=0.1, is_paid=True, at=moment, note="n", row="r"),
        Sale(sale_id="bare"),
        *(Sale(sale_id=f"odd{number}", till=text, number=number, secret=text, note=text) for number, text in enumerate(ODD)),
        *(Sale(sale_id=f"any{number}", note=note) for number, note in enumerate([3, 2.5, True, False, "3", "TRUE", None])),
        Sale(sale_id="numbers", number=-(2**53), price=-0.0),
        Sale(sale_id="big", price=1.7976931348623157e308, secret="x" * 50_000),
    ]  # fmt: skip
    shop.db.run(lambda tx: tx.add_all(sales))
    shop.copy()
    assert shop.models(Sale) == sales
    assert shop.differences() == {}


def test_a_nul_is_shown_by_a_sign_and_said_since_no_two_databases_treat_it_alike(shop: Shop) -> None:
    shop.sell(secret="a\x00b")
    shop.sell(note="c\x00")
    shop.copy()
    assert [line for line in shop.said if "NUL" in line] == [
        f"table sales, row {number}: a NUL character is copied as ␀" for number in (1, 2)
    ]
    assert shop.sql("SELECT secret FROM sales WHERE row = 1") == [("a␀b",)]
    assert shop.differences() == {}
    shop.sell()
    shop.copy()
    assert shop.said == []


def test_tables_have_types_keys_and_what_each_row_owes_to_its_commit(shop: Shop) -> None:
    shop.sell(2)
    shop.db.run(lambda tx: tx.add(Visit(who="bob")), operation="visit", actor="carol")
    shop.copy()
    assert shop.sql("SELECT row, commit_version, committed_by, commit_operation FROM sales ORDER BY row") == [
        (1, 1, "ada", "sell"),
        (2, 1, "ada", "sell"),
    ]
    # A header that is called like a column of ours gets another name.
    ((who, commit),) = shop.sql(
        "SELECT v.commit_id_"
        + _digest("commit_id")
        + ", l.version FROM visits v JOIN commit_log l ON l.version = v.commit_version"
    )
    assert (who, commit) == ("bob", 2)
    assert [row for (row,) in shop.sql("SELECT row FROM commit_log ORDER BY row")] == [1, 2, 3]
    assert dict(shop.sql("SELECT column_name, kind FROM replica_columns WHERE table_name = 'sales'")) == {
        "sale_id": "text",
        "till": "text",
        "number": "integer",
        "secret": "text",
        "size": "text",
        "kind": "text",
        "price": "number",
        "paid": "boolean",
        "at": "time",
        "note": "json",
        "row_" + _digest("row"): "text",
    }
    for statement in (
        "INSERT INTO sales (row, sale_id) VALUES (1, 'other')",
        "INSERT INTO sales (row, sale_id) VALUES (9, 's0'), (10, 's0')",
        "INSERT INTO sales (row, till, number) VALUES (9, 't', 1), (10, 't', 1)",
    ):
        with pytest.raises(Exception, match=r"(?i)unique"):
            shop.sql(statement)


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:8]


def test_notes_are_comments_or_it_is_said_that_there_are_none(shop: Shop) -> None:
    shop.copy()
    told = [line for line in shop.said if "comments" in line]
    if "postgresql" in shop.url:
        assert told == []
        assert shop.sql("SELECT col_description('sales'::regclass::oid, 2), obj_description('sales'::regclass)") == [
            ("Sale ID: as the till prints it", "Tab “Sales”")
        ]
    else:
        assert told == ["sqlite has no comments on tables: what their columns are stands in the table replica_columns"]
    assert shop.sql("SELECT header, note FROM replica_columns WHERE column_name = 'sale_id'") == [
        ("Sale ID", "as the till prints it")
    ]


def test_a_run_copies_what_is_new_and_with_nothing_new_costs_one_call(shop: Shop) -> None:
    shop.sell(3)
    assert shop.copy().rows == {"commit_log": 2, "sales": 3}
    replicator = shop.replicator()
    assert replicator.copy().total == 0
    assert replicator.client.reads == 1
    shop.sell()
    assert replicator.copy().rows == {"commit_log": 1, "sales": 1}
    assert (replicator.client.reads, replicator.client.writes) == (2, 0)
    replicator.close()
    assert shop.said == []
    assert shop.differences() == {}


def test_a_spreadsheet_without_a_fact_is_copied_once_too(shop: Shop) -> None:
    assert [shop.copy().rows for _ in range(2)] == [{"commit_log": 1}, {}]
    shop.sell()
    assert shop.copy().rows == {"commit_log": 1, "sales": 1}


def test_moved_and_wider_tabs_are_read_on(shop: Shop) -> None:
    shop.sell()
    shop.copy()
    shop.person.move_column("Sales", 0, 4)
    shop.person.insert_column("Sales", 1)
    shop.sell(1500, note="n")
    assert shop.copy().rows == {"commit_log": 1, "sales": 1500}
    assert shop.differences() == {}


class WiderSale(Sale, tab="Sales"):
    """The same ledger with a column more."""

    discount: int = Field(default=0, description="in cents")


class Refund(Ledger, tab="Refunds"):
    refund_id: str


def test_a_column_and_a_ledger_that_are_declared_later_are_added_with_what_they_hold(shop: Shop) -> None:
    shop.sell(3)
    shop.copy()
    shop.sql("CREATE VIEW paid AS SELECT * FROM sales")

    def discounts(migration: Migration) -> None:
        migration.add_column("Sales", "discount", lambda row: len(str(row["Sale ID"])))

    wider = Schema((WiderSale, Refund, Visit), version=2, migrations={2: discounts})
    db = shop.opened(wider)
    db.provision()
    db.run(lambda tx: tx.add(WiderSale(sale_id="later", discount=7)))
    copied = shop.copy(schema=wider)
    assert copied.rows["sales"] == 4  # all of them anew: the migration has filled the column
    assert "table sales: column discount added" in shop.said
    sales = shop.sql("SELECT sale_id, discount FROM sales ORDER BY row")
    assert [discount for _, discount in sales] == [len(name) for name, _ in sales[:3]] + [7]
    assert shop.differences(schema=wider) == {}
    assert shop.copy(schema=wider).total == 0
    assert len(shop.sql("SELECT * FROM paid")) == 4
    with pytest.raises(Exception, match="schema version 2"):
        shop.copy()


def test_a_column_whose_type_has_changed_is_refused(shop: Shop) -> None:
    class TextSale(Sale, tab="Sales"):
        price: str = ""  # type: ignore[assignment]  # that is the change

    shop.copy()
    with pytest.raises(ReplicationError, match=r"price of table sales holds numbers, and is declared as text now"):
        shop.copy(schema=Schema((TextSale, Visit)))


def test_a_migration_may_rewrite_rows_so_all_of_them_are_copied_anew(shop: Shop) -> None:
    shop.sell(2, till="old")
    shop.copy()

    def rewrite(migration: Migration) -> None:
        cell = {"userEnteredValue": {"stringValue": "new"}}
        start = {"sheetId": migration.tabs["Sales"].sheet.sheet_id, "rowIndex": 1, "columnIndex": 1}
        request = {"updateCells": {"start": start, "rows": [{"values": [cell]}], "fields": "userEnteredValue"}}
        migration.request("rename the first till", request)

    schema = Schema((Sale, Visit), version=2, migrations={2: rewrite})
    shop.opened(schema).provision()
    assert shop.copy(schema=schema).rows == {"commit_log": 3, "sales": 2}
    assert shop.sql("SELECT till FROM sales ORDER BY row") == [("new",), ("old",)]
    assert shop.copy(schema=schema).total == 0
    assert shop.differences(schema=schema) == {}


def test_a_tab_with_another_title_keeps_the_commits_of_its_rows(shop: Shop) -> None:
    class Call(Ledger, tab="Calls"):
        who: str = Field(alias="commit_id")

    shop.db.run(lambda tx: tx.add(Visit(who="bob")), actor="bob")
    shop.sell()
    schema = Schema((Sale, Call), version=2, migrations={2: lambda migration: migration.rename_tab("Visits", "Calls")})
    shop.copy()
    shop.opened(schema).provision()
    shop.copy(schema=schema)
    assert shop.sql("SELECT commit_version, committed_by FROM calls") == [(1, "bob")]
    assert "table visits belongs to no ledger any more: it stays as it was when it did" in shop.said
    assert shop.differences(schema=schema) == {}


class NarrowSale(Ledger, tab="Sales", unique=("sale_id",)):
    """The same ledger with columns fewer."""

    sale_id: str = Field(alias="Sale ID")
    till: str = ""


def test_columns_and_ledgers_that_are_declared_no_more_stay_and_come_back_whole(shop: Shop) -> None:
    narrow = Schema((NarrowSale,))
    shop.sell(2, secret="k")
    shop.copy()
    shop.copy(schema=narrow)
    assert sorted(shop.said) == [
        f"table sales: number, secret, size, kind, price, paid, at, note, row_{_digest('row')} declared no more, and empty from now on",
        "table visits belongs to no ledger any more: it stays as it was when it did",
    ]
    shop.sell(secret="k")
    shop.db.run(lambda tx: tx.add(Visit(who="bob")))
    assert shop.copy(schema=narrow).rows["sales"] == 1
    assert shop.said == []
    assert shop.sql("SELECT secret FROM sales ORDER BY row") == [("k",), ("k",), (None,)]
    assert shop.differences(schema=narrow) == {}
    assert shop.copy().rows == {"commit_log": 4, "sales": 3, "visits": 1}  # anew
    assert shop.sql("SELECT secret FROM sales ORDER BY row") == [("k",)] * 3
    assert shop.differences() == {}


def test_a_unique_key_over_a_later_column_is_made(shop: Shop) -> None:
    class Ticket(Sale, tab="Sales", unique=("sale_id", "ticket")):
        ticket: str = ""

    shop.sell(2)
    shop.copy()
    schema = Schema((Ticket, Visit))
    shop.opened(schema).provision()
    assert shop.copy(schema=schema).rows["sales"] == 2
    shop.sql("UPDATE sales SET ticket = 't' WHERE row = 1")
    with pytest.raises(Exception, match=r"(?i)unique"):
        shop.sql("UPDATE sales SET ticket = 't' WHERE row = 2")
