"""Spreadsheets that earlier versions of the program provisioned and filled, each kept as it stood: they work on.

Each folder is named by its day: `spreadsheet.db.gz` is the emulator's file, `answers.json` what the program of that day
said of the orders and the stock. They are written once and never again.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from npta.local.shop.shop import LocalShop
from npta.local.slack.stand_in import serve_slack
from npta.operations.audit import audit_spreadsheet
from sheets_schema.emulator import Emulator
from sheets_schema.protocol.new_tab import DEFAULT_WIDTH
from tests.npta.acceptance.steps import press
from tests.support import House, gspread_on

DAYS = sorted(path.parent for path in Path(__file__).parent.glob("*/answers.json"))


class Earlier(NamedTuple):
    house: House
    answers: dict[str, dict[str, Any]]
    stock: list[dict[str, Any]]


@pytest.fixture(params=DAYS, ids=lambda day: day.name)
def earlier(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Earlier]:
    day: Path = request.param
    file = tmp_path / "spreadsheet.db"
    file.write_bytes(gzip.decompress((day / "spreadsheet.db.gz").read_bytes()))
    said = json.loads((day / "answers.json").read_text(encoding="utf-8"))
    shop = LocalShop()
    shop.seed()
    with Emulator(file) as emulator, serve_slack() as slack:
        house = House(emulator=emulator, spreadsheet_id=said["spreadsheet_id"], shop=shop, slack=slack)
        yield Earlier(house, said["orders"], said["stock"])
        assert audit_spreadsheet(house.services, deadline=house.clock.deadline(30)) == []


def test_every_order_stands_as_it_did(earlier: Earlier) -> None:
    for order_id, said in earlier.answers.items():
        found = json.loads(earlier.house.call("GET", f"/orders/{order_id}").data)
        assert {"status": found["status"], "keys": found["keys"]} == said, order_id


def test_the_stock_is_what_it_was_also_after_it_is_computed_anew(earlier: Earlier) -> None:
    assert earlier.house.rows("Key Inventory") == earlier.stock
    press(earlier.house, "/inventory/refresh")
    now = earlier.house.rows("Key Inventory")
    assert [
        {name: row[name] for name in before} for row, before in zip(now, earlier.stock, strict=True)
    ] == earlier.stock


def test_a_filled_order_that_comes_again_gets_the_same_keys(earlier: Earlier) -> None:
    again = earlier.house.order("6001", ("CPT", 1), order_name="#1001")
    assert (again["status"], again["replayed"], again["delivered"]) == ("fulfilled", True, True)
    assert [key["keycode"] for key in again["keys"]] == [key["keycode"] for key in earlier.answers["6001"]["keys"]]


def test_a_released_order_stays_released(earlier: Earlier) -> None:
    assert earlier.house.order("6003", ("CNCe", 1), order_name="#1003")["status"] == "released"


def test_an_order_refunded_before_it_came_is_owed_nothing(earlier: Earlier) -> None:
    assert earlier.house.order("6009", ("CPT", 1), order_name="#1010")["keys"] == []


def test_a_retired_key_is_not_sold(earlier: Earlier) -> None:
    taken = [earlier.house.order(str(7000 + number), ("CPT", 1)) for number in range(4)]
    assert "CPT-BBBB-2" not in [key["keycode"] for order in taken for key in order["keys"]]
    assert [order["status"] for order in taken].count("failed") >= 1


def test_an_order_that_waited_is_filled_once_keys_come(earlier: Earlier) -> None:
    done = earlier.house.keys(["CANADA", "NASM", "CPT", "COMBINED", "CPT-CCCC-3", 9])
    assert done["reopened_orders"] == ["6006"]
    filled = earlier.house.order("6006", ("CPT", 5), order_name="#1007")
    assert (filled["status"], filled["keys_count"]) == ("fulfilled", 5)


def test_provision_finds_nothing_to_do_or_does_it_and_is_through(earlier: Earlier) -> None:
    deadline = earlier.house.clock.deadline(60)
    earlier.house.services.spreadsheet.provision(deadline)
    assert earlier.house.services.spreadsheet.provision(earlier.house.clock.deadline(60)).steps == []
    assert earlier.house.order("8001", ("CPTa", 1))["status"] == "fulfilled"


def shown(house: House) -> dict[str, dict[str, Any]]:
    query: Any = {"includeGridData": "true", "ranges": [f"'{each.title}'!1:1" for each in house.sheet.worksheets()]}
    return {each["properties"]["title"]: each for each in house.sheet.fetch_sheet_metadata(query)["sheets"]}


def header(sheet: dict[str, Any]) -> list[str]:
    return [cell.get("formattedValue", "") for cell in sheet["data"][0].get("rowData", [{}])[0].get("values", [])]


def widths(sheet: dict[str, Any]) -> list[int]:
    return [each["pixelSize"] for each in sheet["data"][0]["columnMetadata"]]


def arranged_by_people(house: House) -> None:
    """Widths, a column, a filter, a rule and a chart of their own."""
    tabs = {title: sheet["properties"]["sheetId"] for title, sheet in shown(house).items()}
    red = {"backgroundColorStyle": {"rgbColor": {"red": 1}}}
    requests: list[dict[str, Any]] = []
    for title in ("NPTA Catalogue", "Import Keys", "Attention", "Key Inventory", "Import History"):
        for index in range(5):
            one = {"sheetId": tabs[title], "dimension": "COLUMNS", "startIndex": index, "endIndex": index + 1}
            width = {"range": one, "properties": {"pixelSize": 61 + index}, "fields": "pixelSize"}
            requests.append({"updateDimensionProperties": width})
    area = {"sheetId": tabs["NPTA Catalogue"], "startRowIndex": 0, "endRowIndex": 40, "endColumnIndex": 3}
    requests += [
        {"setBasicFilter": {"filter": {"range": area}}},
        {"addFilterView": {"filter": {"title": "Mine", "range": area}}},
        {"addConditionalFormatRule": {"index": 0, "rule": {"ranges": [area], "booleanRule": {"condition": {"type": "NOT_BLANK"}, "format": red}}}},
    ]  # fmt: skip
    sheet = gspread_on(house.emulator, house.spreadsheet_id, person="")
    sheet.batch_update({"requests": requests})
    catalogue = sheet.worksheet("NPTA Catalogue")
    catalogue.update_cell(1, len(catalogue.row_values(1)) + 1, "my notes")


def test_provision_keeps_every_column_width_and_filter_of_people_and_a_second_run_does_nothing(
    earlier: Earlier,
) -> None:
    house = earlier.house
    arranged_by_people(house)
    before = shown(house)
    deadline = house.clock.deadline(30)
    house.services.spreadsheet.provision(deadline)
    press(house, "/inventory/refresh")
    after = shown(house)
    for title, sheet in before.items():
        there = header(sheet)
        assert header(after[title])[: len(there)] == there, title
        chosen = [(place, width) for place, width in enumerate(widths(sheet)) if width != DEFAULT_WIDTH]
        assert [(place, widths(after[title])[place]) for place, _ in chosen] == chosen, title
    catalogue = after["NPTA Catalogue"]
    assert catalogue["basicFilter"] == before["NPTA Catalogue"]["basicFilter"]
    assert "Mine" in {each["title"] for each in catalogue["filterViews"]}
    assert catalogue["conditionalFormats"][0] == before["NPTA Catalogue"]["conditionalFormats"][0]
    assert house.services.spreadsheet.provision(deadline).steps == []
    assert after["Attention"]["properties"]["gridProperties"]["frozenColumnCount"] == 2
    asked = [each["booleanRule"]["condition"]["type"] for each in after["Key Inventory"]["conditionalFormats"]]
    assert "NUMBER_LESS_THAN_EQ" not in asked
