"""A browser, a server and a panel for the tests of the sidebar."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.chromium import chromium
from tests.npta.sidebar.stage import Panel, Stage, running_stage
from tests.support import House

__all__ = ["chromium"]


@pytest.fixture(scope="session")
def served(chromium: Browser) -> Iterator[tuple[Stage, str]]:
    """One server for the session."""
    with running_stage() as stage_and_origin:
        yield stage_and_origin


@pytest.fixture
def stage(served: tuple[Stage, str], house: House) -> Stage:
    """The server with a fresh service behind it."""
    stage, _ = served
    stage.reset(house)
    return stage


@pytest.fixture
def panel(chromium: Browser, served: tuple[Stage, str], stage: Stage) -> Iterator[Panel]:
    """A sheet's page; `open()` opens the panel in it. Nothing strange may have happened on it by the end."""
    panel = Panel(chromium, served[1], stage)
    yield panel
    stage.held.set()
    strange = list(panel.watched.strange)
    panel.context.close()
    assert strange == []
