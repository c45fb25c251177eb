"""Headers and tabs that people have renamed, deleted or doubled: what needs them stops and says what to fix."""

from __future__ import annotations

from typing import Any

import pytest
import requests

import npta.cli.main
from tests.npta.acceptance.steps import alerts, available, opened, person, pools, press
from tests.npta.processes import emulator_server
from tests.support import ENVIRONMENT, House

ORDER = "6855909900591"
CATALOGUE_CALLS = ("/catalogue/sync", "/shopify/sync", "/inventory/refresh")
SYNCED = ["SKU", "status", "title", "entitlements", "fulfillment", "available", "provider", "category", "active"]


def detail(house: House, path: str) -> str:
    """What a button says when it stops."""
    told = press(house, path, status=409)
    return str(told["detail"])


@pytest.mark.row("P2")
@pytest.mark.parametrize(
    ("damage", "header"),
    [
        *(("missing", header) for header in SYNCED),
        *(("renamed", header) for header in ("SKU", "entitlements", "available")),
        *(("doubled", header) for header in ("SKU", "fulfillment", "status")),
    ],
)
def test_a_header_of_the_catalogue_that_is_not_right_stops_the_buttons_and_no_order(
    npta: House, damage: str, header: str
) -> None:
    opened(npta)
    place = SYNCED.index(header)
    cell = f"NPTA Catalogue!{chr(ord('A') + place)}1" if damage != "doubled" else "NPTA Catalogue!J1"
    person(npta).type(cell, [[{"missing": "", "renamed": f"My {header}", "doubled": header}[damage]]])
    before = npta.sheet.worksheet("NPTA Catalogue").get_all_values()

    for path in CATALOGUE_CALLS:
        said = detail(npta, path)
        assert "NPTA Catalogue" in said
        assert f"“{header}”" in said
        assert ("more than once" in said) if damage == "doubled" else ("is missing" in said)
        assert ("delete the column" in said) if damage == "doubled" else ("write it back" in said)
        assert f"My {header}" in said or damage != "renamed"
    assert npta.order(ORDER, ("CPTa", 1))["status"] == "fulfilled"
    assert npta.order("2", ("UNHEARD-OF", 1))["http"] == 422
    assert npta.keys(["CANADA", "NASM", "CPT", "combined", "EX-2", 1])["imported"] == 1
    assert npta.sheet.worksheet("NPTA Catalogue").get_all_values() == before, "nothing was written into the damage"

    person(npta).type(cell, [[header if damage != "doubled" else ""]])
    for path in CATALOGUE_CALLS:
        press(npta, path)
    assert available(npta)["CPTa"] == 15


@pytest.mark.row("P2")
@pytest.mark.parametrize("action", ["renamed", "deleted"])
def test_a_form_that_was_renamed_or_deleted_stops_what_needs_it_and_no_order(npta: House, action: str) -> None:
    opened(npta)
    for tab in ("NPTA Catalogue", "Import Keys"):
        if action == "renamed":
            person(npta).rename_sheet(tab, f"{tab} (old)")
        else:
            person(npta).delete_sheet(tab)

    for path in (*CATALOGUE_CALLS, "/keys/import"):
        said = detail(npta, path)
        assert ("Import Keys" if "import" in path else "NPTA Catalogue") in said
        assert "give it that name again" in said
        assert "Version history" in said
    assert npta.order(ORDER, ("NSTB", 1))["status"] == "fulfilled"
    assert npta.order("2", ("CPTa", 99))["code"] == "out_of_stock"
    assert press(npta, f"/orders/{ORDER}/release")["released"] == 3
    assert press(npta, "/outbox/flush")["catalogue_refreshed"] is False

    if action == "renamed":
        person(npta).rename_sheet("NPTA Catalogue (old)", "NPTA Catalogue")
        person(npta).rename_sheet("Import Keys (old)", "Import Keys")
    else:
        npta.services.spreadsheet.provision(npta.clock.deadline(30))
    assert npta.keys(["CANADA", "NASM", "CPT", "combined", "EX-2", 1])["imported"] == 1
    if action == "renamed":
        assert press(npta, "/inventory/refresh")["failed"] == []
    else:
        assert press(npta, "/shopify/sync")["added"] == 7


@pytest.mark.row("P2", "I3")
@pytest.mark.parametrize("tab", ["Orders", "Key Ledger", "Import History", "Live Catalogue"])
def test_a_ledger_that_was_renamed_stops_everything_by_its_name_until_it_is_back(npta: House, tab: str) -> None:
    opened(npta)
    npta.order("1", ("CPTa", 1))
    before = {name: npta.rows(name) for name in ("Orders", "Key Ledger")}
    person(npta).rename_sheet(tab, "Old stuff")

    answer = npta.order("2", ("CPTa", 1))

    assert (answer["http"], answer["success"], answer["email_ready"], answer["keys"]) == (503, False, False, [])
    assert all(part in answer["message"] for part in (f"“{tab}”", "missing", "give it that name again"))
    assert [text.split(":")[0] for text in alerts(npta, "order 2")] == ["🚨 System Error"]
    assert f"“{tab}”" in detail(npta, "/inventory/refresh")
    person(npta).rename_sheet("Old stuff", tab)
    assert {name: npta.rows(name) for name in before} == before
    assert npta.order("2", ("CPTa", 1))["status"] == "fulfilled"


@pytest.mark.row("P2", "C1")
def test_computed_columns_that_were_deleted_come_back_under_their_headers(npta: House) -> None:
    opened(npta)
    npta.order(ORDER, ("CPTa", 1))
    press(npta, "/outbox/flush")
    before = (npta.rows("NPTA Catalogue"), pools(npta), npta.rows("Orders"))
    worksheet = npta.sheet.worksheet("NPTA Catalogue")
    worksheet.delete_columns(6)
    worksheet.delete_columns(2)
    assert "“available”" in detail(npta, "/inventory/refresh")

    worksheet.update([["available", "status"]], "H1", raw=True)  # elsewhere than before
    press(npta, "/inventory/refresh")

    assert (npta.rows("NPTA Catalogue"), pools(npta), npta.rows("Orders")) == before


@pytest.mark.row("P2")
def test_the_command_provision_says_what_it_has_brought_back(capsys: pytest.CaptureFixture[str]) -> None:
    with emulator_server() as origin:
        made: dict[str, Any] = requests.post(f"{origin}/v4/spreadsheets", json={}, timeout=30).json()
        environment = {**ENVIRONMENT, "NPTA_SPREADSHEET": made["spreadsheetId"], "NPTA_SHEETS_API": origin}
        assert npta.cli.main.main(["provision"], environment) == 0
        sheets = {
            each["properties"]["title"]: each["properties"]["sheetId"]
            for each in requests.get(f"{origin}/v4/spreadsheets/{made['spreadsheetId']}", timeout=30).json()["sheets"]
        }
        gone = {"requests": [{"deleteSheet": {"sheetId": sheets["Import Keys"]}}]}
        requests.post(f"{origin}/v4/spreadsheets/{made['spreadsheetId']}:batchUpdate", json=gone, timeout=30)
        capsys.readouterr()

        assert npta.cli.main.main(["provision"], environment) == 0

        assert "Import Keys" in capsys.readouterr().out
        assert npta.cli.main.main(["provision", "--plan"], environment) == 0
        assert "nothing" in capsys.readouterr().out
