"""What people do at the spreadsheet, for tests of others."""

from __future__ import annotations

import pytest

from sheets_schema.emulator import Emulator, EmulatorError
from sheets_schema.testing.sheets_user import SheetsUser
from tests.sheets_schema.emulator.client import Client, grid, write


@pytest.fixture
def human(emulator: Emulator, client: Client) -> SheetsUser:
    client.put("A1", [["name", "n"], ["b", 1], ["a", 2]])
    client.batch({"addNamedRange": {"namedRange": {"namedRangeId": "v1", "name": "fence", "range": grid(0, 0, 1, 1)}}})
    emulator.calls.reset()
    return SheetsUser(emulator, client.id, email="ada@example.com")


def test_a_person_is_neither_counted_nor_touched_by_faults_or_quota(
    emulator: Emulator, client: Client, human: SheetsUser
) -> None:
    emulator.faults.add("error_503", count=None)
    human.type("A2", [["typed", "007"]])
    human.paste("A3", [["007"]])
    assert human.read("A1:B3") == [["name", "n"], ["typed", "7"], ["007", "2"]]
    assert emulator.calls.total == 0


def test_a_person_moves_rows_and_columns(client: Client, human: SheetsUser) -> None:
    human.sort("Sheet1", 0)
    assert client.values("A1:A3") == [["name"], ["a"], ["b"]]
    human.sort("Sheet1", 1, descending=True)
    human.insert_rows("Sheet1", 2, 2)
    human.delete_rows("Sheet1", 2)
    human.insert_column("Sheet1", 0)
    human.move_column("Sheet1", 2, 0)
    assert client.values("Sheet1") == [["n", "", "name"], [], [2, "", "a"], [1, "", "b"]]


def test_a_person_changes_sheets_and_names(client: Client, human: SheetsUser) -> None:
    client.batch({"addSheet": {"properties": {"title": "Other"}}})
    human.rename_sheet("Sheet1", "Data")
    human.rename_named_range("fence", "gate")
    human.set_named_range("gate", "Other", 3, 3)
    human.set_named_range("new", "Data", 1, 1)
    assert {item["name"]: item["range"]["startRowIndex"] for item in client.get()["namedRanges"]} == {
        "gate": 3,
        "new": 1,
    }
    human.delete_named_range("gate")
    human.delete_sheet("Other")
    assert [item["name"] for item in client.get()["namedRanges"]] == ["new"]
    with pytest.raises(EmulatorError, match="no range is called 'gate'"):
        human.delete_named_range("gate")
    with pytest.raises(EmulatorError, match="no sheet is called 'Other'"):
        human.delete_sheet("Other")


def test_a_person_is_kept_out_by_a_protection(emulator: Emulator, client: Client, human: SheetsUser) -> None:
    SheetsUser(emulator, client.id).protect("Sheet1")
    with pytest.raises(EmulatorError, match="You are trying to edit a protected cell"):
        human.type("A1", [["x"]])


def test_restoring_an_old_version_rewinds_everything_and_is_a_version_of_its_own(
    client: Client, human: SheetsUser
) -> None:
    version = human.version()
    before = client.get(includeGridData="true")
    client.batch(write(0, 0, ["later"]), {"deleteNamedRange": {"namedRangeId": "v1"}}, {"addSheet": {}})
    human.restore(version)
    assert client.get(includeGridData="true") == before
    assert human.version() == version + 2
    with pytest.raises(EmulatorError, match=r"version 999 of .* is not remembered"):
        human.restore(999)


def test_a_copy_of_the_file_has_the_same_named_range_ids(emulator: Emulator, client: Client, human: SheetsUser) -> None:
    copy = Client(emulator, human.copy_file("Twin"))
    assert copy.get()["properties"]["title"] == "Twin"
    assert [item["namedRangeId"] for item in copy.get()["namedRanges"]] == ["v1"]
    copy.batch(write(0, 0, ["changed"]))
    assert client.values("A1") == [["name"]]
