"""What another process does to the copy or the spreadsheet between this one's reading and its writing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sheets_schema import Schema
from sheets_schema.engine.change_feed import ChangeFeed, LedgerChanges
from sheets_schema.engine.full_scan import full_scan
from sheets_schema.errors import SchemaMismatchError
from tests.sheets_schema.replicate.shop import Sale, Shop, Visit


def meanwhile(shop: Shop, monkeypatch: pytest.MonkeyPatch, what: Callable[[], Any]) -> None:
    """Do something once, as soon as the next run has read."""
    read, waiting = ChangeFeed.read, [what]

    def reading(*arguments: Any) -> LedgerChanges:
        changes = read(*arguments)
        while waiting:
            waiting.pop()()
        return changes

    monkeypatch.setattr(ChangeFeed, "read", reading)


def test_another_copied_the_same(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.sell(3)
    meanwhile(shop, monkeypatch, shop.copy)
    assert shop.copy().total == 0
    assert shop.differences() == {}


def test_another_copied_more(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.sell(3)

    def more() -> None:
        shop.sell(2)
        shop.copy()

    meanwhile(shop, monkeypatch, more)
    copied = shop.copy()
    assert (copied.total, copied.version) == (0, 2)
    assert shop.differences() == {}


def test_the_database_was_put_back_to_a_backup(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.sell()
    shop.copy()
    ((state, layout, counts),) = shop.sql("SELECT commit_id, layout, counts FROM replica_state")
    shop.sell(2)
    shop.copy()
    shop.sell(3)

    def put_back() -> None:
        shop.sql("DELETE FROM sales WHERE row > 1")
        shop.sql("DELETE FROM commit_log WHERE row > 2")
        shop.sql(
            f"UPDATE replica_state SET version = 1, commit_id = '{state}', layout = '{layout}', counts = '{counts}'"
        )

    meanwhile(shop, monkeypatch, put_back)
    assert shop.copy().rows == {"commit_log": 2, "sales": 5}
    assert shop.differences() == {}


def test_the_database_was_emptied(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.sell()
    shop.copy()
    shop.sell(2)

    def emptied() -> None:
        for table in ("sales", "visits", "commit_log", "replica_state", "replica_columns"):
            shop.sql(f"DROP TABLE {table}")
        shop.copy()

    meanwhile(shop, monkeypatch, emptied)
    shop.copy()
    assert len(shop.sql("SELECT row FROM sales")) == 3
    assert shop.differences() == {}


def test_another_program_declares_more_and_copies_all_anew(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.sell()
    shop.copy()
    shop.sell(2)
    newer = Schema((Sale, Visit), version=2)

    def migrated() -> None:
        shop.opened(newer).provision()
        shop.copy(schema=newer)

    meanwhile(shop, monkeypatch, migrated)
    assert shop.copy().total == 0  # it has read the version before, and all of that is there
    assert shop.differences(schema=newer) == {}
    with pytest.raises(SchemaMismatchError, match="update the program"):
        shop.copy()


def test_somebody_else_commits_while_both_are_compared(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.sell(2)
    shop.copy()
    waiting = [1, 2]

    def scanning(*arguments: Any) -> Any:
        found = full_scan(*arguments)
        if waiting:
            shop.sell(waiting.pop())
            shop.copy()  # so that the copy is further than what was scanned
        return found

    monkeypatch.setattr("sheets_schema.replicate.replicator.full_scan", scanning)
    assert shop.differences() == {}
    assert waiting == []


def test_rows_that_nobody_has_copied_yet_are_no_difference(shop: Shop) -> None:
    shop.sell(2)
    shop.copy()
    shop.sell(2)
    assert shop.differences() == {}


def test_a_ledger_that_lost_rows_is_different_where_they_were(shop: Shop) -> None:
    shop.sell(3)
    shop.copy()
    shop.person.delete_rows("Sales", 3)
    assert shop.differences()["sales"].startswith("row 2: sale_id ")
    shop.person.type("Sales!B2", [["="]])
    shop.person.paste("Sales!C2", [["many"]])
    assert "row 1: Tab “Sales”, row 2, column “number”" in shop.differences()["sales"]
