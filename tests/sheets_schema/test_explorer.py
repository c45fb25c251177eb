"""All interleavings of two writers, under every ending of every call and every unknown setting; TORTURE=1 goes to the end.

In every test run, so many runs of each are drawn. Two commits each with a fault at any call are a large space: TORTURE=1
goes through a few thousand runs of it, TORTURE=all through all.
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

WHOLE, ALL = bool(os.environ.get("TORTURE")), os.environ.get("TORTURE") == "all"
LARGE = 4000
LONE, KEEPING = (False, False), (True, True)

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
}
"""All that is left of the fence is that its name is taken."""


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


def explored(
    capsys: pytest.CaptureFixture[str], name: str, explorer: Explorer, most: int, whole: int | None = None
) -> None:
    explorer.explore((None if ALL else whole) if WHOLE else most)
    told = (
        f"{name}: {len(explorer.states)} states, {explorer.runs} runs, {explorer.ends} ends, "
        f"told {explorer.endings}, violations {len(explorer.violations)}"
    )
    if WHOLE:
        with capsys.disabled():
            sys.stdout.write(f"  {told}\n")
    assert not explorer.violations, explorer.violations[:3]
    assert explorer.ends, told


@pytest.mark.parametrize("keep_lock", [LONE, (True, False), KEEPING], ids=["lone", "one keeps", "both keep"])
def test_two_writers_with_two_commits_each_in_every_order(
    begun: Bank, capsys: pytest.CaptureFixture[str], keep_lock: tuple[bool, bool]
) -> None:
    explored(capsys, f"no fault, keeping {keep_lock}", Explorer(begun, faults=0, keep_lock=keep_lock), 200)


@pytest.mark.parametrize("keep_lock", [LONE, (True, False), KEEPING], ids=["lone", "one keeps", "both keep"])
def test_two_writers_with_two_commits_each_under_every_ending_of_any_call(
    begun: Bank, capsys: pytest.CaptureFixture[str], keep_lock: tuple[bool, bool]
) -> None:
    explored(capsys, f"one fault, keeping {keep_lock}", Explorer(begun, faults=1, keep_lock=keep_lock), 120, LARGE)


def test_two_writers_with_one_commit_each_under_every_pair_of_endings(
    begun: Bank, capsys: pytest.CaptureFixture[str]
) -> None:
    explored(capsys, "two faults", Explorer(begun, faults=2, commits=1), 120)


@pytest.mark.parametrize(
    "switches", [*OTHER_SETTINGS, NO_ID_IS_CHECKED], ids=lambda each: " ".join(f"{name}={each[name]}" for name in each)
)
def test_no_setting_of_what_is_undocumented_matters(
    begun: Bank, capsys: pytest.CaptureFixture[str], switches: dict[str, Any]
) -> None:
    explored(capsys, f"one fault, {switches}", Explorer(begun, faults=1, commits=1, switches=switches), 25)


def test_the_explorer_finds_a_protocol_without_its_fence(begun: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    from sheets_schema import commit  # noqa: PLC0415 — taken apart here only
    from tests.torture.maimed import no_fence  # noqa: PLC0415

    monkeypatch.setattr(commit, "fence_swap", no_fence)
    assert Explorer(begun, faults=0, commits=1).explore().violations
