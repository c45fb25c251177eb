"""`--follow` beside a service that commits all the time: how often it reads, and that it never writes to the spreadsheet."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sheets_schema import Database
from sheets_schema.advanced import EMBEDDED, Client
from sheets_schema.emulator import connect
from sheets_schema.replicate import run
from tests.sheets_schema.bank import Time
from tests.sheets_schema.replicate.shop import IDS, Shop

MINUTES = 10


class Ended(Exception):
    """Enough."""


def follow(shop: Shop, seconds: float, *, faults: dict[float, str]) -> tuple[list[float], list[str]]:
    """Follow for ten minutes while the service commits at every pause; when it has read, and what it has said."""
    reads: list[float] = []
    time, said = Time(), list[str]()
    start = time.seconds
    waiting = dict(faults)

    def sleep(duration: float) -> None:
        shop.sell(2)  # the service is another process
        for moment in [each for each in waiting if each <= time.seconds - start]:
            shop.emulator.faults.add(waiting.pop(moment), path="values:batchGet", seconds=120.0)
        time.sleep(duration)
        if time.seconds - start > MINUTES * 60:
            raise KeyboardInterrupt

    clock = replace(time.clock(IDS), sleep=sleep)
    client = Client(
        shop.spreadsheet_id,
        session=connect(shop.emulator),
        clock=clock,
        on_call=lambda call: reads.append(time.seconds) if call.kind == "read" else pytest.fail("it has written"),
    )
    db = Database(client, shop.schema, timing=EMBEDDED)
    assert run(db, shop.url, follow=seconds, say=said.append, progress=said.append) == 0
    return reads, said


def busiest_minute(moments: list[float]) -> int:
    """The most calls in any sixty seconds."""
    return max(sum(1 for each in moments if start <= each < start + 60) for start in moments)


@pytest.mark.parametrize("seconds", [0.0, 1.0, 10.0, 45.0])
def test_beside_a_service_that_commits_all_the_time_it_reads_six_times_a_minute_at_most(
    tmp_path: Path, seconds: float
) -> None:
    shop = Shop(f"sqlite:///{tmp_path / 'copy.db'}")
    before = shop.db.client.writes
    reads, said = follow(shop, seconds, faults={})
    assert busiest_minute(reads) <= 6
    assert len(reads) >= MINUTES * 60 / max(seconds, 10)  # and it does follow
    assert sum("rows copied" in line for line in said) > MINUTES
    # Each of the service's commits is one write: nobody has disputed the lock with it.
    with shop.db.read() as tx:
        assert shop.db.client.writes - before == tx.version
    shop.copy()
    assert shop.differences() == {}


def test_when_answers_fail_it_goes_on_and_keeps_to_six_reads_a_minute(tmp_path: Path) -> None:
    shop = Shop(f"sqlite:///{tmp_path / 'copy.db'}")
    kinds = ["stale_read", "error_500", "refuse_429", "reset_before", "stale_read", "error_503_html_after"]
    reads, said = follow(shop, 10.0, faults={60.0 * place: kind for place, kind in enumerate(kinds, 1)})
    assert busiest_minute(reads) <= 6
    assert "rows copied" in said[-1]
    shop.copy()
    assert shop.differences() == {}


def test_a_database_that_goes_away_is_told_and_awaited(tmp_path: Path) -> None:
    folder = tmp_path / "away"
    shop = Shop(f"sqlite:///{folder / 'copy.db'}")
    told: list[str] = []

    def sleep(_seconds: float) -> None:
        if folder.exists():
            raise KeyboardInterrupt
        if any("cannot be used now" in line for line in told):
            folder.mkdir()

    time = Time()
    client = Client(shop.spreadsheet_id, session=connect(shop.emulator), clock=replace(time.clock(IDS), sleep=sleep))
    db = Database(client, shop.schema, timing=EMBEDDED)
    assert run(db, shop.url, follow=10, say=told.append, progress=told.append) == 0
    assert "Trying again in 10 seconds." in told[0]
    assert shop.differences() == {}
