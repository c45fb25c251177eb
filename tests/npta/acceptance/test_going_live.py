"""Modes, the cutover window and rollback: what changes who gets what."""

from __future__ import annotations

from typing import Any

import pytest

from tests.npta.acceptance.steps import (
    Watch,
    alerts,
    attention,
    buy,
    opened,
    pools,
    press,
    zap,
)
from tests.support import House

ORDER = "6855909900591"


def taken(house: House) -> int:
    """Seats in use."""
    return sum(used for used, _ in pools(house).values())


class TestModes:
    @pytest.mark.row("B10")
    def test_off_records_an_order_and_takes_nothing(self, npta: House) -> None:
        opened(npta)
        changed = press(npta, "/mode", {"mode": "OFF"})

        answer = npta.order(ORDER, ("CPTa", 1))

        assert (changed["mode"], changed["before"], changed["go_live_at"]) == ("OFF", "LIVE", "")
        assert (answer["http"], answer["status"], answer["success"], answer["email_ready"]) == (
            200,
            "off",
            False,
            False,
        )
        assert (answer["keys"], answer["mode"]) == ([], "OFF")
        assert taken(npta) == 0
        assert [(row["order_id"], row["status"]) for row in npta.rows("Orders")] == [(ORDER, "off")]
        assert {row["value"] for row in control(npta) if row["name"] == "mode"} == {"OFF"}

    @pytest.mark.row("B2", "B10", "P3")
    def test_an_order_that_came_while_off_is_listed_and_a_late_replay_does_not_fill_it(self, npta: House) -> None:
        opened(npta)
        press(npta, "/mode", {"mode": "OFF"})
        npta.order(ORDER, ("CPTa", 1))
        assert attention(npta, "order by hand") == [("order by hand", ORDER)]

        press(npta, "/mode", {"mode": "LIVE"})
        late = npta.order(ORDER, ("CPTa", 1))
        npta.restart()
        later = npta.order(ORDER, ("CPTa", 1))

        assert (late["http"], late["status"], late["replayed"], late["keys"]) == (200, "off", True, [])
        assert (later["status"], taken(npta)) == ("off", 0)
        assert attention(npta, "order by hand") == [("order by hand", ORDER)]
        press(npta, f"/orders/{ORDER}/close")
        assert attention(npta, "order by hand") == []

    @pytest.mark.row("B10")
    def test_clearing_an_order_that_came_while_off_lets_the_system_serve_it_after_all(self, npta: House) -> None:
        opened(npta)
        press(npta, "/mode", {"mode": "OFF"})
        npta.order(ORDER, ("CPTa", 1))
        press(npta, "/mode", {"mode": "LIVE", "go_live_at": "2020-01-01T00:00:00Z"})

        press(npta, f"/orders/{ORDER}/clear-cache")

        assert npta.order(ORDER, ("CPTa", 1))["status"] == "fulfilled"
        assert taken(npta) == 1

    @pytest.mark.row("B10", "B13")
    def test_a_repeat_of_a_filled_order_is_answered_with_its_keys_also_when_off(self, npta: House) -> None:
        opened(npta)
        before = npta.order(ORDER, ("CPTa", 1))
        press(npta, "/mode", {"mode": "OFF"})

        after = npta.order(ORDER, ("CPTa", 1))

        assert (after["status"], after["keys"], after["replayed"]) == ("fulfilled", before["keys"], True)

    @pytest.mark.row("B12", "B10")
    def test_test_mode_mails_every_order_to_the_test_recipient_and_nothing_else_differs(self) -> None:
        answers, sheets = [], []
        for mode in ("TEST", "LIVE"):
            watch = Watch()
            with watch.npta() as npta:
                opened(npta)
                press(npta, "/mode", {"mode": mode})
                answers.append([npta.order(str(n), ("NSTB", n), email=f"{n}@example.com") for n in (1, 2)])
                sheets.append((pools(npta), [(row["event"], row["keycode"]) for row in npta.rows("Key Ledger")]))

        assert [[each.pop("deliver_to") for each in told] for told in answers] == [
            ["test@npta.example"] * 2,
            ["1@example.com", "2@example.com"],
        ]
        assert [{each.pop("mode") for each in told} for told in answers] == [{"TEST"}, {"LIVE"}]
        test, live = ([{**each, "request_id": ""} for each in told] for told in answers)
        assert test == live
        assert all(each["email_ready"] for each in test)
        assert sheets[0] == sheets[1]

    @pytest.mark.row("B10", "B12")
    def test_entering_live_sets_the_go_live_time_and_lists_what_was_taken_in_test(self, npta: House) -> None:
        opened(npta)
        press(npta, "/mode", {"mode": "TEST"})
        npta.order(ORDER, ("CPTa", 1))
        npta.order("2", ("CPTa", 50))

        changed = press(npta, "/mode", {"mode": "LIVE"})

        assert (changed["test_orders"], changed["before"]) == ([ORDER], "TEST")
        assert changed["go_live_at"] <= npta.services.now()
        assert {row["name"]: row["value"] for row in control(npta)}["go_live_at"] == changed["go_live_at"]
        assert npta.order(ORDER, ("CPTa", 1))["deliver_to"] == "ada@example.com"

    @pytest.mark.row("B10")
    def test_test_mode_needs_a_test_recipient(self) -> None:
        with Watch().npta(NPTA_TEST_RECIPIENT="") as npta:
            refused = press(npta, "/mode", {"mode": "TEST"}, status=400)

            assert "NPTA_TEST_RECIPIENT" in refused["detail"]
            assert {row["name"]: row["value"] for row in control(npta)}["mode"] == "LIVE"

    @pytest.mark.row("B10", "P3")
    @pytest.mark.parametrize(
        ("mode", "shown"), [("OFF", [("mode", "OFF")]), ("TEST", [("mode", "TEST")]), ("LIVE", [])]
    )
    def test_attention_says_in_which_mode_the_system_is(
        self, npta: House, mode: str, shown: list[tuple[str, str]]
    ) -> None:
        press(npta, "/mode", {"mode": mode})

        assert attention(npta, "mode") == shown


def control(house: House) -> list[dict[str, Any]]:
    """The named values in the hidden tab Control."""
    return [{"name": row[0], "value": row[1]} for row in house.sheet.worksheet("Control").get_all_values() if row]


class TestTheCutoverWindow:
    @pytest.mark.row("B2")
    def test_an_order_paid_before_go_live_is_refused_and_takes_nothing_unless_forced(self, npta: House) -> None:
        opened(npta)
        press(npta, "/mode", {"mode": "LIVE", "go_live_at": "2026-11-23T17:00:00Z"})

        early = npta.order(ORDER, ("CPTa", 1), paid_at="2026-11-23T11:59:59-05:00")
        again = npta.order(ORDER, ("CPTa", 1), paid_at="2026-11-23T11:59:59-05:00")

        assert (early["http"], early["status"], early["code"], early["keys"]) == (422, "failed", "before_go_live", [])
        assert "by hand" in early["next_step"]
        assert (again["code"], again["replayed"]) == ("before_go_live", True)
        assert taken(npta) == 0
        assert attention(npta, "order") == [("failed order", ORDER)]
        assert "before go-live" in alerts(npta, ORDER)[0]

        forced = npta.order(ORDER, ("CPTa", 1), paid_at="2026-11-23T11:59:59-05:00", force=True)
        assert (forced["status"], taken(npta)) == ("fulfilled", 1)
        assert attention(npta, "order") == []

    @pytest.mark.row("B2")
    def test_what_is_paid_from_the_go_live_time_on_is_filled(self, npta: House) -> None:
        opened(npta)
        press(npta, "/mode", {"mode": "LIVE", "go_live_at": "2026-11-23T17:00:00Z"})

        assert npta.order(ORDER, ("CPTa", 1), paid_at="2026-11-23T12:00:00-05:00")["status"] == "fulfilled"

    @pytest.mark.row("B2")
    def test_shopifys_own_time_of_payment_counts(self, npta: House) -> None:
        opened(npta)
        press(npta, "/mode", {"mode": "LIVE", "go_live_at": "2099-01-01T00:00:00Z"})

        answer = zap(npta, buy(npta, ("CPTa", 1)))

        assert (answer["http"], answer["code"], taken(npta)) == (422, "before_go_live", 0)


class TestRollback:
    @pytest.mark.row("B13")
    def test_off_stops_new_assignments_at_once_also_in_processes_that_run(self, npta: House) -> None:
        opened(npta)
        other = House(npta.emulator, npta.spreadsheet_id, shop=npta.shop, slack=npta.slack)
        npta.order("1", ("CPTa", 1))
        other.order("2", ("CPTa", 1))

        press(npta, "/mode", {"mode": "OFF"})

        assert [house.order(str(number), ("CPTa", 1))["status"] for number, house in ((3, other), (4, npta))] == [
            "off",
            "off",
        ]
        assert taken(npta) == 2

    @pytest.mark.row("B13")
    def test_no_row_is_deleted_by_switching_off(self, npta: House) -> None:
        opened(npta)
        npta.order("1", ("NSTB", 1))
        tabs = (
            "NPTA Catalogue",
            "Import History",
            "Key Ledger",
            "Orders",
            "Live Catalogue",
            "Commit Log",
            "Key Inventory",
        )
        before = {tab: npta.rows(tab) for tab in tabs}

        press(npta, "/mode", {"mode": "OFF"})
        npta.order("2", ("NSTB", 1))
        press(npta, "/outbox/flush")

        for tab, rows in before.items():
            assert npta.rows(tab)[: len(rows)] == rows, tab
