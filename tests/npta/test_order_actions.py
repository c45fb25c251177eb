"""What people do to orders afterwards, over HTTP: release, clear, close, confirm and repeat the mail, the mode."""

from __future__ import annotations

from typing import Any

import pytest

from npta.domain.orders.eligibility import Mode
from npta.operations.mode import change_mode
from tests.support import ORDER_KEY, House

ORDER = "6855909900591"


def press(house: House, path: str, body: Any = None, *, key: str = "", status: int = 200) -> Any:
    """One call that is expected to end with a status."""
    answer = house.call("POST", path, body or {}, **({"key": key} if key else {}))
    assert answer.status_code == status, answer.data
    return answer.json


def stock(house: House) -> dict[str, tuple[int, int, int]]:
    """Used, quarantined and available seats by pool."""
    return {
        f"{row['provider']} {row['product_code']}": (row["used"], row["quarantined"], row["available"])
        for row in house.rows("Key Inventory")
    }


def stocked(house: House) -> House:
    house.products(("NSTB", "NASM-CPT-FULL,NCSF-STS-FULL"), ("CPTa", "NASM-CPT-FULL"))
    house.keys(
        ["CANADA", "NASM", "CPT", "combined", "CPT-1", 2],
        ["CANADA", "NASM", "CPT", "combined", "CPT-2", 2],
        ["CANADA", "NCSF", "STS", "combined", "STS-1", 3],
    )
    return house


@pytest.fixture
def shop(house: House) -> House:
    return stocked(house)


class TestReleaseKeys:
    def test_released_seats_are_free_again_at_their_keys_old_place_in_the_queue(self, shop: House) -> None:
        shop.order(ORDER, ("NSTB", 1))
        shop.order("2", ("CPTa", 2))

        released = press(shop, f"/orders/{ORDER}/release")

        assert released["released"] == 2
        assert {(each["SKU"], each["before"], each["after"]) for each in released["products"]} == {
            ("NSTB", 1, 2),
            ("CPTa", 1, 2),
        }
        assert stock(shop) == {"NASM CPT": (2, 0, 2), "NCSF STS": (0, 0, 3)}
        assert shop.order("3", ("CPTa", 1))["keys"][0]["keycode"] == "CPT-1"
        assert "CPT-1" not in str(released)

    def test_a_second_press_releases_nothing_and_writes_nothing(self, shop: House) -> None:
        shop.order(ORDER, ("NSTB", 1))
        press(shop, f"/orders/{ORDER}/release")
        before = shop.rows("Commit Log")

        assert press(shop, f"/orders/{ORDER}/release")["released"] == 0
        assert shop.rows("Commit Log") == before

    def test_a_late_repeat_is_refused_until_the_order_is_cleared(self, shop: House) -> None:
        shop.order(ORDER, ("NSTB", 1))
        press(shop, f"/orders/{ORDER}/release")

        late = shop.order(ORDER, ("NSTB", 1))
        press(shop, f"/orders/{ORDER}/clear-cache")
        again = shop.order(ORDER, ("NSTB", 1))

        assert (late["http"], late["status"], late["keys"]) == (409, "released", [])
        assert (again["http"], again["delivered"], again["keys_count"]) == (200, False, 2)

    def test_a_dry_run_tells_the_numbers_and_changes_nothing(self, shop: House) -> None:
        shop.order(ORDER, ("NSTB", 1))
        before = shop.rows("Commit Log")

        dry = press(shop, f"/orders/{ORDER}/release", {"dry_run": True})

        assert (dry["released"], dry["dry_run"]) == (2, True)
        assert shop.rows("Commit Log") == before
        assert shop.order(ORDER, ("NSTB", 1))["http"] == 200

    def test_one_line_is_given_back_and_the_others_stay_fulfilled(self, shop: House) -> None:
        before = shop.order(ORDER, ("NSTB", 1), ("CPTa", 1))

        released = press(shop, f"/orders/{ORDER}/release", {"line_item_id": "2"})
        after = shop.order(ORDER, ("NSTB", 1), ("CPTa", 1))

        assert released["released"] == 1
        assert (after["http"], after["replayed"], after["success"]) == (200, True, True)
        assert after["keys"] == before["keys"][:2]
        assert stock(shop)["NASM CPT"] == (1, 0, 3)
        press(shop, f"/orders/{ORDER}/clear-cache")
        assert shop.order(ORDER, ("NSTB", 1), ("CPTa", 1))["keys"] == before["keys"][:2]
        shop.restart()
        assert shop.order(ORDER, ("NSTB", 1), ("CPTa", 1))["keys"] == before["keys"][:2]

    def test_a_line_that_the_order_does_not_have_is_told(self, shop: House) -> None:
        shop.order(ORDER, ("NSTB", 1))

        told = press(shop, f"/orders/{ORDER}/release", {"line_item_id": "9"}, status=400)

        assert "has no line 9; its lines are: 1 (NSTB × 1)" in told["detail"]
        assert stock(shop)["NASM CPT"] == (1, 0, 3)

    def test_quarantine_takes_released_seats_out_of_stock(self) -> None:
        shop = stocked(House(environment={"NPTA_RELEASE_POLICY": "quarantine"}).provision())
        shop.order(ORDER, ("CPTa", 1))

        press(shop, f"/orders/{ORDER}/release")

        assert stock(shop)["NASM CPT"] == (0, 1, 3)
        assert [shop.order(str(number), ("CPTa", 1))["http"] for number in range(2, 6)] == [200, 200, 200, 422]

    def test_releasing_a_failed_order_ends_its_debt(self, shop: House) -> None:
        shop.order(ORDER, ("NSTB", 9))
        shop.call("POST", "/outbox/flush")
        owed = [row["available"] for row in shop.rows("NPTA Catalogue")]

        press(shop, f"/orders/{ORDER}/release")
        shop.call("POST", "/outbox/flush")

        assert owed == [0, 0]
        assert [row["available"] for row in shop.rows("NPTA Catalogue")] == [3, 4]

    def test_orders_that_waited_for_the_seats_are_opened_again(self, shop: House) -> None:
        shop.order(ORDER, ("CPTa", 4))
        assert shop.order("2", ("CPTa", 1))["code"] == "out_of_stock"

        assert press(shop, f"/orders/{ORDER}/release")["reopened_orders"] == ["2"]
        assert shop.order("2", ("CPTa", 1))["http"] == 200

    def test_an_unknown_order_says_so(self, shop: House) -> None:
        assert "never been seen" in press(shop, "/orders/404/release", status=404)["detail"]


class TestClearOrderCache:
    def test_a_cleared_order_gets_the_same_keys_without_any_change_of_stock(self, shop: House) -> None:
        before = shop.order(ORDER, ("NSTB", 1))

        cleared = press(shop, f"/orders/{ORDER}/clear-cache")
        after = shop.order(ORDER, ("NSTB", 1))

        assert (cleared["cleared"], cleared["keys_kept"]) == (True, 2)
        assert after["keys"] == before["keys"]
        assert stock(shop)["NASM CPT"] == (1, 0, 3)

    def test_a_failed_order_is_decided_afresh(self, shop: House) -> None:
        shop.order(ORDER, ("CPTa", 4))
        assert shop.order("2", ("CPTa", 1))["code"] == "out_of_stock"
        assert shop.order("2", ("CPTa", 1))["replayed"] is True

        press(shop, "/orders/2/clear-cache")

        assert shop.order("2", ("CPTa", 1))["replayed"] is False

    def test_an_order_is_found_by_its_name(self, shop: House) -> None:
        shop.order(ORDER, ("CPTa", 1), order_name="#1042")

        assert press(shop, "/orders/%231042/clear-cache")["order_id"] == ORDER

    def test_an_unknown_order_says_so(self, shop: House) -> None:
        assert "never been seen" in press(shop, "/orders/404/clear-cache", status=404)["detail"]


class TestDelivery:
    def test_a_confirmed_mail_is_told_from_then_on_until_it_shall_be_sent_again(self, shop: House) -> None:
        first = shop.order(ORDER, ("CPTa", 1))
        press(shop, f"/orders/{ORDER}/delivered", {"message_id": "m-1"}, key=ORDER_KEY)
        press(shop, f"/orders/{ORDER}/delivered", {"message_id": "m-1"}, key=ORDER_KEY)
        delivered = shop.order(ORDER, ("CPTa", 1))
        press(shop, f"/orders/{ORDER}/resend")
        again = shop.order(ORDER, ("CPTa", 1))

        assert [each["delivered"] for each in (first, delivered, again)] == [False, True, False]
        assert first["keys"] == delivered["keys"] == again["keys"]
        assert [row["event"] for row in shop.rows("Orders")] == ["FULFILLED", "DELIVERED", "RESEND"]

    @pytest.mark.parametrize("what", ["delivered", "resend"])
    def test_an_order_without_keys_has_nothing_to_mail(self, shop: House, what: str) -> None:
        shop.order(ORDER, ("CPTa", 99))

        told = press(shop, f"/orders/{ORDER}/{what}", status=409)

        assert "holds no keys" in told["detail"]
        assert "errors" not in told, "nothing is wrong with a field"


class TestClose:
    def test_an_order_served_by_hand_owes_nothing_and_is_refused_later(self, shop: House) -> None:
        shop.order(ORDER, ("CPTa", 5))
        press(shop, f"/orders/{ORDER}/close")
        shop.call("POST", "/outbox/flush")

        late = shop.order(ORDER, ("CPTa", 5))

        assert (late["http"], late["status"]) == (409, "closed")
        assert [row["available"] for row in shop.rows("NPTA Catalogue")] == [3, 4]
        assert [row["what"] for row in shop.rows("Attention") if row["what"] == "failed order"] == []

    def test_an_order_with_keys_that_waits_for_nothing_is_not_closed(self, shop: House) -> None:
        shop.order(ORDER, ("CPTa", 1))

        told = press(shop, f"/orders/{ORDER}/close", status=409)

        assert "Release Keys" in told["detail"]
        assert "errors" not in told


class TestMode:
    def test_entering_live_lists_the_orders_whose_mail_went_to_the_test_recipient(self, shop: House) -> None:
        change_mode(shop.services, Mode.TEST, who="test", deadline=shop.clock.deadline(10))
        tested = shop.order(ORDER, ("CPTa", 1))

        live = press(shop, "/mode", {"mode": "live", "go_live_at": "2020-01-01T00:00:00Z"})

        assert tested["deliver_to"] == "test@npta.example"
        assert (live["mode"], live["before"], live["test_orders"]) == ("LIVE", "TEST", [ORDER])
        assert shop.order(ORDER, ("CPTa", 1))["deliver_to"] == "ada@example.com"

    def test_off_stops_new_assignments_at_once_and_deletes_nothing(self, shop: House) -> None:
        shop.order(ORDER, ("CPTa", 1))
        press(shop, "/mode", {"mode": "OFF"})

        noted = shop.order("2", ("CPTa", 1))
        known = shop.order(ORDER, ("CPTa", 1))

        assert (noted["http"], noted["status"], noted["email_ready"]) == (200, "off", False)
        assert known["success"] is True
        assert stock(shop)["NASM CPT"] == (1, 0, 3)
        assert [(row["what"], row["which"]) for row in shop.rows("Attention")][:2] == [
            ("mode", "OFF"),
            ("order by hand", "2"),
        ]

    def test_another_word_is_refused(self, shop: House) -> None:
        assert "OFF, TEST or LIVE" in press(shop, "/mode", {"mode": "ON"}, status=400)["detail"]


@pytest.mark.parametrize("what", ["release", "clear-cache", "resend", "close"])
def test_an_order_key_may_not_press_buttons(shop: House, what: str) -> None:
    shop.order(ORDER, ("CPTa", 1))

    press(shop, f"/orders/{ORDER}/{what}", key=ORDER_KEY, status=403)

    assert len(shop.rows("Orders")) == 1


def test_a_path_with_another_verb_names_the_right_one(shop: House) -> None:
    answer = shop.call("GET", f"/orders/{ORDER}/release")

    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
