"""The pictures of the documents, taken anew: `make screenshots`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.chromium import ONE_PROCESS, executable, new_tab
from tests.npta.local.desk import SIZE, Desk, make_example, served

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
HUGE = {"width": 1720, "height": 1180}
"""A window in which the Dashboard is seen whole."""


def _work(desk: Desk) -> None:
    """Let some days' work be done in an hour: orders of every outcome, and a mail that did not go out."""
    for customer, *lines in (
        ("Ada Lovelace", ("CPTa", 1)),
        ("Emmy Noether", ("CNC", 1), ("CPT", 1)),
        ("Mary Somerville", ("NSTB", 1)),
    ):
        desk.answered(desk.order(customer, *lines), "200 fulfilled")
    desk.answered(desk.order("Grace Hopper", ("CPT", 1), mail_fails=True), "200 fulfilled")
    desk.answered(desk.order("Katherine Johnson", ("CAREER", 1), oversell=True), "422 failed")
    desk.panel.press("Refresh Inventory")
    desk.panel.says("agree")


def _ready(desk: Desk, tab: str) -> Page:
    desk.open(tab)
    desk.page.wait_for_function("document.querySelector('#grid tbody td').style.fontWeight === 'bold'")
    return desk.page


def _page(desk: Desk, file: Path) -> None:
    _ready(desk, "NPTA Catalogue").screenshot(path=file, animations="disabled")


def _sheet(desk: Desk, file: Path) -> None:
    _ready(desk, "Order List").locator("#workbook").screenshot(path=file, animations="disabled")


def _dashboard(desk: Desk, file: Path) -> None:
    desk.page.set_viewport_size(HUGE)  # type: ignore[arg-type]  # a TypedDict of the same names
    _ready(desk, "Dashboard")
    expect(desk.page.locator(".charts canvas")).to_have_count(4)
    desk.page.locator("#workbook").screenshot(path=file, animations="disabled")
    desk.page.set_viewport_size(SIZE)  # type: ignore[arg-type]  # a TypedDict of the same names


def _panel(desk: Desk, file: Path) -> None:
    desk.panel.press("Release Keys")
    desk.page.locator("#sidebar").screenshot(path=file, animations="disabled")


def _slack(desk: Desk, file: Path) -> None:
    desk.slack("Fulfillment Failed", "Katherine Johnson")
    desk.page.locator("section.pane:has(#slack-title)").screenshot(path=file, animations="disabled")


TAKEN: dict[str, Callable[[Desk, Path], None]] = {
    "page.png": _page,
    "sheet.png": _sheet,
    "dashboard.png": _dashboard,
    "slack.png": _slack,
    "panel.png": _panel,
}


def take(browser: Browser, folder: Path) -> Iterator[Path]:
    """Take every picture of the page of `make serve`, in the state after a day's work with the runbook's example."""
    with served(make_example()) as there, new_tab(browser, viewport=SIZE) as tab:
        desk = Desk(tab, there)
        _work(desk)
        for name, picture in TAKEN.items():
            picture(desk, folder / name)
            yield folder / name
        desk.close()


def _main() -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable() or None, args=[ONE_PROCESS])
        for file in take(browser, PICTURES):
            print(f"{file} was taken anew")  # noqa: T201 — what a command says
        browser.close()


if __name__ == "__main__":
    _main()
