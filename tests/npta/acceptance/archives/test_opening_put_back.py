"""The tab Opening is damaged or gone: nothing is decided on it, and putting it back as people are told helps."""

from __future__ import annotations

from typing import Any

import gspread
import pytest

from npta.operations.refresh_and_rebuild import rebuild
from sheets_schema import SheetsError
from tests.npta.acceptance.archives.steps import YEAR, archive_portion, delivered, settle_one
from tests.npta.acceptance.archives.test_archiving_broken_off import other_process
from tests.npta.acceptance.steps import Watch, buy, look_up, press, zap
from tests.npta.acceptance.test_shrink_spreadsheet import flush
from tests.support import House, gspread_on

pytestmark = pytest.mark.row("X26")
COPY = "Copy of Opening"


def owner(house: House) -> gspread.Spreadsheet:
    return gspread_on(house.emulator, house.spreadsheet_id, person="")


def leave(house: House, watch: Watch) -> None:
    flush(house, watch)
    watch.passes(YEAR)
    settle_one(house, watch)
    assert archive_portion(house)


def copied(house: House, title: str = COPY) -> None:
    """Keep the tab as a version of now has it, from which people copy it into the spreadsheet later."""
    sheet = owner(house)
    sheet.duplicate_sheet(sheet.worksheet("Opening").id, new_sheet_name=title)


def deleted(house: House) -> None:
    owner(house).del_worksheet(owner(house).worksheet("Opening"))


def emptied(house: House) -> None:
    owner(house).worksheet("Opening").clear()


def edited(house: House) -> None:
    owner(house).worksheet("Opening").update_acell("E2", "[1")


def row_deleted(house: House) -> None:
    owner(house).worksheet("Opening").delete_rows(2)


def put_back(house: House, title: str = COPY) -> None:
    """Delete what is there, and give the copy its name."""
    sheet = owner(house)
    if "Opening" in [each.title for each in sheet.worksheets()]:
        sheet.del_worksheet(sheet.worksheet("Opening"))
    sheet.worksheet(title).update_title("Opening")


def found(house: House, orders: list[dict[str, Any]]) -> list[Any]:
    return [{**look_up(house, str(order["id"])), "request_id": ""} for order in orders]


@pytest.fixture
def orders(house: House, watch: Watch) -> list[dict[str, Any]]:
    """One that has left, and one that stays since nobody confirmed its mail: its rows stand in Opening only."""
    orders = [delivered(house, ("CPT", 2)), buy(house, ("CPT", 1))]
    assert zap(house, orders[1])["status"] == "fulfilled"
    leave(house, watch)
    return orders


@pytest.mark.parametrize("damage", [deleted, emptied, edited, row_deleted])
def test_who_starts_then_decides_nothing_and_a_copy_of_the_tab_puts_it_right(
    damage: Any, house: House, watch: Watch, orders: list[dict[str, Any]]
) -> None:
    before = found(house, orders)
    running = other_process(house)
    assert zap(running, orders[0])["replayed"] is True
    copied(house)
    damage(house)
    house.restart()

    answer = zap(house, buy(house, ("CPT", 1)))
    assert (answer["http"], answer["status"]) == (503, "retry")
    assert "“Opening”" in answer["message"]
    assert "Version history" in answer["message"]
    with pytest.raises(SheetsError, match="“Opening”"):
        rebuild(house.services, who="test", deadline=house.clock.deadline(60))
    assert [zap(running, order)["replayed"] for order in orders] == [True, True], "who was at work goes on"

    put_back(house)
    house.restart()
    assert found(house, orders) == before
    assert zap(house, buy(house, ("CPT", 1)))["status"] == "fulfilled"
    house.services.spreadsheet.provision(house.clock.deadline(60))
    press(house, f"/orders/{orders[1]['id']}/delivered", {"message_id": "m"})
    for _ in range(2):
        leave(house, watch)
    assert [zap(running, order)["replayed"] for order in orders] == [True, True]


def test_a_copy_of_before_more_rows_left_is_refused_and_the_right_one_is_not(
    house: House, watch: Watch, orders: list[dict[str, Any]]
) -> None:
    copied(house, "too old")
    orders.append(delivered(house, ("CPT", 1)))
    leave(house, watch)
    copied(house)
    deleted(house)
    put_back(house, "too old")
    house.restart()

    answer = zap(house, orders[0])
    assert answer["http"] == 503
    assert "of them" in answer["message"]
    assert "Version history" in answer["message"]

    put_back(house)
    house.restart()
    assert [zap(house, order)["replayed"] for order in orders] == [True] * 3
