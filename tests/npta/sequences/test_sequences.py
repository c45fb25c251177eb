"""Random sequences of what customers, people and Shopify do, held against the model."""

from __future__ import annotations

import os

import pytest

from tests.npta.sequences.world import World
from tests.support import House

BATCHES, IN_A_BATCH, STEPS = 2, 25, 20
MORE = 102
"""How many times as many `make torture` goes through: 5,100 sequences."""


@pytest.mark.parametrize("batch", range(BATCHES * (MORE if os.environ.get("TORTURE") else 1)))
def test_the_service_does_what_the_model_says(house: House, batch: int) -> None:
    for number in range(IN_A_BATCH):
        world = World(house, number, seed=batch * IN_A_BATCH + number)
        world.begin()
        world.steps(STEPS)
        if world.model.mode != "LIVE":
            world.act_mode()
