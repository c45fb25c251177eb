"""Borders around and inside of a range."""

from __future__ import annotations

from tests.sheets_schema.emulator.client import Client, Json, grid


def _cell(client: Client, where: str) -> Json:
    data = client.get(ranges=where, fields="sheets.data.rowData.values.userEnteredFormat")["sheets"][0]["data"][0]
    found: Json = data.get("rowData", [{}])[0].get("values", [{}])[0]
    return found


def test_borders_go_around_and_inside(client: Client) -> None:
    solid = {"style": "SOLID"}
    client.batch({"updateBorders": {"range": grid(0, 0, 2, 1), "top": solid, "innerHorizontal": solid}})
    assert set(_cell(client, "A1")["userEnteredFormat"]["borders"]) == {"top", "bottom"}
    assert set(_cell(client, "A2")["userEnteredFormat"]["borders"]) == {"top"}
    client.batch(
        {"updateBorders": {"range": grid(0, 0, 2, 1), "top": {"style": "NONE"}, "innerHorizontal": {"style": "NONE"}}}
    )
    assert _cell(client, "A1") == {}
