"""A house with shop and Slack, in which time can be moved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from npta.local.shop.shop import LocalShop
from npta.local.slack.stand_in import serve_slack
from sheets_schema import Clock
from tests.support import House

POOLS = (("NASM", "CPT", "combined"), ("NASM", "CPT", "exam"), ("NCSF", "STS", "combined"))


@dataclass
class Time:
    """A clock that people can set forward; what waits on it waits as ever."""

    ahead: timedelta = timedelta()

    def later(self, **by: float) -> None:
        self.ahead += timedelta(**by)

    def clock(self) -> Clock:
        return Clock(now=lambda: datetime.now(UTC) + self.ahead)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def open_house(time: Time) -> Iterator[House]:
    """Shop, Slack and spreadsheet, with three published products and nine seats of each pool; audited afterwards."""
    clock = time.clock()
    shop = LocalShop(clock)
    shop.seed(
        {"sku": sku, "title": f"Course {sku}", "tags": ["provider:nasm"], "type": "Certification", "available": 0}
        for sku in ("CPTa", "CPT", "NSTB")
    )
    with serve_slack() as slack:
        house = House(clock=clock, shop=shop, slack=slack, environment={"NPTA_SUPPORT_CONTACT": "help@npta.example"})
        house.provision()
        house.products(("CPTa", "NASM-CPT-FULL"), ("CPT", "NASM-CPT-EXAM"), ("NSTB", "NASM-CPT-FULL,NCSF-STS-FULL"))
        house.keys(*(("CANADA", *pool, f"EX-{'-'.join(pool)}", 9) for pool in POOLS))
        house.call("POST", "/outbox/flush")
        yield house
        house.end()


def texts(house: House) -> list[str]:
    """The alerts in the channel."""
    assert house.slack
    return [str(message["text"]) for message in house.slack.slack.messages]


def lines(house: House) -> str:
    """Everything that stands in the newest alert."""
    assert house.slack
    return str(house.slack.slack.messages[-1]["blocks"])
