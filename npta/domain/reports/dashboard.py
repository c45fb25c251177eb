"""Dashboard: what its charts are drawn from, as it was at the last refresh. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Annotated

from pydantic import Field

from npta.domain.state.order_record import Status
from npta.domain.state.state import DAY, State
from npta.domain.stock.inventory import days_left
from sheets_schema import View, Width
from sheets_schema.advanced import Chart, IncrementalView, Series

DASHBOARD_ROWS = 30
"""Days that are charted, and pools: the scarcest."""
_LEFT, _RIGHT, _ABOVE, _BELOW = 8, 520, 2, 18
_WIDE = 504
_CHARTS = 2
"""The column that charts stand upon."""


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
            *(_CHARTS, _ABOVE, DASHBOARD_ROWS, _LEFT),
            stacked=True,
            legend=True,
            width=_WIDE,
        ),
        Chart(
            "What runs out next?",
            "BAR",
            "pool",
            (Series("free", "1967D2"), Series("threshold", "A50E0E")),
            ("Pool", "Free seats"),
            *(_CHARTS, _ABOVE, DASHBOARD_ROWS, _RIGHT),
            legend=True,
            width=_WIDE,
        ),
        Chart(
            "Whose mail is not confirmed?",
            "COLUMN",
            "day",
            (Series("not_confirmed", "B06000"),),
            ("Day", "Orders"),
            *(_CHARTS, _BELOW, DASHBOARD_ROWS, _LEFT),
            width=_WIDE,
        ),
        Chart(
            "How many days does it last?",
            "BAR",
            "pool",
            (Series("days_left", "1967D2"),),
            ("Pool", "Days (90: that or more)"),
            *(_CHARTS, _BELOW, DASHBOARD_ROWS, _RIGHT),
            width=_WIDE,
        ),
    ),
):
    """Numbers and charts, as of the last refresh; what they are drawn from stands beside them. Days are those of UTC."""

    about: Annotated[str, Width(150)] = ""
    number: Annotated[int | None, Width(70)] = None
    charts_: Annotated[
        str, Field(alias="charts"), Width(1040), Field(description="As of the last refresh; a day is one of UTC")
    ] = ""
    day: str = ""
    fulfilled: int = 0
    waiting: int = 0
    failed: int = 0
    not_confirmed: Annotated[int, Field(alias="mail not confirmed")] = 0
    pool: Annotated[str, Width(240)] = ""
    free: Annotated[int | None, Field(alias="free seats")] = None
    threshold: int | None = None
    days_left: Annotated[int | None, Field(alias="days left")] = None


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
    """Dashboard as the library keeps it: written when somebody, or the outbox flush, refreshes, never by an order."""

    def __init__(self, low_stock: int) -> None:
        self._low_stock = low_stock
        self._computed: tuple[State, str, list[Dashboard]] | None = None

    def places(self, state: State) -> int:  # noqa: ARG002 — as its base says
        """Return how many rows there are."""
        return DASHBOARD_ROWS

    def key(self, state: State, place: int) -> str:  # noqa: ARG002 — as its base says
        """Return what a row is about; most only hold what charts are drawn from."""
        return NUMBERS[place] if place < len(NUMBERS) else ""

    def row(self, state: State, values: Mapping[str, str], place: int) -> Dashboard:
        """Return a row, computed together with the others."""
        at = values["refreshed_at"]
        if not self._computed or self._computed[0] is not state or self._computed[1] != at:
            self._computed = (state, at, dashboard(state, self._low_stock, at))
        return self._computed[2][place]

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


def dashboard(state: State, low_stock: int, at: str) -> list[Dashboard]:
    """Return what is shown at a time: a day, and a pool (the scarcest first), in each row. Before any refresh nothing is."""
    if not at:
        return [Dashboard(about=label) for label in _labels()]
    today = date.fromisoformat(at[:DAY])
    days = [(today - timedelta(days=back)).isoformat() for back in reversed(range(DASHBOARD_ROWS))]
    came, unconfirmed = Counter[tuple[str, str]](), Counter[str]()
    for record in state.orders.values():
        if record.events:
            came[record.events[0].at[:DAY], _OUTCOMES[record.status]] += 1
    for _, record in state.undelivered():
        unconfirmed[record.events[0].at[:DAY]] += 1
    scarce = sorted(state.pools, key=lambda pool: (state.available(pool), pool))
    shown = [*scarce[:DASHBOARD_ROWS], *[None] * (DASHBOARD_ROWS - len(scarce))]
    numbers = (
        sum(came[days[-1], outcome] for outcome in set(_OUTCOMES.values())),
        state.waiting.size + state.by_hand.size,
        sum(1 for pool in scarce if state.available(pool) <= 0),
    )
    rows = []
    for place, (label, day, pool) in enumerate(zip(_labels(), days, shown, strict=True)):
        lasts = days_left(state, pool, at) if pool else None
        rows.append(
            Dashboard(
                about=label,
                number=numbers[place] if place < len(numbers) else None,
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


def _labels() -> list[str]:
    return [*NUMBERS, *[""] * (DASHBOARD_ROWS - len(NUMBERS))]
