"""Somebody without a mouse before the page of `make serve`: Tab, arrows, letters, Space and Enter, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from playwright.sync_api import Locator, expect

from tests.npta.local.desk import Desk

TABS = 250
"""More stops than the page has; who has not come by until then cannot be reached."""


class Keyboard:
    """Goes to parts of the page as the browser lets one. Locators are only asked whether they have the focus."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._keys = desk.page.keyboard

    def reach(self, part: Locator) -> None:
        """Press Tab until it is there."""
        expect(part).to_be_visible()
        for _ in range(TABS):
            if part.evaluate("(each) => each === each.ownerDocument.activeElement && each.ownerDocument.hasFocus()"):
                return
            self._keys.press("Tab")
        raise AssertionError(f"Tab does not reach {part}")

    def press(self, part: Locator) -> None:
        """Go to a button and press it."""
        self.reach(part)
        self._keys.press("Enter")

    def fill(self, part: Locator, text: str) -> None:
        """Go to a field and type over what it holds."""
        self.reach(part)
        self._keys.press("Control+A")
        self._keys.type(text)

    def tick(self, part: Locator) -> None:
        """Go to a check box and set it."""
        self.reach(part)
        self._keys.press("Space")
        expect(part).to_be_checked()

    # ---- the spreadsheet

    def open(self, title: str) -> None:
        """Choose a tab of the spreadsheet."""
        self.press(self.desk.page.locator("#tabs").get_by_role("button", name=title))
        expect(self.desk.page.get_by_role("grid", name=title, exact=True)).to_be_visible()

    def cell(self, row: int, column: int) -> None:
        """Go to a cell: Tab to the table, arrows within it."""
        self.reach(self.desk.page.locator("#grid td[tabindex='0']"))
        self._keys.press("Control+Home")
        for _ in range(row - 1):
            self._keys.press("ArrowDown")
        for _ in range(column):
            self._keys.press("ArrowRight")
        expect(self.desk.cell(row, column)).to_be_focused()

    def type(self, row: int, column: int, text: str) -> None:
        """Type into a cell."""
        self.cell(row, column)
        self._keys.type(text)
        self._keys.press("Enter")
        self.desk.sees(row, column, text)

    def paste(self, row: int, column: int, lines: Sequence[Sequence[str]]) -> None:
        """Paste what another spreadsheet has copied."""
        copied = "\n".join("\t".join(line) for line in lines)
        self.desk.page.evaluate("(text) => navigator.clipboard.writeText(text)", copied)
        self.cell(row, column)
        self._keys.press("Control+V")

    # ---- the panel

    def panel(self, name: str) -> None:
        """Press a button of the panel, opening the part that it is in."""
        panel = self.desk.panel
        if not panel.button(name).is_visible():
            self.press(panel.find("#advanced summary"))
        self.press(panel.button(name))

    def answer(self, order_id: str, submit: str) -> None:
        """Answer the panel's question for an order."""
        self.fill(self.desk.panel.find("#work input[type=text]").first, order_id)
        self.press(self.desk.panel.find("#work").get_by_role("button", name=submit, exact=True))

    # ---- the shop

    def order(self, customer: str, sku: str, *, oversell: bool = False) -> str:
        """Order one of a product; the order's id."""
        page = self.desk.page
        before = page.locator("#orders > li").count()
        form = page.locator("#order-form")
        self.fill(page.get_by_label(f"Quantity of {sku}", exact=True), "1")
        self.fill(form.get_by_label("Customer"), customer)
        if oversell:
            self.tick(form.get_by_label("sell what is out of stock"))
        self.press(form.get_by_role("button", name="Place order"))
        expect(page.locator("#orders > li")).to_have_count(before + 1)
        return page.locator("#orders > li code").first.inner_text()

    def story(self, order_id: str, name: str) -> None:
        """Press a button beside an order."""
        self.press(self.desk.story(order_id).get_by_role("button", name=name))
