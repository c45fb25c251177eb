"""The runbook by keyboard alone: go-live, stock-out, refund and the scenarios 1 to 5, on the page of `make serve`."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.chromium import CHROMIUM
from tests.npta.local.desk import Desk
from tests.npta.local.keyboard import Keyboard

pytestmark = CHROMIUM

SKU, ENTITLEMENTS, AVAILABLE = 0, 3, 5


@pytest.fixture
def hands(desk: Desk) -> Keyboard:
    return Keyboard(desk)


def import_key(hands: Keyboard, row: int, line: list[str]) -> None:
    hands.open("Import Keys")
    hands.paste(row, 0, [line])
    hands.desk.sees(row, 4, line[4])
    hands.panel("Import Keys")
    hands.desk.panel.asks("Import 1 key into 1 pool?")
    hands.panel("Import 1 key")
    hands.desk.panel.says("1 key imported.")


def test_go_live_from_an_empty_spreadsheet_to_the_first_order(empty_desk: Desk) -> None:
    desk, hands = empty_desk, Keyboard(empty_desk)
    hands.panel("Sync from Shopify")
    desk.panel.says("7 products added, 0 updated.")
    hands.type(2, ENTITLEMENTS, "NASM-CPT-FULL")
    hands.panel("Sync Catalogue")
    desk.panel.asks("Publish 1 change?")
    hands.panel("Publish")
    desk.panel.says("1 product published.")
    import_key(hands, 2, ["CANADA", "NASM", "CPT", "combined", "EX-1", "15"])
    hands.panel("Change Mode")
    hands.reach(desk.panel.find("input[name=mode]:checked, input[type=radio]").first)
    for _ in ("TEST", "LIVE"):
        desk.page.keyboard.press("ArrowDown")
    desk.page.keyboard.press("Enter")
    hands.press(desk.panel.find("#confirm"))
    desk.panel.settled()
    expect(desk.panel.find("#mode")).to_have_text("LIVE")

    order_id = hands.order("Ada Lovelace", "CPTa")

    expect(desk.story(order_id).locator(".status")).to_contain_text("200")


def test_scenarios_1_and_2_stock_out_import_clear_and_rerun(desk: Desk, hands: Keyboard) -> None:
    hands.order("Mary Somerville", "NSTB")
    order_id = hands.order("Katherine Johnson", "CAREER", oversell=True)
    desk.answered(order_id, "422 failed")
    desk.slack("❌ Fulfillment Failed", order_id)
    import_key(hands, 4, ["CANADA", "NCSF", "STS", "combined", "STS-2", "10"])

    hands.panel("Clear Order Cache")
    hands.answer(order_id, "Clear")
    desk.panel.says(f"Order {order_id} may be processed again.")
    hands.story(order_id, "Re-run this Zap")

    desk.answered(order_id, "200 fulfilled")
    assert "STS-2" in desk.keys(order_id)


def test_scenario_3_a_refund_returns_the_keys(desk: Desk, hands: Keyboard) -> None:
    order_id = hands.order("Mary Somerville", "NSTB")
    desk.answered(order_id, "200 fulfilled")
    hands.story(order_id, "Refund")
    expect(desk.story(order_id)).to_contain_text("(refunded)")

    hands.panel("Release Keys")
    hands.answer(order_id, "Release")
    desk.panel.asks(f"Take 3 keys back from order {order_id}?")
    hands.panel("Release 3 keys")

    desk.panel.says(f"3 keys of order {order_id} released.")
    hands.open("Key Inventory")
    desk.sees_row("CANADA", "NCSF", "STS", "combined", "1", "0", "0", "1")


def test_scenario_4_an_order_is_found_in_slack_and_in_the_panel(desk: Desk, hands: Keyboard) -> None:
    order_id = hands.order("Ada Lovelace", "CPTa")
    hands.order("Emmy Noether", "CNC")
    hands.fill(desk.page.get_by_label("Search"), order_id)
    expect(desk.page.locator("#messages > li")).to_have_count(1)

    hands.panel("Find Order")
    hands.answer("lovelace", "Find")

    expect(desk.panel.find("#work")).to_contain_text(order_id)


def test_scenario_5_stock_runs_low_and_is_filled_up(desk: Desk, hands: Keyboard) -> None:
    hands.order("Sofia Kovalevskaya", "CNC")
    hands.order("Emmy Noether", "CNC")
    desk.slack("Low Stock", "NASM CNC combined")

    import_key(hands, 4, ["CANADA", "NASM", "CNC", "combined", "CNC-3", "10"])

    hands.open("NPTA Catalogue")
    desk.sees(desk.row_of(SKU, "CNC"), AVAILABLE, "14")
