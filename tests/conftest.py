"""Fixtures that many tests share."""

from __future__ import annotations

import pytest

from tests.support import House


@pytest.fixture
def house() -> House:
    """The service on a fresh emulated spreadsheet, in mode LIVE."""
    return House().provision()
