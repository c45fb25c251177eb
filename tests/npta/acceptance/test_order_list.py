"""Order List: one row an order, right after every commit, in the row it has had since it came."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from gspread.utils import ValueRenderOption

from npta.domain.state import order_positions
from npta.operations.audit import audit_spreadsheet
from tests.npta.hook import running_hook
from tests.support import House, gspread_on

pytestmark = pytest.mark.row("X16")

COLUMNS = [
    "order",
    "name",
    "customer",
    "email",
    "products",
    "state",
    "keys",
    "mail",
    "paid_at",
    "changed_at",
    "next_step",
    "shop",
]
CPT = ("CANADA", "NASM", "CPT", "combined")
PAID = "2026-11-23T15:04:05Z"


@pytest.fixture
def house() -> Iterator[House]:
    """Two products, of which one has keys; audited when the test is over."""
    made = House().provision()
    made.products(("CPTa", "NASM-CPT-FULL"), ("CNC", "NASM-CNC-FULL"))
    made.keys((*CPT, "K1", 50))
    yield made
    audited(made)


def audited(house: House) -> None:
    """The list is as the ledgers say, whoever looks."""
    house.restart()
    assert audit_spreadsheet(house.services, deadline=house.clock.deadline(30)) == []


def listed(house: House) -> list[dict[str, Any]]:
    """What the tab holds, row by row; nothing is said of blank cells at a row's end."""
    sheet = house.sheet.worksheet("Order List")
    header, *rows = sheet.get(value_render_option=ValueRenderOption.unformatted)
    assert header == COLUMNS
    return [dict(zip(COLUMNS, row, strict=False)) for row in rows]


def row(house: House, order_id: str) -> dict[str, Any]:
    (found,) = [each for each in listed(house) if each.get("order") == order_id]
    return found


class TestOneRow:
    def test_says_what_people_ask_about_an_order(self, house: House) -> None:
        house.order("101", ("CPTa", 2), ("CPTa", 1), order_name="#1042", paid_at=PAID)

        found = row(house, "101")

        assert {name: found[name] for name in COLUMNS[:8]} == {
            "order": "101",
            "name": "#1042",
            "customer": "Ada Lovelace",
            "email": "ada@example.com",
            "products": "CPTa × 2, CPTa",
            "state": "fulfilled",
            "keys": 3,
            "mail": "not confirmed",
        }
        assert "Zap's mail step" in found["next_step"]

    def test_shows_real_dates_of_the_spreadsheets_own_zone(self, house: House) -> None:
        zone = {"properties": {"timeZone": "America/Toronto"}, "fields": "timeZone"}
        house.sheet.batch_update({"requests": [{"updateSpreadsheetProperties": zone}]})
        house.restart()
        house.order("101", ("CPTa", 1), paid_at=PAID)

        paid = row(house, "101")["paid_at"]

        assert datetime(1899, 12, 30) + timedelta(days=paid) == datetime(2026, 11, 23, 10, 4, 5)  # noqa: DTZ001
        shown = house.sheet.worksheet("Order List").acell("I2").value
        assert shown == "Nov 23, 10:04"

    def test_takes_nothing_for_a_formula_that_customers_write(self, house: House) -> None:
        house.order("101", ("CPTa", 1), customer_name='=HYPERLINK("http://x")', order_name="+1")

        assert (row(house, "101")["customer"], row(house, "101")["name"]) == ('=HYPERLINK("http://x")', "+1")

    def test_follows_the_order_through_all_that_happens_to_it(self, house: House) -> None:
        house.order("101", ("CPTa", 2))
        for call, body, state, keys, mail in [
            ("delivered", {}, "fulfilled", 2, "sent"),
            ("resend", {}, "fulfilled", 2, "not confirmed"),
            ("release", {"line_item_id": "1", "quantity": 1}, "fulfilled", 1, "not confirmed"),
            ("release", {}, "released", 0, None),
            ("clear-cache", {}, "released", 0, None),
        ]:
            assert house.call("POST", f"/orders/101/{call}", body).status_code == 200
            found = row(house, "101")
            assert (found["state"], found["keys"], found.get("mail") or None) == (state, keys, mail), call
        assert house.order("101", ("CPTa", 2))["status"] == "fulfilled"
        assert (row(house, "101")["state"], row(house, "101")["keys"]) == ("fulfilled", 2)
        assert len(listed(house)) == 1

    def test_of_an_order_that_waits_says_what_to_do_now(self, house: House) -> None:
        house.order("102", ("CNC", 1))
        assert row(house, "102")["state"] == "failed"
        assert "Import more keys" in row(house, "102")["next_step"]

        house.keys(("CANADA", "NASM", "CNC", "combined", "C1", 1))
        assert row(house, "102")["next_step"] == "Re-run the Zap."

        house.call("POST", "/mode", {"mode": "OFF"})
        assert "mode is OFF" in row(house, "102")["next_step"]
        house.order("103", ("CPTa", 1))
        assert row(house, "103")["state"] == "off"

        house.call("POST", "/mode", {"mode": "LIVE", "go_live_at": "keep"})
        house.order("102", ("CNC", 1))
        house.call("POST", "/orders/103/close", {})
        assert (row(house, "102")["state"], row(house, "103")["state"]) == ("fulfilled", "closed")

    def test_a_change_of_the_mode_changes_what_is_to_be_done_about_every_order(self, house: House) -> None:
        house.order("101", ("CPTa", 1))
        house.call("POST", "/orders/101/release", {})
        house.order("102", ("CNC", 1))
        live = [row(house, order_id)["next_step"] for order_id in ("101", "102")]
        assert "press Clear Order Cache, then re-run the Zap" in live[0]

        house.call("POST", "/mode", {"mode": "OFF"})
        off = [row(house, order_id).get("next_step", "") for order_id in ("101", "102")]
        house.call("POST", "/mode", {"mode": "LIVE", "go_live_at": "keep"})

        assert "re-run" not in off[0]
        assert "mode is OFF" in off[1]
        assert [row(house, order_id)["next_step"] for order_id in ("101", "102")] == live

    def test_an_order_that_could_not_be_read_stands_there_too(self, house: House) -> None:
        told = house.call(
            "POST", "/orders", {"order_id": "7", "email": "ada@example.com", "skus": "A,B", "quantities": "1"}
        )
        assert told.status_code == 400

        assert (row(house, "7")["state"], row(house, "7")["keys"]) == ("failed", 0)

    def test_leads_to_the_order_in_shopify(self, npta: House) -> None:
        npta.order("6855909900591", ("NSTB", 1))

        url = row(npta, "6855909900591")["shop"]

        assert url.endswith("/admin/orders/6855909900591")
        asked: dict[str, Any] = {
            "includeGridData": "true",
            "ranges": "Order List!L2",
            "fields": "sheets.data.rowData.values.userEnteredFormat",
        }
        cell = npta.sheet.fetch_sheet_metadata(asked)["sheets"][0]["data"][0]["rowData"][0]["values"][0]
        assert cell["userEnteredFormat"]["textFormat"]["link"] == {"uri": url}


class TestTheList:
    def test_comes_with_filter_views_which_come_back_when_one_was_deleted(self, house: House) -> None:
        assert [view["title"] for view in filter_views(house)] == ["Failed", "Mail not confirmed", "This week"]
        gone = {"deleteFilterView": {"filterId": filter_views(house)[0]["filterViewId"]}}
        house.sheet.batch_update({"requests": [gone]})

        steps = house.services.spreadsheet.provision(house.clock.deadline(30)).steps

        assert steps == ["save filter view “Failed” of tab “Order List”"]
        assert len(filter_views(house)) == 3
        assert house.services.spreadsheet.provision(house.clock.deadline(30)).steps == []

    def test_holds_those_that_wait_and_the_last_ones_which_keep_their_rows(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(order_positions, "LISTED", 3)
        house = House().provision()
        house.products(("CPTa", "NASM-CPT-FULL"), ("CNC", "NASM-CNC-FULL"))
        house.keys((*CPT, "K1", 50))
        house.order("900", ("CNC", 1))
        for number in range(1, 4):
            house.order(str(number), ("CPTa", 1))
        assert [each["order"] for each in listed(house)] == ["900", "1", "2", "3"]

        house.order("4", ("CPTa", 1))
        house.order("901", ("CNC", 1))
        assert [each["order"] for each in listed(house)] == ["900", "4", "901", "3"]

        house.call("POST", "/orders/1/delivered", {})
        assert sorted(each["order"] for each in listed(house)) == sorted(["900", "901", "3", "4", "1"])
        audited(house)

        house.keys(("CANADA", "NASM", "CNC", "combined", "C1", 1))
        house.order("900", ("CNC", 1))
        house.order("5", ("CPTa", 1))
        assert {each["order"] for each in listed(house)} >= {"901", "900", "5"}
        audited(house)

    def test_an_order_gives_its_row_to_the_next_after_those_that_changed_before_it(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(order_positions, "LISTED", 3)
        house = House().provision()
        house.products(("CPTa", "NASM-CPT-FULL"))
        house.keys((*CPT, "K1", 50))
        for number in range(1, 4):
            house.order(str(number), ("CPTa", 1))
        house.call("POST", "/orders/1/delivered", {})

        house.order("4", ("CPTa", 1))

        assert [each["order"] for each in listed(house)] == ["1", "4", "3"]
        audited(house)

    def test_is_the_same_for_two_services_that_take_turns(self, house: House) -> None:
        other = House(emulator=house.emulator, spreadsheet_id=house.spreadsheet_id)
        for number in range(1, 6):
            (house if number % 2 else other).order(str(number), ("CPTa", 1))
        other.call("POST", "/orders/1/release", {})
        house.call("POST", "/orders/2/delivered", {})

        assert [(each["order"], each["state"]) for each in listed(house)] == [
            ("1", "released"),
            *((str(number), "fulfilled") for number in range(2, 6)),
        ]

    def test_has_the_orders_of_one_import_that_serves_them(self) -> None:
        with running_hook() as hook:
            house = House(environment={"NPTA_KEYS_HOOK": hook.address}).provision()
            house.products(("CPTa", "NASM-CPT-FULL"))
            for number in range(1, 6):
                house.order(str(number), ("CPTa", 1))
            assert {each["state"] for each in listed(house)} == {"failed"}

            house.keys((*CPT, "K1", 50))

            assert {(each["state"], each["keys"]) for each in listed(house)} == {("fulfilled", 1)}
            audited(house)


class TestDamage:
    def test_a_list_that_was_deleted_comes_back_whole_with_the_next_order(self, house: House) -> None:
        for number in range(1, 4):
            house.order(str(number), ("CPTa", 1))
        owner = gspread_on(house.emulator, house.spreadsheet_id, person="")
        owner.del_worksheet(owner.worksheet("Order List"))

        house.order("4", ("CPTa", 1))

        assert [each["order"] for each in listed(house)] == ["1", "2", "3", "4"]

    @pytest.mark.parametrize("damage", ["sorted", "emptied", "rows deleted", "grid cut"])
    def test_rows_that_are_not_where_they_belong_are_written_anew(self, damage: str, house: House) -> None:
        for number in range(1, 6):
            house.order(str(number), ("CPTa", 1))
        whole = listed(house)
        sheet = gspread_on(house.emulator, house.spreadsheet_id, person="").worksheet("Order List")
        if damage == "sorted":
            sheet.sort((1, "des"), range="A2:L6")
        elif damage == "emptied":
            sheet.batch_clear(["A1:L10"])
        elif damage == "rows deleted":
            sheet.delete_rows(3, 4)
        else:
            sheet.resize(rows=3)
        house.restart()

        house.order("6", ("CPTa", 1))

        assert listed(house)[:5] == whole

    def test_a_cell_that_somebody_changed_is_put_right_by_refresh_inventory(self, house: House) -> None:
        house.order("1", ("CPTa", 1))
        whole = listed(house)
        gspread_on(house.emulator, house.spreadsheet_id, person="").worksheet("Order List").update_acell("F2", "lost")
        found = audit_spreadsheet(house.services, deadline=house.clock.deadline(30))
        assert [(each.tab, each.row) for each in found] == [("Order List", 2)]

        house.call("POST", "/inventory/refresh", {})

        assert listed(house) == whole

    def test_provisioning_a_spreadsheet_of_before_adds_it_and_the_next_commit_fills_it(self, house: House) -> None:
        for number in range(1, 4):
            house.order(str(number), ("CPTa", 1))
        owner = gspread_on(house.emulator, house.spreadsheet_id, person="")
        owner.del_worksheet(owner.worksheet("Order List"))
        house.restart()

        house.services.spreadsheet.provision(house.clock.deadline(30))
        house.restart()
        house.call("POST", "/orders/1/delivered", {})

        assert [(each["order"], each["mail"]) for each in listed(house)] == [
            ("1", "sent"),
            ("2", "not confirmed"),
            ("3", "not confirmed"),
        ]


def filter_views(house: House) -> list[dict[str, Any]]:
    told = house.sheet.fetch_sheet_metadata({"fields": "sheets(properties(title),filterViews)"})
    (found,) = [each for each in told["sheets"] if each["properties"]["title"] == "Order List"]
    return list(found["filterViews"])


def test_the_oldest_time_that_is_known_stands_there_where_nobody_knows_when_it_was_paid(house: House) -> None:
    house.order("1", ("CPTa", 1))

    shown = datetime(1899, 12, 30, tzinfo=UTC) + timedelta(days=row(house, "1")["paid_at"])

    assert abs(shown - datetime.now(UTC)) < timedelta(minutes=5)
