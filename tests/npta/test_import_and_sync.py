"""Import Keys and Sync Catalogue over HTTP, with a person in the sheet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gspread
import pytest

from npta.operations import import_keys as importing
from npta.tables import ImportCapture, ImportKeys
from sheets_schema import Clock, UnavailableError
from tests.support import Cell, House, catalogue_row

GOOD: list[Cell] = ["CANADA", "NASM", "CPT", "combined", "EX-1", 15]
HEADER = ["region", "provider", "product_code", "component", "keycode", "seats", "problem"]


def pools(house: House) -> dict[str, int]:
    """Available seats by pool, as Key Inventory shows them."""
    return {
        f"{row['provider']} {row['product_code']} {row['component']}": row["available"]
        for row in house.rows("Key Inventory")
    }


def left(house: House) -> list[dict[str, Any]]:
    """What stands in the paste zone."""
    return [row for row in house.rows("Import Keys") if any(row.values())]


def catalogue(house: House) -> gspread.Worksheet:
    return house.sheet.worksheet("NPTA Catalogue")


class TestImport:
    def test_the_runbooks_sample_comes_in_in_all_three_ways_of_pasting(self, house: House) -> None:
        answer = house.keys(
            ["region | provider | product_code | component | keycode | seats"],
            ["CANADA  NASM      CPT            combined    EX-2t572t1232321a  15"],
            ["CANADA\tNASM\tCPT\tcontent\tEX-2t572t1232321b\t15"],
            ["CANADA | NASM | CPT | exam | EX-2t572t1232321c | 20"],
            ["CANADA", "NASM", "NSBK_CPT-CNC-CES", "combined", "EX-2t572t1232325a", 15],
            ["CANADA", "NASM", "NSBK_CPT-CNC-CES", "content", "EX-2t572t1232325b", "15"],
            ["CANADA", "NASM", "NSBK_CPT-CNC-CES", "exam", "EX-2t572t1232325c", 20],
        )

        assert (answer["imported"], answer["duplicates"], answer["rejected"]) == (6, 0, 0)
        assert pools(house) == {
            "NASM CPT combined": 15,
            "NASM CPT content": 15,
            "NASM CPT exam": 20,
            "NASM NSBK_CPT-CNC-CES combined": 15,
            "NASM NSBK_CPT-CNC-CES content": 15,
            "NASM NSBK_CPT-CNC-CES exam": 20,
        }
        assert left(house) == []

    @pytest.mark.row("C3", "L1")
    def test_rule_12_good_rows_leave_and_bad_ones_stay_as_they_were_with_the_reason(self, house: House) -> None:
        bad: list[list[Cell]] = [
            ["CANADA", "NASM", "CPT", "full", "EX-2", 15],
            ["CANADA", "NASM", "CPT", "combined", "EX-3", "x"],
            ["CANADA", "NASM", "CPT", "combined", "EX-4", 0],
            ["CANADA", "NASM", "CPT", "combined", "EX-5", 1.5],
            ["CANADA", "NASM", "CPT", "combined", 12, 1],
            ["CANADA", "NASM", "NSBK-CPT", "combined", "EX-6", 1],
            ["MARS", "NASM", "CPT", "combined", "EX-7", 1],
        ]

        answer = house.keys(GOOD, *bad, [*GOOD[:4], "EX-9", 1])

        assert (answer["imported"], answer["rejected"]) == (2, 7)
        assert [row["outcome"] for row in answer["rows"]] == ["imported", *["rejected"] * 7, "imported"]
        assert [row["row"] for row in answer["rows"]] == [2, *range(2, 9), 10], "refused rows as they stand now"
        stay = left(house)
        assert [[row[name] for name in HEADER[:6]] for row in stay] == bad
        for row, told in zip(stay, answer["rows"][1:-1], strict=True):
            assert told["reason"] == f"Import Keys, row {told['row']}: {row['problem']}"
        assert pools(house) == {"NASM CPT combined": 16}

    def test_a_row_that_a_person_mended_comes_in_at_the_next_press(self, house: House) -> None:
        house.keys(["CANADA", "NASM", "CPT", "full", "EX-2", 15])
        row = next(
            number
            for number, cells in enumerate(house.sheet.worksheet("Import Keys").get_all_values(), 1)
            if "EX-2" in cells
        )

        house.sheet.worksheet("Import Keys").update([["combined"]], f"D{row}", raw=True)

        assert house.import_keys()["imported"] == 1
        assert left(house) == []

    @pytest.mark.row("E3")
    def test_rule_12_a_doubled_key_is_taken_once_within_a_paste_and_over_time(self, house: House) -> None:
        first = house.keys(GOOD, GOOD)
        second = house.keys(GOOD)

        assert (first["imported"], first["duplicates"]) == (1, 1)
        assert (second["imported"], second["duplicates"]) == (0, 2), "the one that stayed, and the new one"
        assert pools(house) == {"NASM CPT combined": 15}
        assert all("duplicate" in row["problem"] for row in left(house))

    def test_keycodes_and_ids_are_the_same_letter_for_letter_everywhere(self, house: House) -> None:
        keycodes = ["0012", "=1+1", "1-2", "8085807e40000000", "6855909900591123456", "TRUE", "+1", "é–ß"]
        house.products(("CPTa", "NASM-CPT-FULL"))
        house.keys(*[[*GOOD[:4], keycode, 1] for keycode in keycodes])

        answer = house.order("6855909900591123456", ("CPTa", len(keycodes)))

        assert [key["keycode"] for key in answer["keys"]] == keycodes
        assert answer["order_id"] == "6855909900591123456"
        for tab in ("Import History", "Key Ledger"):
            assert [row["keycode"] for row in house.rows(tab)] == keycodes
        assert house.rows("Orders")[0]["order_id"] == "6855909900591123456"
        house.restart()
        assert house.order("6855909900591123456", ("CPTa", len(keycodes)))["keys"] == answer["keys"]

    @pytest.mark.row("C4")
    def test_import_history_says_who_imported_what_and_when(self, house: House) -> None:
        house.keys(GOOD, [*GOOD[:4], "EX-2", 3])

        rows = house.rows("Import History")
        assert [[row[name] for name in HEADER[:6]] for row in rows] == [GOOD, [*GOOD[:4], "EX-2", 3]]
        assert {row["imported_by"] for row in rows} == {"operator key 1"}
        assert rows[0]["batch"] == rows[1]["batch"]
        assert rows[0]["imported_at"].endswith("Z")
        assert len({row["key_id"] for row in rows}) == 2

    @pytest.mark.row("X6")
    def test_a_dry_run_tells_the_same_and_moves_nothing(self, house: House) -> None:
        house.paste(GOOD, GOOD, ["CANADA", "NASM", "CPT", "full", "EX-2", 15])
        before = house.sheet.worksheet("Import Keys").get_all_values()

        dry = house.import_keys(dry_run=True)

        assert (dry["imported"], dry["duplicates"], dry["rejected"], dry["dry_run"]) == (1, 1, 1, True)
        assert house.sheet.worksheet("Import Keys").get_all_values() == before
        assert house.rows("Import History") == []
        assert [row["row"] for row in dry["rows"]] == [2, 3, 4]
        real = house.import_keys()["rows"]
        assert [row["outcome"] for row in real] == [row["outcome"] for row in dry["rows"]]
        assert [row["row"] for row in real] == [2, 2, 3], "refused rows as they stand now"

    def test_what_people_write_in_columns_of_their_own_stays_beside_refused_rows(self, house: House) -> None:
        worksheet = house.sheet.worksheet("Import Keys")
        worksheet.update([["asked by"]], "H1", raw=True)
        house.paste(
            [*GOOD, "", "Ada, good"],
            ["CANADA", "NASM", "CPT", "full", "EX-2", 15, "", "Grace", "no header"],
            ["", "", "", "", "", "", "", "a remark by itself"],
        )

        house.import_keys()

        rows = worksheet.get_all_values()[1:]
        assert [[*row[4:5], *row[7:9]] for row in rows] == [
            ["EX-2", "Grace", "no header"],
            ["", "a remark by itself", ""],
        ]
        assert house.import_keys()["rejected"] == 1
        assert len(worksheet.get_all_values()) == 3

    def test_rows_with_very_long_cells_come_in_by_smaller_portions(self, house: House) -> None:
        remark = "x" * 40_000
        house.paste(*([*GOOD[:3], "full", f"EX-{number}", 1, "", remark] for number in range(60)), GOOD)

        answer = house.import_keys()

        assert (answer["imported"], answer["rejected"]) == (1, 60)
        assert [row["keycode"] for row in left(house)] == [f"EX-{number}" for number in range(60)]
        assert {len(row[7]) for row in house.sheet.worksheet("Import Keys").get_all_values()[1:]} == {len(remark)}

    def test_a_damaged_catalogue_stops_no_import(self, house: House) -> None:
        house.sheet.worksheet("NPTA Catalogue").update([["stock-keeping unit"]], "A1", raw=True)

        assert house.keys(GOOD)["imported"] == 1

    def test_nothing_pasted_is_nothing_done(self, house: House) -> None:
        commits = len(house.rows("Commit Log"))

        assert house.import_keys()["rows"] == []
        assert len(house.rows("Commit Log")) == commits

    def test_rule_7_an_order_that_waited_for_these_keys_is_opened_and_a_re_run_fills_it(self, house: House) -> None:
        house.products(("CPTa", "NASM-CPT-FULL"))
        house.order("1", ("CPTa", 16))
        house.order("2", ("CPTa", 15))

        assert house.keys(GOOD)["reopened_orders"] == ["2"]
        assert house.order("1", ("CPTa", 16))["replayed"]
        assert house.order("2", ("CPTa", 15))["status"] == "fulfilled"

    def test_a_paste_larger_than_a_portion_comes_in_whole(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(importing, "PORTION", 3)

        answer = house.keys(*[[*GOOD[:4], f"EX-{number // 2}", 1] for number in range(10)])

        assert (answer["imported"], answer["duplicates"]) == (5, 5)
        assert pools(house) == {"NASM CPT combined": 5}
        assert len(left(house)) == 5
        assert len({row["key_id"] for row in house.rows("Import History")}) == 5


@dataclass
class Watch:
    """A clock on which waiting takes no time."""

    seconds: float = 1000.0

    def forward(self, seconds: float) -> None:
        self.seconds += seconds


class TestCrash:
    @pytest.fixture
    def house(self) -> House:
        watch = Watch()
        return House(clock=Clock(monotonic=lambda: watch.seconds, sleep=watch.forward)).provision()

    def crashed(self, house: House, monkeypatch: pytest.MonkeyPatch, *rows: list[Any], after: int) -> None:
        """Press Import Keys and lose the process after so many commits of that press."""
        house.paste(*rows)
        run = house.services.spreadsheet.run
        done: list[None] = []

        def dying(*arguments: Any, **more: Any) -> Any:
            if len(done) == after:
                raise UnavailableError("the process is gone")
            done.append(None)
            return run(*arguments, **more)

        with monkeypatch.context() as patched:
            patched.setattr(importing, "PORTION", 2)
            patched.setattr(house.services.spreadsheet, "run", dying)
            assert house.call("POST", "/keys/import").status_code == 503
        house.restart()

    @pytest.mark.row("B7")
    def test_after_a_crash_between_capture_and_import_the_next_press_takes_everything_in(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.crashed(house, monkeypatch, GOOD, ["CANADA", "NASM", "CPT", "full", "EX-2", 15], after=1)
        assert left(house) == []
        assert house.rows("Import History") == []
        assert [row["keycode"] for row in house.rows("Import Capture")] == ["EX-1", "EX-2"]

        answer = house.import_keys()

        assert (answer["imported"], answer["rejected"]) == (1, 1)
        assert [row["keycode"] for row in left(house)] == ["EX-2"]
        assert pools(house) == {"NASM CPT combined": 15}

    def test_a_dry_run_counts_what_an_interrupted_import_left_and_the_orders_it_would_open(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        house.products(("CPTa", "NASM-CPT-FULL"))
        assert house.order("6855909900591", ("CPTa", 2))["code"] == "out_of_stock"
        self.crashed(house, monkeypatch, [*GOOD[:4], "EX-1", 1], after=1)
        house.paste([*GOOD[:4], "EX-2", 1])

        dry = house.import_keys(dry_run=True)

        assert (dry["imported"], dry["reopened_orders"]) == (2, ["6855909900591"])
        assert house.rows("Import History") == []

    @pytest.mark.row("B7")
    def test_after_a_crash_between_portions_nothing_is_lost_and_nothing_comes_twice(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        keys = [[*GOOD[:4], f"EX-{number}", 1] for number in range(5)]
        self.crashed(house, monkeypatch, *keys, after=2)
        assert len(house.rows("Import History")) == 2

        assert house.import_keys()["imported"] == 3
        assert sorted(row["keycode"] for row in house.rows("Import History")) == [f"EX-{number}" for number in range(5)]
        assert house.import_keys()["rows"] == []

    @pytest.mark.row("B7", "P1")
    def test_what_a_person_pastes_after_the_crash_comes_in_after_what_was_left_and_is_not_overwritten(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.crashed(house, monkeypatch, ["CANADA", "NASM", "CPT", "full", "EX-bad", 15], GOOD, after=1)
        house.paste([*GOOD[:4], "EX-later", 3])

        dry, real = house.import_keys(dry_run=True), house.import_keys()

        assert (dry["imported"], dry["rejected"]) == (real["imported"], real["rejected"]) == (2, 1)
        assert pools(house) == {"NASM CPT combined": 18}
        refused = [row for row in real["rows"] if row["outcome"] == "rejected"]
        assert [row["row"] for row in refused] == [
            number for number, row in enumerate(house.rows("Import Keys"), 2) if row["keycode"] == "EX-bad"
        ]
        assert [row["keycode"] for row in left(house)] == ["EX-bad"]

    def test_the_capture_is_empty_after_an_import(self, house: House) -> None:
        house.keys(GOOD, ["CANADA", "NASM", "CPT", "full", "EX-2", 15])

        assert not [row for row in house.rows(ImportCapture.__table__.title) if any(row.values())]


class TestHeaders:
    def broken(self, house: House, tab: str, column: int, text: str) -> None:
        house.sheet.worksheet(tab).update_cell(1, column, text)

    @pytest.mark.row("P2")
    @pytest.mark.parametrize(
        ("column", "text", "told"),
        [
            pytest.param(5, "", ["Import Keys", "“keycode”", "missing"], id="missing"),
            pytest.param(5, "key code", ["Import Keys", "“keycode”", "missing", "“key code”"], id="renamed"),
            pytest.param(7, "keycode", ["Import Keys", "“problem”", "missing"], id="another one overwritten"),
            pytest.param(8, "keycode", ["Import Keys", "“keycode”", "more than once"], id="doubled"),
        ],
    )
    def test_a_header_of_the_paste_zone_that_cannot_be_relied_on_stops_the_import(
        self, house: House, column: int, text: str, told: list[str]
    ) -> None:
        house.paste(GOOD)
        self.broken(house, "Import Keys", column, text)
        before = house.sheet.worksheet("Import Keys").get_all_values()

        response = house.call("POST", "/keys/import")

        assert response.status_code == 409
        detail = (response.get_json() or {})["detail"]
        assert all(part in detail for part in told)
        assert house.sheet.worksheet("Import Keys").get_all_values() == before
        assert house.rows("Import History") == []
        self.broken(house, "Import Keys", column, ["keycode", "problem", ""][[5, 7, 8].index(column)])
        assert house.import_keys()["imported"] == 1, "fixed, it goes on"

    @pytest.mark.row("P2")
    @pytest.mark.parametrize(
        ("column", "text", "told"),
        [
            pytest.param(1, "", ["NPTA Catalogue", "“SKU”", "missing"], id="missing"),
            pytest.param(4, "opens", ["NPTA Catalogue", "“entitlements”", "“opens”"], id="renamed"),
            pytest.param(10, "SKU", ["NPTA Catalogue", "“SKU”", "more than once"], id="doubled"),
        ],
    )
    def test_a_header_of_the_catalogue_that_cannot_be_relied_on_stops_the_sync_but_no_order(
        self, house: House, column: int, text: str, told: list[str]
    ) -> None:
        house.products(("CPTa", "NASM-CPT-FULL"))
        house.keys(GOOD)
        self.broken(house, "NPTA Catalogue", column, text)

        response = house.call("POST", "/catalogue/sync")

        assert response.status_code == 409
        assert all(part in (response.get_json() or {})["detail"] for part in told)
        assert len(house.rows("Live Catalogue")) == 1
        assert house.order("1", ("CPTa", 1))["status"] == "fulfilled"
        assert house.order("2", ("XYZ", 1))["http"] == 422

    @pytest.mark.row("P2")
    def test_moved_and_added_columns_are_fine(self, house: House) -> None:
        worksheet = house.sheet.worksheet("Import Keys")
        worksheet.update([["note", *reversed(HEADER)]], "A1", raw=True)
        worksheet.update([["mine", "", 15, "EX-1", "combined", "CPT", "NASM", "CANADA"]], "A2", raw=True)

        assert house.import_keys()["imported"] == 1
        assert house.rows("Import History")[0]["keycode"] == "EX-1"


class TestSync:
    def test_what_is_typed_becomes_what_orders_see(self, house: House) -> None:
        answer = house.products(("CPTa", "nasm-cpt-full"), ("KBS-1", "", "EXTERNAL"))

        assert answer["published"] == 2
        assert answer["changed"] == [
            {"SKU": "CPTa", "before": "", "after": "AUTO NASM-CPT-FULL"},
            {"SKU": "KBS-1", "before": "", "after": "EXTERNAL"},
        ]
        assert house.sync()["changed"] == []

    @pytest.mark.row("E2")
    def test_rule_11_a_bad_row_is_named_blocks_only_itself_and_keeps_what_was_published(self, house: House) -> None:
        house.products(("CPTa", "NASM-CPT-FULL"), ("CPT", "NASM-CPT-EXAM"))
        house.keys(GOOD, ["CANADA", "NASM", "CPT", "exam", "EX-2", 5])

        answer = house.products(("CPTa", "NASM-CPT"), ("CPT", "NASM-CPT-FULL"))

        assert [change["SKU"] for change in answer["changed"]] == ["CPT"]
        assert [(problem["row"], problem["SKU"]) for problem in answer["problems"]] == [(2, "CPTa")]
        assert "NASM-CPT-FULL" in answer["problems"][0]["message"], "it says how to write it"
        assert house.order("1", ("CPTa", 1))["keys"][0]["component"] == "combined"
        assert house.order("2", ("CPT", 1))["keys"][0]["component"] == "combined"

    @pytest.mark.row("E2")
    def test_rule_11_an_edit_changes_nothing_before_it_is_synced_and_is_shown_as_unsynced(self, house: House) -> None:
        house.products(("CPTa", "NASM-CPT-FULL"))
        house.keys(GOOD, ["CANADA", "NASM", "CPT", "exam", "EX-2", 5])
        house.products(("CPTa", "NASM-CPT-EXAM"), sync=False)

        assert house.order("1", ("CPTa", 1))["keys"][0]["component"] == "combined"
        house.call("POST", "/outbox/flush")
        assert house.rows("NPTA Catalogue")[0]["status"].startswith("unsynced")

    @pytest.mark.row("E2")
    def test_rule_11_a_row_that_is_gone_is_unpublished(self, house: House) -> None:
        house.products(("CPTa", "NASM-CPT-FULL"), ("CPT", "NASM-CPT-EXAM"))
        house.keys(GOOD)

        catalogue(house).delete_rows(2)

        assert house.sync()["changed"] == [{"SKU": "CPTa", "before": "AUTO NASM-CPT-FULL", "after": ""}]
        assert house.order("1", ("CPTa", 1))["code"] == "unknown_sku"

    @pytest.mark.parametrize(
        "cells", [["A2:I9"], ["A2:A9", "C2:E9", "G2:I9"]], ids=["every cell", "only what people type"]
    )
    def test_an_emptied_catalogue_is_refused_and_orders_go_on(self, house: House, cells: list[str]) -> None:
        house.products(("CPTa", "NASM-CPT-FULL"))
        house.keys(GOOD)
        catalogue(house).batch_clear(cells)

        response = house.call("POST", "/catalogue/sync")

        assert response.status_code == 409
        assert "Version history" in (response.get_json() or {})["detail"]
        assert house.order("1", ("CPTa", 1))["status"] == "fulfilled"

    def test_the_computed_cells_of_an_emptied_row_are_emptied(self, house: House) -> None:
        house.products(("CPTa", "NASM-CPT-FULL"), ("CPT", "NASM-CPT-EXAM"))

        catalogue(house).batch_clear(["A2", "C2:E2", "G2:I2"])
        answer = house.sync()

        assert [change["SKU"] for change in answer["changed"]] == ["CPTa"]
        assert catalogue(house).row_values(2) == []

    def test_a_dry_run_tells_what_would_change_and_changes_nothing(self, house: House) -> None:
        house.products(("CPTa", "NASM-CPT-FULL"), sync=False)
        before = catalogue(house).get_all_values()

        dry = house.sync(dry_run=True)

        assert (dry["published"], dry["dry_run"]) == (1, True)
        assert house.rows("Live Catalogue") == []
        assert catalogue(house).get_all_values() == before
        assert house.order("1", ("CPTa", 1))["code"] == "entitlements_missing"
        assert house.sync()["changed"] == dry["changed"]

    def test_rule_7_an_order_that_waited_for_its_product_is_opened_and_a_re_run_fills_it(self, house: House) -> None:
        house.products(("CPTa", ""))
        house.keys(GOOD)
        assert house.order("1", ("CPTa", 1))["code"] == "entitlements_missing"

        answer = house.products(("CPTa", "NASM-CPT-FULL"))

        assert answer["reopened_orders"] == ["1"]
        assert house.order("1", ("CPTa", 1))["status"] == "fulfilled"

    def test_a_dry_run_opens_no_order_though_it_says_which_it_would(self, house: House) -> None:
        house.products(("CPTa", ""))
        house.keys(GOOD)
        house.order("1", ("CPTa", 1))
        house.products(("CPTa", "NASM-CPT-FULL"), sync=False)

        assert house.sync(dry_run=True)["reopened_orders"] == ["1"]
        assert house.order("1", ("CPTa", 1))["replayed"]

    def test_a_doubled_sku_and_a_numeric_one_are_named(self, house: House) -> None:
        worksheet = catalogue(house)
        worksheet.update([catalogue_row("A", "NASM-CPT-FULL"), catalogue_row("A", "NASM-CPT-EXAM")], "A2", raw=True)
        worksheet.update([[12, *catalogue_row("", "NASM-CPT-FULL")[1:]]], "A4", raw=True)

        problems = house.sync()["problems"]

        assert [problem["row"] for problem in problems] == [2, 3, 4]
        assert "2 rows" in problems[0]["message"]
        assert "format the cell as text" in problems[2]["message"]

    @pytest.mark.row("C1")
    def test_peoples_cells_and_columns_are_left_alone(self, house: House) -> None:
        house.products(("CPTa", " nasm-cpt-full "), ("CPT", "NASM-CPT", "auto"))
        worksheet = catalogue(house)
        worksheet.update([["note"], ["mine"], ["=1+1"]], "K1", raw=True)
        before = [[row[place] for place in (0, 2, 3, 4, *range(6, len(row)))] for row in worksheet.get_all_values()]

        house.keys(GOOD)
        house.order("1", ("CPTa", 1))
        house.sync()
        house.call("POST", "/outbox/flush")

        assert [
            [row[place] for place in (0, 2, 3, 4, *range(6, len(row)))] for row in worksheet.get_all_values()
        ] == before
        assert [row["available"] for row in house.rows("NPTA Catalogue")] == [14, 0]


def test_the_paste_zone_has_the_columns_that_the_runbook_names() -> None:
    assert [column.header for column in ImportKeys.columns()] == HEADER
