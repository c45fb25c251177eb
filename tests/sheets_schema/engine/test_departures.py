"""Rows move elsewhere in a commit that says where to: who cannot read that begins anew, everybody else goes on."""

from __future__ import annotations

from typing import Any

import pytest

from sheets_schema import Database, Ledger, Transaction
from sheets_schema.advanced import EMBEDDED, Client, Departure, RequestStats, RowsMovedError
from sheets_schema.testing.pytest_plugin import Sheets, sheets

__all__ = ["sheets"]


class Order(Ledger, tab="Orders"):
    """What may leave."""

    name: str


class Moved(Ledger, tab="Moved"):
    """What has left."""

    names: str


Shop = Database[Any]


def connected(sheets: Sheets, *tables: type[Ledger]) -> Shop:
    return Database(Client(sheets.id, session=sheets.session), tables, timing=EMBEDDED)


def names(db: Shop) -> list[str]:
    with db.read() as tx:
        return [order.name for order in tx.where(Order)]


def fill(db: Shop) -> None:
    db.run(lambda tx: tx.add_all([Order(name=f"o{number}") for number in range(6)]))


@pytest.fixture
def mover(sheets: Sheets) -> Shop:
    db = connected(sheets, Order, Moved)
    db.provision()
    fill(db)
    return db


def move(db: Shop, number: int, *, telling: bool = True) -> None:
    first = db.first_rows([Order])[Order]
    moved = Moved(names=" ".join(order.name for order in first.rows[:number]))
    departure = Departure(first, number, [*first.opening, Order(name="what has left")])
    db.leave([departure], lambda tx: tx.add(moved) if telling else None, operation="move")


@pytest.mark.parametrize("texts", [["what has left"], [f"{number:040}" for number in range(3_000)]])
def test_a_departure_says_how_much_of_a_batch_its_opening_takes(texts: list[str], mover: Shop, sheets: Sheets) -> None:
    first = mover.first_rows([Order])[Order]
    departure = Departure(first, 4, [Order(name=text) for text in texts])
    mover.leave([departure], operation="move")

    url = f"https://sheets.googleapis.com/v4/spreadsheets/{sheets.id}/values/Opening!E2:E"
    cells = sheets.session.get(url, timeout=30).json()["values"]
    assert departure.opening_bytes == sum(len(cell) for (cell,) in cells)


def test_rows_that_leave_another_ledger_meanwhile_keep_a_departure_from_overwriting_what_stands_for_them(
    mover: Shop, sheets: Sheets
) -> None:
    move(mover, 1)
    mover.run(lambda tx: tx.add(Moved(names="another")))
    first = mover.first_rows([Order])[Order]
    other = connected(sheets, Order, Moved)
    assert other.truncate(Moved, lambda _: 1, keep=lambda _: True) == 1

    with pytest.raises(RowsMovedError, match="another tab meanwhile"):
        mover.leave([Departure(first, 1, first.opening)], operation="move")
    move(mover, 1, telling=False)
    with connected(sheets, Order, Moved).read() as tx:
        assert [row.names for row in tx.where(Moved)] == ["o0", "another"]


def test_who_knows_where_rows_went_keeps_what_he_knew_of_them(mover: Shop, sheets: Sheets) -> None:
    follower = connected(sheets, Order, Moved)
    assert len(names(follower)) == 6

    move(mover, 4)

    assert names(follower) == [f"o{number}" for number in range(6)]


def test_who_cannot_know_where_rows_went_begins_anew(mover: Shop, sheets: Sheets) -> None:
    follower = connected(sheets, Order)
    assert len(names(follower)) == 6

    move(mover, 4)

    assert names(follower) == ["what has left", "o4", "o5"]
    follower.run(lambda tx: tx.add(Order(name="o6")))
    assert names(mover)[-1] == "o6"
    move(mover, 1)
    assert names(follower) == ["what has left", "what has left", "o5", "o6"]


def test_who_commits_before_he_has_read_of_it_decides_on_what_is_left(mover: Shop, sheets: Sheets) -> None:
    follower = connected(sheets, Order)
    assert len(names(follower)) == 6
    move(mover, 4)
    seen: list[int] = []

    def count(tx: Transaction[Any]) -> None:
        seen.append(len(tx.where(Order)))
        tx.add(Order(name="o6"))

    follower.run(count)

    assert seen[-1] == 3
    assert names(connected(sheets, Order, Moved)) == ["what has left", "o4", "o5", "o6"]


def test_rows_that_go_nowhere_else_are_followed_by_all(mover: Shop, sheets: Sheets) -> None:
    follower = connected(sheets, Order)
    assert len(names(follower)) == 6

    move(mover, 4, telling=False)

    assert len(names(follower)) == 6


def test_rows_of_a_ledger_that_is_not_declared_alone_let_nobody_begin_anew(mover: Shop, sheets: Sheets) -> None:
    follower = connected(sheets, Order)
    assert len(names(follower)) == 6
    move(mover, 2, telling=False)
    names(follower)

    mover.run(lambda tx: tx.add(Moved(names="none")))

    assert len(names(follower)) == 6


def test_blank_rows_are_deleted_in_one_call_where_the_lock_was_kept_for_it(mover: Shop, sheets: Sheets) -> None:
    calls: list[RequestStats] = []
    db = Database(Client(sheets.id, session=sheets.session, on_call=calls.append), [Order, Moved], timing=EMBEDDED)
    first = db.first_rows([Order])[Order]
    departure = Departure(first, 4, [Order(name="what has left")])
    assert (db.blank_rows(), db.blank_rows([departure])) == (0, 4)
    db.leave([departure], operation="move", hold_lease=True)
    assert db.blank_rows() == 4
    calls.clear()

    assert db.delete_blank_rows(least=2) == 2
    assert [call.kind for call in calls] == ["write"]
    assert db.blank_rows() == 2
    mover.run(lambda tx: tx.add(Order(name="o6")), timeout=1.0)  # nobody has to wait for the lock
    assert names(connected(sheets, Order, Moved)) == ["what has left", "o4", "o5", "o6"]
