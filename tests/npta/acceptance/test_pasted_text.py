"""What people paste, as it comes: numbers, dates, signs that nobody sees, and what a spreadsheet shows for an error."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from npta.domain.state.normalized_text import canonical
from npta.domain.stock.import_keys import FINISH_IMPORT
from npta.operations import import_keys as importing
from npta.operations.audit import audit_spreadsheet
from npta.tables import Component, ImportCapture, ImportHistory, LiveCatalogue
from sheets_schema import UnavailableError
from sheets_schema.advanced import TableEditor
from sheets_schema.protocol.batch_requests import copy_cells
from sheets_schema.protocol.changes import Changes
from tests.npta.acceptance.steps import (
    attention,
    available,
    catalogue,
    press,
    put_product,
    shelf,
    shop_state,
    type_into,
)
from tests.support import Cell, House, catalogue_row

KEY: list[Cell] = ["CANADA", "NASM", "LONG", "combined"]
HEADERS = ["received", "sum", "share", "paid"]
BESIDE: list[Cell] = ["2026-11-20", "=2+3", "12%", "TRUE"]


def left(house: House) -> dict[int, dict[str, Any]]:
    """What stands in the paste zone, by row."""
    return {number: row for number, row in enumerate(house.rows("Import Keys"), 2) if any(row.values())}


def refused(answer: Mapping[str, Any]) -> list[tuple[int, str]]:
    """Row and reason of what was not imported."""
    return [(row["row"], row["reason"]) for row in answer["rows"] if row["outcome"] != "imported"]


def shown(house: House, where: str, how: str = "FORMATTED_VALUE") -> list[list[Any]]:
    """Cells of the paste zone as people see them, or as they are typed."""
    cells: list[list[Any]] = house.sheet.worksheet("Import Keys").get(where, value_render_option=how)  # type: ignore[arg-type]  # gspread's own enum is a str
    return cells


def published(sku: str) -> LiveCatalogue:
    return LiveCatalogue(
        published_at="2026-01-01T00:00:00Z",
        published_by="x",
        sku=sku,
        entitlements="NASM-LONG-FULL",
        fulfillment="AUTO",
    )


def imported(key_id: str, keycode: str) -> ImportHistory:
    return ImportHistory(
        key_id=key_id,
        imported_at="2026-01-01T00:00:00Z",
        batch="b",
        imported_by="x",
        region="CANADA",
        provider="NASM",
        product_code="LONG",
        component=Component.COMBINED,
        keycode=keycode,
        seats=1,
    )


def audited(house: House) -> list[str]:
    return [fault.message for fault in audit_spreadsheet(house.services, deadline=house.clock.deadline(30))]


class TestOneBadCell:
    @pytest.mark.row("E3", "C3")
    @pytest.mark.parametrize(
        "number",
        [2**53, 2**53 + 1, 9007199254740994, 98765432109876543, 1e16, 987654321098765432109, -(2**60), 1.5e300],
    )
    @pytest.mark.parametrize("column", range(6))
    def test_a_number_that_python_cannot_write_back_is_refused_alone(
        self, npta: House, number: float, column: int
    ) -> None:
        odd: list[Cell] = [*KEY, "L-2", 1]
        odd[column] = number

        answer = npta.keys([*KEY, "L-1", 1], odd, [*KEY, "L-3", 1])
        again = npta.keys([*KEY, "L-4", 1])

        assert (answer["imported"], answer["rejected"]) == (2, 1)
        [(row, cells)] = left(npta).items()
        assert float(list(cells.values())[column]) == float(number), "it stands there as it was"
        assert refused(again) == [(row, f"Import Keys, row {row}: {cells['problem']}")]
        assert again["imported"] == 1

    @pytest.mark.row("E3")
    def test_nor_does_one_beside_the_declared_columns_or_in_a_later_portion(
        self, npta: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(importing, "PORTION", 4)
        rows: list[list[Cell]] = [[*KEY, f"L-{number}", 1] for number in range(12)]
        rows[2] = [*rows[2][:3], "nonsense", "L-2", 1, "", 2**60]
        rows[9] = [*rows[9][:5], 1e17]

        answer = npta.keys(*rows)

        assert (answer["imported"], answer["rejected"]) == (10, 2)
        assert [row for row, _ in refused(answer)] == list(left(npta))
        assert float(shown(npta, "H2", "UNFORMATTED_VALUE")[0][0]) == float(2**60)
        assert npta.import_keys()["rejected"] == 2

    @pytest.mark.row("C3", "P1")
    def test_what_people_have_beside_a_refused_row_comes_back_as_it_was_press_after_press(self, npta: House) -> None:
        worksheet = npta.sheet.worksheet("Import Keys")
        worksheet.add_cols(6)
        worksheet.update([HEADERS], "H1", raw=True)
        npta.paste([*KEY, "L-1", 1], [*KEY[:3], "full", "L-2", 1])
        worksheet.update([["", "", "", ""], BESIDE], "H2", raw=False)
        before = [shown(npta, "H3:K3", how) for how in ("FORMATTED_VALUE", "FORMULA", "UNFORMATTED_VALUE")]

        for _ in range(3):
            assert npta.import_keys()["rejected"] == 1
            [row] = left(npta)
            assert [
                shown(npta, f"H{row}:K{row}", how) for how in ("FORMATTED_VALUE", "FORMULA", "UNFORMATTED_VALUE")
            ] == before
        assert before[0] == [["2026-11-20", "5", "12%", "TRUE"]]

    @pytest.mark.row("E3")
    def test_a_row_that_google_will_not_take_back_is_put_back_as_text_and_the_others_go_on(
        self, npta: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        copy_rows, prepare = TableEditor.copy_rows, TableEditor.__init__
        staged: dict[TableEditor, Changes] = {}

        def prepared(table: TableEditor, sheet: Any, read: Any, changes: Changes) -> None:
            prepare(table, sheet, read, changes)
            staged[table] = changes

        def picky(table: TableEditor, source: TableEditor, rows: Any, values: Any) -> int:
            first = copy_rows(table, source, rows, values)
            if any(row.text("keycode") == "L-5" for row in rows):
                outside = {
                    "sheetId": 1,
                    "startRowIndex": 0,
                    "endRowIndex": 1,
                    "startColumnIndex": 0,
                    "endColumnIndex": 1,
                }
                staged[table].requests.append(copy_cells(outside, outside, "PASTE_NORMAL"))
            return first

        monkeypatch.setattr(TableEditor, "__init__", prepared)
        monkeypatch.setattr(TableEditor, "copy_rows", picky)
        npta.sheet.worksheet("Import Keys").add_cols(1)
        rows: list[list[Cell]] = [[*KEY, f"L-{number}", 1] for number in range(8)]
        rows[5] = [*KEY[:3], "full", "L-5", 2**60, "", "mine"]
        rows[6] = [*KEY[:3], "full", "L-6", 1]

        answer = npta.keys(*rows)

        assert (answer["imported"], answer["rejected"]) == (6, 2)
        assert {row["keycode"]: row["seats"] for row in left(npta).values()} == {"L-5": str(2**60), "L-6": 1}
        assert [row for row, _ in refused(answer)] == list(left(npta))
        assert shown(npta, "H2:H3") == [["mine"]]


class TestUnfinished:
    def interrupted(self, house: House, monkeypatch: pytest.MonkeyPatch, *rows: list[Cell]) -> None:
        """Press Import Keys; the process dies when the rows are captured."""
        house.paste(*rows)
        run = house.services.spreadsheet.run

        def dying(work: Any, **more: Any) -> Any:
            if more["operation"] == "import keys":
                raise UnavailableError("the process is gone")
            return run(work, **more)

        with monkeypatch.context() as patched:
            patched.setattr(house.services.spreadsheet, "run", dying)
            press(house, "/keys/import", status=503)
        house.restart()

    @pytest.mark.row("E3", "B7")
    def test_an_import_that_does_not_move_is_told_everywhere_with_a_way_out_that_works(
        self, npta: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert npta.call("GET", "/status").get_json()["unfinished_import"] is None
        self.interrupted(npta, monkeypatch, [*KEY, "L-1", 1], [*KEY[:3], "full", "L-2", 1])

        [told] = [row for row in npta.rows("Attention") if row["what"] == "import not finished"]
        status: dict[str, Any] = npta.call("GET", "/status").get_json()["unfinished_import"]
        assert "2 pasted rows wait" in told["detail"]
        assert told["next_step"] == status["next_step"] == FINISH_IMPORT
        assert (status["rows"], status["by"]) == (2, "operator key 1")
        shown = datetime(1899, 12, 30, tzinfo=UTC) + timedelta(days=told["since"])
        assert abs(shown - datetime.fromisoformat(status["since"])) < timedelta(seconds=2)
        assert any("2 pasted rows wait" in message and FINISH_IMPORT in message for message in audited(npta))

        assert npta.import_keys()["imported"] == 1
        assert attention(npta, "import") == []
        assert npta.call("GET", "/status").get_json()["unfinished_import"] is None
        assert audited(npta) == []

    @pytest.mark.row("B7")
    def test_after_a_crash_refused_rows_are_named_by_where_they_stand_now(
        self, npta: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.interrupted(npta, monkeypatch, [*KEY[:3], "full", "L-1", 1], [*KEY, "L-2", 1])
        npta.paste([*KEY, "L-3", 1], [*KEY, "L-2", 1], [*KEY[:3], "exam", "L-4", 0])

        answer = npta.import_keys()

        assert (answer["imported"], answer["duplicates"], answer["rejected"]) == (2, 1, 2)
        stay = left(npta)
        assert [row for row, _ in refused(answer)] == list(stay)
        assert all(reason == f"Import Keys, row {row}: {stay[row]['problem']}" for row, reason in refused(answer))

    @pytest.mark.row("B7")
    def test_a_capture_of_an_earlier_version_is_told_too(self, npta: House) -> None:
        npta.services.spreadsheet.run(
            lambda tx: tx.table(ImportCapture).append([{"region": "CANADA", "keycode": "L-1"}]),
            operation="as an earlier version left it",
            actor="test",
            timeout=npta.clock.deadline(30),
            reads=(ImportCapture,),
        )

        status: dict[str, Any] = npta.call("GET", "/status").get_json()["unfinished_import"]
        assert (status["rows"], status["since"]) == (1, "")
        assert any("1 pasted row waits" in message for message in audited(npta))
        assert npta.import_keys()["rejected"] == 1


class TestSkus:
    @pytest.mark.row("E1", "H9", "L2")
    @pytest.mark.parametrize(
        "spelling",
        [
            "EDGE-1 ",
            " EDGE-1",
            "EDGE-1\u00a0",
            "EDGE-1\t",
            "\u200bEDGE-1",
            "EDGE\u200b-1",
            "Zoe\u0308-1",
            "EDGE 1\u3000",
        ],
    )
    def test_a_sku_is_one_however_its_edges_are_spelt(self, npta: House, spelling: str) -> None:
        put_product(npta, spelling, title="Edge\u00a0", tags=["provider:nasm", "provider:nasm "], type="Certification ")

        first = press(npta, "/shopify/sync")
        second = press(npta, "/shopify/sync")
        [row] = [row for sku, row in catalogue(npta).items() if sku == spelling]
        type_into(npta, "NPTA Catalogue", "entitlements", {spelling: "NASM-LONG-FULL"})
        npta.keys([*KEY, "L-1", 9])
        npta.sync()
        press(npta, "/inventory/refresh")
        order = npta.order("1", (spelling, 2))

        assert len(first["added_skus"]) == 8
        assert (second["added"], second["updated"], second["vanished"]) == (0, 0, 0)
        assert (row["title"], row["category"], row["provider"]) == ("Edge", "Certification", "nasm")
        assert shelf(npta)[spelling] == available(npta)[spelling] == 7 == 9 - order["keys_count"]
        assert npta.sync()["published"] == 0
        assert [each for each in press(npta, "/reconcile")["findings"] if each["which"] == canonical(spelling)] == []

    @pytest.mark.row("D2")
    def test_two_spellings_of_one_sku_in_the_shop_are_told_and_neither_is_offered(self, npta: House) -> None:
        put_product(npta, "EDGE-1", handle="one")
        put_product(npta, "EDGE-1\u00a0", handle="two")

        answer = press(npta, "/shopify/sync")

        [told] = [each["message"] for each in answer["problems"] if each["SKU"] == "EDGE-1"]
        assert "“EDGE-1”, “EDGE-1[U+00A0]”" in told
        assert not [sku for sku in catalogue(npta) if sku.startswith("EDGE")]

    @pytest.mark.row("D2", "E1")
    @pytest.mark.parametrize("status", ["DRAFT", "ARCHIVED"])
    def test_an_old_copy_with_the_same_sku_freezes_neither_the_row_nor_the_stock(
        self, npta: House, status: str
    ) -> None:
        put_product(npta, "LIVE-1", handle="live", title="Live", tags=["provider:nasm"], type="Bundle", available=0)
        press(npta, "/shopify/sync")
        type_into(npta, "NPTA Catalogue", "entitlements", {"LIVE-1": "NASM-LONG-FULL"})
        npta.sync()
        put_product(npta, "LIVE-1", handle="copy", title="Copy", status=status, available=0)
        put_product(npta, "LIVE-1", handle="live", title="Live again")

        answer = press(npta, "/shopify/sync")
        npta.keys([*KEY, "L-1", 4])

        assert [each for each in answer["problems"] if each["SKU"] == "LIVE-1"] == []
        assert (catalogue(npta)["LIVE-1"]["title"], catalogue(npta)["LIVE-1"]["active"]) == ("Live again", "TRUE")
        stock = {each["handle"]: each["available"] for each in shop_state(npta)["products"] if each["sku"] == "LIVE-1"}
        assert stock == {"live": 4, "copy": 0}
        findings = [each for each in press(npta, "/reconcile")["findings"] if each["which"] == "LIVE-1"]
        assert findings == []

    @pytest.mark.row("D2", "B8", "I4")
    @pytest.mark.parametrize("status", ["DRAFT", "ARCHIVED"])
    @pytest.mark.parametrize("spelling", ["LIVE-1 ", "\u200bLIVE-1", "LIVE-1"])
    def test_stock_goes_to_the_copy_that_is_sold_now_however_its_sku_is_spelt(
        self, npta: House, status: str, spelling: str
    ) -> None:
        put_product(npta, "LIVE-1", handle="old", tags=["provider:nasm"], available=0)
        press(npta, "/shopify/sync")
        type_into(npta, "NPTA Catalogue", "entitlements", {"LIVE-1": "NASM-LONG-FULL"})
        npta.sync()
        npta.keys([*KEY, "L-1", 4])
        put_product(npta, "LIVE-1", handle="old", status=status)
        put_product(npta, spelling, handle="new", tags=["provider:nasm"], available=0)

        press(npta, "/shopify/sync")
        refreshed = press(npta, "/inventory/refresh")

        assert [each["SKU"] for each in refreshed["pushed"]] == ["LIVE-1"]
        stock = {each["handle"]: each["available"] for each in shop_state(npta)["products"] if "LIVE-1" in each["sku"]}
        assert stock == {"old": 4, "new": 4}
        assert [each for each in press(npta, "/reconcile")["findings"] if each["which"] == "LIVE-1"] == []

    @pytest.mark.row("E1", "E2")
    @pytest.mark.parametrize(
        ("sku", "shows"),
        [
            ("A\tB", "A[U+0009]B"),
            ("A\nB", "A[U+000A]B"),
            ("A\u2028B", "A[U+2028]B"),
            ("#N/A", "#N/A"),
            ("A" * 501, "longer than 500"),
        ],
    )
    def test_a_sku_that_nobody_can_order_is_told_at_sync_and_not_at_the_order(
        self, npta: House, sku: str, shows: str
    ) -> None:
        put_product(npta, sku)
        from_shop = press(npta, "/shopify/sync")
        number = len(npta.rows("NPTA Catalogue")) + 2
        npta.sheet.worksheet("NPTA Catalogue").update([catalogue_row(sku, "NASM-LONG-FULL")], f"A{number}", raw=True)
        npta.keys([*KEY, "L-1", 4])

        from_sheet = npta.sync()

        assert any(shows in each["message"] and "not offered" in each["message"] for each in from_shop["problems"])
        [told] = [each["message"] for each in from_sheet["problems"] if each["row"] == number]
        assert shows in told
        assert from_sheet["published"] == 0

    @pytest.mark.row("E2")
    def test_unseen_characters_in_the_catalogue_are_cleaned_or_shown(self, npta: House) -> None:
        npta.keys([*KEY, "L-1", 4])
        answer = npta.products(
            ("ONE\u200b", "NASM\u200b-LONG-FULL\u00a0", "AU\u200bTO"),
            ("T\u00adWO", "\ufeffNASM-LONG-FULL"),
            ("THREE", "NASM\u2011LONG\u2011FULL"),
            ("FOUR", "NASM-LONG-FULL", "\u0410UTO"),
        )

        told = {each["row"]: each["message"] for each in answer["problems"]}
        assert answer["published"] == 2
        assert set(told) == {3, 4, 5}
        assert "T[U+00AD]WO" in told[3]
        assert "published as TWO" in told[3]
        assert "NASM\u2011[U+2011]LONG" in told[4]
        assert "\u0410[U+0410]UTO" in told[5]
        assert [
            npta.order(str(number), (sku, 1))["status"] for number, sku in enumerate(("ONE", "TWO", "T\u00adWO"))
        ] == ["fulfilled"] * 3

    @pytest.mark.row("D2", "E2")
    def test_two_spellings_of_one_sku_in_the_catalogue_are_one_too_many(self, npta: House) -> None:
        answer = npta.products(
            ("EDGE-1", "NASM-LONG-FULL"), ("EDGE-1\u00a0", "NASM-LONG-EXAM"), ("EDGE\t1", "NASM-LONG-FULL")
        )

        assert [each["row"] for each in answer["problems"]] == [2, 3, 4]
        assert "stands in 2 rows (2, 3)" in answer["problems"][0]["message"]

    @pytest.mark.row("E2")
    def test_what_an_earlier_version_published_under_another_spelling_is_still_served(self, npta: House) -> None:
        npta.keys([*KEY, "L-1", 4])
        npta.services.spreadsheet.run(
            lambda tx: tx.add(published("OLD\u200b-1")),
            operation="as an earlier version published it",
            actor="test",
            timeout=npta.clock.deadline(30),
        )

        assert npta.order("1", ("OLD-1", 1))["status"] == "fulfilled"
        assert npta.order("2", ("OLD\u200b-1", 1))["status"] == "fulfilled"


class TestWarnings:
    @pytest.mark.row("X6", "L1")
    def test_letter_case_twins_and_levels_in_product_codes_come_with_a_warning(self, npta: House) -> None:
        npta.keys([*KEY, "Key-1", 1])
        npta.paste([*KEY, "KEY-1", 1], ["CANADA", "NASM", "LONG-FULL", "combined", "Key-2", 1], [*KEY, "Key-3", 1])

        dry, real = npta.import_keys(dry_run=True), npta.import_keys()

        assert dry["warnings"] == real["warnings"]
        assert [each["row"] for each in dry["warnings"]] == [2, 3]
        assert "letter case" in dry["warnings"][0]["message"]
        assert "LONG-FULL ends in a level" in dry["warnings"][1]["message"]
        assert [row["reason"].startswith("warning: ") for row in dry["rows"]] == [True, True, False]
        assert real["imported"] == dry["imported"] == 3

    @pytest.mark.row("L1")
    def test_a_sheet_that_holds_twins_of_an_earlier_version_loads_serves_and_is_told_by_the_audit(
        self, npta: House
    ) -> None:
        npta.tampered_with = True
        npta.products(("LONG", "NASM-LONG-FULL"))
        npta.services.spreadsheet.run(
            lambda tx: tx.add_all(
                [imported("K1", "GHOST-001"), imported("K2", "GHOST-001\u200b"), imported("K3", "#N/A")]
            ),
            operation="as an earlier version imported them",
            actor="test",
            timeout=npta.clock.deadline(30),
        )
        npta.restart()

        assert npta.order("1", ("LONG", 1))["keys"][0]["keycode"] == "GHOST-001"
        assert npta.keys([*KEY, "GHOST-001", 1])["duplicates"] == 1
        told = audited(npta)
        assert any("K2 reads like the key K1" in message for message in told)
        assert any("K3 is no key" in message for message in told)
        for key_id in ("K2", "K3"):
            press(npta, f"/keys/{key_id}/retire")
        assert audited(npta) == []
