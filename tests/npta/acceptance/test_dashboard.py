"""Dashboard: charts of orders, stock and days left, right after a refresh, back after damage."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import gspread
import pytest
from gspread.utils import ValueRenderOption

from npta.operations.audit import audit_spreadsheet
from tests.support import House, gspread_on

pytestmark = pytest.mark.row("X25")

CPT = ("CANADA", "NASM", "CPT", "combined")
CNC = ("CANADA", "NASM", "CNC", "combined")
TITLES = [
    "How did orders go?",
    "What runs out next?",
    "Whose mail is not confirmed?",
    "How many days does it last?",
]


@pytest.fixture
def house() -> Iterator[House]:
    """Two products: many seats of one, few of the other."""
    made = House().provision()
    made.products(("CPTa", "NASM-CPT-FULL"), ("CNC", "NASM-CNC-FULL"))
    made.keys((*CPT, "K1", 50), (*CNC, "K2", 1))
    yield made
    made.restart()
    assert audit_spreadsheet(made.services, deadline=made.clock.deadline(30)) == []


def owner(house: House) -> gspread.Spreadsheet:
    return gspread_on(house.emulator, house.spreadsheet_id, person="")


def refresh(house: House) -> None:
    assert house.call("POST", "/inventory/refresh", {}).status_code == 200


def rows(house: House) -> list[dict[str, Any]]:
    header, *cells = house.sheet.worksheet("Dashboard").get(value_render_option=ValueRenderOption.unformatted)
    return [dict(zip(map(str, header), row, strict=False)) for row in cells]


def charts(house: House) -> list[dict[str, Any]]:
    sheets = house.sheet.fetch_sheet_metadata()["sheets"]
    [found] = [each for each in sheets if each["properties"]["title"] == "Dashboard"]
    return list(found.get("charts", []))


def titles(house: House) -> list[str]:
    return sorted(each["spec"]["title"] for each in charts(house))


def outcomes(row: dict[str, Any]) -> list[int]:
    return [row[name] for name in ("fulfilled", "waiting", "failed", "mail not confirmed")]


def test_a_refresh_shows_orders_by_outcome_and_mails_not_confirmed(house: House) -> None:
    house.order("1001", ("CPTa", 1))
    house.order("1002", ("CPTa", 2))
    house.order("1003", ("CNC", 5))
    house.call("POST", "/orders/1001/delivered", {})
    refresh(house)
    *before, today = rows(house)
    assert outcomes(today) == [2, 0, 1, 1]
    assert len(before) == 29
    assert all(outcomes(row) == [0, 0, 0, 0] for row in before)
    assert [row["day"] for row in before] == sorted(row["day"] for row in before)
    assert {row["about"]: row["number"] for row in before[:3]} == {
        "Orders today": 3,
        "Orders waiting": 1,
        "Pools without a free seat": 0,
    }


def test_what_becomes_of_an_order_counts_once(house: House) -> None:
    house.order("1001", ("CNC", 5))
    house.keys((*CNC, "K3", 9))
    house.order("1001", ("CNC", 5))
    house.call("POST", "/mode", {"mode": "OFF"})
    house.order("1002", ("CPTa", 1))
    refresh(house)
    assert outcomes(rows(house)[-1]) == [1, 1, 0, 1]
    house.call("POST", "/orders/1001/release", {})
    house.call("POST", "/orders/1002/close", {})
    refresh(house)
    assert outcomes(rows(house)[-1]) == [2, 0, 0, 0]


def test_the_scarcest_pools_come_first_with_their_threshold_and_days_left(house: House) -> None:
    house.order("1001", ("CNC", 1))
    house.order("1002", ("CPTa", 10))
    refresh(house)
    first, second, third = rows(house)[:3]
    assert (first["pool"], first["free seats"], first["threshold"], first["days left"]) == (" ".join(CNC), 0, 5, 0)
    assert (second["pool"], second["free seats"], second["days left"]) == (" ".join(CPT), 40, 90)
    assert third.get("pool", "") == ""
    assert third["number"] == 1


def test_an_order_writes_nothing_of_it(house: House) -> None:
    refresh(house)
    before = rows(house)
    house.order("1001", ("CPTa", 1))
    assert rows(house) == before


def test_four_charts_draw_what_stands_beside_them(house: House) -> None:
    assert titles(house) == sorted(TITLES)
    header = [str(cell) for cell in house.sheet.worksheet("Dashboard").row_values(1)]
    drawn = {}
    for chart in charts(house):
        basic = chart["spec"]["basicChart"]
        sources = [each["series"]["sourceRange"]["sources"][0] for each in basic["series"]]
        assert all((each.get("startRowIndex", 0), each["endRowIndex"]) == (0, 31) for each in sources)
        drawn[chart["spec"]["title"]] = [header[each["startColumnIndex"]] for each in sources]
    assert drawn == {
        "How did orders go?": ["fulfilled", "waiting", "failed"],
        "What runs out next?": ["free seats", "threshold"],
        "Whose mail is not confirmed?": ["mail not confirmed"],
        "How many days does it last?": ["days left"],
    }


@pytest.mark.parametrize("remedy", ["refresh", "provision"])
def test_charts_that_a_person_deleted_come_back(house: House, remedy: str) -> None:
    gone = [{"deleteEmbeddedObject": {"objectId": each["chartId"]}} for each in charts(house)[1:]]
    owner(house).batch_update({"requests": gone})
    assert len(charts(house)) == 1
    if remedy == "refresh":
        refresh(house)
    else:
        house.provision()
    assert titles(house) == sorted(TITLES)


def test_cells_that_a_person_changed_are_right_after_a_refresh(house: House) -> None:
    house.order("1001", ("CPTa", 1))
    refresh(house)
    before = rows(house)
    owner(house).worksheet("Dashboard").update([["nonsense"] * 12] * 30, "A2")
    refresh(house)
    assert rows(house) == before


def test_the_tab_that_a_person_deleted_comes_back_with_the_next_order(house: House) -> None:
    refresh(house)
    owner(house).del_worksheet(owner(house).worksheet("Dashboard"))
    house.order("1001", ("CPTa", 1))
    assert titles(house) == sorted(TITLES)
    refresh(house)
    assert outcomes(rows(house)[-1]) == [1, 0, 0, 1]


def test_a_process_that_begins_anew_shows_the_same(house: House) -> None:
    house.order("1001", ("CPTa", 1))
    house.order("1002", ("CNC", 5))
    refresh(house)
    following = rows(house)
    house.restart()
    refresh(house)
    assert rows(house) == following


def moved_to(house: House, zone: str) -> None:
    """Somebody chooses another time zone in File > Settings; the next process knows it."""
    changed = {"properties": {"timeZone": zone}, "fields": "timeZone"}
    owner(house).batch_update({"requests": [{"updateSpreadsheetProperties": changed}]})
    house.restart()


def test_it_says_as_of_when_it_is_and_in_which_zone(house: House) -> None:
    moved_to(house, "America/Toronto")
    refresh(house)
    local = datetime.fromisoformat(house.services.now()).astimezone(ZoneInfo("America/Toronto"))
    told = rows(house)[0]["charts"]
    assert (
        told
        == f"As of {local:%b} {local.day}, {local:%H:%M} (America/Toronto). Refresh Inventory brings it up to date."
    )
    assert not any(row["charts"] for row in rows(house)[1:])


def test_before_a_refresh_only_what_the_numbers_will_be_is_shown(house: House) -> None:
    assert [row["about"] for row in rows(house) if row["about"]] == [
        "Orders today", "Orders waiting", "Pools without a free seat",
    ]  # fmt: skip
    assert not any(row.get("day") for row in rows(house))


def test_charts_and_numbers_stand_within_1280_pixels_and_over_nothing_that_is_read(house: House) -> None:
    data = house.sheet.fetch_sheet_metadata({"includeGridData": "true", "ranges": ["Dashboard!1:1"]})
    widths = [each["pixelSize"] for each in data["sheets"][0]["data"][0]["columnMetadata"]]
    for chart in charts(house):
        stands = chart["position"]["overlayPosition"]
        assert (stands["anchorCell"]["columnIndex"], stands["anchorCell"]["rowIndex"]) == (2, 2), "below the sentence"
        left = sum(widths[:2]) + stands["offsetXPixels"]
        assert left + stands["widthPixels"] <= sum(widths[:3]) <= 1219
        assert stands.get("offsetYPixels", 0) + stands["heightPixels"] <= 550
