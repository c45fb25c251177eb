"""Dry runs tell what would happen and change nothing; several regions each have their own stock."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from npta.local.shop.shop import LocalShop
from npta.local.slack.stand_in import serve_slack
from tests.npta.acceptance.steps import messages, opened, press, shelf, type_into
from tests.support import Cell, House

ORDER = "6855909900591"
TABS = (
    "NPTA Catalogue", "Key Inventory", "Import Keys", "Import History", "Key Ledger", "Orders", "Attention",
    "Live Catalogue", "Control", "Import Capture", "Commit Log", "Outbox",
)  # fmt: skip


def everything(house: House) -> dict[str, Any]:
    """Every cell of every tab, the shop's stock, and how much Slack was told."""
    tabs: dict[str, Any] = {title: house.sheet.worksheet(title).get_all_values() for title in TABS}
    return {**tabs, "shop": shelf(house), "slack": len(messages(house))}


def earnest(told: dict[str, Any]) -> dict[str, Any]:
    """An answer without what tells two calls apart."""
    return {name: value for name, value in told.items() if name not in ("request_id", "dry_run", "confirm")}


class TestDryRuns:
    @pytest.mark.row("X6")
    def test_import(self, npta: House) -> None:
        opened(npta)
        npta.order(ORDER, ("CPTa", 16))
        press(npta, "/outbox/flush")
        good: list[Cell] = ["CANADA", "NASM", "CPT", "combined", "EX-new", 5]
        npta.paste(good, good, [*good[:3], "full", "EX-bad", 1], ["MARS", *good[1:]])
        before = everything(npta)

        dry = npta.import_keys(dry_run=True)

        assert everything(npta) == before
        assert (dry["dry_run"], dry["imported"], dry["duplicates"], dry["rejected"]) == (True, 1, 1, 2)
        assert dry["reopened_orders"] == [ORDER]
        done = npta.import_keys()
        rows = [earnest(each).pop("rows") for each in (dry, done)]
        assert earnest({**done, "rows": []}) == earnest({**dry, "rows": []})
        assert [[row["outcome"] for row in each] for each in rows] == [
            ["imported", "duplicate", "rejected", "rejected"]
        ] * 2
        assert [[row["row"] for row in each] for each in rows] == [[2, 3, 4, 5], [2, 2, 3, 4]], "where they stand now"
        assert done["dry_run"] is False

    @pytest.mark.row("X6")
    @pytest.mark.parametrize("line", ["", "2"])
    def test_release(self, npta: House, line: str) -> None:
        opened(npta)
        npta.order(ORDER, ("NSTB", 1), ("CPTa", 14))
        npta.order("6855909900592", ("CPTa", 3))
        press(npta, "/outbox/flush")
        asked = {"line_item_id": line} if line else {}
        before = everything(npta)

        dry = press(npta, f"/orders/{ORDER}/release", {**asked, "dry_run": True})

        assert everything(npta) == before
        assert (dry["dry_run"], dry["released"]) == (True, 14 if line else 17)
        assert dry["reopened_orders"] == ["6855909900592"]
        done = press(npta, f"/orders/{ORDER}/release", asked)
        assert earnest(done) == earnest(dry)

    @pytest.mark.row("X6")
    def test_catalogue_sync(self, npta: House) -> None:
        opened(npta)
        npta.products(("NEW", ""), ("CPTa", "NASM-CPT-FULL"))
        npta.order(ORDER, ("NEW", 1))
        type_into(npta, "NPTA Catalogue", "entitlements", {"NEW": "NASM-CPT-EXAM", "CPTa": "NASM-CPT"})
        press(npta, "/outbox/flush")
        before = everything(npta)

        dry = npta.sync(dry_run=True)

        assert everything(npta) == before
        assert dry["dry_run"] is True
        assert {"SKU": "NEW", "before": "", "after": "AUTO NASM-CPT-EXAM"} in dry["changed"]
        assert "CPTa" in {each["SKU"] for each in dry["problems"]}
        assert dry["reopened_orders"] == [ORDER]
        assert earnest(npta.sync()) == earnest(dry)

    @pytest.mark.row("X6")
    def test_retire(self, npta: House) -> None:
        opened(npta)
        npta.order(ORDER, ("CPT", 2))
        npta.keys(["CANADA", "NASM", "CPT", "exam", "EX-other", 9])
        press(npta, "/outbox/flush")
        key = next(row["key_id"] for row in npta.rows("Import History") if row["component"] == "exam")
        before = everything(npta)

        dry = press(npta, f"/keys/{key}/retire", {"replace": True, "dry_run": True})

        assert everything(npta) == before
        assert earnest(press(npta, f"/keys/{key}/retire", {"replace": True})) == earnest(dry)


@pytest.fixture
def two_regions() -> Iterator[House]:
    """A house that serves Canada, and the UK on request."""
    shop = LocalShop()
    shop.seed()
    with serve_slack() as slack:
        house = House(shop=shop, slack=slack, environment={"NPTA_REGIONS": "UK, AUSTRALIA"}).provision()
        house.products(("CPTa", "NASM-CPT-FULL"))
        house.keys(
            ["CANADA", "NASM", "CPT", "combined", "CA-1", 2],
            ["uk", "NASM", "CPT", "combined", "UK-1", 3],
        )
        yield house


def stock(house: House) -> dict[str, tuple[int, int]]:
    return {row["region"]: (row["used"], row["available"]) for row in house.rows("Key Inventory")}


class TestRegions:
    @pytest.mark.row("X11")
    def test_each_region_has_its_own_pools_and_an_order_names_the_one_it_is_of(self, two_regions: House) -> None:
        canada = two_regions.order("1", ("CPTa", 1))
        uk = two_regions.order("2", ("CPTa", 3), region="uk")
        short = two_regions.order("3", ("CPTa", 1), region="UK")
        empty = two_regions.order("4", ("CPTa", 1), region="AUSTRALIA")

        assert [key["keycode"] for key in canada["keys"]] == ["CA-1"]
        assert [key["keycode"] for key in uk["keys"]] == ["UK-1"]
        assert (short["code"], empty["code"]) == ("out_of_stock", "out_of_stock")
        assert "UK NASM CPT combined" in short["problems"][0]["message"]
        assert stock(two_regions) == {"CANADA": (1, 1), "UK": (3, 0)}

    @pytest.mark.row("X11")
    def test_the_shop_and_the_catalogue_show_the_region_of_the_deployment(self, two_regions: House) -> None:
        two_regions.order("2", ("CPTa", 3), region="UK")
        press(two_regions, "/outbox/flush")

        assert shelf(two_regions)["CPTa"] == 2
        assert [row["available"] for row in two_regions.rows("NPTA Catalogue")] == [2]

    @pytest.mark.row("X11")
    def test_a_region_that_is_not_served_is_refused_in_orders_and_on_import(self, two_regions: House) -> None:
        order = two_regions.order("1", ("CPTa", 1), region="MARS")
        imported = two_regions.keys(["MARS", "NASM", "CPT", "combined", "M-1", 2])

        assert (order["http"], order["code"], order["keys"]) == (422, "unknown_region", [])
        assert "MARS" in order["message"]
        assert imported["rejected"] == 1
        assert "MARS" in imported["rows"][0]["reason"]
        assert stock(two_regions) == {"CANADA": (0, 2), "UK": (0, 3)}

    @pytest.mark.row("X11")
    def test_seats_go_back_to_the_region_they_came_from(self, two_regions: House) -> None:
        two_regions.order("2", ("CPTa", 2), region="UK")
        waiting = two_regions.order("3", ("CPTa", 2), region="UK")

        released = press(two_regions, "/orders/2/release")

        assert waiting["code"] == "out_of_stock"
        assert released["reopened_orders"] == ["3"]
        assert stock(two_regions) == {"CANADA": (0, 2), "UK": (0, 3)}
        again = two_regions.order("3", ("CPTa", 2), region="UK")
        assert [key["keycode"] for key in again["keys"]] == ["UK-1"]
