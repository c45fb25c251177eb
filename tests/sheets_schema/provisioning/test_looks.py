"""Colours and frozen columns: put on by provision, put back when they are gone, and left alone where people chose others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sheets_schema import InputTable, View
from sheets_schema.advanced import Highlight, Tone
from tests.sheets_schema.bank import SCHEMA, Bank, Process


class Stock(
    InputTable,
    tab="Stock",
    frozen_columns=1,
    highlights=(
        Highlight("left", "NUMBER_LESS_THAN_EQ", "0", Tone.WRONG),
        Highlight("state", "TEXT_EQ", "ready", Tone.GOOD),
    ),
):
    name: str | None = None
    left: int | None = None
    state: str | None = None


@pytest.fixture
def process(bank: Bank) -> Process:
    made = bank.process(schema=replace(SCHEMA, tables=(*SCHEMA.tables, Stock)))
    made.spreadsheet.provision(made.deadline())
    return made


def about(bank: Bank) -> dict[str, Any]:
    fields = "sheets(properties,bandedRanges,conditionalFormats)"
    sheets = bank.tab("Stock").spreadsheet.fetch_sheet_metadata({"fields": fields})["sheets"]
    return next(each for each in sheets if each["properties"]["title"] == "Stock")


def change(bank: Bank, **request: Any) -> None:
    bank.tab("Stock").spreadsheet.batch_update({"requests": [request]})


def test_everything_is_there_after_the_first_provision_and_nothing_is_left_to_do(bank: Bank, process: Process) -> None:
    shown = about(bank)

    assert shown["properties"]["gridProperties"]["frozenColumnCount"] == 1
    assert shown["properties"]["tabColorStyle"]
    assert len(shown["bandedRanges"]) == 1
    assert [rule["booleanRule"]["condition"]["type"] for rule in shown["conditionalFormats"]] == [
        "NUMBER_LESS_THAN_EQ",
        "TEXT_EQ",
    ]
    assert process.spreadsheet.diff(process.deadline()).steps == []


def test_what_was_removed_is_named_and_comes_back(bank: Bank, process: Process) -> None:
    tab = bank.tab("Stock")
    change(bank, deleteBanding={"bandedRangeId": about(bank)["bandedRanges"][0]["bandedRangeId"]})
    change(bank, deleteConditionalFormatRule={"sheetId": tab.id, "index": 0})
    plain = {"sheetId": tab.id, "gridProperties": {"frozenColumnCount": 0}}
    change(
        bank, updateSheetProperties={"properties": plain, "fields": "gridProperties.frozenColumnCount,tabColorStyle"}
    )
    header = {"sheetId": tab.id, "startRowIndex": 0, "endRowIndex": 1, "startColumnIndex": 0, "endColumnIndex": 1}
    change(bank, repeatCell={"range": header, "cell": {}, "fields": "userEnteredFormat.backgroundColorStyle"})

    assert process.spreadsheet.provision(process.deadline()).steps == [
        "header of column “name” in tab “Stock”",
        "colour tab “Stock”",
        "freeze columns of tab “Stock”",
        "shade every other row of tab “Stock”",
        "highlight what matters in tab “Stock”",
    ]

    assert {rule["booleanRule"]["condition"]["type"] for rule in about(bank)["conditionalFormats"]} == {
        "NUMBER_LESS_THAN_EQ",
        "TEXT_EQ",
    }
    assert process.spreadsheet.diff(process.deadline()).steps == []


def test_what_people_chose_themselves_stays(bank: Bank, process: Process) -> None:
    tab = bank.tab("Stock")
    red = {"rgbColor": {"red": 1}}
    mine = {"sheetId": tab.id, "gridProperties": {"frozenColumnCount": 2}, "tabColorStyle": red}
    change(bank, updateSheetProperties={"properties": mine, "fields": "gridProperties.frozenColumnCount,tabColorStyle"})
    rule = {
        "ranges": [{"sheetId": tab.id, "startColumnIndex": 0, "endColumnIndex": 1}],
        "booleanRule": {"condition": {"type": "NOT_BLANK"}, "format": {"backgroundColorStyle": red}},
    }
    change(bank, addConditionalFormatRule={"index": 0, "rule": rule})
    size = {"sheetId": tab.id, "dimension": "COLUMNS", "startIndex": 0, "endIndex": 1}
    change(bank, updateDimensionProperties={"range": size, "properties": {"pixelSize": 321}, "fields": "pixelSize"})

    assert process.spreadsheet.provision(process.deadline()).steps == []
    assert about(bank)["conditionalFormats"][0]["booleanRule"]["condition"]["type"] == "NOT_BLANK"
    assert about(bank)["properties"]["tabColorStyle"] == red


def test_a_view_that_was_deleted_comes_back_with_its_colours(bank: Bank) -> None:
    made = bank.process()
    made.spreadsheet.provision(made.deadline())
    title = next(tab.__table__.title for tab in SCHEMA.tables if issubclass(tab, View))
    fields = "sheets(properties(title,tabColorStyle),bandedRanges(range))"
    sheets = bank.tab(title).spreadsheet.fetch_sheet_metadata({"fields": fields})["sheets"]
    (shown,) = [each for each in sheets if each["properties"]["title"] == title]

    assert shown["properties"]["tabColorStyle"]
    assert shown["bandedRanges"]
