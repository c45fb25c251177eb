"""When a pool is low, and how long what is left will last. Pure.

People are alerted once when a pool runs low and once when it is empty, until it has been restocked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import lru_cache

from npta.domain.alerts.stock_alerts import low_stock_alert
from npta.domain.state.alert import AlertKind
from npta.domain.state.entitlements import Pool
from npta.domain.state.outbox_rows import alert_pending, low_stock_over
from npta.domain.state.state import State
from npta.domain.state.times import DAY, Stamp
from npta.tables import Outbox

LOOK_BACK = 30
"""Days whose use tells how long the rest will last."""


def is_low(available: int, threshold: int) -> bool:
    """Whether people should know of so few free seats: none, or fewer than the threshold."""
    return available <= 0 or available < threshold


def low_stock_facts(
    state: State, pools: Iterable[Pool], restocked: Iterable[Pool], threshold: int, *, stamp: Stamp
) -> Iterator[Outbox]:
    """Yield the alerts that become due, or over, as pools change.

    Seats were taken from `pools`, or came back; `restocked` were given new keys, which alone are no alarm, however few.
    Stage each row before asking for the next: its id counts those before it.
    """
    taken, back = set(pools), set(restocked)
    for pool in sorted(taken | back):
        available = state.available(pool)
        low = is_low(available, threshold)
        if _is_alerted(state, pool) and (pool in back or not low):
            yield low_stock_over(pool, stamp=stamp)
        if pool in taken and low and not _is_alerted(state, pool, empty=available <= 0):
            alert = low_stock_alert(str(pool), available, threshold, days_left(state, pool, stamp.at))
            yield alert_pending(state, alert, stamp=stamp)


def _is_alerted(state: State, pool: Pool, *, empty: bool = False) -> bool:
    """Whether people know, since the last restock, that the pool is low, or `empty`."""
    alarm = state.alarmed.get(str(pool), "")
    return alarm == AlertKind.OUT_OF_STOCK or (bool(alarm) and not empty)


def days_left(state: State, pool: Pool, at: str) -> int | None:
    """How many days the free seats last if they go as in the last 30 days; None if none went."""
    days = _days_until(at[:DAY])
    if state.last_assigned.get(pool, "") < days[-1]:
        return None
    used = sum(state.assigned_on.get((pool, day), 0) for day in days)
    return state.available(pool) * LOOK_BACK // used if used else None


@lru_cache(maxsize=64)
def _days_until(day: str) -> tuple[str, ...]:
    """Return the days whose use counts on a day, the last first."""
    today = date.fromisoformat(day)
    return tuple((today - timedelta(days=back)).isoformat() for back in range(LOOK_BACK))
