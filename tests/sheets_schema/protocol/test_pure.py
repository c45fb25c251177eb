"""The pure parts of the protocol at their edges: what just fits, what is left out, and what Google leaves unsaid."""

from __future__ import annotations

import gc
import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

import pytest

from sheets_schema import Ledger, LimitExceededError, SchemaMismatchError
from sheets_schema.protocol import limits
from sheets_schema.protocol.a1 import column_letters, header_range, last_row_of, open_range
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
from sheets_schema.protocol.lock_record import LockRecord, fence_swap, is_older
from sheets_schema.protocol.openings import LedgerOpening, missing_opening, opening_bytes, opening_rows, read_openings
from sheets_schema.protocol.sheet_layout import SheetLayout, sheets_of, time_zone
from sheets_schema.protocol.sheet_read import LedgerDelta
from sheets_schema.protocol.table_read import TableRead, columns_of, missing_tab, read_table
from sheets_schema.protocol.written_rows import WrittenRows, shown_cells
from sheets_schema.schema.cells import MAX_TEXT, Cell
from sheets_schema.schema.internal_tables import NO_BASE, Base, OpeningTable
from sheets_schema.schema.tables import declared_binding
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

    def test_what_is_no_number_is_not_sent(self) -> None:
        with pytest.raises(ValueError, match="JSON"):
            encode({"a": float("nan")})

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
            ({"appendDimension": {"sheetId": 2, "dimension": "ROWS", "length": 2}}, 2),
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
            with pytest.raises(LimitExceededError, match=f"{added:,} more are needed in “[ABN]”"):
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

    def test_what_is_empty_or_zero_or_false_of_a_row(self) -> None:
        class Odd(Ledger, tab="Odd"):
            name: str = ""
            cents: int = 0
            paid: bool = False
            note: str | None = None

        assert LedgerOpening.of(Odd, 2, [Odd(), Odd(name="x", note="")]).rows == [
            {"cents": 0, "paid": False},
            {"name": "x", "cents": 0, "paid": False},
        ]

    def test_it_weighs_what_its_cells_hold(self) -> None:
        assert opening_bytes({"A": LedgerOpening(1, [{"x": 1}]), "B": LedgerOpening(1, [])}) == len('[{"x":1}]') + 2

    @pytest.mark.parametrize(
        ("bases", "openings", "told"),
        [
            ({}, {}, ""),
            ({"Payments": Base(2, 1)}, {"Payments": LedgerOpening(2)}, ""),
            ({"Payments": Base(2, 1)}, {"Payments": LedgerOpening(3)}, "the first 2 rows.*stands for 3 of them"),
            ({"Payments": Base(2, 1)}, {"Requests": LedgerOpening(2)}, "the first 2 rows.*says nothing of them"),
            ({}, {"Payments": LedgerOpening(1)}, "the first 0 rows.*stands for 1 of them"),
            ({"Commit Log": Base(2, 1)}, {}, ""),
        ],
    )
    def test_as_many_rows_must_be_stood_for_as_have_left(
        self, bases: dict[str, Base], openings: dict[str, LedgerOpening], told: str
    ) -> None:
        found = missing_opening(bases, openings, [Payments])
        assert re.search(told, found) if told else found == ""

    def test_parts_must_be_numbered_counted_and_agree_on_how_many_rows_they_stand_for(self) -> None:
        texts = ["[{", '"account":"x"}]']
        fine = [OpeningTable(ledger="L", gone=3, part=n, parts=2, rows=text) for n, text in enumerate(texts, 1)]
        assert read_openings(self.cells(fine)) == {"L": LedgerOpening(3, [{"account": "x"}])}
        for place, update in (
            (0, {"gone": 4}),
            (1, {"gone": 4}),
            (0, {"part": 2}),
            (1, {"part": 3}),
            (1, {"parts": 3}),
        ):
            parts = [*fine]
            parts[place] = fine[place].model_copy(update=update)
            with pytest.raises(SchemaMismatchError, match="of tab “L” cannot be read"):
                read_openings(self.cells(parts))

    @pytest.mark.parametrize("text", ["[1]", "[", '[{"a":1},[]]'])
    def test_what_is_no_list_of_rows_is_damaged(self, text: str) -> None:
        with pytest.raises(SchemaMismatchError, match="cannot be read"):
            read_openings(self.cells([OpeningTable(ledger="L", gone=3, part=1, parts=1, rows=text)]))

    def test_a_damaged_row_is_told_with_its_number(self) -> None:
        with pytest.raises(SchemaMismatchError, match="“Opening”, row 3"):
            read_openings([[column.header for column in OpeningTable.columns()], [], ["L", "many", 1, 1, "[]"]])
        assert read_openings([[column.header for column in OpeningTable.columns()]]) == {}

    def test_a_column_that_is_not_there_takes_what_it_has_by_default(self) -> None:
        [row] = LedgerOpening(1, [{"account": "ada", "payment_id": "p", "cents": 1, "gone": "x"}]).models(Payments)
        assert row == Payments(payment_id="p", account="ada", cents=1)

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


class TestWrittenRows:
    """A ledger of four rows, of which the first is known to the reading and the last two were written."""

    BINDING = declared_binding(Payments)
    CELLS: ClassVar[list[list[Cell]]] = [["p2", "ada", 2], ["p3", "ada", 3], ["p4", "ada", 4]]
    BEFORE: ClassVar[Mapping[str, Cell]] = {"payment_id": "p2", "account": "ada", "cents": 2}
    ROWS: ClassVar = [Payments(payment_id=f"p{number}", account="ada", cents=number) for number in (3, 4)]

    def tail(self, *cells: list[Cell], known: int = 1, base: Base = NO_BASE) -> LedgerDelta[Payments]:
        return LedgerDelta(Payments, self.BINDING, known, ["p1", "ada", 1], [*cells], base)

    def written(self, count: int = 2, before: Mapping[str, Cell] | None = None) -> WrittenRows:
        return WrittenRows(count, before or self.BEFORE, self.ROWS)

    def test_rows_that_stand_as_they_were_written_are_as_they_should_be(self) -> None:
        assert self.written().mismatch(self.tail(*self.CELLS)) == ""
        assert self.written().mismatch(self.tail(*self.CELLS, ["p5", "eve", 5])) == ""

    @pytest.mark.parametrize(("place", "row"), [(1, 4), (2, 5)])
    def test_each_that_does_not_hold_what_was_written_is_told(self, place: int, row: int) -> None:
        cells = [*self.CELLS]
        cells[place] = ["px", "ada", 3]

        told = self.written().mismatch(self.tail(*cells))
        assert told == f"tab “Payments”, row {row}, does not hold what was written into it"

    def test_the_row_above_them_is_told_by_its_number_too(self) -> None:
        told = "tab “Payments”, row 3, is not what it was when the row below it was written"
        assert self.written().mismatch(self.tail(["px", "ada", 2], *self.CELLS[1:])) == told

    def test_the_row_above_them_may_be_the_last_known_one(self) -> None:
        tail = self.tail(*self.CELLS[1:])
        first: Mapping[str, Cell] = {"payment_id": "p1", "account": "ada", "cents": 1}

        assert self.written(1, first).mismatch(tail) == ""
        assert "row 2, is not what it was" in self.written(1).mismatch(tail)

    def test_it_is_not_looked_at_where_it_has_left_or_was_not_known(self) -> None:
        cells: list[list[Cell]] = [["px", "ada", 2], *self.CELLS[1:]]

        assert self.written().mismatch(self.tail(*cells, base=Base(2, 2))) == ""
        assert "row 3, is not" in self.written().mismatch(self.tail(*cells, base=Base(1, 1)))
        assert "row 2, is not" in self.written().mismatch(self.tail(*cells, base=Base(1, 0)))
        assert WrittenRows(2, None, self.ROWS).mismatch(self.tail(*cells)) == ""

    def test_rows_that_are_not_there_or_were_read_before_are_not_compared(self) -> None:
        wrong: list[Cell] = ["px", "eve", 9]

        assert self.written().mismatch(self.tail(wrong, wrong)) == ""
        assert self.written().mismatch(self.tail(wrong, wrong, wrong, known=3)) == ""
        assert self.written().mismatch(self.tail(wrong, wrong, wrong)) != ""

    def test_what_google_makes_of_a_text_does_not_matter(self) -> None:
        row = Payments(payment_id="p3", account="Zoë\r\n B", cents=3)
        written = WrittenRows(2, None, [row])

        assert written.mismatch(self.tail(["p2"], ["p3", "Zoe\N{COMBINING DIAERESIS}\nB ", 3, " "])) == ""
        assert written.mismatch(self.tail(["p2"], ["p3", "Zoe\nB", 3])) != ""
        assert written.mismatch(self.tail(["p2"], ["p3", "Zoë B", "3"])) != ""

    def test_a_row_is_shown_without_its_empty_cells(self) -> None:
        assert shown_cells(self.ROWS[0]) == {"payment_id": "p3", "account": "ada", "cents": 3}
        assert shown_cells(Payments(payment_id="p", account="", cents=0)) == {"payment_id": "p", "cents": 0}


class TestLockRecord:
    def test_its_text_says_who_holds_it_and_is_read_back(self) -> None:
        for lock, text in (
            (LockRecord(3, "c3"), "version 3 · commit c3 · free"),
            (LockRecord(3, "c3", "me", 2.5), "version 3 · commit c3 · held by me · lease 2.5 s"),
            (LockRecord(3, "c3", "me", 20), "version 3 · commit c3 · held by me · lease 20 s"),
        ):
            assert lock.text == text
            assert LockRecord.parse(f" {text}\n") == lock

    @pytest.mark.parametrize("text", ["", "version 3 · commit c3", "version 3 · commit c3 · free, says Ada"])
    def test_another_text_is_a_persons(self, text: str) -> None:
        with pytest.raises(SchemaMismatchError, match="does not say what it should"):
            LockRecord.parse(text)

    def test_a_fence_is_older_if_its_version_is(self) -> None:
        last = LockRecord(3, "c3")

        assert [is_older(f"fence_{version}_cx", last) for version in (2, 3, 4)] == [True, False, False]
        assert not is_older("mine_2_c2", last)
        assert not is_older("fence_2_c2 ", last)

    def test_the_fence_is_swapped_by_three_requests(self) -> None:
        assert fence_swap(LockRecord(3, "c3"), LockRecord(4, "c4"), {"sheetId": 1}) == [
            {
                "updateNamedRange": {
                    "namedRange": {"namedRangeId": "fence_3_c3", "range": {"sheetId": 1}},
                    "fields": "range",
                }
            },
            {"deleteNamedRange": {"namedRangeId": "fence_3_c3"}},
            {
                "addNamedRange": {
                    "namedRange": {"namedRangeId": "fence_4_c4", "name": "commit_fence", "range": {"sheetId": 1}}
                }
            },
        ]


@pytest.mark.parametrize(
    ("index", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ"), (702, "AAA")]
)
def test_columns_have_letters(index: int, letters: str) -> None:
    assert column_letters(index) == letters


def test_ranges_are_named_as_google_reads_them() -> None:
    assert header_range("Ada's") == "'Ada''s'!1:1"
    assert open_range("T", 5, 27) == "'T'!A5:AA"
    assert open_range("T", 1, 1) == open_range("T", 1, 0) == "'T'!A1:A"
    assert last_row_of("'A!1:B2'!A5:J1000") == 1000
    assert last_row_of("T!B7") == 7


class TestMissingTabs:
    def test_a_ledger_is_restored_and_any_other_may_be_made_anew(self) -> None:
        told = str(missing_tab(Payments))
        assert told.startswith("The tab “Payments” is missing. ")
        assert told.endswith("; if it never held anything, run provision to have it made.")
        assert str(missing_tab(Requests)).endswith(", or run provision, which makes a new one.")


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

    def test_its_last_row_is_the_last_that_holds_anything(self) -> None:
        assert self.read().last_row == 1
        assert self.read([], ["", None, False], ["", None]).last_row == 3

    def test_without_its_header_it_is_told_what_is_missing(self) -> None:
        assert "is missing" in str(read_table(Requests, {"range": "'Requests'!A1:F20"}))
        assert "is missing" in str(read_table(Requests, {"values": [["Account"]], "range": "'Requests'!A1:F20"}))

    def test_a_cell_is_text_without_blanks_around_it(self) -> None:
        [row] = self.read([" ada ", 5]).rows
        assert [row.text(name) for name in ("account", "cents", "answer")] == ["ada", "5", ""]

    @pytest.mark.parametrize(
        ("echoed", "columns"),
        [("'Requests'!A1:F20", 6), ("'Requests'!A1:Z9", 26), ("'R!q'!A1:AB9", 28), ("X!A1:ZZ1", 702)],
    )
    def test_the_columns_of_a_range_are_counted_by_its_last_letter(self, echoed: str, columns: int) -> None:
        assert columns_of(echoed) == columns
