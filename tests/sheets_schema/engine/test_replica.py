"""How the copy of a spreadsheet is brought up to date, and what is told where that cannot be."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from sheets_schema import NotProvisionedError, RequestRejectedError, SchemaMismatchError
from sheets_schema.advanced import Timing
from sheets_schema.engine.replica import Replica
from sheets_schema.errors import LogDivergedError
from sheets_schema.protocol.lock_record import LockRecord
from sheets_schema.protocol.sheet_read import DroppedRowsError, InconsistentReadError, OrphanRowsError
from sheets_schema.protocol.snapshot import LostUpdate
from sheets_schema.schema.internal_tables import Base
from tests.sheets_schema.bank import SCHEMA, Payments, Requests
from tests.sheets_schema.engine.prepared import FENCE, PreparedClient, prepared_replica
from tests.sheets_schema.protocol.small_spreadsheet import Tabs, commit, left, logged, spreadsheet

NOT_FOUND = RequestRejectedError("Unable to parse range", status=400)


class Stage:
    def __init__(self, tabs: Tabs | None = None, schema: Any = SCHEMA, *, loaded: bool = True, **timing: float) -> None:
        self.client = PreparedClient(tabs)
        self.replica: Replica[Any] = prepared_replica(self.client, schema, Timing(**timing))
        if loaded:
            self.load()
            self.client.asked.clear()

    def load(self, *tables: Any) -> Any:
        return self.replica.load(self.client.deadline(), tables)

    @property
    def asked(self) -> list[str]:
        """What was asked for: `metadata`, `control`, or `all`."""
        return [
            each if each == "metadata" else "control" if each == ["'Control'!A1:B"] else "all"
            for each in self.client.asked
        ]

    @property
    def lock(self) -> LockRecord | None:
        return self.replica.snapshot.lock


def goes_on(tabs: Tabs | None = None) -> Tabs:
    """The spreadsheet after another payment."""
    after = commit(tabs or spreadsheet(), 3, {"Payments": 3, "Accounts": 1})
    after["Payments"].append(["p3", "eve", 1])
    return after


def contradicting() -> Tabs:
    tabs = goes_on()
    tabs["Commit Log"][-1][2] = "cx"
    return tabs


def test_a_first_reading_learns_the_tabs_and_a_later_one_is_one_call() -> None:
    stage = Stage(loaded=False)
    stage.load()
    assert stage.asked == ["metadata", "all"]
    assert str(stage.replica.snapshot.zone) == "America/Toronto"

    stage.client.asked.clear()
    stage.client.tabs = goes_on()
    assert stage.load().lock == LockRecord(3, "c3")
    assert stage.asked == ["all"]
    assert stage.replica.snapshot.state.balances["eve"] == 1
    assert stage.client.time.seconds == 100.0


def test_a_table_whose_tab_was_not_there_is_looked_for_again() -> None:
    tabs = spreadsheet()
    wishes = tabs.pop("Requests")
    stage = Stage(tabs)
    assert isinstance(stage.load(Requests).tables[Requests], SchemaMismatchError)

    stage.client.tabs["Requests"] = wishes
    assert [row.cells["account"] for row in stage.load(Requests).tables[Requests].rows] == ["ada"]


@pytest.mark.parametrize(("delay", "waited"), [(1.0, 2.0), (0.0, 0.2)])
def test_a_contradiction_is_looked_at_again_and_told_if_it_stays(delay: float, waited: float) -> None:
    stage = Stage(confirmation_delay=delay)
    stage.client.tabs = contradicting()

    with pytest.raises(LogDivergedError, match="Writing has stopped: tab “Commit Log”, row 5"):
        stage.load()

    assert stage.asked == ["all"] * 3
    assert stage.client.time.seconds == pytest.approx(100.0 + waited)
    assert stage.lock == LockRecord(2, "c2")


def test_one_that_a_second_look_does_not_show_was_a_stale_reading() -> None:
    stage = Stage()
    stage.client.tabs = contradicting()
    stage.client.before[1] = lambda: setattr(stage.client, "tabs", goes_on())

    assert stage.load().lock == LockRecord(3, "c3")
    assert stage.asked == ["all"] * 2


def test_whoever_knows_less_than_has_left_begins_anew() -> None:
    stage = Stage(left(1, 1))
    stage.client.tabs = commit(left(3, 3, rows=4), 3, {"Payments": [4, 3, 3], "Accounts": 1})
    stage.replica.snapshot.counts["Payments"] = 2

    stage.load()

    assert [*stage.replica.snapshot.state.payments] == ["all", "p4"]


class TestTabsThatChange:
    def test_a_tab_that_google_does_not_find_is_looked_for_and_read(self) -> None:
        stage = Stage()
        stage.client.refused = NOT_FOUND

        assert stage.load().lock == LockRecord(2, "c2")
        assert stage.asked == ["all", "metadata", "all"]

    def test_one_that_it_does_not_find_again_and_again_is_told_as_it_says_it(self) -> None:
        stage = Stage()
        values = stage.client.values

        def refuse(ranges: Any, deadline: Any) -> Any:
            values(ranges, deadline)
            raise NOT_FOUND

        stage.client.values = refuse  # type: ignore[method-assign]
        with pytest.raises(RequestRejectedError, match="Unable to parse range"):
            stage.load()
        assert stage.asked == ["all", "metadata", "all"] * 3

    def test_a_ledger_that_has_become_wider_is_read_whole(self) -> None:
        stage = Stage()
        stage.client.tabs = goes_on()
        stage.client.tabs["Payments"][0] = ["payment_id", "account", "cents", "mine", "note"]
        stage.client.widths = {**stage.client.widths, "Payments": 5}

        stage.load()

        assert stage.replica.snapshot.bindings[Payments].index["note"] == 4
        assert stage.asked == ["all", "metadata", "all"]

    @pytest.mark.parametrize(("rows", "lost"), [(3, False), (2, True)])
    def test_a_grid_that_ends_above_the_last_known_row_has_lost_it(self, rows: int, lost: bool) -> None:
        stage = Stage()
        stage.client.refused = NOT_FOUND
        stage.client.rows["Payments"] = rows

        if lost:
            with pytest.raises(
                InconsistentReadError, match="“Payments” has lost rows: it held 2, and its grid ends at 2"
            ):
                stage.replica.fetch(stage.client.deadline())
            assert stage.asked == ["all", "metadata", "control"]
        else:
            stage.replica.fetch(stage.client.deadline())
            assert stage.asked == ["all", "metadata", "all"]

    def test_a_ledger_of_which_nothing_is_known_may_end_at_its_header(self) -> None:
        stage = Stage()
        stage.client.refused = NOT_FOUND
        del stage.replica.snapshot.counts["Accounts"]
        stage.client.rows["Accounts"] = 1

        assert stage.replica.fetch(stage.client.deadline()).lock == LockRecord(2, "c2")

    def test_rows_may_have_moved_up_since(self) -> None:
        stage = Stage(left(2, 2))
        stage.client.refused = NOT_FOUND
        stage.client.tabs = commit(left(2, 0), 3, {"Payments": [3, 2, 0], "Accounts": 1})
        stage.client.rows["Payments"] = 2

        stage.load()

        assert stage.asked == ["all", "metadata", "control", "all"]
        assert stage.replica.snapshot.bases == {"Payments": Base(2, 0)}
        assert stage.replica.snapshot.next_row("Payments") == 3

    def test_or_rows_that_are_not_known_have_left(self) -> None:
        stage = Stage(left(2, 2))
        stage.client.refused = NOT_FOUND
        stage.client.tabs["Control"][-1][1] = json.dumps({"Payments": [4, 0]})
        stage.client.rows["Payments"] = 2
        stage.client.before[3] = lambda: setattr(stage.client, "refused", NOT_FOUND)  # it would begin below the grid

        with pytest.raises(DroppedRowsError, match="rows 4 to 4"):
            stage.replica.fetch(stage.client.deadline())

    def test_an_empty_spreadsheet_is_not_set_up(self) -> None:
        for gone, error, told in (
            (["Control", "Commit Log"], NotProvisionedError, "is not set up: run provision first"),
            (["Control"], SchemaMismatchError, "“Control” is missing"),
            (["Commit Log"], SchemaMismatchError, "“Commit Log” is missing"),
            (["Accounts"], SchemaMismatchError, "“Accounts” is missing"),
        ):
            tabs = spreadsheet()
            for title in gone:
                del tabs[title]
            with pytest.raises(error, match=told):
                Stage(tabs)

    def test_a_ledger_may_be_missing_since_a_newer_program_has_renamed_it(self) -> None:
        tabs = spreadsheet()
        del tabs["Accounts"]
        tabs["Control"].append(["schema_version", "2"])

        with pytest.raises(SchemaMismatchError, match="this program knows no more than 1"):
            Stage(tabs)

    def test_what_is_forgotten_is_read_anew_but_the_tabs_are_known(self) -> None:
        stage = Stage()

        stage.replica.reset()

        assert (stage.lock, str(stage.replica.snapshot.zone)) == (None, "America/Toronto")
        stage.load()
        assert stage.asked == ["all"]


class TestBlankRowsDeletedTwice:
    def test_whoever_looks_in_the_wrong_place_finds_them_by_reading_everything(self) -> None:
        stage = Stage(left(2, 2))
        before = stage.replica.snapshot
        stage.client.tabs = left(2, 2, blanks=1)

        assert stage.replica.reload(stage.client.deadline()) == {0: "c0", 1: "c1", 2: "c2"}

        assert stage.replica.snapshot is not before
        assert stage.replica.snapshot.bases == {"Payments": Base(2, 1)}

    def test_with_no_rows_gone_or_nothing_known_nothing_is_read(self) -> None:
        stage = Stage()
        assert stage.replica.reload(stage.client.deadline()) == {}
        stage = Stage(left(2, 2))
        stage.replica.snapshot.lock = None
        assert stage.replica.reload(stage.client.deadline()) == {}
        assert stage.asked == []

    @pytest.mark.parametrize("other", [contradicting(), commit(left(2, 1), 3, {})])
    def test_what_contradicts_what_is_known_changes_nothing(self, other: Tabs) -> None:
        stage = Stage(left(2, 2))
        before = stage.replica.snapshot
        stage.client.tabs = {**other, "Opening": stage.client.tabs["Opening"]}

        assert stage.replica.reload(stage.client.deadline()) == {}
        assert stage.replica.snapshot is before

    def test_a_spreadsheet_in_which_our_last_commit_is_another_changes_nothing(self) -> None:
        stage = Stage(left(2, 2))
        before = stage.replica.snapshot
        stage.client.tabs["Commit Log"][3] = logged(2, {"Payments": [3, 2, 2], "Accounts": 1}, commit="cx")
        stage.client.tabs["Control"][1][1] = "version 2 · commit cx · free"

        assert stage.replica.reload(stage.client.deadline()) == {}
        assert stage.replica.snapshot is before

    def test_a_second_contradiction_makes_it_look_so(self) -> None:
        stage = Stage(left(2, 2))
        stage.client.tabs = commit(left(2, 2, blanks=1), 3, {"Payments": [3, 2, 2], "Accounts": 1})

        assert stage.load().lock == LockRecord(3, "c3")
        assert stage.replica.snapshot.bases == {"Payments": Base(2, 1)}
        assert stage.asked == ["all"] * 4


class TestMergedCommits:
    """Two batches of the same moment: the log is the one's, the fence the other's, and rows stand of both."""

    @staticmethod
    def merged(*fences: dict[str, str]) -> Stage:
        stage = Stage()
        stage.client.tabs = goes_on()
        stage.client.tabs["Payments"].append(["px", "eve", 1])
        stage.client.ranges = [*fences]
        return stage

    def test_rows_of_the_one_that_was_overwritten_are_left_out_and_the_next_is_fenced_by_it(self) -> None:
        stage = self.merged(
            {**FENCE, "namedRangeId": "fence_3_cx"},
            {"name": "mine", "namedRangeId": "m1"},
            {"name": "commit_fence_2", "namedRangeId": "fence_3_c3"},
        )

        stage.load()

        assert [*stage.replica.snapshot.state.payments] == ["p1", "p2", "p3"]
        assert stage.replica.snapshot.lost_update == LostUpdate(LockRecord(3, "cx"), ("fence_3_c3",))

    @pytest.mark.parametrize("fence", ["fence_3_c3", "fence_2_cx", "fence_33_cx", "mine"])
    def test_rows_below_under_any_other_fence_are_of_no_commit(self, fence: str) -> None:
        stage = self.merged({**FENCE, "namedRangeId": fence})

        with pytest.raises(OrphanRowsError):
            stage.replica.apply(stage.replica.fetch(stage.client.deadline()), stage.client.deadline())
        assert stage.replica.snapshot.lost_update is None

    def test_without_a_fence_too(self) -> None:
        stage = self.merged()

        assert stage.replica.fence(stage.client.deadline()) is None
        with pytest.raises(OrphanRowsError):
            stage.replica.apply(stage.replica.fetch(stage.client.deadline()), stage.client.deadline())

    def test_one_that_comes_to_light_by_a_refusal_is_noted(self) -> None:
        stage = Stage()
        deadline = stage.client.deadline()
        assert not stage.replica.detect_lost_update(deadline)

        stage.client.ranges = [{**FENCE, "namedRangeId": "fence_2_cx"}]
        assert stage.replica.detect_lost_update(deadline)
        assert stage.replica.snapshot.lost_update == LostUpdate(LockRecord(2, "cx"))
        assert not stage.replica.detect_lost_update(deadline)
        stage.client.ranges = [FENCE]
        assert not stage.replica.detect_lost_update(deadline)
        assert stage.replica.snapshot.lost_update == LostUpdate(LockRecord(2, "cx"))

    def test_whether_somebody_has_committed_between_two_looks(self) -> None:
        stage = Stage()
        deadline = stage.client.deadline()

        assert stage.replica.is_still_at(2, deadline)
        assert not stage.replica.is_still_at(1, deadline)
        stage.client.tabs = goes_on()
        assert not stage.replica.is_still_at(2, deadline)
        stage.client.rows["Payments"], stage.client.refused = 1, NOT_FOUND
        assert stage.replica.is_still_at(2, deadline)


def test_a_schema_of_a_newer_version_needs_provisioning() -> None:
    with pytest.raises(SchemaMismatchError, match="run provision"):
        Stage(schema=replace(SCHEMA, version=2))
