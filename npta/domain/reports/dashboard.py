"""Dashboard: what its charts are drawn from, as it was at the last refresh. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from npta.domain.state.order_record import Status
from npta.domain.state.state import DAY, State
from npta.domain.stock.inventory import days_left
from npta.tables import DASHBOARD_ROWS, Dashboard
from sheets_schema.advanced import IncrementalView

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
