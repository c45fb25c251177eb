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
            sys.stdout.write(f"  {told}\n")
    assert not explorer.violations, explorer.violations[:3]
    assert explorer.ends, told
    return explorer


def two_commits_each(
    capsys: pytest.CaptureFixture[str], bank: Bank, keep_lock: tuple[bool, bool], switches: dict[str, Any]
) -> Explorer:
    explorer = Explorer(bank, faults=1, keep_lock=keep_lock, switches=switches)
    return explored(capsys, f"two commits each, one fault, keeping {keep_lock}, {switches}", explorer, 100)


@KEEPING
def test_two_writers_with_two_commits_each_in_every_order(
    begun: Bank, capsys: pytest.CaptureFixture[str], keep_lock: tuple[bool, bool]
) -> None:
    explorer = Explorer(begun, faults=0, keep_lock=keep_lock)
    explored(capsys, f"two commits each, no fault, keeping {keep_lock}", explorer, 150)


@KEEPING
def test_two_writers_with_two_commits_each_under_every_ending_of_any_call(
    begun: Bank, capsys: pytest.CaptureFixture[str], keep_lock: tuple[bool, bool]
) -> None:
    explorer = two_commits_each(capsys, begun, keep_lock, {})
    # Whatever else is unknown of Google's behaviour is not so much as asked for, so its setting cannot matter.
    assert explorer.consulted <= {*NO_ID_IS_CHECKED}


def test_two_writers_with_two_commits_each_under_every_ending_if_no_id_is_checked(
    begun: Bank, capsys: pytest.CaptureFixture[str]
) -> None:
    two_commits_each(capsys, begun, BOTH_KEEP, NO_ID_IS_CHECKED)


def test_two_writers_with_one_commit_each_under_every_pair_of_endings(
    begun: Bank, capsys: pytest.CaptureFixture[str]
) -> None:
    explored(capsys, "one commit each, two faults", Explorer(begun, faults=2, commits=1), 120)


@pytest.mark.parametrize(
    "switches", [*OTHER_SETTINGS, NO_ID_IS_CHECKED], ids=lambda each: " ".join(f"{name}={each[name]}" for name in each)
)
def test_no_setting_of_what_is_undocumented_matters(
    begun: Bank, capsys: pytest.CaptureFixture[str], switches: dict[str, Any]
) -> None:
    one = Explorer(begun, faults=1, commits=1, switches=switches)
    explored(capsys, f"one commit each, one fault, {switches}", one, 25)
    two = Explorer(begun, faults=0, keep_lock=BOTH_KEEP, switches=switches)
    explored(capsys, f"two commits each, no fault, {switches}", two, 25)


@pytest.mark.parametrize("defence", ["fence", "settling", "identical-resend"])
def test_the_explorer_finds_a_protocol_without_this_defence(
    begun: Bank, monkeypatch: pytest.MonkeyPatch, defence: str
) -> None:
    for target, name, replacement in DEFENCES[defence]:
        monkeypatch.setattr(target, name, replacement)
    assert Explorer(begun, faults=int(defence != "fence"), commits=1).explore(300).violations
