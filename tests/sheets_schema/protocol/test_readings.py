"""What a reading shows, whether it continues what is known, and what is known afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from pydantic import Field

from sheets_schema import Ledger, NotProvisionedError, SchemaMismatchError
from sheets_schema.advanced import IncrementalView
from sheets_schema.protocol.changes import Changes
from sheets_schema.protocol.commit_batch import build, changed_by_hand, shows
from sheets_schema.protocol.lock_record import LockRecord
from sheets_schema.protocol.sheet_layout import SheetLayout
from sheets_schema.protocol.sheet_read import (
    DroppedRowsError,
    InconsistentReadError,
    MovedRowsError,
    OrphanRowsError,
    SheetRead,
    StaleDimensionsError,
    check_bases,
    named_values,
    parse,
    wanted_ranges,
)
from sheets_schema.protocol.snapshot import HEADER, MAX_RECENT, CommitInfo, LostUpdate, Snapshot
from sheets_schema.protocol.table_read import TableRead, missing_tab
from sheets_schema.schema.cells import Cell
from sheets_schema.schema.internal_tables import Base, CommitLog
from tests.sheets_schema.bank import SCHEMA, Accounts, Balances, Books, Captured, Payments, Requests
from tests.sheets_schema.protocol.small_spreadsheet import (
    SHEETS,
    Tabs,
    answer,
    commit,
    header,
    left,
    logged,
    spreadsheet,
)


@dataclass
class Reader:
    """Who reads, and from where on."""

    schema: Any = SCHEMA
    sheets: dict[str, SheetLayout] = field(default_factory=dict)
    known: Mapping[str, int] = field(default_factory=dict)
    bases: Mapping[str, Base] = field(default_factory=dict)
    tables: tuple[Any, ...] = ()

    def ranges(self) -> list[str]:
        return wanted_ranges(self.schema, self._sheets, self.known, self.bases, self.tables)

    @property
    def _sheets(self) -> Mapping[str, SheetLayout]:
        return {title: sheet for title, sheet in SHEETS.items() if title != "Opening"} | self.sheets

    def reads(self, tabs: Tabs) -> SheetRead:
        parts = answer(tabs, self.ranges())
        return parse(self.schema, self._sheets, self.known, self.bases, self.tables, parts)


def fresh(tabs: Tabs | None = None, schema: Any = SCHEMA, **more: Any) -> Snapshot[Books]:
    """What is known after a first reading."""
    snapshot = Snapshot(schema, dict(SHEETS), schema.state())
    snapshot.integrate(Reader(schema, **more).reads(tabs or spreadsheet()), 1.0)
    return snapshot


def after(snapshot: Snapshot[Books], tabs: Tabs) -> dict[int, str]:
    """Take in what the spreadsheet shows by now, from where the snapshot knows it on."""
    reading = Reader(snapshot.schema, known=snapshot.counts, bases=snapshot.bases).reads(tabs)
    return snapshot.integrate(reading, 2.0)


KNOWN = {"Commit Log": 3, "Payments": 2, "Accounts": 1}
OPENING: dict[str, SheetLayout] = {"Opening": SHEETS["Opening"]}


class TestRanges:
    def test_with_nothing_known_everything_is_asked_for(self) -> None:
        assert Reader(tables=(Requests, Captured)).ranges() == [
            "'Control'!A1:B",
            "'Commit Log'!1:1",
            "'Commit Log'!A1:G",
            "'Payments'!1:1",
            "'Payments'!A1:D",
            "'Accounts'!1:1",
            "'Accounts'!A1:B",
            "'Balances'",
            "'Requests'",
        ]

    def test_then_ledgers_from_their_last_known_row_on_wherever_that_stands(self) -> None:
        bases = {"Payments": Base(5, 2), "Commit Log": Base(1, 1)}
        known = {"Commit Log": 3, "Payments": 6, "Accounts": 0}

        asked = Reader(known=known, bases=bases, sheets=OPENING).ranges()

        assert [each for each in asked if ":" in each][2::2] == [
            "'Commit Log'!A4:G",
            "'Payments'!A4:D",
            "'Accounts'!A1:B",
        ]
        assert "'Opening'" not in asked

    def test_what_stands_for_rows_that_have_left_is_asked_for_once(self) -> None:
        assert Reader(sheets=OPENING).ranges()[-2:] == ["'Opening'", "'Balances'"]

    def test_of_a_view_with_many_rows_the_first_column_and_of_one_that_is_gone_nothing(self) -> None:
        schema = replace(SCHEMA, views={Balances: Payers()})

        assert Reader(schema).ranges()[-1] == "'Balances'!A1:A"
        gone = {title: sheet for title, sheet in SHEETS.items() if title not in ("Balances", "Opening")}
        assert "Balances" not in str(wanted_ranges(schema, gone, {}, {}, ()))


class Payers(IncrementalView[Books]):
    """One row an account."""

    def row_count(self, state: Books) -> int:
        return len(state.balances)

    def key(self, state: Books, index: int) -> str:
        return [*state.balances][index]

    def row(self, state: Books, values: Mapping[str, str], index: int) -> Balances:
        raise NotImplementedError

    def changed(self, *_: Any) -> Iterable[int]:
        raise NotImplementedError


class TestReading:
    def test_a_first_one_shows_everything(self) -> None:
        tabs = spreadsheet()
        tabs["Control"] += [[], ["motto"], ["", "x"], ["last", 5]]

        reading = Reader(tables=(Requests, Captured)).reads(tabs)

        assert reading.lock == LockRecord(2, "c2")
        assert reading.values == {
            "name": "value",
            "lock": "version 2 · commit c2 · free",
            "rate": "2",
            "motto": "",
            "last": "5",
        }
        assert reading.value_rows == {"name": 1, "lock": 2, "rate": 3, "motto": 5, "last": 7}
        assert reading.grid_rows == {"Commit Log": 20, "Payments": 20, "Accounts": 20, "Balances": 20}
        assert reading.views == {Balances: tabs["Balances"]}
        assert reading.view_columns == {"Balances": 2}
        payments = reading.ledgers[Payments]
        assert (payments.known, payments.count, payments.first_row, payments.last_row) == (0, 2, 2, 3)
        assert [*payments.rows()] == [
            Payments(payment_id="p1", account="ada", cents=5),
            Payments(payment_id="p2", account="bob", cents=7, note="late"),
        ]
        assert payments.row(3).payment_id == "p2"
        requests = reading.tables[Requests]
        assert isinstance(requests, TableRead)
        assert [row.number for row in requests.rows] == [2]
        assert str(reading.tables[Captured]) == str(missing_tab(Captured))

    def test_one_of_an_earlier_schema_version_is_refused(self) -> None:
        with pytest.raises(SchemaMismatchError, match="has schema version 1, and this program needs 2"):
            Reader(replace(SCHEMA, version=2)).reads(spreadsheet())

    def test_what_control_says_is_read_with_blanks_where_nothing_is_said(self) -> None:
        part = {"values": [["lock", "x"], [], ["motto"], ["", "y"], ["rate", 2]]}

        assert named_values(part) == {"lock": "x", "motto": "", "rate": "2"}
        assert named_values({}) == {}

    def test_without_a_lock_cell_nothing_is_read(self) -> None:
        with pytest.raises(NotProvisionedError, match="has no lock cell"):
            Reader().reads(spreadsheet(Control=[["name", "value"], ["rate", "2"]]))

    def test_a_later_one_shows_what_is_below_the_last_known_row_and_that_row(self) -> None:
        tabs = spreadsheet()
        tabs["Payments"] += [[], ["p4", "eve", 1], ["", ""], [], ["", "", "", "", "beside"]]

        tail = Reader(known=KNOWN).reads(tabs).ledgers[Payments]

        assert tail.last_known().payment_id == "p2"
        assert (tail.known, tail.count, tail.first_row, tail.last_row) == (2, 4, 4, 5)
        assert tail.raw == [[], ["p4", "eve", 1]]
        assert tail.row(5).payment_id == "p4"
        with pytest.raises(SchemaMismatchError, match="“Payments”, row 4"):
            [*tail.rows()]
        assert not tail.has_lost_rows
        tail.release()
        assert tail.raw == []
        tail.last[2] = "much"
        with pytest.raises(SchemaMismatchError, match="“Payments”, row 3"):
            tail.last_known()

    def test_a_ledger_whose_last_known_row_is_empty_has_lost_rows(self) -> None:
        tabs = spreadsheet(Payments=[header(Payments), ["p1", "ada", 5]])

        assert Reader(known=KNOWN).reads(tabs).ledgers[Payments].has_lost_rows
        assert not Reader(known={**KNOWN, "Payments": 0}).reads(tabs).ledgers[Payments].has_lost_rows

    def test_a_ledger_all_of_whose_rows_have_left_has_not_lost_them(self) -> None:
        tabs = spreadsheet(Payments=[header(Payments)])
        tabs["Control"].append(["bases", '{"Payments": [2, 2]}'])

        tail = Reader(known=KNOWN, bases={"Payments": Base(2, 2)}).reads(tabs).ledgers[Payments]

        assert not tail.has_lost_rows
        assert tail.count == 2

    def test_cut_short_it_shows_no_more_rows_than_are_counted(self) -> None:
        reading = Reader(known={**KNOWN, "Payments": 1}).reads(
            spreadsheet(Payments=[header(Payments), *map(list, ["a", "b", "c"])])
        )

        cut = reading.up_to({"Payments": 2})

        assert [tail.count for tail in reading.ledgers.values()] == [3, 3, 1]
        assert [tail.count for tail in cut.ledgers.values()] == [3, 2, 1]

    def test_one_in_which_a_column_stands_further_right_than_was_read_is_stale(self) -> None:
        columns: list[Cell] = ["payment_id", "account", "cents", "mine", "note"]

        with pytest.raises(StaleDimensionsError, match="“Payments” has more columns"):
            Reader().reads(spreadsheet(Payments=[columns]))
        wider = Reader(sheets={"Payments": SheetLayout(3, 5, 20)}).reads(spreadsheet(Payments=[columns]))
        assert wider.ledgers[Payments].binding.width == 5

    def test_of_a_view_with_many_rows_it_shows_the_keys(self) -> None:
        tabs = spreadsheet(Balances=[header(Balances), [], ["bob", 7]])

        reading = Reader(replace(SCHEMA, views={Balances: Payers()})).reads(tabs)

        assert reading.view_keys == {Balances: ["Account no.", "", "bob"]}
        assert (reading.views, reading.view_columns, reading.grid_rows["Balances"]) == ({}, {}, 20)


class TestRowsThatHaveLeft:
    def test_what_stands_for_them_is_read_and_the_rows_keep_their_numbers(self) -> None:
        reading = Reader(sheets=OPENING).reads(left(2, 1))

        tail = reading.ledgers[Payments]
        assert (tail.known, tail.count, tail.first_row, tail.base) == (2, 3, 3, Base(2, 1))
        assert [row.payment_id for row in tail.rows()] == ["p3"]
        assert reading.openings["Payments"].gone == 2
        assert reading.bases == {"Payments": Base(2, 1)}

    def test_fewer_blank_rows_than_were_named_are_believed(self) -> None:
        reading = Reader(sheets=OPENING).reads(left(2, 2, blanks=1))

        assert reading.bases == {"Payments": Base(2, 1)}
        assert reading.ledgers[Payments].first_row == 3
        assert fresh(left(2, 2, blanks=1), sheets=OPENING).bases == {"Payments": Base(2, 1)}

    def test_one_that_has_no_rows_left_keeps_its_blank_ones(self) -> None:
        reading = Reader(sheets=OPENING).reads(left(3, 2))

        assert (reading.ledgers[Payments].count, reading.bases) == (3, {"Payments": Base(3, 2)})

    def test_a_reading_in_which_nothing_stands_for_them_is_stale(self) -> None:
        tabs = left(2, 1)
        with pytest.raises(
            StaleDimensionsError, match=r"first 2 rows of tab “Payments” have left.*says nothing of them"
        ):
            Reader().reads(tabs)
        tabs["Control"][-1][1] = '{"Payments": [1, 1]}'
        with pytest.raises(StaleDimensionsError, match="stands for 2 of them"):
            Reader(sheets=OPENING).reads(tabs)

    def test_where_none_are_named_what_stands_for_some_is_not_looked_at(self) -> None:
        damaged: list[list[Cell]] = [["no", "such", "header"]]

        assert Reader(sheets=OPENING).reads(spreadsheet(Opening=damaged)).openings == {}

    def test_whoever_knows_less_than_has_left_reads_anew(self) -> None:
        tabs = left(2, 2)
        with pytest.raises(DroppedRowsError, match="rows 2 to 2 of tab “Payments” have left"):
            Reader(known={**KNOWN, "Payments": 1}).reads(tabs)
        assert Reader(known=KNOWN).reads(tabs).bases == {"Payments": Base(2, 2)}

    def test_of_a_ledger_that_is_new_to_us_a_first_row_that_has_left_is_not_known(self) -> None:
        with pytest.raises(DroppedRowsError, match="rows 1 to 1"):
            check_bases(SCHEMA, {"Commit Log": 3}, {"Payments": Base(1, 1)})
        check_bases(SCHEMA, {"Commit Log": 3}, {})

    @pytest.mark.parametrize(
        ("assumed", "named"),
        [(Base(2, 2), Base(2, 1)), (Base(0, 0), Base(2, 1)), (Base(1, 0), Base(2, 2))],
    )
    def test_whoever_looked_where_rows_stood_before_looks_again(self, assumed: Base, named: Base) -> None:
        tabs = left(*named)
        with pytest.raises(MovedRowsError) as error:
            Reader(known={**KNOWN, "Payments": 3}, bases={"Payments": assumed}).reads(tabs)
        assert error.value.bases == {"Payments": named}

    def test_a_base_that_is_named_no_more_has_moved_rows_too(self) -> None:
        with pytest.raises(MovedRowsError):
            Reader(known=KNOWN, bases={"Payments": Base(1, 0)}).reads(spreadsheet())

    def test_a_deletion_that_came_twice_is_remembered_by_whoever_has_seen_it(self) -> None:
        known = {**KNOWN, "Payments": 3}

        reading = Reader(known=known, bases={"Payments": Base(2, 1)}).reads(left(2, 2, blanks=1))

        assert reading.bases == {"Payments": Base(2, 1)}
        assert reading.ledgers[Payments].last_known().payment_id == "p3"
        with pytest.raises(MovedRowsError):  # more have left since: what is blank is told by the newest
            Reader(known=known, bases={"Payments": Base(1, 0)}).reads(left(2, 2))


class TestContinuing:
    def test_a_first_reading_takes_everything_in(self) -> None:
        tabs = spreadsheet()
        snapshot = fresh(tabs)

        assert snapshot.state.balances == {"ada": 5, "bob": 7}
        assert (snapshot.lock, snapshot.read_at) == (LockRecord(2, "c2"), 1.0)
        assert snapshot.counts == {"Commit Log": 3, "Payments": 2, "Accounts": 1}
        assert snapshot.recent == tuple(CommitInfo("now", "who", f"op{number}") for number in range(3))
        assert snapshot.last_rows[Payments] == {"payment_id": "p2", "account": "bob", "cents": 7, "note": "late"}
        assert snapshot.last_rows[CommitLog]["commit"] == "c2"
        assert (snapshot.values["rate"], snapshot.value_rows["rate"]) == ("2", 3)
        assert snapshot.grid_rows["Payments"] == 20
        assert (snapshot.views, snapshot.stale_view_rows) == ({Balances: tabs["Balances"]}, {})
        assert snapshot.bindings[Payments].index["note"] == 3
        assert snapshot.next_row("Payments") == 4

    def test_a_later_one_tells_the_commits_that_are_new_and_adds_their_rows(self) -> None:
        snapshot, tabs = fresh(), commit(spreadsheet(), 3, {"Payments": 3, "Accounts": 1, "Foreign": 9}, later="on")
        tabs["Payments"].append(["p3", "ada", 1])

        assert after(snapshot, tabs) == {3: "c3"}
        assert snapshot.state.balances == {"ada": 6, "bob": 7}
        assert (snapshot.lock, snapshot.read_at) == (LockRecord(3, "c3"), 2.0)
        assert snapshot.counts == {"Commit Log": 4, "Payments": 3, "Accounts": 1, "Foreign": 9}
        assert snapshot.recent[-1].operation == "op3"
        assert len(snapshot.recent) == 4
        assert snapshot.last_rows[Payments]["payment_id"] == "p3"
        assert snapshot.last_rows[Accounts] == {"account": "ada", "owner": "Ada"}
        assert snapshot.values["later"] == "on"

    def test_the_cells_of_a_reading_are_let_go_of_once_its_rows_are_taken_in(self) -> None:
        reading = Reader().reads(spreadsheet())
        Snapshot(SCHEMA, dict(SHEETS), SCHEMA.state()).integrate(reading, 1.0)

        assert [tail.raw for tail in reading.ledgers.values()] == [[], [], []]

    def test_one_that_shows_nothing_new_leaves_what_is_known(self) -> None:
        snapshot = fresh()

        assert after(snapshot, spreadsheet()) == {}
        assert snapshot.counts == {"Commit Log": 3, "Payments": 2, "Accounts": 1}
        assert snapshot.last_rows[Payments]["payment_id"] == "p2"

    def test_of_a_ledger_without_rows_no_last_row_is_known(self) -> None:
        tabs = spreadsheet(Accounts=[header(Accounts)])
        tabs["Commit Log"][-1] = logged(2, {"Payments": 2})

        assert Accounts not in fresh(tabs).last_rows

    def test_an_update_that_was_lost_is_forgotten_with_the_next_commit_and_not_before(self) -> None:
        snapshot = fresh()
        snapshot.lost_update = LostUpdate(LockRecord(2, "other"))

        after(snapshot, spreadsheet())
        assert snapshot.lost_update
        after(snapshot, commit(spreadsheet(), 3, {"Payments": 2, "Accounts": 1}))
        assert snapshot.lost_update is None

    def test_a_view_is_as_wide_as_it_is_seen_to_be(self) -> None:
        snapshot = fresh()
        snapshot.sheets["Balances"] = SheetLayout(5, 9, 20)

        after(snapshot, spreadsheet())

        assert snapshot.sheets["Balances"] == SheetLayout(5, 2, 20)

    def test_rows_of_a_view_that_bear_another_key_are_spoilt_with_those_that_are_too_many(self) -> None:
        schema = replace(SCHEMA, views={Balances: Payers()})

        right = fresh(spreadsheet(), schema)
        assert right.stale_view_rows == {Balances: frozenset()}
        wrong = fresh(spreadsheet(Balances=[["other"], ["ada"], ["eve"], ["zoe"]]), schema)
        assert wrong.stale_view_rows == {Balances: frozenset({HEADER, 1, 2})}
        short = fresh(spreadsheet(Balances=[["Account no."]]), schema)
        assert short.stale_view_rows == {Balances: frozenset({0, 1})}

    def test_of_a_view_with_many_rows_that_is_gone_none_is_out_of_date(self) -> None:
        schema = replace(SCHEMA, views={Balances: Payers()})
        reading = replace(Reader(schema).reads(spreadsheet()), view_keys={})
        snapshot = Snapshot(schema, dict(SHEETS), schema.state())

        snapshot.integrate(reading, 1.0)

        assert snapshot.stale_view_rows == {}

    def test_who_asked_is_kept_of_the_newest_commits_only_and_of_none_that_cannot_be_read(self) -> None:
        log = [header(CommitLog), *(logged(number, {"Payments": 2, "Accounts": 1}) for number in range(MAX_RECENT + 3))]
        log[-2][4] = 5
        tabs = spreadsheet(**{"Commit Log": log})
        tabs["Control"][1][1] = f"version {MAX_RECENT + 2} · commit c{MAX_RECENT + 2} · free"

        found = [info.operation for info in fresh(tabs).recent]

        assert (found[0], found[-2:], len(found)) == (
            f"op{3}",
            [f"op{MAX_RECENT}", f"op{MAX_RECENT + 2}"],
            MAX_RECENT - 1,
        )

    def test_a_unique_key_that_two_rows_have_is_told_with_both_rows(self) -> None:
        class Paid(Payments, tab="Payments", unique=("payment_id",)):
            pass

        schema: Any = replace(SCHEMA, tables=(Paid, Accounts, Requests, Balances))
        tabs = spreadsheet()
        snapshot = fresh(tabs, schema)
        for name, other in (("p4", "row 4"), ("p1", "a row above row 4")):
            doubled = commit(tabs, 3, {"Payments": 4, "Accounts": 1})
            doubled["Payments"] += [["p4", "ada", 1], [name, "ada", 1]]
            with pytest.raises(SchemaMismatchError, match=f"row 5 has the same “payment_id” as {other}, and only"):
                after(snapshot, doubled)
        assert snapshot.counts["Payments"] == 2
        fine = commit(tabs, 3, {"Payments": 3, "Accounts": 1})
        fine["Payments"].append(["p4", "ada", 1])
        assert after(snapshot, fine) == {3: "c3"}
        assert snapshot.state.balances == {"ada": 6, "bob": 7}

    def test_what_stands_for_rows_that_have_left_is_taken_in_before_the_others(self) -> None:
        snapshot = fresh(left(2, 1), sheets=OPENING)

        assert [*snapshot.state.payments] == ["all", "p3"]
        assert snapshot.counts["Payments"] == 3
        assert snapshot.next_row("Payments") == 4


class TestContradictions:
    """Readings that are taken in are those whose log, lock cell and ledgers tell one story."""

    @staticmethod
    def refused(tabs: Tabs, snapshot: Snapshot[Books] | None = None) -> InconsistentReadError:
        with pytest.raises(InconsistentReadError) as error:
            after(snapshot, tabs) if snapshot else fresh(tabs)
        return error.value

    def test_a_log_that_has_nothing_in_it(self) -> None:
        tabs = spreadsheet(Payments=[header(Payments)], **{"Commit Log": [header(CommitLog)]})

        assert str(self.refused(tabs)) == "tab “Commit Log” is empty, but the lock cell says version 2"

    def test_a_row_of_the_log_that_does_not_name_the_one_above_it(self) -> None:
        tabs = spreadsheet()
        tabs["Commit Log"][3][2] = "cx"

        assert str(self.refused(tabs)) == (
            "tab “Commit Log”, row 4: version 2 (c2) “op2” follows version 1 (c1) “op1”, but names cx as the one before it"
        )

    def test_a_row_of_the_log_with_another_number_than_the_next(self) -> None:
        tabs = commit(spreadsheet(), 3, {"Payments": 2, "Accounts": 1})
        tabs["Commit Log"][-1] = logged(4, {}, previous="c2")

        assert "row 5: version 4 (c4) “op4” follows version 2 (c2) “op2”, but names c2" in str(self.refused(tabs))
        assert "row 5: version 4 (c4) “op4” follows version 2 (c2) “op2”" in str(self.refused(tabs, fresh()))

    def test_a_first_new_row_that_names_no_commit_that_we_know(self) -> None:
        tabs = commit(spreadsheet(), 3, {"Payments": 2, "Accounts": 1})
        tabs["Commit Log"][-1][2] = ""

        assert "follows version 2 (c2) “op2”, but names none as" in str(self.refused(tabs, fresh()))

    def test_a_last_known_row_of_the_log_that_has_become_another(self) -> None:
        for column, value in ((0, 7), (1, "cx")):
            tabs = spreadsheet()
            tabs["Commit Log"][3][column] = value
            told = str(self.refused(tabs, fresh()))
            assert "tab “Commit Log”, row 4: where version 2 (c2) stood, there is now version" in told
            assert "what was answered under c2 may be gone" in told

    def test_a_ledger_that_has_lost_its_last_known_row(self) -> None:
        tabs = spreadsheet(Payments=[header(Payments), ["p1", "ada", 5]])

        assert str(self.refused(tabs, fresh())) == (
            "tab “Payments” has lost rows: it held 2, and row 3, the last, is empty now"
        )

    @pytest.mark.parametrize("lock", ["version 3 · commit c2", "version 2 · commit c3"])
    def test_a_lock_cell_that_says_something_else_than_the_last_row_of_the_log(self, lock: str) -> None:
        tabs = spreadsheet()
        tabs["Control"][1][1] = f"{lock} · free"

        told = str(self.refused(tabs))
        assert told.startswith(
            "tab “Commit Log” ends with version 2 (c2) “op2”, but the lock cell in tab “Control” says version"
        )
        assert told.endswith(("(c2)", "(c3)"))

    def test_then_it_is_told_of_the_ledgers_too(self) -> None:
        tabs = spreadsheet(Payments=[header(Payments), ["p1", "ada", 5]])
        tabs["Control"][1][1] = "version 3 · commit c3 · free"

        assert str(self.refused(tabs)).endswith(
            "version 3 (c3); tab “Payments” holds 1 row, but by the commit log it should hold 2"
        )

    def test_fewer_rows_than_the_log_counts(self) -> None:
        tabs = spreadsheet(Payments=[header(Payments), ["p1", "ada", 5]])
        tabs["Accounts"].append(["bob"])

        error = self.refused(tabs)
        assert not isinstance(error, OrphanRowsError)
        assert str(error) == (
            "tab “Payments” holds 1 row, but by the commit log it should hold 2; "
            "tab “Accounts” holds 2 rows, but by the commit log it should hold 1: row 3 is of no commit. "
            "The last commit is version 2 (c2) “op2”, row 4 of tab “Commit Log”"
        )

    def test_rows_that_the_log_does_not_count_are_orphans_and_named_as_people_know_them(self) -> None:
        tabs = spreadsheet()
        tabs["Payments"] += [["p3", "ada", 1], ["p4", "ada", 1], ["p3", "ada", 1]]

        for snapshot in (None, fresh()):
            error = self.refused(tabs, snapshot)
            assert isinstance(error, OrphanRowsError)
            assert error.counts == {"Payments": 2}
            assert str(error).startswith(
                "tab “Payments” holds 5 rows, but by the commit log it should hold 2: "
                "rows 4 to 6 are of no commit (payment_id p3, p4). The last commit is"
            )

    @pytest.mark.parametrize(("rows", "more"), [(10, ""), (12, " and 2 more")])
    def test_no_more_than_ten_of_them_are_named(self, rows: int, more: str) -> None:
        tabs = spreadsheet()
        tabs["Payments"] += [[f"x{number}", "ada", 1] for number in range(rows)]

        assert f"x8, x9{more}). The last commit" in str(self.refused(tabs))

    def test_they_are_named_by_the_column_that_people_know_them_by(self) -> None:
        class Paid(Ledger, tab="Payments", display_key="account"):
            payment_id: str
            account: str = Field(alias="Whose")

        tabs = spreadsheet()
        tabs["Payments"] = [["payment_id", "Whose"], ["p1", "ada"], ["p2", "bob"], ["p3", "eve"]]

        with pytest.raises(OrphanRowsError, match=r"row 4 is of no commit \(Whose eve\)"):
            fresh(tabs, replace(SCHEMA, tables=(Paid, Accounts, Requests, Balances)))

    def test_none_is_named_where_one_cannot_be_read(self) -> None:
        tabs = spreadsheet()
        tabs["Payments"] += [["p3", "ada", 1], ["p4", "ada", "much"]]

        assert "rows 4 to 5 are of no commit. The last commit" in str(self.refused(tabs))

    def test_a_row_of_a_commit_that_we_have_read_already_is_not_among_them(self) -> None:
        snapshot, tabs = fresh(), spreadsheet()
        tabs["Payments"].append(["p3", "ada", 1])

        assert "row 4 is of no commit (payment_id p3)." in str(self.refused(tabs, snapshot))

    def test_rows_that_have_left_otherwise_than_the_log_says(self) -> None:
        told = "tab “Commit Log”, row 4, says that the ledgers begin elsewhere than tab “Control” says"
        for count in ([3, 1, 1], [3, 2, 0], 3):
            tabs = left(2, 1)
            tabs["Commit Log"][-1] = logged(2, {"Payments": count, "Accounts": 1})
            with pytest.raises(InconsistentReadError) as error:
                fresh(tabs, sheets=OPENING)
            assert str(error.value) == told

    @pytest.mark.parametrize(
        ("gone", "known", "foreign", "refused"),
        [(2, 0, 1, True), (2, 4, 5, True), (2, 0, 0, False), (2, 4, 4, False), (1, 0, 1, False), (1, 4, 5, False)],
    )
    def test_rows_that_left_while_a_ledger_that_is_not_declared_gained_some(
        self, gone: int, known: int, foreign: int, refused: bool
    ) -> None:
        before, tabs = left(1, 1), left(gone, gone)
        snapshot = fresh(before, sheets=OPENING)
        snapshot.counts |= {"Foreign": known} if known else {}
        counts = {"Payments": [3, gone, gone], "Accounts": 1, **({"Foreign": foreign} if foreign else {})}
        tabs["Commit Log"][-1] = before["Commit Log"][-1]
        tabs = commit(tabs, 3, counts)

        if refused:
            with pytest.raises(DroppedRowsError, match="rows have left tab “Payments”, and rows came to tab “Foreign”"):
                after(snapshot, tabs)
        else:
            assert after(snapshot, tabs) == {3: "c3"}

    def test_rows_may_leave_one_ledger_while_a_declared_one_gains_some(self) -> None:
        snapshot, tabs = fresh(left(1, 1), sheets=OPENING), left(2, 2)
        tabs["Commit Log"][-1] = left(1, 1)["Commit Log"][-1]
        tabs = commit(tabs, 3, {"Payments": [3, 2, 2], "Accounts": 2})
        tabs["Accounts"].append(["bob", "Bob"])

        assert after(snapshot, tabs) == {3: "c3"}
        assert snapshot.counts["Accounts"] == 2

    def test_rows_of_the_log_may_leave_meanwhile(self) -> None:
        snapshot = fresh()
        counts = {"Commit Log": [4, 1, 1], "Payments": 2, "Accounts": 1, "Foreign": 4}
        tabs = commit(spreadsheet(), 3, counts, bases='{"Commit Log": [1, 1]}')
        tabs["Commit Log"][1] = []

        assert after(snapshot, tabs) == {3: "c3"}
        assert snapshot.bases == {"Commit Log": Base(1, 1)}

    def test_a_last_known_row_of_the_log_may_have_left_if_the_next_names_it(self) -> None:
        counts = {"Commit Log": [4, 3, 3], "Payments": 2, "Accounts": 1}
        tabs = commit(spreadsheet(), 3, counts, bases='{"Commit Log": [3, 3]}')
        tabs["Commit Log"][1:4] = [[], [], []]
        assert after(fresh(), tabs) == {3: "c3"}

        tabs["Commit Log"][-1][2] = "cx"
        assert "row 5: version 3 (c3) “op3” follows version 2 (c2), but names cx" in str(self.refused(tabs, fresh()))

    @pytest.mark.parametrize("row", [[2, "c2"], ["2", "c2", "c1"], [2, 5, "c1"], [2, "c2", 5]])
    def test_a_row_of_the_log_that_a_person_has_changed(self, row: list[Cell]) -> None:
        tabs = commit(spreadsheet(), 3, {"Payments": 2, "Accounts": 1})
        tabs["Commit Log"][3] = row

        with pytest.raises(SchemaMismatchError, match="“Commit Log”, row 4"):
            fresh(tabs)

    @pytest.mark.parametrize("row", [[0], ["x", "c0", ""], [0, "c0", 5]])
    def test_a_first_row_of_the_log_that_a_person_has_changed(self, row: list[Cell]) -> None:
        tabs = spreadsheet()
        tabs["Commit Log"][1] = [*row, *tabs["Commit Log"][1][len(row) :]] if len(row) > 1 else row

        with pytest.raises(SchemaMismatchError, match="“Commit Log”, row 2"):
            fresh(tabs)

    def test_numbers_that_a_row_of_the_log_has_as_the_sheet_gives_them(self) -> None:
        tabs = spreadsheet()
        tabs["Commit Log"][1][0], tabs["Commit Log"][2][0] = "0", 1.0

        assert fresh(tabs).lock == LockRecord(2, "c2")


class TestReaders:
    """Who reads keeps what he sees, whatever is committed meanwhile."""

    @staticmethod
    def learn(snapshot: Snapshot[Books], name: str) -> None:
        learnt = snapshot.state.fork()
        learnt.apply(Payments(payment_id=name, account=name, cents=1))
        snapshot.merge_layer(learnt)

    def test_without_any_the_state_has_one_layer(self) -> None:
        snapshot = fresh()
        for name in ("a", "b"):
            self.learn(snapshot, name)
            assert snapshot.state.depth == 1

        assert [*snapshot.state.payments] == ["p1", "p2", "a", "b"]

    def test_one_keeps_what_he_saw_and_the_state_goes_on_above_it(self) -> None:
        snapshot = fresh()
        reader = snapshot.shared()
        self.learn(snapshot, "a")
        later = snapshot.shared()
        self.learn(snapshot, "b")

        assert "a" not in reader.state.payments
        assert "a" in later.state.payments
        assert "b" not in later.state.payments
        assert {"a", "b"} <= {*snapshot.state.payments}
        assert snapshot.state.depth == 3

    def test_after_the_last_has_gone_the_state_has_one_layer_again(self) -> None:
        snapshot = fresh()
        reader = snapshot.shared()
        self.learn(snapshot, "a")
        assert snapshot.state.depth == 2
        del reader
        self.learn(snapshot, "b")

        assert (snapshot.state.depth, snapshot.readers) == (1, [])
        assert {"a", "b"} <= {*snapshot.state.payments}

    def test_one_who_stays_long_does_not_make_it_deeper_and_deeper(self) -> None:
        snapshot = fresh()
        reader, names = snapshot.shared(), [f"n{number}" for number in range(30)]
        for name in names:
            self.learn(snapshot, name)
            assert snapshot.state.depth <= 8

        assert {*names} < {*snapshot.state.payments}
        assert {*reader.state.payments} == {"p1", "p2"}


class TestOurCommits:
    """Whether a reading shows a commit that was sent, and as it was sent."""

    def test_a_commit_is_there_if_a_new_row_of_the_log_bears_its_id(self) -> None:
        sent = build(fresh(), Books(), Changes(), LockRecord(3, "c3"), CommitInfo("now", "who", "op3"))

        def seen(row: list[Cell]) -> bool:
            tabs = spreadsheet()
            tabs["Commit Log"] += [row, logged(4, {})]
            return shows(Reader(known=KNOWN).reads(tabs), sent)

        assert seen(logged(3, {}))
        assert not seen(logged(3, {}, commit="cx"))
        assert not seen([3])
        assert seen([3, "c3"])

    def test_what_a_person_has_changed_of_it_is_told(self) -> None:
        changes = Changes(appended={Payments: [Payments(payment_id="p3", account="ada", cents=1)]})
        sent = build(fresh(), Books(), changes, LockRecord(3, "c3"), CommitInfo("now", "who", "op3"))
        tabs = commit(spreadsheet(), 3, {"Accounts": 1, "Payments": 3})
        tabs["Commit Log"][-1] = [*sent.written[CommitLog].rows[0].cells().values()]

        def told(row: list[Cell], schema: Any = SCHEMA) -> str:
            there = deepcopy(tabs)
            there["Payments"].append(row)
            return changed_by_hand(Reader(schema, known=KNOWN).reads(there), sent)

        assert told(["p3", "ada", 1]) == ""
        assert told(["p3", "ada", 2]) == "tab “Payments”, row 4, does not hold what was written into it"
        # A ledger that is declared no more cannot be compared.
        assert told(["p3", "ada", 2], replace(SCHEMA, tables=(Requests, Balances, Accounts))) == ""
