"""Ended at every statement in turn, or after a commit whose answer was lost: the next run goes on, and no row is there twice."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import exc

from sheets_schema import Schema
from sheets_schema.errors import UnavailableError
from sheets_schema.replicate import Replicator, change_writer
from tests.sheets_schema.replicate.shop import Sale, Shop, Visit


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture(autouse=True)
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few rows a transaction, so that a copy takes several."""
    monkeypatch.setattr(change_writer, "PORTION", 4)


def killed_at(replicator: Replicator, statement: int) -> bool:
    """Copy, and end at that statement; whether it was reached."""
    count = 0

    def executed(*_: Any) -> None:
        nonlocal count
        count += 1
        if count == statement:
            raise Killed

    sa.event.listen(replicator.store.engine, "before_cursor_execute", executed)
    try:
        replicator.copy()
    except Killed:
        return True
    finally:
        replicator.close()
    return False


def whole(shop: Shop) -> None:
    """What stands in the database is some version, with all of its rows."""
    if not shop.sql(_TABLES[shop.url.split(":")[0].split("+")[0]]):
        return
    ((version,),) = shop.sql("SELECT version FROM replica_state")
    sales = shop.sql("SELECT row, commit_version FROM sales ORDER BY row")
    assert [row for row, _ in sales] == list(range(1, len(sales) + 1))
    assert shop.sql("SELECT count(*), max(version) FROM commit_log") == [
        (version + 1, version if version >= 0 else None)
    ]
    assert all(0 <= each <= version for _, each in sales)
    assert len(sales) == 2 * max(version, 0)


_TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE name = 'replica_state'",
    "postgresql": "SELECT tablename FROM pg_tables WHERE tablename = 'replica_state'",
}


def test_ended_at_every_statement_a_copy_is_whole_and_the_next_run_goes_on(shop: Shop) -> None:
    for _ in range(6):
        shop.sell(2)
    statement = 1
    while killed_at(shop.replicator(), statement):
        whole(shop)
        # Of what stands now, another run makes a whole copy in any case; every third time it does.
        if statement % 3 == 0:
            shop.copy()
            whole(shop)
            shop.sell(2)
            shop.sell(2)
        statement += 1
    assert statement > 8
    assert shop.differences() == {}


def test_ended_while_everything_is_copied_anew_the_old_copy_stands_until_the_new_one_does(shop: Shop) -> None:
    for _ in range(3):
        shop.sell(2)
    shop.copy()
    for version, statement in enumerate(range(2, 40), 2):
        schema = Schema((Sale, Visit), version=version)
        shop.opened(schema).provision()
        reached = killed_at(shop.replicator(schema=schema), statement)
        assert len(shop.sql("SELECT row FROM sales")) == 6
        if not reached:
            break
        assert shop.copy(schema=schema).rows["sales"] == 6 or statement > 12
        assert shop.differences(schema=schema) == {}
    assert not reached
    assert shop.differences(schema=schema) == {}


@pytest.mark.parametrize("lost", [2, 3])
def test_a_commit_whose_answer_is_lost_is_not_written_again(
    shop: Shop, lost: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(6):
        shop.sell(2)
    replicator = shop.replicator()
    commit: Callable[[Any], None] = replicator.store.engine.dialect.do_commit
    commits = 0

    def committed(connection: Any) -> None:
        nonlocal commits
        commit(connection)
        commits += 1
        if commits % lost:
            raise exc.OperationalError("COMMIT", {}, Exception("the server closed the connection"))

    monkeypatch.setattr(replicator.store.engine.dialect, "do_commit", committed)
    for _ in range(5):
        with suppress(UnavailableError):
            replicator.copy()
        whole(shop)
    replicator.close()
    assert commits > 10
    assert shop.differences() == {}
    assert len(shop.sql("SELECT row FROM sales")) == 12
