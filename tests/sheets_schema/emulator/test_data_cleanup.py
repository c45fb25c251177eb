"""Duplicates that go, and blanks that are trimmed."""

from __future__ import annotations

from tests.sheets_schema.emulator.client import Client, grid


def test_duplicates_go_and_the_first_stays(client: Client) -> None:
    client.put("A1", [["a", 1], ["A", 1], ["a", 2], ["b", 1]])
    reply = client.batch({"deleteDuplicates": {"range": grid(0, 0, 4, 2)}})["replies"][0]
    assert reply == {"deleteDuplicates": {"duplicatesRemovedCount": 1}}
    assert client.values("Sheet1") == [["a", 1], ["a", 2], ["b", 1]]
    columns = [{"dimension": "COLUMNS", "startIndex": 0, "endIndex": 1}]
    client.batch({"deleteDuplicates": {"range": grid(0, 0, 4, 2), "comparisonColumns": columns}})
    assert client.values("Sheet1") == [["a", 1], ["b", 1]]


def test_blanks_are_trimmed_and_counted(client: Client) -> None:
    client.put("A1", [["  a  b ", "c", 3]])
    reply = client.batch({"trimWhitespace": {"range": grid(0, 0, 5, 5)}})["replies"][0]
    assert reply == {"trimWhitespace": {"cellsChangedCount": 1}}
    assert client.values("A1:C1") == [["a b", "c", 3]]
