"""People edit rows that stand for others: a clear sentence, nothing is decided in spite of it, and putting it back helps."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import gspread
import pytest

from npta.operations.archiving.shrink_spreadsheet import shrink_spreadsheet
from npta.tables import KeyLedger, Orders
from sheets_schema import SheetsError
from tests.npta.acceptance.archives.steps import YEAR, delivered, settle_one
from tests.npta.acceptance.steps import Watch, buy, look_up, press, zap
from tests.npta.acceptance.test_shrink_spreadsheet import flush
from tests.support import ORDER_KEY, House, gspread_on

pytestmark = pytest.mark.row("X26")
EDITS = ["no JSON", "{}", "[[1]]", "[7]", '{"portion":"x","rows":[]}', '{"portion":1,"rows":[{"at":"t"}]}']


@pytest.fixture
def orders(house: House, watch: Watch) -> list[dict[str, Any]]:
    """Two orders of an archive; the first has come back."""
    orders = [delivered(house, ("CPT", 2)), delivered(house, ("CPT", 1))]
    flush(house, watch)
    watch.passes(YEAR)
    settle_one(house, watch)
    press(house, "/maintenance")
    press(house, f"/orders/{orders[0]['id']}/resend")
    return orders


def status_of(house: House) -> dict[str, Any]:
    """`GET /status`."""
    answer = house.call("GET", "/status")
    assert answer.status_code == 200, answer.data
    found: dict[str, Any] = answer.get_json()
    return found


def cell_of(house: House, tab: type[Orders | KeyLedger], order_id: str, column: str) -> tuple[gspread.Worksheet, str]:
    """Where the row stands with which an order came back."""
    sheet = gspread_on(house.emulator, house.spreadsheet_id, person="").worksheet(tab.__table__.title)
    header, *rows = sheet.get_all_values()
    event, order = header.index("event"), header.index("order_id")
    row = next(number for number, cells in enumerate(rows, 2) if (cells[event], cells[order]) == ("CARRIED", order_id))
    return sheet, gspread.utils.rowcol_to_a1(row, header.index(column) + 1)


@pytest.mark.parametrize("edit", EDITS)
def test_of_an_order_that_came_back_nothing_is_decided_while_what_it_was_cannot_be_read(
    edit: str, house: House, orders: list[dict[str, Any]]
) -> None:
    order_id = str(orders[0]["id"])
    sheet, cell = cell_of(house, Orders, order_id, "lines")
    before = sheet.acell(cell).value
    sheet.update([[edit]], cell, raw=True)
    house.restart()

    for answer in (
        house.call("POST", "/orders", orders[0], key=ORDER_KEY),
        house.call("GET", f"/orders/{order_id}"),
        house.call("POST", f"/orders/{order_id}/release", {}),
    ):
        assert answer.status_code == 503, answer.data
        assert b"Version history" in answer.data
    assert zap(house, orders[1])["replayed"]

    sheet.update([[before]], cell, raw=True)
    house.restart()
    assert zap(house, orders[0])["keys_count"] == 2
    assert press(house, f"/orders/{order_id}/release")["released"] == 2


@pytest.mark.parametrize("edit", ["no JSON", EDITS[-1]])
def test_an_order_that_cannot_be_read_keeps_nobody_from_anything_else(
    edit: str, house: House, orders: list[dict[str, Any]]
) -> None:
    order_id = str(orders[0]["id"])
    sheet, cell = cell_of(house, Orders, order_id, "lines")
    before = sheet.acell(cell).value
    sheet.update([[edit]], cell, raw=True)
    house.restart()

    status = status_of(house)
    assert [failed["order_id"] for failed in status["failed_orders"]] == [order_id]
    assert "Version history" in status["failed_orders"][0]["reason"]
    press(house, "/inventory/refresh")
    assert order_id in [row["which"] for row in house.rows("Attention")]
    assert [found["order_id"] for found in press(house, "/orders/search", {"q": orders[0]["name"]})["orders"]] == [
        order_id
    ]
    press(house, "/reconcile")
    press(house, "/maintenance")
    assert zap(house, buy(house, ("CPT", 1)))["status"] == "fulfilled"
    press(house, "/keys/retire", {"keycode": house.rows("Import History")[0]["keycode"], "dry_run": True})

    sheet.update([[before]], cell, raw=True)
    house.restart()
    assert status_of(house)["failed_orders"] == []
    press(house, "/inventory/refresh")  # what the audit advises, since Order List still shows it


@pytest.mark.parametrize("edit", ["no JSON", "{}", '[["1","CPT"]]', "[7]"])
def test_while_it_cannot_be_read_what_an_order_holds_nothing_is_decided_at_all(
    edit: str, house: House, orders: list[dict[str, Any]]
) -> None:
    order_id = str(orders[0]["id"])
    sheet, cell = cell_of(house, KeyLedger, order_id, "entitlement")
    before = sheet.acell(cell).value
    sheet.update([[edit]], cell, raw=True)
    house.restart()

    answer = house.call("GET", f"/orders/{orders[1]['id']}")
    assert answer.status_code == 409, answer.data
    assert house.call("POST", "/orders", orders[1], key=ORDER_KEY).status_code == 503
    assert f"the row with which order {order_id} came back" in answer.get_data(as_text=True)
    assert "Version history" in answer.get_data(as_text=True)

    sheet.update([[before]], cell, raw=True)
    assert len(look_up(house, order_id)["keys"]) == 1


def without_numbers(row: dict[str, Any]) -> None:
    for column in ("lines", "entitlement"):
        if '"numbers"' in str(row.get(column, "")):
            row[column] = json.dumps({**json.loads(row[column]), "numbers": [1, 2, 3, 4]})


def without_sense(row: dict[str, Any]) -> None:
    for column in ("lines", "entitlement"):
        if '"numbers"' in str(row.get(column, "")):
            row[column] = '{"numbers":[]}'


@pytest.mark.parametrize("title", ["Orders", "Key Ledger"])
@pytest.mark.parametrize("edit", [without_numbers, without_sense])
def test_an_edited_opening_is_told_by_name_and_keeps_orders_from_leaving(
    edit: Callable[[dict[str, Any]], None], title: str, house: House, watch: Watch, orders: list[dict[str, Any]]
) -> None:
    sheet = gspread_on(house.emulator, house.spreadsheet_id, person="").worksheet("Opening")
    cells = sheet.get_all_values()
    number, column = next((at, cells[0].index("rows") + 1) for at, row in enumerate(cells, 1) if row[0] == title)
    before = cells[number - 1][column - 1]
    rows = json.loads(before)
    for row in rows:
        edit(row)
    sheet.update([[json.dumps(rows)]], gspread.utils.rowcol_to_a1(number, column), raw=True)
    house.restart()
    watch.passes(YEAR)

    told = [
        archiving_says(house),
        house.call("GET", f"/orders/{orders[0]['id']}").get_data(as_text=True),
    ]

    assert any(f"what stands for the first rows of tab “{title}” cannot be read" in text for text in told), told
    assert any("Version history" in text for text in told)
    sheet.update([[before]], gspread.utils.rowcol_to_a1(number, column), raw=True)
    house.restart()
    assert look_up(house, str(orders[0]["id"]))["keys"]
    press(house, "/maintenance")


def archiving_says(house: House) -> str:
    """What keeps orders from leaving."""
    try:
        return shrink_spreadsheet(house.services, who="test", deadline=house.clock.deadline(60)).orders.trouble
    except SheetsError as error:
        return str(error)
