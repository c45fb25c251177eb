"""What is sent next, and what is told, after each answer to a commit."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from sheets_schema.advanced import Timing
from sheets_schema.engine.commit_executor import MAX_UNKNOWN, CommitExecutor, CommitResult
from sheets_schema.engine.lease import Lease
from sheets_schema.engine.response_classification import Applied, NotApplied, Rejected, Unknown, WriteOutcome
from sheets_schema.engine.unknown_outcome import CommitOutcome
from sheets_schema.errors import (
    CommitUnknownError,
    LogDivergedError,
    PermissionDeniedError,
    RequestRejectedError,
    UnavailableError,
)
from sheets_schema.protocol.changes import Changes
from sheets_schema.protocol.commit_batch import Commit, build
from sheets_schema.protocol.lock_record import LockRecord, fence_added, lock_range
from sheets_schema.protocol.snapshot import CommitInfo
from sheets_schema.schema.internal_tables import Base, CommitLog
from tests.sheets_schema.bank import Payments
from tests.sheets_schema.engine.prepared import FENCE, PreparedClient, prepared_replica
from tests.sheets_schema.protocol.small_spreadsheet import Tabs, left
from tests.sheets_schema.protocol.small_spreadsheet import commit as committed

INFO = CommitInfo("now", "tester", "pay")
OURS = LockRecord(2, "c2", "ours", 10.0)
COMMITTED, CONFLICT, REJECTED = CommitOutcome.COMMITTED, CommitOutcome.CONFLICT, CommitOutcome.REJECTED


def rejected(index: int | None) -> Rejected:
    return Rejected(RequestRejectedError("no", status=400, request_index=index))


class Stage:
    """A commit of one payment upon version 2, and what becomes of it."""

    def __init__(self, tabs: Tabs | None = None, *, held: bool = False) -> None:
        self.client = PreparedClient(tabs)
        if held:
            self.client.tabs["Control"][1][1] = OURS.text
        self.replica = prepared_replica(self.client)
        self.replica.load(self.client.deadline())
        self.lease = Lease("ours", self.client.clock, self.replica.timing)
        if held:
            self.lease.committed(OURS, self.client.time.seconds)
        self.executor = CommitExecutor(self.replica, self.lease)
        self.learnt = self.replica.snapshot.state.fork()
        paid = Payments(payment_id="p3", account="eve", cents=1)
        self.learnt.apply(paid)
        self.commit = build(
            self.replica.snapshot, self.learnt, Changes(appended={Payments: [paid]}), LockRecord(3, "c3"), INFO
        )
        self.client.asked.clear()
        self.started = self.client.time.seconds

    def land(self, commit: Commit | None = None) -> None:
        """The batch is applied."""
        commit, tabs = commit or self.commit, self.client.tabs
        for ledger, written in commit.written.items():
            tabs[ledger.__table__.title] += [[*row.cells().values()] for row in written.rows]
        tabs["Control"][1][1] = commit.new.text
        self.client.ranges[0] = {**FENCE, "namedRangeId": commit.new.fence}

    def land_other(self) -> None:
        """Another one came first."""
        self.client.tabs = committed(self.client.tabs, 3, {"Payments": 2, "Accounts": 1})
        self.client.ranges[0] = {**FENCE, "namedRangeId": "fence_3_c3x"}
        self.client.tabs["Commit Log"][-1][1] = "c3x"
        self.client.tabs["Control"][1][1] = "version 3 · commit c3x · free"

    def ends(self, *answers: WriteOutcome | Callable[[], object], seconds: float = 60.0, **more: Any) -> CommitResult:
        """What becomes of it if these answers come; what is called in place of one lands, and a clean answer comes."""
        client, write = self.client, self.client.write
        left = [*answers]

        def send(batch: list[dict[str, Any]], *given: Any, **named: Any) -> WriteOutcome:
            write(batch, *given, **named)
            answer = left.pop(0) if left else Applied({})
            if callable(answer):
                answer()
                return Applied({})
            return answer

        client.write = send  # type: ignore[method-assign]
        return self.executor.execute(self.commit, self.learnt, deadline=client.deadline(seconds), **more)

    @property
    def readings(self) -> int:
        return len(self.client.asked)

    @property
    def waited(self) -> float:
        return self.client.time.seconds - self.started

    def sent_itself(self) -> list[bool]:
        """For each batch whether it is the commit, and not an empty one in its place."""
        return [batch == self.commit.requests for batch in self.client.sent]


def test_while_the_lock_is_ours_a_clean_answer_is_believed() -> None:
    stage = Stage(held=True)

    assert stage.ends() == CommitResult(COMMITTED)

    assert (stage.readings, stage.waited) == (0, 0)
    assert stage.replica.snapshot.lock == LockRecord(3, "c3")
    assert stage.replica.snapshot.state.balances["eve"] == 1


def test_after_a_free_lock_it_is_read_back_once_others_of_the_same_moment_would_show() -> None:
    stage = Stage()

    assert stage.ends(stage.land) == CommitResult(COMMITTED)

    assert (stage.readings, stage.waited) == (1, 1.0)
    assert stage.replica.snapshot.state.balances["eve"] == 1


def test_one_over_which_another_was_merged_is_in_conflict() -> None:
    stage = Stage()

    assert stage.ends(stage.land_other) == CommitResult(CONFLICT)


def test_one_that_was_accepted_and_that_the_log_never_shows_is_a_divergence() -> None:
    stage = Stage()

    with pytest.raises(LogDivergedError, match=r"version 3 was accepted \(commit c3\), but tab “Commit Log” does not"):
        stage.ends()
    assert stage.readings >= 3


def test_after_an_answer_that_says_nothing_the_log_is_asked_at_once_while_the_lock_is_ours() -> None:
    stage = Stage(held=True)
    stage.client.before[0] = stage.land

    assert stage.ends(Unknown("gone")) == CommitResult(COMMITTED)

    assert (stage.sent_itself(), stage.readings, stage.waited) == ([True], 1, 0)


def test_and_later_and_twice_where_another_batch_may_be_on_its_way() -> None:
    stage = Stage()
    stage.client.before[0] = stage.land

    assert stage.ends(Unknown("gone")) == CommitResult(COMMITTED)

    assert (stage.readings, stage.waited) == (2, 2.0)


def test_one_of_which_nobody_knows_is_sent_again_as_it_was_and_then_an_empty_one_in_its_place() -> None:
    stage = Stage(held=True)

    def land_empty() -> None:
        [batch] = stage.client.sent[MAX_UNKNOWN:]
        version, commit, previous, _, who, operation, _ = (
            next(iter(value["userEnteredValue"].values())) for value in batch[4]["updateCells"]["rows"][0]["values"]
        )
        assert (version, previous, who, operation) == (3, "c2", "tester", "gave up on commit c3")
        stage.client.tabs = committed(stage.client.tabs, 3, {"Payments": 2, "Accounts": 1})
        stage.client.tabs["Commit Log"][-1][1] = commit
        stage.client.tabs["Control"][1][1] = f"version 3 · commit {commit} · free"

    assert stage.ends(*[Unknown("gone")] * MAX_UNKNOWN, land_empty) == CommitResult(CONFLICT)

    assert stage.sent_itself() == [True] * MAX_UNKNOWN + [False]
    assert stage.readings == MAX_UNKNOWN + 1


def test_between_two_sendings_there_is_a_pause_as_long_as_the_answer_asks_for() -> None:
    stage = Stage(held=True)
    busy = NotApplied(UnavailableError("busy"), wait=3.0)

    assert stage.ends(busy, NotApplied(UnavailableError("busy"))) == CommitResult(COMMITTED)

    assert stage.waited == pytest.approx(3.0 + 0.2)
    assert (stage.sent_itself(), stage.readings) == ([True] * 3, 0)


@pytest.mark.parametrize(("seconds", "outcome"), [(3.0, REJECTED), (3.5, COMMITTED)])
def test_a_pause_that_takes_all_the_time_left_is_none(seconds: float, outcome: CommitOutcome) -> None:
    stage, busy = Stage(held=True), UnavailableError("busy")

    result = stage.ends(NotApplied(busy, wait=3.0), seconds=seconds)

    assert result == CommitResult(outcome, busy if outcome is REJECTED else None)
    assert stage.waited == (0 if outcome is REJECTED else 3.0)


def test_one_in_doubt_whose_deadline_comes_is_not_known() -> None:
    stage = Stage(held=True)

    with pytest.raises(CommitUnknownError, match=r"before the outcome of the commit.*not known yet \(gone\)"):
        stage.ends(Unknown("gone", wait=9.0), seconds=9.0)


def test_what_will_never_be_applied_is_told_at_once() -> None:
    stage, error = Stage(held=True), PermissionDeniedError("no")

    assert stage.ends(NotApplied(error, again=False)) == CommitResult(REJECTED, error)
    assert stage.readings == 0


def test_but_not_while_an_earlier_copy_may_be_on_its_way() -> None:
    stage, error = Stage(held=True), PermissionDeniedError("no")

    assert stage.ends(Unknown("gone"), NotApplied(error, again=False), stage.land) == CommitResult(COMMITTED)
    assert stage.sent_itself() == [True] * 3


@pytest.mark.parametrize("index", [3, 9])
def test_a_request_behind_the_fence_that_is_refused_is_the_batchs_own_fault(index: int) -> None:
    stage, answer = Stage(held=True), rejected(index)

    assert stage.ends(answer) == CommitResult(REJECTED, answer.error)
    assert (stage.readings, len(stage.client.sent)) == (0, 1)


@pytest.mark.parametrize("index", [0, 2, None])
def test_a_refusal_by_the_fence_may_be_the_echo_of_a_copy_that_was_applied(index: int | None) -> None:
    stage = Stage(held=True)
    stage.client.before[0] = stage.land

    assert stage.ends(rejected(index)) == CommitResult(COMMITTED)


@pytest.mark.parametrize("index", [0, 2, None])
def test_or_another_commit_came_first(index: int | None) -> None:
    stage = Stage(held=True)
    stage.client.before[0] = stage.land_other

    assert stage.ends(rejected(index)) == CommitResult(CONFLICT)
    assert len(stage.client.sent) == 1


def test_a_batch_that_is_refused_again_though_the_fence_stands_is_at_fault_once_an_empty_one_keeps_it_out() -> None:
    stage, answer = Stage(held=True), rejected(None)

    def land_empty() -> None:
        assert stage.sent_itself() == [True, True, False]
        stage.land_other()

    assert stage.ends(answer, answer, land_empty) == CommitResult(REJECTED, answer.error)


def test_unless_it_turns_out_to_have_been_applied() -> None:
    stage, answer = Stage(held=True), rejected(None)

    assert stage.ends(answer, answer, stage.land) == CommitResult(COMMITTED)


def test_one_at_fault_of_which_a_copy_may_be_on_its_way_is_kept_out_by_an_empty_one_first() -> None:
    stage, answer = Stage(held=True), rejected(7)

    assert stage.ends(Unknown("gone"), answer, stage.land_other) == CommitResult(REJECTED, answer.error)
    assert stage.sent_itself() == [True, True, False]


def test_a_refusal_that_names_the_fence_while_it_stands_was_a_stale_reading_or_is() -> None:
    stage = Stage(held=True)

    assert stage.ends(rejected(0), rejected(0), rejected(1), stage.land) == CommitResult(COMMITTED)
    assert stage.sent_itself() == [True] * 4
    # After the first, until others of the moment would show; pauses that grow; and the confirmation.
    assert stage.waited == pytest.approx(1.0 + 0.1 + 0.2 + 0.4 + 1.0)


@pytest.mark.parametrize("index", [0, None])
def test_a_fence_that_a_person_has_deleted_is_put_back(index: int | None) -> None:
    stage = Stage(held=True)
    stage.client.ranges.clear()
    write = stage.client.write

    def put_back(batch: Any, *given: Any, **named: Any) -> WriteOutcome:
        stage.client.ranges.append(FENCE)
        return write(batch, *given, **named)

    result = stage.ends(rejected(index), rejected(index), lambda: put_back([], stage.client.deadline()), stage.land)

    assert result == CommitResult(COMMITTED)
    fence = fence_added(LockRecord(2, "c2"), lock_range(stage.replica.snapshot.sheets["Control"]))
    assert [fence] in stage.client.sent
    assert stage.sent_itself().count(True) == 3


@pytest.mark.parametrize(
    ("there", "repair"),
    [
        ("mine", [{"deleteNamedRange": {"namedRangeId": "mine"}}]),
        ("fence_1_c1", [{"deleteNamedRange": {"namedRangeId": "fence_1_c1"}}, "added"]),
    ],
)
def test_a_range_of_a_persons_or_an_older_fence_is_taken_away(there: str, repair: list[Any]) -> None:
    stage = Stage(held=True)
    stage.client.ranges[0] = {"name": "commit_fence", "namedRangeId": there}

    stage.ends(rejected(0), rejected(0), lambda: None, stage.land)

    added = fence_added(LockRecord(2, "c2"), lock_range(stage.replica.snapshot.sheets["Control"]))
    assert [added if part == "added" else part for part in repair] in stage.client.sent


def test_a_newer_fence_that_the_log_does_not_explain_is_a_divergence_after_some_refusals() -> None:
    stage = Stage(held=True)
    stage.client.ranges[0] = {"name": "commit_fence", "namedRangeId": "fence_9_c9"}

    with pytest.raises(LogDivergedError, match=r"commit_fence says fence_9_c9, but the last commit .* is version 2"):
        stage.ends(rejected(0), rejected(0), rejected(0))
    assert stage.sent_itself() == [True] * 3


def test_one_that_a_leader_before_has_sent_is_in_doubt_from_the_start() -> None:
    stage, error = Stage(held=True), PermissionDeniedError("no")
    stage.client.before[0] = stage.land

    assert stage.ends(NotApplied(error, again=False), again=True) == CommitResult(COMMITTED)
    assert stage.sent_itself() == [True]


def test_a_clean_answer_to_a_second_copy_is_not_believed() -> None:
    stage = Stage(held=True)

    assert stage.ends(stage.land, again=True) == CommitResult(COMMITTED)
    assert stage.readings == 1


@pytest.mark.parametrize(("once", "again", "itself"), [(True, False, True), (False, True, True), (True, True, False)])
def test_one_that_deletes_rows_is_never_sent_twice(once: bool, again: bool, itself: bool) -> None:
    stage = Stage(held=True)
    stage.commit = replace(stage.commit, once=once)

    stage.ends(stage.land if itself else stage.land_other, again=again)

    assert stage.sent_itself() == [itself]


def test_after_a_doubt_an_empty_one_takes_its_place() -> None:
    stage = Stage(held=True)
    stage.commit = replace(stage.commit, once=True)

    assert stage.ends(Unknown("gone"), stage.land_other) == CommitResult(CONFLICT)
    assert stage.sent_itself() == [True, False]


def test_one_that_was_certainly_not_applied_is_sent_again_all_the_same() -> None:
    stage = Stage(held=True)
    stage.commit = replace(stage.commit, once=True)

    assert stage.ends(NotApplied(UnavailableError("busy"))) == CommitResult(COMMITTED)
    assert stage.sent_itself() == [True, True]


def test_rows_that_were_changed_while_they_were_written_halt_writing() -> None:
    stage = Stage()

    def land_changed() -> None:
        stage.land()
        stage.client.tabs["Payments"][-1][2] = 99

    with pytest.raises(LogDivergedError, match="“Payments”, row 4, does not hold what was written into it"):
        stage.ends(land_changed)
    assert stage.replica.snapshot.lock is None


def test_a_log_that_has_lost_the_commits_version_by_now_tells_nothing() -> None:
    stage = Stage(held=True)

    def go_on() -> None:
        tabs = committed(
            committed(stage.client.tabs, 3, {}), 4, {"Payments": 2, "Accounts": 1, "Commit Log": [5, 4, 4]}
        )
        tabs["Control"].append(["bases", json.dumps({"Commit Log": [4, 4]})])
        tabs["Commit Log"][1:5] = [[]] * 4
        stage.client.tabs = tabs

    stage.client.before[0] = go_on

    with pytest.raises(CommitUnknownError, match="“Commit Log” does not hold its version any more"):
        stage.ends(Unknown("gone"))
    assert stage.replica.snapshot.lock is None


def test_blank_rows_that_were_deleted_twice_meanwhile_are_seen_through_at_a_second_look() -> None:
    stage = Stage(left(2, 2), held=True)

    def land_below_fewer_blanks() -> None:
        del stage.client.tabs["Payments"][1]
        stage.land()

    stage.client.before[0] = land_below_fewer_blanks

    assert stage.ends(Unknown("gone")) == CommitResult(COMMITTED)
    # A look that shows a contradiction; another one after a while; then everything is read anew.
    assert (stage.readings, stage.waited) == (3, 1.0)
    assert stage.replica.snapshot.bases == {"Payments": Base(2, 1)}


def test_a_log_that_cannot_be_read_leaves_the_commit_unknown() -> None:
    stage = Stage()
    stage.client.refused = UnavailableError("busy")

    with pytest.raises(CommitUnknownError, match=r"the log could not be read\. busy"):
        stage.ends(stage.land)


def test_there_must_be_time_to_read_back() -> None:
    stage = Stage()

    with pytest.raises(CommitUnknownError, match="no time left to see whether it stands"):
        stage.ends(stage.land, seconds=1.0)
    assert stage.readings == 0


def test_where_nothing_has_to_be_confirmed_it_is_read_back_at_once() -> None:
    stage = Stage()
    stage.replica.timing = Timing(confirmation_delay=0.0)

    assert stage.ends(stage.land) == CommitResult(COMMITTED)
    assert (stage.readings, stage.waited) == (1, 0)
    assert stage.replica.snapshot.last_rows[CommitLog]["commit"] == "c3"
