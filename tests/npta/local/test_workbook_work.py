"""People's work on the page of `make serve`: ranges, undo and redo, products of the shop, and what is typed while cut off."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from gspread.utils import ValueRenderOption
from playwright.sync_api import expect

from tests.chromium import CHROMIUM
from tests.npta.local.desk import Desk
from tests.npta.local.test_workbook import in_the_sheet

pytestmark = CHROMIUM

SKU, ENTITLEMENTS, FULFILLMENT = 0, 3, 4


def clipboard(desk: Desk) -> str:
    text: str = desk.page.evaluate("navigator.clipboard.readText()")
    return text


class TestRanges:
    @pytest.mark.parametrize("by", ["keyboard", "mouse", "shift and mouse"])
    def test_a_range_is_selected_and_copied(self, by: str, desk: Desk) -> None:
        keys, mouse = desk.page.keyboard, desk.page.mouse
        desk.cell(2, SKU).click()
        if by == "keyboard":
            for key in ("ArrowDown", "ArrowRight"):
                keys.press(f"Shift+{key}")
        elif by == "mouse":
            box = desk.cell(3, 1).bounding_box()
            assert box
            desk.cell(2, SKU).hover()
            mouse.down()
            mouse.move(box["x"] + 5, box["y"] + 5, steps=4)
            mouse.up()
        else:
            desk.cell(3, 1).click(modifiers=["Shift"])

        expect(desk.page.locator("#grid [aria-selected=true]")).to_have_count(4)
        expect(desk.page.locator("#picked")).to_have_text("2 × 2 cells selected")
        desk.check(f"range-{by}")
        keys.press("Control+C")
        assert clipboard(desk) == "CPTa\tready\nCPT\tready"
        keys.press("ArrowDown")
        expect(desk.page.locator("#grid [aria-selected=true]")).to_have_count(0)

    def test_everything_is_selected_with_control_a(self, desk: Desk) -> None:
        desk.cell(4, 2).click()

        desk.page.keyboard.press("Control+A")
        desk.page.keyboard.press("Control+C")

        lines = clipboard(desk).split("\n")
        assert len(lines) == len(in_the_sheet(desk, "NPTA Catalogue")) == 8
        assert lines[0].startswith("SKU\tstatus\ttitle")

    def test_one_value_is_pasted_into_every_selected_cell_and_a_range_is_emptied(self, desk: Desk) -> None:
        desk.cell(2, FULFILLMENT).click()
        desk.page.keyboard.press("Shift+ArrowDown")
        desk.page.evaluate("navigator.clipboard.writeText('EXTERNAL')")
        desk.page.keyboard.press("Control+V")
        desk.sees(3, FULFILLMENT, "EXTERNAL")
        assert [row[FULFILLMENT] for row in in_the_sheet(desk, "NPTA Catalogue")[1:4]] == ["EXTERNAL", "EXTERNAL", ""]

        desk.page.keyboard.press("Delete")

        desk.sees(3, FULFILLMENT, "")
        assert [row[FULFILLMENT] for row in in_the_sheet(desk, "NPTA Catalogue")[1:4]] == ["", "", ""]


class TestUndo:
    def test_what_was_typed_pasted_sorted_and_deleted_is_undone_and_done_again(self, desk: Desk) -> None:
        page, keys = desk.page, desk.page.keyboard
        states = [in_the_sheet(desk, "NPTA Catalogue")]
        desk.type(2, ENTITLEMENTS, "NASM-CNC-FULL")
        desk.sees(2, ENTITLEMENTS, "NASM-CNC-FULL")
        states.append(in_the_sheet(desk, "NPTA Catalogue"))
        desk.paste(9, SKU, [["X1", "a"], ["X2", "b"]])
        desk.sees(10, SKU, "X2")
        states.append(in_the_sheet(desk, "NPTA Catalogue"))
        desk.cell(2, SKU).click()
        page.get_by_role("button", name="Sort column Z→A").click()
        desk.sees(2, SKU, "X2")
        states.append(in_the_sheet(desk, "NPTA Catalogue"))
        desk.cell(3, SKU).click()
        page.get_by_role("button", name="Delete row").click()
        desk.sees(3, SKU, "NSTB")
        states.append(in_the_sheet(desk, "NPTA Catalogue"))

        for told, state in zip(
            ("row 3", "The order of NPTA Catalogue", "A9", "D2"), reversed(states[:-1]), strict=True
        ):
            desk.cell(2, SKU).click()
            keys.press("Control+Z")
            expect(page.locator("#picked")).to_contain_text(told)
            assert in_the_sheet(desk, "NPTA Catalogue") == state
        page.get_by_role("button", name="Undo").click()
        expect(page.locator("#picked")).to_have_text("Nothing to undo")
        for told, state in zip(("D2", "A9", "The order", "row 3"), states[1:], strict=True):
            page.get_by_role("button", name="Redo").click()
            expect(page.locator("#picked")).to_contain_text(told)
            assert in_the_sheet(desk, "NPTA Catalogue") == state

    def test_text_that_looks_like_a_number_comes_back_as_text_and_a_formula_as_a_formula(self, desk: Desk) -> None:
        tab = desk.there.house.sheet.add_worksheet("Mine", 10, 3)
        tab.update([["0012", "x"]], raw=True)
        tab.update([["=1+1"]], "A2", raw=False)
        desk.open("Mine")
        for row in (1, 2):
            desk.type(row, 0, "other")
            desk.sees(row, 0, "other")
        in_the_sheet(desk, "Mine")

        for where in ("A2", "A1"):
            desk.page.get_by_role("button", name="Undo").click()
            expect(desk.page.locator("#picked")).to_have_text(f"Undone: Mine, {where}")

        assert [row[0] for row in tab.get_values("A1:A2", value_render_option=ValueRenderOption.formula)] == [
            "0012",
            "=1+1",
        ]

    def test_what_somebody_else_has_changed_since_is_not_undone(self, desk: Desk) -> None:
        desk.type(2, ENTITLEMENTS, "mine")
        desk.sees(2, ENTITLEMENTS, "mine")
        in_the_sheet(desk, "NPTA Catalogue")
        desk.there.house.sheet.worksheet("NPTA Catalogue").update_acell("D2", "theirs")
        desk.sees(2, ENTITLEMENTS, "theirs")

        desk.page.get_by_role("button", name="Undo").click()

        expect(desk.refusal).to_have_text(
            "Not done: NPTA Catalogue, D2 was changed by somebody since, and stays as it is."
        )
        desk.sees(2, ENTITLEMENTS, "theirs")

    def test_rows_that_hold_something_by_now_are_not_taken_away_by_undoing(self, desk: Desk) -> None:
        desk.cell(3, SKU).click()
        desk.page.get_by_role("button", name="Insert row above").click()
        desk.sees(3, SKU, "")
        desk.there.house.sheet.worksheet("NPTA Catalogue").update_acell("A3", "theirs")
        desk.sees(3, SKU, "theirs")

        desk.page.get_by_role("button", name="Undo").click()

        expect(desk.refusal).to_contain_text("row 3 was changed by somebody since")
        desk.sees(3, SKU, "theirs")


class TestProducts:
    def test_a_product_is_made_in_the_shop_synced_and_edited(self, desk: Desk) -> None:
        page = desk.page
        page.get_by_role("button", name="New product…").click()
        form = page.get_by_role("dialog", name="New product")
        form.get_by_label("SKU").fill("YOGA")
        form.get_by_label("Title").fill("Yoga for Trainers")
        form.get_by_label("Price").fill("199.00")
        desk.check("new-product")
        form.get_by_role("button", name="Save").click()
        expect(page.locator("#products")).to_contain_text("Yoga for Trainers")
        desk.panel.press("Sync from Shopify")
        desk.panel.says("1 product added")
        row = desk.row_of(SKU, "YOGA")

        page.get_by_role("button", name="Edit product YOGA").click()
        edited = page.get_by_role("dialog", name="Edit YOGA")
        edited.get_by_label("Title").fill("Yoga for Everybody")
        edited.get_by_label("Status").select_option("DRAFT")
        edited.get_by_role("button", name="Save").click()
        expect(page.locator("#products tr", has_text="YOGA")).to_contain_text("draft")
        desk.panel.press("Sync from Shopify")
        desk.panel.says("1 updated")

        desk.sees(row, 2, "Yoga for Everybody")

    def test_a_new_product_takes_nobodys_sku(self, desk: Desk) -> None:
        desk.page.get_by_role("button", name="New product…").click()
        form = desk.page.get_by_role("dialog", name="New product")
        form.get_by_label("SKU").fill("CPTa")
        form.get_by_label("Title").fill("Another")
        form.get_by_role("button", name="Save").click()

        expect(form.get_by_role("alert")).to_contain_text("there is a product CPTa already")
        expect(form.get_by_label("Title")).to_have_value("Another")
        form.get_by_role("button", name="Cancel").click()
        expect(desk.page.locator("#products tr", has_text="CPTa")).to_contain_text("Certified Personal Trainer")


@contextmanager
def cut_off(desk: Desk) -> Iterator[None]:
    """The server cannot be reached for a while."""
    desk.panel.watched.strange[:] = []
    seen = desk.panel.watched.end()  # a browser writes calls that fail to its console
    assert not seen
    desk.page.context.set_offline(True)
    try:
        expect(desk.page.get_by_text("The server does not answer.")).to_be_visible()
        yield
    finally:
        desk.page.context.set_offline(False)
    expect(desk.page.get_by_text("The server does not answer.")).to_be_hidden()


class TestOffline:
    def test_what_is_typed_meanwhile_is_written_when_the_server_is_back(self, desk: Desk) -> None:
        with cut_off(desk):
            desk.type(9, ENTITLEMENTS, "typed offline")
            desk.type(10, ENTITLEMENTS, "this, too")
            expect(desk.refusal).to_contain_text("D9 is not written yet")
            desk.sees(10, ENTITLEMENTS, "this, too")

        rows = in_the_sheet(desk, "NPTA Catalogue")
        assert [row[ENTITLEMENTS] for row in rows[8:10]] == ["typed offline", "this, too"]
        expect(desk.refusal).to_be_empty()

    def test_what_somebody_else_wrote_meanwhile_is_kept_and_what_was_typed_is_told(self, desk: Desk) -> None:
        with cut_off(desk):
            desk.type(9, ENTITLEMENTS, "mine")
            expect(desk.refusal).to_contain_text("D9 is not written yet")
            desk.there.house.sheet.worksheet("NPTA Catalogue").update_acell("D9", "theirs")

        expect(desk.refusal).to_contain_text("D9 was changed by somebody else meanwhile. What you typed was “mine”.")
        desk.sees(9, ENTITLEMENTS, "theirs")

    def test_an_order_and_a_product_stay_in_their_forms(self, desk: Desk) -> None:
        page = desk.page
        page.get_by_label("Quantity of CPT", exact=True).fill("2")
        page.get_by_label("Customer").fill("Grace Hopper")
        with cut_off(desk):
            page.get_by_role("button", name="Place order").click()
            expect(page.locator("#order-problem")).to_contain_text("the server does not answer")
            page.get_by_role("button", name="New product…").click()
            form = page.get_by_role("dialog", name="New product")
            form.get_by_label("SKU").fill("YOGA")
            form.get_by_label("Title").fill("Yoga")
            form.get_by_role("button", name="Save").click()
            expect(form.get_by_role("alert")).to_contain_text("the server does not answer")

        form.get_by_role("button", name="Save").click()
        expect(page.locator("#products")).to_contain_text("Yoga")
        expect(page.get_by_label("Quantity of CPT", exact=True)).to_have_value("2")
        page.get_by_role("button", name="Place order").click()
        expect(page.locator("#orders > li")).to_have_count(1)
        expect(page.locator("#orders > li")).to_contain_text("Grace Hopper")
