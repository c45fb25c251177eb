"""Where an order stands that has left for an archive, by the index alone."""

from __future__ import annotations

import pytest

from npta.domain.state.archive_index import ArchiveReadRequired
from npta.domain.state.packed_orders import IndexedOrder, pack
from npta.domain.state.state import State
from npta.errors import DamagedError
from npta.tables import ArchiveIndex


def left(*portions: tuple[str, ...], damaged: int = 0, **cells: str) -> State:
    """A state that knows which orders left, portion by portion; the index of one may be damaged."""
    state = State()
    for number, ids in enumerate(portions, 1):
        row = ArchiveIndex(
            at="2026",
            archive="one",
            tab=f"{number:05}",
            orders=len(ids),
            rows=len(ids),
            lowest=min(ids, key=int),
            highest=max(ids, key=int),
            packed=pack([IndexedOrder(order_id, f"#{order_id}", ("K1",)) for order_id in ids]),
            digest="",
            commit="c",
        )
        state.apply(row.model_copy(update={"packed": "?", **cells}) if number == damaged else row)
    return state


def portion_of(state: State, order_id: str) -> tuple[int, int] | None:
    at = state.archived(order_id)
    return (at.portion.number, at.row) if at else None


def test_an_order_stands_in_the_newest_portion_that_has_it() -> None:
    state = left(("3", "7"), ("5", "7"))

    assert [portion_of(state, order_id) for order_id in ("3", "5", "7", "6", "8", "2", "x7")] == [
        (1, 1),
        (2, 1),
        (2, 2),
        *[None] * 4,
    ]
    assert [(at.order.order_id, at.portion.number, at.row) for at in state.archived_orders()] == [
        ("5", 2, 1),
        ("7", 2, 2),
        ("3", 1, 1),
    ]
    assert portion_of(State(), "3") is None


def test_an_order_that_came_back_stands_there_no_more_unless_it_left_again() -> None:
    state = left(("3", "7"), ("5", "7"))
    state.revived.update({"3": 1, "5": 2, "7": 1})

    assert [portion_of(state, order_id) for order_id in ("3", "5", "7")] == [None, None, (2, 2)]
    assert [at.order.order_id for at in state.archived_orders()] == ["7"]
    state.require([state.archived("3"), None])
    with pytest.raises(ArchiveReadRequired) as needed:
        state.require([None, state.archived("7")])
    assert [at.order.order_id for at in needed.value.positions] == ["7"]


def test_a_portion_that_cannot_be_read_hides_the_orders_of_its_numbers_and_no_others() -> None:
    state = left(("3", "5"), ("7", "9"), damaged=1)

    assert [portion_of(state, order_id) for order_id in ("7", "8", "6", "2")] == [(2, 1), None, None, None]
    for order_id in ("3", "4", "5"):
        with pytest.raises(DamagedError, match="Tab Archive Index, row 2, cannot be read"):
            state.archived(order_id)


def test_where_the_numbers_of_a_portion_cannot_be_read_it_may_have_any_order() -> None:
    for cells in ({"lowest": "?"}, {"highest": "?"}):
        for order_id in ("1", "99999999999999999999"):
            with pytest.raises(DamagedError):
                left(("3", "5"), damaged=1, **cells).archived(order_id)


def test_of_portions_that_this_process_does_not_know_no_order_is_found_nor_missed() -> None:
    state = left(("3", "7"))
    state.portions_named.value = 1
    assert state.index_trouble == ""
    assert [at.order.order_id for at in state.archived_orders()] == ["3", "7"]

    state.portions_named.value = 2
    state.revived["5"] = 2
    assert "2 portions of orders stand in archives, and this program knows 1 of them" in state.index_trouble
    assert portion_of(state, "5") is None, "it is here"
    for asked in (
        lambda: state.archived("3"),
        lambda: [*state.archived_orders()],
        lambda: [*state.archived_called("#3")],
    ):
        with pytest.raises(DamagedError, match="this program knows 1 of them"):
            asked()
    assert not state.has_left("3")


def test_orders_are_found_by_their_names_and_keys() -> None:
    state = left(("3", "7"), ("5",))

    assert [at.order.order_id for at in state.archived_called(" #7")] == ["7"]
    assert [at.order.order_id for at in state.archived_called("")] == []
    assert [at.order.order_id for at in state.archived_holders("K1")] == ["5", "3", "7"]
    assert [at.order.order_id for at in state.archived_holders("K2")] == []
