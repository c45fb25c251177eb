"""OFF, TEST and LIVE."""

from __future__ import annotations

import pytest

from npta.domain.orders.eligibility import Mode
from npta.errors import BadRequestError
from npta.operations.mode import change_mode
from tests.support import House


def test_a_go_live_time_in_any_zone_is_kept_as_utc(house: House) -> None:
    changed = change_mode(
        house.services,
        Mode.LIVE,
        who="test",
        deadline=house.clock.deadline(10),
        go_live_at="2026-11-23T08:00:00.5-05:00",
    )

    assert changed.go_live_at == "2026-11-23T13:00:00Z"
    assert {row["name"]: row["value"] for row in house.rows("Control")}["go_live_at"] == "2026-11-23T13:00:00Z"


def test_a_go_live_time_that_is_none_is_refused_and_nothing_changes(house: House) -> None:
    before = house.rows("Control")

    with pytest.raises(BadRequestError, match="go_live_at"):
        change_mode(house.services, Mode.LIVE, who="test", deadline=house.clock.deadline(10), go_live_at="soon")

    assert house.rows("Control") == before


def test_test_mode_needs_a_test_recipient() -> None:
    house = House(environment={"NPTA_TEST_RECIPIENT": ""}).provision()

    with pytest.raises(BadRequestError, match="NPTA_TEST_RECIPIENT"):
        change_mode(house.services, Mode.TEST, who="test", deadline=house.clock.deadline(10))


def test_entering_live_notes_the_moment_and_leaving_it_forgets_it(house: House) -> None:
    deadline = house.clock.deadline(10)

    off = change_mode(house.services, Mode.OFF, who="test", deadline=deadline)
    live = change_mode(house.services, Mode.LIVE, who="test", deadline=deadline)
    again = change_mode(house.services, Mode.LIVE, who="test", deadline=deadline)

    assert (off.before, off.go_live_at) == (Mode.LIVE, "")
    assert live.go_live_at.startswith(house.services.now()[:10])
    assert again.go_live_at == live.go_live_at
    assert [row["operation"] for row in house.rows("Commit Log")][-2:] == ["mode OFF", "mode LIVE"]
