"""One commit as a batch: what it writes, where, and what is true once it is applied."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from sheets_schema.advanced import IncrementalView
from sheets_schema.errors import UniqueViolationError
from sheets_schema.protocol import commit_batch, view_writes
from sheets_schema.protocol.batch_requests import (
    append_rows,
    clear_cells,
    delete_rows,
    grow,
    widen,
    write_cells,
)
from sheets_schema.protocol.changes import Changes
from sheets_schema.protocol.commit_batch import Commit, advance, build
from sheets_schema.protocol.limits import encode
from sheets_schema.protocol.lock_record import LockRecord, fence_swap, lock_range
from sheets_schema.protocol.sheet_layout import SheetLayout
from sheets_schema.protocol.snapshot import HEADER, CommitInfo, LostUpdate, Snapshot
from sheets_schema.protocol.view_writes import _write_differences, _write_rows
from sheets_schema.schema.cells import Cell
from sheets_schema.schema.internal_tables import Base, CommitLog
from sheets_schema.schema.tables import Ledger, declared_binding
from tests.sheets_schema.bank import SCHEMA, Accounts, Balances, Books, Payments

OLD, NEW, INFO = LockRecord(7, "old"), LockRecord(8, "new"), CommitInfo("now", "tester", "pay")
CONTROL, LOG, PAYMENTS, ACCOUNTS, BALANCES = range(1, 6)
HEADERS: list[Cell] = ["Account no.", "Cents"]
Table = list[list[Cell]]


def payment(name: str, account: str = "ada", cents: int = 1) -> Payments:
    return Payments(payment_id=name, account=account, cents=cents)


def books(**held: int) -> Books:
    state = Books()
    for account, cents in held.items():
        state.apply(payment(f"of {account}", account, cents))
    return state


def known(**more: Any) -> Snapshot[Books]:
    """What is known of a spreadsheet of which every grid has ten rows: Ada and Bob have paid, and Ada is in the accounts."""
    sheets = {
        title: SheetLayout(sheet_id, columns, 10)
        for title, sheet_id, columns in (
            ("Control", CONTROL, 2),
            ("Commit Log", LOG, 7),
            ("Payments", PAYMENTS, 4),
            ("Accounts", ACCOUNTS, 2),
            ("Balances", BALANCES, 2),
        )
    }
    there: dict[str, Any] = {
        "schema": SCHEMA,
        "sheets": sheets,
        "state": books(ada=1, bob=2),
        "lock": OLD,
        "counts": {"Commit Log": 8, "Payments": 2, "Accounts": 1},
        "bindings": {ledger: declared_binding(ledger) for ledger in SCHEMA.all_ledgers},
        "grid_rows": dict.fromkeys(sheets, 10),
        "values": {"lock": OLD.text, "rate": "1.5"},
        "value_rows": {"lock": 2, "rate": 3},
        "views": {Balances: [HEADERS, ["ada", 1], ["bob", 2]]},
    }
    return Snapshot(**there | more)


def built(snapshot: Snapshot[Books], changes: Changes, state: Books | None = None) -> Commit:
    return build(snapshot, state or snapshot.state, changes, NEW, INFO)


def log_row(rows: Mapping[str, object]) -> CommitLog:
    text = json.dumps(rows, sort_keys=True)
    return CommitLog(version=8, commit="new", previous="old", at="now", who="tester", operation="pay", rows=text)


def head(snapshot: Snapshot[Books]) -> list[Any]:
    """The fence, and the lock cell."""
    swap = fence_swap(OLD, NEW, lock_range(snapshot.sheets["Control"]))
    return [*swap, write_cells(CONTROL, 2, 1, [[NEW.text]])]


def appended(snapshot: Snapshot[Books], row: int, *rows: Ledger) -> list[Any]:
    ledger = type(rows[0])
    sheet = snapshot.sheets[ledger.__table__.title]
    return append_rows(sheet, declared_binding(ledger), 10, row, rows)


class TestLedgers:
    def test_a_commit_is_fence_lock_cell_log_row_ledger_rows_view_and_the_rest_in_this_order(self) -> None:
        snapshot = known()
        rest = {"updateCells": {"fields": "note"}}
        changes = Changes(
            appended={Payments: [payment("p3"), payment("p4", "bob", 5)], Accounts: [Accounts(account="bob")]},
            values={"rate": "2"},
            requests=[rest],
        )

        commit = built(snapshot, changes, books(ada=2, bob=7))

        assert commit.requests == [
            *head(snapshot),
            write_cells(CONTROL, 3, 0, [["rate", "2"]]),
            *appended(snapshot, 10, log_row({"Accounts": 2, "Payments": 4})),
            *appended(snapshot, 4, *changes.appended[Payments]),
            *appended(snapshot, 3, *changes.appended[Accounts]),
            write_cells(BALANCES, 2, 0, [["ada", 2]]),
            write_cells(BALANCES, 3, 0, [["bob", 7]]),
            rest,
        ]
        assert (commit.old, commit.new, commit.info, commit.id, commit.once) == (OLD, NEW, INFO, "new", False)
        assert commit.counts == {"Commit Log": 9, "Payments": 4, "Accounts": 2}
        assert commit.values == {"motto": "", "lock": OLD.text, "rate": "2"}
        assert commit.views == {Balances: [HEADERS, ["ada", 2], ["bob", 7]]}
        assert snapshot.counts == {"Commit Log": 8, "Payments": 2, "Accounts": 1}
        assert (snapshot.grid_rows, snapshot.value_rows) == (known().grid_rows, known().value_rows)

    def test_of_the_rows_written_it_is_known_what_stood_above_them(self) -> None:
        commit = built(known(last_rows={Payments: {"payment_id": "p2"}}), Changes(appended={Payments: [payment("p3")]}))

        found = {ledger: (rows.count, rows.before, rows.rows) for ledger, rows in commit.written.items()}
        assert found[Payments] == (2, {"payment_id": "p2"}, [payment("p3")])
        assert found[CommitLog][:2] == (8, None)

    def test_a_key_that_is_taken_is_refused_and_one_that_is_free_is_taken_by_the_commit_alone(self) -> None:
        class Paid(Ledger, tab="Payments", unique=("payment_id",)):
            payment_id: str

        schema: Any = replace(SCHEMA, tables=(Paid, Accounts), views={})
        bindings = {ledger: declared_binding(ledger) for ledger in (CommitLog, Paid, Accounts)}
        snapshot = known(schema=schema, bindings=bindings)
        snapshot.keys.add(Paid(payment_id="p1"))

        for taken in (["p1"], ["p2", "p2"]):
            with pytest.raises(UniqueViolationError, match="payment_id"):
                built(snapshot, Changes(appended={Paid: [Paid(payment_id=name) for name in taken]}))
        commit = built(snapshot, Changes(appended={Paid: [Paid(payment_id="p2")]}))

        assert commit.keys.has((Paid, ("payment_id",)), "p2")
        assert not snapshot.keys.has((Paid, ("payment_id",)), "p2")
        advance(snapshot, commit, snapshot.state.fork())
        assert snapshot.keys.has((Paid, ("payment_id",)), "p2")

    @pytest.mark.parametrize(("count", "grows"), [(8, False), (9, True)])
    def test_a_grid_grows_with_the_row_that_would_not_find_room(self, count: int, grows: bool) -> None:
        snapshot = known(counts={"Commit Log": 3, "Payments": count, "Accounts": 1})

        commit = built(snapshot, Changes(appended={Payments: [payment("p")]}))

        more = grow(snapshot.sheets["Payments"], 10, 11)
        assert (more[0] in commit.requests) is grows
        assert commit.grid_rows == {**snapshot.grid_rows, "Payments": 1010 if grows else 10}

    def test_several_rows_need_room_down_to_the_last(self) -> None:
        snapshot = known(counts={"Commit Log": 9, "Payments": 7, "Accounts": 1})

        commit = built(snapshot, Changes(appended={Payments: [payment("p1"), payment("p2")]}))
        more = built(snapshot, Changes(appended={Payments: [payment(f"p{number}") for number in range(1500)]}))

        assert (commit.grid_rows["Payments"], commit.grid_rows["Commit Log"]) == (10, 1010)
        assert more.grid_rows["Payments"] == 8 + 1500

    def test_a_ledger_that_gets_another_title_keeps_its_count_under_that(self) -> None:
        snapshot = known(bases={"Accounts": Base(1, 1), "Payments": Base(1, 1)})

        commit = built(snapshot, Changes(renamed={"Payments": "Paid"}, requests=[{}]))

        assert commit.counts == {"Commit Log": 9, "Paid": 2, "Accounts": 1}
        assert commit.bases == {"Accounts": Base(1, 1), "Paid": Base(1, 1)}

    def test_a_ledger_that_is_not_declared_keeps_its_count(self) -> None:
        snapshot = known(counts={"Commit Log": 8, "Payments": 2, "Accounts": 1, "Foreign": 30})

        assert (
            log_row({"Accounts": 1, "Foreign": 30, "Payments": 2}) in built(snapshot, Changes()).written[CommitLog].rows
        )


class TestValues:
    def test_values_that_were_declared_later_get_rows_of_their_own_below_all_others(self) -> None:
        snapshot = known(value_rows={"lock": 2, "rate": 9, "mine": 4})

        commit = built(snapshot, Changes(values={"later": "1", "latest": "2", "rate": "3"}))

        assert commit.requests[4:7] == [
            write_cells(CONTROL, 10, 0, [["later", "1"]]),
            write_cells(CONTROL, 11, 0, [["latest", "2"]]),
            write_cells(CONTROL, 9, 0, [["rate", "3"]]),
        ]
        assert commit.value_rows == {"lock": 2, "rate": 9, "mine": 4, "later": 10, "latest": 11}

    def test_the_log_says_the_schema_version_that_a_commit_writes(self) -> None:
        commit = built(known(), Changes(values={"schema_version": "3"}))

        assert commit.written[CommitLog].rows == [log_row({"": 3, "Accounts": 1, "Payments": 2})]


class TestRowsThatLeave:
    def test_their_cells_are_cleared_and_control_and_log_say_where_the_ledger_begins(self) -> None:
        snapshot = known(counts={"Commit Log": 8, "Payments": 5, "Accounts": 1})

        commit = built(snapshot, Changes(dropped={"Payments": 3}))

        assert clear_cells(PAYMENTS, 2, 3, 4) in commit.requests
        assert commit.bases == {"Payments": Base(3, 3)}
        assert {name: commit.values[name] for name in ("bases", "schema_version")} == {
            "bases": '{"Payments": [3, 3]}',
            "schema_version": "1001",
        }
        assert commit.written[CommitLog].rows == [log_row({"": 1, "Accounts": 1, "Payments": [5, 3, 3]})]
        assert not commit.once

    def test_more_rows_leave_below_those_that_have_left(self) -> None:
        snapshot = known(
            counts={"Commit Log": 8, "Payments": 9, "Accounts": 1},
            bases={"Payments": Base(4, 2), "Accounts": Base(1, 1)},
        )

        commit = built(snapshot, Changes(dropped={"Payments": 7, "Accounts": 1}))

        # Two rows at the top were deleted: row 5 of the ledger is the third that stands there, below the header.
        assert [request for request in commit.requests if "range" in request.get("updateCells", {})] == [
            clear_cells(PAYMENTS, 4, 3, 4)
        ]
        assert commit.bases == {"Payments": Base(7, 5), "Accounts": Base(1, 1)}

    def test_of_the_log_the_count_is_said_once_its_rows_have_left(self) -> None:
        commit = built(known(), Changes(dropped={"Commit Log": 2}))

        assert commit.written[CommitLog].rows == [
            log_row({"": 1, "Accounts": 1, "Commit Log": [9, 2, 2], "Payments": 2})
        ]

    def test_where_ledgers_begin_is_written_only_where_it_changes(self) -> None:
        values = {"lock": OLD.text, "bases": '{"Payments": [1, 1]}', "schema_version": "1002"}
        snapshot = known(values=values, value_rows={"lock": 2}, bases={"Payments": Base(1, 1)})

        commit = built(snapshot, Changes(values={"rate": "2"}))

        assert commit.values == {**SCHEMA.values, **values, "rate": "2"}
        assert commit.value_rows == {"lock": 2, "rate": 3}
        assert commit.written[CommitLog].rows == [log_row({"": 2, "Accounts": 1, "Payments": [2, 1, 1]})]

    def test_blank_rows_are_deleted_last_of_all_and_the_commit_is_not_sent_twice(self) -> None:
        snapshot = known(bases={"Payments": Base(5, 4)}, counts={"Commit Log": 8, "Payments": 6, "Accounts": 1})

        commit = built(snapshot, Changes(shrunk={"Payments": 3}, requests=[{"before": {}}]), books(ada=9))

        assert commit.requests[-2:] == [{"before": {}}, delete_rows(PAYMENTS, 2, 3)]
        assert commit.bases == {"Payments": Base(5, 1)}
        assert commit.grid_rows["Payments"] == 7
        assert commit.once


def test_a_commit_after_a_lost_update_takes_its_fence_and_ranges_away_and_clears_its_rows() -> None:
    lost = LockRecord(7, "lost")
    snapshot = known(
        lost_update=LostUpdate(lost, ("one", "two")),
        counts={"Commit Log": 8, "Payments": 8, "Accounts": 1},
        bases={"Accounts": Base(1, 0)},
    )

    commit = built(snapshot, Changes(appended={Payments: [payment("p")]}))

    assert commit.old == lost
    assert commit.requests[:3] == fence_swap(lost, NEW, lock_range(snapshot.sheets["Control"]))
    assert commit.requests[-3:] == [
        {"deleteNamedRange": {"namedRangeId": "one"}},
        {"deleteNamedRange": {"namedRangeId": "two"}},
        # Below what stands by this commit, down to the edge; Payments, whose last row is the tenth, is full.
        clear_cells(ACCOUNTS, 2, 9, 2),
    ]


@pytest.mark.parametrize("count", [7, 8])
def test_the_last_row_of_a_grid_is_cleared_of_a_lost_update_too(count: int) -> None:
    snapshot = known(
        lost_update=LostUpdate(LockRecord(7, "lost")), counts={"Commit Log": 8, "Payments": count, "Accounts": 9}
    )

    assert built(snapshot, Changes()).requests[-1] == clear_cells(PAYMENTS, count + 2, 9 - count, 4)


class TestViews:
    def test_nothing_is_written_of_a_view_that_shows_what_it_should(self) -> None:
        snapshot = known()

        assert len(built(snapshot, Changes()).requests) == 5

    def test_a_view_grows_down_to_its_last_row_and_no_further(self) -> None:
        state = books(**{f"a{number}": 1 for number in range(9)})
        fits, over = (
            built(known(), Changes(), state),
            built(known(), Changes(), books(**dict.fromkeys("abcdefghij", 1))),
        )

        assert fits.grid_rows["Balances"] == 10
        assert over.grid_rows["Balances"] == 1010
        assert over.requests[5] == {"appendDimension": {"sheetId": BALANCES, "dimension": "ROWS", "length": 1000}}

    def test_rows_that_a_view_has_no_more_are_cleared_and_those_below_a_wider_one_blanked(self) -> None:
        sheet = SheetLayout(9, 5, 10)

        requests, shows = _write_differences(sheet, [["h"], ["a", 1, "x"], ["b"], ["c"]], [["h"], ["a", 2]], 10_000)

        assert requests == [clear_cells(9, 3, 2, 5), write_cells(9, 2, 0, [["a", 2, None]])]
        assert shows == [["h"], ["a", 2]]

    def test_what_takes_exactly_the_room_that_is_left_is_written_and_one_byte_more_is_not(self) -> None:
        sheet = SheetLayout(9, 2, 10)
        now: Table = [["h"], ["a"], ["b"], ["c"], ["gone"]]
        wanted: Table = [["h"], ["d"], ["b"], ["e"]]
        requests = [clear_cells(9, 5, 1, 2), write_cells(9, 2, 0, [["d"]]), write_cells(9, 4, 0, [["e"]])]
        # Each request after the first brings its comma.
        room = len(encode(requests[:1])) + sum(len(encode(request)) + 1 for request in requests[1:])

        assert _write_differences(sheet, now, wanted, room) == (requests, wanted)
        assert _write_differences(sheet, now, wanted, room - 1) == (requests[:2], [["h"], ["d"], ["b"], ["c"]])

    def test_of_a_view_that_grows_without_room_only_what_was_there_is_shown_still(self) -> None:
        now: Table = [["h"], ["a"]]
        wanted: Table = [["h"], ["b"], ["c"]]

        assert _write_differences(SheetLayout(9, 1, 10), now, wanted, 0) == ([], [["h"], ["a"]])
        assert _write_differences(SheetLayout(9, 1, 10), [], wanted, 0) == ([], [])

    def test_views_share_the_room_that_the_rest_leaves(self, monkeypatch: pytest.MonkeyPatch) -> None:
        class Again(Balances, tab="Again"):
            pass

        def again(state: Books, _values: Mapping[str, str]) -> Iterable[Again]:
            return [Again(account=account, cents=cents) for account, cents in sorted(state.balances.items())]

        views: Any = {Balances: SCHEMA.views[Balances], Again: again}
        snapshot = known(schema=replace(SCHEMA, tables=(*SCHEMA.tables, Again), views=views))
        snapshot.sheets["Again"], snapshot.grid_rows["Again"] = SheetLayout(6, 2, 3), 3
        snapshot.views[Again] = snapshot.views[Balances]
        changes, state = Changes(requests=[{"rest": {}}]), books(ada=5, bob=6, cyd=7)
        wanted: Table = [HEADERS, ["ada", 5], ["bob", 6], ["cyd", 7]]

        whole = built(snapshot, changes, state)
        views_take = [
            *(write_cells(BALANCES, row, 0, [cells]) for row, cells in enumerate(wanted[1:], 2)),
            *grow(snapshot.sheets["Again"], 3, 4),
            *(write_cells(6, row, 0, [cells]) for row, cells in enumerate(wanted[1:], 2)),
        ]
        assert whole.requests[5:] == [*views_take, {"rest": {}}]

        # Lists of requests are measured with their brackets, and single requests with their comma.
        room = len(encode([*whole.requests[:5], {"rest": {}}])) + len(encode(views_take[:3]))
        room += len(encode([views_take[3]])) + sum(len(encode(request)) + 1 for request in views_take[4:])
        for short, shown in ((0, wanted), (1, wanted[:3])):
            monkeypatch.setattr(commit_batch, "MAX_BYTES", room - short)
            commit = built(snapshot, changes, state)
            assert commit.views == {Balances: wanted, Again: shown}

    def test_a_view_that_is_gone_comes_back_whole_under_an_id_that_nothing_has_and_of_this_commit(self) -> None:
        snapshot = known()
        gone = snapshot.sheets.pop("Balances")
        del snapshot.grid_rows["Balances"]

        commit = built(snapshot, Changes())
        other = build(snapshot, snapshot.state, Changes(), replace(NEW, commit="other"), INFO)

        made = commit.sheets["Balances"]
        assert (made.columns, made.rows, commit.grid_rows["Balances"]) == (2, 1000, 1000)
        assert commit.requests[5]["addSheet"]["properties"]["sheetId"] == made.sheet_id
        assert made.sheet_id not in {gone.sheet_id, other.sheets["Balances"].sheet_id}
        assert commit.requests[-2:] == [
            write_cells(made.sheet_id, 2, 0, [["ada", 1]]),
            write_cells(made.sheet_id, 3, 0, [["bob", 2]]),
        ]

    def test_a_view_with_too_few_columns_gets_those_that_are_missing(self) -> None:
        snapshot = known()
        snapshot.sheets["Balances"] = SheetLayout(BALANCES, 1, 10)

        commit = built(snapshot, Changes())

        assert commit.requests[5:] == [widen(BALANCES, 1)]
        assert commit.sheets == {"Balances": SheetLayout(BALANCES, 2, 10)}

    def test_a_view_with_more_columns_than_it_needs_is_left_as_wide(self) -> None:
        snapshot = known()
        snapshot.sheets["Balances"] = SheetLayout(BALANCES, 5, 10)

        assert built(snapshot, Changes()).sheets == {}


class Payers(IncrementalView[Books]):
    """One row an account; the second is blank, and the last of them has changed."""

    def row_count(self, state: Books) -> int:
        return len(state.balances) + 1

    def key(self, state: Books, index: int) -> str:
        return [*state.balances][index - (index > 1)] if index != 1 else ""

    def row(self, state: Books, values: Mapping[str, str], index: int) -> Balances | None:
        if index == 1:
            return None
        return Balances(account=self.key(state, index), cents=len(values["rate"]))

    def changed(
        self, before: Books, after: Books, values_before: Mapping[str, str], values: Mapping[str, str]
    ) -> Iterable[int]:
        return [len(after.balances)] if before is not after or values_before != values else []


class TestIncrementalViews:
    @staticmethod
    def known(**more: Any) -> Snapshot[Books]:
        schema: Any = replace(SCHEMA, views={Balances: Payers()})
        return known(schema=schema, views={}, **more)

    def test_the_rows_that_change_are_written_and_those_that_stand_elsewhere(self) -> None:
        state = books(ada=1, bob=2, cyd=3)

        commit = built(self.known(stale_view_rows={Balances: frozenset({HEADER, 0, 1, 4})}), Changes(), state)

        assert commit.requests[5:] == [
            write_cells(BALANCES, 1, 0, [HEADERS, ["ada", 3], [None, None]]),
            write_cells(BALANCES, 5, 0, [["cyd", 3], [None, None]]),
        ]
        assert commit.stale_view_rows == {Balances: frozenset()}
        assert commit.views == {}

    def test_nothing_is_written_where_nothing_changes(self) -> None:
        snapshot = self.known()

        assert built(snapshot, Changes(requests=[{"x": {}}])).requests[5:] == [{"x": {}}]

    def test_a_named_value_may_change_rows(self) -> None:
        assert built(self.known(), Changes(values={"rate": "12345"})).requests[-1] == write_cells(
            BALANCES, 4, 0, [["bob", 5]]
        )

    @pytest.mark.parametrize("gone", [True, False])
    def test_all_rows_are_written_on_request_or_where_the_tab_is_gone(self, gone: bool) -> None:
        snapshot = self.known()
        if gone:
            del snapshot.sheets["Balances"]

        commit = built(snapshot, Changes(rewrites_views=not gone))

        sheet = {**snapshot.sheets, **commit.sheets}["Balances"]
        assert commit.requests[-1] == write_cells(sheet.sheet_id, 1, 0, [HEADERS, ["ada", 3], [None, None], ["bob", 3]])

    @pytest.mark.parametrize(("rows", "grown"), [(4, 4), (3, 1003)])
    def test_its_grid_goes_down_to_its_last_row(self, rows: int, grown: int) -> None:
        snapshot = self.known()
        snapshot.grid_rows["Balances"] = rows

        assert built(snapshot, Changes()).grid_rows["Balances"] == grown

    CELLS: ClassVar[dict[int, list[Cell]]] = {HEADER: HEADERS, 0: ["a", 1], 1: ["b", 2], 2: ["c", 3], 5: ["d", 4]}

    def test_neighbours_go_together_as_many_as_one_request_takes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(view_writes, "_ROWS_AT_ONCE", 3)

        requests, left, _ = _write_rows(Balances, SheetLayout(9, 2, 10), self.CELLS, 10_000)

        assert requests == [
            write_cells(9, 1, 0, [HEADERS, ["a", 1], ["b", 2]]),
            write_cells(9, 4, 0, [["c", 3]]),
            write_cells(9, 7, 0, [["d", 4]]),
        ]
        assert left == frozenset()

    def test_what_takes_exactly_the_room_is_written_and_of_one_byte_more_the_rest_is_left(self) -> None:
        sheet = SheetLayout(9, 2, 10)
        requests, _, over = _write_rows(Balances, sheet, self.CELLS, 10_000)
        takes = sum(len(encode(request)) + 1 for request in requests)

        assert over == 10_000 - takes
        assert _write_rows(Balances, sheet, self.CELLS, takes) == (requests, frozenset(), 0)
        assert _write_rows(Balances, sheet, self.CELLS, takes - 1) == (requests[:1], frozenset({5}), 0)
        assert _write_rows(Balances, sheet, self.CELLS, 10) == ([], frozenset(self.CELLS), 0)

    def test_it_takes_from_the_room_of_the_views_after_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        class After(Balances, tab="After"):
            pass

        def after(state: Books, _values: Mapping[str, str]) -> Iterable[After]:
            return [After(account=account, cents=cents) for account, cents in state.balances.items()]

        views: Any = {Balances: Payers(), After: after}
        snapshot = known(schema=replace(SCHEMA, tables=(*SCHEMA.tables, After), views=views), views={After: [HEADERS]})
        snapshot.sheets["After"], snapshot.grid_rows["After"] = SheetLayout(6, 2, 10), 10
        snapshot.grid_rows["Balances"] = 3
        head, [grows, writes, *afterwards] = 5, built(snapshot, Changes(rewrites_views=True)).requests[5:]

        room = len(encode(built(snapshot, Changes(rewrites_views=True)).requests[:head])) + len(encode([grows]))
        room += len(encode(writes)) + 1 + len(encode([])) + sum(len(encode(request)) + 1 for request in afterwards)
        for short, shown in ((0, 3), (1, 2)):
            monkeypatch.setattr(commit_batch, "MAX_BYTES", room - short)
            assert len(built(snapshot, Changes(rewrites_views=True)).views[After]) == shown


def test_a_snapshot_at_a_commit_of_ours_knows_what_it_wrote_without_reading() -> None:
    snapshot = known(lost_update=LostUpdate(LockRecord(7, "lost")), last_rows={Accounts: {"account": "ada"}})
    del snapshot.sheets["Balances"]
    learnt = snapshot.state.fork()
    learnt.apply(payment("p3", "eve", 5))
    commit = built(snapshot, Changes(appended={Payments: [payment("p3", "eve", 5)]}, values={"rate": "2"}), learnt)

    advance(snapshot, commit, learnt)

    assert snapshot.state.balances == {"ada": 1, "bob": 2, "eve": 5}
    assert (snapshot.lock, snapshot.lost_update, snapshot.recent) == (NEW, None, (INFO,))
    assert (snapshot.counts["Payments"], snapshot.counts["Commit Log"]) == (3, 9)
    assert (snapshot.values["rate"], snapshot.sheets["Balances"]) == ("2", commit.sheets["Balances"])
    assert snapshot.sheets["Payments"].sheet_id == PAYMENTS
    assert snapshot.views == commit.views
    assert snapshot.last_rows[Payments] == {"payment_id": "p3", "account": "eve", "cents": 5}
    assert snapshot.last_rows[Accounts] == {"account": "ada"}
    assert snapshot.last_rows[CommitLog]["commit"] == "new"
