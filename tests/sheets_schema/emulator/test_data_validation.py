"""Data validation that is enforced under its switch only."""

from __future__ import annotations

import pytest

from sheets_schema.emulator import Emulator
from tests.sheets_schema.emulator.client import Client, Json, grid


def test_strict_validation_is_enforced_only_under_its_switch(emulator: Emulator, client: Client) -> None:
    rule = {"condition": {"type": "ONE_OF_LIST", "values": [{"userEnteredValue": "a"}]}, "strict": True}
    client.batch({"setDataValidation": {"range": grid(0, 0, 3, 1), "rule": rule}})
    client.put("A1", [["free"]])
    emulator.set_quirks(strict_validation="enforced")
    rows = [{"values": [{"userEnteredValue": {"stringValue": "bad"}}]}]
    error = client.refused({"updateCells": {"start": {"rowIndex": 1}, "rows": rows, "fields": "userEnteredValue"}})
    assert error["message"].endswith(
        "The data you entered in cell A2 violates the data validation rules set on this cell."
    )
    client.put("A2", [["a"], [""]])
    path = f"/v4/spreadsheets/{client.id}/values/A3"
    assert (
        client.call("spreadsheets.values.update", path, {"values": [["bad"]]}, valueInputOption="RAW").status_code
        == 400
    )


@pytest.mark.parametrize(
    ("condition", "good", "bad"),
    [
        ({"type": "BOOLEAN"}, True, "yes"),
        ({"type": "BOOLEAN", "values": [{"userEnteredValue": "yes"}]}, "yes", "no"),
        ({"type": "ONE_OF_LIST", "values": [{"userEnteredValue": "5"}]}, 5, 6),
    ],
)
def test_strict_lists_and_check_boxes_are_judged(
    emulator: Emulator, client: Client, condition: Json, good: object, bad: object
) -> None:
    emulator.set_quirks(strict_validation="enforced")
    client.batch({"setDataValidation": {"range": grid(0, 0, 1, 1), "rule": {"condition": condition, "strict": True}}})
    client.put("A1", [[good]])
    path = f"/v4/spreadsheets/{client.id}/values/A1"
    assert (
        client.call("spreadsheets.values.update", path, {"values": [[bad]]}, valueInputOption="RAW").status_code == 400
    )
    assert client.values("A1") == [[good]]
