"""Stock by pool: Key Inventory, when a pool is low, how long the rest will last. Pure.

People are alerted once when a pool runs low and once when it is empty, until it has been restocked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from npta.domain.alerts.stock_alerts import low_stock_alert
from npta.domain.state.alert import AlertKind
from npta.domain.state.entitlements import Pool
from npta.domain.state.outbox_rows import alert_pending, low_stock_over
from npta.domain.state.state import DAY, State
from npta.domain.state.times import Stamp
from npta.tables import KeyInventory, Outbox


def key_inventory(state: State) -> list[KeyInventory]:
    """One row a pool, sorted. available = total - used - quarantined."""
    return [
        KeyInventory(
            **pool._asdict(),
            total=stock.total,
            used=stock.used,
            quarantined=stock.quarantined,
            available=stock.available,
        )
        for pool, stock in sorted(state.pools.items())
    ]


LOOK_BACK = 30
"""Days whose use tells how long the rest will last."""


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
        empty = available <= 0
        if _is_alerted(state, pool) and (pool in back or not (empty or available < threshold)):
            yield low_stock_over(pool, stamp=stamp)
        if pool in taken and (empty or available < threshold) and not _is_alerted(state, pool, empty=empty):
            alert = low_stock_alert(str(pool), available, threshold, days_left(state, pool, stamp.at))
            yield alert_pending(state, alert, stamp=stamp)


def _is_alerted(state: State, pool: Pool, *, empty: bool = False) -> bool:
    """Whether people know, since the last restock, that the pool is low, or `empty`."""
    alarm = state.alarmed.get(str(pool), "")
    return alarm == AlertKind.OUT_OF_STOCK or (bool(alarm) and not empty)


def days_left(state: State, pool: Pool, at: str) -> int | None:
    """How many days the free seats last if they go as in the last 30 days; None if none went."""
    today = date.fromisoformat(at[:DAY])
    days = ((today - timedelta(days=back)).isoformat() for back in range(LOOK_BACK))
    used = sum(state.assigned_on.get((pool, day), 0) for day in days)
    return state.available(pool) * LOOK_BACK // used if used else None
