"""A real browser for tests: where it is, and what is demanded of every page it shows.

`tests/npta/conftest.py` has it for all tests of the service: a second one in a session cannot be started. Its tests join
the group CHROMIUM, so that one browser runs at a time.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Frame, Page, expect, sync_playwright

from tests.npm import packages

CHROMIUM = pytest.mark.xdist_group("chromium")
SCREENSHOTS = Path(__file__).parents[1] / "build" / "screenshots"
ONE_PROCESS = "--disable-features=IsolateSandboxedIframes"
"""A sandboxed frame in a process of its own costs a third more time, and nothing here tests Chromium's walls."""
WAIT = 30_000
"""Milliseconds after which what should appear has not; a right page takes a few, a busy machine some more."""


def executable() -> str:
    """Chromium's path; empty if there is none."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or ""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for the whole session; the tests that need it are skipped where there is none."""
    path = executable()
    if not path:
        pytest.skip("Chromium is missing: apt-get install chromium")
    expect.set_options(timeout=WAIT)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[ONE_PROCESS])
        yield browser
        browser.close()


@contextmanager
def new_tab(browser: Browser, **options: Any) -> Iterator[Page]:
    """A tab in a browser profile of its own; one for many tests, since a tab is processes and costs most of a second."""
    context = browser.new_context(**{"viewport": {"width": 640, "height": 900}, "locale": "en-CA", **options})
    context.set_default_timeout(WAIT)
    yield context.new_page()
    context.close()


class Watched:
    """Keeps what a page says that it should not: console errors, exceptions, requests that leave this machine."""

    def __init__(self, page: Page) -> None:
        self.strange: list[str] = []
        self._page = page
        self._listeners: dict[str, Callable[[Any], None]] = {
            "console": self._console,
            "pageerror": lambda error: self.strange.append(f"uncaught: {error}"),
            "requestfailed": lambda request: self.strange.append(f"failed: {request.url}"),
            "request": lambda request: self._local(request.url),
        }
        for event, listener in self._listeners.items():
            page.on(event, listener)  # type: ignore[call-overload]  # an overload for each name

    def end(self) -> list[str]:
        """Watch no longer; what was strange until now."""
        for event, listener in self._listeners.items():
            self._page.remove_listener(event, listener)
        return self.strange

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.strange.append(f"{message.type}: {message.text}")

    def _local(self, url: str) -> None:
        if not url.startswith(("http://127.0.0.1:", "data:", "about:", "blob:")):
            self.strange.append(f"leaves this machine: {url}")


def violations(frame: Frame) -> list[str]:
    """What axe-core finds wrong with what a frame shows, without the frames in it: rule and element."""
    if not frame.evaluate("'axe' in window"):
        frame.evaluate((packages() / "axe-core" / "axe.min.js").read_text())
    found: list[dict[str, Any]] = frame.evaluate(
        "axe.run({iframes: false, resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
        ".then((found) => found.violations)"
    )
    return [f"{each['id']}: {each['help']} ({each['nodes'][0]['html'][:120]})" for each in found]
