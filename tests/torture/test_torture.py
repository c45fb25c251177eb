"""A short storm with real processes, and whether the storms would be red; `make torture` runs the long ones."""

from __future__ import annotations

import os
import random
import secrets
from collections import Counter

import pytest

from sheets_schema import CommitUnknownError
from sheets_schema.testing.sheets_user import SheetsUser
from tests.sheets_schema.bank import Bank, blind
from tests.torture.__main__ import Tally, plan_of
from tests.torture.checker import CheckResult, check
from tests.torture.harness import Nemesis, Outcome, Plan, run


def test_in_bad_weather_every_work_is_applied_once_or_not_at_all_as_its_caller_was_told() -> None:
    seed = int(os.environ.get("TORTURE_SEED") or secrets.randbits(24))
    outcome = run(Plan(seed, commits=150, seconds=10.0, spreadsheets=6))
    told = f"again: TORTURE_SEED={seed} pytest tests/torture/test_torture.py: {outcome.verdict}"
    assert not any(outcome.verdict.violations.values()), told
    assert not outcome.verdict.stops, told
    assert outcome.faulted > 20, told


def fallen(seed: int, calls: list[str]) -> dict[str, list[str]]:
    """Which faults each of two spreadsheets meets when they are called in this order."""
    weather = Nemesis(plan_of("faults", seed, 1, 1.0), {"one": 1, "two": 2}, lambda _place, _chance: None)
    met: dict[str, list[str]] = {"one": [], "two": []}
    for name in calls:
        fault = weather.pick("POST", f"/v4/spreadsheets/{name}:batchUpdate", ())
        met[name].append(f"{fault.kind} {fault.seconds}" if fault else "")
    return met


def test_the_same_seed_lets_the_same_faults_fall_however_the_threads_take_turns() -> None:
    calls = ["one", "two"] * 200
    mixed = random.Random(1).sample(calls, len(calls))
    assert fallen(7, calls) == fallen(7, mixed)
    assert fallen(7, calls) != fallen(8, calls)
    assert fallen(7, calls)["one"] != fallen(7, calls)["two"]


def tally(mode: str, verdict: CheckResult | None = None, *, faulted: int = 0, after: int = 0, merged: int = 0) -> Tally:
    made = Tally(mode, 100 if mode == "faults" else 0)
    made.add(Outcome(verdict or CheckResult(), Counter(), faulted, after, 0, Counter(), merged, 0))
    return made


def test_a_storm_that_was_too_mild_is_not_green() -> None:
    assert not tally("faults", faulted=100, after=50).shortfalls
    assert tally("faults", faulted=99, after=99).shortfalls
    assert tally("faults", faulted=100, after=49).shortfalls
    assert tally("merges-inside-settle").shortfalls
    assert not tally("merges-inside-settle", merged=1).shortfalls


def test_without_kills_a_fork_that_nobody_noticed_is_red_although_merges_come_late() -> None:
    assert not tally("longer-merges-without-kills", CheckResult(lost=3, stops=9)).broken
    assert tally("longer-merges-without-kills", CheckResult(lost=3, undetected=1)).broken
    assert tally("merges-inside-settle", CheckResult(stops=1)).broken


def test_a_row_that_a_person_typed_and_that_changed_is_found() -> None:
    bank = Bank().provision()
    mine = ("person 1", 7, "HIGH", True)
    bank.tab("Requests").update([list(mine)], "A2")
    assert not any(check(bank, (), typed=[mine]).violations.values())
    bank.tab("Requests").update([["another"]], "A2")
    assert check(bank, (), typed=[mine]).overwritten == 1


@pytest.mark.parametrize(("silent", "stale"), [(("update",), 0), (("delete",), 0), (("update", "delete"), 1)])
def test_while_the_range_is_gone_one_check_of_unknown_ids_keeps_a_stale_batch_out_and_none_does_not(
    silent: tuple[str, ...], stale: int
) -> None:
    """Why the storms never leave both checks out."""
    bank = Bank().provision()
    bank.emulator.set_quirks(**{f"{request}_missing_named_range": "silent" for request in silent})
    late, prompt = bank.process(), bank.process()
    bank.emulator.faults.add("late_commit", method="POST", seconds=100.0)
    with pytest.raises(CommitUnknownError):
        late.run(blind("stale"), seconds=3)
    prompt.run(blind("answered"))
    SheetsUser(bank.emulator, bank.spreadsheet_id).delete_named_range("commit_fence")
    bank.time.sleep(200)
    assert bank.grid("Payments")  # any call lets the late batch arrive
    assert bank.labels("stale") == stale
