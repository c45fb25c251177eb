"""What people do with single orders and keys: look up, mail again, release a line, close, retire, adjust."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tests.npta.acceptance.steps import (
    KEYS,
    attention,
    available,
    look_up,
    messages,
    opened,
    pools,
    press,
    shelf,
)
from tests.support import ORDER_KEY, House

ORDER = "6855909900591"
CPT = "NASM CPT combined"


def key_of(house: House, keycode: str) -> str:
    """The id of a key, as it stands in Import History."""
    return str(next(row["key_id"] for row in house.rows("Import History") if row["keycode"] == keycode))


def codes(answer: dict[str, Any]) -> list[tuple[str, int]]:
    return [(key["keycode"], key["seats"]) for key in answer["keys"]]


class TestWaitingOrders:
    @pytest.mark.row("X1")
    def test_seats_that_arrive_open_as_many_orders_as_they_serve_oldest_first(self, npta: House) -> None:
        opened(npta, keys=[["CANADA", "NASM", "CPT", "combined", "EX-0", 1]])
        waiting = {"1": 3, "2": 2, "3": 1}
        for order_id, count in waiting.items():
            assert npta.order(order_id, ("CPTa", count + 1))["code"] == "out_of_stock"

        first = npta.keys(["CANADA", "NASM", "CPT", "combined", "EX-1", 4])
        assert first["reopened_orders"] == ["1"], "5 free: 4 for the oldest, and 1 is too few for the others"
        assert "Re-run the Zap" in next(
            row["next_step"] for row in npta.rows("Attention") if row["which"] == "1" and row["what"] == "failed order"
        )
        second = npta.keys(["CANADA", "NASM", "CPT", "combined", "EX-2", 3])
        assert second["reopened_orders"] == ["2"], "8 free: 4 promised, 3 for the next"

        assert [npta.order(each, ("CPTa", waiting[each] + 1))["http"] for each in ("1", "2", "3")] == [200, 200, 422]
        assert any("re-run the Zap: 1" in str(each["blocks"]) for each in messages(npta))

    @pytest.mark.row("X1")
    def test_release_and_adjust_open_them_too(self, npta: House) -> None:
        opened(npta, keys=[["CANADA", "NASM", "CPT", "combined", "EX-0", 2]])
        npta.order("1", ("CPTa", 2))
        npta.order("2", ("CPTa", 2))
        npta.order("3", ("CPTa", 1))

        assert press(npta, "/orders/1/release")["reopened_orders"] == ["2"]
        adjusted = press(npta, f"/keys/{key_of(npta, 'EX-0')}/adjust", {"seats": 3, "reason": "the provider says so"})
        assert adjusted["reopened_orders"] == ["3"]
        assert [npta.order("2", ("CPTa", 2))["http"], npta.order("3", ("CPTa", 1))["http"]] == [200, 200]

    @pytest.mark.row("X1")
    def test_what_lacks_something_else_or_is_a_persons_decision_stays_closed(self, npta: House) -> None:
        opened(npta)
        npta.order("1", ("CPTa", 16), ("GONE", 1))
        npta.order("2", ("CPTa", 2), paid_at="2019-01-01T00:00:00Z")
        npta.order("3", ("CPTa", 2))
        npta.order("3", ("CPTa", 1))

        assert npta.keys(["CANADA", "NASM", "CPT", "combined", "EX-9", 90])["reopened_orders"] == []
        assert [npta.order("1", ("CPTa", 16), ("GONE", 1))["replayed"], npta.order("2", ("CPTa", 2))["replayed"]] == [
            True,
            True,
        ]


class TestLookUp:
    @pytest.mark.row("X2")
    def test_it_shows_keys_history_and_delivery_by_id_and_by_name(self, npta: House) -> None:
        opened(npta)
        answer = npta.order(ORDER, ("NSTB", 1), order_name="#1042")
        press(npta, f"/orders/{ORDER}/delivered", {"message_id": "ghl-77"}, key=ORDER_KEY)
        press(npta, f"/orders/{ORDER}/resend")

        found = look_up(npta, quote("#1042"))

        assert found["keys"] == answer["keys"]
        assert (found["order_id"], found["status"], found["customer_name"]) == (ORDER, "fulfilled", "Ada Lovelace")
        assert found["delivery"] == {"delivered": False}
        assert [each["event"] for each in found["events"]] == ["FULFILLED", "DELIVERED", "RESEND"]
        assert [each["event"] for each in found["events"]] == [row["event"] for row in npta.rows("Orders")]
        assert found["events"][1]["reason"] == "message ghl-77"
        assert all(each["at"].endswith("Z") for each in found["events"])

    @pytest.mark.row("X2")
    def test_order_keys_see_how_it_stands_but_no_key_code(self, npta: House) -> None:
        opened(npta)
        answer = npta.order(ORDER, ("NSTB", 1))

        text = npta.call("GET", f"/orders/{ORDER}", key=ORDER_KEY).get_data(as_text=True)

        assert '"keys_count": 3' in text
        assert not [key["keycode"] for key in answer["keys"] if key["keycode"] in text]

    @pytest.mark.row("X2")
    def test_a_failed_one_shows_why_and_what_to_do_and_looking_changes_nothing(self, npta: House) -> None:
        opened(npta)
        failed = npta.order(ORDER, ("CPTa", 16))
        commits, told = npta.rows("Commit Log"), len(messages(npta))

        found = look_up(npta, ORDER)

        assert (found["status"], found["problems"], found["next_step"]) == (
            "failed",
            failed["problems"],
            failed["next_step"],
        )
        assert found["events"][0]["reason"]
        assert (npta.rows("Commit Log"), len(messages(npta))) == (commits, told)
        assert npta.call("GET", "/orders/6855909900599").status_code == 404


class TestResend:
    @pytest.mark.row("X4")
    def test_the_next_repeat_may_be_mailed_again_with_the_same_keys_and_the_order_is_untouched(
        self, npta: House
    ) -> None:
        opened(npta)
        first = npta.order(ORDER, ("NSTB", 1))
        press(npta, f"/orders/{ORDER}/delivered", key=ORDER_KEY)
        assert npta.order(ORDER, ("NSTB", 1))["delivered"] is True
        stock, ledger, goods = pools(npta), npta.rows("Key Ledger"), shelf(npta)

        assert press(npta, f"/orders/{ORDER}/resend")["delivered"] is False
        again = npta.order(ORDER, ("NSTB", 1), email="corrected@example.com")

        assert (again["delivered"], again["email_ready"], again["replayed"]) == (False, True, True)
        assert again["keys"] == first["keys"]
        assert again["deliver_to"] == "corrected@example.com"
        assert (pools(npta), npta.rows("Key Ledger"), shelf(npta)) == (stock, ledger, goods)
        assert ("mail not confirmed", ORDER) in attention(npta)

    @pytest.mark.row("X4")
    def test_an_order_without_keys_has_nothing_to_mail(self, npta: House) -> None:
        opened(npta)
        npta.order(ORDER, ("CPTa", 16))

        assert "holds no keys" in press(npta, f"/orders/{ORDER}/resend", status=409)["detail"]


class TestOneLineAndClosing:
    @pytest.mark.row("X13")
    def test_one_line_goes_back_and_the_order_stays_fulfilled_with_the_others(self, npta: House) -> None:
        opened(npta)
        before = npta.order(ORDER, ("NSTB", 1), ("CPTa", 2))

        released = press(npta, f"/orders/{ORDER}/release", {"line_item_id": "2"})
        after = npta.order(ORDER, ("NSTB", 1), ("CPTa", 2))

        assert (released["released"], [key["sku"] for key in released["keys"]]) == (2, ["CPTa"])
        assert (after["http"], after["success"], after["replayed"]) == (200, True, True)
        assert after["keys"] == before["keys"][:3]
        assert after["keys_expected"] == after["keys_count"] == 3
        assert (pools(npta)[CPT], shelf(npta)["CPTa"]) == ((1, 14), 14)
        assert "of its line 2" in str(messages(npta)[-1])
        assert "line_item_id" in press(npta, f"/orders/{ORDER}/release", {"line_item_id": "7"}, status=400)["detail"]

    @pytest.mark.row("X13")
    def test_the_last_line_closes_it(self, npta: House) -> None:
        opened(npta)
        npta.order(ORDER, ("CPTa", 2))

        press(npta, f"/orders/{ORDER}/release", {"line_item_id": "1"})

        assert npta.order(ORDER, ("CPTa", 2))["status"] == "released"
        assert pools(npta)[CPT] == (0, 15)

    @pytest.mark.row("X13")
    def test_an_order_served_by_hand_is_closed_and_owes_nothing(self, npta: House) -> None:
        opened(npta)
        npta.order(ORDER, ("CPTa", 16))
        press(npta, "/outbox/flush")
        assert (available(npta)["CPTa"], shelf(npta)["CPTa"]) == (0, 0)

        assert press(npta, f"/orders/{ORDER}/close")["status"] == "closed"
        press(npta, "/outbox/flush")

        assert (available(npta)["CPTa"], shelf(npta)["CPTa"]) == (15, 15)
        late = npta.order(ORDER, ("CPTa", 16))
        assert (late["http"], late["status"], late["success"]) == (409, "closed", False)
        assert ("failed order", ORDER) not in attention(npta)
        assert npta.keys(["CANADA", "NASM", "CPT", "combined", "EX-9", 90])["reopened_orders"] == []
        press(npta, f"/orders/{ORDER}/clear-cache")
        assert npta.order(ORDER, ("CPTa", 16))["http"] == 200

    @pytest.mark.row("X13")
    def test_an_order_with_keys_that_waits_for_nothing_is_released_not_closed(self, npta: House) -> None:
        opened(npta)
        npta.order(ORDER, ("CPTa", 1))

        assert "Release Keys" in press(npta, f"/orders/{ORDER}/close", status=409)["detail"]
        assert npta.order(ORDER, ("CPTa", 1))["status"] == "fulfilled"

    @pytest.mark.row("X13")
    def test_closing_a_grown_order_ends_what_it_lacks_and_leaves_it_its_keys(self, npta: House) -> None:
        opened(npta)
        before = npta.order(ORDER, ("CPTa", 2))
        assert npta.order(ORDER, ("CPTa", 99))["code"] == "out_of_stock"
        press(npta, "/outbox/flush")
        assert (available(npta)["CPTa"], shelf(npta)["CPTa"]) == (0, 0)

        closed = press(npta, f"/orders/{ORDER}/close")
        press(npta, "/outbox/flush")

        assert (closed["status"], closed["keys_kept"]) == ("closed", 2)
        assert (available(npta)["CPTa"], shelf(npta)["CPTa"]) == (13, 13)
        assert ("failed order", ORDER) not in attention(npta)
        assert npta.keys(["CANADA", "NASM", "CPT", "combined", "EX-9", 200])["reopened_orders"] == []
        late, known = npta.order(ORDER, ("CPTa", 99)), npta.order(ORDER, ("CPTa", 2))
        assert (late["http"], late["status"], late["keys"]) == (409, "closed", [])
        assert (known["http"], known["keys"], known["replayed"]) == (200, before["keys"], True)
        npta.restart()
        assert npta.order(ORDER, ("CPTa", 99))["http"] == 409
        press(npta, f"/orders/{ORDER}/clear-cache")
        assert npta.order(ORDER, ("CPTa", 99))["keys_count"] == 99

    @pytest.mark.row("X13", "E5", "E6")
    @pytest.mark.parametrize(("button", "status"), [("release", "released"), ("close", "closed")])
    def test_a_button_after_clear_order_cache_does_what_it_says(self, npta: House, button: str, status: str) -> None:
        opened(npta)
        npta.order(ORDER, ("CPTa", 99))
        for each in (button, "clear-cache", button):
            press(npta, f"/orders/{ORDER}/{each}")
        npta.keys(["CANADA", "NASM", "CPT", "combined", "EX-9", 200])

        late = npta.order(ORDER, ("CPTa", 99))

        assert (late["http"], late["status"], late["keys"]) == (409, status, [])
        assert pools(npta)[CPT] == (0, 215)

    @pytest.mark.row("E5", "E6")
    def test_a_refunded_order_that_was_cleared_by_mistake_is_refused_once_it_is_released_again(
        self, npta: House
    ) -> None:
        opened(npta)
        npta.order(ORDER, ("CPTa", 1))
        for each in ("release", "clear-cache"):
            press(npta, f"/orders/{ORDER}/{each}")

        again = press(npta, f"/orders/{ORDER}/release")

        assert again["released"] == 0
        assert npta.order(ORDER, ("CPTa", 1))["http"] == 409
        assert pools(npta)[CPT] == (0, 15)

    @pytest.mark.row("X13")
    def test_a_growth_that_failed_and_was_taken_back_waits_no_more(self, npta: House) -> None:
        opened(npta)
        before = npta.order(ORDER, ("CPTa", 2))
        press(npta, f"/orders/{ORDER}/delivered", key=ORDER_KEY)
        npta.order(ORDER, ("CPTa", 99))

        back, again = npta.order(ORDER, ("CPTa", 2)), npta.order(ORDER, ("CPTa", 2))
        press(npta, "/outbox/flush")

        for answer in (back, again):
            assert (answer["http"], answer["keys"], answer["replayed"]) == (200, before["keys"], True)
            assert answer["delivered"], "its mail went out before, and stays so"
        assert ("failed order", ORDER) not in attention(npta)
        assert look_up(npta, ORDER)["status"] == "fulfilled"
        assert (available(npta)["CPTa"], shelf(npta)["CPTa"]) == (13, 13)
        assert [row["event"] for row in npta.rows("Orders")] == ["FULFILLED", "DELIVERED", "FAILED", "FULFILLED"]

    @pytest.mark.row("E6", "H4", "X4")
    def test_clear_order_cache_opens_the_mail_as_well_where_that_is_asked_for(self, npta: House) -> None:
        opened(npta)
        before = npta.order(ORDER, ("CPTa", 1))
        press(npta, f"/orders/{ORDER}/delivered", key=ORDER_KEY)

        shut = press(npta, f"/orders/{ORDER}/clear-cache")
        assert (shut["delivered"], npta.order(ORDER, ("CPTa", 1))["delivered"]) == (True, True)
        both = press(npta, f"/orders/{ORDER}/clear-cache", {"resend": True})
        again = npta.order(ORDER, ("CPTa", 1))

        assert (both["cleared"], both["keys_kept"], both["delivered"]) == (True, 1, False)
        assert (again["keys"], again["delivered"], again["email_ready"]) == (before["keys"], False, True)
        assert npta.order(ORDER, ("CPTa", 1))["delivered"] is False, "until the mail is confirmed"

    @pytest.mark.row("E6")
    def test_clearing_an_order_without_keys_opens_no_mail(self, npta: House) -> None:
        opened(npta)
        npta.order(ORDER, ("CPTa", 99))

        cleared = press(npta, f"/orders/{ORDER}/clear-cache", {"resend": True})

        assert (cleared["cleared"], cleared["keys_kept"], cleared["delivered"]) == (True, 0, False)
        assert [row["event"] for row in npta.rows("Orders")] == ["FAILED", "CLEARED"]


class TestKeyCare:
    @pytest.mark.row("X12")
    def test_a_dead_key_serves_nobody_any_more_and_its_holders_get_another_and_a_mail(self, npta: House) -> None:
        opened(
            npta,
            keys=[
                *KEYS[1:],
                ["CANADA", "NASM", "CPT", "combined", "DEAD", 3],
                ["CANADA", "NASM", "CPT", "combined", "GOOD", 9],
            ],
        )
        npta.order("1", ("CPTa", 1))
        npta.order("2", ("NSTB", 1))
        press(npta, "/orders/1/delivered", key=ORDER_KEY)

        retired = press(npta, f"/keys/{key_of(npta, 'DEAD')}/retire", {"replace": True})

        assert (retired["retired"], retired["orders"], retired["replaced"]) == (1, ["1", "2"], True)
        first, second = npta.order("1", ("CPTa", 1)), npta.order("2", ("NSTB", 1))
        assert codes(first) == [("GOOD", 1)]
        assert ("GOOD", 1) in codes(second)
        assert (first["success"], first["delivered"], first["email_ready"]) == (True, False, True)
        row = next(
            row for row in npta.rows("Key Inventory") if row["product_code"] == "CPT" and row["component"] == "combined"
        )
        assert (row["total"], row["used"], row["quarantined"], row["available"]) == (12, 2, 3, 7)
        press(npta, "/outbox/flush")
        assert (available(npta)["CPTa"], shelf(npta)["CPTa"]) == (7, 7)
        assert codes(npta.order("3", ("CPTa", 1))) == [("GOOD", 1)]

    @pytest.mark.row("X12")
    def test_without_enough_stock_for_its_holders_nothing_is_done(self, npta: House) -> None:
        opened(npta)
        npta.order("1", ("CPTa", 8))
        before = npta.rows("Key Ledger")

        told = press(npta, f"/keys/{key_of(npta, 'EX-2t572t1232321a')}/retire", {"replace": True}, status=409)

        assert "import more" in told["detail"]
        assert npta.rows("Key Ledger") == before

    @pytest.mark.row("X12")
    def test_a_wrong_number_of_seats_is_corrected_by_a_new_row_and_never_below_what_is_used(self, npta: House) -> None:
        opened(npta)
        npta.order("1", ("CPTa", 4))
        key = key_of(npta, "EX-2t572t1232321a")

        assert "4 are taken" in press(npta, f"/keys/{key}/adjust", {"seats": 3}, status=409)["detail"]
        adjusted = press(npta, f"/keys/{key}/adjust", {"seats": 6, "reason": "typed wrong"})

        assert (adjusted["before"], adjusted["seats"]) == (15, 6)
        assert pools(npta)[CPT] == (4, 2)
        press(npta, "/outbox/flush")
        assert (available(npta)["CPTa"], shelf(npta)["CPTa"]) == (2, 2)
        assert npta.rows("Import History")[0]["seats"] == 15, "what was imported stays as it was"
        assert [row["event"] for row in npta.rows("Key Ledger")] == ["ASSIGNED", "ADJUSTED"]
        assert "adjust key: typed wrong" in {row["operation"] for row in npta.rows("Commit Log")}
