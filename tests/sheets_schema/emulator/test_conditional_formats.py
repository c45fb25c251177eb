"""Conditional formats: their order, and what they make of a cell."""

from __future__ import annotations

import pytest

from tests.sheets_schema.emulator.client import Client, Json, grid

_RED: Json = {"backgroundColor": {"red": 1}, "textFormat": {"bold": True}}


def _rule(kind: str, *values: str, form: Json = _RED, index: int = 0, where: Json | None = None) -> Json:
    condition = {"type": kind, "values": [{"userEnteredValue": value} for value in values]}
    rule = {"ranges": [where or grid(0, 0, 10, 1)], "booleanRule": {"condition": condition, "format": form}}
    return {"addConditionalFormatRule": {"rule": rule, "index": index}}


def _cells(client: Client, ranges: str = "A1:A10") -> list[Json]:
    data = client.get(ranges=ranges, fields="sheets.data.rowData.values.effectiveFormat")["sheets"][0]["data"][0]
    rows = data.get("rowData", [])
    return [row["values"][0].get("effectiveFormat", {}) if row else {} for row in rows]


def _red_rows(client: Client) -> list[int]:
    return [at for at, look in enumerate(_cells(client), 1) if look.get("backgroundColor") == {"red": 1}]


@pytest.mark.parametrize(
    ("kind", "values", "rows"),
    [
        ("NUMBER_GREATER", ["2"], [3]),
        ("NUMBER_GREATER_THAN_EQ", ["2"], [2, 3]),
        ("NUMBER_LESS", ["2"], [1]),
        ("NUMBER_LESS_THAN_EQ", ["2"], [1, 2]),
        ("NUMBER_EQ", ["2"], [2]),
        ("NUMBER_NOT_EQ", ["2"], [1, 3]),
        ("NUMBER_BETWEEN", ["3", "2"], [2, 3]),
        ("NUMBER_NOT_BETWEEN", ["2", "5"], [1]),
        ("TEXT_CONTAINS", ["OUT"], [4, 5]),
        ("TEXT_NOT_CONTAINS", ["out"], [1, 2, 3, 6, 7, 8, 9, 10]),
        ("TEXT_STARTS_WITH", ["out"], [4]),
        ("TEXT_ENDS_WITH", ["out"], [5]),
        ("TEXT_EQ", ["sold out"], [5]),
        ("TEXT_EQ", ["TRUE"], [6]),
        ("TEXT_IS_EMAIL", [], [7]),
        ("BLANK", [], [8, 9, 10]),
        ("NOT_BLANK", [], [1, 2, 3, 4, 5, 6, 7]),
    ],
)
def test_a_plain_rule_shows_in_the_effective_format(
    client: Client, kind: str, values: list[str], rows: list[int]
) -> None:
    """Documented: `effectiveFormat` "includes the results of applying any conditional formatting"."""
    client.put("A1", [[1], [2], [3], ["out of stock"], ["Sold out"], [True], ["ada@example.com"]])
    client.batch(_rule(kind, *values))
    assert _red_rows(client) == rows


@pytest.mark.parametrize(
    ("kind", "values", "rows"),
    [
        ("DATE_EQ", ["2020-01-02"], [2]),
        ("DATE_BEFORE", ["1/2/2020"], [1]),
        ("DATE_AFTER", ["2020-01-02"], [3]),
        ("DATE_ON_OR_AFTER", ["2020-01-02"], [2, 3]),
        ("DATE_BETWEEN", ["2020-01-01", "2020-01-02"], [1, 2]),
        ("DATE_IS_VALID", [], [1, 2, 3]),
    ],
)
def test_dates_are_compared_by_day(client: Client, kind: str, values: list[str], rows: list[int]) -> None:
    client.put("A1", [["2020-01-01"], ["2020-01-02 13:00"], ["2020-01-03"], ["x"]], "USER_ENTERED")
    client.batch(_rule(kind, *values))
    assert _red_rows(client) == rows


def test_the_first_rule_that_holds_gives_the_format_over_that_of_the_cell(client: Client) -> None:
    client.put("A1", [[5]])
    own = {"userEnteredFormat": {"textFormat": {"italic": True, "bold": False}, "horizontalAlignment": "CENTER"}}
    client.batch({"repeatCell": {"range": grid(0, 0, 1, 1), "cell": own, "fields": "userEnteredFormat"}})
    blue = {"backgroundColor": {"blue": 1}}
    client.batch(
        _rule("NUMBER_GREATER", "1", form=blue), _rule("NUMBER_GREATER", "9", index=0), _rule("NOT_BLANK", index=2)
    )
    (look,) = _cells(client, "A1")
    assert look["backgroundColor"] == {"blue": 1}
    assert look["textFormat"]["italic"] is True
    assert look["horizontalAlignment"] == "CENTER"
    client.batch({"deleteConditionalFormatRule": {"sheetId": 0, "index": 1}})
    (look,) = _cells(client, "A1")
    assert (look["backgroundColor"], look["textFormat"]["bold"], look["textFormat"]["italic"]) == (
        {"red": 1},
        True,
        True,
    )
    assert client.get(ranges="A1", fields="sheets.data.rowData.values.userEnteredFormat.backgroundColor") == {
        "sheets": [{"data": [{"rowData": [{"values": [{"userEnteredFormat": {}}]}]}]}]
    }


def test_rules_that_are_not_plain_are_kept_without_effect(client: Client) -> None:
    client.put("A1", [[5]])
    relative = _rule("DATE_BEFORE")
    relative["addConditionalFormatRule"]["rule"]["booleanRule"]["condition"]["values"] = [{"relativeDate": "TODAY"}]
    client.batch(_rule("CUSTOM_FORMULA", "=A1>1"), _rule("NUMBER_GREATER", "=A2"), relative)
    assert len(client.get()["sheets"][0]["conditionalFormats"]) == 3
    assert _red_rows(client) == []


def _ordered_rule(text: str) -> Json:
    condition = {"type": "TEXT_EQ", "values": [{"userEnteredValue": text}]}
    return {
        "ranges": [grid(0, 0, 3, 3)],
        "booleanRule": {"condition": condition, "format": {"textFormat": {"bold": True}}},
    }


def _rule_texts(client: Client) -> list[str]:
    rules = client.get()["sheets"][0].get("conditionalFormats", [])
    return [rule["booleanRule"]["condition"]["values"][0]["userEnteredValue"] for rule in rules]


def test_conditional_formats_have_an_order(client: Client) -> None:
    client.batch(*({"addConditionalFormatRule": {"rule": _ordered_rule(text), "index": 0}} for text in "abc"))
    assert _rule_texts(client) == ["c", "b", "a"]
    client.batch({"updateConditionalFormatRule": {"sheetId": 0, "index": 0, "newIndex": 2}})
    assert _rule_texts(client) == ["b", "a", "c"]
    client.batch({"updateConditionalFormatRule": {"index": 1, "rule": _ordered_rule("x")}})
    client.batch({"deleteConditionalFormatRule": {"sheetId": 0, "index": 0}})
    assert _rule_texts(client) == ["x", "c"]
    assert "at index: 9" in client.refused({"deleteConditionalFormatRule": {"sheetId": 0, "index": 9}})["message"]
    client.batch({"deleteDimension": {"range": {"dimension": "ROWS", "startIndex": 0, "endIndex": 3}}})
    assert _rule_texts(client) == []
