"""What a process finds of orders that have left for an archive while it runs, and of those that are here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from npta.domain.state import order_positions
from npta.domain.state.archive_index import ArchiveReadRequired
from npta.domain.state.refunds import Refund, write_refund
from npta.domain.state.state import State
from npta.errors import DamagedError
from npta.tables import ArchiveIndex, KeyLedger, OrderEvent, Orders
from sheets_schema import Ledger
from tests.npta.domain.shrinking import ShrinkingBook, started, with_orders
from tests.npta.domain.world import AT


@pytest.fixture(autouse=True)
def _lists_are_short() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(order_positions, "LISTED", 1)
        yield


def four_orders() -> ShrinkingBook:
    """Orders 1 to 4, called #1 to #4, whose mails nobody has confirmed."""
    book = started()
    for number in "1234":
        book.does(lambda world, number=number: world.order(number, ("A", 1), order_name=f"#{number}"))  # type: ignore[misc]
    return book


def waiting_for_mail(state: State) -> list[str]:
    return [record.order_id for _, record in state.undelivered()]


def taking_in(state: State, *rows: Ledger) -> State:
    for row in rows:
        state.apply(row)
    return state


def leaves_while_it_runs(book: ShrinkingBook, most: int) -> State:
    """A process that had read everything, and then hears which orders have left."""
    state = book.state()
    assert book.leave(most, unconfirmed=True) == most
    return taking_in(state, book.ledgers[ArchiveIndex][-1])


def test_nobody_waits_any_more_for_the_mails_of_orders_that_leave() -> None:
    assert waiting_for_mail(leaves_while_it_runs(four_orders(), 2)) == ["3", "4"]


def test_an_order_that_left_and_came_back_between_two_looks_waits_for_its_mail() -> None:
    book = four_orders()
    state = book.state()
    assert book.leave(1, unconfirmed=True) == 1
    looks: tuple[type[Ledger], ...] = (KeyLedger, Orders, ArchiveIndex)
    here = [len(book.ledgers[tab]) if tab is not ArchiveIndex else 0 for tab in looks]
    book.does(lambda world: world.event("1", OrderEvent.CLEARED))

    for tab, seen in zip(looks, here, strict=True):
        taking_in(state, *book.ledgers[tab][seen:])

    assert sorted(waiting_for_mail(state)) == ["1", "2", "3", "4"]
    assert [record.order_id for record in state.orders_here()] == ["1", "2", "3", "4"]


def test_orders_that_leave_are_no_more_among_those_that_are_here() -> None:
    state = leaves_while_it_runs(four_orders(), 2)

    assert [record.order_id for record in state.orders_here()] == ["3", "4"]
    assert [state.has_left(order_id) for order_id in ("1", "2", "3")] == [True, True, False]


def test_of_orders_that_leave_each_is_found_once_by_its_name() -> None:
    for state in (leaves_while_it_runs(four_orders(), 2), four_orders().state()):
        assert [state.bearers(f"#{number}") for number in "123"] == [("1",), ("2",), ("3",)]


def test_an_empty_name_is_nobodys() -> None:
    assert leaves_while_it_runs(with_orders(("1", 1), ("2", 1)), 1).bearers("") == ()


def test_who_holds_a_key_is_not_said_before_the_archive_is_read() -> None:
    state = leaves_while_it_runs(four_orders(), 1)

    with pytest.raises(ArchiveReadRequired) as needed:
        state.holders_of("K1")  # of orders 1 and 2
    assert [at.order.order_id for at in needed.value.positions] == ["1"]
    assert [order_id for order_id, _ in state.holders_of("K2")] == ["3", "4"]


def test_an_order_that_is_here_is_found_although_the_index_is_damaged() -> None:
    book = four_orders()
    assert book.leave(2, unconfirmed=True) == 2
    book.over(ArchiveIndex, 2, packed="?", lowest="?")
    lines = write_refund(Refund("c1", "7", cancelled=True))
    cancelled = Orders(at=AT, event=OrderEvent.CANCELLED, order_id="7", status="failed", lines=lines, commit="c")
    state = taking_in(book.state(), cancelled)

    assert [state.archived(order_id) for order_id in ("3", "4", "7")] == [None, None, None]
    for order_id in ("1", "8"):
        with pytest.raises(DamagedError, match="Tab Archive Index, row 2, cannot be read"):
            state.archived(order_id)
        assert not state.has_left(order_id)
