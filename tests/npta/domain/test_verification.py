"""What an order has taken from each pool, told apart from what others took."""

from __future__ import annotations

import pytest

from npta.domain.orders.order_actions import mark_delivered
from npta.domain.reports.findings import ChecklistItem, ReconciliationFinding
from npta.domain.reports.verification import (
    SLACK,
    STOCK,
    PoolUse,
    keys_as_expected,
    mail_delivered,
    pool_use,
    skus_of,
    slack_posted,
    stock_down,
)
from npta.domain.state.alert import Alert, AlertKind
from npta.domain.state.entitlements import Pool
from npta.domain.state.outbox_rows import alert_pending, mark_sent
from npta.domain.state.times import Stamp
from npta.tables import KeyEvent, KeyLedger, Orders
from tests.npta.domain.gallery import ID, RULES, order_in
from tests.npta.domain.world import AT, World, key_row, pool

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


def test_the_products_that_draw_on_a_pool_are_those_whose_stock_an_order_moves() -> None:
    world = World().product("CPT", "NASM-CPT-FULL").product("STS", "NCSF-STS-FULL").product("GONE", "", "")
    world.product("BOTH", "NASM-CPT-FULL,NCSF-STS-FULL").product("KBS", fulfillment="EXTERNAL")

    assert skus_of(world.state, [CPT], "CANADA") == {"CPT", "BOTH"}
    assert skus_of(world.state, [CPT, STS], "CANADA") == {"CPT", "BOTH", "STS"}
    assert skus_of(world.state, [], "CANADA") == skus_of(world.state, [CPT], "UTAH") == set()


OWED = order_in("filled").record
USE = {pool("NASM CPT combined"): PoolUse(1, 3, 2), pool("NASM CPT exam"): PoolUse(0, 1, 0)}
SHOWN = {pool("NASM CPT combined"): 6, pool("NASM CPT exam"): 1}


def test_stock_is_down_by_what_is_owed_and_everybody_shows_it() -> None:
    check = stock_down(OWED, USE, SHOWN, (), "S")

    assert (check.ok, check.details, check.next_step) == (True, (), "")
    assert check.found == "CANADA NASM CPT combined: used 1 → 4; CANADA NASM CPT exam: used 0 → 1"


@pytest.mark.parametrize(
    ("use", "shown", "elsewhere", "miss"),
    [
        ({**USE, pool("NASM CPT exam"): PoolUse(0, 2, 0)}, {**SHOWN, pool("NASM CPT exam"): 2}, (),
         "CANADA NASM CPT exam: 2 taken, 1 owed"),
        ({pool("NASM CPT combined"): PoolUse(1, 3, 2)}, SHOWN, (), "CANADA NASM CPT exam: 0 taken, 1 owed"),
        (USE, {**SHOWN, pool("NASM CPT exam"): 2}, (),
         "CANADA NASM CPT exam: Key Inventory shows 2 used, the ledger says 1"),
        (USE, {pool("NASM CPT combined"): 6}, (),
         "CANADA NASM CPT exam: Key Inventory shows nothing used, the ledger says 1"),
        (USE, SHOWN, (ReconciliationFinding("stock differs", "CPT", "Shopify shows 9"),), "CPT: Shopify shows 9"),
    ],
)  # fmt: skip
def test_whatever_does_not_agree_is_named(
    use: dict[Pool, PoolUse], shown: dict[Pool, int], elsewhere: tuple[ReconciliationFinding, ...], miss: str
) -> None:
    check = stock_down(OWED, use, shown, elsewhere, "S")

    assert (check.ok, check.details) == (False, (miss,))
    if len(use) == 1:
        assert check.found == "CANADA NASM CPT combined: used 1 → 4; CANADA NASM CPT exam: used 0 → 0"
    assert check.next_step.startswith("Press Refresh Inventory and verify again")


def test_an_order_that_is_owed_nothing_says_what_it_has_given_back() -> None:
    failed = order_in("failed, out of stock").record

    assert stock_down(failed, {}, {}, (), "S") == ChecklistItem(
        STOCK, ok=False, found="the order is owed nothing", next_step="S"
    )
    back = stock_down(failed, {CPT: PoolUse(1, 0, 0)}, {CPT: 1}, (), "S")
    assert back.found == "the order is owed nothing; what it took is back: CANADA NASM CPT combined: used 1 → 1"


def test_an_order_that_holds_something_else_than_it_is_owed_is_named_line_by_line() -> None:
    shop = order_in("filled")
    held = shop.state.holdings[ID]
    shop.state.holdings[ID] = (held[0]._replace(seats=1), *held[1:])

    check = keys_as_expected(shop.state, shop.record, RULES, "S")

    assert (check.ok, check.found) == (False, "not what is owed")
    assert check.details == ("CPT NASM-CPT-FULL: owed 3, holds 2 (CANADA NASM CPT combined)",)
    assert "npta audit" in check.next_step


class TestSlack:
    """Whether the ✅ of an order is out."""

    def test_it_is_with_the_name_of_its_message(self) -> None:
        shop = order_in("filled")
        row = alert_pending(shop.state, Alert(AlertKind.FULFILLED, ID, "✅", "t"), stamp=Stamp(AT, "a"))
        shop.facts(row)
        waiting = slack_posted(shop.state, shop.record, "S")
        assert (waiting.ok, waiting.found) == (False, f"not noted as posted yet, due since {AT}")
        message = shop.state.message(row.message_id)
        assert message
        shop.facts(mark_sent(message, "ts1", stamp=Stamp(AT, "b")))
        assert slack_posted(shop.state, shop.record, "S") == ChecklistItem(SLACK, ok=True, found="message ts1")

    def test_another_orders_message_is_not_its_own(self) -> None:
        shop = order_in("filled")
        shop.facts(alert_pending(shop.state, Alert(AlertKind.FULFILLED, "2", "✅", "t"), stamp=Stamp(AT, "a")))
        assert slack_posted(shop.state, shop.record, "S").next_step == "S"

    @pytest.mark.parametrize(("since", "ok"), [("2026-11-23T15:01:00Z", True), ("2026-11-23T15:00:59Z", False)])
    def test_one_of_so_long_ago_that_no_message_is_kept_was_posted(self, since: str, ok: bool) -> None:
        shop = order_in("filled")
        shop.state.since.value = since
        assert slack_posted(shop.state, shop.record, "S").ok is ok
        failed = order_in("failed, out of stock")
        failed.state.since.value = since
        assert not slack_posted(failed.state, failed.record, "S").ok


def test_a_confirmed_mail_is_told_as_it_was_confirmed_whatever_came_later() -> None:
    shop = order_in("filled")
    (row,) = shop.press(mark_delivered, ID, message_id="m-1")
    assert isinstance(row, Orders)
    shop.clear(ID)

    check = mail_delivered(shop.record, "test@npta.example", "S")

    assert check.ok
    assert check.found == f"confirmed {row.at} to {shop.record.email} (mode LIVE), message m-1"


def test_where_only_the_shop_differs_nothing_was_taken() -> None:
    failed = order_in("failed, out of stock").record
    check = stock_down(failed, {}, {}, [ReconciliationFinding("stock differs", "CPT", "Shopify shows 9")], "S")

    assert (check.found, check.details) == ("nothing taken", ("CPT: Shopify shows 9",))
