"""Preflight: every check is made, whatever becomes of the others, and each miss says what to do."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from npta.domain.reports.findings import ChecklistItem
from npta.local.shop.shop import LocalShop
from npta.operations.preflight import ALL, preflight
from npta.services import make_schema
from sheets_schema import Database
from sheets_schema.advanced import EMBEDDED, Client
from tests.npta.operations.conftest import texts
from tests.support import House, catalogue_cell, gspread_on, session_on


def checks(house: House) -> dict[str, ChecklistItem]:
    made = preflight(house.services, who="test", deadline=house.clock.deadline(25))
    assert len(made) == len(ALL)
    return {each.what: each for each in made}


def missed(house: House) -> set[str]:
    return {what for what, each in checks(house).items() if not each.ok}


def test_a_house_that_is_ready_misses_nothing(open_house: House) -> None:
    made = checks(open_house)

    assert {what: each.found for what, each in made.items() if not each.ok} == {}
    assert set(made) == set(ALL)
    assert made["keys imported"].found == "3 pools with 27 free seats"
    assert made["stock pushed"].found == "3 active AUTO variants as in the sheet"


def test_a_bare_house_misses_all_that_was_not_done(house: House) -> None:
    assert missed(house) == {
        "Shopify",
        "Slack",
        "catalogue published",
        "entitlements complete",
        "keys imported",
        "stock pushed",
    }


def test_the_channel_is_told_what_was_found_and_no_fact_changes(open_house: House) -> None:
    tabs = ("Import History", "Key Ledger", "Orders", "Live Catalogue", "NPTA Catalogue", "Outbox")
    before = [open_house.rows(tab) for tab in tabs]

    checks(open_house)

    assert texts(open_house)[-1] == "🛫 Preflight: Ready"
    assert [open_house.rows(tab) for tab in tabs] == before


def shop(path: str, **wanted: Any) -> Callable[[House], None]:
    def change(house: House) -> None:
        assert house.shop
        answer = house.shop.handle("POST", path, body=json.dumps(wanted).encode())
        assert answer.status == 200, answer.body

    return change


def cell(tab: str, place: str, value: Any) -> Callable[[House], None]:
    def change(house: House) -> None:
        house.sheet.worksheet(tab).update_acell(place, value)

    return change


def closed(house: House) -> None:
    assert house.shop
    house.shop.goods.closed.add("70000000001")


def without_scope(house: House) -> None:
    assert house.shop
    house.shop.goods.scopes.remove("write_inventory")


def quiet(house: House) -> None:
    assert house.slack
    house.slack.slack.faults.add("invalid_auth")


def sold_out(house: House) -> None:
    house.order("1", ("CPT", 9))
    house.call("POST", "/outbox/flush")


def waited_for(house: House) -> None:
    house.order("1", ("CPT", 12))
    house.call("POST", "/outbox/flush")


def deleted(tab: str) -> Callable[[House], None]:
    """By the owner: nobody else may."""

    def delete(house: House) -> None:
        house.tampered_with = True
        sheet = gspread_on(house.emulator, house.spreadsheet_id, person="")
        sheet.del_worksheet(sheet.worksheet(tab))

    return delete


CATALOGUE = "NPTA Catalogue"


@pytest.mark.parametrize(
    ("change", "what", "says"),
    [
        pytest.param(closed, {"Shopify"}, "switched off", id="the location is closed"),
        pytest.param(without_scope, {"Shopify"}, "write_inventory", id="a scope is missing"),
        pytest.param(shop("/_faults", name="old_version"), {"Shopify"}, "2026-07", id="another API version"),
        pytest.param(shop("/_faults", name="down"), {"Shopify", "stock pushed"}, "status 503", id="Shopify is down"),
        pytest.param(
            shop("/_faults", name="denied", operation="Orders"),
            {"Shopify"},
            "orders: Shopify refuses Orders: Access denied",
            id="no orders",
        ),
        pytest.param(quiet, {"Slack"}, "SLACK_BOT_TOKEN", id="Slack refuses the token"),
        pytest.param(shop("/_products", sku="CPT", available=4), {"stock pushed"}, "shows 4", id="other stock"),
        pytest.param(
            cell(CATALOGUE, catalogue_cell("entitlements", 3), "NASM-CPT-FULL"),
            {"catalogue published"},
            "CPT: orders see",
            id="unsynced",
        ),
        pytest.param(
            cell(CATALOGUE, catalogue_cell("entitlements", 3), ""),
            {"catalogue published", "entitlements complete"},
            "CPT: entitlements missing",
            id="empty",
        ),
        pytest.param(
            cell(CATALOGUE, catalogue_cell("entitlements", 3), "NASM-CPT"),
            {"catalogue published", "entitlements complete"},
            "CPT: entitlements: “NASM-CPT”",
            id="malformed",
        ),
        pytest.param(
            cell(CATALOGUE, catalogue_cell("entitlements", 3), "NASM-XYZ-FULL"),
            {"catalogue published", "entitlements complete", "keys imported"},
            "CPT: no keys for NASM-XYZ-FULL",
            id="no such pool",
        ),
        pytest.param(
            sold_out, {"entitlements complete", "keys imported"}, "CPT: no free seat for NASM-CPT-EXAM", id="sold out"
        ),
        pytest.param(waited_for, {"keys imported"}, "9 free of 9, 12 owed to orders that wait", id="owed"),
        pytest.param(deleted("Key Inventory"), {"spreadsheet"}, "add tab “Key Inventory”", id="a tab is gone"),
        pytest.param(
            cell(CATALOGUE, catalogue_cell("entitlements", 1), "grants"),
            {"spreadsheet", "catalogue published", "entitlements complete", "keys imported"},
            "“entitlements” is missing",
            id="a header is gone",
        ),
    ],
)
def test_a_miss_is_told_by_its_own_check(
    open_house: House, change: Callable[[House], None], what: set[str], says: str
) -> None:
    change(open_house)

    made = checks(open_house)

    assert {name for name, each in made.items() if not each.ok} == what
    told = [line for each in made.values() if not each.ok for line in (*each.details, each.found, each.next_step)]
    assert any(says in line for line in told), told


def test_what_nobody_can_buy_and_what_is_served_by_hand_need_no_keys(open_house: House) -> None:
    open_house.products(("CPTa", "NASM-CPT-FULL"), ("CPT", "NASM-XYZ-FULL"), ("KBS", "NASM-XYZ-FULL", "EXTERNAL"))
    open_house.sheet.worksheet(CATALOGUE).update_acell(catalogue_cell("active", 3), "FALSE")
    open_house.call("POST", "/outbox/flush")

    assert missed(open_house) == set()


def test_another_location_than_the_shops_is_named_with_those_it_has() -> None:
    house = House(shop=LocalShop(), environment={"SHOPIFY_LOCATION_ID": "999"}).provision()

    shopify = checks(house)["Shopify"]

    assert "SHOPIFY_LOCATION_ID 999 is no location of the shop; it has 70000000001 (Online)" in str(shopify.details)


def test_without_a_test_recipient_the_settings_are_not_complete() -> None:
    house = House(environment={"NPTA_TEST_RECIPIENT": ""}).provision()

    assert "NPTA_TEST_RECIPIENT" in checks(house)["settings"].found


def test_a_spreadsheet_that_can_be_read_and_not_written_is_found_out(open_house: House) -> None:
    """Shared with the service's account, and its protections keep that out."""
    session = session_on(open_house.emulator, person="user:service@npta.example")
    client = Client(open_house.spreadsheet_id, session=session, clock=open_house.clock)
    services = open_house.services
    services.spreadsheet = Database(client, make_schema(services.settings), timing=EMBEDDED, clock=services.clock)

    made = checks(open_house)

    assert {what for what, each in made.items() if not each.ok} == {"spreadsheet"}
    assert "protected" in str(made["spreadsheet"].details)
