"""The order of values in a sort, and rows that stay together."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sheets_schema.emulator.client import Client, grid


@pytest.mark.parametrize(
    ("order", "sorted_"),
    [
        ("ASCENDING", [[-1], [2], [10], ["10"], ["a"], ["B"], [False], [True]]),
        ("DESCENDING", [[True], [False], ["B"], ["a"], ["10"], [10], [2], [-1]]),
    ],
)
def test_a_sort_puts_numbers_before_text_before_booleans_and_blanks_last(
    client: Client, order: str, sorted_: list[Any]
) -> None:
    client.put("B1", [[value] for value in ["B", True, 10, "", "a", -1, "10", False, 2]])
    client.batch({"sortRange": {"range": grid(0, 1, 10, 2), "sortSpecs": [{"dimensionIndex": 1, "sortOrder": order}]}})
    assert client.values("B1:B20") == sorted_


def test_a_sort_by_two_columns_keeps_rows_together(client: Client) -> None:
    client.put("A1", [["h", "h"], ["b", 2], ["a", 3], ["b", 1]])
    specs = [{"dimensionIndex": 0, "sortOrder": "ASCENDING"}, {"dimensionIndex": 1, "sortOrder": "DESCENDING"}]
    client.batch({"sortRange": {"range": grid(1, 0, 4, 2), "sortSpecs": specs}})
    assert client.values("Sheet1") == [["h", "h"], ["a", 3], ["b", 2], ["b", 1]]
    assert (
        "outside the range"
        in client.refused({"sortRange": {"range": grid(0, 0, 4, 2), "sortSpecs": [{"dimensionIndex": 2}]}})["message"]
    )
