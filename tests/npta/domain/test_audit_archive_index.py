"""The index of archives agrees with itself, and with the seats that orders here hold."""

from __future__ import annotations

from typing import Any

import pytest

from npta.domain.reports.audit_archive_index import audit_holders, audit_index
from npta.domain.reports.findings import RowLocation
from npta.domain.state.packed_orders import IndexedOrder, pack
from npta.domain.state.state import State
from npta.tables import ArchiveIndex
from tests.npta.domain.world import World


def portion(number: int, *ids: str, **cells: Any) -> ArchiveIndex:
    row = ArchiveIndex(
        at="2026",
        archive="one",
        tab=f"{number:05} x",
        orders=len(ids),
        rows=len(ids),
        lowest=ids[0] if ids else "0",
        highest=ids[-1] if ids else "0",
        packed=pack([IndexedOrder(order_id, "", ("K1",)) for order_id in ids]),
        digest="",
        commit="c",
    )
    return row.model_copy(update=cells)


def found(*rows: ArchiveIndex, named: int | None = None) -> list[tuple[int, str]]:
    state = State()
    for row in rows:
        state.apply(row)
    located = [(RowLocation("Archive Index", number), row) for number, row in enumerate(rows, 2)]
    told = audit_index(located, state, len(rows) if named is None else named)
    return [(finding.row, finding.message.partition(". Put the tab")[0]) for finding in told]


def test_an_index_as_it_is_written_is_sound() -> None:
    assert found() == found(portion(1, "3"), portion(2, "1", "10")) == []


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([portion(1, "3", "3")], (2, "order 3 stands twice in portion 1")),
        ([portion(1)], (2, "portion 1 has no orders, or an id that is no number")),
        ([portion(1, "3", "A5")], (2, "portion 1 has no orders, or an id that is no number")),
        ([portion(1, "3", "9", lowest="4")], (2, "portion 1: its orders are 3 to 9, not 4 to 9")),
        ([portion(1, "3", "9", highest="8")], (2, "portion 1: its orders are 3 to 9, not 3 to 8")),
        ([portion(1, "3", "9", rows=1)], (2, "portion 1 cannot have fewer rows than orders")),
        ([portion(1, "3", "9", orders=1)], (2, "which orders portion 1 has cannot be read")),
        ([portion(2, "3")], (2, "this is portion 1, but the tab “00002 x” is another's")),
    ],
)
def test_what_a_row_says_that_cannot_be_is_told(rows: list[ArchiveIndex], says: tuple[int, str]) -> None:
    assert found(*rows) == [says]


def test_a_tab_stands_there_once() -> None:
    first = portion(1, "3", tab="00001 x")
    assert found(first, portion(2, "5", tab="00001 x"))[1:] == [(3, "the tab “00001 x” has a row already")]
    assert found(first, portion(2, "5", archive="two")) == []


def test_as_many_portions_stand_there_as_have_left() -> None:
    assert found(portion(1, "3"), named=2) == [(0, "2 portions have left, but 1 row stands here")]
    assert found(portion(1, "3"), named=0) == [(0, "0 portions have left, but 1 row stands here")]


def held(used: int, here: int, *archived: str) -> list[str]:
    """What is wrong with the key K1, of 5 seats, that orders in archives hold, too."""
    world = World().product("A", "NASM-CPT-FULL").keys("NASM CPT combined", 5, 3)
    world.order("1", ("A", here))
    entries = [IndexedOrder(order_id, "", ("K1",)) for order_id in archived] or [IndexedOrder("98", "", ())]
    world.facts(portion(1, *[entry.order_id for entry in entries], packed=pack(entries)))
    world.state.keys["K1"] = world.state.keys["K1"]._replace(used=used)
    return [finding.message for finding in audit_holders(world.state)]


def test_seats_that_no_order_here_holds_are_held_by_orders_in_archives() -> None:
    assert held(2, 2) == held(3, 2, "7") == held(4, 2, "7", "8") == held(5, 2, "7") == []
    for used, archived in ((3, ()), (2, ("7",)), (3, ("7", "8"))):
        (message,) = held(used, 2, *archived)
        assert message.startswith(f"of the key K1 {used} seats are used; orders here hold 2, and by Archive Index ")
    (*_, message) = held(1, 2)
    assert message.startswith("of the key K1 1 seat is used; orders here hold 2, and by Archive Index 0 orders")


def test_no_more_seats_are_taken_than_a_key_has_and_no_fewer_than_none() -> None:
    assert "with what it says, of the key K1 6 seats are taken; it has 5" in held(6, 2, "7")
    assert "with what it says, of the key K1 -1 seats are taken; it has 5" in held(-1, 2)
