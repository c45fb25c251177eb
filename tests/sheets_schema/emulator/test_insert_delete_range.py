"""Inserted and deleted cells."""

from __future__ import annotations

import pytest

from tests.sheets_schema.emulator.client import Client, grid


@pytest.mark.parametrize(
    ("kind", "dimension", "left"),
    [
        ("insertRange", "ROWS", [["", "b", "c"], ["a", "e", "f"], ["d"]]),
        ("insertRange", "COLUMNS", [["", "a", "b", "c"], ["d", "e", "f"]]),
        ("deleteRange", "ROWS", [["d", "b", "c"], ["", "e", "f"]]),
        ("deleteRange", "COLUMNS", [["b", "c"], ["d", "e", "f"]]),
    ],
)
def test_cells_make_room_or_close_the_gap(client: Client, kind: str, dimension: str, left: list[list[str]]) -> None:
    client.put("A1:C2", [["a", "b", "c"], ["d", "e", "f"]])
    client.batch({kind: {"range": grid(0, 0, 1, 1), "shiftDimension": dimension}})
    assert client.values("Sheet1") == left
