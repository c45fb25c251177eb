"""The table of messages is Google's, and what is not in it is refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from sheets_schema.emulator import batch
from sheets_schema.emulator.api.routes import ROUTES
from sheets_schema.emulator.api.spreadsheet_routes import ANSWERS
from sheets_schema.emulator.messages import chart_table, message_table
from sheets_schema.emulator.messages import message_fields as shapes
from tests.sheets_schema.emulator import witness
from tests.sheets_schema.emulator.client import Client, write

_TABLES = message_table.MESSAGES + chart_table.MESSAGES
_MESSAGES = sorted(line.split(" =")[0] for line in _TABLES.splitlines() if line and line[0] != " ")


def _described(kind: dict[str, Any]) -> str:
    if "$ref" in kind:
        return str(kind["$ref"])
    if kind["type"] == "array":
        return "[]" + _described(kind["items"])
    if kind["type"] == "object":
        return "{}" + _described(kind["additionalProperties"])
    if kind.get("format") == "google-fieldmask":
        return "mask"
    if "enum" in kind:
        return "enum " + " ".join(sorted(kind["enum"]))
    return str({"boolean": "bool"}.get(kind["type"], kind.get("format", kind["type"])))


def _ours(kind: str) -> str:
    prefix = kind[: -len(kind.lstrip("[]{}"))] if kind.startswith(("[]", "{}")) else ""
    name = kind[len(prefix) :]
    if name in shapes.enums():
        return prefix + "enum " + " ".join(sorted(shapes.enums()[name]))
    return kind


@pytest.mark.parametrize("message", _MESSAGES)
def test_every_message_has_exactly_the_fields_and_types_of_the_discovery_document(message: str) -> None:
    described = witness.discovery()["schemas"][message].get("properties", {})
    ours = shapes.message_fields()[message]
    assert set(ours) == set(described)
    assert {name: _ours(kind) for name, kind in ours.items() if kind} == {
        name: _described(described[name]) for name, kind in ours.items() if kind
    }


def test_the_kinds_of_the_table_are_the_kinds_that_have_a_handler() -> None:
    assert {name for name, kind in shapes.message_fields()["Request"].items() if kind} == set(batch.HANDLERS)


def test_every_route_of_sheets_is_a_method_of_the_discovery_document() -> None:
    for route in ROUTES:
        if route.kind == "drive":
            continue
        described = witness.methods()[route.name]
        assert route.method == described["httpMethod"]
        assert ANSWERS[route.name] == described["response"]["$ref"]
        in_query = {name for name, item in described["parameters"].items() if item["location"] == "query"}
        assert in_query - {"commentsViewMode"} <= route.parameters
        assert route.parameters - set(witness.discovery()["parameters"]) <= in_query


def test_an_unknown_request_kind_is_named_with_its_place(client: Client) -> None:
    error = client.refused(write(0, 0, ["a"]), {"DeleteRange": {}}, lawful=False)
    text = "Invalid JSON payload received. Unknown name \"DeleteRange\" at 'requests[1]': Cannot find field."
    assert error["message"] == text
    assert error["details"][0]["fieldViolations"] == [{"field": "requests[1]", "description": text}]
    assert client.values("A1") == []


def test_a_request_kind_that_google_knows_and_the_emulator_does_not_is_named_in_a_400(client: Client) -> None:
    error = client.refused({"addTable": {}})
    assert "'addTable'" in error["message"]
    assert "docs/library/emulator.md" in error["message"]
    assert error["status"] == "UNIMPLEMENTED"


def test_a_field_that_google_knows_and_the_emulator_does_not_is_named_in_a_400(client: Client) -> None:
    cell: dict[str, Any] = {"pivotTable": {}}
    error = client.refused({"updateCells": {"start": {}, "rows": [{"values": [cell]}], "fields": "*"}})
    assert "'pivotTable'" in error["message"]


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        ({"deleteSheet": {"sheetId": "x"}}, "Invalid value at 'requests[0].delete_sheet.sheet_id' (TYPE_INT32), \"x\""),
        ({"deleteSheet": {"sheetId": 1.5}}, "Invalid value at 'requests[0].delete_sheet.sheet_id' (TYPE_INT32), 1.5"),
        ({"deleteSheet": {"sheetId": 2**31}}, f"Invalid value at 'requests[0].delete_sheet.sheet_id' (TYPE_INT32), {2**31}"),
        ({"deleteSheet": {"sheetId": True}}, "Invalid value at 'requests[0].delete_sheet.sheet_id' (TYPE_INT32), true"),
        ({"deleteNamedRange": {"namedRangeId": 7}}, "Invalid value at 'requests[0].delete_named_range.named_range_id' (TYPE_STRING), 7"),
        ({"mergeCells": {"mergeType": "ALL"}}, "Invalid value at 'requests[0].merge_cells.merge_type' (type.googleapis.com/google.apps.sheets.v4.MergeType), \"ALL\""),
    ],
)  # fmt: skip
def test_a_wrong_type_is_named_with_its_path(client: Client, request_: dict[str, Any], text: str) -> None:
    error = client.refused(request_, lawful=False)
    assert error["message"] == text
    assert error["status"] == "INVALID_ARGUMENT"


def test_an_int32_may_be_written_as_text_and_nulls_are_absent(client: Client) -> None:
    client.call(
        "spreadsheets.batchUpdate",
        f"/v4/spreadsheets/{client.id}:batchUpdate",
        {"requests": [{"appendDimension": {"sheetId": None, "dimension": "ROWS", "length": "5"}}]},
        lawful=False,
    ).raise_for_status()
    assert client.get()["sheets"][0]["properties"]["gridProperties"]["rowCount"] == 1005


def test_every_problem_of_a_body_is_listed(client: Client) -> None:
    error = client.refused({"deleteSheet": {"sheetId": "x", "nope": 1}}, {"nothing": {}}, lawful=False)
    assert len(error["message"].splitlines()) == len(error["details"][0]["fieldViolations"]) == 3
