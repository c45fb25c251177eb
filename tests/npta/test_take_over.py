"""A sheet that NPTA kept by hand is taken over: nothing of it is lost, and its keys are imported like any others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from npta.cli.main import main
from npta.domain.stock.take_over import read_old_history
from sheets_schema.emulator import Emulator, serve
from tests.support import ENVIRONMENT, House, gspread_on, new_spreadsheet

CATALOGUE = ["provider", "SKU", "title", "category", "entitlements", "active", "fulfillment", "available"]
OLD_HISTORY: list[list[Any]] = [
    ["Date", "Region", "Provider", "Product Code", "Component", "Key", "Seats", "Note"],
    ["2026-01-05", "CANADA", "NASM", "CPT", "combined", "EX-2t572t1232321a", 15, "first batch"],
    ["2026-01-06", "canada", "nasm", "CPT", "exam", "EX-2t572t1232321c", 20, ""],
    ["", "", "", "", "", "", "", "a remark"],
    ["2026-02-01", "CANADA", "NASM", "CPT", "combined", 12345678901234, 3, ""],
]
OLD_INVENTORY: list[list[Any]] = [["Product", "Left"], ["CPT", 12], ["CNC", "=2+3"]]


@dataclass
class Sheet:
    """A spreadsheet as people kept it, and a shell that works on it."""

    emulator: Emulator
    environment: Mapping[str, str]
    capture: pytest.CaptureFixture[str]
    out: str = ""
    err: str = ""

    def __call__(self, *arguments: str) -> int:
        status = main(arguments, self.environment)
        self.out, self.err = self.capture.readouterr()
        return status

    @property
    def book(self) -> Any:
        return gspread_on(self.emulator, self.environment["NPTA_SPREADSHEET"])

    def add(self, title: str, rows: list[list[Any]]) -> None:
        self.book.add_worksheet(title, 60, 12).update(rows, "A1", raw=False)

    def rows(self, title: str) -> list[list[Any]]:
        return list(self.book.worksheet(title).get_all_values())

    @property
    def titles(self) -> list[str]:
        return [sheet.title for sheet in self.book.worksheets()]


@pytest.fixture
def sheet(capsys: pytest.CaptureFixture[str]) -> Iterator[Sheet]:
    emulator = Emulator()
    with serve(emulator) as served:
        settings = {"NPTA_SPREADSHEET": new_spreadsheet(emulator), "NPTA_SHEETS_API": served.url}
        yield Sheet(emulator, {**ENVIRONMENT, **settings}, capsys)


def test_the_runbooks_own_catalogue_is_adopted_as_it_stands(sheet: Sheet) -> None:
    sheet.add(
        "npta catalogue",
        [
            [name.upper() for name in CATALOGUE],
            ["nasm", "CPT", "t", "Certification", "NASM-CPT-FULL", "TRUE", "AUTO", 4],
        ],
    )
    assert sheet("provision", "--plan") == 0
    assert "spell the title of tab “npta catalogue” as “NPTA Catalogue”" in sheet.out
    assert "write headers of tab “NPTA Catalogue”: status" in sheet.out
    assert sheet("provision", "--mode", "TEST") == 0
    header, row = sheet.rows("NPTA Catalogue")[:2]
    assert header[:9] == [*CATALOGUE, "status"]
    assert row[1] == "CPT"
    assert row[4] == "NASM-CPT-FULL"


@pytest.mark.parametrize("title", ["Key Inventory", "Import History", "Orders", "Attention", "Outbox", "KEY INVENTORY"])
def test_provision_asks_before_it_touches_a_filled_tab_that_is_not_its_own(sheet: Sheet, title: str) -> None:
    sheet.add(title, OLD_INVENTORY)
    before = sheet.rows(title)
    assert sheet("provision") == 1
    assert f"keep tab “{title}”, which this program did not write (2 rows)" in sheet.out
    assert "python -m npta take-over" in sheet.out
    assert sheet.titles == ["Sheet1", title]

    # As told; without the columns of keys, an old history has none that could be taken over.
    assert sheet("take-over") == int(title == "Import History")
    kept = next(each for each in sheet.titles if each.endswith("(before)"))
    assert sheet.rows(kept) == before
    assert sheet("provision") == 0
    assert sheet("audit") == 0
    assert sheet("rebuild") == 0
    assert sheet.rows(kept) == before


def test_an_old_history_goes_into_import_keys_once_and_is_imported_there(sheet: Sheet) -> None:
    sheet.add("Import History", OLD_HISTORY)
    sheet.add("Key Inventory", OLD_INVENTORY)
    before = {title: sheet.rows(title) for title in ("Import History", "Key Inventory")}
    assert sheet("take-over", "--plan") == 0
    assert "3 keys of “Import History (before)” would go into Import Keys" in sheet.out
    assert sheet.titles == ["Sheet1", "Import History", "Key Inventory"]

    assert sheet("take-over") == 0
    assert "3 keys of “Import History (before)” went into Import Keys" in sheet.out
    assert {title: sheet.rows(f"{title} (before)") for title in before} == before
    pasted = sheet.rows("Import Keys")
    assert [row[:6] for row in pasted[1:4]] == [
        ["CANADA", "NASM", "CPT", "combined", "EX-2t572t1232321a", "15"],
        ["canada", "nasm", "CPT", "exam", "EX-2t572t1232321c", "20"],
        ["CANADA", "NASM", "CPT", "combined", "12345678901234", "3"],
    ]
    assert sheet("take-over") == 0
    assert (
        "0 keys of “Import History (before)” went into Import Keys; 3 keys stood there or were imported before"
        in sheet.out
    )

    house = House(emulator=sheet.emulator, spreadsheet_id=sheet.environment["NPTA_SPREADSHEET"])
    done = house.import_keys()
    assert (done["imported"], done["rejected"]) == (2, 1)  # a code that is a number may have lost digits
    assert sheet("take-over") == 0
    assert "0 keys" in sheet.out
    assert sheet("audit") == 0


def test_a_column_that_cannot_be_told_is_named(sheet: Sheet) -> None:
    sheet.add("Import History", [["region", "provider", "component", "key"], ["CANADA", "NASM", "exam", "K"]])
    assert sheet("take-over") == 1
    assert "it has no column product_code, seats" in sheet.out
    sheet.book.worksheet("Import History (before)").update([["product_code", "seats"], ["CPT", 1]], "E1")  # as told
    assert sheet("take-over") == 0
    assert "1 key of “Import History (before)” went into" in sheet.out


def test_without_anything_by_hand_it_is_a_provision(sheet: Sheet) -> None:
    assert sheet("take-over") == 0
    assert "There is no old Import History" in sheet.out
    assert "Key Inventory" in sheet.titles


HEADER = ["Seats", "KEYCODE", "component", "Product-Code", "Provider", "Region"]


@pytest.mark.parametrize("number", [98765432109876543, 2**60, 987654321098765432109])
def test_a_code_that_is_too_long_a_number_stays_one_so_that_import_keys_refuses_it(house: House, number: int) -> None:
    rows = [OLD_HISTORY[0], ["", "CANADA", "NASM", "CPT", "combined", number, 3]]
    [key] = read_old_history(rows).keys

    assert (type(key["keycode"]), key["keycode"]) == (float, float(number))
    house.paste([value if value is not None else "" for value in key.values()])
    assert "so digits may be lost" in house.import_keys()["rows"][0]["reason"]
