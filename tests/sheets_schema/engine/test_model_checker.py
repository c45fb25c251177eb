"""All interleavings of two writers, under every ending of every call and every unknown setting; TORTURE=1 goes to the end.

In every test run, so many runs of each case are drawn. What is too much to go through is walked through at random.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from typing import Any, get_args, get_type_hints

import pytest

from sheets_schema import Database, Deadline
from sheets_schema.emulator import Quirks
from tests.sheets_schema.bank import Bank, let_leave, shrink_blank
from tests.sheets_schema.model_checker import ModelChecker, Move, pays
from tests.torture.ablations import DEFENCES

WHOLE = bool(os.environ.get("TORTURE"))
LONE, ONE_KEEPS, BOTH_KEEP = (False, False), (True, False), (True, True)
KEEPING = pytest.mark.parametrize("hold_lease", [LONE, ONE_KEEPS, BOTH_KEEP], ids=["lone", "one keeps", "both keep"])

OTHER_SETTINGS: list[dict[str, Any]] = [
    {name: setting}
    for name, hint in get_type_hints(Quirks).items()
    for setting in get_args(hint)
    if setting != getattr(Quirks(), name)
]
NO_ID_IS_CHECKED = {
    "update_missing_named_range": "silent",
    "delete_missing_named_range": "silent",
    "duplicate_named_range_id": "accept",
    "wording": "bare",
    "strict_validation": "enforced",
}
"""All that is left of the fence is that its name is taken. The last one is asked for with every cell that is written."""
ASKED_FOR = [*(each for each in OTHER_SETTINGS if each.keys() <= NO_ID_IS_CHECKED.keys()), NO_ID_IS_CHECKED]


def named(switches: dict[str, Any]) -> str:
    return " ".join(f"{name}={setting}" for name, setting in switches.items())


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def begun(bank: Bank) -> Bank:
    """A spreadsheet with a first commit in it."""
    bank.process().pay("before")
    return bank


def explored(capsys: pytest.CaptureFixture[str], name: str, explorer: ModelChecker, most: int) -> ModelChecker:
    return sound(capsys, name, explorer.explore(None if WHOLE else most))


def sound(capsys: pytest.CaptureFixture[str], name: str, explorer: ModelChecker) -> ModelChecker:
    told = (
        f"{name}: {len(explorer.states)} states, {explorer.runs} runs, {explorer.ends} ends, "
        f"{explorer.taken_over} take-overs, told {explorer.endings}, violations {len(explorer.violations)}"
    )
    if WHOLE:
        with capsys.disabled():
            sys.stderr.write(f"\n  {told}\n")  # a worker of xdist has no other way out
    assert not explorer.violations, explorer.violations[:3]
    assert explorer.ends, told
    return explorer


def two_commits_each(
    capsys: pytest.CaptureFixture[str], bank: Bank, hold_lease: tuple[bool, bool], switches: dict[str, Any]
) -> ModelChecker:
    explorer = ModelChecker(bank, faults=1, hold_lease=hold_lease, switches=switches)
    return explored(capsys, f"two commits each, one fault, keeping {hold_lease}, {switches}", explorer, 150)


@KEEPING
def test_two_writers_with_two_commits_each_in_every_order(
    begun: Bank, capsys: pytest.CaptureFixture[str], hold_lease: tuple[bool, bool]
) -> None:
    explorer = ModelChecker(begun, faults=0, hold_lease=hold_lease)
    explored(capsys, f"two commits each, no fault, keeping {hold_lease}", explorer, 100)


@KEEPING
def test_two_writers_with_two_commits_each_under_every_ending_of_any_call(
    begun: Bank, capsys: pytest.CaptureFixture[str], hold_lease: tuple[bool, bool]
) -> None:
    explorer = two_commits_each(capsys, begun, hold_lease, {})
    # Whatever else is unknown of Google's behaviour is not so much as asked for, so its setting cannot matter.
    assert explorer.consulted <= {*NO_ID_IS_CHECKED}
    # Who died with the lock in hand was waited out.
    assert explorer.taken_over or hold_lease == LONE


@pytest.mark.parametrize("switches", ASKED_FOR, ids=named)
def test_two_writers_with_two_commits_each_under_every_setting_that_is_asked_for(
    begun: Bank, capsys: pytest.CaptureFixture[str], switches: dict[str, Any]
) -> None:
    two_commits_each(capsys, begun, BOTH_KEEP, switches)


@KEEPING
@pytest.mark.parametrize("switches", [{}, *ASKED_FOR], ids=named)
def test_two_writers_with_two_commits_each_on_walks_with_two_unusual_endings(
    begun: Bank, capsys: pytest.CaptureFixture[str], hold_lease: tuple[bool, bool], switches: dict[str, Any]
) -> None:
    explorer = ModelChecker(begun, faults=2, hold_lease=hold_lease, switches=switches).walk(2000 if WHOLE else 5)
    sound(capsys, f"two commits each, two faults, keeping {hold_lease}, {switches}, at random", explorer)


def test_two_writers_with_one_commit_each_under_every_pair_of_endings(
    begun: Bank, capsys: pytest.CaptureFixture[str]
) -> None:
    explored(capsys, "one commit each, two faults", ModelChecker(begun, faults=2, commits=1), 120)


@pytest.fixture
def moved(begun: Bank) -> Bank:
    """A spreadsheet whose first rows have left it, with blank ones in their place."""
    process = begun.process()
    for number in range(7):
        process.pay(f"early {number}")
    let_leave(process.spreadsheet, process.deadline(), 5)
    begun.time.sleep(60)
    return begun


def leaves(sheet: Database[Any], label: str, deadline: Deadline, keep: bool) -> str:
    del label, keep
    return let_leave(sheet, deadline)


def shrinks(sheet: Database[Any], label: str, deadline: Deadline, keep: bool) -> str:
    del label, keep
    return shrink_blank(sheet, deadline)


def log_leaves(sheet: Database[Any], label: str, deadline: Deadline, keep: bool) -> str:
    del label, keep
    sheet.truncate(Database.log, lambda rows: len(rows) - 2, timeout=deadline)
    return "moved"


@pytest.mark.parametrize("move", [leaves, shrinks, log_leaves])
@pytest.mark.parametrize("faults", [0, 1])
def test_rows_leave_while_another_commits_under_every_ending_of_any_call(
    moved: Bank, capsys: pytest.CaptureFixture[str], move: Move, faults: int
) -> None:
    explorer = ModelChecker(moved, faults=faults, commits=1, moves=(move, pays))
    explored(capsys, f"{move.__name__} beside a commit, {faults} faults", explorer, 120)


@pytest.mark.parametrize("one", [leaves, shrinks, log_leaves])
@pytest.mark.parametrize("other", [leaves, shrinks])
def test_two_let_rows_leave_at_once(moved: Bank, capsys: pytest.CaptureFixture[str], one: Move, other: Move) -> None:
    explorer = ModelChecker(moved, faults=1, commits=1, moves=(one, other))
    explored(capsys, f"{one.__name__} beside {other.__name__}", explorer, 60)


@pytest.mark.parametrize("move", [leaves, shrinks, log_leaves])
def test_rows_leave_twice_on_walks_with_two_unusual_endings(
    moved: Bank, capsys: pytest.CaptureFixture[str], move: Move
) -> None:
    explorer = ModelChecker(moved, faults=2, moves=(move, pays)).walk(2000 if WHOLE else 20)
    sound(capsys, f"{move.__name__} beside a commit, two faults, at random", explorer)


@pytest.mark.parametrize("switches", OTHER_SETTINGS, ids=named)
def test_no_setting_of_what_is_undocumented_matters(
    begun: Bank, capsys: pytest.CaptureFixture[str], switches: dict[str, Any]
) -> None:
    explorer = ModelChecker(begun, faults=1, commits=1, switches=switches)
    explored(capsys, f"one commit each, one fault, {switches}", explorer, 25)


@pytest.fixture
def without(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A defence that is taken out."""
    defence: str = request.param
    for target, name, replacement in DEFENCES[defence]:
        monkeypatch.setattr(target, name, replacement)
    return defence


@pytest.mark.parametrize("without", ["fence", "settling", "identical-resend"], indirect=True)
def test_the_explorer_finds_the_harm_that_is_done_without_this_defence(begun: Bank, without: str) -> None:
    assert (
        ModelChecker(begun, faults=int(without != "fence"), commits=1)
        .explore(60 if without == "settling" else 300)
        .harm
    )


@pytest.mark.parametrize("without", ["own-clock-wait"], indirect=True)
def test_the_explorer_finds_a_lock_that_is_taken_over_too_early(begun: Bank, without: str) -> None:
    """As long as batches are serialised nobody is harmed by it: the fence refuses one of the two."""
    explorer = ModelChecker(begun, faults=0, hold_lease=BOTH_KEEP).explore(30)
    assert explorer.violations
    assert not explorer.harm


@pytest.mark.parametrize("without", ["fence"], indirect=True)
def test_the_look_of_the_fence_alone_is_no_harm(begun: Bank, without: str) -> None:
    """Two works one after the other come to no harm without it."""
    explorer = ModelChecker(begun, faults=0, commits=1).explore(1)
    assert explorer.violations
    assert not explorer.harm
