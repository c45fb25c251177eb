"""A short storm: orders leave and come back while any call may meet a fault; `python -m tests.npta.storm_of_archives` has long ones."""

from __future__ import annotations

import pytest

from tests.npta.storm_of_archives import Storm


@pytest.mark.row("X26")
def test_every_promise_is_kept_while_orders_leave_and_come_back_in_bad_weather() -> None:
    storm = Storm(seed=7).run(8.0)

    assert storm.broken == []
    assert storm.done["orders that left"] > 0, storm.done
    assert storm.done["commits that met a fault"] > 0, storm.done
