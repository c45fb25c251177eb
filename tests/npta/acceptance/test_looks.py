"""How the tabs look: what matters is in sight, what a person removed comes back, and what people made themselves stays."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate
from typing import Any

import gspread
import pytest

from npta.domain.reports.dashboard import Dashboard
from npta.services import make_schema
from npta.settings import Settings
from npta.tables import (
    Attention,
    Catalogue,
    ImportHistory,
    ImportKeys,
    KeyInventory,
    KeyLedger,
    LiveCatalogue,
    OrderList,
    Orders,
    Providers,
)
from sheets_schema.schema.tables import Tab
from tests.npta.acceptance.steps import opened
from tests.sheets_schema.emulator import witness
from tests.support import ENVIRONMENT, House, gspread_on

SCREEN = 1280 - 46 - 15
"""Pixels for cells on a screen of 1280: less row numbers and scroll bar."""
VISIBLE: list[type[Tab]] = [
    Dashboard, Attention, Catalogue, ImportKeys, KeyInventory, OrderList, Providers, ImportHistory, KeyLedger, Orders,
    LiveCatalogue,
]  # fmt: skip
LOOKS = ("bandedRanges", "basicFilter", "charts", "conditionalFormats", "filterViews")

pytestmark = pytest.mark.row("X25", "X16")


def owner(house: House) -> gspread.Spreadsheet:
    return gspread_on(house.emulator, house.spreadsheet_id, person="")


def sheets(house: House, **query: Any) -> dict[str, dict[str, Any]]:
    found = house.sheet.fetch_sheet_metadata(query or None)["sheets"]
    return {each["properties"]["title"]: each for each in found}


def grid(house: House) -> dict[str, dict[str, Any]]:
    return sheets(house, includeGridData="true", ranges=[f"'{tab.__table__.title}'!1:3" for tab in VISIBLE])


def widths(house: House) -> dict[str, list[int]]:
    return {
        title: [each["pixelSize"] for each in sheet["data"][0]["columnMetadata"]]
        for title, sheet in grid(house).items()
        if "data" in sheet
    }


def provisioned(house: House) -> list[str]:
    return house.services.spreadsheet.provision(house.clock.deadline(30)).steps


@pytest.fixture(scope="module")
def plain() -> House:
    """A house that is only looked at."""
    return House().provision()


@pytest.mark.parametrize("tab", VISIBLE, ids=lambda tab: tab.__table__.title)
def test_what_a_tab_is_for_stands_within_1280_pixels(plain: House, tab: type[Tab]) -> None:
    needed = {
        Catalogue: "category",
        ImportKeys: "problem",
        Attention: "since",
        OrderList: "next_step",
        KeyInventory: "sold_through",
        ImportHistory: "seats",
        KeyLedger: "seats",
        LiveCatalogue: "fulfillment",
        Orders: "email",
        Providers: "url",
        Dashboard: "charts_",
    }
    index = [column.field for column in tab.columns()].index(needed[tab])
    assert [*accumulate(widths(plain)[tab.__table__.title])][index] <= SCREEN


def test_tabs_stand_in_the_order_in_which_people_need_them(plain: House) -> None:
    found = sorted(sheets(plain).values(), key=lambda each: each["properties"].get("index", 0))
    titles = [each["properties"]["title"] for each in found if not each["properties"].get("hidden")]
    assert [title for title in titles if title != "Sheet1"] == [tab.__table__.title for tab in VISIBLE]
    colours = {each["properties"]["title"]: str(each["properties"].get("tabColorStyle")) for each in found}
    assert len({colours[title] for title in ("NPTA Catalogue", "Import Keys", "Providers")}) == 1
    assert len({colours[title] for title in ("Import History", "Key Ledger", "Orders", "Live Catalogue")}) == 1
    assert len({colours[title] for title in ("Dashboard", "Attention", "Key Inventory", "Order List")}) == 1
    assert len({*colours.values()} - {"None"}) == 3


def test_what_names_a_row_stays_in_sight_and_codes_are_in_letters_of_one_width(plain: House) -> None:
    frozen = {
        title: sheet["properties"]["gridProperties"].get("frozenColumnCount", 0) for title, sheet in grid(plain).items()
    }
    assert {title: count for title, count in frozen.items() if count} == {
        "NPTA Catalogue": 1,
        "Key Inventory": 4,
        "Order List": 1,
        "Attention": 2,
        "Import History": 1,
    }
    for tab in VISIBLE:
        row = grid(plain)[tab.__table__.title]["data"][0]["rowData"][1]["values"]
        for column, cell in zip(tab.columns(), row, strict=False):
            font = cell.get("userEnteredFormat", {}).get("textFormat", {}).get("fontFamily")
            is_code = column.header in {"order_id", "key_id", "keycode", "product_code", "order", "line_item_id", "SKU"}
            assert (font == "Roboto Mono") == is_code or column.style.monospace, column


def batches_of(house: House, work: Callable[[], object]) -> list[dict[str, Any]]:
    """The batches that are sent meanwhile."""
    client, sent = house.services.spreadsheet.client, []
    write = client.write

    def watched(requests: Any, *more: Any, **named: Any) -> Any:
        sent.append({"requests": requests})
        return write(requests, *more, **named)

    client.write = watched  # type: ignore[method-assign,assignment]  # watched, not changed
    work()
    client.write = write  # type: ignore[method-assign]
    return sent


def kinds(batches: list[dict[str, Any]]) -> set[str]:
    return {next(iter(request)) for batch in batches for request in batch["requests"]}


LOOKING = {
    "addBanding", "addChart", "addConditionalFormatRule", "addFilterView", "addSheet", "deleteConditionalFormatRule",
    "repeatCell", "setBasicFilter", "updateBanding", "updateChartSpec", "updateConditionalFormatRule",
    "updateDimensionProperties", "updateFilterView", "updateSheetProperties",
}  # fmt: skip


def test_every_request_of_a_first_provision_is_one_of_googles() -> None:
    house = House()
    batches = batches_of(house, lambda: provisioned(house))
    assert kinds(batches) >= {"addChart", "addBanding", "addConditionalFormatRule", "addFilterView", "setBasicFilter"}
    for batch in batches:
        witness.check_request("spreadsheets.batchUpdate", batch, [])


def undressed(house: House, *titles: str) -> list[dict[str, Any]]:
    """What takes every look off tabs, or off every tab and all its cells."""
    requests: list[dict[str, Any]] = []
    for title, sheet in sheets(house).items():
        if titles and title not in titles:
            continue
        sheet_id = sheet["properties"]["sheetId"]
        requests += [
            *({"deleteBanding": {"bandedRangeId": each["bandedRangeId"]}} for each in sheet.get("bandedRanges", [])),
            *({"deleteFilterView": {"filterId": each["filterViewId"]}} for each in sheet.get("filterViews", [])),
            *({"deleteEmbeddedObject": {"objectId": each["chartId"]}} for each in sheet.get("charts", [])),
            *[{"deleteConditionalFormatRule": {"sheetId": sheet_id, "index": 0}}] * len(sheet.get("conditionalFormats", [])),
            {"clearBasicFilter": {"sheetId": sheet_id}},
        ]  # fmt: skip
        bare = {"sheetId": sheet_id, "gridProperties": {"frozenRowCount": 1 if titles else 0, "frozenColumnCount": 0}}
        fields = "tabColorStyle,gridProperties.frozenRowCount,gridProperties.frozenColumnCount"
        requests.append({"updateSheetProperties": {"properties": bare, "fields": fields}})
        if not titles:
            whole = {"range": {"sheetId": sheet_id}, "cell": {}, "fields": "userEnteredFormat,note,dataValidation"}
            requests.append({"repeatCell": whole})
    return requests


def looks(house: House) -> dict[str, Any]:
    """Everything about looks, without the ids that Google gives."""

    def plain_of(value: Any) -> Any:
        if isinstance(value, dict):
            gone = {"bandedRangeId", "filterViewId", "chartId"}
            return {name: plain_of(each) for name, each in value.items() if name not in gone}
        return [plain_of(each) for each in value] if isinstance(value, list) else value

    shown = {}
    for title, sheet in grid(house).items():
        rows = [
            [{name: cell.get(name) for name in ("userEnteredFormat", "note", "dataValidation")} for cell in row.get("values", [])]
            for row in sheet.get("data", [{}])[0].get("rowData", [])
        ]  # fmt: skip
        properties = {name: sheet["properties"].get(name) for name in ("tabColorStyle", "gridProperties")}
        shown[title] = plain_of({**{name: sheet.get(name) for name in LOOKS}, **properties, "rows": rows})
    return shown


def test_everything_that_a_person_took_off_is_as_it_was_after_provision() -> None:
    house = House().provision()
    before = looks(house)
    owner(house).batch_update({"requests": undressed(house)})
    assert looks(house) != before
    batches = batches_of(house, lambda: provisioned(house))
    for batch in batches:
        witness.check_request("spreadsheets.batchUpdate", batch, [])
    assert looks(house) == before
    assert provisioned(house) == []


def test_refresh_inventory_puts_the_looks_of_views_right_without_provision(npta: House) -> None:
    opened(npta)
    before = looks(npta)
    owner(npta).batch_update({"requests": undressed(npta, "Dashboard", "Attention", "Key Inventory", "Order List")})
    assert looks(npta) != before
    npta.call("POST", "/inventory/refresh", {})
    assert looks(npta) == before


def test_an_order_sends_nothing_about_looks(npta: House) -> None:
    opened(npta)
    owner(npta).batch_update({"requests": undressed(npta)})
    batches = batches_of(npta, lambda: npta.order("1", ("CPTa", 1)))
    assert not kinds(batches) & LOOKING


@pytest.mark.parametrize("low_stock", ["2", "5", "30"])
def test_the_low_stock_highlight_follows_the_setting_also_when_it_changes_later(low_stock: str) -> None:
    house = House().provision()
    house.products(("CPTa", "NASM-CPT-FULL"))
    house.keys(*(("CANADA", "NASM", code, "combined", f"K-{code}", seats) for code, seats in (("CPT", 1), ("A", 3), ("B", 20), ("C", 99))))  # fmt: skip
    house.order("1", ("CPTa", 1))
    house.settings = Settings.model_validate({**ENVIRONMENT, "NPTA_LOW_STOCK": low_stock})
    house.restart()
    house.call("POST", "/inventory/refresh", {})
    words = {row["product_code"]: row["stock"] for row in house.rows("Key Inventory")}
    low = {code for code, word in words.items() if word == "low"}
    assert low == {code for code, seats in (("A", 3), ("B", 20), ("C", 99)) if seats < int(low_stock)}
    assert words["CPT"] == "out of stock"
    rules = [each["booleanRule"]["condition"] for each in sheets(house)["Key Inventory"]["conditionalFormats"]]
    assert [each["values"][0]["userEnteredValue"] for each in rules] == [
        "out of stock", "low", '=$I1="out of stock"', '=$I1="low"',
    ]  # fmt: skip
    assert provisioned(house) == []


def test_no_formula_of_a_rule_depends_on_the_locale() -> None:
    """Arguments are separated by commas in some countries and by semicolons in others, so none has two."""
    for tab in make_schema(Settings.model_validate(ENVIRONMENT)).tabs:
        for rule in tab.__table__.highlights:
            assert rule.condition != "CUSTOM_FORMULA" or not set(rule.value) & {",", ";"}, rule
