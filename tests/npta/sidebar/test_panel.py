"""Each button of the control panel in a real browser, before the real service on an emulated spreadsheet."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from npta.local.shop.shop import LocalShop
from tests.chromium import CHROMIUM
from tests.npta.sidebar.stage import STATUS, Panel, Stage, answer
from tests.support import House

pytestmark = CHROMIUM

KEYS = [("CANADA", "NASM", "CPT", "combined", f"CPT-{number}", 3) for number in (1, 2)]
ORDER = "6855909900591"


PRIMARY = """() => [...document.querySelectorAll('button')].filter((button) => button.offsetParent &&
  getComputedStyle(button).backgroundColor === 'rgb(25, 103, 210)').map((button) => button.innerText)"""
"""The buttons in the one colour of what is to be pressed."""
BROKEN = """() => [...document.querySelectorAll('td, th')].flatMap((cell) => [...cell.childNodes]).filter((node) => node.nodeType === 3)
  .flatMap((node) => [...node.data.matchAll(/[^\\s-]+/g)].filter((word) => {
    const range = document.createRange();
    range.setStart(node, word.index);
    range.setEnd(node, word.index + word[0].length);
    return range.getClientRects().length > 1;
  }).map((word) => word[0]))"""
"""Words of tables that stand on two lines."""


@pytest.fixture
def shop(house: House) -> House:
    """A product with two keys, and an order that holds a seat of each line."""
    house.products(("CPTa", "NASM-CPT-FULL"), ("CNC", "NASM-CNC-FULL"))
    house.keys(*KEYS)
    house.order(ORDER, ("CPTa", 2), order_name="#1042")
    return house


def rows(panel: Panel, caption: str) -> list[list[str]]:
    """The cells of one of the panel's tables."""
    table = panel.page.frame_locator("iframe").get_by_role("table", name=caption, exact=True)
    return [row.locator("td").all_inner_texts() for row in table.locator("tbody tr").all()]


def activity(panel: Panel) -> list[str]:
    return panel.find("#activity li").all_text_contents()


def free(house: House) -> int:
    return int(house.rows("Key Inventory")[0]["available"])


class TestAtFirst:
    def test_mode_and_what_waits_stand_at_the_top(self, panel: Panel, stage: Stage) -> None:
        stage.scripted["GET", "/status"] = answer(
            {
                **STATUS,
                "mode": "TEST",
                "unsynced": [{"row": 2, "SKU": "CNC", "status": "entitlements missing"}],
                "catalogue_problem": "",
                "low_pools": [
                    {"pool": "CANADA NASM CPT combined", "available": 2, "threshold": 5, "days_left": 1},
                    {"pool": "CANADA NASM CPT exam", "available": 0, "threshold": 5, "days_left": None},
                ],
                "failures_in_a_row": 3,
                "failed_orders": [{"order_id": str(6855909900600 + place)} for place in range(7)],
                "failed_total": 70,
                "by_hand_orders": ["6855909900700"],
                "outbox": {
                    "pending": 9,
                    "by_channel": {"slack": 6, "stock": 3, "fulfillment": 0},
                    "oldest": "2026-11-23T15:04:05Z",
                },
                "unconfirmed_stock": ["CPT", "CNC"],
                "shopify": "refuses (status 402): the shop is frozen; its owner must pay",
                "slack": "not configured",
                "drift": "Shopify answers with another API version",
            }
        )
        panel.open()

        expect(panel.find("#mode")).to_have_text("TEST")
        expect(panel.find("#mode-words")).to_contain_text("test recipient")
        assert panel.counts() == [
            "70 failed",
            "3 failures in a row",
            "1 out of stock",
            "Shopify",
            "1 low",
            "1 by hand",
            "1 catalogue row",
            "3 to send",
            "2 stocks not confirmed",
            "Shopify version",
        ]
        panel.check("status")
        assert (
            panel.look_into("70 failed")
            == "6855909900600 6855909900601 6855909900602 6855909900603 6855909900604 and 65 more"
        )
        for count, says in {
            "3 failures in a row": "Tell support, with the order ids.",
            "1 out of stock": "CANADA NASM CPT exam (none left)",
            "Shopify": "refuses (status 402): the shop is frozen; its owner must pay",
            "1 low": "CANADA NASM CPT combined (2 left, for about 1 day)",
            "1 by hand": "They came in while the mode was OFF. 6855909900700",
            "1 catalogue row": "CNC (entitlements missing)",
            "3 to send": "3 messages wait to go out, the oldest since",
            "2 stocks not confirmed": "Shopify has not confirmed the stock of CPT, CNC: press Refresh Inventory",
            "Shopify version": "Shopify answers with another API version",
        }.items():
            panel.find(f"#worries details:has(summary:text-is('{count}')) summary").click()
            expect(panel.find(f"#worries details:has(summary:text-is('{count}')) p")).to_contain_text(says)
        panel.check("status-open")

    def test_however_much_waits_the_four_buttons_are_in_sight(self, panel: Panel, stage: Stage) -> None:
        stage.scripted["GET", "/status"] = answer(
            {
                **STATUS,
                "failed_total": 3,
                "undelivered_total": 2,
                "by_hand_total": 1,
                "failures_in_a_row": 5,
                "catalogue_problem": "NPTA Catalogue: the header SKU is missing",
                "unsynced": [{"row": 2, "SKU": "A", "status": "unsynced"}],
                "low_pools": [{"pool": "CANADA NASM CPT exam", "available": left, "threshold": 5} for left in (0, 1)],
                "shopify": "refuses (status 402)",
                "slack": "not answering: time-out",
                "unconfirmed_stock": ["CPT"],
            }
        )
        panel.open()
        panel.page.locator("iframe").evaluate("(frame) => { frame.style.height = '450px'; }")

        for name in ("Sync from Shopify", "Sync Catalogue", "Import Keys", "Refresh Inventory"):
            expect(panel.button(name)).to_be_in_viewport(ratio=1)
        panel.find("#help summary").click()
        panel.find("#help p").last.scroll_into_view_if_needed()
        expect(panel.button("Import Keys")).to_be_in_viewport(ratio=1)
        panel.page.locator("iframe").evaluate("(frame) => { frame.style.height = ''; }")

    @pytest.mark.parametrize(
        ("status", "button", "says"),
        [
            ({"catalogue_rows": 0}, "Sync from Shopify", "Press Sync from Shopify: it fills NPTA Catalogue"),
            ({"catalogue_rows": 3, "published_products": 0}, "", "Then press Sync Catalogue"),
            ({"catalogue_rows": 3, "published_products": 3, "keys": 0}, "", "Then press Import Keys"),
            ({"keys": 0, "pasted_rows": 2}, "Import Keys", ""),
            ({"unsynced": [{"row": 2, "SKU": "A", "status": "unsynced"}]}, "Sync Catalogue", ""),
            ({"unsynced": [{"row": 2, "SKU": "A", "status": "entitlements missing"}]}, "", ""),
            ({"pasted_rows": 2, "unsynced": [{"row": 2, "SKU": "A", "status": "unsynced"}]}, "Import Keys", ""),
            ({"unfinished_import": {"rows": 3}}, "Import Keys", ""),
            ({"unconfirmed_stock": ["CPT"]}, "Refresh Inventory", ""),
            ({}, "", ""),
        ],
    )
    def test_the_button_that_is_due_stands_out_and_a_beginner_is_told_what_comes_next(
        self, status: dict[str, Any], button: str, says: str, panel: Panel, stage: Stage
    ) -> None:
        stage.scripted["GET", "/status"] = answer({**STATUS, **status})
        panel.open()

        assert panel.find("#actions button.action").all_inner_texts() == ([button] if button else [])
        expect(panel.find("#first")).to_be_visible(visible=bool(says))
        expect(panel.find("#first")).to_contain_text(says)
        panel.check()

    def test_it_asks_again_every_minute_while_it_is_looked_at_and_keeps_open_what_is_open(
        self, panel: Panel, stage: Stage
    ) -> None:
        stage.scripted["GET", "/status"] = answer({**STATUS, "failed_total": 3, "failed_orders": ["77"]})
        panel.page.clock.install()
        panel.open()
        panel.look_into("3 failed")
        asked = len(stage.calls)
        panel.page.clock.run_for(30_000)
        assert len(stage.calls) == asked
        stage.scripted["GET", "/status"] = answer({**STATUS, "failed_total": 4, "failed_orders": ["77"]})

        panel.page.clock.run_for(31_000)

        expect(panel.find("#worries details[open] summary")).to_have_text("4 failed")
        assert len(stage.calls) == asked + 1

    def test_what_others_have_done_is_seen_by_everybody(self, panel: Panel, shop: House) -> None:
        shop.call("POST", f"/orders/{ORDER}/release", {})
        panel.open()
        panel.find("#activity-part summary").click()

        first = panel.find("#shared li").first
        expect(first).to_contain_text("Release keys")
        expect(first).to_contain_text("operator key 1")
        expect(panel.find("#no-activity")).to_be_visible()
        panel.check("activity")

    def test_a_status_that_leaves_everything_out_is_shown_all_the_same(self, panel: Panel, stage: Stage) -> None:
        stage.scripted["GET", "/status"] = answer({"mode": "OFF"})
        panel.open()

        expect(panel.find("#mode-words")).to_have_text("Orders are noted, to be served by hand.")
        expect(panel.find("#worries")).to_have_text("Nothing waits for you.")

    def test_a_failed_order_is_looked_up_from_the_status(self, panel: Panel, shop: House) -> None:
        failed = shop.order("77", ("CNC", 1))
        panel.open()
        assert panel.look_into("1 failed").strip() == "77"

        panel.button("77").click()

        panel.says("Order 77 of Ada Lovelace: failed")
        expect(panel.find("#work")).to_contain_text(failed["next_step"])
        panel.check()

    def test_a_panel_without_an_address_says_where_to_enter_it(self, panel: Panel) -> None:
        panel.load({})
        panel.item("Control Panel")

        expect(panel.find("#mode-words")).to_contain_text("NPTA > Settings…")
        panel.press("Import Keys")
        panel.warns("NPTA > Settings…")
        panel.check("no-address")

    def test_settings_are_entered_from_the_menu_and_work_at_once(self, panel: Panel) -> None:
        panel.load({"SERVICE_KEY": "operator-key-for-tests"})
        panel.page.evaluate("(url) => answers.push(url)", f"{panel.origin}/service")
        panel.item("Settings…")
        panel.page.wait_for_function("told.length === 2")
        panel.item("Control Panel")

        expect(panel.find("#mode")).to_have_text("LIVE")
        assert panel.page.evaluate("told")[1].startswith("Saved")

    def test_the_page_at_rest_and_all_its_parts_open(self, panel: Panel) -> None:
        panel.open().check("idle")
        for part in ("#advanced", "#activity-part", "#help"):
            panel.find(f"{part} summary").click()
        panel.check("all-open")


class TestImportKeys:
    def test_asks_with_the_numbers_of_a_dry_run_and_imports_on_yes(
        self, panel: Panel, stage: Stage, house: House
    ) -> None:
        house.paste(*KEYS, KEYS[0], ("CANADA", "NASM", "CPT", "full", "EX-oops", 15))
        panel.open().press("Import Keys")

        panel.asks("Import 2 keys into 1 pool?")
        assert [row[0] for row in rows(panel, "Rows that stay")] == ["4", "5"]
        assert house.rows("Import History") == []
        panel.check("confirm-import")

        panel.press("Import 2 keys")
        panel.says("2 keys imported.")
        expect(panel.find("#work")).to_contain_text("Not imported: 1 duplicate and 1 faulty row")
        assert [row["keycode"] for row in house.rows("Import History")] == ["CPT-1", "CPT-2"]
        tried, done = [call.body for call in stage.calls if call.method == "POST"]
        assert tried == {"dry_run": True}
        assert list(done) == ["confirm"]
        panel.check("success-import")

    def test_what_may_not_be_meant_is_told_before_and_after(self, panel: Panel, house: House) -> None:
        house.paste(*KEYS, (*KEYS[0][:4], "cpt-1", 1))
        panel.open().press("Import Keys")

        panel.asks("Import 3 keys into 1 pool?")
        assert [row[0] for row in rows(panel, "Look twice")] == ["4"]
        expect(panel.find("#work")).to_contain_text("letter case")
        panel.press("Import 3 keys")
        panel.says("3 keys imported.")
        assert [row[0] for row in rows(panel, "Look twice")] == ["4"]

    def test_a_large_import_fits_into_a_low_panel_with_one_thing_to_press(self, panel: Panel, stage: Stage) -> None:
        pools = [
            {
                "pool": f"CANADA NASM NSBK_CPT-CNC-CES-{n} combined",
                "keys": 500,
                "seats": 5000,
                "before": 0,
                "after": 5000,
                "skus": ["NSTB"] * n,
            }
            for n in range(10)
        ]
        refused = [
            {"row": n, "outcome": "rejected", "reason": "Import Keys, row 2: the seats are empty"} for n in range(12)
        ]
        stage.scripted["GET", "/status"] = answer({**STATUS, "pasted_rows": 5012, "failed_total": 3})
        stage.scripted["POST", "/keys/import"] = answer(
            {"imported": 5000, "duplicates": 0, "rejected": 12, "rows": refused, "pools": pools, "confirm": "t"}
        )
        panel.open()
        panel.page.locator("iframe").evaluate("(frame) => { frame.style.height = '600px'; }")
        assert panel.frame.evaluate(PRIMARY) == ["Import Keys"]

        panel.press("Import Keys")

        panel.asks("Import 5,000 keys into 10 pools?")
        assert panel.frame.evaluate(PRIMARY) == ["Import 5,000 keys"]
        for shown in ("Import 5,000 keys", "Cancel", "Import Keys"):
            expect(panel.button(shown)).to_be_in_viewport(ratio=1)
        expect(panel.find("#work-title")).to_be_in_viewport(ratio=1)
        assert [len(rows(panel, caption)) for caption in ("Into stock", "Rows that stay")] == [5, 5]
        panel.button("Show all 10").click()
        assert rows(panel, "Into stock")[2] == [
            "CANADA NASM NSBK_CPT-CNC-CES-2 combined, for NSTB, NSTB",
            "500",
            "5,000",
            "0\u00a0→\u00a05,000",
        ]
        assert "for no product" in rows(panel, "Into stock")[0][0]
        assert len(rows(panel, "Into stock")) == 10
        widths = "[...document.querySelectorAll('.wide')].map((wide) => [wide.scrollWidth, wide.clientWidth])"
        assert [pair for pair in panel.frame.evaluate(widths) if pair[0] > pair[1]] == []
        assert panel.frame.evaluate(BROKEN) == []
        panel.page.locator("iframe").evaluate("(frame) => { frame.style.height = ''; }")
        panel.check("confirm-import-large")

    def test_cancel_imports_nothing_and_gives_the_focus_back(self, panel: Panel, stage: Stage, house: House) -> None:
        house.paste(*KEYS)
        panel.open().press("Import Keys")
        panel.asks("Import 2 keys into 1 pool?")
        panel.press("Cancel")

        expect(panel.find("#progress")).to_have_text("Cancelled. Nothing was changed.")
        expect(panel.button("Import Keys")).to_be_focused()
        assert [call.body for call in stage.calls if call.method == "POST"] == [{"dry_run": True}]
        assert house.rows("Import History") == []
        assert activity(panel) == []
        panel.check("cancelled")

    def test_nothing_pasted_asks_nothing_and_imports_nothing(self, panel: Panel, stage: Stage) -> None:
        panel.open().press("Import Keys")

        panel.says("There is nothing to import.")
        expect(panel.find("#work")).to_contain_text("Paste keys into the tab Import Keys first")
        assert stage.acts() == [("POST", "/keys/import")]

    def test_only_faulty_rows_get_their_reasons_written(self, panel: Panel, house: House) -> None:
        house.paste(("CANADA", "NASM", "CPT", "full", "EX-oops", 15))
        panel.open().press("Import Keys")
        panel.asks("No row can be imported as it is")
        panel.press("Write the reasons beside them")

        panel.says("0 keys imported.")
        assert house.rows("Import Keys")[0]["problem"]

    def test_what_people_typed_is_shown_as_text(self, panel: Panel, house: House) -> None:
        house.paste(("CANADA", "<img src=x onerror=alert(1)>", "CPT", "full", "EX<b>", 1))
        panel.open().press("Import Keys")
        panel.asks("No row can be imported as it is")

        assert panel.find("#work img").count() == panel.find("#work b").count() == 0
        panel.check()

    def test_waiting_orders_are_named_with_what_to_do(self, panel: Panel, shop: House) -> None:
        shop.order("88", ("CNC", 1))
        shop.paste(("CANADA", "NASM", "CNC", "combined", "CNC-1", 1))
        panel.open().press("Import Keys")
        panel.asks("Import 1 key into 1 pool?")
        panel.press("Import 1 key")

        panel.says("1 key imported.")
        expect(panel.find("#work")).to_contain_text("While the mode is LIVE or TEST, re-run their Zaps: 88.")


class TestSyncCatalogue:
    def test_asks_with_what_would_change_and_publishes_on_yes(self, panel: Panel, stage: Stage, house: House) -> None:
        house.products(("CPTa", "NASM-CPT-FULL"), ("BAD", "NASM"), sync=False)
        panel.open().press("Sync Catalogue")

        panel.asks("Publish 1 change?")
        assert [row[:2] for row in rows(panel, "Changes")] == [["CPTa", "not published"]]
        assert [row[0] for row in rows(panel, "Remarks")] == ["CPTa", "BAD"]
        panel.check("confirm-sync")

        panel.press("Publish")
        panel.says("1 product published.")
        assert [row["SKU"] for row in house.rows("Live Catalogue")] == ["CPTa"]
        tried, done = [call.body for call in stage.calls if call.method == "POST"]
        assert tried == {"dry_run": True}
        assert list(done) == ["confirm"]

    @pytest.mark.usefixtures("shop")
    def test_without_a_change_nothing_is_asked(self, panel: Panel, stage: Stage) -> None:
        panel.open().press("Sync Catalogue")

        panel.says("nothing had to be published")
        assert stage.acts() == [("POST", "/catalogue/sync")] * 2

    def test_an_emptied_catalogue_is_refused_in_the_services_words(self, panel: Panel, shop: House) -> None:
        shop.sheet.worksheet("NPTA Catalogue").batch_clear(["A2:Z10"])
        panel.open().press("Sync Catalogue")

        panel.warns("the catalogue is empty although products are published. Restore it with File > Version history")
        panel.check("error")


class TestShopify:
    @pytest.fixture
    def house(self) -> House:
        """The service with a shop of two products, of which the catalogue knows none."""
        shop = LocalShop()
        shop.seed(
            {"sku": sku, "title": f"Course {sku}", "tags": ["provider:nasm"], "type": "Certification", "available": 1}
            for sku in ("CPTa", "CNC")
        )
        return House(shop=shop).provision()

    def test_new_products_come_from_the_shop_once_and_their_stock_agrees(
        self, panel: Panel, stage: Stage, house: House
    ) -> None:
        panel.open().press("Sync from Shopify")
        panel.says("2 products added, 0 updated.")
        expect(panel.find("#work")).to_contain_text("then press Sync Catalogue")
        assert [row["SKU"] for row in house.rows("NPTA Catalogue")] == ["CPTa", "CNC"]
        panel.press("Sync from Shopify")
        panel.says("The catalogue has what the shop has; nothing changed.")

        house.products(("CPTa", "NASM-CPT-FULL"), ("CNC", "NASM-CNC-FULL"))
        house.keys(*KEYS)
        panel.press("Refresh Inventory")
        panel.says("All counts agree.")
        assert [path for _, path in stage.acts()] == ["/shopify/sync"] * 2 + ["/inventory/refresh"]

    def test_what_is_not_as_it_should_be_is_listed(self, panel: Panel, stage: Stage) -> None:
        body = {"added": 2, "updated": 1, "vanished": 1, "problems": [{"SKU": "X1", "message": "no provider tag"}]}
        stage.scripted["POST", "/shopify/sync"] = answer(body)
        panel.open().press("Sync from Shopify")

        panel.says("2 products added, 1 updated. 1 product of the catalogue is no longer in the shop.")
        assert rows(panel, "Remarks") == [["X1", "no provider tag"]]
        panel.check("success-shopify")

    def test_what_was_put_right_and_what_failed_is_listed(self, panel: Panel, stage: Stage) -> None:
        stage.scripted["POST", "/inventory/refresh"] = answer(
            {
                "differences": [{"tab": "Key Inventory", "which": "NASM CPT combined", "before": 12, "after": 11}],
                "repaired": 1,
                "pushed": [{"SKU": "CPTa", "before": 12, "after": 11}, {"SKU": "NSTB", "before": 3, "after": 2}],
                "failed": [{"SKU": "GONE", "reason": "not in the shop"}],
            }
        )
        panel.open().press("Refresh Inventory")

        panel.says("1 count did not agree and was put right. Shopify: 2 products updated, 1 not.")
        assert rows(panel, "Put right") == [["Key Inventory: NASM CPT combined", "12", "11"]]
        assert rows(panel, "Not updated in Shopify") == [["GONE", "not in the shop"]]
        panel.check("success-refresh")


def test_without_a_shop_sync_from_shopify_says_whom_to_tell_and_counting_works(panel: Panel) -> None:
    panel.open().press("Sync from Shopify")
    panel.warns("No shop is set: SHOPIFY_SHOP and its credentials are missing. Tell whoever runs the service")
    panel.press("Refresh Inventory")

    panel.says("All counts agree. Nothing had to be changed in Shopify.")


class TestReleaseKeys:
    def test_asks_with_keys_and_stock_of_a_dry_run_and_releases_on_yes(
        self, panel: Panel, stage: Stage, shop: House
    ) -> None:
        panel.open().press("Release Keys")
        expect(panel.find("#field-order")).to_be_focused()
        panel.check("form-release")
        panel.find("#field-order").fill(" 6855 9099 00591")
        panel.press("Release")

        panel.asks(f"Take 2 keys back from order {ORDER}?")
        expect(panel.find("#work")).to_be_focused()
        assert rows(panel, "Keys") == [["CPTa", "NASM-CPT-FULL", "2"]]
        assert rows(panel, "Can be sold") == [["CPTa", "4", "6"]]
        assert free(shop) == 4
        panel.check("confirm-release")

        panel.press("Release 2 keys")
        panel.says(f"2 keys of order {ORDER} released.")
        assert free(shop) == 6
        expect(panel.button("Release Keys")).to_be_focused()
        assert stage.acts() == [("POST", f"/orders/{ORDER}/release")] * 2
        panel.check("success-release")

    def test_cancelled_at_the_question_nothing_is_released(self, panel: Panel, shop: House) -> None:
        panel.open().press("Release Keys")
        panel.find("#field-order").fill("#1042")
        panel.press("Release")
        panel.asks(f"Take 2 keys back from order {ORDER}?")
        panel.page.keyboard.press("Escape")

        expect(panel.find("#progress")).to_have_text("Cancelled. Nothing was changed.")
        expect(panel.button("Release Keys")).to_be_focused()
        assert free(shop) == 4

    @pytest.mark.usefixtures("shop")
    def test_one_line_only(self, panel: Panel, stage: Stage) -> None:
        panel.open().press("Release Keys")
        panel.find("#field-order").fill(ORDER)
        panel.find("#field-line").fill("1")
        panel.press("Release")
        panel.press("Release 2 keys")

        panel.says("released")
        assert [call.body["line_item_id"] for call in stage.calls if call.method == "POST"] == ["1", "1"]

    def test_one_unit_of_a_line_only_and_a_line_that_holds_none_any_more(self, panel: Panel, shop: House) -> None:
        panel.open().press("Release Keys")
        for unit in ("1", "1"):
            panel.find("#field-order").fill(ORDER)
            panel.find("#field-line").fill("1")
            panel.find("#field-quantity").fill(unit)
            panel.press("Release")
            panel.press("Release 1 key")
            panel.says(f"1 key of order {ORDER} released.")
            panel.press("Release Keys")
        assert free(shop) == 6

        panel.find("#field-order").fill(ORDER)
        panel.find("#field-line").fill("1")
        panel.press("Release")
        panel.says(f"Line 1 of order {ORDER} holds no keys (any more). Nothing was changed.")

    def test_an_order_without_keys_is_told_before_it_is_closed(self, panel: Panel, shop: House) -> None:
        shop.order("99", ("CNC", 1))
        panel.open().press("Release Keys")
        panel.find("#field-order").fill("99")
        panel.press("Release")

        panel.asks("Order 99 holds no keys. Release it all the same?")

    def test_an_order_that_was_never_seen_is_told_in_the_services_words(self, panel: Panel, stage: Stage) -> None:
        panel.open().press("Release Keys")
        panel.find("#field-order").fill("123")
        panel.press("Release")

        panel.warns("The order 123 has never been seen here.")
        assert stage.acts() == [("POST", "/orders/123/release")]
        assert "failed" in activity(panel)[0]


class TestOrders:
    @pytest.mark.parametrize("typed", ["10-42", "", "6.8559E+12"])
    def test_what_is_no_order_is_refused_before_anything_is_called(
        self, typed: str, panel: Panel, stage: Stage
    ) -> None:
        panel.open().press("Clear Order Cache")
        panel.find("#field-order").fill(typed)
        panel.press("Clear")

        expect(panel.find("#wrong")).to_be_visible()
        expect(panel.find("#field-order")).to_be_focused()
        expect(panel.find("#field-order")).to_have_attribute("aria-invalid", "true")
        assert stage.acts() == []
        panel.check("validation")

    @pytest.mark.usefixtures("shop")
    def test_clear_order_cache_by_name_and_enter(self, panel: Panel, stage: Stage) -> None:
        panel.open().press("Clear Order Cache")
        panel.find("#field-order").fill("#1042")
        panel.page.keyboard.press("Enter")

        panel.says(f"Order {ORDER} may be processed again. It keeps its 2 keys.")
        expect(panel.find("#work")).to_have_text("Re-run the Zap.")
        assert stage.acts() == [("GET", "/orders/#1042"), ("POST", "/orders/#1042/clear-cache")]
        panel.check()

    @pytest.mark.parametrize(("button", "delivered"), [("Clear and send again", False), ("Clear only", True)])
    def test_clearing_an_order_whose_mail_was_sent_asks_whether_to_send_it_again(
        self, button: str, delivered: bool, panel: Panel, shop: House
    ) -> None:
        shop.call("POST", f"/orders/{ORDER}/delivered", {})
        panel.open().press("Clear Order Cache")
        panel.find("#field-order").fill(ORDER)
        panel.press("Clear")
        panel.asks("Send the mail again?")
        expect(panel.find("#work")).to_contain_text("of Ada Lovelace was sent")
        panel.check("confirm-clear")
        panel.press(button)

        panel.says(f"Order {ORDER} may be processed again. It keeps its 2 keys.")
        told = panel.find("#work").inner_text()
        assert ("No mail goes out" in told) == delivered
        assert shop.order(ORDER, ("CPTa", 2))["delivered"] is delivered

    def test_the_question_about_the_mail_can_be_left_without_a_trace(
        self, panel: Panel, stage: Stage, shop: House
    ) -> None:
        shop.call("POST", f"/orders/{ORDER}/delivered", {})
        panel.open().press("Clear Order Cache")
        panel.find("#field-order").fill(ORDER)
        panel.press("Clear")
        panel.asks("Send the mail again?")
        panel.find("#cancel").click()

        expect(panel.find("#progress")).to_have_text("Cancelled. Nothing was changed.")
        assert [call.body for call in stage.calls if call.method == "POST"] == [
            {"resend": True, "dry_run": True},
            {"dry_run": True},
        ]

    @pytest.mark.usefixtures("shop")
    def test_the_order_is_remembered_for_the_next_action(self, panel: Panel) -> None:
        panel.open().press("Clear Order Cache")
        panel.find("#field-order").fill(ORDER)
        panel.press("Clear")
        panel.says("may be processed again")
        panel.press("Look Up Order")

        expect(panel.find("#field-order")).to_have_value(ORDER)

    @pytest.mark.usefixtures("shop")
    def test_look_up_shows_keys_and_history_and_changes_nothing(self, panel: Panel, stage: Stage) -> None:
        panel.open().press("Look Up Order")
        panel.find("#field-order").fill(ORDER)
        panel.press("Look up")

        panel.says(f"Order {ORDER} (#1042) of Ada Lovelace is fulfilled: 2 keys, its mail is not confirmed yet.")
        assert rows(panel, "Keys") == [["CPTa", "NASM-CPT-FULL", "CPT-1", "2"]]
        assert len(rows(panel, "History")) == 1
        assert stage.acts() == [("GET", f"/orders/{ORDER}")]
        panel.check("look-up")

    def test_resend_opens_the_delivery_again(self, panel: Panel, shop: House) -> None:
        shop.call("POST", f"/orders/{ORDER}/delivered", {})
        panel.open().press("Resend Keys")
        panel.find("#field-order").fill(ORDER)
        panel.press("Resend")

        panel.says(f"The mail of order {ORDER} may go out again, with the same keys.")
        assert shop.order(ORDER, ("CPTa", 2))["delivered"] is False

    def test_close_looks_first_and_closes_on_yes(self, panel: Panel, stage: Stage, shop: House) -> None:
        shop.order("66", ("CNC", 1))
        panel.open().press("Close Order")
        panel.find("#field-order").fill("66")
        panel.press("Close…")
        panel.asks("Close order 66?")
        expect(panel.find("#work")).to_contain_text("Order 66 of Ada Lovelace: failed")
        panel.check("confirm-close")
        panel.find("#confirm").click()

        panel.says("Order 66 is closed.")
        assert stage.acts() == [("GET", "/orders/66"), *[("POST", "/orders/66/close")] * 2]

    def test_an_order_that_was_filled_while_the_question_stood_there_is_not_closed(
        self, panel: Panel, shop: House
    ) -> None:
        shop.order("66", ("CNC", 1))
        panel.open().press("Close Order")
        panel.find("#field-order").fill("66")
        panel.press("Close…")
        panel.asks("Close order 66?")
        shop.keys(("CANADA", "NASM", "CNC", "combined", "CNC-1", 5))
        shop.order("66", ("CNC", 1))

        panel.find("#confirm").click()

        panel.warns("The order 66 holds its keys and waits for nothing, so nothing was closed.")
        assert shop.order("66", ("CNC", 1))["status"] == "fulfilled"

    def test_an_order_that_holds_something_else_by_now_is_asked_about_again(self, panel: Panel, shop: House) -> None:
        shop.order(ORDER, ("CPTa", 2), ("CNC", 1))
        panel.open().press("Close Order")
        panel.find("#field-order").fill(ORDER)
        panel.press("Close…")
        panel.asks(f"Close order {ORDER}?")
        shop.call("POST", f"/orders/{ORDER}/release", {"line_item_id": "1", "quantity": 1})

        panel.find("#confirm").click()

        expect(panel.find("#progress.error")).to_be_visible()
        panel.asks(f"Close order {ORDER}?")
        panel.find("#confirm").click()
        panel.says(f"Order {ORDER} is closed.")

    @pytest.mark.parametrize("resend", [True, False])
    def test_an_order_that_lost_its_keys_while_the_question_stood_there_is_not_mailed_again(
        self, resend: bool, panel: Panel, shop: House
    ) -> None:
        shop.call("POST", f"/orders/{ORDER}/delivered", {})
        panel.open().press("Clear Order Cache")
        panel.find("#field-order").fill(ORDER)
        panel.press("Clear")
        panel.asks("Send the mail again?")
        shop.call("POST", f"/orders/{ORDER}/release", {"line_item_id": "1", "quantity": 1})

        panel.press("Clear and send again" if resend else "Clear only")

        expect(panel.find("#progress.error")).to_be_visible()
        panel.asks("Send the mail again?")
        assert shop.call("GET", f"/orders/{ORDER}").get_json()["delivered"] is True

    @pytest.mark.usefixtures("shop")
    def test_the_order_of_the_selected_row_is_taken_over(self, panel: Panel) -> None:
        panel.open().change(selection={"values": [["at", "order_id"], ["-", ORDER]], "row": 2})
        panel.press("Look Up Order")
        expect(panel.find("#field-order")).to_have_value(ORDER)
        expect(panel.find("#field-order-hint")).to_contain_text("From the row that is selected in the sheet.")
        panel.check("from-selection")
        panel.press("Look up")
        panel.says(f"Order {ORDER} (#1042) of Ada Lovelace is fulfilled")

        panel.change(selection={"values": [["key_id"], ["a-key"]], "row": 2})
        panel.press("Retire Key")
        expect(panel.find("#field-key")).to_have_value("a-key")
        panel.press("Look Up Order")
        expect(panel.find("#field-order")).to_have_value(ORDER)

        panel.change(selection={"values": [["what", "which"], ["low stock", "CANADA NASM CPT"]], "row": 2})
        panel.press("Look Up Order")
        expect(panel.find("#field-order")).to_have_value(ORDER)

    @pytest.mark.usefixtures("shop")
    def test_an_order_that_waits_for_nothing_is_not_closed(self, panel: Panel, stage: Stage) -> None:
        panel.open().press("Close Order")
        panel.find("#field-order").fill(ORDER)
        panel.press("Close…")

        panel.says("It was left as it is.")
        assert stage.acts() == [("GET", f"/orders/{ORDER}")]

    def test_a_grown_order_is_closed_and_keeps_what_it_got(self, panel: Panel, shop: House) -> None:
        shop.order(ORDER, ("CPTa", 2), ("CNC", 1))
        panel.open().press("Close Order")
        panel.find("#field-order").fill(ORDER)
        panel.press("Close…")
        panel.asks(f"Close order {ORDER}?")
        panel.find("#confirm").click()

        panel.says(f"Order {ORDER} is closed. It keeps the 2 keys that it got before.")

    @pytest.mark.usefixtures("shop")
    def test_another_button_leaves_a_form_without_a_trace(self, panel: Panel, stage: Stage) -> None:
        panel.open().press("Release Keys")
        panel.press("Look Up Order")
        panel.find("#field-order").fill(ORDER)
        panel.press("Look up")

        panel.says("is fulfilled")
        assert panel.find("form").count() == 0
        assert stage.acts() == [("GET", f"/orders/{ORDER}")]


class TestKeysAndMode:
    def test_retire_asks_with_seats_and_holders_and_replaces_on_yes(self, panel: Panel, shop: House) -> None:
        key = str(shop.rows("Import History")[0]["key_id"])
        panel.open().press("Retire Key")
        panel.check("form-retire")
        panel.press("Retire…")
        expect(panel.find("#wrong")).to_have_text("Enter the key id or code.")
        panel.find("#field-key").fill("CPT-1")
        panel.find("#field-replace").check()
        panel.press("Retire…")
        panel.asks(f"Retire the key {key}?")
        expect(panel.find("#work")).to_contain_text("1 free seat of it will take no further order, for good.")
        expect(panel.find("#work")).to_contain_text(f"1 order holds it: {ORDER}. They get another key")
        assert free(shop) == 4
        panel.check("confirm-retire")
        panel.find("#confirm").click()

        panel.says("is retired")
        expect(panel.find("#work")).to_contain_text(f"Re-run their Zaps: {ORDER}.")
        assert shop.order(ORDER, ("CPTa", 2))["keys"][0]["keycode"] == "CPT-2"

        panel.press("Retire Key")
        panel.find("#field-key").fill(key)
        panel.press("Retire…")
        panel.says(f"The key {key} was retired before; nothing was changed.")
        assert panel.find("#work").inner_text().count("CPT-1") == 0

    def test_into_live_it_asks_whether_to_resume_or_to_begin_anew(self, panel: Panel, house: House) -> None:
        before = house.call("POST", "/mode", {"mode": "OFF"}).get_json()
        panel.open().press("Change Mode")
        panel.find("input[value=LIVE]").check()
        panel.press("Change…")
        panel.asks("Resume, or begin anew?")
        expect(panel.find("#work")).to_contain_text("No waiting order is shut out")
        panel.press("Resume")

        panel.says("The mode is LIVE now (before: OFF).")
        assert before["before"] == "LIVE"
        assert house.call("GET", "/status").get_json()["go_live_at"] == "2020-01-01T00:00:00Z"

    def test_the_mode_is_changed_after_a_question_that_says_what_it_means(
        self, panel: Panel, stage: Stage, house: House
    ) -> None:
        panel.open().press("Change Mode")
        expect(panel.find("input[value=LIVE]")).to_be_checked()
        panel.check("form-mode")
        panel.find("input[value=OFF]").check()
        panel.press("Change…")
        panel.asks("Change the mode from LIVE to OFF?")
        expect(panel.find("#work")).to_contain_text("to be served by hand")
        assert stage.acts() == []
        panel.press("Change to OFF")

        panel.says("The mode is OFF now (before: LIVE).")
        expect(panel.find("#mode")).to_have_text("OFF")
        assert house.order("55", ("CPTa", 1))["status"] == "off"
        panel.check("success-mode")
