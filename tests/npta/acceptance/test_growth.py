"""What an order leaves in the spreadsheet for ever, and spreadsheets of earlier versions made as tight as new ones."""

from __future__ import annotations

import json

import pytest

from tests.npta.acceptance.steps import opened, press
from tests.support import House, gspread_on

pytestmark = pytest.mark.row("X26")
TITLES = ["Import History", "Key Ledger", "Orders", "Live Catalogue", "Outbox", "Shop Snapshot", "Commit Log"]


def cells(house: House) -> dict[str, int]:
    """The cells of every ledger's grid that rows take up, blank ones beside them included."""
    return {title: len(house.rows(title)) * house.sheet.worksheet(title).col_count for title in TITLES}


def filled_and_mailed(house: House, order_id: str) -> None:
    assert house.order(order_id, ("CPT", 1))["status"] == "fulfilled"
    press(house, f"/orders/{order_id}/delivered", {"message_id": order_id})


def test_an_order_takes_94_cells(npta: House) -> None:
    opened(npta)
    filled_and_mailed(npta, "8001")
    before = cells(npta)
    filled_and_mailed(npta, "8002")
    taken = {title: count - before[title] for title, count in cells(npta).items() if count > before[title]}
    assert taken == {"Key Ledger": 10, "Orders": 22, "Outbox": 48, "Commit Log": 14}


def test_a_spreadsheet_of_earlier_versions_loses_its_blank_columns_and_goes_on(npta: House) -> None:
    opened(npta)
    filled_and_mailed(npta, "8001")
    tight = {title: npta.sheet.worksheet(title).col_count for title in TITLES}
    owner = gspread_on(npta.emulator, npta.spreadsheet_id, person="")
    for title in TITLES:
        owner.worksheet(title).add_cols(2)
    owner.worksheet("Orders").update_acell("M2", "checked by Bob")

    done = npta.services.spreadsheet.provision(npta.clock.deadline(30)).steps

    assert len(done) == len(TITLES) - 1
    assert {title: npta.sheet.worksheet(title).col_count for title in TITLES} == {**tight, "Orders": 13}
    again = npta.order("8001", ("CPT", 1))
    assert (again["status"], again["replayed"], again["delivered"]) == ("fulfilled", True, True)
    filled_and_mailed(npta, "8002")
    npta.restart()
    assert json.loads(npta.call("GET", "/orders/8002").data)["status"] == "fulfilled"
