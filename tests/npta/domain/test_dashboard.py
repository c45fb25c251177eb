"""Dashboard counts orders by the days of the spreadsheet's time zone."""

from __future__ import annotations

import pytest

from npta.domain.orders.eligibility import Mode
from npta.domain.reports.dashboard import DASHBOARD_ROWS, NUMBERS, DashboardRows, dashboard
from npta.tables import OrderEvent, Orders
from tests.npta.domain.world import LIVE, World, order_of

AT = "2026-11-24T12:00:00Z"


def came(at: str) -> World:
    """A state in which one order was filled at that time."""
    row = Orders(at=at, event=OrderEvent.FULFILLED, order_id="1", status="fulfilled", commit="c")
    return World().facts(row)


def days(world: World, at: str, zone: str) -> list[str]:
    return [row.day for row in dashboard(world.state, 5, at, zone) if row.fulfilled]


@pytest.mark.parametrize(
    ("zone", "at", "day"),
    [
        ("UTC", "2026-11-23T03:00:00Z", "2026-11-23"),
        ("", "2026-11-23T03:00:00Z", "2026-11-23"),
        ("America/Toronto", "2026-11-23T03:00:00Z", "2026-11-22"),
        ("America/Toronto", "2026-11-23T06:00:00Z", "2026-11-23"),
        ("Pacific/Auckland", "2026-11-23T03:00:00Z", "2026-11-23"),
        ("Pacific/Auckland", "2026-11-23T12:00:00Z", "2026-11-24"),
        ("America/Toronto", "2026-11-01T04:30:00Z", "2026-11-01"),  # the night in which the clock is set back
        ("America/Toronto", "2026-11-02T04:30:00Z", "2026-11-01"),
        ("Middle/Earth", "2026-11-23T03:00:00Z", "2026-11-23"),
    ],
)
def test_a_day_is_one_of_the_spreadsheets_time_zone(zone: str, at: str, day: str) -> None:
    assert days(came(at), AT, zone) == [day]


@pytest.mark.parametrize(
    ("zone", "at", "is_shown"),
    [
        ("UTC", "2026-10-26T00:00:00Z", True),  # the first of 30 days
        ("UTC", "2026-10-25T23:59:59Z", False),
        ("Pacific/Auckland", "2026-10-26T10:59:59Z", False),  # 29 days before the 25th, which it is there by then
        ("Pacific/Auckland", "2026-10-26T11:00:00Z", True),
    ],
)
def test_thirty_days_end_with_that_of_the_refresh(zone: str, at: str, is_shown: bool) -> None:
    shown = dashboard(came(at).state, 5, AT, zone)
    assert len(shown) == DASHBOARD_ROWS
    assert sum(row.fulfilled for row in shown) == is_shown
    assert shown[-1].day == ("2026-11-25" if "Auckland" in zone else "2026-11-24")


def test_an_order_whose_time_a_person_has_changed_is_left_out() -> None:
    assert days(came("yesterday"), AT, "UTC") == []


def test_the_numbers_count_todays_orders_those_that_wait_and_the_pools_without_a_free_seat() -> None:
    """Nothing left, one seat left, two left; and an order of a day before."""
    world = World().product("A", "NASM-CPT-FULL").product("B", "NASM-CPT-EXAM")
    world.keys("NASM CPT combined", 1).keys("NASM CPT exam", 1).keys("NASM CNC combined", 2)
    world.order("1", ("A", 1))
    world.order("2", ("A", 1))
    world.place(order_of("3", ("B", 1)), LIVE._replace(mode=Mode.OFF))
    row = Orders(at="2026-11-22T12:00:00Z", event=OrderEvent.FULFILLED, order_id="4", status="fulfilled", commit="c")
    world.facts(row)

    rows = dashboard(world.state, 5, "2026-11-23T20:00:00Z")

    assert [row.number for row in rows] == [3, 2, 1, *[None] * (DASHBOARD_ROWS - 3)]
    assert [(row.day, row.fulfilled, row.waiting, row.failed, row.not_confirmed) for row in rows[-2:]] == [
        ("2026-11-22", 1, 0, 0, 0),
        ("2026-11-23", 1, 1, 1, 1),
    ]
    assert [(row.pool, row.free, row.threshold, row.days_left) for row in rows[:4]] == [
        ("CANADA NASM CPT combined", 0, 5, 0),
        ("CANADA NASM CPT exam", 1, 5, 90),
        ("CANADA NASM CNC combined", 2, 5, 90),
        ("", None, None, None),
    ]
    assert [bool(row.charts_) for row in rows] == [True, *[False] * (DASHBOARD_ROWS - 1)]


def test_before_any_refresh_nothing_is_shown_but_what_the_rows_are_about() -> None:
    rows = dashboard(came(AT).state, 5, "")

    assert [row.about for row in rows] == [*NUMBERS, *[""] * (DASHBOARD_ROWS - len(NUMBERS))]
    assert not [row for row in rows if row.day or row.pool or row.charts_ or row.number is not None]


def test_the_rows_are_computed_once_for_a_state_and_a_refresh() -> None:
    view, world = DashboardRows(5), came("2026-11-23T12:00:00Z")
    values = {"refreshed_at": AT, "time_zone": "UTC"}
    later = {**values, "refreshed_at": "2026-11-25T12:00:00Z"}

    first = view.row(world.state, values, 0)
    assert view.row(world.state, values, 0) is first, "as it was computed for the row before"
    assert view.row(world.state, later, DASHBOARD_ROWS - 1).day == "2026-11-25"
    world.facts(Orders(at=AT, event=OrderEvent.FULFILLED, order_id="2", status="fulfilled", commit="c"))
    assert [view.row(state, values, 0).number for state in (world.state.fork(), World().state)] == [1, 0]

    assert view.row_count(world.state) == DASHBOARD_ROWS
    assert [view.key(world.state, index) for index in (0, 2, 3)] == [NUMBERS[0], NUMBERS[2], ""]
    assert list(view.changed(world.state, world.state, values, values)) == []
    assert len(list(view.changed(world.state, world.state, values, later))) == DASHBOARD_ROWS
