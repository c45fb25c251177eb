"""Orders that wait: their reasons as they are now, go-live and OFF, fill, and one order that concerns no other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.npta.acceptance.steps import (
    Watch,
    alerts,
    attention,
    available,
    look_up,
    messages,
    opened,
    pools,
    press,
    seconds_later,
    words,
)
from tests.support import ORDER_KEY, Cell, House, gspread_on

ORDER = "6855909900591"
OTHER = "6855909900592"
CPT = "NASM CPT combined"
MORNING, NOON = "2026-11-23T14:00:00Z", "2026-11-23T15:00:00Z"
MORE: list[Cell] = ["CANADA", "NASM", "CPT", "combined", "EX-9", 90]


def row_of(house: House, order_id: str) -> dict[str, Any]:
    """What Attention says of an order."""
    return next(row for row in house.rows("Attention") if str(row["which"]) == order_id)


def advice(house: House, order_id: str) -> str:
    """All that is said of an order by Attention, a look-up and status, in lower case."""
    status = house.call("GET", "/status").get_json() or {}
    listed = [each for each in status["failed_orders"] if each["order_id"] == order_id]
    told = look_up(house, order_id)
    row = row_of(house, order_id)
    return " ".join(map(str, (row["detail"], row["next_step"], told["message"], told.get("next_step"), listed))).lower()


class TestReasons:
    @pytest.mark.row("G2")
    def test_a_failure_names_every_sku_with_its_own_reason_at_once(self, npta: House) -> None:
        opened(npta)
        npta.products(("EMPTY", ""), sync=False)

        answer = npta.order(ORDER, ("CPTa", 16), ("EMPTY", 1), ("GONE", 1), ("CNC", 1), ("CPT", 99))

        assert [(each["sku"], each["code"]) for each in answer["problems"]] == [
            ("CPTa", "out_of_stock"),
            ("EMPTY", "entitlements_missing"),
            ("GONE", "unknown_sku"),
            ("CPT", "out_of_stock"),
        ]
        assert pools(npta)[CPT] == (0, 15)
        (message,) = [each for each in messages(npta) if ORDER in each["text"]]
        for reason in ("CPTa out of stock", "EMPTY entitlements not set", "GONE SKU not in", "CPT out of stock"):
            assert reason in message["text"]
        for part in ("1 short", "Import Keys", "Sync Catalogue", "Sync from Shopify"):
            assert part in words(message)
        assert all(sku in row_of(npta, ORDER)["detail"] for sku in ("CPTa", "EMPTY", "GONE"))

    @pytest.mark.row("G2", "H3", "P3")
    def test_reasons_are_those_of_now_in_replay_look_up_status_and_attention(self, npta: House) -> None:
        opened(npta)
        npta.order(ORDER, ("NEW", 1), ("GONE", 1))
        npta.products(("NEW", "NASM-XYZ-FULL"))
        before = len(npta.rows("Commit Log"))

        again = npta.order(ORDER, ("NEW", 1), ("GONE", 1))

        assert (again["http"], again["status"], again["replayed"]) == (422, "failed", True)
        assert [(each["sku"], each["code"]) for each in again["problems"]] == [
            ("NEW", "out_of_stock"),
            ("GONE", "unknown_sku"),
        ]
        assert len(npta.rows("Commit Log")) == before, "a replay costs no commit"
        assert look_up(npta, ORDER)["problems"] == again["problems"]
        assert "import more keys" in advice(npta, ORDER)
        assert "published entitlements" not in advice(npta, ORDER)
        npta.restart()
        assert npta.order(ORDER, ("NEW", 1), ("GONE", 1))["problems"] == again["problems"]

    @pytest.mark.row("G2", "X1")
    def test_an_order_behind_another_is_told_so_until_that_one_is_closed(self, npta: House) -> None:
        opened(npta)
        npta.order(ORDER, ("CPTa", 16))
        npta.order(OTHER, ("CPTa", 17))
        assert npta.keys([*MORE[:5], 5])["reopened_orders"] == [ORDER]

        behind = npta.order(OTHER, ("CPTa", 17))

        assert (behind["code"], behind["problems"][0]["available"]) == ("out_of_stock", 4)
        assert "kept for orders that came first" in behind["message"]
        assert press(npta, f"/orders/{ORDER}/close")["reopened_orders"] == [OTHER]
        assert npta.order(OTHER, ("CPTa", 17))["http"] == 200

    @pytest.mark.row("G2", "X1")
    def test_releasing_an_order_that_only_waited_opens_the_next(self, npta: House) -> None:
        opened(npta)
        npta.order(ORDER, ("CPTa", 16))
        npta.order(OTHER, ("CPTa", 17))
        npta.keys([*MORE[:5], 5])

        released = press(npta, f"/orders/{ORDER}/release")

        assert (released["released"], released["reopened_orders"]) == (0, [OTHER])


class TestOffThenLive:
    @pytest.mark.row("B2", "B10", "X19")
    def test_orders_of_before_are_named_and_nobody_is_sent_to_re_run_them(self) -> None:
        watch = Watch()
        with watch.npta() as npta:
            opened(npta)
            npta.order(ORDER, ("CPTa", 16), paid_at=MORNING)
            npta.order(OTHER, ("CPTa", 17))
            watch.passes(3600)
            press(npta, "/mode", {"mode": "OFF"})
            off = advice(npta, ORDER)
            live = press(npta, "/mode", {"mode": "LIVE"})

            assert (live["before"], live["shut_out_orders"]) == ("OFF", [ORDER, OTHER])
            imported, synced = npta.keys(MORE), npta.sync()
            seconds_later(npta)
            assert (imported["reopened_orders"], synced["reopened_orders"]) == ([], [])
            for told in (off, advice(npta, ORDER), advice(npta, OTHER)):
                assert "re-run" not in told
                assert "by hand" in told
            assert "before the system went live" in advice(npta, OTHER)
            assert not [text for text in alerts(npta) if "can be filled" in text]
            for order_id, count in ((ORDER, 16), (OTHER, 17)):
                late = npta.order(order_id, ("CPTa", count))
                assert (late["http"], late["code"], late["keys"]) == (422, "before_go_live", [])
                assert "re-run" not in late["next_step"].lower()
            assert pools(npta)[CPT] == (0, 105)

    @pytest.mark.row("B10", "X19")
    def test_resuming_with_the_go_live_time_of_before_opens_what_can_be_filled(self) -> None:
        watch = Watch()
        with watch.npta() as npta:
            opened(npta)
            before = (npta.call("GET", "/status").get_json() or {})["go_live_at"]
            npta.order(ORDER, ("CPTa", 16), paid_at=MORNING)
            watch.passes(3600)
            press(npta, "/mode", {"mode": "OFF"})
            off = npta.order("3", ("CPTa", 1))
            assert press(npta, "/mode", {"mode": "LIVE"})["shut_out_orders"] == [ORDER]
            assert npta.keys(MORE)["reopened_orders"] == []
            npta.restart()

            live = press(npta, "/mode", {"mode": "LIVE", "go_live_at": "keep"})
            assert live["go_live_at"] != before
            live = press(npta, "/mode", {"mode": "LIVE", "go_live_at": before})

            assert (live["go_live_at"], live["shut_out_orders"], live["reopened_orders"]) == (before, [], [ORDER])
            assert npta.order(ORDER, ("CPTa", 16), paid_at=MORNING)["http"] == 200
            assert (off["status"], npta.order("3", ("CPTa", 1))["status"]) == ("off", "off"), "by hand until cleared"

    @pytest.mark.row("B10", "X1", "X19")
    @pytest.mark.parametrize("how", ["import", "release", "adjust", "sync", "close"])
    def test_what_arrives_while_off_opens_them_for_later_and_sends_nobody_to_re_run_them(
        self, npta: House, how: str
    ) -> None:
        opened(npta)
        npta.order("3", ("CPTa", 15))
        npta.order("4", ("CPTa", 90))
        npta.order(ORDER, ("CPTa", 2))
        npta.order(OTHER, ("SOON", 1))
        press(npta, "/mode", {"mode": "OFF"})
        before = len(messages(npta))
        acts: dict[str, Callable[[], dict[str, Any]]] = {
            "import": lambda: npta.keys([*MORE[:5], 2]),
            "release": lambda: press(npta, "/orders/3/release"),
            "adjust": lambda: press(
                npta, "/keys/adjust", {"keycode": "EX-2t572t1232321a", "seats": 17, "reason": "counted"}
            ),
            "sync": lambda: npta.products(("SOON", "", "EXTERNAL")),
            "close": lambda: npta.keys([*MORE[:5], 91]) and press(npta, "/orders/4/close"),
        }
        waits = OTHER if how == "sync" else ORDER

        done = acts[how]()

        assert waits in done["reopened_orders"]
        seconds_later(npta)
        assert "re-run" not in advice(npta, waits)
        assert not [each for each in messages(npta)[before:] if "re-run" in words(each)]
        late = npta.order(waits, ("SOON", 1) if how == "sync" else ("CPTa", 2))
        assert (late["http"], late["status"]) == (200, "off"), "open, so it is decided as any order while OFF"
        press(npta, "/mode", {"mode": "TEST"})
        press(npta, f"/orders/{waits}/clear-cache")
        again = npta.order(waits, ("SOON", 1) if how == "sync" else ("CPTa", 2))
        assert again["status"] == ("skipped" if how == "sync" else "fulfilled")

    @pytest.mark.row("B10", "X1", "X19")
    def test_those_opened_while_off_are_filled_by_a_repeat_once_it_is_live_again(self, npta: House) -> None:
        opened(npta)
        npta.order(ORDER, ("CPTa", 16))
        press(npta, "/mode", {"mode": "OFF"})
        imported = npta.keys(MORE)
        seconds_later(npta)

        assert imported["reopened_orders"] == [ORDER]
        told = [words(each) for each in messages(npta) if "Keys Imported" in each["text"]][-1]
        assert f"1 waiting order can be filled once the mode is LIVE or TEST: {ORDER}" in told
        live = press(npta, "/mode", {"mode": "LIVE", "go_live_at": "keep"})
        assert live["reopened_orders"] == [], "it is open already"
        assert advice(npta, ORDER).count("re-run the zap")
        assert npta.order(ORDER, ("CPTa", 16))["status"] == "fulfilled"

    @pytest.mark.row("B10", "X19")
    @pytest.mark.parametrize("between", [["OFF"], ["TEST"], ["OFF", "TEST", "OFF"], []])
    def test_the_go_live_time_of_before_is_remembered_through_other_modes(
        self, npta: House, between: list[str]
    ) -> None:
        press(npta, "/mode", {"mode": "LIVE", "go_live_at": NOON})
        for mode in between:
            assert press(npta, "/mode", {"mode": mode, "go_live_at": "keep"})["go_live_at"] == ""

        assert press(npta, "/mode", {"mode": "LIVE", "go_live_at": "Keep"})["go_live_at"] == NOON

    @pytest.mark.row("B10", "X19")
    def test_without_one_of_before_there_is_none_to_keep(self) -> None:
        house = House()
        house.services.spreadsheet.provision(house.clock.deadline(30))

        told = press(house, "/mode", {"mode": "LIVE", "go_live_at": "keep"}, status=409)

        assert "no earlier go-live time" in told["detail"]
        assert (house.call("GET", "/status").get_json() or {})["mode"] == "OFF"

    @pytest.mark.row("B10", "E6", "X19")
    def test_clearing_an_order_says_what_will_work(self) -> None:
        watch = Watch()
        with watch.npta() as npta:
            opened(npta)
            press(npta, "/mode", {"mode": "OFF"})
            npta.order(ORDER, ("CPTa", 1), paid_at=MORNING)
            watch.passes(3600)
            off = press(npta, f"/orders/{ORDER}/clear-cache")
            press(npta, "/mode", {"mode": "LIVE"})
            live = press(npta, f"/orders/{ORDER}/clear-cache")

            assert "re-run" not in (off["next_step"] + live["next_step"]).lower()
            assert "fill it in spite" in live["next_step"]
            filled = press(npta, f"/orders/{ORDER}/fill")
            assert filled["status"] == "fulfilled"
            assert press(npta, f"/orders/{ORDER}/clear-cache")["next_step"] == "Re-run the Zap."


class TestFill:
    @pytest.mark.row("X19", "B2")
    def test_an_order_that_go_live_shuts_out_is_filled_by_a_person_and_mailed_by_its_zap(self, npta: House) -> None:
        opened(npta)
        press(npta, "/mode", {"mode": "LIVE", "go_live_at": NOON})
        npta.order(ORDER, ("CPTa", 1), paid_at=MORNING, order_name="#1042")

        filled = press(npta, "/orders/%231042/fill")

        assert (filled["status"], filled["success"], filled["replayed"], filled["keys_count"]) == (
            "fulfilled",
            True,
            False,
            1,
        )
        assert "Re-run the Zap" in filled["next_step"]
        assert alerts(npta, ORDER)[-1].startswith("✅ Order Fulfilled")
        assert attention(npta, "failed") == []
        zap = npta.order(ORDER, ("CPTa", 1), paid_at=MORNING, order_name="#1042")
        assert (zap["http"], zap["keys"], zap["replayed"], zap["delivered"]) == (200, filled["keys"], True, False)
        press(npta, f"/orders/{ORDER}/delivered", key=ORDER_KEY)
        again = press(npta, f"/orders/{ORDER}/fill")
        assert (again["replayed"], again["keys"], again.get("next_step")) == (True, filled["keys"], None)
        assert pools(npta)[CPT] == (1, 14)
        assert {row["operation"] for row in npta.rows("Commit Log")} >= {"fill order"}

    @pytest.mark.row("X19", "X21")
    def test_both_ways_into_live_are_shown_before_one_is_taken(self, npta: House) -> None:
        opened(npta)
        press(npta, "/mode", {"mode": "LIVE", "go_live_at": "2026-01-01T00:00:00Z"})
        early, late = {"paid_at": "2025-12-31T00:00:00Z"}, {"paid_at": "2026-01-02T00:00:00Z"}
        npta.order(ORDER, ("CPTa", 16), **early)
        npta.order(OTHER, ("CPTa", 16), **late)
        press(npta, "/mode", {"mode": "OFF"})
        before = npta.rows("Commit Log")

        resumed = press(npta, "/mode", {"mode": "LIVE", "go_live_at": "keep", "dry_run": True})
        anew = press(npta, "/mode", {"mode": "LIVE", "dry_run": True})

        assert npta.rows("Commit Log") == before
        assert (resumed["before"], resumed["mode"], resumed["go_live_at"]) == ("OFF", "LIVE", "2026-01-01T00:00:00Z")
        assert resumed["shut_out_orders"] == [ORDER]
        assert anew["shut_out_orders"] == [ORDER, OTHER]
        assert press(npta, "/mode", {"mode": "LIVE", "confirm": anew["confirm"], "go_live_at": "keep"}, status=409)
        assert press(npta, "/mode", {"mode": "OFF"})["before"] == "OFF"
        done = press(npta, "/mode", {"mode": "LIVE", "go_live_at": "keep", "confirm": resumed["confirm"]})
        assert done["go_live_at"] == "2026-01-01T00:00:00Z"

    @pytest.mark.row("X19")
    def test_it_overcomes_the_go_live_time_only(self, npta: House) -> None:
        opened(npta)
        press(npta, "/mode", {"mode": "LIVE", "go_live_at": NOON})
        npta.order(ORDER, ("CPTa", 16), ("GONE", 1), paid_at=MORNING)

        first = press(npta, f"/orders/{ORDER}/fill", status=422)
        commits = len(npta.rows("Commit Log"))
        second = press(npta, f"/orders/{ORDER}/fill", status=422)

        assert [each["code"] for each in first["problems"]] == ["out_of_stock", "unknown_sku"]
        assert (second["problems"], second["replayed"]) == (first["problems"], True)
        assert len(npta.rows("Commit Log")) == commits
        npta.products(("GONE", "NASM-CPT-EXAM"), ("CPTa", "NASM-CPT-FULL"), ("CPT", "NASM-CPT-EXAM"))
        assert npta.keys(MORE)["reopened_orders"] == [ORDER], "what a person decided holds"
        assert npta.order(ORDER, ("CPTa", 16), ("GONE", 1), paid_at=MORNING)["http"] == 200

    @pytest.mark.row("X19")
    def test_what_is_not_to_be_filled_is_a_conflict_and_an_unknown_order_says_so(self, npta: House) -> None:
        opened(npta)
        npta.order("1", ("CPTa", 1))
        press(npta, "/orders/1/release")
        npta.order("2", ("CPTa", 99))
        press(npta, "/orders/2/close")
        npta.order("4", ("CPTa", 99))
        press(npta, "/mode", {"mode": "OFF"})
        npta.order("3", ("CPTa", 1))
        off = press(npta, "/orders/4/fill", status=409)
        press(npta, "/mode", {"mode": "LIVE", "go_live_at": "keep"})
        before = npta.rows("Commit Log")

        for order_id, why in (("1", "released"), ("2", "closed"), ("3", "by hand")):
            told = press(npta, f"/orders/{order_id}/fill", status=409)
            assert why in told["detail"]
            assert "Clear Order Cache" in told["detail"]
        assert "mode is OFF" in off["detail"]
        assert "never been seen" in press(npta, "/orders/5/fill", status=404)["detail"]
        assert npta.call("POST", "/orders/4/fill", {}, key=ORDER_KEY).status_code == 403
        assert npta.call("POST", "/orders/4/fill", {"force": True}).status_code == 400
        assert npta.rows("Commit Log") == before


class TestOneOrderStopsNoOther:
    @pytest.mark.row("E2", "X1", "P3")
    def test_an_order_too_large_to_be_recorded_stops_no_button_and_is_named(self, npta: House) -> None:
        """Case 26: its SKU was unknown, so it could be recorded; defined, it no longer fits into its cell."""
        opened(npta)
        lines = [{"line_item_id": f"{number:040}", "sku": "BIG", "quantity": 1} for number in range(450)]
        body = {"order_id": ORDER, "email": "ada@example.com", "line_items": lines}
        assert npta.call("POST", "/orders", body, key=ORDER_KEY).status_code == 422
        npta.order(OTHER, ("BIG", 1))

        synced = npta.products(("BIG", "NASM-BIG-FULL"))
        imported = npta.keys(["CANADA", "NASM", "BIG", "combined", "BIG-1", 999])

        assert synced["published"] >= 1
        assert (imported["imported"], imported["reopened_orders"]) == (1, [OTHER])
        key_id = npta.rows("Import History")[-1]["key_id"]
        for path, asked in (
            (f"/keys/{key_id}/adjust", {"seats": 1000}),
            ("/catalogue/sync", {}),
            ("/inventory/refresh", {}),
            ("/reconcile", {}),
            ("/mode", {"mode": "TEST"}),
            ("/mode", {"mode": "LIVE", "go_live_at": "keep"}),
            ("/outbox/flush", {}),
        ):
            press(npta, path, asked)
        assert "too large to be recorded" in advice(npta, ORDER)
        assert "re-run" not in advice(npta, ORDER)
        late = npta.call("POST", "/orders", body, key=ORDER_KEY)
        assert (late.status_code, (late.get_json() or {})["code"]) == (422, "too_large")
        assert "too large" in press(npta, f"/orders/{ORDER}/fill", status=409)["detail"]
        assert npta.order(OTHER, ("BIG", 1))["http"] == 200
        press(npta, f"/orders/{ORDER}/close")
        assert attention(npta, "failed") == []
        press(npta, "/outbox/flush")
        assert available(npta)["BIG"] == 999

    @pytest.mark.row("P3")
    @pytest.mark.parametrize("quantity", ["450 reasons", "long SKUs"])
    def test_a_failure_with_more_reasons_than_a_cell_holds_is_told_whole(self, npta: House, quantity: str) -> None:
        opened(npta)
        skus = [f"S{n}" for n in range(450)] if quantity == "450 reasons" else [f"{n}{'x' * 480}" for n in range(60)]

        answer = npta.order(ORDER, *((sku, 1) for sku in skus))
        npta.order(OTHER, ("CPTa", 1))

        assert (answer["http"], len(answer["problems"])) == (422, len(skus))
        assert len(npta.order(ORDER, *((sku, 1) for sku in skus))["problems"]) == len(skus)
        assert max(len(str(cell)) for row in npta.rows("Orders") for cell in row.values()) <= 50_000
        assert row_of(npta, ORDER)["next_step"].startswith("Press Sync from Shopify")

    @pytest.mark.row("P3", "X7")
    def test_an_order_whose_rows_a_person_damaged_stops_no_other(self, npta: House) -> None:
        opened(npta)
        npta.order(ORDER, ("CPTa", 16))
        npta.order(OTHER, ("CPTa", 17))
        npta.tampered_with = True
        gspread_on(npta.emulator, npta.spreadsheet_id, person="").worksheet("Orders").update_cell(2, 8, "{")
        npta.restart()

        assert npta.keys(MORE)["reopened_orders"] == [OTHER]
        assert npta.order(OTHER, ("CPTa", 17))["http"] == 200
        press(npta, "/mode", {"mode": "TEST"})
        press(npta, "/mode", {"mode": "LIVE", "go_live_at": "keep"})
        for path in ("/catalogue/sync", "/inventory/refresh", "/outbox/flush"):
            press(npta, path)
        report = press(npta, "/reconcile")
        assert [each["which"] for each in report["findings"] if each["what"] == "audit"] == ["Orders, row 2"]
        assert "cannot be read" in row_of(npta, ORDER)["detail"]
        late = npta.order(ORDER, ("CPTa", 16))
        assert (late["http"], late["status"], late["keys"]) == (503, "retry", [])
        assert "File > Version history" in late["message"]
        assert any(ORDER in text and "cannot be read" in text for text in alerts(npta))
        assert npta.call("GET", f"/orders/{ORDER}").status_code == 503
        press(npta, f"/orders/{ORDER}/close")
        assert attention(npta, "failed") == []
