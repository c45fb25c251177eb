"""Fixtures of the tests of looks."""

from __future__ import annotations

import pytest

from tests.sheets_schema.bank import Bank
from tests.sheets_schema.provisioning.looking import steps


@pytest.fixture
def formatted(bank: Bank) -> Bank:
    """A spreadsheet with the two tabs of `looking.py` in it."""
    assert steps(bank) == ["add tab “Stock”", "add tab “Totals”"]
    return bank
