"""What the service asks of Google, counted: quotas are per minute, whatever a call holds."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from npta.operations.audit import audit_spreadsheet
from sheets_schema.advanced import Timing
from tests.npta.acceptance.steps import pools
from tests.support import Cell, House

SEATS: list[Cell] = ["CANADA", "NASM", "CPT", "combined", "EX-1", 100]


def waits_for(house: House, orders: int) -> Any:
    """An action that goes on once so many orders stand in the queue."""

    def wait() -> None:
        for _ in range(6000):
            if house.services.spreadsheet.waiting == orders:
                return
            time.sleep(0.01)

    return wait


@pytest.mark.row("X9", "A1")
def test_a_commit_while_the_lock_is_ours_costs_one_call_however_many_orders_it_holds() -> None:
    house = House(
        timing=Timing(confirmation_delay=0.0, max_hold=600.0, renew_deadline=600.0, lease_duration=1200.0)
    ).provision()
    house.products(("CPTa", "NASM-CPT-FULL"))
    house.keys(SEATS)
    house.services.refreshing.last = float("inf")
    house.emulator.faults.add("person_edits", path="values:batchGet", action=waits_for(house, 11))
    calls = house.emulator.calls
    calls.reset()

    with ThreadPoolExecutor(12) as callers:
        answers = list(callers.map(lambda number: house.order(str(number), ("CPTa", 1)), range(12)))

    assert {answer["http"] for answer in answers} == {200}
    assert (calls.reads, calls.writes) == (2, 2), "first: read, commit, read back; all others: one commit"
    assert pools(house)["NASM CPT combined"] == (12, 88)
    assert len({row["commit"] for row in house.rows("Orders")}) == 2
    assert audit_spreadsheet(house.services, deadline=house.clock.deadline(30)) == []
