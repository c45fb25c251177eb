"""Back-off: exponential, with full jitter."""

from __future__ import annotations

import pytest

from sheets_schema import Clock

LONGEST = [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 8.0, 8.0]


@pytest.mark.parametrize(("random", "part"), [(0.0, 0.0), (0.5, 0.5), (1.0, 1.0)])
def test_each_try_waits_somewhere_between_at_once_and_twice_as_long_as_the_one_before(
    random: float, part: float
) -> None:
    clock = Clock(random=lambda: random)
    assert [clock.jitter(attempt) for attempt in range(8)] == pytest.approx([part * each for each in LONGEST])


def test_the_first_and_the_longest_pause_can_be_set() -> None:
    clock = Clock(random=lambda: 1.0)
    assert [clock.jitter(attempt, first=2.0, most=5.0) for attempt in range(3)] == [2.0, 4.0, 5.0]


def test_no_number_of_tries_is_too_many() -> None:
    assert Clock(random=lambda: 1.0).jitter(100_000) == 8.0


def test_two_clocks_do_not_wait_alike() -> None:
    assert len({Clock().jitter(0) for _ in range(20)}) > 1
