"""The page of `make serve` in a person's hands: the spreadsheet, the control panel beside it, shop, Zap and Slack below."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from playwright.sync_api import Locator, Page, expect

from npta.local.api_keys import draw_keys
from npta.local.http_server import serve_app
from npta.local.shop.shop import LocalShop
from npta.local.slack.stand_in import serve_slack
from npta.local.workbook.page import World, fill_example, serve_page
from npta.operations.audit import audit_spreadsheet
from sheets_schema.emulator import Emulator
from sheets_schema.testing.sheets_user import SheetsUser
from tests.chromium import SCREENSHOTS, violations
from tests.npta.sidebar.stage import Panel, Stage
from tests.support import OPERATOR_KEY, House

KEYS = draw_keys()
ENVIRONMENT = {
    "SHOPIFY_WEBHOOK_SECRET": KEYS.webhook,
    "NPTA_ORDER_KEYS": KEYS.order,
    "NPTA_OPERATOR_KEYS": f"{KEYS.operator},{OPERATOR_KEY}",
}
SIZE = {"width": 1280, "height": 800}


@dataclass
class Served:
    """A page and what it stands on: `make serve` without its processes, on free ports."""

    house: House
    shop: LocalShop
    world: World
    origin: str


class Example(NamedTuple):
    """A spreadsheet with the runbook's example in it, and the stock that the shop has then: made once, copied for each test."""

    emulator: Emulator
    spreadsheet_id: str
    products: list[dict[str, object]]

    def copy(self) -> str:
        """The id of a copy of the spreadsheet."""
        return SheetsUser(self.emulator, self.spreadsheet_id).copy_file()


def make_example() -> Example:
    """Fill the example in, as the page's button does."""
    with served() as there:
        fill_example(there.world)
        products = [
            {"sku": each["sku"], "available": each["available"]}
            for each in there.shop.state()["products"]
            if each["tracked"]
        ]
        return Example(there.house.emulator, there.house.spreadsheet_id, products)


@contextmanager
def served(example: Example | None = None) -> Iterator[Served]:
    """Everything anew: spreadsheet, service, shop with the runbook's products, Slack. Audited at the end."""
    shop = LocalShop()
    shop.seed()
    with serve_slack() as slack:
        house = House(
            example.emulator if example else Emulator(),
            example.copy() if example else "",
            shop=shop,
            slack=slack,
            environment=ENVIRONMENT,
        )
        if example:
            shop.seed(example.products)
        else:
            house.provision()
        with serve_app(house.http.application) as service:
            world = World(
                service=service,
                emulator=house.emulator,
                spreadsheet_id=house.spreadsheet_id,
                shop=shop,
                slack=slack.slack,
                keys=KEYS,
                file="in memory",
            )
            with serve_page(world) as origin:
                yield Served(house, shop, world, origin)
        assert audit_spreadsheet(house.services, deadline=house.clock.deadline(30)) == []


class Desk:
    """The open page."""

    def __init__(self, page: Page, there: Served) -> None:
        self.page = page
        self.there = there
        self.panel = Panel(page, there.origin, Stage())
        expect(self.panel.find("#state-foot")).not_to_be_empty()
        self.open("NPTA Catalogue")
        self.sees(1, 0, "SKU")

    def close(self) -> None:
        """Nothing strange may have happened on the page."""
        strange = self.panel.watched.end()
        self.page.goto("about:blank")
        assert not strange, strange

    # ---- the spreadsheet

    def open(self, title: str) -> None:
        """Choose a tab."""
        self.page.locator("#tabs").get_by_role("button", name=re.compile(rf"^{title}\b")).click()
        expect(self.page.get_by_role("grid", name=title, exact=True)).to_be_visible()

    def cell(self, row: int, column: int) -> Locator:
        """A cell; rows are counted from 1 as at their left, columns from 0."""
        return self.page.locator(f"#grid tbody tr[aria-rowindex='{row}'] td").nth(column)

    def sees(self, row: int, column: int, text: str) -> None:
        """Wait until a cell shows this."""
        expect(self.cell(row, column)).to_have_text(text)

    def rows(self) -> list[list[str]]:
        """The filled rows of the tab that is open, with its header."""
        shown: list[list[str]] = self.page.evaluate(
            "[...document.querySelectorAll('#grid tbody tr')].map((row) => [...row.cells].slice(1).map((cell) => cell.textContent))"
        )
        return [row for row in shown if any(row)]

    def sees_row(self, *cells: str) -> None:
        """Wait until the open tab has a row that begins so."""
        row = self.page.locator("#grid tbody tr")
        pattern = re.compile(r"^\d+" + "".join(re.escape(cell) for cell in cells))
        expect(row.filter(has_text=pattern)).to_have_count(1)

    def row_of(self, column: int, text: str) -> int:
        """Wait until a row has this text in a column; its number."""
        found: int = self.page.wait_for_function(
            """([column, text]) => Number([...document.querySelectorAll('#grid tbody tr')]
                .find((row) => row.cells[column + 1]?.textContent === text)?.cells[0].textContent)""",
            arg=[column, text],
        ).json_value()
        return found

    def type(self, row: int, column: int, text: str) -> None:
        """Click on a cell, type, and press Enter."""
        self.cell(row, column).click()
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")

    def paste(self, row: int, column: int, lines: Sequence[Sequence[str]]) -> None:
        """Copy in another spreadsheet, paste here."""
        self.page.evaluate(
            "(text) => navigator.clipboard.writeText(text)", "\n".join("\t".join(line) for line in lines)
        )
        self.cell(row, column).click()
        self.page.keyboard.press("Control+V")

    @property
    def refusal(self) -> Locator:
        """What the Sheets API had against the last change."""
        return self.page.locator("#refusal")

    # ---- shop and Zap

    def order(self, customer: str, *lines: tuple[str, int], oversell: bool = False, mail_fails: bool = False) -> str:
        """A customer buys, and Zapier hears of it; the order's id."""
        before = self.page.locator("#orders > li").count()
        for sku, count in lines:
            self.page.get_by_label(f"Quantity of {sku}", exact=True).fill(str(count))
        form = self.page.locator("#order-form")
        form.get_by_label("Customer").fill(customer)
        form.get_by_label("E-mail").fill(f"{customer.split(maxsplit=1)[0].lower()}@example.com")
        form.get_by_label("sell what is out of stock").set_checked(oversell)
        form.get_by_label("let the mail fail").set_checked(mail_fails)
        form.get_by_role("button", name="Place order").click()
        expect(self.page.locator("#orders > li")).to_have_count(before + 1)
        return self.page.locator("#orders > li code").first.inner_text()

    def story(self, order_id: str) -> Locator:
        """What is shown of an order."""
        return self.page.locator("#orders > li").filter(has_text=order_id)

    def rerun(self, order_id: str) -> None:
        """Press “Re-run this Zap”."""
        self.story(order_id).get_by_role("button", name="Re-run this Zap").click()

    def answered(self, order_id: str, told: str) -> None:
        """Wait until the service's answer reads like this."""
        expect(self.story(order_id).locator(".status")).to_have_text(told)

    def keys(self, order_id: str) -> list[str]:
        """The key codes of the last answer."""
        return self.story(order_id).locator(".keys code").all_inner_texts()

    # ---- Slack

    def slack(self, *texts: str) -> Locator:
        """Wait for a message, or its thread, that has all of this in it; newest first if there are several."""
        found = self.page.locator("#messages > li")
        for text in texts:
            found = found.filter(has_text=text)
        expect(found.first).to_be_visible()
        return found.first

    # ----

    def check(self, shot: str, window: dict[str, int] = SIZE) -> None:
        """What every state must be: within the window, without errors, accessible. Keeps a picture of it."""
        size = self.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
        assert size[0] <= window["width"]
        assert size[1] <= window["height"]
        wrong = [*violations(self.page.main_frame), *self.panel.watched.strange]
        assert not wrong, wrong
        self.page.screenshot(path=SCREENSHOTS / f"workbook-{shot}.png", animations="disabled")
