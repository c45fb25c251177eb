"""The shop whose ledgers are copied."""

from __future__ import annotations

import pytest

from tests.sheets_schema.replicate.shop import Shop


@pytest.fixture
def shop(sql_url: str) -> Shop:
    """A shop with an empty database for its copy."""
    return Shop(sql_url)
