"""What stands for the first rows of Orders and Key Ledger once they have left. Pure.

Rows of orders that stay are kept as they are, in their order. Of the others stays what they come to: how the seats of
each key stand, and the counts and positions that later orders go on from.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, TypeVar

from npta.domain.state.archived_order import NO_KEY, UNREADABLE, unreadable_opening
from npta.domain.state.entitlements import Pool
from npta.domain.state.order_positions import NO_ORDER, OrderPositionsProjection
from npta.domain.state.times import DAY, moment, utc_text
from npta.tables import KeyEvent, KeyLedger, OrderEvent, Orders

K = TypeVar("K", Orders, KeyLedger)
KEPT_DAYS = 30
"""Days before a pool's last assignment of which the seats are kept by day: as many as tell how long it lasts."""


def orders_opening(
    gone: Mapping[int, Orders], leaving: Collection[str], folded: OrderPositionsProjection, portions: int
) -> list[Orders]:
    """Return what stands for the first rows of Orders when orders leave.

    `gone` are the rows by number, `leaving` the ids of the orders. `folded` is the state into which these rows alone
    were folded; `portions` have left so far, this one included.
    """
    staying = {number: row for number, row in gone.items() if row.order_id not in leaving}
    last = gone[max(gone)]
    carried = Orders(
        at=last.at,
        event=OrderEvent.CARRIED,
        order_id=NO_ORDER,
        status=NO_ORDER,
        lines=folded.positions_text(dict.fromkeys(row.order_id for row in staying.values()), portions, [*staying]),
        commit=last.commit,
    )
    return [*staying.values(), carried]


def seats_opening(
    gone: Mapping[int, KeyLedger],
    leaving: Collection[str],
    before: KeyLedger | None,
    pool_of: Callable[[str], Pool],
) -> list[KeyLedger]:
    """Return what stands for the first rows of Key Ledger when orders leave.

    `gone` are the rows by number, `leaving` the ids of the orders. `before` is how seats stood without these rows;
    `pool_of` knows the pool of every key by its id.
    """
    if before and not gone:
        return [before]
    balances, by_day = read_balances(before) if before else ([], [])
    keys: dict[str, list[Any]] = {key_id: numbers for key_id, *numbers in balances}
    days = Counter({(pool, day): seats for pool, day, seats in by_day})
    staying: dict[int, KeyLedger] = {}
    for number, row in gone.items():
        if row.order_id and row.order_id not in leaving:
            staying[number] = row
        elif row.event is not KeyEvent.CARRIED:
            _count(keys.setdefault(row.key_id, [0, 0, False, None]), row)
            if row.event is KeyEvent.ASSIGNED and (at := moment(row.at)):
                days[pool_of(row.key_id), utc_text(at)[:DAY]] += row.seats
    last_day = dict(sorted(days))
    content = {
        "keys": [[key_id, *numbers] for key_id, numbers in keys.items()],
        "days": [
            [*pool, day, seats]
            for (pool, day), seats in sorted(days.items())
            if day > (date.fromisoformat(last_day[pool]) - timedelta(days=KEPT_DAYS)).isoformat()
        ],
        "numbers": [*staying],
    }
    last = gone[max(gone)] if gone else before  # or orders leave that never had a key
    if last is None:
        return []
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    balance = KeyLedger(
        at=last.at, event=KeyEvent.CARRIED, entitlement=text, key_id=NO_KEY, keycode=NO_KEY, seats=0, commit=last.commit
    )
    return [balance, *staying.values()]


def _count(numbers: list[Any], row: KeyLedger) -> None:
    """Add a row to how the seats of its key stand (see `read_balances`)."""
    match row.event:
        case KeyEvent.ASSIGNED:
            numbers[0] += row.seats
        case KeyEvent.RELEASED:
            numbers[0] -= row.seats
        case KeyEvent.RETIRED if row.order_id:
            numbers[1] += row.seats
        case KeyEvent.RETIRED:
            numbers[2] = True
        case KeyEvent.ADJUSTED:
            numbers[3] = row.seats


def read_balances(row: KeyLedger) -> tuple[list[Any], list[tuple[Pool, str, int]]]:
    """Return how the seats of each key stand, and seats by day.

    Of a key: its id, seats used and given back into quarantine, whether it is retired, its corrected total.
    """
    content = json.loads(row.entitlement)
    return content["keys"], [(Pool(*pool), day, seats) for *pool, day, seats in content["days"]]


def kept_orders(opening: Sequence[Orders]) -> dict[int, Orders]:
    """Return the rows of Orders that an opening keeps as they are, by number.

    Raises `SchemaMismatchError` for one that a person has changed.
    """
    rows = [row for row in opening if row.order_id != NO_ORDER]
    counts = next((row for row in opening if row.order_id == NO_ORDER), None)
    return _numbered(Orders, counts.lines if counts else "", rows)


def kept_seats(opening: Sequence[KeyLedger]) -> dict[int, KeyLedger]:
    """Return the rows of Key Ledger that an opening keeps, as `kept_orders` does."""
    rows = [row for row in opening if not is_balance(row)]
    balance = next((row for row in opening if is_balance(row)), None)
    return _numbered(KeyLedger, balance.entitlement if balance else "", rows)


def is_balance(row: KeyLedger) -> bool:
    """Whether a row says how seats stood when rows left."""
    return row.event is KeyEvent.CARRIED and not row.order_id


def _numbered(ledger: type[K], text: str, rows: Sequence[K]) -> dict[int, K]:
    """Return rows by the numbers that the one which stands for the others names."""
    if not (text or rows):
        return {}
    try:
        return dict(zip(map(int, json.loads(text)["numbers"]), rows, strict=True))
    except UNREADABLE:
        raise unreadable_opening(ledger) from None
