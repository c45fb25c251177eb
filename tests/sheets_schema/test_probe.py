"""Each probe tells the difference that it asks about; on Google, where nobody knows the answer, it must."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sheets_schema import Client, Clock, SchemaError, probes
from sheets_schema.emulator import Emulator, EmulatorAdapter, Server, Switches
from sheets_schema.probe import main, question, run_probes
from sheets_schema.probes import PROBES, Effort, Finding, Probe
from sheets_schema.scratch import Scratch
from tests.sheets_schema.bank import Bank, session

SMALL = Effort(pairs=3, commits=4, payload=20_000)


def scratch_on(emulator: Emulator) -> Scratch:
    made = session(EmulatorAdapter(emulator)).post("https://sheets.googleapis.com/v4/spreadsheets", json={}, timeout=30)
    client = Client(made.json()["spreadsheetId"], session=session(EmulatorAdapter(emulator)))
    return Scratch(client, Clock(), None)


def found(probe: Probe, emulator: Emulator | None = None) -> Finding:
    [(_, finding)] = run_probes(scratch_on(emulator or Emulator()), SMALL, [probe])
    return finding


@pytest.mark.parametrize(
    ("probe", "switches"),
    [
        (probes.delete_of_a_missing_range, {"delete_missing_named_range": "silent"}),
        (probes.update_of_a_missing_range, {"update_missing_named_range": "silent"}),
        (probes.duplicate_range_id, {"duplicate_named_range_id": "accept"}),
        (probes.duplicate_metadata, {"duplicate_metadata_id": "accept"}),
        (probes.ghost, {"ghost_named_ranges": "on"}),
        (probes.strict_validation, {"strict_validation": "enforced"}),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_a_probe_tells_whether_google_is_as_hoped(probe: Probe, switches: dict[str, Any]) -> None:
    usual, other = found(probe), found(probe, Emulator(switches=Switches(**switches)))
    assert usual.as_hoped
    assert not other.as_hoped
    assert usual.finding != other.finding
    assert usual.meaning != other.meaning


@pytest.mark.parametrize(
    ("probe", "switches"),
    [
        (probes.duplicate_metadata, {"delete_missing_metadata": "error"}),
        (probes.cut_and_paste, {"cut_moves_validation": "no"}),
        (probes.cut_and_paste, {"cut_moves_named_ranges": "no"}),
    ],
)
def test_a_probe_tells_what_nothing_rests_on(probe: Probe, switches: dict[str, Any]) -> None:
    assert found(probe).finding != found(probe, Emulator(switches=Switches(**switches))).finding


def test_the_ghost_that_no_id_clears_is_told_from_the_one_that_does() -> None:
    settings: list[dict[str, Any]] = [{}, {"ghost_deletable": "no"}]
    told = [found(probes.ghost, Emulator(switches=Switches(ghost_named_ranges="on", **more))) for more in settings]
    assert "its id clears it" in told[0].finding
    assert "by id: refused" in told[1].finding


@pytest.mark.parametrize("probe", [probes.fence_race, probes.tab_race, probes.append_race])
def test_a_race_is_told_where_simultaneous_batches_merge(probe: Probe) -> None:
    serial, merging = Emulator(), Emulator()
    merging.merge_window = 0.1
    assert found(probe, serial).as_hoped
    assert not found(probe, merging).as_hoped


def test_the_race_of_two_commits_says_how_many_were_both_accepted_and_what_stood() -> None:
    emulator = Emulator(switches=Switches(merged_duplicates="vanish"))
    emulator.merge_window = 0.1
    assert found(probes.fence_race, emulator).finding == "3 of 3 pairs both accepted; then 1 fences stood"
    assert found(probes.fence_race).finding == "0 of 3 pairs both accepted"


def test_stale_reads_are_counted_and_timed() -> None:
    emulator = Emulator()
    emulator.faults.add("stale_read", path="values:batchGet", seconds=0.2, count=2, after=1)

    def pause(scratch: Scratch, effort: Effort) -> Finding:
        """A moment, so that the tab is there in the state of 0.2 s ago, too."""
        scratch.clock.sleep(0.3)
        return Finding("", "")

    finding = dict(run_probes(scratch_on(emulator), SMALL, [pause, probes.staleness]))[question(probes.staleness)]
    assert finding.finding.startswith("1 of 4 reads were stale, the longest for 0.")
    assert not finding.as_hoped


@pytest.mark.parametrize("probe", [probes.duplicate_range_name, probes.swap_in_one_batch, probes.id_alphabet])
def test_what_is_well_supported_is_found_so(probe: Probe) -> None:
    assert found(probe).as_hoped


def test_slow_batches_are_seen() -> None:
    emulator = Emulator()
    emulator.faults.add("delay", method="POST", request="updateCells", seconds=0.3)
    assert "the longest 0.3" in found(probes.latency, emulator).finding


def test_a_fence_that_lets_a_stale_batch_pass_is_called_by_its_name() -> None:
    silent = Switches(
        delete_missing_named_range="silent", update_missing_named_range="silent", duplicate_named_range_id="accept"
    )
    assert found(probes.swap_in_one_batch, Emulator(switches=silent)).as_hoped  # the name alone holds


def test_the_probes_leave_nothing_behind() -> None:
    scratch = scratch_on(Emulator())
    findings = list(run_probes(scratch, SMALL))
    assert len(findings) == len(PROBES)
    left = scratch.metadata()
    assert [each["properties"]["title"] for each in left["sheets"]] == ["Sheet1"]
    assert "namedRanges" not in left


def test_a_spreadsheet_in_use_is_not_probed(bank: Bank) -> None:
    client = Client(bank.spreadsheet_id, session=session(EmulatorAdapter(bank.emulator)))
    before = bank.metadata()
    with pytest.raises(SchemaError, match="in use as a database"):
        list(run_probes(Scratch(client, Clock(), None), SMALL))
    assert bank.metadata() == before


def test_reads_that_fail_for_a_moment_are_repeated() -> None:
    emulator = Emulator()
    scratch = scratch_on(emulator)
    scratch.clock = Clock(sleep=lambda _: None)
    for fault in ("error_503", "refuse_429", "error_502_html"):
        emulator.faults.add(fault, method="GET")
    with scratch:
        assert scratch.values("A1:A1") == []


def test_the_command_prints_a_table_and_needs_no_credentials_elsewhere() -> None:
    emulator = Emulator()
    made = session(EmulatorAdapter(emulator)).post("https://sheets.googleapis.com/v4/spreadsheets", json={}, timeout=30)
    told: list[str] = []
    with Server(emulator, "127.0.0.1", 0) as server:
        run_in_thread(server.serve_forever)
        arguments = [made.json()["spreadsheetId"], "--origin", server.url, "--pairs", "2", "--commits", "2"]
        assert main(arguments, told.append) == 0
        server.shutdown()
    assert told[0] == "| probe | finding | what it means for the protocol |"
    assert len(told) == len(PROBES) + 2
    assert all(line.count("|") == 4 for line in told)


def run_in_thread(act: Callable[[], object]) -> None:
    from threading import Thread  # noqa: PLC0415 — for this one test

    Thread(target=act, daemon=True).start()


def test_the_document_lists_every_probe_in_its_words() -> None:
    document = (Path(__file__).parents[2] / "docs" / "probes.md").read_text()
    listed = re.findall(r"^\| (\d+b?\. [^|]+?) \|", document, re.MULTILINE)
    assert listed == [question(probe) for probe in PROBES]
