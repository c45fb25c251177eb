"""The catalogue's computed columns follow, and are never in the way of an order."""

from __future__ import annotations

import time
from typing import Any

from tests.support import House, catalogue_cell


def available(house: House) -> Any:
    return house.rows("NPTA Catalogue")[0]["available"]


def stocked(house: House) -> House:
    house.products(("CPTa", "NASM-CPT-FULL"))
    house.keys(["CANADA", "NASM", "CPT", "combined", "EX-1", 15])
    return house


def test_the_first_order_is_followed_at_once_and_the_next_ones_by_a_later_request(house: House) -> None:
    stocked(house)

    house.order("1", ("CPTa", 1))
    assert available(house) == 14
    house.order("2", ("CPTa", 1))
    assert available(house) == 14
    house.services.refreshing.last = float("-inf")
    house.call("GET", "/orders/1")
    assert available(house) == 13


def test_the_scheduler_brings_it_up_to_date_at_once(house: House) -> None:
    stocked(house)
    house.order("1", ("CPTa", 1))
    house.order("2", ("CPTa", 1))

    assert house.call("POST", "/outbox/flush").json["catalogue_refreshed"] is True  # type: ignore[index]  # JSON it is

    assert available(house) == 13


def test_a_spreadsheet_that_hangs_after_the_commit_keeps_the_answer_waiting_for_seconds_only(house: House) -> None:
    stocked(house)
    house.emulator.faults.add("hang", path=":batchUpdate", after=1, count=None)

    began = time.monotonic()
    answer = house.order("1", ("CPTa", 1))

    assert answer["http"] == 200
    assert time.monotonic() - began < 8
    house.emulator.faults.clear()
    house.services.refreshing.last = float("-inf")
    house.order("1", ("CPTa", 1))
    assert available(house) == 14


def test_a_catalogue_whose_header_was_renamed_stops_no_order(house: House) -> None:
    stocked(house)
    house.sheet.worksheet("NPTA Catalogue").update([["stock"]], catalogue_cell("available", 1), raw=True)

    assert house.order("1", ("CPTa", 1))["http"] == 200
    house.sheet.worksheet("NPTA Catalogue").update([["available"]], catalogue_cell("available", 1), raw=True)
    house.services.refreshing.last = float("-inf")
    house.order("1", ("CPTa", 1))
    assert available(house) == 14
