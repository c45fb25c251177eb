"""The quota: never more calls in sixty seconds than are granted, and nobody waits in vain."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheets_schema import Clock, UnavailableError
from sheets_schema.engine.rate_limiter import WINDOW, RateLimiter


@dataclass
class Time:
    """A clock that sleeping moves."""

    now: float = 0.0
    slept: list[float] = field(default_factory=list)

    @property
    def clock(self) -> Clock:
        return Clock(monotonic=lambda: self.now, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@given(st.lists(st.floats(0, 40), min_size=1, max_size=60), st.integers(1, 6))
def test_no_sixty_seconds_hold_more_calls_than_granted(pauses: list[float], granted: int) -> None:
    time, calls = Time(), []
    quota = RateLimiter("reads", granted, time.clock)
    for pause in pauses:
        time.now += pause
        quota.acquire(time.clock.deadline(10_000))
        calls.append(time.now)

    for first, later in zip(calls, calls[granted:], strict=False):
        assert later - first >= WINDOW - 1e-6


def test_a_call_whose_turn_comes_after_the_deadline_is_told_so_at_once() -> None:
    time = Time()
    quota = RateLimiter("writes", 1, time.clock)
    quota.acquire(time.clock.deadline(25))
    time.now += 10

    with pytest.raises(UnavailableError, match="writes of Google Sheets are used up") as told:
        quota.acquire(time.clock.deadline(25))

    assert told.value.retry_after == pytest.approx(50)
    assert time.slept == []


def test_a_call_is_not_kept_waiting_until_too_little_time_is_left_for_it() -> None:
    time = Time()
    quota = RateLimiter("writes", 1, time.clock)
    quota.acquire(time.clock.deadline(1), spare=10)  # who need not wait goes

    with pytest.raises(UnavailableError):
        quota.acquire(time.clock.deadline(62), spare=2)
    assert time.slept == []

    quota.acquire(time.clock.deadline(62.1), spare=2)
    assert time.slept == [60]


@pytest.mark.parametrize("calls", [None, 0])
def test_without_a_limit_nobody_waits(calls: int | None) -> None:
    time = Time()
    quota = RateLimiter("reads", calls, time.clock)
    for _ in range(1000):
        quota.acquire(time.clock.deadline(0))
    assert time.slept == []
