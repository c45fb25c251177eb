"""What an order has taken from each pool, told apart from what others took."""

from __future__ import annotations

import pytest

from npta.domain.reports.verification import PoolUse, pool_use
from npta.tables import KeyEvent, KeyLedger
from tests.npta.domain.world import AT, key_row, pool

CPT, STS = pool("NASM CPT combined"), pool("NCSF STS combined")
IMPORTS = [key_row("c", CPT, 20), key_row("s", STS, 20)]


def seats(order_id: str, key_id: str, count: int, event: KeyEvent = KeyEvent.ASSIGNED) -> KeyLedger:
    return KeyLedger(at=AT, event=event, order_id=order_id, key_id=key_id, keycode="code", seats=count, commit="c")


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        pytest.param([], {}, id="nothing"),
        pytest.param([seats("2", "c", 3)], {}, id="only others"),
        pytest.param([seats("2", "c", 3), seats("1", "c", 2)], {CPT: PoolUse(3, 2, 0)}, id="others before"),
        pytest.param([seats("1", "c", 2), seats("2", "c", 3)], {CPT: PoolUse(0, 2, 3)}, id="others since"),
        pytest.param(
            [seats("2", "s", 1), seats("1", "c", 2), seats("1", "s", 2), seats("3", "s", 4)],
            {CPT: PoolUse(0, 2, 0), STS: PoolUse(1, 2, 4)},
            id="two pools",
        ),
        pytest.param(
            [seats("1", "c", 2), seats("1", "c", 2, KeyEvent.RELEASED)], {CPT: PoolUse(0, 0, 0)}, id="given back"
        ),
        pytest.param(
            [seats("1", "c", 2), seats("", "c", 5, KeyEvent.RETIRED), seats("", "c", 9, KeyEvent.ADJUSTED)],
            {CPT: PoolUse(0, 2, 0)},
            id="retiring and adjusting use no seat",
        ),
    ],
)
def test_own_seats_are_told_apart_from_others(rows: list[KeyLedger], told: dict[object, PoolUse]) -> None:
    assert pool_use("1", IMPORTS, rows) == told
