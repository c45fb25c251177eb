"""Dashboard: what its charts are drawn from, as it was at the last refresh. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field

from npta.domain.state.order_record import OrderRecord, Status
from npta.domain.state.state import State
from npta.domain.state.times import DAY, moment
from npta.domain.stock.low_stock import days_left
from sheets_schema import View, Width
from sheets_schema.advanced import Chart, IncrementalView, Series, Style

DASHBOARD_ROWS = 30
"""Days that are charted, and pools: the scarcest."""
_WIDE, _HIGH, _GAP = 490, 270, 8
_AT = (2, 3, DASHBOARD_ROWS)
"""The column and the row that charts stand upon, and how many rows they draw."""


class Dashboard(
    View,
    tab="Dashboard",
    charts=(
        Chart(
            "How did orders go?",
            "COLUMN",
            "day",
            (Series("fulfilled", "188038"), Series("waiting", "B06000"), Series("failed", "A50E0E")),
            ("Day", "Orders"),
            *_AT,
            x=_GAP,
            stacked=True,
            legend=True,
            width=_WIDE,
            height=_HIGH,
        ),
        Chart(
            "What runs out next?",
            "BAR",
            "pool",
            (Series("free", "1967D2"), Series("threshold", "A50E0E")),
            ("Pool", "Free seats"),
            *_AT,
            x=_WIDE + 2 * _GAP,
            legend=True,
            width=_WIDE,
            height=_HIGH,
        ),
        Chart(
            "Whose mail is not confirmed?",
            "COLUMN",
            "day",
            (Series("not_confirmed", "B06000"),),
            ("Day", "Orders"),
            *_AT,
            x=_GAP,
            y=_HIGH + _GAP,
            width=_WIDE,
            height=_HIGH,
        ),
        Chart(
            "How many days does it last?",
            "BAR",
            "pool",
            (Series("days_left", "1967D2"),),
            ("Pool", "Days (90: that or more)"),
            *_AT,
            x=_WIDE + 2 * _GAP,
            y=_HIGH + _GAP,
            width=_WIDE,
            height=_HIGH,
        ),
    ),
):
    """Numbers and charts, as of the last refresh; what they are drawn from stands beside them.

    Days are those of the spreadsheet's zone.
    """

    about: Annotated[str, Width(130)] = ""
    number: Annotated[int | None, Width(70), Style(large=True)] = None
    charts_: Annotated[
        str,
        Field(alias="charts", description="As of the last Refresh Inventory, which brings all of it up to date"),
        Width(1000),
    ] = ""
    day: Annotated[str, Field(description="In the time zone of the spreadsheet (File > Settings)")] = ""
    fulfilled: Annotated[int, Field(description="Orders that first came in on that day, by what became of them")] = 0
    waiting: Annotated[int, Field(description="To be served by hand")] = 0
    failed: int = 0
    not_confirmed: Annotated[int, Field(alias="mail not confirmed")] = 0
    pool: Annotated[str, Width(240)] = ""
    free: Annotated[int | None, Field(alias="free seats")] = None
    threshold: Annotated[int | None, Field(description="NPTA_LOW_STOCK: with fewer free seats a pool is low")] = None
    days_left: Annotated[
        int | None, Field(alias="days left", description="If as much is sold as in the 30 days before; at most 90")
    ] = None


MAX_DAYS_LEFT = 90
"""Days after which how long a pool lasts is of no interest; one of which nothing was used is shown so, too."""
NUMBERS = ("Orders today", "Orders waiting", "Pools without a free seat")
"""What the rows say in a number."""
_OUTCOMES = {
    Status.FULFILLED: "fulfilled",
    Status.RELEASED: "fulfilled",
    Status.SKIPPED: "fulfilled",
    Status.CLOSED: "fulfilled",
    Status.OFF: "waiting",
    Status.FAILED: "failed",
}


class DashboardRows(IncrementalView[State]):
    """Dashboard as the library keeps it: written when somebody refreshes, never by an order."""

    def __init__(self, low_stock: int) -> None:
        self._low_stock = low_stock
        self._computed: tuple[State, tuple[str, str], list[Dashboard]] | None = None

    def row_count(self, state: State) -> int:  # noqa: ARG002 — as its base says
        """Return how many rows there are."""
        return DASHBOARD_ROWS

    def key(self, state: State, index: int) -> str:  # noqa: ARG002 — as its base says
        """Return what a row is about; most only hold what charts are drawn from."""
        return NUMBERS[index] if index < len(NUMBERS) else ""

    def row(self, state: State, values: Mapping[str, str], index: int) -> Dashboard:
        """Return a row, computed together with the others."""
        as_of = (values["refreshed_at"], values["time_zone"])
        if not self._computed or self._computed[0] is not state or self._computed[1] != as_of:
            self._computed = (state, as_of, dashboard(state, self._low_stock, *as_of))
        return self._computed[2][index]

    def changed(
        self,
        before: State,  # noqa: ARG002 — as its base says
        after: State,  # noqa: ARG002 — as its base says
        values_before: Mapping[str, str],
        values: Mapping[str, str],
    ) -> Iterable[int]:
        """Return every row if a refresh is committed, else none."""
        is_refreshed = values_before["refreshed_at"] != values["refreshed_at"]
        return range(DASHBOARD_ROWS) if is_refreshed else ()


def dashboard(state: State, low_stock: int, at: str, time_zone: str = "UTC") -> list[Dashboard]:
    """Return what is shown at a time: a day, and a pool (the scarcest first), in each row.

    Before any refresh nothing is. A day is one of `time_zone`, which is the spreadsheet's.
    """
    now, zone = moment(at), _zone(time_zone)
    if not now:
        return [Dashboard(about=label) for label in _labels()]
    today = now.astimezone(zone)
    days = [(today - timedelta(days=back)).date().isoformat() for back in reversed(range(DASHBOARD_ROWS))]
    came, unconfirmed = Counter[tuple[str, str]](), Counter[str]()
    for record in state.orders_here():
        if record.events:
            came[_day(record, days[0], zone), _OUTCOMES[record.status]] += 1
    for _, record in state.undelivered():
        unconfirmed[_day(record, days[0], zone)] += 1
    scarce = sorted(state.pools, key=lambda pool: (state.available(pool), pool))
    shown = [*scarce[:DASHBOARD_ROWS], *[None] * (DASHBOARD_ROWS - len(scarce))]
    numbers = (
        sum(came[days[-1], outcome] for outcome in set(_OUTCOMES.values())),
        state.waiting.size + state.by_hand.size,
        sum(1 for pool in scarce if state.available(pool) <= 0),
    )
    rows = []
    for index, (label, day, pool) in enumerate(zip(_labels(), days, shown, strict=True)):
        lasts = days_left(state, pool, at) if pool else None
        rows.append(
            Dashboard(
                about=label,
                number=numbers[index] if index < len(numbers) else None,
                charts_="" if index else _as_of(today, time_zone),
                day=day,
                fulfilled=came[day, "fulfilled"],
                waiting=came[day, "waiting"],
                failed=came[day, "failed"],
                not_confirmed=unconfirmed[day],
                pool=str(pool) if pool else "",
                free=state.available(pool) if pool else None,
                threshold=low_stock if pool else None,
                days_left=(MAX_DAYS_LEFT if lasts is None else min(lasts, MAX_DAYS_LEFT)) if pool else None,
            )
        )
    return rows


def _as_of(now: datetime, time_zone: str) -> str:
    return f"As of {now:%b} {now.day}, {now:%H:%M} ({time_zone or 'UTC'}). Refresh Inventory brings it up to date."


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def _day(record: OrderRecord, first: str, zone: tzinfo) -> str:
    """Return the day on which an order first came in.

    Empty if that was before the `first` that is shown.
    """
    at = record.events[0].at
    # In no zone is it another day by more than one.
    if at[:DAY] < (date.fromisoformat(first) - timedelta(days=1)).isoformat():
        return ""
    came = moment(at)
    return came.astimezone(zone).date().isoformat() if came else ""


def _labels() -> list[str]:
    return [*NUMBERS, *[""] * (DASHBOARD_ROWS - len(NUMBERS))]
