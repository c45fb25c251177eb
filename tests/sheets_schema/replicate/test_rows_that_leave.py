"""A copy of a spreadsheet whose ledgers' first rows leave it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import Field

from sheets_schema import Database, Ledger, Schema
from sheets_schema.errors import ReplicationError
from tests.sheets_schema.replicate.shop import Sale, Shop, Visit


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(f"sqlite:///{tmp_path / 'copy.db'}")


def visit(shop: Shop, *names: str) -> None:
    for name in names:
        shop.db.run(lambda tx, name=name: tx.add(Visit(who=name)))  # type: ignore[misc]  # a default argument binds it


def leave(shop: Shop, leaving: int, ledger: type[Ledger] = Visit, **more: Any) -> None:
    shop.db.truncate(ledger, lambda _: leaving, keep=lambda row: row.who == "eve", **more)


def visitors(shop: Shop) -> list[tuple[Any, ...]]:
    return [(row[0], row[1]) for row in shop.sql('SELECT * FROM visits ORDER BY "row"')]


def test_rows_that_were_copied_stay_in_the_copy_and_new_ones_follow(shop: Shop) -> None:
    visit(shop, "ada", "bob", "cyd", "dan")
    shop.copy()
    leave(shop, 3)
    shop.db.delete_blank_rows(least=1)
    visit(shop, "eve")
    shop.copy()
    assert visitors(shop) == [(1, "ada"), (2, "bob"), (3, "cyd"), (4, "dan"), (5, "eve")]
    assert shop.differences() == {}


def test_a_copy_that_begins_afterwards_holds_what_is_there_under_its_own_numbers(shop: Shop) -> None:
    visit(shop, "ada", "bob", "eve", "dan")
    leave(shop, 3)
    leave(shop, 4, Database.log)
    visit(shop, "fay")
    shop.copy()
    assert visitors(shop) == [(4, "dan"), (5, "fay")]
    assert shop.differences() == {}
    visit(shop, "gus")
    shop.copy()
    assert shop.differences() == {}


def never_copied(shop: Shop) -> dict[str, int]:
    """What comparing both says that the copy lacks, by table."""
    replicator = shop.replicator()
    try:
        return {found.table: found.never_copied for found in replicator.verify() if found.never_copied}
    finally:
        replicator.close()


def test_a_copy_says_at_its_beginning_and_whenever_it_is_compared_how_many_rows_had_left_before(shop: Shop) -> None:
    visit(shop, "ada", "bob", "cyd", "dan")
    leave(shop, 3)
    assert shop.copy().never_copied == {"visits": 3}
    assert never_copied(shop) == {"visits": 3}
    visit(shop, "fay", "gus")
    assert shop.copy().never_copied == {}
    leave(shop, 2)
    assert never_copied(shop) == {"visits": 3}
    assert shop.differences() == {}


def test_rows_that_leave_after_they_were_copied_are_not_called_lacking(shop: Shop) -> None:
    visit(shop, "ada", "bob", "cyd")
    assert shop.copy().never_copied == {}
    leave(shop, 2)
    assert never_copied(shop) == {}


@pytest.mark.parametrize("row", [2, 3])
def test_a_copied_row_that_somebody_deletes_is_found_missing_even_once_it_has_left(shop: Shop, row: int) -> None:
    visit(shop, "ada", "bob", "cyd", "dan")
    shop.copy()
    leave(shop, 3)
    shop.sql(f'DELETE FROM visits WHERE "row" = {row}')
    missing = f"row {row}: the table does not hold it any more, and it has left the spreadsheet"
    assert shop.differences() == {"visits": missing}
    assert never_copied(shop) == {}


class NotedVisit(Ledger, tab="Visits"):
    who: Annotated[str, Field(alias="commit_id")]
    note: str = ""


def test_rows_that_left_uncopied_while_the_declaration_changed_end_the_copy_too(shop: Shop) -> None:
    visit(shop, "ada")
    shop.copy()
    visit(shop, "bob", "cyd", "dan")
    leave(shop, 3)
    wider: Schema[Any] = Schema((Sale, NotedVisit), version=1)
    db = shop.opened(wider)
    db.provision()
    with pytest.raises(ReplicationError, match="Rows 2 to 3 of tab “Visits” have left the spreadsheet"):
        shop.copy(schema=wider)
    assert visitors(shop) == [(1, "ada")]


def test_rows_that_left_before_they_were_copied_end_the_copy_and_it_is_told(shop: Shop) -> None:
    visit(shop, "ada")
    shop.copy()
    visit(shop, "bob", "cyd", "dan")
    leave(shop, 3)
    with pytest.raises(ReplicationError, match="Rows 2 to 3 of tab “Visits” have left the spreadsheet"):
        shop.copy()
    assert visitors(shop) == [(1, "ada")]


def test_a_log_that_left_before_it_was_copied_ends_the_copy_and_it_is_told(shop: Shop) -> None:
    visit(shop, "ada")
    shop.copy()
    visit(shop, "bob", "cyd", "dan")
    shop.db.truncate(Database.log, lambda rows: len(rows) - 1)
    with pytest.raises(ReplicationError, match="of tab “Commit Log” have left the spreadsheet"):
        shop.copy()


def test_only_the_log_leaves_and_the_copy_keeps_which_commit_each_row_came_with(shop: Shop) -> None:
    visit(shop, "ada", "bob", "cyd")
    shop.copy()
    shop.db.truncate(Database.log, lambda rows: len(rows) - 1)
    visit(shop, "dan")
    shop.copy()
    assert shop.differences() == {}
    assert len(visitors(shop)) == 4
