"""Each defence of the commit protocol taken out by itself does harm at once, so none is there for nothing.

Harm is what somebody was told and is not so, a row that stands there twice, or a wrong balance; that the fence looks other than it
should, or that writing stops, is none.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.sheets_schema.bank import Bank, Process, blind
from tests.sheets_schema.model_checker import ModelChecker
from tests.torture.__main__ import main
from tests.torture.ablations import DEFENCES


@pytest.fixture
def bank() -> Bank:
    made = Bank().provision()
    made.process().pay("before")
    return made


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def take_out(defence: str) -> None:
        for target, name, replacement in DEFENCES[defence]:
            monkeypatch.setattr(target, name, replacement)

    return take_out


def merge_over(process: Process, bank: Bank) -> None:
    """Let another batch that was checked at the same moment be applied over the next one of this process."""

    def merge() -> None:
        batch = process.door.batches[-1].body["requests"]
        commit = batch[2]["addNamedRange"]["namedRange"]["namedRangeId"].rpartition("_")[2]
        other = json.dumps(batch).replace(commit, "e" * 24).replace('"ours"', '"theirs"')
        bank.batch(*[each for each in json.loads(other) if "updateCells" in each])

    writes = len(process.door.sent) + 1
    process.door.after[writes] = merge


def test_without_the_fence_two_writers_overwrite_each_other(bank: Bank, without: Callable[[str], None]) -> None:
    without("fence")
    assert ModelChecker(bank, faults=0, commits=1).explore().harm


@pytest.mark.parametrize("out", [True, False])
def test_without_settling_by_the_log_a_lost_answer_applies_a_work_twice(
    bank: Bank, without: Callable[[str], None], out: bool
) -> None:
    if out:
        without("settling")
    process = bank.process()
    bank.emulator.faults.add("lost_answer", method="POST")
    process.run(blind("ours"))
    assert bank.labels("ours") == (2 if out else 1)


@pytest.mark.parametrize("out", [True, False])
def test_without_the_identical_resend_a_late_copy_applies_a_work_twice(
    bank: Bank, without: Callable[[str], None], out: bool
) -> None:
    """The first copy arrives after the log was asked and before the second sending."""
    if out:
        without("identical-resend")
    process = bank.process()
    bank.time.sleep(30)
    bank.emulator.faults.add("reset_before", method="POST")

    def arrive_late() -> None:
        bank.batch(*process.door.batches[0].body["requests"])

    process.door.before[len(process.door.sent) + 5] = arrive_late
    process.run(blind("ours"), seconds=50)
    assert len(process.door.batches) >= 2
    assert not process.door.before
    assert bank.labels("ours") == (2 if out else 1)


@pytest.mark.parametrize("out", [True, False])
def test_without_confirmation_a_merge_takes_away_what_was_answered(
    bank: Bank, without: Callable[[str], None], out: bool
) -> None:
    if out:
        without("confirmation")
    process = bank.process()
    process.run(blind("first"))
    bank.age()
    merge_over(process, bank)
    assert process.run(blind("ours")) == "paid"
    assert not process.door.after
    assert bank.labels("theirs") == 1
    assert bank.labels("ours") == (0 if out else 1)


@pytest.mark.torture
@pytest.mark.parametrize("defence", DEFENCES)
def test_a_storm_without_it_does_harm(defence: str) -> None:
    assert main(["--without", defence, "--commits", "5000", "--minutes", "4"]) == 0
