"""A page, a tab of the browser, and a person before it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.chromium import new_tab
from tests.npta.local.desk import SIZE, Desk, Example, Served, make_example, served


@pytest.fixture(scope="session")
def wide_tab(chromium: Browser) -> Iterator[Page]:
    """One tab for the session; each test loads its page anew."""
    with new_tab(chromium, viewport=SIZE, permissions=["clipboard-read", "clipboard-write"]) as page:
        yield page


@pytest.fixture
def there() -> Iterator[Served]:
    """A page that nobody has open, before an empty spreadsheet."""
    with served() as there:
        yield there


@pytest.fixture(scope="session")
def example() -> Example:
    """The runbook's example, to be copied."""
    return make_example()


@pytest.fixture
def filled(example: Example) -> Iterator[Served]:
    """A page that nobody has open, before the runbook's example."""
    with served(example) as there:
        yield there


@pytest.fixture
def empty_desk(wide_tab: Page, there: Served) -> Iterator[Desk]:
    """The page with nothing in it."""
    desk = Desk(wide_tab, there)
    yield desk
    desk.close()


@pytest.fixture
def desk(wide_tab: Page, filled: Served) -> Iterator[Desk]:
    """The page with the runbook's example in it."""
    desk = Desk(wide_tab, filled)
    yield desk
    desk.close()
