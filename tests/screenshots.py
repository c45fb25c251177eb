"""The pictures of the documents, taken anew: `make screenshots`."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect, sync_playwright

from tests.chromium import ONE_PROCESS, executable, new_tab
from tests.npta.local.desk import SIZE, Desk, make_example, served

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"


def page_with_an_order(file: Path) -> None:
    """Take the page of `make serve` with the runbook's example, right after an order was served."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable() or None, args=[ONE_PROCESS])
        with served(make_example()) as there, new_tab(browser, viewport=SIZE) as tab:
            desk = Desk(tab, there)
            order_id = desk.order("Ada Lovelace", ("NSTB", 1))
            desk.answered(order_id, "200 fulfilled")
            desk.open("Key Inventory")
            desk.panel.find("#refresh-status").click()
            expect(desk.panel.find("#refresh-status")).to_be_enabled()
            expect(desk.panel.find("body")).not_to_contain_text("(1 left)")
            tab.screenshot(path=file, animations="disabled")
            desk.close()
        browser.close()


if __name__ == "__main__":
    PICTURES.mkdir(parents=True, exist_ok=True)
    page_with_an_order(PICTURES / "page.png")
    print(f"{PICTURES / 'page.png'} was taken anew")  # noqa: T201 — what a command says
