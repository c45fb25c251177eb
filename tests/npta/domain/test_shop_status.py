"""Rule 16: what Shopify calls an order decides in LIVE, anew at each call."""

from __future__ import annotations

from typing import Any

import pytest

from npta.domain.orders.eligibility import Mode, Rules
from npta.domain.orders.replays import fill
from npta.domain.state.order_record import Status
from npta.domain.state.receipts import Code
from npta.domain.state.shop_status import FINANCIAL_STATUSES, SERVED, OrderHead, ShopStatus, read_financial_status
from npta.domain.state.times import Stamp
from npta.tables import OrderEvent
from tests.npta.domain.world import AT, LIVE, World

CPT = "NASM CPT combined"
TEST, OFF = (LIVE._replace(mode=mode) for mode in (Mode.TEST, Mode.OFF))
PENDING, PAID = ShopStatus("pending"), ShopStatus("paid")
CANCELLED = ShopStatus("refunded", "2026-11-27T10:00:00Z")
REFUSED = {
    **dict.fromkeys(("pending", "authorized", "partially_paid", "voided", "expired"), Code.NOT_PAID),
    "refunded": Code.REFUNDED,
}


def shop(keys: int = 10) -> World:
    return (
        World().product("CPTa", "NASM-CPT-FULL").keys(CPT, keys) if keys else World().product("CPTa", "NASM-CPT-FULL")
    )


def waiting(world: World) -> list[str]:
    return [record.order_id for record in world.state.waiting_orders()]


class TestTheFirstCall:
    @pytest.mark.parametrize("status", FINANCIAL_STATUSES)
    def test_each_payment_that_shopify_knows_is_served_or_has_its_code(self, status: str) -> None:
        outcome = shop().order("1", ("CPTa", 1), shop=ShopStatus(status))

        expected = [] if status in SERVED else [REFUSED[status]]
        assert [problem.code for problem in outcome.problems] == expected
        assert outcome.status is (Status.FAILED if expected else Status.FULFILLED)

    def test_no_status_at_all_is_served(self) -> None:
        assert shop().order("1", ("CPTa", 1)).status is Status.FULFILLED

    @pytest.mark.parametrize(
        ("said", "code"),
        [
            (CANCELLED, Code.CANCELLED),
            (ShopStatus("paid", test=True), Code.TEST_ORDER),
            (ShopStatus("pending", test=True), Code.TEST_ORDER),
            (ShopStatus("voided", "2026-11-27T10:00:00Z"), Code.CANCELLED),
        ],
    )
    def test_of_several_reasons_the_one_that_lasts_is_told(self, said: ShopStatus, code: Code) -> None:
        assert shop().order("1", ("CPTa", 1), shop=said).problems[0].code is code

    def test_force_overcomes_the_go_live_time_only(self) -> None:
        assert shop().order("1", ("CPTa", 1), shop=PENDING, force=True).problems[0].code is Code.NOT_PAID

    @pytest.mark.parametrize("rules", [TEST, OFF], ids=["TEST", "OFF"])
    @pytest.mark.parametrize("said", [PENDING, CANCELLED, ShopStatus(test=True)])
    def test_outside_live_it_makes_no_difference(self, rules: Rules, said: ShopStatus) -> None:
        world = shop()
        world.rules = rules
        assert world.order("1", ("CPTa", 1), shop=said).status is world.order("2", ("CPTa", 1)).status

    def test_it_owes_no_stock_and_takes_none(self) -> None:
        world = shop()
        before = world.seats()
        for number, said in enumerate((PENDING, CANCELLED, ShopStatus(test=True)), 1):
            world.order(str(number), ("CPTa", 1), shop=said)
        assert not any(world.state.debts.values())
        assert world.seats() == before

    def test_it_is_not_held_against_the_system_as_failures_in_a_row(self) -> None:
        world = shop()
        for number in range(3):
            world.order(str(number), ("CPTa", 1), shop=PENDING)
        assert world.state.failures_in_a_row.value == 0

    @pytest.mark.parametrize("text", ["PAID", " Paid ", "Partially refunded", "partially-refunded", "PARTIALLY_PAID"])
    def test_its_words_are_read_in_every_spelling(self, text: str) -> None:
        assert read_financial_status(text.strip()) in FINANCIAL_STATUSES

    def test_a_word_that_shopify_does_not_have_is_refused(self) -> None:
        with pytest.raises(ValueError, match="none that Shopify has"):
            read_financial_status("settled")


class TestTheNextCall:
    @pytest.mark.parametrize("first", [PENDING, CANCELLED, ShopStatus(test=True), ShopStatus("voided")])
    @pytest.mark.parametrize("then", [PAID, ShopStatus(), ShopStatus("partially_refunded")])
    def test_with_the_same_lines_it_is_filled_once_nothing_keeps_it(self, first: ShopStatus, then: ShopStatus) -> None:
        world = shop()
        world.order("1", ("CPTa", 1), shop=first)
        assert world.order("1", ("CPTa", 1), shop=then).status is Status.FULFILLED
        assert world.held("1") == [("K1", 1)]

    def test_the_same_refusal_again_writes_nothing(self) -> None:
        world = shop()
        first = world.order("1", ("CPTa", 1), shop=PENDING)
        again = world.order("1", ("CPTa", 1), shop=PENDING)
        assert (again.replayed, again.facts, again.problems) == (True, (), first.problems)

    def test_another_refusal_is_written(self) -> None:
        world = shop()
        world.order("1", ("CPTa", 1), shop=PENDING)
        again = world.order("1", ("CPTa", 1), shop=CANCELLED)
        assert [problem.code for problem in again.problems] == [Code.CANCELLED]
        assert len(again.facts) == 1
        assert waiting(world) == []

    def test_an_order_that_waits_for_keys_and_is_cancelled_owes_nothing_any_more(self) -> None:
        world = shop(keys=0)
        world.order("1", ("CPTa", 1), shop=PAID)
        assert sum(world.state.debts.values()) == 1
        world.order("1", ("CPTa", 1), shop=CANCELLED)
        assert not any(world.state.debts.values())
        world.keys(CPT, 5)
        assert world.reopen() == []

    def test_paid_and_then_out_of_stock_it_waits_for_keys(self) -> None:
        world = shop(keys=0)
        world.order("1", ("CPTa", 1), shop=PENDING)
        assert world.order("1", ("CPTa", 1), shop=PAID).problems[0].code is Code.OUT_OF_STOCK
        world.keys(CPT, 1)
        assert world.reopen() == ["1"]

    def test_paid_while_off_it_is_to_be_served_by_hand(self) -> None:
        world = shop()
        world.order("1", ("CPTa", 1), shop=PENDING)
        world.rules = OFF
        assert world.order("1", ("CPTa", 1), shop=PAID).status is Status.OFF

    def test_paid_by_now_but_before_go_live_it_says_so(self) -> None:
        world = shop()
        world.order("1", ("CPTa", 1), shop=PENDING, paid_at="2019-01-01T00:00:00Z")
        again = world.order("1", ("CPTa", 1), shop=PAID, paid_at="2019-01-01T00:00:00Z")
        assert again.problems[0].code is Code.BEFORE_GO_LIVE

    def test_what_was_refused_in_live_is_filled_in_test(self) -> None:
        world = shop()
        world.order("1", ("CPTa", 1), shop=PENDING)
        world.rules = TEST
        assert world.order("1", ("CPTa", 1), shop=PENDING).status is Status.FULFILLED

    def test_grown_and_not_paid_for_it_keeps_what_it_holds(self) -> None:
        world = shop()
        world.order("1", ("CPTa", 1), shop=PAID)
        grown = world.order("1", ("CPTa", 2), shop=ShopStatus("partially_paid"))
        assert grown.problems[0].code is Code.NOT_PAID
        assert world.held("1") == [("K1", 1)]
        assert world.order("1", ("CPTa", 2), shop=PAID).status is Status.FULFILLED
        assert world.held("1") == [("K1", 1), ("K1", 1)]


class TestWaiting:
    @pytest.mark.parametrize("mode", list(Mode))
    @pytest.mark.parametrize("said", [PENDING, CANCELLED, ShopStatus(test=True)])
    def test_nothing_that_arrives_opens_it_again(self, mode: Mode, said: ShopStatus) -> None:
        world = shop(keys=0)
        world.order("1", ("CPTa", 1), shop=said)
        world.rules = LIVE._replace(mode=mode)
        world.keys(CPT, 5)
        assert world.reopen() == []

    def test_only_one_that_may_still_be_paid_is_listed(self) -> None:
        world = shop()
        for number, said in enumerate((PENDING, CANCELLED, ShopStatus(test=True), ShopStatus("refunded")), 1):
            world.order(str(number), ("CPTa", 1), shop=said)
        assert waiting(world) == ["1"]

    def test_failed_in_test_it_is_not_served_in_live(self) -> None:
        world = shop(keys=0)
        world.rules = TEST
        world.order("1", ("CPTa", 1), shop=PENDING)
        world.rules = LIVE
        world.keys(CPT, 5)
        assert world.reopen() == []

    def test_fill_does_not_overcome_it(self) -> None:
        world = shop()
        world.order("1", ("CPTa", 1), shop=PENDING, paid_at=AT)
        outcome = fill(world.state, world.state.orders["1"], LIVE, stamp=Stamp(AT, "c"))
        assert (outcome.status, outcome.facts) == (Status.FAILED, ())
        assert outcome.problems[0].code is Code.NOT_PAID

    def test_clear_does_not_overcome_it_either(self) -> None:
        world = shop()
        world.order("1", ("CPTa", 1), shop=CANCELLED)
        assert world.clear("1").order("1", ("CPTa", 1), shop=CANCELLED).problems[0].code is Code.CANCELLED


class TestAnOrderThatHoldsItsKeys:
    def test_it_stays_as_fulfilled_as_it_was(self) -> None:
        world = shop()
        world.order("1", ("CPTa", 1), shop=PAID)
        keys = world.answer("1").keys
        again = world.order("1", ("CPTa", 1), shop=CANCELLED)
        assert (again.status, again.facts, world.answer("1", again).keys) == (Status.FULFILLED, (), keys)

    def test_cleared_it_is_given_no_new_key_for_a_dead_one(self) -> None:
        world = shop(keys=1).keys(CPT, 1)
        world.order("1", ("CPTa", 1), shop=PAID)
        world.release("1").event("1", OrderEvent.CLEARED)
        assert world.order("1", ("CPTa", 1), shop=CANCELLED).problems[0].code is Code.CANCELLED
        assert world.held("1") == []


class TestTheNextStep:
    @pytest.mark.parametrize(
        ("said", "step"),
        [(PENDING, "before it is paid"), (CANCELLED, "by hand"), (ShopStatus(test=True), "In TEST they do")],
    )
    def test_it_sends_nobody_to_press_what_does_not_help(self, said: ShopStatus, step: str) -> None:
        world = shop()
        told = world.answer("1", world.order("1", ("CPTa", 1), shop=said))
        assert step in told.next_step
        assert "Clear Order Cache" not in told.next_step


@pytest.mark.parametrize("shop", [ShopStatus("PENDING"), ShopStatus("PAID", test=True), ShopStatus("REFUNDED")])
def test_an_order_that_was_cleared_and_holds_all_its_keys_keeps_them_whatever_the_call_says(shop: ShopStatus) -> None:
    world = World().product("A", "NASM-CPT-FULL").keys("NASM CPT combined", 2)
    world.order("1", ("A", 1))
    world.clear("1")

    again = world.order("1", ("A", 1), shop=shop)

    assert (again.status, world.held("1")) == (Status.FULFILLED, [("K1", 1)])


def head(**more: Any) -> OrderHead:
    return OrderHead("1", "#1", AT, AT, "PAID", "UNFULFILLED", "", test=False)._replace(**more)


@pytest.mark.parametrize(
    ("status", "is_open"), [("UNFULFILLED", True), ("PARTIALLY_FULFILLED", True), ("", True), ("FULFILLED", False)]
)
def test_an_order_is_open_until_all_of_it_is_fulfilled(status: str, is_open: bool) -> None:
    assert head(fulfillment_status=status).open is is_open


@pytest.mark.parametrize(
    ("status", "cancelled_at", "paid"),
    [
        ("PAID", "", True),
        ("PARTIALLY_REFUNDED", "", True),
        ("", "", True),
        ("REFUNDED", "", False),
        ("PAID", AT, False),
    ],
)
def test_an_order_is_served_as_paid_unless_it_was_refunded_as_a_whole_or_cancelled(
    status: str, cancelled_at: str, paid: bool
) -> None:
    assert head(financial_status=status, cancelled_at=cancelled_at).paid is paid
