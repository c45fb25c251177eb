"""X15: which paid orders of the shop that never arrived are served, and why the others are not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from npta.domain.orders.eligibility import Mode
from npta.domain.orders.recover_orders import (
    MAX_AGE,
    Opening,
    PaidOrder,
    Span,
    after_off,
    head_refusal,
    is_missing,
    read_off,
    refusal,
    was_paid,
)
from npta.domain.state.shop_status import OrderHead, ShopStatus
from npta.domain.state.times import utc_text
from npta.tables import OrderEvent, Orders
from tests.npta.domain.world import AT, World, order_of

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
EARLIER = "2026-11-28T11:00:00Z"
HEAD = OrderHead("1", "#1", EARLIER, EARLIER, "PAID", "UNFULFILLED", "", test=False)
OPENING = Opening(Mode.LIVE, "2026-11-01T00:00:00Z")
PAID = PaidOrder(order_of("1", ("CPTa", 1), paid_at=EARLIER), EARLIER)


def minutes_ago(minutes: float) -> str:
    return utc_text(NOW - timedelta(minutes=minutes))


class TestTheList:
    def test_a_paid_order_of_an_hour_ago_is_looked_at(self) -> None:
        assert head_refusal(HEAD, NOW) == ""

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"cancelled_at": EARLIER}, "cancelled"),
            ({"test": True}, "test"),
            ({"financial_status": "REFUNDED"}, "refunded"),
            ({"fulfillment_status": "FULFILLED"}, "fulfilled"),
            ({"fulfillment_status": "PARTIALLY_FULFILLED"}, "fulfilled"),
            ({"created_at": minutes_ago(14)}, "younger than 15 minutes"),
            ({"created_at": "2026-11-28T06:50:00-05:00"}, "younger than 15 minutes"),
        ],
    )
    def test_what_is_left_out_is_told_with_its_reason(self, changes: dict[str, object], reason: str) -> None:
        assert reason in head_refusal(HEAD._replace(**changes), NOW)  # type: ignore[arg-type]  # fields by name

    @pytest.mark.parametrize("status", ["UNFULFILLED", "ON_HOLD", "SCHEDULED", "IN_PROGRESS", "OPEN"])
    def test_whatever_nobody_has_fulfilled_is_looked_at(self, status: str) -> None:
        assert head_refusal(HEAD._replace(fulfillment_status=status), NOW) == ""

    def test_it_is_old_enough_after_15_minutes(self) -> None:
        assert head_refusal(HEAD._replace(created_at=minutes_ago(15)), NOW) == ""

    @pytest.mark.parametrize("status", ["PENDING", "AUTHORIZED", "PARTIALLY_PAID", "VOIDED", "EXPIRED", ""])
    def test_what_nobody_paid_is_not_even_listed(self, status: str) -> None:
        assert not was_paid(HEAD._replace(financial_status=status))


class TestOneOrder:
    def test_it_is_served(self) -> None:
        assert refusal(PAID, OPENING, NOW) == ""

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"paid_at": "2026-10-31T23:59:59Z"}, "before go-live"),
            ({"paid_at": minutes_ago(14)}, "younger than 15 minutes"),
            ({"email": ""}, "e-mail"),
            ({"lines": ()}, "nothing is left"),
            ({"shop": ShopStatus("paid", test=True)}, "test"),
            ({"shop": ShopStatus("refunded")}, "refunded"),
            ({"shop": ShopStatus("pending")}, "not paid"),
            ({"shop": ShopStatus("paid", EARLIER)}, "cancelled"),
        ],
    )
    def test_what_is_left_out_is_told_with_its_reason(self, changes: dict[str, object], reason: str) -> None:
        paid = PAID._replace(order=PAID.order._replace(**changes))  # type: ignore[arg-type]  # fields by name
        assert reason in refusal(paid, OPENING, NOW)

    def test_paid_in_the_very_second_of_go_live_it_is_served(self) -> None:
        order = PAID.order._replace(paid_at=OPENING.go_live_at)
        assert refusal(PAID._replace(order=order), OPENING, NOW) == ""

    def test_of_which_any_unit_is_fulfilled_it_is_left_to_those_who_did_that(self) -> None:
        assert "fulfilled" in refusal(PAID._replace(fulfilled=True), OPENING, NOW)

    @pytest.mark.parametrize(
        ("span", "left_out"),
        [
            (Span("2026-11-28T10:00:00Z", "2026-11-28T11:30:00Z"), True),
            (Span(EARLIER, ""), True),
            (Span("2026-11-28T10:00:00Z", EARLIER), False),
            (Span("2026-11-28T11:30:00Z", ""), False),
        ],
    )
    def test_paid_while_off_it_is_peoples(self, span: Span, left_out: bool) -> None:
        assert ("OFF" in refusal(PAID, OPENING._replace(off=(span,)), NOW)) is left_out


class TestMissing:
    def test_one_that_came_is_not_missing_whatever_became_of_it(self) -> None:
        world = World()
        assert is_missing(world.state, "1")
        world.order("1", ("NEW", 1))
        assert not is_missing(world.state, "1")
        assert not is_missing(world.clear("1").state, "1")

    def test_one_that_came_unpaid_is_missing_as_a_paid_one(self) -> None:
        world = World()
        world.order("1", ("NEW", 1), shop=ShopStatus("pending"))
        world.order("2", ("NEW", 1), shop=ShopStatus("refunded"))
        assert (is_missing(world.state, "1"), is_missing(world.state, "2")) == (True, False)
        assert not is_missing(world.event("1", OrderEvent.CLOSED).state, "1")

    def test_one_of_which_only_a_refund_was_heard_never_came(self) -> None:
        world = World()
        lines = '{"refund": "9", "lines": []}'
        world.facts(Orders(at=AT, event=OrderEvent.REFUNDED, order_id="1", status="unseen", lines=lines, commit="c"))
        assert is_missing(world.state, "1")


class TestOff:
    def test_each_time_is_kept_as_long_as_anybody_asks(self) -> None:
        first = after_off((), "2026-11-01T00:00:00Z", NOW - timedelta(days=20))
        second = after_off(read_off(first), "2026-11-28T00:00:00Z", NOW)
        assert [span.begin for span in read_off(second)] == ["2026-11-01T00:00:00Z", "2026-11-28T00:00:00Z"]
        later = after_off(read_off(second), "2027-01-20T00:00:00Z", NOW + MAX_AGE)
        assert [span.begin for span in read_off(later)] == ["2026-11-28T00:00:00Z", "2027-01-20T00:00:00Z"]

    def test_however_often_it_is_switched_it_fits_into_its_cell(self) -> None:
        text = ""
        for minute in range(1_000):
            text = after_off(read_off(text), minutes_ago(minute + 1), NOW)
        assert len(text) < 40_000

    def test_nothing_was_noted(self) -> None:
        assert read_off("") == ()
