"""What Shopify takes back from an order: told with what to press, owed no more, whenever it is heard of."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.npta.acceptance.steps import (
    Watch,
    attention,
    available,
    buy,
    look_up,
    messages,
    opened,
    pools,
    press,
    seconds_later,
    shelf,
    words,
    zap,
)
from tests.support import ORDER_KEY, Cell, House

ORDER = "6855909900591"
SECRET = "webhook-secret-for-tests"
CPT = "NASM CPT combined"
MORE: list[Cell] = ["CANADA", "NASM", "CPT", "combined", "EX-more", 20]
TOPICS = {"refunds-create": "refunds/create", "orders-cancelled": "orders/cancelled"}


@pytest.fixture
def house() -> Iterator[House]:
    """A shop that is open, whose webhooks are signed."""
    with Watch().npta(SHOPIFY_WEBHOOK_SECRET=SECRET) as made:
        yield opened(made)


def webhook(
    house: House, body: Mapping[str, Any], path: str = "refunds-create", *, secret: str = SECRET, topic: str | None = ""
) -> dict[str, Any]:
    """Shopify tells of something; its topic is that of the path, or as given, or none (None)."""
    data = json.dumps(body).encode()
    signature = base64.b64encode(hmac.new(secret.encode(), data, hashlib.sha256).digest()).decode()
    headers = {"X-Shopify-Hmac-SHA256": signature, "Content-Type": "application/json"}
    if topic is not None:
        headers["X-Shopify-Topic"] = topic or TOPICS[path]
    response = house.http.post(f"/shopify/webhooks/{path}", data=data, headers=headers)
    return {**json.loads(response.data), "http": response.status_code}


def in_the_shop(house: House, order: Mapping[str, Any], done: str, body: Mapping[str, Any]) -> dict[str, Any]:
    assert house.shop
    answer = house.shop.handle("POST", f"/_orders/{order['id']}/{done}", body=json.dumps(body).encode())
    assert answer.status == 200, answer.body
    found: dict[str, Any] = json.loads(answer.body)
    return found


def refunded(house: House, order: Mapping[str, Any], *lines: tuple[str, int]) -> dict[str, Any]:
    """The shop's people refund lines of an order; what Shopify tells of it."""
    ids = {item["sku"]: item["id"] for item in order["line_items"]}
    wanted = [{"line_item_id": str(ids[sku]), "quantity": count} for sku, count in lines]
    return in_the_shop(house, order, "refund", {"lines": wanted})


def refund_of(*lines: tuple[str, str, int, int], refund_id: int = 77, order_id: str = ORDER) -> dict[str, Any]:
    """A refund of (line id, SKU, units, ordered), as Shopify tells of it."""
    items = [
        {"line_item_id": int(line), "quantity": units, "line_item": {"id": int(line), "sku": sku, "quantity": ordered}}
        for line, sku, units, ordered in lines
    ]
    return {"id": refund_id, "order_id": int(order_id), "refund_line_items": items}


def cancellation_of(*lines: tuple[str, str, int], order_id: str = ORDER) -> dict[str, Any]:
    """A cancelled order of (line id, SKU, quantity), as Shopify tells of it."""
    items = [{"id": int(line), "sku": sku, "quantity": count} for line, sku, count in lines]
    return {"id": int(order_id), "name": "#1042", "cancelled_at": "2026-11-23T15:04:05-05:00", "line_items": items}


def place(house: House, *lines: tuple[str, str, int]) -> dict[str, Any]:
    """Zapier posts an order of (line id, SKU, quantity)."""
    items = [{"line_item_id": line, "sku": sku, "quantity": count} for line, sku, count in lines]
    return zap(house, {"order_id": ORDER, "email": "ada@example.com", "customer_name": "Ada", "line_items": items})


def told(house: House, about: str = "💸") -> list[dict[str, Any]]:
    return [each for each in messages(house) if about in each["text"]]


def facts(house: House) -> list[Any]:
    return [house.rows(tab) for tab in ("Key Ledger", "Orders", "Outbox")]


class TestWebhook:
    @pytest.mark.row("X10")
    def test_a_refund_is_told_with_what_a_release_would_give_back_and_nothing_is_released(self, house: House) -> None:
        order = buy(house, ("NSTB", 1), ("CPTa", 2))
        assert zap(house, order)["http"] == 200
        stock, ledger = pools(house), house.rows("Key Ledger")
        refund = refunded(house, order, ("CPTa", 2))

        answers = [webhook(house, refund) for _ in range(2)]

        assert [(each["http"], each["announced"], each["seats"]) for each in answers] == [
            (200, True, 2),
            (200, False, 2),
        ]
        (message,) = told(house, "Release Proposed")
        assert str(order["id"]) in message["text"]
        assert "Ada Lovelace" in message["text"]
        assert all(part in words(message) for part in ("CPTa × 2", "NASM-CPT-FULL × 2", "press Release Keys"))
        assert "NSTB" not in words(message)
        assert (pools(house), house.rows("Key Ledger")) == (stock, ledger)

    @pytest.mark.row("X16", "X22")
    def test_order_list_says_what_to_press_and_no_more_once_that_is_done(self, house: House) -> None:
        order = buy(house, ("CPTa", 2))
        zap(house, order)
        webhook(house, refunded(house, order, ("CPTa", 1)))
        (shown,) = house.rows("Order List")
        (line,) = order["line_items"]
        assert f"press Release Keys for order {order['id']}" in shown["next_step"]
        assert str(line["id"]) in shown["next_step"]

        done = house.call("POST", f"/orders/{order['id']}/release", {"line_item_id": str(line["id"]), "quantity": 1})

        assert done.status_code == 200
        (shown,) = house.rows("Order List")
        assert (shown["state"], int(shown["keys"])) == ("fulfilled", 1)
        assert "Release Keys" not in shown["next_step"]

    @pytest.mark.row("X16", "X22")
    def test_order_list_advises_nothing_for_an_order_that_waits_and_was_refunded(self, house: House) -> None:
        assert place(house, ("811", "CPTa", 900))["http"] == 422
        (shown,) = house.rows("Order List")
        assert "Import more keys" in shown["next_step"]

        webhook(house, refund_of(("811", "CPTa", 900, 900)))

        (shown,) = house.rows("Order List")
        answer = house.call("GET", f"/orders/{ORDER}").get_json()
        assert shown["next_step"] == answer["next_step"]
        assert "Import more keys" not in shown["next_step"]

    @pytest.mark.row("X10")
    def test_who_is_not_shopify_tells_nothing(self, house: House) -> None:
        order = buy(house, ("CPTa", 1))
        zap(house, order)
        refund = refunded(house, order, ("CPTa", 1))
        before = len(messages(house))

        assert webhook(house, refund, secret="another")["http"] == 401
        assert house.call("POST", "/shopify/webhooks/refunds-create", refund).status_code == 401
        assert len(messages(house)) == before

    @pytest.mark.row("X10")
    def test_a_refund_of_what_holds_no_keys_is_nobodys_concern(self, house: House) -> None:
        order = buy(house, ("KBS-1", 1), ("CPTa", 1))
        zap(house, order)

        external = webhook(house, refunded(house, order, ("KBS-1", 1)))
        unknown = webhook(house, {"id": 77, "order_id": 999_999, "refund_line_items": []})

        assert (external["announced"], unknown["announced"]) == (False, False)
        assert told(house, "Refund") == []

    @pytest.mark.row("X22")
    @pytest.mark.parametrize(
        ("path", "body", "topic", "field"),
        [
            ("refunds-create", refund_of(("811", "CPTa", 1, 1)), "orders/cancelled", "X-Shopify-Topic"),
            ("refunds-create", refund_of(("811", "CPTa", 1, 1)), "orders/paid", "X-Shopify-Topic"),
            ("refunds-create", cancellation_of(("811", "CPTa", 1)), None, "line_items"),
            ("refunds-create", {**cancellation_of(), "line_items": None}, None, "cancelled_at"),
            (
                "refunds-create",
                {"id": 1, "admin_graphql_api_id": "gid://shopify/Order/1"},
                None,
                "admin_graphql_api_id",
            ),
            ("refunds-create", {"id": 1}, None, "order_id"),
            ("refunds-create", {**refund_of(), "id": None}, None, "id"),
            ("refunds-create", {**refund_of(), "refund_line_items": {"a": 1}}, None, "refund_line_items"),
            ("refunds-create", {**refund_of(), "refund_line_items": ["a"]}, None, "refund_line_items"),
            (
                "refunds-create",
                {**refund_of(), "refund_line_items": [{"line_item_id": 811}]},
                None,
                "refund_line_items",
            ),
            (
                "refunds-create",
                {**refund_of(), "refund_line_items": [{"line_item_id": 811, "quantity": -1}]},
                None,
                "refund_line_items",
            ),
            ("orders-cancelled", cancellation_of(("811", "CPTa", 1)), "refunds/create", "X-Shopify-Topic"),
            ("orders-cancelled", cancellation_of(("811", "CPTa", 1)), "orders/updated", "X-Shopify-Topic"),
            ("orders-cancelled", refund_of(("811", "CPTa", 1, 1)), None, "order_id"),
            ("orders-cancelled", {**cancellation_of(), "cancelled_at": None}, None, "cancelled_at"),
            ("orders-cancelled", {**cancellation_of(), "cancelled_at": "yes"}, None, "cancelled_at"),
            ("orders-cancelled", {**cancellation_of(), "id": "#1042"}, None, "id"),
        ],
    )
    def test_a_signed_body_that_is_about_something_else_does_nothing(
        self, house: House, path: str, body: dict[str, Any], topic: str | None, field: str
    ) -> None:
        place(house, ("811", "CPTa", 1))
        before = facts(house)

        refused = webhook(house, body, path, topic=topic)

        assert (refused["http"], refused["errors"][0]["field"]) == (400, field)
        assert facts(house) == before

    @pytest.mark.row("X22")
    @pytest.mark.parametrize("topic", [None, "", "REFUNDS/CREATE"], ids=["none", "the path's", "in capitals"])
    def test_the_topic_need_not_be_sent(self, house: House, topic: str | None) -> None:
        place(house, ("811", "CPTa", 1))

        assert webhook(house, refund_of(("811", "CPTa", 1, 1)), topic=topic)["announced"] is True


class TestMoneyOnly:
    @pytest.mark.row("X22")
    @pytest.mark.parametrize(
        "more",
        [
            {"refund_line_items": []},
            {"refund_line_items": None},
            {},
            {"refund_line_items": [{"line_item_id": 811, "quantity": 0, "line_item": {"sku": "CPTa"}}]},
            {"refund_line_items": [], "order_adjustments": [{"kind": "refund_discrepancy", "amount": "-5.00"}]},
            {"refund_line_items": [], "order_adjustments": [{"kind": "shipping_refund"}], "transactions": [{"id": 1}]},
        ],
        ids=["none", "null", "missing", "of no unit", "discrepancy", "shipping"],
    )
    def test_nothing_is_proposed_and_nothing_changes(self, house: House, more: dict[str, Any]) -> None:
        before = place(house, ("811", "CPTa", 2), ("812", "KBS-1", 1))
        written, heard = facts(house), len(messages(house))

        answer = webhook(house, {"id": 91, "order_id": int(ORDER), **more})

        assert (answer["http"], answer["announced"], answer["seats"]) == (200, False, 0)
        assert (facts(house), len(messages(house))) == (written, heard)
        again = place(house, ("811", "CPTa", 2), ("812", "KBS-1", 1))
        assert (again["keys"], again["email_ready"]) == (before["keys"], True)


class TestFilled:
    @pytest.mark.row("X22")
    @pytest.mark.row("H7")
    def test_what_is_pressed_as_the_alert_says_gives_back_what_it_says(self, house: House) -> None:
        """Two lines of one SKU, one unit of one of them refunded."""
        place(house, ("811", "CPTa", 2), ("812", "CPTa", 3), ("813", "NSTB", 1))
        used = pools(house)[CPT][0]

        answer = webhook(house, refund_of(("812", "CPTa", 2, 3)))

        assert (answer["announced"], answer["seats"]) == (True, 2)
        (alert,) = told(house)
        assert f"order {ORDER}, line 812, quantity 2" in words(alert)
        assert ("refunded, keys not released", ORDER) in attention(house)
        step = next(row["next_step"] for row in house.rows("Attention") if row["what"].startswith("refunded"))
        assert "line 812, quantity 2" in step
        released = press(house, f"/orders/{ORDER}/release", {"line_item_id": "812", "quantity": 2})
        assert (released["released"], pools(house)[CPT][0]) == (2, used - 2)
        assert attention(house, "refunded") == []
        left = place(house, ("811", "CPTa", 2), ("812", "CPTa", 3), ("813", "NSTB", 1))
        assert (left["http"], left["keys_count"], left["keys_expected"], left["email_ready"]) == (200, 6, 6, True)
        assert press(house, f"/orders/{ORDER}/release", {"line_item_id": "812"})["released"] == 1

    @pytest.mark.row("X22")
    def test_several_lines_are_told_one_by_one_and_several_refunds_one_after_another(self, house: House) -> None:
        place(house, ("811", "CPTa", 3), ("812", "CNC", 1), ("813", "CNCe", 1))

        first = webhook(house, refund_of(("811", "CPTa", 1, 3), ("812", "CNC", 1, 1)))
        second = webhook(house, refund_of(("811", "CPTa", 1, 3), refund_id=78))

        assert [(each["announced"], each["seats"]) for each in (first, second)] == [(True, 2), (True, 1)]
        both, one = told(house)
        assert all(each in words(both) for each in ("line 811, quantity 1", "line 812, quantity 1", "once for each"))
        assert "line 811, quantity 1" in words(one)
        assert "812" not in words(one)
        row = next(row for row in house.rows("Attention") if row["what"].startswith("refunded"))
        assert "line 811, quantity 2; line 812, quantity 1" in row["next_step"]

    @pytest.mark.row("X22")
    def test_refunded_in_part_the_answer_is_ready_for_mail_and_says_what_was_refunded(self, house: House) -> None:
        place(house, ("811", "CPTa", 1), ("812", "CNC", 1))
        webhook(house, refund_of(("812", "CNC", 1, 1)))

        repeat = place(house, ("811", "CPTa", 1), ("812", "CNC", 1))

        assert (repeat["http"], repeat["status"], repeat["keys_count"]) == (200, "fulfilled", 2)
        assert (repeat["email_ready"], "line 812, quantity 1" in repeat["next_step"]) == (True, True)
        assert repeat["message"] == "2 keys assigned; 1 of them for what was refunded in Shopify"
        assert "line 812, quantity 1" in look_up(house, ORDER)["next_step"]
        press(house, f"/orders/{ORDER}/release", {"line_item_id": "812", "quantity": 1})
        assert place(house, ("811", "CPTa", 1))["email_ready"] is True

    @pytest.mark.row("X22")
    @pytest.mark.parametrize("now", [{"quantity": 2}, {"quantity": 2, "current_quantity": 1}, {"quantity": 1}], ids=str)
    def test_a_repeat_may_have_the_quantity_of_then_or_of_now(self, house: House, now: dict[str, int]) -> None:
        place(house, ("811", "CPTa", 2))
        webhook(house, refund_of(("811", "CPTa", 1, 2)))
        press(house, f"/orders/{ORDER}/release", {"line_item_id": "811", "quantity": 1})

        items = [{"line_item_id": "811", "sku": "CPTa", **now}]
        repeat = zap(house, {"order_id": ORDER, "email": "ada@example.com", "line_items": items})

        assert (repeat["http"], repeat["status"], repeat["keys_count"]) == (200, "fulfilled", 1)

    @pytest.mark.row("X22")
    def test_shopifys_own_orders_and_refunds(self, house: House) -> None:
        """The webhook's own shapes, the shop's own numbers: bought, refunded in two steps, cancelled."""
        order = buy(house, ("CPTa", 3), ("NSTB", 1))
        zap(house, order)
        webhook(house, refunded(house, order, ("CPTa", 1)))
        line = order["line_items"][0]["id"]
        assert press(house, f"/orders/{order['id']}/release", {"line_item_id": line, "quantity": 1})["released"] == 1
        assert webhook(house, refunded(house, order, ("CPTa", 2), ("NSTB", 1)))["seats"] == 5

        cancelled = in_the_shop(house, order, "cancel", {})
        assert webhook(house, cancelled, "orders-cancelled")["announced"] is False, "it is proposed already"
        assert press(house, f"/orders/{order['id']}/release")["released"] == 5
        press(house, "/outbox/flush")
        assert shelf(house)["CPTa"] == available(house)["CPTa"] == 15

    @pytest.mark.row("X22")
    def test_the_nightly_report_names_what_nobody_has_released(self, house: House) -> None:
        place(house, ("811", "CPTa", 1))
        webhook(house, refund_of(("811", "CPTa", 1, 1)))

        findings = press(house, "/reconcile")["findings"]

        assert [each["which"] for each in findings if each["what"] == "refunded, keys not released"] == [ORDER]
        assert not [each for each in findings if each["what"] == "mail not confirmed"]


class TestWaiting:
    @pytest.mark.row("X22")
    def test_it_is_owed_only_what_is_left(self, house: House) -> None:
        place(house, ("811", "CPTa", 17), ("812", "CNC", 1))
        press(house, "/outbox/flush")
        assert (available(house)["CPTa"], available(house)["CNC"]) == (0, 9)

        answer = webhook(house, refund_of(("811", "CPTa", 3, 17)))
        seconds_later(house)
        press(house, "/outbox/flush")

        assert (answer["announced"], answer["seats"]) == (True, 0)
        (alert,) = told(house)
        assert all(each in words(alert) for each in ("Still owed: CPTa × 14, CNC × 1", "can be filled now"))
        assert (available(house)["CPTa"], shelf(house)["CPTa"]) == (1, 1)
        filled = place(house, ("811", "CPTa", 17), ("812", "CNC", 1))
        assert (filled["http"], filled["keys_count"], filled["keys_expected"], filled["email_ready"]) == (
            200,
            15,
            15,
            True,
        )
        assert attention(house, "refunded") == []

    @pytest.mark.row("X22")
    @pytest.mark.parametrize("how", ["refunds-create", "orders-cancelled"])
    def test_with_nothing_left_it_is_not_opened_again_and_a_replay_serves_nothing(self, house: House, how: str) -> None:
        place(house, ("811", "CPTa", 17))
        body = cancellation_of(("811", "CPTa", 17)) if how == "orders-cancelled" else refund_of(("811", "CPTa", 17, 17))
        assert webhook(house, body, how)["announced"] is True
        assert "No action needed: it will not be filled" in words(messages(house)[-1])

        assert house.keys(MORE)["reopened_orders"] == []
        seconds_later(house)
        press(house, "/outbox/flush")
        assert (available(house)["CPTa"], shelf(house)["CPTa"], attention(house, "order")) == (35, 35, [])
        house.restart()
        code = "cancelled" if how == "orders-cancelled" else "refunded"
        for _ in range(3):
            late = place(house, ("811", "CPTa", 17))
            assert (late["http"], late["status"], late["code"], late["keys"]) == (422, "failed", code, [])
            assert (late["success"], late["email_ready"], late["keys_expected"]) == (False, False, 0)
        assert (look_up(house, ORDER)["code"], pools(house)[CPT][0]) == (code, 0)
        status = json.loads(house.call("GET", "/status").data)
        assert (status["failed_orders"], status["failures_in_a_row"]) == ([], 1)

        press(house, f"/orders/{ORDER}/clear-cache")
        assert place(house, ("811", "CPTa", 17))["keys_count"] == 17

    @pytest.mark.row("X22")
    def test_two_processes_hear_of_it_at_once(self, house: House) -> None:
        """One had opened the order, the other hears of the refund, and the first is asked again."""
        place(house, ("811", "CPTa", 17))
        assert house.keys(MORE)["reopened_orders"] == [ORDER]
        other = House(
            house.emulator,
            spreadsheet_id=house.spreadsheet_id,
            shop=house.shop,
            slack=house.slack,
            clock=house.clock,
            environment={"SHOPIFY_WEBHOOK_SECRET": SECRET},
        )

        assert webhook(other, refund_of(("811", "CPTa", 17, 17)))["announced"] is True

        assert place(house, ("811", "CPTa", 17))["code"] == "refunded"
        assert webhook(house, refund_of(("811", "CPTa", 17, 17)))["announced"] is False

    @pytest.mark.row("X22")
    def test_an_order_of_mode_off_is_not_to_be_served_by_hand_any_more(self, house: House) -> None:
        press(house, "/mode", {"mode": "OFF"})
        place(house, ("811", "CPTa", 2))
        assert attention(house, "order by hand") == [("order by hand", ORDER)]

        webhook(house, refund_of(("811", "CPTa", 1, 2)))
        assert "Still to be served by hand: CPTa × 1" in words(messages(house)[-1])
        assert attention(house, "order by hand") == [("order by hand", ORDER)]
        webhook(house, refund_of(("811", "CPTa", 1, 2), refund_id=78))

        assert "do not serve it by hand" in words(messages(house)[-1])
        assert attention(house, "order by hand") == []
        assert "by hand" not in look_up(house, ORDER)["next_step"]
        assert json.loads(house.call("GET", "/status").data)["by_hand_orders"] == []

    @pytest.mark.row("X22")
    def test_lines_without_ids_are_found_by_their_sku(self, house: House) -> None:
        flat = {"order_id": ORDER, "email": "ada@example.com", "skus": "CPTa,CNC", "quantities": "17,1"}
        assert zap(house, flat)["code"] == "out_of_stock"

        webhook(house, refund_of(("14859209900591", "CPTa", 17, 17)))

        filled = zap(house, flat)
        assert (filled["http"], [key["sku"] for key in filled["keys"]]) == (200, ["CNC"])
        assert filled["skipped"] == [{"sku": "CPTa", "reason": "refunded"}]

    @pytest.mark.row("X22")
    def test_a_line_that_nobody_knows_here_is_told_and_changes_nothing(self, house: House) -> None:
        place(house, ("811", "CPTa", 1))

        answer = webhook(house, refund_of(("999", "CPTa", 1, 1)))

        assert (answer["announced"], answer["seats"]) == (True, 0)
        assert "No line of the order here has the id 999" in words(messages(house)[-1])
        assert place(house, ("811", "CPTa", 1))["email_ready"] is True


class TestBeforeTheOrder:
    @pytest.mark.row("X22")
    @pytest.mark.parametrize(
        "now",
        [{"quantity": 2}, {"quantity": 2, "current_quantity": 1}, {"quantity": "1"}],
        ids=["then", "native", "now"],
    )
    def test_it_is_remembered_and_not_subtracted_twice(self, house: House, now: dict[str, Any]) -> None:
        refund = refund_of(("811", "CPTa", 1, 2))
        for _ in range(2):
            answer = webhook(house, refund)
            assert (answer["http"], answer["announced"], answer["seats"]) == (200, False, 0)
        assert house.call("GET", f"/orders/{ORDER}").status_code == 404
        assert press(house, f"/orders/{ORDER}/release", status=404)
        assert (attention(house, "order"), told(house)) == ([], [])
        house.restart()

        items = [{"line_item_id": "811", "sku": "CPTa", **now}, {"line_item_id": "812", "sku": "CPTa", "quantity": 1}]
        body = {"order_id": ORDER, "email": "ada@example.com", "line_items": items}
        first = zap(house, body)

        assert (first["http"], first["keys_count"], first["keys_expected"], first["email_ready"]) == (200, 2, 2, True)
        assert zap(house, body)["keys"] == first["keys"]
        assert webhook(house, refund)["announced"] is False
        assert [each["event"] for each in look_up(house, ORDER)["events"]] == ["REFUNDED", "FULFILLED"]
        press(house, f"/orders/{ORDER}/clear-cache")
        assert zap(house, body)["keys"] == first["keys"]
        assert pools(house)[CPT] == (2, 13)

    @pytest.mark.row("X22")
    @pytest.mark.parametrize("how", ["refunds-create", "orders-cancelled"])
    def test_with_nothing_left_it_is_refused_and_told_and_nobody_has_to_do_anything(
        self, house: House, how: str
    ) -> None:
        body = cancellation_of(("811", "CPTa", 2)) if how == "orders-cancelled" else refund_of(("811", "CPTa", 2, 2))
        webhook(house, body, how)

        first = place(house, ("811", "CPTa", 2))

        code = "cancelled" if how == "orders-cancelled" else "refunded"
        assert (first["http"], first["code"], first["keys"], first["email_ready"]) == (422, code, [], False)
        (alert,) = told(house, "❌")
        assert "Nothing is to be done" in words(alert)
        assert (attention(house, "order"), pools(house)[CPT]) == ([], (0, 15))
        assert not [each for each in press(house, "/reconcile")["findings"] if each["which"] == ORDER]
        house.order("2", ("CPTa", 1), key=ORDER_KEY)
        assert json.loads(house.call("GET", "/status").data)["failures_in_a_row"] == 0


class TestSequences:
    @pytest.mark.row("X22")
    def test_released_cleared_by_mistake_and_replayed_a_refunded_order_is_not_served(self, house: House) -> None:
        place(house, ("811", "CPTa", 2))
        webhook(house, refund_of(("811", "CPTa", 2, 2)))
        press(house, f"/orders/{ORDER}/release")
        assert place(house, ("811", "CPTa", 2))["status"] == "released"

        press(house, f"/orders/{ORDER}/clear-cache")

        assert place(house, ("811", "CPTa", 2))["code"] == "refunded"
        assert (pools(house)[CPT], attention(house, "refunded")) == ((0, 15), [])

    @pytest.mark.row("X22")
    def test_the_keys_are_left_to_the_customer_by_clear_order_cache(self, house: House) -> None:
        place(house, ("811", "CPTa", 2))
        webhook(house, refund_of(("811", "CPTa", 2, 2)))
        assert place(house, ("811", "CPTa", 2))["email_ready"] is False

        press(house, f"/orders/{ORDER}/clear-cache")

        assert place(house, ("811", "CPTa", 2))["email_ready"] is True
        assert attention(house, "refunded") == []

    @pytest.mark.row("X22")
    def test_a_growth_that_failed_and_was_refunded_is_over(self, house: House) -> None:
        before = place(house, ("811", "CPTa", 1))
        assert place(house, ("811", "CPTa", 1), ("812", "CNC", 11))["code"] == "out_of_stock"

        webhook(house, refund_of(("812", "CNC", 11, 11)))

        assert attention(house, "failed order") == []
        after = place(house, ("811", "CPTa", 1), ("812", "CNC", 11))
        assert (after["http"], after["keys"], after["email_ready"]) == (200, before["keys"], True)
        seconds_later(house)
        press(house, "/outbox/flush")
        assert (available(house)["CNC"], shelf(house)["CNC"]) == (10, 10)

    @pytest.mark.row("X22")
    def test_what_was_filled_is_refunded_while_what_was_added_still_waits(self, house: House) -> None:
        place(house, ("811", "CPTa", 1))
        place(house, ("811", "CPTa", 1), ("812", "CNC", 11))
        webhook(house, refund_of(("811", "CPTa", 1, 1)))

        press(house, f"/orders/{ORDER}/release", {"line_item_id": "811", "quantity": 1})

        assert attention(house, "failed order") == [("failed order", ORDER)]
        assert house.keys(["CANADA", "NASM", "CNC", "combined", "CNC-2", 1])["reopened_orders"] == [ORDER]
        filled = place(house, ("811", "CPTa", 1), ("812", "CNC", 11))
        assert (filled["http"], {key["sku"] for key in filled["keys"]}, filled["keys_count"]) == (200, {"CNC"}, 11)
