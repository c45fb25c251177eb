"""The spreadsheet on the page of `make serve`: people type, paste, sort and are refused as on Google's page."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route, expect

from tests.chromium import CHROMIUM
from tests.npta.local.desk import Desk

pytestmark = CHROMIUM

SKU, STATUS, ENTITLEMENTS, FULFILLMENT = 0, 1, 3, 4
REFUSED = "You are trying to edit a protected cell or object. Please contact the spreadsheet owner to remove protection"


def in_the_sheet(desk: Desk, title: str) -> list[list[str]]:
    """What the spreadsheet really holds, once what was typed has arrived: the page shows it before."""
    expect(desk.page.get_by_role("grid")).to_have_attribute("aria-busy", "false")
    values: list[list[str]] = desk.there.house.sheet.worksheet(title).get_all_values()
    return values


def focused(desk: Desk) -> str:
    """Where the cursor is, in letters and numbers."""
    where: str = desk.page.evaluate(
        "(() => { const cell = document.activeElement.closest('td');"
        " return String.fromCharCode(64 + cell.cellIndex) + (cell.parentElement.rowIndex); })()"
    )
    return where


class TestProtection:
    def test_a_protected_cell_is_refused_with_a_sentence_and_shows_what_it_holds(self, desk: Desk) -> None:
        desk.open("Key Inventory")
        cell = desk.cell(2, 7)
        expect(cell).to_have_attribute("title", "Protected: only the service writes here")
        expect(cell).to_have_attribute("aria-readonly", "true")
        expect(desk.cell(1, 7)).to_have_css("background-color", "rgb(241, 243, 244)")
        before = in_the_sheet(desk, "Key Inventory")

        desk.type(2, 7, "999")

        expect(desk.refusal).to_contain_text(f"Key Inventory, H2 was not changed. {REFUSED}")
        desk.sees(2, 7, before[1][7])
        assert in_the_sheet(desk, "Key Inventory") == before
        desk.check("refused")

    def test_pasting_sorting_deleting_rows_and_the_tab_itself_are_refused_too(self, desk: Desk) -> None:
        desk.open("Orders")
        before = in_the_sheet(desk, "Orders")

        desk.paste(2, 0, [["a", "b"], ["c", "d"]])
        expect(desk.refusal).to_contain_text(f"Orders, A2 was not changed. {REFUSED}")
        desk.page.get_by_role("button", name="Sort column A→Z").click()
        expect(desk.refusal).to_contain_text(f"Orders was not changed. {REFUSED}")
        desk.page.get_by_role("button", name="Delete tab…").click()
        expect(desk.page.get_by_role("dialog")).to_contain_text("Delete the tab “Orders”?")
        desk.page.get_by_role("button", name="Delete", exact=True).click()

        expect(desk.refusal).to_contain_text(f"Orders was not changed. {REFUSED}")
        assert in_the_sheet(desk, "Orders") == before

    def test_a_computed_cell_of_a_form_is_marked_and_may_be_typed_over_as_on_google(self, desk: Desk) -> None:
        expect(desk.cell(2, STATUS)).to_have_attribute(
            "title", "Filled in by the service: what is typed here is written over"
        )
        expect(desk.cell(2, ENTITLEMENTS)).not_to_have_attribute("title", "Filled in by the service")

        desk.type(2, STATUS, "mine")
        desk.sees(2, STATUS, "mine")
        expect(desk.refusal).to_be_empty()
        desk.panel.press("Refresh Inventory")

        desk.sees(2, STATUS, "ready")


class TestPaste:
    def test_sixty_rows_of_six_land_whole_in_a_view_of_twenty(self, empty_desk: Desk) -> None:
        desk = empty_desk
        desk.open("Import Keys")
        expect(desk.page.locator("#grid tbody tr")).to_have_count(20)
        lines = [["CANADA", "NASM", "CPT", "combined", f"00{number:02}", "5"] for number in range(60)]

        desk.paste(2, 0, lines)

        desk.sees(61, 4, "0059")
        assert [row[:6] for row in desk.rows()[1:]] == lines
        assert [row[:6] for row in in_the_sheet(desk, "Import Keys")[1:]] == lines
        desk.check("pasted")

    def test_a_paste_beyond_the_last_row_makes_the_sheet_grow_and_keeps_text_as_text(self, empty_desk: Desk) -> None:
        desk = empty_desk
        sheet = desk.there.house.sheet.worksheet("Import Keys")
        sheet.resize(rows=15)
        desk.open("Import Keys")
        expect(desk.page.locator("#grid tbody tr")).to_have_count(15)

        desk.paste(14, 3, [["exam", "0012", "5"], ["exam", "1-2", "5"], ["exam", "=1+1", "5"], ["exam", "TRUE", "5"]])

        desk.sees(17, 4, "TRUE")
        assert [row[4] for row in in_the_sheet(desk, "Import Keys")[13:]] == ["0012", "1-2", "=1+1", "TRUE"]

    def test_cells_with_tabs_quotes_and_line_breaks_in_them_are_read_as_spreadsheets_write_them(
        self, empty_desk: Desk
    ) -> None:
        desk = empty_desk
        desk.open("Import Keys")

        desk.paste(2, 0, [['"two\nlines"', "b"], ['"say ""hi"""', "", "c"], ['5"', "e"]])
        desk.sees(4, 1, "e")

        assert [row[:3] for row in in_the_sheet(desk, "Import Keys")[1:]] == [
            ["two\nlines", "b", ""],
            ['say "hi"', "", "c"],
            ['5"', "e", ""],
        ]

    def test_what_is_copied_here_can_be_pasted_here(self, desk: Desk) -> None:
        desk.cell(2, ENTITLEMENTS).click()
        desk.page.keyboard.press("Control+C")
        desk.cell(9, ENTITLEMENTS).click()
        desk.page.keyboard.press("Control+V")

        desk.sees(9, ENTITLEMENTS, "NASM-CPT-FULL")


class TestKeyboard:
    def test_arrows_tab_enter_and_escape_do_what_they_do_in_a_spreadsheet(self, desk: Desk) -> None:
        keys = desk.page.keyboard
        desk.cell(2, ENTITLEMENTS).click()
        for key, place in (("ArrowDown", "D3"), ("ArrowRight", "E3"), ("ArrowUp", "E2"), ("ArrowLeft", "D2")):
            keys.press(key)
            assert focused(desk) == place
        for key, place in (("Tab", "E2"), ("Shift+Tab", "D2"), ("Home", "A2"), ("End", "K2")):
            keys.press(key)
            assert focused(desk) == place

        desk.cell(9, ENTITLEMENTS).click()
        keys.type("NASM-CNC")
        keys.press("Enter")
        assert focused(desk) == "D10"
        desk.sees(9, ENTITLEMENTS, "NASM-CNC")
        keys.press("ArrowUp")
        keys.press("Enter")
        keys.press("End")
        keys.type("-FULL")
        keys.press("Tab")
        assert focused(desk) == "E9"
        desk.sees(9, ENTITLEMENTS, "NASM-CNC-FULL")
        desk.cell(9, ENTITLEMENTS).dblclick()
        keys.type("nonsense")
        keys.press("Escape")
        desk.sees(9, ENTITLEMENTS, "NASM-CNC-FULL")
        assert focused(desk) == "D9"
        keys.press("Delete")

        desk.sees(9, ENTITLEMENTS, "")
        assert len(in_the_sheet(desk, "NPTA Catalogue")) == 8

    def test_a_cell_can_be_edited_again_before_the_first_edit_has_arrived(self, desk: Desk) -> None:
        held: list[Route] = []
        sent: list[str] = []

        def hold_the_first(route: Route) -> None:
            if route.request.method == "PUT":
                sent.append(route.request.post_data or "")
            if route.request.method == "PUT" and not held:
                held.append(route)
            else:
                route.continue_()

        keys = desk.page.keyboard
        desk.page.route("**/values/**", hold_the_first)
        desk.type(9, ENTITLEMENTS, "NASM-CPT")
        desk.sees(9, ENTITLEMENTS, "NASM-CPT")
        keys.press("ArrowUp")
        keys.press("Enter")
        keys.press("End")
        keys.type("-FULL")
        keys.press("Enter")
        desk.sees(9, ENTITLEMENTS, "NASM-CPT-FULL")
        desk.page.evaluate("fetch('/here').then((answer) => answer.text())")  # what was to be sent before this, was
        assert [each for each in sent if "FULL" in each] == []

        with desk.page.expect_response(lambda response: "-FULL" in (response.request.post_data or "")):
            held[0].continue_()
        desk.page.unroute("**/values/**")

        desk.sees(9, ENTITLEMENTS, "NASM-CPT-FULL")
        assert in_the_sheet(desk, "NPTA Catalogue")[8][ENTITLEMENTS] == "NASM-CPT-FULL"

    def test_tab_leaves_the_table_behind_its_last_column(self, desk: Desk) -> None:
        desk.cell(3, 10).click()

        desk.page.keyboard.press("Tab")

        assert desk.page.evaluate("document.activeElement.closest('#grid')") is None

    def test_what_was_typed_is_written_when_the_cell_is_left(self, desk: Desk) -> None:
        desk.cell(9, ENTITLEMENTS).click()
        desk.page.keyboard.type("NASM-CPT-EXAM")
        desk.page.get_by_label("Customer").click()

        desk.sees(9, ENTITLEMENTS, "NASM-CPT-EXAM")

    def test_a_column_with_a_drop_down_offers_its_values(self, desk: Desk) -> None:
        desk.cell(2, FULFILLMENT).click()
        desk.page.keyboard.press("Enter")
        choices = desk.cell(2, FULFILLMENT).get_by_role("combobox", name="E2 fulfillment")
        assert choices.locator("option").all_inner_texts() == ["(empty)", "AUTO", "EXTERNAL"]

        choices.select_option("EXTERNAL")

        desk.sees(2, FULFILLMENT, "EXTERNAL")
        expect(desk.refusal).to_be_empty()


class TestRowsAndTabs:
    def test_rows_are_inserted_deleted_added_and_sorted(self, desk: Desk) -> None:
        skus = [row[SKU] for row in desk.rows()[1:]]
        desk.cell(4, SKU).click()
        desk.page.get_by_role("button", name="Insert row above").click()
        desk.sees(4, SKU, "")
        desk.sees(5, SKU, skus[2])
        desk.cell(4, SKU).click()
        desk.page.get_by_role("button", name="Delete row").click()
        desk.sees(4, SKU, skus[2])
        desk.page.get_by_role("button", name="Sort column Z→A").click()

        desk.sees(2, SKU, max(skus))

        assert [row[SKU] for row in in_the_sheet(desk, "NPTA Catalogue")[1:]] == sorted(skus, reverse=True)
        desk.page.get_by_role("button", name="Add 100 rows").click()
        expect(desk.refusal).to_be_empty()

    def test_an_unprotected_tab_is_deleted_after_a_question(self, desk: Desk) -> None:
        desk.open("Import Keys")
        for answer, there in (("Cancel", 1), ("Delete", 0)):
            desk.page.get_by_role("button", name="Delete tab…").click()
            desk.check(f"delete-{answer.lower()}")
            desk.page.get_by_role("button", name=answer, exact=True).click()
            expect(desk.page.locator("#tabs").get_by_role("button", name="Import Keys")).to_have_count(there)
        expect(desk.page.get_by_role("grid", name="Dashboard")).to_be_visible()

    def test_hidden_tabs_are_shown_on_demand(self, desk: Desk) -> None:
        tab = desk.page.locator("#tabs").get_by_role("button", name="Commit Log")
        expect(tab).to_have_count(0)

        desk.page.get_by_label("hidden tabs").check()
        desk.open("Commit Log")

        desk.sees(1, 0, "version")
        expect(tab).to_have_attribute("aria-current", "true")


class TestSeveralPeople:
    def test_somebody_elses_change_appears_by_itself_and_the_cursor_stays(self, desk: Desk) -> None:
        desk.cell(3, ENTITLEMENTS).click()

        desk.there.house.sheet.worksheet("NPTA Catalogue").update_acell("D9", "theirs")

        desk.sees(9, ENTITLEMENTS, "theirs")
        assert focused(desk) == "D3"

    def test_nothing_is_painted_over_a_cell_that_is_being_edited(self, desk: Desk) -> None:
        desk.cell(9, ENTITLEMENTS).click()
        desk.page.keyboard.type("mi")
        desk.there.house.sheet.worksheet("NPTA Catalogue").update_acell("D10", "theirs")
        desk.there.shop.seed([{"sku": "SEEN", "title": "Seen", "available": 0}])
        expect(desk.page.locator("#products")).to_contain_text("SEEN")
        desk.page.keyboard.type("ne")
        desk.page.keyboard.press("Enter")

        desk.sees(9, ENTITLEMENTS, "mine")
        desk.sees(10, ENTITLEMENTS, "theirs")

    def test_a_cell_that_somebody_else_changed_meanwhile_is_not_written_over(self, desk: Desk) -> None:
        desk.cell(9, ENTITLEMENTS).click()
        desk.page.keyboard.type("mine")
        desk.there.house.sheet.worksheet("NPTA Catalogue").update_acell("D9", "theirs")
        desk.there.house.sheet.add_worksheet("Notes", 5, 5)
        expect(desk.page.locator("#tabs")).to_contain_text("Notes")
        desk.page.keyboard.press("Enter")

        expect(desk.refusal).to_contain_text("NPTA Catalogue, D9 was changed meanwhile: it holds “theirs”.")
        desk.sees(9, ENTITLEMENTS, "theirs")


def test_the_example_is_filled_in_at_a_press_and_only_once(empty_desk: Desk) -> None:
    desk = empty_desk
    desk.page.get_by_text("First steps").click()
    desk.check("first-steps")
    fill = desk.page.get_by_role("button", name="Fill with the runbook’s example")
    fill.click()
    expect(desk.page.locator("#fill-news")).to_contain_text("Two of the pasted rows were refused")
    desk.sees_row("CPTa", "ready")

    fill.click()

    expect(desk.page.locator("#fill-news")).to_contain_text("Keys were imported already")


def test_the_page_says_that_the_server_is_gone_and_goes_on_when_it_is_back(desk: Desk) -> None:
    offline = desk.page.get_by_text("The server does not answer.")
    expect(offline).to_be_hidden()
    strange = desk.panel.watched.end()  # a browser writes calls that fail to its console
    assert not strange

    desk.page.context.set_offline(True)
    try:
        desk.there.house.sheet.worksheet("NPTA Catalogue").update_acell("D9", "meanwhile")
        expect(offline).to_be_visible()
    finally:
        desk.page.context.set_offline(False)

    expect(offline).to_be_hidden()
    desk.sees(9, ENTITLEMENTS, "meanwhile")


@pytest.mark.parametrize("wrong", ["no product", "sold out"])
def test_an_order_that_the_shop_does_not_take_is_told(wrong: str, desk: Desk) -> None:
    if wrong == "sold out":
        desk.page.get_by_label("Quantity of CAREER", exact=True).fill("2")
    desk.page.get_by_role("button", name="Place order").click()

    told = "Choose a product" if wrong == "no product" else "customers cannot buy 2 of it (there are 1, ACTIVE)"
    expect(desk.page.locator("#order-problem")).to_contain_text(told)
    expect(desk.page.get_by_text("Nobody has ordered yet.")).to_be_visible()


def test_a_button_that_is_drawn_anew_keeps_the_focus(desk: Desk) -> None:
    order_id = desk.order("Ada Lovelace", ("CPTa", 1))
    desk.answered(order_id, "200 fulfilled")
    again = desk.story(order_id).get_by_role("button", name="Re-run this Zap")
    again.focus()

    desk.page.keyboard.press("Enter")
    expect(desk.story(order_id)).to_contain_text("(as answered before)")

    expect(again).to_be_focused()
    expect(desk.page.locator("#order-news")).to_contain_text("Order #1001: 200, fulfilled.")
