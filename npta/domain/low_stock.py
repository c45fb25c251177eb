"""Low stock: each pool is told of once, until it has been restocked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from npta.domain.alerts import low_stock_alert
from npta.domain.entitlements import Pool
from npta.domain.notices import alert_due
from npta.domain.state import DAY, State
from npta.tabs import NoticeEvent, Outbox

LOOK_BACK = 30
"""Days whose use tells how long the rest will last."""


def low_stock_facts(
    state: State, pools: Iterable[Pool], restocked: Iterable[Pool], threshold: int, *, at: str, commit: str
) -> Iterator[Outbox]:
    """The alerts that become due, or over, as pools change; `restocked` are those that were given new keys.

    Each is to be staged before the next is asked for: its id counts those before it.
    """
    back = set(restocked)
    for pool in sorted({*pools, *back}):
        low, told = state.available(pool) < threshold, bool(state.alarmed.get(str(pool)))
        if told and (pool in back or not low):
            yield _over(pool, at, commit)
        elif low and not told and pool not in back:
            alert = low_stock_alert(str(pool), state.available(pool), threshold, days_left(state, pool, at))
            yield alert_due(state, alert, at=at, commit=commit)


def days_left(state: State, pool: Pool, at: str) -> int | None:
    """How many days the free seats last if they go as in the last 30 days; None if none went."""
    today = date.fromisoformat(at[:DAY])
    days = ((today - timedelta(days=back)).isoformat() for back in range(LOOK_BACK))
    used = sum(state.assigned_on.get((pool, day), 0) for day in days)
    return state.available(pool) * LOOK_BACK // used if used else None


def _over(pool: Pool, at: str, commit: str) -> Outbox:
    return Outbox(
        at=at,
        event=NoticeEvent.OVER,
        notice_id=f"{commit}-over",
        matter="low stock",
        about=str(pool),
        commit=commit,
    )
