"""A short storm with real processes; `make torture` runs the long one."""

from __future__ import annotations

import os
import secrets

from tests.torture.torment import Plan, torment


def test_in_bad_weather_every_work_is_applied_once_or_not_at_all_as_its_caller_was_told() -> None:
    seed = int(os.environ.get("TORTURE_SEED") or secrets.randbits(24))
    outcome = torment(Plan(seed, commits=150, seconds=10.0, spreadsheets=6))
    told = f"again: TORTURE_SEED={seed} pytest tests/torture/test_torture.py: {outcome.verdict}"
    assert not any(outcome.verdict.violations.values()), told
    assert not outcome.verdict.stops, told
    assert outcome.faulted > 20, told
