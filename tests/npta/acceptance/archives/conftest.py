"""A house with an archive, in which even a single order is worth a portion."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from npta.domain.state import order_positions
from npta.operations.archiving import move_orders
from tests.npta.acceptance.steps import Watch, opened
from tests.npta.acceptance.test_refunds import SECRET
from tests.support import House


@pytest.fixture(autouse=True)
def _small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(move_orders, "MIN_PORTION", 1)
    monkeypatch.setattr(order_positions, "LISTED", 1)


@pytest.fixture
def watch() -> Watch:
    """The clock of the house."""
    return Watch()


@pytest.fixture
def house(watch: Watch) -> Iterator[House]:
    """The service with one archive and the runbook's catalogue and keys; audited when the test is over."""
    with watch.npta(NPTA_ARCHIVES="1", SHOPIFY_WEBHOOK_SECRET=SECRET) as house:
        house.services.spreadsheet.provision(house.clock.deadline(60))
        yield opened(house)
