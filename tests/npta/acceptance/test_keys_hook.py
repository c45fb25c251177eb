"""X14: orders that waited are served by the service itself, and their answers go to the keys hook."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from npta.domain.orders.eligibility import Mode
from npta.operations.mode import change_mode
from tests.npta.acceptance.steps import Watch, buy, messages, press, put_product, shop_do, shop_fault, words, zap
from tests.npta.hook import Hook, running_hook
from tests.support import ORDER_KEY, House

FIRST, SECOND, THIRD, FOURTH, FIFTH = (str(6855909900591 + number) for number in range(5))
KEY = ["CANADA", "NASM", "CPT", "combined"]
pytestmark = pytest.mark.row("X14")


@pytest.fixture
def hook() -> Iterator[Hook]:
    """The Zap behind the keys hook."""
    with running_hook() as hook:
        yield hook


@pytest.fixture
def watch() -> Watch:
    """The clock."""
    return Watch()


@pytest.fixture
def npta(hook: Hook, watch: Watch) -> Iterator[House]:
    """The service in LIVE with a keys hook, two products and no key; audited when the test is over."""
    with watch.npta(NPTA_KEYS_HOOK=hook.address) as house:
        house.products(("CPTa", "NASM-CPT-FULL"), ("KBS", "NASM-KBS-FULL"))
        yield house


def waiting(house: House, *orders: str, count: int = 1) -> None:
    """Orders that fail for want of keys, in this sequence."""
    for order_id in orders:
        assert house.order(order_id, ("CPTa", count))["http"] == 422


def look(house: House, order_id: str) -> dict[str, Any]:
    """What the Zap behind the hook asks before it mails."""
    answer: dict[str, Any] = house.call("GET", f"/orders/{order_id}", key=ORDER_KEY).get_json()
    return answer


class TestImport:
    def test_the_import_fills_the_orders_that_waited_and_the_hook_has_their_answers(
        self, npta: House, hook: Hook
    ) -> None:
        waiting(npta, FIRST, SECOND, THIRD)

        done = npta.keys([*KEY, "EX-1", 2])

        assert done["served_orders"] == [FIRST, SECOND], "oldest failure first, as far as it goes"
        assert done["reopened_orders"] == []
        assert hook.orders == [FIRST, SECOND]
        body = hook.taken[0]
        assert (body["status"], body["email_ready"], body["delivered"]) == ("fulfilled", True, False)
        assert [key["keycode"] for key in body["keys"]] == ["EX-1"]
        assert "EX-1" in body["keys_text"]
        assert body["event_id"]

    def test_a_dry_run_names_them_and_serves_nobody(self, npta: House, hook: Hook) -> None:
        waiting(npta, FIRST)
        npta.paste([*KEY, "EX-1", 1])

        assert npta.import_keys(dry_run=True)["served_orders"] == [FIRST]
        assert hook.calls == []
        assert look(npta, FIRST)["status"] == "failed"

    def test_one_that_came_while_off_and_was_cleared_says_that_its_zap_is_to_be_re_run(
        self, npta: House, hook: Hook
    ) -> None:
        press(npta, "/mode", {"mode": "OFF"})
        npta.order(FIRST, ("CPTa", 1))
        press(npta, "/mode", {"mode": "LIVE", "go_live_at": "2020-01-01T00:00:00Z"})
        cleared = press(npta, f"/orders/{FIRST}/clear-cache")

        steps = {cleared["next_step"], look(npta, FIRST)["next_step"]}
        steps |= {row["next_step"] for row in npta.rows("Order List")}
        assert steps == {"Import more keys (Import Keys), then re-run the Zap."}
        assert "cleared since: CPTa: NASM-CPT-FULL needs 1" in look(npta, FIRST)["message"]

        assert npta.keys([*KEY, "EX-1", 1])["served_orders"] == []
        assert npta.order(FIRST, ("CPTa", 1))["email_ready"]
        assert hook.calls == []

    def test_a_repeat_of_the_first_zap_sends_no_second_mail(self, npta: House, hook: Hook) -> None:
        waiting(npta, FIRST)
        npta.keys([*KEY, "EX-1", 1])

        repeat = npta.order(FIRST, ("CPTa", 1))
        assert (repeat["http"], repeat["success"], repeat["email_ready"]) == (200, True, False)
        assert look(npta, FIRST)["email_ready"] is True, "the Zap behind the hook must send it"

        npta.call("POST", f"/orders/{FIRST}/delivered", {"message_id": "m"}, key=ORDER_KEY)
        assert npta.order(FIRST, ("CPTa", 1))["delivered"] is True
        assert hook.orders == [FIRST]

    def test_clearing_the_cache_lets_no_second_mail_through(self, npta: House) -> None:
        waiting(npta, FIRST)
        npta.keys([*KEY, "EX-1", 1])

        press(npta, f"/orders/{FIRST}/clear-cache", {})

        assert npta.order(FIRST, ("CPTa", 1))["email_ready"] is False

    def test_a_quarter_of_an_hour_later_a_repeat_carries_the_mail_again(self, npta: House, watch: Watch) -> None:
        waiting(npta, FIRST)
        npta.keys([*KEY, "EX-1", 1])
        press(npta, "/outbox/flush", {})  # which notes that the hook has it
        watch.passes(14 * 60)
        assert npta.order(FIRST, ("CPTa", 1))["email_ready"] is False

        watch.passes(2 * 60)

        assert npta.order(FIRST, ("CPTa", 1))["email_ready"] is True

    def test_resend_ends_that_at_once_and_the_mail_goes_by_itself(self, npta: House, hook: Hook) -> None:
        waiting(npta, FIRST)
        npta.keys([*KEY, "EX-1", 1])

        press(npta, f"/orders/{FIRST}/resend", {})

        assert npta.order(FIRST, ("CPTa", 1))["email_ready"] is True
        assert hook.orders == [FIRST, FIRST]
        assert hook.taken[0]["event_id"] != hook.taken[1]["event_id"]

    @pytest.mark.parametrize("what", ["sync", "release", "adjust"])
    def test_whatever_brings_what_they_lacked_fills_them(self, npta: House, hook: Hook, what: str) -> None:
        npta.keys([*KEY, "EX-1", 1])
        if what == "sync":
            assert npta.order(FIRST, ("NEW", 1))["http"] == 422
            done = npta.products(("CPTa", "NASM-CPT-FULL"), ("NEW", "NASM-CPT-FULL"))
        else:
            assert npta.order(SECOND, ("CPTa", 1))["http"] == 200
            waiting(npta, FIRST)
            key_id = npta.rows("Import History")[0]["key_id"]
            path = f"/orders/{SECOND}/release" if what == "release" else f"/keys/{key_id}/adjust"
            done = press(npta, path, {} if what == "release" else {"seats": 2})

        assert done["served_orders"] == [FIRST]
        assert hook.orders == [FIRST]

    @pytest.mark.parametrize("mode", [Mode.TEST, Mode.OFF])
    def test_in_another_mode_than_live_they_are_only_opened(self, npta: House, hook: Hook, mode: Mode) -> None:
        waiting(npta, FIRST)
        change_mode(npta.services, mode, who="test", deadline=npta.clock.deadline(10))

        done = npta.keys([*KEY, "EX-1", 1])

        assert (done["served_orders"], done["reopened_orders"]) == ([], [FIRST])
        assert hook.calls == []

    def test_an_order_that_go_live_shuts_out_is_not_served(self, npta: House, hook: Hook) -> None:
        assert npta.order(FIRST, ("CPTa", 1), paid_at="2019-12-31T23:00:00Z")["code"] == "before_go_live"

        assert npta.keys([*KEY, "EX-1", 1])["served_orders"] == []
        assert hook.calls == []

    def test_more_orders_than_are_told_one_by_one_are_told_together(self, npta: House, hook: Hook) -> None:
        orders = [str(6855909900600 + number) for number in range(12)]
        waiting(npta, *orders)
        before = len(messages(npta))

        npta.keys([*KEY, "EX-1", 20])

        new = [words(message) for message in messages(npta)[before:]]
        [summary] = [text for text in new if "Waiting Orders Filled" in text]
        assert all(order_id in summary for order_id in orders)
        assert not any("Order Fulfilled" in text for text in new)
        assert hook.orders == orders

        count = len(messages(npta))
        press(npta, f"/orders/{orders[0]}/delivered", {"message_id": "m"}, key=ORDER_KEY)
        assert len(messages(npta)) == count, "its deliveries are told by Attention alone"


class TestTheHook:
    @pytest.mark.parametrize("status", [500, 503, 429])
    def test_an_answer_that_it_does_not_take_is_sent_again_under_the_same_event_id(
        self, npta: House, hook: Hook, watch: Watch, status: int
    ) -> None:
        waiting(npta, FIRST)
        hook.status = status
        assert npta.keys([*KEY, "EX-1", 1])["served_orders"] == [FIRST]
        assert hook.taken == []
        assert npta.order(FIRST, ("CPTa", 1))["email_ready"] is False

        hook.status = 200
        watch.passes(120)
        press(npta, "/outbox/flush", {})

        assert hook.orders == [FIRST]
        assert len({body["event_id"] for body in hook.calls}) == 1

    def test_a_hook_that_is_gone_is_told_once_and_left_alone(self, npta: House, hook: Hook) -> None:
        waiting(npta, FIRST, SECOND)
        hook.status = 410
        npta.keys([*KEY, "EX-1", 2])
        press(npta, "/outbox/flush", {})
        calls = len(hook.calls)
        press(npta, "/outbox/flush", {})

        assert len(hook.calls) == calls == 1
        told = [words(message) for message in messages(npta) if "Keys Hook" in words(message)]
        assert len(told) == 1
        assert "410" in told[0]
        assert any(row["what"] == "answer refused" for row in npta.rows("Attention"))

    def test_after_an_hour_without_a_hook_that_takes_it_a_repeat_carries_the_mail(
        self, npta: House, hook: Hook, watch: Watch
    ) -> None:
        waiting(npta, FIRST)
        hook.status = 410
        npta.keys([*KEY, "EX-1", 1])
        watch.passes(50 * 60)
        assert npta.order(FIRST, ("CPTa", 1))["email_ready"] is False

        watch.passes(11 * 60)

        assert npta.order(FIRST, ("CPTa", 1))["email_ready"] is True

    @pytest.mark.parametrize("what", ["release", "delivered"])
    def test_nothing_is_sent_for_an_order_that_needs_no_mail_any_more(
        self, npta: House, hook: Hook, watch: Watch, what: str
    ) -> None:
        waiting(npta, FIRST)
        hook.status = 503
        npta.keys([*KEY, "EX-1", 1])
        hook.status, before = 200, len(hook.calls)

        press(npta, f"/orders/{FIRST}/{what}", {})
        watch.passes(120)
        press(npta, "/outbox/flush", {})

        assert len(hook.calls) == before
        assert press(npta, "/outbox/flush", {})["pending"] == 0

    def test_a_hook_that_hangs_holds_up_neither_the_import_nor_the_next_order(self, npta: House, hook: Hook) -> None:
        waiting(npta, FIRST)
        hook.hangs = True
        began = time.monotonic()

        assert npta.keys([*KEY, "EX-1", 2])["served_orders"] == [FIRST]
        assert npta.order(SECOND, ("CPTa", 1))["http"] == 200

        assert time.monotonic() - began < 20
        hook.ends.set()

    def test_a_redirect_is_not_followed_and_is_told(self, npta: House, hook: Hook) -> None:
        waiting(npta, FIRST)
        hook.status, hook.headers = 302, {"Location": hook.address}

        npta.keys([*KEY, "EX-1", 1])

        assert len(hook.calls) == 1
        press(npta, "/outbox/flush", {})
        assert any("Keys Hook" in words(message) and "302" in words(message) for message in messages(npta))

    def test_its_address_stands_in_no_alert_and_no_row(self, npta: House, hook: Hook) -> None:
        waiting(npta, FIRST)
        hook.status = 404
        npta.keys([*KEY, "EX-1", 1])
        press(npta, "/outbox/flush", {})

        told = [words(message) for message in messages(npta)]
        told += [str(row) for tab in ("Outbox", "Attention", "Commit Log") for row in npta.rows(tab)]
        assert not any("secret-part" in text for text in told)

    def test_an_order_that_people_serve_by_now_is_not_said_to_have_keys(self, npta: House, hook: Hook) -> None:
        waiting(npta, FIRST)

        done = npta.products(("CPTa", "", "EXTERNAL"), ("KBS", "NASM-KBS-FULL"))

        assert done["served_orders"] == []
        assert look(npta, FIRST)["status"] == "skipped"
        assert hook.calls == []


class TestTheShop:
    def test_an_order_that_was_cancelled_while_it_waited_gets_nothing(self, npta: House, hook: Hook) -> None:
        put_product(npta, "CPTa")
        cancelled, kept = buy(npta, ("CPTa", 1), oversell=True), buy(npta, ("CPTa", 1), oversell=True)
        assert [zap(npta, order)["http"] for order in (cancelled, kept)] == [422, 422]
        shop_do(npta, cancelled, "cancel")  # and nobody tells us

        done = npta.keys([*KEY, "EX-1", 5])

        assert done["served_orders"] == [str(kept["id"])]
        assert hook.orders == [str(kept["id"])]

    def test_it_is_named_among_those_that_wait_with_the_reason(self, npta: House) -> None:
        put_product(npta, "CPTa")
        order = buy(npta, ("CPTa", 1), oversell=True)
        assert zap(npta, order)["http"] == 422
        shop_do(npta, order, "cancel")
        npta.keys([*KEY, "EX-1", 5])

        [waits] = press(npta, "/orders/serve-waiting", {})["waiting"]

        assert (waits["order_id"], [problem["code"] for problem in waits["problems"]]) == (
            str(order["id"]),
            ["cancelled"],
        )

    def test_entering_live_asks_the_shop_before_it_serves_what_waited(self, npta: House, hook: Hook) -> None:
        put_product(npta, "CPTa")
        cancelled, kept = buy(npta, ("CPTa", 1), oversell=True), buy(npta, ("CPTa", 1), oversell=True)
        assert [zap(npta, order)["http"] for order in (cancelled, kept)] == [422, 422]
        press(npta, "/mode", {"mode": "TEST"})
        npta.keys([*KEY, "EX-1", 5])
        shop_do(npta, cancelled, "cancel")

        done = press(npta, "/mode", {"mode": "LIVE", "go_live_at": "keep"})

        assert done["served_orders"] == hook.orders == [str(kept["id"])]

    def test_orders_that_the_shop_was_not_asked_about_are_only_opened(
        self, npta: House, hook: Hook, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("npta.operations.backorders.MAX_ASKED", 1)
        waiting(npta, FIRST, SECOND)

        done = npta.keys([*KEY, "EX-1", 5])

        assert (done["served_orders"], done["reopened_orders"]) == ([FIRST], [SECOND])
        assert hook.orders == [FIRST]

    def test_while_the_shop_does_not_answer_they_are_only_opened(self, npta: House, hook: Hook) -> None:
        waiting(npta, FIRST)
        shop_fault(npta, "down")

        done = npta.keys([*KEY, "EX-1", 1])

        assert (done["served_orders"], done["reopened_orders"]) == ([], [FIRST])
        assert hook.calls == []
        npta.services.shop = None
        assert npta.order(FIRST, ("CPTa", 1))["email_ready"] is True, "its Zap is re-run, and mails"


class TestOnDemand:
    def test_it_serves_what_became_ready_while_the_service_could_not(self, npta: House) -> None:
        waiting(npta, FIRST)
        waiting(npta, SECOND, count=3)
        deadline = npta.clock.deadline(10)
        change_mode(npta.services, Mode.TEST, who="test", deadline=deadline)
        npta.keys([*KEY, "EX-1", 2])
        change_mode(npta.services, Mode.LIVE, who="test", deadline=deadline, go_live_at="2020-01-01T00:00:00Z")

        assert look(npta, FIRST)["status"] == "fulfilled", "entering LIVE serves what was only opened"
        done = press(npta, "/orders/serve-waiting", {})

        assert done["served"] == []
        assert [(each["order_id"], each["problems"][0]["code"]) for each in done["waiting"]] == [
            (SECOND, "out_of_stock")
        ]

    def test_a_dry_run_serves_nobody(self, npta: House, hook: Hook) -> None:
        waiting(npta, FIRST)

        done = press(npta, "/orders/serve-waiting", {"dry_run": True})

        assert (done["served"], [each["order_id"] for each in done["waiting"]]) == ([], [FIRST])
        assert hook.calls == []


class TestMany:
    def test_500_waiting_orders_are_served_on_one_import_in_few_calls(
        self, npta: House, hook: Hook, watch: Watch
    ) -> None:
        orders = [str(6855909910000 + number) for number in range(500)]
        waiting(npta, *orders)
        npta.paste([*KEY, "EX-1", 600])
        calls, before = npta.emulator.calls, len(messages(npta))
        calls.reset()

        done = npta.import_keys()

        assert done["served_orders"] == orders
        assert calls.reads + calls.writes <= 10, calls.last
        for _ in range(6):
            if len(hook.taken) < len(orders):
                watch.passes(60)
                press(npta, "/outbox/flush", {})
        assert sorted(hook.orders) == orders, "each once, since nothing was lost on the way"
        new = [words(message) for message in messages(npta)[before:]]
        assert sum("Waiting Orders Filled" in text for text in new) <= 2
        assert not any("Order Fulfilled" in text for text in new)

    def test_an_order_that_comes_between_two_commits_takes_nothing_of_what_older_ones_are_about_to_get(
        self, npta: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("npta.operations.backorders.ROOM", 5_000)
        waiting(npta, FIRST, SECOND, THIRD)
        key_id = npta.keys([*KEY, "EX-1", 1])
        assert key_id["served_orders"] == [FIRST]
        key = npta.rows("Import History")[0]["key_id"]
        waiting(npta, FOURTH)

        done = press(npta, f"/keys/{key}/adjust", {"seats": 4})
        assert done["served_orders"] == [SECOND, THIRD], "as many as one commit serves"
        late = npta.order(FIFTH, ("CPTa", 1))

        assert (late["http"], late["code"]) == (422, "out_of_stock")
        press(npta, "/outbox/flush", {})
        assert look(npta, FOURTH)["status"] == "fulfilled", "a flush goes on where the commit ended"
        assert look(npta, FIFTH)["status"] == "failed"
