"""A house with everything in it: spreadsheet, shop, Slack."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from npta.local.shop.shop import LocalShop
from npta.local.slack.stand_in import serve_slack
from tests.support import House


@pytest.fixture
def npta() -> Iterator[House]:
    """The service in mode LIVE with the runbook's shop and a Slack channel; audited when the test is over."""
    shop = LocalShop()
    shop.seed()
    with serve_slack() as slack:
        house = House(shop=shop, slack=slack).provision()
        yield house
        house.end()
