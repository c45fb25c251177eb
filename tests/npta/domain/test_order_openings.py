"""What stands for rows of both ledgers that have left: sums for those that are gone, and the others as they were."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from npta.domain.state.entitlements import Pool
from npta.domain.state.order_openings import (
    KEPT_DAYS,
    is_balance,
    kept_orders,
    kept_seats,
    orders_opening,
    read_balances,
    seats_opening,
)
from npta.domain.state.state import State
from npta.tables import Component, KeyEvent, KeyLedger, OrderEvent, Orders
from sheets_schema import SchemaMismatchError
from tests.npta.domain.world import AT, World, pool

CPT = pool("NASM CPT combined")
TODAY = date.fromisoformat(AT[:10])


def seat(event: KeyEvent, key_id: str, seats: int, order_id: str = "", day: date | str = TODAY) -> KeyLedger:
    return KeyLedger(
        at=f"{day}T12:00:00Z", event=event, order_id=order_id, key_id=key_id, keycode="k", seats=seats, commit="c"
    )


def opened(
    *rows: KeyLedger, leaving: tuple[str, ...] = ("1",), before: KeyLedger | None = None, where: Pool = CPT
) -> list[KeyLedger]:
    return seats_opening(dict(enumerate(rows, 1)), leaving, before, lambda _: where)


def test_each_key_stands_as_its_rows_come_to_and_rows_of_orders_that_stay_as_they_were() -> None:
    staying = seat(KeyEvent.ASSIGNED, "K1", 5, "2")
    balance, *kept = opened(
        seat(KeyEvent.ASSIGNED, "K1", 3, "1"),
        seat(KeyEvent.RELEASED, "K1", 2, "1"),
        seat(KeyEvent.RETIRED, "K1", 2, "1"),
        seat(KeyEvent.RETIRED, "K2", 4),
        staying,
        seat(KeyEvent.ADJUSTED, "K3", 7),
    )

    assert kept == [staying]
    assert kept_seats([balance, *kept]) == {5: staying}
    assert (balance.event, balance.order_id, balance.seats) == (KeyEvent.CARRIED, "", 0)
    keys, days = read_balances(balance)
    assert keys == [["K1", 1, 2, False, None], ["K2", 0, 0, True, None], ["K3", 0, 0, False, 7]]
    assert days == [(CPT, AT[:10], 3)]


def test_it_goes_on_from_what_stood_for_the_rows_before() -> None:
    (before,) = opened(seat(KeyEvent.ASSIGNED, "K1", 3, "1"), seat(KeyEvent.RETIRED, "K1", 1, "1"))
    tomorrow = TODAY + timedelta(days=1)

    (balance,) = opened(seat(KeyEvent.ASSIGNED, "K1", 2, "1", tomorrow), before=before)

    assert read_balances(balance) == (
        [["K1", 5, 1, False, None]],
        [(CPT, str(TODAY), 3), (CPT, str(tomorrow), 2)],
    )
    assert opened(before=before)[0].entitlement == before.entitlement
    assert opened() == []


def test_days_are_kept_as_long_as_somebody_asks_for_them_counted_from_the_last_of_the_pool() -> None:
    rows = [
        seat(KeyEvent.ASSIGNED, "K1", 1, "1", TODAY - timedelta(days=days)) for days in (KEPT_DAYS, KEPT_DAYS - 1, 0)
    ]
    rows += [seat(KeyEvent.ASSIGNED, "K1", 1, "1", "whenever"), seat(KeyEvent.RELEASED, "K1", 1, "1")]
    where = Pool("QUÉBEC", "NASM", "CPT", Component.COMBINED)

    (balance,) = opened(*rows, where=where)

    assert read_balances(balance)[1] == [
        (where, str(TODAY - timedelta(days=KEPT_DAYS - 1)), 1),
        (where, str(TODAY), 1),
    ]
    assert "QUÉBEC" in balance.entitlement
    assert kept_seats([]) == {}
    assert kept_orders([]) == {}


def test_rows_of_orders_that_stay_are_kept_by_their_numbers() -> None:
    world = World().product("A", "NASM-CPT-FULL").keys("NASM CPT combined", 5)
    for order_id in ("1", "2"):
        world.order(order_id, ("A", 1))
    world.clear("2")
    rows = [row for row in world.history if isinstance(row, Orders)]
    opening = orders_opening(dict(enumerate(rows, 7)), ("1",), world.state, 3)

    assert kept_orders(opening) == {8: rows[1], 9: rows[2]}
    assert State().carry(opening[-1]) == 3
    back = seat(KeyEvent.CARRIED, "-", 0, "2")
    assert [is_balance(row) for row in (back, seat(KeyEvent.ADJUSTED, "K1", 1), *opened(back))] == [
        False,
        False,
        True,
        False,
    ]


def test_what_a_person_has_changed_is_not_believed() -> None:
    balance, staying = opened(seat(KeyEvent.RETIRED, "K1", 1), seat(KeyEvent.ASSIGNED, "K1", 1, "2"))
    for rows in (
        [balance.model_copy(update={"entitlement": "?"})],
        [balance.model_copy(update={"entitlement": "?"}), staying],
        [balance],
        [staying],
        [balance, staying, staying],
    ):
        with pytest.raises(SchemaMismatchError):
            kept_seats(rows)
    order = Orders(at=AT, event=OrderEvent.CLEARED, order_id="2", status="failed", commit="c")
    with pytest.raises(SchemaMismatchError):
        kept_orders([order])
