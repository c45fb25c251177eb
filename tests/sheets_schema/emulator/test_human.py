"""What people do at the spreadsheet, for tests of others."""

from __future__ import annotations

import pytest

from sheets_schema.emulator import Emulator, EmulatorError, Human
from tests.sheets_schema.emulator.client import Client, grid, write


@pytest.fixture
def human(emulator: Emulator, client: Client) -> Human:
    client.put("A1", [["name", "n"], ["b", 1], ["a", 2]])
    client.batch({"addNamedRange": {"namedRange": {"namedRangeId": "v1", "name": "fence", "range": grid(0, 0, 1, 1)}}})
    emulator.calls.reset()
    return Human(emulator, client.id, email="ada@example.com")


def test_a_person_is_neither_counted_nor_touched_by_faults_or_quota(
    emulator: Emulator, client: Client, human: Human
) -> None:
    emulator.faults.add("error_503", count=None)
    human.types("A2", [["typed", "007"]])
    human.pastes("A3", [["007"]])
    assert human.sees("A1:B3") == [["name", "n"], ["typed", "7"], ["007", "2"]]
    assert emulator.calls.total == 0


def test_a_person_moves_rows_and_columns(client: Client, human: Human) -> None:
    human.sorts("Sheet1", 0)
    assert client.values("A1:A3") == [["name"], ["a"], ["b"]]
    human.sorts("Sheet1", 1, descending=True)
    human.inserts_rows("Sheet1", 2, 2)
    human.deletes_rows("Sheet1", 2)
    human.inserts_column("Sheet1", 0)
    human.moves_column("Sheet1", 2, 0)
    assert client.values("Sheet1") == [["n", "", "name"], [], [2, "", "a"], [1, "", "b"]]


def test_a_person_changes_sheets_and_names(client: Client, human: Human) -> None:
    client.batch({"addSheet": {"properties": {"title": "Other"}}})
    human.renames_sheet("Sheet1", "Data")
    human.renames_named_range("fence", "gate")
    human.sets_named_range("gate", "Other", 3, 3)
    human.sets_named_range("new", "Data", 1, 1)
    assert {item["name"]: item["range"]["startRowIndex"] for item in client.get()["namedRanges"]} == {
        "gate": 3,
        "new": 1,
    }
    human.deletes_named_range("gate")
    human.deletes_sheet("Other")
    assert [item["name"] for item in client.get()["namedRanges"]] == ["new"]
    with pytest.raises(EmulatorError, match="no range is called 'gate'"):
        human.deletes_named_range("gate")
    with pytest.raises(EmulatorError, match="no sheet is called 'Other'"):
        human.deletes_sheet("Other")


def test_a_person_is_kept_out_by_a_protection(emulator: Emulator, client: Client, human: Human) -> None:
    Human(emulator, client.id).protects("Sheet1")
    with pytest.raises(EmulatorError, match="You are trying to edit a protected cell"):
        human.types("A1", [["x"]])


def test_restoring_an_old_version_rewinds_everything_and_is_a_version_of_its_own(client: Client, human: Human) -> None:
    version = human.version()
    before = client.get(includeGridData="true")
    client.batch(write(0, 0, ["later"]), {"deleteNamedRange": {"namedRangeId": "v1"}}, {"addSheet": {}})
    human.restores(version)
    assert client.get(includeGridData="true") == before
    assert human.version() == version + 2
    with pytest.raises(EmulatorError, match=r"version 999 of .* is not remembered"):
        human.restores(999)


def test_a_copy_of_the_file_has_the_same_named_range_ids(emulator: Emulator, client: Client, human: Human) -> None:
    copy = Client(emulator, human.copies_file("Twin"))
    assert copy.get()["properties"]["title"] == "Twin"
    assert [item["namedRangeId"] for item in copy.get()["namedRanges"]] == ["v1"]
    copy.batch(write(0, 0, ["changed"]))
    assert client.values("A1") == [["name"]]
