"""What is read of rows before they leave, what stands for them afterwards, and what is written of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sheets_schema import CommitUnknownError, RequestRejectedError, SchemaMismatchError, Transaction, UnavailableError
from sheets_schema.advanced import Departure, RowsMovedError, rest_of
from sheets_schema.engine.response_classification import NotApplied, Rejected, Unknown
from sheets_schema.engine.truncation import (
    FirstRows,
    leave,
    make_opening_tab,
    opening_after,
    read_first_rows,
)
from sheets_schema.protocol.new_tab import free_id, new_tab
from sheets_schema.protocol.openings import LedgerOpening, opening_bytes, opening_rows
from sheets_schema.protocol.sheet_layout import SheetLayout
from sheets_schema.protocol.snapshot import Snapshot
from sheets_schema.schema.internal_tables import Base, CommitLog, OpeningTable
from tests.sheets_schema.bank import SCHEMA, Accounts, Books, Payments
from tests.sheets_schema.engine.prepared import PreparedClient, prepared_replica
from tests.sheets_schema.protocol.small_spreadsheet import Tabs, left, spreadsheet


def ids(rows: Any) -> list[Any]:
    return [row.cells()["payment_id"] for row in rows]


def first_rows(
    tabs: Tabs, *ledgers: Any, most: int = 9, known: dict[str, Base] | None = None
) -> tuple[dict[Any, FirstRows], PreparedClient]:
    client = PreparedClient(tabs)
    return read_first_rows(client, ledgers or (Payments,), most, client.deadline(), known), client


class TestReading:
    def test_only_so_many_are_read_from_the_top_on(self) -> None:
        tabs = spreadsheet()
        tabs["Payments"] += [[f"p{number}", "ada", 1] for number in range(3, 9)]

        found, client = first_rows(tabs, Payments, Accounts, most=3, known={})

        assert ids(found[Payments].rows) == ["p1", "p2", "p3"]
        assert len(found[Accounts].rows) == 1
        assert (found[Payments].base, found[Payments].opening, found[Payments].tab) == (Base(), [], None)
        assert client.asked == ["metadata", ["'Control'!A1:B", "'Payments'!A1:D4", "'Accounts'!A1:B4"]]

    def test_below_what_is_blank_at_the_top_and_no_further_than_the_grid_goes(self) -> None:
        tabs = left(2, 2)

        found, client = first_rows(tabs, most=30)

        assert (ids(found[Payments].rows), ids(found[Payments].opening)) == (["p3"], ["all"])
        assert found[Payments].base == Base(2, 2)
        assert client.asked[1:] == [["'Control'!A1:B"], ["'Control'!A1:B", "'Payments'!A1:D20", "'Opening'"]]
        tab = found[Payments].tab
        assert tab
        assert tab.gone == {"Payments": 2}
        _, client = first_rows(tabs, most=3)
        assert client.asked[2][1] == "'Payments'!A1:D6"

    def test_blank_rows_may_have_been_deleted_twice(self) -> None:
        found, _ = first_rows(left(2, 2, blanks=1))

        assert ids(found[Payments].rows) == ["p3"]

    def test_up_to_the_first_that_is_blank_below_them(self) -> None:
        tabs = left(2, 2, rows=4)
        tabs["Payments"].insert(4, [])

        found, _ = first_rows(tabs)

        assert ids(found[Payments].rows) == ["p3"]

    def test_none_if_already_the_first_is_blank(self) -> None:
        tabs = left(2, 2, rows=4)
        tabs["Payments"].insert(3, [])

        assert first_rows(tabs)[0][Payments].rows == []

    def test_what_stands_for_rows_is_looked_at_where_some_have_left_and_there_is_such_a_tab(self) -> None:
        found, _ = first_rows(spreadsheet(Opening=[["damaged"]]))
        assert found[Payments].tab is None

        tabs = left(2, 2)
        del tabs["Opening"]
        with pytest.raises(SchemaMismatchError, match="does not stand for the 2 rows"):
            first_rows(tabs)

    def test_one_that_is_damaged_is_told_by_its_number(self) -> None:
        tabs = left(2, 2)
        tabs["Payments"][3][2] = "much"

        with pytest.raises(SchemaMismatchError, match="“Payments”, row 4"):
            first_rows(tabs)

    def test_a_tab_that_is_missing_and_an_opening_that_stands_for_others_are_told(self) -> None:
        tabs = left(2, 2)
        tabs["Opening"][1][1] = 1
        with pytest.raises(SchemaMismatchError, match="does not stand for the 2 rows that have left tab “Payments”"):
            first_rows(tabs)
        del tabs["Payments"]
        with pytest.raises(SchemaMismatchError, match="“Payments” is missing"):
            first_rows(tabs)

    def test_of_the_log_nothing_has_to_stand_for_what_has_left(self) -> None:
        tabs = spreadsheet()
        tabs["Commit Log"][1:3] = [[], []]
        tabs["Control"].append(["bases", '{"Commit Log": [2, 2]}'])

        found, _ = first_rows(tabs, CommitLog)

        assert [row.version for row in found[CommitLog].rows] == [2]
        assert found[CommitLog].base == Base(2, 2)

    def test_what_stands_for_rows_of_other_ledgers_takes_room_too(self) -> None:
        tabs = left(2, 2)
        there = {"Payments": LedgerOpening.of(Payments, 2, [Payments(payment_id="all", account="x", cents=2)])}

        found, _ = first_rows(tabs, Accounts)
        assert found[Accounts].bytes_beside == opening_bytes(there)
        found, _ = first_rows(tabs, Payments)
        assert found[Payments].bytes_beside == 0


class TestLeaving:
    @pytest.fixture
    def snapshot(self) -> Snapshot[Books]:
        replica = prepared_replica(PreparedClient(left(2, 2, rows=5)))
        replica.load(replica.clock.deadline(60))
        return replica.snapshot

    @staticmethod
    def first() -> FirstRows:
        return first_rows(left(2, 2, rows=5))[0][Payments]

    def test_what_is_there_afterwards_can_leave_next(self) -> None:
        first = self.first()
        kept = [*first.opening, first.rows[0]]

        rest = rest_of([Departure(first, 2, kept)])[Payments]

        assert (rest.base, ids(rest.rows), rest.opening) == (Base(4, 4), ["p5"], kept)
        assert rest.tab
        assert (rest.tab.gone, rest.tab.table.last_row, rest.tab.table.grid_rows) == ({"Payments": 4}, 2, 20)
        [row] = rest.tab.table.rows
        assert (row.number, row.cells["gone"]) == (2, 4)
        assert rest_of([Departure(replace(first, tab=None), 2, kept)])[Payments].tab is None

    @pytest.mark.parametrize(("there", "rows"), [(2, 2), (1, 1001)])
    def test_the_tab_grows_with_what_stands_there(self, there: int, rows: int) -> None:
        first = self.first()
        assert first.tab
        tab = replace(first.tab, table=replace(first.tab.table, grid_rows=there))

        after = tab.after({"Payments": LedgerOpening(3, [])})

        assert (after.table.grid_rows, after.table.last_row) == (rows, 2)

    def test_what_stands_for_them_is_what_is_kept_or_what_the_state_says(self) -> None:
        first = self.first()

        assert ids(opening_after(SCHEMA, first, 1, lambda _: True)) == ["all", "p3"]
        assert ids(opening_after(SCHEMA, first, 2, lambda row: row.payment_id == "p4")) == ["p4"]

        class Sums(Books):
            def opening(self, ledger: Any, rows: Any) -> Any:
                assert (ledger, ids(rows)) == (Payments, ["all", "p3"])
                return [Payments(payment_id="sum", account="x", cents=sum(self.balances.values()))]

        [summed] = opening_after(replace(SCHEMA, state=Sums), first, 1, None)
        assert summed.cells()["cents"] == 3

    @staticmethod
    def staged(snapshot: Snapshot[Books], departure: Departure, opening: Any = None) -> Transaction[Any]:
        tx = Transaction(snapshot, snapshot.state.fork(), snapshot.keys.fork(), "c3", {}, {})
        leave(tx, [departure], opening or departure.first.tab)
        return tx

    def test_rows_leave_up_to_the_last_that_was_named_and_what_stands_for_them_is_written(
        self, snapshot: Snapshot[Books]
    ) -> None:
        departure = Departure(self.first(), 2, [Payments(payment_id="new", account="x", cents=2)])

        changes = self.staged(snapshot, departure).changes

        assert changes.dropped == {"Payments": 4}
        [row] = opening_rows(departure.openings)
        assert (row.ledger, row.gone) == ("Payments", 4)
        assert row.rows in str(changes.requests)

    def test_of_the_log_nothing_is_written(self, snapshot: Snapshot[Books]) -> None:
        first = first_rows(left(2, 2, rows=5), CommitLog)[0][CommitLog]

        changes = self.staged(snapshot, Departure(first, 1)).changes

        assert (changes.dropped, changes.requests) == ({"Commit Log": 1}, [])

    def test_rows_that_have_left_the_log_meanwhile_do_not_matter(self, snapshot: Snapshot[Books]) -> None:
        snapshot.bases = {**snapshot.bases, "Commit Log": Base(1, 1)}

        assert self.staged(snapshot, Departure(self.first(), 2)).changes.dropped == {"Payments": 4}

    def test_rows_that_others_have_let_leave_meanwhile_do_not(self, snapshot: Snapshot[Books]) -> None:
        departure = Departure(self.first(), 2)

        for first in (
            replace(departure.first, base=Base(1, 1)),
            replace(departure.first, rows=[*departure.first.rows, departure.first.rows[0]]),
        ):
            with pytest.raises(RowsMovedError, match="tab “Payments” meanwhile"):
                self.staged(snapshot, replace(departure, first=first))

    def test_neither_do_they_where_rows_have_left_another_tab(self, snapshot: Snapshot[Books]) -> None:
        departure = Departure(self.first(), 2)
        assert departure.first.tab
        other = replace(departure.first.tab, gone={"Payments": 2, "Accounts": 1})

        with pytest.raises(RowsMovedError, match="another tab meanwhile"):
            self.staged(snapshot, departure, other)


class TestTheTab:
    @staticmethod
    def made(client: PreparedClient) -> list[list[dict[str, Any]]]:
        make_opening_tab(client, client.deadline())
        return client.sent

    def test_it_is_made_where_it_is_missing(self) -> None:
        sheet = SheetLayout(free_id("Opening", {1, 2, 3, 4, 5, 6}), len(OpeningTable.columns()), 100)

        assert self.made(PreparedClient()) == [new_tab(OpeningTable, sheet)]

    def test_one_that_is_there_is_left_alone_if_it_is_ours(self) -> None:
        assert self.made(PreparedClient(left(2, 2))) == []
        for header in ([], [["ledger", "gone"]]):
            with pytest.raises(SchemaMismatchError, match="that this program did not make"):
                self.made(PreparedClient(spreadsheet(Opening=header)))

    @pytest.mark.parametrize(
        "ending", [Rejected(RequestRejectedError("no", status=400)), NotApplied(UnavailableError("no"), again=False)]
    )
    def test_a_refusal_is_told_unless_somebody_else_has_made_it(self, ending: Any) -> None:
        client = PreparedClient()
        client.endings = [ending]
        with pytest.raises(type(ending.error)):
            self.made(client)

        client = PreparedClient()
        client.endings = [ending]
        client.before[1] = lambda: client.tabs.update(Opening=left(2, 2)["Opening"])
        assert len(self.made(client)) == 1

    def test_an_answer_that_says_nothing_is_told(self) -> None:
        client = PreparedClient()
        client.endings = [Unknown("gone")]

        with pytest.raises(CommitUnknownError, match="“Opening” was made is not known"):
            self.made(client)
