"""Single units of a line are given back, and a line is never taken for another."""

from __future__ import annotations

from typing import Any

import pytest

from npta.operations.audit import audit_spreadsheet
from tests.npta.acceptance.steps import (
    alerts,
    attention,
    available,
    look_up,
    messages,
    opened,
    pools,
    press,
    shelf,
    words,
    zap,
)
from tests.support import OPERATOR_KEY, House

ORDER = "6855909900591"
CPT, STR, STS = "NASM CPT combined", "ELEIKO STR1 combined", "NCSF STS combined"


def everything(house: House) -> list[Any]:
    """What a call that is refused may not change."""
    return [house.rows(tab) for tab in ("Key Ledger", "Orders", "Outbox", "Commit Log")]


def agrees(house: House) -> bool:
    return audit_spreadsheet(house.services, deadline=house.clock.deadline(30)) == []


def place(house: House, *lines: dict[str, Any]) -> dict[str, Any]:
    """Post an order of lines as they are given."""
    return zap(house, {"order_id": ORDER, "email": "ada@example.com", "line_items": list(lines)})


class TestUnits:
    @pytest.mark.row("X23")
    def test_some_units_of_a_line_give_back_one_seat_of_each_entitlement(self, npta: House) -> None:
        opened(npta)
        before = npta.order(ORDER, ("NSTB", 3), ("CPTa", 1))
        asked = {"line_item_id": "1", "quantity": 2}
        facts = everything(npta)

        dry = press(npta, f"/orders/{ORDER}/release", {**asked, "dry_run": True})
        assert everything(npta) == facts
        done = press(npta, f"/orders/{ORDER}/release", asked)

        assert (dry["released"], done["released"]) == (6, 6)
        assert dry["keys"] == done["keys"]
        assert sorted((key["entitlement"], key["seats"]) for key in done["keys"]) == [
            ("ELEIKO-STR1-FULL", 2),
            ("NASM-CPT-FULL", 2),
            ("NCSF-STS-FULL", 2),
        ]
        assert {pool: pools(npta)[pool] for pool in (CPT, STR, STS)} == {CPT: (2, 13), STR: (1, 14), STS: (1, 9)}
        press(npta, "/outbox/flush")
        assert (available(npta)["NSTB"], shelf(npta)["NSTB"]) == (9, 9)
        assert "6 keys of its line 1 given back" in words(messages(npta)[-1])
        after = npta.order(ORDER, ("NSTB", 3), ("CPTa", 1))
        assert (after["http"], after["success"], after["email_ready"], after["replayed"]) == (200, True, True, True)
        assert [(key["sku"], key["seats"]) for key in after["keys"]] == [
            ("NSTB", 1),
            ("NSTB", 1),
            ("NSTB", 1),
            ("CPTa", 1),
        ]
        assert after["keys_count"] == after["keys_expected"] == 4
        assert {key["keycode"] for key in after["keys"]} == {key["keycode"] for key in before["keys"]}

    @pytest.mark.row("X23")
    def test_the_seats_that_were_assigned_last_go_first(self, npta: House) -> None:
        opened(npta, keys=[["CANADA", "NASM", "CPT", "combined", f"EX-{number}", 1] for number in range(3)])
        npta.order(ORDER, ("CPTa", 3))

        press(npta, f"/orders/{ORDER}/release", {"line_item_id": "1", "quantity": 1})

        kept = npta.order(ORDER, ("CPTa", 3))["keys"]
        assert [key["keycode"] for key in kept] == ["EX-0", "EX-1"]
        assert npta.order("2", ("CPTa", 1))["keys"][0]["keycode"] == "EX-2"

    @pytest.mark.row("X23")
    def test_what_follows_goes_on_with_what_is_left(self, npta: House) -> None:
        """Repeat, another process, Clear, growth, the rest: no unit that was given back is filled up again."""
        opened(npta)
        npta.order(ORDER, ("CPTa", 3))
        press(npta, f"/orders/{ORDER}/release", {"line_item_id": "1", "quantity": "1"})
        assert agrees(npta)

        npta.restart()
        assert npta.order(ORDER, ("CPTa", 3))["keys_count"] == 2
        press(npta, f"/orders/{ORDER}/clear-cache")
        assert npta.order(ORDER, ("CPTa", 3))["keys_count"] == 2
        grown = npta.order(ORDER, ("CPTa", 4))
        assert (grown["http"], grown["keys_count"], grown["keys_expected"]) == (200, 3, 3)
        assert agrees(npta)
        assert npta.order(ORDER, ("CPTa", 3))["code"] == "order_changed"
        assert press(npta, f"/orders/{ORDER}/release", {"line_item_id": "1", "quantity": 3})["released"] == 3
        assert (npta.order(ORDER, ("CPTa", 4))["status"], pools(npta)[CPT]) == ("released", (0, 15))

    @pytest.mark.row("X23")
    @pytest.mark.parametrize(
        "asked",
        [
            {"quantity": 1},
            {"quantity": 1, "dry_run": True},
            {"line_item_id": "1", "quantity": 3},
            {"line_item_id": "1", "quantity": 3, "dry_run": True},
            {"line_item_id": "1", "quantity": 0},
            {"line_item_id": "1", "quantity": -1},
            {"line_item_id": "1", "quantity": True},
            {"line_item_id": "1", "quantity": 1.5},
            {"line_item_id": "1", "quantity": "some"},
            {"line_item_id": "1", "quantity": ""},
            {"line_item_id": "1", "quantity": None},
            {"line_item_id": "1", "quantity": [1]},
            {"line_item_id": "1", "quantity": 99_999_999},
        ],
        ids=str,
    )
    def test_a_quantity_that_cannot_be_meant_is_refused_by_name_and_nothing_is_done(
        self, npta: House, asked: dict[str, Any]
    ) -> None:
        opened(npta)
        npta.order(ORDER, ("CPTa", 2), ("CNC", 1))
        before = everything(npta)

        refused = press(npta, f"/orders/{ORDER}/release", asked, status=400)

        assert [error["field"] for error in refused["errors"]] == ["quantity"]
        assert everything(npta) == before

    @pytest.mark.row("X13", "X23")
    def test_a_line_that_is_given_back_whole_takes_its_growth_along(self, npta: House) -> None:
        """What is told and shown agrees: nothing waits, no stock is kept back, no import fills it."""
        opened(npta)
        npta.order(ORDER, ("CPTa", 1), ("CNC", 1))
        assert npta.order(ORDER, ("CPTa", 99), ("CNC", 1))["status"] == "failed"

        assert press(npta, f"/orders/{ORDER}/release", {"line_item_id": "1"})["released"] == 1

        assert look_up(npta, ORDER)["status"] == "fulfilled"
        assert attention(npta, "failed") == []
        press(npta, "/outbox/flush")
        assert available(npta)["CPTa"] == 15
        assert npta.keys(["CANADA", "NASM", "CPT", "combined", "MORE", 200])["reopened_orders"] == []
        for count in (99, 1):
            again = npta.order(ORDER, ("CPTa", count), ("CNC", 1))
            assert (again["http"], again["keys_count"], again["keys_expected"]) == (200, 1, 1)
        npta.restart()
        assert [key["sku"] for key in look_up(npta, ORDER)["keys"]] == ["CNC"]

    @pytest.mark.row("X23")
    @pytest.mark.parametrize("last", [{"line_item_id": "2"}, {"line_item_id": "2", "quantity": 1}])
    def test_what_a_line_has_grown_by_is_owed_also_when_all_that_was_held_is_given_back(
        self, npta: House, last: dict[str, Any]
    ) -> None:
        opened(npta)
        npta.order(ORDER, ("CPTa", 1), ("CNC", 1))
        assert npta.order(ORDER, ("CPTa", 99), ("CNC", 1))["status"] == "failed"

        assert press(npta, f"/orders/{ORDER}/release", {"line_item_id": "1", "quantity": 1})["released"] == 1
        assert press(npta, f"/orders/{ORDER}/release", last)["released"] == 1

        assert look_up(npta, ORDER)["code"] == "out_of_stock"
        assert npta.keys(["CANADA", "NASM", "CPT", "combined", "MORE", 200])["reopened_orders"] == [ORDER]
        again = npta.order(ORDER, ("CPTa", 99), ("CNC", 1))
        assert (again["http"], again["keys_count"], {key["sku"] for key in again["keys"]}) == (200, 98, {"CPTa"})

    @pytest.mark.row("X23")
    def test_two_processes_do_not_release_the_same_unit_twice(self, npta: House) -> None:
        opened(npta)
        npta.order(ORDER, ("CPTa", 2))
        other = House(
            npta.emulator, spreadsheet_id=npta.spreadsheet_id, shop=npta.shop, slack=npta.slack, clock=npta.clock
        )
        assert other.order(ORDER, ("CPTa", 2))["keys_count"] == 2
        asked = {"line_item_id": "1", "quantity": 2}

        assert press(npta, f"/orders/{ORDER}/release", asked)["released"] == 2
        assert press(other, f"/orders/{ORDER}/release", asked)["released"] == 0
        assert pools(npta)[CPT] == (0, 15)


class TestLines:
    @pytest.mark.row("X13")
    def test_a_line_that_was_given_back_gives_back_nothing_again(self, npta: House) -> None:
        opened(npta)
        npta.order(ORDER, ("NSTB", 1), ("CPTa", 2))
        assert press(npta, f"/orders/{ORDER}/release", {"line_item_id": "2"})["released"] == 2
        before, told = npta.rows("Orders"), len(alerts(npta))

        again = press(npta, f"/orders/{ORDER}/release", {"line_item_id": "2"})

        assert (again["released"], again["keys"], again["products"]) == (0, [], [])
        assert (npta.rows("Orders"), len(alerts(npta))) == (before, told)
        assert press(npta, f"/orders/{ORDER}/release")["released"] == 3
        for line in ("1", "2"):
            assert press(npta, f"/orders/{ORDER}/release", {"line_item_id": line})["released"] == 0

    @pytest.mark.row("X13")
    def test_a_line_that_is_none_of_the_order_is_refused_with_those_that_it_has(self, npta: House) -> None:
        opened(npta)
        place(npta, {"line_item_id": "811", "sku": "CPTa", "quantity": 2}, {"sku": "CNC", "quantity": 1})

        refused = press(npta, f"/orders/{ORDER}/release", {"line_item_id": "9"}, status=400)

        assert refused["errors"][0]["field"] == "line_item_id"
        assert "has no line 9; its lines are: 811 (CPTa × 2), #2 (CNC × 1)" in refused["detail"]
        assert press(npta, f"/orders/{ORDER}/release", {"line_item_id": "#2"})["released"] == 1

    @pytest.mark.row("X13")
    @pytest.mark.parametrize(
        "lines",
        [
            [{"line_item_id": "2", "sku": "CPTa"}, {"sku": "CNC"}],
            [{"sku": "CNC"}, {"line_item_id": "1", "sku": "CPTa"}],
            [{"id": 3, "sku": "CPTa"}, {"line_item_id": "", "sku": "CNC"}, {"line_item_id": None, "sku": "CNCe"}],
        ],
        ids=["position 2 beside the id 2", "position 1 beside the id 1", "empty and null ids"],
    )
    def test_the_release_of_one_line_gives_back_one_sku(self, npta: House, lines: list[dict[str, Any]]) -> None:
        opened(npta)
        place(npta, *({**line, "quantity": 1} for line in lines))
        named = next(str(line.get("line_item_id") or line["id"]) for line in lines if line["sku"] == "CPTa")

        released = press(npta, f"/orders/{ORDER}/release", {"line_item_id": named})

        assert [key["sku"] for key in released["keys"]] == ["CPTa"]
        assert agrees(npta)

    @pytest.mark.row("X13")
    def test_one_id_on_two_lines_names_neither_of_them(self, npta: House) -> None:
        opened(npta)
        place(npta, *({"line_item_id": "5", "sku": sku, "quantity": 1} for sku in ("CPTa", "CNC")))

        refused = press(npta, f"/orders/{ORDER}/release", {"line_item_id": "5"}, status=400)
        assert "#1 (CPTa × 1), #2 (CNC × 1)" in refused["detail"]
        released = press(npta, f"/orders/{ORDER}/release", {"line_item_id": "#2"})
        assert [key["sku"] for key in released["keys"]] == ["CNC"]

    @pytest.mark.row("X13")
    def test_flat_lists_whose_ids_come_only_when_the_order_grows(self, npta: House) -> None:
        opened(npta)
        flat = {"order_id": ORDER, "email": "ada@example.com"}
        first = {**flat, "line_items_sku": "CPTa", "line_items_quantity": "1"}
        grown = {**flat, "line_items_sku": "CNC,CPTa", "line_items_quantity": "1,1", "line_items_id": "1,2"}
        for body, count in ((first, 1), (grown, 2), (grown, 2)):
            assert zap(npta, body)["keys_count"] == count

        released = press(npta, f"/orders/{ORDER}/release", {"line_item_id": "1"}, key=OPERATOR_KEY)

        assert [key["sku"] for key in released["keys"]] == ["CNC"]
        assert [key["sku"] for key in zap(npta, grown)["keys"]] == ["CPTa"]
