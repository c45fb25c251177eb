"""Fixtures of the library's tests."""

from __future__ import annotations

import pytest

from tests.sheets_schema.bank import Bank


@pytest.fixture
def empty_bank() -> Bank:
    """An empty spreadsheet."""
    return Bank()


@pytest.fixture(scope="package")
def provisioned() -> Bank:
    """The one that the others are copied from."""
    return Bank().provision()


@pytest.fixture
def bank(provisioned: Bank) -> Bank:
    """A spreadsheet that is set up."""
    return provisioned.copy()
