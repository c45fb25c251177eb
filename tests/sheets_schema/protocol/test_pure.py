"""The pure parts of the protocol at their edges: what just fits, what is left out, and what Google leaves unsaid."""

from __future__ import annotations

import gc
import hashlib
import json
from collections.abc import Callable, Sequence
from typing import ClassVar

import pytest

from sheets_schema import Ledger, LimitExceededError, SchemaMismatchError
from sheets_schema.protocol import limits
from sheets_schema.protocol.changes import Changes
from sheets_schema.protocol.gc_paused import gc_paused
from sheets_schema.protocol.limits import (
    MAX_BYTES,
    MAX_REQUESTS,
    cells_of,
    check_batch,
    check_growth,
    encode,
    estimated_bytes,
    fits_in_batch,
)
from sheets_schema.protocol.openings import LedgerOpening, opening_rows, read_openings
from sheets_schema.protocol.sheet_layout import SheetLayout, sheets_of, time_zone
from sheets_schema.protocol.table_read import TableRead, columns_of, read_table
from sheets_schema.schema.cells import MAX_TEXT, Cell
from sheets_schema.schema.internal_tables import OpeningTable
from tests.sheets_schema.bank import Payments, Requests


class TestLimits:
    def test_a_transaction_fits_into_the_rest_of_a_batch(self) -> None:
        room = MAX_BYTES - limits._BESIDE
        requests = MAX_REQUESTS - limits._BESIDE
        assert fits_in_batch(room - 5, 5, requests)
        assert not fits_in_batch(room - 5, 6, requests)
        assert not fits_in_batch(0, 0, requests + 1)

    def test_a_batch_may_be_as_large_as_the_limit_and_no_byte_larger(self, monkeypatch: pytest.MonkeyPatch) -> None:
        batch = [{"deleteNamedRange": {"namedRangeId": "Ä"}}]
        size = len(encode(batch))
        for most, too_large in ((size, False), (size - 1, True)):
            monkeypatch.setattr(limits, "MAX_BYTES", most)
            if too_large:
                with pytest.raises(LimitExceededError, match=f"{size} bytes are too many"):
                    check_batch(batch)
            else:
                check_batch(batch)

    def test_a_batch_may_have_as_many_requests_as_the_limit(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(limits, "MAX_REQUESTS", 2)
        check_batch([{}, {}])
        with pytest.raises(LimitExceededError, match="3 changes are too many"):
            check_batch([{}, {}, {}])

    CELL = len('{"userEnteredValue":{"stringValue":}},')

    def test_named_values_weigh_what_they_take_with_four_cells_around_each(self) -> None:
        values = {"motto": "save", "rate": "2"}

        takes = len('["motto","save"]') + 4 * self.CELL + len('["rate","2"]') + 4 * self.CELL
        assert estimated_bytes(Changes(values=values)) == len("[]") + takes

    def test_rows_weigh_what_they_hold_with_a_cell_around_each_column_and_requests_what_they_are(self) -> None:
        rows: list[Ledger] = [
            Payments(payment_id="p1", account="ä", cents=1),
            Payments(payment_id="p2", account="bob", cents=20),
        ]
        changes = Changes(appended={Payments: rows}, requests=[{"x": 1}])

        texts = [
            '{"payment_id":"p1","account":"ä","cents":1,"note":""}',
            '{"payment_id":"p2","account":"bob","cents":20,"note":""}',
        ]
        assert estimated_bytes(changes) == len('[{"x":1}]') + len("".join(texts).encode()) + 2 * 4 * self.CELL

    SHEETS: ClassVar = {"A": SheetLayout(1, 3, 10), "B": SheetLayout(2, 0, 10)}

    def test_blank_cells_count_and_a_tab_has_a_column_at_least(self) -> None:
        assert cells_of(self.SHEETS, {}) == 40
        assert cells_of(self.SHEETS, {"A": 20, "C": 5}) == 70

    @pytest.mark.parametrize(
        ("request_", "added"),
        [
            ({"appendDimension": {"sheetId": 1, "dimension": "ROWS", "length": 2}}, 6),
            ({"appendDimension": {"sheetId": 1, "dimension": "COLUMNS", "length": 2}}, 20),
            ({"insertDimension": {"range": {"sheetId": 1, "dimension": "ROWS", "startIndex": 4, "endIndex": 7}}}, 9),
            ({"addSheet": {"properties": {"title": "N", "gridProperties": {"rowCount": 5, "columnCount": 2}}}}, 10),
            ({"addSheet": {"properties": {"title": "N"}}}, 26_000),
            ({"updateCells": {"start": {"sheetId": 1}}}, 0),
            ({"appendDimension": {"sheetId": 3, "dimension": "ROWS", "length": 2}}, 0),
            ({"appendDimension": {"sheetId": 3, "dimension": "COLUMNS", "length": 2}}, 0),
        ],
    )
    def test_what_a_batch_adds_may_fill_the_spreadsheet_and_not_one_cell_more(
        self, request_: dict[str, object], added: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(limits, "MAX_CELLS", 40 + added)
        check_growth(self.SHEETS, {}, [request_])
        if added:
            monkeypatch.setattr(limits, "MAX_CELLS", 40 + added - 1)
            with pytest.raises(LimitExceededError, match=f"{added:,} more are needed in “[AN]”"):
                check_growth(self.SHEETS, {}, [request_])

    def test_what_several_requests_add_is_told_by_tab_and_together(self, monkeypatch: pytest.MonkeyPatch) -> None:
        grows = {"appendDimension": {"sheetId": 1, "dimension": "ROWS", "length": 2}}
        wider = {"appendDimension": {"sheetId": 2, "dimension": "COLUMNS", "length": 3}}
        monkeypatch.setattr(limits, "MAX_CELLS", 81)

        with pytest.raises(LimitExceededError, match=r"it has 40 cells.*; 42 more are needed in “A”, “B”"):
            check_growth(self.SHEETS, {}, [grows, wider, grows])

    def test_what_was_learnt_of_a_grid_since_counts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        wider = {"appendDimension": {"sheetId": 1, "dimension": "COLUMNS", "length": 1}}
        monkeypatch.setattr(limits, "MAX_CELLS", 90)

        check_growth(self.SHEETS, {"A": 20}, [wider])
        with pytest.raises(LimitExceededError, match=r"it has 73 cells.*; 21 more"):
            check_growth(self.SHEETS, {"A": 21}, [wider])

    def test_a_spreadsheet_that_is_over_full_takes_what_adds_no_cells(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(limits, "MAX_CELLS", 3)

        check_growth(self.SHEETS, {}, [{"deleteDimension": {"range": {"sheetId": 1}}}])


@pytest.mark.parametrize("at_work", [True, False])
def test_the_garbage_collector_is_at_work_afterwards_if_it_was_before(at_work: bool) -> None:
    try:
        (gc.enable if at_work else gc.disable)()
        with gc_paused():
            assert not gc.isenabled()
        assert gc.isenabled() is at_work
    finally:
        gc.enable()


class TestOpenings:
    @staticmethod
    def cells(parts: Sequence[OpeningTable]) -> list[list[Cell]]:
        rows: list[list[Cell]] = [[part.cells()[column.field] for column in OpeningTable.columns()] for part in parts]
        return [[column.header for column in OpeningTable.columns()], [], *rows]

    def test_what_fits_in_a_cell_stands_there_to_be_read(self) -> None:
        note = "x" * (MAX_TEXT - len('[{"note":""}]'))
        [part] = opening_rows({"Payments": LedgerOpening(7, [{"note": note}])})
        assert part.rows == f'[{{"note":"{note}"}}]'
        [part] = opening_rows({"Payments": LedgerOpening(7, [{"note": f"{note}x"}])})
        assert len(part.rows) < 1_000

    @pytest.mark.parametrize("longer", range(4))
    def test_what_does_not_is_packed_and_goes_over_as_many_cells_as_it_needs(self, longer: int) -> None:
        notes = [hashlib.sha512(bytes([longer, *divmod(number, 256)])).hexdigest() for number in range(1_500)]
        opening = LedgerOpening(7, [{"note": "".join(notes) + " " * longer}, {"cents": 5, "account": " é\N{SNOWMAN}"}])
        parts = opening_rows({"Payments": opening, "Other": LedgerOpening(1, [])})
        assert [len(part.rows) for part in parts[:2]] == [MAX_TEXT] * 2
        assert max(len(part.rows) for part in parts) <= MAX_TEXT < len(notes) * 128 / 2
        assert read_openings(self.cells(parts)) == {"Payments": opening, "Other": LedgerOpening(1, [])}

    def test_a_row_that_stands_for_many_may_be_longer_than_a_cell_of_its_ledger(self) -> None:
        row = Payments(payment_id="all", account="ada", cents=1, note='"é' * MAX_TEXT)
        parts = opening_rows({"Payments": LedgerOpening.of(Payments, 9, [row])})
        [back] = read_openings(self.cells(parts))["Payments"].models(Payments)
        assert back == row

    def test_plain_json_over_several_cells_as_versions_before_wrote_it_is_read(self) -> None:
        text = json.dumps([{"note": "x" * MAX_TEXT}])
        texts = [text[:MAX_TEXT], text[MAX_TEXT:]]
        parts = [OpeningTable(ledger="Payments", gone=3, part=n, parts=2, rows=t) for n, t in enumerate(texts, 1)]
        assert read_openings(self.cells(parts)) == {"Payments": LedgerOpening(3, [{"note": "x" * MAX_TEXT}])}

    @pytest.mark.parametrize("change", [lambda text: text[4:], lambda text: text[:-8], lambda text: f"é{text}"])
    def test_packed_text_that_a_person_has_changed_is_damaged(self, change: Callable[[str], str]) -> None:
        [part] = opening_rows({"Payments": LedgerOpening(7, [{"note": "x" * MAX_TEXT}])})
        with pytest.raises(SchemaMismatchError, match="cannot be read"):
            read_openings(self.cells([part.model_copy(update={"rows": change(part.rows)})]))


class TestLayout:
    def test_what_google_leaves_unsaid_of_a_tab_is_nothing(self) -> None:
        metadata = {"sheets": [{"properties": {"title": "payments"}}, {"properties": {"sheetId": 7, "title": "Mine"}}]}
        assert sheets_of(metadata, [Payments]) == {
            "Payments": SheetLayout(0, 0, 0, 0),
            "Mine": SheetLayout(7, 0, 0, 0),
        }
        assert sheets_of({}) == {}

    def test_what_it_says_is_taken(self) -> None:
        grid = {"rowCount": 9, "columnCount": 4, "frozenRowCount": 1}
        metadata = {"sheets": [{"properties": {"sheetId": 1, "title": "Payments", "gridProperties": grid}}]}
        assert sheets_of(metadata) == {"Payments": SheetLayout(1, 4, 9, 1)}

    @pytest.mark.parametrize("zone", ["", "Middle/Earth", "/etc/passwd"])
    def test_an_unknown_time_zone_is_utc(self, zone: str) -> None:
        assert str(time_zone({"properties": {"timeZone": zone}})) == str(time_zone({})) == "UTC"
        assert str(time_zone({"properties": {"timeZone": "America/Toronto"}})) == "America/Toronto"


class TestTableRead:
    HEADER: ClassVar = ["Account", "Cents", "Urgency", "Approved", "Answer", "mine"]

    def read(self, *rows: list[Cell], range_: str = "'Requests'!A1:F20") -> TableRead:
        found = read_table(Requests, {"values": [self.HEADER, *rows], "range": range_})
        assert isinstance(found, TableRead)
        return found

    def test_a_row_holds_what_is_declared_and_beside_it_what_people_have(self) -> None:
        found = self.read(
            ["ada", 5, "LOW", False, "", "hers", "x"], [], ["", "", "", "", "", "note"], ["bob"], ["", "", "", False]
        )

        assert [(row.number, dict(row.cells), dict(row.extra_cells)) for row in found.rows] == [
            (2, {"account": "ada", "cents": 5, "urgency": "LOW", "approved": False}, {5: "hers", 6: "x"}),
            (4, {}, {5: "note"}),
            (5, {"account": "bob"}, {}),
            (6, {"approved": False}, {}),
        ]
        assert (found.header[-1], found.grid_rows, found.columns) == ("mine", 20, 6)

    def test_a_row_in_which_only_blanks_of_google_stand_is_none(self) -> None:
        assert self.read(["", None, ""], [None], []).rows == ()

    @pytest.mark.parametrize(
        ("echoed", "columns"),
        [("'Requests'!A1:F20", 6), ("'Requests'!A1:Z9", 26), ("'R!q'!A1:AB9", 28), ("X!A1:ZZ1", 702)],
    )
    def test_the_columns_of_a_range_are_counted_by_its_last_letter(self, echoed: str, columns: int) -> None:
        assert columns_of(echoed) == columns
