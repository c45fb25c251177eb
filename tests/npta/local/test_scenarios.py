"""The runbook's intervention scenarios as a person does them, on the page of `make serve`, in a real browser."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.chromium import CHROMIUM
from tests.npta.local.desk import Desk

pytestmark = CHROMIUM

SKU, ENTITLEMENTS, AVAILABLE = 0, 3, 5
"""Columns of NPTA Catalogue."""


def fill_order(desk: Desk, action: str, order_id: str, submit: str) -> None:
    """Open an action of the panel that asks for an order, and answer."""
    desk.panel.press(action)
    desk.panel.find("#work input[type=text]").first.fill(order_id)
    desk.panel.find("#work").get_by_role("button", name=submit, exact=True).click()


def clear_order_cache(desk: Desk, order_id: str) -> None:
    fill_order(desk, "Clear Order Cache", order_id, "Clear")
    desk.panel.says(f"Order {order_id} may be processed again.")


def import_keys(desk: Desk, count: str) -> None:
    desk.panel.press("Import Keys")
    desk.panel.asks(f"Import {count} into 1 pool?")
    desk.panel.press(f"Import {count}")
    desk.panel.says(f"{count} imported.")


def sync_catalogue(desk: Desk, changes: str, done: str) -> None:
    desk.panel.press("Sync Catalogue")
    desk.panel.asks(f"Publish {changes}?")
    desk.panel.press("Publish")
    desk.panel.says(done)


def stands_in_inventory(desk: Desk, *cells: str) -> None:
    """Pool, total, used, quarantined, available, as the grid shows them."""
    desk.open("Key Inventory")
    desk.sees_row("CANADA", *cells)


def test_from_an_empty_spreadsheet_to_the_first_order(empty_desk: Desk) -> None:
    desk = empty_desk
    desk.check("empty")

    desk.panel.press("Sync from Shopify")
    desk.panel.says("7 products added, 0 updated.")
    desk.sees(2, SKU, "CPTa")
    desk.type(desk.row_of(SKU, "CPTa"), ENTITLEMENTS, "NASM-CPT-FULL")
    desk.sees(2, ENTITLEMENTS, "NASM-CPT-FULL")
    sync_catalogue(desk, "1 change", "1 product published.")
    desk.open("Import Keys")
    desk.paste(2, 0, [["CANADA | NASM | CPT | combined | EX-2t572t1232321a | 15"]])
    desk.sees(2, 0, "CANADA | NASM | CPT | combined | EX-2t572t1232321a | 15")
    import_keys(desk, "1 key")

    desk.sees(2, 0, "")
    stands_in_inventory(desk, "NASM", "CPT", "combined", "15", "0", "0", "15")
    order_id = desk.order("Ada Lovelace", ("CPTa", 1))
    desk.answered(order_id, "200 fulfilled")
    assert desk.keys(order_id) == ["EX-2t572t1232321a"]
    desk.story(order_id).get_by_text("Mail to ada@example.com").click()
    expect(desk.story(order_id).locator("pre")).to_contain_text("EX-2t572t1232321a")
    desk.slack("✅ Order Fulfilled", order_id, "Ada Lovelace", "Mail sent")
    desk.sees_row("CANADA", "NASM", "CPT", "combined", "15", "1", "0", "14")
    desk.check("first-order")


def test_scenario_1_keys_are_out_of_stock_then_scenario_2_import_clear_and_rerun(desk: Desk) -> None:
    desk.order("Mary Somerville", ("NSTB", 1))
    order_id = desk.order("Katherine Johnson", ("CAREER", 1), oversell=True)

    desk.answered(order_id, "422 failed")
    desk.slack("❌ Fulfillment Failed", order_id, "Katherine Johnson", "out of stock")
    stands_in_inventory(desk, "NCSF", "STS", "combined", "1", "1", "0", "0")
    desk.check("out-of-stock")

    desk.open("Import Keys")
    desk.paste(4, 0, [["CANADA", "NCSF", "STS", "combined", "STS-2", "10"]])
    desk.sees(4, 4, "STS-2")
    import_keys(desk, "1 key")
    clear_order_cache(desk, order_id)
    desk.rerun(order_id)

    desk.answered(order_id, "200 fulfilled")
    assert "STS-2" in desk.keys(order_id)
    desk.slack("✅ Order Fulfilled", order_id, "Mail sent")
    stands_in_inventory(desk, "NCSF", "STS", "combined", "11", "2", "0", "9")
    desk.check("restocked")


def test_scenario_1_entitlements_are_not_set(desk: Desk) -> None:
    desk.there.shop.seed([{"sku": "NEW", "title": "A new course", "type": "Certification", "available": 0}])
    desk.panel.press("Sync from Shopify")
    desk.panel.says("1 product added")
    order_id = desk.order("Hedy Lamarr", ("NEW", 1), oversell=True)
    desk.answered(order_id, "422 failed")
    desk.slack("❌ Fulfillment Failed", order_id, "entitlements not set")

    desk.open("NPTA Catalogue")
    row = desk.row_of(SKU, "NEW")
    desk.type(row, ENTITLEMENTS, "NASM-CPT-FULL")
    desk.sees(row, ENTITLEMENTS, "NASM-CPT-FULL")
    sync_catalogue(desk, "1 change", "1 product published.")
    clear_order_cache(desk, order_id)
    desk.rerun(order_id)

    desk.answered(order_id, "200 fulfilled")
    desk.panel.press("Refresh Inventory")
    desk.sees(row, AVAILABLE, "14")


def test_scenario_2_the_mail_failed_and_the_same_keys_go_out_again(desk: Desk) -> None:
    order_id = desk.order("Grace Hopper", ("CPT", 1), mail_fails=True)
    desk.answered(order_id, "200 fulfilled")
    keys = desk.keys(order_id)
    expect(desk.story(order_id).get_by_text("Mail to")).to_have_count(0)
    desk.slack(order_id, "Mail not confirmed yet")

    clear_order_cache(desk, order_id)
    expect(desk.panel.find("#progress")).to_contain_text("It keeps its 1 key.")
    desk.rerun(order_id)

    expect(desk.story(order_id).get_by_text("Mail to grace@example.com")).to_be_visible()
    assert desk.keys(order_id) == keys
    desk.slack(order_id, "Mail sent")
    stands_in_inventory(desk, "NASM", "CPT", "exam", "20", "1", "0", "19")


def test_scenario_3_a_refund_returns_the_keys(desk: Desk) -> None:
    order_id = desk.order("Mary Somerville", ("NSTB", 1))
    stands_in_inventory(desk, "NCSF", "STS", "combined", "1", "1", "0", "0")
    desk.story(order_id).get_by_role("button", name="Refund").click()
    expect(desk.story(order_id)).to_contain_text("(refunded)")
    desk.slack(order_id, "Release Keys")
    desk.sees_row("CANADA", "NCSF", "STS", "combined", "1", "1", "0", "0")

    fill_order(desk, "Release Keys", order_id, "Release")
    desk.panel.asks(f"Take 3 keys back from order {order_id}?")
    desk.check("release")
    desk.panel.press("Release 3 keys")
    desk.panel.says(f"3 keys of order {order_id} released.")

    desk.sees_row("CANADA", "NCSF", "STS", "combined", "1", "0", "0", "1")
    desk.rerun(order_id)
    desk.answered(order_id, "409 released")
    later = desk.order("Sofia Kovalevskaya", ("NSTB", 1))
    desk.answered(later, "200 fulfilled")
    assert "STS-1" in desk.keys(later)


def test_scenario_4_slack_is_searched_by_order_and_by_customer(desk: Desk) -> None:
    first = desk.order("Ada Lovelace", ("CPTa", 1))
    second = desk.order("Emmy Noether", ("CNC", 1))
    titles = desk.page.locator("#messages > li > .title")
    search = desk.page.get_by_label("Search")

    for wanted, order_id in ((first, first), ("emmy", second)):
        search.fill(wanted)
        expect(titles).to_have_count(1)
        desk.slack("✅ Order Fulfilled", order_id)

    search.fill("nobody of this name")
    expect(desk.page.get_by_text("No message has that in it.")).to_be_visible()


def test_scenario_5_stock_runs_low_and_is_filled_up(desk: Desk) -> None:
    row = desk.row_of(SKU, "CNC")
    desk.sees(row, AVAILABLE, "6")
    desk.order("Sofia Kovalevskaya", ("CNC", 2))
    desk.slack("Low Stock", "NASM CNC combined")

    desk.open("Import Keys")
    desk.paste(
        4,
        0,
        [
            ["region | provider | product_code | component | keycode | seats"],
            ["CANADA  NASM  CNC  combined  CNC-3  10"],
        ],
    )
    desk.sees(5, 0, "CANADA  NASM  CNC  combined  CNC-3  10")
    import_keys(desk, "1 key")

    stands_in_inventory(desk, "NASM", "CNC", "combined", "16", "2", "0", "14")
    desk.open("NPTA Catalogue")
    desk.sees(row, AVAILABLE, "14")
    expect(desk.page.locator("#products tr", has_text="CNC").first.locator(".stock")).to_have_text("14")


def test_scenario_4_an_order_is_found_in_the_panel(desk: Desk) -> None:
    order_id = desk.order("Ada Lovelace", ("CPTa", 1))

    fill_order(desk, "Find Order", "lovelace", "Find")

    expect(desk.panel.find("#work")).to_contain_text(order_id)
    expect(desk.panel.find("#work")).to_contain_text("Ada Lovelace")


def test_scenario_6_a_key_that_does_not_work_is_retired_and_its_holder_gets_another(desk: Desk) -> None:
    order_id = desk.order("Emmy Noether", ("CNC", 1))
    desk.answered(order_id, "200 fulfilled")
    (dead,) = desk.keys(order_id)

    desk.panel.press("Retire Key")
    desk.panel.find("#field-key").fill(dead)
    desk.panel.find("#field-replace").check()
    desk.panel.press("Retire…")
    desk.panel.find("#confirm").click()
    desk.panel.says("is retired")
    desk.rerun(order_id)

    expect(desk.story(order_id).locator(".keys code")).not_to_have_text(dead)


def test_scenario_7_an_order_that_was_served_by_hand_is_closed(desk: Desk) -> None:
    desk.panel.press("Change Mode")
    desk.panel.find("input[value=OFF]").check()
    desk.panel.press("Change…")
    desk.panel.find("#confirm").click()
    desk.panel.says("OFF")
    order_id = desk.order("Ada Lovelace", ("CPTa", 1))
    desk.answered(order_id, "200 off")
    desk.open("Attention")
    expect(desk.page.locator("#grid tbody")).to_contain_text(order_id)

    fill_order(desk, "Close Order", order_id, "Close…")
    desk.panel.find("#confirm").click()
    desk.panel.says(f"Order {order_id} is closed.")

    expect(desk.page.locator("#grid tbody")).not_to_contain_text(order_id)


def test_the_help_of_the_panel_leads_to_the_manual(desk: Desk) -> None:
    desk.panel.find("#help summary").click()

    link = desk.panel.find("#manual a")
    expect(link).to_be_visible()
    expect(link).to_have_attribute("href", f"{desk.there.world.service}/manual")
