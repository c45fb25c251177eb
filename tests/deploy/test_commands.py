"""Every gcloud command that is written down has the flags that gcloud has."""

from __future__ import annotations

import pytest

from tests.deploy.commands import PROGRAMS, Written, every_command, written
from tests.deploy.record_flags import flags_of, is_installed, recorded, version, wide_flags

COMMANDS = list(written())


@pytest.mark.parametrize("command", COMMANDS, ids=[f"{entry.where}: {' '.join(entry.words[:3])}" for entry in COMMANDS])
def test_every_written_command_has_flags_that_exist(command: Written) -> None:
    known = recorded()["commands"]
    name = command.name(set(known))

    assert name in known, "no such command in the recorded list: python -m tests.deploy.record_flags"
    assert set(command.flags) <= {*known[name], *recorded()["wide"]}


def test_the_recorded_list_has_a_date_and_every_command() -> None:
    assert recorded()["recorded"] >= "2026-11-28"
    assert set(recorded()["commands"]) == every_command() >= set(PROGRAMS)
    assert all(recorded()["commands"].values())


@pytest.mark.parametrize("name", sorted(recorded()["commands"]))
def test_the_flags_that_we_use_are_in_gcloud_s_own_help(name: str) -> None:
    """Where there is one; elsewhere in what was recorded of it."""
    listed, wide = recorded()["commands"][name], recorded()["wide"]
    if is_installed():
        assert version() != recorded()["version"] or flags_of(name) == listed
        listed, wide = flags_of(name), wide_flags()
    used = {flag for entry in COMMANDS if entry.name(set(recorded()["commands"])) == name for flag in entry.flags}

    assert used <= {*listed, *wide}
