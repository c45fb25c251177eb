"""All interleavings of two writers, under every ending of every call and every unknown setting; TORTURE=1 goes to the end.

In every test run, so many runs of each case are drawn.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from typing import Any, get_args, get_type_hints

import pytest

from sheets_schema.emulator import Switches
from tests.sheets_schema.bank import Bank
from tests.sheets_schema.explorer import Explorer
from tests.torture.maimed import DEFENCES

WHOLE = bool(os.environ.get("TORTURE"))
LONE, ONE_KEEPS, BOTH_KEEP = (False, False), (True, False), (True, True)
KEEPING = pytest.mark.parametrize("keep_lock", [LONE, ONE_KEEPS, BOTH_KEEP], ids=["lone", "one keeps", "both keep"])

OTHER_SETTINGS: list[dict[str, Any]] = [
    {name: setting}
    for name, hint in get_type_hints(Switches).items()
    for setting in get_args(hint)
    if setting != getattr(Switches(), name)
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


def explored(capsys: pytest.CaptureFixture[str], name: str, explorer: Explorer, most: int) -> Explorer:
    explorer.explore(None if WHOLE else most)
    told = (
        f"{name}: {len(explorer.states)} states, {explorer.runs} runs, {explorer.ends} ends, "
        f"told {explorer.endings}, violations {len(explorer.violations)}"
    )
    if WHOLE:
        with capsys.disabled():
            sys.stderr.write(f"\n  {told}\n")  # a worker of xdist has no other way out
    assert not explorer.violations, explorer.violations[:3]
    assert explorer.ends, told
    return explorer


def two_commits_each(
    capsys: pytest.CaptureFixture[str], bank: Bank, keep_lock: tuple[bool, bool], switches: dict[str, Any]
) -> Explorer:
    explorer = Explorer(bank, faults=1, keep_lock=keep_lock, switches=switches)
    return explored(capsys, f"two commits each, one fault, keeping {keep_lock}, {switches}", explorer, 60)


@KEEPING
def test_two_writers_with_two_commits_each_in_every_order(
    begun: Bank, capsys: pytest.CaptureFixture[str], keep_lock: tuple[bool, bool]
) -> None:
    explorer = Explorer(begun, faults=0, keep_lock=keep_lock)
    explored(capsys, f"two commits each, no fault, keeping {keep_lock}", explorer, 100)


@KEEPING
def test_two_writers_with_two_commits_each_under_every_ending_of_any_call(
    begun: Bank, capsys: pytest.CaptureFixture[str], keep_lock: tuple[bool, bool]
) -> None:
    explorer = two_commits_each(capsys, begun, keep_lock, {})
    # Whatever else is unknown of Google's behaviour is not so much as asked for, so its setting cannot matter.
    assert explorer.consulted <= {*NO_ID_IS_CHECKED}


@pytest.mark.parametrize("switches", ASKED_FOR, ids=named)
def test_two_writers_with_two_commits_each_under_every_setting_that_is_asked_for(
    begun: Bank, capsys: pytest.CaptureFixture[str], switches: dict[str, Any]
) -> None:
    two_commits_each(capsys, begun, BOTH_KEEP, switches)


def test_two_writers_with_one_commit_each_under_every_pair_of_endings(
    begun: Bank, capsys: pytest.CaptureFixture[str]
) -> None:
    explored(capsys, "one commit each, two faults", Explorer(begun, faults=2, commits=1), 120)


@pytest.mark.parametrize("switches", OTHER_SETTINGS, ids=named)
def test_no_setting_of_what_is_undocumented_matters(
    begun: Bank, capsys: pytest.CaptureFixture[str], switches: dict[str, Any]
) -> None:
    explorer = Explorer(begun, faults=1, commits=1, switches=switches)
    explored(capsys, f"one commit each, one fault, {switches}", explorer, 25)


@pytest.mark.parametrize("defence", ["fence", "settling", "identical-resend"])
def test_the_explorer_finds_a_protocol_without_this_defence(
    begun: Bank, monkeypatch: pytest.MonkeyPatch, defence: str
) -> None:
    for target, name, replacement in DEFENCES[defence]:
        monkeypatch.setattr(target, name, replacement)
    assert Explorer(begun, faults=int(defence != "fence"), commits=1).explore(300).violations
