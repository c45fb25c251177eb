"""The audit finds nothing in what the service writes, and everything that was tampered with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from npta.cli.main import main
from npta.domain.reports.findings import AuditFinding
from npta.operations.audit import audit_spreadsheet
from tests.support import House, gspread_on


def audited(house: House) -> list[AuditFinding]:
    return audit_spreadsheet(house.services, deadline=house.clock.deadline(30))


@pytest.fixture
def lived_in(house: House) -> House:
    """A house in which everything has happened once."""
    house.products(("NSTB", "NASM-CPT-FULL,NCSF-STS-FULL"), ("CPTa", "NASM-CPT-FULL"), ("KBS-1", "", "EXTERNAL"))
    house.keys(
        ["CANADA", "NASM", "CPT", "combined", "CPT-1", 2],
        ["CANADA", "NASM", "CPT", "combined", "CPT-2", 9],
        ["CANADA", "NCSF", "STS", "combined", "STS-1", 3],
    )
    house.order("1", ("NSTB", 1))
    house.order("2", ("CPTa", 2), ("KBS-1", 1))
    house.order("3", ("NSTB", 9))
    house.order("4", ("KBS-1", 1))
    house.order("2", ("CPTa", 3), ("KBS-1", 1))
    house.call("POST", "/orders/1/release")
    house.call("POST", "/orders/2/delivered")
    house.call("POST", "/orders/1/clear-cache")
    house.order("1", ("NSTB", 1))
    house.order("5", ("CPTa", 1), ("NSTB", 1))
    house.call("POST", "/orders/5/release", {"line_item_id": "1"})
    return house


def test_nothing_is_wrong_with_what_the_service_writes(lived_in: House) -> None:
    assert audited(lived_in) == []


def cell(tab: str, header: str, row: int, value: Any) -> Callable[[House], None]:
    """The owner overwrites one cell of a ledger."""

    def tamper(house: House) -> None:
        house.tampered_with = True
        worksheet = gspread_on(house.emulator, house.spreadsheet_id, person="").worksheet(tab)
        worksheet.update_cell(row, worksheet.row_values(1).index(header) + 1, value)

    return tamper


def deleted(tab: str, row: int) -> Callable[[House], None]:
    def tamper(house: House) -> None:
        house.tampered_with = True
        gspread_on(house.emulator, house.spreadsheet_id, person="").worksheet(tab).delete_rows(row)

    return tamper


@pytest.mark.parametrize(
    ("tamper", "tab", "row", "says"),
    [
        pytest.param(cell("Key Ledger", "seats", 2, 5), "Key Ledger", 2, "assigns 5 seats", id="more seats than free"),
        pytest.param(cell("Key Ledger", "keycode", 3, "X"), "Key Ledger", 3, "another keycode", id="another code"),
        pytest.param(cell("Key Ledger", "key_id", 2, "X"), "Key Ledger", 2, "never imported", id="an unknown key"),
        pytest.param(
            cell("Key Ledger", "entitlement", 2, "NASM-CPT-EXAM"), "Key Ledger", 2, "is served by", id="another pool"
        ),
        pytest.param(
            cell("Key Ledger", "order_id", 2, "77"), "Key Ledger", 2, "order 77 holds keys", id="an unknown order"
        ),
        pytest.param(cell("Key Ledger", "commit", 2, "abc"), "Key Ledger", 2, "names commit abc", id="another commit"),
        pytest.param(cell("Key Ledger", "seats", 2, "two"), "Key Ledger", 2, "column “seats”", id="no number"),
        pytest.param(deleted("Key Ledger", 4), "Key Ledger", 14, "by the commit log", id="a row deleted"),
        pytest.param(deleted("Commit Log", 4), "Commit Log", 4, "does not follow", id="a commit deleted"),
        pytest.param(
            cell("Import History", "keycode", 3, "CPT-1"), "Import History", 3, "imported before", id="a doubled key"
        ),
        pytest.param(cell("Import History", "seats", 3, 0), "Import History", 3, "0 seats", id="a key without seats"),
        pytest.param(cell("Orders", "lines", 2, "{}"), "Orders", 2, "receipt cannot be read", id="a broken receipt"),
        pytest.param(cell("Key Inventory", "used", 2, 99), "Key Inventory", 2, "used 99", id="a view written over"),
    ],
)
def test_what_was_tampered_with_is_named(
    lived_in: House, tamper: Callable[[House], None], tab: str, row: int, says: str
) -> None:
    tamper(lived_in)

    assert any(each.tab == tab and each.row == row and says in each.message for each in audited(lived_in)), audited(
        lived_in
    )


def test_an_older_key_that_was_passed_over_is_named(house: House) -> None:
    house.products(("CPTa", "NASM-CPT-FULL"))
    house.keys(*(("CANADA", "NASM", "CPT", "combined", f"CPT-{number}", 1) for number in (1, 2)))
    house.order("1", ("CPTa", 1))
    second = house.rows("Import History")[1]
    cell("Key Ledger", "key_id", 2, second["key_id"])(house)
    cell("Key Ledger", "keycode", 2, second["keycode"])(house)

    assert [each.message for each in audited(house) if "first in, first out" in each.message]


def test_a_seat_of_a_retired_key_that_was_sold_is_named_with_the_row_that_retired_it(house: House) -> None:
    house.products(("CPTa", "NASM-CPT-FULL"))
    house.keys(*(("CANADA", "NASM", "CPT", "combined", f"CPT-{number}", 1) for number in (1, 2)))
    house.order("1", ("CPTa", 1))
    house.call("POST", "/keys/retire", {"keycode": "CPT-1"})
    house.call("POST", "/orders/1/release")
    house.order("2", ("CPTa", 1))
    assert audited(house) == []

    first = house.rows("Import History")[0]
    cell("Key Ledger", "key_id", 5, first["key_id"])(house)
    cell("Key Ledger", "keycode", 5, first["keycode"])(house)

    (fault,) = audited(house)
    assert (fault.tab, fault.row) == ("Key Ledger", 5)
    assert f"order 2 was assigned 1 seat of the key {first['key_id']}, which row 3 had retired" in fault.message


@pytest.mark.parametrize(
    ("tamper", "row", "says"),
    [
        pytest.param(cell("Key Ledger", "event", 3, "RELEASED"), 3, "releases 2 seats", id="no retirement any more"),
        pytest.param(cell("Key Ledger", "seats", 3, 4), 3, "retires 4 seats of 2", id="more seats than were free"),
        pytest.param(cell("Key Ledger", "order_id", 3, "1"), 3, "quarantines 2 seats", id="a quarantine instead"),
        pytest.param(cell("Key Ledger", "event", 2, "RETIRED"), 2, "quarantines 1 seat", id="instead of a sale"),
    ],
)
def test_a_retirement_that_was_written_over_is_named(
    house: House, tamper: Callable[[House], None], row: int, says: str
) -> None:
    house.products(("CPTa", "NASM-CPT-FULL"))
    house.keys(["CANADA", "NASM", "CPT", "combined", "CPT-1", 3], ["CANADA", "NASM", "CPT", "combined", "CPT-2", 3])
    house.order("1", ("CPTa", 1))
    house.call("POST", "/keys/retire", {"keycode": "CPT-1"})
    house.order("2", ("CPTa", 1))

    tamper(house)

    assert [each for each in audited(house) if (each.tab, each.row) == ("Key Ledger", row) and says in each.message]


def test_no_key_code_stands_in_what_is_told(lived_in: House) -> None:
    cell("Key Ledger", "keycode", 3, "SECRET-1")(lived_in)

    assert "SECRET-1" not in str(audited(lived_in))
    assert "CPT-1" not in str(audited(lived_in))


def test_the_command_ends_with_1_if_anything_is_wrong(
    tmp_path: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = {
        "NPTA_SPREADSHEET": "sqlite:///npta.db",
        "NPTA_REGION": "CANADA",
        "NPTA_ORDER_KEYS": "order-key-for-tests",
        "NPTA_OPERATOR_KEYS": "operator-key-for-tests",
    }
    assert main(["audit"], settings) == 1
    assert "run provision" in capsys.readouterr().err
    assert main(["provision"], settings) == 0
    assert main(["audit"], settings) == 0
    assert "everything agrees" in capsys.readouterr().out
