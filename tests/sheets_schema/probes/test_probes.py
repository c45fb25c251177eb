"""Each probe tells the difference that it asks about; on Google, where nobody knows the answer, it must."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import requests
from google.oauth2.credentials import Credentials

from sheets_schema import Clock, SchemaMismatchError, SheetsError
from sheets_schema.advanced import Client
from sheets_schema.emulator import Emulator, EmulatorAdapter, Quirks, Server
from sheets_schema.emulator.faults.quota import QuotaLimit
from sheets_schema.engine.client import GOOGLE
from sheets_schema.errors import PermissionDeniedError
from sheets_schema.probes import questions as probes
from sheets_schema.probes import races
from sheets_schema.probes.__main__ import connect, main, question, run_probes
from sheets_schema.probes.probe import Probe, ProbeEffort, ProbeResult
from sheets_schema.probes.questions import PROBES
from sheets_schema.probes.scratchpad import Scratchpad
from sheets_schema.protocol.batch_requests import write_cells
from tests.sheets_schema.bank import Bank, Time, session

SMALL = ProbeEffort(pairs=3, commits=4, payload=20_000, read_after=(0.0, 0.1))
TAG = "cafe0000"
LOST = ("error_503", "error_503_after", "error_502_html", "lost_answer", "refuse_429")

Requests = list[dict[str, Any]]


class Otherwise(EmulatorAdapter):
    """A service that takes batches for others than were sent: `change` is given each one, with how many came before."""

    def __init__(self, emulator: Emulator, change: Callable[[Requests, int], object]) -> None:
        super().__init__(emulator)
        self._change = change
        self._batches = count()

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        if str(request.url).endswith(":batchUpdate"):
            body = json.loads(request.body or b"")
            self._change(body["requests"], next(self._batches))
            request.prepare_body(json.dumps(body), None)
        return super().send(request, *args, **more)


def scratch_on(emulator: Emulator, adapter: EmulatorAdapter | None = None, clock: Clock | None = None) -> Scratchpad:
    made = session(EmulatorAdapter(emulator)).post("https://sheets.googleapis.com/v4/spreadsheets", json={}, timeout=30)
    clock = clock or Clock(new_id=lambda: TAG)
    client = Client(made.json()["spreadsheetId"], session=session(adapter or EmulatorAdapter(emulator)), clock=clock)
    return Scratchpad(client, clock, None)


def found(probe: Probe, emulator: Emulator | None = None, **switches: Any) -> ProbeResult:
    [(_, finding)] = run_probes(scratch_on(emulator or Emulator(quirks=Quirks(**switches))), SMALL, [probe])
    return finding


def found_otherwise(probe: Probe, change: Callable[[Requests, int], object]) -> ProbeResult:
    """What a probe finds where batches are taken for others; the first made its tab."""
    emulator = Emulator()
    [(_, finding)] = run_probes(scratch_on(emulator, Otherwise(emulator, change)), SMALL, [probe])
    return finding


def found_in_time(probe: Probe, fault: str = "", **more: Any) -> ProbeResult:
    """What a probe finds where time passes only while somebody waits, and a fault meets its requests, not those around."""
    time = Time()
    emulator = Emulator(clock=lambda: time.seconds, sleep=time.sleep, quirks=more.pop("switches", None))
    scratch = scratch_on(emulator, clock=replace(time.clock(count(1)), new_id=lambda: TAG))

    unspoilt = [fault] if fault else []

    def spoilt(scratch: Scratchpad, effort: ProbeEffort) -> ProbeResult:
        """With the fault."""
        time.sleep(1)
        if unspoilt:
            emulator.faults.add(unspoilt.pop(), **more)
        return probe(scratch, effort)

    findings = iter(run_probes(scratch, SMALL, [spoilt]))
    _, finding = next(findings)
    emulator.faults.clear()
    assert not list(findings)
    assert [each["properties"]["title"] for each in scratch.metadata()["sheets"]] == ["Sheet1"]
    return finding


OTHERWISE: list[tuple[Probe, dict[str, Any]]] = [
    (probes.delete_of_a_missing_range, {"delete_missing_named_range": "silent"}),
    (probes.update_of_a_missing_range, {"update_missing_named_range": "silent"}),
    (probes.duplicate_range_id, {"duplicate_named_range_id": "accept"}),
    (probes.duplicate_metadata, {"duplicate_metadata_id": "accept"}),
    (probes.dangling_name, {"ghost_named_ranges": "on"}),
    (probes.strict_validation, {"strict_validation": "enforced"}),
]
"""The probes that ask about a switch of the emulator, and its other setting."""


@pytest.mark.parametrize(("probe", "switches"), OTHERWISE, ids=lambda value: value.__name__ if callable(value) else "")
def test_a_probe_tells_whether_google_is_as_hoped(probe: Probe, switches: dict[str, Any]) -> None:
    usual, other = found(probe), found(probe, **switches)
    assert usual.supports_protocol is True
    assert other.supports_protocol is False
    assert usual.finding != other.finding
    assert usual.meaning != other.meaning


@pytest.mark.parametrize("probe", PROBES)
def test_on_the_emulator_as_it_is_all_is_as_hoped(probe: Probe) -> None:
    assert found(probe).supports_protocol is True


@pytest.mark.parametrize("probe", PROBES)
@pytest.mark.parametrize("fault", LOST)
def test_calls_that_fail_again_and_again_settle_nothing(probe: Probe, fault: str) -> None:
    finding = found_in_time(probe, fault, method="POST", count=None)
    assert finding.supports_protocol is None
    assert finding.finding.startswith("inconclusive: ")


@pytest.mark.parametrize("probe", PROBES)
@pytest.mark.parametrize("fault", LOST)
def test_a_call_that_fails_once_changes_no_finding(probe: Probe, fault: str) -> None:
    for after in range(6):
        assert found_in_time(probe, fault, method="POST", after=after).supports_protocol is True


@pytest.mark.parametrize("fault", LOST)
@pytest.mark.parametrize(("probe", "switches"), OTHERWISE, ids=lambda value: value.__name__ if callable(value) else "")
def test_a_call_that_fails_once_is_never_told_as_hoped(probe: Probe, switches: dict[str, Any], fault: str) -> None:
    for after in range(6):
        finding = found_in_time(probe, fault, method="POST", after=after, switches=Quirks(**switches))
        assert finding.supports_protocol is False


READING = [
    probes.swap_in_one_batch, races.tab_race, races.append_race, probes.staleness, probes.torn_reads, probes.cut_and_paste
]  # fmt: skip


@pytest.mark.parametrize("fault", LOST)
@pytest.mark.parametrize("probe", READING)
def test_reads_that_fail_settle_nothing_and_those_that_fail_for_a_moment_are_repeated(probe: Probe, fault: str) -> None:
    assert found_in_time(probe, fault, method="GET", count=None).supports_protocol is None
    assert found_in_time(probe, fault, method="GET", count=2).supports_protocol is True


def test_one_probe_that_fails_does_not_end_the_others_and_says_why() -> None:
    def broken(_scratch: Scratchpad, _effort: ProbeEffort) -> ProbeResult:
        """Does not understand its answer."""
        return ProbeResult(str(dict[str, str]()["replies"]), "")

    def denied(scratch: Scratchpad, _effort: ProbeEffort) -> ProbeResult:
        """May not."""
        raise PermissionDeniedError("share the spreadsheet")

    findings = [each for _, each in run_probes(scratch_on(Emulator()), SMALL, [broken, denied, probes.id_alphabet])]
    assert [each.supports_protocol for each in findings] == [None, None, True]
    assert [each.finding for each in findings[:2]] == [
        "inconclusive: KeyError('replies')",
        "inconclusive: share the spreadsheet",
    ]


@pytest.mark.parametrize(
    ("probe", "kind"),
    [
        (probes.duplicate_range_id, "addNamedRange"),
        (probes.duplicate_range_name, "addNamedRange"),
        (probes.swap_in_one_batch, "addNamedRange"),
        (races.fence_race, "addNamedRange"),
        (probes.duplicate_metadata, "createDeveloperMetadata"),
        (probes.duplicate_metadata, "deleteDeveloperMetadata"),
        (races.append_race, "addSheet"),
        (races.append_race, "appendCells"),
        (probes.dangling_name, "addSheet"),
        (probes.dangling_name, "addNamedRange"),
        (probes.dangling_name, "deleteSheet"),
        (probes.staleness, "updateCells"),
        (probes.torn_reads, "updateCells"),
        (probes.strict_validation, "setDataValidation"),
        (probes.cut_and_paste, "setDataValidation"),
        (probes.cut_and_paste, "cutPaste"),
        (probes.latency, "updateCells"),
    ],
)
def test_a_probe_that_is_refused_what_it_needs_settles_nothing(probe: Probe, kind: str) -> None:
    def refused(batch: Requests, number: int) -> None:
        cleaning = kind == "deleteSheet" and len(batch) > 1
        if number and kind in batch[0] and not cleaning:
            batch.append({"deleteSheet": {"sheetId": 1}})

    finding = found_otherwise(probe, refused)
    assert finding.supports_protocol is None
    assert "refused, 400: " in finding.finding


def test_a_refusal_is_a_400_and_nothing_else() -> None:
    class Conflicting(EmulatorAdapter):
        def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
            response = super().send(request, *args, **more)
            response.status_code = 409 if response.status_code == 400 else response.status_code
            return response

    time, emulator = Time(), Emulator()
    scratch = scratch_on(emulator, Conflicting(emulator), time.clock(count(1)))
    [(_, finding)] = run_probes(scratch, SMALL, [probes.delete_of_a_missing_range])
    assert finding.supports_protocol is None


def test_a_name_that_may_be_taken_twice_is_told() -> None:
    def free(batch: Requests, number: int) -> None:
        for each in batch:
            if "addNamedRange" in each:
                each["addNamedRange"]["namedRange"]["name"] += f"_{number}"

    finding = found_otherwise(probes.duplicate_range_name, free)
    assert finding.supports_protocol is False
    assert finding.finding == "accepted"


def test_a_fence_that_no_batch_passes_is_told() -> None:
    def refused(batch: Requests, _: int) -> None:
        if "updateNamedRange" in batch[0]:
            batch[2]["addNamedRange"]["namedRange"]["name"] = "not a name"

    finding = found_otherwise(probes.swap_in_one_batch, refused)
    assert finding.supports_protocol is False
    assert "cannot work" in finding.meaning


@pytest.mark.parametrize("stands", ["once", "twice"])
def test_a_fence_that_stops_no_repeat_is_told(stands: str) -> None:
    def unfenced(batch: Requests, _: int) -> None:
        if "updateNamedRange" in batch[0]:
            first = "once" in str(batch)
            unguarded = write_cells(batch[3]["updateCells"]["start"]["sheetId"], 1, 0, [["once" if first else stands]])
            batch[:] = [unguarded] * len(batch)

    finding = found_otherwise(probes.swap_in_one_batch, unfenced)
    assert finding.supports_protocol is False
    assert finding.finding == f"the repeat: accepted; the cell says [['{stands}']]"


def test_a_refused_repeat_that_is_carried_out_all_the_same_is_told() -> None:
    emulator = Emulator()
    scratch = scratch_on(emulator)
    emulator.faults.add("person_edits", method="GET", path="values:batchGet", action=typing(emulator, scratch, "A1"))
    [(_, finding)] = run_probes(scratch, SMALL, [probes.swap_in_one_batch])
    assert finding.supports_protocol is False
    assert finding.finding.startswith("the repeat: refused, 400: ")


def test_ids_of_ours_that_are_refused_are_told() -> None:
    def short(batch: Requests, _: int) -> None:
        for each in batch:
            if len(each.get("addNamedRange", {}).get("namedRange", {}).get("namedRangeId", "")) == 43:
                each["addNamedRange"]["namedRange"]["name"] = "not a name"

    finding = found_otherwise(probes.id_alphabet, short)
    assert finding.supports_protocol is False
    assert finding.finding.startswith("43 of a-z 0-9 _ refused, 45 characters accepted")


@pytest.mark.parametrize("probe", [races.fence_race, races.tab_race])
def test_a_race_that_nobody_wins_is_not_told_as_hoped(probe: Probe) -> None:
    def refused(batch: Requests, _: int) -> None:
        if "updateNamedRange" in batch[0] or "title': 'Race" in str(batch):
            batch.append({"deleteSheet": {"sheetId": 1}})

    finding = found_otherwise(probe, refused)
    assert finding.supports_protocol is False
    assert finding.finding.startswith("of 3 pairs 0 were both accepted, 3 both refused")


@pytest.mark.parametrize(
    ("probe", "switches"),
    [
        (probes.duplicate_metadata, {"delete_missing_metadata": "error"}),
        (probes.cut_and_paste, {"cut_moves_validation": "no"}),
        (probes.cut_and_paste, {"cut_moves_named_ranges": "no"}),
    ],
)
def test_a_probe_tells_what_nothing_rests_on(probe: Probe, switches: dict[str, Any]) -> None:
    usual, other = found(probe), found(probe, **switches)
    assert usual.finding != other.finding
    assert usual.supports_protocol is other.supports_protocol is True


def test_the_ghost_that_no_id_clears_is_told_from_the_one_that_does() -> None:
    settings: list[dict[str, Any]] = [{}, {"ghost_deletable": "no"}]
    told = [found(probes.dangling_name, ghost_named_ranges="on", **more) for more in settings]
    assert "its id clears it" in told[0].finding
    assert "by id: refused" in told[1].finding


@pytest.mark.parametrize("probe", [races.fence_race, races.tab_race, races.append_race])
def test_a_race_is_told_where_simultaneous_batches_merge(probe: Probe) -> None:
    merging = Emulator()
    merging.merge_window = 0.1
    assert found(probe, merging).supports_protocol is False


def test_the_race_of_two_commits_says_how_many_were_both_accepted_and_what_stood() -> None:
    emulator = Emulator(quirks=Quirks(merged_duplicates="vanish"))
    emulator.merge_window = 0.1
    told = found(races.fence_race, emulator).finding
    assert told.startswith("of 3 pairs 3 were both accepted; then 1 fences stood, unchanged from 0.")
    emulator.set_quirks(merged_duplicates="suffix")
    assert "; then 2 fences stood" in found(races.fence_race, emulator).finding
    assert found(races.fence_race).finding == "of 3 pairs 0 were both accepted"


def typing(emulator: Emulator, scratch: Scratchpad, cell: str) -> Callable[[], object]:
    """A person who types something into a cell of the probes' tab; the title is that of the first."""
    url = (
        f"https://sheets.googleapis.com/v4/spreadsheets/{scratch._client.spreadsheet_id}/values/Probe {TAG}0001!{cell}"
    )
    wire = session(EmulatorAdapter(emulator))
    return lambda: wire.put(f"{url}?valueInputOption=RAW", json={"values": [["typed"]]}, timeout=30)


def test_a_merge_that_ends_after_the_answers_is_timed() -> None:
    emulator = Emulator()
    emulator.merge_window = 0.1
    scratch = scratch_on(emulator)
    # Two reads come before: what tabs there are, and the one at once.
    emulator.faults.add("person_edits", method="GET", after=3, action=typing(emulator, scratch, "A1"))
    effort = replace(SMALL, pairs=1, read_after=(0.0, 0.1, 0.4, 0.5))
    [(_, finding)] = run_probes(scratch, effort, [races.fence_race])
    seconds = re.search(r"unchanged from (\d\.\d) s on", finding.finding)
    assert seconds
    assert 0.4 <= float(seconds[1]) < 0.5
    assert f"the confirmation delay be longer than {seconds[1]} s" in finding.meaning


def test_a_merge_is_timed_from_the_first_of_the_two_answers() -> None:
    emulator = Emulator()
    emulator.merge_window = 0.1
    emulator.faults.add("delay_answer", request="updateNamedRange", seconds=0.3)
    [(_, finding)] = run_probes(
        scratch_on(emulator), replace(SMALL, pairs=1, read_after=(0.0, 0.1)), [races.fence_race]
    )
    seconds = re.search(r"unchanged from (\d\.\d) s on", finding.finding)
    assert seconds
    assert float(seconds[1]) >= 0.3


def test_stale_reads_are_counted_and_timed() -> None:
    finding = found_in_time(probes.staleness, "stale_read", path="values:batchGet", seconds=0.2, count=2, after=1)
    assert finding.finding == "1 of 4 reads were stale, the longest for 0.2 s"
    assert finding.supports_protocol is False


def test_a_read_that_shows_two_moments_is_counted() -> None:
    emulator = Emulator()
    scratch = scratch_on(emulator)
    act = typing(emulator, scratch, "A4")
    emulator.faults.add("person_edits", method="GET", path="values:batchGet", count=None, action=act)
    [(_, finding)] = run_probes(scratch, SMALL, [probes.torn_reads])
    assert finding.supports_protocol is False
    assert re.fullmatch(r"[1-9]\d* of \d+ reads showed them apart", finding.finding)


def test_slow_batches_are_seen_and_those_that_outlast_the_longest_hold_set_off() -> None:
    seconds = {"method": "POST", "request": "updateCells", "count": None}
    quick = found_in_time(probes.latency, "delay", seconds=4.9, **seconds)
    assert quick.finding == "20 kB: half within 4.90 s, the longest 4.90 s"
    assert quick.supports_protocol is True
    assert found_in_time(probes.latency, "delay", seconds=5.0, **seconds).supports_protocol is False


def test_a_fence_that_lets_a_stale_batch_pass_is_called_by_its_name() -> None:
    finding = found(
        probes.swap_in_one_batch,
        delete_missing_named_range="silent",
        update_missing_named_range="silent",
        duplicate_named_range_id="accept",
    )
    assert finding.supports_protocol is True  # the name alone holds


def test_the_probes_leave_nothing_behind() -> None:
    scratch = scratch_on(Emulator())
    findings = list(run_probes(scratch, SMALL))
    assert len(findings) == len(PROBES)
    left = scratch.metadata()
    assert [each["properties"]["title"] for each in left["sheets"]] == ["Sheet1"]
    assert "namedRanges" not in left


def test_what_is_left_behind_is_named() -> None:
    time = Time()
    emulator = Emulator(clock=lambda: time.seconds, sleep=time.sleep)
    scratch = scratch_on(emulator, clock=replace(time.clock(count(1)), new_id=lambda: TAG))
    emulator.faults.add("error_503", request="deleteSheet", count=None)
    with pytest.raises(SheetsError, match=f"Delete those with {TAG} in their names by hand: status 503"):
        list(run_probes(scratch, SMALL, [probes.id_alphabet]))


def test_a_spreadsheet_in_use_is_not_probed(bank: Bank) -> None:
    client = Client(bank.spreadsheet_id, session=session(EmulatorAdapter(bank.emulator)))
    before = bank.metadata()
    with pytest.raises(SchemaMismatchError, match="in use as a database"):
        list(run_probes(Scratchpad(client, Clock(), None), SMALL))
    assert bank.metadata() == before


def test_on_google_the_quota_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    signed_in = Credentials("user:prober@example.com")  # type: ignore[no-untyped-call]  # google-auth is half typed
    monkeypatch.setattr("google.auth.default", lambda scopes: (signed_in, scopes))
    time = Time()
    emulator = Emulator(clock=lambda: time.seconds, sleep=time.sleep)
    clock = time.clock(count(1))
    client, writes = connect(scratch_on(emulator)._client.spreadsheet_id, GOOGLE, clock)
    client.session.mount(f"{GOOGLE}/", EmulatorAdapter(emulator))
    emulator.calls.reset()
    emulator.quota = QuotaLimit()
    # Of two threads that sleep on this clock one may lose its time.
    asked = [probe for probe in PROBES if probe is not probes.torn_reads]
    scratch = Scratchpad(client, clock, writes)
    list(run_probes(scratch, replace(SMALL, pairs=70, commits=150), asked))
    for _ in range(130):
        scratch.metadata()
    assert {call["status"] for call in emulator.calls.last} <= {200, 400}
    assert emulator.calls.writes > 120
    assert emulator.calls.reads > 120


def command(emulator: Emulator) -> tuple[int, list[str]]:
    """The command's exit status and what it prints, on an emulator behind a port."""
    made = session(EmulatorAdapter(emulator)).post("https://sheets.googleapis.com/v4/spreadsheets", json={}, timeout=30)
    told: list[str] = []
    with Server(emulator, "127.0.0.1", 0) as server:
        run_in_thread(server.serve_forever)
        arguments = [made.json()["spreadsheetId"], "--origin", server.url, "--pairs", "2", "--commits", "2"]
        status = main(arguments, told.append)
        server.shutdown()
    return status, told


def test_the_command_prints_a_table_and_needs_no_credentials_elsewhere() -> None:
    status, told = command(Emulator())
    assert status == 0
    assert told[0] == "| probe | finding | what it means for the protocol |"
    assert len(told) == len(PROBES) + 2
    assert all(line.count("|") == 4 for line in told)


def test_the_command_fails_if_a_probe_is_inconclusive() -> None:
    emulator = Emulator()

    def take_tabs_away() -> None:
        """A person deletes every tab but the first."""
        wire = session(EmulatorAdapter(emulator))
        [file] = wire.get("https://www.googleapis.com/drive/v3/files", timeout=30).json()["files"]
        url = f"https://sheets.googleapis.com/v4/spreadsheets/{file['id']}"
        tabs = wire.get(url, timeout=30).json()["sheets"][1:]
        gone = [{"deleteSheet": {"sheetId": tab["properties"]["sheetId"]}} for tab in tabs]
        wire.post(f"{url}:batchUpdate", json={"requests": gone}, timeout=30)

    emulator.faults.add("person_edits", request="cutPaste", action=take_tabs_away)
    status, told = command(emulator)
    assert status == 1
    inconclusive = [line for line in told if "**not known: run the probes again**" in line]
    assert [line.split(".")[0] for line in inconclusive] == ["| 11", "| 12"]


def run_in_thread(act: Callable[[], object]) -> None:
    from threading import Thread  # noqa: PLC0415 — for this one test

    Thread(target=act, daemon=True).start()


def test_the_document_lists_every_probe_in_its_words() -> None:
    document = (Path(__file__).parents[3] / "docs" / "library" / "probes.md").read_text()
    listed = re.findall(r"^\| (\d+b?\. [^|]+?) \|", document, re.MULTILINE)
    assert listed == [question(probe) for probe in PROBES]
