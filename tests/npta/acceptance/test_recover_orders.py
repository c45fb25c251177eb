"""Paid orders that never arrived: found in the shop, listed, and proposed by the nightly report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.npta.acceptance.steps import Watch, alerts, buy, opened, pools, press, shop_do, shop_fault, zap
from tests.npta.hook import Hook, running_hook
from tests.support import ORDER_KEY, House

CPT = "NASM CPT combined"
QUARTER = 16 * 60.0


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def house(watch: Watch) -> Iterator[House]:
    with watch.npta() as made:
        yield opened(made)


def recover(house: House, **body: Any) -> dict[str, Any]:
    return press(house, "/orders/recover", body)


def ids(orders: list[dict[str, Any]]) -> list[str]:
    return [order["order_id"] for order in orders]


@pytest.mark.row("X15")
class TestWithoutAHook:
    def test_it_only_lists_and_takes_nothing(self, house: House, watch: Watch) -> None:
        lost, arrived = buy(house, ("CPTa", 1)), buy(house, ("CPTa", 1))
        zap(house, arrived)
        watch.passes(QUARTER)
        for body in ({}, {"dry_run": True}, {"since": "2026-11-01T00:00:00Z"}):
            told = recover(house, **body)
            assert told["found"] == [
                {"order_id": str(lost["id"]), "order_name": lost["name"], "paid_at": lost["processed_at"]}
            ]
            assert (told["served"], told["failed"], told["left"]) == ([], [], 1)
            assert told["dry_run"] is body.get("dry_run", False)
        assert pools(house)[CPT] == (1, 14)

    def test_what_is_left_out_is_listed_with_its_reason(self, house: House, watch: Watch) -> None:
        left_out = {
            "a test order": buy(house, ("CPTa", 1), test=True),
            "without an e-mail": buy(house, ("CPTa", 1), email=""),
            "cancelled": shop_do(house, buy(house, ("CPTa", 1)), "cancel"),
            "fulfilled": buy(house, ("CPTa", 2)),
        }
        shop_do(house, left_out["fulfilled"], "fulfill", ("CPTa", 1))
        shop_do(house, refunded := buy(house, ("CPTa", 1)), "refund")
        left_out["refunded"] = refunded
        buy(house, ("CPTa", 1), financial_status="pending")
        watch.passes(QUARTER)
        left_out["younger"] = buy(house, ("CPTa", 1))

        told = recover(house)

        assert told["found"] == []
        reasons = {order["order_id"]: order["reason"] for order in told["left_out"]}
        assert reasons.keys() == {str(order["id"]) for order in left_out.values()}
        for reason, order in left_out.items():
            assert reason in reasons[str(order["id"])]

    def test_paid_while_off_it_is_left_to_people_also_when_live_is_resumed(self, house: House, watch: Watch) -> None:
        live = buy(house, ("CPTa", 1))
        watch.passes(60)
        press(house, "/mode", {"mode": "OFF"})
        off = buy(house, ("CPTa", 1))
        watch.passes(60)
        press(house, "/mode", {"mode": "LIVE", "go_live_at": "keep"})
        house.restart()
        watch.passes(QUARTER)

        told = recover(house)

        assert ids(told["found"]) == [str(live["id"])]
        assert [(each["order_id"], "OFF" in each["reason"]) for each in told["left_out"]] == [(str(off["id"]), True)]

    def test_one_that_came_before_it_was_paid_is_found_once_it_is(self, house: House, watch: Watch) -> None:
        order = buy(house, ("CPTa", 1), financial_status="pending")
        assert zap(house, order)["code"] == "not_paid"
        watch.passes(QUARTER)
        assert recover(house)["found"] == []
        shop_do(house, order, "pay", financial_status="paid")
        assert ids(recover(house)["found"]) == [str(order["id"])]

    @pytest.mark.parametrize("body", [{"since": "yesterday"}, {"since": ""}, {"since": None}, {"sinse": "x"}])
    def test_a_time_that_is_none_is_refused(self, house: House, body: dict[str, Any]) -> None:
        press(house, "/orders/recover", body, status=400)

    def test_zaps_may_not_and_a_shop_that_is_down_is_said(self, house: House) -> None:
        press(house, "/orders/recover", {}, status=403, key=ORDER_KEY)
        shop_fault(house, "refuses", status=402)
        assert press(house, "/orders/recover", {}, status=409)["code"]


@pytest.mark.row("X5", "X15")
def test_the_nightly_report_proposes_it(house: House, watch: Watch) -> None:
    lost = buy(house, ("CPTa", 1))
    watch.passes(QUARTER)
    (finding,) = [each for each in press(house, "/reconcile")["findings"] if each["which"] == str(lost["id"])]
    assert "POST /orders/recover" in finding["detail"]


@pytest.mark.row("X24")
def test_cancelled_after_it_was_filled_it_stands_in_the_nightly_report(house: House) -> None:
    order = buy(house, ("CPTa", 1))
    assert zap(house, order)["status"] == "fulfilled"
    shop_do(house, order, "cancel")
    findings = {each["what"]: each for each in press(house, "/reconcile")["findings"]}
    found = findings["cancelled order that holds keys"]
    assert found["which"] == str(order["id"])
    assert "Release Keys" in found["detail"]


@pytest.mark.row("X15")
class TestWithAHook:
    @pytest.fixture
    def hook(self) -> Iterator[Hook]:
        with running_hook() as hook:
            yield hook

    @pytest.fixture
    def house(self, watch: Watch, hook: Hook) -> Iterator[House]:
        with watch.npta(NPTA_KEYS_HOOK=hook.address) as made:
            yield opened(made)

    def test_they_are_served_and_the_hook_has_their_answers_once(self, house: House, watch: Watch, hook: Hook) -> None:
        lost = [buy(house, ("CPTa", 1)), buy(house, ("CNC", 2), ("KBS-1", 1))]
        watch.passes(QUARTER)
        assert recover(house, dry_run=True)["served"] == []
        assert hook.calls == []

        told = recover(house)

        assert ids(told["found"]) == told["served"] == [str(order["id"]) for order in lost] == hook.orders
        assert (told["failed"], told["left"]) == ([], 0)
        assert [body["keys_count"] for body in hook.taken] == [1, 2]
        assert recover(house)["found"] == []
        late = zap(house, lost[0])
        assert (late["status"], late["replayed"], late["email_ready"]) == ("fulfilled", True, False)
        assert len(hook.calls) == 2

    def test_what_cannot_be_filled_fails_as_its_zap_would_have_and_waits(
        self, house: House, watch: Watch, hook: Hook
    ) -> None:
        lost = buy(house, ("CNC", 11), oversell=True)
        watch.passes(QUARTER)
        told = recover(house)
        assert (told["served"], told["failed"], told["left"]) == ([], [str(lost["id"])], 0)
        assert [str(lost["id"]) in text for text in alerts(house, "❌")] == [True]
        assert house.keys(["CANADA", "NASM", "CNC", "combined", "CNC-9", 30])["served_orders"] == [str(lost["id"])]
        assert hook.orders == [str(lost["id"])]

    def test_many_are_told_together_by_every_id_and_customer(self, house: House, watch: Watch) -> None:
        lost = [buy(house, ("CPTa", 1), customer=f"Ada Number{number}", oversell=True) for number in range(17)]
        watch.passes(QUARTER)

        told = recover(house)

        assert (len(told["served"]), len(told["failed"])) == (15, 2)
        (text,) = alerts(house, "Recovered")
        assert all(str(order["id"]) in text and f"Ada Number{number}" in text for number, order in enumerate(lost))

    def test_one_whose_first_call_said_unpaid_is_served(self, house: House, watch: Watch, hook: Hook) -> None:
        order = buy(house, ("CPTa", 1), financial_status="pending")
        zap(house, order)
        shop_do(house, order, "pay", financial_status="paid")
        watch.passes(QUARTER)
        assert recover(house)["served"] == [str(order["id"])] == hook.orders

    def test_what_is_confirmed_is_what_is_served(self, house: House, watch: Watch, hook: Hook) -> None:
        first = buy(house, ("CPTa", 1))
        watch.passes(QUARTER)
        token = recover(house, dry_run=True)["confirm"]
        second = buy(house, ("CPTa", 1))
        watch.passes(QUARTER)

        refused = press(house, "/orders/recover", {"confirm": token}, status=409)

        assert refused["code"] == "changed"
        assert hook.calls == []
        both = recover(house, dry_run=True)
        assert recover(house, confirm=both["confirm"])["served"] == [str(first["id"]), str(second["id"])] == hook.orders

    def test_outside_live_it_only_lists(self, house: House, watch: Watch, hook: Hook) -> None:
        order = buy(house, ("CPTa", 1))
        watch.passes(QUARTER)
        press(house, "/mode", {"mode": "OFF"})
        told = recover(house)
        assert (ids(told["found"]), told["served"], told["left"]) == ([str(order["id"])], [], 1)
        assert hook.calls == []
