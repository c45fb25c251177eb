"""Random sequences of what customers, people and Shopify do, held against the model."""

from __future__ import annotations

import os

import pytest

from npta.operations.audit import audit_spreadsheet
from tests.npta.sequences.crowd import Crowd
from tests.npta.sequences.webhooks import SECRET
from tests.support import House

SEQUENCES, IN_A_BATCH, ROUNDS = (5_000 if os.environ.get("TORTURE") else 300), 25, 5


@pytest.mark.parametrize("batch", range(SEQUENCES // IN_A_BATCH))
def test_the_service_does_what_the_model_says(batch: int) -> None:
    house = House(environment={"SHOPIFY_WEBHOOK_SECRET": SECRET, "NPTA_LOW_STOCK": "0"}).provision()
    crowd = Crowd(house, range(batch * IN_A_BATCH, (batch + 1) * IN_A_BATCH))
    crowd.begin()
    for _ in range(ROUNDS):
        crowd.round()
    crowd.end()
    assert audit_spreadsheet(house.services, deadline=house.clock.deadline(60)) == []
