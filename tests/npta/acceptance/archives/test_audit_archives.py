"""What reads archives whole: the audit finds every damage, the export and the rebuild miss no order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from npta.operations.audit import audit_spreadsheet
from npta.operations.audit_archives import ArchivesAudit, audit_archives
from npta.operations.export import Exported, export_orders
from npta.operations.refresh_and_rebuild import rebuild
from npta.tables import Orders
from tests.npta.acceptance.archives.steps import YEAR, archive_portion, delivered, settle_one
from tests.npta.acceptance.steps import Watch, buy, look_up, press, zap
from tests.npta.acceptance.test_shrink_spreadsheet import flush
from tests.support import House, gspread_on

pytestmark = pytest.mark.row("X26")


@pytest.fixture
def orders(house: House, watch: Watch) -> list[dict[str, Any]]:
    """Three orders: the first two stand in the first portion, the third in the second."""
    orders = [delivered(house, ("CPT", 1)), delivered(house, ("CPT", 2), ("CPTa", 1))]
    leave(house, watch)
    orders.append(delivered(house, ("CNC", 1)))
    leave(house, watch)
    house.restart()
    return orders


def leave(house: House, watch: Watch) -> None:
    flush(house, watch)
    watch.passes(YEAR)
    settle_one(house, watch)
    assert archive_portion(house) >= 1


def audited(house: House) -> ArchivesAudit:
    return audit_archives(house.services, deadline=house.clock.deadline(60))


def exported(house: House) -> Exported:
    return export_orders(house.services, deadline=house.clock.deadline(60))


def archive_of(house: House) -> Any:
    """The archive, as its owner has it open."""
    return gspread_on(house.emulator, house.settings.archives[0], person="")


def portions(house: House) -> list[str]:
    return sorted(sheet.title for sheet in archive_of(house).worksheets() if sheet.title[:5].isdecimal())


def deleted(house: House, tab: str) -> None:
    archive_of(house).del_worksheet(archive_of(house).worksheet(tab))


def renamed(house: House, tab: str) -> None:
    archive_of(house).worksheet(tab).update_title("mine")


def edited(column: int) -> Callable[[House, str], None]:
    def edit(house: House, tab: str) -> None:
        archive_of(house).worksheet(tab).update_cell(2, column, "x")

    return edit


def row_deleted(house: House, tab: str) -> None:
    archive_of(house).worksheet(tab).delete_rows(2)


def sorted_otherwise(house: House, tab: str) -> None:
    sheet = archive_of(house).worksheet(tab)
    first, second = sheet.get("A2:F3", value_render_option="UNFORMATTED_VALUE")
    sheet.update([second, first], "A2", raw=True)


def header_renamed(house: House, tab: str) -> None:
    archive_of(house).worksheet(tab).update_cell(1, 5, "mine")


@pytest.mark.parametrize(
    ("damage", "row"),
    [
        (deleted, 0),
        (renamed, 0),
        (header_renamed, 0),
        (row_deleted, 2),
        (edited(1), 2),
        (edited(4), 2),
        (edited(5), 2),
        (edited(6), 2),
        (sorted_otherwise, 2),
    ],
)
def test_a_damaged_archive_is_named_with_what_it_means_and_what_to_do(
    damage: Callable[[House, str], None], row: int, house: House, orders: list[dict[str, Any]]
) -> None:
    house.tampered_with = True
    tab = portions(house)[0]
    assert audited(house) == ([], [])

    damage(house, tab)

    assert audit_spreadsheet(house.services, deadline=house.clock.deadline(60)) == [], "the sheet itself is sound"
    found, leftovers = audited(house)
    first = found[0]
    assert (first.tab, first.row) == (f"archive {house.settings.archives[0]}, tab “{tab}”", row)
    assert "answered with 503" in first.message
    assert "File > Version history of the archive" in first.message
    assert "EX-" not in str(found)
    assert leftovers == []
    assert zap(house, orders[0])["http"] == 503
    assert zap(house, orders[2])["status"] == "fulfilled"

    missing = exported(house)
    assert len(missing.missing) >= 1
    assert str(orders[2]["id"]) in {key.order_id for key in missing.keys}


def test_tabs_that_nothing_names_are_leftovers_unless_the_spreadsheet_is_an_earlier_one(
    house: House, orders: list[dict[str, Any]]
) -> None:
    archive = archive_of(house)
    for title in ("00001 00000000", "00003 00000000", "my notes", "00009 of mine"):
        archive.add_worksheet(title, 2, 6)

    found, leftovers = audited(house)

    assert found == []
    assert [leftover.split(": ")[0].rsplit(", ", 1)[1] for leftover in leftovers] == [
        "tab “00001 00000000”",
        "tab “00003 00000000”",
    ]
    assert "may be deleted" in leftovers[0]
    assert "being written now" in leftovers[1]

    archive.add_worksheet("00004 00000000", 2, 6)
    [finding] = audited(house).findings
    assert "tab “00004 00000000”" in finding.tab
    assert "was put back to an earlier version" in finding.message
    house.tampered_with = True
    assert orders


def test_progress_is_shown_portion_by_portion(house: House, orders: list[dict[str, Any]]) -> None:
    lines: list[str] = []
    audit_archives(house.services, deadline=house.clock.deadline(60), progress=lines.append)
    assert lines == [
        "portion 1 of 2: 2 orders …",
        "portion 2 of 2: 2 orders …",
        "putting both ledgers together again …",
    ]
    assert len(orders) == 3


def test_the_export_has_the_same_keys_wherever_an_order_stands(house: House, watch: Watch) -> None:
    orders = [delivered(house, ("CPT", 1)), delivered(house, ("CPT", 2), ("CPTa", 1))]
    press(house, "/mode", {"mode": "TEST"})
    zap(house, buy(house, ("CPT", 1)))
    press(house, "/mode", {"mode": "LIVE"})
    before = exported(house).keys
    watch.passes(60)
    since = house.services.now()
    leave(house, watch)
    for _ in range(2):
        after = exported(house)
        assert after.missing == ()
        assert [key for key in after.keys if key in before] == sorted(after.keys, key=after.keys.index)[: len(before)]
        assert {key.order_id for key in after.keys} > {str(order["id"]) for order in orders}
        house.restart()
    later = export_orders(house.services, deadline=house.clock.deadline(60), since=since).keys
    assert not {key.order_id for key in later} & {str(order["id"]) for order in orders}

    press(house, f"/orders/{orders[0]['id']}/release")
    assert str(orders[0]["id"]) not in {key.order_id for key in exported(house).keys}
    press(house, f"/orders/{orders[1]['id']}/resend")
    one = [key for key in exported(house).keys if key.order_id == str(orders[1]["id"])]
    assert [(key.keycode, key.seats) for key in one] == [
        (key.keycode, key.seats) for key in before if key.order_id == one[0].order_id
    ]


def test_rebuild_agrees_with_what_has_left(house: House, watch: Watch, orders: list[dict[str, Any]]) -> None:
    done = rebuild(house.services, who="test", deadline=house.clock.deadline(60))
    assert done.agrees
    assert done.differences == ()
    look_up(house, str(orders[0]["id"]))
    flush(house, watch)


def test_a_row_that_appears_here_of_an_order_that_has_left_is_named(house: House, orders: list[dict[str, Any]]) -> None:
    house.tampered_with = True
    sheet = gspread_on(house.emulator, house.spreadsheet_id, person="").worksheet("Orders")
    header = sheet.row_values(1)
    last = len(sheet.col_values(1))
    sheet.update_cell(last, header.index("order_id") + 1, str(orders[0]["id"]))

    found = audit_spreadsheet(house.services, deadline=house.clock.deadline(60))

    assert any(
        f"order {orders[0]['id']} stands in the archive (portion 1, row 2)" in fault.message for fault in found
    ), found
    assert {fault.tab for fault in found} <= {"Orders", "Key Ledger"}
    assert house.services.spreadsheet.scan([Orders])[Orders].gone
