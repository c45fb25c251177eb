"""Which orders may leave for an archive: those that are over, and of which nobody will ask soon."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from npta.domain.orders.eligibility import Mode
from npta.domain.orders.order_actions import close, mark_delivered, resend
from npta.domain.state import order_positions
from npta.domain.state.alert import Alert, AlertKind
from npta.domain.state.archivable_orders import (
    ArchivablePortion,
    ArchivingPolicy,
    FirstOrders,
    FirstSeats,
    about_pending,
    choose_portion,
    is_archivable,
)
from npta.domain.state.archived_order import MAX_TEXT
from npta.domain.state.outbox_messages import Channel
from npta.domain.state.outbox_rows import alert_ended, alert_pending, answer_pending, mark_rejected, mark_sent
from npta.domain.state.refunds import Refund, RefundedLine, write_refund
from npta.tables import KeyEvent, KeyLedger, OrderEvent, Orders
from tests.npta.domain.test_archived_histories import Clocked
from tests.npta.domain.world import LIVE, order_of

L = TypeVar("L", Orders, KeyLedger)

ID = "5"
NOW = 60


@pytest.fixture(autouse=True)
def _short_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_positions, "LISTED", 1)


def shop() -> Clocked:
    return Clocked(day=1).product("A", "NASM-CPT-FULL").keys("NASM CPT combined", 3, 9)  # type: ignore[return-value]  # it returns itself


def sold(world: Clocked, order_id: str = ID, **more: Any) -> Clocked:
    world.place(order_of(order_id, ("A", 2)), **more)
    return world


def delivered(world: Clocked, order_id: str = ID) -> Clocked:
    world.press(mark_delivered, order_id, message_id="m")
    return world


def later(world: Clocked) -> Clocked:
    """Two months later another order is the one that the list shows."""
    world.day = NOW
    return delivered(sold(world, "6"), "6")


def rows_of(world: Clocked, ledger: type[L]) -> list[L]:
    return [row for row in world.history if isinstance(row, ledger)]


def leaving_ids(found: ArchivablePortion | None) -> list[str]:
    return [order.row.order_id for order in found.orders] if found else []


def may(world: Clocked, age: int = 35, *, unconfirmed: bool = False) -> bool:
    policy = ArchivingPolicy(Clocked(day=NOW - age).stamp().at, unconfirmed=unconfirmed)
    return is_archivable(world.state, world.state.orders[ID], policy, about_pending(world.state))


def refunded(world: Clocked) -> Clocked:
    at, commit = world.stamp()
    lines = write_refund(Refund("r1", ID, (RefundedLine("1", "A", 1, 2),)))
    world.facts(Orders(at=at, event=OrderEvent.REFUNDED, order_id=ID, status="fulfilled", lines=lines, commit=commit))
    return world


def told(world: Clocked) -> Clocked:
    alert = Alert(AlertKind.FAILED, ID, "title", "text")
    world.facts(alert_pending(world.state, alert, stamp=world.stamp()))
    return world


def test_an_order_that_was_filled_and_mailed_may_leave() -> None:
    assert may(later(delivered(sold(shop()))))


def test_one_that_was_released_or_closed_may_leave() -> None:
    assert may(later(sold(shop()).release(ID)))  # type: ignore[arg-type]  # it returns itself
    failed = Clocked(day=1).product("A", "NASM-CPT-FULL")
    failed.order(ID, ("A", 1))
    failed.press(close, ID)
    failed.keys("NASM CPT combined", 9)
    assert may(later(failed))  # type: ignore[arg-type]


def cancelled_before_it_was_filled() -> Clocked:
    world = Clocked(day=1)
    world.product("A", "NASM-CPT-FULL").order(ID, ("A", 1))
    at, commit = world.stamp()
    lines = write_refund(Refund("c1", ID, cancelled=True))
    world.facts(Orders(at=at, event=OrderEvent.CANCELLED, order_id=ID, status="failed", lines=lines, commit=commit))
    return world


def test_one_that_failed_and_was_cancelled_in_the_shop_stays_in_the_list_until_it_is_closed() -> None:
    world = cancelled_before_it_was_filled()
    world.keys("NASM CPT combined", 9)
    assert not may(later(world))
    world = cancelled_before_it_was_filled()
    world.press(close, ID)
    world.keys("NASM CPT combined", 9)
    assert may(later(world))


@pytest.mark.parametrize(
    "so_that",
    [
        lambda _: None,
        lambda world: (delivered(world), refunded(world)),
        lambda world: (delivered(world), told(world)),
        lambda world: (delivered(world), world.retire("K1")),
    ],
    ids=["its mail is not confirmed", "keys are to be given back", "a message is to be sent", "a key of it is dead"],
)
def test_an_order_stays_as_long_as(so_that: Callable[[Clocked], object]) -> None:
    world = sold(shop())
    so_that(world)
    assert not may(later(world))


@pytest.mark.parametrize(
    ("so_that", "leaves"),
    [
        (lambda _: None, True),
        (lambda world: world.press(resend, ID), True),
        (refunded, False),
        (told, False),
        (lambda world: world.retire("K1"), False),
    ],
    ids=[
        "",
        "it was to be mailed again",
        "keys are to be given back",
        "a message is to be sent",
        "a key of it is dead",
    ],
)
def test_where_nobody_confirms_mails_an_order_leaves_without_and_stays_for_all_else(
    so_that: Callable[[Clocked], object], leaves: bool
) -> None:
    world = sold(shop())
    so_that(world)
    assert may(later(world), unconfirmed=True) is leaves
    assert not may(world)


def test_an_order_stays_for_what_is_refused_of_it_on_a_channel_that_somebody_reads() -> None:
    world = later(delivered(sold(shop())))
    world.facts(answer_pending(world.state, ID, stamp=world.stamp()))
    (message,) = world.state.pending(Channel.KEYS_HOOK)
    policy = ArchivingPolicy(Clocked(day=NOW - 35).stamp().at)
    for _ in ("to be sent", "set aside"):
        assert ID in about_pending(world.state)
        assert ID not in about_pending(world.state, [Channel.SLACK])
        assert not is_archivable(world.state, world.state.orders[ID], policy, about_pending(world.state))
        world.facts(mark_rejected(message, "it is wrong", stamp=world.stamp()))
        assert not [*world.state.pending(Channel.KEYS_HOOK)]


def test_where_nobody_confirms_mails_a_young_order_and_one_that_waits_stay_all_the_same() -> None:
    world = later(sold(shop()))
    assert may(world, age=NOW - 2, unconfirmed=True)
    assert not may(world, age=NOW - 1, unconfirmed=True)
    waits = Clocked(day=1)
    waits.product("A", "NASM-CPT-FULL").order(ID, ("A", 1))
    waits.day = NOW
    assert not may(waits, unconfirmed=True)


def test_an_order_that_waits_stays() -> None:
    world = Clocked(day=1)
    world.product("A", "NASM-CPT-FULL").order(ID, ("A", 1))
    world.day = NOW
    assert not may(world)


def test_an_order_that_was_taken_in_test_stays_while_it_holds_keys() -> None:
    world = sold(shop(), rules=LIVE._replace(mode=Mode.TEST))
    assert not may(later(delivered(world)))
    assert may(later(sold(shop(), rules=LIVE._replace(mode=Mode.TEST)).release(ID)))  # type: ignore[arg-type]


def test_a_young_one_stays_and_so_does_the_one_that_order_list_shows() -> None:
    world = delivered(sold(shop()))
    assert not may(world)
    world = later(world)
    assert may(world, age=NOW - 2)
    assert not may(world, age=NOW - 1)


@pytest.mark.parametrize("order_id", ["05", "A5"])
def test_an_order_with_an_id_of_before_stays(order_id: str) -> None:
    world = delivered(sold(shop(), order_id), order_id)
    world = later(world)
    assert not is_archivable(world.state, world.state.orders[order_id], ArchivingPolicy("2026-12"), frozenset())


def test_an_order_that_fits_into_no_cell_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    world = later(delivered(sold(shop())))
    orders = FirstOrders((), 0, [row for row in world.history if isinstance(row, Orders)])
    seats = FirstSeats((), 0, [row for row in world.history if isinstance(row, KeyLedger)])
    policy = ArchivingPolicy("2026-03-01T00:00:00Z")
    found = choose_portion(world.state, orders, seats, policy, 10)
    assert found
    assert [order.row.order_id for order in found.orders] == [ID]
    assert len(found.orders[0].row.rows) < MAX_TEXT
    monkeypatch.setattr("npta.domain.state.archived_order.MAX_TEXT", 100)
    assert choose_portion(world.state, orders, seats, policy, 10) is None


def test_an_order_stays_whose_seats_stand_behind_those_of_a_clock_that_is_ahead() -> None:
    world = Clocked(day=1)
    world.product("A", "NASM-CPT-FULL").keys("NASM CPT combined", 9)
    delivered(sold(world, "4"), "4")
    orders = FirstOrders((), 0, [row for row in later(world).history if isinstance(row, Orders)])
    ahead = world.state.holdings["4"][0]
    late = KeyLedger(
        at="2026-02-01T00:00:00Z",
        event=KeyEvent.ADJUSTED,
        key_id=ahead.key_id,
        keycode=ahead.keycode,
        seats=9,
        commit="c",
    )
    rows = [row for row in world.history if isinstance(row, KeyLedger)]
    policy = ArchivingPolicy("2026-01-20T00:00:00Z")
    assert choose_portion(world.state, orders, FirstSeats((), 0, rows), policy, 10)

    assert choose_portion(world.state, orders, FirstSeats((), 1, [late, *rows]), policy, 10) is None


@pytest.mark.parametrize(
    "so_that", [delivered, lambda world, order_id: world.release(order_id)], ids=["holds", "released"]
)
def test_an_order_stays_whose_seats_stand_below_the_rows_that_were_read(
    so_that: Callable[[Clocked, str], object],
) -> None:
    """So it is if the clock was ahead of who served the order before it."""
    world = Clocked(day=1)
    world.product("A", "NASM-CPT-FULL").keys("NASM CPT combined", 9)
    so_that(sold(world, "4"), "4")
    so_that(sold(later(world), "3"), "3")
    orders, seats = FirstOrders((), 0, rows_of(later(world), Orders)), rows_of(world, KeyLedger)
    policy = ArchivingPolicy("2026-02-20T00:00:00Z")
    assert leaving_ids(choose_portion(world.state, orders, FirstSeats((), 0, seats), policy, 1)) == ["4"]

    others = [row for row in seats if row.order_id != "4"]
    assert "4" not in leaving_ids(choose_portion(world.state, orders, FirstSeats((), 1, others), policy, 10))


def test_an_order_stays_of_which_a_later_filling_and_release_stand_behind_those_of_a_clock_that_is_ahead() -> None:
    """What stands before comes to nothing, as does what the order holds."""
    world = Clocked(day=1)
    world.product("A", "NASM-CPT-FULL").keys("NASM CPT combined", 9)
    sold(world, "4").release("4").clear("4")
    before = len(rows_of(world, KeyLedger))
    sold(world, "4").release("4")
    orders, seats = FirstOrders((), 0, rows_of(later(world), Orders)), rows_of(world, KeyLedger)
    late = seats[0].model_copy(update={"at": "2026-02-01T00:00:00Z", "order_id": "", "event": KeyEvent.ADJUSTED})
    policy = ArchivingPolicy("2026-01-20T00:00:00Z")
    assert leaving_ids(choose_portion(world.state, orders, FirstSeats((), 0, seats), policy, 10)) == ["4"]

    torn = [*seats[:before], late, *seats[before:]]
    assert leaving_ids(choose_portion(world.state, orders, FirstSeats((), 0, torn), policy, 10)) == []


@pytest.mark.parametrize("entitlement", ["", "{}", "[[1]]"])
def test_an_order_stays_if_a_person_has_changed_the_row_with_which_it_came_back(entitlement: str) -> None:
    world = Clocked(day=1)
    world.product("A", "NASM-CPT-FULL").keys("NASM CPT combined", 9)
    delivered(sold(world, "4"), "4")
    orders = FirstOrders((), 0, [row for row in later(world).history if isinstance(row, Orders)])
    seats = [row for row in world.history if isinstance(row, KeyLedger)]
    changed = seats[0].model_copy(update={"event": KeyEvent.CARRIED, "entitlement": entitlement})
    policy = ArchivingPolicy("2026-01-20T00:00:00Z")
    assert choose_portion(world.state, orders, FirstSeats((), 0, [*seats]), policy, 10)

    assert choose_portion(world.state, orders, FirstSeats((), 0, [seats[0], changed, *seats[1:]]), policy, 10) is None


@pytest.mark.parametrize(("days", "leaves"), [(34, False), (36, True)])
def test_an_order_of_which_only_a_refund_was_heard_leaves_once_it_is_old_enough(days: int, leaves: bool) -> None:
    world = shop()
    world.day = NOW - days
    refunded(world)
    policy = ArchivingPolicy(Clocked(day=NOW - 35).stamp().at)

    assert ID not in world.state.orders
    assert is_archivable(world.state, world.state.unseen[ID], policy, about_pending(world.state)) is leaves


def portion_of(world: Clocked, most: int = 10, *, unconfirmed: bool = False) -> ArchivablePortion:
    found = choose_portion(
        world.state,
        FirstOrders((), 0, rows_of(world, Orders)),
        FirstSeats((), 0, rows_of(world, KeyLedger)),
        ArchivingPolicy("2026-03-01T00:00:00Z", unconfirmed=unconfirmed),
        most,
    )
    assert found
    return found


@pytest.mark.parametrize("so_that", [told, refunded, lambda world: world.clear(ID)])
def test_an_order_of_which_something_became_meanwhile_does_not_leave(so_that: Callable[[Clocked], object]) -> None:
    world = later(delivered(sold(shop())))
    found, policy = portion_of(world), ArchivingPolicy("2026-03-01T00:00:00Z")
    assert leaving_ids(found) == [ID]
    assert found.still_may(world.state, policy)
    so_that(world)
    assert not found.still_may(world.state, policy)


def test_an_order_that_is_to_be_mailed_again_meanwhile_does_not_leave_although_it_still_might() -> None:
    world = later(delivered(sold(shop())))
    policy = ArchivingPolicy("2027", unconfirmed=True)
    found = portion_of(world)
    world.press(resend, ID)
    world.state.list_positions[ID] = None

    assert is_archivable(world.state, world.state.orders[ID], policy, about_pending(world.state))
    assert not found.still_may(world.state, policy)


def test_no_more_orders_leave_than_are_asked_for() -> None:
    world = shop()
    for order_id in ("5", "7", "8"):  # at the same moment
        sold(world, order_id)
    for order_id in ("5", "7", "8"):
        delivered(world, order_id)

    assert leaving_ids(portion_of(later(world))) == ["5", "7", "8"]
    assert leaving_ids(portion_of(world, 2)) == ["5", "7"]


def test_an_alert_that_is_over_keeps_no_order() -> None:
    world = told(later(delivered(sold(shop()))))
    assert ID in about_pending(world.state)
    (message,) = world.state.pending(Channel.SLACK)
    world.facts(mark_sent(message, "ts", stamp=world.stamp()))
    assert ID in about_pending(world.state), "it is not over"
    world.facts(
        alert_ended(world.state, message.message_id, Alert(AlertKind.FAILED, ID, "t", "t"), stamp=world.stamp())
    )
    (ended,) = world.state.pending(Channel.ENDED)
    world.facts(mark_sent(ended, "", stamp=world.stamp()))

    assert ID not in about_pending(world.state)
