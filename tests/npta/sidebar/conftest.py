"""A browser, a server and a panel for the tests of the sidebar."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.chromium import new_tab
from tests.npta.sidebar.stage import STATUS, Panel, Stage, answer, running_stage
from tests.support import House


@pytest.fixture(scope="session")
def served(chromium: Browser) -> Iterator[tuple[Stage, str]]:
    """One server for the session."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with running_stage() as stage_and_origin:
        yield stage_and_origin


@pytest.fixture(scope="session")
def tab(chromium: Browser) -> Iterator[Page]:
    """One tab for the session; each test loads its page anew."""
    with new_tab(chromium) as page:
        yield page


@pytest.fixture
def stage(served: tuple[Stage, str], house: House) -> Stage:
    """The server with a fresh service behind it."""
    stage, _ = served
    stage.reset(house)
    return stage


@pytest.fixture
def panel(tab: Page, served: tuple[Stage, str], stage: Stage) -> Iterator[Panel]:
    """A sheet's page; `open()` opens the panel in it."""
    panel = Panel(tab, served[1], stage)
    yield panel
    panel.close()


@pytest.fixture(scope="session")
def unasked() -> House:
    """A service for tests that script every answer."""
    return House()


@pytest.fixture
def scripted(tab: Page, served: tuple[Stage, str], unasked: House) -> Iterator[Panel]:
    """A sheet's page before scripted answers only."""
    stage, origin = served
    stage.reset(unasked)
    stage.scripted["GET", "/status"] = answer(STATUS)
    panel = Panel(tab, origin, stage)
    yield panel
    panel.close()
