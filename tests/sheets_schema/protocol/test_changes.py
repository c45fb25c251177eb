"""What a transaction stages, and views as cells."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC

import pytest

from sheets_schema.errors import InvalidDeclarationError, InvalidValueError
from sheets_schema.protocol.batch_requests import (
    append_rows,
    clear_cells,
    copy_cells,
    delete_rows,
    grid,
    grow,
    grown,
    insert_rows,
    widen,
    write_cells,
    write_rows,
)
from sheets_schema.protocol.changes import Changes
from sheets_schema.protocol.sheet_layout import SheetLayout
from sheets_schema.protocol.view_writes import view_table, write_view
from sheets_schema.schema.cells import Cell
from sheets_schema.schema.tables import Binding
from tests.sheets_schema.bank import Accounts, Payments
from tests.sheets_schema.protocol.test_incremental_views import Statement


def payment(name: str) -> Payments:
    return Payments(payment_id=name, account="ada", cents=1)


def test_what_was_assumed_is_put_before_what_was_added_once() -> None:
    changes = Changes()
    changes.append(payment("p3"))
    changes.assumed += [payment("p1"), Accounts(account="ada"), payment("p2")]

    changes.stage_assumed()
    changes.stage_assumed()

    assert changes.appended == {
        Payments: [payment("p1"), payment("p2"), payment("p3")],
        Accounts: [Accounts(account="ada")],
    }


def test_empty_cells_at_the_end_of_a_row_are_left_out_as_a_read_leaves_them_out() -> None:
    rows = [
        Statement(payment="p1", account="ada", state=""),
        Statement(payment="p2", account="", state="", page="https://bank.example/p2"),
    ]

    assert view_table(Statement, rows, UTC)[1:] == [["p1", "ada"], ["p2", "", "", "", "https://bank.example/p2"]]


def test_rows_of_a_view_whose_columns_a_person_has_moved_stand_where_these_stand() -> None:
    rows = [Statement(payment="p1", account="ada", state=""), Statement(payment="p2", account="", state="red")]

    table = view_table(Statement, rows, UTC, [["state", "account", "payment", "at", "page"]])

    assert table == [["state", "account", "payment", "at", "page"], ["", "ada", "p1"], ["red", "", "p2"]]


def test_a_value_that_no_cell_can_hold_is_named_with_its_tab_and_column() -> None:
    with pytest.raises(InvalidValueError, match="Tab “Statement”, column “account”: "):
        view_table(Statement, [Statement(payment="p1", account="x" * 50_001, state="")], UTC)


def test_two_works_changes_together_are_those_of_the_first_then_those_of_the_second() -> None:
    first = Changes(appended={Payments: [payment("p1")]}, values={"a": "1", "b": "1"}, requests=[{"one": 1}])
    second = Changes(
        appended={Payments: [payment("p2")], Accounts: [Accounts(account="ada")]},
        values={"b": "2"},
        requests=[{"two": 2}],
        renamed={"Old": "New"},
        dropped={"Payments": 3},
        shrunk={"Accounts": 2},
        rewrites_views=True,
    )

    first.extend(second)

    assert first == Changes(
        appended={Payments: [payment("p1"), payment("p2")], Accounts: [Accounts(account="ada")]},
        values={"a": "1", "b": "2"},
        requests=[{"one": 1}, {"two": 2}],
        renamed={"Old": "New"},
        dropped={"Payments": 3},
        shrunk={"Accounts": 2},
        rewrites_views=True,
    )
    first.extend(Changes())
    assert first.rewrites_views
    assert second.appended[Payments] == [payment("p2")]


def test_only_rows_that_are_added_and_nothing_beside_them_are_only_adding_rows() -> None:
    rows = Changes(appended={Payments: [payment("p1")]})

    assert rows.only_adds_rows
    assert replace(rows, read_only=True, assumed=[payment("p0")]).only_adds_rows
    assert not Changes().only_adds_rows
    assert not replace(rows, values={"a": "1"}).only_adds_rows
    assert not replace(rows, requests=[{}]).only_adds_rows
    assert not replace(rows, rewrites_views=True).only_adds_rows
    assert not replace(rows, dropped={"Payments": 1}).only_adds_rows


@pytest.mark.parametrize(
    "changes",
    [
        Changes(appended={Payments: []}),
        Changes(values={"a": "1"}),
        Changes(requests=[{}]),
        Changes(dropped={"Payments": 1}),
        Changes(shrunk={"Payments": 1}),
        Changes(rewrites_views=True),
    ],
)
def test_whatever_is_to_be_written_is_a_change(changes: Changes) -> None:
    assert changes
    assert changes.moves_rows == bool(changes.dropped or changes.shrunk)


def test_who_only_reads_may_stage_nothing() -> None:
    Changes().check_writable()
    with pytest.raises(InvalidDeclarationError, match="only shows"):
        Changes(read_only=True).check_writable()


def test_what_is_assumed_or_renamed_alone_is_none() -> None:
    assert not Changes(assumed=[payment("p1")], renamed={"Old": "New"})


class TestRequests:
    """As the Sheets API reads them."""

    SHEET = SheetLayout(7, 4, 10)

    def test_an_area_is_counted_from_zero_and_ends_before_its_end(self) -> None:
        assert grid(7, 3, 2, 1, 4) == {
            "sheetId": 7, "startRowIndex": 2, "endRowIndex": 4, "startColumnIndex": 1, "endColumnIndex": 5
        }  # fmt: skip

    def test_cells_are_written_from_their_first_on(self) -> None:
        start = {"sheetId": 7, "rowIndex": 2, "columnIndex": 1}
        values = [{"userEnteredValue": {"stringValue": "a"}}, {"userEnteredValue": {"numberValue": 5}}]

        assert write_cells(7, 3, 1, [["a", 5], [None]]) == {
            "updateCells": {
                "start": start,
                "rows": [{"values": values}, {"values": [{}]}],
                "fields": "userEnteredValue",
            }
        }

    def test_cells_are_cleared_from_the_first_column_on_and_keep_their_looks(self) -> None:
        assert clear_cells(7, 3, 2, 4) == {"updateCells": {"range": grid(7, 3, 2, 0, 4), "fields": "userEnteredValue"}}

    def test_a_block_is_copied_as_it_stands(self) -> None:
        source, target = grid(7, 3, 2, 0, 4), grid(8, 3, 2, 0, 4)

        assert copy_cells(source, target, "PASTE_VALUES") == {
            "copyPaste": {
                "source": source,
                "destination": target,
                "pasteType": "PASTE_VALUES",
                "pasteOrientation": "NORMAL",
            }
        }

    @pytest.mark.parametrize(("needed", "rows"), [(9, 10), (10, 10), (11, 1010), (1010, 1010), (1011, 1011)])
    def test_a_grid_grows_by_a_thousand_rows_or_as_many_as_are_needed(self, needed: int, rows: int) -> None:
        assert grown(10, needed) == rows
        length = {"sheetId": 7, "dimension": "ROWS", "length": rows - 10}
        assert grow(self.SHEET, 10, needed) == ([{"appendDimension": length}] if rows > 10 else [])

    def test_columns_are_added_at_the_right(self) -> None:
        assert widen(7, 2) == {"appendDimension": {"sheetId": 7, "dimension": "COLUMNS", "length": 2}}

    @pytest.mark.parametrize(("row", "inherits"), [(2, False), (3, True)])
    def test_rows_that_are_pushed_in_look_like_those_above_but_not_like_the_header(
        self, row: int, inherits: bool
    ) -> None:
        span = {"sheetId": 7, "dimension": "ROWS", "startIndex": row - 1, "endIndex": row + 2}

        assert insert_rows(7, row, 3) == {"insertDimension": {"range": span, "inheritFromBefore": inherits}}

    def test_rows_are_deleted_whole(self) -> None:
        span = {"sheetId": 7, "dimension": "ROWS", "startIndex": 3, "endIndex": 5}

        assert delete_rows(7, 4, 2) == {"deleteDimension": {"range": span}}

    def test_columns_that_stand_apart_are_written_apart_and_what_is_between_them_stays(self) -> None:
        binding = Binding(Payments, {"payment_id": 4, "account": 0, "cents": 1, "note": 9})

        assert write_rows(7, binding, 3, [{"account": "ada", "cents": 5}, {"payment_id": "p2"}], binding.index) == [
            write_cells(7, 3, 0, [["ada", 5], [None, None]]),
            write_cells(7, 3, 4, [[None], ["p2"]]),
            write_cells(7, 3, 9, [[None], [None]]),
        ]
        assert write_rows(7, binding, 3, [{"cents": 5}], ["cents"]) == [write_cells(7, 3, 1, [[5]])]

    @pytest.mark.parametrize(("first", "grows"), [(9, False), (10, True)])
    def test_rows_of_a_ledger_come_with_the_room_they_need(self, first: int, grows: bool) -> None:
        binding = Binding(Payments, {"payment_id": 0, "account": 1, "cents": 2, "note": 3})

        assert append_rows(self.SHEET, binding, 10, first, [payment("p1"), payment("p2")]) == [
            *(grow(self.SHEET, 10, 11) if grows else []),
            write_cells(7, first, 0, [["p1", "ada", 1, ""], ["p2", "ada", 1, ""]]),
        ]

    def test_addresses_lead_there_only_below_the_header_and_only_where_there_are_any(self) -> None:
        page = "https://bank.example/p1"
        rows: list[list[Cell]] = [
            ["p1", "ada", "red", "", page],
            ["p2", "ada", "red", "", ""],
            ["p3"],
            ["p4", "ada", "red", 1],
        ]

        request = write_view(Statement, 7, 2, rows)

        written = request["updateCells"]["rows"]
        link = {"textFormat": {"link": {"uri": page}}}
        assert written[0]["values"][4] == {"userEnteredValue": {"stringValue": page}, "userEnteredFormat": link}
        assert written[1:] == write_cells(7, 2, 0, rows)["updateCells"]["rows"][1:]
        assert request["updateCells"]["fields"] == "userEnteredValue,userEnteredFormat.textFormat.link"
        assert write_view(Statement, 7, 1, [[page] * 5]) == write_cells(7, 1, 0, [[page] * 5])
