"""The runbook's scenarios, step by step: what went wrong, what people do, and how it ends."""

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
    put_product,
    shelf,
    type_into,
    words,
)
from tests.support import OPERATOR_KEY, House

ORDER = "6855909900591"
CPT = "NASM CPT combined"


def last_alert(house: House, order_id: str = ORDER) -> dict[str, Any]:
    """The newest message about an order."""
    return [each for each in messages(house) if order_id in each["text"]][-1]


class TestOutOfStock:
    @pytest.mark.row("H1", "X1")
    @pytest.mark.parametrize("clear", [True, False], ids=["cleared by hand", "by itself"])
    def test_one_seat_short_takes_nothing_and_after_an_import_a_re_run_fills_it(self, npta: House, clear: bool) -> None:
        opened(npta)
        before = pools(npta)
        ledger = npta.rows("Key Ledger")

        short = npta.order(ORDER, ("CPTa", 12), ("NSTB", 4))

        assert (short["http"], short["code"], short["keys"], short["email_ready"]) == (422, "out_of_stock", [], False)
        assert {(each["sku"], each["needed"], each["available"]) for each in short["problems"]} == {
            ("CPTa", 16, 15),
            ("NSTB", 16, 15),
        }
        assert pools(npta) == before
        assert npta.rows("Key Ledger") == ledger
        assert all(part in words(last_alert(npta)) for part in ("❌", "CANADA NASM CPT combined", "1 short"))
        assert ("failed order", ORDER) in attention(npta)
        assert "Import more keys" in short["next_step"]

        imported = npta.keys(["CANADA", "NASM", "CPT", "combined", "EX-new", 1])
        assert imported["reopened_orders"] == [ORDER]
        if clear:
            press(npta, f"/orders/{ORDER}/clear-cache")
        filled = npta.order(ORDER, ("CPTa", 12), ("NSTB", 4))

        assert (filled["http"], filled["success"], filled["keys_count"]) == (200, True, 24)
        assert pools(npta)[CPT] == (16, 0)
        assert last_alert(npta)["text"].startswith("✅")
        assert ("failed order", ORDER) not in attention(npta)

    @pytest.mark.row("H1")
    def test_what_a_failed_order_waits_for_is_not_sold_to_others_meanwhile(self, npta: House) -> None:
        opened(npta)

        npta.order(ORDER, ("CPTa", 16))
        press(npta, "/outbox/flush")

        assert (available(npta)["CPTa"], shelf(npta)["CPTa"], available(npta)["NSTB"], shelf(npta)["NSTB"]) == (
            0,
            0,
            0,
            0,
        )
        assert pools(npta)[CPT] == (0, 15), "Key Inventory shows the pool itself"


class TestEntitlementsNotSet:
    @pytest.mark.row("H3", "X1")
    @pytest.mark.parametrize("clear", [True, False], ids=["cleared by hand", "by itself"])
    def test_they_are_typed_and_synced_and_a_re_run_fills_the_order(self, npta: House, clear: bool) -> None:
        opened(npta)
        put_product(npta, "NEW", title="New course", tags=["provider:nasm"], type="Certification")
        press(npta, "/shopify/sync")

        failed = npta.order(ORDER, ("CPTa", 1), ("NEW", 1))

        assert (failed["http"], failed["code"], failed["keys"]) == (422, "entitlements_missing", [])
        assert [(each["code"], each["sku"]) for each in failed["problems"]] == [("entitlements_missing", "NEW")]
        assert "NEW entitlements not set" in last_alert(npta)["text"]
        assert pools(npta)[CPT] == (0, 15)

        type_into(npta, "NPTA Catalogue", "entitlements", {"NEW": "NASM-CPT-EXAM"})
        assert npta.order(ORDER, ("CPTa", 1), ("NEW", 1))["replayed"] is True, "nothing is synced yet"
        assert npta.sync()["reopened_orders"] == [ORDER]
        if clear:
            press(npta, f"/orders/{ORDER}/clear-cache")
        filled = npta.order(ORDER, ("CPTa", 1), ("NEW", 1))

        assert (filled["http"], [key["component"] for key in filled["keys"]]) == (200, ["combined", "exam"])

    @pytest.mark.row("H3", "X1")
    def test_a_product_that_is_not_in_the_catalogue_at_all_comes_in_and_the_order_is_filled(self, npta: House) -> None:
        opened(npta)
        put_product(npta, "NEW", title="New course", tags=["provider:nasm"], type="Certification")
        assert npta.order(ORDER, ("NEW", 1))["code"] == "unknown_sku"

        press(npta, "/shopify/sync")
        type_into(npta, "NPTA Catalogue", "entitlements", {"NEW": "NASM-CPT-EXAM"})

        assert npta.sync()["reopened_orders"] == [ORDER]
        assert npta.order(ORDER, ("NEW", 1))["http"] == 200


class TestMailFailed:
    @pytest.mark.row("H4")
    def test_clear_and_re_run_give_the_same_keys_and_change_no_stock(self, npta: House) -> None:
        opened(npta, keys=[*KEYS, ["CANADA", "NASM", "CPT", "combined", "EX-second", 5]])
        first = npta.order(ORDER, ("NSTB", 2), ("CPTa", 14))
        npta.order("6855909900592", ("CPTa", 2))
        press(npta, "/orders/6855909900592/release")
        stock, goods, ledger = pools(npta), shelf(npta), npta.rows("Key Ledger")

        cleared = press(npta, f"/orders/{ORDER}/clear-cache")
        again = npta.order(ORDER, ("NSTB", 2), ("CPTa", 14))

        assert (cleared["cleared"], cleared["keys_kept"]) == (True, 20)
        assert again["keys"] == first["keys"]
        assert (again["success"], again["email_ready"], again["delivered"]) == (True, True, False)
        assert (pools(npta), shelf(npta), npta.rows("Key Ledger")) == (stock, goods, ledger)

    @pytest.mark.row("H4")
    def test_they_stay_the_same_although_the_catalogue_says_something_else_by_now(self, npta: House) -> None:
        opened(npta)
        first = npta.order(ORDER, ("CPTa", 1))
        type_into(npta, "NPTA Catalogue", "entitlements", {"CPTa": "NASM-CNC-FULL"})
        npta.sync()

        press(npta, f"/orders/{ORDER}/clear-cache")

        assert npta.order(ORDER, ("CPTa", 1))["keys"] == first["keys"]
        assert npta.order("6855909900592", ("CPTa", 1))["keys"][0]["product_code"] == "CNC"


class TestOrderIds:
    @pytest.mark.row("H6")
    @pytest.mark.parametrize(
        "typed",
        [
            ORDER,
            f" {ORDER} ",
            "6855 9099 00591",
            f"00{ORDER}",
            "#NPTA-1042/CA",
            "npta-1042/ca",
            f"gid://shopify/Order/{ORDER}",
            f"{ORDER}\t",
        ],
    )
    @pytest.mark.parametrize("button", ["clear-cache", "release"])
    def test_an_order_is_found_as_people_type_it(self, npta: House, typed: str, button: str) -> None:
        opened(npta)
        npta.order(ORDER, ("CPTa", 1), order_name="NPTA-1042/CA")

        assert press(npta, f"/orders/{quote(typed, safe='')}/{button}")["order_id"] == ORDER
        assert look_up(npta, quote(typed, safe=""))["order_id"] == ORDER

    @pytest.mark.row("H6")
    @pytest.mark.parametrize(
        ("typed", "told"),
        [
            ("6.8559E+12", "lost digits"),
            ("1042-7", "neither an id (digits only) nor a name"),
            ("-6855909900591", "neither an id (digits only) nor a name"),
            ("gid://shopify/Customer/5", "digits are expected"),
        ],
    )
    def test_what_is_no_order_id_is_refused_in_words(self, npta: House, typed: str, told: str) -> None:
        answer = press(npta, f"/orders/{quote(typed, safe='')}/clear-cache", status=400)

        assert told in answer["detail"]
        assert answer["errors"][0]["field"] == "order_id"

    @pytest.mark.row("H6")
    @pytest.mark.parametrize("button", ["release", "clear-cache", "close", "resend", "delivered"])
    def test_a_name_that_two_orders_bear_is_refused_with_both_ids(self, npta: House, button: str) -> None:
        opened(npta)
        for order_id in ("9001", "9002"):
            npta.order(order_id, ("CPTa", 1), order_name="#7001")
        before = npta.rows("Commit Log")

        told = press(npta, f"/orders/%237001/{button}", status=409)

        assert "9001" in told["detail"]
        assert "9002" in told["detail"]
        assert npta.rows("Commit Log") == before

    @pytest.mark.row("H6")
    def test_an_order_called_like_another_s_id_does_not_take_its_place(self, npta: House) -> None:
        opened(npta)
        npta.order("16053", ("CPTa", 1))
        npta.order("16054", ("CNC", 1), order_name="16053")

        assert press(npta, "/orders/16053/release")["order_id"] == "16053"
        assert look_up(npta, "16054")["success"] is True

    @pytest.mark.row("H6")
    @pytest.mark.parametrize("typed", ["6855909900599", "#9999"])
    def test_an_order_that_was_never_seen_says_so(self, npta: House, typed: str) -> None:
        assert "never been seen" in press(npta, f"/orders/{quote(typed, safe='')}/release", status=404)["detail"]

    @pytest.mark.row("H6")
    @pytest.mark.parametrize(
        ("sent", "status"),
        [
            (ORDER, 200),
            (int(ORDER), 200),
            ("6855 9099 00591", 200),
            (f"gid://shopify/Order/{ORDER}", 200),
            ("#1042", 400),
            ("6.8559e12", 400),
            (6855909900591123456789, 400),
            ("", 400),
            (None, 400),
        ],
    )
    def test_zapier_may_send_an_id_in_any_of_its_shapes_but_no_name(self, npta: House, sent: Any, status: int) -> None:
        opened(npta)
        items = [{"sku": "CPTa", "quantity": 1}]

        response = npta.call("POST", "/orders", {"order_id": sent, "email": "a@b.example", "line_items": items})

        assert response.status_code == status
        orders = [row["order_id"] for row in npta.rows("Orders")]
        assert orders == ([ORDER] if status == 200 else [])


class TestRefund:
    @pytest.mark.row("H7")
    def test_released_seats_are_free_again_at_their_keys_old_place(self, npta: House) -> None:
        codes = [["CANADA", "NASM", "CPT", "combined", code, 1] for code in ("FIRST", "SECOND", "THIRD")]
        opened(npta, keys=codes)
        for number in (1, 2):
            npta.order(str(number), ("CPTa", 1))
        before = pools(npta)[CPT]

        released = press(npta, "/orders/1/release")

        assert (released["released"], [each["sku"] for each in released["keys"]]) == (1, ["CPTa"])
        assert {"SKU": "CPTa", "before": 1, "after": 2} in released["products"]
        assert (before, pools(npta)[CPT]) == ((2, 1), (1, 2))
        assert shelf(npta)["CPTa"] == 2
        assert [npta.order(str(number), ("CPTa", 1))["keys"][0]["keycode"] for number in (3, 4)] == ["FIRST", "THIRD"]
        assert press(npta, "/orders/1/release")["released"] == 0
        late = npta.order("1", ("CPTa", 1))
        assert (late["http"], late["status"], late["keys"]) == (409, "released", [])

    @pytest.mark.row("H7")
    def test_a_release_is_told_and_stands_in_the_ledger_beside_what_it_takes_back(self, npta: House) -> None:
        opened(npta)
        npta.order(ORDER, ("NSTB", 1), order_name="#1042")

        press(npta, f"/orders/{quote('#1042')}/release", key=OPERATOR_KEY)

        assert last_alert(npta)["text"].startswith("↩️ Keys Released")
        assert [row["event"] for row in npta.rows("Key Ledger")] == ["ASSIGNED"] * 3 + ["RELEASED"] * 3
        assert [row["event"] for row in npta.rows("Orders")] == ["FULFILLED", "RELEASED"]
        assert ("operator key 1", "release keys") in {(row["who"], row["operation"]) for row in npta.rows("Commit Log")}


class TestLowStock:
    @pytest.mark.row("H9")
    def test_an_import_raises_key_inventory_catalogue_and_shop(self, npta: House) -> None:
        opened(npta)
        assert (pools(npta)["NASM CNC combined"], available(npta)["CNC"], shelf(npta)["CNC"]) == ((0, 10), 10, 10)

        npta.keys(["CANADA | NASM | CNC | combined | CNC-more | 7"])

        assert (pools(npta)["NASM CNC combined"], available(npta)["CNC"], shelf(npta)["CNC"]) == ((0, 17), 17, 17)
        assert (available(npta)["CAREER"], shelf(npta)["CAREER"]) == (10, 10), "the bundle's scarcest pool is another"
        npta.keys(["CANADA | NCSF | STS | combined | STS-more | 90"])
        assert (available(npta)["CAREER"], shelf(npta)["CAREER"]) == (15, 15)
        assert (available(npta)["NSTB"], shelf(npta)["NSTB"]) == (15, 15)
