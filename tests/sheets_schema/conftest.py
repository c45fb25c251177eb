"""Fixtures of the library's tests."""

from __future__ import annotations

import pytest

from tests.sheets_schema.bank import Bank


@pytest.fixture
def empty_bank() -> Bank:
    """An empty spreadsheet."""
    return Bank()


@pytest.fixture
def bank() -> Bank:
    """A spreadsheet that is set up."""
    return Bank().provision()
